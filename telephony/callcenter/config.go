package callcenter

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"firstline/pipeline/number"
	"firstline/pipeline/problem"
	"firstline/telephony/ivr"
)

// Config is the part of firstline.yaml the plan is made of. Decode the whole file into it; other sections are others'.
type Config struct {
	Node         string             `yaml:"node"`          // name of the Asterisk node: systemname of asterisk.conf, prefix of every call's id
	PriorityAge  time.Duration      `yaml:"priority_age"`  // waiting that one point of priority is worth; 0s = priority goes before all waiting
	PauseReasons []PauseReason      `yaml:"pause_reasons"` // what an agent may give as the reason of a pause, in the order of the feature code
	Dispositions []string           `yaml:"dispositions"`  // codes an agent may give a contact after it
	Queues       []QueueConfig      `yaml:"queues"`        // where callers wait
	Agents       []AgentConfig      `yaml:"agents"`        // who answers
	Seats        []SeatConfig       `yaml:"seats"`         // phones at which agents sit who have none of their own: docs/agents.md
	Features     FeaturesConfig     `yaml:"features"`      // codes that agents dial on their own phones
	Transfers    TransfersConfig    `yaml:"transfers"`     // handing callers on to an agent: docs/transfers.md
	Outbound     OutboundConfig     `yaml:"outbound"`      // which numbers outside may be called, and how: docs/callbacks.md
	Callers      number.Config      `yaml:"callers"`       // how telephone numbers are written: docs/callers.md
	Incidents    []ivr.Incident     `yaml:"incidents"`     // what supervisors can switch on for callers to hear, in nodes of type incident
	Schedules    []ivr.Schedule     `yaml:"schedules"`     // opening hours, for the nodes of type schedule
	Entries      []EntryConfig      `yaml:"entries"`       // which flow answers whom: the first entry that a call fits counts
	IVR          []ivr.Flow         `yaml:"ivr"`           // the menus
	Prompts      PromptsConfig      `yaml:"prompts"`       // what the site says itself
	Integrations IntegrationsConfig `yaml:"integrations"`  // the ticket system and the screen pop
}

// PauseReason is one reason of pauses. Written as a text alone it is the name.
type PauseReason struct {
	Name     string `yaml:"name"`     // what agents choose, and what facts and figures call it
	Billable bool   `yaml:"billable"` // such a pause is paid work (training, back office), counted apart in the agents' figures
}

// UnmarshalText reads the short form.
func (r *PauseReason) UnmarshalText(name []byte) error {
	r.Name = string(name)
	return nil
}

// QueueConfig is one queue. What is not written takes the default; media written as an empty list are silence.
type QueueConfig struct {
	ID            string         `yaml:"id"`             // letters, digits and . - _; what all else names the queue by
	Name          string         `yaml:"name"`           // shown to people; empty = the id
	Extension     string         `yaml:"extension"`      // what agents dial to hand a caller on to the queue, and callers at a dial node; empty = nothing
	Priority      int            `yaml:"priority"`       // of its callers; higher is served first
	Weight        int            `yaml:"weight"`         // callers of a heavier queue are served before all others
	Strategy      Strategy       `yaml:"strategy"`       // who is rung first: docs/routing.md#strategies
	Requires      string         `yaml:"requires"`       // expression over skills that agents must satisfy: docs/routing.md#skills
	MaxTier       int            `yaml:"max_tier"`       // highest tier of agents rung at first; 0 = any
	Relax         []RelaxConfig  `yaml:"relax"`          // how requires and max_tier are eased while a caller waits
	PreferOwner   time.Duration  `yaml:"prefer_owner"`   // how long the owner of the caller's ticket is waited for before others are rung; 0s = not
	PreferLast    time.Duration  `yaml:"prefer_last"`    // the same for the agent who talked last to the caller's number, within the last hour
	KeepPlace     time.Duration  `yaml:"keep_place"`     // who gave up in this queue and calls again within this has his place back, at most 1h; 0s = not
	RingTimeout   *time.Duration `yaml:"ring_timeout"`   // a phone rings so long, then it is a missed offer
	WrapUp        time.Duration  `yaml:"wrap_up"`        // after a call, before the agent is ready
	WrapUpExtend  time.Duration  `yaml:"wrap_up_extend"` // what "more time" adds
	MaxMissed     int            `yaml:"max_missed"`     // misses in a row until the agent is paused; 0 = never
	RetryDelay    *time.Duration `yaml:"retry_delay"`    // an agent who missed or could not be reached is not rung again before this
	MaxWait       time.Duration  `yaml:"max_wait"`       // then the caller moves to the queue overflow; 0s = no limit
	Overflow      string         `yaml:"overflow"`       // id of a queue; empty = he hears overflow_media and the call ends
	OverflowMedia []string       `yaml:"overflow_media"` // sounds; [] = silence
	MaxLength     int            `yaml:"max_length"`     // callers waiting; the next is refused with full_media; 0 = no limit
	MaxExpected   time.Duration  `yaml:"max_expected"`   // when the next caller would probably wait for longer, he is refused as if the queue were full; 0s = never
	JoinEmpty     bool           `yaml:"join_empty"`     // whether callers may join while nobody is there; if not they hear empty_media
	Music         string         `yaml:"music"`          // class of Asterisk's musiconhold.conf
	Staff         Staff          `yaml:"staff"`          // who counts as being there: agents logged_in, or of those only who is active, not paused
	LeaveEmpty    time.Duration  `yaml:"leave_empty"`    // callers leave when nobody has been there for so long; 0s = they wait on
	ComfortMedia  []string       `yaml:"comfort_media"`  // said to who waits, one of them at a time, in turn
	ComfortEvery  time.Duration  `yaml:"comfort_every"`  // after this, and then again; 0s = never
	AnnounceFirst time.Duration  `yaml:"announce_first"` // position told first after this; 0s = after announce_every
	AnnounceEvery time.Duration  `yaml:"announce_every"` // and then again; 0s = never
	AnnounceWait  bool           `yaml:"announce_wait"`  // tell the expected wait with the position: docs/queues.md#expected-wait
	WaitMedia     []string       `yaml:"wait_media"`     // how it is said: sounds, "{from}" and "{until}" for whole minutes; left out: "less than … minutes"
	WhisperMedia  []string       `yaml:"whisper_media"`  // said to the agent who answers, before the caller is put through: which queue it is
	ServiceLevel  *time.Duration `yaml:"service_level"`  // T of the service level: docs/metrics.md
	ShortAbandon  *time.Duration `yaml:"short_abandon"`  // who gives up within this is counted as a short abandon
	FullMedia     []string       `yaml:"full_media"`     // sounds; [] = silence
	EmptyMedia    []string       `yaml:"empty_media"`    // sounds; [] = silence

	Recording RecordingConfig `yaml:"recording"` // which talks are recorded: docs/recordings.md
	Callback  CallbackConfig  `yaml:"callback"`  // how callers are called back: docs/callbacks.md
}

// RecordingConfig says which talks of a queue are recorded, and what of them.
type RecordingConfig struct {
	Mode        RecordingMode `yaml:"mode"`          // off; all; share, of a part drawn; demand, when the agent asks for it
	Share       int           `yaml:"share"`         // percent of the calls, with mode share: 1 to 99
	Keep        time.Duration `yaml:"keep"`          // how long a recording is kept, whole days: 2160h are 90
	PauseLimit  time.Duration `yaml:"pause_limit"`   // a pause that somebody asked for ends by itself after this
	PauseOnHold bool          `yaml:"pause_on_hold"` // record silence while the caller is on hold
	PauseOnKeys time.Duration `yaml:"pause_on_keys"` // record silence from a key that the caller presses until so long after the last one; 0 = keys pause nothing
	Announce    []string      `yaml:"announce"`      // said to callers who are recorded, to its end before they are: docs/recordings.md#tell-people

	KeepMessages time.Duration `yaml:"keep_messages"` // how long a message that a caller leaves is kept, whole days; 0s = as keep
}

// RelaxConfig is a step by which more agents may take a call that has waited.
type RelaxConfig struct {
	After    time.Duration `yaml:"after"`    // in this queue
	Requires string        `yaml:"requires"` // in place of all skills asked for so far; "true" = nothing is required; empty = as before
	MaxTier  int           `yaml:"max_tier"` // highest tier rung from now on; 0 = as before
}

// AgentConfig is one agent. PinHashEnv, PinHashFile and Teams are the API's; they are no part of the plan.
type AgentConfig struct {
	ID          string         `yaml:"id"`                // letters, digits and . - _; the name to sign in with
	Name        string         `yaml:"name"`              // shown to people; empty = the id
	Endpoint    string         `yaml:"endpoint"`          // the phone: PJSIP/ and the name of its endpoint; empty = he sits freely, at any of the seats
	Number      string         `yaml:"number"`            // digits by which an agent who sits freely logs in at a seat; empty = he logs in by page only
	Extension   string         `yaml:"extension"`         // what others dial to hand a caller on to him, and callers at a dial node; empty = nothing
	Queues      []string       `yaml:"queues"`            // ids of the queues served
	Skills      map[string]int `yaml:"skills"`            // level of each skill; a caller's skills must all be there, at least at his level
	Tiers       map[string]int `yaml:"tiers"`             // tier in a queue: 1, which is also what is not named, is rung before 2
	Weights     map[string]int `yaml:"weights"`           // chance in a queue whose strategy is weighted, against the others'; not named = 1
	WrapUp      *time.Duration `yaml:"wrap_up,omitempty"` // in place of the queue's
	AutoAnswer  bool           `yaml:"auto_answer"`       // ask the phone to answer by itself, by the headers Call-Info and Alert-Info
	PinHashEnv  string         `yaml:"pin_hash_env"`      // variable that holds the hash of the PIN, made by `firstline hash`; empty = no sign-in to the pages
	PinHashFile string         `yaml:"pin_hash_file"`     // or the file that holds it
	Teams       []string       `yaml:"teams"`             // groups of agents in reports
}

// SeatConfig is a phone at which agents sit by turns.
type SeatConfig struct {
	ID       string `yaml:"id"`       // letters, digits and . - _; what agents choose it by, for example its extension
	Name     string `yaml:"name"`     // shown to people, for example where it stands; empty = the id
	Endpoint string `yaml:"endpoint"` // the phone: PJSIP/ and the name of its endpoint
}

// FeaturesConfig is the codes agents dial and what they hear.
type FeaturesConfig struct {
	Login       string   `yaml:"login"`        // code to log in; empty = none, as of the others. At a seat it asks for the agent's number; with * and the number behind it doesn't
	Logout      string   `yaml:"logout"`       // code to log out
	Ready       string   `yaml:"ready"`        // code to be ready
	Pause       string   `yaml:"pause"`        // code to pause: alone the first of pause_reasons, followed by 2 the second …
	LoginPIN    bool     `yaml:"login_pin"`    // ask at a seat for the agent's PIN too, the same as on the pages
	NumberMedia []string `yaml:"number_media"` // asks for the agent's number, at a seat
	PINMedia    []string `yaml:"pin_media"`    // asks for his PIN
	WrongMedia  []string `yaml:"wrong_media"`  // says that number or PIN is wrong, and asks for the number again
	LoginMedia  []string `yaml:"login_media"`  // heard after it; [] = silence, as of the others
	LogoutMedia []string `yaml:"logout_media"` // heard after it
	ReadyMedia  []string `yaml:"ready_media"`  // heard after it
	PauseMedia  []string `yaml:"pause_media"`  // heard after it
	ErrorMedia  []string `yaml:"error_media"`  // heard when it can't be done
}

// TransfersConfig is how an agent is waited for to whom a caller is handed on.
type TransfersConfig struct {
	RingTimeout time.Duration `yaml:"ring_timeout"` // his phone rings so long; then again, until wait is over
	Wait        time.Duration `yaml:"wait"`         // then the caller goes back to the queue he came from, or to the agent who asked; a number outside that is asked rings so long
	WrapUp      time.Duration `yaml:"wrap_up"`      // after such a call, before the agent is ready
}

// EntryConfig says what becomes of callers who dial a number.
type EntryConfig struct {
	Number      string   `yaml:"number"`       // as dialled; "*" = any
	Callers     []string `yaml:"callers"`      // numbers of the callers meant, a number's beginning with * behind it, or withheld; none = all
	CallersFile string   `yaml:"callers_file"` // path of a file with more of them, one a line, # begins a comment; read at start and reload
	Flow        string   `yaml:"flow"`         // id of the flow in ivr
	Reject      bool     `yaml:"reject"`       // in place of a flow: the call is ended before it is answered
	Share       int      `yaml:"share"`        // percent of the callers it fits, the same ones each time; 0 = all
	From        string   `yaml:"from"`         // in force from this instant on (2026-12-24T14:00:00+01:00); left out: always was
	Until       string   `yaml:"until"`        // and before this one; left out: for ever

	Listed []Listed `yaml:"-"` // what stands in CallersFile, filled in by whoever reads files
}

// Listed is a pattern of a file of callers.
type Listed struct {
	Pattern string
	Line    int // from 1
}

// IntegrationsConfig is what the core needs of the section integrations.
type IntegrationsConfig struct {
	Tickets TicketsConfig `yaml:"tickets"` // the ticket system
}

// TicketsConfig is what the core needs of the ticket system; telephony/tickets reads the rest.
type TicketsConfig struct {
	ByNumber  bool          `yaml:"by_number"`  // look up on arrival, by the caller's number
	Timeout   time.Duration `yaml:"timeout"`    // of a look-up; then the call goes on without
	TicketURL string        `yaml:"ticket_url"` // link of a ticket, with {id} in it
}

// Defaults of what a queue leaves out.
const (
	defaultRing         = 15 * time.Second
	defaultRetry        = 5 * time.Second
	defaultServiceLevel = 20 * time.Second
	defaultShortAbandon = 5 * time.Second
	defaultLookup       = 2 * time.Second
	defaultMusic        = "default"
	defaultTransferRing = 20 * time.Second
	defaultTransferWait = 45 * time.Second
	defaultStrategy     = LongestIdle
)

// DefaultConfig is a configuration that names nothing: no queue, no agent, no flow.
func DefaultConfig() Config {
	return Config{Features: DefaultFeatures(), Transfers: TransfersConfig{RingTimeout: defaultTransferRing, Wait: defaultTransferWait}, Prompts: DefaultPrompts(), Integrations: IntegrationsConfig{Tickets: TicketsConfig{Timeout: defaultLookup}}}
}

// DefaultQueue is what a queue that names nothing is given.
func DefaultQueue() QueueConfig {
	ring, retry, level, short := defaultRing, defaultRetry, defaultServiceLevel, defaultShortAbandon
	media := []string{nobodyFree}
	return QueueConfig{
		RingTimeout: &ring, RetryDelay: &retry, ServiceLevel: &level, ShortAbandon: &short, Music: defaultMusic, Strategy: defaultStrategy, Staff: StaffLoggedIn,
		OverflowMedia: media, FullMedia: media, EmptyMedia: media,
		Recording: RecordingConfig{Mode: RecordOff, Keep: recordingKept, PauseLimit: recordingPause},
		Callback:  defaultCallback(),
	}
}

// UnmarshalYAML lets a queue begin with its defaults, so that what is printed as in force is.
func (q *QueueConfig) UnmarshalYAML(decode func(any) error) error {
	type plain QueueConfig
	*q = DefaultQueue()
	return decode((*plain)(q))
}

// DefaultFeatures has no codes, and sounds for those that are given.
func DefaultFeatures() FeaturesConfig {
	return FeaturesConfig{
		LoginMedia: []string{"agent-loginok"}, LogoutMedia: []string{"agent-loggedoff"}, ReadyMedia: []string{"activated"},
		PauseMedia: []string{"de-activated"}, ErrorMedia: []string{"pbx-invalid"},
		NumberMedia: []string{"agent-user"}, PINMedia: []string{"agent-pass"}, WrongMedia: []string{"agent-incorrect"},
	}
}

// Validate names every mistake; the paths are those of firstline.yaml.
func (c Config) Validate() []problem.Problem {
	_, problems := c.Plan()
	return problems
}

// Plan makes the plan and names every mistake; the paths are those of firstline.yaml. With mistakes the plan is nil.
// Version is the hash of the plan, so equal configurations give equal versions.
func (c Config) Plan() (*Plan, []problem.Problem) {
	p := &Plan{
		Node: c.Node, Flows: c.IVR, Schedules: c.Schedules, Features: c.Features.features(),
		Codes: c.Dispositions, Age: c.PriorityAge,
		Lookup:    LookupPlan{ByNumber: c.Integrations.Tickets.ByNumber, Timeout: c.Integrations.Tickets.Timeout},
		TicketURL: c.Integrations.Tickets.TicketURL,
		Transfers: Transfers(c.Transfers),
		Outbound: Outbound{
			Endpoint: c.Outbound.Endpoint, CallerID: c.Outbound.CallerID, Allow: c.Outbound.Allow, Deny: c.Outbound.Deny, Region: c.Callers.Region,
		},
	}
	if p.Lookup.Timeout == 0 {
		p.Lookup.Timeout = defaultLookup
	}
	for _, r := range c.PauseReasons {
		p.Pauses = append(p.Pauses, r.Name)
		if r.Billable {
			p.Billable = append(p.Billable, r.Name)
		}
	}
	for _, q := range c.Queues {
		p.Queues = append(p.Queues, q.queue())
	}
	for _, a := range c.Agents {
		p.Agents = append(p.Agents, Agent{
			ID: a.ID, Name: cmp.Or(a.Name, a.ID), Endpoint: a.Endpoint, Number: a.Number, Extension: a.Extension, Skills: a.Skills, Queues: a.Queues, WrapUp: a.WrapUp,
			Tiers: a.Tiers, Weights: a.Weights, AutoAnswer: a.AutoAnswer,
		})
	}
	for _, s := range c.Seats {
		p.Seats = append(p.Seats, Seat{ID: s.ID, Name: cmp.Or(s.Name, s.ID), Endpoint: s.Endpoint})
	}
	for _, in := range c.Incidents {
		in.Name = cmp.Or(in.Name, in.ID)
		p.Incidents = append(p.Incidents, in)
	}
	for _, e := range c.Entries {
		p.Entries = append(p.Entries, e.entry())
	}
	if problems := slices.Concat(c.inFiles(p.Validate()), c.instantProblems(), c.pinProblems(), c.mediaProblems()); len(problems) > 0 {
		return nil, problems
	}
	p.Version = p.hash()
	return p, nil
}

// pinProblems names who could not log in at a seat for want of a PIN.
func (c Config) pinProblems() []problem.Problem {
	var out []problem.Problem
	for i, a := range c.Agents {
		if c.Features.LoginPIN && a.Number != "" && a.PinHashEnv == "" && a.PinHashFile == "" {
			out = append(out, problem.Problem{Path: fmt.Sprintf("agents.%d.number", i), Message: "at a seat he is asked for his PIN, and has none",
				Mend: "give him one: pin_hash_env or pin_hash_file, made by `firstline hash`; or leave features.login_pin out"})
		}
	}
	return out
}

// hash is a short hash of everything in the plan but the version itself.
func (p Plan) hash() string {
	p.Version = ""
	sum := sha256.Sum256(encode(p))
	return hex.EncodeToString(sum[:])[:hashLetters]
}

const hashLetters = 16

func (q QueueConfig) queue() Queue {
	d := DefaultQueue()
	var relax []RelaxStep
	for _, step := range q.Relax {
		relax = append(relax, RelaxStep(step))
	}
	return Queue{
		Weight: q.Weight, Strategy: cmp.Or(q.Strategy, d.Strategy), Requires: q.Requires, MaxTier: q.MaxTier, Relax: relax,
		PreferOwner: q.PreferOwner, PreferLast: q.PreferLast, KeepPlace: q.KeepPlace,
		WhisperMedia: ivr.MediaURIs(q.WhisperMedia), AnnounceWait: q.AnnounceWait, MaxExpected: q.MaxExpected, WaitMedia: waitMedia(q.WaitMedia),
		Staff: cmp.Or(q.Staff, d.Staff), LeaveEmpty: q.LeaveEmpty, ComfortMedia: ivr.MediaURIs(q.ComfortMedia), ComfortEvery: q.ComfortEvery,
		ID: q.ID, Name: cmp.Or(q.Name, q.ID), Extension: q.Extension, Priority: q.Priority, RingTimeout: *cmp.Or(q.RingTimeout, d.RingTimeout),
		WrapUp: q.WrapUp, WrapUpExtend: q.WrapUpExtend, MaxMissed: q.MaxMissed,
		RetryDelay: *cmp.Or(q.RetryDelay, d.RetryDelay), MaxWait: q.MaxWait, Overflow: q.Overflow,
		OverflowMedia: media(q.OverflowMedia, d.OverflowMedia), MaxLength: q.MaxLength, JoinEmpty: q.JoinEmpty,
		Recording: q.Recording.rule(), Callback: q.Callback.rule(), MusicClass: cmp.Or(q.Music, d.Music), Announce: q.AnnounceEvery, AnnounceFirst: q.AnnounceFirst,
		ServiceLevel: *cmp.Or(q.ServiceLevel, d.ServiceLevel), ShortAbandon: *cmp.Or(q.ShortAbandon, d.ShortAbandon),
		FullMedia: media(q.FullMedia, d.FullMedia), EmptyMedia: media(q.EmptyMedia, d.EmptyMedia),
	}
}

// rule is what the plan has of it.
func (r RecordingConfig) rule() Recording {
	return Recording{
		Mode: cmp.Or(r.Mode, RecordOff), Share: r.Share, Keep: cmp.Or(r.Keep, recordingKept), PauseLimit: cmp.Or(r.PauseLimit, recordingPause),
		PauseOnHold: r.PauseOnHold, PauseOnKeys: r.PauseOnKeys, Announce: ivr.MediaURIs(r.Announce), KeepMessages: r.KeepMessages,
	}
}

// waitMedia are the sounds named, with the places for the range kept.
func waitMedia(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	out := ivr.MediaURIs(names)
	for i, name := range names {
		if name == saidFrom || name == saidUntil {
			out[i] = name
		}
	}
	return out
}

// nobodyFree is a sound of Asterisk's core packages, as all defaults are: nobody is available to take the call.
const nobodyFree = "vm-nobodyavail"

// media are the sounds named, or the defaults where nothing is written; an empty list is silence.
func media(names, otherwise []string) []string {
	if names == nil {
		names = otherwise
	}
	return ivr.MediaURIs(names)
}

func (f FeaturesConfig) features() Features {
	d := DefaultFeatures()
	return Features{
		Login: f.Login, Logout: f.Logout, Ready: f.Ready, Pause: f.Pause, LoginMedia: media(f.LoginMedia, d.LoginMedia),
		LogoutMedia: media(f.LogoutMedia, d.LogoutMedia), ReadyMedia: media(f.ReadyMedia, d.ReadyMedia),
		PauseMedia: media(f.PauseMedia, d.PauseMedia), ErrorMedia: media(f.ErrorMedia, d.ErrorMedia), LoginPIN: f.LoginPIN,
		NumberMedia: media(f.NumberMedia, d.NumberMedia), PINMedia: media(f.PINMedia, d.PINMedia), WrongMedia: media(f.WrongMedia, d.WrongMedia),
	}
}
