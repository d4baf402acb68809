package live

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Freshness heads every view: until when the state is known, and since when it is stale.
type Freshness struct {
	AsOf       *time.Time `json:"as_of"`                 // when the controller was last heard; null before the first time
	Stale      bool       `json:"stale"`                 // the controller has not been heard for a while
	StaleSince *time.Time `json:"stale_since,omitempty"` // only while stale: what is shown is from before
	Link       bool       `json:"link"`                  // the controller is connected to Asterisk and reconciled
	Durable    bool       `json:"durable"`               // the controller's log can be written
}

// Wallboard is the state of now as supervisors see it: no numbers and names of callers.
type Wallboard struct {
	Freshness
	Node     string       `json:"node"`
	Position uint64       `json:"position"`
	Contacts StageCount   `json:"contacts"`
	Queues   []QueueView  `json:"queues" nullable:"false"`
	Agents   []AgentBrief `json:"agents" nullable:"false"`

	Incidents []fact.SnapshotIncident `json:"incidents" nullable:"false"` // what can be told to callers, in the plan's order
}

// StageCount counts contacts by stage.
type StageCount struct {
	IVR     int `json:"ivr"`
	Waiting int `json:"waiting"` // ringing not included
	Ringing int `json:"ringing"`
	Talking int `json:"talking"`
	WrapUp  int `json:"wrap_up"`
	PutOff  int `json:"put_off"` // callbacks that wait outside their line
}

// QueueView is one queue now.
type QueueView struct {
	ID             string     `json:"id"`
	Name           string     `json:"name"`
	ServiceLevelMS int64      `json:"service_level_ms"`
	ShortAbandonMS int64      `json:"short_abandon_ms"`
	Waiting        int        `json:"waiting"`                  // callers without an agent yet, those an agent is being rung for and those who are called back included
	Ringing        int        `json:"ringing"`                  // of these, an agent is being rung
	Callbacks      int        `json:"callbacks"`                // of these, callers who are called back and are not on the line
	PutOff         int        `json:"put_off"`                  // callbacks that wait outside the line, until a time or the end of an incident
	Talking        int        `json:"talking"`                  // agents on a call of this queue
	OldestQueuedAt *time.Time `json:"oldest_queued_at"`         // null when nobody waits; the longest wait is now − this
	Agents         AgentCount `json:"agents"`                   // of those who serve the queue
	Callers        []Caller   `json:"callers" nullable:"false"` // in the order they will be served
}

// AgentCount counts agents by state.
type AgentCount struct {
	LoggedIn    int `json:"logged_in"` // all but logged_out
	Ready       int `json:"ready"`
	Paused      int `json:"paused"`
	Ringing     int `json:"ringing"`
	Talking     int `json:"talking"`
	WrapUp      int `json:"wrap_up"`
	Calling     int `json:"calling" doc:"On a call of their own to a number outside"`
	Outside     int `json:"outside" nullable:"false"`
	Unreachable int `json:"unreachable"`
}

// Caller is one waiting caller.
type Caller struct {
	Contact  string          `json:"contact"`
	Stage    string          `json:"stage" enum:"waiting,ringing"`
	Position int             `json:"position"`
	Priority int             `json:"priority"`
	QueuedAt time.Time       `json:"queued_at"`
	Language string          `json:"language"`
	Customer string          `json:"customer,omitempty"`
	Ticket   *fact.TicketRef `json:"ticket,omitempty"`
	Agent    string          `json:"agent,omitempty"` // being rung; of several the first
	Rings    []string        `json:"rings,omitempty"` // all agents who are being rung
	Asks     string          `json:"asks,omitempty"`  // the agent who has the caller, and waits in his place to ask somebody

	Callback *fact.SnapshotCallback `json:"callback,omitempty"` // he is called back, and no agent has talked to him yet
}

// AgentBrief is one agent on the wallboard.
type AgentBrief struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Endpoint string          `json:"endpoint" doc:"His phone now; empty = he has none of his own and is not logged in"`
	Seat     string          `json:"seat,omitempty" doc:"Where he sits, when he has no phone of his own"`
	Queues   []string        `json:"queues" nullable:"false"`
	State    fact.AgentState `json:"state"`
	Reason   string          `json:"reason,omitempty"`
	Since    time.Time       `json:"since"`
	Contact  string          `json:"contact,omitempty"`
	Queue    string          `json:"queue,omitempty"`
	Missed   int             `json:"missed"`
	Next     fact.AgentState `json:"next,omitempty"`

	Monitors []fact.SnapshotMonitor `json:"monitors,omitempty"` // supervisors who listen to his talk
	Unheard  *Unheard               `json:"unheard,omitempty"`  // a supervisor's last request to listen, when it came to nothing
}

// AgentView is what one agent's desk shows. Popup is the screen pop of the offer that rings or of the call that he is on;
// it holds the caller's number.
type AgentView struct {
	Freshness
	Agent     fact.SnapshotAgent `json:"agent"`
	Contact   *AgentContact      `json:"contact"`    // the contact he is rung for, talks to or writes up; null when none
	LastOffer *OfferEnd          `json:"last_offer"` // the last one that is over; null when none is known
	Popup     *fact.Popup        `json:"-"`          // nil while it is being fetched
}

// AgentContact is the contact an agent has to do with now.
type AgentContact struct {
	ID       string          `json:"id"`
	Kind     fact.Kind       `json:"kind"`
	Stage    string          `json:"stage" enum:"ivr,waiting,ringing,talking,wrap_up"`
	Arrived  time.Time       `json:"arrived_at"`
	Language string          `json:"language"`
	Customer string          `json:"customer,omitempty"`
	Ticket   *fact.TicketRef `json:"ticket,omitempty"`

	Segments []fact.SnapshotSegment `json:"segments" nullable:"false"` // of all agents who have to do with it
	Transfer *fact.SnapshotTransfer `json:"transfer"`                  // one of them asks somebody; null when none does
	Vain     *Vain                  `json:"vain"`                      // his last asking, when nobody was reached and he has not asked again; else null
	Monitors []fact.SnapshotMonitor `json:"monitors" nullable:"false"` // supervisors who listen to him
	Muted    bool                   `json:"muted"`                     // nobody in the talk hears him

	Recording *fact.SnapshotRecording `json:"recording"`                // that goes on; null when none does
	Outside   []fact.SnapshotOutside  `json:"outside" nullable:"false"` // people at numbers outside who talk with the caller
}

// QueueBrief is one of an agent's queues as his desk shows it.
type QueueBrief struct {
	ID             string     `json:"id"`
	Name           string     `json:"name"`
	Waiting        int        `json:"waiting"`
	OldestQueuedAt *time.Time `json:"oldest_queued_at"`
	Ready          int        `json:"ready"` // agents ready for it
}

// wallboard builds the view; Freshness is the caller's to fill, Link and Durable excepted.
func (s *State) wallboard() Wallboard {
	s.rank()
	w := Wallboard{
		Freshness: Freshness{Link: s.head.Link, Durable: s.head.Durable},
		Node:      s.head.Node, Position: s.head.Position,
		Queues: make([]QueueView, len(s.queues)), Agents: make([]AgentBrief, 0, len(s.agents)),
		Incidents: append([]fact.SnapshotIncident{}, s.head.Incidents...),
	}
	index := make(map[string]*QueueView, len(s.queues))
	for i, q := range s.queues {
		w.Queues[i] = QueueView{ID: q.ID, Name: q.Name, ServiceLevelMS: q.ServiceLevelMS, ShortAbandonMS: q.ShortAbandonMS, Callers: []Caller{}}
		index[q.ID] = &w.Queues[i]
	}
	for _, c := range s.contacts {
		w.Contacts.add(c.Stage)
		if q := c.putOffIn(); index[q] != nil {
			index[q].PutOff++
		}
		if c.Entry == nil {
			continue
		}
		if index[c.Entry.Queue] == nil {
			w.ownLine(s, c.Entry.Queue, index)
		}
		index[c.Entry.Queue].addCaller(c)
	}
	for _, a := range s.agents {
		w.Agents = append(w.Agents, s.brief(a))
		for _, id := range a.Queues {
			if q := index[id]; q != nil {
				q.Agents.add(a.State)
			}
		}
		if q := index[a.Queue]; q != nil && a.State == fact.AgentTalking {
			q.Talking++
		}
	}
	slices.SortFunc(w.Agents, func(a, b AgentBrief) int { return cmp.Compare(a.ID, b.ID) })
	for i := range w.Queues {
		slices.SortFunc(w.Queues[i].Callers, func(a, b Caller) int { return cmp.Compare(a.Position, b.Position) })
	}
	return w
}

// agentView builds the view of one agent; false when there is no such agent.
func (s *State) agentView(id string) (AgentView, bool) {
	a, ok := s.agents[id]
	if !ok {
		return AgentView{}, false
	}
	v := AgentView{Freshness: Freshness{Link: s.head.Link, Durable: s.head.Durable}, Agent: *a}
	if end, ok := s.ended[id]; ok {
		v.LastOffer = &end
	}
	c := s.contactOf(a)
	if c == nil {
		return v, true
	}
	own := copyContact(c.SnapshotContact)
	v.Contact = &AgentContact{ID: c.ID, Kind: c.Kind, Stage: c.stageFor(id), Arrived: c.Arrived, Language: c.Language,
		Customer: c.Customer, Ticket: c.Ticket, Segments: append([]fact.SnapshotSegment{}, c.Segments...), Transfer: own.Transfer,
		Monitors: append([]fact.SnapshotMonitor{}, s.brief(a).Monitors...), Muted: slices.Contains(own.Muted, id), Recording: own.Recording,
		Outside: append([]fact.SnapshotOutside{}, c.Outside...)}
	if c.vain != nil && c.vain.Agent == id {
		vain := *c.vain
		v.Contact.Vain = &vain
	}
	if p, ok := c.pops[id]; ok && p.full {
		v.Popup = &p.Popup
	}
	return v, true
}

// stageFor is where the contact is for one of its agents: it rings for one while another talks, and one wraps up while the
// caller is with the next.
func (c *contact) stageFor(agent string) string {
	if c.OfferTo(agent) != nil {
		return StageRinging
	}
	for _, o := range c.Segments {
		if o.Agent == agent && o.Kind == fact.SegmentWrapUp {
			return StageWrapUp
		}
	}
	return c.Stage
}

// putOffIn is the queue in which a callback is put off, else "".
func (c *contact) putOffIn() string {
	if c.Stage != StagePutOff {
		return ""
	}
	return c.Callback.Queue
}

// ownLine is how the ids of queues begin that agents have for themselves.
const ownLine = "agent:"

// OwnLine is the queue that an agent has for himself.
func OwnLine(agent string) string { return ownLine + agent }

// IsOwnLine tells whether a queue is one that an agent has for himself.
func IsOwnLine(queue string) bool { return strings.HasPrefix(queue, ownLine) }

// ownLine shows the queue that an agent has for himself, for callers handed on to him: only while somebody waits there.
func (w *Wallboard) ownLine(s *State, id string, index map[string]*QueueView) {
	q := QueueView{ID: id, Name: id, Callers: []Caller{}}
	if a := s.agents[strings.TrimPrefix(id, ownLine)]; a != nil {
		q.Name = a.Name
		q.Agents.add(a.State)
	}
	w.Queues = append(w.Queues, q)
	for i := range w.Queues { // they may have moved
		index[w.Queues[i].ID] = &w.Queues[i]
	}
}

// contactOf finds the contact an agent has to do with. The agent's own state names it; between an offer and the state that
// follows it only the contact knows.
func (s *State) contactOf(a *fact.SnapshotAgent) *contact {
	if c, ok := s.contacts[a.Contact]; ok {
		return c
	}
	for _, c := range s.contacts {
		if c.OfferTo(a.ID) != nil {
			return c
		}
	}
	return nil
}

// queuesOf is the short view of an agent's queues.
func (s *State) queuesOf(id string) []QueueBrief {
	a, ok := s.agents[id]
	if !ok {
		return []QueueBrief{}
	}
	out := make([]QueueBrief, 0, len(a.Queues))
	for _, q := range s.queues {
		if !slices.Contains(a.Queues, q.ID) {
			continue
		}
		b := QueueBrief{ID: q.ID, Name: q.Name}
		for _, c := range s.contacts {
			if c.Entry != nil && c.Entry.Queue == q.ID {
				b.Waiting++
				b.OldestQueuedAt = older(b.OldestQueuedAt, c.Entry.QueuedAt)
			}
		}
		for _, other := range s.agents {
			if other.State == fact.AgentReady && slices.Contains(other.Queues, q.ID) {
				b.Ready++
			}
		}
		out = append(out, b)
	}
	return out
}

func (s *State) brief(a *fact.SnapshotAgent) AgentBrief {
	var monitors []fact.SnapshotMonitor
	if c := s.contacts[a.Contact]; c != nil && a.State == fact.AgentTalking {
		for _, m := range c.Monitors {
			if m.Agent == a.ID {
				monitors = append(monitors, m)
			}
		}
	}
	var unheard *Unheard
	if u, ok := s.unheard[a.ID]; ok {
		unheard = &u
	}
	return AgentBrief{Monitors: monitors, Unheard: unheard, ID: a.ID, Name: a.Name, Endpoint: a.Endpoint, Seat: a.Seat, Queues: append([]string{}, a.Queues...), State: a.State, Reason: a.Reason,
		Since: a.Since, Contact: a.Contact, Queue: a.Queue, Missed: a.Missed, Next: a.Next}
}

func (q *QueueView) addCaller(c *contact) {
	caller := Caller{Contact: c.ID, Stage: StageWaiting, Position: c.Entry.Position, Priority: c.Entry.Priority,
		QueuedAt: c.Entry.QueuedAt, Language: c.Language, Customer: c.Customer, Ticket: c.Ticket}
	if c.Callback != nil {
		b := *c.Callback
		caller.Callback = &b
		if !b.Reached {
			q.Callbacks++
		}
	}
	q.Waiting++
	for _, o := range c.Offers {
		caller.Stage = StageRinging
		caller.Rings = append(caller.Rings, o.Agent)
	}
	if len(c.Offers) > 0 {
		caller.Agent = c.Offers[0].Agent
		q.Ringing++
	}
	if c.Transfer != nil {
		caller.Asks = c.Transfer.Agent
	}
	q.OldestQueuedAt = older(q.OldestQueuedAt, c.Entry.QueuedAt)
	q.Callers = append(q.Callers, caller)
}

func older(known *time.Time, t time.Time) *time.Time {
	if known == nil || t.Before(*known) {
		return &t
	}
	return known
}

func (n *StageCount) add(stage string) {
	switch stage {
	case StageIVR:
		n.IVR++
	case StageWaiting:
		n.Waiting++
	case StageRinging:
		n.Ringing++
	case StageTalking:
		n.Talking++
	case StageWrapUp:
		n.WrapUp++
	case StagePutOff:
		n.PutOff++
	}
}

func (n *AgentCount) add(state fact.AgentState) {
	if state != fact.AgentLoggedOut {
		n.LoggedIn++
	}
	switch state {
	case fact.AgentReady:
		n.Ready++
	case fact.AgentPaused:
		n.Paused++
	case fact.AgentRinging:
		n.Ringing++
	case fact.AgentTalking:
		n.Talking++
	case fact.AgentWrapUp:
		n.WrapUp++
	case fact.AgentCalling:
		n.Calling++
	case fact.AgentOutside:
		n.Outside++
	case fact.AgentUnreachable:
		n.Unreachable++
	case fact.AgentLoggedOut:
	}
}

// Place is where a contact is now, by its queues; "" where there is none.
type Place struct {
	Waits    string   // the queue in whose line it stands
	Talks    []string // those of its agents' talks, holds and wrap-ups, and of the offers that ring
	Callback string   // that of a callback that is put off
}

// place is where a contact is; false when it is not in progress.
func (s *State) place(id string) (Place, bool) {
	c, ok := s.contacts[id]
	if !ok {
		return Place{}, false
	}
	p := Place{Callback: c.putOffIn()}
	if c.Entry != nil {
		p.Waits = c.Entry.Queue
	}
	for _, segment := range c.Segments {
		p.Talks = append(p.Talks, segment.Queue)
	}
	for _, offer := range c.Offers {
		p.Talks = append(p.Talks, offer.Queue)
	}
	return p, true
}
