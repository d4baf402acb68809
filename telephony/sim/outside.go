package sim

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// People at a number outside whom agents ask about their callers: what they do with their phones, and what the facts must say of it.

// guest is one of them.
type guest struct {
	w    *world
	ch   *channel
	told bool
}

// callGuest makes the channel of a call to one.
func (a *asterisk) callGuest(c createLeg) {
	g := &guest{w: a.w}
	g.ch = &channel{id: c.Channel, number: outsideNumber, state: stateDown, party: g}
	a.open(g.ch)
	a.w.guests[c.Channel] = g
}

// ring is told that his phone rings.
func (g *guest) ring() {
	luck, ast := g.ch.luck, g.w.ast
	end := func(after time.Duration, cause int) { g.w.after(after, func() { ast.hangUp(g.ch, cause) }) }
	if luck.chance(0.8) {
		g.w.after(luck.between(0, 300*time.Millisecond), func() {
			if !g.ch.gone && g.ch.state == stateDown {
				g.ch.state = stateRinging
				ast.emit(g.ch, callcenter.LegRinging{Channel: g.ch.id})
			}
		})
	}
	switch x := luck.float(); {
	case x < 0.5:
		g.w.after(luck.around(3*time.Second), g.answer)
	case x < 0.55:
		g.answer()
	case x < 0.7: // nobody is there
	case x < 0.8:
		end(luck.between(0, 50*time.Millisecond), causeBusy)
	case x < 0.9:
		end(luck.around(2*time.Second), causeRejected)
	default:
		end(luck.between(0, 200*time.Millisecond), causeOutOfOrder)
	}
}

func (g *guest) answer() {
	if g.ch.gone || g.ch.state == stateUp {
		return
	}
	g.ch.state = stateUp
	g.w.ast.emit(g.ch, callcenter.LegAnswered{Channel: g.ch.id})
	if g.ch.luck.chance(0.05) {
		g.w.after(g.ch.luck.between(0, 4*time.Millisecond), g.hangUp)
	}
	g.w.after(aloneLimit, func() {
		if g.ch.bridge == nil || len(g.ch.bridge.members) < 2 {
			g.hangUp()
		}
	})
}

// hangUp ends the call from his side.
func (g *guest) hangUp() {
	if g.ch.gone {
		return
	}
	g.w.seen.add("guest hangs up")
	g.w.ledger.truth(contactOf(g.ch.id)).outside = true
	g.w.ast.hangUp(g.ch, causeNormal)
}

func (g *guest) ended(*channel) { delete(g.w.guests, g.ch.id) }

// heard begins his talk: sometimes it is he who ends it, and sometimes he puts it on hold.
func (g *guest) heard(_, other *channel) {
	if g.w.callers[other.id] != nil && !g.told {
		g.told = true
		g.w.seen.add("guest talks to a caller")
	}
	if g.ch.luck.chance(0.4) {
		g.w.after(g.ch.luck.around(g.w.weather.talk), g.hangUp)
	}
	if g.ch.luck.chance(0.1) {
		g.w.ast.emit(g.ch, callcenter.ChannelHeld{Channel: g.ch.id})
	}
}

// outsideBook is somebody outside who is asked, or was and talks to the caller, as the facts say.
type outsideBook struct {
	fact.TransferStarted // by which he was asked
	at                   time.Time
	answered             time.Time
	joined               bool
}

func (c *contactBook) outsideBy(transfer string) *outsideBook {
	if i := slices.IndexFunc(c.outside, func(o *outsideBook) bool { return o.Transfer == transfer }); i >= 0 {
		return c.outside[i]
	}
	return nil
}

// guests are those in the talk.
func (c *contactBook) guests() []*outsideBook {
	return slices.DeleteFunc(slices.Clone(c.outside), func(o *outsideBook) bool { return !o.joined })
}

// leftToRing tells whether an agent left the caller to a phone outside that rings yet.
func (c *contactBook) leftToRing() bool {
	return slices.ContainsFunc(c.outside, func(o *outsideBook) bool { return o.joined && o.answered.IsZero() })
}

// asksOutside tells whether a phone outside rings for the agent who waits.
func (c *contactBook) asksOutside() bool {
	return slices.ContainsFunc(c.outside, func(o *outsideBook) bool { return !o.joined && o.answered.IsZero() })
}

// outsideFact reads a fact about a call to a number outside.
func (l *ledger) outsideFact(f fact.Fact, c *contactBook) {
	switch d := f.Data.(type) {
	case fact.OutsideAnswered:
		o := c.outsideBy(d.Transfer)
		if o == nil || !o.answered.IsZero() || d.Call != c.arrived.Call || d.Target != masked || d.Agent != o.Agent || d.Queue != o.Queue {
			l.w.fail(ruleTransfers, "%s: %+v answers, asked is %+v", f.Subject, d, o)
			return
		}
		o.answered = f.Time
		if d.RingMS != f.Time.Sub(o.at).Milliseconds() {
			l.w.fail(ruleClosingRows, "%s: %+v rang since %s", f.Subject, d, o.at)
		}
	case fact.OutsideEnded:
		l.outsideEnded(f, c, d)
	}
}

func (l *ledger) outsideEnded(f fact.Fact, c *contactBook, d fact.OutsideEnded) {
	o := c.outsideBy(d.Transfer)
	if o == nil {
		l.w.fail(ruleClosedOnce, "%s ends the call outside of %s, which is not open", f.Subject, d.Transfer)
		return
	}
	l.w.seen.add("outside " + string(d.Result))
	rang := f.Time
	if !o.answered.IsZero() {
		rang = o.answered
	}
	l.span(f, o.at, d.StartedAt, d.EndedAt, d.RingMS+d.TalkMS)
	switch {
	case (d.Result == fact.OfferAnswered) != !o.answered.IsZero() || (d.AnsweredAt != nil) != !o.answered.IsZero():
		l.w.fail(ruleTransfers, "%s: %+v ended, answered at %s", f.Subject, d, o.answered)
	case d.RingMS != rang.Sub(o.at).Milliseconds() || d.Target != masked || d.Call != c.arrived.Call || d.Agent != o.Agent || d.Queue != o.Queue:
		l.w.fail(ruleClosingRows, "%s: %+v ended, was opened as %+v", f.Subject, d, o)
	}
	if limit := l.wait(c); l.w.weather.calm && d.RingMS > (limit+l.tolerance()).Milliseconds() {
		l.w.fail(ruleDurations, "%s: a phone outside rang for %d ms, at most %s", f.Subject, d.RingMS, limit)
	}
	c.outsideMissed = o.joined && o.answered.IsZero()
	c.outside = slices.DeleteFunc(c.outside, func(other *outsideBook) bool { return other == o })
}

// wait is how long somebody who is asked may take.
func (l *ledger) wait(c *contactBook) time.Duration { return l.w.known[c.arrived.Plan].Transfers.Wait }

// askedOutside checks, when the asking of somebody outside ends, that his call has ended or he is in the talk, as it says.
func (l *ledger) askedOutside(f fact.Fact, c *contactBook, d fact.TransferEnded) {
	o := c.outsideBy(d.Transfer)
	joins := d.Result == fact.TransferCompleted || d.Result == fact.TransferConference
	switch {
	case joins != (o != nil):
		l.w.fail(ruleTransfers, "%s: after %+v the call outside is %+v", f.Subject, d, o)
	case d.Result == fact.TransferConference && o.answered.IsZero():
		l.w.fail(ruleTransfers, "%s: a conference with somebody who has not answered: %+v", f.Subject, d)
	case joins:
		o.joined = true
		if o.answered.IsZero() {
			l.w.seen.add("left to a phone that rings")
		}
	}
}

// outsideOver: the call may end as somebody outside hung up only when one did, and with nobody outside left.
func (l *ledger) outsideOver(f fact.Fact, c *contactBook, d fact.CallEnded) {
	if len(c.outside) > 0 {
		l.w.fail(ruleClosedOnce, "%s is over, and outside are %d", f.Subject, len(c.outside))
	}
	if d.Termination.Reason == fact.ReasonOutsideHungUp && !l.truth(c.id).outside {
		l.w.fail(ruleTruth, "%s is over as somebody outside hung up, and nobody did", f.Subject)
	}
}

// guest looks whether a call outside is for somebody, and who was joined talks to somebody.
func (a *audit) guest(ch *channel, c *contactBook) {
	contact := contactOf(ch.id)
	legs, up := a.guestsOf(contact), 0
	if c != nil {
		for _, o := range c.outside {
			if !o.answered.IsZero() {
				up++
			}
		}
	}
	switch {
	case c == nil || legs > len(c.outside):
		a.wrong(contact, "a phone outside, "+ch.id+", is for nobody")
	case ch.state == stateUp && up == legs && (ch.bridge == nil || len(ch.bridge.members) < 2):
		a.wrong(contact, "somebody outside, on "+ch.id+", talks to nobody")
	}
}

// guestsOf counts the phones outside that ring or talk for a contact.
func (a *audit) guestsOf(contact string) int {
	n := 0
	for _, ch := range a.w.ast.order {
		if a.w.guests[ch.id] != nil && contactOf(ch.id) == contact {
			n++
		}
	}
	return n
}

// outside looks whether each call outside that the facts tell of is one.
func (a *audit) outside(c *contactBook) {
	if a.guestsOf(c.id) < len(c.outside) {
		a.wrong(c.id, "a phone outside rings, or talks, and is none")
	}
}
