package asterisk

import (
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
)

const calledBack = `
outbound: {endpoint: "PJSIP/{number}@trunk", caller_id: "Acme <4930999>", allow: ["4930*"]}
queues:
  - {id: support, wrap_up: 1s, recording: {mode: all, keep: 24h}, callback: {ring: 20s}}
  - {id: sales, callback: {first: customer, attempts: 2, ring: 3s, retry: 1s, greeting: [beep], confirm: true}}
agents:
  - {id: anna, endpoint: PJSIP/101, queues: [support]}
  - {id: boris, endpoint: PJSIP/102, queues: [sales]}
entries: [{number: "1000", flow: main}, {number: "2000", flow: other}]
ivr:
  - id: main
    start: q
    nodes:
      q: {type: queue, queue: support, keys: {"2": call}}
      call: {type: callback, queue: support, confirm: [beep, "{digits}"], prompt: [beep], next: bye}
      bye: {type: hangup, media: [beep]}
  - id: other
    start: q
    nodes:
      q: {type: queue, queue: sales, empty: call}
      call: {type: callback, queue: sales, confirm: [beep, "{digits}"], prompt: [beep], next: bye}
      bye: {type: hangup, media: [beep]}
`

// newCallbacks has two agents' phones, and a caller's phone at home, to which the trunk leads. It is answered by accept.
func newCallbacks(t *testing.T) *desks { return newCallbacksOn(t, calledBack) }

func newCallbacksOn(t *testing.T, plan string) *desks {
	var home int
	d := &desks{centre: newCentreOn(t, plan, trunkTo(t, &home))}
	d.anna, d.boris = d.softphone("101", "s101", annaSays), d.softphone("102", "s102", borisSays)
	d.caller = d.softphoneAt(home, "4930111", "", callerSays, "manual")
	return d
}

// calls has the caller's phone call a number and be promised to be called back, by the keys given; it returns the callback.
func (d *desks) calls(number string, keys ...string) string {
	d.t.Helper()
	d.caller.ring(number)
	d.contact = d.centre.contact("4930111")
	d.caller.await(phoneTalks)
	for _, key := range keys {
		d.until("he waits, or is asked", func(f fact.Fact) bool {
			e, asked := f.Data.(fact.IVREntered)
			return f.Subject == d.contact && (key == "1" && asked && e.Node == "call" || key == "2" && f.Type == fact.TypeQueued)
		})
		d.caller.press(key)
	}
	promised := d.until("the promise", func(f fact.Fact) bool { return f.Type == fact.TypeCallbackPromised })
	d.caller.await(phoneCallEnded)
	return promised.Subject
}

// A caller has himself called back: he keeps his place before one who came after him. The agent hears it ring at his, then they
// talk, and the talk is recorded.
func TestRealCallback(t *testing.T) {
	d := newCallbacks(t)
	dir := d.keeps()
	d.ask("anna", callcenter.ActionLogin, "")
	first := d.softphone("4930222", "", borisSays)
	first.ring("1000")
	d.anna.await(phoneTalks)
	back := d.calls("1000", "2", "1")
	if d.contact+"-cb1" != back {
		t.Fatalf("%s is called back as %s", d.contact, back)
	}
	last := d.call(sipp.Call{Name: "last", Number: "4930333", Dialed: "1000", Patience: time.Minute})
	after := d.centre.contact("4930333")
	d.until("the last one waits", func(f fact.Fact) bool { return f.Subject == after && f.Type == fact.TypeQueued })
	first.hangUp()

	d.anna.await(phoneTalks)
	if ev := d.caller.await(phoneCalled); !strings.Contains(ev.Peer, "4930999") {
		t.Errorf("his phone shows %q", ev.Peer)
	}
	d.anna.hears([]int{440, 480}) // the ringing tone
	if tale := d.taleOf(after, "offer."); len(tale) > 0 {
		t.Errorf("who came after him is rung for: %v", tale)
	}
	d.caller.accept()
	d.anna.hears([]int{callerSays}, 480)
	d.caller.hears([]int{annaSays}, 480)
	d.anna.next(time.Second)
	d.caller.hangUp()
	d.until("the last one talks", func(f fact.Fact) bool { return f.Subject == after && f.Type == fact.TypeSegmentStarted })
	d.anna.hangUp()
	last()

	wants(t, "the callback", d.taleOf(back, "callback.", "queue.", "offer.", "call."), "callback.promised support agent", "queue.queued support en",
		"offer.made", "callback.attempted reached", "offer.ended anna answered", "queue.ended support answered", "callback.ended connected",
		"call.ended callback answered caller_hung_up")
	wants(t, "the first call", d.taleOf(d.contact, "queue.", "call."), "queue.queued support en", "queue.ended support callback", "call.ended inbound contained flow_ended")
	stored := d.until("the talk to be kept", func(f fact.Fact) bool { return f.Subject == back && f.Type == fact.TypeRecordingStored })
	s := d.open(dir, stored.Data.(fact.RecordingStored))
	d.holds("what the customer said", s.said[rate/4:len(s.said)-rate/4], callerSays, annaSays)
	d.holds("what he heard", s.heard[rate/4:len(s.heard)-rate/4], annaSays, callerSays)
}

// Nobody is there, so he is called back, himself first: he does not answer, is called again, hears what it is about and presses a key;
// then an agent has him.
func TestRealCallbackCustomerFirst(t *testing.T) {
	d := newCallbacks(t)
	back := d.calls("2000", "1")
	d.ask("boris", callcenter.ActionLogin, "")
	d.caller.await(phoneCalled)
	d.caller.await(phoneCallEnded)
	d.caller.await(phoneCalled)
	d.caller.accept()
	d.caller.await(phoneTalks)
	d.caller.press("1")
	d.boris.await(phoneTalks)
	d.boris.hears([]int{callerSays})
	d.caller.hears([]int{borisSays})
	d.boris.hangUp()
	d.caller.await(phoneCallEnded)
	d.until("its end", func(f fact.Fact) bool { return f.Subject == back && f.Type == fact.TypeContactEnded })
	wants(t, "the callback", d.taleOf(back, "callback.", "queue.", "offer.", "call."), "callback.promised sales customer", "queue.queued sales en",
		"callback.attempted no_answer", "queue.ended sales callback", "callback.put_off retry", "queue.queued sales en", "callback.attempted reached",
		"offer.made", "offer.ended boris answered", "queue.ended sales answered", "callback.ended connected", "call.ended callback answered agent_hung_up")
	for _, ev := range d.sink.all() {
		if failed, ok := ev.(callcenter.CommandFailed); ok {
			t.Errorf("refused: %+v", failed)
		}
	}
}
