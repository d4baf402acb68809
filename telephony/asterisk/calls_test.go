package asterisk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
)

// talk is how long an agent talks who hangs up: on a busy machine the two are joined late, and who hangs up before that was never talked to.
const talk = 2 * time.Second

// support is the line of these tests. All its sounds are of Asterisk's core packages.
func support() string {
	day := func(ahead int) string { return time.Now().UTC().AddDate(0, 0, ahead).Format(time.DateOnly) }
	return fmt.Sprintf(`
pause_reasons: [break, {name: training, billable: true}]
queues:
  - {id: first, ring_timeout: 6s, wrap_up: 500ms, max_missed: 2, retry_delay: 1s, join_empty: true, announce_first: 1s, announce_every: 30s}
  - {id: short, ring_timeout: 1s, max_missed: 2, retry_delay: 1s, max_wait: 7s, overflow: other, join_empty: true}
  - {id: other, join_empty: true}
agents:
  - {id: anna, endpoint: PJSIP/101, extension: "201", queues: [first, short]}
  - {id: boris, endpoint: PJSIP/102, extension: "202", queues: [other]}
features: {login: "*11", logout: "*12", ready: "*13", pause: "*14"}
schedules:
  - {id: never, zone: UTC, open: [{days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", until: "24:00"}], closed: ["%s", "%s", "%s"]}
entries:
  - {number: "1000", flow: main}
  - {number: "2000", flow: straight}
  - {number: "3000", flow: hours}
  - {number: "4000", flow: spill}
  - {number: "5000", flow: sorted}
  - {number: "6000", flow: direct}
ivr:
  - id: straight
    start: q
    nodes: {q: {type: queue, queue: first}}
  - id: direct
    start: dial
    nodes:
      dial: {type: dial, prompt: [vm-extension], timeout: 10s, invalid_media: [beep], empty: gone, max_wait: gone, gave_up: bye}
      gone: {type: play, media: [vm-nobodyavail], next: dial}
      bye: {type: hangup}
  - id: spill
    start: q
    nodes: {q: {type: queue, queue: short}}
  - id: sorted
    start: mark
    nodes:
      mark: {type: set, set: {topic: bill}, priority: 2, next: order}
      order: {type: collect, prompt: [vm-press], max: 2, timeout: 20s, confirm: ["{digits}"], save: order, next: sort}
      sort:
        type: branch
        cases:
          - {when: 'int(vars.order) > 90 and vars.topic == "bill"', next: q}
          - {when: 'number endsWith "212"', next: bye}
        otherwise: q
      q: {type: queue, queue: first, priority: 1}
      bye: {type: hangup, media: [vm-goodbye]}
  - id: hours
    start: open
    nodes:
      open: {type: schedule, schedule: never, open: q, closed: shut}
      shut: {type: play, media: [ss-noservice], next: bye}
      q: {type: queue, queue: first}
      bye: {type: hangup, media: [vm-goodbye]}
  - id: main
    start: greeting
    nodes:
      greeting: {type: play, media: [demo-congrats], next: language}
      language:
        type: menu
        prompt: [vm-press, digits/1, digits/2]
        timeout: 1s
        tries: 2
        options: {"1": {language: en, next: topic}, "2": {language: ru, next: topic}}
        no_input_media: [beep]
        gave_up: bye
      topic:
        type: menu
        prompt: [vm-press, digits/1]
        timeout: 20s
        tries: 3
        options: {"1": {next: ticket}}
        invalid_media: [pbx-invalid]
        gave_up: bye
      ticket: {type: collect, prompt: [conf-getpin], min: 2, max: 8, terminator: "#", timeout: 20s, inter_digit: 5s, lookup: true, next: q, gave_up: bye}
      q: {type: queue, queue: first}
      bye: {type: hangup, media: [vm-goodbye]}
integrations: {tickets: {by_number: false, timeout: 1s}}
`, day(-1), day(0), day(1))
}

func wants(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// A key in the greeting is for the menu behind it and chooses the language; a wrong key, a right one in the next menu; a
// ticket number; the queue behind another caller, with the position told in Russian to the end; then an agent, who hangs up.
func TestRealWayThroughTheMenu(t *testing.T) {
	c := newCentre(t, support())
	agent := c.anna(sipp.Act{Do: sipp.DoAnswer, After: 100 * time.Millisecond, Talk: talk})
	first := c.call(sipp.Call{Name: "first", Number: "4930110", Dialed: "2000", Patience: time.Minute})
	caller := c.call(sipp.Call{Name: "caller", Number: "4930111", Dialed: "1000", Patience: time.Minute, Presses: []sipp.Press{
		{After: 500 * time.Millisecond, Digits: "2"}, {After: 500 * time.Millisecond, Digits: "9"},
		{After: 500 * time.Millisecond, Digits: "1"}, {After: 500 * time.Millisecond, Digits: "42#"},
	}})
	second := c.contact("4930111")
	position := c.until("the position is told", func(f fact.Fact) bool {
		told, ok := f.Data.(fact.PositionTold)
		return ok && f.Subject == second && told.Position == 2 // so the number is said, in Russian, too
	})
	var lasted time.Duration
	waitFor(t, "the announcement's end", func() bool {
		for i, ev := range c.sink.all() {
			if e, ok := ev.(callcenter.PlaybackEnded); ok && strings.Contains(e.Playback, second) {
				lasted = c.sink.occurred(i + 1).Sub(position.Time)
			}
		}
		return lasted > 0
	})
	if lasted < 2*time.Second {
		t.Errorf("the announcement lasted %s", lasted)
	}
	c.ask("anna", callcenter.ActionLogin, "")
	ended := c.end("4930111")
	if ended.Termination != (fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonAgentHungUp}) || ended.Language != "ru" {
		t.Errorf("ended %+v", ended)
	}
	c.end("4930110")
	wants(t, "the way", c.taleOf(second, "ivr.", "queue.", "offer.", "call."),
		"ivr.entered greeting", "ivr.entered language", "ivr.choice language 2", "ivr.entered topic", "ivr.input topic invalid",
		"ivr.choice topic 1", "ivr.entered ticket", "ivr.input ticket digits", "ivr.entered q", "ivr.left queued",
		"queue.queued first ru", "queue.position_told", "offer.made", "offer.ended anna answered", "queue.ended first answered",
		"call.ended inbound answered agent_hung_up")
	for _, r := range slices.Concat(first(), caller()) {
		if r.Last() != sipp.WasHungUp {
			t.Errorf("%s saw %+v", r.Name, r)
		}
	}
	if r := agent(); len(r) != 2 || r[0].Last() != sipp.HungUp || r[0].Number != "4930110" || r[1].Number != "4930111" {
		t.Errorf("the agent saw %+v", r)
	}
}

// A caller dials the extension of an agent who is not there, hears it, and that of one who serves no queue of this number.
func TestRealDialByExtension(t *testing.T) {
	c := newCentre(t, support())
	anna := c.anna(sipp.Act{Do: sipp.DoAnswer, Talk: talk})
	c.ask("anna", callcenter.ActionLogin, "")
	caller := c.call(sipp.Call{Name: "caller", Number: "4930119", Dialed: "6000", Patience: time.Minute, Presses: []sipp.Press{
		{After: 500 * time.Millisecond, Digits: "202"}, {After: 4 * time.Second, Digits: "201"},
	}})
	ended := c.end("4930119")
	if ended.Termination != (fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonAgentHungUp}) || ended.LastQueue != "agent:anna" {
		t.Errorf("ended %+v", ended)
	}
	wants(t, "the way", c.taleOf(c.contact("4930119"), "ivr.", "queue.", "offer."),
		"ivr.entered dial", "ivr.choice dial 202", "ivr.left queued", "queue.refused", "ivr.entered gone", "ivr.entered dial", "ivr.choice dial 201",
		"ivr.left queued", "queue.queued agent:anna en", "offer.made", "offer.ended anna answered", "queue.ended agent:anna answered")
	caller()
	if r := anna(); len(r) != 1 || r[0].Number != "4930119" {
		t.Errorf("the agent saw %+v", r)
	}
}

// A branch sends callers different ways: by the digits they entered and confirmed, by their number, and the rest.
func TestRealBranch(t *testing.T) {
	c := newCentre(t, support())
	anna := c.anna(sipp.Act{Do: sipp.DoAnswer, Talk: talk}, sipp.Act{Do: sipp.DoAnswer, Talk: talk})
	defer anna()
	c.ask("anna", callcenter.ActionLogin, "")
	for _, call := range []struct {
		number, digits string
		want           fact.Termination
	}{
		{"4930112", "91", fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonAgentHungUp}},
		{"4930212", "42", fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonFlowEnded}},
		{"4930113", "42", fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonAgentHungUp}},
	} {
		caller := c.call(sipp.Call{Name: call.number, Number: call.number, Dialed: "5000", Patience: time.Minute,
			Presses: []sipp.Press{{After: 500 * time.Millisecond, Digits: call.digits}, {After: 500 * time.Millisecond, Digits: "1"}}})
		if e := c.end(call.number); e.Termination != call.want {
			t.Errorf("%s with %s: %+v", call.number, call.digits, e.Termination)
		}
		caller()
	}
	tale := c.taleOf(c.contact("4930112"), "ivr.", "queue.queued")
	wants(t, "the way", tale, "ivr.entered mark", "ivr.set mark topic=bill", "ivr.entered order", "ivr.input order digits",
		"ivr.entered sort", "ivr.entered q", "ivr.left queued", "queue.queued first en")
	c.until("the priority of set and queue node", func(f fact.Fact) bool {
		q, ok := f.Data.(fact.Queued)
		return ok && q.Priority == 3
	})
}

// Who says nothing gives up; who calls after hours is told so. Both are hung up by us.
func TestRealSilenceAndClosedHours(t *testing.T) {
	c := newCentre(t, support())
	caller := c.call(
		sipp.Call{Name: "silent", Number: "4930111", Dialed: "1000", Patience: time.Minute,
			Presses: []sipp.Press{{After: 200 * time.Millisecond, Digits: "3"}}}, // no option: the first of two tries
		sipp.Call{Name: "late", Number: "4930112", Dialed: "3000", Patience: time.Minute},
	)
	if e := c.end("4930111"); e.Termination != (fact.Termination{Result: fact.ResultAbandoned, Reason: fact.ReasonGaveUp}) {
		t.Errorf("silent: %+v", e)
	}
	if e := c.end("4930112"); e.Termination != (fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonFlowEnded}) {
		t.Errorf("late: %+v", e)
	}
	tale := c.tale("ivr.")
	for _, want := range []string{"ivr.input language invalid", "ivr.input language no_input", "ivr.input language gave_up", "ivr.left gave_up", "ivr.entered shut", "ivr.left contained"} {
		if !slices.Contains(tale, want) {
			t.Errorf("no %s in\n\t%s", want, strings.Join(tale, "\n\t"))
		}
	}
	for _, r := range caller() {
		if r.Last() != sipp.WasHungUp {
			t.Errorf("%s saw %+v", r.Name, r)
		}
	}
}

// Codes dialled on the agent's own phone: each is carried out and confirmed; one that means nothing is not.
func TestRealFeatureCodes(t *testing.T) {
	c := newCentre(t, support())
	anna := c.anna(sipp.Act{Do: sipp.DoRing}) // her phone is there
	defer anna()
	for _, code := range []struct {
		dial   string
		state  fact.AgentState
		reason string
	}{
		{"*11", fact.AgentReady, ""}, {"*142", fact.AgentPaused, "training"}, {"*13", fact.AgentReady, ""},
		{"*14", fact.AgentPaused, "break"}, {"*149", "", ""}, {"*12", fact.AgentLoggedOut, ""},
	} {
		if r := c.dial("101", code.dial); len(r) != 1 || !r[0].Has(sipp.Answered) || r[0].Last() != sipp.WasHungUp {
			t.Fatalf("%s: the phone saw %+v", code.dial, r)
		}
		if code.state != "" {
			c.state("anna", code.state, code.reason)
		}
	}
	c.end("101")
	waitFor(t, "the last call's end", func() bool { return len(c.tale("call.")) == 6 })
	ok, no := "call.ended feature contained flow_ended", "call.ended feature refused refused"
	wants(t, "the calls", c.tale("call."), ok, ok, ok, ok, no, ok)
	wants(t, "anna", c.tale("agent.state_began"),
		"agent.state_began anna logged_out", "agent.state_began boris logged_out", "agent.state_began anna ready",
		"agent.state_began anna paused training billable", "agent.state_began anna ready", "agent.state_began anna paused break",
		"agent.state_began anna logged_out")
}

// Anna's phone rings twice and nobody takes it: it is looked at in between, and then she is paused. The caller has waited
// long enough and flows over to the other queue, where Boris answers.
func TestRealRingNoAnswerAndOverflow(t *testing.T) {
	c := newCentre(t, support())
	anna := c.anna(sipp.Act{Do: sipp.DoRing})
	boris := c.boris(sipp.Act{Do: sipp.DoAnswer, After: 100 * time.Millisecond, Talk: time.Minute})
	c.sink.await(t, 0, "anna's phone", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))
	c.sink.await(t, 0, "boris' phone", is(callcenter.EndpointState{Endpoint: "PJSIP/102", Registered: true, Channels: []string{}}))
	c.ask("anna", callcenter.ActionLogin, "")
	c.ask("boris", callcenter.ActionLogin, "")
	caller := c.call(sipp.Call{Name: "caller", Number: "4930111", Dialed: "4000", Patience: 9 * time.Second})
	c.state("anna", fact.AgentPaused, fact.AutoPauseReason)
	c.sink.await(t, 0, "the look at her phone", is(callcenter.PhoneChecked{Check: "agent/anna/x1",
		Phone: callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}}))
	ended := c.end("4930111")
	if ended.Termination != (fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonCallerHungUp}) || ended.LastAgent != "boris" {
		t.Errorf("ended %+v", ended)
	}
	wants(t, "the way", c.tale("queue.", "offer.", "call."),
		"queue.queued short en", "offer.made", "offer.ended anna missed", "offer.made", "offer.ended anna missed",
		"queue.ended short overflowed", "queue.queued other en", "offer.made", "offer.ended boris answered", "queue.ended other answered",
		"call.ended inbound answered caller_hung_up")
	if r := caller(); r[0].Last() != sipp.HungUp {
		t.Errorf("the caller saw %+v", r)
	}
	var saw []string
	for _, r := range anna() {
		saw = append(saw, r.Last())
	}
	wants(t, "anna's phone", saw, sipp.Cancelled, sipp.Cancelled)
	if r := boris(); len(r) != 1 || r[0].Last() != sipp.WasHungUp {
		t.Errorf("boris saw %+v", r)
	}
}

// The caller hangs up while the phone rings: it stops at once, nothing is left, and the agent is rung for the next one.
func TestRealCallerLeavesWhileItRings(t *testing.T) {
	c := newCentre(t, strings.Replace(support(), "announce_first: 1s, ", "", 1)) // or a sound breaks off as he leaves
	anna := c.anna(sipp.Act{Do: sipp.DoRing}, sipp.Act{Do: sipp.DoAnswer, Talk: talk})
	c.sink.await(t, 0, "anna's phone", is(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true, Channels: []string{}}))
	c.ask("anna", callcenter.ActionLogin, "")
	c.call(sipp.Call{Name: "leaves", Number: "4930111", Dialed: "2000", Patience: 2500 * time.Millisecond})()
	if e := c.end("4930111"); e.Termination != (fact.Termination{Result: fact.ResultAbandoned, Reason: fact.ReasonCallerHungUp}) || e.Offers != 1 {
		t.Errorf("ended %+v", e)
	}
	c.call(sipp.Call{Name: "stays", Number: "4930112", Dialed: "2000", Patience: time.Minute})()
	if e := c.end("4930112"); e.Termination != (fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonAgentHungUp}) {
		t.Errorf("ended %+v", e)
	}
	wants(t, "the offers", c.tale("offer."), "offer.made", "offer.ended anna withdrawn", "offer.made", "offer.ended anna answered")
	var saw []string
	for _, r := range anna() {
		saw = append(saw, r.Last())
	}
	wants(t, "anna's phone", saw, sipp.Cancelled, sipp.HungUp)
}
