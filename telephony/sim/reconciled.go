package sim

import (
	"slices"
	"strings"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// putRight is one Reconciled after the link was down: what the core was told, what it knew before, what it made of it.
type putRight struct {
	w      *world
	actual callcenter.Reconciled
	before map[string]fact.SnapshotContact
	after  map[string]fact.SnapshotContact
	out    callcenter.Output
	legs   map[string]string // the leg that was ordered last before it, by contact and endpoint
}

// checkReconciled: after the link was down everything is put right at once. Every caller in the application is known and
// taken over, every phone that rings or talks does so for somebody, everything of ours that nobody wants goes.
func (w *world) checkReconciled(actual callcenter.Reconciled, before fact.Snapshot, legs map[string]string, out callcenter.Output) {
	after := w.ctl.core.Snapshot(w.stamp(w.now))
	p := &putRight{w: w, actual: actual, before: byContact(before), after: byContact(after), out: out, legs: legs}
	for _, ch := range actual.Channels {
		switch {
		case strings.HasPrefix(ch.ID, "fl."):
			p.leg(ch)
		case ch.InApp:
			p.caller(ch)
		}
	}
	for _, b := range actual.Bridges {
		if c := p.after[contactOf(b.ID)]; c.Stage != "talking" && !p.orders(func(cmd callcenter.Command) bool {
			d, ok := cmd.(callcenter.DestroyBridge)
			return ok && d.Bridge == b.ID
		}) {
			w.fail(ruleReconciled, "bridge %s stays, its contact is %q", b.ID, c.Stage)
		}
	}
	for _, s := range after.Contacts {
		p.contact(s)
	}
}

func byContact(s fact.Snapshot) map[string]fact.SnapshotContact {
	m := make(map[string]fact.SnapshotContact, len(s.Contacts))
	for _, c := range s.Contacts {
		m[c.ID] = c
	}
	return m
}

// orders tells whether a command of that kind was given.
func (p *putRight) orders(is func(callcenter.Command) bool) bool {
	return slices.ContainsFunc(p.out.Commands, is)
}

func (p *putRight) hangsUp(channel string) bool {
	return p.orders(func(cmd callcenter.Command) bool {
		h, hangs := cmd.(callcenter.HangUp)
		o, lets := cmd.(callcenter.SendOut)
		return hangs && h.Channel == channel || lets && o.Channel == channel
	})
}

// caller: somebody in the application is known or sent away.
func (p *putRight) caller(ch callcenter.ActualChannel) {
	if _, known := p.after[ch.ID]; !known && !p.hangsUp(ch.ID) && !p.consults(ch.ID) {
		p.w.fail(ruleReconciled, "%s is in the application, and nobody minds him", ch.ID)
	}
}

// consults tells whether the channel is the second call of an agent who asks somebody for his caller.
func (p *putRight) consults(channel string) bool {
	for _, c := range p.after { // order doesn't matter: any will do
		if c.Transfer != nil && c.Transfer.Agent == p.w.agentAt(p.w.owners[channel]) {
			return true
		}
	}
	return false
}

// talks tells whether an agent is in a contact's talk.
func talks(s fact.SnapshotContact, agent string) bool {
	return slices.ContainsFunc(s.Segments, func(o fact.SnapshotSegment) bool { return o.Agent == agent && o.Kind != fact.SegmentWrapUp })
}

// leg: a phone that rings goes on ringing, one that was answered meanwhile is answered, any other one goes.
func (p *putRight) leg(ch callcenter.ActualChannel) {
	if p.w.ast.channels[ch.ID] == nil {
		return // it ended while the list was under way
	}
	id, agent := contactOf(ch.ID), p.w.onLeg(ch.ID)
	was, is := p.before[id], p.after[id]
	absent := was.Callback != nil && !was.Callback.Reached
	before, after := was.OfferTo(agent), is.OfferTo(agent)
	rang := before != nil && (absent || p.there(id))
	rang = rang && p.legs[id+" "+ch.Endpoint] == ch.ID // it is no leg of an earlier offer that is still being hung up
	same := rang && after != nil && after.Offer == before.Offer
	switch {
	case strings.HasPrefix(ch.ID, "fl.sn."):
		if len(is.Monitors) == 0 && is.Recording == nil && !p.hangsUp(ch.ID) {
			p.w.fail(ruleReconciled, "%s listens for nobody, and is not hung up", ch.ID)
		}
	case p.w.customers[ch.ID] != nil:
		if _, known := p.after[id]; !known && !p.hangsUp(ch.ID) {
			p.w.fail(ruleReconciled, "the customer on %s is of nobody, and is not hung up", ch.ID)
		}
	case p.w.guests[ch.ID] != nil:
		if len(is.Outside) == 0 && (is.Transfer == nil || is.Transfer.To != fact.TransferToNumber) && !p.hangsUp(ch.ID) {
			p.w.fail(ruleReconciled, "somebody outside, on %s, is of nobody, and is not hung up", ch.ID)
		}
	case talks(is, agent), p.w.ctl.listening[ch.ID] && is.Stage == "talking":
	case rang && absent && ch.State == stateUp && (is.Stage == "ringing" || p.hangsUp(ch.ID)): // he hears the customer's phone ring, or did
	case rang && ch.State == stateUp && is.Stage == "ringing" && p.informs(id): // he waits until the caller was told
	case rang && ch.State == stateUp:
		p.w.fail(ruleReconciled, "%s answered while the link was down, and %s is %q", agent, id, is.Stage)
	case same && ch.State == stateRinging && p.hangsUp(ch.ID):
		p.w.fail(ruleReconciled, "%s rings for the offer that goes on, and is hung up", ch.ID)
	case !same && !p.hangsUp(ch.ID):
		p.w.fail(ruleReconciled, "%s rings for nobody, and is not hung up", ch.ID)
	}
}

// there tells whether the caller is in the application.
func (p *putRight) there(contact string) bool {
	channel := p.channel(contact)
	return slices.ContainsFunc(p.actual.Channels, func(ch callcenter.ActualChannel) bool { return ch.ID == channel && ch.InApp })
}

// channel is the caller's channel: that of his customer who is on the line, of a callback.
func (p *putRight) channel(contact string) string {
	if p.after[contact].Kind != fact.KindCallback && p.before[contact].Kind != fact.KindCallback {
		return contact
	}
	channel := ""
	for _, ch := range p.w.ast.order { // an earlier call of his may not be hung up yet
		if p.w.customers[ch.id] != nil && contactOf(ch.id) == contact && ch.state == stateUp {
			channel = ch.id
		}
	}
	return channel
}

// legOf tells whether the contact has a leg to the agent.
func (p *putRight) legOf(contact, agent string) bool {
	return slices.ContainsFunc(p.actual.Channels, func(ch callcenter.ActualChannel) bool {
		return strings.HasPrefix(ch.ID, "fl.") && contactOf(ch.ID) == contact && p.w.onLeg(ch.ID) == agent
	})
}

// contact: what the core says about a contact can be so, or is ordered.
func (p *putRight) contact(s fact.SnapshotContact) {
	if s.Callback != nil && !s.Callback.Reached {
		return // he waits without a channel
	}
	if !p.there(s.ID) {
		if (s.Stage == "talking" || s.Stage == "ringing") && !p.w.inFallback(s.ID) {
			p.w.fail(ruleReconciled, "%s is gone from the application, and is %s", s.ID, s.Stage)
		}
		return
	}
	switch s.Stage {
	case "ringing":
		if !p.legOf(s.ID, s.Agent) && !p.does(s.ID, isRing) {
			p.w.fail(ruleReconciled, "%s rings %s, who has no leg", s.ID, s.Agent)
		}
	case "talking":
		held := p.ringsOutside(s.ID)
		for _, o := range s.Segments {
			held = held || o.Kind == fact.SegmentHold
			if o.Kind != fact.SegmentWrapUp && !p.legOf(s.ID, o.Agent) {
				p.w.fail(ruleReconciled, "%s talks to %s, who has no leg", s.ID, o.Agent)
			}
		}
		if !held && !p.together(s.ID) && !p.does(s.ID, isAddToBridge) {
			p.w.fail(ruleReconciled, "%s talks to %s, and both are not joined", s.ID, s.Agent)
		}
	}
	here := p.w.ast.channels[p.channel(s.ID)] // the list may be older than his leaving for the dialplan
	if (s.Stage == "waiting" || s.Stage == "ringing") && (here == nil || here.inApp) && !p.does(s.ID, isStartMusic) && !p.informs(s.ID) {
		p.w.fail(ruleReconciled, "%s waits, and no music is ordered", s.ID)
	}
}

// ringsOutside tells whether a phone outside rings for the contact, perhaps for its caller.
func (p *putRight) ringsOutside(contact string) bool {
	calls := p.does(contact, isRing)
	return calls || slices.ContainsFunc(p.actual.Channels, func(ch callcenter.ActualChannel) bool {
		return p.w.guests[ch.ID] != nil && contactOf(ch.ID) == contact && ch.State != stateUp
	})
}

// informs tells whether the caller is told that he is recorded.
func (p *putRight) informs(contact string) bool {
	return p.does(contact, func(cmd callcenter.Command) bool {
		play, ok := cmd.(callcenter.Play)
		return ok && play.Channel == p.channel(contact) && p.w.isWords(strings.Join(play.Media, " "))
	})
}

// does tells whether a command of a kind was given for a contact.
func (p *putRight) does(contact string, is func(callcenter.Command) bool) bool {
	return p.orders(func(cmd callcenter.Command) bool { return cmd.ContactID() == contact && is(cmd) })
}

func isRing(c callcenter.Command) bool        { _, ok := c.(callcenter.Ring); return ok }
func isAddToBridge(c callcenter.Command) bool { _, ok := c.(callcenter.AddToBridge); return ok }
func isStartMusic(c callcenter.Command) bool  { _, ok := c.(callcenter.StartMusic); return ok }

// together tells whether the contact's bridge holds the caller and a leg.
func (p *putRight) together(contact string) bool {
	return slices.ContainsFunc(p.actual.Bridges, func(b callcenter.ActualBridge) bool {
		return contactOf(b.ID) == contact && len(b.Members) >= 2 && slices.Contains(b.Members, p.channel(contact))
	})
}

// inFallback tells whether the facts say that the contact is, or was last, in the dialplan's fallback queue.
func (w *world) inFallback(contact string) bool {
	if ch := w.ast.channels[contact]; ch != nil && !ch.inApp { // the facts about it may not be durable yet
		return true
	}
	c := w.ledger.contacts[contact]
	return c == nil || c.native() || c.entry != nil && c.entry.Derived || w.native.has(contact)
}
