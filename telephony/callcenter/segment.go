package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// startSegment opens a stretch of an agent's time.
func (c *Center) startSegment(ct *contact, kind fact.SegmentKind, p party) {
	s := segment{
		ID: part(ct.ID, "s", &ct.Count.Segment), Kind: kind, Agent: p.Agent, Entry: p.Entry, Queue: p.Queue, At: c.stamp(ct),
	}
	ct.Segments = append(ct.Segments, s)
	c.emit(ct, fact.TypeSegmentStarted, fact.SegmentStarted{
		Segment: s.ID, Kind: kind, Agent: s.Agent, Call: ct.Call.ID, Entry: s.Entry, Queue: s.Queue,
	})
}

// segmentOf finds an agent's open segment; below 0 when he has none.
func (ct *contact) segmentOf(agent string) int {
	return slices.IndexFunc(ct.Segments, func(s segment) bool { return s.Agent == agent })
}

// endSegment closes an agent's segment.
func (c *Center) endSegment(ct *contact, agent string, derived bool) {
	i := ct.segmentOf(agent)
	s := ct.Segments[i]
	ct.Segments = slices.Delete(ct.Segments, i, i+1)
	if len(ct.Segments) == 0 {
		ct.Segments = nil
	}
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
}

// talked adds to the talk time of an agent whom the plan knows: the fallback's may be others.
func (c *Center) talked(agent string, until time.Time, ms int64) {
	if a := c.agentOf[agent]; a != nil {
		a.LastTalk = later(until, a.LastTalk)
		a.TalkMS += ms
		c.touchAgent(a)
	}
}

// resegment opens another segment for each party whose talk became a hold, or the other way round.
func (c *Center) resegment(ct *contact) {
	for _, p := range ct.Talk.all() {
		kind := fact.SegmentTalk
		if ct.Talk.onHold(p) {
			kind = fact.SegmentHold
		}
		if i := ct.segmentOf(p.Agent); ct.Segments[i].Kind != kind {
			c.endSegment(ct, p.Agent, false)
			c.startSegment(ct, kind, p)
		}
	}
	c.record(ct)
}

// endWrap ends an agent's wrap-up; the contact may end with it.
func (c *Center) endWrap(a *agent) {
	ct := c.contacts[a.Wrap]
	a.Wrap, a.WrapUntil = "", time.Time{}
	c.touchAgent(a)
	if ct != nil && ct.segmentOf(a.ID) >= 0 {
		c.endSegment(ct, a.ID, false)
		c.settle(ct)
	}
}
