package callcenter

import "firstline/pipeline/fact"

// What an agent does with the keys of his phone: a second call to somebody he wants to ask, and the phone's request to hand
// his caller on (SIP REFER).

// consultsWith takes in an agent's second call to somebody he wants to ask for his caller; false when it is none.
func (c *Center) consultsWith(e CallArrived) bool {
	a := c.phones[e.Endpoint]
	if a == nil || a.Talk == "" {
		return false
	}
	ct := c.contacts[a.Talk]
	p := c.planFor(ct)
	if _, _, code := p.feature(e.Dialed); code || ct.Talk.Consult != nil || ct.Talk.party(a.ID) == nil {
		return false
	}
	to, ok := p.target(e.Dialed)
	if !ok {
		return false
	}
	if c.mayConsult(ct, a, to) != "" {
		return false
	}
	c.ears[e.Channel] = ct
	c.forgetOutside(a, e.Channel)
	c.takeEar(ct, e.Channel)
	c.consult(ct, a, fact.ByPhone, to, e.Channel)
	return true
}

// earFailed: an order for an agent's second call, or for his leg while he waits, failed.
func (c *Center) earFailed(ct *contact, channel string, gone bool) {
	waits := ct.Talk != nil && ct.Talk.Consult != nil && ct.Talk.Consult.Ear == channel
	switch {
	case !waits && !gone && ct.Talk != nil && ct.Talk.onLeg(channel) != nil:
		ct.Talk.Quiet = channel
		c.mendSoon(ct)
	case !waits:
		c.ignore(IgnoredStale)
	case !gone:
		c.mendSoon(ct)
	case c.ears[channel] == ct:
		c.toContact(ct, earEnded{channel: channel})
	default:
		c.ignore(IgnoredNoEffect) // his leg's end will be heard
	}
}

// declineFailed: a phone waits for an answer that did not come through; it gets it once more.
func (c *Center) declineFailed(ct *contact, channel string, gone bool) {
	if gone || ct.Talk == nil {
		c.ignore(IgnoredNoEffect)
		return
	}
	ct.Talk.Decline = channel
	c.mendSoon(ct)
}

// earGone: the agent ended his second call. He has the caller on the first one.
func (c *Center) earGone(ct *contact, e earEnded) {
	delete(c.ears, e.channel)
	if k := ct.Talk.Consult; k == nil || k.Ear != e.channel {
		c.ignore(IgnoredStale)
		return
	}
	c.comeBack(ct, fact.TransferReturned, "", e.derived)
}

// transferAsked: an agent's phone asks to hand on who it talks to. It is told what became of it.
func (c *Center) transferAsked(e TransferAsked) {
	ct := c.contacts[ownerOfResource(e.Channel)]
	if ct == nil {
		ct = c.ears[e.Channel]
	}
	if caller := c.contacts[e.Channel]; caller != nil { // only agents hand callers on
		if !caller.Live { // he was let out meanwhile
			c.ignore(IgnoredStale)
			return
		}
		c.answerTransfer(caller, e.Channel, false)
		return
	}
	switch {
	case ct == nil:
		c.ignore(IgnoredUnknownChannel)
		return
	case ct.Talk == nil:
		c.answerTransfer(ct, e.Channel, false)
		return
	case !c.LinkUp(): // done when it is back
		ct.Talk.Asked = &asked{Channel: e.Channel, To: e.To, Other: e.Other}
		c.touch(ct)
		return
	}
	ask := keyPress{Digit: e.Channel, At: c.said}
	if c.stamped && ask.same(ct.Talk.Answer) {
		c.ignore(IgnoredDuplicate)
		return
	}
	ct.Talk.Answer = ask
	if why := c.phoneTransfers(ct, e); why != "" {
		c.answerTransfer(ct, e.Channel, false)
	}
}

// phoneTransfers does what the phone asks for, or says why not.
func (c *Center) phoneTransfers(ct *contact, e TransferAsked) Refusal {
	t, k := ct.Talk, ct.Talk.Consult
	attended := func() bool {
		p := t.party(k.Transfer.Agent)
		return e.Channel == p.Leg && e.Other == k.Ear || e.Channel == k.Ear && e.Other == p.Leg
	}
	switch p := t.onLeg(e.Channel); {
	case e.Other != "":
		if k == nil || !attended() {
			return RefusedNotNow
		}
		c.answerTransfer(ct, e.Channel, true)
		c.complete(ct, "", false)
		return ""
	case p == nil || k != nil:
		return RefusedNotNow
	default:
		return c.phoneSends(ct, c.agentOf[p.Agent], e)
	}
}

// phoneSends hands the caller on to the number that the phone named.
func (c *Center) phoneSends(ct *contact, a *agent, e TransferAsked) Refusal {
	to, ok := c.planFor(ct).target(e.To)
	if !ok {
		return RefusedUnknownTarget
	}
	if why := c.mayTransfer(ct, a, to); why != "" {
		return why
	}
	c.answerTransfer(ct, e.Channel, true) // before its leg is hung up
	return c.transferTo(ct, a, fact.ByPhone, to)
}

// answerTransfer tells the phone what became of the transfer it asked for.
func (c *Center) answerTransfer(ct *contact, channel string, done bool) {
	what := forOther // its call is hung up
	if !done {
		what = forDecline
	}
	c.order(ct, what, channel, func(h Head) Command { return AnswerTransfer{Head: h, Channel: channel, Done: done} })
}
