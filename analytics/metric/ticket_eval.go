package metric

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Tickets evaluates a ticket report. See docs/metrics.md for what each number means.
func (f *Facts) Tickets(p TicketParams) (TicketReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return TicketReport{}, err
	}
	judge, err := NewJudge(p.SLA, f.firstOfTickets(), p.Now)
	if err != nil {
		return TicketReport{}, err
	}
	tickets := map[ticketKey]judgedTicket{}
	for k, steps := range f.ticketSteps() {
		tickets[k] = newJudgedTicket(steps, judge, p.Now)
	}
	rows, total := map[Key]*ticketCount{}, &ticketCount{}
	for _, c := range f.customerContacts(p.Days) {
		if p.Queues != nil && !slices.Contains(p.Queues, c.data.LastQueue) {
			continue
		}
		for i, b := range buckets {
			if b.holds(c.data.StartedAt) {
				counted := map[Key]bool{}
				at := func(t Ticket) *ticketCount {
					k := c.ticketKey(i, t, p.GroupBy)
					if rows[k] == nil {
						rows[k] = &ticketCount{}
					}
					if !counted[k] { // a contact counts once in each row of its tickets
						rows[k].addContact(c, p.Days, f.watermark)
						counted[k] = true
					}
					return rows[k]
				}
				total.addContact(c, p.Days, f.watermark)
				if len(c.tickets) == 0 {
					at(Ticket{})
				}
				for _, id := range c.tickets {
					t := tickets[id]
					for _, n := range []*ticketCount{at(t.Ticket), total} {
						n.addTicket(c.data.StartedAt, t, judge.business)
					}
				}
			}
		}
	}
	tallies := map[Key]TicketTally{}
	for k, n := range rows {
		tallies[k] = n.tally()
	}
	if err := judge.business.err; err != nil {
		return TicketReport{}, err
	}
	return NewTicketReport(p, tallies, total.tally(), f.freshness())
}

// ticketLife is the events of one ticket in their order, by type.
type ticketLife map[fact.Type][]TicketStep

// ticketKey is the row to which a contact's ticket belongs.
func (c *contact) ticketKey(bucket int, t Ticket, splits []Dimension) Key {
	return restrict(Key{
		Bucket: bucket, Queue: c.data.LastQueue, Language: c.data.Language, Agent: c.data.LastAgent, Team: t.Team, Priority: t.Priority, Reason: t.Reason,
	}, splits)
}

// judgedTicket is a ticket as it stands, with its events. The zero value is one of which no event is known.
type judgedTicket struct {
	Ticket
	life ticketLife
}

func newJudgedTicket(steps []TicketStep, j Judge, now time.Time) judgedTicket {
	t := judgedTicket{newTicket(steps, nil, now), newTicketLife(steps)}
	t.SLA = j.SLA(steps, t.OpenedAt, now)
	return t
}

func newTicketLife(steps []TicketStep) ticketLife {
	l := ticketLife{}
	for _, s := range steps {
		l[s.Event.Type] = append(l[s.Event.Type], s)
	}
	return l
}

// after returns the first and last event of a type at or after an instant; ok is false when there is none.
func (l ticketLife) after(t fact.Type, from time.Time) (first, last TicketStep, ok bool) {
	for _, s := range l[t] {
		if s.At.Before(from) {
			continue
		}
		if !ok {
			first = s
		}
		last, ok = s, true
	}
	return first, last, ok
}

// answers are the first reply, the first resolution and, unless it was reopened since, the last one, all at or after an
// instant; nil where there is none.
func (l ticketLife) answers(from time.Time) (reply, first, last *TicketStep) {
	if s, _, ok := l.after(fact.TypeTicketFirstReply, from); ok {
		reply = &s
	}
	begin, end, ok := l.after(fact.TypeTicketResolved, from)
	if !ok {
		return reply, nil, nil
	}
	if _, reopened, again := l.after(fact.TypeTicketReopened, begin.At); again && reopened.At.After(end.At) {
		return reply, &begin, nil
	}
	return reply, &begin, &end
}

// businessClock measures business hours by schedules of then and now.
type businessClock struct {
	now        string    // schedule of now
	first, end time.Time // all durations lie between; hours more than ClockBack before the end don't count
	clocks     map[string]Clock
	err        error // the first schedule that can't be read
}

// within is how much of [from, until) a schedule has open; ok is false without one.
func (c *businessClock) within(text string, from, until time.Time) (ms int64, ok bool) {
	if text == "" || c.err != nil {
		return 0, false
	}
	clock, known := c.clocks[text]
	if !known {
		if clock, c.err = NewClock(text, c.first, c.end); c.err != nil {
			return 0, false
		}
		c.clocks[text] = clock
	}
	return clock.between(from, until), true
}

// spans is one duration of many pairs: by the wall clock, and in business hours by either policy.
type spans struct{ wall, frozen, recomputed []int64 }

// add takes the time from a call to an event; nil is no event.
func (n *spans) add(from time.Time, s *TicketStep, clock *businessClock) {
	if s == nil {
		return
	}
	n.wall = append(n.wall, s.At.Sub(from).Milliseconds())
	if ms, ok := clock.within(s.Event.Schedule, from, s.At); ok {
		n.frozen = append(n.frozen, ms)
	}
	if ms, ok := clock.within(clock.now, from, s.At); ok {
		n.recomputed = append(n.recomputed, ms)
	}
}

func (n *spans) business() BusinessDurations {
	return BusinessDurations{durationsOf(n.frozen), durationsOf(n.recomputed)}
}

type ticketCount struct {
	TicketTally
	reply, first, full spans
}

// addTicket counts one pair of a contact that arrived at start and a ticket.
func (n *ticketCount) addTicket(start time.Time, t judgedTicket, clock *businessClock) {
	n.Linked++
	n.Targets.add(t.SLA.FirstReply, t.SLA.Resolution)
	life := t.life
	reply, first, last := life.answers(start)
	n.reply.add(start, reply, clock)
	n.first.add(start, first, clock)
	n.full.add(start, last, clock)
	n.Replied += count(reply != nil)
	n.FullyResolved += count(last != nil)
	if first != nil {
		n.Resolved++
		_, _, again := life.after(fact.TypeTicketReopened, first.At)
		n.Reopened += count(again)
	}
}

// addContact counts what first-contact resolution needs of a contact.
func (n *ticketCount) addContact(c *contact, days int, watermark time.Time) {
	if c.data.Termination.Result != fact.ResultAnswered || !c.identified {
		return
	}
	if c.data.EndedAt.Add(time.Duration(days) * 24 * time.Hour).After(watermark) {
		n.Undecided++
		return
	}
	n.FirstContactEligible++
	n.FirstContactResolved += count(!c.further)
}

func (n *ticketCount) tally() TicketTally {
	t := n.TicketTally
	t.FirstReply, t.FirstResolution, t.FullResolution = durationsOf(n.reply.wall), durationsOf(n.first.wall), durationsOf(n.full.wall)
	t.Business = BusinessTally{n.reply.business(), n.first.business(), n.full.business()}
	return t
}
