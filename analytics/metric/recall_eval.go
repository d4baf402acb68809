package metric

import (
	"time"

	"firstline/pipeline/fact"
)

// callAgain is what is known of a contact by looking at other calls of the same caller.
type callAgain struct {
	number           string // his; empty when withheld
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
	if c.data.Termination.Result == fact.ResultAbandoned {
		n.Recalled += count(c.recalled)
		n.RecalledAnswered += count(c.recalledAnswered)
	}
	if c.data.Kind == fact.KindInbound && (c.data.Customer != "" || c.number != "") {
		n.Callers++
		n.RepeatCalls += count(c.repeatCall)
	}
}
