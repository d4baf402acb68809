package api

import (
	"bytes"
	"html/template"

	"github.com/gofiber/fiber/v2"
)

// demoTicket stands in for a ticket system's page, so that the link of a screen pop leads somewhere in the demonstration.
func (a *API) demoTicket(c *fiber.Ctx) error {
	page, err := template.New("ticket").Parse(demoPage)
	if err != nil {
		return err
	}
	nonce := newRequestID()
	var b bytes.Buffer
	err = page.Execute(&b, struct{ ID, System, Nonce string }{c.Params("id"), a.site().Integrations.Tickets.System, nonce})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'nonce-"+nonce+"'; frame-ancestors 'none'; base-uri 'none'")
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	return c.Send(b.Bytes())
}

const demoPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Ticket {{.ID}}</title>
<style nonce="{{.Nonce}}">
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }
dt { font-weight: 600 }
</style>
<h1>Ticket {{.ID}}</h1>
<dl>
<dt>System</dt><dd>{{.System}}</dd>
<dt>Number</dt><dd>{{.ID}}</dd>
</dl>
<p>This page stands in for your ticket system. Set <code>integrations.tickets.ticket_url</code> to the address of a real ticket.</p>
</html>
`
