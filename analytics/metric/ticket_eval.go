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
	lives := f.ticketLives()
	rows, total := map[Key]*ticketCount{}, &ticketCount{}
	for _, c := range f.customerContacts(p.Days) {
		if p.Queues != nil && !slices.Contains(p.Queues, c.data.LastQueue) {
			continue
		}
		for i, b := range buckets {
			if b.holds(c.data.StartedAt) {
				k := c.key(i, p.GroupBy)
				if rows[k] == nil {
					rows[k] = &ticketCount{}
				}
				for _, n := range []*ticketCount{rows[k], total} {
					n.addContact(c, p.Days, f.watermark)
					for _, t := range c.tickets {
						n.addTicket(c.data.StartedAt, lives[t])
					}
				}
			}
		}
	}
	tallies := map[Key]TicketTally{}
	for k, n := range rows {
		tallies[k] = n.tally()
	}
	return NewTicketReport(p, tallies, total.tally(), f.freshness())
}

// ticketLife is the times of one ticket's events, by type.
type ticketLife map[fact.Type][]time.Time

func (f *Facts) ticketLives() map[ticketKey]ticketLife {
	lives := map[ticketKey]ticketLife{}
	for _, t := range f.tickets {
		k := ticketKey{t.data.System, t.data.Ticket}
		if lives[k] == nil {
			lives[k] = ticketLife{}
		}
		lives[k][t.data.Type] = append(lives[k][t.data.Type], t.at)
	}
	return lives
}

// after returns the first and last event of a type at or after an instant; ok is false when there is none.
func (l ticketLife) after(t fact.Type, from time.Time) (first, last time.Time, ok bool) {
	for _, at := range l[t] {
		if at.Before(from) {
			continue
		}
		if !ok || at.Before(first) {
			first = at
		}
		last, ok = later(last, at), true
	}
	return first, last, ok
}

type ticketCount struct {
	TicketTally
	reply, first, full []int64
}

// addTicket counts one pair of a contact that arrived at start and a ticket.
func (n *ticketCount) addTicket(start time.Time, life ticketLife) {
	n.Linked++
	if at, _, ok := life.after(fact.TypeTicketFirstReply, start); ok {
		n.Replied++
		n.reply = append(n.reply, at.Sub(start).Milliseconds())
	}
	first, last, ok := life.after(fact.TypeTicketResolved, start)
	if !ok {
		return
	}
	n.Resolved++
	n.first = append(n.first, first.Sub(start).Milliseconds())
	_, reopened, again := life.after(fact.TypeTicketReopened, first)
	n.Reopened += count(again)
	if !again || !reopened.After(last) {
		n.FullyResolved++
		n.full = append(n.full, last.Sub(start).Milliseconds())
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
	t.FirstReply, t.FirstResolution, t.FullResolution = durationsOf(n.reply), durationsOf(n.first), durationsOf(n.full)
	return t
}
