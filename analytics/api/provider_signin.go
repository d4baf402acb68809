package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"firstline/analytics/identity"
)

// Operation ids of signing in at the identity provider. The browser is led there and back, so that both are plain GETs that answer with
// the next address, and an error is told to the page in the address's fragment, as a code that the page has a text for.
const (
	actionBeginAtProvider = "begin-provider-sign-in"
	actionFromProvider    = "provider-sign-in"
	actionEndedThere      = "provider-sign-out"

	doneMark    = "#signed-in"
	refusedMark = "#sign-in="
)

// SignInWays are the ways to sign in.
type SignInWays struct {
	Passwords bool         `json:"passwords" doc:"With name and password, or an agent's id and PIN"`
	Provider  *ProviderWay `json:"provider" doc:"At an identity provider; null = there is none"`
}

// ProviderWay is where signing in at the identity provider begins.
type ProviderWay struct {
	Name string `json:"name" doc:"What the button calls it" example:"Acme"`
	Path string `json:"path" doc:"Where the browser goes; return is the path of ours to which it leads in the end" example:"/api/v1/session/provider"`
}

type waysOutput struct{ Body SignInWays }

func (a *API) signInWays(_ context.Context, _ principal, _ *noInput) (*waysOutput, error) {
	out := &waysOutput{SignInWays{Passwords: a.passwords()}}
	if a.provider() != nil {
		out.Body.Provider = &ProviderWay{Name: a.setup.Load().oidc.Name, Path: Prefix + providerPath}
	}
	return out, nil
}

// beginAtProvider sends the browser to the provider. The call back is registered for one host name, so that is where it begins: it is
// led there once, not again and again where a proxy shows us another name.
func (a *API) beginAtProvider(c *fiber.Ctx, _ principal) error {
	back := ownPath(c.Query("return"))
	p := a.provider()
	if p == nil {
		return a.turnBack(c, back, fail(CodeNotConfigured, "there is no identity provider", nil))
	}
	if host := strings.ToLower(string(c.Request().Host())); !strings.HasSuffix(a.origins.public, "://"+host) && c.Query("moved") == "" {
		return c.Redirect(a.origins.public+Prefix+providerPath+"?moved=yes&return="+url.QueryEscape(back), http.StatusSeeOther)
	}
	attempt := identity.NewAttempt(back, a.clock())
	address, err := p.Begin(c.UserContext(), attempt)
	a.noteProvider(err)
	if err != nil {
		a.m.signIns.WithLabelValues("unreachable").Inc()
		return a.turnBack(c, back, fail(CodeProviderDown, "", err))
	}
	setCookie(c, a.attemptCookie(attempt.String(), identity.AttemptLife))
	return c.Redirect(address, http.StatusSeeOther)
}

// fromProvider takes the browser back with the provider's answer.
func (a *API) fromProvider(c *fiber.Ctx, _ principal) error {
	attempt, err := identity.ParseAttempt(c.Cookies(a.attemptCookieName()))
	setCookie(c, a.attemptCookie("", -time.Second))
	if err != nil || !attempt.Answers(c.Query("state"), a.clock()) {
		return a.turnBack(c, "/", fail(CodeSignInOver, "", err))
	}
	out, err := a.provenAtProvider(c, attempt)
	if err != nil {
		return a.turnBack(c, ownPath(attempt.Back()), err)
	}
	setCookie(c, out.Cookie)
	return c.Redirect(ownPath(attempt.Back())+doneMark, http.StatusSeeOther)
}

// provenAtProvider is proven for an answer of the provider. What the provider proves, or can't, is no guess: only what it refuses
// counts against the address.
func (a *API) provenAtProvider(c *fiber.Ctx, attempt identity.Attempt) (*identityOutput, error) {
	ctx, p := c.UserContext(), a.provider()
	if p == nil {
		return nil, fail(CodeNotConfigured, "there is no identity provider any more", nil)
	}
	if wait := a.attempts.begin(attempt.State(), c.IP(), a.clock()); wait > 0 {
		return nil, a.locked(wait)
	}
	who, err := a.askProvider(ctx, p, attempt, c)
	a.noteProvider(err)
	switch {
	case errors.Is(err, identity.ErrUnreachable):
		a.attempts.succeed(attempt.State(), c.IP())
		a.m.signIns.WithLabelValues("unreachable").Inc()
		return nil, fail(CodeProviderDown, "", err)
	case err != nil:
		of(ctx).claims = nobody
		a.m.signIns.WithLabelValues("wrong").Inc()
		return nil, fail(CodeProviderRefused, "", err)
	}
	a.attempts.succeed(attempt.State(), c.IP())
	out, err := a.letIn(ctx, p, who)
	if err != nil {
		a.m.signIns.WithLabelValues("refused").Inc()
	}
	return out, err
}

// endedThere takes the provider's word that somebody signed out there, or was: his sessions that belong to that one end.
func (a *API) endedThere(c *fiber.Ctx, _ principal) error {
	ctx, p := c.UserContext(), a.provider()
	if p == nil {
		return fail(CodeNotConfigured, "there is no identity provider", nil)
	}
	subject, session, err := p.Ended(ctx, c.FormValue("logout_token"))
	a.noteProvider(err)
	switch {
	case errors.Is(err, identity.ErrUnreachable):
		return fail(CodeProviderDown, "", err)
	case err != nil:
		return fail(CodeBadRequest, "the logout token is refused", err)
	}
	if subject != "" {
		subject = subjectOf(p, subject)
		if u, err := a.state.FindSubject(ctx, subject); err == nil {
			of(ctx).claims = u.Name
		}
	}
	ended, err := a.state.EndProvided(ctx, subject, session)
	if err != nil {
		return fail(CodeUnavailable, "sessions can't be written", err)
	}
	a.log.Info("signed out at the identity provider", "user", of(ctx).claims, "sessions", ended)
	a.countSessions(ctx)
	return c.SendStatus(http.StatusOK)
}

// askProvider reads the provider's answer and has it proven.
func (a *API) askProvider(ctx context.Context, p *identity.Provider, attempt identity.Attempt, c *fiber.Ctx) (identity.Person, error) {
	if iss := c.Query("iss"); iss != "" && iss != p.Issuer() {
		return identity.Person{}, fmt.Errorf("%w: the answer is another one's: %.200q", identity.ErrRefused, iss)
	}
	switch code := c.Query("error"); code {
	case "":
		return p.Finish(ctx, attempt, c.Query("code"))
	case "server_error", "temporarily_unavailable":
		return identity.Person{}, fmt.Errorf("%w: it answers %s: %.200q", identity.ErrUnreachable, code, c.Query("error_description"))
	default:
		return identity.Person{}, fmt.Errorf("%w: it answers %.100q: %.200q", identity.ErrRefused, code, c.Query("error_description"))
	}
}

// turnBack leads to the page, which says what is wrong.
func (a *API) turnBack(c *fiber.Ctx, back string, err error) error {
	p := a.report(c, err)
	return c.Redirect(back+refusedMark+string(p.Code), http.StatusSeeOther)
}

func setCookie(c *fiber.Ctx, cookie http.Cookie) {
	c.Response().Header.Add(fiber.HeaderSetCookie, cookie.String())
}

func (a *API) attemptCookieName() string {
	return strings.TrimSuffix(a.cookieName(), "session") + "sign_in"
}

// attemptCookie is Lax where the session's is Strict: it must come along when the provider leads the browser back.
func (a *API) attemptCookie(value string, life time.Duration) http.Cookie {
	return http.Cookie{
		Name: a.attemptCookieName(), Value: value, Path: "/", MaxAge: int(life / time.Second), HttpOnly: true, Secure: a.secure(), SameSite: http.SameSiteLaxMode,
	}
}

// documentProvider describes the three routes.
func (a *API) documentProvider() {
	text := &huma.Schema{Type: huma.TypeString}
	param := func(name, says string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: says, Schema: text}
	}
	add := func(id, path, summary, says string, params ...*huma.Param) {
		op := a.operation(route{id: id, method: http.MethodGet, path: path, roles: anyone, reach: own, tag: "session", summary: summary})
		op.Description += " " + says
		op.Parameters = params
		op.Responses["303"] = &huma.Response{Description: "Where the browser goes; of what was refused, to a page with its code: /" + refusedMark + "not_entitled",
			Headers: map[string]*huma.Param{fiber.HeaderLocation: {Schema: text}}}
		a.huma.OpenAPI().AddOperation(&op)
	}
	add(actionBeginAtProvider, providerPath, "Sign in at the identity provider", "For browsers.",
		param("return", "Path of a page, to which it leads in the end"), param("moved", "It was led here from another host name of ours"))
	add(actionFromProvider, callbackPath, "Come back from the identity provider", "The address that is registered there.",
		param("state", "Of the sign-in that is under way in this browser"), param("code", "For the token"), param("iss", "The issuer, where it says so"),
		param("error", "Why there is no code"), param("error_description", "The same in words"))
	op := a.operation(route{id: actionEndedThere, method: http.MethodPost, path: endedPath, roles: anyone, reach: own, tag: "session", summary: "Take the identity provider's word that somebody signed out there"})
	op.Description += " For the provider: OpenID Connect Back-Channel Logout."
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{fiber.MIMEApplicationForm: {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"logout_token"}, Properties: map[string]*huma.Schema{"logout_token": {Type: huma.TypeString, Description: "Signed by the provider"}}}}}}
	op.Responses["200"] = &huma.Response{Description: "His sessions are over"}
	a.huma.OpenAPI().AddOperation(&op)
}
