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
}

// pop is what an agent sees of a contact.
type pop struct {
	fact.Popup
	full bool // the whole screen pop, not only what the facts say
}

// OfferEnd is how an agent's last offer ended.
type OfferEnd struct {
	Offer   string           `json:"offer"`
	Contact string           `json:"contact"`
	Queue   string           `json:"queue"`
	Result  fact.OfferResult `json:"result"`
	EndedAt time.Time        `json:"ended_at"`
}

// Unheard is a talk to which a supervisor asked to listen: her phone was not answered.
type Unheard struct {
	Contact string           `json:"contact"`
	Agent   string           `json:"agent"`
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

func (s *State) segmentStarted(f fact.Fact, d fact.SegmentStarted) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Segments = append(c.Segments, fact.SnapshotSegment{Segment: d.Segment, Kind: d.Kind, Agent: d.Agent, Queue: d.Queue, Since: f.Time})
	return s.settled(c)
}

// segmentEnded: another stretch of the same agent, or the contact's end, may follow in the same breath.
func (s *State) segmentEnded(f fact.Fact, d fact.SegmentEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	t := s.ofContact(c)
	c.Segments = slices.DeleteFunc(slices.Clone(c.Segments), func(o fact.SnapshotSegment) bool { return o.Segment == d.Segment })
	s.settled(c)
	return t
}

func (s *State) transferStarted(f fact.Fact, d fact.TransferStarted) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || d.Mode == fact.TransferBlind {
		return Touched{}
	}
	c.Transfer = &fact.SnapshotTransfer{Transfer: d.Transfer, Agent: d.Agent, To: d.To, Target: d.Target, Since: f.Time}
	return s.ofContact(c)
}

// transferEnded: who was asked at a number outside may be in the talk from now on.
func (s *State) transferEnded(f fact.Fact, d fact.TransferEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Transfer = nil
	joins := d.Result == fact.TransferCompleted || d.Result == fact.TransferConference
	if joins && d.To == fact.TransferToNumber && d.Mode == fact.TransferAttended {
		c.Outside = append(slices.Clone(c.Outside), fact.SnapshotOutside{Transfer: d.Transfer, Target: d.Target, Since: f.Time})
	}
	return s.settled(c)
}

// outsideAnswered changes a copy: a reader may hold what there was.
func (s *State) outsideAnswered(f fact.Fact, d fact.OutsideAnswered) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || c.Transfer == nil || c.Transfer.Transfer != d.Transfer {
		return Touched{}
	}
	tr := *c.Transfer
	tr.Answered = true
	c.Transfer = &tr
	return s.ofContact(c)
}

// outsideEnded: the caller may wait again, or his call be over, in the same breath.
func (s *State) outsideEnded(f fact.Fact, d fact.OutsideEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	t := s.ofContact(c)
	c.Outside = slices.DeleteFunc(slices.Clone(c.Outside), func(o fact.SnapshotOutside) bool { return o.Transfer == d.Transfer })
	if len(c.Outside) == 0 {
		c.Outside = nil
	}
	s.settled(c)
	return t
}

func (s *State) monitorStarted(f fact.Fact, d fact.MonitorStarted) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Monitors = append(slices.Clone(c.Monitors), fact.SnapshotMonitor{Monitor: d.Monitor, Supervisor: d.Supervisor, Agent: d.Agent, Mode: d.Mode, Since: f.Time})
	delete(s.unheard, d.Supervisor)
	return s.ofContact(c)
}

func (s *State) monitorEnded(f fact.Fact, d fact.MonitorEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Monitors = slices.DeleteFunc(slices.Clone(c.Monitors), func(m fact.SnapshotMonitor) bool { return m.Monitor == d.Monitor })
	return s.ofContact(c)
}

// muted changes the list of who is.
func (s *State) muted(f fact.Fact, change func([]string) []string) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Muted = change(slices.Clone(c.Muted))
	slices.Sort(c.Muted)
	return s.ofContact(c)
}

func (s *State) recordingStarted(f fact.Fact, d fact.RecordingStarted) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok {
		return Touched{}
	}
	c.Recording = &fact.SnapshotRecording{Recording: d.Recording, Queue: d.Queue, Since: f.Time}
	return s.ofContact(c)
}

// recordingPaused changes a copy: a reader may hold what there was.
func (s *State) recordingPaused(f fact.Fact, id string, paused bool) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || c.Recording == nil || c.Recording.Recording != id {
		return Touched{}
	}
	r := *c.Recording
	r.Paused = paused
	c.Recording = &r
	return s.ofContact(c)
}

// recordingEnded: a caller who was handed on may have the next one already.
func (s *State) recordingEnded(f fact.Fact, d fact.RecordingEnded) Touched {
	c, ok := s.contacts[f.Subject]
	if !ok || c.Recording == nil || c.Recording.Recording != d.Recording {
		return Touched{}
	}
	c.Recording = nil
	return s.ofContact(c)
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
