package metric

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Backlog evaluates a backlog report. See docs/metrics.md for what each number means.
func (f *Facts) Backlog(p BacklogParams) (BacklogReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return BacklogReport{}, err
	}
	b := backlogBook{p: p, buckets: buckets, ends: p.ends(buckets), rows: map[Key]*backlogCount{}, total: &backlogCount{}}
	for _, steps := range f.ticketSteps() {
		b.ticket(steps)
	}
	tallies := map[Key]BacklogTally{}
	for k, n := range b.rows {
		tallies[k] = n.tally()
	}
	return NewBacklogReport(p, tallies, b.total.tally(), f.freshness())
}

// backlogBook counts tickets into the rows of a report.
type backlogBook struct {
	p       BacklogParams
	buckets []Bucket
	ends    []time.Time
	rows    map[Key]*backlogCount
	total   *backlogCount
}

type backlogCount struct {
	BacklogTally
	reply, first, full, age, active []int64
}

// ticket counts one ticket: what happened to it, and how it stood at the end of each interval.
func (b *backlogBook) ticket(steps []TicketStep) {
	whole := NewTicket(steps, nil, b.p.Now)
	life := newTicketLife(steps)
	reply, first, last := life.answers(whole.OpenedAt)
	opening, _, told := life.after(fact.TypeTicketOpened, time.Time{})
	if !told {
		opening = steps[0]
	}
	for i, s := range steps {
		t := NewTicket(steps[:i+1], nil, b.p.Now) // as it stood just after
		for _, n := range b.at(t, s.At) {
			n.Opened += count(s == opening)
			n.Resolved += count(s.Event.Type == fact.TypeTicketResolved)
			n.Reopened += count(s.Event.Type == fact.TypeTicketReopened)
			n.Reassigned += count(s.Event.Type == fact.TypeTicketReassigned)
			n.Closed += count(s.Event.Type == fact.TypeTicketClosed)
			for _, d := range []struct {
				event *TicketStep
				into  *[]int64
			}{{reply, &n.reply}, {first, &n.first}, {last, &n.full}} {
				if d.event != nil && *d.event == s {
					*d.into = append(*d.into, *s.since(whole.OpenedAt))
				}
			}
		}
	}
	for i, end := range b.ends {
		until := slices.IndexFunc(steps, func(s TicketStep) bool { return !s.At.Before(end) })
		if until < 0 {
			until = len(steps)
		}
		if until == 0 || !whole.OpenedAt.Before(end) {
			continue
		}
		t := NewTicket(steps[:until], nil, b.p.Now)
		if t.State == TicketResolved || t.State == TicketClosed || !b.asked(t) {
			continue
		}
		b.row(i, t).left(t, end.Sub(whole.OpenedAt))
		if i == len(b.ends)-1 {
			b.total.left(t, end.Sub(whole.OpenedAt))
		}
	}
}

func (b *backlogBook) asked(t Ticket) bool {
	return b.p.Queues == nil || slices.Contains(b.p.Queues, t.Queue)
}

// at are the counts to which an event of a ticket belongs that happened at an instant.
func (b *backlogBook) at(t Ticket, at time.Time) []*backlogCount {
	for i, bucket := range b.buckets {
		if bucket.holds(at) && b.asked(t) {
			return []*backlogCount{b.row(i, t), b.total}
		}
	}
	return nil
}

func (b *backlogBook) row(bucket int, t Ticket) *backlogCount {
	k := restrict(Key{Bucket: bucket, Agent: t.Agent, Queue: t.Queue, Team: t.Team, Priority: t.Priority, Reason: t.Reason}, b.p.GroupBy)
	if b.rows[k] == nil {
		b.rows[k] = &backlogCount{}
	}
	return b.rows[k]
}

// left counts a ticket that is open.
func (n *backlogCount) left(t Ticket, age time.Duration) {
	n.Open++
	n.age = append(n.age, age.Milliseconds())
	if t.State == TicketPending {
		n.Pending++
		return
	}
	n.active = append(n.active, age.Milliseconds())
}

func (n *backlogCount) tally() BacklogTally {
	t := n.BacklogTally
	t.FirstReply, t.FirstResolution, t.FullResolution = durationsOf(n.reply), durationsOf(n.first), durationsOf(n.full)
	t.Age, t.AgeActive = durationsOf(n.age), durationsOf(n.active)
	return t
}
