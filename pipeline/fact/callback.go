package fact

import "time"

// A caller is called back in place of waiting. The callback is a contact of its own, of kind callback: contact.arrived opens it with
// the number that he confirmed, and it names the contact in which he asked. It waits in the queue's line without a channel, at the
// place he had.
const (
	TypeCallbackPromised  Type = "callback.promised"
	TypeCallbackPutOff    Type = "callback.put_off"
	TypeCallbackAttempted Type = "callback.attempted"
	TypeCallbackEnded     Type = "callback.ended"
)

type (
	CallbackFirst   string // whose phone is rung first
	CallbackWhy     string // why a callback is put off
	CallbackResult  string // of an attempt to reach the customer
	CallbackOutcome string // of a callback
)

const (
	FirstAgent    CallbackFirst = "agent"    // then the customer's, while the agent waits
	FirstCustomer CallbackFirst = "customer" // when it is his turn; then he waits for an agent at his place
)

const (
	PutOffClosed   CallbackWhy = "closed"   // the queue's hours for callbacks
	PutOffRetry    CallbackWhy = "retry"    // the customer was not reached
	PutOffIncident CallbackWhy = "incident" // until what he asks about is mended
)

const (
	CallbackReached     CallbackResult = "reached"
	CallbackNoAnswer    CallbackResult = "no_answer"
	CallbackBusy        CallbackResult = "busy"
	CallbackDeclined    CallbackResult = "declined"
	CallbackUnavailable CallbackResult = "unavailable" // no such number, switched off, the network says so
	CallbackUnconfirmed CallbackResult = "unconfirmed" // somebody or something answered, and did not press the key
	CallbackFailed      CallbackResult = "failed"      // technical failure
	CallbackAgentLeft   CallbackResult = "agent_left"  // the agent hung up before the customer answered; not the customer's doing, and not counted
	CallbackCalledOff   CallbackResult = "called_off"  // the callback was cancelled while his phone rang; not counted
)

const (
	CallbackConnected  CallbackOutcome = "connected"   // he talks to an agent
	CallbackAbandoned  CallbackOutcome = "abandoned"   // he was reached, and hung up before an agent was there
	CallbackNotReached CallbackOutcome = "not_reached" // after the last attempt
	CallbackCancelled  CallbackOutcome = "cancelled"   // by somebody
	CallbackExpired    CallbackOutcome = "expired"     // it was older than the queue's limit
	CallbackCalledIn   CallbackOutcome = "called_in"   // he called himself, or asked again: the newer contact has his place
	CallbackLost       CallbackOutcome = "failed"      // technical failure, or the plan has no such queue any more
)

// CallbackPromised opens a callback.
type CallbackPromised struct {
	Origin    string        `json:"origin"` // contact in which he asked for it
	Queue     string        `json:"queue"`
	First     CallbackFirst `json:"first"`
	Since     time.Time     `json:"since"`    // since when he has queued: his place
	Attempts  int           `json:"attempts"` // most there will be
	ExpiresAt time.Time     `json:"expires_at"`
}

// CallbackPutOff says that it waits outside the line, until a time or the end of incidents.
type CallbackPutOff struct {
	Queue     string      `json:"queue"`
	Why       CallbackWhy `json:"why"`
	Until     *time.Time  `json:"until,omitempty"`     // none: until the incidents are over
	Incidents []string    `json:"incidents,omitempty"` // that are waited for
}

// CallbackAttempted closes one attempt to reach the customer.
type CallbackAttempted struct {
	Call      string         `json:"call"`
	Queue     string         `json:"queue"`
	Attempt   int            `json:"attempt"`         // from 1
	Agent     string         `json:"agent,omitempty"` // who waited on his phone; "" = the customer was called first
	Channel   string         `json:"channel"`
	Result    CallbackResult `json:"result"`
	StartedAt time.Time      `json:"started_at"`
	EndedAt   time.Time      `json:"ended_at"`
	RingMS    int64          `json:"ring_ms"`
	Cause     int            `json:"cause,omitempty"` // Q.850
	Derived   bool           `json:"derived,omitempty"`
}

// CallbackEnded closes a callback.
type CallbackEnded struct {
	Origin     string          `json:"origin"`
	Queue      string          `json:"queue"`
	Outcome    CallbackOutcome `json:"outcome"`
	PromisedAt time.Time       `json:"promised_at"`
	EndedAt    time.Time       `json:"ended_at"`
	DurationMS int64           `json:"duration_ms"`
	Attempts   int             `json:"attempts"` // that count: not those of agent_left and called_off
	Agent      string          `json:"agent,omitempty"`
	By         By              `json:"by,omitempty"` // cancelled: by which way
	Actor      string          `json:"actor,omitempty"`
	Derived    bool            `json:"derived,omitempty"`
}

func (CallbackPromised) factType() Type  { return TypeCallbackPromised }
func (CallbackPutOff) factType() Type    { return TypeCallbackPutOff }
func (CallbackAttempted) factType() Type { return TypeCallbackAttempted }
func (CallbackEnded) factType() Type     { return TypeCallbackEnded }
