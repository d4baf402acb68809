package live

import (
	"cmp"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Stages of a contact, as fact.SnapshotContact.Stage has them.
const (
	StageIVR     = fact.StageIVR
	StageWaiting = fact.StageWaiting
	StageRinging = fact.StageRinging
	StageTalking = fact.StageTalking
	StageWrapUp  = fact.StageWrapUp
	StagePutOff  = fact.StagePutOff
)

// State is the state of now as a fold: Fold(snapshot) plus every fact after its position. It is pure: no clock, no I/O,
// no lock; its owner guards it.
type State struct {
	head     fact.Snapshot // its lists are not used; they live in the maps
	queues   []fact.SnapshotQueue
	agents   map[string]*fact.SnapshotAgent
	contacts map[string]*contact
	ended    map[string]OfferEnd // agent → his last offer that is over
	unheard  map[string]Unheard  // supervisor → the talk to which she asked to listen, until she listens to one
}

type contact struct {
	fact.SnapshotContact
	pops map[string]pop // by agent: of the offer that rings him, or that he answered
	vain *Vain          // the last asking, when it came to nothing
}

// pop is what an agent sees of a contact.
type pop struct {
	fact.Popup
	full bool // the whole screen pop, not only what the facts say
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
		unheard:  map[string]Unheard{},
	}
	for _, a := range s.Agents {
		st.agents[a.ID] = &a
	}
	for _, c := range s.Contacts {
		st.contacts[c.ID] = &contact{SnapshotContact: copyContact(c), pops: map[string]pop{}}
		for _, o := range c.Offers {
			st.contacts[c.ID].pops[o.Agent] = pop{o, true}
		}
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
	case fact.PriorityChanged:
		return s.prioritised(f, d)
	case fact.EntryEnded:
		return s.entryEnded(f, d)
	case fact.Offered:
		return s.offered(f, d)
	case fact.OfferEnded:
		return s.offerEnded(f, d)
	case fact.SegmentStarted:
		return s.segmentStarted(f, d)
	case fact.SegmentEnded:
		return s.segmentEnded(f, d)
	case fact.TransferStarted:
		return s.transferStarted(f, d)
	case fact.TransferEnded:
		return s.transferEnded(f, d)
	case fact.OutsideAnswered:
		return s.outsideAnswered(f, d)
	case fact.OutsideEnded:
		return s.outsideEnded(f, d)
	case fact.MonitorStarted:
		return s.monitorStarted(f, d)
	case fact.MonitorEnded:
		return s.monitorEnded(f, d)
	case fact.MonitorMissed:
		s.unheard[d.Supervisor] = Unheard{Contact: f.Subject, Agent: d.Agent, Result: d.Result, EndedAt: d.EndedAt}
		return Touched{Queues: true}
	case fact.MuteStarted:
		return s.muted(f, func(list []string) []string { return append(list, d.Agent) })
	case fact.MuteEnded:
		return s.muted(f, func(list []string) []string {
			return slices.DeleteFunc(list, func(a string) bool { return a == d.Agent })
		})
	case fact.RecordingStarted:
		return s.recordingStarted(f, d)
	case fact.RecordingPaused:
		return s.recordingPaused(f, d.Recording, true)
	case fact.RecordingResumed:
		return s.recordingPaused(f, d.Recording, false)
	case fact.RecordingEnded:
		return s.recordingEnded(f, d)
	case fact.CallbackPromised:
		return s.callbackPromised(f, d)
	case fact.CallbackPutOff:
		return s.changeCallback(f, func(c *fact.SnapshotCallback) {
			c.Queue, c.Why, c.Until, c.Incidents = d.Queue, d.Why, d.Until, d.Incidents
		})
	case fact.CallbackAttempted:
		return s.changeCallback(f, func(c *fact.SnapshotCallback) { attempted(c, d.Result) })
	case fact.CallbackEnded:
		return s.callbackEnded(f)
	case fact.CallEnded:
		return s.callEnded(f)
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
	switch {
	case d.Type == fact.TypeAgentLoggedIn && d.Endpoint != "":
		a.Endpoint, a.Seat = d.Endpoint, d.Seat
	case d.Type == fact.TypeAgentLoggedOut && (d.Seat != "" || d.Reason != ""): // his only while he sat there
		a.Endpoint, a.Seat = "", ""
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

// ofContact touches everybody who has to do with a contact.
func (s *State) ofContact(c *contact) Touched {
	t := Touched{Queues: true}
	add := func(agent string) {
		if agent != "" && !slices.Contains(t.Agents, agent) {
			t.Agents = append(t.Agents, agent)
		}
	}
	add(c.Agent)
	for _, o := range c.Segments {
		add(o.Agent)
	}
	for _, o := range c.Offers {
		add(o.Agent)
	}
	return t
}

// popup puts a whole screen pop in place of what the facts said. It returns the agent, or "" when the offer is over. A nil
// popup means that the controller couldn't be asked: what the facts say is all there will be.
func (s *State) popup(contactID, offer string, p *fact.Popup) string {
	c, ok := s.contacts[contactID]
	if !ok {
		return ""
	}
	for agent, is := range c.pops {
		if is.Offer != offer {
			continue
		}
		if p != nil {
			is.Popup = *p
		}
		is.full = true
		c.pops[agent] = is
		if o := c.OfferTo(agent); o != nil && o.Offer == offer {
			*o = is.Popup
		}
		return agent
	}
	return ""
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
	if c.Transfer != nil {
		t := *c.Transfer
		c.Transfer = &t
	}
	if c.Recording != nil {
		r := *c.Recording
		c.Recording = &r
	}
	if c.Callback != nil {
		b := *c.Callback
		c.Callback = &b
	}
	c.Segments, c.Monitors, c.Offers = slices.Clone(c.Segments), slices.Clone(c.Monitors), slices.Clone(c.Offers)
	c.Muted, c.Outside = slices.Clone(c.Muted), slices.Clone(c.Outside)
	return c
}
