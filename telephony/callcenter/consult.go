package callcenter

import (
	"slices"

	"firstline/pipeline/fact"
)

// beginConsult has an agent wait in his caller's place for somebody to ask. ear is the channel on which he waits: his leg, so
// that the caller hears music meanwhile, or a second call of his phone, which holds the first one itself.
func (c *Center) beginConsult(ct *contact, q *Queue, tr transfer, ear string) {
	c.stepAside(ct, consult{Transfer: tr, Ear: ear})
	c.join(ct, q, c.handedOn(ct, *ct.Talk.party(tr.Agent)))
}

// stepAside takes an agent who is to ask somebody out of the talk with the caller.
func (c *Center) stepAside(ct *contact, k consult) {
	t := ct.Talk
	before := ct.room()
	t.Consult = &k
	c.transferStarted(ct, k.Transfer)
	if k.Ear == t.party(k.Transfer.Agent).Leg {
		t.Held = false // he hears music as the agent is away
	}
	c.rearrange(ct, before)
	c.resegment(ct)
	if p := t.party(k.Transfer.Agent); p.Muted && p.Leg != k.Ear {
		c.muteSpeaker(ct, k.Ear, true)
	}
}

// consulted: somebody answered the agent who waited.
func (c *Center) consulted(ct *contact, p party) {
	k := ct.Talk.Consult
	k.With, ct.Talk.Moved = &p, c.now
	c.served(ct)
	if !slices.Contains(ct.Agents, p.Agent) { // he may say what it was about; who talks to the caller still comes last
		ct.Agents = slices.Insert(ct.Agents, 0, p.Agent)
	}
	k.Bridge = resource(ct.ID, "br", &ct.Count.Bridge)
	c.bridge(ct, k.Bridge, []string{k.Ear, p.Leg})
}

// whileConsulting: something happened to the phone that rings for the agent who waits, or it is time for something.
func (c *Center) whileConsulting(ct *contact, ev Event) {
	if ct.Entry == nil {
		c.ignore(IgnoredStale)
		return
	}
	switch e := ev.(type) {
	case PlaybackEnded:
		c.announced(ct, e)
	case due:
		c.waitingDue(ct)
	default:
		c.offerEvent(ct, ev)
	}
}

// complete hands the caller on: to who was asked, or to the place in which the agent waited. gone is the leg by whose end he
// said so; "" = he said it otherwise.
func (c *Center) complete(ct *contact, gone string, derived bool) {
	t, k := ct.Talk, ct.Talk.Consult
	p := *t.party(k.Transfer.Agent)
	switch {
	case k.With != nil:
		c.passOn(ct, p, gone, derived)
	case k.Guest != nil && (t.alone() || k.partner() != ""):
		c.passOut(ct, p, gone, derived)
	case !t.alone(): // the others go on talking to the caller
		c.endConsult(ct, fact.TransferUnanswered, callerEnded{derived: derived})
		t.remove(p.Agent)
		c.leaveTalk(ct, p, gone, derived)
		c.record(ct)
	default:
		c.takePlace(ct, p, gone, derived)
	}
	c.freed(p.Agent)
}

// passOn joins the caller and who was asked; the agent leaves.
func (c *Center) passOn(ct *contact, p party, gone string, derived bool) {
	t, k := ct.Talk, ct.Talk.Consult
	before := without(ct.room(), p.Leg)
	t.remove(p.Agent)
	c.enter(ct, *k.With)
	c.leaveConsult(ct, fact.TransferCompleted, derived)
	c.rearrange(ct, before)
	c.leaveTalk(ct, p, gone, derived)
	c.resegment(ct)
}

// enter has an agent who was asked talk to the caller.
func (c *Center) enter(ct *contact, p party) {
	ct.Talk.Parties = append(ct.Talk.Parties, p)
	ct.Sums.LastQueue = p.Queue
	c.noteAgent(ct, p.Agent)
}

// takePlace has the caller wait where the agent waited for him.
func (c *Center) takePlace(ct *contact, p party, gone string, derived bool) {
	e, q := ct.Entry, c.planFor(ct).queue(ct.Entry.Queue)
	c.leaveConsult(ct, fact.TransferCompleted, derived)
	c.endSegment(ct, p.Agent, derived)
	c.endRecording(ct, fact.RecordingComplete, derived)
	c.endMonitorsOf(ct, "", derived)
	c.unbridge(ct, ct.Talk.Bridge)
	c.wrapUp(ct, p, gone)
	ct.Talk = nil
	ct.Stage, ct.Sums.LastQueue = stageWaiting, e.Queue
	e.AnnounceAt = c.firstAnnouncement(q)
	c.announceAgain(ct)
	c.hearLine(ct)
	c.touched.match = true
}

// conference has who was asked join the talk; the agent stays.
func (c *Center) conference(ct *contact) {
	k := ct.Talk.Consult
	before := ct.room()
	if k.Guest != nil {
		c.enterGuest(ct)
	} else {
		c.enter(ct, *k.With)
	}
	c.leaveConsult(ct, fact.TransferConference, false)
	c.rearrange(ct, before)
	c.resegment(ct)
}

// comeBack ends a consultation: the agent has the caller again. gone is the leg by whose end it ends; "" = none.
func (c *Center) comeBack(ct *contact, result fact.TransferResult, gone string, derived bool) {
	before, with := ct.room(), ct.Talk.Consult.With
	if with != nil {
		c.endSegment(ct, with.Agent, derived)
		c.endMonitorsOf(ct, with.Agent, derived)
	}
	c.endConsult(ct, result, callerEnded{derived: derived})
	if with != nil {
		c.wrapUp(ct, *with, gone)
	}
	c.rearrange(ct, before)
	c.resegment(ct)
	if with != nil {
		c.freed(with.Agent)
	}
}

// endConsult ends a consultation, if there is one, and the waiting for it.
func (c *Center) endConsult(ct *contact, result fact.TransferResult, why callerEnded) {
	if ct.Talk.Consult == nil {
		return
	}
	if ct.Entry != nil {
		outcome := fact.EntryWithdrawn
		if result == fact.TransferAbandoned {
			outcome = fact.EntryAbandoned
		}
		c.silence(ct)
		c.endEntry(ct, entryEnd{outcome: outcome, caller: &why, derived: why.derived})
	}
	c.leaveConsult(ct, result, why.derived)
}

// leaveConsult records how a consultation ended and takes apart who was joined for it. A second call of the agent's phone has
// no more use.
func (c *Center) leaveConsult(ct *contact, result fact.TransferResult, derived bool) {
	k := ct.Talk.Consult
	c.quietTone(ct)
	if k.Guest != nil {
		c.endGuest(ct, *k.Guest, guestEnd{result: fact.OfferWithdrawn, derived: derived})
	}
	c.transferEnded(ct, k.Transfer, result, k.With, derived)
	ct.Talk.Consult, ct.Talk.Held = nil, false
	if k.Bridge != "" {
		c.unbridge(ct, k.Bridge)
	}
	if c.ears[k.Ear] == ct {
		c.clear(ct, c.agentOf[k.Transfer.Agent], k.Ear)
		delete(c.ears, k.Ear)
	}
}
