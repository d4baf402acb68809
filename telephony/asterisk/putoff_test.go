package asterisk

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/telephony/callcenter"
)

// failing answers the hang-up of a leg with a code so many times, and then as usual; tries counts.
func failing(ari *fakeARI, code int, times int32) (tries *atomic.Int32) {
	tries = new(atomic.Int32)
	ari.answers(func(method, path string) (int, string) {
		if method == http.MethodDelete && path == "/channels/fl.leg.c.1" && tries.Add(1) <= times {
			return code, `{"message":"because"}`
		}
		return 0, ""
	})
	return tries
}

func hangUpLeg() callcenter.HangUp {
	return callcenter.HangUp{Head: head("c", 1), Channel: "fl.leg.c.1", Cause: 16}
}

func count(a *Adapter, kind, result string) float64 {
	return testutil.ToFloat64(a.metrics.commands.WithLabelValues(kind, result))
}

func TestHangUpThatFailsIsRepeated(t *testing.T) {
	for name, c := range map[string]struct {
		code     int
		fails    int32
		tries    int32
		repeated float64
		failed   bool
	}{
		"once":                  {503, 1, 2, 1, false},
		"twice":                 {500, 2, 3, 2, false},
		"always":                {503, 99, 4, 3, true},
		"it is gone":            {404, 99, 1, 0, false},
		"what can't get better": {400, 99, 1, 0, true},
		"a conflict":            {409, 99, 1, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ari := newFakeARI(t)
			tries := failing(ari, c.code, c.fails)
			a, sink := fakeAdapter(t, ari, nil)
			a.Execute([]callcenter.Command{hangUpLeg()})
			waitFor(t, "it is done", func() bool { return pending(a) == 0 })
			if got, repeated := tries.Load(), count(a, "HangUp", "repeated"); got != c.tries || repeated != c.repeated {
				t.Errorf("tried %d times, %v repeats counted", got, repeated)
			}
			if failed := len(sink.all()) == 1; failed != c.failed {
				t.Errorf("told: %s", list(sink.all()))
			}
			if done := count(a, "HangUp", "done") == 1; done == c.failed {
				t.Errorf("counted as done: %t", done)
			}
		})
	}
}

// The contact's other commands don't wait for the repeats, and nor does anybody for what has no answer at all.
func TestNobodyWaitsForARepeatedHangUp(t *testing.T) {
	ari := newFakeARI(t)
	tries := failing(ari, 503, 2)
	a, sink := fakeAdapter(t, ari, nil)
	a.Execute([]callcenter.Command{hangUpLeg(), callcenter.StartMusic{Head: head("c", 2), Channel: "c", Class: "soft"}})
	waitFor(t, "all is done", func() bool { return pending(a) == 0 })
	var order []string
	for _, asked := range ari.requests() {
		if verb, _, _ := strings.Cut(asked, " "); strings.Contains(asked, "/channels/") {
			order = append(order, verb)
		}
	}
	if got := strings.Join(order, " "); got != "DELETE POST DELETE DELETE" || tries.Load() != 3 {
		t.Errorf("asked %s", got)
	}
	if len(sink.all()) != 0 {
		t.Errorf("told: %s", list(sink.all()))
	}
}

func TestRepeatsWaitingAtTheEndAreCounted(t *testing.T) {
	ari := newFakeARI(t)
	failing(ari, 503, 99)
	cfg := DefaultConfig()
	cfg.URL, cfg.Listen = ari.server.URL+"/ari", "127.0.0.1:0"
	a, sink := newAdapter(t, cfg)
	stop := runAdapter(t, a)
	a.Execute([]callcenter.Command{hangUpLeg()})
	waitFor(t, "it is put off", func() bool { return count(a, "HangUp", "repeated") == 3 }) // for a second now
	stop()
	if dropped := count(a, "HangUp", "dropped"); dropped != 1 || pending(a) != 0 || len(sink.all()) != 0 {
		t.Errorf("%v dropped, %d pending, told: %s", dropped, pending(a), list(sink.all()))
	}
}
