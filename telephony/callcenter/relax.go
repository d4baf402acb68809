package callcenter

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// RelaxStep widens the circle of agents who may take a call, once it has waited After in the queue. It replaces what it
// names and leaves the rest.
type RelaxStep struct {
	After    time.Duration
	Requires string // in place of all that was required; "true" = whoever serves the queue; "" = as before
	MaxTier  int    // highest tier rung from now on; 0 = as before
}

// circle sets who may be rung for the contact's new entry, and when that widens.
func (c *Center) circle(ct *contact, q *Queue) {
	e := ct.Entry
	e.MaxTier = q.MaxTier
	if strings.HasPrefix(q.ID, ownLine) { // he is wanted by name
		return
	}
	e.Skills = e.Want
	for _, text := range [...]string{e.WantThat, q.Requires} {
		if text != "" {
			e.Requires = append(e.Requires, text)
		}
	}
	if len(q.Relax) > 0 {
		e.RelaxAt = c.now.Add(q.Relax[0].After)
	}
	e.Prefer, e.PreferBy = c.preferred(ct, q)
}

// preferred is the agent who shall have the call if he can take it soon: the owner of the caller's ticket, or else the one
// he talked to last. "" = nobody in particular.
func (c *Center) preferred(ct *contact, q *Queue) (agent string, by time.Time) {
	for _, p := range [...]struct {
		agent string
		span  time.Duration
	}{{ct.Who.Owner, q.PreferOwner}, {c.lastAgent(ct, q.PreferLast), q.PreferLast}} {
		a := c.agentOf[p.agent]
		if p.span > 0 && a != nil && ct.segmentOf(a.ID) < 0 && c.soon(a, q.ID) && c.meets(a, ct) { // not who hands him on
			return a.ID, c.now.Add(p.span)
		}
	}
	return "", time.Time{}
}

// soon tells whether waiting for an agent makes sense: he takes calls of the queue, or will when the one he has is over.
func (c *Center) soon(a *agent, queue string) bool {
	return (a.State == fact.AgentReady || a.engaged() != "") && a.serves(queue)
}

// remembers tells whether a queue goes by who talked last to a number.
func (p *planState) remembers() bool {
	return slices.ContainsFunc(p.Queues, func(q Queue) bool { return q.PreferLast > 0 })
}

// lastAgent is who talked last to the caller's number among the contacts that are kept; "" = nobody, or nobody asks.
func (c *Center) lastAgent(ct *contact, span time.Duration) string {
	if span == 0 || ct.Number == "" {
		return ""
	}
	var last *contact
	for _, other := range c.callers[ct.Number] {
		if other != ct && len(other.Agents) > 0 && (last == nil || compareLast(last, other) < 0) {
			last = other
		}
	}
	if last == nil {
		return ""
	}
	return last.Agents[len(last.Agents)-1]
}

// compareLast is the order of contacts by their last fact, then by id.
func compareLast(a, b *contact) int { return cmp.Or(a.Last.Compare(b.Last), cmp.Compare(a.ID, b.ID)) }

// relaxDue takes the next step of the queue.
func (c *Center) relaxDue(ct *contact) {
	e := ct.Entry
	q := c.planFor(ct).queue(e.Queue)
	step := q.Relax[e.Steps]
	e.Steps++
	if e.Steps < len(q.Relax) {
		e.RelaxAt = e.RelaxAt.Add(q.Relax[e.Steps].After - step.After)
	} else {
		e.RelaxAt = time.Time{}
	}
	if step.Requires != "" {
		e.Skills, e.Requires = nil, []string{step.Requires}
	}
	if step.MaxTier != 0 {
		e.MaxTier = step.MaxTier
	}
	c.relaxed(ct, fact.RelaxedByStep)
}

// preferOver: whoever may take the call is rung from now on.
func (c *Center) preferOver(ct *contact, why fact.RelaxedBy) {
	ct.Entry.Prefer, ct.Entry.PreferBy = "", time.Time{}
	c.relaxed(ct, why)
}

// relaxed records who may be rung from now on.
func (c *Center) relaxed(ct *contact, why fact.RelaxedBy) {
	e := ct.Entry
	c.touched.match = true
	c.emit(ct, fact.TypeRelaxed, fact.Relaxed{
		Entry: e.ID, Queue: e.Queue, Reason: why, Step: e.Steps, Skills: skillNames(e.Skills), Requires: e.Requires,
		MaxTier: e.MaxTier, Prefer: e.Prefer,
	})
}

// preferences ends those that have come to nothing: the agent rang once and did not take the call, or is gone.
func (c *Center) preferences(lines []lineup) {
	for _, l := range lines {
		for _, ct := range l.waiting {
			e := ct.Entry
			switch {
			case e.Prefer == "":
			case !e.rings() && e.Offers > 0:
				c.preferOver(ct, fact.RelaxedByMiss)
			case !e.rings() && !c.soon(c.agentOf[e.Prefer], e.Queue):
				c.preferOver(ct, fact.RelaxedByAbsence)
			}
		}
	}
}
