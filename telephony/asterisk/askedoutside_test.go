package asterisk

import (
	"strings"
	"testing"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

const asksOutside = `
outbound: {endpoint: "PJSIP/{number}@trunk", caller_id: "Acme <4930999>", allow: ["4940*"]}
queues: [{id: support, wrap_up: 1s}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [support]}, {id: boris, endpoint: PJSIP/102, queues: [support]}]
entries: [{number: "1000", flow: main}]
ivr: [{id: main, start: q, nodes: {q: {type: queue, queue: support}}}]
`

// newAsksOutside is a caller who talks to anna, and a phone at home, to which the trunk leads.
func newAsksOutside(t *testing.T) (d *desks, outside *softphone) {
	var far int
	d = &desks{centre: newCentreOn(t, asksOutside, trunkTo(t, &far))}
	d.anna = d.softphone("101", "s101", annaSays)
	d.ask("anna", callcenter.ActionLogin, "")
	outside = d.softphoneAt(far, "4940555", "", borisSays, "manual")
	d.caller = d.softphone("4930111", "", callerSays)
	d.caller.ring("1000")
	d.contact = d.centre.contact("4930111")
	d.anna.await(phoneTalks)
	d.caller.await(phoneTalks)
	d.anna.hears([]int{callerSays}, borisSays)
	return d, outside
}

func someoneOutside() callcenter.Target {
	return callcenter.Target{To: fact.TransferToNumber, ID: "4940555"}
}

// The agent asks at a number outside: she hears it ring, and the caller music; she talks to who answers, alone; then the caller has
// him, until he hangs up. She has wrapped up long since. She mutes herself while it rings, and is not heard then.
func TestRealAskedOutside(t *testing.T) {
	d, outside := newAsksOutside(t)
	d.handsOn(callcenter.ActionConsult, someoneOutside())
	if ev := outside.await(phoneCalled); !strings.Contains(ev.Peer, "4930999") {
		t.Errorf("who is asked sees %q", ev.Peer)
	}
	d.anna.hears([]int{440, 480}, callerSays) // the ringing tone
	d.caller.hears(nil, annaSays)             // music
	d.ask("anna", callcenter.ActionMute, "")
	outside.accept()
	outside.await(phoneTalks)
	d.anna.hears([]int{borisSays}, callerSays)
	outside.hearsNot(d.anna, annaSays)
	d.ask("anna", callcenter.ActionUnmute, "")
	d.anna.hears([]int{borisSays}, callerSays)
	d.anna.hears(nil, 480)
	outside.hears([]int{annaSays}, callerSays)
	d.caller.hears(nil, annaSays)
	d.caller.hears(nil, borisSays)
	d.handsOn(callcenter.ActionComplete, callcenter.Target{})
	d.caller.hears([]int{borisSays}, annaSays)
	outside.hears([]int{callerSays}, annaSays)
	d.anna.await(phoneCallEnded)
	d.until("anna's wrap-up", func(f fact.Fact) bool {
		s, ok := f.Data.(fact.SegmentEnded)
		return ok && s.Agent == "anna" && s.Kind == fact.SegmentWrapUp
	})
	outside.hangUp()
	d.caller.await(phoneCallEnded)
	if ended := d.end("4930111"); ended.Termination != (fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonOutsideHungUp}) || ended.Transfers != 1 {
		t.Errorf("the contact ended %+v", ended)
	}
	wants(t, "the story", d.taleOf(d.contact, "transfer.", "outside.", "segment.ended"), "transfer.started anna attended desk number *555",
		"segment.ended anna talk support", "outside.answered *555", "transfer.ended anna completed", "segment.ended anna hold support",
		"segment.ended anna wrap_up support", "outside.ended *555 answered")
}

// His phone is busy (so says one that is hung up while it rings), and she has the caller back. At the second call all three talk; she leaves, and the other two go on, until the caller
// hangs up.
func TestRealOutsideConference(t *testing.T) {
	d, outside := newAsksOutside(t)
	d.handsOn(callcenter.ActionConsult, someoneOutside())
	outside.await(phoneCalled)
	outside.hangUp()
	outside.await(phoneCallEnded)
	d.caller.hears([]int{annaSays}, borisSays)
	d.anna.hears([]int{callerSays}, 480)

	d.handsOn(callcenter.ActionConsult, someoneOutside())
	outside.await(phoneCalled)
	outside.accept()
	outside.await(phoneTalks)
	d.anna.hears([]int{borisSays}, callerSays)
	d.handsOn(callcenter.ActionConference, callcenter.Target{})
	d.anna.hears([]int{borisSays, callerSays}, annaSays)
	outside.hears([]int{annaSays, callerSays}, borisSays)
	d.caller.hears([]int{annaSays, borisSays}, callerSays)
	d.anna.hangUp()
	d.caller.hears([]int{borisSays}, annaSays)
	d.caller.hangUp()
	outside.await(phoneCallEnded)
	if ended := d.end("4930111"); ended.Termination.Reason != fact.ReasonCallerHungUp || ended.Transfers != 0 {
		t.Errorf("the contact ended %+v", ended)
	}
	wants(t, "the story", d.taleOf(d.contact, "transfer.", "outside."), "transfer.started anna attended desk number *555", "outside.ended *555 busy",
		"transfer.ended anna busy", "transfer.started anna attended desk number *555", "outside.answered *555", "transfer.ended anna conference",
		"outside.ended *555 answered")
}

// With the keys of her phone: she holds the caller, calls the number, hears it ring, asks, and joins the two (REFER with Replaces).
func TestRealOutsideRefer(t *testing.T) {
	d, outside := newAsksOutside(t)
	d.anna.hold()
	d.until("the hold", func(f fact.Fact) bool {
		s, ok := f.Data.(fact.SegmentStarted)
		return ok && s.Kind == fact.SegmentHold
	})
	d.anna.ring("4940555")
	second := d.anna.await(phoneTalks).Call
	outside.await(phoneCalled)
	d.anna.hears([]int{440, 480}, callerSays)
	outside.accept()
	outside.await(phoneTalks)
	d.anna.hears([]int{borisSays}, callerSays)
	outside.hears([]int{annaSays}, callerSays)
	d.caller.hears(nil, annaSays)
	d.anna.line(1)
	d.anna.attendedTransfer("4940555", second)
	d.caller.hears([]int{borisSays}, annaSays)
	outside.hears([]int{callerSays}, annaSays)
	d.anna.await(phoneCallEnded)
	d.anna.await(phoneCallEnded)
	d.caller.hangUp()
	outside.await(phoneCallEnded)
	if ended := d.end("4930111"); ended.Transfers != 1 {
		t.Errorf("the contact ended %+v", ended)
	}
	wants(t, "the story", d.taleOf(d.contact, "transfer.", "outside."), "transfer.started anna attended phone number *555", "outside.answered *555",
		"transfer.ended anna completed", "outside.ended *555 answered")
}
