package live

import (
	"cmp"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Stages of a contact, as fact.SnapshotContact.Stage has them.
const (
	StageIVR     = "ivr"
	StageWaiting = "waiting"
	StageRinging = "ringing"
	StageTalking = "talking"
	StageWrapUp  = "wrap_up"
)

// State is the state of now as a fold: Fold(snapshot) plus every fact after its position. It is pure: no clock, no I/O,
// no lock; its owner guards it.
type State struct {
	head     fact.Snapshot // its lists are not used; they live in the maps
	queues   []fact.SnapshotQueue
	agents   map[string]*fact.SnapshotAgent
	contacts map[string]*contact
	ended    map[string]OfferEnd // agent → his last offer that is over
}

type contact struct {
	fact.SnapshotContact
	full bool // Offer holds the whole screen pop, not only what the facts say
}

// OfferEnd is how an agent's last offer ended.
type OfferEnd struct {
	Offer   string           `json:"offer"`
	Contact string           `json:"contact"`
	Queue   string           `json:"queue"`
	Result  fact.OfferResult `json:"result"`
	EndedAt time.Time        `json:"ended_at"`
}

// Touched says what one fact changed.
type Touched struct {
	Queues bool     // anything that the wallboard shows
	Agents []string // agents whose own view changed
	Offer  string   // an offer was made: its screen pop can be asked for
	WrapUp bool     // a wrap-up began: when it ends stands only in a snapshot
}

// Fold begins a state from a snapshot.
func Fold(s fact.Snapshot) *State {
	st := &State{
		head: s, queues: slices.Clone(s.Queues),
		agents:   make(map[string]*fact.SnapshotAgent, len(s.Agents)),
		contacts: make(map[string]*contact, len(s.Contacts)),
		ended:    map[string]OfferEnd{},
	}
	for _, a := range s.Agents {
		st.agents[a.ID] = &a
	}
	for _, c := range s.Contacts {
		st.contacts[c.ID] = &contact{SnapshotContact: copyContact(c), full: c.Offer != nil}
	}
	st.head.Queues, st.head.Agents, st.head.Contacts = nil, nil, nil
	return st
}

// Position is that of the last fact folded in.
func (s *State) Position() uint64 { return s.head.Position }

// Snapshot is the state in the shape it began from: queues in their given order, agents and contacts by id, positions in
// the queues as they are now.
func (s *State) Snapshot() fact.Snapshot {
	s.rank()
	out := s.head
	out.Queues = slices.Clone(s.queues)
	out.Agents = make([]fact.SnapshotAgent, 0, len(s.agents))
	for _, a := range s.agents {
		out.Agents = append(out.Agents, *a)
	}
	slices.SortFunc(out.Agents, func(a, b fact.SnapshotAgent) int { return cmp.Compare(a.ID, b.ID) })
	out.Contacts = make([]fact.SnapshotContact, 0, len(s.contacts))
	for _, c := range s.contacts {
		out.Contacts = append(out.Contacts, copyContact(c.SnapshotContact))
	}
	slices.SortFunc(out.Contacts, func(a, b fact.SnapshotContact) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Apply folds one fact in. A fact at or before the state's position is passed over: it is in already.
func (s *State) Apply(f fact.Fact) Touched {
	if f.Position <= s.head.Position {
		return Touched{}
	}
	s.head.Position = f.Position
	s.head.At = f.Time
	switch d := f.Data.(type) {
	case fact.Arrived:
		return s.arrived(f, d)
	case fact.Identified:
		return s.identified(f, d)
	case fact.IVREntered:
		return s.enteredIVR(f)
	case fact.Queued:
		return s.queued(f, d)
	case fact.EntryEnded:
		return s.entryEnded(f, d)
	case fact.Offered:
		return s.offered(f, d)
	case fact.OfferEnded:
		return s.offerEnded(f, d)
	case fact.SegmentStarted:
		return s.segmentStarted(f, d)
	case fact.SegmentEnded:
		return s.segmentEnded(f)
	case fact.ContactEnded:
		return s.contactEnded(f)
	case fact.IncidentBegan:
		return s.incident(d.Incident, &f.Time, d.Actor)
	case fact.IncidentEnded:
		return s.incident(d.Incident, nil, "")
	case fact.AgentLogged:
		return s.agentLogged(f, d)
	case fact.AgentStateBegan:
		return s.agentBegan(f, d)
	default:
		return Touched{} // closings and details that change nothing now
	}
}

func (s *State) arrived(f fact.Fact, d fact.Arrived) Touched {
	s.contacts[f.Subject] = &contact{SnapshotContact: fact.SnapshotContact{
		ID: f.Subject, Kind: d.Kind, Arrived: f.Time, Stage: StageIVR, Language: d.Language,
	}}
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
	c.Stage = StageIVR
	return s.ofContact(c)
}

func (s *State) queued(f fact.Fact, d fact.Queued) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Entry = &fact.SnapshotEntry{
		Entry: d.Entry, Queue: d.Queue, QueuedAt: f.Time, Priority: d.Priority, Position: d.Position, Urgency: d.Urgency, RankedAt: d.RankedAt,
	}
	c.Stage = StageWaiting
	if d.Language != "" {
		c.Language = d.Language
	}
	return Touched{Queues: true}
}

func (s *State) entryEnded(f fact.Fact, d fact.EntryEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	if c.Entry != nil && c.Entry.Entry == d.Entry {
		c.Entry = nil
	}
	switch {
	case d.Outcome == fact.EntryAnswered:
		c.Stage, c.Agent = StageTalking, d.Agent
	case c.Stage == StageWaiting || c.Stage == StageRinging:
		c.Stage = StageIVR
	}
	if d.Language != "" {
		c.Language = d.Language
	}
	return s.ofContact(c)
}

func (s *State) offered(f fact.Fact, d fact.Offered) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Stage, c.Agent, c.full = StageRinging, d.Agent, false
	c.Offer = &fact.Popup{
		Contact: f.Subject, Offer: d.Offer, Queue: d.Queue, Agent: d.Agent, OfferedAt: f.Time,
		Customer: c.Customer, Language: c.Language, WaitMS: d.WaitMS, Choices: []string{}, Ticket: c.Ticket,
	}
	return Touched{Queues: true, Agents: []string{d.Agent}, Offer: d.Offer}
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
	if !ok || c.Offer == nil || c.Offer.Offer != d.Offer || d.Result == fact.OfferAnswered {
		return touched
	}
	c.Offer, c.Agent, c.full = nil, "", false
	if c.Stage == StageRinging {
		c.Stage = StageWaiting
	}
	return touched
}

func (s *State) segmentStarted(f fact.Fact, d fact.SegmentStarted) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Agent = d.Agent
	c.Stage = StageTalking
	if d.Kind == fact.SegmentWrapUp {
		c.Stage = StageWrapUp
	}
	return s.ofContact(c)
}

// segmentEnded: another stretch, or the contact's end, follows in the same breath; if not the caller is back in the flow.
func (s *State) segmentEnded(f fact.Fact) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	t := s.ofContact(c)
	c.Stage, c.Agent = StageIVR, ""
	return t
}

func (s *State) contactEnded(f fact.Fact) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	delete(s.contacts, f.Subject)
	return s.ofContact(c)
}

// incident switches one; since is nil when it is over. One that the snapshot didn't have came with a newer plan.
func (s *State) incident(id string, since *time.Time, actor string) Touched {
	i := slices.IndexFunc(s.head.Incidents, func(in fact.SnapshotIncident) bool { return in.ID == id })
	if i < 0 {
		return Touched{}
	}
	s.head.Incidents = slices.Clone(s.head.Incidents) // a reader may hold the old list
	in := &s.head.Incidents[i]
	in.On, in.Since, in.Actor = since != nil, since, actor
	return Touched{Queues: true}
}

func (s *State) agentLogged(f fact.Fact, d fact.AgentLogged) Touched {
	a := s.agent(f.Subject)
	if d.Type == fact.TypeAgentLoggedIn && d.Endpoint != "" {
		a.Endpoint = d.Endpoint
	}
	a.Missed = 0
	return Touched{Queues: true, Agents: []string{f.Subject}}
}

func (s *State) agentBegan(f fact.Fact, d fact.AgentStateBegan) Touched {
	a := s.agent(f.Subject)
	a.State, a.Reason, a.Since, a.Contact, a.Queue = d.State, d.Reason, f.Time, d.Contact, d.Queue
	a.WrapUntil, a.Next = nil, ""
	if d.State == fact.AgentReady && d.By != fact.BySystem {
		a.Missed = 0 // he said so himself: his misses are forgiven
	}
	return Touched{Queues: true, Agents: []string{f.Subject}, WrapUp: d.State == fact.AgentWrapUp}
}

// agent finds an agent, or begins one whom the snapshot didn't have: a new plan came in between.
func (s *State) agent(id string) *fact.SnapshotAgent {
	if a, ok := s.agents[id]; ok {
		return a
	}
	a := &fact.SnapshotAgent{ID: id, Name: id, Queues: []string{}, State: fact.AgentLoggedOut}
	s.agents[id] = a
	return a
}

func (s *State) ofContact(c *contact) Touched {
	t := Touched{Queues: true}
	if c.Agent != "" {
		t.Agents = []string{c.Agent}
	}
	return t
}

// popup puts a whole screen pop in place of what the facts said. It returns the agent, or "" when the offer is over. A nil
// popup means that the controller couldn't be asked: what the facts say is all there will be.
func (s *State) popup(contactID, offer string, p *fact.Popup) string {
	c, ok := s.contacts[contactID]
	if !ok || c.Offer == nil || c.Offer.Offer != offer {
		return ""
	}
	if p != nil {
		c.Offer = p
	}
	c.full = true
	return c.Offer.Agent
}

// rank numbers the waiting callers of each queue as the core does: urgency, then since when they count as waiting, then id.
func (s *State) rank() {
	byQueue := map[string][]*contact{}
	for _, c := range s.contacts {
		if c.Entry != nil {
			byQueue[c.Entry.Queue] = append(byQueue[c.Entry.Queue], c)
		}
	}
	for _, line := range byQueue {
		slices.SortFunc(line, func(a, b *contact) int {
			return cmp.Or(cmp.Compare(b.Entry.Urgency, a.Entry.Urgency), a.Entry.RankedAt.Compare(b.Entry.RankedAt), cmp.Compare(a.ID, b.ID))
		})
		for i, c := range line {
			c.Entry.Position = i + 1
		}
	}
}

func copyContact(c fact.SnapshotContact) fact.SnapshotContact {
	if c.Entry != nil {
		e := *c.Entry
		c.Entry = &e
	}
	if c.Offer != nil {
		o := *c.Offer
		c.Offer = &o
	}
	return c
}
