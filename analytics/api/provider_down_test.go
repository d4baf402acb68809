package api

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

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
