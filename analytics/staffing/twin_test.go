package staffing

import (
	"container/heap"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

const precision = 300

func exact(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// states are the probabilities of k callers being in the system, straight from the balance of flows.
func states(t Traffic, agents, most int) []*big.Float {
	out, sum := []*big.Float{exact(1)}, exact(1)
	for k := 1; k < most; k++ {
		leaving := float64(min(k, agents))/t.Handle.Seconds() + float64(max(0, k-agents))*t.giveUp()
		p := exact(t.rate())
		p.Quo(p.Mul(p, out[k-1]), exact(leaving))
		out = append(out, p)
		sum.Add(sum, p)
	}
	for _, p := range out {
		p.Quo(p, sum)
	}
	return out
}

// slowly computes the same figures from the states; the service level by integrating the density of the wait that a
// patient caller would have, λπ(n−1) e^(λ/θ (1 − e^(−θv)) − nμv), over those whose patience lasts.
func slowly(t Traffic, agents int, within float64) Performance {
	p := states(t, agents, agents+4000)
	float := func(x *big.Float) float64 { f, _ := x.Float64(); return f }
	var out Performance
	var queue, busy float64
	for k, x := range p {
		if k >= agents {
			out.Waiting += float(x)
			queue += float(x) * float64(k-agents)
		}
		busy += float(x) * float64(min(k, agents))
	}
	out.Wait, out.Occupancy = queue/t.rate(), busy/float64(agents)
	theta := t.giveUp()
	out.Abandoned = queue * theta / t.rate()
	before := float(p[agents-1])
	density := func(v float64) float64 {
		given := v // (1 − e^(−θv))/θ
		if theta > 0 {
			given = -math.Expm1(-theta*v) / theta
		}
		return t.rate() * before * math.Exp(t.rate()*given-float64(agents)/t.Handle.Seconds()*v-theta*v)
	}
	out.ServiceLevel = 1 - out.Waiting + simpson(density, within)
	return out
}

func simpson(f func(float64) float64, until float64) float64 {
	const steps = 20_000
	h := until / steps
	sum := f(0) + f(until)
	for i := 1; i < steps; i++ {
		sum += f(float64(i)*h) * float64(2+2*(i%2))
	}
	return sum * h / 3
}

// The formulas equal the plain sums over the states.
func TestEqualsTheStates(t *testing.T) {
	for _, v := range []struct {
		traffic Traffic
		agents  int
	}{
		{cran(), 11},
		{cran(), 14},
		{Traffic{Arrivals: 3, Span: time.Hour, Handle: 200 * time.Second, Patience: 40 * time.Second}, 1},
		{Traffic{Arrivals: 48, Span: time.Minute, Handle: time.Minute, Patience: 2 * time.Minute}, 50},
		{Traffic{Arrivals: 48, Span: time.Minute, Handle: time.Minute, Patience: 2 * time.Minute}, 30},
		{Traffic{Arrivals: 48, Span: time.Minute, Handle: time.Minute, Patience: time.Second}, 40},
		{Traffic{Arrivals: 900, Span: 15 * time.Minute, Handle: 6 * time.Minute, Patience: 3 * time.Minute}, 355},
	} {
		model := ModelA
		if v.traffic.Patience == 0 {
			model = ModelC
		}
		for _, within := range []time.Duration{0, time.Second, 20 * time.Second, 3 * time.Minute} {
			got, want := of(t, model, v.traffic, v.agents, within), slowly(v.traffic, v.agents, within.Seconds())
			near(t, "waiting", got.Waiting, want.Waiting, 1e-9)
			near(t, "service level", got.ServiceLevel, want.ServiceLevel, 1e-9)
			near(t, "wait", got.Wait, want.Wait, 1e-7*(1+want.Wait))
			near(t, "occupancy", got.Occupancy, want.Occupancy, 1e-9)
			near(t, "abandoned", got.Abandoned, want.Abandoned, 1e-9)
		}
	}
}

func TestErlangBEqualsItsSum(t *testing.T) {
	for _, n := range []int{1, 2, 7, 40} {
		term, sum := big.NewRat(1, 1), big.NewRat(1, 1)
		for k := 1; k <= n; k++ { // a^k / k! with a = 25/2
			term.Mul(term, big.NewRat(25, 2*int64(k)))
			sum.Add(sum, term)
		}
		want, _ := new(big.Rat).Quo(term, sum).Float64()
		near(t, "blocking", ErlangB(n, 12.5), want, 1e-15)
	}
}

// freeAt are instants at which agents become free.
type freeAt []float64

func (h freeAt) Len() int           { return len(h) }
func (h freeAt) Less(i, j int) bool { return h[i] < h[j] }
func (h freeAt) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *freeAt) Push(x any)        { *h = append(*h, x.(float64)) }
func (h *freeAt) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// A queue played out call by call, with the same seed each time: who comes first is served first unless his patience ends.
func TestEqualsAQueuePlayedOut(t *testing.T) {
	traffic := Traffic{Arrivals: 60, Span: 5 * time.Minute, Handle: 90 * time.Second, Patience: 50 * time.Second}
	const agents, calls, within = 17, 400_000, 15.0
	rng := rand.New(rand.NewPCG(1917, 1957))
	free := make(freeAt, agents)
	var now, answerWait, wait float64
	var answered, inTime int
	for range calls {
		now += rng.ExpFloat64() / traffic.rate()
		offered, patience := math.Max(0, free[0]-now), rng.ExpFloat64()*traffic.Patience.Seconds()
		wait += math.Min(offered, patience)
		if patience < offered {
			continue
		}
		answered++
		answerWait += offered
		if offered <= within {
			inTime++
		}
		free[0] = now + offered + rng.ExpFloat64()*traffic.Handle.Seconds()
		heap.Fix(&free, 0)
	}
	p := of(t, ModelA, traffic, agents, within*time.Second)
	near(t, "abandoned", p.Abandoned, 1-float64(answered)/calls, 0.003)
	near(t, "service level", p.ServiceLevel, float64(inTime)/calls, 0.005)
	near(t, "speed of answer", p.Answer, answerWait/float64(answered), 0.2)
	near(t, "wait", p.Wait, wait/calls, 0.2)
}
