package live

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/live/livetest"
	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
)

// start runs a Live on a double and waits until it has its first state.
func start(t *testing.T, c *livetest.Controller, change func(*Config)) *Live {
	t.Helper()
	cfg := DefaultConfig()
	cfg.URL, cfg.Retry, cfg.RetryMost = c.URL, time.Millisecond, 10*time.Millisecond
	cfg.StaleAfter, cfg.Timeout, cfg.Refresh = 400*time.Millisecond, 5*time.Second, time.Hour
	cfg.TokenEnv = "TOKEN"
	if change != nil {
		change(&cfg)
	}
	l, err := New(cfg, func(string) string { return c.Token }, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	w := l.Watch()
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
	until(t, w, func() bool { return !l.Freshness().Stale })
	return l
}

// until waits for changes until the condition holds.
func until(t *testing.T, w *Watcher, holds func() bool) {
	t.Helper()
	timeout := time.NewTimer(20 * time.Second)
	defer timeout.Stop()
	for !holds() {
		select {
		case <-w.Changed():
		case <-timeout.C:
			t.Fatal("never came")
		}
	}
}

// flows waits until a fact has come through the stream: it stands.
func flows(t *testing.T, c *livetest.Controller, l *Live) {
	t.Helper()
	w := l.Watch()
	defer w.Close()
	c.Append(livetest.Call("first", 0).Arrive().Facts()...)
	until(t, w, func() bool { return l.Wallboard().Contacts.IVR > 0 })
}

func TestFollowsTheController(t *testing.T) {
	c := livetest.Start(t, livetest.World())
	c.Token = "secret"
	l := start(t, c, nil)
	w := l.Watch()
	defer w.Close()
	call := livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0)
	c.Append(call.Take()...)
	until(t, w, func() bool { return l.Wallboard().Queues[0].Waiting == 1 })
	if b := l.Wallboard(); b.AsOf == nil || b.Stale || !b.Link || !b.Durable || b.Node != "pbx1" {
		t.Errorf("wallboard %+v", b.Freshness)
	}
}

func TestScreenPopComesWithTheOffer(t *testing.T) {
	c := livetest.Start(t, livetest.World())
	l := start(t, c, nil)
	w := l.WatchAgent("anna")
	defer w.Close()
	call := livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0).Offer("support", "anna", "1")
	c.SetPopup(call.Popup("support", "anna", "1"))
	c.Append(call.Take()...)
	until(t, w, func() bool { v, _ := l.Agent("anna"); return v.Popup != nil })
	v, _ := l.Agent("anna")
	if v.Popup.CallerNumber != "+4930123456" || v.Popup.Ticket.ID != "4711" || v.Contact.Stage != StageRinging {
		t.Errorf("popup %+v", v.Popup)
	}
	c.Append(call.Answer("support", "anna", "1").Take()...)
	until(t, w, func() bool { v, _ := l.Agent("anna"); return v.Agent.State == fact.AgentTalking })
	if v, _ := l.Agent("anna"); v.Popup == nil || v.LastOffer == nil || v.LastOffer.Result != fact.OfferAnswered {
		t.Errorf("while talking: popup %v, last offer %v", v.Popup, v.LastOffer)
	}
	c.Append(call.WrapUp("support", "anna").Finish("anna").Take()...)
	until(t, w, func() bool { v, _ := l.Agent("anna"); return v.Contact == nil })
	if v, _ := l.Agent("anna"); v.Popup != nil {
		t.Error("the screen pop outlived its contact")
	}
}

// When the controller can't be asked for the screen pop the agent still gets what the facts say.
func TestScreenPopWithoutTheController(t *testing.T) {
	c := livetest.Start(t, livetest.World())
	l := start(t, c, nil)
	w := l.WatchAgent("anna")
	defer w.Close()
	flows(t, c, l)
	c.Down(true)
	c.Append(livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0).Offer("support", "anna", "1").Facts()...)
	until(t, w, func() bool { v, _ := l.Agent("anna"); return v.Popup != nil })
	if v, _ := l.Agent("anna"); v.Popup.Offer != "pbx1-1.1/o1" || v.Popup.CallerNumber != "" {
		t.Errorf("popup %+v", v.Popup)
	}
	if n := testutil.ToFloat64(l.m.popups.WithLabelValues("failed")); n != 1 {
		t.Errorf("%v failures counted", n)
	}
}

// Gone facts and another log both lead to a new snapshot.
func TestBeginsAgainWithASnapshot(t *testing.T) {
	for name, disturb := range map[string]func(*livetest.Controller){
		"the facts are gone": func(c *livetest.Controller) {
			c.Append(livetest.Call("lost", 0).Arrive().Facts()...)
			c.SetSnapshot(func(s *fact.Snapshot) { s.Position = 11; s.Node = "again" })
			c.Forget()
		},
		"another log": func(c *livetest.Controller) {
			c.SetSnapshot(func(s *fact.Snapshot) { s.Epoch = "e2"; s.Node = "again" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := livetest.Start(t, livetest.World())
			l := start(t, c, nil)
			w := l.Watch()
			defer w.Close()
			disturb(c)
			c.Break()
			until(t, w, func() bool { return l.Wallboard().Node == "again" })
		})
	}
}

func TestSilenceIsStale(t *testing.T) {
	c := livetest.Start(t, livetest.World())
	l := start(t, c, nil)
	w := l.Watch()
	defer w.Close()
	flows(t, c, l)
	c.SetSnapshot(func(s *fact.Snapshot) { s.Node = "later" })
	c.Down(true)
	c.Silence(true)
	until(t, w, func() bool { return l.Freshness().Stale })
	b := l.Wallboard()
	if b.StaleSince == nil || b.AsOf == nil || len(b.Queues) != 2 {
		t.Errorf("stale wallboard %+v", b)
	}
	if testutil.ToFloat64(l.m.stale) != 1 {
		t.Error("the gauge doesn't say so")
	}
	c.AwaitNoStream(t) // a stream that is heard again in the moment of staleness would go on: right, and not meant here
	c.Silence(false)
	c.Down(false)
	until(t, w, func() bool { return !l.Freshness().Stale && l.Wallboard().Node == "later" })
}

// The clocks are those of the last snapshot, whether or not a fact came since; nothing is told of a controller that doesn't say, nor of one
// that is not heard.
func TestClocks(t *testing.T) {
	c := livetest.Start(t, livetest.World())
	l := start(t, c, nil)
	w := l.Watch()
	defer w.Close()
	flows(t, c, l)
	if got := l.Clocks(); got != nil {
		t.Errorf("an older controller told %+v", got)
	}
	c.SetSnapshot(func(s *fact.Snapshot) { s.Clocks = &fact.SnapshotClocks{ControllerAheadMS: 7} })
	l.refreshSoon() // it is from before the fact that flows appended: it supplements the fold
	until(t, w, func() bool { got := l.Clocks(); return got != nil && got.ControllerAheadMS == 7 && got.Node == "pbx1" })
	last := c.Last()
	c.SetSnapshot(func(s *fact.Snapshot) { s.Position, s.Clocks = last, &fact.SnapshotClocks{ControllerAheadMS: 8} })
	l.refreshSoon()
	until(t, w, func() bool { got := l.Clocks(); return got != nil && got.ControllerAheadMS == 8 })
	c.Down(true)
	c.Silence(true)
	until(t, w, func() bool { return l.Freshness().Stale })
	if got := l.Clocks(); got != nil {
		t.Errorf("a controller that is not heard told %+v", got)
	}
}

func TestNothingKnownYet(t *testing.T) {
	cfg := DefaultConfig()
	l, err := New(cfg, func(string) string { return "" }, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	b := l.Wallboard()
	if !b.Stale || b.AsOf != nil || b.StaleSince == nil || b.Queues == nil || b.Agents == nil {
		t.Errorf("wallboard %+v", b)
	}
	if _, ok := l.Agent("anna"); ok {
		t.Error("an agent out of nowhere")
	}
	if l.Queues("anna") == nil {
		t.Error("queues are null")
	}
	if got := l.Clocks(); got != nil {
		t.Errorf("clocks %+v out of nowhere", got)
	}
}

// The refresh puts a fold that went astray right, counts it, and brings what no fact says.
func TestRefreshRepairsAndSupplements(t *testing.T) {
	c := livetest.Start(t, livetest.World())
	l := start(t, c, nil)
	w := l.WatchAgent("anna")
	defer w.Close()
	ends := livetest.Began().Add(time.Minute)
	c.SetSnapshot(func(s *fact.Snapshot) {
		s.Agents[0].State, s.Agents[0].WrapUntil, s.Agents[0].Next = fact.AgentWrapUp, &ends, "paused"
	})
	l.refreshSoon()
	until(t, w, func() bool { v, _ := l.Agent("anna"); return v.Agent.WrapUntil != nil })
	if n := testutil.ToFloat64(l.m.drift); n != 1 {
		t.Errorf("%v drifts counted", n)
	}
	// A snapshot from before a fact that came since must not take the state back.
	c.Append(livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0).Offer("support", "anna", "1").Facts()...)
	until(t, w, func() bool { v, _ := l.Agent("anna"); return v.Agent.State == fact.AgentRinging })
	before := testutil.CollectAndCount(l.m.drift)
	all := l.Watch()
	defer all.Close()
	l.refreshSoon()
	until(t, all, func() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.pending == nil })
	if v, _ := l.Agent("anna"); v.Agent.State != fact.AgentRinging || before != testutil.CollectAndCount(l.m.drift) {
		t.Errorf("the old snapshot won: %+v", v.Agent)
	}
}

func TestControl(t *testing.T) {
	c := livetest.Start(t, livetest.World())
	l := start(t, c, nil)
	ctx := context.Background()
	req := controllerclient.Control{Request: "r1", Actor: "anna", By: fact.ByDesk, Agent: "anna", Action: "pause", Reason: "lunch", Expect: fact.AgentReady}
	c.Answer(func(livetest.Control) (int, any) { return http.StatusOK, map[string]string{"state": "paused"} })
	if state, err := l.Control(ctx, req); err != nil || state != fact.AgentPaused {
		t.Errorf("%s, %v", state, err)
	}
	want := livetest.Control{Request: "r1", Actor: "anna", By: "desk", Agent: "anna", Action: "pause", Reason: "lunch", Expect: "ready"}
	if got := c.Controls(); len(got) != 1 || got[0] != want {
		t.Errorf("sent %+v", got)
	}
	c.Answer(func(livetest.Control) (int, any) {
		return http.StatusConflict, map[string]string{"refused": "conflict"}
	})
	var refused *controllerclient.RefusedError
	if _, err := l.Control(ctx, req); !errors.As(err, &refused) || refused.Refusal != "conflict" {
		t.Errorf("got %v", err)
	}
	c.Answer(func(livetest.Control) (int, any) { return http.StatusServiceUnavailable, nil })
	if _, err := l.Control(ctx, req); !errors.Is(err, controllerclient.ErrNotReady) {
		t.Errorf("got %v", err)
	}
	if err := l.PopSeen(ctx, "p1", true); err != nil || c.Seen()[0] != (livetest.Seen{Pop: "p1", Opened: true}) {
		t.Errorf("seen %v, %v", c.Seen(), err)
	}
}

// A watcher who doesn't read holds nobody up, and reads the newest state when he does.
func TestSlowWatcherSeesTheNewest(t *testing.T) {
	c := livetest.Start(t, livetest.World())
	l := start(t, c, nil)
	slow, fast := l.Watch(), l.Watch()
	defer slow.Close()
	defer fast.Close()
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		c.Append(livetest.Call(id, 0).Arrive().Queue("support", 0).Facts()...)
	}
	until(t, fast, func() bool { return l.Wallboard().Queues[0].Waiting == 5 })
	<-slow.Changed()
	if l.Wallboard().Queues[0].Waiting != 5 {
		t.Error("not the newest")
	}
	if testutil.ToFloat64(l.m.coalesced) == 0 {
		t.Error("coalescing isn't counted")
	}
	slow.Close()
	slow.Close() // twice does no harm
	fast.Close()
	if n := testutil.ToFloat64(l.m.watchers); n != 0 {
		t.Errorf("%v watchers left", n)
	}
}

func TestValidate(t *testing.T) {
	if p := DefaultConfig().Validate(); len(p) > 0 {
		t.Error(p)
	}
	bad := Config{URL: "ftp://x"}
	var paths []string
	for _, p := range bad.Validate() {
		paths = append(paths, p.Path)
	}
	if got := strings.Join(paths, " "); got != "url refresh stale_after timeout retry retry_most" {
		t.Error(got)
	}
	if (Config{}).Validate()[0].Path != "listen" {
		t.Error("nothing to reach is not a problem")
	}
	if _, err := New(bad, nil, nil, nil); err == nil {
		t.Error("New takes it")
	}
}

// A reload of the configuration brings agents and queues that no fact tells of: the refresh does, and it is no drift.
func TestRefreshBringsANewPlan(t *testing.T) {
	c := livetest.Start(t, livetest.World())
	l := start(t, c, nil)
	w := l.Watch()
	defer w.Close()
	c.SetSnapshot(func(s *fact.Snapshot) {
		s.Plan = "p2"
		s.Agents = append(s.Agents, fact.SnapshotAgent{ID: "clara", Name: "Clara", Queues: []string{"sales"}, State: fact.AgentLoggedOut})
		s.Queues = append(s.Queues, fact.SnapshotQueue{ID: "vip", Name: "VIP"})
	})
	l.refreshSoon()
	until(t, w, func() bool { return len(l.Wallboard().Agents) == 3 })
	if n := testutil.ToFloat64(l.m.drift); n != 0 || len(l.Wallboard().Queues) != 3 {
		t.Errorf("%v drifts, %d queues", n, len(l.Wallboard().Queues))
	}
}
