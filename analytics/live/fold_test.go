package live

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/live/livetest"
	"firstline/pipeline/fact"
)

// number gives facts positions after the snapshot's.
func number(after uint64, facts []fact.Fact) []fact.Fact {
	out := make([]fact.Fact, len(facts))
	for i, f := range facts {
		f.Position = after + 1 + uint64(i)
		out[i] = f
	}
	return out
}

func applyAll(s *State, facts []fact.Fact) {
	for _, f := range facts {
		s.Apply(f)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Where an agent sits: who has a phone of his own keeps it, the others have one while they are logged in.
func TestFoldOfASeat(t *testing.T) {
	script := livetest.Call("", time.Minute)
	logged := func(agent string, d fact.AgentLogged) { script.AddFor(agent, d.Type, d) }
	s := Fold(livetest.World())
	sits := func(want string) {
		t.Helper()
		applyAll(s, number(s.head.Position, script.Take()))
		if got := fmt.Sprint(s.agents["anna"].Endpoint, s.agents["anna"].Seat, s.agents["boris"].Endpoint, s.agents["boris"].Seat); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	logged("anna", fact.AgentLogged{Type: fact.TypeAgentLoggedOut, Endpoint: "PJSIP/101"})
	logged("boris", fact.AgentLogged{Type: fact.TypeAgentLoggedIn, Endpoint: "PJSIP/201", Seat: "201"})
	sits(fmt.Sprint("PJSIP/101", "", "PJSIP/201", "201"))
	logged("boris", fact.AgentLogged{Type: fact.TypeAgentLoggedOut, Endpoint: "PJSIP/201", Seat: "201", Reason: fact.LogMoved})
	logged("boris", fact.AgentLogged{Type: fact.TypeAgentLoggedIn, Endpoint: "PJSIP/202", Seat: "202"})
	sits(fmt.Sprint("PJSIP/101", "", "PJSIP/202", "202"))
	logged("boris", fact.AgentLogged{Type: fact.TypeAgentLoggedOut, Endpoint: "PJSIP/202", Reason: fact.LogSeatGone})
	sits(fmt.Sprint("PJSIP/101", "", "", ""))
}

// A call's whole life, checked at each station against what a snapshot taken there says.
func TestFoldFollowsACall(t *testing.T) {
	call := livetest.Call("pbx1-1.1", time.Minute)
	s := Fold(livetest.World())
	stage := func() string {
		if c, ok := s.contacts["pbx1-1.1"]; ok {
			return c.Stage + " " + c.Agent
		}
		return "gone"
	}
	agent := func() fact.AgentState { return s.agents["anna"].State }
	steps := []struct {
		name   string
		do     func()
		stage  string
		agent  fact.AgentState
		missed int
		pop    bool // she sees one
	}{
		{"arrives", func() { call.Arrive() }, "ivr ", fact.AgentReady, 0, false},
		{"queues", func() { call.Queue("support", 0) }, "waiting ", fact.AgentReady, 0, false},
		{"rings", func() { call.Offer("support", "anna", "1") }, "ringing anna", fact.AgentRinging, 0, true},
		{"is missed", func() { call.Miss("support", "anna", "1") }, "waiting ", fact.AgentReady, 1, false},
		{"rings again", func() { call.Offer("support", "anna", "2") }, "ringing anna", fact.AgentRinging, 1, true},
		{"is answered", func() { call.Answer("support", "anna", "2") }, "talking anna", fact.AgentTalking, 0, true},
		{"wraps up", func() { call.WrapUp("support", "anna") }, "wrap_up anna", fact.AgentWrapUp, 0, true},
		{"is over", func() { call.Finish("anna") }, "gone", fact.AgentReady, 0, false},
	}
	for _, step := range steps {
		step.do()
		applyAll(s, number(s.Position(), call.Take()))
		c := s.contacts["pbx1-1.1"]
		seen := false
		if c != nil {
			_, seen = c.pops["anna"]
		}
		if stage() != step.stage || agent() != step.agent || s.agents["anna"].Missed != step.missed || seen != step.pop {
			t.Errorf("%s: stage %q, agent %s, missed %d, pop %t", step.name, stage(), agent(), s.agents["anna"].Missed, seen)
		}
	}
	if end := s.ended["anna"]; end.Result != fact.OfferAnswered || end.Offer != "pbx1-1.1/o2" {
		t.Errorf("last offer %+v", end)
	}
}

// While an agent asks another one for his caller both see him, each with a screen pop of his own; then the other one has him,
// and the first wraps up.
func TestFoldOfAConsultation(t *testing.T) {
	call := livetest.Call("pbx1-1.1", time.Minute)
	s := Fold(livetest.World())
	do := func() {
		applyAll(s, number(s.Position(), call.Take()))
		s.popup("pbx1-1.1", "pbx1-1.1/o1", nil)
		s.popup("pbx1-1.1", "pbx1-1.1/o9", nil)
	}
	views := func(what, anna, boris string) {
		t.Helper()
		for agent, want := range map[string]string{"anna": anna, "boris": boris} {
			v, _ := s.agentView(agent)
			got := string(v.Agent.State) + " -"
			if v.Contact != nil {
				got = string(v.Agent.State) + " " + v.Contact.Stage
			}
			if v.Contact != nil && v.Contact.Transfer != nil {
				got += " with:" + v.Contact.Transfer.With
			}
			if v.Popup != nil {
				got += " " + v.Popup.Offer
			}
			if got != want {
				t.Errorf("%s: %s sees %q, want %q", what, agent, got, want)
			}
		}
	}
	call.Arrive().Queue("support", 0).Offer("support", "anna", "1").Answer("support", "anna", "1")
	do()
	views("talk", "talking talking pbx1-1.1/o1", "paused -")
	call.Consult("anna", "sales", "boris")
	do()
	views("consult", "talking talking with: pbx1-1.1/o1", "ringing ringing with: pbx1-1.1/o9")
	if q := s.wallboard().Queues; q[1].ID != "sales" || q[1].Ringing != 1 || q[1].Callers[0].Asks != "anna" {
		t.Errorf("the wallboard shows %+v", q)
	}
	call.Consulted("sales", "boris")
	do()
	views("answered", "talking talking with:boris pbx1-1.1/o1", "talking talking with:boris pbx1-1.1/o9")
	call.Complete("anna", "boris", "support")
	do()
	views("complete", "wrap_up wrap_up pbx1-1.1/o1", "talking talking pbx1-1.1/o9")
	if c := s.contacts["pbx1-1.1"]; c.Stage != StageTalking || c.Agent != "boris" {
		t.Errorf("the contact is %s with %s", c.Stage, c.Agent)
	}
}

// Folding the facts up to some point, taking a snapshot there and folding the rest gives the same as folding all: at every
// point of a busy minute, also when facts come twice.
func TestFoldThroughASnapshotIsTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var scripts [][]fact.Fact
	for i, id := range []string{"pbx1-1.1", "pbx1-2.1", "pbx1-3.1", "pbx1-4.1"} {
		s := livetest.Call(id, time.Duration(i)*time.Second).Arrive().Queue("support", i%2)
		switch i {
		case 0:
			s.Offer("support", "anna", "1").Miss("support", "anna", "1").Abandon("support")
		case 1:
			s.Offer("support", "boris", "1").Answer("support", "boris", "1").WrapUp("support", "boris").Finish("boris")
		case 2:
			s.Offer("support", "anna", "1").Answer("support", "anna", "1")
		}
		scripts = append(scripts, s.Facts())
	}
	var all []fact.Fact
	for len(scripts) > 0 {
		i := r.IntN(len(scripts))
		all = append(all, scripts[i][0])
		if scripts[i] = scripts[i][1:]; len(scripts[i]) == 0 {
			scripts = append(scripts[:i], scripts[i+1:]...)
		}
	}
	all = number(livetest.World().Position, all)
	whole := Fold(livetest.World())
	applyAll(whole, all)
	want := asJSON(t, whole.Snapshot())
	for cut := range all {
		first := Fold(livetest.World())
		applyAll(first, all[:cut])
		var wire fact.Snapshot
		if err := json.Unmarshal([]byte(asJSON(t, first.Snapshot())), &wire); err != nil {
			t.Fatal(err)
		}
		second := Fold(wire)
		applyAll(second, all[max(0, cut-3):]) // some of them twice
		if got := asJSON(t, second.Snapshot()); got != want {
			t.Fatalf("cut at %d:\n%s\nnot\n%s", cut, got, want)
		}
		if d := drift(second.Snapshot(), whole.Snapshot()); d != "" {
			t.Fatalf("cut at %d: drift %s", cut, d)
		}
	}
}

func TestPositionsFollowPriorityThenWait(t *testing.T) {
	s := Fold(livetest.World())
	for i, c := range []struct {
		id       string
		priority int
	}{{"a", 0}, {"b", 1}, {"c", 0}, {"d", 1}} {
		applyAll(s, number(s.Position(), livetest.Call(c.id, time.Duration(i)*time.Minute).Arrive().Queue("support", c.priority).Facts()))
	}
	var order []string
	for _, caller := range s.wallboard().Queues[0].Callers {
		order = append(order, caller.Contact)
	}
	if got := asJSON(t, order); got != asJSON(t, []string{"b", "d", "a", "c"}) {
		t.Errorf("order %s", got)
	}
}

// Where priority counts as waiting, and where a caller comes back from a menu, the core says where he stands.
func TestPositionsFollowTheCore(t *testing.T) {
	s := Fold(livetest.World())
	for i, id := range []string{"a", "b"} {
		call := livetest.Call(id, time.Duration(i)*time.Minute).Arrive()
		facts := call.Queue("support", 0).Facts()
		queued, ok := facts[len(facts)-1].Data.(fact.Queued)
		if !ok {
			t.Fatalf("%+v", facts)
		}
		queued.Priority, queued.RankedAt = 5*i, queued.RankedAt.Add(-time.Duration(2*i)*time.Minute)
		facts[len(facts)-1].Data = queued
		applyAll(s, number(s.Position(), facts))
	}
	if callers := s.wallboard().Queues[0].Callers; len(callers) != 2 || callers[0].Contact != "b" || callers[0].Position != 1 {
		t.Errorf("order %+v", callers)
	}
}

// A waiting caller made more urgent stands before the others at once; a fact about an entry that is over changes nothing.
func TestFoldOfAPriority(t *testing.T) {
	s := Fold(livetest.World())
	a, b := livetest.Call("a", 0).Arrive().Queue("support", 0), livetest.Call("b", time.Minute).Arrive().Queue("support", 0)
	applyAll(s, number(s.Position(), append(a.Take(), b.Take()...)))
	held := s.contacts["b"].Entry
	do := func(step, entry string, priority int, changes bool, want ...string) {
		t.Helper()
		f := b.Add(fact.TypePriority, fact.PriorityChanged{Entry: entry, Call: "b/c1", Queue: "support", Priority: priority, Urgency: priority,
			By: fact.BySupervisor, Actor: "sue", RankedAt: held.RankedAt}).Take()
		touched := s.Apply(number(s.Position(), f)[0])
		var order []string
		for _, c := range s.wallboard().Queues[0].Callers {
			order = append(order, c.Contact)
		}
		if asJSON(t, order) != asJSON(t, want) || touched.Queues != changes {
			t.Errorf("%s: order %v, touched %+v", step, order, touched)
		}
		if d := drift(s.Snapshot(), Fold(s.Snapshot()).Snapshot()); d != "" {
			t.Errorf("%s: drift %s", step, d)
		}
	}
	do("more urgent", "b/e1", 3, true, "b", "a")
	if c := s.wallboard().Queues[0].Callers[0]; c.Priority != 3 || held.Priority != 0 {
		t.Errorf("the wallboard shows %+v; what a reader holds is %+v", c, held)
	}
	do("another entry", "b/e0", -1, false, "b", "a")
	do("less urgent", "b/e1", -1, true, "a", "b")
}

// TestFoldOfRingAll: several phones ring for one caller, and one after the other stops.
func TestFoldOfRingAll(t *testing.T) {
	s := Fold(livetest.World())
	c := livetest.Call("a", 0).Arrive().Queue("support", 0)
	do := func(step string, written *livetest.Script, agent string, rings ...string) {
		t.Helper()
		for _, f := range number(s.Position(), written.Take()) {
			s.Apply(f)
			if d := drift(s.Snapshot(), Fold(s.Snapshot()).Snapshot()); d != "" {
				t.Errorf("%s: drift %s", step, d)
			}
		}
		q := s.wallboard().Queues[0]
		var got Caller
		if len(q.Callers) > 0 {
			got = q.Callers[0]
		}
		if got.Agent != agent || !slices.Equal(got.Rings, rings) || q.Ringing != min(1, len(rings)) {
			t.Errorf("%s: the wallboard shows %+v, %d ringing", step, got, q.Ringing)
		}
	}
	do("both ring", c.Offer("support", "anna", "1").Offer("support", "boris", "2"), "anna", "anna", "boris")
	for _, agent := range []string{"anna", "boris"} {
		if v, ok := s.agentView(agent); !ok || v.Contact == nil || v.Contact.Stage != StageRinging {
			t.Errorf("%s sees %+v", agent, v.Contact)
		}
	}
	do("anna misses it", c.Miss("support", "anna", "1"), "boris", "boris")
	do("boris has it", c.Answer("support", "boris", "2"), "")
}

func TestWallboardCounts(t *testing.T) {
	s := Fold(livetest.World())
	waiting := livetest.Call("w", 0).Arrive().Queue("support", 0)
	ringing := livetest.Call("r", time.Minute).Arrive().Queue("support", 0).Offer("support", "anna", "1")
	talking := livetest.Call("t", 2*time.Minute).Arrive().Queue("support", 0).Offer("support", "boris", "1").Answer("support", "boris", "1")
	ivr := livetest.Call("i", 3*time.Minute).Arrive()
	for _, c := range []*livetest.Script{waiting, ringing, talking, ivr} {
		applyAll(s, number(s.Position(), c.Facts()))
	}
	w := s.wallboard()
	if w.Contacts != (StageCount{IVR: 1, Waiting: 1, Ringing: 1, Talking: 1}) {
		t.Errorf("contacts %+v", w.Contacts)
	}
	q := w.Queues[0]
	if q.Waiting != 2 || q.Ringing != 1 || q.Talking != 1 || q.OldestQueuedAt == nil || !q.OldestQueuedAt.Equal(waiting.Facts()[1].Time) {
		t.Errorf("queue %+v", q)
	}
	if q.Agents != (AgentCount{LoggedIn: 2, Ringing: 1, Talking: 1}) {
		t.Errorf("agents %+v", q.Agents)
	}
	if sales := w.Queues[1]; sales.OldestQueuedAt != nil || sales.Callers == nil || sales.Agents.LoggedIn != 1 {
		t.Errorf("sales %+v", sales)
	}
}

// Somebody at a number outside is asked, answers, has the caller when the agent leaves, and ends the call.
func TestFoldOfAnAskingOutside(t *testing.T) {
	call := livetest.Call("pbx1-1.1", time.Minute).Arrive().Queue("support", 0).Offer("support", "anna", "1").Answer("support", "anna", "1")
	s := Fold(livetest.World())
	applyAll(s, number(s.Position(), call.Take()))
	do := func(step string, want string, facts *livetest.Script) {
		t.Helper()
		applyAll(s, number(s.Position(), facts.Take()))
		got := "none"
		if v, _ := s.agentView("anna"); v.Contact != nil {
			got = v.Contact.Stage
			if tr := v.Contact.Transfer; tr != nil {
				got += fmt.Sprintf(" asks %s %t", tr.Target, tr.Answered)
			}
			if vain := v.Contact.Vain; vain != nil {
				got += fmt.Sprintf(" asked %s: %s", vain.Target, vain.Result)
			}
			for _, o := range v.Contact.Outside {
				got += " with " + o.Target
			}
		}
		if c := s.Snapshot().Contacts; len(c) > 0 {
			got += ", " + c[0].Stage
		}
		if got != want {
			t.Errorf("%s: %q, want %q", step, got, want)
		}
	}
	id := "pbx1-1.1/t1"
	ended := fact.TransferEnded{Transfer: id, Agent: "anna", Mode: fact.TransferAttended, To: fact.TransferToNumber, Target: "*555", Result: fact.TransferCompleted}
	busy := ended
	busy.Result = fact.TransferBusy
	do("is busy", "talking asked *555: busy, talking", call.Add(fact.TypeTransferEnded, busy))
	later := Fold(s.Snapshot())
	later.inherit(s)
	if v, _ := later.agentView("anna"); v.Contact.Vain == nil {
		t.Error("a new snapshot forgets that nobody was reached")
	}
	do("rings", "talking asks *555 false, talking", call.Add(fact.TypeTransferStarted, fact.TransferStarted{
		Transfer: id, Agent: "anna", Mode: fact.TransferAttended, To: fact.TransferToNumber, Target: "*555"}))
	held, _ := s.agentView("anna")
	do("answers", "talking asks *555 true, talking", call.Add(fact.TypeOutsideAnswered, fact.OutsideAnswered{Transfer: id, Target: "*555"}))
	if held.Contact.Transfer.Answered {
		t.Error("what a reader holds was changed")
	}
	do("another one answers", "talking asks *555 true, talking", call.Add(fact.TypeOutsideAnswered, fact.OutsideAnswered{Transfer: "pbx1-1.1/t0"}))
	do("has the caller", "talking with *555, talking", call.Add(fact.TypeTransferEnded, ended))
	do("the agent leaves", "wrap_up with *555, talking", call.Complete("anna", "", "support"))
	do("hangs up", "wrap_up, ivr", call.Add(fact.TypeOutsideEnded, fact.OutsideEnded{Transfer: id, Target: "*555", Result: fact.OfferAnswered}))
}

// A recording goes on from its first fact to its last, paused in between, and the agent sees it at once. The end of an earlier
// one, of the queue the caller came from, does not end it.
func TestFoldOfARecording(t *testing.T) {
	call := livetest.Call("pbx1-1.1", time.Minute).Arrive().Queue("support", 0).Offer("support", "anna", "1").Answer("support", "anna", "1")
	s := Fold(livetest.World())
	applyAll(s, number(s.Position(), call.Take()))
	do := func(step string, typ fact.Type, d fact.Data, want string) {
		t.Helper()
		var touched Touched
		for _, f := range number(s.Position(), call.Add(typ, d).Take()) {
			touched = s.Apply(f)
		}
		v, _ := s.agentView("anna")
		got := "none"
		if r := v.Contact.Recording; r != nil {
			got = r.Recording + " " + r.Queue
			if r.Paused {
				got += " paused"
			}
		}
		if got != want {
			t.Errorf("%s: anna sees %q, want %q", step, got, want)
		}
		if changes := len(touched.Agents) == 1 && touched.Agents[0] == "anna"; changes == strings.HasPrefix(step, "nothing") {
			t.Errorf("%s: touched %v", step, touched.Agents)
		}
		if d := drift(s.Snapshot(), Fold(s.Snapshot()).Snapshot()); d != "" {
			t.Errorf("%s: drift %s", step, d)
		}
	}
	if v, _ := s.agentView("anna"); v.Contact.Recording != nil {
		t.Errorf("recorded before it began: %+v", v.Contact.Recording)
	}
	do("starts", fact.TypeRecordingStarted, fact.RecordingStarted{Recording: "pbx1-1.1/r1", Queue: "support", Agent: "anna", Cause: fact.RecordAll}, "pbx1-1.1/r1 support")
	held, _ := s.agentView("anna")
	do("is paused", fact.TypeRecordingPaused, fact.RecordingPaused{Recording: "pbx1-1.1/r1", Queue: "support", By: fact.ByDesk}, "pbx1-1.1/r1 support paused")
	if held.Contact.Recording.Paused {
		t.Error("what a reader holds was changed")
	}
	do("goes on", fact.TypeRecordingResumed, fact.RecordingResumed{Recording: "pbx1-1.1/r1", Queue: "support", By: fact.ByDesk}, "pbx1-1.1/r1 support")
	do("next one", fact.TypeRecordingStarted, fact.RecordingStarted{Recording: "pbx1-1.1/r2", Queue: "sales", Agent: "anna", Cause: fact.RecordAll}, "pbx1-1.1/r2 sales")
	do("nothing: pause of the first", fact.TypeRecordingPaused, fact.RecordingPaused{Recording: "pbx1-1.1/r1"}, "pbx1-1.1/r2 sales")
	do("nothing: end of the first", fact.TypeRecordingEnded, fact.RecordingEnded{Recording: "pbx1-1.1/r1"}, "pbx1-1.1/r2 sales")
	do("nothing: its file", fact.TypeRecordingStored, fact.RecordingStored{Recording: "pbx1-1.1/r1"}, "pbx1-1.1/r2 sales")
	do("ends", fact.TypeRecordingEnded, fact.RecordingEnded{Recording: "pbx1-1.1/r2"}, "none")
}

// Who is muted sees it on his desk, and nobody else on theirs; also after the state is taken in anew.
func TestFoldOfAMute(t *testing.T) {
	call := livetest.Call("pbx1-1.1", time.Minute).Arrive().Queue("support", 0).Offer("support", "anna", "1").Answer("support", "anna", "1")
	s := Fold(livetest.World())
	applyAll(s, number(s.Position(), call.Take()))
	muted := func() bool {
		t.Helper()
		if d := drift(s.Snapshot(), Fold(s.Snapshot()).Snapshot()); d != "" {
			t.Errorf("drift %s", d)
		}
		v, ok := s.agentView("anna")
		return ok && v.Contact.Muted
	}
	if muted() {
		t.Error("muted before it began")
	}
	var touched Touched
	for _, f := range number(s.Position(), call.Add(fact.TypeMuteStarted, fact.MuteStarted{Agent: "anna", Queue: "support", By: fact.ByDesk}).Take()) {
		touched = s.Apply(f)
	}
	if !muted() || len(touched.Agents) != 1 || touched.Agents[0] != "anna" {
		t.Errorf("anna is not muted; touched %v", touched.Agents)
	}
	held, _ := s.agentView("anna")
	call.Add(fact.TypeMuteEnded, fact.MuteEnded{Agent: "anna", Queue: "support", By: fact.ByDesk})
	applyAll(s, number(s.Position(), call.Take()))
	if muted() || !held.Contact.Muted {
		t.Error("anna is muted still, or what a reader holds was changed")
	}
}

// A callback's whole life: outside the line, in it, back out of it, tried, answered. At each station the fold is what a snapshot says.
func TestFoldOfACallback(t *testing.T) {
	call := livetest.Call("pbx1-9.1", time.Minute)
	s := Fold(livetest.World())
	until := livetest.Began().Add(time.Hour)
	do := func(step string, write func(), want string) {
		t.Helper()
		held := s.wallboard()
		before := asJSON(t, held)
		write()
		applyAll(s, number(s.Position(), call.Take()))
		w := s.wallboard()
		got := fmt.Sprintf("ivr %d put off %d", w.Contacts.IVR, w.Contacts.PutOff)
		for _, q := range w.Queues {
			if q.Waiting+q.PutOff > 0 {
				got += fmt.Sprintf(" · %s: waiting %d ringing %d callbacks %d put off %d", q.ID, q.Waiting, q.Ringing, q.Callbacks, q.PutOff)
			}
			for _, c := range q.Callers {
				got += fmt.Sprintf(" · %d. %s", c.Position, c.Stage)
			}
		}
		if c := s.contacts["pbx1-9.1"]; c != nil && c.Callback != nil {
			b := c.Callback
			got += fmt.Sprintf(" · %s in %s %d of %d", b.Origin, b.Queue, b.Attempts, b.Of)
			if b.Why != "" {
				got += fmt.Sprintf(" %s %t %v", b.Why, b.Until != nil, b.Incidents)
			}
			if b.Reached {
				got += " reached"
			}
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", step, got, want)
		}
		if asJSON(t, held) != before {
			t.Errorf("%s: what a reader holds was changed", step)
		}
		if d := drift(s.Snapshot(), Fold(s.Snapshot()).Snapshot()); d != "" {
			t.Errorf("%s: drift %s", step, d)
		}
	}
	const inSupport = "ivr 0 put off 0 · support: waiting 1 ringing 0 callbacks 1 put off 0 · 1. waiting · pbx1-0.1 in support "
	do("is promised", func() { call.Promise("support").PutOff("support", fact.PutOffIncident, nil, "outage") },
		"ivr 0 put off 1 · support: waiting 0 ringing 0 callbacks 0 put off 1 · pbx1-0.1 in support 0 of 3 incident false [outage]")
	do("waits", func() { call.Queue("support", 0) }, inSupport+"0 of 3")
	do("an agent is rung", func() { call.Offer("support", "anna", "1") },
		"ivr 0 put off 0 · support: waiting 1 ringing 1 callbacks 1 put off 0 · 1. ringing · pbx1-0.1 in support 0 of 3")
	do("she hangs up", func() { call.Try("support", "anna", fact.CallbackAgentLeft).Miss("support", "anna", "1") }, inSupport+"0 of 3")
	do("is called off", func() { call.Try("support", "anna", fact.CallbackCalledOff) }, inSupport+"0 of 3")
	do("is not reached", func() { call.Try("support", "anna", fact.CallbackNoAnswer).PutOff("support", fact.PutOffRetry, &until) },
		"ivr 0 put off 1 · support: waiting 0 ringing 0 callbacks 0 put off 1 · pbx1-0.1 in support 1 of 3 retry true []")
	do("waits elsewhere", func() { call.Queue("sales", 0) },
		"ivr 0 put off 0 · sales: waiting 1 ringing 0 callbacks 1 put off 0 · 1. waiting · pbx1-0.1 in sales 1 of 3")
	do("is on the line", func() { call.Try("sales", "", fact.CallbackReached) },
		"ivr 0 put off 0 · sales: waiting 1 ringing 0 callbacks 0 put off 0 · 1. waiting · pbx1-0.1 in sales 2 of 3 reached")
	do("talks", func() {
		call.Add(fact.TypeEntryEnded, fact.EntryEnded{Entry: "pbx1-9.1/e1", Queue: "sales", Outcome: fact.EntryAnswered, Agent: "anna"})
		call.CallBackEnds("sales", fact.CallbackConnected)
	}, "ivr 0 put off 0")
	if c := s.contacts["pbx1-9.1"]; c.Callback != nil || c.Stage != StageTalking || c.Agent != "anna" {
		t.Errorf("at the end: %+v", c.SnapshotContact)
	}
}

// What was found out about the caller is known of his callback too, which no fact tells again.
func TestFoldOfACallbackKnowsTheCaller(t *testing.T) {
	s := Fold(livetest.World())
	asked := livetest.Call("pbx1-0.1", 0).Arrive()
	asked.Add(fact.TypeIdentified, fact.Identified{Result: fact.LookupFound, Customer: "c-7", Ticket: &fact.TicketRef{ID: "4711"}})
	applyAll(s, number(s.Position(), asked.Take()))
	call := livetest.Call("pbx1-0.1-cb1", time.Minute).Promise("support").Queue("support", 0)
	applyAll(s, number(s.Position(), call.Take()))
	if c := s.wallboard().Queues[0].Callers[0]; c.Customer != "c-7" || c.Ticket == nil || c.Callback == nil {
		t.Errorf("%+v", c)
	}
}

// An incident is as the newest fact says; one that the snapshot did not have is not shown before the next.
func TestFoldOfIncidents(t *testing.T) {
	world := livetest.World()
	world.Incidents = []fact.SnapshotIncident{{ID: "outage", Name: "Outage"}, {ID: "delay", Name: "Delay"}}
	s := Fold(world)
	began := fact.Fact{Type: fact.TypeIncidentBegan, Time: world.At, Data: fact.IncidentBegan{Incident: "outage", Actor: "sue"}}
	other := fact.Fact{Type: fact.TypeIncidentBegan, Time: world.At, Data: fact.IncidentBegan{Incident: "new"}}
	before := s.wallboard().Incidents
	applyAll(s, number(world.Position, []fact.Fact{began, other}))
	got := s.wallboard().Incidents
	if len(got) != 2 || !got[0].On || got[0].Actor != "sue" || !got[0].Since.Equal(world.At) || got[1].On || before[0].On {
		t.Errorf("on: %+v, before: %+v", got, before)
	}
	if d := drift(s.Snapshot(), world); !strings.HasPrefix(d, "incident outage") {
		t.Errorf("drift: %q", d)
	}
	ended := fact.Fact{Type: fact.TypeIncidentEnded, Time: world.At, Data: fact.IncidentEnded{Incident: "outage"}}
	applyAll(s, number(world.Position+2, []fact.Fact{ended}))
	if got := s.wallboard().Incidents; got[0] != world.Incidents[0] || drift(s.Snapshot(), world) != "" {
		t.Errorf("off: %+v", got)
	}
}

func TestDriftNamesTheDifference(t *testing.T) {
	base := Fold(livetest.World())
	applyAll(base, number(10, livetest.Call("x", 0).Arrive().Queue("support", 0).Offer("support", "anna", "1").Facts()))
	for name, change := range map[string]func(*fact.Snapshot){
		"agent anna: state":      func(s *fact.Snapshot) { s.Agents[0].State = fact.AgentReady },
		"agent anna: contact":    func(s *fact.Snapshot) { s.Agents[0].Contact = "" },
		"agent boris: reason":    func(s *fact.Snapshot) { s.Agents[1].Reason = "break" },
		"2 agents, not 1":        func(s *fact.Snapshot) { s.Agents = s.Agents[:1] },
		"1 contacts, not 0":      func(s *fact.Snapshot) { s.Contacts = nil },
		"contact x: stage":       func(s *fact.Snapshot) { s.Contacts[0].Stage = StageTalking },
		"contact x: customer":    func(s *fact.Snapshot) { s.Contacts[0].Customer = "c" },
		"contact x: entry open":  func(s *fact.Snapshot) { s.Contacts[0].Entry = nil },
		"contact x: entry x/e1,": func(s *fact.Snapshot) { s.Contacts[0].Entry.Entry = "x/e2" },
		"contact x: rings":       func(s *fact.Snapshot) { s.Contacts[0].Agent = "boris" },
		"contact x: no recording, not recording x/r1 paused": func(s *fact.Snapshot) {
			s.Contacts[0].Recording = &fact.SnapshotRecording{Recording: "x/r1", Paused: true}
		},
		"contact x: no callback, not callback in support after 1 attempts": func(s *fact.Snapshot) {
			s.Contacts[0].Callback = &fact.SnapshotCallback{Queue: "support", Attempts: 1}
		},
	} {
		other := base.Snapshot()
		change(&other)
		got := drift(base.Snapshot(), other)
		if len(got) < len(name) || got[:len(name)] != name {
			t.Errorf("want %q, got %q", name, got)
		}
	}
	if got := drift(base.Snapshot(), base.Snapshot()); got != "" {
		t.Errorf("no difference gives %q", got)
	}
}

// Every fact of the schema may come in any state without harm.
func FuzzApply(f *testing.F) {
	f.Add(uint8(0), "pbx1-1.1")
	f.Fuzz(func(_ *testing.T, kind uint8, subject string) {
		s := Fold(livetest.World())
		types := fact.Types()
		typ := types[int(kind)%len(types)]
		s.Apply(fact.Fact{Type: typ, Subject: subject, Position: 11, Time: livetest.Began(), Data: fact.Zero(typ)})
		s.Apply(fact.Fact{Type: typ, Subject: "anna", Position: 12, Time: livetest.Began(), Data: fact.Zero(typ)})
		s.wallboard()
		s.Snapshot()
	})
}
