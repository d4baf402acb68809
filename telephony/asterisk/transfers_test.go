package asterisk

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// twoDesks is a line with two queues, each with an agent of its own. Who hands a caller on wraps up until the other one has him.
const twoDesks = `
transfers: {wrap_up: 2s}
queues: [{id: support, extension: "601", wrap_up: 5s}, {id: sales, extension: "602", wrap_up: 3s}]
agents:
  - {id: anna, endpoint: PJSIP/101, extension: "101", queues: [support]}
  - {id: boris, endpoint: PJSIP/102, extension: "102", queues: [sales]}
entries: [{number: "1000", flow: main}, {number: "3000", flow: menu}]
ivr:
  - {id: main, start: q, nodes: {q: {type: queue, queue: support}}}
  - {id: menu, start: wait, nodes: {wait: {type: play, media: [silence/5], next: q}, q: {type: queue, queue: sales}}}
`

// What each of the three says, in Hz.
const (
	annaSays   = 440
	callerSays = 700
	borisSays  = 1000
)

// desks is a caller who talks to anna, with boris beside her.
type desks struct {
	*centre
	anna, boris, caller *softphone
	contact             string
}

func newDesks(t *testing.T) *desks { return newDesksOn(t, twoDesks) }

func newDesksOn(t *testing.T, plan string) *desks {
	d := &desks{centre: newCentreOn(t, plan, registers)}
	d.anna, d.boris = d.softphone("101", "s101", annaSays), d.softphone("102", "s102", borisSays)
	d.caller = d.softphone("4930111", "", callerSays)
	for _, agent := range []string{"anna", "boris"} {
		d.ask(agent, callcenter.ActionLogin, "")
	}
	d.caller.ring("1000")
	d.contact = d.centre.contact("4930111")
	d.anna.await(phoneTalks)
	d.caller.await(phoneTalks)
	d.anna.hears([]int{callerSays}, borisSays)
	d.caller.hears([]int{annaSays}, borisSays)
	return d
}

// handsOn asks for something about anna's caller.
func (d *desks) handsOn(action callcenter.Action, to callcenter.Target) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.step(time.Time{}, callcenter.Control{Agent: "anna", Actor: "anna", By: fact.ByDesk, Action: action, To: to})
	if out.Reply == nil || out.Reply.Refused != "" {
		d.t.Fatalf("%s: %+v", action, out.Reply)
	}
}

// over waits until anna has wrapped up, while the caller talks on, hangs him up, and looks at what was recorded of the transfer
// and of the agents' time.
func (d *desks) over(want ...string) {
	d.t.Helper()
	d.until("anna's wrap-up", func(f fact.Fact) bool {
		s, ok := f.Data.(fact.SegmentEnded)
		return ok && s.Agent == "anna" && s.Kind == fact.SegmentWrapUp
	})
	d.caller.hangUp()
	ended := d.end("4930111")
	if ended.Transfers != 1 || ended.Termination.Result != fact.ResultAnswered {
		d.t.Errorf("the contact ended %+v", ended)
	}
	wants(d.t, "the story", d.taleOf(d.contact, "transfer.", "segment.ended", "queue.ended"), want...)
}

func sales() callcenter.Target { return callcenter.Target{To: fact.TransferToQueue, ID: "sales"} }

// The agent asks in a second queue, by her page, and hands the caller on. Who hears whom is measured at each step; each
// agent's talk and wrap-up go by the queue it was for.
func TestRealAttendedTransfer(t *testing.T) {
	d := newDesks(t)
	d.handsOn(callcenter.ActionConsult, sales())
	d.boris.await(phoneTalks)
	d.anna.hears([]int{borisSays}, callerSays)
	d.boris.hears([]int{annaSays}, callerSays)
	d.caller.hears(nil, annaSays) // music
	d.caller.hears(nil, borisSays)
	d.handsOn(callcenter.ActionComplete, callcenter.Target{})
	d.caller.hears([]int{borisSays}, annaSays)
	d.boris.hears([]int{callerSays}, annaSays)
	d.anna.await(phoneCallEnded)
	d.over("queue.ended support answered", "transfer.started anna attended desk queue sales", "segment.ended anna talk support",
		"queue.ended sales answered", "transfer.ended anna completed boris", "segment.ended anna hold support",
		"segment.ended anna wrap_up support", "segment.ended boris talk sales", "segment.ended boris wrap_up sales")
}

// All three talk with each other; the agent leaves, and the other two go on.
func TestRealConference(t *testing.T) {
	d := newDesks(t)
	d.handsOn(callcenter.ActionConsult, callcenter.Target{To: fact.TransferToAgent, ID: "boris"})
	d.boris.await(phoneTalks)
	d.anna.hears([]int{borisSays}, callerSays)
	d.handsOn(callcenter.ActionConference, callcenter.Target{})
	d.anna.hears([]int{borisSays, callerSays}, annaSays)
	d.boris.hears([]int{annaSays, callerSays}, borisSays)
	d.caller.hears([]int{annaSays, borisSays}, callerSays)
	d.anna.hangUp()
	d.caller.hears([]int{borisSays}, annaSays)
	d.caller.hangUp()
	if ended := d.end("4930111"); ended.Transfers != 0 || ended.LastAgent != "boris" {
		t.Errorf("the contact ended %+v", ended)
	}
}

// The agent puts her caller on hold and takes him back.
func TestRealHold(t *testing.T) {
	d := newDesks(t)
	d.handsOn(callcenter.ActionHold, callcenter.Target{})
	d.caller.hears(nil, annaSays)
	d.handsOn(callcenter.ActionUnhold, callcenter.Target{})
	d.caller.hears([]int{annaSays}, borisSays)
	d.anna.hears([]int{callerSays}, borisSays)
	d.caller.hangUp()
	d.end("4930111")
	wants(t, "her time", d.taleOf(d.contact, "segment.ended"), "segment.ended anna talk support", "segment.ended anna hold support",
		"segment.ended anna talk support", "segment.ended anna wrap_up support")
}

// With the keys of her phone (SIP REFER): at once.
func TestRealBlindRefer(t *testing.T) {
	d := newDesks(t)
	d.anna.blindTransfer("602")
	d.anna.await(phoneCallEnded)
	d.boris.await(phoneTalks)
	d.caller.hears([]int{borisSays}, annaSays)
	d.boris.hears([]int{callerSays}, annaSays)
	d.over("queue.ended support answered", "transfer.started anna blind phone queue sales", "segment.ended anna talk support",
		"transfer.ended anna completed", "queue.ended sales answered", "segment.ended anna wrap_up support", "segment.ended boris talk sales",
		"segment.ended boris wrap_up sales")
}

// With the keys of her phone: she holds the caller, calls the other queue, asks, and joins the two (REFER with Replaces).
func TestRealAttendedRefer(t *testing.T) {
	d := newDesks(t)
	d.anna.hold()
	d.until("the hold", func(f fact.Fact) bool {
		s, ok := f.Data.(fact.SegmentStarted)
		return ok && s.Kind == fact.SegmentHold
	})
	d.anna.ring("602")
	second := d.anna.await(phoneTalks).Call
	d.boris.await(phoneTalks)
	d.anna.hears([]int{borisSays}, callerSays)
	d.boris.hears([]int{annaSays}, callerSays)
	d.caller.hears(nil, annaSays)
	d.anna.line(1)
	d.anna.attendedTransfer("602", second)
	d.caller.hears([]int{borisSays}, annaSays)
	d.boris.hears([]int{callerSays}, annaSays)
	d.anna.await(phoneCallEnded)
	d.anna.await(phoneCallEnded)
	d.over("queue.ended support answered", "segment.ended anna talk support", "transfer.started anna attended phone queue sales",
		"queue.ended sales answered", "transfer.ended anna completed boris", "segment.ended anna hold support",
		"segment.ended anna wrap_up support", "segment.ended boris talk sales", "segment.ended boris wrap_up sales")
}

// A number that leads nowhere: the phone is told so, and nobody is handed on. This phone then gives up its call by itself.
func TestRealReferNowhere(t *testing.T) {
	d := newDesks(t)
	d.anna.blindTransfer("999")
	d.anna.await(phoneTransferFailed)
	d.handedOnNobody("agent_hung_up")
}

// Only agents hand callers on: a caller's phone is told that it can't.
func TestRealReferOfACaller(t *testing.T) {
	d := newDesks(t)
	d.caller.blindTransfer("602")
	d.caller.await(phoneTransferFailed)
	d.handedOnNobody("caller_hung_up")
}

// handedOnNobody waits for the end of a contact that was refused a transfer: who ended it, and that nothing else became of it.
func (d *desks) handedOnNobody(by string) {
	d.t.Helper()
	if ended := d.end("4930111"); ended.Transfers != 0 || ended.LastAgent != "anna" {
		d.t.Errorf("the contact ended %+v", ended)
	}
	wants(d.t, "the story", d.taleOf(d.contact, "transfer.", "call.ended", "queue.ended"), "queue.ended support answered", "call.ended inbound answered "+by)
}
