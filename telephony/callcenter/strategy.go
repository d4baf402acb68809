package callcenter

import (
	"cmp"
	"slices"
)

// Strategy is by what a queue chooses among the agents who may take a call. The tier comes first whatever the strategy;
// what two agents have in common is decided by who is idle longest, then by id. In that order those are rung of whom not all can be.
type Strategy string

// The strategies. "Since log-in" means since the agent's last.
const (
	LongestIdle Strategy = "longest_idle" // ready for the longest time; an offer that was withdrawn takes nothing away
	LeastRecent Strategy = "least_recent" // whose last talk ended first; who has had none before all
	FewestCalls Strategy = "fewest_calls" // fewest answered offers since log-in, over all queues
	LeastTalk   Strategy = "least_talk"   // least talk and hold time since log-in, over all queues
	RoundRobin  Strategy = "round_robin"  // next in the plan's order after the agent this queue rang last
	Ordered     Strategy = "ordered"      // first in the plan's order
	Random      Strategy = "random"       // each with the same chance
	Weighted    Strategy = "weighted"     // each with a chance in proportion to his weight in the queue
	RingAll     Strategy = "ring_all"     // all of the lowest tier at once; the first to take the call has it
)

// strategies in the order of the documentation.
func strategies() []Strategy {
	return []Strategy{LongestIdle, LeastRecent, FewestCalls, LeastTalk, RoundRobin, Ordered, Random, Weighted, RingAll}
}

// lineup is one queue as the matching sees it.
type lineup struct {
	queue   *Queue     // of the plan in force
	waiting []*contact // in compareWaiting's order
	after   int        // place in the plan of the agent rung last, from 1; 0 = none yet, or he is no longer there
}

// rank puts the agents who may take a call in the order in which they should be rung. It changes the slice.
func (l lineup) rank(agents []*agent, luck *luck) {
	slices.SortFunc(agents, func(a, b *agent) int { return cmp.Or(l.compare(a, b), compareIdle(a, b)) })
	switch l.queue.Strategy {
	case Random:
		luck.shuffle(agents, func(*agent) int { return 1 })
	case Weighted:
		luck.shuffle(agents, func(a *agent) int { return a.weight(l.queue.ID) })
	case LongestIdle, LeastRecent, FewestCalls, LeastTalk, RoundRobin, Ordered, RingAll:
	}
	slices.SortStableFunc(agents, func(a, b *agent) int { return cmp.Compare(a.tier(l.queue.ID), b.tier(l.queue.ID)) })
}

// compare is the strategy's own order of two agents; 0 where it has none.
func (l lineup) compare(a, b *agent) int {
	switch l.queue.Strategy {
	case LeastRecent:
		return a.LastTalk.Compare(b.LastTalk)
	case FewestCalls:
		return cmp.Compare(a.Calls, b.Calls)
	case LeastTalk:
		return cmp.Compare(a.TalkMS, b.TalkMS)
	case RoundRobin:
		return cmp.Or(comparePast(a.place, b.place, l.after), cmp.Compare(a.place, b.place))
	case Ordered:
		return cmp.Compare(a.place, b.place)
	case LongestIdle, Random, Weighted, RingAll:
	}
	return 0
}

// comparePast puts places after a given one before the others: the circle goes on from there.
func comparePast(a, b, after int) int {
	switch {
	case a > after && b <= after:
		return -1
	case a <= after && b > after:
		return 1
	default:
		return 0
	}
}

// compareIdle is the order of free agents: longest idle first, then id.
func compareIdle(a, b *agent) int {
	return cmp.Or(a.ReadySince.Compare(b.ReadySince), cmp.Compare(a.ID, b.ID))
}

// tier is the agent's in a queue, 1 = rung first.
func (a *agent) tier(queue string) int { return max(1, a.conf.Tiers[queue]) }

// weight is the agent's in a queue, for the strategy weighted.
func (a *agent) weight(queue string) int { return max(1, a.conf.Weights[queue]) }

// rungLast is where in the plan the agent stands whom the queue rang last.
func (c *Center) rungLast(queue string) int {
	m := c.memoryOf(queue)
	if m == nil {
		return 0
	}
	if a := c.agentOf[m.Rang]; a != nil {
		return a.place
	}
	return 0
}

// luck is the chance of one Step, all of it from the input's seed: the same input decides the same way again.
type luck struct{ state uint64 }

// below is a number from 0 to n-1, each as likely as the next but for a part in 2^32. By splitmix64 (Steele, Lea, Flood
// 2014, "Fast splittable pseudorandom number generators").
func (l *luck) below(n int) int {
	l.state += 0x9e3779b97f4a7c15
	z := l.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return int(z >> 32 * uint64(n) >> 32) //nolint:gosec // below n
}

// shuffle draws the agents one after the other, each with a chance in proportion to its weight among those left.
func (l *luck) shuffle(agents []*agent, weight func(*agent) int) {
	for i := range agents {
		total := 0
		for _, a := range agents[i:] {
			total += weight(a)
		}
		drawn := l.below(total)
		j := i
		for ; drawn >= weight(agents[j]); j++ {
			drawn -= weight(agents[j])
		}
		agents[i], agents[j] = agents[j], agents[i]
	}
}
