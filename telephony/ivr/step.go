package ivr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Defaults of what a node leaves out.
const (
	DefaultTimeout    = 5 * time.Second
	DefaultInterDigit = 3 * time.Second
	DefaultTries      = 3
)

// maxSteps bounds the nodes one visit may enter: a caller, or a broken phone, who circles for ever is let go.
const maxSteps = 500

// Menus is a set of flows and schedules, ready to run. It is immutable.
type Menus struct {
	flows  map[string]Flow
	places map[string]place
}

// Visit is where a caller stands in a flow. The zero value is nobody's.
type Visit struct {
	Flow   string `json:"flow"`
	Node   string `json:"node"`
	Phase  Phase  `json:"phase"`
	Digits string `json:"digits,omitempty"`  // pressed so far at this node
	Failed int    `json:"failed,omitempty"`  // silences and mistakes at this node
	GaveUp bool   `json:"gave_up,omitempty"` // came here by giving up, no choice since
	Steps  int    `json:"steps"`             // nodes entered
}

// Phase is what a visit waits for.
type Phase string

// The phases. While Playing, digits are heard too: barge-in.
const (
	PhasePlaying   Phase = "playing"   // the end of the playback, or a digit
	PhaseListening Phase = "listening" // a digit, or the time-out
	PhaseLooking   Phase = "looking"   // the ticket system's answer
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
)

func (Entered) event() {}
func (Chose) event()   {}
func (Heard) event()   {}

// Lookup is a question to the ticket system by the digits pressed.
type Lookup struct {
	Digits string
	Secret bool
}

// End is how a flow ended. Queue is set with fact.IVRQueued only.
type End struct {
	Outcome  fact.IVROutcome
	Queue    string
	Priority int
	Skills   []Skill
}

// Skill is a least level of a skill.
type Skill struct {
	Name  string `json:"name"`
	Level int    `json:"level"`
}

// New makes flows and schedules ready to run. It reads the zones' data; an unknown zone, a bad hour or an id given twice
// is an error.
func New(flows []Flow, schedules []Schedule) (*Menus, error) {
	m := &Menus{flows: make(map[string]Flow, len(flows)), places: make(map[string]place, len(schedules))}
	for _, f := range flows {
		if _, ok := m.flows[f.ID]; ok {
			return nil, fmt.Errorf("flow %q is defined twice", f.ID)
		}
		m.flows[f.ID] = f
	}
	for _, s := range schedules {
		p, err := newPlace(s)
		if err != nil {
			return nil, fmt.Errorf("schedule %q: %w", s.ID, err)
		}
		if _, ok := m.places[s.ID]; ok {
			return nil, fmt.Errorf("schedule %q is defined twice", s.ID)
		}
		m.places[s.ID] = p
	}
	return m, nil
}

// Begin lets a caller into a flow at the instant at. A flow that doesn't exist ends as failed.
func (m *Menus) Begin(flow string, at time.Time) Result {
	w := m.walk(Visit{Flow: flow}, at)
	w.enter(w.flow.Start)
	return w.result
}

// Digit is a key pressed. One that means nothing now gives a Result without effect.
func (m *Menus) Digit(v Visit, digit string, at time.Time) Result {
	w := m.walk(v, at)
	if v.Phase == PhasePlaying || v.Phase == PhaseListening {
		w.result.Stop = v.Phase == PhasePlaying
		w.digit(digit)
	}
	return w.result
}

// Played is the end of the playback that the last Result asked for.
func (m *Menus) Played(v Visit, at time.Time) Result {
	w := m.walk(v, at)
	if v.Phase == PhasePlaying {
		w.played()
	}
	return w.result
}

// TimedOut is the end of the time that the last Result asked to wait.
func (m *Menus) TimedOut(v Visit, at time.Time) Result {
	w := m.walk(v, at)
	if v.Phase == PhaseListening {
		w.timedOut()
	}
	return w.result
}

// Looked is the ticket system's answer, or that there will be none, to a visit that waits for it.
func (m *Menus) Looked(v Visit, found bool, at time.Time) Result {
	w := m.walk(v, at)
	if v.Phase != PhaseLooking {
		return w.result
	}
	if found {
		w.enter(w.node().Next)
	} else {
		w.enter(w.node().NotFound)
	}
	return w.result
}

// Repeat says the node's prompt again, after something may have been missed. Digits pressed so far are forgotten,
// nothing counts as a try.
func (m *Menus) Repeat(v Visit, at time.Time) Result {
	w := m.walk(v, at)
	if v.Phase != PhasePlaying && v.Phase != PhaseListening {
		return w.result
	}
	w.result.Visit.Digits = ""
	switch n := w.node(); n.Type {
	case TypeMenu, TypeCollect:
		w.prompt(n, nil)
	default:
		w.play(n.Media)
	}
	return w.result
}

// Asks tells whether the visit stands at a node that asks for input.
func (m *Menus) Asks(v Visit) bool {
	n := m.flows[v.Flow].Nodes[v.Node]
	return n.Type == TypeMenu || n.Type == TypeCollect
}

// Secret tells whether the digits pressed at the visit's node are to be kept in memory only.
func (m *Menus) Secret(v Visit) bool {
	n := m.flows[v.Flow].Nodes[v.Node]
	return n.Type == TypeCollect && n.Secret
}

// Leaving tells how the flow is about to end when the visit stands at a node that only says goodbye: a caller who hangs
// up there was served as planned.
func (m *Menus) Leaving(v Visit) (fact.IVROutcome, bool) {
	if m.flows[v.Flow].Nodes[v.Node].Type != TypeHangup {
		return "", false
	}
	return hangupOutcome(v), true
}

func hangupOutcome(v Visit) fact.IVROutcome {
	if v.GaveUp {
		return fact.IVRGaveUp
	}
	return fact.IVRContained
}

func (m *Menus) walk(v Visit, at time.Time) *walk {
	return &walk{menus: m, flow: m.flows[v.Flow], at: at, result: Result{Visit: v}}
}

// walk is one step through a flow being worked out.
type walk struct {
	menus  *Menus
	flow   Flow
	at     time.Time
	ahead  string // a digit pressed during an announcement, for the next node that asks
	result Result
}

func (w *walk) node() Node      { return w.flow.Nodes[w.result.Visit.Node] }
func (w *walk) record(ev Event) { w.result.Events = append(w.result.Events, ev) }

// enter goes to a node and on through those that need nobody.
func (w *walk) enter(id string) {
	v := &w.result.Visit
	for {
		n, ok := w.flow.Nodes[id]
		if !ok || v.Steps >= maxSteps {
			w.end(End{Outcome: fact.IVRFailed})
			return
		}
		v.Node, v.Digits, v.Failed = id, "", 0
		v.Steps++
		w.record(Entered{Node: id})
		if id, ok = w.stay(n); ok {
			return
		}
	}
}

// stay does what a node does on entering; false with the next node when there is nothing to wait for.
func (w *walk) stay(n Node) (next string, stays bool) {
	switch n.Type {
	case TypeSchedule:
		if w.menus.places[n.Schedule].open(w.at) {
			return n.Open, false
		}
		return n.Closed, false
	case TypePlay:
		if len(n.Media) == 0 || w.ahead != "" && w.asksAfter(n) {
			return n.Next, false
		}
		w.play(n.Media)
	case TypeMenu, TypeCollect:
		if w.ahead != "" {
			key := w.ahead
			w.ahead = ""
			w.digit(key)
			return "", true
		}
		w.prompt(n, nil)
	case TypeQueue:
		w.end(End{Outcome: fact.IVRQueued, Queue: n.Queue, Priority: n.Priority, Skills: skills(n.Skills)})
	case TypeHangup:
		if len(n.Media) == 0 {
			w.end(End{Outcome: hangupOutcome(w.result.Visit)})
			return "", true
		}
		w.play(n.Media)
	default:
		w.end(End{Outcome: fact.IVRFailed})
	}
	return "", true
}

// asksAfter tells whether announcements and schedules alone lead from n to a node that asks: then a digit pressed
// during n is meant for it.
func (w *walk) asksAfter(n Node) bool {
	for range len(w.flow.Nodes) {
		switch n.Type {
		case TypePlay:
			n = w.flow.Nodes[n.Next]
		case TypeSchedule:
			if w.menus.places[n.Schedule].open(w.at) {
				n = w.flow.Nodes[n.Open]
			} else {
				n = w.flow.Nodes[n.Closed]
			}
		default:
			return n.Type == TypeMenu || n.Type == TypeCollect
		}
	}
	return false
}

func (w *walk) play(media []string) {
	w.result.Visit.Phase = PhasePlaying
	w.result.Play = MediaURIs(media)
}

func (w *walk) prompt(n Node, before []string) {
	media := slices.Concat(before, n.Prompt)
	if len(media) == 0 {
		w.listen(n.timeout())
		return
	}
	w.play(media)
}

func (w *walk) listen(d time.Duration) {
	w.result.Visit.Phase = PhaseListening
	w.result.Wait = d
}

func (w *walk) end(e End) {
	w.result.Visit.Phase = PhaseOver
	w.result.End = &e
}

func (w *walk) played() {
	switch n := w.node(); n.Type {
	case TypePlay:
		w.enter(n.Next)
	case TypeHangup:
		w.end(End{Outcome: hangupOutcome(w.result.Visit)})
	default:
		w.listen(n.timeout())
	}
}

func (w *walk) digit(key string) {
	switch n := w.node(); n.Type {
	case TypePlay:
		if w.asksAfter(n) {
			w.ahead = key
		}
		w.enter(n.Next)
	case TypeHangup:
		w.end(End{Outcome: hangupOutcome(w.result.Visit)})
	case TypeMenu:
		w.menuDigit(n, key)
	default:
		w.collectDigit(n, key)
	}
}

// menuDigit chooses as soon as no longer choice is possible.
func (w *walk) menuDigit(n Node, key string) {
	v := &w.result.Visit
	v.Digits += key
	option, exact := n.Options[v.Digits]
	switch {
	case n.longer(v.Digits):
		w.listen(n.interDigit())
	case exact:
		w.choose(option)
	default:
		w.mistake(n)
	}
}

func (w *walk) choose(o Option) {
	v := &w.result.Visit
	w.record(Chose{Node: v.Node, Key: v.Digits, Label: o.Label, Target: o.Next})
	w.result.Language = o.Language
	v.GaveUp = false
	w.enter(o.Next)
}

func (w *walk) collectDigit(n Node, key string) {
	v := &w.result.Visit
	switch {
	case key == n.Terminator && len(v.Digits) >= n.least():
		w.complete(n)
	case key == n.Terminator || key < "0" || key > "9":
		w.mistake(n)
	default:
		v.Digits += key
		if len(v.Digits) >= n.Max {
			w.complete(n)
			return
		}
		w.listen(n.interDigit())
	}
}

func (w *walk) complete(n Node) {
	v := &w.result.Visit
	w.record(Heard{Node: v.Node, Kind: fact.InputDigits, Digits: len(v.Digits)})
	v.GaveUp = false
	if n.Lookup {
		w.result.Lookup = &Lookup{Digits: v.Digits, Secret: n.Secret}
		if n.NotFound != "" {
			v.Phase, v.Digits = PhaseLooking, ""
			return
		}
	}
	w.enter(n.Next)
}

func (w *walk) timedOut() {
	n := w.node()
	v := w.result.Visit
	option, exact := n.Options[v.Digits]
	switch {
	case v.Digits == "":
		w.silence(n)
	case n.Type == TypeMenu && exact:
		w.choose(option)
	case n.Type == TypeCollect && len(v.Digits) >= n.least():
		w.complete(n)
	default:
		w.mistake(n)
	}
}

func (w *walk) silence(n Node) {
	w.record(Heard{Node: w.result.Visit.Node, Kind: fact.InputNone})
	w.again(n, n.NoInput, n.NoInputMedia)
}

func (w *walk) mistake(n Node) {
	v := w.result.Visit
	w.record(Heard{Node: v.Node, Kind: fact.InputInvalid, Digits: len(v.Digits)})
	w.again(n, n.Invalid, n.InvalidMedia)
}

// again goes to the path the flow names, or asks once more while tries are left, or gives up.
func (w *walk) again(n Node, path string, media []string) {
	v := &w.result.Visit
	v.Digits = ""
	v.Failed++
	switch {
	case path != "":
		w.enter(path)
	case v.Failed < n.tries():
		w.prompt(n, media)
	default:
		w.record(Heard{Node: v.Node, Kind: fact.InputGaveUp})
		v.GaveUp = true
		if n.GaveUp == "" {
			w.end(End{Outcome: fact.IVRGaveUp})
			return
		}
		w.enter(n.GaveUp)
	}
}

func (n Node) timeout() time.Duration    { return orDefault(n.Timeout, DefaultTimeout) }
func (n Node) interDigit() time.Duration { return orDefault(n.InterDigit, DefaultInterDigit) }
func (n Node) tries() int                { return orDefault(n.Tries, DefaultTries) }
func (n Node) least() int                { return max(n.Min, 1) }

// longer tells whether an option begins with digits and has more.
func (n Node) longer(digits string) bool {
	for _, key := range slices.Sorted(maps.Keys(n.Options)) {
		if len(key) > len(digits) && strings.HasPrefix(key, digits) {
			return true
		}
	}
	return false
}

func orDefault[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// skills is the requirement as a list, by name.
func skills(levels map[string]int) []Skill {
	list := make([]Skill, 0, len(levels))
	for _, name := range slices.Sorted(maps.Keys(levels)) {
		list = append(list, Skill{Name: name, Level: levels[name]})
	}
	return list
}
