package callcenter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

const millisecond = time.Millisecond

// planState is a plan made ready to decide by.
type planState struct {
	*Plan
	menus    *ivr.Menus
	required map[string]requirement // by its text; look-up only
	leaves   bool                   // callers leave some queue when nobody is there
	callers  []callers              // of each entry
	outside  outside                // numbers that may be called
	lines    []Queue                // that agents have for themselves
	users    int                    // running contacts that began with it
}

func newPlanState(p *Plan) (*planState, error) {
	menus, err := ivr.New(p.Flows, p.Schedules, p.Incidents, p.Extensions())
	if err != nil {
		return nil, fmt.Errorf("plan %q: %w", p.Version, err)
	}
	required := map[string]requirement{}
	for _, text := range p.requirements() {
		if required[text.text], err = compileRequirement(text.text, p.skillNames()); err != nil {
			return nil, fmt.Errorf("plan %q: %s: %w", p.Version, text.path, err)
		}
	}
	sets := make([]callers, len(p.Entries))
	for i, e := range p.Entries {
		sets[i] = newCallers(e)
	}
	lines := p.ownLines()
	leaves := slices.ContainsFunc(p.Queues, func(q Queue) bool { return q.LeaveEmpty > 0 })
	return &planState{Plan: p, menus: menus, required: required, leaves: leaves, callers: sets, outside: newOutside(p.Outbound), lines: lines}, nil
}

// queue finds a queue, also one that an agent has for himself; nil when there is none.
func (p *planState) queue(id string) *Queue {
	for i := range p.Queues {
		if p.Queues[i].ID == id {
			return &p.Queues[i]
		}
	}
	if strings.HasPrefix(id, ownLine) {
		for i := range p.lines {
			if p.lines[i].ID == id {
				return &p.lines[i]
			}
		}
	}
	return nil
}

// wrapUp is how long an agent wraps up after a call of a queue.
func (p *planState) wrapUp(queue string, a *agent) time.Duration {
	if a.conf != nil && a.conf.WrapUp != nil {
		return *a.conf.WrapUp
	}
	if q := p.queue(queue); q != nil {
		return q.WrapUp
	}
	return 0
}

// planOf finds a plan that is in force or kept; nil when there is none.
func (c *Center) planOf(version string) *planState {
	i, ok := slices.BinarySearchFunc(c.plans, version, comparePlan)
	if !ok {
		return nil
	}
	return c.plans[i]
}

func comparePlan(p *planState, version string) int { return cmp.Compare(p.Version, version) }

// setPlan puts a plan into force: new agents appear, removed ones stay known.
func (c *Center) setPlan(p *planState) {
	if known := c.planOf(p.Version); known != nil {
		p = known // back to a plan that a running contact still keeps
	} else {
		i, _ := slices.BinarySearchFunc(c.plans, p.Version, comparePlan)
		c.plans = slices.Insert(c.plans, i, p)
		c.touched.plans = append(c.touched.plans, p)
	}
	old := c.plan
	c.plan = p
	c.meta.Plan = p.Version
	c.touched.meta = true
	if old != nil {
		c.forgetPlan(old)
	}
	for i := range p.Agents {
		if c.agentOf[p.Agents[i].ID] == nil {
			c.addAgent(&agent{ID: p.Agents[i].ID})
		}
	}
	c.bindAgents()
}

// bindAgents gives every agent his part of the plan in force.
func (c *Center) bindAgents() {
	for _, a := range c.agents {
		c.stay(a)
		a.conf, a.place, a.Removed = nil, 0, true
	}
	for i := range c.plan.Agents {
		conf := &c.plan.Agents[i]
		a := c.agentOf[conf.ID]
		a.conf, a.place, a.Removed = conf, i+1, false
	}
	c.bindPhones()
}

// release says that a contact no longer uses a plan.
func (c *Center) release(p *planState) {
	p.users--
	c.forgetPlan(p)
}

// forgetPlan drops a plan that is neither in force nor used.
func (c *Center) forgetPlan(p *planState) {
	if p == c.plan || p.users > 0 {
		return
	}
	if i, ok := slices.BinarySearchFunc(c.plans, p.Version, comparePlan); ok {
		c.plans = slices.Delete(c.plans, i, i+1)
		c.touched.plans = append(c.touched.plans, p)
	}
}

// planChanged puts a new plan into force. Running contacts keep theirs, but nobody waits where nobody serves any more.
func (c *Center) planChanged(e PlanChanged) {
	if e.Plan == nil || e.Plan.Version == c.plan.Version || len(e.Plan.Validate()) > 0 {
		c.ignore(IgnoredNoEffect)
		return
	}
	p, err := newPlanState(e.Plan)
	if err != nil {
		c.ignore(IgnoredNoEffect)
		return
	}
	c.setPlan(p)
	c.endRemovedIncidents()
	c.releaseBacks()
	c.openAgents()
	for _, a := range c.agents {
		c.replanAgent(a)
	}
	for _, ct := range slices.Clone(c.running) {
		c.withdrawBack(ct)
		if ct.waits() && ct.GoneAt.IsZero() && c.plan.queue(ct.Entry.Queue) == nil {
			c.withdraw(ct)
		}
	}
}

// replanAgent: an agent who is removed, or whose phone is not his any more, is logged out as soon as he is free.
func (c *Center) replanAgent(a *agent) {
	c.touchAgent(a)
	c.touched.match = true
	if !a.Removed && !c.misplaced(a) {
		c.settleAgent(a, fact.BySystem)
		return
	}
	if a.Removed {
		a.Unplugged, a.Outside = false, nil
	}
	if a.Look != "" {
		c.endLook(a, true)
	}
	if ct := c.contacts[a.Offer]; ct != nil {
		c.endOffer(ct, ct.Entry.offerTo(a.ID), offerEnd{result: fact.OfferWithdrawn})
	}
	if a.engaged() == "" {
		c.logOut(a, c.displaced(a))
	}
}

// withdraw takes a caller out of a queue that is no more.
func (c *Center) withdraw(ct *contact) {
	if ct.Talk != nil {
		c.comeBack(ct, fact.TransferUnanswered, "", false)
		return
	}
	if ct.absent() {
		c.endBack(ct, backEnd{outcome: fact.CallbackLost, reason: fact.ReasonOperator})
		return
	}
	q := c.planFor(ct).queue(ct.Entry.Queue)
	c.silence(ct)
	if home := c.planFor(ct).queue(ct.Entry.Home); home != nil && c.refusal(home) == "" {
		c.overflow(ct, home)
		return
	}
	c.endEntry(ct, entryEnd{outcome: fact.EntryWithdrawn})
	c.closeWith(ct, fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonOperator}, q.OverflowMedia)
}
