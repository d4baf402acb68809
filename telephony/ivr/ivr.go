// Package ivr is the menu language: what a flow says, what a key, a silence or the end of a prompt leads to, and when a
// schedule is open.
//
// It is pure: no goroutine, channel, clock, random, log or I/O but the reading of time zones in New. Its only caller at
// run time is telephony/callcenter, which keeps each caller's Visit and carries out each Result; `firstline check` calls
// Validate. It never plays, never dials and never knows a channel.
package ivr

import (
	"strings"
	"time"
)

// Type is what a node of a flow does.
type Type string

// The node types.
const (
	TypeSchedule  Type = "schedule"  // goes on by the hour: Open or Closed
	TypePlay      Type = "play"      // plays Media, goes on to Next
	TypeMenu      Type = "menu"      // asks for one of Options
	TypeCollect   Type = "collect"   // asks for Min to Max digits
	TypeLookup    Type = "lookup"    // waits for who calls, by his number: Next, NotFound or Failed
	TypeBranch    Type = "branch"    // goes on by the first of Cases that holds, or to Otherwise
	TypeIncident  Type = "incident"  // plays what is switched on and concerns the caller, goes on to Told; to Next when there is nothing
	TypeSet       Type = "set"       // sets variables and priority, goes on to Next
	TypeLanguage  Type = "language"  // goes on to Next in Language
	TypeVoicemail Type = "voicemail" // plays Prompt, records a message for Queue, goes on to Next
	TypeCallback  Type = "callback"  // asks which number to call back for Queue, the caller's own at first, goes on to Next
	TypeQueue     Type = "queue"     // ends the flow: joins Queue
	TypeDial      Type = "dial"      // asks for an extension, ends the flow: joins the queue or the agent's own line that has it
	TypeTransfer  Type = "transfer"  // ends the flow: sends the caller on to Number
	TypeHangup    Type = "hangup"    // ends the flow: plays Media and hangs up
)

// Flow is one menu: nodes and where to start.
type Flow struct {
	ID    string          `yaml:"id" json:"id"`       // what all else names it by
	Start string          `yaml:"start" json:"start"` // id of the first node
	Nodes map[string]Node `yaml:"nodes" json:"nodes"` // id of a node → the node
}

// Node is one step of a flow; which fields count depends on Type. Targets are ids of nodes of the same flow.
type Node struct {
	Type Type `yaml:"type" json:"type"` // which of the other keys count: docs/ivr.md

	// schedule
	Schedule string `yaml:"schedule,omitempty" json:"schedule,omitempty"` // id of a schedule
	Open     string `yaml:"open,omitempty" json:"open,omitempty"`         // node while it is open
	Closed   string `yaml:"closed,omitempty" json:"closed,omitempty"`     // node while it is closed

	// play, hangup
	Media []string `yaml:"media,omitempty" json:"media,omitempty"` // sound names (vm-goodbye), prompts (prompt:greeting) or media URIs (digits:42)

	// play, collect, lookup, language, set, incident, voicemail, callback
	Next string `yaml:"next,omitempty" json:"next,omitempty"` // node to go on to; of a lookup: when he is found; of an incident: when nothing concerns him; of a callback: when it is promised

	// menu, collect, dial, voicemail, callback
	Prompt       []string      `yaml:"prompt,omitempty" json:"prompt,omitempty"`                 // what is played; a key stops it. Of a callback: asks for another number
	Timeout      time.Duration `yaml:"timeout,omitempty" json:"timeout,omitempty"`               // to the first digit, from the prompt's end
	InterDigit   time.Duration `yaml:"inter_digit,omitempty" json:"inter_digit,omitempty"`       // between digits
	Overall      time.Duration `yaml:"overall,omitempty" json:"overall,omitempty"`               // from the first digit to the last; empty: no limit beside inter_digit
	Tries        int           `yaml:"tries,omitempty" json:"tries,omitempty"`                   // silences and mistakes together, before GaveUp
	NoInput      string        `yaml:"no_input,omitempty" json:"no_input,omitempty"`             // at the first silence; empty: repeat up to tries
	Invalid      string        `yaml:"invalid,omitempty" json:"invalid,omitempty"`               // at the first mistake; empty: repeat up to tries
	GaveUp       string        `yaml:"gave_up,omitempty" json:"gave_up,omitempty"`               // after the tries; empty: the call ends
	NoInputMedia []string      `yaml:"no_input_media,omitempty" json:"no_input_media,omitempty"` // before the prompt is repeated
	InvalidMedia []string      `yaml:"invalid_media,omitempty" json:"invalid_media,omitempty"`   // before the prompt is repeated

	// branch
	Cases     []Case `yaml:"cases,omitempty" json:"cases,omitempty"`         // tried in order
	Otherwise string `yaml:"otherwise,omitempty" json:"otherwise,omitempty"` // node when none holds

	// incident
	Told string `yaml:"told,omitempty" json:"told,omitempty"` // node after what was said; empty: next

	// language
	Language string `yaml:"language,omitempty" json:"language,omitempty"` // of the contact from now on: ru

	// set
	Set map[string]string `yaml:"set,omitempty" json:"set,omitempty"` // variable → its text from now on

	// menu
	Options map[string]Option `yaml:"options,omitempty" json:"options,omitempty"` // digits → what they choose

	// collect, callback
	Min        int      `yaml:"min,omitempty" json:"min,omitempty"`               // least number of digits; of a callback 5
	Max        int      `yaml:"max,omitempty" json:"max,omitempty"`               // most; then no terminator is needed; of a callback 15
	Terminator string   `yaml:"terminator,omitempty" json:"terminator,omitempty"` // key that ends the input; of a callback "#"
	Lookup     bool     `yaml:"lookup,omitempty" json:"lookup,omitempty"`         // ask the ticket system with the digits
	NotFound   string   `yaml:"not_found,omitempty" json:"not_found,omitempty"`   // collect: set = wait for the answer, go here unless found; lookup: when he is unknown
	Failed     string   `yaml:"failed,omitempty" json:"failed,omitempty"`         // lookup: when the ticket system can't say in time; empty: not_found. Of a callback: when nobody can be called back; empty: as gave_up
	Secret     bool     `yaml:"secret,omitempty" json:"secret,omitempty"`         // digits are kept in memory only
	Confirm    []string `yaml:"confirm,omitempty" json:"confirm,omitempty"`       // said when they are entered, "{digits}" reads them back; 1 = right, another key = again
	Save       string   `yaml:"save,omitempty" json:"save,omitempty"`             // variable that gets the digits

	// callback
	Mended bool `yaml:"mended,omitempty" json:"mended,omitempty"` // not before the incidents are over that concern him now

	// voicemail
	Longest time.Duration `yaml:"longest,omitempty" json:"longest,omitempty"` // a message; then it goes on to next
	Silence time.Duration `yaml:"silence,omitempty" json:"silence,omitempty"` // it ends after so long a silence, too

	// transfer
	Number string `yaml:"number,omitempty" json:"number,omitempty"` // outside; outbound must let it be called

	// queue
	Queue    string         `yaml:"queue,omitempty" json:"queue,omitempty"`       // id of the queue to join; of a voicemail: whose message it is; of a callback: in whose line he keeps his place
	Priority int            `yaml:"priority,omitempty" json:"priority,omitempty"` // added to the queue's; of a set node: to that of every queue node after it
	Skills   map[string]int `yaml:"skills,omitempty" json:"skills,omitempty"`     // skill → least level
	Requires string         `yaml:"requires,omitempty" json:"requires,omitempty"` // expression over skills: docs/routing.md#skills
	// queue, dial: ways back into the flow. Without them the queue's own media are heard and the call ends.
	Keys    map[string]string `yaml:"keys,omitempty" json:"keys,omitempty"`         // key pressed while waiting → node
	Full    string            `yaml:"full,omitempty" json:"full,omitempty"`         // node when the queue is full
	Empty   string            `yaml:"empty,omitempty" json:"empty,omitempty"`       // node when nobody is there to answer, at once or later
	MaxWait string            `yaml:"max_wait,omitempty" json:"max_wait,omitempty"` // node after the queue's max_wait, where it can't overflow
}

// Extension is what callers dial at a dial node, and the queue that it leads to.
type Extension struct{ Digits, Queue, Name string }

// asks tells whether nodes of the type ask for input.
func (t Type) asks() bool { return t == TypeMenu || t == TypeDial || t.takesDigits() }

// takesDigits tells whether nodes of the type ask for digits of any kind, not for a choice.
func (t Type) takesDigits() bool { return t == TypeCollect || t == TypeCallback }

// Option is one choice of a menu.
type Option struct {
	Label    string `yaml:"label,omitempty" json:"label,omitempty"`       // shown to the agent
	Language string `yaml:"language,omitempty" json:"language,omitempty"` // set for the rest of the contact
	Next     string `yaml:"next" json:"next"`                             // node to go on to
}

// Case is one way on from a branch.
type Case struct {
	When string `yaml:"when" json:"when"` // a condition: docs/ivr.md#conditions
	Next string `yaml:"next" json:"next"` // node to go on to when it holds
}

// MediaURIs turns sound names into media URIs; what has a scheme already is kept. A prompt is one of our own: where its file
// is, only telephony/asterisk knows.
func MediaURIs(names []string) []string {
	uris := make([]string, len(names))
	for i, name := range names {
		if strings.Contains(name, ":") {
			uris[i] = name
			continue
		}
		uris[i] = "sound:" + name
	}
	return uris
}
