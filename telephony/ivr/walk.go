package ivr

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Digits read back: what stands for them, and the key that says they are right.
const (
	readBack = "{digits}"
	keyRight = "1"
	plus     = "+" // in front of a number
)

func (m *Menus) walk(v Visit, now Moment) *walk {
	return &walk{menus: m, flow: m.flows[v.Flow], now: now, result: Result{Visit: v}}
}

// walk is one step through a flow being worked out.
type walk struct {
	menus  *Menus
	flow   Flow
	now    Moment
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
		v.Node, v.Digits, v.Failed, v.Asked = id, "", 0, false
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
		return w.byHour(n), false
	case TypeLookup:
		w.result.Lookup = &Lookup{Method: fact.LookupByNumber}
		w.result.Visit.Phase = PhaseLooking
	case TypeBranch:
		return w.byCase(n), false
	case TypeIncident:
		if !w.tell() {
			return n.Next, false
		}
	case TypeLanguage:
		w.result.Language = n.Language
		return n.Next, false
	case TypeSet:
		w.set(n.Set)
		for _, name := range slices.Sorted(maps.Keys(n.Set)) {
			w.record(Set{Node: w.result.Visit.Node, Variable: name, Value: n.Set[name]})
		}
		w.result.Visit.Raised += n.Priority
		return n.Next, false
	case TypePlay:
		if len(n.Media) == 0 || w.ahead != "" && w.asksAfter(n) {
			return n.Next, false
		}
		w.play(n.Media)
	case TypeMenu, TypeCollect, TypeDial:
		if w.ahead != "" {
			key := w.ahead
			w.ahead = ""
			w.digit(key)
			return "", true
		}
		w.prompt(n, nil)
	case TypeCallback:
		w.callback(n)
	case TypeVoicemail:
		if len(n.Prompt) == 0 {
			w.message(n)
			break
		}
		w.play(n.Prompt)
	case TypeQueue:
		w.end(End{Outcome: fact.IVRQueued, Queue: n.Queue, Priority: n.Priority + w.result.Visit.Raised, Skills: skills(n.Skills), Requires: n.Requires})
	case TypeTransfer:
		w.end(End{Outcome: fact.IVRTransferred, Number: n.Number})
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

func (w *walk) byHour(n Node) string {
	if w.menus.places[n.Schedule].Open(w.now.At) {
		return n.Open
	}
	return n.Closed
}

// byCase is where the first case leads that holds.
func (w *walk) byCase(n Node) string {
	v := &w.result.Visit
	seen := w.view()
	for i, c := range w.menus.conditions[v.Flow][v.Node] {
		held, err := c.holds(seen)
		if err != nil {
			w.record(Unfit{Node: v.Node, Case: i + 1, Condition: n.Cases[i].When})
		}
		if held {
			return n.Cases[i].Next
		}
	}
	return n.Otherwise
}

func (w *walk) view() view {
	c := w.now.Caller
	language := c.Language
	if w.result.Language != "" {
		language = w.result.Language // chosen in this very step
	}
	return view{
		Number: c.Number, Name: c.Name, Dialed: c.Dialed, Language: language, Customer: c.Customer, CustomerName: c.CustomerName,
		Ticket: c.Ticket, TicketStatus: c.TicketStatus, Vars: w.result.Visit.Vars,
	}
}

// set gives variables their texts. Earlier visits keep theirs.
func (w *walk) set(texts map[string]string) {
	vars := maps.Clone(w.result.Visit.Vars)
	if vars == nil {
		vars = make(map[string]string, len(texts))
	}
	maps.Copy(vars, texts)
	if len(vars) > 0 {
		w.result.Visit.Vars = vars
	}
}

// asksAfter tells whether announcements, schedules and languages alone lead from n to a node that asks: then a digit pressed
// during n is meant for it.
func (w *walk) asksAfter(n Node) bool { return w.asks(w.flow.Nodes[n.Next]) }

// asks tells whether n asks, or announcements, schedules and languages alone lead from it to a node that does.
func (w *walk) asks(n Node) bool {
	for range len(w.flow.Nodes) {
		switch n.Type {
		case TypePlay, TypeLanguage:
			n = w.flow.Nodes[n.Next]
		case TypeSchedule:
			n = w.flow.Nodes[w.byHour(n)]
		default:
			return n.Type.asks()
		}
	}
	return false
}

func (w *walk) play(media []string) {
	w.result.Visit.Phase = PhasePlaying
	w.result.Play = MediaURIs(media)
}

func (w *walk) prompt(n Node, before []string) { w.ask(n, slices.Concat(before, n.Prompt)) }

// ask plays what asks for input, or waits for it at once.
func (w *walk) ask(n Node, media []string) {
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
	case TypeIncident:
		w.enter(n.afterTold())
	case TypeHangup:
		w.end(End{Outcome: hangupOutcome(w.result.Visit)})
	case TypeVoicemail:
		w.message(n)
	default:
		w.listen(n.timeout())
	}
}

// message records what the caller says. From now on he is served.
func (w *walk) message(n Node) {
	v := &w.result.Visit
	v.Phase, v.Told = PhaseRecording, true
	w.result.Record = &Record{Queue: n.Queue, Silence: orDefault(n.Silence, DefaultSilence)}
	w.result.Wait = orDefault(n.Longest, DefaultLongest)
}

func (w *walk) digit(key string) {
	switch n := w.node(); n.Type {
	case TypePlay:
		if w.asksAfter(n) {
			w.ahead = key
		}
		w.enter(n.Next)
	case TypeIncident:
		if w.asks(w.flow.Nodes[n.afterTold()]) {
			w.ahead = key
		}
		w.enter(n.afterTold())
	case TypeHangup:
		w.end(End{Outcome: hangupOutcome(w.result.Visit)})
	case TypeVoicemail:
		if w.result.Visit.Phase == PhasePlaying {
			w.message(n)
			return
		}
		w.enter(n.Next)
	case TypeMenu, TypeDial:
		w.menuDigit(n, key)
	default:
		w.collectDigit(n, key)
	}
}

// menuDigit chooses as soon as no longer choice is possible.
func (w *walk) menuDigit(n Node, key string) {
	v := &w.result.Visit
	w.press(key)
	option, exact := n.Options[v.Digits]
	switch {
	case n.longer(v.Digits):
		w.listen(w.nextDigit(n))
	case exact:
		w.choose(option)
	default:
		w.mistake(n)
	}
}

// press adds a digit to those pressed so far.
func (w *walk) press(key string) {
	v := &w.result.Visit
	if v.entered() == 0 {
		v.Began = w.now.At
	}
	v.Digits += key
}

// nextDigit is how long the next digit may take: as between digits, but no longer than all of them may.
func (w *walk) nextDigit(n Node) time.Duration {
	if n.Overall == 0 {
		return n.interDigit()
	}
	left := n.Overall - w.now.At.Sub(w.result.Visit.Began)
	return min(n.interDigit(), max(left, time.Millisecond))
}

func (w *walk) choose(o Option) {
	v := &w.result.Visit
	w.record(Chose{Node: v.Node, Key: v.Digits, Label: o.Label, Target: o.Next})
	w.result.Language = cmp.Or(o.Language, w.result.Language)
	v.GaveUp = false
	if w.node().Type == TypeDial {
		w.end(End{Outcome: fact.IVRQueued, Queue: o.Next, Priority: v.Raised})
		return
	}
	w.enter(o.Next)
}

func (w *walk) collectDigit(n Node, key string) {
	v := &w.result.Visit
	switch {
	case v.Asked && key == keyRight:
		w.accept(n)
	case v.Asked:
		w.record(Heard{Node: v.Node, Kind: fact.InputRefused, Digits: v.entered()})
		w.again(n, "", nil)
	case key == n.terminator() && len(v.Digits) >= n.least():
		w.complete(n)
	case key == n.terminator() || key < "0" || key > "9":
		w.mistake(n)
	default:
		w.press(key)
		if len(v.Digits) >= n.most() {
			w.complete(n)
			return
		}
		w.listen(w.nextDigit(n))
	}
}

// complete takes the digits, or asks first whether they are right.
func (w *walk) complete(n Node) {
	if len(n.Confirm) == 0 {
		w.accept(n)
		return
	}
	w.readOut(n, nil)
}

func sayDigit(digit rune) string { return "digits/" + string(digit) } // not digits:, which no key stops

// readOut says the digits, and asks whether they are right.
func (w *walk) readOut(n Node, before []string) {
	v := &w.result.Visit
	v.Asked = true
	media := slices.Clone(before)
	for _, name := range n.Confirm {
		if name != readBack {
			media = append(media, name)
			continue
		}
		for _, digit := range v.Digits {
			if digit < '0' || digit > '9' {
				continue // the plus
			}
			media = append(media, sayDigit(digit))
		}
	}
	w.ask(n, media)
}

func (w *walk) accept(n Node) {
	if n.Type == TypeCallback {
		w.promise(n)
		return
	}
	v := &w.result.Visit
	w.record(Heard{Node: v.Node, Kind: fact.InputDigits, Digits: len(v.Digits)})
	v.GaveUp = false
	if n.Save != "" {
		w.set(map[string]string{n.Save: v.Digits})
	}
	if n.Lookup {
		w.result.Lookup = &Lookup{Method: fact.LookupByDigits, Digits: v.Digits, Secret: n.Secret}
		if n.NotFound != "" {
			v.Phase, v.Digits, v.Asked = PhaseLooking, "", false
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
	case v.Digits == "" || v.Asked:
		w.silence(n)
	case !n.Type.takesDigits() && exact:
		w.choose(option)
	case n.Type.takesDigits() && len(v.Digits) >= n.least():
		w.complete(n)
	default:
		w.mistake(n)
	}
}

func (w *walk) silence(n Node) {
	w.record(Heard{Node: w.result.Visit.Node, Kind: fact.InputNone})
	if n.Type == TypeCallback && w.result.Visit.Asked { // nothing was said against the number: it is offered again
		if w.triesLeft(n, n.NoInput) {
			w.readOut(n, n.NoInputMedia)
		}
		return
	}
	w.again(n, n.NoInput, n.NoInputMedia)
}

func (w *walk) mistake(n Node) {
	v := w.result.Visit
	w.record(Heard{Node: v.Node, Kind: fact.InputInvalid, Digits: v.entered()})
	w.again(n, n.Invalid, n.InvalidMedia)
}

// again goes to the path the flow names, or asks once more while tries are left, or gives up.
func (w *walk) again(n Node, path string, media []string) {
	w.result.Visit.Digits, w.result.Visit.Asked = "", false
	if w.triesLeft(n, path) {
		w.prompt(n, media)
	}
}

// triesLeft counts a silence or a mistake; false when it has led away from the node.
func (w *walk) triesLeft(n Node, path string) bool {
	v := &w.result.Visit
	v.Failed++
	switch {
	case path != "":
		w.enter(path)
	case v.Failed < n.tries():
		return true
	default:
		w.giveUp(n)
	}
	return false
}

// giveUp goes where the flow goes on without an answer, or ends the call.
func (w *walk) giveUp(n Node) {
	v := &w.result.Visit
	w.record(Heard{Node: v.Node, Kind: fact.InputGaveUp})
	v.GaveUp = true
	if n.GaveUp == "" {
		v.Digits, v.Asked = "", false
		w.end(End{Outcome: hangupOutcome(*v)})
		return
	}
	w.enter(n.GaveUp)
}

func (n Node) timeout() time.Duration    { return orDefault(n.Timeout, DefaultTimeout) }
func (n Node) interDigit() time.Duration { return orDefault(n.InterDigit, DefaultInterDigit) }
func (n Node) tries() int                { return orDefault(n.Tries, DefaultTries) }

// entered is how many digits there are; a plus is none.
func (v Visit) entered() int { return len(strings.TrimPrefix(v.Digits, plus)) }

// least and most are how many digits it takes.
func (n Node) least() int {
	if n.Type == TypeCallback {
		return orDefault(n.Min, DefaultLeastNumber)
	}
	return max(n.Min, 1)
}

func (n Node) most() int {
	if n.Type == TypeCallback {
		return orDefault(n.Max, DefaultMostNumber)
	}
	return n.Max
}

func (n Node) terminator() string {
	if n.Type == TypeCallback {
		return cmp.Or(n.Terminator, defaultNumberEnd)
	}
	return n.Terminator
}

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
