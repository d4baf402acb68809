package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// minRetry is how long an agent rests at least after an offer that failed, whatever the queue says: without it a phone
// that refuses at once would be rung without end.
const minRetry = time.Second

// clearTime is how long an agent whose leg is being hung up is not offered another call, at most.
const clearTime = 2 * time.Second

// offerCall rings an agent for a caller; earlier are the pairs that the same matching made before.
func (c *Center) offerCall(p pair, earlier []pair) {
	ct, a, e := p.contact, p.agent, p.contact.Entry
	q := c.planFor(ct).queue(e.Queue)
	e.Offers++
	t := c.stamp(ct)
	o := &offer{
		ID: part(ct.ID, "o", &ct.Count.Offer), Agent: a.ID, Attempt: e.Offers, At: t, By: c.now.Add(q.RingTimeout),
	}
	e.Open = append(e.Open, o)
	c.emit(ct, fact.TypeOffered, fact.Offered{
		Offer: o.ID, Entry: e.ID, Call: ct.Call.ID, Queue: e.Queue, Agent: a.ID, Attempt: o.Attempt,
		WaitMS: ms(t.Sub(e.QueuedAt)), Decision: c.decision(p, earlier),
	})
	if c.plan.queue(e.Queue).Strategy == RoundRobin {
		c.remember(e.Queue).Rang = a.ID
	}
	a.Offer, a.Serving = ct.ID, e.Queue
	c.settleAgent(a, fact.BySystem)
	c.ring(ct, o)
	c.newPop(ct, o)
}

// rings tells whether any phone rings for the entry, or was picked up and is not put through yet.
func (e *entry) rings() bool { return len(e.Open) > 0 }

// offerOn is the open offer whose leg it is; nil = none.
func (e *entry) offerOn(leg string) *offer {
	if i := slices.IndexFunc(e.Open, func(o *offer) bool { return o.Leg == leg }); i >= 0 {
		return e.Open[i]
	}
	return nil
}

// offerTo is the agent's open offer; nil = none.
func (e *entry) offerTo(agent string) *offer {
	if i := slices.IndexFunc(e.Open, func(o *offer) bool { return o.Agent == agent }); i >= 0 {
		return e.Open[i]
	}
	return nil
}

// taken is the offer whose agent took his phone and is not put through yet; nil = all ring.
func (e *entry) taken() *offer {
	if i := slices.IndexFunc(e.Open, func(o *offer) bool { return o.Whisper != "" }); i >= 0 {
		return e.Open[i]
	}
	return nil
}

// close takes an offer out of the open ones.
func (e *entry) close(o *offer) {
	e.Open = slices.DeleteFunc(e.Open, func(p *offer) bool { return p == o })
	if len(e.Open) == 0 {
		e.Open = nil // as it is read back
	}
}

// ring makes a leg for an open offer.
func (c *Center) ring(ct *contact, o *offer) {
	o.Leg = resource(ct.ID, "leg", &ct.Count.Leg)
	o.Rings = false
	c.touch(ct)
	c.dial(ct, o, c.agentOf[o.Agent])
}

// offerEvent: something happened to a leg.
func (c *Center) offerEvent(ct *contact, ev Event) {
	switch e := ev.(type) {
	case LegRinging:
		o := ct.Entry.offerOn(e.Channel)
		if o == nil || o.Rings {
			c.ignore(IgnoredStale)
			return
		}
		o.Rings = true
		c.touch(ct)
	case LegAnswered:
		o := ct.Entry.offerOn(e.Channel)
		if o == nil {
			c.ignore(IgnoredStale) // it is being hung up already
			return
		}
		c.pickedUp(ct, o)
	case legEnded:
		o := ct.Entry.offerOn(e.leg)
		if o == nil {
			c.ignore(IgnoredStale)
			return
		}
		end := offerEnd{result: resultOf(e, o.Rings), cause: e.cause, derived: e.derived, legGone: true}
		if o.Whisper != "" && !e.derived {
			end.result = fact.OfferDeclined // he heard what it is about and hung up
		}
		c.offerLost(ct, o, end)
	case legFailed:
		o := ct.Entry.offerOn(e.leg)
		if o == nil {
			c.ignore(IgnoredStale)
			return
		}
		c.offerLost(ct, o, offerEnd{result: resultOfFailure(e)})
	}
}

// pickedUp: the agent took his phone; he was the fastest of those for whom it rang. He may have to hear something before the
// caller is put through; until then the caller waits on.
func (c *Center) pickedUp(ct *contact, o *offer) {
	if o.Whisper != "" {
		c.ignore(IgnoredDuplicate)
		return
	}
	c.othersLost(ct, o)
	media := c.planFor(ct).queue(ct.Entry.Queue).WhisperMedia
	if len(media) == 0 {
		c.putThrough(ct, o)
		return
	}
	o.Whisper = c.whisper(ct, o.Leg, media)
	o.By = c.now.Add(announceLimit)
	c.touch(ct)
}

// brokeOff is how long it is waited for the end of a leg whose agent does not hear any more what he should: mostly he has hung up,
// and Asterisk tells of the sound first.
const brokeOff = 500 * time.Millisecond

// whispered: the agent has heard what he should before the caller, and gets him.
func (c *Center) whispered(ct *contact, o *offer, ev PlaybackEnded) {
	switch {
	case o.Waits || ct.absent() && ct.Back.Dial != nil: // the ringing tone: he waits on without
		c.ignore(IgnoredNoEffect)
	case ev.Failed:
		o.By = c.now.Add(brokeOff)
		c.touch(ct)
	default:
		c.putThrough(ct, o)
	}
}

// othersLost stops the phones of those who were not as fast.
func (c *Center) othersLost(ct *contact, winner *offer) {
	for _, o := range slices.Clone(ct.Entry.Open) {
		if o != winner {
			c.endOffer(ct, o, offerEnd{result: fact.OfferLostRace, elsewhere: true})
		}
	}
}

// Q.850 causes, SIP and HTTP status codes that say why a phone was not answered.
const (
	causeBusy       = 17
	causeNoAnswer   = 19
	causeRejected   = 21
	causeElsewhere  = 26 // answered elsewhere: Asterisk tells SIP phones so when it cancels the call
	sipBusy         = 486
	sipAnywhereBusy = 600
	sipDeclined     = 603
	httpBadRequest  = 400
	httpServerError = 500
)

// unavailableCauses: no such number or route, no response, absent, out of order, network trouble, congestion.
func unavailableCauses() []int { return []int{1, 2, 3, 18, 20, 22, 27, 34, 38, 41, 42, 44, 47, 58} }

// unavailableStatuses: not found, request time-out, gone, temporarily unavailable, server errors of the phone's side.
func unavailableStatuses() []int { return []int{404, 408, 410, 480, 500, 502, 503, 504} }

// resultOf says why a leg ended without an answer. What rang and ended without a word from the agent was missed.
func resultOf(e legEnded, rang bool) fact.OfferResult {
	switch {
	case e.techCause == sipBusy || e.techCause == sipAnywhereBusy:
		return fact.OfferBusy
	case e.techCause == sipDeclined:
		return fact.OfferDeclined
	case slices.Contains(unavailableStatuses(), e.techCause):
		return missedOr(fact.OfferUnavailable, rang)
	case e.cause == causeBusy:
		return fact.OfferBusy
	case e.cause == causeRejected:
		return fact.OfferDeclined
	case e.cause == causeNoAnswer:
		return fact.OfferMissed
	case slices.Contains(unavailableCauses(), e.cause):
		return missedOr(fact.OfferUnavailable, rang)
	default:
		return fact.OfferFailed
	}
}

func missedOr(other fact.OfferResult, rang bool) fact.OfferResult {
	if rang {
		return fact.OfferMissed
	}
	return other
}

// resultOfFailure says why a leg could not be made or dialled. Asterisk answers 500 or 400 for an endpoint that has no
// contact or does not exist.
func resultOfFailure(e legFailed) fact.OfferResult {
	if e.code == httpServerError || e.code == httpBadRequest {
		return fact.OfferUnavailable
	}
	return fact.OfferFailed
}

// ringTimedOut: the phone rang as long as the queue allows; or the end of what the agent hears was not heard.
func (c *Center) ringTimedOut(ct *contact, o *offer) {
	if o.Whisper != "" {
		c.stopPlay(ct, o.Whisper)
		c.putThrough(ct, o)
		return
	}
	c.offerLost(ct, o, offerEnd{result: fact.OfferMissed})
}

// overdue is the open offer whose time is up; nil = none.
func (c *Center) overdue(e *entry) *offer {
	if i := slices.IndexFunc(e.Open, func(o *offer) bool { return c.passed(o.By) }); i >= 0 {
		return e.Open[i]
	}
	return nil
}

// offerEnd is how an offer ends.
type offerEnd struct {
	result  fact.OfferResult
	cause   int
	derived bool
	legGone bool

	elsewhere bool // he is answered, or rings, at another phone: this one shall not show a call that was missed
}

// resultFor is the result of an offer whose caller is gone.
func (e callerEnded) resultFor(o *offer) fact.OfferResult {
	if o.Whisper != "" || slices.Contains(e.answered, o.Leg) {
		return fact.OfferLostRace
	}
	return fact.OfferWithdrawn
}

// offerLost ends an offer that led to nothing; the caller waits on.
func (c *Center) offerLost(ct *contact, o *offer, end offerEnd) {
	c.endOffer(ct, o, end)
	c.ringsNoMore(ct)
}

// ringsNoMore: when the last phone has stopped that rang when the longest wait was over, that strikes.
func (c *Center) ringsNoMore(ct *contact) {
	if e := ct.Entry; !e.rings() && c.LinkUp() && c.passed(e.MaxAt) {
		c.maxWait(ct)
	}
}

// endOffer closes an open offer, ends its leg and lets the agent go.
func (c *Center) endOffer(ct *contact, o *offer, end offerEnd) {
	e := ct.Entry
	q := c.planFor(ct).queue(e.Queue)
	e.close(o)
	c.agentLeft(ct)
	c.offerEnded(ct, e, o, end)
	c.touched.match = true
	a := c.agentOf[o.Agent]
	switch {
	case end.legGone:
	case end.elsewhere:
		c.clearFor(ct, a, o.Leg, causeElsewhere)
	default:
		c.clear(ct, a, o.Leg)
	}
	c.letGo(a, end.result, q, c.stamp(ct))
}

// offerEnded records the end of an offer.
func (c *Center) offerEnded(ct *contact, e *entry, o *offer, end offerEnd) {
	t := c.stamp(ct)
	ring := max(0, ms(t.Sub(o.At)))
	ct.Sums.Ring += ring
	c.emit(ct, fact.TypeOfferEnded, fact.OfferEnded{
		Offer: o.ID, Entry: e.ID, Call: ct.Call.ID, Queue: e.Queue, Agent: o.Agent, Attempt: o.Attempt, Result: end.result,
		OfferedAt: o.At, EndedAt: t, RingMS: ring, Channel: o.Leg, Cause: end.cause, Derived: end.derived,
	})
}

// letGo frees an agent whose offer led to nothing. One who was not to blame keeps his idle time; the others rest and go
// to the end of the line, and who misses too many in a row is paused.
func (c *Center) letGo(a *agent, result fact.OfferResult, q *Queue, at time.Time) {
	a.Offer, a.Serving = "", ""
	switch result {
	case fact.OfferWithdrawn, fact.OfferLostRace:
		c.settleAgent(a, fact.BySystem)
		return
	case fact.OfferMissed:
		a.Missed++
	case fact.OfferAnswered, fact.OfferDeclined, fact.OfferBusy, fact.OfferUnavailable, fact.OfferFailed:
	}
	a.Doubt = a.Doubt || doubts(result)
	a.RetryAt = c.now.Add(max(q.RetryDelay, minRetry))
	a.ReadySince = later(at, a.ReadySince)
	if result == fact.OfferMissed && q.MaxMissed > 0 && a.Missed >= q.MaxMissed {
		a.Paused, a.PauseFor = true, fact.AutoPauseReason
	}
	c.settleAgent(a, fact.BySystem)
}
