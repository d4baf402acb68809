package asterisk

import (
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

const sentOut = `
outbound: {endpoint: "PJSIP/{number}@trunk", caller_id: "Acme <4930999>", allow: ["4940*"], deny: ["49409*"]}
queues: [{id: support, wrap_up: 1s}]
agents:
  - {id: anna, endpoint: PJSIP/101, queues: [support]}
  - {id: boris, endpoint: PJSIP/102, extension: "102", queues: [support]}
entries: [{number: "1000", flow: main}, {number: "2000", flow: night}]
ivr:
  - {id: main, start: q, nodes: {q: {type: queue, queue: support}}}
  - {id: night, start: say, nodes: {say: {type: play, media: [beep], next: out}, out: {type: transfer, number: "4940555"}}}
`

// A menu sends a caller on to a number outside, and so does an agent, on her page and with her phone's transfer key: both talk there,
// and his contact is over here. A number that may not be called is nowhere.
func TestRealSentOut(t *testing.T) {
	var far int
	d := &desks{centre: newCentreOn(t, sentOut, trunkTo(t, &far))}
	d.anna = d.softphone("101", "s101", annaSays)
	d.ask("anna", callcenter.ActionLogin, "")
	outside := d.softphoneAt(far, "4940555", "", borisSays, "auto")
	talks := func(caller *softphone) {
		t.Helper()
		outside.await(phoneTalks)
		outside.hears([]int{callerSays}, annaSays)
		caller.hears([]int{borisSays}, annaSays)
		outside.hangUp()
		caller.await(phoneCallEnded)
	}

	first := d.softphone("4930111", "", callerSays)
	first.ring("2000")
	talks(first)
	if ended := d.end("4930111"); ended.Termination != (fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonTransferred}) {
		t.Errorf("sent on by the menu: %+v", ended)
	}

	second := d.softphone("4930222", "", callerSays)
	second.ring("1000")
	d.anna.await(phoneTalks)
	d.anna.hears([]int{callerSays})
	d.mu.Lock()
	out := d.step(time.Time{}, callcenter.Control{Agent: "anna", Actor: "anna", By: fact.ByDesk, Action: callcenter.ActionTransfer, To: callcenter.Target{To: fact.TransferToNumber, ID: "49409111"}})
	d.mu.Unlock()
	if out.Reply.Refused != callcenter.RefusedUnknownTarget {
		t.Errorf("to a number that may not be called: %+v", out.Reply)
	}
	d.handsOn(callcenter.ActionTransfer, callcenter.Target{To: fact.TransferToNumber, ID: "4940555"})
	talks(second)

	third := d.softphone("4930333", "", callerSays)
	third.ring("1000")
	d.anna.await(phoneTalks)
	d.anna.hears([]int{callerSays})
	d.anna.blindTransfer("4940555")
	talks(third)
	for _, number := range []string{"4930222", "4930333"} {
		if ended := d.end(number); ended.Termination != (fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonTransferred}) || ended.Transfers != 1 {
			t.Errorf("sent on by anna: %+v", ended)
		}
	}
	wants(t, "the transfers", d.tale("transfer."), "transfer.started anna blind desk number *555", "transfer.ended anna completed",
		"transfer.started anna blind phone number *555", "transfer.ended anna completed")
}

// An agent calls a number outside with her own phone, then a colleague: meanwhile she is on a call of her own, and on another call, and
// is rung for nobody. A number that may not be called is refused.
func TestRealOwnCalls(t *testing.T) {
	var far int
	d := &desks{centre: newCentreOn(t, sentOut, trunkTo(t, &far))}
	d.anna, d.boris = d.softphone("101", "s101", annaSays), d.softphone("102", "s102", borisSays)
	d.ask("anna", callcenter.ActionLogin, "")
	outside := d.softphoneAt(far, "4940555", "", callerSays, "auto")
	d.anna.ring("4940555")
	if ev := outside.await(phoneTalks); !strings.Contains(ev.Peer, "4930999") {
		t.Errorf("who is called sees %q", ev.Peer)
	}
	d.state("anna", fact.AgentCalling, "")
	outside.hears([]int{annaSays})
	d.anna.hears([]int{callerSays})
	ready := func(after time.Time) {
		t.Helper()
		d.until("she is ready again", func(f fact.Fact) bool {
			b, ok := f.Data.(fact.AgentStateBegan)
			return ok && f.Subject == "anna" && b.State == fact.AgentReady && f.Time.After(after)
		})
	}
	hung := time.Now()
	d.anna.hangUp()
	ready(hung)
	d.anna.ring("102")
	d.state("anna", fact.AgentOutside, "")
	d.boris.await(phoneTalks)
	d.boris.hears([]int{annaSays})
	hung = time.Now()
	d.boris.hangUp()
	ready(hung)
	d.anna.ring("49409111")
	d.until("that it is refused", func(f fact.Fact) bool {
		c, ok := f.Data.(fact.CallEnded)
		return ok && c.Termination.Reason == fact.ReasonRefused
	})
}
