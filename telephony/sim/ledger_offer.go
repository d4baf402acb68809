package sim

import (
	"slices"
	"strconv"
	"strings"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// offerFact reads a fact about an agent's phone being rung for a contact.
func (l *ledger) offerFact(f fact.Fact, c *contactBook) {
	switch d := f.Data.(type) {
	case fact.Offered:
		l.offered(f, c, d)
	case fact.OfferEnded:
		l.offerEnded(f, c, d)
	case fact.Pop:
		l.pop(f, c, d)
	}
}

func (l *ledger) offered(f fact.Fact, c *contactBook, d fact.Offered) {
	a := l.agent(d.Agent)
	e := c.entry
	switch {
	case e == nil || e.Entry != d.Entry || c.rings() && l.queueNow(d.Queue).Strategy != callcenter.RingAll:
		l.w.fail(ruleOneState, "%s is offered as %+v", f.Subject, d)
		return
	case a.offer != nil || a.segment != nil:
		l.w.fail(ruleOneTalk, "%s is offered %s while busy", d.Agent, f.Subject)
	case d.Attempt != e.offers+1 || d.Queue != e.Queue || d.Call != e.Call:
		l.w.fail(ruleFacts, "%s: offer %+v of entry %+v, %d before", f.Subject, d, e.Queued, e.offers)
	case d.WaitMS != f.Time.Sub(e.at).Milliseconds():
		l.w.fail(ruleFacts, "%s: offer says %d ms of waiting, it was %s", f.Subject, d.WaitMS, f.Time.Sub(e.at))
	}
	l.decided(f, c, d)
	if l.queueNow(d.Queue).Strategy == callcenter.RoundRobin {
		l.rang[d.Queue] = d.Agent
	}
	l.rested(f, a)
	l.inReach(f, a)
	e.offers++
	c.offers++
	if c.rings() {
		l.besides(f, c, d)
	}
	a.offer = &offerBook{Offered: d, at: f.Time, fresh: true}
	c.rung = append(c.rung, a.offer)
	l.w.desk.offered(f.Subject, d)
}

func (l *ledger) offerEnded(f fact.Fact, c *contactBook, d fact.OfferEnded) {
	o := c.offerTo(d.Agent)
	if o == nil || o.Offer != d.Offer {
		l.w.fail(ruleClosedOnce, "%s ends offer %s, which is not open", f.Subject, d.Offer)
		return
	}
	l.w.seen.add("offer " + string(d.Result))
	l.span(f, o.at, d.OfferedAt, d.EndedAt, d.RingMS)
	if d.Entry != o.Entry || d.Agent != o.Agent || d.Attempt != o.Attempt || d.Queue != o.Queue || d.Call != o.Call {
		l.w.fail(ruleClosingRows, "%s: offer %+v was opened as %+v", f.Subject, d, o.Offered)
	}
	if l.w.weather.calm && (d.Result == fact.OfferFailed || d.Derived) {
		l.w.fail(ruleCalm, "%s: offer %+v failed without a fault", f.Subject, d)
	}
	if d.Result == fact.OfferAnswered && !l.truth(c.id).answeredBy(d.Agent) {
		l.w.fail(ruleTruth, "%s: offer %+v was answered, but %s never took his phone", f.Subject, d, d.Agent)
	}
	l.raced(f, c, d)
	l.missed(f, c, d)
	c.sums.ring += d.RingMS
	c.lastOffer = &d
	c.rung = slices.DeleteFunc(c.rung, func(p *offerBook) bool { return p == o })
	l.agent(d.Agent).offer = nil
}

// pop reads a step of a screen pop: sent by each channel as often as tried, shown and opened once at most.
func (l *ledger) pop(f fact.Fact, c *contactBook, d fact.Pop) {
	b := c.pops[d.Pop]
	if b == nil {
		b = &popBook{}
		c.pops[d.Pop] = b
	}
	l.w.seen.add(string(d.Type) + " " + string(d.Channel) + " " + string(d.Result))
	switch {
	case d.Type == fact.TypePopShown && b.shown, d.Type == fact.TypePopOpened && b.opened:
		l.w.fail(ruleClosedOnce, "%s: pop %s is %s twice", f.Subject, d.Pop, d.Type)
	case d.LatencyMS < 0:
		l.w.fail(ruleFacts, "%s: pop %s was there before its offer", f.Subject, d.Pop)
	}
	b.shown = b.shown || d.Type == fact.TypePopShown
	b.opened = b.opened || d.Type == fact.TypePopOpened
}

// agree looks at the end of a Step whether its facts agree with each other.
func (l *ledger) agree(r record) {
	for _, c := range l.touched {
		c.touched = false
		l.handedWell(c)
		l.monitorsWell(c)
		l.mutesWell(c)
		for _, o := range c.rung {
			if o.fresh {
				o.fresh = false
				l.fair(c, o.Agent, r.plan)
			}
		}
		switch {
		case c.rings() && c.entry == nil:
			l.w.fail(ruleOneState, "%s: offer %s is open without its entry", c.id, c.rung[0].Offer)
		case c.visit != nil && c.entry != nil:
			l.w.fail(ruleOneState, "%s is in a menu and in a queue", c.id)
		}
		if e, o := c.lastEnded, c.lastOffer; e != nil && e.Outcome == fact.EntryAnswered && !c.arrived.Fallback && e.Offer != "" && (o == nil || o.Entry == e.Entry) {
			if o == nil || o.Offer != e.Offer || o.Result != fact.OfferAnswered || o.Agent != e.Agent || !o.EndedAt.Equal(e.EndedAt) {
				l.w.fail(ruleClosingRows, "%s: entry %+v was answered by offer %+v", c.id, e, o)
			}
		}
	}
	for _, a := range l.roster {
		l.agentAgrees(a)
	}
}

// agentAgrees checks an agent's state against the offer or segment he has.
func (l *ledger) agentAgrees(a *agentBook) {
	want := fact.AgentState("")
	switch {
	case a.offer != nil:
		want = fact.AgentRinging
	case a.segment != nil && a.segment.Kind == fact.SegmentWrapUp:
		want = fact.AgentWrapUp
	case a.segment != nil:
		want = fact.AgentTalking
	}
	state := a.state.State
	l.punished(a)
	switch {
	case want != "" && state != want:
		l.w.fail(ruleOneTalk, "%s is %s, his offer or segment says %s", a.id, state, want)
	case want == "" && (state == fact.AgentRinging || state == fact.AgentTalking || state == fact.AgentWrapUp):
		l.w.fail(ruleOneTalk, "%s is %s without an offer or segment", a.id, state)
	}
}

// agentFact reads one fact about an agent.
func (l *ledger) agentFact(f fact.Fact) {
	a := l.agent(f.Subject)
	l.sequence(f, &a.seq, &a.last)
	switch d := f.Data.(type) {
	case fact.AgentLogged:
		l.w.seen.add(string(d.Type) + " " + string(d.By))
		if in := d.Type == fact.TypeAgentLoggedIn; in == a.loggedIn {
			l.w.fail(ruleOneState, "%s: %s twice", f.Subject, d.Type)
		}
		l.logged(a, d)
		a.loggedIn = d.Type == fact.TypeAgentLoggedIn
		if a.loggedIn {
			a.calls, a.talkMS = 0, 0
		}
		a.excused()
	case fact.AgentStateBegan:
		if a.open {
			l.w.fail(ruleAgentState, "%s begins %s within %s", f.Subject, d.State, a.state.State)
		}
		l.w.seen.add("agent " + string(d.State))
		l.billed(f, d)
		if d.State == fact.AgentReady && a.state.State != fact.AgentRinging {
			a.readySince = f.Time
		}
		switch d.State {
		case fact.AgentPaused:
			a.paused = true
		case fact.AgentTalking, fact.AgentWrapUp: // the pause may go on behind it
		case fact.AgentReady, fact.AgentRinging, fact.AgentLoggedOut, fact.AgentOutside, fact.AgentCalling, fact.AgentUnreachable:
			a.paused = false
		}
		a.open, a.state, a.since = true, d, f.Time
	case fact.AgentStateEnded:
		l.stateEnded(f, a, d)
	default:
		l.w.fail(ruleFacts, "%s of %s carries %T", f.Type, f.Subject, f.Data)
	}
}

func (l *ledger) stateEnded(f fact.Fact, a *agentBook, d fact.AgentStateEnded) {
	if !a.open {
		l.w.fail(ruleAgentState, "%s ends %s, which is not open", f.Subject, d.State)
		return
	}
	l.span(f, a.since, d.StartedAt, d.EndedAt, d.DurationMS)
	if d.State != a.state.State || d.Reason != a.state.Reason || d.Billable != a.state.Billable || d.Contact != a.state.Contact || d.Queue != a.state.Queue {
		l.w.fail(ruleClosingRows, "%s: state %+v was opened as %+v", f.Subject, d, a.state)
	}
	a.open = false
}

// skilled tells whether an agent has what an entry wants; a want is a skill's name, or name and least level.
func skilled(a callcenter.Agent, wants []string) bool {
	for _, want := range wants {
		name, level := parseSkill(want)
		if a.Skills[name] < level {
			return false
		}
	}
	return true
}

// parseSkill reads a want as facts carry it: "english:2".
func parseSkill(want string) (string, int) {
	name, level, _ := strings.Cut(want, ":")
	n, err := strconv.Atoi(level)
	if err != nil {
		n = 1
	}
	return name, n
}
