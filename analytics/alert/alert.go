// Package alert decides when a number of the call centre needs somebody: what a rule says of a number, and the states
// through which a rule goes in each of its queues.
//
// analytics/api reads the numbers, calls Step for each rule and queue at an interval, keeps the states, and sends what Due
// names. The package is pure: no clock, no I/O, no chance; the time is an input. What each rule means to people stands in
// docs/alerts.md.
package alert

import "time"

// Phase is where a rule stands in one queue: a closed list.
type Phase string

const (
	OK      Phase = "ok"      // judged, and as it should be
	Pending Phase = "pending" // bad, but not yet for as long as the rule says
	Firing  Phase = "firing"
	Idle    Phase = "idle"    // there is nothing to judge: no calls, closed, too short a past
	NoData  Phase = "no_data" // it can't be known: the source of the number doesn't answer or is behind
)

// Phases lists them, for documents.
func Phases() []Phase { return []Phase{OK, Pending, Firing, Idle, NoData} }

// Verdict is what a rule says of a number at one instant.
type Verdict string

const (
	Good    Verdict = "good"
	Bad     Verdict = "bad"
	Between Verdict = "between" // no longer bad, but not better by the rule's margin: it neither begins an alert nor ends one
	Nothing Verdict = "nothing" // nothing to judge
	Unknown Verdict = "unknown"
)

// Sample is one look at a number.
type Sample struct {
	Verdict Verdict
	Value   *float64 // in the rule's unit; nil where there is none
	Limit   float64  // what it was compared with
	Why     string   // in words, for people
}

// State is a rule's in one queue. The zero State is one that was never looked at.
type State struct {
	Phase Phase     `json:"phase"`
	Since time.Time `json:"since"` // when the phase began; of Pending and Firing when the number turned bad and began to fire
	Seen  time.Time `json:"seen"`  // when it was looked at last

	Value *float64 `json:"value"`
	Limit float64  `json:"limit"`
	Why   string   `json:"why"`

	Bad   time.Time `json:"bad"`   // since when the number is bad, as far as is known; zero = it is not
	Clear time.Time `json:"clear"` // of Firing: since when the number is good; zero = it is not
	Blind time.Time `json:"blind"` // of Firing: since when nothing is known; zero = it is known
}

// Gap is the longest time between two looks over which a number counts as bad without a break.
const Gap = 5 * time.Minute

// Step is a rule's next state. A look that comes late, early or twice does no harm: only times decide.
func Step(r Rule, s State, in Sample, now time.Time) State {
	if now.Before(s.Seen) { // a clock was set back: what was seen later stays
		now = s.Seen
	}
	if s.Phase == "" {
		s = State{Phase: NoData, Since: now, Seen: now}
	}
	broken := now.Sub(s.Seen) > Gap
	s.Seen, s.Value, s.Limit, s.Why = now, in.Value, in.Limit, in.Why
	switch s.Phase {
	case Firing:
		if broken {
			s.Clear = time.Time{}
		}
		return r.firing(s, in.Verdict, now)
	case Pending, NoData:
		if broken {
			s.Bad = time.Time{}
		}
	case OK, Idle:
	}
	return r.quiet(s, in.Verdict, now)
}

// quiet is the next state of one that doesn't fire.
func (r Rule) quiet(s State, v Verdict, now time.Time) State {
	switch v {
	case Bad:
		if s.Bad.IsZero() {
			s.Bad = now
		}
		if now.Sub(s.Bad) >= r.For {
			return s.enter(Firing, now)
		}
		s.Phase, s.Since = Pending, s.Bad
		return s
	case Unknown: // a number that was bad before counts as bad since then if it is so again
		return s.enter(NoData, now)
	case Nothing:
		s.Bad = time.Time{}
		return s.enter(Idle, now)
	case Good, Between:
	}
	s.Bad = time.Time{}
	return s.enter(OK, now)
}

// firing is the next state of one that fires. It ends when the number was good, or there was nothing to judge, for as long
// as the rule says; not because nothing is known.
func (r Rule) firing(s State, v Verdict, now time.Time) State {
	switch v {
	case Bad, Between:
		s.Clear, s.Blind = time.Time{}, time.Time{}
		return s
	case Unknown:
		s.Clear = time.Time{}
		if s.Blind.IsZero() {
			s.Blind = now
		}
		return s
	case Good, Nothing:
	}
	s.Blind = time.Time{}
	if s.Clear.IsZero() {
		s.Clear = now
	}
	if now.Sub(s.Clear) < r.ClearFor {
		return s
	}
	s.Clear, s.Bad = time.Time{}, time.Time{}
	if v == Nothing {
		return s.enter(Idle, now)
	}
	return s.enter(OK, now)
}

// enter goes to a phase that begins at since; one in which the state is already began earlier.
func (s State) enter(p Phase, since time.Time) State {
	if s.Phase != p {
		s.Phase, s.Since = p, since
	}
	return s
}
