package sim

import (
	"slices"
	"strconv"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// Agents without phones of their own: where they sit, by page or by the phone there, and what the facts and the ringing phones must
// say of it.

// seatEndpoints are the phones that are nobody's own.
func seatEndpoints() []string { return []string{"PJSIP/201", "PJSIP/202"} }

// numberOf and pinOf are what an agent logs in by. No number or PIN comes of another one by losing a key.
func numberOf(i int) string { return "70" + strconv.Itoa(11*(i+1)) }

func pinOf(agent string) string {
	if i := slices.Index(agentIDs(), agent); i >= 0 {
		return "48" + strconv.Itoa(11*(i+1))
	}
	return ""
}

// drawSeats throws who sits freely, and where: there may be fewer seats than agents, and one that was somebody's own phone.
func drawSeats(d *dice, p *callcenter.Plan) {
	if d.chance(0.4) {
		return
	}
	endpoints := one(d, seatEndpoints(), seatEndpoints(), seatEndpoints()[:1])
	freely := 0
	for i := range p.Agents {
		if !d.chance(0.6) {
			continue
		}
		if d.chance(0.3) {
			endpoints = append(endpoints, p.Agents[i].Endpoint)
		}
		p.Agents[i].Endpoint, p.Agents[i].Number = "", numberOf(i)
		freely++
	}
	if freely == 0 {
		return
	}
	for _, e := range endpoints {
		id := e[len("PJSIP/"):]
		p.Seats = append(p.Seats, callcenter.Seat{ID: id, Name: id, Endpoint: e})
	}
	f := &p.Features
	f.LoginPIN = d.chance(0.5)
	f.NumberMedia, f.PINMedia, f.WrongMedia = drawMedia(d), drawMedia(d), drawMedia(d)
}

// withoutSeats takes the seats out where nobody sits freely any more.
func withoutSeats(p *callcenter.Plan) {
	if !slices.ContainsFunc(p.Agents, func(a callcenter.Agent) bool { return a.Endpoint == "" }) {
		p.Seats = nil
	}
}

// anySeat is where somebody wants to sit: mostly a seat there is.
func (w *world) anySeat(luck *dice) string {
	if len(w.plan.Seats) == 0 || luck.chance(0.05) {
		return one(luck, "", "nowhere")
	}
	return one(luck, w.plan.Seats...).ID
}

// freely tells whether the plan in force gives the agent no phone of his own.
func (w *world) freely(agent string) bool {
	return slices.ContainsFunc(w.plan.Agents, func(a callcenter.Agent) bool { return a.ID == agent && a.Endpoint == "" })
}

// claim is who somebody at a phone said that he is, and whether he knew the PIN.
type claim struct {
	agent string
	right bool
	at    time.Duration
}

// claimed notes it; what was said long ago proves nothing any more. A second call of the phone may begin before it is known what came
// of the first.
func (p *phone) claimed(agent string, right bool) {
	p.claims = slices.DeleteFunc(p.claims, func(c claim) bool { return c.at < p.w.now-2*time.Minute })
	p.claims = append(p.claims, claim{agent, right, p.w.now})
}

// signIn is somebody who logs in by the phone of a seat; some mistype, and try once more.
func (p *phone) signIn(luck *dice) {
	i := luck.below(len(agentIDs()))
	agent, number := agentIDs()[i], numberOf(i)
	mistakes, short := luck.below(3), luck.chance(0.5)
	code := codeLogin
	if short {
		code += "*" + number
	}
	ch := p.call(code)
	if ch == nil {
		return
	}
	p.claimed(agent, false)
	at := time.Duration(0)
	enter := func(digits string) {
		for _, key := range digits + "#" {
			at += luck.around(400 * time.Millisecond)
			p.w.after(at, func() { p.press(ch, string(key)) })
		}
	}
	for try := range mistakes + 1 {
		pin, right := pinOf(agent), try == mistakes
		if !right {
			pin = "0000"
		}
		if try > 0 || !short {
			enter(number)
		}
		p.w.after(at, func() { p.claimed(agent, right) }) // its last digit may end it
		enter(pin)
	}
	p.w.after(at+luck.around(10*time.Second), func() { p.hangUp(ch) })
}

// press is a key of a phone, while somebody listens.
func (p *phone) press(ch *channel, key string) {
	if ch.gone || !ch.inApp {
		return
	}
	p.w.ledger.truth(ch.id).press(key)
	p.w.ast.emit(ch, callcenter.DigitPressed{Channel: ch.id, Digit: key})
}

// checkPIN answers beside all else, sometimes that nobody knows.
func (e *executor) checkPIN(c callcenter.CheckPIN) {
	luck := e.w.newDice("pin " + c.ID)
	said := callcenter.PINChecked{Check: c.ID, Known: true, Right: c.Agent != "" && c.PIN == pinOf(c.Agent)}
	if !e.w.weather.calm && luck.chance(0.1) {
		said = callcenter.PINChecked{Check: c.ID}
	}
	lag := luck.between(0, 200*time.Millisecond)
	if luck.chance(e.w.weather.slow) {
		lag = luck.between(0, 2*c.Timeout)
	}
	e.w.after(lag, func() {
		if !e.dead {
			e.w.seen.add("PIN right " + strconv.FormatBool(said.Right))
			e.w.ctl.tell(said)
		}
	})
}

// place is an agent's phone, as the facts and the plan in force say; "" = he has none.
func (l *ledger) place(agent string) string {
	if a := l.agents[agent]; a != nil && a.sits != "" {
		return a.sits
	}
	p, _ := l.planned(l.version, agent)
	return p.Endpoint
}

// agentAt is who is at a phone now, by the same.
func (w *world) agentAt(endpoint string) string {
	var there []string
	for _, id := range w.crew {
		if endpoint != "" && w.ledger.place(id) == endpoint {
			there = append(there, id)
		}
	}
	for _, id := range there { // who sits there goes before whose own it is by a new plan
		if a := w.ledger.agents[id]; a != nil && a.sits != "" && a.loggedIn {
			return id
		}
	}
	return append(there, "")[0]
}

// onLeg is the agent for whom a leg is, or was.
func (w *world) onLeg(channel string) string { return w.ledger.legs[channel] }

// replannedSeats: who sits freely by a new plan is still at the phone that was his own.
func (l *ledger) replannedSeats(before, after string) {
	for _, a := range l.roster {
		old, _ := l.planned(before, a.id)
		now, _ := l.planned(after, a.id)
		switch {
		case a.sits != "" && a.sits == now.Endpoint:
			a.sits = ""
		case a.sits == "" && now.Endpoint == "" && old.Endpoint != "" && (a.loggedIn || a.offer != nil || a.segment != nil):
			a.sits = old.Endpoint
		}
	}
}

// logged checks where an agent logs in, and why he is logged out.
func (l *ledger) logged(a *agentBook, d fact.AgentLogged) {
	if d.Type == fact.TypeAgentLoggedOut {
		l.leaves(a, d)
		return
	}
	for _, o := range l.roster {
		if o != a && o.loggedIn && l.place(o.id) == d.Endpoint {
			l.w.fail(ruleSeats, "%s logs in at %s, where %s sits", a.id, d.Endpoint, o.id)
		}
	}
	p, _ := l.planned(l.version, a.id)
	seat := slices.ContainsFunc(l.plan().Seats, func(s callcenter.Seat) bool { return s.ID == d.Seat && s.Endpoint == d.Endpoint })
	if p.Endpoint != "" && (d.Seat != "" || p.Endpoint != d.Endpoint) || p.Endpoint == "" && !seat {
		l.w.fail(ruleSeats, "%s logs in at %s, seat %q; the plan has him at %q", a.id, d.Endpoint, d.Seat, p.Endpoint)
	}
	if a.moves != "" && a.moves == d.Endpoint {
		l.w.fail(ruleSeats, "%s moves from %s to where he was", a.id, d.Endpoint)
	}
	a.moves = ""
	if l.ousted == a.id {
		l.ousted = ""
	}
	if d.Seat == "" {
		return
	}
	a.sits, a.phone, a.look, a.doubt = d.Endpoint, nil, nil, false
	l.w.seen.add("seated by " + string(d.By))
	if d.By == fact.ByPhone {
		l.proven(a, d)
	}
}

// proven: who logs in by the phone of a seat has said so there, and knew the PIN where it is asked for.
func (l *ledger) proven(a *agentBook, d fact.AgentLogged) {
	p := l.w.phoneAt(d.Endpoint)
	if !slices.ContainsFunc(p.claims, func(c claim) bool { return c.agent == a.id && (c.right || !l.plan().Features.LoginPIN) }) {
		l.w.fail(ruleSeats, "%s is logged in at %s, where nobody proved to be him: %+v", a.id, d.Endpoint, p.claims)
	}
}

// plan is the plan in force as of the record being read.
func (l *ledger) plan() *callcenter.Plan {
	if p := l.w.known[l.version]; p != nil {
		return p
	}
	return l.w.plan
}

func (l *ledger) leaves(a *agentBook, d fact.AgentLogged) {
	idle := a.state.State == fact.AgentReady || a.state.State == fact.AgentPaused || a.state.State == fact.AgentUnreachable
	p, planned := l.planned(l.version, a.id)
	seat := slices.ContainsFunc(l.plan().Seats, func(s callcenter.Seat) bool { return s.Endpoint == a.sits })
	switch {
	case a.sits != "" && d.Endpoint != a.sits:
		l.w.fail(ruleSeats, "%s logs out at %s, he sits at %s", a.id, d.Endpoint, a.sits)
	case d.Reason != "" && a.sits == "":
		l.w.fail(ruleSeats, "%s is logged out as %s, and sits nowhere", a.id, d.Reason)
	case (d.Reason == fact.LogSeatTaken || d.Reason == fact.LogMoved) && !idle:
		l.w.fail(ruleSeats, "%s is logged out as %s while %s", a.id, d.Reason, a.state.State)
	case d.Reason == fact.LogSeatGone && (!planned || p.Endpoint == "" && seat):
		l.w.fail(ruleSeats, "%s is logged out at %s, which is a seat", a.id, a.sits)
	case d.Reason == fact.LogSeatTaken:
		l.ousted = d.Actor
	case d.Reason == fact.LogMoved:
		a.moves = a.sits
	}
	if d.Reason != "" {
		l.w.seen.add("logged out " + string(d.Reason))
	}
	if a.sits != "" {
		a.sits, a.phone, a.look, a.doubt = "", nil, nil, false
	}
}

// offeredTo is the agent whose phone rings for a contact: of several the one who sits there.
func (l *ledger) offeredTo(ring callcenter.Ring, facts []fact.Fact) string {
	var agents []string
	for _, f := range slices.Backward(facts) {
		if o, ok := f.Data.(fact.Offered); ok && f.Subject == ring.Contact {
			agents = append(agents, o.Agent)
		}
	}
	if c := l.contacts[ring.Contact]; c != nil {
		for _, o := range c.rung {
			agents = append(agents, o.Agent)
		}
	}
	for _, agent := range agents {
		if l.place(agent) == ring.Endpoint {
			return agent
		}
	}
	return append(agents, "")[0]
}

// rings notes for whom each leg of a Step is: it is rung where that agent sits. One who makes room, or moves, does so for a log-in of
// the same Step.
func (l *ledger) rings(r record) {
	for _, cmd := range r.commands {
		ring, ok := cmd.(callcenter.Ring)
		if !ok || l.w.phoneAt(ring.Endpoint) == nil {
			continue
		}
		agent := r.asked
		if !l.w.ctl.listening[ring.Channel] {
			agent = l.offeredTo(ring, r.facts)
		}
		l.legs[ring.Channel] = agent
		if at := l.place(agent); agent != "" && at != ring.Endpoint {
			l.w.fail(ruleSeats, "%s rings %s for %s, who sits at %q", ring.ID, ring.Endpoint, agent, at)
		}
	}
	if l.ousted != "" {
		l.w.fail(ruleSeats, "somebody made room for %s, who does not log in", l.ousted)
	}
	for _, a := range l.roster {
		if a.moves != "" {
			l.w.fail(ruleSeats, "%s left %s to move, and sits nowhere", a.id, a.moves)
		}
	}
}
