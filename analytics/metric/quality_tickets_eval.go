package metric

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// ticketDefects finds the defects of the events of tickets.
func ticketDefects(facts []fact.Fact, p QualityParams, buckets []Bucket) TicketDefects {
	q := ticketQuality{p: p, arrived: map[string]time.Time{}}
	for _, x := range facts {
		if x.Type == fact.TypeArrived {
			q.arrived[x.Subject] = later(q.arrived[x.Subject], x.Time)
		}
	}
	known := Read(facts)
	for _, steps := range known.ticketSteps() {
		q.single(steps)
		q.beforeStart(steps)
	}
	q.repeated(facts, known)
	out := TicketDefects{Counts: map[TicketQualityKey]int64{}, Examples: q.found}
	for _, d := range q.found {
		for i, b := range buckets {
			if b.holds(d.placed()) {
				out.Counts[TicketQualityKey{i, d.Kind, d.System}]++
			}
		}
	}
	return out
}

// ticketQuality is that part of a report in the making.
type ticketQuality struct {
	p       QualityParams
	arrived map[string]time.Time // when each contact did
	found   []TicketDefect
}

// add notes a defect of an event in the window.
func (q *ticketQuality) add(kind TicketDefectKind, s TicketStep, by time.Duration) {
	d := NewTicketDefect(kind, s.Event, s.At, by.Milliseconds())
	if (Bucket{From: q.p.From, Until: q.p.Until}).holds(d.placed()) {
		q.found = append(q.found, d)
	}
}

// single finds what one event shows by itself.
func (q *ticketQuality) single(steps []TicketStep) {
	for _, s := range steps {
		if by := time.UnixMilli(s.Event.ReceivedMS).Sub(s.At); by > LateAfter {
			q.add(TicketLate, s, by)
		} else if -by > AheadAfter {
			q.add(TicketAhead, s, -by)
		}
	}
}

// beforeStart finds events of a ticket that happened before they can have.
func (q *ticketQuality) beforeStart(steps []TicketStep) {
	start := q.startOf(steps)
	for _, s := range steps {
		if by := later(start, q.arrived[s.Event.Contact]).Sub(s.At); by > 0 {
			q.add(TicketBeforeStart, s, by)
		}
	}
}

// startOf is when a ticket began, zero when nothing tells. A ticket that a call's look-up found was there before the call, and so may
// be what happened to it.
func (q *ticketQuality) startOf(steps []TicketStep) time.Time {
	for _, s := range steps {
		if s.Event.Type == fact.TypeTicketOpened {
			return later(s.At, q.arrived[s.Event.Contact])
		}
	}
	if i := slices.IndexFunc(steps, func(s TicketStep) bool { return s.Event.Contact != "" }); i >= 0 {
		return q.arrived[steps[i].Event.Contact]
	}
	return time.Time{}
}

// repeated finds the deliveries that were not received first.
func (q *ticketQuality) repeated(facts []fact.Fact, known *Facts) {
	for _, x := range facts {
		e, ok := x.Data.(fact.TicketEvent)
		if !ok {
			continue
		}
		first := known.tickets[x.Subject+"/"+e.EventID]
		if first.order.before(order{received: e.ReceivedMS, source: x.Source, epoch: x.Epoch, position: x.Position}) {
			q.add(TicketRepeated, TicketStep{x.Time, e}, time.Duration(e.ReceivedMS-first.order.received)*time.Millisecond)
		}
	}
}
