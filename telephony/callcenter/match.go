package callcenter

import (
	"maps"
	"slices"
	"strconv"

	"firstline/pipeline/fact"
)

// pair is a caller and the agent to ring for him.
type pair struct {
	contact *contact
	agent   *agent
	ranked  []*agent // who could have been rung for him, in order; the first is the agent
}

// match offers callers to agents, at the end of every Step in which anybody became free or began to wait.
func (c *Center) match() {
	for _, a := range c.touched.agents {
		c.setFree(a)
	}
	if !c.LinkUp() || !c.touched.match {
		return
	}
	c.occurred = later(c.occurred, c.now.Truncate(millisecond)) // the core decides now, whatever made it possible
	c.offerCalls()
	c.lend()
}

// offerCalls rings the agents who are free for those who wait.
func (c *Center) offerCalls() {
	if len(c.free) == 0 {
		return
	}
	matched := c.sure()
	for i, p := range matched {
		if c.callsFirst(p.contact) {
			c.callCustomer(p.contact, "") // the agent is kept free for him: pairs
			continue
		}
		c.offerCall(p, matched[:i])
		c.setFree(p.agent)
	}
}

// openLines are the lines that a free agent serves and somebody waits in.
func (c *Center) openLines() []lineup {
	var queues []string
	for _, a := range c.free {
		for _, q := range append([]string{a.line}, a.conf.Queues...) {
			if l := c.lines[q]; l != nil && len(l.waiting) > 0 && !slices.Contains(queues, q) {
				queues = append(queues, q)
			}
		}
	}
	slices.Sort(queues)
	lines := make([]lineup, len(queues))
	for i, q := range queues {
		lines[i] = lineup{queue: c.plan.queue(q), waiting: c.lines[q].waiting, after: c.rungLast(q)}
	}
	return lines
}

// pairs decides who is rung for whom: callers in order over all lines, each gets the agent whom his queue's strategy puts
// first among those who suit him and are free still; then, where a queue rings all, more. Neither lines nor free are changed; free
// is in compareIdle's order.
func pairs(lines []lineup, free []*agent, suits func(*agent, *contact) bool, besides func(*contact) int, luck *luck) []pair {
	free = slices.Clone(free)
	all := lines
	lines = slices.Clone(lines)
	var out []pair
	for len(free) > 0 {
		ct, l := nextWaiting(lines)
		if ct == nil {
			break
		}
		ranked := l.suited(free, ct, suits, luck)
		if len(ranked) == 0 {
			continue
		}
		if ct.dialled() { // his phone rings: who is next for him is kept free
			free = slices.DeleteFunc(free, func(a *agent) bool { return a == ranked[0] })
			continue
		}
		l.after = ranked[0].place
		out = append(out, pair{ct, ranked[0], ranked})
		free = slices.DeleteFunc(free, func(a *agent) bool { return a == ranked[0] })
	}
	return append(out, more(all, out, free, suits, besides, luck)...)
}

// suited are the free agents who suit a caller of the line, in the order in which they should be rung.
func (l lineup) suited(free []*agent, ct *contact, suits func(*agent, *contact) bool, luck *luck) []*agent {
	var ranked []*agent
	for _, a := range free {
		if suits(a, ct) {
			ranked = append(ranked, a)
		}
	}
	l.rank(ranked, luck)
	return ranked
}

// nextWaiting takes the first caller over all lines for whom nobody's phone rings yet, and may, out of his line.
func nextWaiting(lines []lineup) (*contact, *lineup) {
	var first *lineup
	for i := range lines {
		l := &lines[i]
		for len(l.waiting) > 0 && (l.waiting[0].Entry.rings() || l.waiting[0].rests()) {
			l.waiting = l.waiting[1:]
		}
		if len(l.waiting) > 0 && (first == nil || compareWaiting(l.waiting[0], first.waiting[0]) < 0) {
			first = l
		}
	}
	if first == nil {
		return nil, nil
	}
	ct := first.waiting[0]
	first.waiting = first.waiting[1:]
	return ct, first
}

// suits tells whether an agent may be rung for a caller, were he free.
func (c *Center) suits(a *agent, ct *contact) bool { return c.unfit(a, ct) == "" }

// unfit is why an agent who serves the caller's queue may not be rung for him, were he free; "" = he may.
func (c *Center) unfit(a *agent, ct *contact) fact.NotRung {
	e := ct.Entry
	switch {
	case !a.serves(e.Queue):
		return fact.NotRungQueue
	case e.Prefer != "" && a.ID != e.Prefer:
		return fact.NotRungPreferred
	case !c.meets(a, ct):
		return fact.NotRungSkill
	case e.Prefer == "" && e.MaxTier > 0 && a.tier(e.Queue) > e.MaxTier:
		return fact.NotRungTier
	default:
		return ""
	}
}

// keptEligible is how many agents a decision names; the others are counted.
const keptEligible = 8

// decision is the record of why an agent is rung: what could have been, and what stood against the others of the queue.
func (c *Center) decision(p pair, earlier []pair) fact.Decision {
	e := p.contact.Entry
	d := fact.Decision{Rule: string(c.plan.queue(e.Queue).Strategy), EligibleCount: len(p.ranked)}
	if e.Prefer != "" {
		d.Rule = fact.RulePreferred
	}
	for _, a := range p.ranked[:min(len(p.ranked), keptEligible)] {
		d.Eligible = append(d.Eligible, a.ID)
	}
	others := map[fact.NotRung]int{}
	for _, a := range c.agents {
		if why := c.notRung(a, p, earlier); why != "" {
			others[why]++
		}
	}
	for _, why := range slices.Sorted(maps.Keys(others)) {
		d.Others = append(d.Others, string(why)+":"+strconv.Itoa(others[why]))
	}
	return d
}

// notRung is why an agent of the caller's queue was no choice; "" = he was one, or is not of the queue.
func (c *Center) notRung(a *agent, p pair, earlier []pair) fact.NotRung {
	why := c.unfit(a, p.contact)
	switch {
	case why == fact.NotRungQueue || slices.Contains(p.ranked, a):
		return ""
	case slices.ContainsFunc(earlier, func(o pair) bool { return o.agent == a && o.contact == p.contact }):
		return fact.NotRung(fact.AgentRinging)
	case slices.ContainsFunc(earlier, func(o pair) bool { return o.agent == a }):
		return fact.NotRungTaken
	case a.State != fact.AgentReady:
		return fact.NotRung(a.State)
	case why != "":
		return why
	default:
		return fact.NotRungResting
	}
}
