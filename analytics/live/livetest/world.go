package livetest

import (
	"time"

	"firstline/pipeline/fact"
)

// Began is the instant of World.
func Began() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// World is a small call centre at rest: two queues, Anna ready in both, Boris paused in one.
func World() fact.Snapshot {
	at := Began()
	return fact.Snapshot{
		At: at, Source: "controller", Epoch: "e1", Position: 10, Node: "pbx1", Plan: "p1", Link: true, Durable: true,
		Queues: []fact.SnapshotQueue{
			{ID: "support", Name: "Support", ServiceLevelMS: 20_000, ShortAbandonMS: 5_000},
			{ID: "sales", Name: "Sales", ServiceLevelMS: 20_000, ShortAbandonMS: 5_000},
		},
		Agents: []fact.SnapshotAgent{
			{ID: "anna", Name: "Anna Becker", Endpoint: "PJSIP/101", Queues: []string{"support", "sales"}, State: fact.AgentReady, Since: at},
			{ID: "boris", Name: "Boris Orlov", Endpoint: "PJSIP/102", Queues: []string{"support"}, State: fact.AgentPaused, Reason: "lunch", Since: at},
		},
		Contacts: []fact.SnapshotContact{},
	}
}

// Script writes the facts of one contact, a second apart.
type Script struct {
	ID    string
	at    time.Time
	seq   uint64
	facts []fact.Fact
}

// Call begins a script some time after Began.
func Call(id string, after time.Duration) *Script { return &Script{ID: id, at: Began().Add(after)} }

// Facts are what was written so far.
func (s *Script) Facts() []fact.Fact { return s.facts }

// Take returns what was written since the last Take.
func (s *Script) Take() []fact.Fact {
	f := s.facts
	s.facts = nil
	return f
}

// Add writes a fact about the contact.
func (s *Script) Add(t fact.Type, d fact.Data) *Script { return s.AddFor(s.ID, t, d) }

// AddFor writes a fact about another subject: an agent.
func (s *Script) AddFor(subject string, t fact.Type, d fact.Data) *Script {
	s.seq++
	s.at = s.at.Add(time.Second)
	s.facts = append(s.facts, fact.Fact{Type: t, Subject: subject, Sequence: s.seq, Time: s.at, Data: d})
	return s
}

// Arrive, Queue, Offer, Answer, Miss, WrapUp, Finish and Abandon are the usual steps of a call.
func (s *Script) Arrive() *Script {
	return s.Add(fact.TypeArrived, fact.Arrived{Call: s.ID + "/c1", Kind: fact.KindInbound, Node: "pbx1", Channel: s.ID,
		CallerNumber: "+4930123456", CallerName: "Carla", Dialed: "1000", Language: "en", Plan: "p1"})
}

// Queue puts the caller into a queue.
func (s *Script) Queue(queue string, priority int) *Script {
	return s.Add(fact.TypeQueued, fact.Queued{Entry: s.ID + "/e1", Call: s.ID + "/c1", Kind: fact.KindInbound, Queue: queue,
		Language: "en", Priority: priority, Position: 1, Urgency: priority, RankedAt: s.at.Add(time.Second)})
}

// Offer rings an agent; n numbers the offer.
func (s *Script) Offer(queue, agent, n string) *Script {
	s.Add(fact.TypeOffered, fact.Offered{Offer: s.ID + "/o" + n, Entry: s.ID + "/e1", Call: s.ID + "/c1", Queue: queue, Agent: agent, Attempt: 1, WaitMS: 2000})
	return s.AddFor(agent, fact.TypeAgentStateBegan, fact.AgentStateBegan{State: fact.AgentRinging, Contact: s.ID, Queue: queue, By: fact.BySystem})
}

// Miss ends the offer unanswered; the agent is ready again.
func (s *Script) Miss(queue, agent, n string) *Script {
	s.offerEnded(queue, agent, n, fact.OfferMissed)
	return s.AddFor(agent, fact.TypeAgentStateBegan, fact.AgentStateBegan{State: fact.AgentReady, By: fact.BySystem})
}

// Answer connects caller and agent.
func (s *Script) Answer(queue, agent, n string) *Script {
	s.offerEnded(queue, agent, n, fact.OfferAnswered)
	s.Add(fact.TypeEntryEnded, fact.EntryEnded{Entry: s.ID + "/e1", Call: s.ID + "/c1", Kind: fact.KindInbound, Queue: queue,
		Outcome: fact.EntryAnswered, Agent: agent, Language: "en", QueuedAt: Began(), EndedAt: s.at, Arrived: Began()})
	s.Add(fact.TypeSegmentStarted, fact.SegmentStarted{Segment: s.ID + "/s1", Kind: fact.SegmentTalk, Agent: agent, Call: s.ID + "/c1", Entry: s.ID + "/e1", Queue: queue})
	return s.AddFor(agent, fact.TypeAgentStateBegan, fact.AgentStateBegan{State: fact.AgentTalking, Contact: s.ID, Queue: queue, By: fact.BySystem})
}

// WrapUp ends the call; the agent writes up.
func (s *Script) WrapUp(queue, agent string) *Script {
	s.segmentEnded(queue, agent, "1", fact.SegmentTalk)
	s.Add(fact.TypeCallEnded, fact.CallEnded{Call: s.ID + "/c1", Kind: fact.KindInbound, Node: "pbx1", StartedAt: Began(), EndedAt: s.at,
		Termination: fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonCallerHungUp}})
	s.Add(fact.TypeSegmentStarted, fact.SegmentStarted{Segment: s.ID + "/s2", Kind: fact.SegmentWrapUp, Agent: agent, Call: s.ID + "/c1", Queue: queue})
	return s.AddFor(agent, fact.TypeAgentStateBegan, fact.AgentStateBegan{State: fact.AgentWrapUp, Contact: s.ID, Queue: queue, By: fact.BySystem})
}

// Finish ends the contact; the agent is ready.
func (s *Script) Finish(agent string) *Script {
	s.segmentEnded("", agent, "2", fact.SegmentWrapUp)
	s.Add(fact.TypeContactEnded, fact.ContactEnded{Kind: fact.KindInbound, Node: "pbx1", StartedAt: Began(), EndedAt: s.at,
		Termination: fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonCallerHungUp}})
	return s.AddFor(agent, fact.TypeAgentStateBegan, fact.AgentStateBegan{State: fact.AgentReady, By: fact.BySystem})
}

// Abandon ends the entry and the contact: the caller hung up.
func (s *Script) Abandon(queue string) *Script {
	s.Add(fact.TypeEntryEnded, fact.EntryEnded{Entry: s.ID + "/e1", Call: s.ID + "/c1", Kind: fact.KindInbound, Queue: queue,
		Outcome: fact.EntryAbandoned, Language: "en", QueuedAt: Began(), EndedAt: s.at, Arrived: Began()})
	return s.Add(fact.TypeContactEnded, fact.ContactEnded{Kind: fact.KindInbound, Node: "pbx1", StartedAt: Began(), EndedAt: s.at,
		Termination: fact.Termination{Result: fact.ResultAbandoned, Reason: fact.ReasonCallerHungUp}})
}

func (s *Script) segmentEnded(queue, agent, n string, kind fact.SegmentKind) {
	s.Add(fact.TypeSegmentEnded, fact.SegmentEnded{Segment: s.ID + "/s" + n, Kind: kind, Agent: agent, Call: s.ID + "/c1", Queue: queue,
		StartedAt: Began(), EndedAt: s.at})
}

// Promise begins a callback, a contact of its own.
func (s *Script) Promise(queue string) *Script {
	s.Add(fact.TypeArrived, fact.Arrived{Kind: fact.KindCallback, Node: "pbx1", CallerNumber: "+4930123456", Language: "en", Plan: "p1"})
	return s.Add(fact.TypeCallbackPromised, fact.CallbackPromised{Origin: "pbx1-0.1", Queue: queue, First: fact.FirstAgent, Since: Began(),
		Attempts: 3, ExpiresAt: Began().Add(24 * time.Hour)})
}

// PutOff ends the entry, if there is one, and has the callback wait outside the line; Queue brings it back.
func (s *Script) PutOff(queue string, why fact.CallbackWhy, until *time.Time, incidents ...string) *Script {
	s.Add(fact.TypeEntryEnded, fact.EntryEnded{Entry: s.ID + "/e1", Kind: fact.KindCallback, Queue: queue, Outcome: fact.EntryCallback, Language: "en",
		QueuedAt: Began(), EndedAt: s.at, Arrived: Began()})
	return s.Add(fact.TypeCallbackPutOff, fact.CallbackPutOff{Queue: queue, Why: why, Until: until, Incidents: incidents})
}

// Try is an attempt to reach the customer.
func (s *Script) Try(queue, agent string, result fact.CallbackResult) *Script {
	return s.Add(fact.TypeCallbackAttempted, fact.CallbackAttempted{Queue: queue, Attempt: 1, Agent: agent, Result: result, StartedAt: s.at, EndedAt: s.at})
}

// CallBackEnds ends the callback.
func (s *Script) CallBackEnds(queue string, outcome fact.CallbackOutcome) *Script {
	return s.Add(fact.TypeCallbackEnded, fact.CallbackEnded{Origin: "pbx1-0.1", Queue: queue, Outcome: outcome, PromisedAt: Began(), EndedAt: s.at})
}

// Consult has the agent ask another one in a queue, who is rung: the second entry and offer.
func (s *Script) Consult(agent, queue, other string) *Script {
	s.Add(fact.TypeTransferStarted, fact.TransferStarted{Transfer: s.ID + "/t1", Call: s.ID + "/c1", Agent: agent, Mode: fact.TransferAttended,
		By: fact.ByDesk, To: fact.TransferToQueue, Target: queue})
	s.Add(fact.TypeQueued, fact.Queued{Entry: s.ID + "/e2", Call: s.ID + "/c1", Kind: fact.KindInbound, Queue: queue, Language: "en", Position: 1})
	s.Add(fact.TypeOffered, fact.Offered{Offer: s.ID + "/o9", Entry: s.ID + "/e2", Call: s.ID + "/c1", Queue: queue, Agent: other, Attempt: 1})
	return s.AddFor(other, fact.TypeAgentStateBegan, fact.AgentStateBegan{State: fact.AgentRinging, Contact: s.ID, Queue: queue, By: fact.BySystem})
}

// Consulted has the other one answer.
func (s *Script) Consulted(queue, other string) *Script {
	s.offerEnded(queue, other, "9", fact.OfferAnswered)
	s.Add(fact.TypeEntryEnded, fact.EntryEnded{Entry: s.ID + "/e2", Call: s.ID + "/c1", Kind: fact.KindInbound, Queue: queue,
		Outcome: fact.EntryAnswered, Agent: other, Language: "en", QueuedAt: Began(), EndedAt: s.at, Arrived: Began()})
	s.Add(fact.TypeSegmentStarted, fact.SegmentStarted{Segment: s.ID + "/s9", Kind: fact.SegmentTalk, Agent: other, Call: s.ID + "/c1", Entry: s.ID + "/e2", Queue: queue})
	return s.AddFor(other, fact.TypeAgentStateBegan, fact.AgentStateBegan{State: fact.AgentTalking, Contact: s.ID, Queue: queue, By: fact.BySystem})
}

// Complete has the agent hand the caller on to the other one; he wraps up.
func (s *Script) Complete(agent, with, queue string) *Script {
	s.Add(fact.TypeTransferEnded, fact.TransferEnded{Transfer: s.ID + "/t1", Call: s.ID + "/c1", Agent: agent, Mode: fact.TransferAttended,
		By: fact.ByDesk, Result: fact.TransferCompleted, With: with, StartedAt: Began(), EndedAt: s.at})
	s.segmentEnded(queue, agent, "1", fact.SegmentTalk)
	s.Add(fact.TypeSegmentStarted, fact.SegmentStarted{Segment: s.ID + "/s2", Kind: fact.SegmentWrapUp, Agent: agent, Call: s.ID + "/c1", Queue: queue})
	return s.AddFor(agent, fact.TypeAgentStateBegan, fact.AgentStateBegan{State: fact.AgentWrapUp, Contact: s.ID, Queue: queue, By: fact.BySystem})
}

func (s *Script) offerEnded(queue, agent, n string, result fact.OfferResult) {
	s.Add(fact.TypeOfferEnded, fact.OfferEnded{Offer: s.ID + "/o" + n, Entry: s.ID + "/e1", Call: s.ID + "/c1", Queue: queue, Agent: agent,
		Attempt: 1, Result: result, OfferedAt: s.at, EndedAt: s.at})
}

// Popup is the whole screen pop of the script's offer.
func (s *Script) Popup(queue, agent, n string) fact.Popup {
	return fact.Popup{Pop: s.ID + "/p" + n, Contact: s.ID, Offer: s.ID + "/o" + n, Queue: queue, Agent: agent, OfferedAt: s.at.UTC(),
		CallerNumber: "+4930123456", CallerName: "Carla", Customer: "c-7", CustomerName: "Carla Meyer", Language: "en", WaitMS: 2000,
		Choices: []string{"English", "Support"}, Ticket: &fact.TicketRef{System: "helpdesk", ID: "4711", Title: "No dial tone", URL: "http://127.0.0.1/demo/tickets/4711"}}
}
