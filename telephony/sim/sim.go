// Package sim is a seeded world around the core: callers, agents with phones, an Asterisk as strict as the real one, a
// controller that crashes, a link that breaks. Hours of traffic take milliseconds, and the same seed gives the same run,
// so a seed is a bug report.
//
// Its callers are its own tests, `make sim`, and the generator of simulated days that analytics is tested with. It drives
// telephony/callcenter only through the package's exported API, as telephony/controller does, and checks after every
// step what must always be true (check*.go). It never runs in production and never reads a clock.
package sim

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Options choose a run.
type Options struct {
	Seed  uint64
	Steps int       // inputs given to the core before the world is wound down
	Trace io.Writer // every happening as one line; nil = none
}

// Result tells what a run has seen.
type Result struct {
	Seed  uint64
	Hash  uint64         // of everything the core put out and every fault; equal for equal runs
	Steps int            // inputs given to the core, those of the winding down included
	Facts int            // durable ones
	Seen  map[string]int // how often each kind of event, fact, outcome, fault happened
}

// Failure is a rule that was broken.
type Failure struct {
	Seed    uint64
	Steps   int  // Options.Steps of the run
	Step    int  // where it broke
	Rule    Rule // which one
	Message string
	Trace   []string // the last lines before it

	at     time.Duration // since the world began
	played []int         // stimuli that happened
}

// tailLines is how many lines of the trace a failure shows.
const tailLines = 60

func (f *Failure) Error() string {
	return fmt.Sprintf("seed %d, step %d: rule %q is broken: %s\nrepeat with: make sim SEED=%d STEPS=%d\n%s",
		f.Seed, f.Step, f.Rule, f.Message, f.Seed, f.Steps, strings.Join(f.Trace, "\n"))
}

// Run simulates one seed twice. The error is a *Failure when a rule was broken, the two runs differing included.
func Run(o Options) (Result, error) { return run(o, setting{}) }

// setting is what tests change about a run.
type setting struct {
	wrap  func(center) center // puts something between the world and the core
	leave map[int]bool        // stimuli left out, by index
	once  bool                // don't compare with a second run
	blind bool                // leave out the rules that only look: the second run of a seed is there for its hash
	until time.Duration       // the winding down begins then, if not earlier; 0 = by steps alone
}

func run(o Options, s setting) (Result, error) {
	first, failure := play(o, s)
	if failure != nil {
		return first, explain(o, s, failure)
	}
	if s.once {
		return first, nil
	}
	o.Trace = nil
	s.blind = true
	second, failure := play(o, s)
	s.blind = false
	if failure != nil {
		return second, explain(o, s, failure)
	}
	if first.Hash != second.Hash || first.Steps != second.Steps {
		return second, explain(o, s, &Failure{
			Seed: o.Seed, Steps: o.Steps, Step: second.Steps, Rule: ruleDeterminism,
			Message: fmt.Sprintf("two runs differ: hash %016x after %d steps, %016x after %d", first.Hash, first.Steps, second.Hash, second.Steps),
		})
	}
	return first, nil
}

// play runs a world once.
func play(o Options, s setting) (Result, *Failure) {
	w := newWorld(o, s, drawSite(o.Seed))
	w.run()
	return w.result(), w.failure
}

// explain repeats a failed run with every rule checked after every step, so that the first broken one is named, and
// with the trace kept.
func explain(o Options, s setting, failure *Failure) *Failure {
	tail := &lastLines{max: tailLines}
	o.Trace = tail
	s.once = true
	w := newWorld(o, s, drawSite(o.Seed))
	w.every = 1
	w.run()
	if w.failure != nil {
		failure = w.failure
	}
	failure.Trace = append(tail.lines, strings.Split(strings.TrimSpace(w.ast.String()), "\n")...)
	return failure
}

// lastLines keeps the last lines written to it.
type lastLines struct {
	max   int
	lines []string
}

// Write takes one line.
func (l *lastLines) Write(b []byte) (int, error) {
	if len(l.lines) == l.max {
		l.lines = append(l.lines[:0], l.lines[1:]...)
	}
	l.lines = append(l.lines, strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}
