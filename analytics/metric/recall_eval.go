package metric

import (
	"time"

	"firstline/pipeline/fact"
)

// callAgain is what is known of a contact by looking at other calls of the same caller.
type callAgain struct {
	number           string // his; empty when withheld or erased
	recalled         bool   // he called again at most N hours after the end
	recalledAnswered bool   // and an agent answered such a call
	repeatCall       bool   // an earlier contact of his ended at most N hours before
}

// sameCaller says whether two contacts are by the same caller: the same customer, or the same number where one of them is of an unknown
// customer. Two customers behind one number are two callers.
func (c *contact) sameCaller(o *contact) bool {
	if c.data.Customer != "" && o.data.Customer != "" {
		return c.data.Customer == o.data.Customer
	}
	return c.number != "" && c.number == o.number
}

// recognisable says whether the caller's other calls could be told as his.
func (c *contact) recognisable() bool { return c.data.Customer != "" || c.number != "" }

// comeAgain finds the calls that come again, among contacts by arrival.
func (f *Facts) comeAgain(contacts []*contact, hours int) {
	for _, c := range contacts {
		c.number = f.arrivals[c.id].data.CallerNumber
	}
	reach := time.Duration(hours) * time.Hour
	for i, first := range contacts {
		for _, second := range contacts[i+1:] {
			if second.data.Kind != fact.KindInbound || !first.sameCaller(second) || second.data.StartedAt.After(first.data.EndedAt.Add(reach)) {
				continue
			}
			first.recalled, second.repeatCall = true, true
			first.recalledAnswered = first.recalledAnswered || second.data.Termination.Result == fact.ResultAnswered
		}
	}
}

func (n *contactCount) addAgain(c *contact) {
	if !c.recognisable() {
		return
	}
	if c.data.Termination.Result == fact.ResultAbandoned {
		n.AbandonedCallers++
		n.Recalled += count(c.recalled)
		n.RecalledAnswered += count(c.recalledAnswered)
	}
	if c.data.Kind == fact.KindInbound {
		n.Callers++
		n.RepeatCalls += count(c.repeatCall)
	}
}

// Recall is how it went on with the caller of an abandoned entry, within so much time of his hanging up. Calls are his by sameCaller's rule,
// with the customer that look-ups have found so far.
func (f *Facts) Recall(entry string, within time.Duration) Recall {
	gone := f.entries[entry]
	from, until := gone.data.EndedAt, gone.data.EndedAt.Add(within)
	near := func(at time.Time) bool { return !at.Before(from) && !at.After(until) }
	first := func(into **time.Time, at time.Time) {
		if *into == nil || at.Before(**into) {
			*into = &at
		}
	}
	answers := map[string]*time.Time{}
	for _, e := range f.entries {
		if e.data.Outcome == fact.EntryAnswered {
			at := answers[e.subject]
			first(&at, e.data.EndedAt)
			answers[e.subject] = at
		}
	}
	him := f.callerOf(gone.subject)
	var r Recall
	for id, a := range f.arrivals {
		c := f.callerOf(id)
		switch {
		case id == gone.subject:
		case a.data.Kind == fact.KindInbound && him.sameCaller(c) && near(a.at):
			first(&r.CameBackAt, a.at)
			if at := answers[id]; at != nil {
				first(&r.AnsweredAt, *at)
			}
		case a.data.Kind == fact.KindCallback && him.sameCaller(c) && f.callbacks[id].data.Outcome == fact.CallbackConnected && near(f.callbacks[id].data.EndedAt):
			first(&r.ReachedAt, f.callbacks[id].data.EndedAt)
		case a.data.Kind == fact.KindOutbound && dialTail(him.number) != "" && dialTail(a.data.Dialed) == dialTail(him.number) && near(a.at):
			first(&r.CalledAt, a.at)
		}
	}
	r.Settle()
	return r
}

// callerOf is a contact, ended or not, with what tells its caller.
func (f *Facts) callerOf(id string) *contact {
	c := &contact{id: id, callAgain: callAgain{number: f.arrivals[id].data.CallerNumber}}
	c.data.Customer = f.found[id].data.Customer
	return c
}
