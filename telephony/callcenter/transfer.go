package callcenter

import (
	"cmp"

	"firstline/pipeline/fact"
)

// actTalk does what an agent asks for about the caller he talks to, or says why not.
func (c *Center) actTalk(a *agent, by fact.By, e Control) Refusal {
	ct := c.contacts[a.Talk]
	pause := e.Action == ActionRecordPause || e.Action == ActionRecordResume // which must not be missed: it holds from now on
	mute := e.Action == ActionMute || e.Action == ActionUnmute               // also for who was asked
	if ct == nil || ct.Talk == nil || ct.Talk.speaker(a.ID) == nil || !pause && (!mute && ct.Talk.party(a.ID) == nil || !c.LinkUp()) {
		return RefusedNotNow
	}
	switch {
	case e.Contact != "" && e.Contact != ct.ID:
		return RefusedConflict
	case ofRecording(e.Action):
		return c.actRecording(ct, by, e)
	case mute:
		c.mute(ct, ct.Talk.speaker(a.ID), by, e.Actor, e.Action == ActionMute)
		return ""
	}
	k := ct.Talk.Consult
	mine := k != nil && k.Transfer.Agent == a.ID
	switch {
	case e.Action == ActionTransfer && k == nil:
		return c.transferTo(ct, a, by, e.To)
	case e.Action == ActionConsult && k == nil:
		return c.consult(ct, a, by, e.To, ct.Talk.party(a.ID).Leg)
	case e.Action == ActionComplete && mine:
		c.complete(ct, "", false)
	case e.Action == ActionConference && mine && k.partner() != "":
		c.conference(ct)
	case e.Action == ActionReturn && mine:
		c.comeBack(ct, fact.TransferReturned, "", false)
	case e.Action == ActionHold && k == nil && ct.Talk.alone():
		c.holdCaller(ct, true)
	case e.Action == ActionUnhold && ct.Talk.Held:
		c.holdCaller(ct, false)
	default:
		return RefusedNotNow
	}
	return ""
}

// holdCaller has the caller hear music, or the agent again.
func (c *Center) holdCaller(ct *contact, hold bool) {
	if ct.Talk.Held == hold {
		return
	}
	before := ct.room()
	ct.Talk.Held = hold
	c.touch(ct)
	c.rearrange(ct, before)
	c.resegment(ct)
}

// transferTo hands the caller on at once. Where he can't be taken the agent keeps him.
func (c *Center) transferTo(ct *contact, a *agent, by fact.By, to Target) Refusal {
	if why := c.mayTransfer(ct, a, to); why != "" {
		return why
	}
	tr := c.newTransfer(ct, a, by, fact.TransferBlind, to)
	c.transferStarted(ct, tr)
	party := *ct.Talk.party(a.ID)
	next := c.handedOn(ct, party)
	c.letGoOf(ct, party)
	c.transferEnded(ct, tr, fact.TransferCompleted, nil, false)
	switch place, menu := c.planFor(ct).menuPlace(to); {
	case to.To == fact.TransferToNumber:
		c.sendOut(ct, to.ID, fact.ResultAnswered)
	case menu:
		ct.Stage, ct.Flow = stageFlow, &flow{Entered: c.stamp(ct)}
		c.follow(ct, c.planFor(ct).menus.BeginAt(place.flow, place.node, c.moment(ct)))
	default:
		c.join(ct, c.planFor(ct).lineOf(to), next)
	}
	c.freed(a.ID)
	return ""
}

// mayTransfer is why the caller can't be handed on there at once; "" = he can.
func (c *Center) mayTransfer(ct *contact, a *agent, to Target) Refusal {
	if !ct.Talk.alone() {
		return RefusedNotNow // he may leave, and the others stay
	}
	if _, ok := c.planFor(ct).menuPlace(to); ok || to.To == fact.TransferToNumber && c.plan.callable(to.ID) != "" {
		return ""
	}
	_, why := c.lineFor(ct, a, to)
	return why
}

// letGoOf takes the only agent out of a talk; the caller hears nothing then.
func (c *Center) letGoOf(ct *contact, p party) {
	parked := ct.Talk.parked()
	c.endSegment(ct, p.Agent, false)
	c.endRecording(ct, fact.RecordingComplete, false)
	c.endMonitorsOf(ct, "", false)
	c.unbridge(ct, ct.Talk.Bridge)
	if parked {
		c.stopMusic(ct)
	}
	c.wrapUp(ct, p, "")
	ct.Talk = nil
}

// consult has the agent wait for somebody to ask.
func (c *Center) consult(ct *contact, a *agent, by fact.By, to Target, ear string) Refusal {
	if to.To == fact.TransferToNumber {
		return c.askOutside(ct, a, by, to, ear)
	}
	q, why := c.lineFor(ct, a, to)
	if why != "" {
		return why
	}
	c.beginConsult(ct, q, c.newTransfer(ct, a, by, fact.TransferAttended, to), ear)
	return ""
}

// mayConsult is why nobody can be asked there; "" = somebody can.
func (c *Center) mayConsult(ct *contact, a *agent, to Target) Refusal {
	if to.To == fact.TransferToNumber && c.plan.callable(to.ID) != "" {
		return ""
	}
	_, why := c.lineFor(ct, a, to)
	return why
}

// lineFor is the queue in which a target is waited for, or why it can't be.
func (c *Center) lineFor(ct *contact, a *agent, to Target) (*Queue, Refusal) {
	q := c.planFor(ct).lineOf(to)
	switch {
	case q == nil || to.To == fact.TransferToAgent && to.ID == a.ID:
		return nil, RefusedUnknownTarget
	case c.refusal(q) != "" || !q.JoinEmpty && !c.staffedBy(q, func(o *agent) bool { return o != a }):
		return nil, RefusedUnavailable
	}
	return q, ""
}

// handedOn is what a caller brings along into the queue he is handed on to: the waiting he has done, what his menu asked for, and where to go when an
// agent he was handed on to does not take him.
func (c *Center) handedOn(ct *contact, p party) *entry {
	return &entry{
		ID: p.Entry, Since: ct.Sums.FirstAt, Carried: ct.carried(), Home: cmp.Or(p.Home, p.Queue),
		Asked: p.Wish.Asked, Want: p.Wish.Want, WantThat: p.Wish.WantThat,
	}
}

func (c *Center) newTransfer(ct *contact, a *agent, by fact.By, mode fact.TransferMode, to Target) transfer {
	if to.To == fact.TransferToNumber {
		to.ID = lastDigits(to.ID)
	}
	return transfer{
		ID: part(ct.ID, "t", &ct.Count.Transfer), Agent: a.ID, Queue: ct.Talk.party(a.ID).Queue, By: by, Mode: mode, Target: to,
		At: c.stamp(ct),
	}
}

// lastDigits is what facts say of a number outside: enough to know it again, and not whose it is.
func lastDigits(number string) string {
	const shown = 3
	return "*" + number[max(0, len(number)-shown):]
}

func (c *Center) transferStarted(ct *contact, tr transfer) {
	c.emit(ct, fact.TypeTransferStarted, fact.TransferStarted{
		Transfer: tr.ID, Call: ct.Call.ID, Agent: tr.Agent, Queue: tr.Queue, Mode: tr.Mode, By: tr.By, To: tr.Target.To, Target: tr.Target.ID,
	})
}

func (c *Center) transferEnded(ct *contact, tr transfer, result fact.TransferResult, with *party, derived bool) {
	t := c.stamp(ct)
	ended := fact.TransferEnded{
		Transfer: tr.ID, Call: ct.Call.ID, Agent: tr.Agent, Queue: tr.Queue, Mode: tr.Mode, By: tr.By, To: tr.Target.To,
		Target: tr.Target.ID, Result: result, StartedAt: tr.At, EndedAt: t, DurationMS: ms(t.Sub(tr.At)), Derived: derived,
	}
	if with != nil {
		ended.With = with.Agent
	}
	if result == fact.TransferCompleted {
		ct.Sums.Transfers++
	}
	c.emit(ct, fact.TypeTransferEnded, ended)
}
