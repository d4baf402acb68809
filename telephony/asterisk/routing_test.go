package asterisk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
)

// strategies is a line with a queue for each way of choosing among two agents. Nobody but boris speaks Russian.
const strategies = `
queues:
  - {id: ordered, strategy: ordered, join_empty: true}
  - {id: round, strategy: round_robin, join_empty: true}
  - {id: recent, strategy: least_recent, join_empty: true}
  - {id: fewest, strategy: fewest_calls, join_empty: true}
  - {id: least, strategy: least_talk, join_empty: true}
  - {id: random, strategy: random, join_empty: true}
  - {id: weighted, strategy: weighted, join_empty: true}
  - {id: tiered, max_tier: 1, relax: [{after: 2s, max_tier: 2}], join_empty: true}
  - {id: russian, requires: "russian > 0", relax: [{after: 1500ms, requires: "true"}], join_empty: true}
  - {id: known, strategy: ordered, prefer_last: 5s, join_empty: true}
  - {id: urgent, weight: 1, join_empty: true}
agents:
  - {id: anna, endpoint: PJSIP/101, queues: &all [ordered, round, recent, fewest, least, random, weighted, tiered, russian, known, urgent]}
  - {id: boris, endpoint: PJSIP/102, queues: *all, skills: {russian: 2}, tiers: {tiered: 2}}
`

// everyQueue adds a number for each queue, which leads straight to it.
func everyQueue(plan string, queues ...string) string {
	var entries, flows strings.Builder
	for _, q := range queues {
		entries.WriteString("  - {number: \"" + q + "\", flow: " + q + "}\n")
		flows.WriteString("  - {id: " + q + ", start: q, nodes: {q: {type: queue, queue: " + q + "}}}\n")
	}
	return plan + "entries:\n" + entries.String() + "ivr:\n" + flows.String()
}

// chosen waits until a caller's phone call is over and says who rang for him, one after the other, and why.
func (c *centre) chosen(number string) []string {
	c.t.Helper()
	contact := c.contact(number)
	c.end(number)
	c.mu.Lock()
	defer c.mu.Unlock()
	var who []string
	for _, f := range c.facts {
		if o, ok := f.Data.(fact.Offered); ok && f.Subject == contact {
			who = append(who, o.Agent+" "+o.Decision.Rule)
		}
	}
	return who
}

// Every strategy chooses among real phones as it says.
func TestRealStrategies(t *testing.T) {
	c := newCentre(t, everyQueue(strategies, "ordered", "round", "recent", "fewest", "least", "random", "weighted", "known"))
	c.anna(sipp.Act{Do: sipp.DoAnswer, Talk: time.Second})
	c.boris(sipp.Act{Do: sipp.DoAnswer, Talk: 2 * time.Second})
	c.sink.await(t, 0, "anna's phone", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))
	c.sink.await(t, 0, "boris' phone", is(callcenter.EndpointState{Endpoint: "PJSIP/102", Registered: true, Channels: []string{}}))
	c.ask("anna", callcenter.ActionLogin, "")
	c.ask("boris", callcenter.ActionLogin, "")
	for _, call := range []struct{ number, dialed, want string }{
		{"4930001", "ordered", "anna ordered"},
		{"4930002", "ordered", "anna ordered"},
		{"4930003", "fewest", "boris fewest_calls"},
		{"4930004", "recent", "anna least_recent"},
		{"4930005", "recent", "boris least_recent"},
		{"4930006", "least", "anna least_talk"}, // 3 s against 4 s
		{"4930007", "round", "anna round_robin"},
		{"4930008", "round", "boris round_robin"},
		{"4930009", "ordered", "anna ordered"},
		{"4930010", "round", "anna round_robin"},
		{"4930008", "known", "boris preferred"}, // he talked to this number last
	} {
		before := len(c.tale("contact.ended"))
		c.call(sipp.Call{Name: call.dialed, Number: call.number, Dialed: call.dialed, Patience: time.Minute})()
		c.until("the call's end", func(fact.Fact) bool { return ended(c.facts) > before })
		wants(t, call.number+" to "+call.dialed, []string{c.lastChosen()}, call.want)
	}
	for _, by := range []string{"random", "weighted"} {
		c.call(sipp.Call{Name: by, Number: "49301" + by[:1], Dialed: by, Patience: time.Minute})()
		if who := c.chosen("49301" + by[:1]); len(who) != 1 || !strings.HasSuffix(who[0], " "+by) {
			t.Errorf("%s: %v", by, who)
		}
	}
}

// ended counts the contacts that have ended. Its caller holds the lock.
func ended(facts []fact.Fact) int {
	n := 0
	for _, f := range facts {
		if f.Type == fact.TypeContactEnded {
			n++
		}
	}
	return n
}

// lastChosen is who rang for the caller whose offer was the last, and why.
func (c *centre) lastChosen() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.facts) - 1; i >= 0; i-- {
		if o, ok := c.facts[i].Data.(fact.Offered); ok {
			return o.Agent + " " + o.Decision.Rule
		}
	}
	return ""
}

// Who lacks a skill, or is of a later tier, is rung once the queue says so, and not before. A heavier queue goes first.
func TestRealRelaxation(t *testing.T) {
	c := newCentre(t, everyQueue(strategies, "russian", "tiered", "urgent", "ordered"))
	c.anna(sipp.Act{Do: sipp.DoAnswer, Talk: 4 * time.Second})
	c.sink.await(t, 0, "anna's phone", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))
	c.ask("anna", callcenter.ActionLogin, "")
	russian := c.call(sipp.Call{Name: "russian", Number: "4930001", Dialed: "russian", Patience: time.Minute})
	c.state("anna", fact.AgentTalking, "")
	ordered := c.call(sipp.Call{Name: "ordered", Number: "4930002", Dialed: "ordered", Patience: time.Minute})
	first := c.contact("4930002")
	c.until("he waits", func(f fact.Fact) bool { return f.Subject == first && f.Type == fact.TypeQueued })
	urgent := c.call(sipp.Call{Name: "urgent", Number: "4930003", Dialed: "urgent", Patience: time.Minute})
	russian()
	urgent()
	ordered()
	wants(t, "the order", c.tale("queue.relaxed", "queue.ended"), "queue.relaxed", "queue.ended russian answered", "queue.ended urgent answered", "queue.ended ordered answered")
	waits := c.until("the relaxed caller's end of waiting", func(f fact.Fact) bool {
		e, ok := f.Data.(fact.EntryEnded)
		return ok && e.Queue == "russian"
	})
	if e, ok := waits.Data.(fact.EntryEnded); !ok || e.WaitMS < 1500 {
		t.Errorf("he was given to anna after %d ms, not before 1500", e.WaitMS)
	}
}

// waysOut is a queue that nobody answers, with every way back into the flow.
const waysOut = `
queues:
  - {id: line, max_wait: 8s, max_length: 1, leave_empty: 1s, comfort_media: [queue-thankyou], comfort_every: 8s}
agents:
  - {id: anna, endpoint: PJSIP/101, queues: [line]}
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: line
    nodes:
      line: {type: queue, queue: line, keys: {"1": chosen}, full: full, empty: empty, max_wait: waited}
      chosen: {type: play, media: [vm-goodbye], next: line}
      full: {type: hangup, media: [vm-goodbye]}
      empty: {type: hangup, media: [vm-goodbye]}
      waited: {type: hangup, media: [vm-goodbye]}
`

// A key, also while the phone rings; a full line; the longest wait; nobody there any more: each leads its way.
func TestRealWaysOutOfAQueue(t *testing.T) {
	c := newCentre(t, waysOut)
	c.anna(sipp.Act{Do: sipp.DoRing})
	c.sink.await(t, 0, "anna's phone", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))
	c.ask("anna", callcenter.ActionLogin, "")
	key := c.call(sipp.Call{Name: "key", Number: "4930001", Dialed: "1000", Patience: time.Minute, Presses: []sipp.Press{{After: 4 * time.Second, Digits: "1"}}})
	c.state("anna", fact.AgentRinging, "")
	c.call(sipp.Call{Name: "full", Number: "4930002", Dialed: "1000", Patience: time.Minute})()
	full := c.contact("4930002")
	c.end("4930002")
	wants(t, "the full line", c.taleOf(full, "queue.", "ivr.entered"), "ivr.entered line", "queue.refused", "ivr.entered full")
	key()
	first := c.contact("4930001")
	c.end("4930001")
	wants(t, "the key, and then the longest wait", c.taleOf(first, "queue.", "ivr.entered"), "ivr.entered line", "queue.queued line en",
		"queue.ended line exited", "ivr.entered chosen", "ivr.entered line", "queue.queued line en", "queue.ended line overflowed", "ivr.entered waited")

	alone := c.call(sipp.Call{Name: "alone", Number: "4930003", Dialed: "1000", Patience: time.Minute})
	third := c.contact("4930003")
	c.until("he waits", func(f fact.Fact) bool { return f.Subject == third && f.Type == fact.TypeQueued })
	c.ask("anna", callcenter.ActionLogout, "")
	alone()
	if e := c.end("4930003"); e.Termination != (fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonFlowEnded}) {
		t.Errorf("ended %+v", e)
	}
	wants(t, "nobody there", c.taleOf(third, "queue.", "ivr.entered"), "ivr.entered line", "queue.queued line en", "queue.ended line left_empty", "ivr.entered empty")
}

const toldWaits = `
queues: [{id: line, join_empty: true, announce_first: 1s, announce_wait: true}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [line]}]
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: q, nodes: {q: {type: queue, queue: line}}}]
`

// After a handful of calls the sixth caller is told how long it will take, and what he was told stands in his row.
func TestRealExpectedWait(t *testing.T) {
	c := newCentre(t, toldWaits)
	quick := sipp.Act{Do: sipp.DoAnswer, Talk: time.Second}
	c.anna(quick, quick, quick, quick, quick, sipp.Act{Do: sipp.DoAnswer, Talk: 15 * time.Second}, quick)
	c.sink.await(t, 0, "anna's phone", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))
	c.ask("anna", callcenter.ActionLogin, "")
	for _, number := range []string{"4930001", "4930002", "4930003", "4930004", "4930005"} {
		c.call(sipp.Call{Name: "quick", Number: number, Dialed: "1000", Patience: time.Minute})()
		c.end(number)
	}
	long := c.call(sipp.Call{Name: "long", Number: "4930006", Dialed: "1000", Patience: time.Minute})
	sixth := c.contact("4930006")
	c.until("the long talk", func(f fact.Fact) bool { return f.Subject == sixth && f.Type == fact.TypeSegmentStarted })
	waits := c.call(sipp.Call{Name: "waits", Number: "4930007", Dialed: "1000", Patience: time.Minute})
	seventh := c.contact("4930007")
	f := c.until("the wait is told", func(f fact.Fact) bool { return f.Subject == seventh && f.Type == fact.TypePositionTold })
	if told, ok := f.Data.(fact.PositionTold); !ok || told.Position != 1 || told.Agents != 1 || told.HandleMS < 500 || told.UntilMS <= told.FromMS {
		t.Errorf("told %+v", f.Data)
	}
	long()
	waits()
	c.end("4930007")
	f = c.until("his row", func(f fact.Fact) bool { return f.Subject == seventh && f.Type == fact.TypeEntryEnded })
	if row, ok := f.Data.(fact.EntryEnded); !ok || row.EstimateUntilMS == 0 || row.WaitMS < row.EstimateUntilMS {
		t.Errorf("his row is %+v: he waited for longer than he was told", f.Data)
	}
}

const whispered = `
queues: [{id: line, join_empty: true, whisper_media: [queue-youarenext]}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [line]}]
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: q, nodes: {q: {type: queue, queue: line}}}]
`

// The agent hears a sound to its end, and only then the caller, who waited on; the talk begins when it is over.
func TestRealWhisper(t *testing.T) {
	c := newCentre(t, whispered)
	c.anna(sipp.Act{Do: sipp.DoAnswer, Talk: 8 * time.Second})
	c.sink.await(t, 0, "anna's phone", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))
	c.ask("anna", callcenter.ActionLogin, "")
	c.call(sipp.Call{Name: "caller", Number: "4930001", Dialed: "1000", Patience: time.Minute})()
	contact := c.contact("4930001")
	c.end("4930001")
	f := c.until("the offer's end", func(f fact.Fact) bool { return f.Subject == contact && f.Type == fact.TypeOfferEnded })
	if o, ok := f.Data.(fact.OfferEnded); !ok || o.Result != fact.OfferAnswered || o.RingMS < 1000 { // the phone answers at once
		t.Errorf("the offer ended as %+v", f.Data)
	}
	heard := false
	for _, ev := range c.sink.all() {
		p, ok := ev.(callcenter.PlaybackEnded)
		heard = heard || ok && !p.Failed
	}
	if !heard {
		t.Error("the sound was not played to its end")
	}
}

// The phone of an agent who wants it so is asked to answer by itself; another's is not.
func TestRealAutoAnswer(t *testing.T) {
	for name, auto := range map[string]bool{"asked": true, "not asked": false} {
		t.Run(name, func(t *testing.T) {
			c := newCentre(t, strings.Replace(toldWaits, "endpoint: PJSIP/101", fmt.Sprintf("endpoint: PJSIP/101, auto_answer: %t", auto), 1))
			anna := c.anna(sipp.Act{Do: sipp.DoAnswer, Talk: talk})
			c.sink.await(t, 0, "anna's phone", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))
			c.ask("anna", callcenter.ActionLogin, "")
			c.call(sipp.Call{Name: "caller", Number: "4930001", Dialed: "1000", Patience: time.Minute})()
			c.end("4930001")
			results := anna()
			if len(results) != 1 {
				t.Fatalf("%+v", results)
			}
			if note := results[0].Events[0].Note; strings.Contains(note, "answer-after=0") != auto {
				t.Errorf("Call-Info is %q", note)
			}
		})
	}
}
