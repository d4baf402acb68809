// Package staffing computes how many agents a queue needs: the Erlang B, C and A formulas and the search over them.
//
// analytics/metric calls it for the forecast of staffing. It is pure and knows neither facts nor schedules: it is given
// a rate of arrivals, a mean handle time and a mean patience, all of which are taken as exponential, in a span long enough
// for the queue to settle. It never rounds a figure and never guesses: what has no steady state says so.
//
// Sources. B and C: A. K. Erlang (1917), in the recursive form of any textbook. A: the M/M/n+M queue of C. Palm (1957);
// notation of A. Mandelbaum and S. Zeltyn, "Service Engineering in Action: The Palm/Erlang-A Queue" (2007).
package staffing

import (
	"fmt"
	"math"
	"time"
)

// Traffic is what arrives in a span of time.
type Traffic struct {
	Arrivals float64       // expected number in the span
	Span     time.Duration // above 0
	Handle   time.Duration // mean time an agent spends on one, above 0
	Patience time.Duration // mean time until a caller gives up waiting; 0 means that nobody ever does
}

// Erlangs is the offered load: how many agents would be busy if there were any number of them.
func (t Traffic) Erlangs() float64 { return t.rate() * t.Handle.Seconds() }

// rate is arrivals per second.
func (t Traffic) rate() float64 { return t.Arrivals / t.Span.Seconds() }

// giveUp is the rate at which one waiting caller gives up, per second.
func (t Traffic) giveUp() float64 {
	if t.Patience == 0 {
		return 0
	}
	return 1 / t.Patience.Seconds()
}

func (t Traffic) validate() error {
	switch {
	case math.IsNaN(t.Arrivals) || math.IsInf(t.Arrivals, 0) || t.Arrivals < 0:
		return fmt.Errorf("arrivals %v are not a number from 0", t.Arrivals)
	case t.Span <= 0:
		return fmt.Errorf("span %s is not above 0", t.Span)
	case t.Handle <= 0:
		return fmt.Errorf("mean handle time %s is not above 0", t.Handle)
	case t.Patience < 0:
		return fmt.Errorf("mean patience %s is below 0", t.Patience)
	}
	return nil
}

// Model is the formula that says how a queue behaves.
type Model string

const (
	ModelC Model = "erlang_c" // callers wait however long it takes
	ModelA Model = "erlang_a" // callers give up after an exponential time
)

// Performance is how a queue does with a number of agents, in the long run.
type Performance struct {
	Steady       bool    // false: the load is not below the agents and nobody gives up, so the wait grows without end
	Waiting      float64 // share of the arrivals that wait at all
	ServiceLevel float64 // share of all arrivals answered within the target's time; who gives up counts against it
	Answer       float64 // mean wait of the answered in seconds, those answered at once included; +Inf when not steady
	Wait         float64 // mean wait of all arrivals in seconds; +Inf when not steady
	Occupancy    float64 // share of the agents' time that is spent on callers
	Abandoned    float64 // share of the arrivals that give up
}

// idle is the performance of a queue to which nobody comes.
func idle() Performance { return Performance{Steady: true, ServiceLevel: 1} }

// growing is the performance of a queue whose wait grows without end.
func growing() Performance {
	return Performance{Waiting: 1, Answer: math.Inf(1), Wait: math.Inf(1), Occupancy: 1}
}

// Of computes the performance of agents (at least 1) for traffic, with the service level at within.
func Of(m Model, t Traffic, agents int, within time.Duration) (Performance, error) {
	if err := t.validate(); err != nil {
		return Performance{}, err
	}
	if agents < 1 {
		return Performance{}, fmt.Errorf("%d agents are fewer than 1", agents)
	}
	if within < 0 {
		return Performance{}, fmt.Errorf("time %s of the service level is below 0", within)
	}
	return performance(m, t, agents, within.Seconds()), nil
}

func performance(m Model, t Traffic, agents int, within float64) Performance {
	switch {
	case t.Arrivals == 0:
		return idle()
	case m == ModelA && t.Patience > 0:
		return erlangA(t, agents, within)
	default:
		return erlangC(t, agents, within)
	}
}
