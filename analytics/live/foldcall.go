// The fold of facts about a call from its arrival to its end: menu, line, offers, callbacks.

package live

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// OfferEnd is how an agent's last offer ended.
type OfferEnd struct {
	Offer   string           `json:"offer"`
	Contact string           `json:"contact"`
	Queue   string           `json:"queue"`
	Result  fact.OfferResult `json:"result"`
	EndedAt time.Time        `json:"ended_at"`
}

func (s *State) arrived(f fact.Fact, d fact.Arrived) Touched {
	s.contacts[f.Subject] = &contact{SnapshotContact: fact.SnapshotContact{
		ID: f.Subject, Kind: d.Kind, Arrived: f.Time, Stage: StageIVR, Language: d.Language,
	}, pops: map[string]pop{}}
	return Touched{Queues: true}
}

func (s *State) identified(f fact.Fact, d fact.Identified) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || d.Result != fact.LookupFound {
		return Touched{}
	}
	if d.Customer != "" {
		c.Customer = d.Customer
	}
	if d.Ticket != nil {
		c.Ticket = d.Ticket
	}
	return s.ofContact(c)
}

func (s *State) enteredIVR(f fact.Fact) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || c.Stage == StageIVR {
		return Touched{}
	}
	return s.settled(c)
}

func (s *State) queued(f fact.Fact, d fact.Queued) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Entry = &fact.SnapshotEntry{
		Entry: d.Entry, Queue: d.Queue, QueuedAt: f.Time, Priority: d.Priority, Position: d.Position, Urgency: d.Urgency, RankedAt: d.RankedAt,
	}
	if d.Language != "" {
		c.Language = d.Language
	}
	s.changeCallback(f, func(c *fact.SnapshotCallback) { c.Queue, c.Why, c.Until, c.Incidents = d.Queue, "", nil, nil })
	return s.settled(c)
}

func (s *State) prioritised(f fact.Fact, d fact.PriorityChanged) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || c.Entry == nil || c.Entry.Entry != d.Entry {
		return Touched{}
	}
	e := *c.Entry
	e.Priority, e.Urgency, e.RankedAt = d.Priority, d.Urgency, d.RankedAt
	c.Entry = &e
	return s.ofContact(c)
}

func (s *State) entryEnded(f fact.Fact, d fact.EntryEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	if c.Entry != nil && c.Entry.Entry == d.Entry {
		c.Entry = nil
	}
	if d.Language != "" {
		c.Language = d.Language
	}
	t := s.settled(c)
	if d.Outcome == fact.EntryAnswered {
		c.Stage, c.Agent = StageTalking, d.Agent // the segment follows
		if c.Transfer != nil {
			c.Transfer.With = d.Agent
		}
	}
	return t
}

func (s *State) offered(f fact.Fact, d fact.Offered) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	o := fact.Popup{
		Contact: f.Subject, Offer: d.Offer, Queue: d.Queue, Agent: d.Agent, OfferedAt: f.Time,
		Customer: c.Customer, Language: c.Language, WaitMS: d.WaitMS, Choices: []string{}, Ticket: c.Ticket,
	}
	c.Offers = append(c.Offers, o)
	c.pops[d.Agent] = pop{Popup: o}
	t := s.settled(c)
	t.Offer = d.Offer
	return t
}

func (s *State) offerEnded(f fact.Fact, d fact.OfferEnded) Touched {
	s.ended[d.Agent] = OfferEnd{Offer: d.Offer, Contact: f.Subject, Queue: d.Queue, Result: d.Result, EndedAt: d.EndedAt}
	if a, ok := s.agents[d.Agent]; ok {
		switch d.Result {
		case fact.OfferMissed:
			a.Missed++
		case fact.OfferAnswered:
			a.Missed = 0
		default: // the others are not the agent's doing
		}
	}
	touched := Touched{Queues: true, Agents: []string{d.Agent}}
	c, ok := s.contacts[f.Subject]
	if !ok || c.OfferTo(d.Agent) == nil {
		return touched
	}
	c.Offers = slices.DeleteFunc(c.Offers, func(o fact.Popup) bool { return o.Offer == d.Offer })
	if d.Result == fact.OfferAnswered {
		return touched // the entry's end follows
	}
	delete(c.pops, d.Agent)
	t := s.settled(c)
	t.Agents = append(t.Agents, d.Agent)
	return t
}

// callbackPromised: what is known of the caller was found out in the contact in which he asked.
func (s *State) callbackPromised(f fact.Fact, d fact.CallbackPromised) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Callback = &fact.SnapshotCallback{Origin: d.Origin, Queue: d.Queue, First: d.First, PromisedAt: f.Time, Of: d.Attempts, ExpiresAt: d.ExpiresAt}
	if origin, ok := s.contacts[d.Origin]; ok {
		c.Customer, c.Ticket = origin.Customer, origin.Ticket
	}
	return s.settled(c)
}

// changeCallback changes a copy: a reader may hold what there was.
func (s *State) changeCallback(f fact.Fact, change func(*fact.SnapshotCallback)) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || c.Callback == nil {
		return Touched{}
	}
	b := *c.Callback
	change(&b)
	c.Callback = &b
	return s.ofContact(c)
}

// attempted counts what the customer did, or his phone; not what an agent or a supervisor did.
func attempted(c *fact.SnapshotCallback, result fact.CallbackResult) {
	c.Reached = result == fact.CallbackReached
	if result != fact.CallbackAgentLeft && result != fact.CallbackCalledOff {
		c.Attempts++
	}
}

// callbackEnded: the segment of the agent who talks to him may follow.
func (s *State) callbackEnded(f fact.Fact) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || c.Callback == nil {
		return Touched{}
	}
	c.Callback = nil
	if c.Stage == StageTalking {
		return s.ofContact(c)
	}
	return s.settled(c)
}

func (s *State) callEnded(f fact.Fact) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Over = true
	return s.settled(c)
}

// settled works out where the contact is now.
func (s *State) settled(c *contact) Touched {
	c.Stage, c.Agent = c.StageNow(), c.AgentNow()
	return s.ofContact(c)
}

func (s *State) contactEnded(f fact.Fact) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	delete(s.contacts, f.Subject)
	return s.ofContact(c)
}
