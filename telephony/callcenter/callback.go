package callcenter

import (
	"slices"
	"strconv"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// A callback is a contact without a channel, which waits in its queue's line at the place of the caller who asked for it, or
// outside the line until it may. What it does there like any caller is elsewhere; here is how it comes and goes. dialback.go is how
// the customer is reached.

// callback is what a contact of kind callback is about.
type callback struct {
	Origin    string    `json:"origin"` // contact in which he asked for it
	Queue     string    `json:"q"`
	Since     time.Time `json:"since"`             // his place
	Carried   int64     `json:"carried,omitempty"` // milliseconds he waited on the phone
	Promised  time.Time `json:"promised"`
	Expire    time.Time `json:"expire"`
	Why       whyPutOff `json:"why,omitempty"` // it is put off; "" = in the line, or he is reached
	At        time.Time `json:"at,omitzero"`   // until then
	Incidents []string  `json:"inc,omitempty"` // or until these are over
	CloseAt   time.Time `json:"close,omitzero"`
	Calls     int       `json:"calls,omitempty"`    // of the customer's phone
	Attempts  int       `json:"attempts,omitempty"` // of these, that count
	Left      int       `json:"left,omitempty"`     // of these, that an agent broke off
	RestUntil time.Time `json:"rest,omitzero"`      // after which he is called again
	Held      bool      `json:"held,omitempty"`     // he is on the line yet in the call in which he asked
	Dial      *dial     `json:"dial,omitempty"`     // of his phone, under way
	Reached   bool      `json:"reached,omitempty"`  // he is, or was, on the line
	Over      bool      `json:"over,omitempty"`     // its end is told
}

type whyPutOff = fact.CallbackWhy

// channel is the caller's channel: the contact's own id, of a callback the one by which he was called; "" = he has none.
func (ct *contact) channel() string {
	if ct.Back != nil {
		return ct.Channel
	}
	return ct.ID
}

// absent tells whether the caller is not on the line: he is to be called back.
func (ct *contact) absent() bool { return ct.Back != nil && !ct.Back.Reached }

// carried is how long the caller has waited in all, in milliseconds, as one whom we call back before that as well.
func (ct *contact) carried() int64 {
	if ct.Back != nil {
		return ct.Back.Carried + ct.Sums.Wait
	}
	return ct.Sums.Wait
}

// uncalled tells whether the callback is open, and the customer's phone is not being called.
func (ct *contact) uncalled() bool { return ct.absent() && !ct.Call.Over && ct.Back.Dial == nil }

// idle tells whether nobody's phone is rung for the callback.
func (ct *contact) idle() bool { return ct.uncalled() && (ct.Entry == nil || !ct.Entry.rings()) }

// rests tells whether nobody's phone is to be rung for it now, though it stands in the line.
func (ct *contact) rests() bool { return ct.absent() && (ct.Back.Held || !ct.Back.RestUntil.IsZero()) }

// promise makes a callback for a caller in a menu, or says why not.
func (c *Center) promise(ct *contact, p ivr.Promise) ivr.Promised {
	plan := c.planFor(ct)
	q, number := plan.queue(p.Queue), c.plan.callable(p.Number) // whatever was allowed when he called
	switch {
	case q == nil || c.plan.queue(p.Queue) == nil || q.Callback.Attempts == 0:
		return ivr.PromiseRefused
	case number == "":
		return ivr.PromiseNumber
	case q.Callback.Limit > 0 && c.promised(q.ID, number) >= q.Callback.Limit:
		return ivr.PromiseRefused
	}
	t := c.stamp(ct)
	b := &callback{
		Origin: ct.ID, Queue: q.ID, Since: t, Carried: ct.carried(), Promised: t, Expire: c.now.Add(q.Callback.Expire), Incidents: p.Incidents, Held: true,
	}
	if !ct.Sums.FirstAt.IsZero() {
		b.Since = ct.Sums.FirstAt
	}
	b.Since = earliest(b.Since, c.calledIn(number, q.ID, nil))
	c.promiseAnew(ct)
	c.open(ct, b, p, number)
	return ivr.PromiseMade
}

// promiseAnew ends what was promised to a caller before in the same call: it is one callback that he gets.
func (c *Center) promiseAnew(ct *contact) {
	for _, o := range slices.Clone(c.running) {
		if o.uncalled() && o.Back.Origin == ct.ID {
			c.endBack(o, backEnd{outcome: fact.CallbackCalledIn, reason: fact.ReasonCalledIn})
		}
	}
}

// promised counts a queue's callbacks to other numbers whose customer is not on the line yet.
func (c *Center) promised(queue, but string) int {
	n := 0
	for _, ct := range c.running {
		if ct.absent() && ct.Back.Queue == queue && ct.Number != but {
			n++
		}
	}
	return n
}

// open makes the callback's contact and lets it into the line, or not yet.
func (c *Center) open(from *contact, b *callback, p ivr.Promise, number string) {
	from.Count.Callback++
	c.touch(from)
	t, plan := c.stamp(from), c.planFor(from)
	if c.plan.serves(b.Queue, from.Wished) {
		plan = c.plan
	}
	ct := &contact{
		ID: from.ID + "-cb" + strconv.FormatUint(from.Count.Callback, 10), Plan: plan.Version, Kind: fact.KindCallback, Stage: stagePromised, Number: number, Name: from.Name,
		Dialed: from.Dialed, Language: from.Language, Arrived: t, Last: t, Who: from.Who, Choices: slices.Clone(from.Choices), Back: b,
	}
	ct.Call = call{ID: part(ct.ID, "c", new(uint64))}
	if number != from.Number { // whoever that is: he is looked up anew where a menu asks for it
		ct.Who.ByNumber = ""
	}
	if ct.Wished = from.Wished; from.Left == nil { // he has asked for no queue yet
		ct.Wished.Asked = p.Priority
	}
	plan.users++
	c.addContact(ct)
	q := plan.queue(b.Queue)
	c.emit(ct, fact.TypeArrived, fact.Arrived{
		Call: ct.Call.ID, Kind: ct.Kind, Node: c.plan.Node, CallerNumber: ct.Number, CallerName: ct.Name, Dialed: ct.Dialed, Language: ct.Language, Plan: ct.Plan,
	})
	c.emit(ct, fact.TypeCallbackPromised, fact.CallbackPromised{
		Origin: b.Origin, Queue: b.Queue, First: q.Callback.First, Since: b.Since, Attempts: q.Callback.Attempts, ExpiresAt: b.Expire.Truncate(time.Millisecond),
	})
	if len(b.Incidents) > 0 {
		c.putOff(ct, fact.PutOffIncident, time.Time{})
		return
	}
	c.lineUp(ct)
}

// putOff takes a callback, which is in no line any more, out of what is to be done now.
func (c *Center) putOff(ct *contact, why fact.CallbackWhy, until time.Time) {
	b := ct.Back
	ct.Stage, b.Why, b.At, b.CloseAt = stagePromised, why, until, time.Time{}
	data := fact.CallbackPutOff{Queue: b.Queue, Why: why, Incidents: b.Incidents}
	if !until.IsZero() {
		said := until.Truncate(time.Millisecond)
		data.Until = &said
	}
	c.emit(ct, fact.TypeCallbackPutOff, data)
}

// lineUp lets a callback into its queue's line, if it is open, at the caller's place.
func (c *Center) lineUp(ct *contact) {
	c.replan(ct)
	b, p := ct.Back, c.planFor(ct)
	q := p.queue(b.Queue)
	switch {
	case q == nil || c.plan.queue(b.Queue) == nil:
		c.endBack(ct, backEnd{outcome: fact.CallbackLost, reason: fact.ReasonOperator})
		return
	case !c.opens(ct, q):
		return
	}
	b.Why, b.At, b.CloseAt, b.Incidents = "", time.Time{}, time.Time{}, nil
	if hours := q.Callback.Schedule; hours != "" {
		b.CloseAt, _ = p.menus.Next(hours, c.now, false) // none = it does not close before the callback expires
	}
	c.join(ct, q, &entry{
		Asked: ct.Wished.Asked, Want: ct.Wished.Want, WantThat: ct.Wished.WantThat, Since: b.Since, Carried: ct.carried(),
	})
}

// opens tells whether the queue's callbacks may be made now. If not, this one is put off to when they may.
func (c *Center) opens(ct *contact, q *Queue) bool {
	menus, hours := c.planFor(ct).menus, q.Callback.Schedule
	if hours == "" || menus.Open(hours, c.now) {
		return true
	}
	next, ever := menus.Next(hours, c.now, true)
	if !ever {
		next = ct.Back.Expire
	}
	c.putOff(ct, fact.PutOffClosed, next)
	return false
}

// replan gives a callback that waits outside the line the plan in force: its promise may be days old.
func (c *Center) replan(ct *contact) {
	if ct.Plan == c.plan.Version || !c.plan.serves(ct.Back.Queue, ct.Wished) {
		return
	}
	old := c.planFor(ct)
	ct.Plan = c.plan.Version
	c.plan.users++
	c.release(old)
	c.touch(ct)
}

// serves tells whether a plan has a queue, and knows what is asked for on a caller's behalf.
func (p *planState) serves(queue string, w wish) bool {
	_, known := p.required[w.WantThat]
	return p.queue(queue) != nil && (known || w.WantThat == "")
}

// inPromise: the callback waits outside the line.
func (c *Center) inPromise(ct *contact, ev Event) {
	if _, ok := ev.(due); !ok {
		c.ignore(IgnoredStale)
		return
	}
	switch b := ct.Back; {
	case c.passed(b.Expire):
		c.endBack(ct, backEnd{outcome: fact.CallbackExpired, reason: fact.ReasonExpired})
	case c.passed(b.At):
		c.lineUp(ct)
	}
}

// backDue is the callback's next deadline.
func (ct *contact) backDue() time.Time {
	b := ct.Back
	switch {
	case !ct.absent() || ct.Call.Over:
		return time.Time{}
	case b.Dial != nil:
		return b.Dial.By
	case ct.Entry == nil:
		return earliest(b.At, b.Expire)
	case ct.Entry.rings():
		return time.Time{}
	default:
		return earliest(b.CloseAt, b.Expire, b.RestUntil)
	}
}

// hungUp: the call in which somebody asked is over, and its channel is gone; now he can be called.
func (c *Center) hungUp(origin *contact) {
	if origin.Count.Callback == 0 || origin.Live || !origin.Call.Over {
		return
	}
	for _, ct := range c.running {
		if ct.Back != nil && ct.Back.Held && ct.Back.Origin == origin.ID {
			ct.Back.Held = false
			c.touch(ct)
			c.touched.match = true
		}
	}
}

// withdrawBack ends a callback to a number that a new plan does not let be called.
func (c *Center) withdrawBack(ct *contact) {
	if ct.absent() && !ct.Call.Over && c.plan.callable(ct.Number) == "" {
		c.endBack(ct, backEnd{outcome: fact.CallbackLost, reason: fact.ReasonOperator})
	}
}

// backInLineDue runs what is due of a callback that waits in the line; false when it is nothing of the callback's.
func (c *Center) backInLineDue(ct *contact) bool {
	b := ct.Back
	switch {
	case !ct.absent():
		return false
	case b.Dial != nil && c.passed(b.Dial.By):
		c.dialDue(ct)
	case !ct.idle():
		return false
	case c.passed(b.Expire):
		c.endBack(ct, backEnd{outcome: fact.CallbackExpired, reason: fact.ReasonExpired})
	case c.passed(b.CloseAt):
		c.endEntry(ct, entryEnd{outcome: fact.EntryCallback})
		c.lineUp(ct) // by a newer plan it may be open
	case c.passed(b.RestUntil):
		b.RestUntil = time.Time{}
		c.touched.match = true
	default:
		return false
	}
	return true
}

// releaseBacks lets callbacks into the line that waited for incidents which are over now.
func (c *Center) releaseBacks() {
	on := c.incidentsOn()
	for _, ct := range slices.Clone(c.running) {
		b := ct.Back
		if b == nil || len(b.Incidents) == 0 || slices.ContainsFunc(b.Incidents, func(id string) bool { return slices.Contains(on, id) }) {
			continue
		}
		b.Incidents, b.At = nil, c.now // when the link is up
		c.touch(ct)
	}
}

// calledIn ends the callbacks to a number from a queue, as the customer himself is on the phone, and gives the best of their places;
// taker is who has it, if he is known yet.
func (c *Center) calledIn(number, queue string, taker *entry) (since time.Time) {
	if number == "" {
		return since
	}
	for _, o := range slices.Clone(c.callers[number]) {
		if !o.uncalled() || o.Back.Queue != queue {
			continue
		}
		since = earliest(since, o.Back.Since)
		if taker != nil {
			taker.Resumes = o.ID
		}
		c.endBack(o, backEnd{outcome: fact.CallbackCalledIn, reason: fact.ReasonCalledIn})
	}
	return since
}

// takeBack gives a caller who joins a queue the place of his own callback there.
func (c *Center) takeBack(ct *contact, q *Queue, e *entry) {
	if since := c.calledIn(ct.Number, q.ID, e); !since.IsZero() && since.Before(e.Since) {
		e.Since, ct.Sums.FirstAt = since, since
	}
}

// cancelBack does what somebody asks for: the customer is not called.
func (c *Center) cancelBack(e Control) Refusal {
	ct := c.contacts[e.Contact]
	switch {
	case ct == nil || ct.Back == nil:
		return RefusedUnknownContact
	case !c.LinkUp() || !ct.absent() || ct.Call.Over || ct.Back.Dial != nil && !ct.Back.Dial.Answered.IsZero():
		return RefusedNotNow
	}
	c.endBack(ct, backEnd{outcome: fact.CallbackCancelled, reason: fact.ReasonCancelled, by: byOf(e), actor: e.Actor})
	return ""
}

// backEnd is how a callback ends.
type backEnd struct {
	outcome fact.CallbackOutcome
	reason  fact.Reason
	agent   string
	by      fact.By
	actor   string
	derived bool
}

// endBack ends a callback whose customer is not on the line, and with it the contact.
func (c *Center) endBack(ct *contact, end backEnd) {
	if ct.Entry != nil {
		outcome := fact.EntryWithdrawn
		if end.outcome == fact.CallbackNotReached || end.outcome == fact.CallbackExpired {
			outcome = fact.EntryFailed
		}
		c.endDial(ct, dialEnd{result: fact.CallbackCalledOff})
		c.endEntry(ct, entryEnd{outcome: outcome})
	}
	c.backEnded(ct, end)
	result := fact.ResultFailed
	switch end.outcome { //nolint:exhaustive // the others were not served
	case fact.CallbackCalledIn:
		result = fact.ResultContained
	case fact.CallbackCancelled:
		result = fact.ResultRefused
	}
	c.endCall(ct, callEnd{termination: fact.Termination{Result: result, Reason: end.reason}})
}

// backEnded tells of the callback's end, once.
func (c *Center) backEnded(ct *contact, end backEnd) {
	b := ct.Back
	if b == nil || b.Over {
		return
	}
	b.Over = true
	t := c.stamp(ct)
	c.emit(ct, fact.TypeCallbackEnded, fact.CallbackEnded{
		Origin: b.Origin, Queue: b.Queue, Outcome: end.outcome, PromisedAt: b.Promised, EndedAt: t, DurationMS: ms(t.Sub(b.Promised)),
		Attempts: b.Attempts, Agent: end.agent, By: end.by, Actor: end.actor, Derived: end.derived,
	})
}

// backOf is the callback's end where its call ended without an agent.
func backOf(end callEnd) backEnd {
	if end.termination.Result == fact.ResultAbandoned {
		return backEnd{outcome: fact.CallbackAbandoned, derived: end.derived}
	}
	return backEnd{outcome: fact.CallbackLost, derived: end.derived}
}

func (ct *contact) snapshotBack(q *Queue) *fact.SnapshotCallback {
	b := ct.Back
	if b == nil || b.Over || q == nil {
		return nil
	}
	s := &fact.SnapshotCallback{
		Origin: b.Origin, Queue: b.Queue, First: q.Callback.First, PromisedAt: b.Promised, Attempts: b.Attempts, Of: q.Callback.Attempts,
		ExpiresAt: b.Expire.Truncate(time.Millisecond), Why: b.Why, Incidents: slices.Clone(b.Incidents), Reached: b.Reached,
	}
	if b.Why != "" && !b.At.IsZero() {
		at := b.At
		s.Until = &at
	}
	return s
}
