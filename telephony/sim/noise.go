package sim

import (
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// noise tells the core something that means nothing: about a contact that is over, about things that never were, or that
// the time has come when it has not. Nothing may follow from it.
func (w *world) noise(_ int, luck *dice) {
	if !w.ctl.alive {
		return
	}
	old := w.past(luck)
	if old == "" {
		old = "nobody-1.1"
	}
	ev := one[callcenter.Event](luck,
		callcenter.DigitPressed{Channel: old, Digit: "1"},
		callcenter.PlaybackEnded{Playback: "fl.pb." + old + ".1"},
		callcenter.LegRinging{Channel: "fl.leg." + old + ".1"},
		callcenter.LegAnswered{Channel: "fl.leg." + old + ".1"},
		callcenter.ChannelEnded{Channel: "fl.leg." + old + ".1", Cause: causeNormal},
		callcenter.ChannelHeld{Channel: "fl.leg." + old + ".1"},
		callcenter.ChannelUnheld{Channel: old},
		callcenter.CommandFailed{ID: old + "/x1", Code: 500},
		callcenter.CommandFailed{ID: "nonsense", Code: 500},
		callcenter.LookupDone{Lookup: old + "/l1", Result: fact.LookupFound, Customer: "c", Priority: 3},
		callcenter.PopDone{Pop: old + "/p99", Channel: fact.PopWebhook, Result: fact.PopDelivered, Attempt: 1},
		callcenter.PopSeen{Pop: "nonsense"},
		callcenter.CommandFailed{ID: "agent/anna/x99999", Code: 500},
		callcenter.PhoneChecked{Check: "agent/nobody/x1", Phone: callcenter.EndpointState{Endpoint: "PJSIP/none"}},
		callcenter.PINChecked{Check: old + "/x9999", Known: true, Right: true},
		callcenter.PINChecked{Check: "nonsense", Known: true, Right: true},
		callcenter.EndpointState{Endpoint: "PJSIP/none", Registered: true},
		callcenter.FallbackEvent{Channel: old, Event: "REMOVEMEMBER", Queue: "support"},
		callcenter.FallbackEvent{Channel: "x-1.1", Event: "ENTERQUEUE", Queue: "no such queue"},
		callcenter.LegAnswered{Channel: ""},
		callcenter.DigitPressed{Channel: "fl.leg", Digit: ""},
		nil,
	)
	if early, ok := w.ctl.core.Deadline(); luck.chance(0.1) && (!ok || early.After(w.stamp(w.now))) {
		ev = callcenter.Wake{}
	}
	w.ctl.quietly(ev)
}

// past picks a contact that ended a while ago, but not so long that the core may have forgotten it.
func (w *world) past(luck *dice) string {
	now := w.stamp(w.now)
	for range 8 {
		if len(w.ledger.all) == 0 {
			return ""
		}
		c := w.ledger.contacts[w.ledger.all[luck.below(len(w.ledger.all))]]
		if ago := now.Sub(c.endedAt); c.ended && ago > time.Minute && ago < 40*time.Minute {
			return c.id
		}
	}
	return ""
}

// quietly gives an input from which nothing may follow.
func (d *driver) quietly(ev callcenter.Event) {
	out := d.feed(callcenter.Input{At: d.w.stamp(d.w.now), Seed: d.luck.uint64(), Event: ev})
	if len(out.Facts) > 0 || len(out.Commands) > 0 {
		d.w.fail(ruleNoise, "%T%+v led to %d facts and commands %+v", ev, ev, len(out.Facts), out.Commands)
	}
	d.sync()
	d.planWake(ev)
}
