package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"firstline/analytics/registry"
)

// request is what the handlers of one request share. It travels in the context and dies with the handler.
type request struct {
	id  string
	c   *fiber.Ctx
	who principal

	action string // operation id of the route; "" before it is known
	about  string // what the audit log has for its path, where the body says what it is about; "" = the path
	claims string // who he says he is, as far as that may be written down, while who is nobody
	code   Code   // of the problem it is answered with; "" = none

	auth error // why who is nobody; nil when somebody is signed in
}

// asker is whose statements and requests are counted together: a user's with all his sessions, a key's.
func (r *request) asker() string { return "name " + r.who.Name }

type requestKey struct{}

// of returns the request a handler's context belongs to.
func of(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// requestID is the id of a request for its log lines and its problem.
func requestID(c *fiber.Ctx) string {
	if r := of(c.UserContext()); r != nil {
		return r.id
	}
	return newRequestID() // refused before it was read
}

// begin is the first handler of every request: it draws the id, sets the deadline, catches panics, measures.
func (a *API) begin(c *fiber.Ctx) (err error) {
	began := time.Now()
	r := &request{id: newRequestID(), c: c, auth: registry.ErrNone}
	ctx, cancel := context.WithTimeout(context.WithValue(a.stop, requestKey{}, r), a.cfg.QueryTimeout)
	defer cancel()
	c.SetUserContext(ctx)
	c.Set("X-Request-Id", r.id)
	defer func() {
		if p := recover(); p != nil {
			a.m.panics.Inc()
			err = fail(CodeInternal, "", fmt.Errorf("panic: %v", p))
		}
		if err != nil { // answered here, so that the status is known to the histogram
			err = a.onError(c, err)
		}
		a.noteRequest(c, r)
		route := c.Route().Path
		if c.Response().StatusCode() == fiber.StatusNotFound || c.Response().StatusCode() == fiber.StatusMethodNotAllowed {
			route = "none" // strangers' paths must not become labels; a known route's own 404 is in the problems' counter
		}
		a.m.requests.WithLabelValues(route, c.Method(), strconv.Itoa(c.Response().StatusCode())).Observe(time.Since(began).Seconds())
	}()
	return c.Next()
}

func newRequestID() string {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		return "unknown" // the id only joins log lines
	}
	return hex.EncodeToString(b)
}
