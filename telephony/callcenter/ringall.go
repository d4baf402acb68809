package callcenter

import (
	"cmp"
	"math"
	"slices"

	"firstline/pipeline/fact"
)

// A queue that rings all has every phone ring for a caller that may, and the first to be taken has him. Several of its callers
// wait at once like those of other queues: each has a phone that rings before anybody has a second one (pairs), the others are
// dealt out among them (more), and a caller who comes when all of them ring gets one of a caller who has several (lend).

// ringing is a caller for whom phones ring, as more deals them out.
type ringing struct {
	contact *contact
	line    lineup
	phones  int
	tier    int // highest that is rung beside them
}

// more decides who is rung beside others, once each caller has got one of the agents: the caller with the fewest phones is dealt
// the next one, of those as many the first in line. made are the pairs of this matching so far, free who is left. besides is the
// highest tier that may ring beside the phones of a caller that ring already; 0 = none.
func more(lines []lineup, made []pair, free []*agent, suits func(*agent, *contact) bool, besides func(*contact) int, luck *luck) []pair {
	var out []pair
	list := callersOfAll(lines, made, besides)
	for len(free) > 0 && len(list) > 0 {
		r := slices.MinFunc(list, func(a, b *ringing) int {
			return cmp.Or(cmp.Compare(a.phones, b.phones), compareWaiting(a.contact, b.contact))
		})
		ranked := r.line.suited(free, r.contact, suits, luck)
		if len(ranked) == 0 || ranked[0].tier(r.line.queue.ID) > r.tier {
			list = slices.DeleteFunc(list, func(o *ringing) bool { return o == r })
			continue
		}
		r.phones, r.tier = r.phones+1, ranked[0].tier(r.line.queue.ID)
		out = append(out, pair{r.contact, ranked[0], ranked})
		free = slices.DeleteFunc(free, func(a *agent) bool { return a == ranked[0] })
	}
	return out
}

// callersOfAll are the callers of queues that ring all for whom a phone rings, or is about to.
func callersOfAll(lines []lineup, made []pair, besides func(*contact) int) []*ringing {
	var list []*ringing
	for _, l := range lines {
		if l.queue.Strategy != RingAll {
			continue
		}
		for _, ct := range l.waiting {
			r := &ringing{contact: ct, line: l, phones: len(ct.Entry.Open), tier: besides(ct)}
			if i := slices.IndexFunc(made, func(p pair) bool { return p.contact == ct }); i >= 0 {
				r.phones, r.tier = 1, min(r.tier, made[i].agent.tier(l.queue.ID))
			}
			if r.phones > 0 && r.tier > 0 {
				list = append(list, r)
			}
		}
	}
	return list
}

// besides is the highest tier of the agents who may be rung beside those whose phones ring for a caller; 0 = nobody: one of them
// took his phone, he has waited long enough, or it is he who is called first.
func (c *Center) besides(ct *contact) int {
	e := ct.Entry
	if e.taken() != nil || c.passed(e.MaxAt) || c.callsFirst(ct) {
		return 0
	}
	tier := math.MaxInt
	for _, o := range e.Open {
		tier = min(tier, c.agentOf[o.Agent].tier(e.Queue))
	}
	return tier
}

// lend gives callers for whom no phone rings, and nobody is free, one of those that ring as one of several for another caller:
// it stops there, and rings for them as soon as that is done.
func (c *Center) lend() {
	rich := c.rich()
	if len(rich) == 0 {
		return
	}
	soon := slices.DeleteFunc(slices.Clone(c.agents), func(a *agent) bool { return !a.soonFree() })
	for _, ct := range c.unrung() {
		if i := slices.IndexFunc(soon, func(a *agent) bool { return c.suits(a, ct) }); i >= 0 {
			soon = slices.Delete(soon, i, i+1)
			continue
		}
		if from, o := c.spare(rich, ct); o != nil {
			c.endOffer(from, o, offerEnd{result: fact.OfferWithdrawn, elsewhere: true})
		}
	}
}

// rich are the callers for whom several phones ring, in order.
func (c *Center) rich() []*contact {
	var list []*contact
	for _, q := range c.plan.Queues {
		if l := c.lines[q.ID]; l != nil && q.Strategy == RingAll {
			list = append(list, slices.DeleteFunc(slices.Clone(l.waiting), func(ct *contact) bool { return len(ct.Entry.Open) < 2 })...)
		}
	}
	slices.SortFunc(list, compareWaiting)
	return list
}

// unrung are the callers over all lines for whom no phone rings, and one should, in order.
func (c *Center) unrung() []*contact {
	var list []*contact
	for _, ct := range c.running {
		if e := ct.Entry; e != nil && ct.waits() && ct.GoneAt.IsZero() && !e.Unlined && !e.rings() && !ct.rests() && !ct.dialled() {
			list = append(list, ct)
		}
	}
	slices.SortFunc(list, compareWaiting)
	return list
}

// spare is the phone that a caller is lent: of who has the most the one that rang last, of those with as many of the last in line.
func (c *Center) spare(rich []*contact, ct *contact) (from *contact, phone *offer) {
	for _, r := range rich {
		n := len(r.Entry.Open)
		if n < 2 || from != nil && n < len(from.Entry.Open) {
			continue
		}
		for _, o := range slices.Backward(r.Entry.Open) {
			if c.suits(c.agentOf[o.Agent], ct) {
				from, phone = r, o
				break
			}
		}
	}
	return from, phone
}

// soonFree tells whether all that keeps the agent from being rung is that his phone is being hung up.
func (a *agent) soonFree() bool {
	return a.State == fact.AgentReady && !a.Removed && len(a.Clearing) > 0 && len(a.OwnCalls) == 0 && a.Look == "" && a.RetryAt.IsZero()
}
