package metric

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Quality finds the defects of facts. loads is what the loader says of itself; facts know nothing of it.
func Quality(facts []Loaded, loads []Loads, p QualityParams) (QualityReport, error) {
	if err := p.Check(); err != nil {
		return QualityReport{}, err
	}
	buckets, err := p.Buckets()
	if err != nil {
		return QualityReport{}, err
	}
	var plain []fact.Fact
	for _, x := range facts {
		plain = append(plain, x.Fact)
	}
	fresh := Read(plain).freshness()
	q := quality{p: p, watermark: fresh.Watermark}
	q.single(facts)
	q.inOrder(facts)
	q.pairs(facts)
	counts := map[QualityKey]int64{}
	for _, d := range q.found {
		for i, b := range buckets {
			if b.holds(d.placed()) {
				counts[QualityKey{i, d.Kind, d.Source, d.node}] += d.Count
			}
		}
	}
	return NewQualityReport(p, counts, q.found, ticketDefects(plain, p, buckets), loads, fresh)
}

// quality is a report in the making.
type quality struct {
	p         QualityParams
	watermark *time.Time
	found     []Defect
}

// add notes a defect of a fact in the window.
func (q *quality) add(kind DefectKind, x Loaded, n, by int64) {
	d := NewDefect(kind, x.Type, x.Subject, x.Sequence, x.Time, x.At, x.Source, n, by)
	if (Bucket{From: q.p.From, Until: q.p.Until}).holds(d.placed()) {
		q.found = append(q.found, d)
	}
}

// judgedBySequence says whether a type's facts are numbered within a contact or an agent.
func judgedBySequence(t fact.Type) bool {
	for _, other := range []string{"ticket.", "log.", "incident.", "voicemail.marked"} {
		if strings.HasPrefix(string(t), other) {
			return false
		}
	}
	return true
}

// single finds what one fact shows by itself. The time of tickets is a foreign clock's: ticketDefects judges it.
func (q *quality) single(facts []Loaded) {
	for _, x := range facts {
		if x.Topic() == fact.TopicTickets {
			continue
		}
		if by := x.At.Sub(x.Time); by > LateAfter {
			q.add(DefectLate, x, 1, by.Milliseconds())
		} else if -by > AheadAfter {
			q.add(DefectAhead, x, 1, -by.Milliseconds())
		}
		if gap, ok := x.Data.(fact.LogGap); ok && gap.Dropped > 0 {
			q.add(DefectLost, x, gap.Dropped, 0)
		}
		s, ok := spanOf(x.Data)
		if !ok {
			continue
		}
		if by := min(s.durationMS, s.until.Sub(s.from).Milliseconds()); by < 0 {
			q.add(DefectNegative, x, 1, by)
		}
		if s.derived {
			q.add(DefectDerived, x, 1, 0)
		}
	}
}

// closing is what a closing fact says of the stretch of time that it ends.
type closing struct {
	from, until time.Time
	durationMS  int64
	derived     bool
}

func spanOf(d fact.Data) (closing, bool) {
	switch d := d.(type) {
	case fact.EntryEnded:
		return closing{d.QueuedAt, d.EndedAt, d.WaitMS, d.Derived}, true
	case fact.OfferEnded:
		return closing{d.OfferedAt, d.EndedAt, d.RingMS, d.Derived}, true
	case fact.SegmentEnded:
		return closing{d.StartedAt, d.EndedAt, d.DurationMS, d.Derived}, true
	case fact.CallEnded:
		return closing{d.StartedAt, d.EndedAt, d.DurationMS, d.Derived}, true
	case fact.ContactEnded:
		return closing{d.StartedAt, d.EndedAt, d.DurationMS, false}, true
	case fact.AgentStateEnded:
		return closing{d.StartedAt, d.EndedAt, d.DurationMS, false}, true
	}
	return closing{}, false
}

// inOrder follows the facts of each subject in the order of their numbers, from LookBack before the window.
func (q *quality) inOrder(facts []Loaded) {
	type line struct{ subject, source, epoch string }
	lines := map[line][]Loaded{}
	for _, x := range facts {
		if judgedBySequence(x.Type) && !x.Time.Before(q.p.From.Add(-LookBack)) && x.Time.Before(q.p.Until) {
			k := line{x.Subject, x.Source, x.Epoch}
			lines[k] = append(lines[k], x)
		}
	}
	for _, l := range lines {
		slices.SortFunc(l, func(a, b Loaded) int {
			return cmp.Or(cmp.Compare(a.Sequence, b.Sequence), cmp.Compare(a.Position, b.Position))
		})
		newest := l[0].Time
		for i, x := range l[1:] {
			before := l[i]
			if x.Sequence == before.Sequence {
				q.add(DefectDuplicate, x, 1, 0)
			} else if missing := x.Sequence - before.Sequence - 1; missing > 0 {
				q.add(DefectGap, x, int64(missing), 0) //nolint:gosec // a subject has few facts
			}
			if by := newest.Sub(x.Time); by > 0 {
				q.add(DefectOutOfOrder, x, 1, by.Milliseconds())
			}
			newest = later(newest, x.Time)
		}
	}
}

// half is a begin or an end of something that has both.
type half struct {
	what, id string
	end      bool
	from     time.Time // when it began
}

func halfOf(x Loaded) (half, bool) {
	switch d := x.Data.(type) {
	case fact.Arrived:
		return half{"contact", x.Subject, false, x.Time}, true
	case fact.ContactEnded:
		return half{"contact", x.Subject, true, d.StartedAt}, true
	case fact.Queued:
		return half{"entry", d.Entry, false, x.Time}, true
	case fact.EntryEnded:
		return half{"entry", d.Entry, true, d.QueuedAt}, true
	case fact.Offered:
		return half{"offer", d.Offer, false, x.Time}, true
	case fact.OfferEnded:
		return half{"offer", d.Offer, true, d.OfferedAt}, true
	case fact.SegmentStarted:
		return half{"segment", d.Segment, false, x.Time}, true
	case fact.SegmentEnded:
		return half{"segment", d.Segment, true, d.StartedAt}, true
	}
	return half{}, false
}

// pairs finds begins without an end and ends without a begin.
func (q *quality) pairs(facts []Loaded) {
	type thing struct {
		what, id string
		end      bool
	}
	known := map[thing]bool{} // of the time that is read
	since, beyond := q.p.From.Add(-LookBack), q.p.Beyond()
	for _, x := range facts {
		if h, ok := halfOf(x); ok && !x.Time.Before(since) && x.Time.Before(beyond) {
			known[thing{h.what, h.id, h.end}] = true
		}
	}
	for _, x := range facts {
		h, ok := halfOf(x)
		if !ok || known[thing{h.what, h.id, !h.end}] {
			continue
		}
		if h.end {
			if !h.from.Before(since) { // else its begin lies before what is read
				q.add(DefectMissingBegin, x, 1, 0)
			}
			continue
		}
		over := h.what != "contact" && known[thing{"contact", x.Subject, true}]
		if over || x.Time.Before(q.watermark.Add(-LookBack)) {
			q.add(DefectMissingEnd, x, 1, 0)
		}
	}
}
