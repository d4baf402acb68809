package callcenter

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// joinFirst puts a caller who leaves his flow into a queue, or turns him away.
func (c *Center) joinFirst(ct *contact, end ivr.End) {
	q := c.planFor(ct).queue(end.Queue)
	if q == nil {
		c.endCall(ct, callEnd{termination: fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonFlowEnded}})
		return
	}
	ct.Wished = (&entry{Asked: end.Priority, Want: end.Skills, WantThat: end.Requires}).wish()
	if why := c.refusal(q); why != "" {
		c.refuse(ct, q, why)
		media, node := q.FullMedia, c.exit(ct, ivr.ExitFull) // full, or as good as that: the wait would be too long
		if why == fact.RefusedEmpty || why == fact.RefusedClosed {
			media, node = q.EmptyMedia, c.exit(ct, ivr.ExitEmpty)
		}
		if node != "" {
			c.back(ct, node)
			return
		}
		c.closeWith(ct, fact.Termination{Result: fact.ResultRefused, Reason: fact.ReasonRefused}, media)
		return
	}
	c.join(ct, q, &entry{ // who comes back from a menu has his place still
		Asked: end.Priority, Want: end.Skills, WantThat: end.Requires, Since: ct.Sums.FirstAt, Carried: ct.carried(),
	})
}

// refusal is why nobody can join the queue now; "" = he can.
func (c *Center) refusal(q *Queue) fact.RefusedReason {
	switch {
	case c.plan.queue(q.ID) == nil:
		return fact.RefusedClosed // a newer plan has no such queue: nobody would serve it
	case q.MaxLength > 0 && c.line(q.ID).present() >= q.MaxLength:
		return fact.RefusedFull
	case !q.JoinEmpty && !c.staffed(q):
		return fact.RefusedEmpty
	case c.tooLong(q):
		return fact.RefusedLong
	default:
		return ""
	}
}

// staffed tells whether anybody is there to answer the queue's calls.
func (c *Center) staffed(q *Queue) bool { return c.staffedBy(q, func(*agent) bool { return true }) }

// staffedBy is staffed by one of some agents.
func (c *Center) staffedBy(q *Queue, of func(*agent) bool) bool {
	return slices.ContainsFunc(c.agents, func(a *agent) bool {
		return a.LoggedIn && a.serves(q.ID) && (q.Staff != StaffActive || !a.Paused) && of(a)
	})
}

func (c *Center) refuse(ct *contact, q *Queue, why fact.RefusedReason) {
	c.emit(ct, fact.TypeQueueRefused, fact.QueueRefused{Kind: ct.Kind, Queue: q.ID, Language: ct.Language, Reason: why})
}

// join opens an entry. e carries what the caller brings along.
func (c *Center) join(ct *contact, q *Queue, e *entry) {
	from := e.ID
	e.ID = part(ct.ID, "e", &ct.Count.Entry)
	e.Queue = q.ID
	e.Priority = q.Priority + e.Asked + ct.Who.Priority
	e.Weight, e.Age = q.Weight, c.planFor(ct).Age
	e.QueuedAt = c.stamp(ct)
	if e.Since.IsZero() {
		e.Since = e.QueuedAt
	}
	if ct.Back == nil {
		c.resume(ct, q, e)
		if ct.Talk == nil { // else an agent only asks there
			c.takeBack(ct, q, e)
		}
	}
	if q.MaxWait > 0 && !ct.absent() {
		e.MaxAt = c.now.Add(q.MaxWait)
	}
	if !strings.HasPrefix(q.ID, ownLine) {
		e.Home = ""
	}
	ct.Entry = e
	if ct.Talk == nil { // else an agent waits in his place: nothing is said to him
		ct.Stage = stageWaiting
		if !ct.absent() {
			e.AnnounceAt = c.firstAnnouncement(q)
			c.announceAgain(ct)
		}
	}
	c.circle(ct, q)
	c.line(q.ID).insert(ct)
	c.touched.match = true
	e.First = c.position(ct)
	c.queued(ct, from, false)
	if ct.Talk != nil {
		c.startEarMusic(ct)
		return
	}
	c.hearLine(ct)
}

func (c *Center) firstAnnouncement(q *Queue) time.Time {
	switch {
	case q.AnnounceFirst > 0:
		return c.now.Add(q.AnnounceFirst)
	case q.Announce > 0:
		return c.now.Add(q.Announce)
	default:
		return time.Time{}
	}
}

// queued records the opening of the contact's entry.
func (c *Center) queued(ct *contact, from string, derived bool) {
	e := ct.Entry
	if ct.Sums.FirstQueue == "" {
		ct.Sums.FirstQueue, ct.Sums.FirstAt = e.Queue, e.Since
	}
	if ct.Talk == nil { // else it is an agent who waits there
		ct.Sums.LastQueue = e.Queue
	}
	c.emit(ct, fact.TypeQueued, fact.Queued{
		Entry: e.ID, Call: ct.Call.ID, Kind: ct.Kind, Queue: e.Queue, Language: ct.Language, Priority: e.Priority,
		Skills: skillNames(e.Skills), Position: e.First, From: from, Derived: derived, CarriedWaitMS: e.Carried,
		Requires: e.Requires, MaxTier: e.MaxTier, Prefer: e.Prefer, Urgency: e.urgency(), RankedAt: e.rank(), Resumes: e.Resumes,
	})
}

// due is the entry's next deadline. Max wait never cuts a ringing phone short: it strikes when the offer is over.
func (e *entry) due() time.Time {
	times := []time.Time{e.PlayBy, e.RelaxAt}
	if e.Playback == "" {
		times = append(times, e.AnnounceAt, e.ComfortAt)
	}
	for _, o := range e.Open {
		times = append(times, o.By)
	}
	if !e.rings() {
		times = append(times, e.MaxAt, e.PreferBy, e.LeaveAt)
	}
	return earliest(times...)
}

// inQueue: the caller waits; perhaps an agent's phone rings for him.
func (c *Center) inQueue(ct *contact, ev Event) {
	if c.inDial(ct, ev) {
		return
	}
	switch e := ev.(type) {
	case PlaybackEnded:
		c.announced(ct, e)
	case LegRinging, LegAnswered, legEnded, legFailed:
		c.offerEvent(ct, ev)
	case due:
		c.waitingDue(ct)
	case callerEnded:
		c.endEntry(ct, entryEnd{outcome: fact.EntryAbandoned, caller: &e, derived: e.derived})
		c.endCall(ct, abandoned(e))
	case answerFailed:
		c.endEntry(ct, entryEnd{outcome: fact.EntryFailed})
		c.endCall(ct, callEnd{termination: fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonCommandFailed}})
	case DigitPressed:
		c.exitKey(ct, e)
	default:
		c.ignore(IgnoredStale)
	}
}

// waitingDue runs what is due of a waiting caller.
func (c *Center) waitingDue(ct *contact) {
	e := ct.Entry
	late := c.overdue(e)
	switch {
	case c.backInLineDue(ct):
	case late != nil:
		c.ringTimedOut(ct, late)
	case !e.rings() && c.passed(e.MaxAt):
		c.maxWait(ct)
	case !e.rings() && c.passed(e.LeaveAt):
		c.leaveEmpty(ct)
	case c.passed(e.RelaxAt):
		c.relaxDue(ct)
	case !e.rings() && c.passed(e.PreferBy):
		c.preferOver(ct, fact.RelaxedByTime)
	case c.passed(e.PlayBy):
		c.stopPlay(ct, e.Playback)
		c.announced(ct, PlaybackEnded{Playback: e.Playback, Failed: true})
	case e.Playback == "" && c.passed(e.AnnounceAt):
		c.announce(ct)
	case e.Playback == "" && c.passed(e.ComfortAt):
		c.comfort(ct)
	}
}

// announceLimit is after which an announcement whose end was not heard is stopped: nobody shall wait in silence.
const announceLimit = 30 * time.Second

// announce tells the caller his position, between two stretches of music.
func (c *Center) announce(ct *contact) {
	e := ct.Entry
	e.AnnounceAt = time.Time{}
	position := c.position(ct)
	if e.Told > 0 && position > e.Told { // nobody is told that he has fallen back
		c.touch(ct)
		c.announceAgain(ct)
		return
	}
	e.Told = position
	media, said := c.told(ct, position)
	c.emit(ct, fact.TypePositionTold, said)
	c.say(ct, media)
}

// comfort says the next of the queue's sounds for who waits.
func (c *Center) comfort(ct *contact) {
	e := ct.Entry
	media := c.planFor(ct).queue(e.Queue).ComfortMedia
	e.ComfortAt = time.Time{}
	e.Comforts++
	c.say(ct, media[(e.Comforts-1)%len(media):][:1])
}

// say plays something to a waiting caller, between two stretches of music.
func (c *Center) say(ct *contact, media []string) {
	e := ct.Entry
	c.stopMusic(ct)
	e.Playback = c.play(ct, media)
	e.PlayBy = c.now.Add(announceLimit)
}

// announced: the announcement is over, the music comes back.
func (c *Center) announced(ct *contact, ev PlaybackEnded) {
	e := ct.Entry
	if o := e.taken(); o != nil && o.Whisper == ev.Playback {
		c.whispered(ct, o, ev)
		return
	}
	if e.Playback == "" || e.Playback != ev.Playback {
		c.ignore(IgnoredStale)
		return
	}
	c.touch(ct)
	if e.informing() {
		if !ev.Failed && c.informOn(ct) {
			return
		}
		c.informed(ct, c.recorder(ct), e.NoticeAt, !ev.Failed)
	}
	e.Playback, e.PlayBy, e.NoticeAt = "", time.Time{}, time.Time{}
	if o := e.taken(); o != nil && o.Waits {
		c.stopPlay(ct, o.Whisper)
		c.answer(ct, o)
		return
	}
	c.announceAgain(ct)
	c.startMusic(ct, c.planFor(ct).queue(e.Queue).MusicClass)
}

// announceAgain sets when what was said is said again.
func (c *Center) announceAgain(ct *contact) {
	e := ct.Entry
	q := c.planFor(ct).queue(e.Queue)
	if q.Announce > 0 && e.AnnounceAt.IsZero() {
		e.AnnounceAt = c.now.Add(q.Announce)
	}
	if q.ComfortEvery > 0 && len(q.ComfortMedia) > 0 && e.ComfortAt.IsZero() {
		e.ComfortAt = c.now.Add(q.ComfortEvery)
	}
}

// maxWait: the caller waited as long as the queue allows.
func (c *Center) maxWait(ct *contact) {
	if ct.Talk != nil {
		c.comeBack(ct, fact.TransferUnanswered, "", false)
		return
	}
	p := c.planFor(ct)
	q := p.queue(ct.Entry.Queue)
	next, why := p.queue(cmp.Or(ct.Entry.Home, q.Overflow)), fact.RefusedReason("")
	if next != nil {
		why = c.refusal(next)
	}
	c.silence(ct)
	if next != nil && why == "" {
		c.overflow(ct, next)
		return
	}
	node, outcome := c.exit(ct, ivr.ExitMaxWait), fact.EntryFailed
	if node != "" {
		outcome = c.leftFor(ct, node, fact.EntryOverflowed)
	}
	c.endEntry(ct, entryEnd{outcome: outcome})
	if next != nil {
		c.refuse(ct, next, why)
	}
	if node != "" {
		c.back(ct, node)
		return
	}
	c.closeWith(ct, fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonMaxWait}, q.OverflowMedia)
}

// overflow moves the caller to another queue; he keeps the time he has waited.
func (c *Center) overflow(ct *contact, next *Queue) {
	e := *ct.Entry
	c.endEntry(ct, entryEnd{outcome: fact.EntryOverflowed, to: next.ID})
	c.join(ct, next, &entry{
		ID: e.ID, Asked: e.Asked, Want: e.Want, WantThat: e.WantThat, Since: e.Since, Carried: e.Carried + ms(c.stamp(ct).Sub(e.QueuedAt)),
	})
}

// silence stops whatever the waiting caller hears, or the agent who waits in his place. The music is stopped also under an
// announcement: stopping it before may have failed.
func (c *Center) silence(ct *contact) {
	if ct.Talk != nil {
		c.stopEarMusic(ct)
		return
	}
	c.stopUnheard(ct)
	if e := ct.Entry; e.Playback != "" {
		c.stopPlay(ct, e.Playback)
		e.Playback, e.PlayBy, e.NoticeAt = "", time.Time{}, time.Time{}
	}
	c.stopMusic(ct)
}

// entryEnd is how an entry ends.
type entryEnd struct {
	outcome fact.EntryOutcome
	agent   string // who answered, by which offer
	answer  string
	caller  *callerEnded // he is gone; nil = he goes on elsewhere
	to      string
	derived bool
}

// endEntry closes the contact's entry, and the offers that are open.
func (c *Center) endEntry(ct *contact, end entryEnd) {
	e := ct.Entry
	for _, o := range slices.Clone(e.Open) {
		result := fact.OfferWithdrawn
		if end.caller != nil {
			result = end.caller.resultFor(o)
		}
		c.endOffer(ct, o, offerEnd{result: result, derived: end.derived})
	}
	c.unline(ct)
	t := c.stamp(ct)
	wait := ms(t.Sub(e.QueuedAt))
	ct.Sums.Wait += wait
	c.emit(ct, fact.TypeEntryEnded, fact.EntryEnded{
		Entry: e.ID, Call: ct.Call.ID, Kind: ct.Kind, Queue: e.Queue, Outcome: end.outcome, QueuedAt: e.QueuedAt, EndedAt: t,
		WaitMS: wait, Arrived: ct.Arrived, Agent: end.agent, Offer: end.answer, Offers: e.Offers, Priority: e.Priority,
		Skills: skillNames(e.Skills), Language: ct.Language, Customer: ct.Who.Customer, First: e.First, Last: e.LastPos,
		To: end.to, Derived: end.derived, CarriedWaitMS: e.Carried, EstimateFromMS: e.EstFrom, EstimateUntilMS: e.EstUntil,
	})
	if end.outcome == fact.EntryAbandoned && ct.Talk == nil {
		c.keepPlace(ct)
	}
	if ct.Talk == nil { // what he asked for he has also when he is called back
		ct.Wished = e.wish()
	}
	ct.Entry = nil
}
