package sim

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// settled is called when every record so far is durable, so that facts and core must say the same. Cheap rules are
// checked every time, the others every few steps.
func (w *world) settled() {
	if w.failure != nil || !w.ctl.alive || w.setting.blind {
		return
	}
	w.checkIdle()
	if w.steps%w.every == 0 {
		w.checkSnapshot()
		w.checkDeadline()
	}
	if w.steps%(64*w.every) == 0 {
		w.checkFold()
	}
}

// checkIdle: nobody waits while somebody who may take the call is free.
func (w *world) checkIdle() {
	if !w.ctl.linked {
		return
	}
	core := w.ctl.core
	for _, agent := range w.crew {
		if !core.Free(agent) {
			continue
		}
		w.checkRung(agent)
		for _, c := range w.ledger.live {
			if c.entry != nil && !c.rings() && w.present(c.id) && w.ledger.suits(core.PlanVersion(), c, agent) && !w.kept(agent, c) {
				w.fail(ruleIdle, "%s waits in %s for %v, %s is free", c.id, c.entry.Queue, c.entry.Skills, agent)
			}
		}
	}
	w.checkLent()
}

// kept tells whether a free agent may be kept for a customer who is being called, be it that one himself.
func (w *world) kept(agent string, waits *contactBook) bool {
	for _, c := range w.ledger.live {
		if c.pending() && c.entry != nil && !c.rings() && w.ledger.dials[c.id] != "" && w.ledger.suits(w.ctl.core.PlanVersion(), c, agent) &&
			(c == waits || w.ledger.before(c, waits)) {
			return true
		}
	}
	return false
}

// present tells whether the contact's caller is in the application. One who has left it waits for nobody, though the core
// may not know it yet, or may wait for the fallback's word on him.
func (w *world) present(contact string) bool {
	c := w.ledger.contacts[contact]
	if c == nil {
		c = &contactBook{id: contact}
	}
	if c.pending() {
		return !w.ledger.rests(c)
	}
	ch := w.ast.channels[c.channel()]
	return ch != nil && ch.inApp
}

// checkDeadline: every call waits for something that must come.
func (w *world) checkDeadline() {
	if !w.ctl.linked {
		return
	}
	if _, ok := w.ctl.core.Deadline(); ok {
		return
	}
	for _, c := range w.ledger.live {
		if c.visit != nil || c.rings() {
			w.fail(ruleStuck, "%s waits for an agent or a key and nothing will wake the core", c.id)
		}
	}
}

// checkFold: the fold of the changes is the core's state.
func (w *world) checkFold() {
	state := w.ctl.core.Changes()
	fold := w.ctl.state()
	for i := range max(len(state), len(fold)) {
		switch {
		case i >= len(state):
			w.fail(ruleFoldChanges, "the fold holds %s, the core doesn't", fold[i].Key)
		case i >= len(fold):
			w.fail(ruleFoldChanges, "the core holds %s, the fold doesn't", state[i].Key)
		case state[i].Key != fold[i].Key || !bytes.Equal(state[i].Value, fold[i].Value):
			w.fail(ruleFoldChanges, "the core says %s %s, the fold %s %s", state[i].Key, state[i].Value, fold[i].Key, fold[i].Value)
		default:
			continue
		}
		return
	}
}

// checkSnapshot: the facts rebuild what the core says about now.
func (w *world) checkSnapshot() {
	s := w.ctl.core.Snapshot(w.stamp(w.now))
	if s.Link != w.ctl.linked {
		w.fail(ruleFoldFacts, "the snapshot says link %t, it is %t", s.Link, w.ctl.linked)
	}
	for _, a := range s.Agents {
		w.checkAgent(a)
	}
	if len(s.Contacts) != len(w.ledger.live) {
		w.fail(ruleFoldFacts, "the snapshot has %d contacts, the facts %d", len(s.Contacts), len(w.ledger.live))
	}
	for _, c := range s.Contacts {
		w.checkContact(c)
	}
}

func (w *world) checkAgent(s fact.SnapshotAgent) {
	a := w.ledger.agents[s.ID]
	if a == nil {
		if s.State != fact.AgentLoggedOut {
			w.fail(ruleFoldFacts, "%s is %s, there are no facts about him", s.ID, s.State)
		}
		return
	}
	if a.open && (a.state.State != s.State || a.state.Reason != s.Reason || a.state.Contact != s.Contact || a.state.Queue != s.Queue || !a.since.Equal(s.Since)) {
		w.fail(ruleFoldFacts, "the snapshot says %+v, the facts %+v since %s", s, a.state, a.since)
	}
}

func (w *world) checkContact(s fact.SnapshotContact) {
	c := w.ledger.contacts[s.ID]
	if c == nil || c.ended {
		w.fail(ruleFoldFacts, "the snapshot has %s, the facts don't", s.ID)
		return
	}
	stage := c.stage()
	switch {
	case s.Stage != stage:
		w.fail(ruleFoldFacts, "the snapshot says %s is %s, the facts %s", s.ID, s.Stage, stage)
	case (s.Entry != nil) != (c.entry != nil), s.Entry != nil && (s.Entry.Entry != c.entry.Entry || s.Entry.Queue != c.entry.Queue || !s.Entry.QueuedAt.Equal(c.entry.at)):
		w.fail(ruleFoldFacts, "the snapshot says %s is in %+v, the facts %+v", s.ID, s.Entry, c.entry)
	case !slices.EqualFunc(s.Offers, c.rung, func(p fact.Popup, o *offerBook) bool { return p.Offer == o.Offer && p.Agent == o.Agent }):
		w.fail(ruleFoldFacts, "the snapshot says %s rings as %+v, the facts %+v", s.ID, s.Offers, c.rung)
	case (s.Transfer != nil) != (c.transfer != nil), s.Transfer != nil && (s.Transfer.Transfer != c.transfer.Transfer || s.Transfer.Agent != c.transfer.Agent):
		w.fail(ruleFoldFacts, "the snapshot says %s is handed on as %+v, the facts %+v", s.ID, s.Transfer, c.transfer)
	case len(s.Segments) != len(c.segments), slices.ContainsFunc(s.Segments, func(o fact.SnapshotSegment) bool {
		return c.segmentOf(o.Agent) == nil || c.segmentOf(o.Agent).Segment != o.Segment
	}):
		w.fail(ruleFoldFacts, "the snapshot says %s has %+v, the facts %+v", s.ID, s.Segments, c.segments)
	case s.Transfer != nil && s.Transfer.Answered != (c.outsideBy(s.Transfer.Transfer) != nil && !c.asksOutside()):
		w.fail(ruleFoldFacts, "the snapshot says %s asks outside as %+v, the facts %+v", s.ID, s.Transfer, c.outside)
	case !slices.EqualFunc(s.Outside, c.guests(), func(s fact.SnapshotOutside, o *outsideBook) bool { return s.Transfer == o.Transfer }):
		w.fail(ruleFoldFacts, "the snapshot says outside with %s are %+v, the facts %+v", s.ID, s.Outside, c.outside)
	case len(s.Muted) != len(c.mutes), slices.ContainsFunc(s.Muted, func(agent string) bool { return c.mutedAs(agent) == nil }):
		w.fail(ruleFoldFacts, "the snapshot says %v of %s are muted, the facts %+v", s.Muted, s.ID, c.mutes)
	case len(s.Monitors) != len(c.monitors):
		w.fail(ruleFoldFacts, "the snapshot says %s is listened to by %+v, the facts %+v", s.ID, s.Monitors, c.monitors)
	case (s.Recording != nil) != (c.recording != nil), s.Recording != nil && (s.Recording.Recording != c.recording.Recording || s.Recording.Paused != c.recording.muted):
		w.fail(ruleFoldFacts, "the snapshot says %s is recorded as %+v, the facts %+v", s.ID, s.Recording, c.recording)
	case (s.Callback != nil) != (c.back != nil && c.back.ended == nil), s.Callback != nil && (s.Callback.Reached != (c.back.reached != "") ||
		s.Callback.Attempts != c.back.attempts || (s.Callback.Why != "") != (c.back.putOff != nil)):
		w.fail(ruleFoldFacts, "the snapshot says %s is called back as %+v, the facts %+v", s.ID, s.Callback, c.back)
	case !s.Arrived.Equal(c.began), s.Kind != c.arrived.Kind, s.Customer != c.customer:
		w.fail(ruleFoldFacts, "the snapshot says %+v, the facts arrived %s as %s, customer %q", s, c.began, c.arrived.Kind, c.customer)
	}
}

// stage is what the facts say about where a contact is, in the snapshot's words.
func (c *contactBook) stage() string {
	switch {
	case c.inTalk():
		return "talking"
	case c.rings():
		return "ringing"
	case c.entry != nil:
		return "waiting"
	case !c.callOpen && len(c.segments) > 0:
		return "wrap_up"
	case c.back != nil && c.back.ended == nil:
		return "put_off"
	default:
		return "ivr"
	}
}

// checkQuiet: when everybody has gone home nothing is left: no contact, no channel, no bridge, nobody busy.
func (w *world) checkQuiet() {
	w.checkSnapshot()
	w.checkFold()
	for _, c := range w.ledger.live {
		w.fail(ruleQuiet, "%s never ended, is in stage %s", c.id, c.stage())
	}
	for _, id := range w.ledger.all {
		if owed := w.ledger.contacts[id].owed; len(owed) > 0 {
			w.fail(ruleQuiet, "nobody told what became of the recordings %v", owed)
		}
	}
	for _, ch := range w.ast.order {
		w.fail(ruleQuiet, "channel %s", ch.id)
	}
	for _, b := range w.ast.rooms {
		w.fail(ruleQuiet, "bridge %s", b.id)
	}
	for _, a := range w.ledger.roster {
		switch a.state.State {
		case fact.AgentRinging, fact.AgentTalking, fact.AgentWrapUp, fact.AgentOutside, fact.AgentCalling:
			w.fail(ruleQuiet, "%s is still %s", a.id, a.state.State)
		default:
		}
	}
	offered, ended := w.seen["queue.queued"], 0
	for _, outcome := range entryOutcomes() {
		ended += w.seen["entry "+string(outcome)]
	}
	if offered != ended {
		w.fail(ruleQuiet, "%d entries were queued, %d ended", offered, ended)
	}
}

// entryOutcomes is the closed list.
func entryOutcomes() []fact.EntryOutcome {
	return []fact.EntryOutcome{
		fact.EntryAnswered, fact.EntryAbandoned, fact.EntryOverflowed, fact.EntryExited, fact.EntryCallback,
		fact.EntryVoicemail, fact.EntryLeftEmpty, fact.EntryWithdrawn, fact.EntryFailed,
	}
}

// checkForgotten: hours later the core has forgotten every contact and waits for nothing.
func (w *world) checkForgotten() {
	if at, ok := w.ctl.core.Deadline(); ok {
		w.fail(ruleQuiet, "three hours later the core waits for %s", at.Format(time.TimeOnly))
	}
	for _, c := range w.ctl.core.Changes() {
		if strings.HasPrefix(c.Key, "contact/") {
			w.fail(ruleQuiet, "three hours later the core keeps %s", c.Key)
		}
	}
	w.checkFold()
}
