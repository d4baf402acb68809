package callcenter

import (
	"cmp"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Times of a contact that no plan sets.
const (
	keepEnded     = time.Hour        // how long an ended contact is kept for late facts
	hangUpAgain   = 10 * time.Second // after which a channel that is still there is hung up once more
	maxHangUps    = 3                // then the channel counts as gone
	fallbackGrace = 5 * time.Second  // how long to wait for the queue_log's word on a caller who left the application
	playLimit     = 3 * time.Minute  // after which a playback whose end was not heard counts as ended: longer than any prompt
)

// Q.850 causes used for hanging up.
const causeNormal = 16

// callArrived: a caller entered the application.
func (c *Center) callArrived(e CallArrived) {
	if e.Channel == "" || isOurs(e.Channel) {
		c.ignore(IgnoredUnknownChannel)
		return
	}
	if c.contacts[e.Channel] != nil || c.ears[e.Channel] != nil {
		c.ignore(IgnoredDuplicate)
		return
	}
	if !c.consultsWith(e) {
		c.receive(c.arrive(e, arrival{}))
	}
}

// receive does what becomes of a call that has just arrived: it is rejected unanswered, or answered and let in.
func (c *Center) receive(ct *contact) {
	a := c.agentOf[ct.Phone]
	if a == nil && ct.From != "" && ct.Kind == fact.KindFeature {
		c.greet(ct)
		c.seatCall(ct)
		return
	}
	entry := c.planFor(ct).entryFor(Arrival{Dialed: ct.Dialed, Number: ct.Number, Call: ct.ID, At: ct.Arrived})
	if a == nil && entry != nil && entry.Reject {
		c.reject(ct)
		return
	}
	c.greet(ct)
	if a != nil {
		c.ownCall(ct, a)
		return
	}
	c.lookupNumber(ct)
	c.enterFlow(ct, entry)
}

// arrival is how a contact came to be known when not by its arrival.
type arrival struct{ fallback, derived bool }

// arrive makes the contact and records its arrival.
func (c *Center) arrive(e CallArrived, how arrival) *contact {
	created := c.createdAt(e.Created)
	e.Dialed = c.plan.Features.withoutPIN(e.Dialed)
	ct := &contact{
		ID: e.Channel, Plan: c.plan.Version, Kind: fact.KindInbound, Stage: stageFlow, Number: e.Number, Name: e.Name,
		Dialed: e.Dialed, Language: e.Language, Arrived: created, Last: created, Live: true,
	}
	_, _, code := c.plan.feature(e.Dialed)
	switch a := c.phones[e.Endpoint]; {
	case e.Endpoint == "":
	case a != nil:
		ct.Phone, ct.From, ct.Kind = a.ID, e.Endpoint, c.plan.ownKind(e.Dialed)
	case c.plan.seatAt(e.Endpoint) != nil:
		ct.From = e.Endpoint
		if code {
			ct.Kind = fact.KindFeature
		}
	}
	ct.Call = call{ID: part(ct.ID, "c", new(uint64)), Answered: c.occurred}
	ct.Sums.Fallback = how.fallback
	c.plan.users++
	c.addContact(ct)
	c.asOf(created, func() { // the contact begins with its channel
		c.emit(ct, fact.TypeArrived, fact.Arrived{
			Call: ct.Call.ID, Kind: ct.Kind, Node: c.plan.Node, Channel: ct.ID, CallerNumber: ct.Number, CallerName: ct.Name,
			Dialed: ct.Dialed, Language: ct.Language, Plan: ct.Plan, Fallback: how.fallback, Derived: how.derived,
			SIPCallID: e.SIPCallID,
		})
	})
	ct.Last = later(ct.Last, ct.Call.Answered) // nothing of it may end before it was answered
	return ct
}

// oldestArrival is how long ago a channel may have been created at most; what says more is taken for a wrong clock.
const oldestArrival = 24 * time.Hour

// createdAt is when a channel was created, as far as that can be believed.
func (c *Center) createdAt(t time.Time) time.Time {
	created := t.UTC().Round(0).Truncate(time.Millisecond)
	switch {
	case t.IsZero():
		return c.occurred
	case created.After(c.occurred):
		c.clamped(ClampedAhead, created.Sub(c.occurred))
		return c.occurred
	case created.Before(c.occurred.Add(-oldestArrival)):
		c.clamped(ClampedBehind, c.occurred.Sub(created))
		return c.occurred
	}
	return created
}

// addContact puts a contact where it is found.
func (c *Center) addContact(ct *contact) {
	ct.when = timer{key: keyContact + ct.ID}
	c.contacts[ct.ID] = ct
	if ct.Number != "" {
		c.callers[ct.Number] = append(c.callers[ct.Number], ct)
	}
	if ct.Stage == stageEnded {
		return
	}
	i, _ := slices.BinarySearchFunc(c.running, ct.ID, compareContact)
	c.running = slices.Insert(c.running, i, ct)
}

// forgetCaller takes a contact out of those of its number.
func (c *Center) forgetCaller(ct *contact) {
	others := slices.DeleteFunc(c.callers[ct.Number], func(o *contact) bool { return o == ct })
	if len(others) == 0 {
		delete(c.callers, ct.Number)
		return
	}
	c.callers[ct.Number] = others
}

// forgetNumber drops a contact's number.
func (c *Center) forgetNumber(ct *contact) {
	c.forgetCaller(ct)
	ct.Number = ""
}

func compareContact(ct *contact, id string) int { return cmp.Compare(ct.ID, id) }

// planFor is the plan a contact keeps to its end.
func (c *Center) planFor(ct *contact) *planState { return c.planOf(ct.Plan) }

// channelEnded: a caller's channel or a leg of ours is gone.
func (c *Center) channelEnded(e ChannelEnded) {
	if isOurs(e.Channel) {
		ct := c.contacts[ownerOfResource(e.Channel)]
		if ct == nil {
			c.ignore(IgnoredUnknownChannel)
			return
		}
		if c.cleared(e.Channel) {
			return
		}
		if ct.Back != nil && ct.Back.Reached && e.Channel == ct.Channel {
			c.callerGone(ct, e.Cause, false)
			return
		}
		c.toContact(ct, legEnded{leg: e.Channel, cause: e.Cause, techCause: e.TechCause})
		return
	}
	if ct := c.ears[e.Channel]; ct != nil {
		c.toContact(ct, earEnded{channel: e.Channel})
		return
	}
	if c.cleared(e.Channel) {
		return
	}
	ct := c.contacts[e.Channel]
	switch {
	case ct == nil:
		c.ignore(IgnoredUnknownChannel)
	case !ct.Live || !ct.GoneAt.IsZero():
		c.ignore(IgnoredStale)
	case ct.Stage == stageFallback:
		c.ignore(IgnoredNoEffect) // ended by the queue_log
	case c.mayFallBack(ct):
		c.leave(ct)
	default:
		c.callerGone(ct, e.Cause, false)
	}
}

// mayFallBack tells whether a caller who left the application may be in the dialplan's fallback queue now: while the
// link is down events are repeated from before, and a time-out that could not be cleared may have struck.
func (c *Center) mayFallBack(ct *contact) bool {
	waiting := ct.Stage == stageFlow || ct.Stage == stageWaiting || ct.Stage == stageClosing
	return waiting && ct.Back == nil && (!c.LinkUp() || ct.Limited)
}

// leave notes that the caller left the application, and waits for the queue_log's word or its silence.
func (c *Center) leave(ct *contact) {
	c.touch(ct)
	ct.GoneAt = c.stamp(ct)
	ct.GoneBy = c.now.Add(fallbackGrace)
	if ct.Entry == nil {
		return
	}
	c.unline(ct)
	if c.LinkUp() {
		c.withdrawOffers(ct, callerEnded{})
	}
}

// afterLeaving: while the link is down, events about the phone that rang for a caller who has left still say how that
// offer ended.
func (c *Center) afterLeaving(ct *contact, ev Event) {
	if ct.Entry == nil {
		c.ignore(IgnoredStale)
		return
	}
	switch e := ev.(type) {
	case LegAnswered:
		if o := ct.Entry.offerOn(e.Channel); o != nil {
			c.endOffer(ct, o, offerEnd{result: fact.OfferLostRace})
			return
		}
	case legEnded:
		if o := ct.Entry.offerOn(e.leg); o != nil {
			c.endOffer(ct, o, offerEnd{result: resultOf(e, o.Rings), cause: e.cause, derived: e.derived, legGone: true})
			return
		}
	}
	c.ignore(IgnoredStale)
}

// withdrawOffers ends the open offers of a caller who has left.
func (c *Center) withdrawOffers(ct *contact, why callerEnded) {
	if ct.Entry == nil {
		return
	}
	for _, o := range slices.Clone(ct.Entry.Open) {
		c.endOffer(ct, o, offerEnd{result: why.resultFor(o), derived: why.derived})
	}
}

// callerGone: the caller's channel is gone for good.
func (c *Center) callerGone(ct *contact, cause int, derived bool) {
	if !ct.Live {
		c.ignore(IgnoredStale)
		return
	}
	c.touch(ct)
	out := ct.Out
	ct.Live, ct.Out = false, ""
	ct.HangBy = time.Time{}
	c.freePhone(ct)
	if out != "" {
		c.wentOut(ct)
	}
	c.hungUp(ct)
	if ct.Stage == stageOver || ct.Stage == stageEnded {
		return
	}
	if !ct.GoneAt.IsZero() {
		ct.GoneAt, ct.GoneBy = time.Time{}, time.Time{}
	}
	c.toContact(ct, callerEnded{cause: cause, derived: derived})
}

// freePhone: the agent whose phone made this call may be rung again.
func (c *Center) freePhone(ct *contact) {
	for _, a := range []*agent{c.agentOf[ct.Phone], c.phones[ct.From]} {
		if a != nil && slices.Contains(a.OwnCalls, ct.ID) {
			a.OwnCalls = slices.DeleteFunc(a.OwnCalls, func(id string) bool { return id == ct.ID })
			c.touchAgent(a)
			c.touched.match = true
		}
	}
}

// due is the contact's next deadline.
func (ct *contact) due() time.Time {
	if ct.dropped {
		return time.Time{}
	}
	if ct.Stage == stageEnded {
		return earliest(ct.Drop, ct.HangBy)
	}
	if !ct.GoneBy.IsZero() {
		return ct.GoneBy
	}
	times := []time.Time{ct.HangBy, ct.MendAt}
	for i := range ct.Lookups {
		times = append(times, ct.Lookups[i].By)
	}
	if ct.Flow != nil {
		times = append(times, ct.Flow.Due)
	}
	if ct.Closing != nil {
		times = append(times, ct.Closing.Due)
	}
	if ct.SignIn != nil {
		times = append(times, ct.SignIn.Due)
	}
	if ct.Recording != nil {
		times = append(times, ct.Recording.StopBy)
	}
	if ct.Talk != nil {
		times = append(times, ct.Talk.KeysBy, ct.Talk.PauseBy)
		if n := ct.Talk.Notice; n != nil {
			times = append(times, n.By)
		}
		for _, g := range ct.Talk.guests() {
			times = append(times, g.By)
		}
		for i := range ct.Talk.Monitors {
			times = append(times, ct.Talk.Monitors[i].By)
		}
	}
	if ct.Back != nil {
		times = append(times, ct.backDue())
	}
	if ct.waits() {
		times = append(times, ct.Entry.due())
	}
	return earliest(times...)
}

// waits tells whether somebody waits in the contact's entry: the caller, or an agent in his place.
func (ct *contact) waits() bool {
	return ct.Entry != nil && (ct.Stage == stageWaiting || ct.Stage == stageTalking)
}

func (ct *contact) timer() *timer { return &ct.when }

// contactDue runs what is due of a contact.
func (c *Center) contactDue(ct *contact) {
	c.touch(ct)
	switch {
	case ct.Stage == stageEnded && c.passed(ct.Drop) && len(ct.Files) > 0:
		ct.Drop = c.now.Add(keepEnded) // what becomes of its recording is still to be told
	case ct.Stage == stageEnded && c.passed(ct.Drop):
		c.drop(ct)
	case c.passed(ct.GoneBy):
		ct.GoneBy = time.Time{}
		c.goneForGood(ct)
	case c.passed(ct.HangBy):
		c.hangUpOnceMore(ct)
	case c.passed(ct.MendAt):
		c.mend(ct)
	case c.monitorsDue(ct), c.recordingDue(ct):
	default:
		if c.lookupsDue(ct) {
			return
		}
		c.toContact(ct, due{})
	}
}

// passed tells whether a deadline is set and has come.
func (c *Center) passed(t time.Time) bool { return !t.IsZero() && !t.After(c.now) }
