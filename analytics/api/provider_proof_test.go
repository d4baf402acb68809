package api

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

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
