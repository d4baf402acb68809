package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// guest is somebody at a number outside whom an agent asks about his caller, and who may then talk to the caller. He is no agent: he has
// no segments, no wrap-up and no part in the figures.
type guest struct {
	Transfer string    `json:"transfer"` // by which he was asked
	Agent    string    `json:"agent"`    // who asked
	Queue    string    `json:"q"`        // of that one's talk
	Number   string    `json:"number"`
	Leg      string    `json:"leg"`
	At       time.Time `json:"at"`
	Made     time.Time `json:"made"`            // his channel, which may be made anew
	By       time.Time `json:"by,omitzero"`     // ring time-out
	Rings    bool      `json:"rings,omitempty"` // the network says so
	Answered time.Time `json:"answered,omitzero"`
	Joined   time.Time `json:"joined,omitzero"` // left with the caller, or in a conference since
	From     *party    `json:"from,omitempty"`  // who left the caller to him while he rang; the caller goes back to that queue when he does not answer
}

// guestEnd is how a guest's call ends.
type guestEnd struct {
	result  fact.OfferResult // when he had not answered
	cause   int
	derived bool
	gone    bool // his channel is
}

// guests are those in the talk, and he whom an agent asks.
func (t *talk) guests() []*guest {
	var all []*guest
	for i := range t.Guests {
		all = append(all, &t.Guests[i])
	}
	if k := t.Consult; k != nil && k.Guest != nil {
		all = append(all, k.Guest)
	}
	return all
}

// guestOn finds the guest on a leg; nil = there is none.
func (t *talk) guestOn(leg string) *guest {
	for _, g := range t.guests() {
		if g.Leg == leg && leg != "" {
			return g
		}
	}
	return nil
}

// alone tells whether an agent has the caller to himself.
func (t *talk) alone() bool { return len(t.Parties) == 1 && len(t.Guests) == 0 }

// hosts tells whether a guest talks to the caller.
func (t *talk) hosts() bool {
	return slices.ContainsFunc(t.Guests, func(g guest) bool { return !g.Answered.IsZero() })
}

// partner is the leg of who answered the agent who asks; "" = nobody yet.
func (k *consult) partner() string {
	switch {
	case k.With != nil:
		return k.With.Leg
	case k.Guest != nil && !k.Guest.Answered.IsZero():
		return k.Guest.Leg
	}
	return ""
}

// askOutside has an agent ask at a number outside: he hears it ring, the caller hears music.
func (c *Center) askOutside(ct *contact, a *agent, by fact.By, to Target, ear string) Refusal {
	number := c.plan.callable(to.ID)
	if number == "" {
		return RefusedUnknownTarget
	}
	tr := c.newTransfer(ct, a, by, fact.TransferAttended, to)
	g := &guest{Transfer: tr.ID, Agent: a.ID, Queue: tr.Queue, Number: number, At: tr.At, By: c.now.Add(c.planFor(ct).Transfers.wait())}
	c.stepAside(ct, consult{Transfer: tr, Ear: ear, Guest: g})
	c.ringGuest(ct, g)
	c.ringInEar(ct)
	return ""
}

// ringGuest makes a channel for a guest and calls him.
func (c *Center) ringGuest(ct *contact, g *guest) {
	g.Leg, g.Made, g.Rings = resource(ct.ID, "leg", &ct.Count.Leg), c.now, false
	c.touch(ct)
	c.callOutside(ct, g.Leg, g.Number, c.planFor(ct).Transfers.wait())
}

// ringInEar has the agent who asks hear that it rings, unless he does.
func (c *Center) ringInEar(ct *contact) {
	if k := ct.Talk.Consult; k.Tone == "" {
		k.Tone = c.whisper(ct, k.Ear, []string{ringingTone})
	}
}

// quietTone stops that.
func (c *Center) quietTone(ct *contact) {
	if k := ct.Talk.Consult; k.Tone != "" {
		c.stopPlay(ct, k.Tone)
		k.Tone = ""
	}
}

// inGuest takes what happens to a guest's phone; false = it is about something else.
func (c *Center) inGuest(ct *contact, ev Event) bool {
	t := ct.Talk
	switch e := ev.(type) {
	case due:
		return c.guestDue(ct)
	case PlaybackEnded:
		if t.Consult == nil || t.Consult.Tone != e.Playback {
			return false
		}
		t.Consult.Tone = "" // it goes on until it is stopped, so this one failed
		c.mendSoon(ct)
		return true
	}
	g := t.guestOn(legOf(ev))
	if g == nil {
		return false
	}
	switch e := ev.(type) {
	case LegRinging:
		g.Rings = true
		c.touch(ct)
	case LegAnswered:
		c.guestAnswered(ct, g)
	case legEnded:
		c.guestGone(ct, g, guestEnd{result: resultOf(e, g.Rings), cause: e.cause, derived: e.derived, gone: true})
	case legFailed: // what has no answer may have taken effect
		c.guestGone(ct, g, guestEnd{result: resultOfFailure(e)})
	}
	return true
}

// guestDue ends a call that rang for long enough; false = there is none.
func (c *Center) guestDue(ct *contact) bool {
	for _, g := range ct.Talk.guests() {
		if c.passed(g.By) {
			c.guestGone(ct, g, guestEnd{result: fact.OfferMissed})
			return true
		}
	}
	return false
}

// guestAnswered: he talks to the agent who asked, alone; or to the caller, who was left to him while he rang.
func (c *Center) guestAnswered(ct *contact, g *guest) {
	if !g.Answered.IsZero() {
		c.ignore(IgnoredDuplicate)
		return
	}
	before, k := ct.room(), ct.Talk.Consult
	g.Answered, g.By, g.From = c.stamp(ct), time.Time{}, nil
	c.emit(ct, fact.TypeOutsideAnswered, fact.OutsideAnswered{
		Transfer: g.Transfer, Call: ct.Call.ID, Agent: g.Agent, Queue: g.Queue, Target: lastDigits(g.Number), RingMS: ms(g.Answered.Sub(g.At)),
	})
	if k == nil || k.Guest != g {
		c.rearrange(ct, before)
		return
	}
	c.quietTone(ct)
	ct.Talk.Moved = c.now
	k.Bridge = resource(ct.ID, "br", &ct.Count.Bridge)
	c.bridge(ct, k.Bridge, []string{k.Ear, g.Leg})
}

// guestGone: he did not take his phone, or hung up. The last one with the caller ends the call.
func (c *Center) guestGone(ct *contact, g *guest, end guestEnd) {
	t, is := ct.Talk, *g
	if k := t.Consult; k != nil && k.Guest == g {
		k.Guest = nil
		c.endGuest(ct, is, end)
		c.comeBack(ct, is.resultOf(end), "", end.derived)
		return
	}
	before := without(ct.room(), is.Leg)
	t.Guests = slices.DeleteFunc(t.Guests, func(o guest) bool { return o.Leg == is.Leg })
	c.endGuest(ct, is, end)
	switch {
	case len(t.Parties)+len(t.Guests) > 0:
		c.rearrange(ct, before)
		c.record(ct)
	case is.From != nil:
		c.queueAgain(ct, *is.From)
	default:
		reason := fact.ReasonOutsideHungUp
		if end.derived {
			reason = fact.ReasonDisappeared
		}
		c.endTalk(ct, talkEnd{result: fact.ResultAnswered, reason: reason, cause: end.cause, derived: end.derived})
	}
}

// resultOf is what became of the asking when the guest's call ended.
func (g guest) resultOf(end guestEnd) fact.TransferResult {
	if !g.Answered.IsZero() {
		return fact.TransferReturned
	}
	switch end.result { //nolint:exhaustive // a phone's own results only
	case fact.OfferMissed:
		return fact.TransferUnanswered
	case fact.OfferBusy:
		return fact.TransferBusy
	case fact.OfferDeclined:
		return fact.TransferDeclined
	case fact.OfferUnavailable:
		return fact.TransferUnavailable
	default:
		return fact.TransferFailed
	}
}

// endGuest closes a guest's call and hangs him up, unless he is gone.
func (c *Center) endGuest(ct *contact, g guest, end guestEnd) {
	t := c.stamp(ct)
	ended := fact.OutsideEnded{
		Transfer: g.Transfer, Call: ct.Call.ID, Agent: g.Agent, Queue: g.Queue, Target: lastDigits(g.Number), Result: end.result,
		StartedAt: g.At, EndedAt: t, RingMS: ms(t.Sub(g.At)), Cause: end.cause, Derived: end.derived,
	}
	if !g.Answered.IsZero() {
		ended.Result, ended.AnsweredAt = fact.OfferAnswered, &g.Answered
		ended.RingMS, ended.TalkMS = ms(g.Answered.Sub(g.At)), ms(t.Sub(g.Answered))
	}
	c.emit(ct, fact.TypeOutsideEnded, ended)
	if !end.gone {
		c.hangUp(ct, g.Leg, causeNormal)
	}
}

// passOut leaves the caller to the guest who was asked; the agent leaves. Where it rings yet the caller hears music until then.
func (c *Center) passOut(ct *contact, p party, gone string, derived bool) {
	t := ct.Talk
	before := without(ct.room(), p.Leg)
	t.remove(p.Agent)
	c.enterGuest(ct)
	if g := &t.Guests[len(t.Guests)-1]; g.Answered.IsZero() {
		g.From = &p
	}
	c.leaveConsult(ct, fact.TransferCompleted, derived)
	c.rearrange(ct, before)
	c.leaveTalk(ct, p, gone, derived)
	c.resegment(ct)
}

// enterGuest has the guest who was asked talk to the caller.
func (c *Center) enterGuest(ct *contact) {
	k := ct.Talk.Consult
	c.quietTone(ct)
	k.Guest.Joined = c.stamp(ct)
	ct.Talk.Guests = append(ct.Talk.Guests, *k.Guest)
	k.Guest = nil
}

// queueAgain: nobody took the phone outside to which an agent had left the caller. He waits again where he came from, though that is full by
// now; where nobody is there he is told so.
func (c *Center) queueAgain(ct *contact, from party) {
	next := c.handedOn(ct, from)
	q := c.planFor(ct).queue(next.Home)
	next.Home = ""
	c.unbridge(ct, ct.Talk.Bridge)
	ct.Talk = nil
	if why := c.refusal(q); why == fact.RefusedClosed || why == fact.RefusedEmpty {
		c.stopMusic(ct)
		c.refuse(ct, q, why)
		c.closeWith(ct, fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonNobodyLeft}, q.EmptyMedia)
		return
	}
	c.join(ct, q, next)
}

// reconcileGuests ends the calls that are gone. One that neither rang nor was answered may not have been made yet; after a lost link it is
// made anew (restateGuests).
func (c *Center) reconcileGuests(ct *contact, act actual) {
	var missing []string
	for _, g := range ct.Talk.guests() {
		if _, exists := act.channels[g.Leg]; !exists && (g.Rings || !g.Answered.IsZero() || !act.full) && act.old(c, g.Made) {
			missing = append(missing, g.Leg)
		}
	}
	for _, leg := range missing {
		if ct.Talk != nil && ct.Talk.guestOn(leg) != nil {
			c.toContact(ct, legEnded{leg: leg, derived: true})
		}
	}
}

// reconcileAnswers: who answered while the link was down has answered.
func (c *Center) reconcileAnswers(ct *contact, act actual) {
	if !act.full {
		return
	}
	for _, g := range ct.Talk.guests() {
		if act.channels[g.Leg].State == stateUp && g.Answered.IsZero() {
			c.guestAnswered(ct, g)
		}
	}
}

// restateGuests: a phone that rings goes on, any other is called anew; the agent hears it ring.
func (c *Center) restateGuests(ct *contact, act actual) {
	if k := ct.Talk.Consult; k != nil && k.Guest != nil && k.partner() == "" {
		c.quietTone(ct)
		c.ringInEar(ct)
	}
	for _, g := range ct.Talk.guests() {
		ch, exists := act.channels[g.Leg]
		switch {
		case !g.Answered.IsZero() || c.passed(g.By) || exists && ch.State != stateDown:
			continue
		case exists:
			c.hangUp(ct, g.Leg, causeNormal)
		}
		if c.plan.callable(g.Number) == "" {
			c.guestGone(ct, g, guestEnd{result: fact.OfferFailed, gone: true})
			return
		}
		c.ringGuest(ct, g)
	}
}
