package sim

import (
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

// Callers who want to be called back, their phones when that happens, and what the facts must say of it.

// wayOut is what is behind a number that is called outside.
const wayOut = "@trunk"

// denied is a number that may not be called back.
const denied = "1004"

// hours are when callbacks may be made: often not.
const hours = "calls"

// hoursOpen are its spans in minutes since midnight, where the callbacks' queues have it; runs begin at 10:30 there.
func hoursOpen() [][2]int { return [][2]int{{630, 632}, {633, 636}, {638, 1080}} }

// drawCallbacks throws how callers are called back.
func drawCallbacks(d *dice, p *callcenter.Plan) {
	p.Outbound = callcenter.Outbound{Endpoint: "PJSIP/{number}" + wayOut, CallerID: "Acme <1000>", Allow: []string{"100*", "102*", outsideNumber}, Deny: []string{denied, dialedOnes()[0]}}
	day := []string{"mon", "tue", "wed", "thu", "fri"}
	p.Schedules = append(p.Schedules, ivr.Schedule{ID: hours, Zone: "Europe/Berlin", Open: []ivr.Hours{
		{Days: day, From: "10:30", Until: "10:32"}, {Days: day, From: "10:33", Until: "10:36"}, {Days: day, From: "10:38", Until: "18:00"},
	}})
	for i := range p.Flows {
		if n, ok := p.Flows[i].Nodes["call"]; ok && len(p.Incidents) > 0 {
			n.Mended = d.chance(0.5)
			p.Flows[i].Nodes["call"] = n
		}
	}
	for i := range p.Queues {
		q := &p.Queues[i]
		q.Callback = callcenter.Callback{
			First: one(d, fact.FirstAgent, fact.FirstCustomer), Schedule: one(d, "", "", hours), Attempts: 1 + d.below(3),
			Retry: one(d, time.Second, 10*time.Second, 30*time.Second), Ring: one(d, 5*time.Second, 20*time.Second),
			Expire: one(d, time.Minute, 4*time.Minute), Limit: one(d, 0, 0, 1),
		}
		if d.chance(0.5) {
			q.Callback.Greeting, q.Callback.Confirm = someMedia(d), d.chance(0.6)
		}
	}
}

// drawCall throws a node at which callers ask to be called back.
func drawCall(d *dice, seconds func(...int) time.Duration, maybe func(string) string) ivr.Node {
	return ivr.Node{
		Type: ivr.TypeCallback, Queue: one(d, queueIDs()...), Prompt: someMedia(d), Confirm: []string{"we-call", "{digits}"}, Min: 1, Max: 4,
		Terminator: "#", Timeout: seconds(2, 5), InterDigit: seconds(1, 3), Tries: 2 + d.below(2), Next: one(d, "bye", "bye", "support"),
		GaveUp: maybe("bye"), Failed: one(d, "bye", "support"), InvalidMedia: drawMedia(d),
	}
}

// customer is somebody at home, whose phone is rung: he answers or not, or his machine does.
type customer struct {
	w     *world
	luck  *dice
	ch    *channel
	talks bool
	over  bool
}

// numberOut is the number outside that an endpoint calls.
func numberOut(endpoint string) string {
	number, _ := strings.CutSuffix(strings.TrimPrefix(endpoint, "PJSIP/"), wayOut)
	return number
}

// callOut makes the channel of a call to a customer.
func (a *asterisk) callOut(c createLeg) {
	u := &customer{w: a.w, luck: a.w.newDice("customer " + c.Channel)}
	number := numberOut(c.Endpoint)
	u.ch = &channel{id: c.Channel, number: number, state: stateDown, party: u}
	a.open(u.ch)
	a.w.customers[c.Channel] = u
	if number == denied || !strings.HasPrefix(number, "10") {
		a.w.fail(ruleCallbacks, "%s calls %q, who may not be called", c.ID, number)
	}
	if other := a.w.customerOf(c.Contact, u); other != nil && a.w.weather.calm {
		a.w.fail(ruleCallbacks, "%s calls the customer of %s, who is on %s", c.ID, c.Contact, other.ch.id)
	}
}

// onTheLine tells whether a contact's caller is on the phone.
func (w *world) onTheLine(c *contactBook) bool {
	if c == nil {
		return false
	}
	ch := w.ast.channels[c.channel()]
	return ch != nil && ch.inApp // else he is sent on
}

// customerOf finds the customer of a contact whose call is not over, other than one.
func (w *world) customerOf(contact string, but *customer) *customer {
	for _, ch := range w.ast.order {
		if u := w.customers[ch.id]; u != nil && u != but && contactOf(ch.id) == contact {
			return u
		}
	}
	return nil
}

// ring is told that his phone rings.
func (u *customer) ring(ch *channel) {
	luck, ast := u.luck, u.w.ast
	end := func(after time.Duration, cause int) { u.w.after(after, func() { ast.hangUp(ch, cause) }) }
	if luck.chance(0.8) {
		u.w.after(luck.between(0, 300*time.Millisecond), func() {
			if !ch.gone && ch.state == stateDown {
				ch.state = stateRinging
				ast.emit(ch, callcenter.LegRinging{Channel: ch.id})
			}
		})
	}
	switch x := luck.float(); {
	case x < 0.55:
		u.w.after(luck.around(3*time.Second), u.answer)
	case x < 0.6:
		u.answer()
	case x < 0.75: // nobody is there
	case x < 0.85:
		end(luck.between(0, 50*time.Millisecond), causeBusy)
	case x < 0.92:
		end(luck.around(2*time.Second), causeRejected)
	default:
		end(luck.between(0, time.Second), causeOutOfOrder)
	}
}

func (u *customer) answer() {
	if u.ch.gone || u.ch.state == stateUp {
		return
	}
	u.ch.state = stateUp
	u.w.ast.emit(u.ch, callcenter.LegAnswered{Channel: u.ch.id})
	luck := u.luck
	if luck.chance(0.2) { // a machine, or he has no patience
		u.w.after(luck.around(5*time.Second), func() { u.hangUp("hangs up") })
		return
	}
	u.press(one(luck, "1", "1", "51"))
	u.w.after(luck.around(min(u.w.weather.patience, 30*time.Second)), func() {
		if !u.talks {
			u.hangUp("gives up")
		}
	})
}

// press presses keys, one after the other.
func (u *customer) press(keys string) {
	if keys == "" {
		return
	}
	u.w.after(u.luck.around(2*time.Second), func() {
		if u.over || !u.ch.inApp {
			return
		}
		u.w.ledger.truth(contactOf(u.ch.id)).press(keys[:1])
		u.w.ast.emit(u.ch, callcenter.DigitPressed{Channel: u.ch.id, Digit: keys[:1]})
		u.press(keys[1:])
	})
}

func (u *customer) hangUp(why string) {
	if u.over {
		return
	}
	u.w.seen.add("customer " + why)
	u.w.ledger.truth(contactOf(u.ch.id)).end("caller")
	u.w.ast.hangUp(u.ch, causeNormal)
}

func (u *customer) ended(*channel) {
	u.over = true
	delete(u.w.customers, u.ch.id)
}

func (u *customer) heard(_, other *channel) {
	if !u.talks {
		u.w.ledger.truth(contactOf(u.ch.id)).hear(other.endpoint)
		u.w.seen.add("talk with a customer")
	}
	u.talks = true
	u.w.after(u.luck.around(u.w.weather.talk), func() { u.hangUp("ends the talk") })
}

// callbackBook is what the facts say of a callback.
type callbackBook struct {
	fact.CallbackPromised
	at       time.Time
	putOff   *fact.CallbackPutOff // now; nil = in the line
	putOffAt time.Time
	attempts int // that count
	before   int // when it joined its line: the queue may be another one than before
	calls    int
	reached  string    // channel by which he was
	left     int       // calls that an agent broke off
	rest     time.Time // until when he is left alone after that
	mends    []string  // incidents that are to be over first, and nobody has said yet that it waits for them
	began    time.Time
	ended    *fact.CallbackEnded
}

// pending tells whether the contact's customer is not on the line, and is to be called.
func (c *contactBook) pending() bool {
	return c.back != nil && c.back.reached == "" && c.back.ended == nil
}

// channel is the caller's channel.
func (c *contactBook) channel() string {
	if c.back != nil {
		return c.back.reached
	}
	return c.id
}

// ordered notes the calls of customers that a Step orders.
func (l *ledger) ordered(r record) {
	for _, cmd := range r.commands {
		ring, ok := cmd.(callcenter.Ring)
		if !ok || !strings.HasSuffix(ring.Endpoint, wayOut) || numberOut(ring.Endpoint) == outsideNumber {
			continue
		}
		l.dials[ring.Contact] = ring.Channel
		if c := l.contacts[ring.Contact]; c != nil && c.back != nil && l.at.Before(c.back.rest.Add(-l.tolerance()-time.Second)) {
			l.w.fail(ruleCallbacks, "%s calls a customer who is to be left alone until %s", ring.ID, c.back.rest)
		}
		if c := l.contacts[ring.Contact]; c != nil && c.back != nil && l.w.weather.calm && l.w.onTheLine(l.contacts[c.back.Origin]) {
			l.w.fail(ruleCallbacks, "%s calls a customer who is on the phone in %s", ring.ID, c.back.Origin)
		}
	}
}

func (l *ledger) callbackFact(f fact.Fact, c *contactBook) {
	b := c.back
	if p, ok := f.Data.(fact.CallbackPromised); ok {
		l.promised(f, c, p)
		return
	}
	if b == nil || b.ended != nil {
		l.w.fail(ruleCallbacks, "%s of %s: %+v", f.Type, f.Subject, f.Data)
		return
	}
	switch d := f.Data.(type) {
	case fact.CallbackPutOff:
		l.w.seen.add("put off " + string(d.Why))
		l.putOff(f, c, d)
	case fact.CallbackAttempted:
		l.w.seen.add("attempt " + string(d.Result))
		l.attempted(f, c, d)
	case fact.CallbackEnded:
		l.w.seen.add("callback " + string(d.Outcome))
		l.callbackEnded(f, c, d)
	}
}

// promised checks a promise against who asked for it.
func (l *ledger) promised(f fact.Fact, c *contactBook, p fact.CallbackPromised) {
	o := l.contacts[p.Origin]
	if o == nil || o.visit == nil || c.arrived.Kind != fact.KindCallback || c.back != nil {
		l.w.fail(ruleCallbacks, "%s is promised as %+v by %+v", f.Subject, p, o)
		return
	}
	l.w.seen.add("callback promised")
	n := l.flow(o, o.visit.flow).Nodes[o.visit.path[len(o.visit.path)-1]]
	q, number := l.queue(c, p.Queue), c.arrived.CallerNumber
	since := f.Time
	if o.entries > 0 {
		since = o.since
	}
	if best := l.calledIn[number+" "+p.Queue]; best.of != nil && best.since.Before(since) {
		since = best.since
	}
	switch {
	case n.Type != ivr.TypeCallback || n.Queue != p.Queue || p.First != q.Callback.First || p.Attempts != q.Callback.Attempts:
		l.w.fail(ruleCallbacks, "%s is promised %+v at %+v, the queue has %+v", f.Subject, p, n, q.Callback)
	case number == denied || !strings.HasPrefix(number, "10"):
		l.w.fail(ruleCallbacks, "%s is promised a call to %q", f.Subject, number)
	case number != o.arrived.CallerNumber && !pressed(l.truth(o.id).keys, number):
		l.w.fail(ruleTruth, "%s is promised a call to %q, which %s never pressed", f.Subject, number, o.id)
	case !p.Since.Equal(since):
		l.w.fail(ruleCallbacks, "%s has the place of %s, should have that of %s", f.Subject, p.Since, since)
	}
	if limit := l.queue(o, p.Queue).Callback.Limit; limit > 0 && l.open(p.Queue, number) >= limit {
		l.w.fail(ruleCallbacks, "%s is promised, though %d are open in %s", f.Subject, limit, p.Queue)
	}
	c.back = &callbackBook{CallbackPromised: p, at: f.Time}
	if n.Mended {
		c.back.mends, _ = l.newsFor(o)
	}
	c.since, c.waited, c.asked, c.bonus, c.owner, c.customer, c.requires = since, o.waited, o.asked, o.bonus, o.owner, o.customer, o.requires
	if number == o.arrived.CallerNumber {
		c.byNumber = o.byNumber
	}
	if o.flow == "" {
		c.asked = o.raised
	}
	o.visit.served, o.promisedAt = true, o.visit.path[len(o.visit.path)-1]
}

// open counts a queue's callbacks to other numbers whose customer is not on the line.
func (l *ledger) open(queue, but string) int {
	n := 0
	for _, o := range l.live {
		if o.pending() && o.back.Queue == queue && o.arrived.CallerNumber != but {
			n++
		}
	}
	return n
}

// onThePhone tells whether the customer may be on the line yet in the call in which he asked, as far as the core knows.
func (l *ledger) onThePhone(c *contactBook) bool {
	o := l.contacts[c.back.Origin]
	if o == nil || o.closed == nil {
		return o != nil
	}
	return !l.w.hungUp[o.channel()] && (l.w.onTheLine(o) || l.at.Before(o.closedAt.Add(40*time.Second)))
}

// rests tells whether nobody is to be rung for a callback now: he is on the phone yet with which he asked for it, or an agent broke
// the last call off.
func (l *ledger) rests(c *contactBook) bool {
	if !c.pending() {
		return false
	}
	return l.onThePhone(c) || l.at.Before(c.back.rest.Add(l.tolerance()+time.Second+l.w.weather.wakeLag))
}

// putOff checks why a callback leaves the line.
func (l *ledger) putOff(f fact.Fact, c *contactBook, d fact.CallbackPutOff) {
	if c.entry != nil || c.rings() || c.back.reached != "" {
		l.w.fail(ruleCallbacks, "%s is put off in %+v, offers %+v", f.Subject, c.entry, c.rung)
	}
	if d.Why == fact.PutOffClosed {
		c.replanned(l, d.Queue)
	}
	q := l.queue(c, d.Queue)
	closed := q.Callback.Schedule == hours && !isOpen(l.at)
	switch d.Why {
	case fact.PutOffClosed:
		if !closed && !l.near(l.at) || d.Until == nil || !d.Until.After(f.Time) {
			l.w.fail(ruleCallbacks, "%s is put off as closed at %s: %+v", f.Subject, f.Time, d)
		}
	case fact.PutOffRetry:
		if c.lastEnded == nil || c.lastEnded.Outcome != fact.EntryCallback || d.Until == nil || d.Until.Sub(f.Time) < q.Callback.Retry-l.tolerance() {
			l.w.fail(ruleCallbacks, "%s is put off for another attempt as %+v", f.Subject, d)
		}
	case fact.PutOffIncident:
		if len(d.Incidents) == 0 || !slices.Equal(d.Incidents, c.back.mends) {
			l.w.fail(ruleCallbacks, "%s waits for %v, told of are %v", f.Subject, d.Incidents, c.back.mends)
		}
		c.back.mends = nil
	}
	c.back.Queue, c.back.putOff, c.back.putOffAt = d.Queue, &d, f.Time
}

// replanned: a callback that waits outside the line is given the plan in force, if it has the queue.
func (c *contactBook) replanned(l *ledger, queue string) {
	if p := l.w.known[l.version]; p != nil && slices.ContainsFunc(p.Queues, func(q callcenter.Queue) bool { return q.ID == queue || strings.HasPrefix(queue, "agent:") }) && knows(p, c.requires) {
		c.arrived.Plan = l.version
	}
}

// knows tells whether an expression stands anywhere in a plan.
func knows(p *callcenter.Plan, text string) bool {
	if text == "" {
		return true
	}
	for _, q := range p.Queues {
		if q.Requires == text || slices.ContainsFunc(q.Relax, func(s callcenter.RelaxStep) bool { return s.Requires == text }) {
			return true
		}
	}
	for _, f := range p.Flows {
		for _, n := range f.Nodes { // any will do
			if n.Requires == text {
				return true
			}
		}
	}
	return false
}

// isOpen tells whether callbacks may be made, by the schedule of this world.
func isOpen(t time.Time) bool {
	minute := (t.UTC().Hour()+1)*60 + t.UTC().Minute() // winter in Berlin
	return slices.ContainsFunc(hoursOpen(), func(s [2]int) bool { return minute >= s[0] && minute < s[1] })
}

// near tells whether an opening or closing time is so near that the order of things may be the other one.
func (l *ledger) near(t time.Time) bool {
	slack := l.tolerance() + l.w.weather.wakeLag + 3*time.Second
	return isOpen(t.Add(-slack)) != isOpen(t) || isOpen(t.Add(slack)) != isOpen(t)
}

// linedUp checks a callback that joins its queue's line.
func (l *ledger) linedUp(f fact.Fact, c *contactBook, d fact.Queued) {
	b := c.back
	if b.reached != "" { // handed on
		return
	}
	if len(b.mends) > 0 || b.putOff != nil && b.putOff.Why == fact.PutOffIncident && !l.over(b.putOff.Incidents, b.putOffAt) {
		l.w.fail(ruleCallbacks, "%s joins %s before its incidents are over: %+v", f.Subject, d.Queue, b)
	}
	c.replanned(l, d.Queue)
	if q := l.queue(c, d.Queue); q.Callback.Schedule == hours && !isOpen(l.at) && !l.near(l.at) {
		l.w.fail(ruleCallbacks, "%s joins %s at %s, when nobody may be called", f.Subject, d.Queue, l.at)
	}
	b.Queue, b.putOff, b.before = d.Queue, nil, b.attempts
}

// over tells whether incidents have been over since a callback began to wait for them, as far as is kept.
func (l *ledger) over(ids []string, since time.Time) bool {
	return !slices.ContainsFunc(ids, func(id string) bool {
		b := l.incidents[id]
		return b != nil && b.began != nil && b.off.Before(since)
	})
}

// attempted checks a call of a customer's phone.
func (l *ledger) attempted(f fact.Fact, c *contactBook, d fact.CallbackAttempted) {
	b := c.back
	b.calls++
	dialled := l.dials[c.id]
	delete(l.dials, c.id)
	switch {
	case d.Attempt != b.calls || !d.EndedAt.Equal(f.Time) || d.StartedAt.After(f.Time) || b.reached != "" || d.Queue != b.Queue:
		l.w.fail(ruleCallbacks, "%s: attempt %+v, the %d. of %+v", f.Subject, d, b.calls, b)
	case d.Channel != dialled && (dialled != "" || d.Result == fact.CallbackReached): // while the link was down none was made
		l.w.fail(ruleCallbacks, "%s: attempt %+v, the call was made on %q", f.Subject, d, dialled)
	}
	b.began = d.StartedAt
	switch d.Result {
	case fact.CallbackReached:
		b.reached = d.Channel
		b.attempts++
	case fact.CallbackAgentLeft: // it was not his doing
		b.rest = l.at.Add(30 * time.Second << min(b.left, 6))
		b.left++
	case fact.CallbackCalledOff:
	default:
		b.attempts++
	}
	if q := l.queue(c, b.Queue); b.attempts > max(q.Callback.Attempts, b.before+1) && !strings.HasPrefix(b.Queue, "agent:") {
		l.w.fail(ruleCallbacks, "%s: %d attempts, %d are allowed", f.Subject, b.attempts, q.Callback.Attempts)
	}
	if l.w.weather.calm && (d.Derived || d.Result == fact.CallbackFailed) {
		l.w.fail(ruleCalm, "%s: attempt %+v failed without a fault", f.Subject, d)
	}
}

func (l *ledger) callbackEnded(f fact.Fact, c *contactBook, d fact.CallbackEnded) {
	b := c.back
	b.ended = &d
	l.span(f, b.at, d.PromisedAt, d.EndedAt, d.DurationMS)
	if d.Origin != b.Origin || d.Queue != b.Queue || d.Attempts != b.attempts {
		l.w.fail(ruleClosingRows, "%s: callback %+v was promised as %+v after %d attempts", f.Subject, d, b.CallbackPromised, b.attempts)
	}
	reached := b.reached != ""
	allowed := l.queue(c, b.Queue).Callback.Attempts
	wrong := false
	switch d.Outcome {
	case fact.CallbackConnected:
		wrong = !reached || c.answered == 0 || d.Agent != c.lastAgent
	case fact.CallbackAbandoned:
		wrong = !reached || c.answered > 0
	case fact.CallbackNotReached:
		wrong = reached || b.attempts < allowed && !strings.HasPrefix(b.Queue, "agent:")
	case fact.CallbackExpired:
		wrong = reached || f.Time.Before(b.ExpiresAt.Add(-l.tolerance()-2*time.Second))
	case fact.CallbackCancelled:
		wrong = reached || d.Actor == ""
	case fact.CallbackCalledIn:
		wrong = reached
		l.calledIn[c.arrived.CallerNumber+" "+b.Queue] = l.calledIn[c.arrived.CallerNumber+" "+b.Queue].with(b.Since, c.id)
	case fact.CallbackLost:
		wrong = l.w.weather.calm && !reached && l.version == c.arrived.Plan
	}
	if wrong {
		l.w.fail(ruleCallbacks, "%s ended as %+v, reached %t, %d of %d attempts, %d answered", f.Subject, d, reached, b.attempts, allowed, c.answered)
	}
}

// place is the best place of callbacks that ended because the customer himself called or asked again, and of which they were.
type place struct {
	since time.Time
	of    []string
}

func (p place) with(since time.Time, of string) place {
	if p.of != nil && p.since.Before(since) {
		since = p.since
	}
	return place{since, append(slices.Clone(p.of), of)}
}

// tookBack checks that a caller who joins a queue has the place of his callback there, if one waits; true when he has.
func (l *ledger) tookBack(f fact.Fact, c *contactBook, d fact.Queued) bool {
	if c.back != nil || c.arrived.CallerNumber == "" || c.inTalk() || d.Derived {
		return false
	}
	for _, o := range l.live {
		if o.pending() && l.sameCaller(o, c) && o.back.Queue == d.Queue && l.dials[o.id] == "" {
			l.w.fail(ruleCallbacks, "%s joins %s, and the callback %s to him waits on", f.Subject, d.Queue, o.id)
		}
	}
	best := l.calledIn[c.arrived.CallerNumber+" "+d.Queue]
	if !slices.Contains(best.of, d.Resumes) {
		return false
	}
	l.w.seen.add("callback called in by himself")
	if best.since.Before(c.since) {
		c.since = best.since
	}
	return true
}

// customer looks whether a customer's channel is for somebody.
func (a *audit) customer(ch *channel, c *contactBook) {
	contact := contactOf(ch.id)
	if c == nil || !c.callOpen || c.back == nil || c.back.reached != ch.id && a.w.ledger.dials[contact] != ch.id {
		a.wrong(contact, "customer's channel "+ch.id+" is for nobody")
		return
	}
	if c.back.reached == "" && ch.state != stateUp && !c.rings() && a.w.ledger.queue(c, c.back.Queue).Callback.First == fact.FirstAgent {
		a.wrong(contact, "customer's phone rings on "+ch.id+", and no agent waits for him")
	}
}
