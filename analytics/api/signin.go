package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"firstline/analytics/identity"
	"firstline/analytics/registry"
	passwords "firstline/pipeline/password"
)

// Identity is who is signed in.
type Identity struct {
	Name   string    `json:"name" doc:"What he signs in with" example:"anna"`
	Label  string    `json:"label" doc:"How he is greeted" example:"Anna Becker"`
	Role   Role      `json:"role" enum:"agent,supervisor,admin,integrator,key" doc:"key: of an API key, whose scopes decide"`
	Agent  string    `json:"agent,omitempty" doc:"His agent id; absent when he is no agent" example:"anna"`
	Phone  string    `json:"phone,omitempty" doc:"Agent id whose phone he listens to talks with; absent when he has none" example:"sue"`
	Queues []string  `json:"queues,omitempty" doc:"Ids of the queues he is limited to; absent = all, or those that the agents of his teams serve"`
	Teams  []string  `json:"teams,omitempty" doc:"Teams of agents he is limited to; absent = all, or the agents who serve his queues"`
	Scopes []Scope   `json:"scopes,omitempty" doc:"Of an API key"`
	Ends   time.Time `json:"ends_at" doc:"When the session or the key ends"`

	Provided   bool `json:"provided,omitempty" doc:"He signed in at the identity provider; absent when he did not"`
	Configured bool `json:"configured" doc:"He stands in the configuration: his password or PIN is changed there"`
}

type signInInput struct {
	Body struct {
		Name   string `json:"name" minLength:"1" maxLength:"200" doc:"User name, or agent id" example:"anna"`
		Secret string `json:"secret" minLength:"1" maxLength:"200" doc:"Password, or an agent's PIN" format:"password"`
	}
}

type identityOutput struct {
	Cookie http.Cookie `header:"Set-Cookie"`
	Body   Identity
}

// signIn checks name and password. What takes place for an unknown name takes as long as for a known one.
func (a *API) signIn(ctx context.Context, _ principal, in *signInInput) (*identityOutput, error) {
	if !a.passwords() {
		return nil, fail(CodePasswordsOff, "sign in at "+a.setup.Load().oidc.Name, nil)
	}
	acc, err := a.proven(ctx, in.Body.Name, in.Body.Secret)
	if err != nil {
		return nil, err
	}
	return a.beginSession(ctx, acc, identity.Person{})
}

// proven finds who has this name and secret.
func (a *API) proven(ctx context.Context, name, secret string) (account, error) {
	address := of(ctx).c.IP()
	if wait := a.attempts.begin(strings.ToLower(name), address, a.clock()); wait > 0 {
		return account{}, a.locked(wait)
	}
	acc, known, err := a.account(ctx, name)
	of(ctx).claims = nobody
	if acc.name != "" {
		of(ctx).claims = acc.name
	}
	if err != nil {
		return account{}, fail(CodeUnavailable, "users can't be read", err)
	}
	right, err := a.verify(ctx, acc.hash, secret)
	if err != nil {
		return account{}, err
	}
	if !known || !right {
		a.m.signIns.WithLabelValues("wrong").Inc()
		return account{}, fail(CodeWrongCredentials, "", nil)
	}
	a.attempts.succeed(strings.ToLower(name), address)
	return acc, nil
}

// locked refuses an attempt to sign in that came too soon.
func (a *API) locked(wait time.Duration) error {
	a.m.signIns.WithLabelValues("locked").Inc()
	err := fail(CodeTooManyAttempts, fmt.Sprintf("wait %d s", seconds(wait)), nil)
	err.Headers = map[string]string{"Retry-After": strconv.Itoa(seconds(wait))}
	return err
}

// beginSession signs somebody in who is proven, at the identity provider where he is from there.
func (a *API) beginSession(ctx context.Context, acc account, there identity.Person) (*identityOutput, error) {
	now := a.clock()
	ends := now.Add(a.cfg.SessionLife).UTC().Truncate(time.Second)
	token, err := a.state.BeginSession(ctx, registry.Session{Name: acc.name, Proof: proof(acc.hash), Ends: ends, Subject: acc.subject, IDToken: there.IDToken, There: there.Session}, now)
	if err != nil {
		return nil, fail(CodeUnavailable, "sessions can't be written", err)
	}
	a.m.signIns.WithLabelValues("ok").Inc()
	of(ctx).who = acc.principal(ends)
	a.countSessions(ctx)
	return &identityOutput{Cookie: a.cookie(token, ends), Body: a.identity(acc.principal(ends))}, nil
}

// verify runs argon2, a bounded number at once. Without a hash it works against one that nothing matches.
func (a *API) verify(ctx context.Context, hash, secret string) (bool, error) {
	select {
	case a.hashing <- struct{}{}:
	case <-ctx.Done():
		return false, fail(CodeUnavailable, "too many sign-ins at once", ctx.Err())
	}
	defer func() { <-a.hashing }()
	h, err := passwords.Parse(hash)
	if err != nil {
		passwords.Nobody().Verify(secret)
		return false, nil
	}
	return h.Verify(secret), nil
}

type noInput struct{}

type identityOnly struct {
	Body Identity
}

// whoAmI answers whose session or key it is.
func (a *API) whoAmI(_ context.Context, who principal, _ *noInput) (*identityOnly, error) {
	return &identityOnly{Body: a.identity(who)}, nil
}

// SignedOut is what is left to do for who signs out.
type SignedOut struct {
	Provider *string `json:"provider" doc:"Address at which the browser signs out at the identity provider too; null = there is nothing more to do"`
}

type signedOutOutput struct {
	Cookie http.Cookie `header:"Set-Cookie"`
	Body   SignedOut
}

// signOut ends the session; its live streams end at their next heartbeat.
func (a *API) signOut(ctx context.Context, _ principal, _ *noInput) (*signedOutOutput, error) {
	s, err := a.ownSession(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.state.EndSession(ctx, of(ctx).c.Cookies(a.cookieName())); err != nil {
		return nil, fail(CodeUnavailable, "sessions can't be written", err)
	}
	return a.signedOut(ctx, s), nil
}

// signOutEverywhere ends all sessions of who asks, this one too; their live streams end at their next heartbeats.
func (a *API) signOutEverywhere(ctx context.Context, who principal, _ *noInput) (*signedOutOutput, error) {
	s, err := a.ownSession(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.state.EndSessions(ctx, who.Name); err != nil {
		return nil, fail(CodeUnavailable, "sessions can't be written", err)
	}
	a.log.Info("user signed out everywhere", "user", who.Name)
	return a.signedOut(ctx, s), nil
}

// ownSession is the session of who asks; one that is over already has no end at the provider.
func (a *API) ownSession(ctx context.Context) (registry.Session, error) {
	s, err := a.state.FindSession(ctx, of(ctx).c.Cookies(a.cookieName()), a.clock())
	if err != nil && !errors.Is(err, registry.ErrNone) {
		return s, fail(CodeUnavailable, "sessions can't be read", err)
	}
	return s, nil
}

// signedOut takes the cookie away and says where the session ends at the identity provider.
func (a *API) signedOut(ctx context.Context, s registry.Session) *signedOutOutput {
	a.countSessions(ctx)
	out := &signedOutOutput{Cookie: a.cookie("", time.Unix(0, 0))}
	out.Cookie.MaxAge = -1
	if p := a.provider(); p != nil && s.IDToken != "" {
		if there := p.End(s.IDToken); there != "" {
			out.Body.Provider = &there
		}
	}
	return out
}

func (a *API) countSessions(ctx context.Context) {
	if n, err := a.state.CountSessions(ctx, a.clock()); err == nil {
		a.m.sessions.Set(float64(n))
	}
}

func (a *API) identity(who principal) Identity {
	_, configured := a.secrets().users[who.Name]
	out := Identity{
		Name: who.Name, Label: who.Label, Role: who.Role, Agent: who.Agent, Phone: who.Phone, Queues: who.limits.Queues, Teams: who.limits.Teams,
		Ends: who.ends, Configured: configured && !who.provided, Provided: who.provided,
	}
	if who.isKey() {
		out.Scopes = who.scopes.list()
	}
	return out
}

// cookieName has the __Host- prefix where the cookie is Secure: then no other host can set it.
func (a *API) cookieName() string {
	if a.secure() {
		return "__Host-firstline_session"
	}
	return "firstline_session"
}

func (a *API) secure() bool { return strings.HasPrefix(a.origins.public, "https://") }

func (a *API) cookie(value string, ends time.Time) http.Cookie {
	return http.Cookie{
		Name: a.cookieName(), Value: value, Path: "/", Expires: ends,
		HttpOnly: true, Secure: a.secure(), SameSite: http.SameSiteStrictMode,
	}
}

// seconds rounds up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
