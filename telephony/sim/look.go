package sim

import (
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// The rules about looks at phones: an agent whose phone did not take an offer is offered no other before his phone was
// looked at, or could not be; and whatever the core last heard of a phone, from a look or from the poll, it goes by it.

// lookBook is a look that was asked for.
type lookBook struct {
	callcenter.CheckPhone
	at time.Duration
}

// phoneBook is a phone as the core heard of it.
type phoneBook struct{ registered, outside bool }

// isLook tells whether a command asks for a phone.
func isLook(cmd callcenter.Command) bool {
	_, ok := cmd.(callcenter.CheckPhone)
	return ok
}

// look answers the question about a phone, in some runs later than it may be. What is said is how the phone is when
// Asterisk is asked, not when the core hears of it.
func (k *worker) look(c callcenter.CheckPhone) {
	w := k.e.w
	w.ast.do(c, func(int, string) {})
	p := w.phoneAt(c.Endpoint)
	if p == nil {
		return
	}
	said := p.polled()
	lag := k.luck.between(0, w.weather.lag)
	if k.luck.chance(w.weather.slow) {
		lag = k.luck.between(0, w.weather.slowest)
	}
	w.after(lag, func() {
		if k.e.dead {
			return
		}
		w.seen.add(lookName(said))
		if lag > c.Timeout {
			w.seen.add("look late")
		}
		w.ledger.lookedAt(c.ID)
		w.ctl.tell(callcenter.PhoneChecked{Check: c.ID, Phone: said})
		k.over(c)
	})
}

// lookName is what a look found, as it is counted.
func lookName(s callcenter.EndpointState) string {
	switch {
	case !s.Registered:
		return "look unregistered"
	case outside(s):
		return "look outside"
	default:
		return "look free"
	}
}

// outside tells whether a phone has a call that Firstline has no part in.
func outside(s callcenter.EndpointState) bool {
	return slices.ContainsFunc(s.Channels, func(id string) bool { return strings.HasPrefix(id, node+"-outside") })
}

// looks notes that a look is asked for.
func (l *ledger) looks(c callcenter.CheckPhone) {
	a := l.agent(c.Agent)
	if c.Timeout <= 0 {
		l.w.fail(ruleCommand, "look %s has no time limit", c.ID)
	}
	if p := a.look; p != nil && l.pending(p) && l.w.audit.disturbed < p.at && l.w.ctl.linkedAt <= p.at {
		l.w.fail(ruleLooks, "%s is looked at by %s and by %s at once", c.Agent, p.ID, c.ID)
	}
	a.look = &lookBook{CheckPhone: c, at: l.w.now}
}

// lookedAt notes that a look has come to something: an answer, or a failure.
func (l *ledger) lookedAt(id string) {
	for _, a := range l.roster {
		if a.look != nil && a.look.ID == id {
			a.look, a.doubt = nil, false
		}
	}
}

// pending tells whether a look may still be answered in time.
func (l *ledger) pending(p *lookBook) bool { return l.w.now-p.at < p.Timeout }

// heard takes in what a Step heard of a phone. Of somebody who isn't in the plan any more everything is forgotten but the
// doubt.
func (l *ledger) heard(r record) {
	if r.ended != "" {
		l.w.hungUp[r.ended] = true
	}
	if p := r.phone; p != nil {
		if agent := l.w.agentAt(p.Endpoint); agent != "" {
			l.agent(agent).phone = &phoneBook{registered: p.Registered, outside: outside(*p)}
		}
	}
	for _, a := range l.roster {
		if _, planned := l.planned(r.plan, a.id); !planned {
			l.expire(a)
			a.phone, a.look = nil, nil
		}
	}
}

// expire: nobody answered a look in time, so what was heard before counts.
func (l *ledger) expire(a *agentBook) {
	if a.look != nil && !l.pending(a.look) {
		a.look, a.doubt = nil, false
	}
}

// inReach: an agent is rung only on a phone that was there when last looked at, and looked at since it failed him.
func (l *ledger) inReach(f fact.Fact, a *agentBook) {
	l.expire(a)
	switch p := a.phone; {
	case a.doubt && a.look == nil:
		l.w.fail(ruleLooks, "%s is offered %s after a miss, and his phone was not looked at", a.id, f.Subject)
	case a.doubt:
		l.w.fail(ruleLooks, "%s is offered %s while %s is under way", a.id, f.Subject, a.look.ID)
	case p != nil && (!p.registered || p.outside):
		l.w.fail(ruleReach, "%s is offered %s, his phone was %+v", a.id, f.Subject, *p)
	}
}
