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
	e.Offer = o
	c.emit(ct, fact.TypeOffered, fact.Offered{
		Offer: o.ID, Entry: e.ID, Call: ct.Call.ID, Queue: e.Queue, Agent: a.ID, Attempt: o.Attempt,
		WaitMS: ms(t.Sub(e.QueuedAt)), Decision: c.decision(p, earlier),
	})
	if c.plan.queue(e.Queue).Strategy == RoundRobin {
		c.remember(e.Queue).Rang = a.ID
	}
	a.Offer, a.Serving = ct.ID, e.Queue
	c.settleAgent(a, fact.BySystem)
	c.ring(ct, a)
	c.newPop(ct)
}

// ring makes a leg for the contact's open offer.
func (c *Center) ring(ct *contact, a *agent) {
	o := ct.Entry.Offer
	o.Leg = resource(ct.ID, "leg", &ct.Count.Leg)
	o.Rings = false
	c.touch(ct)
	c.dial(ct, o, a)
}

// offerEvent: something happened to a leg.
func (c *Center) offerEvent(ct *contact, ev Event) {
	o := ct.Entry.Offer
	switch e := ev.(type) {
	case LegRinging:
		if o == nil || o.Leg != e.Channel || o.Rings {
			c.ignore(IgnoredStale)
			return
		}
		o.Rings = true
		c.touch(ct)
	case LegAnswered:
		if o == nil || o.Leg != e.Channel {
			c.ignore(IgnoredStale) // it is being hung up already
			return
		}
		c.pickedUp(ct)
	case legEnded:
		if o == nil || o.Leg != e.leg {
			c.ignore(IgnoredStale)
			return
		}
		end := offerEnd{result: resultOf(e, o.Rings), cause: e.cause, derived: e.derived, legGone: true}
		if o.Whisper != "" && !e.derived {
			end.result = fact.OfferDeclined // he heard what it is about and hung up
		}
		c.offerLost(ct, end)
	case legFailed:
		if o == nil || o.Leg != e.leg {
			c.ignore(IgnoredStale)
			return
		}
		c.offerLost(ct, offerEnd{result: resultOfFailure(e)})
	}
}

// pickedUp: the agent took his phone. He may have to hear something before the caller is put through; until then the
// caller waits on.
func (c *Center) pickedUp(ct *contact) {
	o := ct.Entry.Offer
	media := c.planFor(ct).queue(ct.Entry.Queue).WhisperMedia
	switch {
	case o.Whisper != "":
		c.ignore(IgnoredDuplicate)
	case len(media) == 0:
		c.putThrough(ct)
	default:
		o.Whisper = c.whisper(ct, o.Leg, media)
		o.By = c.now.Add(announceLimit)
		c.touch(ct)
	}
}

// Q.850 causes, SIP and HTTP status codes that say why a phone was not answered.
const (
	causeBusy       = 17
	causeNoAnswer   = 19
	causeRejected   = 21
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
func (c *Center) ringTimedOut(ct *contact) {
	if o := ct.Entry.Offer; o.Whisper != "" {
		c.stopPlay(ct, o.Whisper)
		c.putThrough(ct)
		return
	}
	c.offerLost(ct, offerEnd{result: fact.OfferMissed})
}

// offerEnd is how an offer ends.
type offerEnd struct {
	result  fact.OfferResult
	cause   int
	derived bool
	legGone bool
}

// offerGone is the result of an offer whose caller is gone.
func offerGone(e callerEnded, o *offer) fact.OfferResult {
	if e.answered || o != nil && o.Whisper != "" {
		return fact.OfferLostRace
	}
	return fact.OfferWithdrawn
}

// offerLost ends an offer that led to nothing; the caller waits on.
func (c *Center) offerLost(ct *contact, end offerEnd) {
	c.endOffer(ct, end)
	if c.LinkUp() && c.passed(ct.Entry.MaxAt) {
		c.maxWait(ct)
	}
}

// endOffer closes the contact's open offer, ends its leg and lets the agent go.
func (c *Center) endOffer(ct *contact, end offerEnd) {
	e := ct.Entry
	o := e.Offer
	q := c.planFor(ct).queue(e.Queue)
	e.Offer = nil
	c.agentLeft(ct)
	c.offerEnded(ct, e, o, end)
	c.touched.match = true
	a := c.agentOf[o.Agent]
	if !end.legGone {
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
