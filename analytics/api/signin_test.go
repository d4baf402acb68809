package api

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func (w *world) trySignIn(name, secret string) answer {
	return w.do(call{method: http.MethodPost, path: Prefix + "/session", body: map[string]string{"name": name, "secret": secret}})
}

func TestSessionFromSignInToSignOut(t *testing.T) {
	w := newWorld(t, options{})
	in := w.trySignIn("anna", password)
	cookie := in.header.Get("Set-Cookie")
	for _, part := range []string{"firstline_session=", "Path=/", "HttpOnly", "SameSite=Strict", "Expires="} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %s", cookie, part)
		}
	}
	if strings.Contains(cookie, "Secure") {
		t.Error("a Secure cookie over http would never come back")
	}
	var who Identity
	in.into(t, &who)
	if who.Name != "anna" || who.Label != "Anna Becker" || who.Role != RoleAgent || who.Agent != "anna" || time.Until(who.Ends) < 11*time.Hour {
		t.Errorf("identity %+v", who)
	}
	pair, _, _ := strings.Cut(cookie, ";")
	var again Identity
	w.get(Prefix+"/session", pair).into(t, &again)
	if !reflect.DeepEqual(again, who) {
		t.Errorf("%+v, not %+v", again, who)
	}
	out := w.do(call{method: http.MethodDelete, path: Prefix + "/session", proof: pair})
	if out.status != http.StatusOK || !strings.Contains(string(out.body), `"provider":null`) || !strings.Contains(out.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("sign out: %d, cookie %q", out.status, out.header.Get("Set-Cookie"))
	}
	w.get(Prefix+"/session", pair).wantProblem(t, CodeUnauthenticated)
}

// TestSignOutEverywhere ends all sessions of who asks and nobody else's, is not done from another site, and is in the audit log.
func TestSignOutEverywhere(t *testing.T) {
	w := newWorld(t, options{})
	first, second, adam := w.signIn("sue"), w.signIn("sue"), w.signIn("adam")
	out := call{method: http.MethodDelete, path: Prefix + "/sessions", proof: first}
	out.headers = map[string]string{"Origin": "https://elsewhere.example"}
	w.do(out).wantProblem(t, CodeOriginRefused)
	out.headers = nil
	if a := w.do(out); a.status != http.StatusOK || !strings.Contains(string(a.body), `"provider":null`) || !strings.Contains(a.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("%d, cookie %q", a.status, a.header.Get("Set-Cookie"))
	}
	for _, proof := range []string{first, second} {
		w.get(Prefix+"/session", proof).wantProblem(t, CodeUnauthenticated)
	}
	entries := w.audited(t, adam, "&action=sign-out-everywhere&result=ok")
	if len(entries) != 1 || entries[0].Actor != "sue" || entries[0].Object != "/sessions" {
		t.Errorf("%+v", entries)
	}
	if n := testutil.ToFloat64(w.api.m.sessions); n != 1 {
		t.Errorf("%v sessions are left", n)
	}
}

// TestIdentityTellsWhereThePasswordIs: of the configured it is changed there.
func TestIdentityTellsWhereThePasswordIs(t *testing.T) {
	w := newWorld(t, options{})
	for name, want := range map[string]bool{"sue": true, "anna": true, "some": false} {
		var who Identity
		w.get(Prefix+"/session", w.signIn(name)).into(t, &who)
		if who.Configured != want {
			t.Errorf("%s: %+v", name, who)
		}
	}
}

func TestHTTPSCookieIsBoundToTheHost(t *testing.T) {
	w := newWorld(t, options{config: func(c *Config) { c.PublicURL = "https://desk.example" }})
	a := w.do(call{method: http.MethodPost, path: Prefix + "/session", host: "desk.example",
		body: map[string]string{"name": "sue", "secret": password}, headers: map[string]string{"Origin": "https://desk.example"}})
	if c := a.header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-firstline_session=") || !strings.Contains(c, "Secure") {
		t.Errorf("cookie %q", c)
	}
	if a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
}

func TestWrongCredentialsSayNothing(t *testing.T) {
	w := newWorld(t, options{})
	known := w.trySignIn("sue", "wrong").wantProblem(t, CodeWrongCredentials)
	unknown := w.trySignIn("nobody", "wrong").wantProblem(t, CodeWrongCredentials)
	known.Instance, unknown.Instance = "", ""
	if known.Detail != unknown.Detail {
		t.Errorf("%+v differs from %+v", known, unknown)
	}
	if n := testutil.ToFloat64(w.api.m.signIns.WithLabelValues("wrong")); n != 2 {
		t.Errorf("%v counted", n)
	}
	for _, body := range []string{`{}`, `{"name":"sue"}`, `{"name":"sue","secret":4711}`, `{"name":"","secret":"x"}`} {
		p := w.do(call{method: http.MethodPost, path: Prefix + "/session", body: body}).wantProblem(t, CodeInvalid)
		if len(p.Errors) == 0 || strings.Contains(p.Detail, "4711") {
			t.Errorf("%s: %+v", body, p)
		}
	}
}

func TestGuessingIsLocked(t *testing.T) {
	w := newWorld(t, options{})
	now := time.Now()
	w.api.clock = func() time.Time { return now }
	for range freeByName {
		w.trySignIn("sue", "wrong").wantProblem(t, CodeWrongCredentials)
	}
	locked := w.trySignIn("SUE", password) // another spelling is no way around
	locked.wantProblem(t, CodeTooManyAttempts)
	wait, err := strconv.Atoi(locked.header.Get("Retry-After"))
	if err != nil || wait < 1 {
		t.Errorf("Retry-After %q", locked.header.Get("Retry-After"))
	}
	if a := w.trySignIn("adam", password); a.status != http.StatusOK {
		t.Errorf("another name is locked too: %s", a.body)
	}
	now = now.Add(time.Duration(wait) * time.Second)
	if a := w.trySignIn("sue", password); a.status != http.StatusOK {
		t.Errorf("still locked: %s", a.body)
	}
	if n := testutil.ToFloat64(w.api.m.signIns.WithLabelValues("locked")); n != 1 {
		t.Errorf("%v counted", n)
	}
}

func TestAttempts(t *testing.T) {
	a, now := newAttempts(), time.Now()
	waits := []time.Duration{}
	for range 16 {
		wait := a.begin("n", "1.1.1.1", now)
		waits = append(waits, wait)
		now = now.Add(wait)
		if wait > 0 && a.begin("n", "1.1.1.1", now) != 0 {
			t.Error("locked beyond the time said")
		}
	}
	for i, w := range waits {
		if (i < freeByName) != (w == 0) || w > longestLock || (i > freeByName && w < waits[i-1]) {
			t.Fatalf("waits %v", waits)
		}
	}
	if a.begin("n", "2.2.2.2", now) != 0 {
		t.Error("another address is locked")
	}
	a.succeed("n", "1.1.1.1")
	if a.begin("n", "1.1.1.1", now.Add(longestLock)) != 0 {
		t.Error("locked after a success")
	}
	// One address that tries many names is locked as a whole.
	b := newAttempts()
	var locked bool
	for i := range 2 * freeByAddress {
		locked = locked || b.begin("n"+strconv.Itoa(i), "3.3.3.3", now) > 0
	}
	if !locked || b.begin("fresh", "4.4.4.4", now) != 0 {
		t.Error("the address is not what is locked")
	}
	// Memory is bounded, and what is old is forgotten.
	for i := range mostAttempts + 10 {
		b.begin("n", strconv.Itoa(i), now)
	}
	if len(b.all) > mostAttempts+1 {
		t.Errorf("%d entries", len(b.all))
	}
	if b.begin("x", "3.3.3.3", now.Add(forgetAfter+time.Second)) != 0 {
		t.Error("nothing is forgotten")
	}
}

// A session ends by time, by a changed password, and with its user.
func TestSessionsEnd(t *testing.T) {
	for name, change := range map[string]func(*world){
		"by time": func(w *world) { w.api.clock = func() time.Time { return time.Now().Add(w.cfg.SessionLife) } },
		"by a new password": func(w *world) {
			acc := w.api.secrets().users["sue"]
			acc.hash += "x"
			w.api.secrets().users["sue"] = acc
		},
		"with the user": func(w *world) { delete(w.api.secrets().users, "sue") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, options{})
			cookie := w.signIn("sue")
			change(w)
			w.get(Prefix+"/queues", cookie).wantProblem(t, CodeUnauthenticated)
		})
	}
}
