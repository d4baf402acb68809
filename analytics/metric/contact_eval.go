package metric

import (
	"cmp"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Contacts evaluates a contact report. See docs/metrics.md for what each number means.
func (f *Facts) Contacts(p ContactParams) (ContactReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return ContactReport{}, err
	}
	rows, total := map[Key]*contactCount{}, &contactCount{}
	contacts := f.customerContacts(p.Days)
	f.comeAgain(contacts, p.Hours)
	for _, c := range contacts {
		if p.Queues != nil && !slices.Contains(p.Queues, c.data.LastQueue) {
			continue
		}
		for i, b := range buckets {
			if b.holds(c.data.StartedAt) {
				k := c.key(i, p.GroupBy)
				if rows[k] == nil {
					rows[k] = &contactCount{}
				}
				rows[k].add(c)
				total.add(c)
			}
		}
	}
	tallies := map[Key]ContactTally{}
	for k, c := range rows {
		tallies[k] = c.tally()
	}
	return NewContactReport(p, tallies, total.tally(), f.freshness())
}

// contact is an ended contact of a customer with what is known by looking at others.
type contact struct {
	id         string
	data       fact.ContactEnded
	tickets    []ticketKey
	said       string // its last disposition
	identified bool   // the customer or a ticket is known
	repeat     bool   // an earlier contact of the same customer or ticket ended at most N days before
	further    bool   // a later one started at most N days after this one's end
	callAgain
}

type ticketKey struct{ system, id string }

func (c *contact) key(bucket int, splits []Dimension) Key {
	return restrict(Key{Bucket: bucket, Queue: c.data.LastQueue, Language: c.data.Language, Agent: c.data.LastAgent, Customer: c.data.Customer, Disposition: c.said}, splits)
}

// customerContacts are the ended contacts of customers, by arrival, with their tickets and their neighbours in days.
func (f *Facts) customerContacts(days int) []*contact {
	linked := f.linkedTickets()
	var out []*contact
	for id, c := range f.contacts {
		if isCustomer(c.data.Kind) {
			tickets := linked[id]
			out = append(out, &contact{id: id, data: c.data, tickets: tickets, said: f.dispositions[id].data.Code, identified: c.data.Customer != "" || len(tickets) > 0})
		}
	}
	slices.SortFunc(out, func(a, b *contact) int {
		return cmp.Or(a.data.StartedAt.Compare(b.data.StartedAt), cmp.Compare(a.id, b.id))
	})
	reach := time.Duration(days) * 24 * time.Hour
	for i, first := range out {
		for _, second := range out[i+1:] {
			if first.sharesWith(second) && !second.data.StartedAt.After(first.data.EndedAt.Add(reach)) {
				first.further, second.repeat = true, true
			}
		}
	}
	return out
}

// sharesWith says whether two contacts are about the same ticket or by the same customer.
func (c *contact) sharesWith(o *contact) bool {
	if c.data.Customer != "" && c.data.Customer == o.data.Customer {
		return true
	}
	return slices.ContainsFunc(c.tickets, func(t ticketKey) bool { return slices.Contains(o.tickets, t) })
}

// linkedTickets are the tickets of each contact: those its own lookups found last, and those whose events name it.
func (f *Facts) linkedTickets() map[string][]ticketKey {
	out := map[string][]ticketKey{}
	link := func(contact string, k ticketKey) {
		if contact != "" && k.id != "" && !slices.Contains(out[contact], k) {
			out[contact] = append(out[contact], k)
		}
	}
	for id, c := range f.contacts {
		if c.data.Ticket != nil {
			link(id, ticketKey{c.data.Ticket.System, c.data.Ticket.ID})
		}
	}
	for _, t := range f.tickets {
		link(t.data.Contact, ticketKey{t.data.System, t.data.Ticket})
	}
	return out
}

type contactCount struct {
	ContactTally
	ivr, toAgent, duration []int64
}

func (n *contactCount) add(c *contact) {
	d := c.data
	n.Contacts++
	switch d.Termination.Result {
	case fact.ResultAnswered:
		n.Answered++
	case fact.ResultContained:
		n.Contained++
		n.ContainedInFlow += count(d.Flow != "")
	case fact.ResultAbandoned:
		n.Abandoned++
		n.AbandonedUnqueued += count(d.Entries == 0)
	case fact.ResultRefused:
		n.Refused++
	case fact.ResultFailed:
		n.Failed++
	}
	if d.Flow != "" {
		n.InFlow++
		n.ivr = append(n.ivr, d.IVRMS)
	}
	if d.ToAgentMS != nil {
		n.toAgent = append(n.toAgent, *d.ToAgentMS)
	}
	n.duration = append(n.duration, d.DurationMS)
	n.Identified += count(c.identified)
	n.Repeats += count(c.repeat)
	n.addAgain(c)
}

func (n *contactCount) tally() ContactTally {
	t := n.ContactTally
	t.IVR, t.ToAgent, t.Duration = durationsOf(n.ivr), durationsOf(n.toAgent), durationsOf(n.duration)
	return t
}
