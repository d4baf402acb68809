package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// callEnd is how a call ends.
type callEnd struct {
	termination fact.Termination
	cause       int
	derived     bool
}

func abandoned(e callerEnded) callEnd {
	return callEnd{fact.Termination{Result: fact.ResultAbandoned, Reason: reasonOfCaller(e)}, e.cause, e.derived}
}

func reasonOfCaller(e callerEnded) fact.Reason {
	if e.derived {
		return fact.ReasonDisappeared
	}
	return fact.ReasonCallerHungUp
}

// endCall gives the call its one termination and hangs the caller up if he is still there.
func (c *Center) endCall(ct *contact, end callEnd) {
	c.endDial(ct, dialEnd{result: fact.CallbackFailed, derived: end.derived})
	c.backEnded(ct, backOf(end))
	ct.Call.Over = true
	ct.Call.Termination = end.termination
	ct.Stage = stageOver
	ct.Closing, ct.Flow, ct.SignIn, ct.MendAt = nil, nil, nil, time.Time{}
	if end.cause == 0 && !end.derived && ct.Live {
		end.cause = causeNormal
	}
	t := c.stamp(ct)
	answered, began := ct.Call.Answered, ct.Arrived
	switch {
	case !ct.Call.At.IsZero():
		began = ct.Call.At
	case ct.Back != nil: // nobody was called, or not reached: the attempts are told by themselves
		began = t
	}
	ended := fact.CallEnded{
		Call: ct.Call.ID, Kind: ct.Kind, Node: c.planFor(ct).Node, StartedAt: began, EndedAt: t,
		DurationMS: ms(t.Sub(began)), Termination: end.termination, Cause: end.cause, Derived: end.derived,
	}
	if !answered.IsZero() {
		ended.AnsweredAt = &answered
	}
	c.emit(ct, fact.TypeCallEnded, ended)
	if ct.Live {
		c.hangUpCaller(ct)
	}
	c.hungUp(ct)
	c.settle(ct)
}

// reject ends a call that nobody has answered: the caller's network says that the call was rejected, and he pays nothing.
func (c *Center) reject(ct *contact) {
	ct.Call.Answered = time.Time{}
	c.endCall(ct, callEnd{termination: fact.Termination{Result: fact.ResultRefused, Reason: fact.ReasonBlocked}, cause: causeRejected})
}

// hangUpCaller hangs the caller up, or lets him go where he is sent on to, and makes sure that it happens.
func (c *Center) hangUpCaller(ct *contact) {
	cause := causeNormal
	if ct.Call.Termination.Reason == fact.ReasonBlocked {
		cause = causeRejected
	}
	ct.Hangs++
	ct.HangBy = c.now.Add(hangUpAgain)
	c.touch(ct)
	if ct.Out != "" {
		c.letOut(ct)
		return
	}
	c.hangUp(ct, ct.channel(), cause)
}

// sendOut ends the call by sending the caller on to a number outside. Where no plan lets that be called any more it is just over.
func (c *Center) sendOut(ct *contact, number string, result fact.Result) {
	if ct.Out = c.plan.callable(number); ct.Out == "" {
		c.endCall(ct, callEnd{termination: fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonFlowEnded}})
		return
	}
	c.endCall(ct, callEnd{termination: fact.Termination{Result: result, Reason: fact.ReasonTransferred}})
}

// settle closes the contact when nothing of it is open any more.
func (c *Center) settle(ct *contact) {
	if !ct.Call.Over || ct.Entry != nil || len(ct.Segments) > 0 || ct.Stage == stageEnded {
		return
	}
	t := c.stamp(ct)
	s := ct.Sums
	last := ""
	if len(ct.Agents) > 0 {
		last = ct.Agents[len(ct.Agents)-1]
	}
	c.emit(ct, fact.TypeContactEnded, fact.ContactEnded{
		Kind: ct.Kind, Node: c.planFor(ct).Node, StartedAt: ct.Arrived, EndedAt: t, DurationMS: ms(t.Sub(ct.Arrived)),
		IVRMS: s.IVR, WaitMS: s.Wait, RingMS: s.Ring, TalkMS: s.Talk, HoldMS: s.Hold, WrapUpMS: s.WrapUp,
		ToAgentMS: s.ToAgent, Calls: 1, Entries: int(ct.Count.Entry), Offers: int(ct.Count.Offer),
		FirstQueue: s.FirstQueue, LastQueue: s.LastQueue, LastAgent: last, Customer: ct.Who.Customer, Ticket: ct.Who.Ticket,
		Language: ct.Language, Flow: s.Flow, Fallback: s.Fallback, Transfers: s.Transfers, Termination: ct.Call.Termination,
	})
	c.noteHandled(ct)
	ct.Stage = stageEnded
	ct.EndedAt = t
	ct.Drop = c.now.Add(keepEnded)
	c.forget(ct)
	if i, ok := slices.BinarySearchFunc(c.running, ct.ID, compareContact); ok {
		c.running = slices.Delete(c.running, i, i+1)
	}
	c.release(c.planFor(ct))
}

// forget drops what late facts don't need, personal data first: an ended contact is kept for an hour. The number is kept as
// long where a queue goes by who talked to it last, or keeps the place of who gave up.
func (c *Center) forget(ct *contact) {
	ct.Name, ct.Choices, ct.Lookups, ct.Keys, ct.Left = "", nil, nil, nil, nil
	if ct.Recalls = c.planFor(ct).remembers() && len(ct.Agents) > 0; ct.Kept == nil && !ct.Recalls {
		c.forgetNumber(ct)
	}
	ct.Who, ct.Wished = identity{}, wish{}
	if !ct.Live {
		ct.Sent = nil
	}
}

// goneForGood: the fallback did not take the caller who left: he hung up when he left.
func (c *Center) goneForGood(ct *contact) {
	c.asOf(ct.GoneAt, func() { c.callerGone(ct, 0, false) })
}

// asOf does something that happened earlier, as is only known now.
func (c *Center) asOf(t time.Time, do func()) {
	now := c.occurred
	c.occurred = t
	do()
	c.occurred = now
}

func (c *Center) hangUpOnceMore(ct *contact) {
	if ct.Hangs >= maxHangUps {
		out := ct.Out
		ct.Live, ct.HangBy, ct.Out = false, time.Time{}, ""
		c.freePhone(ct)
		c.hungUp(ct)
		if out != "" { // nobody said that he left, and he is not to be had
			c.wentOut(ct)
		}
		return
	}
	c.hangUpCaller(ct)
}

// drop forgets an ended contact.
func (c *Center) drop(ct *contact) {
	ct.dropped = true
	ct.Live = false
	c.freePhone(ct)
	delete(c.contacts, ct.ID)
	c.forgetCaller(ct)
}

// closeWith plays a last announcement and then ends the call so.
func (c *Center) closeWith(ct *contact, end fact.Termination, media []string) {
	c.touch(ct)
	if len(media) == 0 || !ct.Live {
		c.endCall(ct, callEnd{termination: end})
		return
	}
	ct.Stage, ct.SignIn = stageClosing, nil
	ct.Closing = &closing{Termination: end, Media: media, Due: c.now.Add(playLimit)}
	ct.Closing.Playback = c.play(ct, media)
}

// playsOn notes that a playback counts as ended though its end was not heard: it may be a long one that goes on.
func (ct *contact) playsOn(playback string) { ct.Unheard = playback }

// stopUnheard stops what may still play.
func (c *Center) stopUnheard(ct *contact) {
	if ct.Unheard != "" {
		c.stopPlay(ct, ct.Unheard)
		ct.Unheard = ""
		c.touch(ct)
	}
}

// inClosing: the caller hears a last announcement; the call's end is settled.
func (c *Center) inClosing(ct *contact, ev Event) {
	switch e := ev.(type) {
	case PlaybackEnded:
		if e.Playback != ct.Closing.Playback {
			c.ignore(IgnoredStale)
			return
		}
		c.endCall(ct, callEnd{termination: ct.Closing.Termination})
	case due, answerFailed:
		c.endCall(ct, callEnd{termination: ct.Closing.Termination})
	case callerEnded:
		c.endCall(ct, callEnd{termination: ct.Closing.Termination, cause: e.cause, derived: e.derived})
	case DigitPressed:
		c.ignore(IgnoredNoEffect)
	default:
		c.ignore(IgnoredStale)
	}
}
