package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

const (
	maxBridgeTries = 3           // how often caller and agent are joined again before the call is given up
	mendAfter      = time.Second // between tries of what failed
)

// answer: the agent took the call.
func (c *Center) answer(ct *contact) {
	e := ct.Entry
	o := e.Offer
	a := c.agentOf[o.Agent]
	c.silence(ct)
	e.Offer = nil
	c.offerEnded(ct, e, o, offerEnd{result: fact.OfferAnswered})
	c.endEntry(ct, entryEnd{outcome: fact.EntryAnswered, agent: a.ID, answer: o.ID})
	ct.Stage = stageTalking
	ct.Talk = &talk{Agent: a.ID, Leg: o.Leg, Entry: e.ID, Queue: e.Queue, At: c.stamp(ct)}
	c.noteAgent(ct, a.ID)
	ct.Talk.Bridge = resource(ct.ID, "br", &ct.Count.Bridge)
	c.bridge(ct, ct.Talk.Bridge, o.Leg)
	c.startSegment(ct, fact.SegmentTalk)
	a.Offer, a.Talk, a.Missed = "", ct.ID, 0
	a.Calls++
	c.settleAgent(a, fact.BySystem)
}

// noteAgent remembers who talked to the caller, and how long the first one took.
func (c *Center) noteAgent(ct *contact, agent string) {
	if ct.Sums.ToAgent == nil {
		wait := ms(c.stamp(ct).Sub(ct.Arrived))
		ct.Sums.ToAgent = &wait
	}
	c.served(ct)
	ct.Agents = append(slices.DeleteFunc(ct.Agents, func(id string) bool { return id == agent }), agent)
}

// inTalk: the caller talks to an agent.
func (c *Center) inTalk(ct *contact, ev Event) {
	switch e := ev.(type) {
	case callerEnded:
		c.endTalk(ct, talkEnd{result: fact.ResultAnswered, reason: reasonOfCaller(e), cause: e.cause, derived: e.derived})
	case legEnded:
		if e.leg != ct.Talk.Leg {
			c.ignore(IgnoredStale)
			return
		}
		reason := fact.ReasonAgentHungUp
		if e.derived {
			reason = fact.ReasonDisappeared
		}
		c.endTalk(ct, talkEnd{result: fact.ResultAnswered, reason: reason, cause: e.cause, derived: e.derived, legGone: true})
	case bridgeFailed:
		c.bridgeFailed(ct, e)
	case answerFailed, DigitPressed:
		c.ignore(IgnoredNoEffect)
	default:
		c.ignore(IgnoredStale)
	}
}

// bridgeFailed: the two could not be joined. Mostly one of them has just hung up, which is heard in a moment; if nothing
// is heard they are joined again.
func (c *Center) bridgeFailed(ct *contact, e bridgeFailed) {
	t := ct.Talk
	switch {
	case e.bridge != t.Bridge:
		c.ignore(IgnoredStale)
	case t.Tries < maxBridgeTries:
		t.Apart = true
		c.mendSoon(ct)
	default:
		c.endTalk(ct, talkEnd{result: fact.ResultFailed, reason: fact.ReasonCommandFailed})
	}
}

// mendSoon plans to order again what failed.
func (c *Center) mendSoon(ct *contact) {
	if ct.MendAt.IsZero() {
		ct.MendAt = c.now.Add(mendAfter)
	}
	c.touch(ct)
}

// mend orders again what the caller should hear.
func (c *Center) mend(ct *contact) {
	ct.MendAt = time.Time{}
	switch {
	case ct.Stage == stageWaiting && ct.Entry.Playback == "":
		c.startMusic(ct, c.planFor(ct).queue(ct.Entry.Queue).MusicClass)
	case ct.Stage == stageTalking && ct.Talk.Apart:
		ct.Talk.Apart = false
		ct.Talk.Tries++
		c.stopMusic(ct)
		c.bridge(ct, ct.Talk.Bridge, ct.Talk.Leg)
	case ct.Stage == stageTalking:
		c.stopMusic(ct)
	}
}

// held: a phone put the call on hold or took it back.
func (c *Center) held(channel string, hold bool) {
	ct := c.contacts[channel]
	if isOurs(channel) {
		ct = c.contacts[ownerOfResource(channel)]
	}
	switch {
	case ct == nil:
		c.ignore(IgnoredUnknownChannel)
	case ct.Stage != stageTalking:
		c.ignore(IgnoredNoEffect)
	case channel == ct.Talk.Leg:
		c.hold(ct, &ct.Talk.Agents, hold)
	case channel == ct.ID:
		c.hold(ct, &ct.Talk.Callers, hold)
	default:
		c.ignore(IgnoredStale)
	}
}

// hold notes one side's hold; the talk is held while either side holds.
func (c *Center) hold(ct *contact, side *bool, hold bool) {
	if *side == hold {
		c.ignore(IgnoredNoEffect)
		return
	}
	*side = hold
	c.touch(ct)
	kind := fact.SegmentTalk
	if ct.Talk.Agents || ct.Talk.Callers {
		kind = fact.SegmentHold
	}
	if ct.Segment.Kind != kind {
		c.endSegment(ct, false)
		c.startSegment(ct, kind)
	}
}

// startSegment opens a stretch of the talking agent's time.
func (c *Center) startSegment(ct *contact, kind fact.SegmentKind) {
	t := ct.Talk
	s := &segment{
		ID: part(ct.ID, "s", &ct.Count.Segment), Kind: kind, Agent: t.Agent, Entry: t.Entry, Queue: t.Queue, At: c.stamp(ct),
	}
	ct.Segment = s
	c.emit(ct, fact.TypeSegmentStarted, fact.SegmentStarted{
		Segment: s.ID, Kind: kind, Agent: s.Agent, Call: ct.Call.ID, Entry: s.Entry, Queue: s.Queue,
	})
}

func (c *Center) endSegment(ct *contact, derived bool) {
	s := ct.Segment
	t := c.stamp(ct)
	lasted := ms(t.Sub(s.At))
	switch s.Kind {
	case fact.SegmentTalk:
		ct.Sums.Talk += lasted
		c.talked(s.Agent, t, lasted)
	case fact.SegmentHold:
		ct.Sums.Hold += lasted
		c.talked(s.Agent, t, lasted)
	case fact.SegmentWrapUp:
		ct.Sums.WrapUp += lasted
	}
	c.emit(ct, fact.TypeSegmentEnded, fact.SegmentEnded{
		Segment: s.ID, Kind: s.Kind, Agent: s.Agent, Call: ct.Call.ID, Entry: s.Entry, Queue: s.Queue, StartedAt: s.At,
		EndedAt: t, DurationMS: lasted, Derived: derived,
	})
	ct.Segment = nil
}

// talked adds to the talk time of an agent whom the plan knows: the fallback's may be others.
func (c *Center) talked(agent string, until time.Time, ms int64) {
	if a := c.agentOf[agent]; a != nil {
		a.LastTalk = later(until, a.LastTalk)
		a.TalkMS += ms
		c.touchAgent(a)
	}
}

// talkEnd is how a conversation ends.
type talkEnd struct {
	result  fact.Result
	reason  fact.Reason
	cause   int
	derived bool
	legGone bool
}

// endTalk ends the conversation for both: whoever is still there is hung up, the agent wraps up.
func (c *Center) endTalk(ct *contact, end talkEnd) {
	t := ct.Talk
	a := c.agentOf[t.Agent]
	c.endSegment(ct, end.derived)
	c.unbridge(ct, t.Bridge)
	if !end.legGone {
		c.clearLeg(ct, a, t.Leg)
	}
	a.Talk = ""
	c.touchAgent(a)
	wrap := c.planFor(ct).wrapUp(t.Queue, a)
	if wrap > 0 {
		a.Wrap, a.WrapUntil = ct.ID, c.now.Add(wrap)
		c.startSegment(ct, fact.SegmentWrapUp)
	}
	ct.Talk = nil
	c.endCall(ct, callEnd{fact.Termination{Result: end.result, Reason: end.reason}, end.cause, end.derived})
	if wrap > 0 {
		c.settleAgent(a, fact.BySystem)
		return
	}
	c.afterCall(a, fact.BySystem)
}

// endWrap ends an agent's wrap-up; the contact may end with it.
func (c *Center) endWrap(a *agent) {
	ct := c.contacts[a.Wrap]
	a.Wrap, a.WrapUntil = "", time.Time{}
	c.touchAgent(a)
	if ct != nil && ct.Segment != nil {
		c.endSegment(ct, false)
		c.settle(ct)
	}
}
