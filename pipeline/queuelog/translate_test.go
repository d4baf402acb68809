package queuelog_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/queuelog"
	"firstline/pipeline/queuelog/queuelogtest"
)

func text(lines []queuelog.Line) string {
	var b []byte
	for _, l := range lines {
		b = l.Append(b)
	}
	return string(b)
}

// translate gives the lines of all facts.
func translate(t *queuelog.Translator, facts []fact.Fact) string {
	var b strings.Builder
	for _, f := range facts {
		b.WriteString(text(t.Apply(f)))
	}
	return b.String()
}

func newTranslator(s queuelog.State) *queuelog.Translator {
	return queuelog.NewTranslator(queuelog.DefaultConfig(), s)
}

// TestTranslatorAsTheObvious: on days made from chance, the translator writes what its simple twin does, every line keeps to
// Asterisk's page, and the calls that a report tool puts together are the entries that the facts tell of.
func TestTranslatorAsTheObvious(t *testing.T) {
	for seed := range uint64(200) {
		d := newDay(seed)
		d.run(400)
		d.end()
		tr := newTranslator(queuelog.State{})
		tr.Know(d.snapshot())
		got := translate(tr, d.facts)
		if want := twin(d.facts, d.snapshot().Agents); got != want {
			t.Fatalf("seed %d: %s", seed, firstDifference(got, want))
		}
		lines, err := queuelogtest.Parse(got)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		calls, err := queuelogtest.Calls(lines)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if got, want := len(calls), entries(d.facts); got != want {
			t.Fatalf("seed %d: %d calls, %d entries", seed, got, want)
		}
		if left, open := tr.Sync(d.snapshot()); len(left) != 0 || open != 0 || len(tr.State().Contacts) != 0 {
			t.Fatalf("seed %d: in the end the state differs from the snapshot: %s, %d open, %d contacts", seed, text(left), open, len(tr.State().Contacts))
		}
	}
}

func entries(facts []fact.Fact) (n int) {
	for _, f := range facts {
		if d, ok := f.Data.(fact.Queued); ok && d.Kind == fact.KindInbound {
			n++
		}
	}
	return n
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "line " + g[i] + "\nwant " + w[i]
		}
	}
	return "one is longer"
}

// TestStateIsAllThatIsKept: a translator that goes on from the stored state writes the same lines, wherever it stopped.
func TestStateIsAllThatIsKept(t *testing.T) {
	for seed := range uint64(20) {
		d := newDay(seed)
		d.run(200)
		whole := newTranslator(queuelog.State{})
		whole.Know(d.snapshot())
		tr := newTranslator(queuelog.State{})
		tr.Know(d.snapshot())
		for i, f := range d.facts {
			want, got := whole.Apply(f), tr.Apply(f)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, fact %d: %s, want %s", seed, i, text(got), text(want))
			}
			stored, err := json.Marshal(tr.State())
			if err != nil {
				t.Fatal(err)
			}
			var s queuelog.State
			if err := json.Unmarshal(stored, &s); err != nil {
				t.Fatal(err)
			}
			tr = newTranslator(s)
		}
	}
}

// TestSyncFromTheMiddle: whoever begins in the middle of a day and is given a snapshot writes from then on what one writes who
// was there from the start.
func TestSyncFromTheMiddle(t *testing.T) {
	for seed := range uint64(50) {
		d := newDay(seed)
		d.run(150)
		d.end()
		start := len(d.facts)
		late := newTranslator(queuelog.State{})
		early := newTranslator(queuelog.State{})
		early.Know(d.snapshot())
		translate(early, d.facts)
		late.Sync(d.snapshot())
		d.run(150)
		if got, want := translate(late, d.facts[start:]), translate(early, d.facts[start:]); got != want {
			t.Fatalf("seed %d: %s", seed, firstDifference(got, want))
		}
	}
}

// TestSyncTellsWhatNoFactTells: a reload changes an agent's queues and takes another one out of the plan; who is paused and
// was never heard of gets his lines.
func TestSyncTellsWhatNoFactTells(t *testing.T) {
	tr := newTranslator(queuelog.State{})
	s := fact.Snapshot{At: noon, Agents: []fact.SnapshotAgent{
		{ID: "anna", Endpoint: "PJSIP/301", Queues: []string{"a", "b"}, State: fact.AgentReady},
		{ID: "bert", Endpoint: "PJSIP/302", Queues: []string{"a"}, State: fact.AgentPaused, Reason: "lunch"},
		{ID: "carl", Endpoint: "PJSIP/303", Queues: []string{"a"}, State: fact.AgentLoggedOut},
		{ID: "dora", Endpoint: "PJSIP/304", Queues: []string{"a"}, State: fact.AgentWrapUp},
	}}
	sync := func(want string) {
		t.Helper()
		lines, _ := tr.Sync(s)
		if got := text(lines); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
	sync(`1763812800|NONE|NONE|NONE|QUEUESTART|
1763812800|MANAGER|a|PJSIP/301|ADDMEMBER|
1763812800|MANAGER|b|PJSIP/301|ADDMEMBER|
1763812800|MANAGER|a|PJSIP/302|ADDMEMBER|
1763812800|NONE|NONE|PJSIP/302|PAUSEALL|lunch
1763812800|NONE|a|PJSIP/302|PAUSE|lunch
1763812800|MANAGER|a|PJSIP/304|ADDMEMBER|
`)
	sync("")
	s.Agents = s.Agents[:2]
	s.Agents[0].Queues = []string{"b", "c"}
	s.Agents[1].Queues = []string{"a", "c"}
	sync(`1763812800|MANAGER|a|PJSIP/301|REMOVEMEMBER|
1763812800|MANAGER|c|PJSIP/301|ADDMEMBER|
1763812800|MANAGER|c|PJSIP/302|ADDMEMBER|PAUSED
1763812800|MANAGER|a|PJSIP/304|REMOVEMEMBER|
`)
	if n := len(tr.State().Agents); n != 2 {
		t.Errorf("%d agents are kept", n)
	}
}

// TestColumns: the agent column by each setting, and no number where none is wanted.
func TestColumns(t *testing.T) {
	for column, want := range map[queuelog.Column]string{queuelog.ByEndpoint: "PJSIP/301", queuelog.ByID: "anna", queuelog.ByName: "Agent anna"} {
		d := newDay(1)
		cfg := queuelog.DefaultConfig()
		cfg.Agent, cfg.CallerNumber = column, false
		tr := queuelog.NewTranslator(cfg, queuelog.State{})
		tr.Know(d.snapshot())
		d.arrive()
		c := d.callers[0]
		d.facts[0].Data = fact.Arrived{Channel: c.id, Kind: fact.KindInbound, CallerNumber: "49301"}
		c.kind = fact.KindInbound
		d.queue(c, "support")
		d.emit(fact.TypeOfferEnded, c.id, fact.OfferEnded{Queue: "support", Agent: "anna", Result: fact.OfferMissed, RingMS: 1500})
		d.emit(fact.TypeOfferEnded, c.id, fact.OfferEnded{Queue: "support", Agent: "PJSIP/999", Result: fact.OfferMissed, RingMS: 1})
		got := translate(tr, d.facts)
		for _, part := range []string{"|support|" + want + "|RINGNOANSWER|1500\n", "|support|PJSIP/999|RINGNOANSWER|1\n", "|NONE|ENTERQUEUE|||"} {
			if !strings.Contains(got, part) {
				t.Errorf("%s: no %q in\n%s", column, part, got)
			}
		}
	}
}

// TestFallbackCall: a call that Asterisk's own queue took while no controller ran has its lines too, at the times of what
// they tell; the agent's channel is not known.
func TestFallbackCall(t *testing.T) {
	d := newDay(1)
	tr := newTranslator(queuelog.State{Begun: true})
	tr.Know(d.snapshot())
	id := "pbx1-1763812800.7"
	d.emit(fact.TypeArrived, id, fact.Arrived{Channel: id, Kind: fact.KindInbound, CallerNumber: "49301", Fallback: true, Derived: true})
	d.emit(fact.TypeQueued, id, fact.Queued{Kind: fact.KindInbound, Queue: "support", Position: 2, Derived: true})
	d.at = noon.Add(7 * time.Second)
	d.emit(fact.TypeEntryEnded, id, fact.EntryEnded{Call: "c", Kind: fact.KindInbound, Queue: "support", Outcome: fact.EntryAnswered, Agent: "anna",
		QueuedAt: noon, EndedAt: d.at, First: 2, Last: 2, Derived: true})
	d.at = noon.Add(67 * time.Second)
	d.emit(fact.TypeCallEnded, id, fact.CallEnded{Call: "c", EndedAt: d.at, Termination: fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonAgentHungUp}})
	const want = `1763812800|pbx1-1763812800.7|support|NONE|ENTERQUEUE||49301|2
1763812807|pbx1-1763812800.7|support|PJSIP/301|CONNECT|7|NONE|0
1763812867|pbx1-1763812800.7|support|PJSIP/301|COMPLETEAGENT|7|60|2
`
	got := translate(tr, d.facts)
	if _, err := queuelogtest.Parse(got); got != want || err != nil {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestEveryFactCanCome: an empty body of every type is taken in, and what it gives has the fields of a line.
func TestEveryFactCanCome(t *testing.T) {
	tr := newTranslator(queuelog.State{})
	for _, typ := range fact.Types() {
		for _, l := range tr.Apply(fact.Fact{Type: typ, Subject: "x", Time: noon, Data: fact.Zero(typ)}) {
			if s := l.String(); strings.Count(s, "|") < 5 || strings.Contains(s, "\n") {
				t.Errorf("%s gives %q", typ, s)
			}
		}
	}
}

// FuzzLine: whatever stands in a field, the line has its fields and one end.
func FuzzLine(f *testing.F) {
	f.Add("pbx1-1.1", "sup|port", "Anna\nBecker", "a\x00b")
	f.Add("", "", "", strings.Repeat("я", 300))
	f.Add("\xff", "\u2028", "\r", "|")
	f.Fuzz(func(t *testing.T, call, queue, agent, data string) {
		got := text([]queuelog.Line{{At: noon, Call: call, Queue: queue, Agent: agent, Event: "PAUSE", Data: []string{data, data}}})
		body, ok := strings.CutSuffix(got, "\n")
		if !ok || strings.ContainsAny(body, "\n\r\x00") || strings.Count(body, "|") != 6 || len(got) > 2048 || strings.ToValidUTF8(got, "") != got {
			t.Errorf("%q", got)
		}
	})
}

// TestParserReadsAsterisk: the parser of these tests reads what a real app_queue 22.10 wrote, and puts its calls together.
func TestParserReadsAsterisk(t *testing.T) {
	lines, err := queuelogtest.Parse(read(t, "testdata/asterisk.queue_log"))
	if err != nil {
		t.Fatal(err)
	}
	calls, err := queuelogtest.Calls(lines)
	if err != nil {
		t.Fatal(err)
	}
	busy := "Local/busy@x"
	want := []queuelogtest.Call{
		{ID: "1795623175.3", Queue: "busy", Number: "49301", Missed: []string{busy, busy, busy}, Left: "EXITWITHTIMEOUT"},
		{ID: "1795623175.5", Queue: "good", Number: "49301", Agent: "Local/ans@x", Completed: "COMPLETEAGENT"},
		{ID: "1795623175.7", Queue: "ringing", Number: "49301", Cancelled: []string{"Local/105@x"}, Left: "ABANDON"},
		{ID: "1795623175.9", Queue: "sales", Number: "49301", Missed: []string{"Anna"}, Left: "EXITWITHTIMEOUT"},
	}
	if !reflect.DeepEqual(calls, want) {
		t.Errorf("%+v", calls)
	}
}

// TestParserRefuses: each line breaks the page in one way.
func TestParserRefuses(t *testing.T) {
	for _, line := range []string{
		"", "1795623175", "yesterday|NONE|NONE|NONE|QUEUESTART|\n", "1795623175|NONE|NONE|NONE|QUEUESTART|", "1795623175|NONE|NONE|NONE|QUEUESTART\n",
		"1795623175|NONE|NONE|NONE|QUEUEEND|\n", "1795623175|1.1|q|NONE|ENTERQUEUE||49301|0\n", "1795623175|1.1|q|a|ENTERQUEUE||49301|1\n",
		"1795623175|1.1|q|a|CONNECT|1|2.2\n", "1795623175|1.1|q|a|CONNECT|1||2\n", "1795623175|1.1|q|NONE|ABANDON|1|1|-3\n",
		"1795623175|NONE|q|NONE|ABANDON|1|1|3\n", "1795623175|1.1|q|a|RINGNOANSWER|1.5\n", "1795623175|1.1|q|a|ADDMEMBER|yes\n",
		"1795623175|1.1|q|a|COMPLETEAGENT|1|2|3|4\n", "1795623175|1.1|q|a|COMPLETECALLER|01|2|3\n",
	} {
		if got, err := queuelogtest.Parse(line); line != "" && err == nil {
			t.Errorf("%q is read as %+v", line, got)
		}
	}
}
