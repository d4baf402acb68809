package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// dice is a source of chance of one thing in the world: a caller, a leg, a command. Each thing has dice of its own, made
// from the run's seed and the thing's name, so that leaving one out changes nobody else's luck. That is what lets the
// reducer shrink a failing run.
type dice struct{ pcg rand.PCG }

// newDice makes the dice of the thing called name; n tells several throws of one name apart.
func newDice(seed uint64, name string, n uint64) *dice {
	d := &dice{}
	d.pcg.Seed(seed, hashString(name)^n*0x9e3779b97f4a7c15)
	return d
}

// hashString is FNV-1a with a final mix.
func hashString(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix spreads every bit of x over the whole word.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (d *dice) uint64() uint64 { return d.pcg.Uint64() }

// below throws a number in [0, n); 0 when n is not positive.
func (d *dice) below(n int) int {
	if n <= 0 {
		return 0
	}
	return int(d.pcg.Uint64() % uint64(n))
}

// float throws a number in [0, 1).
func (d *dice) float() float64 { return float64(d.pcg.Uint64()>>11) / (1 << 53) }

// chance is true with probability p.
func (d *dice) chance(p float64) bool { return p > 0 && d.float() < p }

// between throws a duration in [from, until).
func (d *dice) between(from, until time.Duration) time.Duration {
	return from + time.Duration(d.float()*float64(until-from))
}

// around throws a duration with an exponential distribution of the given mean, at most eight times the mean.
func (d *dice) around(mean time.Duration) time.Duration {
	return time.Duration(math.Min(8, -math.Log(1-d.float())) * float64(mean))
}

// one picks an element.
func one[T any](d *dice, of ...T) T { return of[d.below(len(of))] }
