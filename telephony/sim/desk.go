package sim

import (
	"slices"
	"strconv"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// desk is the agents' pages, supervisors and programs: they ask the controller for changes of an agent's state, look at
// screen pops, and send the same request twice when an answer is slow.
type desk struct {
	w     *world
	sent  map[string]*asked
	asked int // requests about callers
}

// asked is a request and the first durable reply to it.
type asked struct {
	control callcenter.Control
	reply   *callcenter.Reply
}

func newDesk(w *world) *desk { return &desk{w: w, sent: map[string]*asked{}} }

// morning logs an agent in and makes him ready.
func (d *desk) morning(id string) {
	luck := d.w.newDice("morning " + id)
	d.w.after(luck.between(0, 5*time.Second), func() {
		login := callcenter.Control{Request: "login " + id, Actor: id, By: fact.ByDesk, Agent: id, Action: callcenter.ActionLogin}
		if d.w.freely(id) {
			login.Seat = d.w.anySeat(luck)
		}
		d.send(login)
		d.w.after(luck.between(0, 3*time.Second), func() {
			d.send(callcenter.Control{Request: "ready " + id, Actor: id, By: fact.ByDesk, Agent: id, Action: callcenter.ActionReady})
		})
	})
}

// request asks for something; mostly for what makes sense now.
func (d *desk) request(n int, luck *dice) {
	c := callcenter.Control{
		Request: "r" + strconv.Itoa(n), By: one(luck, fact.ByDesk, fact.ByAPI, fact.BySupervisor),
		Agent: one(luck, d.w.crew...),
	}
	c.Actor = one(luck, c.Agent, "sup")
	if luck.chance(0.03) {
		c.Agent = "nobody"
	}
	c.Action = d.sensible(c.Agent, luck)
	if luck.chance(0.1) {
		c.Action = one(luck, callcenter.ActionLogin, callcenter.ActionLogout, callcenter.ActionReady, callcenter.ActionPause,
			callcenter.ActionWrapUpDone, callcenter.ActionWrapUpMore, callcenter.ActionDisposition, callcenter.ActionTransfer,
			callcenter.ActionConsult, callcenter.ActionComplete, callcenter.ActionConference, callcenter.ActionReturn,
			callcenter.ActionHold, callcenter.ActionUnhold, callcenter.ActionMute, callcenter.ActionUnmute, "dance")
	}
	if d.w.freely(c.Agent) && luck.chance(0.2) { // he comes, or goes elsewhere
		c.Action = callcenter.ActionLogin
	}
	switch c.Action {
	case callcenter.ActionLogin:
		if d.w.freely(c.Agent) || luck.chance(0.05) {
			c.Seat = d.w.anySeat(luck)
		}
	case callcenter.ActionPause:
		c.Reason = one(luck, "break", "break", "lunch", "nonsense")
	case callcenter.ActionDisposition:
		c.Contact, c.Code, c.Note = d.w.ledger.recent(luck), one(luck, "solved", "solved", "nonsense"), "a note"
	case callcenter.ActionTransfer, callcenter.ActionConsult:
		c.To = one(luck, targets()...)
	default:
	}
	if luck.chance(0.2) {
		c.Expect = one(luck, fact.AgentReady, fact.AgentPaused, fact.AgentTalking)
	}
	d.send(c)
	if luck.chance(0.2) {
		d.w.after(luck.around(2*time.Second), func() { d.send(c) })
	}
}

// sensible picks what an agent would do in his state.
func (d *desk) sensible(agent string, luck *dice) callcenter.Action {
	switch d.w.ledger.stateOf(agent) {
	case fact.AgentLoggedOut:
		return callcenter.ActionLogin
	case fact.AgentPaused, fact.AgentUnreachable:
		return callcenter.ActionReady
	case fact.AgentWrapUp:
		return one(luck, callcenter.ActionWrapUpDone, callcenter.ActionWrapUpMore, callcenter.ActionDisposition, callcenter.ActionReady)
	case fact.AgentTalking:
		return one(luck, callcenter.ActionDisposition, callcenter.ActionPause, callcenter.ActionReady, callcenter.ActionLogout,
			callcenter.ActionTransfer, callcenter.ActionTransfer, callcenter.ActionConsult, callcenter.ActionConsult, callcenter.ActionComplete,
			callcenter.ActionComplete, callcenter.ActionConference, callcenter.ActionReturn, callcenter.ActionHold, callcenter.ActionUnhold,
			callcenter.ActionMute, callcenter.ActionMute, callcenter.ActionUnmute)
	default:
		return one(luck, callcenter.ActionPause, callcenter.ActionLogout, callcenter.ActionDisposition, callcenter.ActionDisposition,
			callcenter.ActionDisposition, callcenter.ActionDisposition, callcenter.ActionReady)
	}
}

// send sends a request, when a controller runs.
func (d *desk) send(c callcenter.Control) {
	if d.sent[c.Request] == nil {
		d.sent[c.Request] = &asked{control: c}
	}
	d.w.ctl.tell(c)
}

// replied takes a durable reply: the same request must always get the same one.
func (d *desk) replied(r callcenter.Reply) {
	a := d.sent[r.Request]
	switch {
	case a == nil:
		d.w.fail(ruleReplies, "reply to %q, which nobody sent", r.Request)
	case a.reply == nil:
		a.reply = &r
		d.sensibleReply(a.control, r)
		if isMark(a.control.Action) {
			d.w.ledger.grantedMark(a.control, r)
		}
		d.w.seen.add("reply " + string(r.Refused))
	case *a.reply != r:
		d.w.fail(ruleReplies, "%+v got %+v first and then %+v", a.control, *a.reply, r)
	}
}

// sensibleReply: what was granted must show in the agent's state.
func (d *desk) sensibleReply(c callcenter.Control, r callcenter.Reply) {
	may := map[callcenter.Action][]fact.AgentState{
		callcenter.ActionLogout: {fact.AgentLoggedOut, fact.AgentTalking},
		callcenter.ActionPause:  {fact.AgentPaused, fact.AgentTalking},
		callcenter.ActionReady:  {fact.AgentReady, fact.AgentRinging, fact.AgentTalking, fact.AgentOutside, fact.AgentCalling, fact.AgentUnreachable},
	}[c.Action]
	if r.Refused == "" && may != nil && !slices.Contains(may, r.State) {
		d.w.fail(ruleReplies, "%+v was granted, and the agent is %s", c, r.State)
	}
}

// offered is told about a durable offer: the agent's page fetches the pop, shows it, and he may open the ticket.
func (d *desk) offered(contact string, o fact.Offered) {
	if !d.w.ctl.alive || d.w.ctl.core == nil {
		return
	}
	popup, ok := d.w.ctl.core.Popup(o.Offer)
	if !ok {
		return // over already
	}
	if popup.Offer != o.Offer || popup.Agent != o.Agent || popup.Queue != o.Queue || popup.Contact != contact || popup.WaitMS < o.WaitMS {
		d.w.fail(rulePop, "offer %+v pops %+v", o, popup)
	}
	luck := d.w.newDice("page " + o.Offer)
	if luck.chance(0.1) {
		return // no page open
	}
	d.w.after(luck.around(300*time.Millisecond), func() {
		d.w.ctl.tell(callcenter.PopSeen{Pop: popup.Pop})
		if luck.chance(0.5) {
			d.w.after(luck.around(3*time.Second), func() { d.w.ctl.tell(callcenter.PopSeen{Pop: popup.Pop, Opened: true}) })
		}
	})
}
