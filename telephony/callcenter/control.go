package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// control does what a person or program asks for, and answers. The same request again gets the same
// answer and no effect.
func (c *Center) control(e Control) {
	a := c.agentOf[e.Agent]
	known := &c.meta.Replies // of requests that are about no agent there is
	if a != nil {
		known = &a.Replies
	}
	if i := slices.IndexFunc(*known, func(r Reply) bool { return r.Request == e.Request }); i >= 0 && e.Request != "" {
		c.reply((*known)[i])
		c.ignore(IgnoredDuplicate)
		return
	}
	r := Reply{Request: e.Request, Refused: c.granted(a, e)}
	if a != nil && !a.Removed {
		r.State = a.State
	}
	c.reply(r)
	if e.Request == "" {
		return
	}
	*known = append(*known, r)
	if extra := len(*known) - keptReplies; extra > 0 {
		*known = slices.Clone((*known)[extra:])
	}
	if a == nil {
		c.touched.meta = true
		return
	}
	c.touchAgent(a)
}

// granted does what is asked for, or says why not.
func (c *Center) granted(a *agent, e Control) Refusal {
	switch {
	case e.Action == ActionIncidentOn || e.Action == ActionIncidentOff:
		return c.switchIncident(e)
	case e.Action == ActionPriority || e.Action == ActionMove:
		return c.actWaiting(e)
	case e.Action == ActionCallbackCancel:
		return c.cancelBack(e)
	case e.Action == ActionVoicemailDone || e.Action == ActionVoicemailOpen:
		return c.markVoicemail(e)
	case a == nil || a.Removed:
		return RefusedUnknownAgent
	case e.Expect != "" && e.Expect != a.State:
		return RefusedConflict
	default:
		return c.act(a, e)
	}
}

func (c *Center) reply(r Reply) { c.out.Reply = &r }

// act does one action, or says why not.
func (c *Center) act(a *agent, e Control) Refusal {
	by := byOf(e)
	switch e.Action { //nolint:exhaustive // what follows needs an agent on duty
	case ActionDisposition:
		return c.disposition(a, e)
	case ActionMonitor, ActionUnmonitor, ActionTakeOver:
		return c.actMonitor(a, e)
	default:
	}
	switch {
	case a.LoggedIn || e.Action == ActionLogin || a.tookOver() && ofCall(e.Action):
	case e.Action == ActionLogout:
		c.endWrapIfAny(a)
		c.settleAgent(a, by)
		return ""
	default:
		return RefusedNotLoggedIn
	}
	switch e.Action {
	case ActionLogin:
		return c.actLogin(a, by, e)
	case ActionLogout:
		return c.actLogout(a, by, e.Actor)
	case ActionReady:
		return c.actReady(a, by)
	case ActionPause:
		return c.actPause(a, by, e)
	case ActionWrapUpDone:
		return c.actWrapUpDone(a, by)
	case ActionWrapUpMore:
		return c.actWrapUpMore(a)
	case ActionTransfer, ActionConsult, ActionComplete, ActionConference, ActionReturn, ActionHold, ActionUnhold,
		ActionMute, ActionUnmute, ActionRecord, ActionRecordPause, ActionRecordResume:
		return c.actTalk(a, by, e)
	default:
		return RefusedUnknownAction
	}
}

// tookOver tells whether a supervisor who is not logged in has a caller all the same, or wraps up after him.
func (a *agent) tookOver() bool { return !a.LoggedIn && (a.Talk != "" || a.Wrap != "") }

// ofCall tells whether an action is about the caller an agent has.
func ofCall(action Action) bool {
	switch action { //nolint:exhaustive // the others are about the agent
	case ActionTransfer, ActionConsult, ActionComplete, ActionConference, ActionReturn, ActionHold, ActionUnhold, ActionMute, ActionUnmute,
		ActionWrapUpDone, ActionWrapUpMore:
		return true
	default:
		return ofRecording(action)
	}
}

// ofRecording tells whether an action is about the recording of a talk.
func ofRecording(action Action) bool {
	return action == ActionRecord || action == ActionRecordPause || action == ActionRecordResume
}

func (c *Center) actLogin(a *agent, by fact.By, e Control) Refusal {
	phone, why := c.phoneFor(a, e.Seat)
	if why != "" {
		return why
	}
	if a.LoggedIn && phone == a.endpoint() {
		if a.Next == fact.AgentLoggedOut {
			c.clearNext(a) // he changed his mind during the call
		}
		return ""
	}
	return c.sit(a, phone, by, e.Actor)
}

// actLogout: at once when nobody is on the line; a call is finished first, a ringing phone is declined.
func (c *Center) actLogout(a *agent, by fact.By, actor string) Refusal {
	if a.Talk != "" {
		c.choose(a, fact.AgentLoggedOut, "", by, actor)
		return ""
	}
	c.clearNext(a)
	c.endWrapIfAny(a)
	c.declineIfRinging(a)
	c.logOut(a, leaving{by: by, actor: actor})
	return ""
}

func (c *Center) actReady(a *agent, by fact.By) Refusal {
	c.clearNext(a)
	c.endWrapIfAny(a)
	a.Paused, a.PauseFor = false, ""
	if a.Missed > 0 || !a.RetryAt.IsZero() {
		a.Missed, a.RetryAt = 0, time.Time{}
	}
	c.settleAgent(a, by)
	return ""
}

// actPause: at once when nobody is on the line, ending a wrap-up; during a call it becomes the next state; a ringing
// phone is declined.
func (c *Center) actPause(a *agent, by fact.By, e Control) Refusal {
	if !slices.Contains(c.plan.Pauses, e.Reason) && e.Reason != fact.AutoPauseReason {
		return RefusedUnknownReason
	}
	if a.Talk != "" {
		c.choose(a, fact.AgentPaused, e.Reason, by, e.Actor)
		return ""
	}
	c.clearNext(a)
	c.endWrapIfAny(a)
	c.declineIfRinging(a)
	a.Paused, a.PauseFor = true, e.Reason
	c.settleAgent(a, by)
	return ""
}

func (c *Center) actWrapUpDone(a *agent, by fact.By) Refusal {
	if a.Wrap == "" {
		return RefusedNotNow
	}
	c.endWrap(a)
	c.afterCall(a, by)
	return ""
}

func (c *Center) actWrapUpMore(a *agent) Refusal {
	if a.Wrap == "" {
		return RefusedNotNow
	}
	ct := c.contacts[a.Wrap]
	q := c.planFor(ct).queue(a.Serving)
	if q == nil || q.WrapUpExtend <= 0 {
		return RefusedNotNow
	}
	a.WrapUntil = a.WrapUntil.Add(q.WrapUpExtend)
	c.touchAgent(a)
	return ""
}

// choose sets the state for after the call.
func (c *Center) choose(a *agent, next fact.AgentState, reason string, by fact.By, actor string) {
	a.Next, a.NextReason, a.NextBy, a.NextActor = next, reason, by, actor
	c.touchAgent(a)
}

func (c *Center) clearNext(a *agent) { c.choose(a, "", "", "", "") }

func (c *Center) endWrapIfAny(a *agent) {
	if a.Wrap != "" {
		c.endWrap(a)
		a.Serving = ""
	}
}

// declineIfRinging takes the call that rings away from an agent who won't take it. The state that follows is the
// caller's to settle.
func (c *Center) declineIfRinging(a *agent) {
	ct := c.contacts[a.Offer]
	if ct == nil {
		return
	}
	e := ct.Entry
	o := e.offerTo(a.ID)
	e.close(o)
	c.agentLeft(ct)
	c.offerEnded(ct, e, o, offerEnd{result: fact.OfferDeclined})
	c.clear(ct, a, o.Leg)
	a.Offer, a.Serving = "", ""
	c.touched.match = true
	c.ringsNoMore(ct)
}

// disposition records the agent's word on what a contact was about, up to an hour after its end.
func (c *Center) disposition(a *agent, e Control) Refusal {
	ct := c.contacts[e.Contact]
	if ct == nil || !slices.Contains(ct.Agents, a.ID) {
		c.ignore(IgnoredStale)
		return RefusedUnknownContact
	}
	if e.Code == "" || len(c.plan.Codes) > 0 && !slices.Contains(c.plan.Codes, e.Code) {
		return RefusedUnknownReason
	}
	c.emit(ct, fact.TypeDisposition, fact.Disposition{Agent: a.ID, Queue: ct.Sums.LastQueue, Code: e.Code, Note: e.Note})
	return ""
}
