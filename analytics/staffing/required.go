package staffing

import (
	"fmt"
	"math"
	"time"
)

// Target is what a queue is staffed for. What is zero is not asked for; something has to be.
type Target struct {
	ServiceLevel float64       // share of all arrivals answered within Within, above 0 and below 1
	Within       time.Duration // T of the service level
	MeanWait     time.Duration // the mean wait of the answered is at most this
	Occupancy    float64       // agents are on callers for at most this share of their time, above 0 and at most 1
}

// MaxAgents bounds the search.
const MaxAgents = 100_000

// Check says what of a target can't be.
func (g Target) Check() error {
	share := func(x float64) bool { return x >= 0 && x <= 1 }
	switch {
	case !share(g.ServiceLevel) || g.ServiceLevel == 1:
		return fmt.Errorf("service level %v is not a share from 0 to below 1", g.ServiceLevel)
	case !share(g.Occupancy):
		return fmt.Errorf("occupancy %v is not a share from 0 to 1", g.Occupancy)
	case g.Within < 0 || g.MeanWait < 0:
		return fmt.Errorf("a time of the target is below 0")
	case g.ServiceLevel == 0 && g.MeanWait == 0 && g.Occupancy == 0:
		return fmt.Errorf("the target asks for nothing: name a service level, a mean wait or an occupancy")
	}
	return nil
}

// met says whether a performance reaches the target. A queue without a steady state never does.
func (g Target) met(p Performance) bool {
	return p.Steady && p.ServiceLevel >= g.ServiceLevel && (g.MeanWait == 0 || p.Answer <= g.MeanWait.Seconds()) &&
		(g.Occupancy == 0 || p.Occupancy <= g.Occupancy)
}

// Required is the smallest number of agents that reaches the target, and how the queue does with them: none when nobody
// comes. It fails when more than MaxAgents would be needed.
func Required(m Model, t Traffic, g Target) (int, Performance, error) {
	if err := t.validate(); err != nil {
		return 0, Performance{}, err
	}
	if err := g.Check(); err != nil {
		return 0, Performance{}, err
	}
	if t.Arrivals == 0 {
		return 0, idle(), nil
	}
	met := func(n int) bool { return g.met(performance(m, t, n, g.Within.Seconds())) }
	n, err := smallest(t.Erlangs(), met)
	if err != nil {
		return 0, Performance{}, err
	}
	return n, performance(m, t, n, g.Within.Seconds()), nil
}

// smallest finds the least n that is met; every greater one is too. It begins at the load, because the answer lies about
// its root beside it, and a queue far below its load takes long to compute.
func smallest(erlangs float64, met func(int) bool) (int, error) {
	if erlangs >= MaxAgents {
		return 0, fmt.Errorf("a load of %.0f Erlangs needs more than %d agents", erlangs, MaxAgents)
	}
	start := max(1, int(math.Ceil(erlangs)))
	low, high := start-1, start // low is not met, or 0; high is met
	step := max(1, int(math.Sqrt(erlangs)))
	if met(start) {
		for low > 0 && met(low) {
			high, low = low, max(0, low-step)
			step *= 2
		}
	} else {
		for low = start; ; step *= 2 {
			if high = min(low+step, MaxAgents); met(high) {
				break
			}
			if low = high; low == MaxAgents {
				return 0, fmt.Errorf("more than %d agents would be needed", MaxAgents)
			}
		}
	}
	for high-low > 1 {
		if mid := (low + high) / 2; met(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, nil
}

// Rostered is how many people have to be on the roster for agents to be there when a share of the paid time is lost to
// breaks, training, illness: agents / (1 − shrinkage), rounded up. shrinkage is from 0 to below 1.
func Rostered(agents int, shrinkage float64) (int, error) {
	if !(shrinkage >= 0 && shrinkage < 1) {
		return 0, fmt.Errorf("shrinkage %v is not a share from 0 to below 1", shrinkage)
	}
	const rounding = 1e-9 // 14 / 0.7 is 20, not 21
	return int(math.Ceil(float64(agents)/(1-shrinkage) - rounding)), nil
}
