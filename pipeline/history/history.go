// Package history turns the lines of an Asterisk's queue_log into facts as live calls have, so that the numbers of the past
// follow the definitions of the present.
//
// It is pure: lines in, facts and notes out. It opens no file, knows no clock, and takes any line in any state. Package
// importer reads the files, gives the lines in the order of their times and keeps what was taken in; nobody else calls it.
//
// The same lines give the same facts, whatever files they stood in and in whatever order those were given: lines of one
// second are taken in an order in which they make sense and not in that in which they stand, and a line that stands in
// two files is taken once. The facts of a contact only ever grow: those of a log's beginning begin those of the whole log.
//
// What queue_log does not tell is not made up. Where the beginning of something is told by its end (a ring, a wait whose
// ENTERQUEUE is in no file) it is derived and says so; wrap-up, hold and menus are absent.
package history

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// How long a contact stays open without a line.
const (
	quiet  = 2 * time.Hour  // nothing is open: the caller may still come to another queue, after a menu or a transfer
	lost   = 24 * time.Hour // he waits, or talks, and nobody ever says that it ended
	recall = 48 * time.Hour // how long the id of an ended contact is remembered: it may come again after a restart
)

// Config says what the names in the lines stand for.
type Config struct {
	Node   string                // name of the exchange that wrote the lines; stands before every contact's id
	Agents map[string]string     // id of an agent, by his name in the lines, small letters; others keep their name
	Queues map[string]string     // id of a queue, by its name in the lines, small letters; others keep their name
	Number func(n string) string // brings a caller's number into the site's form; nil leaves it
}

// Part is what became known of one contact or agent: facts that go on where the last part of the same subject ended.
type Part struct {
	Subject string
	Facts   []fact.Fact // Subject and Sequence are set, the log's fields are not
	Agent   *Agent      // of an agent: how he goes on; nil for a contact
	By      Source      // what tells of a contact
	Others  []string    // by channel events: what else the contact would be called, by the uniqueids of its other channels
}

// Source is what a contact of the past is told by.
type Source string

// The sources.
const (
	ByQueueLog Source = ""
	ByCDR      Source = "cdr" // call detail records
	ByCEL      Source = "cel" // channel event logging
)

// Fold takes lines and gives facts. Not for concurrent use.
type Fold struct {
	cfg      Config
	contacts map[string]*contact // open, by the uniqueid in the lines
	agents   map[string]*Agent
	recent   map[string]time.Time // uniqueids of ended contacts, and when they ended
	now      time.Time            // of the lines in hand
	swept    time.Time
	until    time.Time // of the lines that earlier imports had
	details  []Detail  // kept for the next import of them
	parts    []Part
	notes    []Note
	counts   Counts
	level    Level // of the line in hand
}

// State is what a Fold needs to go on with the next file in another process.
type State struct {
	Agents map[string]*Agent    `json:"agents"`
	Lines  []Line               `json:"lines"`  // of the contacts still open, by time
	Recent map[string]time.Time `json:"recent"` // uniqueids that ended lately
	Until  time.Time            `json:"until"`  // how far queue_log was read; zero = it never was

	Details []Detail `json:"details,omitempty"` // rows of calls that are not taken in yet; a Fold keeps them as they are
}

// New returns a fold that goes on from a state; the zero State is that of the very beginning. The state's lines are the
// caller's to give again, with the others of their times.
func New(cfg Config, s State) *Fold {
	f := &Fold{cfg: cfg, contacts: map[string]*contact{}, agents: map[string]*Agent{}, recent: map[string]time.Time{}, counts: NewCounts(), level: Understood,
		until: s.Until, details: s.Details}
	for id, a := range s.Agents {
		f.agents[id] = a.clone()
	}
	for id, at := range s.Recent {
		f.recent[id] = at
	}
	return f
}

// State is what is needed to go on from here.
func (f *Fold) State() State {
	s := State{Agents: map[string]*Agent{}, Recent: map[string]time.Time{}, Until: later(f.now, f.until), Details: f.details}
	for id, a := range f.agents {
		s.Agents[id] = a.clone()
	}
	for _, ct := range f.contacts {
		s.Lines = append(s.Lines, ct.lines...)
	}
	slices.SortFunc(s.Lines, func(a, b Line) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.text(), b.text())) })
	for id, at := range f.recent {
		if f.now.Sub(at) < recall {
			s.Recent[id] = at
		}
	}
	return s
}

// Second takes the lines of one second from all files. Seconds come in order. A line that stands in several files is taken
// as often as it stands in one of them.
func (f *Fold) Second(at time.Time, lines []Line) {
	if at.After(f.now) {
		f.now = at
	}
	lines = f.once(lines)
	f.sweep()
	calls := map[string][]Line{}
	for _, l := range lines {
		if l.Event == eventStart {
			f.take(l, f.restarted)
			continue
		}
		calls[l.call()] = append(calls[l.call()], l)
	}
	for _, id := range sortedKeys(calls) {
		if id == "" {
			for _, l := range calls[id] {
				f.take(l, f.elsewhere)
			}
			continue
		}
		f.ofCall(id, calls[id])
	}
}

// once leaves out what other files have too, and puts the rest in one order.
func (f *Fold) once(lines []Line) []Line {
	most := map[string]int{}
	here := map[string]map[int]int{}
	for _, l := range lines {
		t := l.text()
		if here[t] == nil {
			here[t] = map[int]int{}
		}
		here[t][l.File]++
		most[t] = max(most[t], here[t][l.File])
	}
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(rank(a.Event), rank(b.Event)), cmp.Compare(a.text(), b.text()), cmp.Compare(a.File, b.File), cmp.Compare(a.Number, b.Number))
	})
	var out []Line
	for _, l := range lines {
		if most[l.text()] == 0 {
			f.counts.Repeated++
			continue
		}
		most[l.text()]--
		out = append(out, l)
	}
	return out
}

// sortable bounds the search for an order: no call has so many lines in one second.
const sortable = 200

// ofCall takes the lines of one call in one second, each time the one that fits best.
func (f *Fold) ofCall(id string, lines []Line) {
	if ct := f.contacts[id]; ct != nil && ct.expired(f.now) {
		f.settle(id)
	}
	for len(lines) > 0 {
		best, fit := 0, -1
		for i, l := range lines[:min(len(lines), sortable)] {
			if n := f.contacts[id].fits(l, f.queue(l.Queue), f.agent(l.Agent)); n > fit {
				best, fit = i, n
			}
		}
		l := lines[best]
		lines = slices.Delete(lines, best, best+1)
		f.take(l, func(l Line) { f.ofContact(id, l) })
	}
}

// take counts a line and does with it.
func (f *Fold) take(l Line, do func(Line)) {
	f.level = l.level()
	do(l)
	if !l.Again {
		f.counts.Of(f.level)[l.Event]++
	}
}

// elsewhere takes a line that is about no call.
func (f *Fold) elsewhere(l Line) {
	switch kindOf(l.Event) {
	case kindAgent:
		f.ofAgent(l)
	case kindCall:
		f.refuse(l, "no call", "the line says nothing of whose call it is")
	case kindSilent:
		f.silent(l)
	default:
		f.refuse(l, "unknown event", "app_queue writes no such event")
	}
}

// silent leaves out an event that is known, and that facts have nothing of.
func (f *Fold) silent(l Line) {
	f.leave(l, "no fact", "it is known, and no fact has what it says")
}

// restarted: Asterisk has begun anew, every call that was is over.
func (f *Fold) restarted(l Line) {
	for _, id := range sortedKeys(f.contacts) {
		f.settle(id)
	}
	for _, id := range sortedKeys(f.agents) {
		f.agents[id].restarted(f.now)
	}
}

// sweep ends contacts of which nothing is heard any more.
func (f *Fold) sweep() {
	if f.now.Sub(f.swept) < time.Hour {
		return
	}
	f.swept = f.now
	for _, id := range sortedKeys(f.contacts) {
		if f.contacts[id].expired(f.now) {
			f.settle(id)
		}
	}
	for id, at := range f.recent {
		if f.now.Sub(at) > recall {
			delete(f.recent, id)
		}
	}
}

// Finish ends everything that is open: nothing comes after these lines.
func (f *Fold) Finish() {
	for _, id := range sortedKeys(f.contacts) {
		f.settle(id)
	}
	for _, id := range sortedKeys(f.agents) {
		f.emitAgent(id, f.agents[id].finish(f.now))
	}
}

// Open counts the contacts that are not over yet: those who wait or talk, and all.
func (f *Fold) Open() (busy, all int) {
	for _, ct := range f.contacts {
		if ct.entry != nil || ct.talk != nil {
			busy++
		}
	}
	return busy, len(f.contacts)
}

// Taken gives what came since it was last asked.
func (f *Fold) Taken() ([]Part, []Note) {
	parts, notes := f.parts, f.notes
	f.parts, f.notes = nil, nil
	return parts, notes
}

// Counts is how many lines were taken so far, and how.
func (f *Fold) Counts() Counts { return f.counts }

func (f *Fold) queue(name string) string { return named(f.cfg.Queues, name) }
func (f *Fold) agent(name string) string { return named(f.cfg.Agents, name) }

func named(known map[string]string, name string) string {
	if name == none {
		return ""
	}
	if id, ok := known[strings.ToLower(name)]; ok {
		return id
	}
	return name
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
