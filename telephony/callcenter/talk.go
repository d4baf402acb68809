package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

const (
	maxBridgeTries = 3           // how often caller and agent are joined again before the call is given up
	mendAfter      = time.Second // between tries of what failed
)

// all is everybody who talks, be it to the agent who consults.
func (t *talk) all() []party {
	if t.Consult == nil || t.Consult.With == nil {
		return slices.Clone(t.Parties)
	}
	return append(slices.Clone(t.Parties), *t.Consult.With)
}

// party finds an agent in the talk with the caller; nil = he is not in it.
func (t *talk) party(agent string) *party {
	if i := slices.IndexFunc(t.Parties, func(p party) bool { return p.Agent == agent }); i >= 0 {
		return &t.Parties[i]
	}
	return nil
}

// onLeg finds who talks on a leg; nil = nobody does.
func (t *talk) onLeg(leg string) *party {
	for i := range t.Parties {
		if t.Parties[i].Leg == leg {
			return &t.Parties[i]
		}
	}
	if k := t.Consult; k != nil && k.With != nil && k.With.Leg == leg {
		return k.With
	}
	return nil
}

// onLegOf is the leg of an agent who talks, to the caller or to who asks him; "" = he does not.
func (t *talk) onLegOf(agent string) string {
	for _, p := range t.all() {
		if p.Agent == agent {
			return p.Leg
		}
	}
	return ""
}

// remove takes an agent out of the list of parties.
func (t *talk) remove(agent string) {
	t.Parties = slices.DeleteFunc(t.Parties, func(p party) bool { return p.Agent == agent })
}

// parked tells whether the caller hears music in place of the talk.
func (t *talk) parked() bool {
	barged := t.findMonitor(func(m *monitor) bool { return m.On && m.Mode == fact.MonitorBarge }) != nil
	talks := slices.ContainsFunc(t.Parties, func(p party) bool { return !t.away(p) })
	return t.Held || !talks && !t.hosts() && !barged
}

// away tells whether an agent's leg is with whom he consults, in place of the talk.
func (t *talk) away(p party) bool { return t.Consult != nil && t.Consult.Ear == p.Leg }

// onHold tells whether an agent's time counts as hold: he, or the caller, hears nobody.
func (t *talk) onHold(p party) bool {
	if k := t.Consult; k != nil && k.With != nil && k.With.Agent == p.Agent {
		return p.Holds
	}
	return p.Holds || t.Callers || t.Held || t.Consult != nil && t.Consult.Transfer.Agent == p.Agent
}

// answer: the agent took the call, of the caller or of an agent who waits in his place.
func (c *Center) answer(ct *contact, o *offer) {
	e := ct.Entry
	a := c.agentOf[o.Agent]
	p := party{Agent: a.ID, Leg: o.Leg, Entry: e.ID, Queue: e.Queue, Home: e.Home, Wish: e.wish()}
	c.silence(ct)
	e.close(o)
	c.offerEnded(ct, e, o, offerEnd{result: fact.OfferAnswered})
	c.endEntry(ct, entryEnd{outcome: fact.EntryAnswered, agent: a.ID, answer: o.ID})
	if ct.Talk != nil {
		c.consulted(ct, p)
	} else {
		c.noteAgent(ct, a.ID)
		c.backEnded(ct, backEnd{outcome: fact.CallbackConnected, agent: a.ID})
		ct.Stage = stageTalking
		ct.Talk = &talk{Parties: []party{p}, At: c.stamp(ct), Bridge: resource(ct.ID, "br", &ct.Count.Bridge)}
		c.bridge(ct, ct.Talk.Bridge, ct.room())
	}
	c.startSegment(ct, fact.SegmentTalk, p)
	c.record(ct)
	a.Offer, a.Talk, a.Missed = "", ct.ID, 0
	a.Calls++
	c.settleAgent(a, fact.BySystem)
}

// wish is what the caller brought into the entry.
func (e *entry) wish() wish {
	w := wish{Asked: e.Asked, WantThat: e.WantThat}
	if len(e.Want) > 0 {
		w.Want = e.Want
	}
	return w
}

// noteAgent remembers who talked to the caller, and how long the first one took.
func (c *Center) noteAgent(ct *contact, agent string) {
	if ct.Sums.ToAgent == nil {
		wait := ms(c.stamp(ct).Sub(ct.Arrived))
		ct.Sums.ToAgent = &wait
	}
	c.served(ct)
	ct.Agents = append(slices.DeleteFunc(ct.Agents, func(id string) bool { return id == agent }), agent)
}

// inTalk: the caller talks to an agent, who may be asking another one.
func (c *Center) inTalk(ct *contact, ev Event) {
	if c.inMonitor(ct, ev) || c.inGuest(ct, ev) {
		return
	}
	switch e := ev.(type) {
	case callerEnded:
		c.endTalk(ct, talkEnd{result: fact.ResultAnswered, reason: reasonOfCaller(e), cause: e.cause, derived: e.derived, answered: e.answered})
	case legEnded:
		c.talkLegEnded(ct, e)
	case PlaybackEnded:
		if n := ct.Talk.Notice; n != nil && n.Playback == e.Playback {
			c.talkInformed(ct, e.Failed)
			return
		}
		c.whileConsulting(ct, ev)
	case LegRinging, LegAnswered, legFailed, due:
		c.whileConsulting(ct, ev)
	case earEnded:
		c.earGone(ct, e)
	case bridgeFailed:
		c.bridgeFailed(ct, e)
	case DigitPressed:
		c.keyInTalk(ct, e)
	case answerFailed:
		c.ignore(IgnoredNoEffect)
	default:
		c.ignore(IgnoredStale)
	}
}

// talkLegEnded: an agent's leg is gone. The last one ends the call; one who was asking somebody has handed the caller on.
func (c *Center) talkLegEnded(ct *contact, e legEnded) {
	t := ct.Talk
	p, k := t.onLeg(e.leg), t.Consult
	switch {
	case ct.records(e.leg):
		c.recordingGone(ct, e.derived)
	case p == nil:
		c.whileConsulting(ct, e)
	case k != nil && k.With == p:
		c.comeBack(ct, fact.TransferReturned, e.leg, e.derived)
	case k != nil && k.Transfer.Agent == p.Agent:
		c.complete(ct, e.leg, e.derived)
	case !t.alone():
		left := *p
		before := without(ct.room(), left.Leg)
		t.remove(left.Agent)
		c.rearrange(ct, before) // the last one may be asking somebody
		c.leaveTalk(ct, left, e.leg, e.derived)
		c.record(ct)
		c.freed(left.Agent)
	default:
		reason := fact.ReasonAgentHungUp
		if e.derived {
			reason = fact.ReasonDisappeared
		}
		c.endTalk(ct, talkEnd{result: fact.ResultAnswered, reason: reason, cause: e.cause, derived: e.derived, gone: e.leg})
	}
}

// room is who should be in the talk's bridge.
func (ct *contact) room() []string {
	var in []string
	if !ct.Talk.parked() {
		in = append(in, ct.channel())
	}
	for _, p := range ct.Talk.Parties {
		if !ct.Talk.away(p) {
			in = append(in, p.Leg)
		}
	}
	for _, g := range ct.Talk.Guests {
		if !g.Answered.IsZero() {
			in = append(in, g.Leg)
		}
	}
	for _, m := range ct.Talk.Monitors {
		if m.On && m.Mode == fact.MonitorBarge {
			in = append(in, m.Leg)
		}
	}
	return in
}

func without(ids []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(o string) bool { return o == id })
}

// rearrange orders what leads from who was in the talk's bridge to who should be. A caller who is out of it hears music.
func (c *Center) rearrange(ct *contact, before []string) {
	now := ct.room()
	ct.Talk.Moved = c.now
	out := slices.DeleteFunc(slices.Clone(before), func(id string) bool { return slices.Contains(now, id) })
	in := slices.DeleteFunc(slices.Clone(now), func(id string) bool { return slices.Contains(before, id) })
	if len(out) > 0 {
		c.removeFromBridge(ct, ct.Talk.Bridge, out)
	}
	if slices.Contains(out, ct.channel()) {
		c.startMusic(ct, c.musicOf(ct))
	}
	if slices.Contains(in, ct.channel()) {
		c.stopMusic(ct)
	}
	if len(in) > 0 {
		c.addToBridge(ct, ct.Talk.Bridge, in)
	}
}

// musicOf is the class of music that a caller on hold hears.
func (c *Center) musicOf(ct *contact) string {
	if q := c.planFor(ct).queue(ct.Talk.queue()); q != nil {
		return q.MusicClass
	}
	return defaultMusic
}

// queue is the queue of the talk: of who came first, or who left the caller to a guest.
func (t *talk) queue() string {
	switch {
	case len(t.Parties) > 0:
		return t.Parties[0].Queue
	case t.Guests[0].From != nil:
		return t.Guests[0].From.Queue
	}
	return ""
}

// bridgeFailed: some could not be joined. Mostly one of them has just hung up, which is heard in a moment; if nothing is
// heard they are joined again.
func (c *Center) bridgeFailed(ct *contact, e bridgeFailed) {
	t, k := ct.Talk, ct.Talk.Consult
	switch {
	case k != nil && e.bridge == k.Bridge && k.Tries < maxBridgeTries:
		k.Apart = true
		c.mendSoon(ct)
	case k != nil && e.bridge == k.Bridge:
		c.comeBack(ct, fact.TransferReturned, "", false)
	case t.monitors(e.bridge):
		c.monitorFailed(ct, e.bridge)
	case e.bridge != t.Bridge:
		c.ignore(IgnoredStale)
	case t.Tries < maxBridgeTries:
		t.Apart = true
		c.stopNotice(ct)
		c.mendSoon(ct)
	default:
		c.endTalk(ct, talkEnd{result: fact.ResultFailed, reason: fact.ReasonCommandFailed})
	}
}

// mendSoon plans to order again what failed.
func (c *Center) mendSoon(ct *contact) {
	if ct.MendAt.IsZero() {
		ct.MendAt = c.now.Add(mendAfter)
	}
	c.touch(ct)
}

// mend orders again what the caller should hear.
func (c *Center) mend(ct *contact) {
	ct.MendAt = time.Time{}
	switch {
	case ct.Stage == stageWaiting && ct.Entry.Playback == "":
		c.startMusic(ct, c.planFor(ct).queue(ct.Entry.Queue).MusicClass)
	case ct.Stage == stageTalking:
		c.mendTalk(ct)
	}
}

// mendTalk orders again who is joined, when that failed, and who hears music.
func (c *Center) mendTalk(ct *contact) {
	t := ct.Talk
	if k := t.Consult; k != nil && c.ears[k.Ear] == ct {
		c.quietTone(ct) // what a channel is ordered waits for the end of what it plays
		c.takeEar(ct, k.Ear)
	}
	c.talkMusic(ct)
	c.earMusic(ct)
	if t.Quiet != "" && t.Quiet != ct.channel() {
		c.quietEar(ct, t.Quiet)
		t.Quiet = ""
	}
	if t.Decline != "" {
		c.answerTransfer(ct, t.Decline, false)
		t.Decline = ""
	}
	if k := t.Consult; k != nil && k.Apart && k.partner() != "" {
		k.Apart = false
		k.Tries++
		c.bridge(ct, k.Bridge, []string{k.Ear, k.partner()})
	}
	if t.Apart {
		t.Apart = false
		t.Tries++
		c.bridge(ct, t.Bridge, ct.room())
	}
	if t.Remute {
		t.Remute = false
		c.remute(ct)
	}
	if ct.Recording == nil {
		c.record(ct)
	}
}

// talkMusic orders the music of a caller who is on hold, or that there is none. That of a phone which holds him is not ours: it
// must not be stopped, so ours is when the phone takes him back.
func (c *Center) talkMusic(ct *contact) {
	switch t := ct.Talk; {
	case t.parked():
		c.startMusic(ct, c.musicOf(ct))
	case t.phoneHolds():
		t.Quiet = ct.channel()
	default:
		c.stopMusic(ct)
	}
}

// waits tells whether the caller hears nobody: he, or everybody with him, is on hold.
func (t *talk) waits() bool {
	if t.parked() {
		return true
	}
	hears := slices.ContainsFunc(t.Parties, func(p party) bool { return !t.away(p) && !p.Holds })
	return !hears && !t.hosts() && t.findMonitor(func(m *monitor) bool { return m.On && m.Mode == fact.MonitorBarge }) == nil
}

// phoneHolds tells whether an agent's phone has the caller on hold.
func (t *talk) phoneHolds() bool {
	return slices.ContainsFunc(t.Parties, func(p party) bool { return p.Holds })
}

// earMusic orders the music of an agent who waits to ask somebody, or that there is none any more.
func (c *Center) earMusic(ct *contact) {
	switch {
	case ct.Entry != nil:
		c.startEarMusic(ct)
	case ct.Talk.Consult != nil && ct.Talk.Consult.Guest != nil && ct.Talk.Consult.partner() == "":
		c.ringInEar(ct)
	case ct.Talk.Consult != nil:
		c.stopEarMusic(ct)
	}
}

// held: a phone put the call on hold or took it back.
func (c *Center) held(channel string, hold bool) {
	ct := c.contacts[channel]
	if isOurs(channel) {
		ct = c.contacts[ownerOfResource(channel)]
	}
	switch {
	case ct == nil:
		c.ignore(IgnoredUnknownChannel)
	case ct.Stage != stageTalking:
		c.ignore(IgnoredNoEffect)
	case channel == ct.channel():
		c.hold(ct, &ct.Talk.Callers, hold)
	case ct.Talk.onLeg(channel) != nil:
		c.hold(ct, &ct.Talk.onLeg(channel).Holds, hold)
	case ct.Talk.guestOn(channel) != nil:
		c.ignore(IgnoredNoEffect) // nobody's time counts as hold for that
	default:
		c.ignore(IgnoredStale)
	}
}

// hold notes one side's hold; the talk is held while either side holds.
func (c *Center) hold(ct *contact, side *bool, hold bool) {
	if *side == hold {
		c.ignore(IgnoredNoEffect)
		return
	}
	*side = hold
	c.touch(ct)
	if t := ct.Talk; t.Quiet == ct.channel() && !t.phoneHolds() {
		t.Quiet = ""
		c.talkMusic(ct)
	}
	c.resegment(ct)
}

// talkEnd is how a conversation ends.
type talkEnd struct {
	result   fact.Result
	reason   fact.Reason
	cause    int
	derived  bool
	gone     string   // the leg by whose end it ends; "" = none
	answered []string // legs of agents who were rung for a consultation and had just answered
}

// endTalk ends the conversation for everybody: whoever is still there is hung up, the agents wrap up.
func (c *Center) endTalk(ct *contact, end talkEnd) {
	t := ct.Talk
	all := t.all()
	c.endConsult(ct, fact.TransferAbandoned, callerEnded{derived: end.derived, answered: end.answered})
	for _, p := range all {
		c.endSegment(ct, p.Agent, end.derived)
	}
	c.endRecording(ct, fact.RecordingComplete, end.derived)
	c.endMonitorsOf(ct, "", end.derived)
	for _, g := range t.Guests {
		c.endGuest(ct, g, guestEnd{result: fact.OfferWithdrawn, derived: end.derived})
	}
	c.unbridge(ct, t.Bridge)
	for _, p := range all {
		c.wrapUp(ct, p, end.gone)
	}
	ct.Talk = nil
	c.endCall(ct, callEnd{fact.Termination{Result: end.result, Reason: end.reason}, end.cause, end.derived})
	for _, p := range all {
		c.freed(p.Agent)
	}
}

// leaveTalk ends an agent's part of a conversation that goes on without him.
func (c *Center) leaveTalk(ct *contact, p party, gone string, derived bool) {
	c.endSegment(ct, p.Agent, derived)
	c.endMonitorsOf(ct, p.Agent, derived)
	c.wrapUp(ct, p, gone)
}

// wrapUp ends an agent's part: it hangs his leg up, unless it is the one that is gone, and begins his wrap-up. What state he is in
// then is to be settled by freed.
func (c *Center) wrapUp(ct *contact, p party, gone string) {
	c.unmute(ct, p)
	a := c.agentOf[p.Agent]
	if p.Leg != gone {
		c.clear(ct, a, p.Leg)
	}
	a.Talk = ""
	c.touchAgent(a)
	if wrap := c.planFor(ct).wrapUp(p.Queue, a); wrap > 0 {
		a.Wrap, a.WrapUntil = ct.ID, c.now.Add(wrap)
		c.startSegment(ct, fact.SegmentWrapUp, p)
	}
}

// freed: an agent's conversation is over; he wraps up, or is done.
func (c *Center) freed(agent string) {
	a := c.agentOf[agent]
	if a.Wrap != "" {
		c.settleAgent(a, fact.BySystem)
		return
	}
	c.afterCall(a, fact.BySystem)
}
