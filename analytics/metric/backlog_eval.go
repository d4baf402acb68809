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
	judge, err := NewJudge(p.SLA, f.firstOfTickets(), p.Now)
	if err != nil {
		return BacklogReport{}, err
	}
	b := backlogBook{p: p, judge: judge, buckets: buckets, ends: p.ends(buckets), rows: map[Key]*backlogCount{}, total: &backlogCount{}}
	for _, steps := range f.ticketSteps() {
		b.ticket(steps)
	}
	tallies := map[Key]BacklogTally{}
	for k, n := range b.rows {
		tallies[k] = n.tally()
	}
	if err := judge.business.err; err != nil {
		return BacklogReport{}, err
	}
	return NewBacklogReport(p, tallies, b.total.tally(), f.freshness())
}

// backlogBook counts tickets into the rows of a report.
type backlogBook struct {
	p       BacklogParams
	judge   Judge
	buckets []Bucket
	ends    []time.Time
	rows    map[Key]*backlogCount
	total   *backlogCount
}

type backlogCount struct {
	BacklogTally
	reply, first, full    spans
	age, active           []int64
	ageHours, activeHours []int64 // by the schedule of now
}

// ticket counts one ticket: what happened to it, and how it stood at the end of each interval.
func (b *backlogBook) ticket(steps []TicketStep) {
	whole := newTicket(steps, nil, b.p.Now)
	run := runOf(steps, whole.OpenedAt, b.p.Now)
	life := newTicketLife(steps)
	reply, first, last := life.answers(whole.OpenedAt)
	opening, _, told := life.after(fact.TypeTicketOpened, time.Time{})
	if !told {
		opening = steps[0]
	}
	for i, s := range steps {
		t := newTicket(steps[:i+1], nil, b.p.Now) // as it stood just after
		for _, n := range b.at(t, s.At) {
			n.Opened += count(s == opening)
			n.Resolved += count(s.Event.Type == fact.TypeTicketResolved)
			n.Reopened += count(s.Event.Type == fact.TypeTicketReopened)
			n.Reassigned += count(s.Event.Type == fact.TypeTicketReassigned)
			n.Closed += count(s.Event.Type == fact.TypeTicketClosed)
			if run.answer != nil && run.answer.step == s {
				n.Targets.add(b.judge.firstReply(run, whole.OpenedAt, b.p.Now), nil)
			}
			if run.resolved != nil && run.resolved.step == s {
				n.Targets.add(nil, b.judge.resolution(run))
			}
			for _, d := range []struct {
				event *TicketStep
				into  *spans
			}{{reply, &n.reply}, {first, &n.first}, {last, &n.full}} {
				if d.event != nil && *d.event == s {
					d.into.add(whole.OpenedAt, d.event, b.judge.business)
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
		t := newTicket(steps[:until], nil, b.p.Now)
		if t.State == TicketResolved || t.State == TicketClosed || !b.asked(t) {
			continue
		}
		t.OpenedAt, t.SLA = whole.OpenedAt, b.judge.SLA(steps[:until], whole.OpenedAt, end)
		b.row(i, t).left(t, end, b.judge)
		if i == len(b.ends)-1 {
			b.total.left(t, end, b.judge)
		}
	}
}

func (b *backlogBook) asked(t Ticket) bool {
	return b.p.Queues == nil || slices.Contains(b.p.Queues, t.Queue) || t.Queue == "" && slices.Contains(b.p.Teams, t.Team)
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

// left counts a ticket that is open at an instant.
func (n *backlogCount) left(t Ticket, at time.Time, judge Judge) {
	n.Open++
	n.Warning += count(t.SLA.has(SLAWarning))
	n.Breached += count(t.SLA.has(SLABreached))
	n.Pending += count(t.State == TicketPending)
	age := at.Sub(t.OpenedAt).Milliseconds()
	n.age = append(n.age, age)
	hours, counted := judge.business.within(judge.sla.Schedule, t.OpenedAt, at)
	if counted {
		n.ageHours = append(n.ageHours, hours)
	}
	if t.State == TicketPending {
		return
	}
	n.active = append(n.active, age)
	if counted {
		n.activeHours = append(n.activeHours, hours)
	}
}

func (n *backlogCount) tally() BacklogTally {
	t := n.BacklogTally
	t.FirstReply, t.FirstResolution, t.FullResolution = durationsOf(n.reply.wall), durationsOf(n.first.wall), durationsOf(n.full.wall)
	t.Business = BusinessTally{n.reply.business(), n.first.business(), n.full.business()}
	t.AgeHours, t.AgeActiveHours = durationsOf(n.ageHours), durationsOf(n.activeHours)
	t.Age, t.AgeActive = durationsOf(n.age), durationsOf(n.active)
	return t
}
