package api

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/registry"
	"firstline/pipeline/parts"
)

// front is an address that stays while what is behind it comes and goes.
type front struct {
	*httptest.Server
	behind atomic.Pointer[url.URL] // nil = nobody answers
	tamper atomic.Pointer[func(req *http.Request, answer []byte) []byte]
}

func newFront(t *testing.T) *front {
	t.Helper()
	f := &front{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(f.behind.Load())
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(res *http.Response) error {
			change := f.tamper.Load()
			if change == nil {
				return nil
			}
			answer, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			answer = (*change)(res.Request, answer)
			res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
			res.Header.Set("Content-Length", fmt.Sprint(len(answer)))
			return nil
		},
	}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.behind.Load() == nil {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *front) lead(t testing.TB, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	f.behind.Store(u)
}

// change has answers of one path changed.
func (f *front) change(path string, how func([]byte) []byte) {
	all := func(req *http.Request, answer []byte) []byte {
		if req.URL.Path != path {
			return answer
		}
		return how(answer)
	}
	f.tamper.Store(&all)
}

// provided is an API whose people sign in at oidc-provider, a certified OpenID provider.
type provided struct {
	*world
	public *front // of the API
	issuer *front // of the provider
	key    *rsa.PrivateKey
	stop   func()
}

const clientSecret = "a secret between client and provider"

// people of the provider: what it says of each.
func people() map[string]map[string]any {
	return map[string]map[string]any{
		"kim":     {"preferred_username": "kim", "name": "Kim Fox", "groups": []string{"everyone", "leads"}},
		"boss":    {"preferred_username": "boss", "name": "Bo Ss", "groups": []string{"admins", "leads"}},
		"becker":  {"preferred_username": "a.becker", "name": "A. Becker", "groups": []string{"desk"}, "staff": "anna"},
		"nobody":  {"preferred_username": "nora", "name": "Nora", "groups": []string{"everyone"}},
		"temp":    {"preferred_username": "temp", "name": "Temp", "groups": []string{"desk"}},
		"sue":     {"preferred_username": "sue", "name": "Another Sue", "groups": []string{"leads"}},
		"slash":   {"preferred_username": "key/3f9c2a10", "groups": []string{"leads"}},
		"twin":    {"preferred_username": "kim", "name": "Kim Twin", "groups": []string{"leads"}},
		"visitor": {"preferred_username": "vera", "groups": "guests"},
	}
}

func grants() []Grant {
	return []Grant{
		{Group: "admins", Role: RoleAdmin}, {Group: "leads", Role: RoleSupervisor, Queues: []string{"support"}}, {Group: "desk", Role: RoleAgent},
		{Group: "guests", Role: RoleIntegrator, Masked: true},
	}
}

func newProvided(t *testing.T, more ...func(*options)) *provided {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provided{public: newFront(t), issuer: newFront(t), key: key}
	o := options{env: map[string]string{"OIDC_SECRET": clientSecret}, config: func(c *Config) {
		c.PublicURL = p.public.URL
		c.OIDC.Issuer, c.OIDC.Name, c.OIDC.ClientID, c.OIDC.ClientSecretEnv = p.issuer.URL, "Acme", "firstline", "OIDC_SECRET"
		c.OIDC.AgentClaim, c.OIDC.Groups = "staff", grants()
	}}
	for _, m := range more {
		m(&o)
	}
	p.world = newWorld(t, o)
	p.start("first")
	p.public.lead(t, p.listen())
	return p
}

// start runs the provider with the key that p holds.
func (p *provided) start(kid string) {
	p.t.Helper()
	node := parts.Need(p.t, func() (string, error) { return parts.Program("node") })
	settings, err := json.Marshal(map[string]any{
		"issuer": p.issuer.URL, "people": people(), "keys": []jose.JSONWebKey{{Key: p.key, KeyID: kid, Algorithm: "RS256", Use: "sig"}},
		"client": map[string]string{"id": "firstline", "secret": clientSecret, "redirect": p.public.URL + Prefix + "/session/provider/callback", "home": p.public.URL + "/", "ended": p.public.URL + Prefix + endedPath},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.Command(node, filepath.Join("..", "..", "dashboards", "web", "e2e", "provider.mjs"))
	in, err := cmd.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	var ended atomic.Bool
	p.stop = func() {
		if !ended.Swap(true) {
			if p.t.Failed() {
				p.t.Log(said.String())
			}
			p.issuer.behind.Store(nil)
			_ = in.Close()
			_ = cmd.Wait()
		}
	}
	p.t.Cleanup(p.stop)
	_, _ = fmt.Fprintln(in, string(settings))
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.t.Fatalf("the provider does not start: %v: run deploy/scripts/setup web\n%s", err, said.String())
	}
	p.issuer.lead(p.t, "http://127.0.0.1:"+strings.TrimSpace(port))
}

// later lets so much time pass that the provider is asked again whether it is there.
func (p *provided) later() {
	now := p.api.clock
	p.api.clock = func() time.Time { return now().Add(10 * time.Second) }
}

// browser follows the provider's pages as somebody who signs in there.
type browser struct {
	t testing.TB
	http.Client
}

func (p *provided) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return &browser{t: p.t, Client: http.Client{Jar: jar}}
}

// get opens an address and returns where it leads to, and what is shown there.
func (b *browser) get(address string) (*url.URL, string) {
	b.t.Helper()
	return b.read(b.Get(address))
}

func (b *browser) read(res *http.Response, err error) (*url.URL, string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.Request.URL, string(page)
}

// signIn opens an address that leads to the provider, signs in there, agrees, and returns where that leads to.
func (b *browser) signIn(address, login string) *url.URL {
	b.t.Helper()
	at, page := b.get(address)
	for range 3 {
		form := regexp.MustCompile(`<form[^>]* action="([^"]+)"`).FindStringSubmatch(page)
		prompt := regexp.MustCompile(`name="prompt" value="(\w+)"`).FindStringSubmatch(page)
		if form == nil || prompt == nil {
			return at
		}
		at, page = b.read(b.PostForm(html.UnescapeString(form[1]), url.Values{"prompt": prompt[1:], "login": {login}, "password": {"any"}}))
	}
	b.t.Fatalf("the provider asks again and again: %s", page)
	return nil
}

// begin is where the button leads.
func (p *provided) begin() string { return p.public.URL + Prefix + "/session/provider" }

// come signs somebody in in a new browser.
func (p *provided) come(login string) (*browser, *url.URL) {
	p.t.Helper()
	b := p.browser()
	return b, b.signIn(p.begin(), login)
}

// session is the cookie of a browser that is signed in.
func (p *provided) session(b *browser) string {
	p.t.Helper()
	at, err := url.Parse(p.public.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(at) {
		if c.Name == p.api.cookieName() {
			return c.Name + "=" + c.Value
		}
	}
	return ""
}

func (p *provided) ask(t *testing.T, proof string) answer {
	t.Helper()
	return p.do(call{method: http.MethodGet, path: Prefix + "/session", proof: proof, host: strings.TrimPrefix(p.public.URL, "http://")})
}

// wantTurnedBack wants an address of ours with a code, and nobody signed in.
func (p *provided) wantTurnedBack(t *testing.T, b *browser, at *url.URL, code Code) {
	t.Helper()
	if want := p.public.URL + "/" + refusedMark + string(code); at.String() != want {
		t.Errorf("it leads to %s, not %s", at, want)
	}
	if p.session(b) != "" {
		t.Error("somebody is signed in")
	}
}

func TestSignInAtProvider(t *testing.T) {
	p := newProvided(t)
	b := p.browser()
	at := b.signIn(p.begin()+"?return="+url.QueryEscape("/contacts?queue=support"), "kim")
	if want := p.public.URL + "/contacts?queue=support" + doneMark; at.String() != want {
		t.Errorf("it leads to %s, not %s", at, want)
	}
	var who Identity
	p.ask(t, p.session(b)).into(t, &who)
	want := Identity{Name: "kim", Label: "Kim Fox", Role: RoleSupervisor, Queues: []string{"support"}, Ends: who.Ends, Provided: true}
	if !reflect.DeepEqual(who, want) || time.Until(who.Ends) < 11*time.Hour || time.Until(who.Ends) > 12*time.Hour {
		t.Errorf("%+v", who)
	}

	// An agent by the claim, an admin by the first of his groups, one masked; each has his rights.
	for login, want := range map[string]Identity{
		"becker":  {Name: "anna", Label: "Anna Becker", Role: RoleAgent, Agent: "anna", Provided: true},
		"boss":    {Name: "boss", Label: "Bo Ss", Role: RoleAdmin, Provided: true},
		"visitor": {Name: "vera", Label: "vera", Role: RoleIntegrator, Provided: true},
	} {
		b, _ := p.come(login)
		who := Identity{}
		p.ask(t, p.session(b)).into(t, &who)
		if want.Ends = who.Ends; !reflect.DeepEqual(who, want) {
			t.Errorf("%s: %+v", login, who)
		}
	}

	// The audit log has each, and none of the provider's answer.
	adam := p.signIn("adam")
	entries := p.audited(t, adam, "&action="+actionFromProvider)
	if len(entries) != 4 || entries[0].Actor != "kim" || entries[0].Role != "supervisor" || entries[0].Result != "ok" || entries[0].Object != callbackPath {
		t.Errorf("%+v", entries)
	}
	if n := testutil.ToFloat64(p.api.m.signIns.WithLabelValues("ok")); n != 5 {
		t.Errorf("%v counted", n)
	}

	second, _ := p.come("kim")

	// He signs out here, and is led there.
	var out struct{ Provider string }
	p.do(call{method: http.MethodDelete, path: Prefix + "/session", proof: p.session(b)}).into(t, &out)
	end, err := url.Parse(out.Provider)
	if err != nil || !strings.HasPrefix(out.Provider, p.issuer.URL+"/session/end?") || end.Query().Get("id_token_hint") == "" {
		t.Fatalf("%q", out.Provider)
	}
	p.ask(t, p.session(b)).wantProblem(t, CodeUnauthenticated)
	at, page := b.get(out.Provider)
	if form := regexp.MustCompile(`name="xsrf" value="(\w+)"`).FindStringSubmatch(page); form != nil {
		at, _ = b.read(b.PostForm(p.issuer.URL+"/session/end/confirm", url.Values{"xsrf": form[1:], "logout": {"yes"}}))
	}
	if at.String() != p.public.URL+"/" {
		t.Errorf("signing out there leads to %s", at)
	}
	p.ask(t, p.session(second)).into(t, &who) // in another browser he is signed in still
	if _, page := b.get(p.begin()); !strings.Contains(page, `name="login"`) {
		t.Error("he is still signed in there")
	}
}

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

// TestRefusedAtProvider: whom the provider proves, but who may not.
func TestRefusedAtProvider(t *testing.T) {
	p := newProvided(t)
	p.come("kim")
	for _, c := range []struct {
		login string
		want  Code
		actor string
	}{
		{"nobody", CodeNotEntitled, "nora"}, {"temp", CodeUnknownAgent, "temp"}, {"sue", CodeNameTaken, "sue"}, {"slash", CodeProviderRefused, nobody}, {"twin", CodeNameTaken, "kim"},
	} {
		b, at := p.come(c.login)
		p.wantTurnedBack(t, b, at, c.want)
		entries := p.audited(t, p.signIn("adam"), "&action="+actionFromProvider)
		if last := entries[len(entries)-1]; last.Actor != c.actor || last.Result != string(c.want) || last.Role != "" {
			t.Errorf("%s: %+v", c.login, last)
		}
	}
	if n := testutil.ToFloat64(p.api.m.signIns.WithLabelValues("refused")); n != 5 {
		t.Errorf("%v counted", n)
	}
	if users, err := p.api.state.Users(t.Context()); err != nil || len(users) != 2 { // kim, and some of each world
		t.Errorf("%+v, %v", users, err)
	}
}

// TestProofThatIsNone: what comes back is not what the provider gave to this browser.
func TestProofThatIsNone(t *testing.T) {
	p := newProvided(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(name string, value any) func([]byte) []byte {
		return func(answer []byte) []byte { return resign(t, answer, p.key, "first", name, value) }
	}
	for name, how := range map[string]func([]byte) []byte{
		"signed by another key":          func(answer []byte) []byte { return resign(t, answer, other, "first", "", nil) },
		"signed by a key it doesn't say": func(answer []byte) []byte { return resign(t, answer, other, "second", "", nil) },
		"for another client":             claim("aud", "somebody"),
		"for several":                    claim("aud", []string{"firstline", "somebody"}),
		"for another party":              claim("azp", "somebody"),
		"of another issuer":              claim("iss", "https://evil.example"),
		"over":                           claim("exp", time.Now().Add(-2*skewAllowed).Unix()),
		"from ahead":                     claim("iat", time.Now().Add(2*skewAllowed).Unix()),
		"of another sign-in":             claim("nonce", "another"),
		"without a nonce":                claim("nonce", nil),
		"without a subject":              claim("sub", ""),
		"with another access token":      claim("at_hash", "bm90IHRoaXMgb25lISE"),
		"unsigned":                       unsigned,
		"no token":                       func([]byte) []byte { return []byte(`{"access_token":"a","token_type":"Bearer"}`) },
		"no answer":                      func([]byte) []byte { return []byte(`<html>`) },
	} {
		t.Run(name, func(t *testing.T) {
			p.issuer.change("/token", how)
			b, at := p.come("kim")
			want := CodeProviderRefused
			if name == "no answer" {
				want = CodeProviderDown
			}
			p.wantTurnedBack(t, b, at, want)
		})
	}
	t.Run("user info of another", func(t *testing.T) {
		p.issuer.change("/me", func(answer []byte) []byte {
			return bytes.Replace(answer, []byte(`"sub":"kim"`), []byte(`"sub":"boss"`), 1)
		})
		b, at := p.come("kim")
		p.wantTurnedBack(t, b, at, CodeProviderRefused)
	})
	t.Run("clocks a little apart", func(t *testing.T) {
		p.issuer.change("/token", claim("exp", time.Now().Add(-skewAllowed/2).Unix()))
		if b, at := p.come("kim"); p.session(b) == "" {
			t.Errorf("it leads to %s", at)
		}
	})
	p.issuer.tamper.Store(nil)
	if b, at := p.come("kim"); p.session(b) == "" {
		t.Errorf("it leads to %s", at)
	}
	for _, e := range p.audited(t, p.signIn("adam"), "&action="+actionFromProvider+"&result="+string(CodeProviderRefused)) {
		if e.Actor != nobody || e.Role != "" {
			t.Errorf("%+v", e)
		}
	}
}

const skewAllowed = time.Minute

// resign changes a claim of the id token in the provider's answer, nil = leaves it out, and signs it.
func resign(t *testing.T, answer []byte, key *rsa.PrivateKey, kid, name string, value any) []byte {
	t.Helper()
	var token map[string]any
	if err := json.Unmarshal(answer, &token); err != nil {
		t.Fatal(err)
	}
	raw, _ := token["id_token"].(string)
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &claims); err != nil {
		t.Fatal(err)
	}
	switch {
	case name != "" && value == nil:
		delete(claims, name)
	case name != "":
		claims[name] = value
	}
	token["id_token"] = signed(t, key, kid, claims)
	out, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// signed is a token with these claims.
func signed(t *testing.T, key *rsa.PrivateKey, kid string, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unsigned says by its header that it needs no signature.
func unsigned(answer []byte) []byte {
	const none = "eyJhbGciOiJub25lIn0." // {"alg":"none"}
	return regexp.MustCompile(`"id_token":"[^".]+\.([^".]+)\.[^"]+"`).ReplaceAll(answer, []byte(`"id_token":"`+none+`$1."`))
}

// TestAnswerThatBelongsToNoSignIn: state, time, browser and code.
func TestAnswerThatBelongsToNoSignIn(t *testing.T) {
	p := newProvided(t)
	var answered *url.URL // the provider's answer, kept from the browser
	hold := func(b *browser) {
		b.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
			if strings.HasSuffix(req.URL.Path, callbackPath) {
				answered = req.URL
				return http.ErrUseLastResponse
			}
			return nil
		}
	}
	b := p.browser()
	hold(b)
	b.signIn(p.begin(), "kim")
	b.CheckRedirect = nil
	with := func(name, value string) string {
		u := *answered
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	jar := b.Jar
	for name, address := range map[string]string{"another state": with("state", "x"), "no state": with("state", "")} {
		b.Jar = copied(t, jar, p.public.URL)
		at, _ := b.get(address)
		t.Log(name)
		p.wantTurnedBack(t, b, at, CodeSignInOver)
	}
	stranger := p.browser()
	at, _ := stranger.get(answered.String())
	p.wantTurnedBack(t, stranger, at, CodeSignInOver)

	b.Jar = copied(t, jar, p.public.URL)
	at, _ = b.get(with("iss", "https://evil.example"))
	p.wantTurnedBack(t, b, at, CodeProviderRefused)
	b.Jar = copied(t, jar, p.public.URL)
	at, _ = b.get(with("code", strings.Repeat("another ", 800))) // as long as some providers' are
	p.wantTurnedBack(t, b, at, CodeProviderRefused)

	now := p.api.clock
	p.api.clock = func() time.Time { return now().Add(11 * time.Minute) }
	b.Jar = copied(t, jar, p.public.URL)
	at, _ = b.get(answered.String())
	p.wantTurnedBack(t, b, at, CodeSignInOver)
	p.api.clock = now

	// The right browser, in time: it is signed in. Once: the code and the attempt are used up.
	b.Jar = copied(t, jar, p.public.URL)
	if at, _ := b.get(answered.String()); p.session(b) == "" {
		t.Errorf("it leads to %s", at)
	}
	b.Jar = copied(t, jar, p.public.URL)
	at, _ = b.get(answered.String())
	p.wantTurnedBack(t, b, at, CodeProviderRefused)

	// Another's answer in a browser that began itself: the state is not its own.
	attack := answered.String()
	victim := p.browser()
	hold(victim)
	victim.signIn(p.begin(), "boss")
	victim.CheckRedirect = nil
	at, _ = victim.get(attack)
	p.wantTurnedBack(t, victim, at, CodeSignInOver)

	// Who says no at the provider.
	b = p.browser()
	_, page := b.get(p.begin())
	at, _ = b.get(html.UnescapeString(regexp.MustCompile(`href="([^"]+/abort)"`).FindStringSubmatch(page)[1]))
	p.wantTurnedBack(t, b, at, CodeProviderRefused)
}

// copied is a jar with the same cookies for one address.
func copied(t *testing.T, jar http.CookieJar, address string) http.CookieJar {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	out, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	out.SetCookies(u, jar.Cookies(u))
	return out
}

// TestManyRefusedAtProvider: who brings one false code after the other is made to wait, passwords too; who is proven is not.
func TestManyRefusedAtProvider(t *testing.T) {
	p := newProvided(t)
	p.issuer.change("/token", func([]byte) []byte { return []byte(`{"access_token":"a","token_type":"Bearer"}`) })
	b := p.browser()
	b.signIn(p.begin(), "kim")
	var last *url.URL
	for range freeByAddress {
		last = b.signIn(p.begin(), "kim")
	}
	p.wantTurnedBack(t, b, last, CodeTooManyAttempts)
}

func TestProviderThatIsDown(t *testing.T) {
	var log bytes.Buffer
	p := newProvided(t, func(o *options) { o.log = slog.New(slog.NewJSONHandler(&log, nil)) })
	p.stop()
	p.later()
	b := p.browser()
	at, _ := b.get(p.begin() + "?return=/wallboard")
	if want := p.public.URL + "/wallboard" + refusedMark + string(CodeProviderDown); at.String() != want {
		t.Errorf("it leads to %s", at)
	}
	if up := testutil.ToFloat64(p.api.m.providerUp); up != 0 {
		t.Errorf("up is %v", up)
	}
	if n := testutil.ToFloat64(p.api.m.signIns.WithLabelValues("unreachable")); n != 1 {
		t.Errorf("%v counted", n)
	}
	if a := p.trySignIn("sue", password); a.status != http.StatusOK { // who has a password needs no provider
		t.Errorf("%d %s", a.status, a.body)
	}

	// It comes back with another key: nobody has to do anything.
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.key = key
	p.start("second")
	if b, at := p.come("kim"); p.session(b) == "" {
		t.Errorf("it leads to %s", at)
	}
	if up := testutil.ToFloat64(p.api.m.providerUp); up != 1 {
		t.Errorf("up is %v", up)
	}

	// So it does while we still know it: the keys are fetched anew for a key that is not known.
	p.stop()
	if p.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	p.start("third")
	if b, at := p.come("kim"); p.session(b) == "" {
		t.Errorf("after the keys were changed it leads to %s", at)
	}

	// It goes between the browser's coming there and coming back.
	b = p.browser()
	b.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
		if strings.HasSuffix(req.URL.Path, callbackPath) {
			p.stop()
		}
		return nil
	}
	p.wantTurnedBack(t, b, b.signIn(p.begin(), "kim"), CodeProviderDown)
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

// TestAttemptCookie: it comes along from the provider, over HTTPS to our host alone, and not for long. By another name of ours it begins at
// the one that is registered.
func TestAttemptCookie(t *testing.T) {
	p := newProvided(t, func(o *options) {
		before := o.config
		o.config = func(c *Config) { before(c); c.PublicURL = "https://desk.example"; c.Hosts = []string{"other.example"} }
	})
	a := p.do(call{method: http.MethodGet, path: Prefix + "/session/provider", host: "desk.example"})
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-firstline_sign_in=", "Path=/", "Max-Age=600", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("%q lacks %s", cookie, part)
		}
	}
	to, err := url.Parse(a.header.Get("Location"))
	if q := to.Query(); err != nil || a.status != http.StatusSeeOther || q.Get("redirect_uri") != "https://desk.example/api/v1/session/provider/callback" ||
		q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("nonce")) != 43 || len(q.Get("state")) != 43 ||
		q.Get("response_type") != "code" || q.Get("scope") != "openid profile" {
		t.Errorf("%s", to)
	}
	a = p.do(call{method: http.MethodGet, path: Prefix + "/session/provider?return=/desk", host: "other.example"})
	if to := a.header.Get("Location"); to != "https://desk.example/api/v1/session/provider?moved=yes&return=%2Fdesk" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("%q, %v", to, a.header)
	}
	a = p.do(call{method: http.MethodGet, path: Prefix + "/session/provider?moved=yes", host: "other.example"})
	if to := a.header.Get("Location"); !strings.HasPrefix(to, p.issuer.URL+"/auth?") {
		t.Errorf("it leads to %q, again and again", to)
	}
	p.do(call{method: http.MethodGet, path: Prefix + "/session/provider", host: "evil.example"}).wantProblem(t, CodeHostRefused)
}

func TestOwnPath(t *testing.T) {
	for address, want := range map[string]string{
		"": "/", "/": "/", "/desk": "/desk", "/contacts?queue=support&from=2026-03-02T00:00:00%2B01:00": "/contacts?queue=support&from=2026-03-02T00:00:00%2B01:00",
		"/contacts/pbx1-1.1": "/contacts/pbx1-1.1", "https://evil.example/": "/", "//evil.example": "/", "/\\evil.example": "/", "\\\\evil.example": "/",
		"javascript:alert(1)": "/", "desk": "/", "/desk#x": "/desk", "/\tdesk": "/", "/%2F/evil.example": "/", "/api/v1/session/provider": "/", "/%zz": "/",
		"///evil.example": "/", "http:///desk": "/", "/desk\r\nSet-Cookie: a=b": "/", "/" + strings.Repeat("x", longestPath): "/",
	} {
		if got := ownPath(address); got != want {
			t.Errorf("%q leads to %q, not %q", address, got, want)
		}
	}
}

func TestCheckProvider(t *testing.T) {
	p := newProvided(t)
	env := map[string]string{"OIDC_SECRET": clientSecret}
	getenv := func(k string) string { return env[k] }
	said, err := CheckProvider(t.Context(), p.cfg, getenv)
	if want := p.issuer.URL + ", with signing out there"; err != nil || said != want {
		t.Errorf("%q, %v", said, err)
	}
	env["OIDC_SECRET"] = "another"
	if _, err := CheckProvider(t.Context(), p.cfg, getenv); err == nil || !strings.Contains(err.Error(), "id and secret") {
		t.Error(err)
	}
	env["OIDC_SECRET"] = clientSecret
	p.issuer.change("/jwks", func([]byte) []byte { return []byte("{}") })
	for what, how := range map[string]func([]byte) []byte{
		"S256": func(b []byte) []byte { return bytes.Replace(b, []byte(`"S256"`), []byte(`"plain"`), 1) },
		"did not": func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"issuer":"http:`), []byte(`"issuer":"https:`), 1)
		},
		"no secret": func(b []byte) []byte {
			return regexp.MustCompile(`"token_endpoint_auth_methods_supported":\[[^]]*\]`).ReplaceAll(b, []byte(`"token_endpoint_auth_methods_supported":["private_key_jwt"]`))
		},
	} {
		p.issuer.change("/.well-known/openid-configuration", how)
		if _, err := CheckProvider(t.Context(), p.cfg, getenv); err == nil {
			t.Errorf("%s: it is fit", what)
		}
	}
	p.stop()
	if _, err := CheckProvider(t.Context(), p.cfg, getenv); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Error(err)
	}
}

// TestUsersThatCantBeWritten: then nobody is signed in.
func TestUsersThatCantBeWritten(t *testing.T) {
	p := newProvided(t)
	p.api.state = brokenUsers{p.api.state}
	b, at := p.come("kim")
	p.wantTurnedBack(t, b, at, CodeUnavailable)
}

type brokenUsers struct{ State }

func (brokenUsers) Provide(_ context.Context, _ string, _ registry.Provided, _ time.Time) (registry.User, error) {
	return registry.User{}, errors.New("the disk is full")
}
