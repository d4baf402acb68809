package replay

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// survival is how many callers of a queue are still patient after each time at which one gave up: the product-limit
// estimate (Kaplan and Meier, J. Am. Stat. Assoc. 53, 1958), in which a caller who was answered counts as one who would
// have waited longer.
type survival struct {
	at   []time.Duration // rising
	left []float64       // share still patient after it
}

func patienceOf(callers []caller) map[string]*survival {
	waits := map[string][]caller{}
	for _, c := range callers {
		waits[c.queue] = append(waits[c.queue], c)
	}
	out := map[string]*survival{}
	for queue, list := range waits {
		out[queue] = estimate(list)
	}
	return out
}

func estimate(callers []caller) *survival {
	slices.SortStableFunc(callers, func(a, b caller) int { return cmp.Compare(a.wait, b.wait) })
	s := &survival{}
	left := 1.0
	for i, c := range callers {
		if c.gaveUp {
			left *= 1 - 1/float64(len(callers)-i)
			s.at, s.left = append(s.at, c.wait), append(s.left, left)
		}
	}
	return s
}

// of is how long a caller waits before he gives up; false = he waits to the end. Who gave up did so then; of the others it
// is known that they would have waited longer than they had to, and how long is drawn.
func (s *survival) of(c *caller, luck *rand.Rand) (time.Duration, bool) {
	if c.gaveUp {
		return c.wait, true
	}
	patient := 1.0
	for i, at := range s.at {
		if at <= c.wait {
			patient = s.left[i]
		}
	}
	drawn := luck.Float64() * patient
	for i, at := range s.at {
		if at > c.wait && s.left[i] <= drawn {
			return at, true
		}
	}
	return 0, false
}
