package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// auditEvery is how often the whole world is looked at.
const auditEvery = 5 * time.Second

// audit looks at the world itself, not at what the core says about it: silent callers, people alone in a bridge, phones
// that ring for nobody, calls that don't get on. Each may be so for a moment; none may last while Asterisk is held.
type audit struct {
	w         *world
	seen      map[string]sighting
	disturbed time.Duration            // something went wrong for everybody
	troubled  map[string]time.Duration // something went wrong for one contact
	round     int
}

// sighting is a wrong that was seen and has lasted since.
type sighting struct {
	since time.Duration
	round int
}

func newAudit(w *world) *audit {
	return &audit{w: w, seen: map[string]sighting{}, troubled: map[string]time.Duration{}}
}

// limit is how long a wrong may last. What failed for a caller is ordered again after some seconds; a phone that could not
// be hung up, and an event that got lost, are found by the next list.
func (a *audit) limit() time.Duration {
	w := a.w.site.weather // as it was before the winding down
	switch {
	case w.calm:
		return 8 * time.Second
	case w.missing+w.failBefore+w.failAfter+w.slow > 0:
		return w.reconcile + 30*time.Second
	default:
		return 25 * time.Second
	}
}

// phonesWait is how long a phone waits for word of the transfer that it asked for: the request may have been lost with the link.
const phonesWait = 20 * time.Second

// lastWord is how much longer a contact of the fallback may stay when its channel is gone: the queue_log has the last word.
const lastWord = time.Minute

// silence is how long a caller in a menu may hear nothing: where the end of a prompt gets lost the core waits for it
// longer than the longest prompt lasts.
func (a *audit) silence() time.Duration {
	if a.w.site.weather.missing > 0 {
		return a.limit() + 5*time.Minute
	}
	return a.limit() + 8*time.Second // he may enter a number, digit by digit
}

// hush is the same for one who waits: where the end of an announcement gets lost the core waits for it longer than that lasts.
func (a *audit) hush() time.Duration {
	if a.w.site.weather.missing > 0 {
		return a.limit() + 30*time.Second
	}
	return a.limit()
}

// begin audits now and then until the world has been wound down.
func (a *audit) begin() {
	a.w.after(auditEvery, func() {
		a.look()
		if !a.w.ending || len(a.w.ast.order) > 0 || len(a.w.ledger.live) > 0 {
			a.begin()
		}
	})
}

// refused is told about each command that Asterisk refused or that got lost.
func (w *world) refused(cmd callcenter.Command, code int) {
	_, troubled := w.audit.troubled[cmd.ContactID()]
	w.audit.troubled[cmd.ContactID()] = w.now
	w.seen.add("refused " + commandName(cmd) + " " + strconv.Itoa(code))
	if _, takesOut := cmd.(callcenter.RemoveFromBridge); takesOut && troubled {
		return // who could not be put in, because another had just hung up, can't be taken out
	}
	if _, answers := cmd.(callcenter.AnswerTransfer); answers && code == 409 {
		return // a phone that asked after its call had been sent out
	}
	if w.weather.calm && code != 404 && code != 400 && code != 500 {
		w.fail(ruleCalm, "%T%+v failed with %d, though nothing was in its way but what the core did before", cmd, cmd, code)
	}
}

func (a *audit) look() {
	if !a.w.ctl.alive || !a.w.ctl.linked { // also in a blind run: taken goes by it
		a.disturbed = a.w.now
	}
	if a.w.setting.blind {
		return
	}
	a.round++
	for _, ch := range a.w.ast.order {
		a.channel(ch)
	}
	for _, b := range a.w.ast.rooms {
		a.bridge(b)
	}
	for _, c := range a.w.ledger.live {
		a.contact(c)
	}
	for _, g := range a.w.ledger.roster {
		if g.state.State == fact.AgentReady && !a.w.ctl.core.Free(g.id) && !a.w.onThePhone(g.id) {
			a.wrong(g.id, "is ready but not free, state "+strconv.FormatUint(g.seq, 10))
		}
	}
	for key, s := range a.seen { // each is judged alone
		if s.round != a.round {
			delete(a.seen, key)
		}
	}
}

// taken is told when the dialplan's time-out takes a call away: only for a reason.
func (a *audit) taken(contact string) {
	_, troubled := a.troubled[contact]
	held := a.w.ctl.alive && a.w.ctl.linked && a.w.now-a.disturbed > dialplanLimit/2
	if held && !troubled && a.w.site.weather.missing == 0 {
		a.w.fail(ruleLasting, "the dialplan took %s away, though Asterisk is held and nothing failed", contact)
	}
}

// onThePhone tells whether the agent's phone has a call of any kind.
func (w *world) onThePhone(agent string) bool {
	endpoint := w.ledger.place(agent)
	if other := w.agentAt(endpoint); other != agent { // who sits at it has not left yet
		return other != ""
	}
	p := w.phoneAt(endpoint)
	return p != nil && len(p.lines) > 0
}

// wrong notes that something is not as it should be; when it has lasted too long the run fails.
func (a *audit) wrong(contact, what string) { a.lasting(contact, what, a.limit()) }

func (a *audit) lasting(contact, what string, limit time.Duration) {
	key := contact + ": " + what
	s, ok := a.seen[key]
	if !ok {
		s.since = a.w.now
	}
	s.round = a.round
	s.since = max(s.since, a.disturbed, a.troubled[contact])
	a.seen[key] = s
	if a.w.now-s.since > limit {
		a.w.fail(ruleLasting, "for %s: %s", a.w.now-s.since, key)
	}
}

func (a *audit) channel(ch *channel) {
	if !ch.inApp {
		return
	}
	if ch.asks > 0 && a.w.now-ch.askedAt < phonesWait {
		a.wrong(contactOf(ch.id), ch.id+" asked for a transfer and has no answer")
	}
	if strings.HasPrefix(ch.id, "fl.") {
		a.leg(ch)
		return
	}
	if ch.party != nil && !a.w.ledger.byPhone(a.w.agentAt(a.w.owners[ch.id])) {
		if c := a.w.ledger.contacts[ch.id]; c == nil || !c.callOpen {
			a.wrong(ch.id, "is in the application without a call")
		}
	}
}

func (a *audit) leg(ch *channel) {
	contact := contactOf(ch.id)
	c := a.w.ledger.contacts[contact]
	if a.w.customers[ch.id] != nil {
		a.customer(ch, c)
		return
	}
	if a.w.guests[ch.id] != nil {
		a.guest(ch, c)
		return
	}
	rings := c != nil && c.offerTo(a.w.onLeg(ch.id)) != nil
	var s *segmentBook
	if c != nil {
		s = c.talking(a.w.onLeg(ch.id))
	}
	if a.listens(ch, c) {
		return
	}
	talks := s != nil
	if !rings && !talks {
		a.wrong(contact, "leg "+ch.id+" is for nobody")
	}
	if talks && s.Kind == fact.SegmentTalk && (ch.bridge == nil || len(ch.bridge.members) < 2) {
		a.wrong(contact, "leg "+ch.id+" talks to nobody")
	}
}

func (a *audit) bridge(b *bridge) {
	contact := contactOf(b.id)
	c := a.w.ledger.contacts[contact]
	if c == nil || !c.inTalk() {
		a.wrong(contact, "bridge "+b.id+" is for nobody")
	}
	if c != nil {
		a.muted(b, c)
	}
	if len(b.members) == 1 && (c == nil || !c.held()) {
		a.wrong(contact, b.members[0].id+" is alone in "+b.id)
	}
}

// contact looks whether the world does what the facts say about a contact that has not ended.
func (a *audit) contact(c *contactBook) {
	if c.pending() {
		a.ringing(c)
		return
	}
	ch := a.w.ast.channels[c.channel()]
	if c.callOpen && ch == nil {
		limit := a.limit() + lastWord
		if c.arrived.Fallback { // nobody tells that it is gone: the first list behind the last word finds it
			limit += a.w.site.weather.reconcile
		}
		a.lasting(c.id, "has no channel", limit)
		return
	}
	if ch == nil || !ch.inApp {
		if c.callOpen && !a.w.native.has(c.id) {
			a.wrong(c.id, "is not in the application and not in the fallback")
		}
		return
	}
	switch {
	case c.inTalk():
		a.talk(c, ch)
		a.recorded(c)
	case c.entry != nil:
		if !ch.music && !ch.playing() {
			a.lasting(c.id, "waits in silence", a.hush())
		}
		a.ringing(c)
	case c.visit != nil && c.recording != nil:
		a.recorded(c)
	case c.callOpen && !ch.playing():
		a.lasting(c.id, "hears nothing since fact "+strconv.FormatUint(c.seq, 10)+" and prompt "+strconv.Itoa(ch.plays), a.silence())
	}
}

// talk looks whether a caller who talks hears somebody, and one on hold music.
func (a *audit) talk(c *contactBook, ch *channel) {
	alone := ch.bridge == nil || len(ch.bridge.members) < 2
	switch {
	case alone && (!c.held() || !ch.music):
		a.wrong(c.id, "talks to nobody")
	case !alone && (ch.music || ch.playing()):
		a.wrong(c.id, "hears music or a prompt in the talk")
	}
	a.ringing(c)
	a.outside(c)
}

// ringing looks whether the phone of each of the contact's offers has a leg of it.
func (a *audit) ringing(c *contactBook) {
	for _, o := range c.rung {
		if !slices.ContainsFunc(a.w.ast.order, func(ch *channel) bool {
			return contactOf(ch.id) == c.id && ch.endpoint != "" && a.w.onLeg(ch.id) == o.Agent
		}) {
			a.wrong(c.id, "offer "+o.Offer+" rings no phone")
		}
	}
}
