package sim

import (
	"slices"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// The rules of this file hold queues that ring all against what is said of them: everybody rings who may, whoever is first has the
// call, and several callers at a time have a phone each.

// rings tells whether any phone rings for the contact.
func (c *contactBook) rings() bool { return len(c.rung) > 0 }

// offerTo is an agent's open offer; nil = none.
func (c *contactBook) offerTo(agent string) *offerBook {
	if i := slices.IndexFunc(c.rung, func(o *offerBook) bool { return o.Agent == agent }); i >= 0 {
		return c.rung[i]
	}
	return nil
}

// raced: who answers is the last whose phone rings, and nobody loses a race that nobody has won.
func (l *ledger) raced(f fact.Fact, c *contactBook, d fact.OfferEnded) {
	others := len(c.rung) > 1
	switch {
	case d.Result == fact.OfferAnswered && others:
		l.w.fail(ruleRingAll, "%s: %s has the call, and %d phones ring on", f.Subject, d.Agent, len(c.rung)-1)
	case d.Result == fact.OfferLostRace && others && !l.picked(c):
		l.w.fail(ruleRingAll, "%s: %s was slower than nobody", f.Subject, d.Agent)
	case d.Result == fact.OfferLostRace && others:
		l.w.seen.add("lost to another agent")
	}
}

// picked tells whether somebody really took his phone, of those whose phones ring.
func (l *ledger) picked(c *contactBook) bool {
	return slices.ContainsFunc(c.rung, func(o *offerBook) bool { return l.truth(c.id).answeredBy(o.Agent) })
}

// checkRung: a free agent rings beside others where he may.
func (w *world) checkRung(agent string) {
	for _, c := range w.ledger.live {
		if w.ledger.ringsBeside(c, agent) && w.present(c.id) && !w.keptFree(agent) {
			w.fail(ruleRingAll, "%d phones ring for %s in %s, and %s is free", len(c.rung), c.id, c.entry.Queue, agent)
		}
	}
}

// ringsBeside tells whether an agent who is free must be rung for a contact, beside those who are.
func (l *ledger) ringsBeside(c *contactBook, agent string) bool {
	if !c.rings() || l.queueNow(c.entry.Queue).Strategy != callcenter.RingAll || !l.suits(l.version, c, agent) || l.picked(c) {
		return false
	}
	if c.entry.circle.prefer != "" {
		return false // he rings yet
	}
	if q := l.queue(c, c.entry.Queue); q.MaxWait > 0 && l.at.Sub(c.entry.at) > q.MaxWait-l.tolerance() {
		return false // he goes elsewhere when the last phone stops
	}
	return !l.outranked(c, agent)
}

// outranked tells whether an agent of a lower tier rings for the contact.
func (l *ledger) outranked(c *contactBook, agent string) bool {
	of, _ := l.planned(l.version, agent)
	return slices.ContainsFunc(c.rung, func(o *offerBook) bool {
		a, _ := l.planned(l.version, o.Agent)
		return tier(a, c.entry.Queue) < tier(of, c.entry.Queue)
	})
}

// besides: who rings beside others is of no higher tier, and the caller has not waited for long enough.
func (l *ledger) besides(f fact.Fact, c *contactBook, d fact.Offered) {
	l.w.seen.add("rung beside others")
	if l.outranked(c, d.Agent) {
		l.w.fail(ruleRingAll, "%s: %s is rung beside agents of a lower tier", f.Subject, d.Agent)
	}
	if q := l.queue(c, d.Queue); q.MaxWait > 0 && c.back == nil && f.Time.Sub(c.entry.at) > q.MaxWait+l.tolerance() && l.w.weather.calm {
		l.w.fail(ruleRingAll, "%s: %s is rung beside others after %s, the longest wait is %s", f.Subject, d.Agent, f.Time.Sub(c.entry.at), q.MaxWait)
	}
}

// keptFree tells whether an agent may be kept for a customer who is being called.
func (w *world) keptFree(agent string) bool {
	return slices.ContainsFunc(w.ledger.live, func(c *contactBook) bool {
		return c.pending() && c.entry != nil && !c.rings() && w.ledger.dials[c.id] != "" && w.ledger.suits(w.ctl.core.PlanVersion(), c, agent)
	})
}

// checkLent: nobody waits without a phone for an agent who rings as one of several for somebody else, unless another agent who
// suits him is about to be free.
func (w *world) checkLent() {
	l := w.ledger
	for _, c := range l.live {
		if c.entry == nil || c.entry.Derived || c.rings() || l.dials[c.id] != "" || !w.present(c.id) || l.readySoon(c) {
			continue
		}
		for _, rich := range l.live {
			if len(rich.rung) < 2 || l.queueNow(rich.entry.Queue).Strategy != callcenter.RingAll || l.picked(rich) {
				continue
			}
			for _, o := range rich.rung {
				if l.suits(l.version, c, o.Agent) {
					w.fail(ruleRingAll, "%s waits in %s, and %s is one of %d who ring for %s", c.id, c.entry.Queue, o.Agent, len(rich.rung), rich.id)
				}
			}
		}
	}
}

// readySoon tells whether an agent who suits a contact is ready, though he can't be rung yet.
func (l *ledger) readySoon(c *contactBook) bool {
	return slices.ContainsFunc(l.roster, func(a *agentBook) bool {
		return l.stateOf(a.id) == fact.AgentReady && l.suits(l.version, c, a.id)
	})
}
