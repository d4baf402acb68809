package api

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSignedOutThere: who signs out at the provider, or is signed out, is so here; nobody else can say so.
func TestSignedOutThere(t *testing.T) {
	p := newProvided(t)
	kim, _ := p.come("kim")
	elsewhere, _ := p.come("kim")
	boss, _ := p.come("boss")
	_, page := kim.get(p.issuer.URL + "/session/end")
	form := regexp.MustCompile(`name="xsrf" value="(\w+)"`).FindStringSubmatch(page)
	kim.read(kim.PostForm(p.issuer.URL+"/session/end/confirm", url.Values{"xsrf": form[1:], "logout": {"yes"}}))
	p.ask(t, p.session(kim)).wantProblem(t, CodeUnauthenticated)
	for who, b := range map[string]*browser{"kim elsewhere": elsewhere, "boss": boss} {
		if a := p.ask(t, p.session(b)); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", who, a.status, a.body)
		}
	}
	if e := p.audited(t, p.signIn("adam"), "&action="+actionEndedThere); len(e) != 1 || e[0].Actor != "kim" || e[0].Result != "ok" || e[0].Object != endedPath {
		t.Errorf("%+v", e)
	}
	tell := func(word string) answer {
		return p.do(call{method: http.MethodPost, path: Prefix + endedPath, body: url.Values{"logout_token": {word}}.Encode(), host: strings.TrimPrefix(p.public.URL, "http://"),
			headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}})
	}
	s, err := p.api.state.FindSession(t.Context(), strings.TrimPrefix(p.session(boss), p.api.cookieName()+"="), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	word := func(key *rsa.PrivateKey, name string, value any) string {
		claims := map[string]any{
			"iss": p.issuer.URL, "aud": "firstline", "sub": "boss", "jti": "1", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
		}
		claims[name] = value
		return signed(t, key, "first", claims)
	}
	for name, word := range map[string]string{
		"none": "", "no token": "x", "an id token": s.IDToken, "signed by another key": word(other, "jti", "2"), "for another client": word(p.key, "aud", "somebody"),
		"of another issuer": word(p.key, "iss", "https://evil.example"), "over": word(p.key, "exp", time.Now().Add(-2*skewAllowed).Unix()), "about something else": word(p.key, "events", map[string]any{}),
	} {
		if a := tell(word); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := p.ask(t, p.session(boss)); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	// Of all his sessions, as when he is disabled there; of somebody whom we don't know.
	for _, login := range []string{"boss", "stranger"} {
		if a := tell(word(p.key, "sub", login)); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", login, a.status, a.body)
		}
	}
	p.ask(t, p.session(boss)).wantProblem(t, CodeUnauthenticated)
	if a := p.ask(t, p.session(elsewhere)); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestSessionFromProviderEnds: with the user, with his groups, with the configuration.
func TestSessionFromProviderEnds(t *testing.T) {
	p := newProvided(t)
	adam := p.signIn("adam")
	change := func(method, path string, body any) answer {
		return p.do(call{method: method, path: Prefix + path, body: body, proof: adam})
	}
	kim := func() UserView {
		var list struct{ Users []UserView }
		p.get(Prefix+"/users", adam).into(t, &list)
		return list.Users[slices.IndexFunc(list.Users, func(u UserView) bool { return u.Name == "kim" })]
	}
	b, _ := p.come("kim")
	first := p.session(b)
	if u := kim(); u.Role != RoleSupervisor || !slices.Equal(u.Queues, []string{"support"}) || u.Provided == nil || u.Provided.Label != "Kim Fox" || !slices.Contains(u.Provided.Groups, "leads") {
		t.Errorf("%+v %+v", u, u.Provided)
	}

	// Of him only `disabled` can be changed, and he has no password here.
	change(http.MethodPut, "/users/kim", map[string]any{"role": "admin"}).into(t, &UserView{})
	if u := kim(); u.Role != RoleSupervisor || u.DisabledAt != nil {
		t.Errorf("%+v", u)
	}
	change(http.MethodPut, "/users/kim/password", map[string]string{"password": "a long enough one"}).wantProblem(t, CodeConfigured)
	p.do(call{method: http.MethodPut, path: Prefix + "/session/password", proof: first, body: map[string]string{"old": "x", "new": "a long enough one"}}).wantProblem(t, CodeConfigured)
	p.trySignIn("kim", "anything").wantProblem(t, CodeWrongCredentials)

	change(http.MethodPut, "/users/kim", map[string]any{"role": "supervisor", "disabled": true})
	p.ask(t, first).wantProblem(t, CodeUnauthenticated)
	b, at := p.come("kim")
	p.wantTurnedBack(t, b, at, CodeUserDisabled)
	change(http.MethodPut, "/users/kim", map[string]any{"role": "supervisor"})

	// A reload that gives his group something else, then nothing: it counts at once.
	b, _ = p.come("kim")
	cookie := p.session(b)
	cfg := p.cfg
	cfg.OIDC.Groups = []Grant{{Group: "everyone", Role: RoleIntegrator}}
	p.reload(t, cfg)
	who := Identity{}
	p.ask(t, cookie).into(t, &who)
	if who.Role != RoleIntegrator || who.Queues != nil {
		t.Errorf("%+v", who)
	}
	cfg.OIDC.Groups = []Grant{{Group: "others", Role: RoleIntegrator}}
	p.reload(t, cfg)
	p.ask(t, cookie).wantProblem(t, CodeUnauthenticated)
	if u := kim(); u.Role != roleNone {
		t.Errorf("%+v", u)
	}

	// A name that is added to the configuration is the one there.
	cfg = p.cfg
	cfg.Users = append(slices.Clone(cfg.Users), User{Name: "kim", Role: RoleIntegrator, PasswordHashEnv: "HASH"})
	p.reload(t, cfg)
	p.ask(t, cookie).wantProblem(t, CodeUnauthenticated)
	b, at = p.come("kim")
	p.wantTurnedBack(t, b, at, CodeNameTaken)

	// His groups change at the provider: his older session ends when it says so.
	p.reload(t, p.cfg)
	p.ask(t, cookie).into(t, &who)
	p.issuer.change("/me", func(answer []byte) []byte { return bytes.Replace(answer, []byte(`"leads"`), []byte(`"retired"`), 1) })
	b, at = p.come("kim")
	p.wantTurnedBack(t, b, at, CodeNotEntitled)
	p.ask(t, cookie).wantProblem(t, CodeUnauthenticated)
	p.issuer.tamper.Store(nil)

	// Somebody else of his name, once he is released.
	change(http.MethodDelete, "/users/some/provider", nil).wantProblem(t, CodeNotFound)
	if a := change(http.MethodDelete, "/users/kim/provider", nil); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	if u := kim(); u.Role != roleNone || u.Provided != nil {
		t.Errorf("%+v", u)
	}
	b, _ = p.come("twin")
	p.ask(t, p.session(b)).into(t, &who)
	if who.Name != "kim" || who.Label != "Kim Twin" {
		t.Errorf("%+v", who)
	}

	// Another provider, or none: nobody of this one is signed in any more.
	twin := p.session(b)
	cfg = p.cfg
	cfg.OIDC = defaultOIDC()
	p.reload(t, cfg)
	p.ask(t, twin).wantProblem(t, CodeUnauthenticated)
	at, _ = p.browser().get(p.begin())
	if want := p.public.URL + "/" + refusedMark + string(CodeNotConfigured); at.String() != want {
		t.Errorf("it leads to %s", at)
	}
}

func (p *provided) reload(t *testing.T, cfg Config) {
	t.Helper()
	if err := p.api.Reload(cfg, p.site, p.api.numbers()); err != nil {
		t.Fatal(err)
	}
}

// TestAgentFromProvider: he acts as the agent, whether or not the agent has a PIN, and can be disabled.
func TestAgentFromProvider(t *testing.T) {
	for _, pin := range []string{"HASH", ""} {
		p := newProvided(t, func(o *options) { o.site = func(s *Site) { s.Agents[0].PinHashEnv = pin } })
		b, at := p.come("becker")
		if p.session(b) == "" {
			t.Fatalf("it leads to %s", at)
		}
		a := p.do(call{method: http.MethodPost, path: Prefix + "/agents/anna/state", body: map[string]string{"action": "ready"}, proof: p.session(b)})
		if sent := p.controller.Controls(); a.status != http.StatusOK || len(sent) == 0 || sent[len(sent)-1].Actor != "anna" {
			t.Errorf("%d %s", a.status, a.body)
		}
		p.do(call{method: http.MethodPut, path: Prefix + "/users/anna", body: map[string]any{"role": "supervisor", "disabled": true}, proof: p.signIn("adam")}).into(t, &UserView{})
		p.ask(t, p.session(b)).wantProblem(t, CodeUnauthenticated)
		b, at = p.come("becker")
		p.wantTurnedBack(t, b, at, CodeUserDisabled)
	}
}

// TestPasswordsOff: those who have one must sign in at the provider, too, and their sessions are over.
func TestPasswordsOff(t *testing.T) {
	p := newProvided(t)
	sue := p.signIn("sue")
	ways := func() (w SignInWays) {
		p.get(Prefix+"/sign-in", "").into(t, &w)
		return w
	}
	if w := ways(); !w.Passwords || w.Provider == nil || *w.Provider != (ProviderWay{"Acme", "/api/v1/session/provider"}) {
		t.Errorf("%+v", w)
	}
	cfg := p.cfg
	cfg.OIDC.Passwords = false
	p.reload(t, cfg)
	if w := ways(); w.Passwords || w.Provider == nil {
		t.Errorf("%+v", w)
	}
	p.get(Prefix+"/queues", sue).wantProblem(t, CodeUnauthenticated)
	p.trySignIn("sue", password).wantProblem(t, CodePasswordsOff)
	if b, at := p.come("kim"); p.session(b) == "" {
		t.Errorf("it leads to %s", at)
	}
	cfg.OIDC = defaultOIDC()
	cfg.OIDC.Passwords = false // without a provider it means nothing: nobody is locked out
	p.reload(t, cfg)
	if w := ways(); !w.Passwords || w.Provider != nil {
		t.Errorf("%+v", w)
	}
}
