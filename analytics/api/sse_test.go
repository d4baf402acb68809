package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/live"
	"firstline/analytics/live/livetest"
	"firstline/pipeline/fact"
)

// listen runs the API on a free port and returns its base URL.
func (w *world) listen() string {
	w.t.Helper()
	run(w.t, w.api.Run)
	<-w.api.Listening()
	return "http://" + w.api.Addr().String()
}

// event is one server-sent event.
type event struct {
	name string
	data string
}

// listener reads a live stream.
type listener struct {
	t      testing.TB
	events chan event
	closed chan struct{} // closed when the server ended the stream
	cancel context.CancelFunc
	res    *http.Response
}

// hear opens a live stream; it is closed with the test.
func (w *world) hear(base, path, proof string) *listener {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+Prefix+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	prove(req, proof)
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	l := &listener{t: w.t, events: make(chan event, 1000), closed: make(chan struct{}), cancel: cancel, res: res}
	go l.read(ctx)
	w.t.Cleanup(func() {
		cancel()
		<-l.closed
	})
	return l
}

func (l *listener) read(ctx context.Context) {
	defer close(l.closed)
	defer func() { _ = l.res.Body.Close() }()
	var e event
	scanner := bufio.NewScanner(l.res.Body)
	scanner.Buffer(nil, 64<<20)
	for scanner.Scan() {
		switch line := scanner.Text(); {
		case line == "":
			select {
			case l.events <- e:
			case <-ctx.Done():
				return
			}
			e = event{}
		case strings.HasPrefix(line, "event: "):
			e.name = line[len("event: "):]
		case strings.HasPrefix(line, "data: "):
			e.data = line[len("data: "):]
		}
	}
}

// next waits for the next event of the name, passing over heartbeats and, if it is not strict, other events.
func (l *listener) next(name string, into any) {
	l.t.Helper()
	for {
		select {
		case e := <-l.events:
			if e.name != name {
				continue
			}
			if err := json.Unmarshal([]byte(e.data), into); err != nil {
				l.t.Fatalf("%s: %v", e.data, err)
			}
			return
		case <-time.After(20 * time.Second):
			l.t.Fatalf("no %s came", name)
		}
	}
}

func quickBeat(c *Config) { c.Heartbeat = 20 * time.Millisecond }

func TestLiveWallboard(t *testing.T) {
	w := newWorld(t, options{config: quickBeat})
	l := w.hear(w.listen(), "/live/wallboard", w.signIn("sue"))
	if l.res.StatusCode != http.StatusOK || l.res.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" || l.res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", l.res.StatusCode, l.res.Header)
	}
	var b live.Wallboard
	l.next("state", &b)
	if len(b.Queues) != 2 || b.Stale || b.AsOf == nil {
		t.Errorf("first state %+v", b)
	}
	var f live.Freshness
	l.next("heartbeat", &f)
	if f.Stale || !f.Link || f.AsOf == nil {
		t.Errorf("heartbeat %+v", f)
	}
	w.controller.Append(livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0).Facts()...)
	for b.Queues[0].Waiting != 1 {
		l.next("state", &b)
	}
	if strings.Contains(fmt.Sprintf("%+v", b), "+4930123456") {
		t.Error("the wallboard shows a caller's number")
	}
}

// However many changes come, states leave once a second at most, and the last one is the newest.
func TestWallboardIsCoalesced(t *testing.T) {
	w := newWorld(t, options{config: quickBeat})
	l := w.hear(w.listen(), "/live/wallboard", w.signIn("sue"))
	var b live.Wallboard
	l.next("state", &b)
	began := time.Now()
	for i := range 50 {
		w.controller.Append(livetest.Call(fmt.Sprintf("pbx1-%d.1", i), 0).Arrive().Queue("support", 0).Facts()...)
	}
	states := 0
	for b.Queues[0].Waiting != 50 {
		l.next("state", &b)
		states++
	}
	if most := int(time.Since(began)/pace) + 1; states > most {
		t.Errorf("%d states in %s", states, time.Since(began))
	}
}

func TestLiveAgent(t *testing.T) {
	w := newWorld(t, options{config: quickBeat})
	l := w.hear(w.listen(), "/live/agent", w.signIn("anna"))
	var v live.AgentView
	l.next("agent", &v)
	if v.Agent.ID != "anna" || v.Agent.State != fact.AgentReady || v.Contact != nil {
		t.Errorf("first view %+v", v)
	}
	var q struct{ Queues []live.QueueBrief }
	l.next("queues", &q)
	if len(q.Queues) != 2 || q.Queues[0].Ready != 1 {
		t.Errorf("queues %+v", q)
	}

	call := livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0).Offer("support", "anna", "1")
	w.controller.SetPopup(call.Popup("support", "anna", "1"))
	w.controller.Append(call.Take()...)
	var p fact.Popup
	l.next("offer", &p)
	if p.CallerNumber != "+4930123456" || p.Ticket.URL == "" || len(p.Choices) != 2 || p.Pop == "" {
		t.Errorf("offer %+v", p)
	}
	w.controller.Append(call.Miss("support", "anna", "1").Take()...)
	var end live.OfferEnd
	l.next("offer_ended", &end)
	if end.Offer != p.Offer || end.Result != fact.OfferMissed {
		t.Errorf("end %+v", end)
	}

	w.controller.SetPopup(call.Offer("support", "anna", "2").Popup("support", "anna", "2"))
	w.controller.Append(call.Take()...)
	l.next("offer", &p)
	w.controller.Append(call.Answer("support", "anna", "2").Take()...)
	l.next("offer_ended", &end)
	if end.Offer != "pbx1-1.1/o2" || end.Result != fact.OfferAnswered {
		t.Errorf("end %+v", end)
	}
	for v.Agent.State != fact.AgentTalking {
		l.next("agent", &v)
	}

	// A page that is opened during the call gets the screen pop of it.
	again := w.hear("http://"+w.api.Addr().String(), "/live/agent", w.signIn("anna"))
	again.next("offer", &p)
	again.next("agent", &v)
	if p.Offer != "pbx1-1.1/o2" || v.Agent.State != fact.AgentTalking || v.Contact.Stage != live.StageTalking {
		t.Errorf("%+v, %+v", p, v)
	}
	w.controller.Append(call.WrapUp("support", "anna").Finish("anna").Take()...)
	for v.Contact != nil {
		v = live.AgentView{}
		l.next("agent", &v)
	}
}

// What happens to another agent reaches nobody else.
func TestLiveAgentSeesOnlyHimself(t *testing.T) {
	w := newWorld(t, options{config: quickBeat})
	base := w.listen()
	boris := w.hear(base, "/live/agent", w.signIn("boris"))
	anna := w.hear(base, "/live/agent", w.signIn("anna"))
	var v live.AgentView
	boris.next("agent", &v)
	call := livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0).Offer("support", "anna", "1")
	w.controller.SetPopup(call.Popup("support", "anna", "1"))
	w.controller.Append(call.Take()...)
	var p fact.Popup
	anna.next("offer", &p)
	w.controller.Append(call.AddFor("boris", fact.TypeAgentStateBegan, fact.AgentStateBegan{State: fact.AgentReady, By: fact.ByDesk}).Take()...)
	for v.Agent.State != fact.AgentReady {
		e := <-boris.events
		if e.name == "offer" || strings.Contains(e.data, "pbx1-1.1") {
			t.Fatalf("boris heard %+v", e)
		}
		if e.name == "agent" {
			if err := json.Unmarshal([]byte(e.data), &v); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLiveStreamsNeedTheRole(t *testing.T) {
	w := newWorld(t, options{})
	w.get(Prefix+"/live/wallboard", "").wantProblem(t, CodeUnauthenticated)
	w.get(Prefix+"/live/wallboard", w.signIn("anna")).wantProblem(t, CodeForbidden)
	w.get(Prefix+"/live/agent", w.signIn("sue")).wantProblem(t, CodeForbidden)
}

// An agent of the configuration whom the controller doesn't know sees that, and not a broken stream.
func TestLiveAgentUnknownToTheController(t *testing.T) {
	w := newWorld(t, options{config: quickBeat, site: func(s *Site) {
		s.Agents = append(s.Agents, AgentConfig{ID: "clara", PinHashEnv: "HASH"})
	}})
	l := w.hear(w.listen(), "/live/agent", w.signIn("clara"))
	var v struct{ Agent, Contact *struct{} }
	l.next("agent", &v)
	if v.Agent != nil || v.Contact != nil {
		t.Errorf("%+v", v)
	}
}

func (w *world) waitForEnd(kind, cause string) {
	w.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for testutil.ToFloat64(w.api.m.streamEnds.WithLabelValues(kind, cause)) == 0 {
		if time.Now().After(deadline) {
			w.t.Fatalf("no stream ended by %s", cause)
		}
		<-tick.C
	}
}

func TestDeadClientIsNoticed(t *testing.T) {
	w := newWorld(t, options{config: quickBeat})
	l := w.hear(w.listen(), "/live/wallboard", w.signIn("sue"))
	var b live.Wallboard
	l.next("state", &b)
	if n := testutil.ToFloat64(w.api.m.streams.WithLabelValues("wallboard")); n != 1 {
		t.Errorf("%v streams", n)
	}
	l.cancel()
	w.waitForEnd("wallboard", "gone")
	if n := testutil.ToFloat64(w.api.m.streams.WithLabelValues("wallboard")); n != 0 {
		t.Errorf("%v streams left", n)
	}
}

// A client that doesn't read holds nobody up: the others go on, and it is dropped when its patience is over.
func TestSlowClientIsDropped(t *testing.T) {
	w := newWorld(t, options{config: quickBeat, snapshot: func(s *fact.Snapshot) {
		for i := range 800 { // a state larger than any buffer on the way
			id := fmt.Sprintf("pbx1-%d.1", i)
			s.Contacts = append(s.Contacts, fact.SnapshotContact{ID: id, Stage: live.StageWaiting, Customer: strings.Repeat("x", 8<<10),
				Entry: &fact.SnapshotEntry{Entry: id + "/e1", Queue: "support", QueuedAt: livetest.Began()}})
		}
	}})
	w.api.patience = 3 * time.Second
	base := w.listen()
	cookie := w.signIn("sue")
	conn, err := net.Dial("tcp", w.api.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET %s/live/wallboard HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", Prefix, conn.RemoteAddr(), cookie)
	other := w.hear(base, "/live/wallboard", cookie)
	var b live.Wallboard
	other.next("state", &b)
	w.waitForEnd("wallboard", "gone")
	var f live.Freshness
	for len(other.events) > 0 {
		<-other.events
	}
	other.next("heartbeat", &f)
}

func TestSignOutEndsTheStreams(t *testing.T) {
	w := newWorld(t, options{config: quickBeat})
	cookie := w.signIn("sue")
	l := w.hear(w.listen(), "/live/wallboard", cookie)
	var b live.Wallboard
	l.next("state", &b)
	w.do(call{method: http.MethodDelete, path: Prefix + "/session", proof: cookie})
	l.next("signed_out", &struct{}{})
	<-l.closed
	w.waitForEnd("wallboard", "signed_out")
}

func TestStreamsAreLimited(t *testing.T) {
	w := newWorld(t, options{config: func(c *Config) { quickBeat(c); c.MaxStreams = 2 }})
	base, cookie := w.listen(), w.signIn("sue")
	var b live.Wallboard
	w.hear(base, "/live/wallboard", cookie).next("state", &b)
	w.get(Prefix+"/live/wallboard", cookie).wantProblem(t, CodeTooManyStreams) // one for each session
	w.hear(base, "/live/wallboard", w.signIn("adam")).next("state", &b)
	w.get(Prefix+"/live/wallboard", w.signIn("ina")).wantProblem(t, CodeTooManyStreams) // two at all
}

func TestShutdownEndsStreamsAndAnswersRequests(t *testing.T) {
	w := newWorld(t, options{config: quickBeat})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.api.Run(ctx) }()
	<-w.api.Listening()
	l := w.hear("http://"+w.api.Addr().String(), "/live/wallboard", w.signIn("sue"))
	var b live.Wallboard
	l.next("state", &b)
	began := time.Now()
	cancel()
	<-l.closed
	if err := <-done; !errors.Is(err, context.Canceled) || time.Since(began) > shutdown {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	w.waitForEnd("wallboard", "stopped")
}

func TestPortInUse(t *testing.T) {
	w := newWorld(t, options{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	w.api.cfg.Listen = ln.Addr().String()
	if err := w.api.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "on "+w.api.cfg.Listen+": the port is in use") {
		t.Errorf("got %v", err)
	}
}

// What is refused before a handler runs is a problem too: fasthttp itself answers it.
func TestTooLargeIsAProblem(t *testing.T) {
	w := newWorld(t, options{})
	url := w.listen() + Prefix + "/session"
	res, err := (&http.Client{}).Post(url, "application/json", strings.NewReader(strings.Repeat("x", bodyLimit+1)))
	// The server answers without reading on and closes: a client that still writes may see the reset before the answer.
	for errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		res, err = (&http.Client{}).Post(url, "application/json", strings.NewReader(strings.Repeat("x", bodyLimit+1)))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var p Problem
	answer{res.StatusCode, res.Header, raw}.into(t, &p)
	if p.Code != CodeTooLarge || res.StatusCode != http.StatusRequestEntityTooLarge || res.Header.Get("Content-Type") != problemType {
		t.Errorf("%d %s", res.StatusCode, raw)
	}
}
