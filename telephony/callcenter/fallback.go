package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Events of the dialplan's fallback queue, as queue_log names them.
const (
	fallbackEnter        = "ENTERQUEUE"
	fallbackConnect      = "CONNECT"
	fallbackAbandon      = "ABANDON"
	fallbackExitTimeout  = "EXITWITHTIMEOUT"
	fallbackExitEmpty    = "EXITEMPTY"
	fallbackExitKey      = "EXITWITHKEY"
	fallbackCallerHungUp = "COMPLETECALLER"
	fallbackAgentHungUp  = "COMPLETEAGENT"
)

// fallbackEvent takes in a line of the fallback queue. What it tells is over already: nothing is ordered.
func (c *Center) fallbackEvent(e FallbackEvent) {
	if e.Offset == c.meta.Fallback && e.Offset != 0 {
		c.ignore(IgnoredDuplicate)
		return
	}
	if e.Offset != 0 {
		c.meta.Fallback = e.Offset
		c.touched.meta = true
	}
	if e.Channel == "" || isOurs(e.Channel) || c.plan.queue(e.Queue) == nil || !knownFallback(e.Event) {
		c.ignore(IgnoredBadLine)
		return
	}
	ct := c.contacts[e.Channel]
	if ct != nil && (ct.Stage == stageOver || ct.Stage == stageEnded || ct.Stage == stageTalking) {
		c.ignore(IgnoredStale) // it has its end, or an agent of ours; nothing may reopen it
		return
	}
	if ct == nil || ct.Stage != stageFallback {
		ct = c.fallBack(ct, e)
		if e.Event == fallbackEnter {
			return
		}
	}
	c.inFallback(ct, e)
}

func knownFallback(event string) bool {
	switch event {
	case fallbackEnter, fallbackConnect, fallbackAbandon, fallbackExitTimeout, fallbackExitEmpty, fallbackExitKey,
		fallbackCallerHungUp, fallbackAgentHungUp:
		return true
	}
	return false
}

// fallBack makes a contact the fallback's: a new one, or one that the fallback took over when its time-out struck.
func (c *Center) fallBack(ct *contact, e FallbackEvent) *contact {
	began := c.occurred.Add(-time.Duration(max(e.WaitMS, 0)) * time.Millisecond)
	if e.Event == fallbackCallerHungUp || e.Event == fallbackAgentHungUp {
		began = began.Add(-time.Duration(max(e.TalkMS, 0)) * time.Millisecond)
	}
	c.asOf(began, func() {
		if ct == nil {
			arrived := CallArrived{Channel: e.Channel, Number: e.Number, Created: began}
			ct = c.arrive(arrived, arrival{fallback: true, derived: true})
		}
		ct.Sums.Fallback = true
		ct.GoneAt, ct.GoneBy = time.Time{}, time.Time{}
		c.leaveForFallback(ct, e.Queue)
		ct.Stage = stageFallback
		if ct.Entry == nil {
			c.enterFallback(ct, e.Queue)
		}
	})
	return ct
}

// leaveForFallback ends what the core was doing with a caller. A place in the same queue goes on.
func (c *Center) leaveForFallback(ct *contact, queue string) {
	c.touch(ct)
	ct.Closing, ct.SignIn = nil, nil
	if ct.Flow != nil {
		c.leftFlow(ct, fact.IVRQueued)
	}
	e := ct.Entry
	if e == nil {
		return
	}
	for _, o := range slices.Clone(e.Open) {
		c.endOffer(ct, o, offerEnd{result: fact.OfferWithdrawn, derived: true})
	}
	c.unline(ct)
	if e.Queue != queue {
		c.endEntry(ct, entryEnd{outcome: fact.EntryOverflowed, to: queue, derived: true})
	}
}

// enterFallback opens the entry of a caller in the fallback queue. It is in no line: Asterisk serves it.
func (c *Center) enterFallback(ct *contact, queue string) {
	position := 1
	for _, o := range c.running {
		if o != ct && o.Stage == stageFallback && o.Entry != nil && o.Entry.Queue == queue {
			position++
		}
	}
	t := c.stamp(ct)
	since := t
	if !ct.Sums.FirstAt.IsZero() {
		since = ct.Sums.FirstAt
	}
	ct.Entry = &entry{
		ID: part(ct.ID, "e", &ct.Count.Entry), Queue: queue, QueuedAt: t, Since: since, First: position, LastPos: position,
		Unlined: true, Carried: ct.carried(),
	}
	c.queued(ct, "", true)
}

// inFallback: the caller is in the fallback queue, or talks to one of its agents.
func (c *Center) inFallback(ct *contact, e FallbackEvent) {
	talking := ct.Talk != nil
	switch {
	case e.Event == fallbackEnter:
		c.ignore(IgnoredDuplicate)
	case e.Event == fallbackConnect && !talking:
		c.fallbackConnected(ct, e)
	case e.Event == fallbackAbandon && !talking:
		c.endFallback(ct, fact.EntryAbandoned, fallbackCallEnd(fact.ResultAbandoned, fact.ReasonCallerHungUp))
	case e.Event == fallbackExitTimeout && !talking:
		c.endFallback(ct, fact.EntryFailed, fallbackCallEnd(fact.ResultFailed, fact.ReasonFallback))
	case e.Event == fallbackExitEmpty && !talking:
		c.endFallback(ct, fact.EntryLeftEmpty, fallbackCallEnd(fact.ResultFailed, fact.ReasonFallback))
	case e.Event == fallbackExitKey && !talking:
		c.endFallback(ct, fact.EntryExited, fallbackCallEnd(fact.ResultAbandoned, fact.ReasonFallback))
	case e.Event == fallbackCallerHungUp || e.Event == fallbackAgentHungUp:
		c.fallbackCompleted(ct, e)
	default:
		c.ignore(IgnoredStale)
	}
}

func fallbackCallEnd(result fact.Result, reason fact.Reason) callEnd {
	return callEnd{termination: fact.Termination{Result: result, Reason: reason}, derived: true}
}

// fallbackConnected: an agent of the fallback queue took the call; he counts as outside while he talks.
func (c *Center) fallbackConnected(ct *contact, e FallbackEvent) {
	a := c.phones[e.Agent]
	id := e.Agent
	if a != nil && e.Agent != "" {
		id = a.ID
		if a.Wrap == ct.ID { // he wrapped up after handing on this very caller
			c.endWrap(a)
			a.Serving = ""
		}
		a.Fallback = append(a.Fallback, ct.ID)
		c.settleAgent(a, fact.BySystem)
	}
	entry := ct.Entry
	c.endEntry(ct, entryEnd{outcome: fact.EntryAnswered, agent: id, derived: true})
	c.noteAgent(ct, id)
	p := party{Agent: id, Entry: entry.ID, Queue: entry.Queue}
	ct.Talk = &talk{Parties: []party{p}, At: c.stamp(ct)}
	c.startSegment(ct, fact.SegmentTalk, p)
}

// fallbackCompleted: the conversation is over. Its beginning may have been missed.
func (c *Center) fallbackCompleted(ct *contact, e FallbackEvent) {
	if ct.Talk == nil {
		talked := time.Duration(max(e.TalkMS, 0)) * time.Millisecond
		c.asOf(c.occurred.Add(-talked), func() { c.fallbackConnected(ct, e) })
	}
	reason := fact.ReasonCallerHungUp
	if e.Event == fallbackAgentHungUp {
		reason = fact.ReasonAgentHungUp
	}
	c.endFallback(ct, fact.EntryAbandoned, fallbackCallEnd(fact.ResultAnswered, reason))
}

// endFallback ends a fallback contact: its entry with outcome when it still waits, its talk, its call.
func (c *Center) endFallback(ct *contact, outcome fact.EntryOutcome, end callEnd) {
	if ct.Entry != nil {
		c.endEntry(ct, entryEnd{outcome: outcome, derived: true})
	}
	if ct.Talk != nil {
		c.endSegment(ct, ct.Talk.Parties[0].Agent, true)
		c.freeFallback(ct)
	}
	ct.Live = false
	c.endCall(ct, end)
}

// fallbackResult is the result of a fallback contact that ends now, unheard.
func (ct *contact) fallbackResult() fact.Result {
	if ct.Talk != nil {
		return fact.ResultAnswered
	}
	return fact.ResultAbandoned
}

// freeFallback: the fallback's agent is no longer on this call.
func (c *Center) freeFallback(ct *contact) {
	if a := c.agentOf[ct.Talk.Parties[0].Agent]; a != nil {
		a.Fallback = slices.DeleteFunc(a.Fallback, func(id string) bool { return id == ct.ID })
		if len(a.Fallback) == 0 {
			a.Fallback = nil
		}
		c.settleAgent(a, fact.BySystem)
	}
	ct.Talk = nil
}
