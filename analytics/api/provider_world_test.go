package api

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

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
