package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"firstline/analytics/registry"
)

// insideKey marks a request that the API sends itself, with who it is sent for. Nobody can send one from outside: it is no header.
type insideKey struct{}

// insider is who a request from within is sent for.
func insider(c *fiber.Ctx) (principal, bool) {
	who, ok := c.Context().UserValue(insideKey{}).(principal)
	return who, ok
}

// ask sends a request of somebody to the API itself, the way that all go: rights, checks and forms are those of the route.
func (a *API) ask(who principal, path string, query url.Values, form form) ([]byte, error) {
	var req fasthttp.Request
	req.Header.SetMethod(fiber.MethodGet)
	req.SetRequestURI(Prefix + path + "?" + query.Encode())
	req.Header.SetHost(a.ownHost())
	req.Header.Set(fiber.HeaderAccept, string(form))
	var ctx fasthttp.RequestCtx
	ctx.Init(&req, nil, nil)
	ctx.SetUserValue(insideKey{}, who)
	a.app.Handler()(&ctx)
	body := ctx.Response.Body()
	if ctx.Response.StatusCode() == fiber.StatusOK {
		return body, nil
	}
	var p Problem
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, fail(CodeInternal, "", fmt.Errorf("%s answers %d", path, ctx.Response.StatusCode()))
	}
	return nil, &Error{Code: p.Code, Detail: p.Detail, Fields: p.Errors, told: true}
}

// ownHost is a name by which the API may be called.
func (a *API) ownHost() string {
	u, err := url.Parse(a.cfg.PublicURL)
	if err != nil {
		return "localhost"
	}
	return u.Host
}

// onBehalf is somebody with the rights that he has now, as if he had just signed in; an Error that says why he may nothing.
func (a *API) onBehalf(ctx context.Context, name string) (principal, error) {
	now := a.clock()
	if id, ok := strings.CutPrefix(name, keyActor); ok {
		return a.onBehalfOfKey(ctx, id, now)
	}
	acc, ok, err := a.account(ctx, name)
	switch {
	case err != nil:
		return principal{}, fail(CodeUnavailable, "users can't be read", err)
	case !ok:
		return principal{}, fail(CodeForbidden, fmt.Sprintf("%s may no longer sign in", name), nil)
	}
	who := acc.principal(now.Add(time.Hour))
	who.session, who.rights = "behalf of "+name, a.rightsOf(acc.limits)
	return who, nil
}

func (a *API) onBehalfOfKey(ctx context.Context, id string, now time.Time) (principal, error) {
	keys, err := a.state.Keys(ctx)
	if err != nil {
		return principal{}, fail(CodeUnavailable, "keys can't be read", err)
	}
	for _, k := range keys {
		if k.ID == id && k.Revoked.IsZero() && now.Before(k.Ends) {
			return a.principalOfKey(k), nil
		}
	}
	return principal{}, fail(CodeForbidden, "the API key "+id+" was revoked or has ended", nil)
}

// principalOfKey is a key as the sender of requests.
func (a *API) principalOfKey(k registry.Key) principal {
	name, limits := keyActor+k.ID, Limits{k.Queues, k.Teams}
	return principal{
		Name: name, Label: k.Name, Role: roleKey, scopes: scopesOf(k.Scopes), limits: limits, rights: a.rightsOf(limits), ends: k.Ends, session: name,
	}
}

// detailOf is what may be told of an error: what the client would see.
func detailOf(err error) string {
	e := classify(err)
	if e.Detail != "" {
		return string(e.Code) + ": " + e.Detail
	}
	return string(e.Code)
}

// later says that an error may go away by itself.
func later(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return true
	}
	switch e.Code {
	case CodeUnavailable, CodeTimeout, CodeTooManyRequests, CodeInternal:
		return true
	default:
		return false
	}
}
