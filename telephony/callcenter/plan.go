package callcenter

import (
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// Plan is everything the core decides by: validated once, never changed. A contact keeps the plan it began with.
type Plan struct {
	Version   string // hash of the sections below
	Node      string // the Asterisk node, prefix of ids
	Queues    []Queue
	Agents    []Agent
	Seats     []Seat  // phones at which agents sit who have none of their own
	Entries   []Entry // who is let in where, in the order in which they are tried
	Flows     []ivr.Flow
	Schedules []ivr.Schedule
	Incidents []ivr.Incident // what supervisors can switch on for callers to hear
	Features  Features
	Transfers Transfers
	Outbound  Outbound
	Pauses    []string // pause reasons; "ring_no_answer" is always known
	Billable  []string // those of them that are paid work
	Codes     []string // disposition codes; empty = any
	Lookup    LookupPlan
	Age       time.Duration // waiting that a point of priority is worth; 0 = priority goes before all waiting
	TicketURL string        // template, "{id}" is the ticket's id; empty = no link
}

// Queue is a line of waiting callers.
type Queue struct {
	ID            string
	Name          string
	Extension     string        // by which agents reach it from their phones; "" = none
	Priority      int           // base priority of its entries; higher first
	Weight        int           // callers of a heavier queue go before all others
	Strategy      Strategy      // who of the agents is rung first
	Requires      string        // expression over skills that agents must satisfy; "" = none
	MaxTier       int           // highest tier rung at first; 0 = any
	Relax         []RelaxStep   // how that widens, in the order of After
	PreferOwner   time.Duration // how long the owner of the caller's ticket is waited for
	PreferLast    time.Duration // or else the agent he talked to last
	KeepPlace     time.Duration // how long the place of a caller who gave up is kept for his next call; 0 = not
	RingTimeout   time.Duration // how long a phone rings
	WrapUp        time.Duration // 0 = none
	WrapUpExtend  time.Duration // added by wrap_up_extend
	MaxMissed     int           // misses in a row before the agent is paused; 0 = never
	RetryDelay    time.Duration // an agent who missed, or whose phone failed, isn't offered again before this
	MaxWait       time.Duration // 0 = none
	Overflow      string        // queue to move to at MaxWait; "" = play OverflowMedia and hang up
	OverflowMedia []string
	MaxLength     int           // 0 = none
	MaxExpected   time.Duration // expected wait beyond which nobody joins; 0 = any
	JoinEmpty     bool          // join although nobody is there for the queue
	Staff         Staff
	LeaveEmpty    time.Duration // leave when nobody has been there for so long; 0 = never
	ComfortMedia  []string      // one at a time, in turn
	ComfortEvery  time.Duration // 0 = never
	MusicClass    string
	Announce      time.Duration // between position announcements; 0 = none
	AnnounceFirst time.Duration // before the first
	AnnounceWait  bool          // with the position, the expected wait
	WhisperMedia  []string      // said to the agent before the caller is put through
	WaitMedia     []string      // how that is said; nil = with Asterisk's sounds
	ServiceLevel  time.Duration // T of the service level
	ShortAbandon  time.Duration
	FullMedia     []string // played before hang-up when full
	EmptyMedia    []string // played before hang-up when empty
	Recording     Recording
	Callback      Callback
}

// RecordingMode is which talks are recorded.
type RecordingMode string

const (
	RecordOff    RecordingMode = "off"
	RecordAll    RecordingMode = "all"
	RecordShare  RecordingMode = "share"
	RecordDemand RecordingMode = "demand"
)

// Recording is a queue's rule of what is recorded.
type Recording struct {
	Mode        RecordingMode // "" = RecordOff
	Share       int           // percent, of RecordShare
	Keep        time.Duration
	PauseLimit  time.Duration // a pause that was asked for ends by itself
	PauseOnHold bool          // silence while the caller is on hold
	PauseOnKeys time.Duration // silence from a key that the caller presses until so long after the last; 0 = keys pause nothing
	Announce    []string      // said to who is recorded, before he is

	KeepMessages time.Duration `json:",omitempty"` // of messages that callers leave; 0 = as Keep
}

// keeps is for how long a recording is kept.
func (r Recording) keeps(cause fact.RecordingCause) time.Duration {
	if cause == fact.RecordVoicemail && r.KeepMessages > 0 {
		return r.KeepMessages
	}
	return r.Keep
}

const (
	recordingKept  = 90 * 24 * time.Hour
	recordingPause = 10 * time.Minute
)

// Staff says which agents of a queue count as being there to answer.
type Staff string

// Whoever is in a call, rings or wraps up counts under both.
const (
	StaffLoggedIn Staff = "logged_in"
	StaffActive   Staff = "active" // logged in and not paused
)

// Agent is a person with a phone.
type Agent struct {
	ID         string
	Name       string
	Endpoint   string         // "PJSIP/101"; "" = he sits freely, at one of the plan's seats
	Number     string         // by which he logs in at a seat; "" = by page only
	Extension  string         // by which other agents reach him from their phones; "" = none
	Skills     map[string]int // skill → level ≥ 1; look-up only
	Queues     []string       // queues served
	Tiers      map[string]int // queue → tier from 1, 1 = rung first; look-up only
	Weights    map[string]int // queue → chance under the strategy weighted; look-up only
	WrapUp     *time.Duration // overrides the queue's
	AutoAnswer bool           // his phone is asked to answer by itself
}

// Seat is a phone at which agents sit by turns.
type Seat struct {
	ID       string
	Name     string
	Endpoint string
}

// Entry says what becomes of callers who dial a number. The first that a call fits counts.
type Entry struct {
	Number  string    // as dialled; "*" = any
	Callers []string  // patterns of callers' numbers: exact, a beginning with "*" behind it, or "withheld"; none = any caller
	Listed  bool      // the callers are those of a list, be it empty: then nobody is meant
	Flow    string    // that answers
	Reject  bool      // in place of a flow: the call is ended before it is answered
	Share   int       // percent of the callers it fits, drawn by their numbers; 0 = all
	From    time.Time // in force from then on; zero = always was
	Until   time.Time // and before this; zero = for ever
}

// Features are the codes an agent dials on his phone. Empty = off. PauseReason chooses among Pauses: the digits after
// Pause count from 1; none = the first.
type Features struct {
	Login  string // at a seat it asks for the agent's number, which may also follow it behind a "*"
	Logout string
	Ready  string
	Pause  string
	// LoginPIN: at a seat the agent's PIN is asked for too.
	LoginPIN bool
	// Media that ask for number and PIN at a seat, the last after a wrong one: it asks for the number again.
	NumberMedia, PINMedia, WrongMedia []string
	// Media played as confirmation.
	LoginMedia, LogoutMedia, ReadyMedia, PauseMedia, ErrorMedia []string
}

// Transfers says how agents are waited for to whom callers are handed on.
type Transfers struct {
	RingTimeout time.Duration // how long the agent's phone rings
	Wait        time.Duration // how long he is waited for; then the caller goes back to the queue he came from
	WrapUp      time.Duration // after such a call
}

// LookupPlan says when the ticket system is asked.
type LookupPlan struct {
	ByNumber bool          // on arrival, by the caller's number
	Timeout  time.Duration // after it the call goes on without
}
