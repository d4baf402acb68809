package callcenter

import (
	"firstline/pipeline/fact"
)

// actWaiting does what somebody asks for about a caller who waits, or says why not.
func (c *Center) actWaiting(e Control) Refusal {
	ct := c.contacts[e.Contact]
	switch {
	case ct == nil:
		return RefusedUnknownContact
	case !c.LinkUp():
		return RefusedNotNow
	case !ct.waits() || ct.Entry.Unlined:
		return RefusedNotWaiting
	case e.Action == ActionMove:
		return c.move(ct, e.To)
	}
	change := e.Priority - ct.Entry.Priority
	ct.Entry.Asked += change // so he keeps it in other queues
	if ct.Talk != nil {      // also when who waits in his place comes back to him
		for i := range ct.Talk.Parties {
			ct.Talk.Parties[i].Wish.Asked += change
		}
	}
	c.prioritise(ct, change, byOf(e), e.Actor)
	return ""
}

// byOf is by which way a request came.
func byOf(e Control) fact.By {
	if e.By == "" {
		return fact.ByAPI
	}
	return e.By
}

// move takes a caller out of his line, and a phone that rings for him, to another queue, an agent's line or a menu. What he has waited
// counts there.
func (c *Center) move(ct *contact, to Target) Refusal {
	if ct.Talk != nil {
		return RefusedNotWaiting // an agent waits in his place
	}
	p := c.planFor(ct)
	place, menu := p.menuPlace(to)
	next := p.lineOf(to)
	switch {
	case to.To == fact.TransferToNumber:
		return RefusedUnknownTarget
	case menu && ct.absent():
		return RefusedNotWaiting // nobody is there who could hear it
	case ct.absent() && ct.Back.Dial != nil:
		return RefusedNotNow
	case ct.absent() && to.To == fact.TransferToAgent:
		return RefusedUnavailable // an agent's own line has no rule by which anybody is called back
	case menu:
	case next == nil:
		return RefusedUnknownTarget
	case next.ID == ct.Entry.Queue:
		return "" // there he is
	case c.refusal(next) != "":
		return RefusedUnavailable
	}
	c.silence(ct)
	e := *ct.Entry
	c.endEntry(ct, entryEnd{outcome: fact.EntryWithdrawn, to: to.ID})
	if ct.absent() {
		ct.Back.Queue = next.ID
		c.lineUp(ct)
		return ""
	}
	if menu {
		ct.Stage, ct.Flow = stageFlow, &flow{Entered: c.stamp(ct)}
		c.follow(ct, p.menus.BeginAt(place.flow, place.node, c.moment(ct)))
		return ""
	}
	c.join(ct, next, &entry{
		ID: e.ID, Asked: e.Asked, Want: e.Want, WantThat: e.WantThat, Since: e.Since, Home: e.Queue,
		Carried: e.Carried + ms(c.stamp(ct).Sub(e.QueuedAt)),
	})
	return ""
}

// reprioritise moves a caller who turns out to be more (or less) urgent by what the ticket system answered.
func (c *Center) reprioritise(ct *contact, priority int) {
	change := priority - ct.Who.Priority
	ct.Who.Priority = priority
	if ct.waits() {
		c.prioritise(ct, change, fact.BySystem, "")
	}
}

// prioritise changes a waiting caller's priority, and his place with it.
func (c *Center) prioritise(ct *contact, change int, by fact.By, actor string) {
	e := ct.Entry
	if change == 0 {
		return
	}
	was := e.Priority
	if e.Unlined {
		e.Priority += change
	} else {
		l := c.line(e.Queue)
		l.remove(ct)
		e.Priority += change
		l.insert(ct)
		c.touched.match = true
	}
	c.emit(ct, fact.TypePriority, fact.PriorityChanged{
		Entry: e.ID, Call: ct.Call.ID, Queue: e.Queue, From: was, Priority: e.Priority, By: by, Actor: actor,
		Position: c.position(ct), Urgency: e.urgency(), RankedAt: e.rank(),
	})
}
