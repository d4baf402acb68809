package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"firstline/analytics/query"
	"firstline/analytics/registry"
)

// credential is what a request shows to say who sent it: a key or a session, never both.
type credential struct{ key, session string }

// bearer is the API key that a request carries; "" = none. Other schemes are a proxy's business.
func bearer(c *fiber.Ctx) string {
	scheme, key, ok := strings.Cut(strings.TrimSpace(c.Get(fiber.HeaderAuthorization)), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}

// credentialOf reads a request's. A key makes the cookie count for nothing: a page of another site can't send a key unless it has
// it, so requests with one need no look at Origin.
func (a *API) credentialOf(c *fiber.Ctx) credential {
	if key := bearer(c); key != "" {
		return credential{key: key}
	}
	return credential{session: c.Cookies(a.cookieName())}
}

// identifyPatience bounds the finding out, so that nobody waits long for what keeps the sessions.
const identifyPatience = 5 * time.Second

// identify finds out whose credential it is. It fails with registry.ErrNone for a session that is none, and with an Error that
// the client may see for a key that is none.
func (a *API) identify(ctx context.Context, cr credential) (principal, error) {
	ctx, cancel := context.WithTimeout(ctx, identifyPatience)
	defer cancel()
	if cr.key != "" {
		return a.byKey(ctx, cr.key)
	}
	return a.bySession(ctx, cr.session)
}

// refused says of an error of identify that a session or key doesn't hold; any other one, that this can't be known just now.
func refused(err error) bool {
	return errors.Is(err, registry.ErrNone) || errors.As(err, new(*Error))
}

// bySession resolves a session token. A session of somebody who is no longer configured, who is disabled, whose password changed, or whose
// groups no longer give him anything, is none.
func (a *API) bySession(ctx context.Context, token string) (principal, error) {
	s, err := a.state.FindSession(ctx, token, a.clock())
	if err != nil {
		return principal{}, err
	}
	acc, ok, err := a.behind(ctx, s)
	if err != nil {
		return principal{}, err
	}
	if !ok || string(proof(acc.hash)) != string(s.Proof) {
		return principal{}, registry.ErrNone
	}
	who := acc.principal(s.Ends)
	who.session, who.rights = token, a.rightsOf(acc.limits)
	return who, nil
}

// keyUseEvery is how often the use of a key is written down.
const keyUseEvery = time.Minute

// byKey resolves an API key. Who holds one that was right once is told why it no longer is.
func (a *API) byKey(ctx context.Context, secret string) (principal, error) {
	k, err := a.state.FindKey(ctx, secret)
	now := a.clock()
	switch {
	case errors.Is(err, registry.ErrNone):
		return principal{}, a.refuseKey("unknown", "there is no such API key", err)
	case err != nil:
		return principal{}, err
	case !k.Revoked.IsZero():
		return principal{}, a.refuseKey("revoked", "the API key was revoked at "+k.Revoked.Format(time.RFC3339), nil)
	case !now.Before(k.Ends):
		return principal{}, a.refuseKey("over", "the API key ended at "+k.Ends.Format(time.RFC3339), nil)
	}
	if now.Sub(k.Used) >= keyUseEvery {
		if err := a.state.UseKey(ctx, k.ID, now); err != nil {
			a.m.keyUses.WithLabelValues("unrecorded").Inc()
			a.log.Warn("use of a key not recorded", "key", k.ID, "error", err)
		}
	}
	a.m.keyUses.WithLabelValues("ok").Inc()
	return a.principalOfKey(k), nil
}

// keyActor begins the name by which facts and logs tell of what was done with a key; its id follows.
const keyActor = "key/"

func (a *API) refuseKey(result, detail string, err error) error {
	a.m.keyUses.WithLabelValues(result).Inc()
	e := fail(CodeUnauthenticated, detail, err)
	e.Headers = map[string]string{fiber.HeaderWWWAuthenticate: "Bearer"}
	return e
}

// authenticate finds out who sent the request. Whether that is enough is for the route to say.
func (a *API) authenticate(c *fiber.Ctx) error {
	if who, ok := insider(c); ok {
		r := of(c.UserContext())
		r.who, r.auth = who, nil
		return c.Next()
	}
	cr := a.credentialOf(c)
	if cr == (credential{}) {
		return c.Next()
	}
	r := of(c.UserContext())
	who, err := a.identify(c.UserContext(), cr)
	switch {
	case refused(err):
		r.auth = err
	case err != nil:
		return fail(CodeUnavailable, "sessions and keys can't be read", err)
	default:
		r.who, r.auth = who, nil
		c.SetUserContext(query.AskedBy(c.UserContext(), r.asker()))
	}
	return c.Next()
}

// authorize returns who sent the request when he may use such a route.
func authorize(ctx context.Context, to access) (principal, error) {
	r := of(ctx)
	var refused *Error
	switch {
	case to.roles == anyone:
		return r.who, nil
	case errors.As(r.auth, &refused) && refused.Detail != "":
		return principal{}, refused
	case r.auth != nil:
		return principal{}, fail(CodeUnauthenticated, "", r.auth)
	case r.who.isKey() && r.who.scopes&to.keys == 0:
		return principal{}, fail(CodeForbidden, to.keys.describe(), nil)
	case !r.who.isKey() && !to.roles.allows(r.who.Role):
		return principal{}, fail(CodeForbidden, "", nil)
	case r.who.rights.limited && to.reach.refusal() != "":
		return principal{}, fail(CodeForbidden, to.reach.refusal(), nil)
	}
	return r.who, nil
}

// allow is authorize for plain Fiber routes; id is the operation's.
func allow(id string, to access, next func(c *fiber.Ctx, who principal) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		of(c.UserContext()).action = id
		who, err := authorize(c.UserContext(), to)
		if err != nil {
			return err
		}
		return next(c, who)
	}
}
