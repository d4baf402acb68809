package callcenter

import (
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// A phone that did not take an offer may be gone, or busy with a call the poll has not seen yet. Before it is rung again
// it is looked at: match asks for it with CheckPhone when it would ring the agent, and rings him, or others meanwhile, by
// what is then known. A look is only wanted while it is fresh, so none is made before somebody is there to be rung for.

const (
	lookTimeout = time.Second // Asterisk's, to answer the question
	lookMargin  = time.Second // how much longer the core waits
)

// doubts tells whether an offer that ended so leaves open that the phone can be reached. Who declines has heard it ring.
func doubts(result fact.OfferResult) bool {
	switch result {
	case fact.OfferMissed, fact.OfferBusy, fact.OfferUnavailable, fact.OfferFailed:
		return true
	case fact.OfferAnswered, fact.OfferDeclined, fact.OfferWithdrawn, fact.OfferLostRace:
	}
	return false
}

// sure decides who is rung for whom, among agents whose phones are not in doubt. The phones in doubt of those who would
// be rung are looked at; the callers then go to others, in their order, as if these agents were not free.
func (c *Center) sure() []pair {
	for {
		lines := c.openLines()
		c.preferences(lines)
		list := pairs(lines, c.free, c.suits, c.besides, &c.luck)
		looked := false
		for _, p := range list {
			if p.agent.Doubt {
				c.look(p.agent)
				looked = true
			}
		}
		if !looked {
			return list
		}
	}
}

// look asks for the agent's phone. Until the answer comes, or time is up, he is not free.
func (c *Center) look(a *agent) {
	owner := keyAgent + a.ID
	a.Look = part(owner, "x", &a.Looks)
	a.LookBy = c.now.Add(lookTimeout + lookMargin)
	c.touchAgent(a)
	c.setFree(a)
	c.out.Commands = append(c.out.Commands, CheckPhone{
		Head: Head{ID: a.Look, Contact: owner}, Agent: a.ID, Endpoint: a.endpoint(), Timeout: lookTimeout,
	})
}

// phoneChecked: the phone was looked at. What is said of it is news however late it comes.
func (c *Center) phoneChecked(e PhoneChecked) {
	a := c.lookedAt(e.Check)
	why := c.phoneIs(e.Phone)
	switch {
	case a != nil:
		// With a new plan his phone may be another one by now: that one was not looked at.
		c.endLook(a, a.endpoint() != e.Phone.Endpoint)
		c.stillRings(a, e.Phone)
	case why == IgnoredNoEffect:
		c.ignore(IgnoredStale)
	case why != "":
		c.ignore(why)
	}
}

// stillRings: a leg of an earlier offer, whose end was ordered, is on the phone yet: it is given the time once more.
func (c *Center) stillRings(a *agent, phone EndpointState) {
	if i := slices.IndexFunc(phone.Channels, isOurs); i >= 0 && len(a.Clearing) == 0 {
		a.clearing(c, phone.Channels[i])
	}
}

// lookedAt is the agent whom an open look is about; nil when there is no such look.
func (c *Center) lookedAt(check string) *agent {
	id, ok := strings.CutPrefix(ownerOfPart(check), keyAgent)
	if a := c.agentOf[id]; ok && a != nil && a.Look == check {
		return a
	}
	return nil
}

// endLook closes a look.
func (c *Center) endLook(a *agent, doubt bool) {
	a.Look, a.LookBy, a.Doubt = "", time.Time{}, doubt
	c.touchAgent(a)
	c.touched.match = true
}

// lookFailed: the phone could not be looked at. Then what the last poll said counts: nobody shall stand idle because a
// question was lost. While the link is down nobody is rung anyway; after it the phone is looked at anew.
func (c *Center) lookFailed(a *agent) {
	c.endLook(a, !c.LinkUp())
	c.ignore(IgnoredNoLook)
}

// forgetLooks gives up the looks that were under way when the link broke: their commands or answers may be lost with it.
// The doubt stays, so match asks anew.
func (c *Center) forgetLooks() {
	for _, a := range c.agents {
		if a.Look != "" {
			c.endLook(a, true)
		}
	}
}
