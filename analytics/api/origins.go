package api

import (
	"net"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// origins knows by which names the API may be called. A request by another name is refused: a page of another site could
// have its own name point here (DNS rebinding). Behind a proxy the proxy keeps the Host header.
type origins struct {
	hosts    map[string]bool // host[:port] in lower case
	public   string          // scheme://host[:port]
	loopback bool            // names of this host are allowed with any port
}

func newOrigins(cfg Config) origins {
	o := origins{hosts: map[string]bool{}, loopback: loopback(cfg.Listen)}
	if u, err := url.Parse(cfg.PublicURL); err == nil {
		o.public = strings.ToLower(u.Scheme + "://" + u.Host)
		o.hosts[strings.ToLower(u.Host)] = true
	}
	if host, _, err := net.SplitHostPort(cfg.Listen); err == nil && host != "" && host != "0.0.0.0" && host != "::" {
		o.hosts[strings.ToLower(cfg.Listen)] = true
	}
	for _, h := range cfg.Hosts {
		o.hosts[strings.ToLower(h)] = true
	}
	return o
}

// allowsHost says whether the API answers to a Host header.
func (o origins) allowsHost(host string) bool {
	host = strings.ToLower(host)
	if o.hosts[host] {
		return true
	}
	if !o.loopback {
		return false
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	ip := net.ParseIP(name)
	return name == "localhost" || (ip != nil && ip.IsLoopback())
}

// sameSite says whether a state-changing request comes from our own pages, or from a program. Browsers send Origin with
// every such request and Sec-Fetch-Site beside it; what carries neither is no browser, and has no cookie by accident.
func (o origins) sameSite(origin, fetchSite, host string) bool {
	switch fetchSite {
	case "", "same-origin", "none":
	default:
		return false
	}
	if origin == "" {
		return true
	}
	origin = strings.ToLower(origin)
	host = strings.ToLower(host)
	return origin == o.public || origin == "http://"+host || origin == "https://"+host
}

// guardHost refuses requests by names that are not ours.
func (a *API) guardHost(c *fiber.Ctx) error {
	if host := string(c.Request().Host()); !a.origins.allowsHost(host) {
		return fail(CodeHostRefused, "set http.public_url or http.hosts to the name used", nil)
	}
	return c.Next()
}

// guardOrigin refuses state-changing requests that another site's page sent.
func (a *API) guardOrigin(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return c.Next()
	}
	if bearer(c) != "" { // the cookie counts for nothing then
		return c.Next()
	}
	if !a.origins.sameSite(c.Get(fiber.HeaderOrigin), c.Get("Sec-Fetch-Site"), string(c.Request().Host())) {
		return fail(CodeOriginRefused, "", nil)
	}
	return c.Next()
}
