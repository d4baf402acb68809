package fact

import (
	"slices"
	"time"
)

// Snapshot is the public state of now: what the controller answers to GET snapshot. With it and the facts after
// Position any reader can keep the live state. It is not the log's recovery snapshot.
type Snapshot struct {
	At       time.Time         `json:"at"`
	Source   string            `json:"source"`
	Epoch    string            `json:"epoch"`
	Position uint64            `json:"position"` // of the last fact folded in
	Node     string            `json:"node"`
	Plan     string            `json:"plan"`
	Link     bool              `json:"link"`    // Asterisk is connected and reconciled
	Durable  bool              `json:"durable"` // the log can be written
	Queues   []SnapshotQueue   `json:"queues"`
	Agents   []SnapshotAgent   `json:"agents"`
	Contacts []SnapshotContact `json:"contacts"`

	Incidents []SnapshotIncident `json:"incidents,omitempty"` // those of the plan, in its order

	Clocks *SnapshotClocks `json:"clocks,omitempty"` // nil = a controller that doesn't tell yet
}

// SnapshotClocks is how the clocks stand from which facts have their times. Times of facts were moved, by more than a second, where a clock made
// them impossible.
type SnapshotClocks struct {
	AsteriskAheadMS   *int64     `json:"asterisk_ahead_ms"`   // Asterisk's clock minus the controller's at Asterisk's last event; nil = none came since Since
	AsteriskAt        *time.Time `json:"asterisk_at"`         // when that event was read; nil as well
	ControllerAheadMS int64      `json:"controller_ahead_ms"` // the controller's clock minus its machine's
	MovedAhead        int64      `json:"moved_ahead"`         // events whose time was later than now
	MovedBehind       int64      `json:"moved_behind"`        // events whose time was before the last fact about the same
	Since             time.Time  `json:"since"`               // the controller's start: both are counted from then on
}

// SnapshotQueue names a queue and the parameters its figures use.
type SnapshotQueue struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	ServiceLevelMS int64  `json:"service_level_ms"`
	ShortAbandonMS int64  `json:"short_abandon_ms"`
}

// SnapshotIncident is one incident now.
type SnapshotIncident struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	On    bool       `json:"on"`              // callers whom it concerns are told
	Since *time.Time `json:"since,omitempty"` // on since
	Actor string     `json:"actor,omitempty"` // who switched it on
}

// SnapshotAgent is one agent now.
type SnapshotAgent struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Endpoint  string     `json:"endpoint"`       // "" = he has no phone of his own and is not logged in
	Seat      string     `json:"seat,omitempty"` // id of the seat where he sits
	Queues    []string   `json:"queues" nullable:"false"`
	State     AgentState `json:"state"`
	Reason    string     `json:"reason,omitempty"`
	Since     time.Time  `json:"since"`
	Contact   string     `json:"contact,omitempty"`
	Queue     string     `json:"queue,omitempty"`
	Missed    int        `json:"missed"`         // offers missed in a row
	Next      AgentState `json:"next,omitempty"` // state chosen for after the call
	WrapUntil *time.Time `json:"wrap_until,omitempty"`
}

// SnapshotContact is one contact in progress.
type SnapshotContact struct {
	ID       string         `json:"id"`
	Kind     Kind           `json:"kind"`
	Arrived  time.Time      `json:"arrived_at"`
	Stage    string         `json:"stage"` // ivr, waiting, ringing, talking, wrap_up, put_off: StageNow
	Language string         `json:"language"`
	Customer string         `json:"customer,omitempty"`
	Ticket   *TicketRef     `json:"ticket,omitempty"`
	Entry    *SnapshotEntry `json:"entry,omitempty"`
	Offers   []Popup        `json:"offers,omitempty"` // open ones, in the order in which the phones began to ring
	Agent    string         `json:"agent,omitempty"`  // who talks, rings or wraps up: AgentNow

	Segments []SnapshotSegment `json:"segments,omitempty"` // open ones, in the order they began
	Transfer *SnapshotTransfer `json:"transfer,omitempty"` // an agent asks somebody for his caller
	Over     bool              `json:"over,omitempty"`     // the call is; agents wrap up
	Monitors []SnapshotMonitor `json:"monitors,omitempty"` // supervisors who listen
	Muted    []string          `json:"muted,omitempty"`    // agents in the talk who are, by id

	Recording *SnapshotRecording `json:"recording,omitempty"` // that goes on

	Callback *SnapshotCallback `json:"callback,omitempty"` // of kind callback, until an agent talks to the customer

	Outside []SnapshotOutside `json:"outside,omitempty"` // people outside who were asked and talk to the caller, or ring for him
}

// SnapshotOutside is somebody at a number outside who is in the talk.
type SnapshotOutside struct {
	Transfer string    `json:"transfer"` // by which he was asked
	Target   string    `json:"target"`   // the number's last digits
	Since    time.Time `json:"since"`
}

// SnapshotCallback is what is to become of a callback.
type SnapshotCallback struct {
	Origin     string        `json:"origin"` // contact in which he asked for it
	Queue      string        `json:"queue"`
	First      CallbackFirst `json:"first"`
	PromisedAt time.Time     `json:"promised_at"`
	Attempts   int           `json:"attempts"` // so far, that count
	Of         int           `json:"of"`       // most there will be
	ExpiresAt  time.Time     `json:"expires_at"`
	Why        CallbackWhy   `json:"why,omitempty"`       // it is put off; "" = it waits in the line, or the customer is on the line
	Until      *time.Time    `json:"until,omitempty"`     // it is put off until then
	Incidents  []string      `json:"incidents,omitempty"` // or until these are over
	Reached    bool          `json:"reached,omitempty"`   // he is on the line
}

// SnapshotRecording is a recording that goes on.
type SnapshotRecording struct {
	Recording string    `json:"recording"`
	Queue     string    `json:"queue"`
	Since     time.Time `json:"since"`
	Paused    bool      `json:"paused,omitempty"`
}

// SnapshotSegment is an agent's time on a contact that goes on.
type SnapshotSegment struct {
	Segment string      `json:"segment"`
	Kind    SegmentKind `json:"kind"`
	Agent   string      `json:"agent"`
	Queue   string      `json:"queue"`
	Since   time.Time   `json:"since"`
}

// SnapshotMonitor is a supervisor's part in a talk.
type SnapshotMonitor struct {
	Monitor    string      `json:"monitor"`
	Supervisor string      `json:"supervisor"`
	Agent      string      `json:"agent"`
	Mode       MonitorMode `json:"mode"`
	Since      time.Time   `json:"since"`
}

// SnapshotTransfer is an agent who asks somebody for his caller.
type SnapshotTransfer struct {
	Transfer string     `json:"transfer"`
	Agent    string     `json:"agent"`
	To       TransferTo `json:"to"`
	Target   string     `json:"target"`
	Since    time.Time  `json:"since"`
	With     string     `json:"with,omitempty"`     // who answered; "" = the agent waits for somebody
	Answered bool       `json:"answered,omitempty"` // who was asked at a number outside has
}

// Stages of a contact.
const (
	StageIVR     = "ivr"
	StageWaiting = "waiting"
	StageRinging = "ringing"
	StageTalking = "talking"
	StageWrapUp  = "wrap_up"
	StagePutOff  = "put_off" // a callback that waits outside the line
)

// StageNow is where the contact is, from all else that is said of it. While the caller talks, or is on hold, an agent may wait
// for another one in his place, and one who had him before may still wrap up.
func (c SnapshotContact) StageNow() string {
	switch {
	case slices.ContainsFunc(c.Segments, func(s SnapshotSegment) bool { return s.Kind != SegmentWrapUp }), len(c.Outside) > 0:
		return StageTalking
	case len(c.Offers) > 0:
		return StageRinging
	case c.Entry != nil:
		return StageWaiting
	case c.Over && len(c.Segments) > 0:
		return StageWrapUp
	case c.Callback != nil:
		return StagePutOff
	default:
		return StageIVR
	}
}

// AgentNow is the agent whom the contact has now: who rings for a caller, of several the first, or else who came last.
func (c SnapshotContact) AgentNow() string {
	switch c.StageNow() {
	case StageRinging:
		return c.Offers[0].Agent
	case StageTalking:
		for _, s := range slices.Backward(c.Segments) {
			if s.Kind != SegmentWrapUp {
				return s.Agent
			}
		}
	case StageWrapUp:
		return c.Segments[len(c.Segments)-1].Agent
	}
	return ""
}

// OfferTo is the agent's open offer; nil = his phone does not ring for the contact.
func (c SnapshotContact) OfferTo(agent string) *Popup {
	if i := slices.IndexFunc(c.Offers, func(p Popup) bool { return p.Agent == agent }); i >= 0 {
		return &c.Offers[i]
	}
	return nil
}

// SnapshotEntry is a caller waiting.
type SnapshotEntry struct {
	Entry    string    `json:"entry"`
	Queue    string    `json:"queue"`
	QueuedAt time.Time `json:"queued_at"`
	Priority int       `json:"priority"`
	Position int       `json:"position"`
	Urgency  int       `json:"urgency,omitempty"` // as in Queued, and as it is now
	RankedAt time.Time `json:"ranked_at"`         // as in Queued, and as it is now
}

// Popup is what an agent sees when a call is offered: who calls, how long he waited, what he pressed, which ticket.
// It travels only between the controller and the agent's page or webhook, never through Kafka, so it may hold the number.
type Popup struct {
	Pop          string     `json:"pop"`
	Contact      string     `json:"contact"`
	Offer        string     `json:"offer"`
	Queue        string     `json:"queue"`
	Agent        string     `json:"agent"`
	OfferedAt    time.Time  `json:"offered_at"`
	CallerNumber string     `json:"caller_number"`
	CallerName   string     `json:"caller_name,omitempty"`
	Customer     string     `json:"customer,omitempty"`
	CustomerName string     `json:"customer_name,omitempty"`
	Language     string     `json:"language"`
	WaitMS       int64      `json:"wait_ms"`
	Choices      []string   `json:"choices"` // what he pressed, as the menu's labels
	Ticket       *TicketRef `json:"ticket,omitempty"`
}
