package callcenter

import (
	"cmp"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// addAgent puts an agent where he is found.
func (c *Center) addAgent(a *agent) {
	a.when = timer{key: keyAgent + a.ID}
	a.line = OwnLine(a.ID)
	c.agentOf[a.ID] = a
	i, _ := slices.BinarySearchFunc(c.agents, a.ID, func(a *agent, id string) int { return cmp.Compare(a.ID, id) })
	c.agents = slices.Insert(c.agents, i, a)
}

// openAgents opens the first state of agents who are new: each has exactly one open state from then on.
func (c *Center) openAgents() {
	for _, a := range c.agents {
		if a.Seq == 0 {
			c.settleAgent(a, fact.BySystem)
		}
	}
}

// serves tells whether the plan in force has the agent serve a queue.
func (a *agent) serves(queue string) bool {
	return a.conf != nil && (slices.Contains(a.conf.Queues, queue) || queue == a.line)
}

// endpoint is the agent's phone now: where he sits, or his own; "" = he has none.
func (a *agent) endpoint() string {
	switch {
	case a.Seat != "":
		return a.Seat
	case a.conf == nil:
		return ""
	default:
		return a.conf.Endpoint
	}
}

// state is what the agent's state is, from all that is known of him.
func (a *agent) state() fact.AgentState {
	switch {
	case a.Talk != "":
		return fact.AgentTalking
	case a.Offer != "":
		return fact.AgentRinging
	case a.Wrap != "":
		return fact.AgentWrapUp
	case !a.LoggedIn:
		return fact.AgentLoggedOut
	case a.Paused: // what he does then is the pause's
		return fact.AgentPaused
	case a.Calling != "" && slices.Contains(a.Outside, a.Calling):
		return fact.AgentCalling
	case len(a.Outside) > 0 || len(a.Fallback) > 0 || a.Monitor != "":
		return fact.AgentOutside
	case a.Unplugged:
		return fact.AgentUnreachable
	default:
		return fact.AgentReady
	}
}

// engaged is the contact the agent is busy with.
func (a *agent) engaged() string { return cmp.Or(a.Talk, a.Offer, a.Wrap) }

// settleAgent records what state the agent is in now, if it is another than the open one.
func (c *Center) settleAgent(a *agent, by fact.By) {
	c.touchAgent(a)
	c.touched.match = true
	state, reason, contact, queue := a.state(), "", a.engaged(), ""
	if state == fact.AgentPaused {
		reason = a.PauseFor
	}
	if contact != "" {
		queue = a.Serving
	}
	if a.Seq > 0 && state == a.State && reason == a.Reason && contact == a.Contact {
		return
	}
	if a.Seq > 0 {
		t := c.notBefore(a.Last)
		c.emitAgent(a, fact.TypeAgentStateEnded, fact.AgentStateEnded{
			State: a.State, Reason: a.Reason, Billable: a.Billable, Contact: a.Contact, Queue: a.Queue, StartedAt: a.Since, EndedAt: t,
			DurationMS: ms(t.Sub(a.Since)),
		})
	}
	if state == fact.AgentReady && a.State != fact.AgentRinging {
		a.ReadySince = c.notBefore(a.Last)
	}
	billable := slices.Contains(c.plan.Billable, reason)
	c.emitAgent(a, fact.TypeAgentStateBegan, fact.AgentStateBegan{
		State: state, Reason: reason, Billable: billable, Contact: contact, Queue: queue, By: by,
	})
	a.State, a.Reason, a.Billable, a.Contact, a.Queue, a.Since = state, reason, billable, contact, queue, a.Last
}

// afterCall puts the agent, done with a contact, into the state chosen during it.
func (c *Center) afterCall(a *agent, by fact.By) {
	a.Serving = ""
	next, reason := a.Next, a.NextReason
	if next != "" {
		by = a.NextBy
	}
	actor := a.NextActor
	a.Next, a.NextReason, a.NextBy, a.NextActor = "", "", "", ""
	switch {
	case a.Removed || c.misplaced(a):
		c.logOut(a, c.displaced(a))
	case next == fact.AgentLoggedOut:
		c.logOut(a, leaving{by: by, actor: actor})
	case next == fact.AgentPaused:
		a.Paused, a.PauseFor = true, reason
		c.settleAgent(a, by)
	default:
		c.settleAgent(a, by)
	}
	c.vacate(a)
}

// leaving is how an agent logs out.
type leaving struct {
	by     fact.By
	actor  string
	reason fact.LogReason
}

// logIn / logOut are for agents who are busy with nothing.
func (c *Center) logIn(a *agent, by fact.By, actor string) {
	a.LoggedIn, a.Paused, a.PauseFor = true, false, ""
	a.Missed, a.RetryAt = 0, time.Time{}
	a.Calls, a.TalkMS = 0, 0
	c.emitAgent(a, fact.TypeAgentLoggedIn, fact.AgentLogged{
		Type: fact.TypeAgentLoggedIn, Endpoint: a.endpoint(), By: by, Actor: otherActor(a, actor), Seat: a.SeatID,
	})
	c.settleAgent(a, by)
}

func (c *Center) logOut(a *agent, how leaving) {
	a.Paused, a.PauseFor = false, ""
	a.Missed, a.RetryAt = 0, time.Time{}
	if !a.LoggedIn {
		c.settleAgent(a, how.by)
		return
	}
	c.leaveTalks(a)
	a.LoggedIn = false
	c.emitAgent(a, fact.TypeAgentLoggedOut, fact.AgentLogged{
		Type: fact.TypeAgentLoggedOut, Endpoint: a.endpoint(), By: how.by, Actor: otherActor(a, how.actor), Seat: a.SeatID, Reason: how.reason,
	})
	c.settleAgent(a, how.by)
	c.vacate(a)
}

// otherActor is who did it when it was not the agent.
func otherActor(a *agent, actor string) string {
	if actor == a.ID {
		return ""
	}
	return actor
}

// due is the agent's next deadline.
func (a *agent) due() time.Time { return earliest(a.WrapUntil, a.RetryAt, a.ClearBy, a.LookBy) }

func (a *agent) timer() *timer { return &a.when }

// agentDue runs what is due of an agent.
func (c *Center) agentDue(a *agent) {
	c.touchAgent(a)
	c.touched.match = true
	if c.passed(a.RetryAt) {
		a.RetryAt = time.Time{}
	}
	if c.passed(a.ClearBy) {
		a.Clearing, a.ClearBy = nil, time.Time{}
	}
	if c.passed(a.LookBy) {
		c.lookFailed(a)
	}
	if c.passed(a.WrapUntil) {
		c.endWrap(a)
		c.afterCall(a, fact.BySystem)
	}
}

// clear hangs a call of an agent's phone up; until it is gone his phone is not rung again.
func (c *Center) clear(ct *contact, a *agent, channel string) {
	c.clearFor(ct, a, channel, causeNormal)
}

func (c *Center) clearFor(ct *contact, a *agent, channel string, cause int) {
	c.hangUp(ct, channel, cause)
	a.clearing(c, channel)
}

func (a *agent) clearing(c *Center, channel string) {
	a.Clearing, a.ClearBy = append(a.Clearing, channel), c.now.Add(clearTime)
	c.touchAgent(a)
}

// cleared: a call that was being hung up is gone; with the last one its agent may be rung again. False when it was none of those.
func (c *Center) cleared(channel string) bool {
	known := false
	for _, a := range c.agents { // several, where one sits whose seat another has just left
		i := slices.Index(a.Clearing, channel)
		if i < 0 {
			continue
		}
		a.Clearing = slices.Delete(a.Clearing, i, i+1)
		if len(a.Clearing) == 0 {
			a.Clearing, a.ClearBy = nil, time.Time{}
		}
		c.touchAgent(a)
		c.touched.match = true
		known = true
	}
	return known
}

// available tells whether the agent may be offered a call.
func (c *Center) available(a *agent) bool {
	return a.State == fact.AgentReady && !a.Removed && len(a.Clearing) == 0 && len(a.OwnCalls) == 0 && a.Look == "" && a.RetryAt.IsZero() && c.hasPhone(a)
}

// setFree puts the agent in or out of the list of those who may be offered a call.
func (c *Center) setFree(a *agent) {
	if a.idle {
		c.free = slices.DeleteFunc(c.free, func(o *agent) bool { return o == a })
	}
	a.idle = c.available(a)
	if a.idle {
		i, _ := slices.BinarySearchFunc(c.free, a, compareIdle)
		c.free = slices.Insert(c.free, i, a)
	}
}

// endpointState: what the poll says about a phone.
func (c *Center) endpointState(e EndpointState) {
	if why := c.phoneIs(e); why != "" {
		c.ignore(why)
	}
}

// phoneIs takes in what is known of a phone; not "" = why it changed nothing. Registration and outside calls matter only
// while the agent is not on a call of ours; they are noted all the same.
func (c *Center) phoneIs(e EndpointState) Ignored {
	a := c.phones[e.Endpoint]
	if a == nil {
		return IgnoredUnknownEndpoint
	}
	var outside []string
	for _, channel := range e.Channels {
		if ct := c.contacts[channel]; !isOurs(channel) && (ct == nil || ct.Away) && c.ears[channel] == nil && !slices.Contains(a.Clearing, channel) {
			outside = append(outside, channel)
		}
	}
	slices.Sort(outside)
	if a.Unplugged == !e.Registered && slices.Equal(a.Outside, outside) && a.State == a.state() {
		return IgnoredNoEffect
	}
	a.Unplugged, a.Outside = !e.Registered, outside
	if !slices.Contains(outside, a.Calling) {
		a.Calling = ""
	}
	c.settleAgent(a, fact.BySystem)
	return ""
}
