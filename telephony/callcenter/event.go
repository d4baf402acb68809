package callcenter

import (
	"time"

	"firstline/pipeline/fact"
)

// Input is one thing the core is told.
type Input struct {
	At       time.Time // the driver's monotone clock; never decreases; drives deadlines
	Occurred time.Time // when it happened by Asterisk's clock; zero = At. Clamped to [last of that contact, At]; Output.Clamped tells
	Seed     uint64    // the only source of chance
	Event    Event
}

// Event is what an Input says: a sealed set. Any event is welcome in any state; unknown or stale ones are Ignored.
type Event interface{ event() }

type (
	// CallArrived: a channel that is not ours entered the application.
	CallArrived struct {
		Channel   string // Asterisk's channel id; unique over nodes (systemname prefix)
		Endpoint  string // the calling endpoint when it is one of ours ("PJSIP/101"), else ""
		Number    string
		Name      string
		Dialed    string
		Language  string
		SIPCallID string
		Created   time.Time // of the channel: waiting time counts from here
	}
	// DigitPressed: a DTMF digit ended on a channel.
	DigitPressed struct {
		Channel string
		Digit   string // one of 0-9 * # A-D
	}
	// PlaybackEnded: a playback of ours finished, was stopped or failed.
	PlaybackEnded struct {
		Playback string
		Failed   bool
	}
	// LegRinging: the far end of a leg rings.
	LegRinging struct{ Channel string }
	// LegAnswered: a leg we dialled was answered.
	LegAnswered struct{ Channel string }
	// ChannelEnded: a channel, caller's or ours, is gone.
	ChannelEnded struct {
		Channel   string
		Cause     int // Q.850; 0 = not known
		TechCause int // SIP status; 0 = not known
	}
	// TransferAsked: a phone asked, with its transfer key (SIP REFER), to hand on who it talks to.
	TransferAsked struct {
		Channel string // on which it asked
		To      string // number it named
		Other   string // attended: the channel of its other call; "" = blind
	}
	// ChannelHeld / ChannelUnheld: the phone put the call on hold or took it back.
	ChannelHeld   struct{ Channel string }
	ChannelUnheld struct{ Channel string }
	// CommandFailed: a command was refused for good (after the executor's own retries). A command that took effect
	// says nothing; its effect comes as another event.
	CommandFailed struct {
		ID   string // Command id
		Code int    // HTTP status; 0 = time-out or no connection (may have taken effect)
		Text string
	}
	// LookupDone answers a Lookup command.
	LookupDone struct {
		Lookup       string
		Result       fact.LookupResult
		Customer     string
		CustomerName string
		Owner        string // agent whom the ticket belongs to; "" = nobody
		Priority     int    // added to the entry's priority; 0 = none
		Ticket       *fact.TicketRef
	}
	// PopDone answers a Pop command for one channel; PopSeen is the agent's page saying it shows or opened it.
	PopDone struct {
		Pop     string
		Channel fact.PopChannel
		Result  fact.PopResult
		Attempt int
		Error   string
	}
	PopSeen struct {
		Pop    string
		Opened bool
	}
	// Control is a request by a person or program about an agent, a caller, an incident or a message. Its answer is in Output.Reply.
	Control struct {
		Request  string // idempotency key; the same key again gives the same reply and no effect
		Actor    string // who asks (user id)
		By       fact.By
		Agent    string
		Action   Action
		Reason   string           // pause reason
		Expect   fact.AgentState  // "" = any; otherwise refused with RefusedConflict when the state is another
		Code     string           // disposition code
		Note     string           // of a disposition, or of a mark of a message
		Contact  string           // disposition: which contact; of an action on a caller: refused with conflict when he talks to another
		Incident string           // incident_on, incident_off: which
		To       Target           // transfer, consult, move: to whom
		Priority int              // priority
		Mode     fact.MonitorMode // monitor
		Of       string           // monitor: the agent to whose talk; "" = who came last
		Seat     string           // login: id of the seat where he sits, of an agent without a phone of his own

		Recording string // voicemail_done, voicemail_open: the message, left in Contact
	}
	// EndpointState: what the poll of Asterisk's endpoints says about an agent's phone.
	EndpointState struct {
		Endpoint   string
		Registered bool
		Channels   []string // channel ids on it, ours included
	}
	// PhoneChecked answers a CheckPhone command; Phone is what the poll would say.
	PhoneChecked struct {
		Check string // Command id
		Phone EndpointState
	}
	// PINChecked answers a CheckPIN command. Not Known: it could not be checked.
	PINChecked struct {
		Check string // Command id
		Right bool
		Known bool
	}
	// RecordingBegan: Asterisk writes a recording; Input.Occurred is since when. RecordingBroke: it does no more, or never did.
	RecordingBegan struct{ Name string }
	// RecordingStopped: Asterisk has written it to its end, whatever ended it.
	RecordingStopped struct{ Name string }
	RecordingBroke   struct {
		Name string
		Why  string
	}
	// RecordingStored / RecordingLost answer a StoreRecording command.
	RecordingStored struct {
		Recording string
		Duration  time.Duration
		Bytes     int64
		SHA256    string
	}
	RecordingLost struct {
		Recording string
		Error     string
	}
	// FallbackEvent: a line of the dialplan's fallback queue in queue_log.
	FallbackEvent struct {
		Channel string // the caller channel's uniqueid
		Event   string // ENTERQUEUE CONNECT ABANDON EXITWITHTIMEOUT EXITEMPTY EXITWITHKEY COMPLETECALLER COMPLETEAGENT
		Queue   string // Firstline's queue id (fallback queue name without prefix)
		Agent   string // the member's interface, "" when none
		Number  string
		WaitMS  int64
		TalkMS  int64
		RingMS  int64
		Offset  int64 // byte offset after the line: kept in the state, so reading resumes there
	}
	// PlanChanged: a new plan is in force; running contacts keep theirs.
	PlanChanged struct{ Plan *Plan }
	// LinkLost: Asterisk can't be reached or its events may be missing.
	LinkLost struct{ Why string }
	// Reconciled: the actual resources of Asterisk, listed after the barrier. Also sent now and then as a safety net; commands
	// may be under way then. Input.Occurred is when the listing began; events since then come behind it.
	Reconciled struct {
		Channels []ActualChannel
		Bridges  []ActualBridge
	}
	// Wake: the deadline asked for by Center.Deadline has come. Late or extra Wakes are harmless.
	Wake struct{}
)

// ActualChannel is a channel that exists in Asterisk.
type ActualChannel struct {
	ID       string
	State    string // ARI: Down, Ring, Ringing, Up, …
	InApp    bool   // in the Stasis application
	Number   string
	Name     string
	Dialed   string
	Endpoint string
	Language string
	Created  time.Time
}

// ActualBridge is a bridge that exists in Asterisk.
type ActualBridge struct {
	ID      string
	Members []string
}

// Action is what a Control asks for.
type Action string

// Actions on agents. Login of an agent without a phone of his own needs Control.Seat.
const (
	ActionLogin       Action = "login"
	ActionLogout      Action = "logout"
	ActionReady       Action = "ready" // from paused or wrap-up
	ActionPause       Action = "pause" // needs Reason; during a call it becomes the next state
	ActionWrapUpDone  Action = "wrap_up_done"
	ActionWrapUpMore  Action = "wrap_up_extend"
	ActionDisposition Action = "disposition"
)

// Actions of an agent who talks, on his caller. The caller is handed on to Control.To.
const (
	ActionTransfer   Action = "transfer"   // at once
	ActionConsult    Action = "consult"    // to ask first: the agent waits and talks to who answers, the caller is on hold
	ActionComplete   Action = "complete"   // of a consultation: the agent leaves, the caller has his place
	ActionConference Action = "conference" // of a consultation: all talk with each other
	ActionReturn     Action = "return"     // of a consultation: the agent has the caller again
	ActionHold       Action = "hold"       // the caller hears music
	ActionUnhold     Action = "unhold"
	ActionMute       Action = "mute" // nobody hears the agent
	ActionUnmute     Action = "unmute"

	ActionRecord       Action = "record"        // the talk, where the queue has it on demand
	ActionRecordPause  Action = "record_pause"  // silence is recorded
	ActionRecordResume Action = "record_resume" // and what is said again
)

// Actions of a supervisor on a talk, Control.Contact, with the phone of Control.Agent.
const (
	ActionMonitor   Action = "monitor"   // listen to it, or go on in another Control.Mode
	ActionUnmonitor Action = "unmonitor" // no more
	ActionTakeOver  Action = "take_over" // have the caller in the agent's place
)

// Actions on a caller who waits, Control.Contact.
const (
	ActionPriority Action = "priority" // Control.Priority, in place of what he has
	ActionMove     Action = "move"     // to Control.To
)

// ActionCallbackCancel: the customer of the callback Control.Contact is not called.
const ActionCallbackCancel Action = "callback_cancel"

// Actions on incidents.
const (
	ActionIncidentOn  Action = "incident_on"
	ActionIncidentOff Action = "incident_off"
)

// Actions on a message that a caller left, Control.Recording. Whether there is such a message is for who asks to know.
const (
	ActionVoicemailDone Action = "voicemail_done" // somebody has dealt with it
	ActionVoicemailOpen Action = "voicemail_open" // that is taken back
)

// Reply answers a Control.
type Reply struct {
	Request string
	Refused Refusal         // "" = done
	State   fact.AgentState // of the agent, if it was about one
}

// Refusal is why a Control was refused: a closed list.
type Refusal string

const (
	RefusedUnknownAgent    Refusal = "unknown_agent"
	RefusedUnknownContact  Refusal = "unknown_contact"
	RefusedUnknownIncident Refusal = "unknown_incident"
	RefusedUnknownReason   Refusal = "unknown_reason" // pause reason or disposition code not in the plan
	RefusedUnknownAction   Refusal = "unknown_action"
	RefusedUnknownTarget   Refusal = "unknown_target"
	RefusedUnavailable     Refusal = "unavailable" // nobody can wait for the target: it is full, closed, or nobody is there
	RefusedConflict        Refusal = "conflict"    // not the expected state
	RefusedNotLoggedIn     Refusal = "not_logged_in"
	RefusedNoTalk          Refusal = "no_talk"      // nobody talks, so nobody can be listened to
	RefusedPhoneBusy       Refusal = "phone_busy"   // of the supervisor: it rings, or is in a call
	RefusedNotRecorded     Refusal = "not_recorded" // record: the queue has it not on demand
	RefusedNotWaiting      Refusal = "not_waiting"  // the caller waits in no line
	RefusedNoSeat          Refusal = "no_seat"      // the agent has no phone of his own, and sits nowhere: he must say where
	RefusedUnknownSeat     Refusal = "unknown_seat"
	RefusedSeatTaken       Refusal = "seat_taken"  // by an agent who is busy there
	RefusedFixedPhone      Refusal = "fixed_phone" // he has a phone of his own, and can't choose a seat
	RefusedNotNow          Refusal = "not_now"     // the action has no meaning in this state
)

// Ignored is why an event had no effect: a closed list that feeds counters.
type Ignored string

const (
	IgnoredUnknownChannel  Ignored = "unknown_channel"
	IgnoredUnknownPlayback Ignored = "unknown_playback"
	IgnoredUnknownCommand  Ignored = "unknown_command"
	IgnoredUnknownLookup   Ignored = "unknown_lookup"
	IgnoredUnknownPop      Ignored = "unknown_pop"
	IgnoredUnknownEndpoint Ignored = "unknown_endpoint"
	IgnoredStale           Ignored = "stale"     // about something that is over
	IgnoredDuplicate       Ignored = "duplicate" // seen before
	IgnoredNoEffect        Ignored = "no_effect"
	IgnoredBadLine         Ignored = "bad_line"
	IgnoredWrongLogIn      Ignored = "wrong_log_in" // at a seat: no such number, or not his PIN
	IgnoredUnknownCheck    Ignored = "unknown_check"
	IgnoredNoLook          Ignored = "no_look" // a phone could not be looked at: the doubt about it is given up
)

func (CallArrived) event()      {}
func (DigitPressed) event()     {}
func (PlaybackEnded) event()    {}
func (LegRinging) event()       {}
func (LegAnswered) event()      {}
func (ChannelEnded) event()     {}
func (TransferAsked) event()    {}
func (ChannelHeld) event()      {}
func (ChannelUnheld) event()    {}
func (CommandFailed) event()    {}
func (LookupDone) event()       {}
func (PopDone) event()          {}
func (PopSeen) event()          {}
func (Control) event()          {}
func (EndpointState) event()    {}
func (PhoneChecked) event()     {}
func (PINChecked) event()       {}
func (FallbackEvent) event()    {}
func (PlanChanged) event()      {}
func (LinkLost) event()         {}
func (Reconciled) event()       {}
func (RecordingBegan) event()   {}
func (RecordingStopped) event() {}
func (RecordingBroke) event()   {}
func (RecordingStored) event()  {}
func (RecordingLost) event()    {}
func (Wake) event()             {}
