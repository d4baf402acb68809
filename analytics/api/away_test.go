package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/live"
	"firstline/analytics/live/livetest"
	"firstline/analytics/registry"
	"firstline/pipeline/fact"
)

// flaky is a state that may be away, as PostgreSQL may: it fails, or hangs until who asks has no patience left.
type flaky struct {
	State

	how   atomic.Int32
	asked chan struct{} // gets one for each question while it is away, as far as there is room
}

const (
	there = iota
	fails
	hangs
)

var errAway = errors.New("connection refused by db.internal")

func (s *flaky) away(ctx context.Context) error {
	how := s.how.Load()
	if how == there {
		return nil
	}
	select {
	case s.asked <- struct{}{}:
	default:
	}
	if how == hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return errAway
}

func (s *flaky) FindSession(ctx context.Context, token string, now time.Time) (registry.Session, error) {
	if err := s.away(ctx); err != nil {
		return registry.Session{}, err
	}
	return s.State.FindSession(ctx, token, now)
}

func (s *flaky) FindKey(ctx context.Context, secret string) (registry.Key, error) {
	if err := s.away(ctx); err != nil {
		return registry.Key{}, err
	}
	return s.State.FindKey(ctx, secret)
}

func (s *flaky) BeginSession(ctx context.Context, session registry.Session, now time.Time) (string, error) {
	if err := s.away(ctx); err != nil {
		return "", err
	}
	return s.State.BeginSession(ctx, session, now)
}

func (s *flaky) CountSessions(ctx context.Context, now time.Time) (int, error) {
	if err := s.away(ctx); err != nil {
		return 0, err
	}
	return s.State.CountSessions(ctx, now)
}

func (s *flaky) Record(ctx context.Context, e registry.Entry) error {
	if err := s.away(ctx); err != nil {
		return err
	}
	return s.State.Record(ctx, e)
}

func flakyWorld(t *testing.T, o options) (*world, *flaky) {
	w := newWorld(t, o)
	s := &flaky{State: w.api.state, asked: make(chan struct{}, 1)}
	w.api.state = s
	return w, s
}

// TestStateThatIsAway: nobody is believed and nobody is told that he is signed out; what needs no session goes on; it recovers by itself.
func TestStateThatIsAway(t *testing.T) {
	w, s := flakyWorld(t, options{tickets: true})
	sue := w.signIn("sue")
	key := w.key(ScopeMetrics)
	s.how.Store(fails)
	for what, a := range map[string]answer{
		"session": w.get(Prefix+"/session", sue), "key": w.get(Prefix+"/queues", key), "stream": w.get(Prefix+"/live/wallboard", sue),
		"sign-in": w.trySignIn("adam", password), "change": w.as(sue, http.MethodPost, "/agents/anna/state", map[string]string{"action": "ready"}),
	} {
		a.wantProblem(t, CodeUnavailable)
		if a.status != http.StatusServiceUnavailable || strings.Contains(string(a.body), "db.internal") || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v %s", what, a.status, a.header, a.body)
		}
	}
	if p := w.get("/readyz", "").wantProblem(t, CodeUnavailable); len(p.Errors) != 1 || p.Errors[0].Location != "sessions" {
		t.Errorf("%+v", p)
	}
	if a := w.get("/healthz", ""); a.status != http.StatusOK {
		t.Errorf("healthz: %d", a.status)
	}
	if a := w.get("/", sue); a.status != http.StatusOK {
		t.Errorf("pages: %d", a.status)
	}
	if a := w.webhook(plainEvent, nil); a.status != http.StatusAccepted {
		t.Errorf("ticket event: %d %s", a.status, a.body)
	}
	if n := testutil.ToFloat64(w.api.m.audit.WithLabelValues("lost")); n == 0 {
		t.Error("lost audit entries are not counted")
	}
	s.how.Store(there)
	for what, a := range map[string]answer{"session": w.get(Prefix+"/session", sue), "key": w.get(Prefix+"/queues", key), "sign-in": w.trySignIn("adam", password)} {
		if a.status != http.StatusOK {
			t.Errorf("%s afterwards: %d %s", what, a.status, a.body)
		}
	}
}

// TestStreamsWhileTheStateIsAway go on, also past looks at the session, and don't wait for it: screen pops come. They end when the session
// would have.
func TestStreamsWhileTheStateIsAway(t *testing.T) {
	for name, how := range map[string]int32{"it fails": fails, "it hangs": hangs} {
		t.Run(name, func(t *testing.T) {
			w, s := flakyWorld(t, options{config: quickBeat})
			var later atomic.Int64
			w.api.clock = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
			l := w.hear(w.listen(), "/live/agent", w.signIn("anna"))
			var v live.AgentView
			l.next("agent", &v)
			s.how.Store(how)
			<-s.asked
			call := livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0).Offer("support", "anna", "1")
			w.controller.SetPopup(call.Popup("support", "anna", "1"))
			w.controller.Append(call.Take()...)
			var p fact.Popup
			l.next("offer", &p)
			if how == hangs {
				return // the look is still under way
			}
			<-s.asked // looked again
			later.Store(int64(w.cfg.SessionLife))
			l.next("signed_out", &struct{}{})
			<-l.closed
		})
	}
}

// TestStreamsOutliveAnOutage: who was signed in before it is so after it, on the same stream; who was signed out meanwhile is told.
func TestStreamsOutliveAnOutage(t *testing.T) {
	w, s := flakyWorld(t, options{config: quickBeat})
	base, sue, adam := w.listen(), w.signIn("sue"), w.signIn("adam")
	kept, ended := w.hear(base, "/live/wallboard", sue), w.hear(base, "/live/wallboard", adam)
	s.how.Store(fails)
	<-s.asked
	if err := s.EndSession(context.Background(), adam[strings.Index(adam, "=")+1:]); err != nil { // by another process
		t.Fatal(err)
	}
	s.how.Store(there)
	ended.next("signed_out", &struct{}{})
	<-ended.closed
	var f live.Freshness
	for range 2 * checkEvery {
		kept.next("heartbeat", &f)
	}
}
