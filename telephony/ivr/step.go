package ivr

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/schedule"
)

// Defaults of what a node leaves out.
const (
	DefaultTimeout    = 5 * time.Second
	DefaultInterDigit = 3 * time.Second
	DefaultTries      = 3
	DefaultLongest    = 3 * time.Minute
	DefaultSilence    = 5 * time.Second
)

// DefaultNode has what a node leaves out that asks or records; of the other types none of it counts.
func DefaultNode() Node {
	return Node{Timeout: DefaultTimeout, InterDigit: DefaultInterDigit, Tries: DefaultTries, Min: 1, Longest: DefaultLongest, Silence: DefaultSilence}
}

// maxSteps bounds the nodes one visit may enter: a caller, or a broken phone, who circles for ever is let go.
const maxSteps = 500

// Menus is a set of flows and schedules, ready to run. It is immutable.
type Menus struct {
	flows      map[string]Flow
	conditions map[string]conditions // by flow
	places     map[string]schedule.Place
	incidents  []compiled // in the plan's order
}

// Visit is where a caller stands in a flow. The zero value is nobody's.
type Visit struct {
	Flow   string    `json:"flow"`
	Node   string    `json:"node"`
	Phase  Phase     `json:"phase"`
	Digits string    `json:"digits,omitempty"`  // pressed so far at this node; of a callback also the number offered
	Failed int       `json:"failed,omitempty"`  // silences and mistakes at this node
	Began  time.Time `json:"began,omitzero"`    // the first of the digits was pressed
	GaveUp bool      `json:"gave_up,omitempty"` // came here by giving up, no choice since
	Steps  int       `json:"steps"`             // nodes entered
	Asked  bool      `json:"asked,omitempty"`   // the digits are read back: are they right?

	Told bool `json:"told,omitempty"` // he has heard of an incident, left a message or was promised a callback: who hangs up now was served

	Vars   map[string]string `json:"vars,omitempty"`   // set so far; never changed, only replaced
	Raised int               `json:"raised,omitempty"` // priority from set nodes
}

// Moment is when something happens to a visit, and what is known of the caller then.
type Moment struct {
	At        time.Time
	Caller    Caller
	Incidents []string // ids of those that are switched on
}

// Phase is what a visit waits for.
type Phase string

// The phases. While Playing, digits are heard too: barge-in.
const (
	PhasePlaying   Phase = "playing"   // the end of the playback, or a digit
	PhaseListening Phase = "listening" // a digit, or the time-out
	PhaseLooking   Phase = "looking"   // the ticket system's answer
	PhaseRecording Phase = "recording" // a digit, the time-out, or the end of the message
	PhasePromising Phase = "promising" // whether he can be called back
	PhaseOver      Phase = "over"      // nothing: the flow has ended
)

// Result is what follows from one thing that happened to a visit, in the order of the fields.
type Result struct {
	Visit    Visit
	Events   []Event       // what to record, in order
	Stop     bool          // stop the playback that runs
	Language string        // of the caller from now on; empty = as before
	Lookup   *Lookup       // ask the ticket system
	Play     []string      // media URIs to play now
	Record   *Record       // record a message now; with it Wait is the longest
	Promise  *Promise      // promise to call back; whoever can, or can't, answers by Promised at once
	Wait     time.Duration // call TimedOut after this time; 0 = no time runs
	End      *End          // the flow is over
}

// Event is something worth recording: a sealed set.
type Event interface{ event() }

type (
	// Entered says that the caller reached a node.
	Entered struct{ Node string }
	// Chose says that the caller chose an option.
	Chose struct{ Node, Key, Label, Target string }
	// Heard says what input there was that is no choice; Digits is their number.
	Heard struct {
		Node   string
		Kind   fact.InputKind
		Digits int
	}
	// Set says that the flow gave a variable its text.
	Set struct{ Node, Variable, Value string }
	// Told says that the caller hears of an incident.
	Told struct{ Node, Incident string }
	// Unfit says that a condition could not be worked out with this caller's values; it counts as not holding. Which values
	// is not said: they are the caller's own.
	Unfit struct {
		Node      string
		Case      int // of a branch's cases, or of the plan's incidents, from 1
		Condition string
	}
)

func (Entered) event() {}
func (Chose) event()   {}
func (Heard) event()   {}
func (Set) event()     {}
func (Unfit) event()   {}
func (Told) event()    {}

// Lookup is a question to the ticket system, by the caller's number or by the digits pressed. Whoever asks it answers a
// visit in PhaseLooking by Looked.
type Lookup struct {
	Method fact.LookupMethod
	Digits string
	Secret bool
}

// Record is a message that the caller leaves. Whoever records it tells a visit in PhaseRecording of its end by Recorded.
type Record struct {
	Queue   string        // whose it is
	Silence time.Duration // ends it
}

// Promise is that a caller is to be called back.
type Promise struct {
	Queue     string   // in whose line he keeps his place
	Number    string   // as the caller entered it, or as Caller.Callable has it
	Incidents []string // not before these are over
	Priority  int      // of the set nodes before it
}

// Promised is what became of a Promise.
type Promised string

// Answers to a Promise.
const (
	PromiseMade    Promised = "made"
	PromiseNumber  Promised = "number"  // this number can't be called: he may enter another one
	PromiseRefused Promised = "refused" // none can be called back
)

// End is how a flow ended. Queue is set with fact.IVRQueued only.
type End struct {
	Outcome  fact.IVROutcome
	Queue    string
	Priority int // of the queue node and the set nodes before it
	Skills   []Skill
	Requires string // expression over skills; "" = none
	Number   string // with fact.IVRTransferred
}

// Skill is a least level of a skill.
type Skill struct {
	Name  string `json:"name"`
	Level int    `json:"level"`
}

// New makes flows and schedules ready to run; extensions are those that can be dialled in them. It reads the zones' data; an unknown zone, a bad hour, a condition that does
// not compile or an id given twice is an error.
func New(flows []Flow, schedules []Schedule, incidents []Incident, extensions []Extension) (*Menus, error) {
	m := &Menus{flows: make(map[string]Flow, len(flows)), conditions: make(map[string]conditions, len(flows)), places: make(map[string]schedule.Place, len(schedules))}
	for _, f := range flows {
		if _, ok := m.flows[f.ID]; ok {
			return nil, fmt.Errorf("flow %q is defined twice", f.ID)
		}
		compiled, err := f.compile()
		if err != nil {
			return nil, fmt.Errorf("flow %q: %w", f.ID, err)
		}
		m.flows[f.ID], m.conditions[f.ID] = f.dialing(extensions), compiled
	}
	for _, s := range schedules {
		p, err := schedule.New(s)
		if err != nil {
			return nil, fmt.Errorf("schedule %q: %w", s.ID, err)
		}
		if _, ok := m.places[s.ID]; ok {
			return nil, fmt.Errorf("schedule %q is defined twice", s.ID)
		}
		m.places[s.ID] = p
	}
	var err error
	if m.incidents, err = compileIncidents(incidents); err != nil {
		return nil, err
	}
	return m, nil
}

// dialing is the flow with what can be dialled as the choices of its dial nodes; where they lead is a queue, not a node.
func (f Flow) dialing(extensions []Extension) Flow {
	if !f.Has(TypeDial) {
		return f
	}
	options := make(map[string]Option, len(extensions))
	for _, e := range extensions {
		options[e.Digits] = Option{Label: e.Name, Next: e.Queue}
	}
	f.Nodes = maps.Clone(f.Nodes)
	for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
		if n := f.Nodes[id]; n.Type == TypeDial {
			n.Options = options
			f.Nodes[id] = n
		}
	}
	return f
}

// Begin lets a caller into a flow. A flow that doesn't exist ends as failed.
func (m *Menus) Begin(flow string, now Moment) Result {
	return m.BeginAt(flow, m.flows[flow].Start, now)
}

// BeginAt lets a caller into a flow at one of its nodes.
func (m *Menus) BeginAt(flow, node string, now Moment) Result {
	w := m.walk(Visit{Flow: flow}, now)
	w.enter(node)
	return w.result
}

// Back lets a caller who left the flow into a queue in again, at a node. He keeps his variables.
func (m *Menus) Back(v Visit, node string, now Moment) Result {
	w := m.walk(v, now)
	w.result.Visit.Told = false // he wanted more than the news
	w.enter(node)
	return w.result
}

// Exit is where a caller who left the flow into a queue can come back to it; "" = nowhere. How is one of the constants, or
// the key he pressed.
func (m *Menus) Exit(v Visit, how string) string {
	n := m.flows[v.Flow].Nodes[v.Node]
	switch how {
	case ExitFull:
		return n.Full
	case ExitEmpty:
		return n.Empty
	case ExitMaxWait:
		return n.MaxWait
	default:
		return n.Keys[how]
	}
}

// TypeOf is the type of a node of the visit's flow; "" = there is no such node.
func (m *Menus) TypeOf(v Visit, node string) Type { return m.flows[v.Flow].Nodes[node].Type }

// What leads back from a queue, beside a key.
const (
	ExitFull    = "full"
	ExitEmpty   = "empty"
	ExitMaxWait = "max wait"
)

// Digit is a key pressed. One that means nothing now gives a Result without effect.
func (m *Menus) Digit(v Visit, digit string, now Moment) Result {
	w := m.walk(v, now)
	if v.Phase == PhasePlaying || v.Phase == PhaseListening || v.Phase == PhaseRecording {
		w.result.Stop = v.Phase == PhasePlaying
		w.digit(digit)
	}
	return w.result
}

// Played is the end of the playback that the last Result asked for.
func (m *Menus) Played(v Visit, now Moment) Result {
	w := m.walk(v, now)
	if v.Phase == PhasePlaying {
		w.played()
	}
	return w.result
}

// TimedOut is the end of the time that the last Result asked to wait.
func (m *Menus) TimedOut(v Visit, now Moment) Result {
	w := m.walk(v, now)
	switch v.Phase { //nolint:exhaustive // nothing else waits for the time
	case PhaseListening:
		w.timedOut()
	case PhaseRecording:
		w.enter(w.node().Next)
	}
	return w.result
}

// Recorded is the end of the message that the last Result asked to record.
func (m *Menus) Recorded(v Visit, now Moment) Result {
	w := m.walk(v, now)
	if v.Phase == PhaseRecording {
		w.enter(w.node().Next)
	}
	return w.result
}

// Looked is the ticket system's answer, or that there will be none, to a visit that waits for it.
func (m *Menus) Looked(v Visit, answer fact.LookupResult, now Moment) Result {
	w := m.walk(v, now)
	if v.Phase != PhaseLooking {
		return w.result
	}
	n := w.node()
	switch {
	case answer == fact.LookupFound:
		w.enter(n.Next)
	case answer != fact.LookupNotFound && n.Failed != "":
		w.enter(n.Failed)
	default:
		w.enter(n.NotFound)
	}
	return w.result
}

// Awaits tells by which look-up the visit waits for the ticket system's answer; "" = it doesn't.
func (m *Menus) Awaits(v Visit) fact.LookupMethod {
	switch {
	case v.Phase != PhaseLooking:
		return ""
	case m.flows[v.Flow].Nodes[v.Node].Type == TypeLookup:
		return fact.LookupByNumber
	default:
		return fact.LookupByDigits
	}
}

// Repeat says the node's prompt again, after something may have been missed; a callback node begins anew. Digits pressed so far are forgotten,
// nothing counts as a try.
func (m *Menus) Repeat(v Visit, now Moment) Result {
	w := m.walk(v, now)
	if v.Phase != PhasePlaying && v.Phase != PhaseListening && v.Phase != PhaseRecording && v.Phase != PhasePromising {
		return w.result
	}
	w.result.Visit.Digits, w.result.Visit.Asked = "", false
	switch n := w.node(); n.Type {
	case TypeMenu, TypeCollect, TypeDial:
		w.prompt(n, nil)
	case TypeVoicemail, TypeCallback:
		w.stay(n)
	case TypeIncident:
		var media []string
		for _, in := range w.concerns(false) {
			media = append(media, in.Media...)
		}
		if len(media) == 0 { // it is over
			w.enter(n.afterTold())
			return w.result
		}
		w.play(media)
	default:
		w.play(n.Media)
	}
	return w.result
}

// Asks tells whether the visit stands at a node that asks for input.
func (m *Menus) Asks(v Visit) bool {
	return m.flows[v.Flow].Nodes[v.Node].Type.asks()
}

// Secret tells whether the digits pressed at the visit's node are to be kept in memory only.
func (m *Menus) Secret(v Visit) bool {
	n := m.flows[v.Flow].Nodes[v.Node]
	return n.Type == TypeCollect && n.Secret
}

// Leaving tells how the flow is about to end when the visit stands at a node that only says goodbye: a caller who hangs
// up there was served as planned, and so was one who heard of an incident before.
func (m *Menus) Leaving(v Visit) (fact.IVROutcome, bool) {
	switch {
	case m.flows[v.Flow].Nodes[v.Node].Type == TypeHangup:
		return hangupOutcome(v), true
	case v.Told:
		return fact.IVRContained, true
	default:
		return "", false
	}
}

// hangupOutcome: who says nothing more was served if he heard of an incident, and gave up if not.
func hangupOutcome(v Visit) fact.IVROutcome {
	if v.GaveUp && !v.Told {
		return fact.IVRGaveUp
	}
	return fact.IVRContained
}
