package api

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/live"
)

// TestRequestsAreLimited: of a user with all his sessions, of a key, and of an address without either; each by itself.
func TestRequestsAreLimited(t *testing.T) {
	const most = 10
	w := newWorld(t, options{tickets: true, config: func(c *Config) { c.RequestsPerMinute = most }})
	first, second, other, key := w.signIn("sue"), w.signIn("sue"), w.signIn("adam"), w.key(ScopeMetrics)
	for i := range most {
		proof := first
		if i%2 == 0 {
			proof = second
		}
		if a := w.get(Prefix+"/queues", proof); a.status != http.StatusOK {
			t.Fatalf("request %d: %d %s", i, a.status, a.body)
		}
	}
	a := w.get(Prefix+"/queues", first)
	a.wantProblem(t, CodeTooManyRequests)
	if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 1 || wait > 60 {
		t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}
	if n := testutil.ToFloat64(w.api.m.problems.WithLabelValues(string(CodeTooManyRequests))); n != 1 {
		t.Errorf("%v counted", n)
	}
	w.get(Prefix+"/queues", second).wantProblem(t, CodeTooManyRequests) // another session of the same user
	for _, proof := range []string{other, key} {
		if a := w.get(Prefix+"/queues", proof); a.status != http.StatusOK {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	for range most { // the sign-ins above count too
		w.get(Prefix+"/queues", "Bearer wrong")
	}
	w.get(Prefix+"/queues", "").wantProblem(t, CodeTooManyRequests)
	w.trySignIn("sue", password).wantProblem(t, CodeTooManyRequests)

	// Pages' files and live streams are not counted, and ticket events by themselves.
	for range 2 * most {
		if a := w.get("/assets/index-abc12.js", first); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	var b live.Wallboard
	w.hear(w.listen(), "/live/wallboard", first).next("state", &b)
	for i := range most + 1 {
		if a := w.webhook(plainEvent, nil); (a.status == http.StatusAccepted) != (i < most) {
			t.Errorf("event %d: %d %s", i, a.status, a.body)
		}
	}
}
