package callcenter

import (
	"slices"
	"strings"

	"firstline/pipeline/fact"
)

// ownKind is the kind of a call that an agent's own phone makes.
func (p *planState) ownKind(dialed string) fact.Kind {
	if _, _, ok := p.feature(dialed); ok {
		return fact.KindFeature
	}
	if p.colleague(dialed) == "" && p.callable(dialed) != "" {
		return fact.KindOutbound
	}
	return fact.KindInternal
}

// colleague is the agent whose extension it is; "" = nobody's.
func (p *planState) colleague(dialed string) string {
	i := slices.IndexFunc(p.Agents, func(a Agent) bool { return a.Extension != "" && a.Extension == dialed })
	if i < 0 {
		return ""
	}
	return p.Agents[i].ID
}

// feature reads a feature code: the action and what goes with it, for a pause its reason, for a log-in the agent's number.
func (p *planState) feature(dialed string) (action Action, with string, ok bool) {
	f := p.Features
	switch dialed {
	case "":
		return "", "", false
	case f.Login:
		return ActionLogin, "", true
	case f.Logout:
		return ActionLogout, "", true
	case f.Ready:
		return ActionReady, "", true
	}
	if f.loginCode(dialed) {
		return ActionLogin, strings.TrimPrefix(dialed, f.Login+numberMark), true
	}
	digits, found := strings.CutPrefix(dialed, f.Pause)
	if f.Pause == "" || !found || strings.Trim(digits, "0123456789") != "" {
		return "", "", false
	}
	return ActionPause, p.pauseReason(digits), true
}

// pauseReason is the reason that the digits after the pause code count out; "" when there is none of that number.
func (p *planState) pauseReason(digits string) string {
	n := 0
	for _, d := range digits {
		n = min(n*10+int(d-'0'), len(p.Pauses)+1)
	}
	if digits == "" {
		n = 1
	}
	if n < 1 || n > len(p.Pauses) {
		return ""
	}
	return p.Pauses[n-1]
}

// media is what the agent hears when his feature code was carried out.
func (f Features) media(action Action) []string {
	switch action {
	case ActionLogin:
		return f.LoginMedia
	case ActionLogout:
		return f.LogoutMedia
	case ActionReady:
		return f.ReadyMedia
	default:
		return f.PauseMedia
	}
}

// ownCall: an agent's own phone called. A feature code is carried out and confirmed; to a colleague and to a number outside he is let
// out. Until he hangs up his phone is not rung.
func (c *Center) ownCall(ct *contact, a *agent) {
	p := c.planFor(ct)
	a.OwnCalls = append(a.OwnCalls, ct.ID)
	c.forgetOutside(a, ct.ID)
	if ct.Out = c.wayOut(ct); ct.Out != "" {
		c.endCall(ct, callEnd{termination: fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonTransferred}})
		return
	}
	action, with, ok := p.feature(ct.Dialed)
	if action == ActionLogin && c.plan.seatAt(ct.From) != nil { // he, or somebody who comes after him
		c.settleAgent(a, fact.ByPhone)
		c.seatCall(ct)
		return
	}
	named := action == ActionLogin && with != "" // who has a phone of his own has no number
	served := ok && !named && c.act(a, Control{Actor: a.ID, By: fact.ByPhone, Action: action, Reason: with}) == ""
	c.settleAgent(a, fact.ByPhone)
	if !served {
		c.closeWith(ct, fact.Termination{Result: fact.ResultRefused, Reason: fact.ReasonRefused}, p.Features.ErrorMedia)
		return
	}
	c.closeWith(ct, fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonFlowEnded}, p.Features.media(action))
}

// wayOut is where an agent's own call goes: a colleague's phone, or a number outside; "" = nowhere.
func (c *Center) wayOut(ct *contact) string {
	p := c.planFor(ct)
	if _, _, feature := p.feature(ct.Dialed); feature {
		return ""
	}
	if colleague := c.agentOf[p.colleague(ct.Dialed)]; colleague != nil {
		if !c.hasPhone(colleague) { // he sits nowhere
			return ""
		}
		return colleague.endpoint()
	}
	return p.callable(ct.Dialed)
}

// wentOut: who was sent on has left. Of an agent's own call his phone is known to be busy, also before it is polled.
func (c *Center) wentOut(ct *contact) {
	ct.Away = true
	a := c.phones[ct.From]
	if ct.From == "" { // of a version that did not keep it
		a = c.agentOf[ct.Phone]
	}
	if a == nil || slices.Contains(a.Outside, ct.ID) {
		return
	}
	a.Outside = append(a.Outside, ct.ID)
	slices.Sort(a.Outside)
	if ct.Kind == fact.KindOutbound {
		a.Calling = ct.ID
	}
	c.settleAgent(a, fact.ByPhone)
}

// forgetOutside: a channel that the poll took for an outside call turns out to be one to us.
func (c *Center) forgetOutside(a *agent, channel string) {
	var rest []string
	for _, id := range a.Outside {
		if id != channel {
			rest = append(rest, id)
		}
	}
	a.Outside = rest
	c.touchAgent(a)
}
