package callcenter

import (
	"time"

	"firstline/pipeline/fact"
)

// confirmLimit is how long a customer who is called back may take to press the key.
const confirmLimit = 10 * time.Second

// confirmKey is the key.
const confirmKey = "1"

// dial is the customer's phone being called.
type dial struct {
	Channel  string    `json:"channel"`
	Agent    string    `json:"agent,omitempty"` // who waits on his phone for it
	At       time.Time `json:"at"`
	Made     time.Time `json:"made"`            // its channel, which may be made anew
	By       time.Time `json:"by"`              // ring time-out, or the end of what follows
	Rings    bool      `json:"rings,omitempty"` // the network says so
	Answered time.Time `json:"answered,omitzero"`
	Playback string    `json:"pb,omitempty"` // the greeting
}

// callsFirst tells whether it is the customer whose phone is rung now, before any agent's.
func (c *Center) callsFirst(ct *contact) bool {
	return ct.absent() && c.planFor(ct).queue(ct.Entry.Queue).Callback.First == fact.FirstCustomer
}

// dialled tells whether the customer is being called while no agent waits for it.
func (ct *contact) dialled() bool { return ct.absent() && ct.Back.Dial != nil && !ct.Entry.rings() }

// callCustomer rings the customer's phone; agent waits for him on his, "" = nobody yet.
func (c *Center) callCustomer(ct *contact, agent string) {
	b, q := ct.Back, c.planFor(ct).queue(ct.Entry.Queue)
	b.Calls++
	b.Dial = &dial{Agent: agent, At: c.stamp(ct), By: c.now.Add(q.Callback.Ring)}
	ct.Call.At, ct.Last = b.Dial.At, b.Dial.At // nothing of it may end before
	c.ringCustomer(ct)
}

// ringCustomer makes a channel for the call that is under way.
func (c *Center) ringCustomer(ct *contact) {
	ct.Channel = resource(ct.ID, "leg", &ct.Count.Leg)
	ct.Back.Dial.Channel, ct.Back.Dial.Made, ct.Back.Dial.Rings = ct.Channel, c.now, false
	c.touch(ct)
	c.dialOutside(ct)
}

// putThrough: the agent is there. A customer who is not on the line is called now, and the agent hears it ring; so does he while the
// caller hears that he will be recorded.
func (c *Center) putThrough(ct *contact, o *offer) {
	switch {
	case !ct.absent() && !ct.Entry.informing():
		c.answer(ct, o)
		return
	case ct.absent() && !c.LinkUp() && ct.Back.Dial == nil:
		return // when it is back: restateOffer
	case ct.absent() && ct.Back.Dial == nil:
		c.callCustomer(ct, o.Agent)
	case o.Whisper != "":
		c.stopPlay(ct, o.Whisper) // after a lost link it may go on
	}
	o.By, o.Waits = time.Time{}, true // what is waited for has its own
	o.Whisper = c.whisper(ct, o.Leg, []string{ringingTone})
	c.touch(ct)
}

// ringingTone is what an agent hears while he waits for the caller: of the country in indications.conf, until it is stopped.
const ringingTone = "tone:ring"

// inDial: something happened to the customer's phone; false when it is about something else.
func (c *Center) inDial(ct *contact, ev Event) bool {
	if !ct.absent() || ct.Back.Dial == nil {
		return false
	}
	d := ct.Back.Dial
	switch e := ev.(type) {
	case LegRinging:
		if e.Channel != d.Channel || d.Rings {
			return false
		}
		d.Rings = true
		c.touch(ct)
	case LegAnswered:
		if e.Channel != d.Channel || !d.Answered.IsZero() {
			return false
		}
		c.customerAnswered(ct)
	case legEnded:
		if e.leg != d.Channel {
			return false
		}
		c.notReached(ct, dialEnd{result: d.resultOf(e), cause: e.cause, derived: e.derived, gone: true})
	case legFailed:
		if e.leg != d.Channel {
			return false
		}
		c.notReached(ct, dialEnd{result: resultOfDial(resultOfFailure(e))}) // what has no answer may have taken effect
	case callerEnded: // his channel was found gone by a command
		c.notReached(ct, dialEnd{result: fact.CallbackUnconfirmed, cause: e.cause, derived: e.derived, gone: true})
	case PlaybackEnded:
		if e.Playback != d.Playback || d.Playback == "" {
			return false
		}
		c.greeted(ct)
	case DigitPressed:
		return c.confirmed(ct, e)
	default:
		return false
	}
	return true
}

// customerAnswered: he, or a machine, is on the line.
func (c *Center) customerAnswered(ct *contact) {
	d, q := ct.Back.Dial, c.planFor(ct).queue(ct.Entry.Queue)
	d.Answered = c.stamp(ct)
	ct.Live, ct.Call.Answered = true, d.Answered
	c.touch(ct)
	if len(q.Callback.Greeting) == 0 {
		c.reached(ct)
		return
	}
	d.Playback = c.play(ct, q.Callback.Greeting)
	d.By = c.now.Add(playLimit)
}

// greeted: he heard what it is about. He may have to press a key now.
func (c *Center) greeted(ct *contact) {
	d := ct.Back.Dial
	if !c.planFor(ct).queue(ct.Entry.Queue).Callback.Confirm {
		c.reached(ct)
		return
	}
	d.Playback = ""
	d.By = c.now.Add(confirmLimit)
	c.touch(ct)
}

// confirmed: a key while he hears the greeting, or after it, puts him through.
func (c *Center) confirmed(ct *contact, e DigitPressed) bool {
	d := ct.Back.Dial
	if d.Answered.IsZero() || e.Channel != d.Channel {
		return false
	}
	if !c.pressed(ct, e) {
		return true
	}
	if e.Digit != confirmKey && c.planFor(ct).queue(ct.Entry.Queue).Callback.Confirm {
		c.ignore(IgnoredNoEffect)
		return true
	}
	if d.Playback != "" {
		c.stopPlay(ct, d.Playback)
	}
	c.reached(ct)
	return true
}

// dialDue: his phone rang for long enough; or he did not press the key, or the end of the greeting was not heard.
func (c *Center) dialDue(ct *contact) {
	switch d := ct.Back.Dial; {
	case d.Answered.IsZero():
		c.notReached(ct, dialEnd{result: fact.CallbackNoAnswer})
	case d.Playback != "":
		ct.playsOn(d.Playback)
		c.greeted(ct)
	default:
		c.notReached(ct, dialEnd{result: fact.CallbackUnconfirmed})
	}
}

// reached: the customer is on the line. An agent who waits for him has him now; else he waits at his place like any caller.
func (c *Center) reached(ct *contact) {
	c.endDial(ct, dialEnd{result: fact.CallbackReached})
	ct.Back.Reached, ct.Back.CloseAt = true, time.Time{}
	e, q := ct.Entry, c.planFor(ct).queue(ct.Entry.Queue)
	informs := c.inform(ct)
	if o := e.taken(); o != nil && !informs {
		c.stopPlay(ct, o.Whisper)
		c.answer(ct, o)
		return
	}
	if q.MaxWait > 0 { // on the line he waits no longer than others
		e.MaxAt = c.now.Add(q.MaxWait)
	}
	e.AnnounceAt = c.firstAnnouncement(q)
	c.announceAgain(ct)
	if !informs {
		c.startMusic(ct, q.MusicClass)
	}
	c.touched.match = true
}

// dialEnd is how a call of the customer's phone ends.
type dialEnd struct {
	result  fact.CallbackResult
	cause   int
	derived bool
	gone    bool // his channel is
}

// counts tells whether it counts as an attempt to reach him: not where it came to nothing by somebody else's doing.
func (e dialEnd) counts() bool {
	return e.result != fact.CallbackAgentLeft && e.result != fact.CallbackCalledOff
}

// notReached: he is called again later, if attempts are left.
func (c *Center) notReached(ct *contact, end dialEnd) {
	c.endDial(ct, end)
	b, q := ct.Back, c.planFor(ct).queue(ct.Entry.Queue)
	if b.Attempts >= q.Callback.Attempts {
		c.endBack(ct, backEnd{outcome: fact.CallbackNotReached, reason: fact.ReasonNotReached})
		return
	}
	c.endEntry(ct, entryEnd{outcome: fact.EntryCallback})
	c.putOff(ct, fact.PutOffRetry, c.now.Add(q.Callback.Retry))
}

// endDial closes the call of the customer's phone, if one is under way. Unless he was reached his channel is ended.
func (c *Center) endDial(ct *contact, end dialEnd) {
	b := ct.Back
	if b == nil || b.Dial == nil {
		return
	}
	d, t := b.Dial, c.stamp(ct)
	b.Dial = nil
	if end.counts() {
		b.Attempts++
	}
	ring := t
	if !d.Answered.IsZero() {
		ring = d.Answered
	}
	c.emit(ct, fact.TypeCallbackAttempted, fact.CallbackAttempted{
		Call: ct.Call.ID, Queue: b.Queue, Attempt: b.Calls, Agent: d.Agent, Channel: d.Channel, Result: end.result, StartedAt: d.At, EndedAt: t,
		RingMS: max(0, ms(ring.Sub(d.At))), Cause: end.cause, Derived: end.derived,
	})
	c.touched.match = true // an agent was kept for him
	if end.result == fact.CallbackReached {
		return
	}
	if !end.gone {
		if d.Playback != "" {
			c.stopPlay(ct, d.Playback)
		}
		c.hangUp(ct, d.Channel, causeNormal)
	}
	ct.Channel, ct.Live, ct.Call.At, ct.Call.Answered = "", false, time.Time{}, time.Time{}
}

// restAfter is how long a customer is left alone whose phone rang for an agent who hung up. It doubles each time: a phone of an
// agent that drops calls must not ring him without end.
const (
	restAfter   = 30 * time.Second
	mostDoubled = 6
)

// agentLeft: the agent who waited for the customer is gone before he answered; he is called again with the next one.
func (c *Center) agentLeft(ct *contact) {
	if !ct.absent() || ct.Back.Dial == nil || !ct.Back.Dial.Answered.IsZero() {
		return
	}
	b := ct.Back
	c.endDial(ct, dialEnd{result: fact.CallbackAgentLeft})
	b.RestUntil = c.now.Add(restAfter << min(b.Left, mostDoubled))
	b.Left++
}

// resultOf says why the customer's channel ended before he was put through.
func (d *dial) resultOf(e legEnded) fact.CallbackResult {
	if !d.Answered.IsZero() {
		return fact.CallbackUnconfirmed
	}
	return resultOfDial(resultOf(e, d.Rings))
}

// resultOfDial is the same in the words of callbacks.
func resultOfDial(r fact.OfferResult) fact.CallbackResult {
	switch r { //nolint:exhaustive // a phone's own results only
	case fact.OfferMissed:
		return fact.CallbackNoAnswer
	case fact.OfferBusy:
		return fact.CallbackBusy
	case fact.OfferDeclined:
		return fact.CallbackDeclined
	case fact.OfferUnavailable:
		return fact.CallbackUnavailable
	default:
		return fact.CallbackFailed
	}
}

// reconcileDial ends the call of a customer's phone that is gone. One that neither rang nor was answered may not have been made yet;
// after a lost link it is made anew.
func (c *Center) reconcileDial(ct *contact, act actual) {
	d := ct.Back.Dial
	if d == nil {
		return
	}
	_, exists := act.channels[d.Channel]
	if !exists && (d.Rings || !d.Answered.IsZero() || !act.full) && act.old(c, d.Made) {
		c.toContact(ct, legEnded{leg: d.Channel, derived: true})
	}
}

// restateDial: a call that was answered meanwhile is answered, one that rings goes on, any other is made anew; a greeting is said
// again.
func (c *Center) restateDial(ct *contact, act actual) {
	d := ct.Back.Dial
	if d == nil {
		return
	}
	ch, exists := act.channels[d.Channel]
	switch {
	case exists && ch.State == stateUp && d.Answered.IsZero():
		c.customerAnswered(ct)
	case d.Playback != "":
		c.stopPlay(ct, d.Playback)
		d.Playback = c.play(ct, c.planFor(ct).queue(ct.Entry.Queue).Callback.Greeting)
		d.By = c.now.Add(playLimit)
	case !d.Answered.IsZero() || c.passed(d.By): // he may press the key yet, or it ends with what is due
	case exists && ch.State != stateDown:
	default:
		if exists {
			c.hangUp(ct, d.Channel, causeNormal)
		}
		c.ringCustomer(ct)
	}
}
