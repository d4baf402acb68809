package asterisk

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"firstline/pipeline/parts"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/node/nodetest"
	"firstline/telephony/asterisk/sipp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/telephony/callcenter"
)

// world is a real Asterisk with two agents' phones, an adapter, and SIPp to call with. The test is the controller.
type world struct {
	t    *testing.T
	cfg  node.Config
	node *node.Node
	own  Config
	sipp string
	port [2]int // SIP ports of the agents' phones: anna has a fixed address, boris registers

	*Adapter
	sink *collector
	at   int // position in sink behind what was awaited
}

func newWorld(t *testing.T, change func(*node.Config)) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t, cfg: nodetest.Config(t), sipp: parts.Need(t, func() (string, error) { return parts.Program("sipp") })}
	w.port = [2]int{nodetest.UDP(t), nodetest.UDP(t)}
	w.cfg.Agents = []node.Agent{
		{ID: "anna", Endpoint: "PJSIP/101", Contact: fmt.Sprintf("sip:101@127.0.0.1:%d", w.port[0]), Secret: "s101", Queues: []string{"support"}},
		{ID: "boris", Endpoint: "PJSIP/102", Secret: "s102"},
	}
	if change != nil {
		change(&w.cfg)
	}
	w.node = nodetest.Start(t, w.cfg)
	w.own = DefaultConfig()
	w.own.URL, w.own.Poll = w.node.URL(), 100*time.Millisecond
	w.own.Listen = strings.TrimSuffix(strings.TrimPrefix(w.cfg.ControllerURL, "ws://"), "/ari")
	return w
}

// run starts an adapter, waits until it is reconciled, and beats once.
func (w *world) run() (stop func()) {
	w.t.Helper()
	w.Adapter, w.sink = newAdapter(w.t, w.own)
	w.at = 0
	w.SetEndpoints([]string{"PJSIP/101", "PJSIP/102"})
	stop = runAdapter(w.t, w.Adapter)
	w.await("Reconciled", isA[callcenter.Reconciled])
	w.beat()
	return stop
}

func (w *world) beat() {
	w.t.Helper()
	if err := w.Beat(context.Background(), time.Now()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) await(what string, ok func(callcenter.Event) bool) callcenter.Event {
	w.t.Helper()
	ev, at := w.sink.await(w.t, w.at, what, ok)
	w.at = at
	return ev
}

// arrival waits for the next caller and returns his channel.
func (w *world) arrival() string {
	w.t.Helper()
	return w.await("CallArrived", isA[callcenter.CallArrived]).(callcenter.CallArrived).Channel
}

func (w *world) phone(port int) sipp.Phone {
	return sipp.Phone{Program: w.sipp, Remote: fmt.Sprintf("127.0.0.1:%d", w.cfg.SIPPort), Port: port,
		MediaPort: nodetest.Media(w.t, 100), Speech: 2 * time.Second, Trouble: complainer{w.t}}
}

// complainer shows what SIPp complains of.
type complainer struct{ t *testing.T }

func (c complainer) Write(p []byte) (int, error) { c.t.Logf("sipp: %s", p); return len(p), nil }

// call makes calls in the background; results waits for their ends.
func (w *world) call(calls ...sipp.Call) (results func() []sipp.Result) {
	return w.background(func(ctx context.Context) ([]sipp.Result, error) {
		return sipp.Callers{Phone: w.phone(nodetest.UDP(w.t)), Calls: calls}.Run(ctx)
	}, false)
}

// anna is the phone with a fixed address; results ends it.
func (w *world) anna(acts ...sipp.Act) (results func() []sipp.Result) {
	return w.background(func(ctx context.Context) ([]sipp.Result, error) {
		return sipp.Agent{Phone: w.phone(w.port[0]), Name: "anna", User: "101", Acts: acts}.Run(ctx)
	}, true)
}

// boris is the phone that registers; results ends it.
func (w *world) boris(acts ...sipp.Act) (results func() []sipp.Result) {
	return w.background(func(ctx context.Context) ([]sipp.Result, error) {
		return sipp.Agent{Phone: w.phone(w.port[1]), Name: "boris", User: "102", Secret: "s102", Acts: acts}.Run(ctx)
	}, true)
}

// background runs SIPp until it ends, or until results asks for them when it wouldn't end by itself.
func (w *world) background(run func(context.Context) ([]sipp.Result, error), endless bool) func() []sipp.Result {
	ctx, cancel := context.WithCancel(context.Background())
	var got []sipp.Result
	var err error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		got, err = run(ctx)
	}()
	w.t.Cleanup(func() {
		cancel()
		<-ended
	})
	return func() []sipp.Result {
		w.t.Helper()
		if endless {
			cancel()
		}
		<-ended
		if err != nil {
			w.t.Fatal(err)
		}
		return got
	}
}

func TestRealCallFromArrivalToBothHangUps(t *testing.T) {
	w := newWorld(t, nil)
	w.run()
	agent := w.anna(sipp.Act{Do: sipp.DoAnswer, After: 200 * time.Millisecond, Talk: time.Second})
	w.await("anna's phone is there", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))

	caller := w.call(sipp.Call{Name: "caller", Number: "4930111", Dialed: "1000", Patience: time.Minute,
		Presses: []sipp.Press{{After: 300 * time.Millisecond, Digits: "2#"}}})
	arrived := w.await("CallArrived", isA[callcenter.CallArrived]).(callcenter.CallArrived)
	if arrived.Number != "4930111" || arrived.Dialed != "1000" || arrived.Endpoint != "" || arrived.Language != "en" ||
		arrived.SIPCallID == "" || !strings.HasPrefix(arrived.Channel, w.cfg.Name+"-") || time.Since(arrived.Created).Abs() > time.Minute {
		t.Errorf("arrived %+v", arrived)
	}
	c := arrived.Channel
	h := head(c, 1)
	w.Execute([]callcenter.Command{
		callcenter.ClearTimeout{Head: h, Channel: c},
		callcenter.Answer{Head: h, Channel: c},
		callcenter.Play{Head: h, Channel: c, Playback: "fl.pb." + c + ".1", Media: []string{"sound:demo-congrats"}, Language: "ru"},
	})
	w.await("2", is(callcenter.DigitPressed{Channel: c, Digit: "2"}))
	leg, bridge := "fl.leg."+c+".1", "fl.br."+c+".1"
	w.Execute([]callcenter.Command{ // barge-in: the playback goes on for long
		callcenter.StopPlay{Head: h, Playback: "fl.pb." + c + ".1"},
		callcenter.StartMusic{Head: h, Channel: c, Class: "default"},
		callcenter.Ring{Head: h, Channel: leg, Endpoint: "PJSIP/101", Originator: c, CallerID: "Max Muster <4930111>", Timeout: 10 * time.Second},
	})
	at := w.at // the orders are for different channels: none waits for the other
	w.sink.await(t, at, "the playback's end", is(callcenter.PlaybackEnded{Playback: "fl.pb." + c + ".1"}))
	w.sink.await(t, at, "ringing", is(callcenter.LegRinging{Channel: leg}))
	w.await("the answer", is(callcenter.LegAnswered{Channel: leg}))
	w.Execute([]callcenter.Command{
		callcenter.StopMusic{Head: h, Channel: c},
		callcenter.CreateBridge{Head: h, Bridge: bridge},
		callcenter.AddToBridge{Head: h, Bridge: bridge, Channels: []string{c, leg}},
	})
	w.sink.await(t, 0, "the agent's phone is busy", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{leg}}))
	w.await("the agent hangs up", is(callcenter.ChannelEnded{Channel: leg, Cause: 16}))
	w.Execute([]callcenter.Command{
		callcenter.HangUp{Head: h, Channel: c, Cause: 16},
		callcenter.DestroyBridge{Head: h, Bridge: bridge},
	})
	w.await("the caller's end", is(callcenter.ChannelEnded{Channel: c}))

	if r := caller(); len(r) != 1 || r[0].Last() != sipp.WasHungUp || r[0].CallID != arrived.SIPCallID {
		t.Errorf("the caller saw %+v, call id %s", r, arrived.SIPCallID)
	}
	if r := agent(); len(r) != 1 || r[0].Last() != sipp.HungUp || r[0].Number != "4930111" {
		t.Errorf("the agent saw %+v", r)
	}
	for _, ev := range w.sink.all() {
		if f, failed := ev.(callcenter.CommandFailed); failed {
			t.Errorf("failed: %+v", f)
		}
	}
	actual, err := w.list(context.Background())
	if err != nil || len(actual.Channels) != 0 || len(actual.Bridges) != 0 {
		t.Errorf("left in asterisk: %+v %v", actual, err)
	}
	for _, unused := range unusedEvents() {
		if n := testutil.ToFloat64(w.metrics.events.WithLabelValues(unused)); n != 0 {
			t.Errorf("%v events %s came, which are filtered", n, unused)
		}
	}
}

// One caller, one leg after the other: busy, declined, not answered, cancelled because another answered.
func TestRealLegsThatAreNotAnswered(t *testing.T) {
	w := newWorld(t, nil)
	w.run()
	agent := w.anna(sipp.Act{Do: sipp.DoBusy}, sipp.Act{Do: sipp.DoDecline, After: 100 * time.Millisecond}, sipp.Act{Do: sipp.DoRing}, sipp.Act{Do: sipp.DoRing})
	w.await("anna's phone is there", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))
	caller := w.call(sipp.Call{Name: "caller", Number: "4930111", Dialed: "1000", Patience: time.Minute})
	c := w.arrival()
	h := head(c, 1)
	w.Execute([]callcenter.Command{callcenter.ClearTimeout{Head: h, Channel: c}, callcenter.Answer{Head: h, Channel: c}})
	ring := func(n int, timeout time.Duration) (leg string) {
		leg = fmt.Sprintf("fl.leg.%s.%d", c, n)
		w.Execute([]callcenter.Command{callcenter.Ring{Head: h, Channel: leg, Endpoint: "PJSIP/101", Originator: c, CallerID: "<4930111>", Timeout: timeout}})
		return leg
	}
	w.await("busy", is(callcenter.ChannelEnded{Channel: ring(1, 10*time.Second), Cause: 17, TechCause: 486}))
	w.await("declined", is(callcenter.ChannelEnded{Channel: ring(2, 10*time.Second), Cause: 21, TechCause: 603}))
	w.await("not answered", is(callcenter.ChannelEnded{Channel: ring(3, time.Second), Cause: 19, TechCause: 480}))

	leg := ring(4, 10*time.Second)
	w.await("ringing", is(callcenter.LegRinging{Channel: leg}))
	// A command that is repeated is done already; a second dial would end the leg.
	w.Execute([]callcenter.Command{callcenter.Ring{Head: h, Channel: leg, Endpoint: "PJSIP/101", Originator: c, Timeout: 10 * time.Second}})
	w.Execute([]callcenter.Command{callcenter.HangUp{Head: h, Channel: leg, Cause: 26}})
	w.await("cancelled", func(ev callcenter.Event) bool {
		e, ok := ev.(callcenter.ChannelEnded)
		return ok && e.Channel == leg && e.Cause == 26
	})
	w.Execute([]callcenter.Command{callcenter.HangUp{Head: h, Channel: c}})
	caller()
	var saw []string
	note := ""
	for _, r := range agent() {
		saw = append(saw, r.Last())
		note = r.Events[len(r.Events)-1].Note
	}
	// The phone is told that another answered, so that it doesn't show a missed call.
	if !strings.Contains(note, "completed elsewhere") {
		t.Errorf("the last CANCEL says %q", note)
	}
	if got := strings.Join(saw, ", "); got != "busy, declined, cancelled, cancelled" {
		t.Errorf("the agent saw %s", got)
	}
}

func TestRealRefusals(t *testing.T) {
	w := newWorld(t, nil)
	w.run()
	caller := w.call(sipp.Call{Name: "caller", Number: "4930111", Dialed: "1000", Patience: time.Minute})
	c := w.arrival()
	h := head(c, 0)
	refused := func(command callcenter.Command, code int) {
		t.Helper()
		w.Execute([]callcenter.Command{command})
		f := w.await(kind(command)+" is refused", isA[callcenter.CommandFailed]).(callcenter.CommandFailed)
		if f.Code != code {
			t.Errorf("%s: %+v, want %d", kind(command), f, code)
		}
	}
	w.Execute([]callcenter.Command{callcenter.Answer{Head: h, Channel: c}})
	refused(callcenter.Ring{Head: h, Channel: "fl.leg.x.1", Endpoint: "PJSIP/999", Timeout: time.Second}, 500)
	refused(callcenter.AddToBridge{Head: h, Bridge: "fl.br.gone.1", Channels: []string{c}}, 404)
	w.Execute([]callcenter.Command{callcenter.CreateBridge{Head: h, Bridge: "fl.br.x.1"}, callcenter.CreateBridge{Head: h, Bridge: "fl.br.x.1"}})
	refused(callcenter.AddToBridge{Head: h, Bridge: "fl.br.x.1", Channels: []string{"fl.leg.gone.1"}}, 400)
	refused(callcenter.Answer{Head: h, Channel: "gone"}, 404)
	w.Execute([]callcenter.Command{callcenter.Play{Head: h, Channel: c, Playback: "fl.pb.x.1", Media: []string{"sound:no-such-file"}}})
	w.await("a missing file", is(callcenter.PlaybackEnded{Playback: "fl.pb.x.1", Failed: true}))
	w.Execute([]callcenter.Command{ // all of it is done already
		callcenter.StopPlay{Head: h, Playback: "fl.pb.x.1"}, callcenter.StopMusic{Head: h, Channel: "gone"},
		callcenter.HangUp{Head: h, Channel: "gone"}, callcenter.DestroyBridge{Head: h, Bridge: "fl.br.gone.1"},
		callcenter.HangUp{Head: h, Channel: c},
	})
	w.await("the caller's end", is(callcenter.ChannelEnded{Channel: c}))
	caller()
	for _, ev := range w.sink.all()[w.at:] {
		if f, failed := ev.(callcenter.CommandFailed); failed {
			t.Errorf("failed: %+v", f)
		}
	}
}

// While no controller listens Asterisk keeps the events. They come before Reconciled, with their own times.
func TestRealEventsWhileTheControllerWasAway(t *testing.T) {
	w := newWorld(t, nil)
	stop := w.run()
	caller := w.call(
		sipp.Call{Name: "leaves", Number: "4930111", Dialed: "1000", Patience: 200 * time.Millisecond,
			Presses: []sipp.Press{{After: time.Second, Digits: "7"}}},
		sipp.Call{Name: "stays", Number: "4930112", Dialed: "1000", Patience: time.Minute},
	)
	first, second := w.arrival(), w.arrival()
	for _, c := range []string{first, second} {
		h := head(c, 1)
		w.Execute([]callcenter.Command{callcenter.ClearTimeout{Head: h, Channel: c}, callcenter.Answer{Head: h, Channel: c}})
	}
	waitFor(t, "both are answered", func() bool { return pending(w.Adapter) == 0 })
	var leaves, stays string
	for _, ev := range w.sink.all() {
		if a, ok := ev.(callcenter.CallArrived); ok && a.Number == "4930111" {
			leaves = a.Channel
		} else if ok {
			stays = a.Channel
		}
	}
	stop()
	stopped := time.Now()
	if loss := w.sink.all()[len(w.sink.all())-1]; !isA[callcenter.LinkLost](loss) {
		t.Errorf("the last event is %T", loss)
	}
	probe := newREST(w.own, "secret", w.metrics)
	defer probe.close()
	waitFor(t, "a caller hangs up while nobody listens", func() bool {
		err := probe.do(context.Background(), request{what: "find", method: "GET", path: channelPath(leaves, "")}, nil)
		return codeOf(err) == 404
	})
	w.run()
	_, pressed := w.sink.await(t, 0, "the digit", is(callcenter.DigitPressed{Channel: leaves, Digit: "7"}))
	_, at := w.sink.await(t, pressed, "the caller's end", is(callcenter.ChannelEnded{Channel: leaves}))
	ev, behind := w.sink.await(t, 0, "Reconciled", isA[callcenter.Reconciled])
	if behind <= at {
		t.Errorf("reconciled before the events that were kept: %s", list(w.sink.all()))
	}
	if there := ev.(callcenter.Reconciled).Channels; len(there) != 1 || there[0].ID != stays || !there[0].InApp || there[0].State != "Up" ||
		there[0].Number != "4930112" || there[0].Dialed != "1000" {
		t.Errorf("reconciled %+v", there)
	}
	if occurred, restarted := w.sink.occurred(pressed), w.sink.occurred(behind); occurred.Before(stopped.Add(-2*time.Second)) || !occurred.Before(restarted) {
		t.Errorf("the digit is of %v, stopped at %v, listed at %v", occurred, stopped, restarted)
	}
	w.Execute([]callcenter.Command{callcenter.HangUp{Head: head(stays, 2), Channel: stays}})
	w.await("the other's end", is(callcenter.ChannelEnded{Channel: stays}))
	for _, r := range caller() {
		if want := map[string]string{"leaves": sipp.HungUp, "stays": sipp.WasHungUp}[r.Name]; r.Last() != want {
			t.Errorf("%s saw %+v", r.Name, r)
		}
	}
}

// Without a heartbeat the dialplan's own queue takes the call; the controller learns of it from queue_log.
func TestRealFallback(t *testing.T) {
	w := newWorld(t, func(c *node.Config) { c.EnterTimeout = 3 })
	agent := w.anna(sipp.Act{Do: sipp.DoAnswer, After: 100 * time.Millisecond, Talk: 300 * time.Millisecond})
	// No controller has ever been there.
	if r := w.call(sipp.Call{Name: "alone", Number: "4930111", Dialed: "1000", Patience: time.Minute})(); len(r) != 1 || r[0].Last() != sipp.WasHungUp {
		t.Fatalf("the caller saw %+v", r)
	}
	w.own.QueueLog = w.node.QueueLog()
	w.run()
	fallback := func(event string) callcenter.FallbackEvent {
		t.Helper()
		return w.await(event, func(ev callcenter.Event) bool {
			e, ok := ev.(callcenter.FallbackEvent)
			return ok && e.Event == event
		}).(callcenter.FallbackEvent)
	}
	w.at = 0
	in := fallback("ENTERQUEUE")
	if in.Queue != "support" || in.Number != "4930111" || in.Channel == "" || in.Offset <= 0 {
		t.Errorf("entered %+v", in)
	}
	if e := fallback("CONNECT"); e.Channel != in.Channel || e.Agent != "PJSIP/101" {
		t.Errorf("connected %+v", e)
	}
	if e := fallback("COMPLETEAGENT"); e.Channel != in.Channel || e.Offset <= in.Offset {
		t.Errorf("completed %+v", e)
	}
	w.await("Reconciled comes behind what the fallback did", isA[callcenter.Reconciled])

	// The controller dies as the call comes: nobody clears the time-out, and T leads to the same queue.
	w.beat()
	caller := w.call(sipp.Call{Name: "unlucky", Number: "4930112", Dialed: "1000", Patience: time.Minute})
	c := w.arrival()
	w.await("it leaves the application", is(callcenter.ChannelEnded{Channel: c}))
	if e := fallback("ENTERQUEUE"); e.Channel != c || e.Number != "4930112" {
		t.Errorf("entered %+v, want %s", e, c)
	}
	fallback("COMPLETEAGENT")
	caller()

	// With the time-out cleared a call outlives it.
	w.beat()
	caller = w.call(sipp.Call{Name: "lucky", Number: "4930113", Dialed: "1000", Patience: 4500 * time.Millisecond})
	c = w.arrival()
	w.Execute([]callcenter.Command{callcenter.ClearTimeout{Head: head(c, 1), Channel: c}, callcenter.Answer{Head: head(c, 2), Channel: c}})
	if r := caller(); len(r) != 1 || r[0].Last() != sipp.HungUp {
		t.Errorf("the caller saw %+v", r)
	}

	// A heartbeat that is too old is as good as none.
	if err := w.Beat(context.Background(), time.Now().Add(-time.Duration(w.cfg.BeatMaxAge+2)*time.Second)); err != nil {
		t.Fatal(err)
	}
	w.call(sipp.Call{Name: "late", Number: "4930114", Dialed: "1000", Patience: time.Minute})()
	if e := fallback("ENTERQUEUE"); e.Number != "4930114" {
		t.Errorf("entered %+v", e)
	}
	fallback("COMPLETEAGENT")
	if r := agent(); len(r) != 3 {
		t.Errorf("the agent had %d calls", len(r))
	}
}

// A phone registers, is asked whether it is there, and later is gone.
func TestRealPhoneRegisters(t *testing.T) {
	w := newWorld(t, nil)
	w.run()
	w.at = 0
	w.await("not registered", is(callcenter.EndpointState{Endpoint: "PJSIP/102", Channels: []string{}}))
	boris := w.boris(sipp.Act{Do: sipp.DoRing})
	w.await("registered", is(callcenter.EndpointState{Endpoint: "PJSIP/102", Registered: true, Channels: []string{}}))
	boris()
	w.await("gone", is(callcenter.EndpointState{Endpoint: "PJSIP/102", Channels: []string{}}))
}

// The core asks for one phone: there, on a call, gone, unknown to Asterisk. No poll helps: it comes once an hour.
func TestRealLookAtAPhone(t *testing.T) {
	w := newWorld(t, nil)
	w.own.Poll = time.Hour
	w.run()
	looks := 0
	look := func(endpoint string) callcenter.EndpointState {
		t.Helper()
		looks++
		c := callcenter.CheckPhone{Head: head("agent/x", looks), Agent: "x", Endpoint: endpoint, Timeout: patience}
		w.Execute([]callcenter.Command{c})
		return w.await("the look", func(ev callcenter.Event) bool {
			e, ok := ev.(callcenter.PhoneChecked)
			return ok && e.Check == c.ID
		}).(callcenter.PhoneChecked).Phone
	}
	if s := look("PJSIP/102"); s.Registered || len(s.Channels) > 0 {
		t.Errorf("before it has registered: %+v", s)
	}
	boris := w.boris(sipp.Act{Do: sipp.DoRing})
	waitFor(t, "boris' phone is registered", func() bool { return look("PJSIP/102").Registered })
	h := head("c", 1)
	w.Execute([]callcenter.Command{callcenter.Ring{Head: h, Channel: "fl.leg.c.1", Endpoint: "PJSIP/102", Timeout: 10 * time.Second}})
	w.await("ringing", is(callcenter.LegRinging{Channel: "fl.leg.c.1"}))
	if s := look("PJSIP/102"); !s.Registered || !slices.Equal(s.Channels, []string{"fl.leg.c.1"}) {
		t.Errorf("while it has a call: %+v", s)
	}
	w.Execute([]callcenter.Command{callcenter.HangUp{Head: h, Channel: "fl.leg.c.1"}})
	w.await("the leg's end", func(ev callcenter.Event) bool {
		e, ok := ev.(callcenter.ChannelEnded)
		return ok && e.Channel == "fl.leg.c.1"
	})
	boris()
	waitFor(t, "boris' phone is gone", func() bool { return !look("PJSIP/102").Registered })
	if s := look("PJSIP/999"); s.Registered || len(s.Channels) > 0 {
		t.Errorf("a phone that isn't one: %+v", s)
	}
}

// A connection that breaks, and one that stands and carries nothing.
func TestRealConnectionThatBreaks(t *testing.T) {
	var way *proxy
	w := newWorld(t, func(c *node.Config) {
		way = newProxy(t, strings.TrimSuffix(strings.TrimPrefix(c.ControllerURL, "ws://"), "/ari"))
		c.ControllerURL = "ws://" + way.address() + "/ari"
	})
	w.own.Listen = way.to
	w.run()
	way.cut()
	w.await("LinkLost", isA[callcenter.LinkLost])
	w.await("Reconciled", isA[callcenter.Reconciled])
	way.stall()
	if lost := w.await("LinkLost", isA[callcenter.LinkLost]).(callcenter.LinkLost); !strings.Contains(lost.Why, errNoPong.Error()) {
		t.Errorf("lost: %s", lost.Why)
	}
	way.cut() // Asterisk hears of it only now
	w.await("Reconciled", isA[callcenter.Reconciled])
}

// proxy stands between Asterisk and the adapter.
type proxy struct {
	to       string
	listener net.Listener
	all      sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
	open  chan struct{} // closed while bytes may pass
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{to: to, listener: l, open: make(chan struct{})}
	close(p.open)
	p.all.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.cut()
		p.all.Wait()
	})
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.to)
		if err != nil { // the adapter isn't there yet
			in.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, in, out)
		p.mu.Unlock()
		p.all.Go(func() { p.pass(in, out) })
		p.all.Go(func() { p.pass(out, in) })
	}
}

func (p *proxy) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		open := p.open
		p.mu.Unlock()
		<-open
		if _, writeErr := to.Write(buffer[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

// stall lets connections stand and nothing pass, the end of a connection included.
func (p *proxy) stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = make(chan struct{})
}

// cut ends all connections; new ones are served.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
	select {
	case <-p.open:
	default:
		close(p.open)
	}
}
