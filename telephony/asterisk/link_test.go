package asterisk

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/telephony/callcenter"
)

func TestEventsAreHandedOnAroundTheBarrierInOrder(t *testing.T) {
	ari := newFakeARI(t)
	listing, answer := make(chan struct{}), make(chan struct{})
	ari.answers(func(method, path string) (int, string) {
		if path == "/channels" {
			close(listing)
			<-answer
			return http.StatusOK, channelsJSON("c2")
		}
		return 0, ""
	})
	a, sink := fakeAdapter(t, ari, nil)
	before := time.Now()
	ast := connect(t, a)
	ast.send(start("c1"), end("c1"), registered) // kept while nobody listened; then the barrier
	<-listing
	ast.send(start("c2"), digit("c2", "1", 5)) // during the listing
	waitFor(t, "two events held", func() bool { return testutil.ToFloat64(a.metrics.held) == 2 })
	if got := len(sink.all()); got != 2 {
		t.Errorf("%d events told before the list is there, want 2: %s", got, list(sink.all()))
	}
	close(answer)
	ev, at := sink.await(t, 0, "Reconciled", isA[callcenter.Reconciled])
	if at != 3 {
		t.Errorf("Reconciled is at %d: %s", at, list(sink.all()))
	}
	if r := ev.(callcenter.Reconciled); len(r.Channels) != 1 || !r.Channels[0].InApp || r.Channels[0].Dialed != "1000" {
		t.Errorf("reconciled %+v", r)
	}
	if asked := sink.occurred(at); asked.Before(before) || asked.After(time.Now()) {
		t.Errorf("reconciled as of %v", asked)
	}
	_, at = sink.await(t, at, "the arrival held", isA[callcenter.CallArrived])
	sink.await(t, at, "the digit held", is(callcenter.DigitPressed{Channel: "c2", Digit: "1"}))
	waitFor(t, "connected", func() bool { return testutil.ToFloat64(a.metrics.connected) == 1 })
}

func TestStrangeEventsAreCountedAndDropped(t *testing.T) {
	a, sink := fakeAdapter(t, newFakeARI(t), nil)
	ast := connect(t, a)
	ast.send(`{"type":"ChannelDreamt","channel":{"id":"c1"}}`, `{"type":`, `[]`, `{}`, digit("c1", "1", 5), digit("c1", "1", 5), digit("c1", "1", 6))
	_, at := sink.await(t, 0, "the first digit", isA[callcenter.DigitPressed])
	sink.await(t, at, "the same digit, a millisecond later", isA[callcenter.DigitPressed])
	if got := len(sink.all()); got != 2 {
		t.Errorf("%d events: %s", got, list(sink.all()))
	}
	for name, got := range map[string]float64{
		"unknown":     testutil.ToFloat64(a.metrics.events.WithLabelValues("unknown")),
		"undecodable": testutil.ToFloat64(a.metrics.undecodable) - 2,
		"duplicate":   testutil.ToFloat64(a.metrics.duplicates),
	} {
		if got != 1 {
			t.Errorf("%s counted %v", name, got)
		}
	}
}

// Asterisk's clock is compared with ours, and what is later than now is counted instead of being taken for now.
func TestClocksAreCompared(t *testing.T) {
	a, sink := fakeAdapter(t, newFakeARI(t), nil)
	ast := connect(t, a)
	at := 0
	tell := func(frame string) {
		t.Helper()
		ast.send(frame)
		_, at = sink.await(t, at, "the digit", isA[callcenter.DigitPressed])
	}
	ahead := func(want time.Duration) {
		t.Helper()
		got := testutil.ToFloat64(a.metrics.clockAhead)
		if late := want.Seconds() - got; late < -0.001 || late > patience.Seconds() {
			t.Errorf("asterisk's clock is ahead by %v s, want %v", got, want)
		}
	}
	tell(digitAt(time.Now().Add(-time.Hour), "1")) // it was kept while nobody listened, and tells nothing about the clock
	if got := testutil.ToFloat64(a.metrics.clockAhead); got != 0 {
		t.Errorf("a kept event moved the clock by %v s", got)
	}
	ast.send(fmt.Sprintf(`{"type":"ApplicationRegistered","timestamp":%q}`, time.Now().Add(time.Minute).Format(ariTime)))
	_, at = sink.await(t, at, "Reconciled", isA[callcenter.Reconciled])
	ahead(time.Minute)
	tell(digitAt(time.Now().Add(2*time.Minute), "2"))
	ahead(2 * time.Minute)
	if got := testutil.ToFloat64(a.metrics.early); got != 2 {
		t.Errorf("%v events were later than now, want 2", got)
	}
	tell(digitAt(time.Now().Add(-3*time.Minute), "3"))
	ahead(-3 * time.Minute)
	tell(`{"type":"ChannelDtmfReceived","digit":"4","channel":{"id":"c1"}}`) // without a time
	ahead(-3 * time.Minute)
	reg := prometheus.NewRegistry()
	reg.MustRegister(a.metrics.age)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if h := families[0].GetMetric()[0].GetHistogram(); h.GetSampleCount() != 2 || h.GetSampleSum() < 3780 || h.GetSampleSum() > 3780+2*patience.Seconds() {
		t.Errorf("ages: %d, in sum %v s; want the two that are not negative", h.GetSampleCount(), h.GetSampleSum())
	}
}

// ariTime is how ARI writes times.
const ariTime = "2006-01-02T15:04:05.000-0700"

func digitAt(at time.Time, d string) string {
	return fmt.Sprintf(`{"type":"ChannelDtmfReceived","timestamp":%q,"digit":%q,"channel":{"id":"c1"}}`, at.Format(ariTime), d)
}

func TestConnectionsThatAreNotAsterisk(t *testing.T) {
	a, sink := fakeAdapter(t, newFakeARI(t), nil)
	if _, err := dial(a, "wrong", "ari"); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a wrong password: %v", err)
	}
	conn, err := dial(a, "secret")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	waitFor(t, "the connection without sub-protocol is refused", func() bool {
		return testutil.ToFloat64(a.metrics.refused.WithLabelValues("protocol")) == 1
	})
	if got := testutil.ToFloat64(a.metrics.refused.WithLabelValues("password")); got != 1 {
		t.Errorf("wrong passwords counted %v", got)
	}
	if len(sink.all()) != 0 {
		t.Errorf("events: %s", list(sink.all()))
	}
}

func TestLostConnectionIsTold(t *testing.T) {
	a, sink := fakeAdapter(t, newFakeARI(t), nil)
	ast := connect(t, a)
	ast.send(registered)
	_, at := sink.await(t, 0, "Reconciled", isA[callcenter.Reconciled])
	ast.conn.CloseNow()
	_, at = sink.await(t, at, "LinkLost", isA[callcenter.LinkLost])
	again := connect(t, a)
	again.send(registered)
	sink.await(t, at, "Reconciled again", isA[callcenter.Reconciled])
}

func TestNewConnectionEndsTheOld(t *testing.T) {
	a, sink := fakeAdapter(t, newFakeARI(t), nil)
	first := connect(t, a)
	first.send(registered)
	_, at := sink.await(t, 0, "Reconciled", isA[callcenter.Reconciled])
	second := connect(t, a)
	_, at = sink.await(t, at, "LinkLost", isA[callcenter.LinkLost])
	second.send(registered)
	sink.await(t, at, "Reconciled", isA[callcenter.Reconciled])
	if got := testutil.ToFloat64(a.metrics.losses.WithLabelValues("replaced")); got != 1 {
		t.Errorf("replaced counted %v", got)
	}
}

func TestEventsHeldAreToldWhenTheConnectionEndsBeforeTheList(t *testing.T) {
	ari := newFakeARI(t)
	ari.answers(func(_, path string) (int, string) {
		if path == "/channels" {
			return http.StatusServiceUnavailable, "<html>Shutdown in progress</html>"
		}
		return 0, ""
	})
	a, sink := fakeAdapter(t, ari, nil)
	ast := connect(t, a)
	ast.send(registered, digit("c1", "1", 5))
	waitFor(t, "an event held", func() bool { return testutil.ToFloat64(a.metrics.held) == 1 })
	ast.conn.CloseNow()
	_, at := sink.await(t, 0, "the digit", isA[callcenter.DigitPressed])
	sink.await(t, at, "LinkLost", isA[callcenter.LinkLost])
	if testutil.ToFloat64(a.metrics.relistErrors) == 0 {
		t.Error("the failed list is not counted")
	}
}

func TestDifferenceIsConfirmedAndHandedOn(t *testing.T) {
	ari := newFakeARI(t)
	a, sink := fakeAdapter(t, ari, func(c *Config) { c.Relist = 20 * time.Millisecond })
	ast := connect(t, a)
	ast.send(registered)
	_, at := sink.await(t, 0, "Reconciled", isA[callcenter.Reconciled])
	ast.send(start("c1")) // its end was lost: Asterisk doesn't list it
	_, at = sink.await(t, at, "the arrival", isA[callcenter.CallArrived])
	waitFor(t, "the difference is handed on", func() bool {
		return testutil.ToFloat64(a.metrics.reconciles.WithLabelValues("difference")) > 0
	})
	ev, _ := sink.await(t, at, "Reconciled", isA[callcenter.Reconciled])
	if r := ev.(callcenter.Reconciled); len(r.Channels) != 0 {
		t.Errorf("reconciled %+v", r)
	}
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("never: %s", what)
		}
	}
}
