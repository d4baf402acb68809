package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// settled is how old a thing must be before a periodic list that lacks it, or has it though nobody wants it, counts: the
// list was made some time before, and commands are under way.
const settled = 10 * time.Second

// lostFallback is how long a fallback contact whose channel is gone waits for the queue_log's last word.
const lostFallback = time.Minute

// linkLost: from now on events are taken in, but nothing is decided that needs Asterisk.
func (c *Center) linkLost() {
	if !c.meta.Link {
		c.ignore(IgnoredNoEffect)
		return
	}
	c.meta.Link, c.cold = false, false
	c.touched.meta = true
}

// actual is what exists in Asterisk, to look up.
type actual struct {
	channels map[string]ActualChannel
	bridges  map[string]ActualBridge
	full     bool // the link was down: everything is put right, not only what is old
}

// reconciled compares what exists with what is wanted: what is missing ends, unknown callers are adopted, resources of
// ours that nobody wants go. After the link was down every caller's channel is put into its wanted state again.
func (c *Center) reconciled(e Reconciled) {
	act := actual{channels: map[string]ActualChannel{}, bridges: map[string]ActualBridge{}, full: !c.LinkUp()}
	for _, ch := range e.Channels {
		act.channels[ch.ID] = ch
	}
	for _, br := range e.Bridges {
		act.bridges[br.ID] = br
	}
	if act.full {
		c.meta.Link, c.cold = true, false
		c.touched.meta, c.touched.match = true, true
		c.storeAll()
	}
	for _, ct := range slices.Clone(c.running) {
		c.reconcile(ct, act)
	}
	if act.full {
		for _, ct := range slices.Clone(c.running) {
			c.restate(ct, act)
		}
		c.clearLegs(act)
		c.forgetLooks()
	}
	c.adopt(e, act)
	c.sweep(e, act)
	if act.full {
		c.runDue()
	}
}

// old tells whether something that began at t is old enough to be judged by the list.
func (act actual) old(c *Center, t time.Time) bool { return act.full || !t.After(c.now.Add(-settled)) }

// reconcile ends what is missing of a contact.
func (c *Center) reconcile(ct *contact, act actual) {
	ch, exists := act.channels[ct.channel()]
	switch {
	case ct.Stage == stageFallback:
		c.reconcileFallback(ct, exists)
	case !ct.GoneAt.IsZero():
		c.reconcileGone(ct, act)
	case ct.Stage == stagePromised:
	case ct.absent() && ct.Stage == stageWaiting:
		c.reconcileDial(ct, act)
		c.reconcileLeg(ct, act)
	case ct.Stage == stageOver:
		if !exists && ct.Live && act.old(c, ct.Last) {
			c.callerGone(ct, 0, true)
		}
	case !exists && act.old(c, later(ct.Arrived, ct.Call.Answered)):
		c.callerMissing(ct, act)
	case exists && !ch.InApp && ct.Back == nil && act.old(c, later(ct.Arrived, ct.Last)):
		c.callerAway(ct)
	default:
		c.reconcileLeg(ct, act)
	}
}

// callerMissing: the caller hung up and nobody heard it.
func (c *Center) callerMissing(ct *contact, act actual) {
	c.touch(ct)
	ct.Live = false
	ct.HangBy = time.Time{}
	c.freePhone(ct)
	c.toContact(ct, callerEnded{derived: true, answered: act.answered(ct)})
}

// answered are the legs of the contact's open offers that were answered, in the order in which they began to ring: nobody heard
// which was first.
func (act actual) answered(ct *contact) []string {
	var up []string
	if ct.Entry == nil {
		return nil
	}
	for _, o := range ct.Entry.Open {
		if leg, ok := act.channels[o.Leg]; ok && leg.State == stateUp {
			up = append(up, o.Leg)
		}
	}
	return up
}

// stateUp is ARI's name of an answered channel.
const stateUp = "Up"

// callerAway: the caller's channel lives on outside the application, where only the fallback can have taken it.
func (c *Center) callerAway(ct *contact) {
	if ct.Stage == stageTalking {
		c.callerGone(ct, 0, true)
		return
	}
	c.leave(ct)
}

// reconcileGone: a caller who left the application and whose channel is gone hung up then, unless the fallback took him,
// which the queue_log would have said before.
func (c *Center) reconcileGone(ct *contact, act actual) {
	answered := act.answered(ct)
	c.asOf(ct.GoneAt, func() { c.withdrawOffers(ct, callerEnded{answered: answered}) })
	if _, exists := act.channels[ct.channel()]; exists {
		ct.GoneBy = c.now.Add(fallbackGrace)
		c.touch(ct)
		return
	}
	c.goneForGood(ct)
}

func (c *Center) reconcileFallback(ct *contact, exists bool) {
	if exists || ct.Last.After(c.now.Add(-lostFallback)) {
		return
	}
	c.endFallback(ct, fact.EntryAbandoned, callEnd{
		termination: fact.Termination{Result: ct.fallbackResult(), Reason: fact.ReasonDisappeared}, derived: true,
	})
}

// reconcileLeg ends an offer or a talk whose leg is missing, and mends a bridge.
func (c *Center) reconcileLeg(ct *contact, act actual) {
	switch {
	case ct.Stage == stageWaiting:
		c.reconcileOffers(ct, act)
	case ct.Stage == stageTalking && act.old(c, ct.Talk.At):
		c.reconcileTalk(ct, act)
	}
}

// reconcileTalk ends what is missing of a talk, and joins again those who should be together and aren't.
func (c *Center) reconcileTalk(ct *contact, act actual) {
	if up := act.answered(ct); act.full && len(up) > 0 {
		o := ct.Entry.offerOn(up[0])
		c.othersLost(ct, o)
		c.answer(ct, o) // before anybody's end is found: then it is known who was asked
	}
	c.reconcileAnswers(ct, act)
	for _, p := range ct.Talk.all() {
		if _, ok := act.channels[p.Leg]; !ok && ct.Talk != nil && ct.Talk.onLeg(p.Leg) != nil {
			c.toContact(ct, legEnded{leg: p.Leg, derived: true})
		}
	}
	if ct.Talk != nil {
		c.reconcileGuests(ct, act)
	}
	if ct.Talk == nil {
		return
	}
	if k := ct.Talk.Consult; k != nil {
		if _, ok := act.channels[k.Ear]; !ok {
			c.toContact(ct, earEnded{channel: k.Ear, derived: true})
		}
	}
	c.reconcileMonitors(ct, act)
	c.reconcileRecording(ct, act)
	if act.old(c, ct.Talk.Moved) {
		c.reconcileConsult(ct, act)
		c.mendBridge(ct, ct.Talk.Bridge, ct.room(), act)
	}
	if ct.Recording == nil {
		c.record(ct)
	}
}

// reconcileConsult does the same for an agent who asks another one.
func (c *Center) reconcileConsult(ct *contact, act actual) {
	k := ct.Talk.Consult
	switch {
	case k == nil:
	case k.partner() != "":
		c.mendBridge(ct, k.Bridge, []string{k.Ear, k.partner()}, act)
	case k.Guest == nil:
		c.reconcileOffers(ct, act)
	}
}

// reconcileOffers ends the offers whose leg is missing. One that neither rang nor was picked up may not have been made yet; after
// a lost link it is made anew (restateOffer).
func (c *Center) reconcileOffers(ct *contact, act actual) {
	for _, o := range slices.Clone(ct.Entry.Open) {
		if _, ok := act.channels[o.Leg]; !ok && (o.Rings || o.Whisper != "" || !act.full) && act.old(c, o.At) {
			c.toContact(ct, legEnded{leg: o.Leg, derived: true})
		}
	}
}

// mendBridge orders what a bridge needs to have the members that it should have.
func (c *Center) mendBridge(ct *contact, bridge string, room []string, act actual) {
	var extra, missing []string
	members := act.bridges[bridge].Members
	for _, id := range members {
		if !slices.Contains(room, id) {
			extra = append(extra, id)
		}
	}
	for _, id := range room {
		if !slices.Contains(members, id) {
			missing = append(missing, id)
		}
	}
	if len(extra) > 0 {
		c.removeFromBridge(ct, bridge, extra)
	}
	for _, id := range missing { // music on a channel in a bridge is mixed up with the talk
		if id == ct.channel() {
			c.stopNotice(ct) // of which he has not heard all
			c.stopMusic(ct)
		} else {
			c.quietEar(ct, id)
		}
	}
	if len(missing) > 0 {
		c.bridge(ct, bridge, room)
	}
}

// restate orders what the wanted state of a contact needs, after the link was down: what was ordered before may not have
// been done, what was heard before may be over.
func (c *Center) restate(ct *contact, act actual) {
	if ct.absent() && ct.Stage == stageWaiting {
		c.restateBack(ct, act)
		return
	}
	ch, exists := act.channels[ct.channel()]
	if !exists || !ct.GoneAt.IsZero() || ct.Stage == stageFallback || ct.Stage == stageEnded {
		return
	}
	if ct.Stage == stageOver {
		c.hangUpCaller(ct)
		return
	}
	if ct.Back == nil {
		c.order(ct, forLimit, "", func(h Head) Command { return ClearTimeout{Head: h, Channel: ct.ID} })
	}
	if ct.Back == nil && ch.State != stateUp {
		c.order(ct, forAnswer, "", func(h Head) Command { return Answer{Head: h, Channel: ct.ID} })
	}
	c.repeatLookups(ct)
	switch ct.Stage {
	case stageFlow:
		c.repeatFlow(ct, act)
	case stageWaiting:
		c.restateWaiting(ct, act)
	case stageSignIn:
		c.askAgain(ct)
	case stageClosing:
		c.stopPlay(ct, ct.Closing.Playback)
		ct.Closing.Playback = c.play(ct, ct.Closing.Media)
		ct.Closing.Due = c.now.Add(playLimit)
	case stageTalking: // joined again by reconcile, where needed
		c.restateTalk(ct, act)
	case stageFallback, stageOver, stageEnded, stagePromised: // nothing is wanted
	}
}

// repeatLookups asks the ticket system again what it may never have been asked. Digits of a secret collection are gone
// with the memory of a process that died: their lookup runs into its time-out.
func (c *Center) repeatLookups(ct *contact) {
	for _, l := range ct.Lookups {
		if left := l.By.Sub(c.now) - lookupMargin; left > 0 && l.Value != "" {
			c.sendLookup(ct, l, left)
		}
	}
}

// restateBack: the calls of the customer's phone and of an agent's.
func (c *Center) restateBack(ct *contact, act actual) {
	c.restateDial(ct, act)
	if ct.absent() {
		c.restateOffers(ct, act)
	}
}

// restateWaiting: music again, and the ringing phone as it was.
func (c *Center) restateWaiting(ct *contact, act actual) {
	e := ct.Entry
	if e.Playback != "" {
		c.stopPlay(ct, e.Playback)
		e.Playback, e.PlayBy, e.NoticeAt = "", time.Time{}, time.Time{}
		c.announceAgain(ct)
	}
	c.hearLine(ct)
	c.restateOffers(ct, act)
}

// restateTalk: music as it should be, also where an order that failed was forgotten meanwhile; and the phone that rings for an
// agent who waits.
func (c *Center) restateTalk(ct *contact, act actual) {
	t := ct.Talk
	c.talkMusic(ct)
	c.restateConsult(ct, act)
	c.restateGuests(ct, act)
	c.remute(ct)
	if t.Notice != nil {
		c.stopNotice(ct)
		c.record(ct)
	}
	if a := t.Asked; a != nil {
		t.Asked = nil
		c.transferAsked(TransferAsked{Channel: a.Channel, To: a.To, Other: a.Other})
	}
}

// restateConsult: an agent's second call is taken over, he hears music, and the phone that rings for him rings on.
func (c *Center) restateConsult(ct *contact, act actual) {
	t := ct.Talk
	if t.Consult == nil {
		return
	}
	if ear := t.Consult.Ear; c.ears[ear] == ct {
		c.takeEar(ct, ear)
	}
	c.earMusic(ct)
	c.restateOffers(ct, act)
}

// restateOffers: an agent who took his phone meanwhile is put through, or else each phone that rang rings on.
func (c *Center) restateOffers(ct *contact, act actual) {
	if ct.Entry == nil {
		return
	}
	if up := act.answered(ct); len(up) > 0 { // though it may ring too long by now: the agent is there
		o := ct.Entry.offerOn(up[0])
		c.othersLost(ct, o)
		c.putThrough(ct, o)
		return
	}
	for _, o := range ct.Entry.Open {
		c.restateOffer(ct, o, act)
	}
}

// restateOffer: a leg that rings goes on; any other may never have been made or dialled and is made anew (dialling a leg twice would end it).
func (c *Center) restateOffer(ct *contact, o *offer, act actual) {
	leg, exists := act.channels[o.Leg]
	switch {
	case c.passed(o.By): // ended with what is due
	case exists && leg.State != stateDown:
		c.sendPop(ct, ct.popupOf(o))
	default:
		if exists {
			c.hangUp(ct, o.Leg, causeNormal)
		}
		c.ring(ct, o)
		c.sendPop(ct, ct.popupOf(o))
	}
}

// stateDown is ARI's name of a channel that nothing has happened to.
const stateDown = "Down"
