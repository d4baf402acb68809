package fact

import "time"

// Types of facts about contacts. Subject is the contact id.
const (
	TypeArrived        Type = "contact.arrived"
	TypeIdentified     Type = "contact.identified"
	TypeContactEnded   Type = "contact.ended"
	TypeCallEnded      Type = "call.ended"
	TypeIVREntered     Type = "ivr.entered"
	TypeIVRChoice      Type = "ivr.choice"
	TypeIVRInput       Type = "ivr.input"
	TypeIVRSet         Type = "ivr.set"
	TypeIncidentTold   Type = "ivr.incident"
	TypeIVRLeft        Type = "ivr.left"
	TypeQueued         Type = "queue.queued"
	TypeQueueRefused   Type = "queue.refused"
	TypeRelaxed        Type = "queue.relaxed"
	TypePositionTold   Type = "queue.position_told"
	TypePriority       Type = "queue.priority"
	TypeEntryEnded     Type = "queue.ended"
	TypeOffered        Type = "offer.made"
	TypeOfferEnded     Type = "offer.ended"
	TypePopSent        Type = "pop.sent"
	TypePopShown       Type = "pop.shown"
	TypePopOpened      Type = "pop.opened"
	TypeSegmentStarted Type = "segment.started"
	TypeSegmentEnded   Type = "segment.ended"
	TypeDisposition    Type = "contact.disposition"
	TypeLogGap         Type = "log.gap"
)

// Arrived opens a contact. One of the three facts that carry personal data.
type Arrived struct {
	Call         string `json:"call"`
	Kind         Kind   `json:"kind"`
	Node         string `json:"node"`
	Channel      string `json:"channel"`
	CallerNumber string `json:"caller_number"` // personal
	CallerName   string `json:"caller_name"`   // personal
	Dialed       string `json:"dialed"`
	Language     string `json:"language"`
	Plan         string `json:"plan"`               // plan version the contact keeps to its end
	Fallback     bool   `json:"fallback,omitempty"` // seen only by the dialplan's fallback queue
	Derived      bool   `json:"derived,omitempty"`  // reconstructed by reconcile or from queue_log, not seen live
	SIPCallID    string `json:"sip_call_id,omitempty"`
}

// Identified says who calls, as far as the ticket system knew. One of the three facts that carry personal data.
type Identified struct {
	Lookup       string       `json:"lookup"`
	Method       LookupMethod `json:"method"`
	Result       LookupResult `json:"result"`
	Digits       string       `json:"digits,omitempty"` // personal; "*" for each digit of a secret collection
	Customer     string       `json:"customer,omitempty"`
	CustomerName string       `json:"customer_name,omitempty"` // personal
	Ticket       *TicketRef   `json:"ticket,omitempty"`
	LatencyMS    int64        `json:"latency_ms"`
	Owner        string       `json:"owner,omitempty"` // agent to whom the ticket belongs
}

// TicketRef names a ticket in a ticket system.
type TicketRef struct {
	System string `json:"system"`
	ID     string `json:"id"`
	Title  string `json:"title,omitempty"`
	URL    string `json:"url,omitempty"`
	Status string `json:"status,omitempty"`
}

// IVREntered: the caller reached a node of the menu flow.
type IVREntered struct {
	Flow string `json:"flow"`
	Node string `json:"node"`
}

// IVRChoice: the caller chose an option of a menu.
type IVRChoice struct {
	Flow   string `json:"flow"`
	Node   string `json:"node"`
	Key    string `json:"key"`
	Target string `json:"target"`
}

// IVRInput: a collection or menu got input that was not a choice: digits complete, nothing, or something invalid; or a
// branch could not use what is known of the caller.
// Digits themselves stand in Identified only; here is their number.
type IVRInput struct {
	Flow    string    `json:"flow"`
	Node    string    `json:"node"`
	Kind    InputKind `json:"kind"`
	Digits  int       `json:"digits"`
	Derived bool      `json:"derived,omitempty"` // prompt repeated after a controller restart
	Case    int       `json:"case,omitempty"`    // unfit: number of the branch's case, from 1

	Condition string `json:"condition,omitempty"` // unfit: the condition; why it could not be worked out would show the caller's values
}

// IVRSet: the flow gave a variable its text. Digits that a caller entered are no such text.
type IVRSet struct {
	Flow     string `json:"flow"`
	Node     string `json:"node"`
	Variable string `json:"variable"`
	Value    string `json:"value"`
}

// IncidentTold: the caller hears of an incident that is switched on.
type IncidentTold struct {
	Flow     string `json:"flow"`
	Node     string `json:"node"`
	Incident string `json:"incident"`
}

// IVRLeft closes the caller's time in the flow.
type IVRLeft struct {
	Flow       string     `json:"flow"`
	LastNode   string     `json:"last_node"`
	EnteredAt  time.Time  `json:"entered_at"`
	LeftAt     time.Time  `json:"left_at"`
	DurationMS int64      `json:"duration_ms"`
	Outcome    IVROutcome `json:"outcome"`
	Path       []string   `json:"path"` // node ids in the order visited
	Choices    []string   `json:"choices"`
}

// Queued opens a queue entry.
type Queued struct {
	Entry    string   `json:"entry"`
	Call     string   `json:"call"`
	Kind     Kind     `json:"kind"` // of the contact; queue metrics count inbound and callback only
	Queue    string   `json:"queue"`
	Language string   `json:"language"`
	Priority int      `json:"priority"`
	Skills   []string `json:"skills,omitempty"`
	Position int      `json:"position"`       // 1 = next
	From     string   `json:"from,omitempty"` // entry it overflowed from
	Derived  bool     `json:"derived,omitempty"`
	// CarriedWaitMS is the wait already spent in earlier entries of the contact, milliseconds.
	CarriedWaitMS int64     `json:"carried_wait_ms,omitempty"`
	Requires      []string  `json:"requires,omitempty"` // expressions over skills that must hold of the agent
	MaxTier       int       `json:"max_tier,omitempty"` // highest tier that is rung; 0 = any
	Prefer        string    `json:"prefer,omitempty"`   // the agent who is waited for
	Urgency       int       `json:"urgency,omitempty"`  // orders the line before all waiting: the priority, or 0 where that counts as waiting
	RankedAt      time.Time `json:"ranked_at"`          // orders the line after it: since when the caller counts as waiting; then his id
	Resumes       string    `json:"resumes,omitempty"`  // contact whose place it has: its caller gave up, and has called again
}

// PriorityChanged: a waiting caller is more, or less, urgent than he was.
type PriorityChanged struct {
	Entry    string    `json:"entry"`
	Call     string    `json:"call"`
	Queue    string    `json:"queue"`
	From     int       `json:"from_priority"`
	Priority int       `json:"priority"`
	By       By        `json:"by"` // system: by what the ticket system answered
	Actor    string    `json:"actor,omitempty"`
	Position int       `json:"position"`          // then
	Urgency  int       `json:"urgency,omitempty"` // as in Queued
	RankedAt time.Time `json:"ranked_at"`         // as in Queued
}

// QueueRefused: the caller could not join; counted apart, never offered.
type QueueRefused struct {
	Kind     Kind          `json:"kind"` // of the contact
	Queue    string        `json:"queue"`
	Language string        `json:"language"`
	Reason   RefusedReason `json:"reason"`
}

// Relaxed: who may be rung for the caller changed while he waits. It says all that holds from now on.
type Relaxed struct {
	Entry    string    `json:"entry"`
	Queue    string    `json:"queue"`
	Reason   RelaxedBy `json:"reason"`
	Step     int       `json:"step"` // of the queue's relaxation, taken so far
	Skills   []string  `json:"skills,omitempty"`
	Requires []string  `json:"requires,omitempty"`
	MaxTier  int       `json:"max_tier,omitempty"`
	Prefer   string    `json:"prefer,omitempty"` // the agent who is waited for
}

// PositionTold: an announcement of the position began to play.
type PositionTold struct {
	Entry    string `json:"entry"`
	Queue    string `json:"queue"`
	Position int    `json:"position"`
	FromMS   int64  `json:"from_ms,omitempty"`   // the expected wait from now on that was told with it: at least
	UntilMS  int64  `json:"until_ms,omitempty"`  // at most; 0 = none was told
	Agents   int    `json:"agents,omitempty"`    // active for the queue then
	HandleMS int64  `json:"handle_ms,omitempty"` // its mean handle time then
}

// EntryEnded closes a queue entry: the row behind every queue metric.
type EntryEnded struct {
	Entry    string       `json:"entry"`
	Call     string       `json:"call"`
	Kind     Kind         `json:"kind"`
	Queue    string       `json:"queue"`
	Outcome  EntryOutcome `json:"outcome"`
	QueuedAt time.Time    `json:"queued_at"`
	EndedAt  time.Time    `json:"ended_at"`
	WaitMS   int64        `json:"wait_ms"`         // EndedAt − QueuedAt
	Arrived  time.Time    `json:"arrived_at"`      // of the contact
	Agent    string       `json:"agent,omitempty"` // who answered
	Offer    string       `json:"offer,omitempty"` // the offer that was answered
	Offers   int          `json:"offers"`          // offers made
	Priority int          `json:"priority"`
	Skills   []string     `json:"skills,omitempty"`
	Language string       `json:"language"`
	Customer string       `json:"customer,omitempty"`
	First    int          `json:"first_position"`
	Last     int          `json:"last_position"`
	To       string       `json:"to,omitempty"` // queue it overflowed to, key or node it exited by
	Derived  bool         `json:"derived,omitempty"`
	// CarriedWaitMS is the wait spent in earlier entries of the contact, milliseconds; the same as in Queued.
	CarriedWaitMS   int64 `json:"carried_wait_ms,omitempty"`
	EstimateFromMS  int64 `json:"estimate_from_ms,omitempty"`  // the first expected wait that the caller was told, counted from queued_at: at least
	EstimateUntilMS int64 `json:"estimate_until_ms,omitempty"` // at most; 0 = he was told none
}

// Offered opens an offer: an agent's phone is being rung.
type Offered struct {
	Offer   string `json:"offer"`
	Entry   string `json:"entry"`
	Call    string `json:"call"`
	Queue   string `json:"queue"`
	Agent   string `json:"agent"`
	Attempt int    `json:"attempt"` // 1 = first offer of the entry
	WaitMS  int64  `json:"wait_ms"` // the entry's wait when offered
	// Decision is why it is this agent. Its zero value = recorded before decisions were.
	Decision Decision `json:"decision"`
}

// Decision is why an agent was chosen: a policy can be explained by it, and another one tried on the same calls.
type Decision struct {
	Rule          string   `json:"rule"`                     // the queue's strategy, or "preferred": the caller waited for this agent
	Eligible      []string `json:"eligible,omitempty"`       // agents who could have been rung, in the rule's order, the chosen one first; at most 8
	EligibleCount int      `json:"eligible_count,omitempty"` // all of them
	Others        []string `json:"others,omitempty"`         // the other agents of the queue, counted by why they were no choice (NotRung): "paused:2"
}

// RulePreferred is the rule of a decision where the caller waited for one agent.
const RulePreferred = "preferred"

// OfferEnded closes an offer.
type OfferEnded struct {
	Offer     string      `json:"offer"`
	Entry     string      `json:"entry"`
	Call      string      `json:"call"`
	Queue     string      `json:"queue"`
	Agent     string      `json:"agent"`
	Attempt   int         `json:"attempt"`
	Result    OfferResult `json:"result"`
	OfferedAt time.Time   `json:"offered_at"`
	EndedAt   time.Time   `json:"ended_at"`
	RingMS    int64       `json:"ring_ms"`
	Channel   string      `json:"channel,omitempty"` // of the agent's leg, as Asterisk knows it
	Cause     int         `json:"cause,omitempty"`   // Q.850 cause of the leg, 0 when none
	Derived   bool        `json:"derived,omitempty"`
}

// Pop is the life of one screen pop: sent by a channel, shown on the agent's page, opened by the agent.
type Pop struct {
	Type      Type       `json:"-"`
	Pop       string     `json:"pop"`
	Offer     string     `json:"offer"`
	Queue     string     `json:"queue"`
	Agent     string     `json:"agent"`
	Channel   PopChannel `json:"channel"`
	Result    PopResult  `json:"result"`
	Attempt   int        `json:"attempt"`
	LatencyMS int64      `json:"latency_ms"` // since the offer was made
	Error     string     `json:"error,omitempty"`
}

// SegmentStarted opens a stretch of an agent's time on a contact.
type SegmentStarted struct {
	Segment string      `json:"segment"`
	Kind    SegmentKind `json:"kind"`
	Agent   string      `json:"agent"`
	Call    string      `json:"call"`
	Entry   string      `json:"entry,omitempty"`
	Queue   string      `json:"queue,omitempty"`
}

// SegmentEnded closes it.
type SegmentEnded struct {
	Segment    string      `json:"segment"`
	Kind       SegmentKind `json:"kind"`
	Agent      string      `json:"agent"`
	Call       string      `json:"call"`
	Entry      string      `json:"entry,omitempty"`
	Queue      string      `json:"queue,omitempty"`
	StartedAt  time.Time   `json:"started_at"`
	EndedAt    time.Time   `json:"ended_at"`
	DurationMS int64       `json:"duration_ms"`
	Derived    bool        `json:"derived,omitempty"`
}

// Disposition is the agent's word on what the contact was about; may follow the contact's end by up to an hour.
type Disposition struct {
	Agent string `json:"agent"`
	Queue string `json:"queue,omitempty"`
	Code  string `json:"code"`
	Note  string `json:"note,omitempty"`
}

// CallEnded closes a call with exactly one termination.
type CallEnded struct {
	Call        string      `json:"call"`
	Kind        Kind        `json:"kind"`
	Node        string      `json:"node"`
	StartedAt   time.Time   `json:"started_at"`
	AnsweredAt  *time.Time  `json:"answered_at,omitempty"` // by Firstline (IVR or agent)
	EndedAt     time.Time   `json:"ended_at"`
	DurationMS  int64       `json:"duration_ms"`
	Termination Termination `json:"termination"`
	Cause       int         `json:"cause,omitempty"` // Q.850
	Derived     bool        `json:"derived,omitempty"`
}

// ContactEnded is the closing row of a contact.
type ContactEnded struct {
	Kind       Kind      `json:"kind"`
	Node       string    `json:"node"`
	StartedAt  time.Time `json:"started_at"`
	EndedAt    time.Time `json:"ended_at"`
	DurationMS int64     `json:"duration_ms"`
	IVRMS      int64     `json:"ivr_ms"`
	WaitMS     int64     `json:"wait_ms"` // over all entries
	RingMS     int64     `json:"ring_ms"`
	TalkMS     int64     `json:"talk_ms"`
	HoldMS     int64     `json:"hold_ms"`
	WrapUpMS   int64     `json:"wrap_up_ms"`
	// ToAgentMS is arrival to the first agent's answer; nil when none answered.
	ToAgentMS   *int64      `json:"to_agent_ms,omitempty"`
	Calls       int         `json:"calls"`
	Entries     int         `json:"entries"`
	Offers      int         `json:"offers"`
	FirstQueue  string      `json:"first_queue,omitempty"`
	LastQueue   string      `json:"last_queue,omitempty"`
	LastAgent   string      `json:"last_agent,omitempty"`
	Customer    string      `json:"customer,omitempty"`
	Ticket      *TicketRef  `json:"ticket,omitempty"`
	Language    string      `json:"language"`
	Flow        string      `json:"flow,omitempty"`
	Fallback    bool        `json:"fallback,omitempty"`
	Termination Termination `json:"termination"`         // of its first call
	Transfers   int         `json:"transfers,omitempty"` // by which the caller was handed on
}

// LogGap marks a span in which the log could not be written (crash rule 1) and how many records were lost.
// Subject is "log/<epoch>".
type LogGap struct {
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	Kept    int64     `json:"kept"`    // records held in memory and written after
	Dropped int64     `json:"dropped"` // records that did not fit
}

func (Arrived) factType() Type         { return TypeArrived }
func (Identified) factType() Type      { return TypeIdentified }
func (IVREntered) factType() Type      { return TypeIVREntered }
func (IVRChoice) factType() Type       { return TypeIVRChoice }
func (IVRInput) factType() Type        { return TypeIVRInput }
func (IVRSet) factType() Type          { return TypeIVRSet }
func (IncidentTold) factType() Type    { return TypeIncidentTold }
func (IVRLeft) factType() Type         { return TypeIVRLeft }
func (Queued) factType() Type          { return TypeQueued }
func (QueueRefused) factType() Type    { return TypeQueueRefused }
func (Relaxed) factType() Type         { return TypeRelaxed }
func (PositionTold) factType() Type    { return TypePositionTold }
func (PriorityChanged) factType() Type { return TypePriority }
func (EntryEnded) factType() Type      { return TypeEntryEnded }
func (Offered) factType() Type         { return TypeOffered }
func (OfferEnded) factType() Type      { return TypeOfferEnded }
func (p Pop) factType() Type           { return p.Type }
func (SegmentStarted) factType() Type  { return TypeSegmentStarted }
func (SegmentEnded) factType() Type    { return TypeSegmentEnded }
func (Disposition) factType() Type     { return TypeDisposition }
func (CallEnded) factType() Type       { return TypeCallEnded }
func (ContactEnded) factType() Type    { return TypeContactEnded }
func (LogGap) factType() Type          { return TypeLogGap }
