package callcenter

import (
	"encoding/json"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// The private state: what Changes carry. Durations and times are as in facts; tags are short because each Step writes
// every object it touched. The field names of the tags are a storage format: add, never rename.

// meta is the state that belongs to no contact and no agent.
type meta struct {
	At       time.Time `json:"at"`                // of the last Step that changed anything
	Plan     string    `json:"plan"`              // version in force
	Link     bool      `json:"link"`              // Asterisk is connected and reconciled
	Fallback int64     `json:"fallback"`          // byte offset in the queue_log
	Sweeps   uint64    `json:"sweeps,omitempty"`  // commands for resources whose contact is gone
	Replies  []Reply   `json:"replies,omitempty"` // latest to requests that are about no agent there is

	Incidents []incident `json:"incidents,omitempty"` // that were ever switched on
	Marks     marks      `json:"marks,omitzero"`      // of messages
	Mistakes  []mistakes `json:"mistakes,omitempty"`  // at logging in, of late
}

// stage is where a contact's caller is.
type stage string

const (
	stageFlow     stage = "flow"     // in a menu
	stageWaiting  stage = "waiting"  // in a queue, perhaps with an offer ringing
	stageTalking  stage = "talking"  // with an agent
	stageClosing  stage = "closing"  // hears a last announcement
	stageSignIn   stage = "sign_in"  // at a seat, somebody logs in
	stageFallback stage = "fallback" // in the dialplan's fallback queue
	stageOver     stage = "over"     // the call is over; wrap-up may go on, the channel may linger
	stagePromised stage = "promised" // to be called back, and not in a queue now
	stageEnded    stage = "ended"    // closed; kept for late facts
)

// contact is one contact, from its arrival until an hour after its end.
type contact struct {
	ID        string     `json:"id"` // the arrival's channel id
	Plan      string     `json:"plan"`
	Kind      fact.Kind  `json:"kind"`
	Stage     stage      `json:"stage"`
	Number    string     `json:"number,omitempty"`
	Name      string     `json:"name,omitempty"`
	Dialed    string     `json:"dialed,omitempty"`
	Phone     string     `json:"phone,omitempty"` // the agent whose own phone called
	From      string     `json:"from,omitempty"`  // which phone that was; also of a seat where nobody sat
	Language  string     `json:"lang,omitempty"`
	Arrived   time.Time  `json:"arrived"` // its channel was created
	Seq       uint64     `json:"seq"`     // of its last fact
	Last      time.Time  `json:"last"`    // time of its last fact
	Count     counts     `json:"n"`
	Sent      []sent     `json:"sent,omitempty"` // latest commands, to know what a failure means
	Live      bool       `json:"live,omitempty"` // its channel exists, as far as is known
	Limited   bool       `json:"limited,omitempty"`
	GoneAt    time.Time  `json:"gone,omitzero"`     // left the application; the fallback may have it
	GoneBy    time.Time  `json:"gone_by,omitzero"`  // when to stop waiting for the fallback's word
	HangBy    time.Time  `json:"hang_by,omitzero"`  // when to hang up once more
	Hangs     int        `json:"hangs,omitempty"`   // hang-ups sent
	Out       string     `json:"out,omitempty"`     // number outside, or endpoint, that he is sent on to in place of a hang-up
	Away      bool       `json:"away,omitempty"`    // he was, and has left
	Unheard   string     `json:"unheard,omitempty"` // playback that may still go on
	MendAt    time.Time  `json:"mend,omitzero"`     // when to order again what failed: music, silence, the bridge
	Keys      []keyPress `json:"keys,omitempty"`    // the last digits, to know a repeated event
	Call      call       `json:"call"`
	Flow      *flow      `json:"flow,omitempty"`
	Left      *ivr.Visit `json:"left,omitempty"`    // where he left the flow into a queue: he may come back
	Choices   []string   `json:"choices,omitempty"` // labels of what was chosen
	Entry     *entry     `json:"entry,omitempty"`
	Talk      *talk      `json:"talk,omitempty"`
	Back      *callback  `json:"back,omitempty"`  // of kind callback
	Channel   string     `json:"ch,omitempty"`    // by which he is, or is being, called back
	Wished    wish       `json:"wished,omitzero"` // what was asked for on his behalf, as of the last queue
	Recording *recording `json:"rec,omitempty"`   // of the talk
	Segments  []segment  `json:"segs,omitempty"`  // open ones, in the order they began; an agent has one at most
	Segment   *segment   `json:"seg,omitempty"`   // the same as versions that knew one only wrote it; read, not written
	Closing   *closing   `json:"closing,omitempty"`
	SignIn    *signIn    `json:"sign_in,omitempty"`
	Lookups   []lookup   `json:"lookups,omitempty"` // not answered yet
	Pops      []pop      `json:"pops,omitempty"`    // latest
	Who       identity   `json:"who,omitzero"`
	Sums      sums       `json:"sums"`
	Agents    []string   `json:"agents,omitempty"`  // who talked, in order, each once
	Files     []file     `json:"files,omitempty"`   // recordings that are to be fetched and kept
	Kept      *keptPlace `json:"kept,omitempty"`    // the place he gave up, while it is kept for his next call
	Recalls   bool       `json:"recalls,omitempty"` // ended, and a queue goes by who talked to its number
	EndedAt   time.Time  `json:"ended,omitzero"`
	Drop      time.Time  `json:"drop,omitzero"` // when it is forgotten

	Informed []string `json:"informed,omitempty"` // the words by which he was told that he is recorded

	written json.RawMessage // as last written, once it has ended; nil = encode it

	when    timer
	dirty   bool
	dropped bool
}

// call is the contact's call; more come with transfers.
type call struct {
	ID          string           `json:"id"`
	At          time.Time        `json:"at,omitzero"` // of a callback: the customer's phone was called; else it began with the contact
	Answered    time.Time        `json:"answered,omitzero"`
	Over        bool             `json:"over,omitempty"`
	Termination fact.Termination `json:"end,omitzero"`
}

// keyPress is a digit and when it was pressed.
type keyPress struct {
	Digit string    `json:"d,omitempty"`
	At    time.Time `json:"t,omitzero"`
}

// flow is a caller's time in a menu.
type flow struct {
	Visit    ivr.Visit `json:"visit"`
	Entered  time.Time `json:"entered"`
	Path     []string  `json:"path"`
	Choices  []string  `json:"choices,omitempty"` // of this time
	Playback string    `json:"pb,omitempty"`
	Due      time.Time `json:"due,omitzero"`
}

// entry is a place in a queue.
type entry struct {
	ID         string        `json:"id"`
	Queue      string        `json:"q"`
	Asked      int           `json:"asked,omitempty"` // priority the flow gave; kept on overflow
	Priority   int           `json:"prio,omitempty"`
	Weight     int           `json:"weight,omitempty"`
	Age        time.Duration `json:"age,omitempty"`      // waiting that a point of priority is worth; 0 = priority goes first
	Want       []ivr.Skill   `json:"want,omitempty"`     // skills the flow asked for; kept on overflow
	WantThat   string        `json:"want_req,omitempty"` // the same, as an expression
	Skills     []ivr.Skill   `json:"skills,omitempty"`   // that the agent must have now
	Requires   []string      `json:"req,omitempty"`      // expressions that must all hold of him now
	MaxTier    int           `json:"tier,omitempty"`     // highest that is rung; 0 = any
	Steps      int           `json:"steps,omitempty"`    // of the queue's relaxation, taken
	RelaxAt    time.Time     `json:"relax,omitzero"`
	Prefer     string        `json:"prefer,omitempty"` // the agent who is waited for
	PreferBy   time.Time     `json:"prefer_by,omitzero"`
	QueuedAt   time.Time     `json:"at"`
	Since      time.Time     `json:"since"` // when the contact first queued, or that whose place it has: its place in line
	Resumes    string        `json:"resumes,omitempty"`
	Home       string        `json:"home,omitempty"` // queue that he moves to at the queue's max wait, in place of the plan's
	Carried    int64         `json:"carried,omitempty"`
	First      int           `json:"first"`
	LastPos    int           `json:"last,omitempty"` // position when it left the line
	Offers     int           `json:"offers,omitempty"`
	Unlined    bool          `json:"unlined,omitempty"` // the caller has left the line: not to be offered
	AnnounceAt time.Time     `json:"announce,omitzero"`
	MaxAt      time.Time     `json:"max,omitzero"`
	Playback   string        `json:"pb,omitempty"`       // an announcement plays
	Told       int           `json:"told,omitempty"`     // position announced last
	EstFrom    int64         `json:"est_from,omitempty"` // first estimate told, of the whole wait in the queue, milliseconds
	EstUntil   int64         `json:"est_until,omitempty"`
	ComfortAt  time.Time     `json:"comfort_at,omitzero"`
	Comforts   int           `json:"comforts,omitempty"` // said so far
	LeaveAt    time.Time     `json:"leave,omitzero"`     // when he leaves unless somebody comes
	PlayBy     time.Time     `json:"pb_by,omitzero"`
	NoticeAt   time.Time     `json:"notice,omitzero"` // what plays tells that he will be recorded, since then
	NoticePart int           `json:"notice_part,omitempty"`
	Open       []*offer      `json:"open,omitempty"`  // phones that ring for it, in the order in which that began
	Offer      *offer        `json:"offer,omitempty"` // the same as versions that rang one phone only wrote it; read, not written
}

// keptPlace is the place of a caller who gave up, for when he calls again.
type keptPlace struct {
	Queue string    `json:"q"`
	Since time.Time `json:"since"` // as of the entry
	At    time.Time `json:"at"`    // when he gave up
}

// offer is an agent's phone being rung. Once he took it, it is the entry's only one.
type offer struct {
	ID      string    `json:"id"`
	Agent   string    `json:"agent"`
	Leg     string    `json:"leg"`
	Rings   bool      `json:"rings,omitempty"` // the phone says so
	Attempt int       `json:"attempt"`
	At      time.Time `json:"at"`
	By      time.Time `json:"by"`                // ring time-out
	Whisper string    `json:"whisper,omitempty"` // the agent took his phone and hears this before the caller
	Waits   bool      `json:"waits,omitempty"`   // it is a ringing tone, until the caller may be put through
	Pop     string    `json:"pop"`
}

// talk is the caller's conversation with an agent, or with several.
type talk struct {
	Bridge  string    `json:"bridge"`
	Parties []party   `json:"with,omitempty"` // in the order in which they came; none = all have left the caller to the guests
	Guests  []guest   `json:"guests,omitempty"`
	At      time.Time `json:"at"`
	Callers bool      `json:"hold_c,omitempty"` // the caller's phone holds
	Held    bool      `json:"held,omitempty"`   // an agent had the caller put on hold: he hears music
	Consult *consult  `json:"consult,omitempty"`
	Asked   *asked    `json:"asked,omitempty"` // by a phone while the link was down
	Answer  keyPress  `json:"answer,omitzero"` // the last request of a phone that was answered, by its channel: a repeat is no new one

	Monitors []monitor `json:"mon,omitempty"`     // supervisors who listen, or whose phones ring for it
	Moved    time.Time `json:"moved,omitzero"`    // when who is joined with whom changed last
	Quiet    string    `json:"quiet,omitempty"`   // an agent's leg, or the caller, on which music could not be stopped
	Decline  string    `json:"decline,omitempty"` // channel of a phone that could not be told no
	Remute   bool      `json:"remute,omitempty"`  // some could not be muted, or unmuted
	Apart    bool      `json:"apart,omitempty"`   // they could not be joined so far
	Tries    int       `json:"tries,omitempty"`   // of joining them again

	PauseBy    time.Time `json:"pause_by,omitzero"`    // somebody asked for no word to be recorded, until then at most
	KeysBy     time.Time `json:"keys_by,omitzero"`     // the caller presses keys, which shall not be recorded: until then he has not pressed the last
	Demanded   string    `json:"demanded,omitempty"`   // queue as of which somebody asked for it to be recorded
	Unrecorded string    `json:"unrecorded,omitempty"` // queue as of which that failed: it is not tried again
	Notice     *notice   `json:"notice,omitempty"`     // that tells of it
	Untold     int       `json:"untold,omitempty"`     // how often that could not be played

	// The one agent, as versions before transfers wrote him; read, not written.
	Agent  string `json:"agent,omitempty"`
	Leg    string `json:"leg,omitempty"`
	Entry  string `json:"entry,omitempty"`
	Queue  string `json:"q,omitempty"`
	Agents bool   `json:"hold_a,omitempty"`
}

// asked is a phone's request to hand the caller on.
type asked struct {
	Channel string `json:"channel"`
	To      string `json:"to,omitempty"`
	Other   string `json:"other,omitempty"`
}

// party is an agent in a conversation.
type party struct {
	Agent string `json:"agent"`
	Leg   string `json:"leg,omitempty"` // "" = of the fallback, which has its own
	Entry string `json:"entry,omitempty"`
	Queue string `json:"q"`
	Wish  wish   `json:"wish,omitzero"`
	Home  string `json:"home,omitempty"` // queue that the caller goes to when he is handed on to an agent who does not take him; "" = Queue
	Holds bool   `json:"hold,omitempty"` // his phone holds
	Muted bool   `json:"muted,omitempty"`

	MutedAt time.Time `json:"muted_at,omitzero"` // last; zero = never
}

// monitor is a supervisor's part in a talk.
type monitor struct {
	ID         string           `json:"id"`
	Supervisor string           `json:"sup"`
	Agent      string           `json:"agent"` // to whom she listens
	Queue      string           `json:"q"`
	Mode       fact.MonitorMode `json:"mode"`
	Leg        string           `json:"leg"`              // of her phone
	Snoop      string           `json:"snoop,omitempty"`  // channel on the agent's leg; "" = she is in the talk's bridge
	Bridge     string           `json:"bridge,omitempty"` // that joins leg and snoop
	On         bool             `json:"on,omitempty"`     // she answered
	Rings      bool             `json:"rings,omitempty"`  // the phone said so
	By         time.Time        `json:"by,omitzero"`      // ring time-out
	At         time.Time        `json:"at,omitzero"`      // rung; began
}

// recording is what is being recorded of a talk.
type recording struct {
	ID      string              `json:"id"`
	Queue   string              `json:"q"`     // whose rule it is
	Agent   string              `json:"agent"` // who talked when it began
	Cause   fact.RecordingCause `json:"cause"`
	Silence time.Duration       `json:"silence,omitempty"` // of a message: ends it
	In      string              `json:"in"`                // snoop channel of what the caller says, and name of what it records
	Out     string              `json:"out"`               // and of what he hears
	At      time.Time           `json:"at"`
	InAt    time.Time           `json:"in_at,omitzero"` // since when Asterisk writes
	OutAt   time.Time           `json:"out_at,omitzero"`
	StopBy  time.Time           `json:"stop_by,omitzero"` // Asterisk writes one side no more: when the talk goes on then, it has failed
	Muted   bool                `json:"muted,omitempty"`  // silence is recorded
	MutedAt time.Time           `json:"muted_at,omitzero"`
	Pauses  []span              `json:"pauses,omitempty"` // that are over
}

// span is a time from one moment to another.
type span struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until,omitzero"` // zero = for ever
}

// file is a recording that has ended and is to be fetched and kept.
type file struct {
	ID     string        `json:"id"`
	Queue  string        `json:"q"`
	In     string        `json:"in"`
	Out    string        `json:"out"`
	Offset time.Duration `json:"offset,omitempty"`
	Until  time.Time     `json:"until"`

	Silences []Silence `json:"silences,omitempty"`
}

// wish is what a menu asked for on the caller's behalf; it goes with him.
type wish struct {
	Asked    int         `json:"asked,omitempty"`
	Want     []ivr.Skill `json:"want,omitempty"`
	WantThat string      `json:"want_req,omitempty"`
}

// consult is an agent asking somebody else before he hands the caller on: he waits in the caller's place, then talks to who
// answers, while the caller is on hold.
type consult struct {
	Transfer transfer `json:"transfer"`
	Ear      string   `json:"ear"`              // the channel on which he waits and asks: his leg, or a second call of his phone
	Bridge   string   `json:"bridge,omitempty"` // that joins him and who answered
	With     *party   `json:"with,omitempty"`   // who answered
	Guest    *guest   `json:"guest,omitempty"`  // who is asked at a number outside
	Tone     string   `json:"tone,omitempty"`   // playback of its ringing to the agent
	Apart    bool     `json:"apart,omitempty"`  // the two could not be joined so far
	Tries    int      `json:"tries,omitempty"`  // of joining them again
}

// transfer is an agent handing the caller on, in the words of its facts.
type transfer struct {
	ID     string            `json:"id"`
	Agent  string            `json:"agent"`
	Queue  string            `json:"q"` // of his talk
	By     fact.By           `json:"by"`
	Mode   fact.TransferMode `json:"mode"`
	Target Target            `json:"to"`
	At     time.Time         `json:"at"`
}

// segment is a stretch of an agent's time on the contact.
type segment struct {
	ID    string           `json:"id"`
	Kind  fact.SegmentKind `json:"kind"`
	Agent string           `json:"agent"`
	Entry string           `json:"entry,omitempty"`
	Queue string           `json:"q,omitempty"`
	At    time.Time        `json:"at"`
}

// closing is a last announcement and what the call's end will be.
type closing struct {
	Termination fact.Termination `json:"end"`
	Media       []string         `json:"media"`
	Playback    string           `json:"pb"`
	Due         time.Time        `json:"due"`
}

// lookup is a question to the ticket system that isn't answered yet.
type lookup struct {
	ID     string            `json:"id"`
	Method fact.LookupMethod `json:"by"`
	Value  string            `json:"value,omitempty"` // of a secret collection: in memory only
	Digits int               `json:"digits,omitempty"`
	Secret bool              `json:"secret,omitempty"`
	Asked  time.Time         `json:"asked"`
	By     time.Time         `json:"until"`
}

// pop is a screen pop that was sent.
type pop struct {
	ID      string    `json:"id"`
	Offer   string    `json:"offer"`
	Queue   string    `json:"q"`
	Agent   string    `json:"agent"`
	At      time.Time `json:"at"`
	Wait    int64     `json:"wait,omitempty"`    // milliseconds the caller had waited
	Desk    int       `json:"desk,omitempty"`    // last attempt reported
	Webhook int       `json:"webhook,omitempty"` // last attempt reported
	Shown   bool      `json:"shown,omitempty"`
	Opened  bool      `json:"opened,omitempty"`
}

// identity is what the ticket system knew.
type identity struct {
	Customer string          `json:"customer,omitempty"`
	Name     string          `json:"name,omitempty"`
	Ticket   *fact.TicketRef `json:"ticket,omitempty"`
	Priority int             `json:"prio,omitempty"`
	Owner    string          `json:"owner,omitempty"` // agent whom the ticket belongs to

	ByNumber fact.LookupResult `json:"by_number,omitempty"` // latest answer to his number
}

// sums are the figures of the closing row, milliseconds.
type sums struct {
	IVR        int64     `json:"ivr,omitempty"`
	Wait       int64     `json:"wait,omitempty"`
	Ring       int64     `json:"ring,omitempty"`
	Talk       int64     `json:"talk,omitempty"`
	Hold       int64     `json:"hold,omitempty"`
	WrapUp     int64     `json:"wrap,omitempty"`
	ToAgent    *int64    `json:"to_agent,omitempty"`
	FirstQueue string    `json:"first_q,omitempty"`
	LastQueue  string    `json:"last_q,omitempty"`
	FirstAt    time.Time `json:"first_at,omitzero"` // first queued, or whose place it has did
	Flow       string    `json:"flow,omitempty"`
	Fallback   bool      `json:"fallback,omitempty"`
	Transfers  int       `json:"transfers,omitempty"` // by which he was handed on
}

// sent is a command whose failure would matter.
type sent struct {
	N    uint64  `json:"n"`
	What purpose `json:"w"`
	Of   string  `json:"of,omitempty"`

	Channel string `json:"ch,omitempty"` // of the customer who was called back then
}

// agent is a person with a phone. Agents taken out of the plan stay, logged out: their facts go on counting if they
// come back.
type agent struct {
	ID         string          `json:"id"`
	Removed    bool            `json:"removed,omitempty"` // not in the plan in force
	Seq        uint64          `json:"seq"`
	Last       time.Time       `json:"last,omitzero"`
	State      fact.AgentState `json:"state,omitempty"` // the open one
	Reason     string          `json:"reason,omitempty"`
	Billable   bool            `json:"billable,omitempty"` // a pause that was paid work when it began
	Contact    string          `json:"contact,omitempty"`
	Queue      string          `json:"q,omitempty"`
	Since      time.Time       `json:"since,omitzero"`
	LoggedIn   bool            `json:"in,omitempty"`
	Seat       string          `json:"seat,omitempty"`    // phone at which he sits who has none of his own; of who is not logged in: while he is busy there
	SeatID     string          `json:"seat_id,omitempty"` // the plan's name for it; "" = it was his own until the plan changed
	Paused     bool            `json:"paused,omitempty"`
	PauseFor   string          `json:"pause_for,omitempty"`
	Offer      string          `json:"offer,omitempty"` // contact that rings him
	Talk       string          `json:"talk,omitempty"`  // contact he talks to
	Monitor    string          `json:"mon,omitempty"`   // contact he listens to as a supervisor
	Wrap       string          `json:"wrap,omitempty"`  // contact he wraps up
	WrapUntil  time.Time       `json:"wrap_until,omitzero"`
	Serving    string          `json:"serving,omitempty"` // queue of that contact
	Next       fact.AgentState `json:"next,omitempty"`    // chosen for after the call
	NextReason string          `json:"next_reason,omitempty"`
	NextBy     fact.By         `json:"next_by,omitempty"`
	NextActor  string          `json:"next_actor,omitempty"`
	ReadySince time.Time       `json:"ready_since,omitzero"` // longest idle first
	LastTalk   time.Time       `json:"last_talk,omitzero"`   // its end
	Calls      int             `json:"calls,omitempty"`      // answered since log-in
	TalkMS     int64           `json:"talk_ms,omitempty"`    // talk and hold since log-in
	Missed     int             `json:"missed,omitempty"`     // in a row
	RetryAt    time.Time       `json:"retry,omitzero"`       // not offered before
	Unplugged  bool            `json:"unplugged,omitempty"`  // phone not registered
	Outside    []string        `json:"outside,omitempty"`    // channels of his phone that aren't ours
	Fallback   []string        `json:"fallback,omitempty"`   // fallback contacts he talks to
	OwnCalls   []string        `json:"own_calls,omitempty"`  // contacts his phone began and that are not over: feature codes
	Calling    string          `json:"calling,omitempty"`    // his own call to a number outside, which the dialplan has: among Outside until the poll sees it no more
	OwnCall    string          `json:"own_call,omitempty"`   // the same as versions that knew one only wrote it; read, not written
	Clearing   []string        `json:"clearings,omitempty"`  // calls of his phone that are being hung up
	ClearBy    time.Time       `json:"clear_by,omitzero"`
	Doubt      bool            `json:"doubt,omitempty"`   // his phone did not take an offer: to be looked at before the next
	Look       string          `json:"look,omitempty"`    // the look under way
	LookBy     time.Time       `json:"look_by,omitzero"`  // when it is given up
	Looks      uint64          `json:"looks,omitempty"`   // so far
	Replies    []Reply         `json:"replies,omitempty"` // latest, to answer repeats

	conf  *Agent // in the plan in force; nil when removed
	line  string // the queue he has for himself
	place int    // in the plan in force, from 1; 0 when removed
	when  timer
	idle  bool // in Center.free
	dirty bool
}

const (
	keptSent    = 20
	keptPops    = 8
	keptReplies = 16
)
