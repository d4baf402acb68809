package fact

// Every outcome comes from a closed list. A reader may rely on it; adding a value is a schema change with a new golden file.
type (
	Kind          string // of a call or contact
	EntryOutcome  string // of a queue entry
	OfferResult   string // of an offer
	IVROutcome    string // of a caller's time in a flow
	InputKind     string // of what a menu or collection heard
	LookupMethod  string // by what a customer was looked up
	LookupResult  string // of a lookup
	PopChannel    string // by which a screen pop travels
	PopResult     string // of a screen pop's delivery
	RefusedReason string // why a caller could not join a queue
	NotRung       string // why an agent of a queue was no choice for a caller
	RelaxedBy     string // what changed who may be rung for a waiting caller
	SegmentKind   string // of an agent's time on a contact
	AgentState    string // of an agent
	By            string // by what means an agent's state was changed
	Result        string // of a call
	Reason        string // of a call's end
)

const (
	KindInbound  Kind = "inbound"
	KindOutbound Kind = "outbound"
	KindCallback Kind = "callback"
	KindConsult  Kind = "consult"
	KindInternal Kind = "internal"
	KindFeature  Kind = "feature"
)

// Outcomes of a queue entry. DESIGN §4: offered = their sum + still waiting.
const (
	EntryAnswered   EntryOutcome = "answered"
	EntryAbandoned  EntryOutcome = "abandoned"  // caller hung up while waiting
	EntryOverflowed EntryOutcome = "overflowed" // maximum wait, moved to another queue or node
	EntryExited     EntryOutcome = "exited"     // left by key or to a menu
	EntryCallback   EntryOutcome = "callback"   // left to be called back; of a callback: the customer is called again later
	EntryVoicemail  EntryOutcome = "voicemail"  // left to leave a message
	EntryLeftEmpty  EntryOutcome = "left_empty" // queue had no agents left
	EntryWithdrawn  EntryOutcome = "withdrawn"  // taken out by an operator or a plan change
	EntryFailed     EntryOutcome = "failed"     // technical failure or ended by time-out with nowhere to go
)

const (
	OfferAnswered    OfferResult = "answered"
	OfferMissed      OfferResult = "missed"      // rang to the ring time-out (ring no answer)
	OfferDeclined    OfferResult = "declined"    // the agent pressed reject
	OfferBusy        OfferResult = "busy"        // phone busy
	OfferUnavailable OfferResult = "unavailable" // phone not reachable
	OfferWithdrawn   OfferResult = "withdrawn"   // caller hung up or entry ended while ringing
	OfferLostRace    OfferResult = "lost_race"   // another agent was faster, or caller gone at the moment of answer
	OfferFailed      OfferResult = "failed"      // technical failure
)

const (
	IVRQueued    IVROutcome = "queued"
	IVRHungUp    IVROutcome = "hung_up"   // caller hung up inside the flow
	IVRContained IVROutcome = "contained" // flow ended the call as planned
	IVRGaveUp    IVROutcome = "gave_up"   // too many invalid or missing inputs, flow ended the call
	IVRFailed    IVROutcome = "failed"

	IVRTransferred IVROutcome = "transferred" // sent on to a number outside
)

const (
	InputDigits  InputKind = "digits"
	InputNone    InputKind = "no_input"
	InputInvalid InputKind = "invalid"
	InputGaveUp  InputKind = "gave_up"
	InputRefused InputKind = "refused" // the caller said no to the digits read back to him
	InputUnfit   InputKind = "unfit"   // a condition could not be worked out with the caller's values
)

const (
	LookupByNumber LookupMethod = "caller_number"
	LookupByDigits LookupMethod = "digits"

	LookupFound    LookupResult = "found"
	LookupNotFound LookupResult = "not_found"
	LookupFailed   LookupResult = "failed"
	LookupTimeout  LookupResult = "timeout"
)

const (
	PopDesk    PopChannel = "desk"
	PopWebhook PopChannel = "webhook"

	PopDelivered PopResult = "delivered"
	PopFailed    PopResult = "failed"
	PopTimeout   PopResult = "timeout"
)

const (
	RefusedFull   RefusedReason = "full"
	RefusedEmpty  RefusedReason = "empty"
	RefusedClosed RefusedReason = "closed"
	RefusedLong   RefusedReason = "too_long" // the expected wait is longer than the queue lets callers join for
)

// NotRung is the agent's state where he was not ready, or one of these.
const (
	NotRungQueue     NotRung = "other_queue"  // he does not serve the caller's queue
	NotRungPreferred NotRung = "preferred"    // the caller waits for another agent first
	NotRungSkill     NotRung = "skill"        // he lacks a skill
	NotRungTier      NotRung = "tier"         // his tier is not rung yet
	NotRungTaken     NotRung = "other_caller" // he was free, and rings for a caller who goes before: by queue weight, priority or waiting
	NotRungResting   NotRung = "resting"      // ready, but left alone after a miss, or his phone is being looked at or hung up
)

const (
	RelaxedByStep    RelaxedBy = "step"             // a step of the queue's relaxation
	RelaxedByTime    RelaxedBy = "preferred_time"   // the preferred agent was waited for long enough
	RelaxedByMiss    RelaxedBy = "preferred_miss"   // he rang and did not take the call
	RelaxedByAbsence RelaxedBy = "preferred_absent" // he paused, logged out or can't be reached
)

const (
	SegmentTalk   SegmentKind = "talk"
	SegmentHold   SegmentKind = "hold"
	SegmentWrapUp SegmentKind = "wrap_up"
)

const (
	AgentLoggedOut   AgentState = "logged_out"
	AgentReady       AgentState = "ready"
	AgentPaused      AgentState = "paused"
	AgentRinging     AgentState = "ringing"
	AgentTalking     AgentState = "talking" // hold included; the segments tell them apart
	AgentWrapUp      AgentState = "wrap_up"
	AgentOutside     AgentState = "outside"     // on a call Firstline does not control
	AgentCalling     AgentState = "calling"     // on a call of his own to a number outside
	AgentUnreachable AgentState = "unreachable" // logged in, phone not registered
)

const (
	ByDesk       By = "desk"
	ByPhone      By = "phone"
	ByAPI        By = "api"
	BySupervisor By = "supervisor"
	BySystem     By = "system"
)

// Termination is how a call ended: one result and one reason.
type Termination struct {
	Result Result `json:"result"`
	Reason Reason `json:"reason"`
}

const (
	ResultAnswered  Result = "answered"  // an agent talked to the caller
	ResultContained Result = "contained" // served by the flow without an agent
	ResultAbandoned Result = "abandoned" // the caller gave up before either
	ResultRefused   Result = "refused"   // queue full, empty or closed, or the caller is not let in
	ResultFailed    Result = "failed"    // technical failure
)

const (
	ReasonCallerHungUp  Reason = "caller_hung_up"
	ReasonAgentHungUp   Reason = "agent_hung_up"
	ReasonFlowEnded     Reason = "flow_ended"
	ReasonNobodyLeft    Reason = "nobody_left" // the queue had no agents left
	ReasonGaveUp        Reason = "gave_up"     // flow's limit on invalid or missing input
	ReasonMaxWait       Reason = "max_wait"
	ReasonRefused       Reason = "refused"
	ReasonBlocked       Reason = "blocked"     // rejected before it was answered, by an entry of the plan
	ReasonFallback      Reason = "fallback"    // ended in the dialplan's fallback queue
	ReasonDisappeared   Reason = "disappeared" // found missing by reconcile
	ReasonCommandFailed Reason = "command_failed"
	ReasonOperator      Reason = "operator"
	ReasonTransferred   Reason = "transferred" // sent on to a number outside, by the menu or an agent; what becomes of him there is not known
	ReasonNotReached    Reason = "not_reached" // callback: after the last attempt
	ReasonCancelled     Reason = "cancelled"   // callback: by somebody
	ReasonExpired       Reason = "expired"     // callback: it was too old
	ReasonCalledIn      Reason = "called_in"   // callback: the customer called himself

	ReasonOutsideHungUp Reason = "outside_hung_up" // somebody outside to whom the caller was handed on after asking
)
