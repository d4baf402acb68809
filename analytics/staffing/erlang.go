package staffing

import "math"

// ErlangB is the share of arrivals lost by a group of servers without a queue: B(0) = 1, B(k) = aB(k−1) / (k + aB(k−1)).
// The recursion keeps to [0, 1], so it is stable for any load; it takes one step for each server.
func ErlangB(servers int, erlangs float64) float64 {
	b := 1.0
	for k := 1; k <= servers; k++ {
		b = erlangs * b / (float64(k) + erlangs*b)
	}
	return b
}

// ErlangC is the share of arrivals that wait when all wait as long as it takes: B / (1 − ρ(1 − B)) with ρ = a/n. It is 1
// when the load is not below the agents: then there is no steady state.
func ErlangC(agents int, erlangs float64) float64 {
	if erlangs >= float64(agents) {
		return 1
	}
	b := ErlangB(agents, erlangs)
	return b / (1 - erlangs/float64(agents)*(1-b))
}

// erlangC is the M/M/n queue: P(W > t) = C e^(−(n − a)t/h), E[W] = C h/(n − a).
func erlangC(t Traffic, agents int, within float64) Performance {
	a, n := t.Erlangs(), float64(agents)
	if a >= n {
		return growing()
	}
	waiting := ErlangC(agents, a)
	drain := (n - a) / t.Handle.Seconds() // rate at which the wait of those who wait ends
	wait := waiting / drain
	return Performance{
		Steady: true, Waiting: waiting, ServiceLevel: 1 - waiting*math.Exp(-drain*within), Answer: wait, Wait: wait, Occupancy: a / n,
	}
}

// negligible is the weight of a state, beside the sum of those before it, from which on states are left out.
const negligible = 1e-17

// erlangA is the M/M/n+M queue. With λ arrivals, n agents of rate μ, and each waiting caller giving up at rate θ, the
// probability of j waiting callers falls as w(j) = Π λ/(nμ + kθ), k = 1…j, from that of none waiting and all agents busy.
//
// Who comes upon j waiting ones waits, if patient, until j + 1 have left the queue or the agents: V = Σ Exp(nμ + kθ),
// k = 0…j. Then e^(−θV) is Beta(nμ/θ, j + 1), from which follow, with r = nμ + (j + 1)θ:
//
//	P(answered)           = nμ/r
//	E[wait; answered]     = nμ/r · Σ 1/(nμ + kθ), k = 1…j+1
//	P(answered within t)  = nμ/r · (1 − Σ T(i), i = 0…j)
//
// where T(0) = e^(−(nμ+θ)t) and T(i+1) = T(i) · (1 − e^(−θt))/θ · (nμ + (i+1)θ)/(i+1): the incomplete beta function by its
// recursion, a negative binomial sum. For θ → 0 it is Erlang's own sum of a Poisson distribution.
func erlangA(t Traffic, agents int, within float64) Performance {
	lambda, theta, capacity := t.rate(), t.giveUp(), float64(agents)/t.Handle.Seconds()
	hazard := -math.Expm1(-theta*within) / theta
	q := queueSums{weight: 1, scale: 1}
	logT, reached := -(capacity+theta)*within, 0.0
	var spent float64 // Σ 1/(nμ + kθ)
	for j := 0.0; ; j++ {
		leaving := capacity + (j+1)*theta
		spent += 1 / leaving
		reached += math.Exp(logT)
		q.add(capacity/leaving, spent, math.Max(0, 1-reached))
		if lambda < leaving && q.weight*lambda/(leaving-lambda) < negligible*q.all {
			break // what follows falls at least as fast as this geometric series
		}
		q.step(lambda / leaving)
		logT += math.Log(hazard * leaving / (j + 1))
	}
	return q.performance(ErlangB(agents, t.Erlangs()), theta, t.Erlangs()/float64(agents))
}

// queueSums adds up over the states in which all agents are busy, each with its weight relative to the first's.
type queueSums struct {
	weight, scale                float64 // of this state; of the first state, which shrinks when weights grow large
	all, answered, spent, within float64
}

func (q *queueSums) add(answered, spent, within float64) {
	q.all += q.weight
	q.answered += q.weight * answered
	q.spent += q.weight * answered * spent
	q.within += q.weight * answered * within
}

// step goes on to the next state. In overload weights grow beyond what a float holds, so all are scaled down together.
func (q *queueSums) step(factor float64) {
	const large = 1e200
	q.weight *= factor
	if q.weight < large {
		return
	}
	for _, x := range []*float64{&q.weight, &q.scale, &q.all, &q.answered, &q.spent, &q.within} {
		*x /= large
	}
}

// performance brings in the states with free agents: with blocking B they weigh 1/B − 1 times the first of the others.
func (q *queueSums) performance(blocking, theta, load float64) Performance {
	free := q.scale * (1/blocking - 1)
	if math.IsInf(free, 1) {
		return Performance{Steady: true, ServiceLevel: 1, Occupancy: load}
	}
	total := free + q.all
	abandoned := (q.all - q.answered) / total
	answered := 1 - abandoned
	return Performance{
		Steady: true, Waiting: q.all / total, ServiceLevel: (free + q.within) / total, Answer: q.spent / total / answered,
		Wait: abandoned / theta, Occupancy: math.Min(1, load*answered), Abandoned: abandoned,
	}
}
