package history

import (
	"fmt"
	"time"

	"firstline/pipeline/fact"
)

// entered: the caller joins a queue.
func (f *Fold) entered(ct *contact, l Line) {
	queue := f.queue(l.Queue)
	if queue == "" {
		f.refuse(l, "no queue", "the line names no queue")
		return
	}
	if ct.entry != nil && ct.entry.queue == queue && ct.entry.at.Equal(l.At) {
		f.refuse(l, "repeated", "the caller joined this queue in this second already")
		return
	}
	f.loseOpen(ct, l.At, l)
	if len(l.Data) < 2 {
		f.doubt(l, "fields missing", "the caller's number is not known")
	}
	if ct.sequence == 0 && ct.number == "" {
		ct.number, ct.name = l.field(1), l.field(3)
	}
	position, _ := l.number(2)
	f.join(ct, queue, l.At, int(position), false)
}

// join opens an entry.
func (f *Fold) join(ct *contact, queue string, at time.Time, position int, derived bool) {
	ct.begin(at)
	e := &entry{id: ct.part("e", &ct.entries), queue: queue, at: at, first: position, carried: ct.sums.wait, derived: derived}
	if ct.gone != nil && ct.gone.outcome == fact.EntryOverflowed {
		e.from = ct.gone.id
	}
	ct.entry = e
	if ct.sums.first == "" {
		ct.sums.first = queue
	}
	ct.sums.lastQueue = queue
	ct.add(at, fact.TypeQueued, fact.Queued{
		Entry: e.id, Call: ct.call(), Kind: fact.KindInbound, Queue: queue, Position: position, From: e.from, Derived: derived,
		CarriedWaitMS: e.carried, RankedAt: at,
	})
}

// ended is how an entry ended, besides its outcome.
type ended struct {
	agent, offer, to string
	last             int // position
	derived          bool
}

func (f *Fold) endEntry(ct *contact, at time.Time, outcome fact.EntryOutcome, how ended) {
	e := ct.entry
	at = later(at, e.at)
	wait := at.Sub(e.at).Milliseconds()
	ct.sums.wait += wait
	ct.add(at, fact.TypeEntryEnded, fact.EntryEnded{
		Entry: e.id, Call: ct.call(), Kind: fact.KindInbound, Queue: e.queue, Outcome: outcome, QueuedAt: e.at, EndedAt: at, WaitMS: wait,
		Arrived: ct.began, Agent: how.agent, Offer: how.offer, Offers: e.offers, First: e.first, Last: how.last, To: how.to,
		Derived: e.derived || how.derived, CarriedWaitMS: e.carried,
	})
	e.ended, e.outcome = at, outcome
	ct.gone, ct.entry = e, nil
}

// waiting makes sure that the caller waits in the line's queue: where he is not known to, he joined as long ago as the line
// says that he waited. False: it doesn't say.
func (f *Fold) waiting(ct *contact, l Line, until time.Time, wait int64, known bool) bool {
	queue := f.queue(l.Queue)
	if queue == "" {
		f.refuse(l, "no queue", "the line names no queue")
		return false
	}
	if ct.entry != nil && ct.entry.queue == queue {
		switch took := until.Sub(ct.entry.at); {
		case took < 0:
			f.doubt(l, "clock", fmt.Sprintf("the line is %d s older than the caller's joining: he counts as not having waited", -int64(took.Seconds())))
		case known && !near(took, wait):
			f.doubt(l, "waits differ", fmt.Sprintf("the line says %d s, the times of the lines %d s: these count", wait, int64(took.Seconds())))
		case !known && waited(l.Event) >= 0:
			f.doubt(l, "fields missing", "it does not say how long the caller waited: the times of the lines count")
		}
		return true
	}
	if !known {
		f.refuse(l, "no beginning", "no ENTERQUEUE is there for it, and it does not say how long the caller waited")
		return false
	}
	at := until.Add(-time.Duration(wait) * time.Second)
	if g := ct.gone; g != nil && g.queue == queue && near(at.Sub(g.at), 0) {
		f.refuse(l, "ended twice", "the caller had left the queue already")
		return false
	}
	f.loseOpen(ct, until, l)
	if ct.gone != nil {
		at = later(at, ct.gone.ended)
	}
	f.doubt(l, "no beginning", fmt.Sprintf("no ENTERQUEUE is there for it: the caller joined %d s before", wait))
	f.join(ct, queue, at, 0, true)
	return true
}

// left: the caller leaves the queue unanswered.
func (f *Fold) left(ct *contact, l Line) {
	wait, known := l.number(waited(l.Event))
	if !f.waiting(ct, l, l.At, wait, known) {
		return
	}
	outcome, end, how := fact.EntryFailed, fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonCommandFailed}, ended{}
	position := 0
	switch l.Event {
	case eventAbandon:
		outcome, end = fact.EntryAbandoned, fact.Termination{Result: fact.ResultAbandoned, Reason: fact.ReasonCallerHungUp}
	case eventExitWithTimeout:
		outcome, end = fact.EntryOverflowed, fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonMaxWait}
	case eventExitEmpty, eventLeaveEmpty:
		outcome, end = fact.EntryLeftEmpty, fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonNobodyLeft}
	case eventExitWithKey:
		outcome, end = fact.EntryExited, fact.Termination{Result: fact.ResultAbandoned, Reason: fact.ReasonFlowEnded}
		how.to, position = l.field(0), 1
	case eventWithdraw:
		outcome, end = fact.EntryWithdrawn, fact.Termination{Result: fact.ResultFailed, Reason: fact.ReasonOperator}
		how.to = l.field(3)
	}
	if n, ok := l.number(position); ok {
		how.last = int(n)
	}
	if n, ok := l.number(position + 1); ok && ct.entry.first == 0 {
		ct.entry.first = int(n)
	}
	f.endEntry(ct, l.At, outcome, how)
	ct.end = end
}

// connected: an agent has the caller.
func (f *Fold) connected(ct *contact, l Line) {
	agent := f.agent(l.Agent)
	hold, known := l.number(0)
	if t := ct.talk; t != nil && t.agent == agent && t.queue == f.queue(l.Queue) && t.at.Equal(l.At) {
		f.refuse(l, "repeated", "the agent had the caller already")
		return
	}
	if agent == "" {
		f.refuse(l, "no agent", "the line names no agent")
		return
	}
	if !f.waiting(ct, l, l.At, hold, known) {
		return
	}
	ring, rang := l.number(2)
	if !rang {
		f.doubt(l, "fields missing", "it does not say how long it rang: counted as 0")
	}
	f.longRing(ct.entry, l, ring*1000)
	f.answered(ct, agent, l.At, ring*1000, l.field(1), false)
}

// answered ends the entry with an agent, whose phone rang before.
func (f *Fold) answered(ct *contact, agent string, at time.Time, ringMS int64, channel string, derived bool) {
	e := ct.entry
	offer := f.offer(ct, e, agent, at, ringMS, fact.OfferAnswered, channel)
	if ct.sums.toAgent == nil {
		ms := at.Sub(ct.began).Milliseconds()
		ct.sums.toAgent = &ms
	}
	ct.sums.agent = agent
	f.endEntry(ct, at, fact.EntryAnswered, ended{agent: agent, offer: offer, last: 1, derived: derived})
	ct.talk = &talk{agent: agent, queue: e.queue, entry: e.id, at: at}
}

// offer is a ring that is over: it began as long before as it rang, but not before the caller joined.
func (f *Fold) offer(ct *contact, e *entry, agent string, at time.Time, ringMS int64, result fact.OfferResult, channel string) string {
	began := later(at.Add(-time.Duration(ringMS)*time.Millisecond), e.at)
	ring := max(0, at.Sub(began).Milliseconds())
	e.offers++
	id := ct.part("o", &ct.offers)
	ct.sums.ring += ring
	ct.add(began, fact.TypeOffered, fact.Offered{
		Offer: id, Entry: e.id, Call: ct.call(), Queue: e.queue, Agent: agent, Attempt: e.offers, WaitMS: began.Sub(e.at).Milliseconds(),
	})
	if channel == none {
		channel = ""
	}
	ct.add(at, fact.TypeOfferEnded, fact.OfferEnded{
		Offer: id, Entry: e.id, Call: ct.call(), Queue: e.queue, Agent: agent, Attempt: e.offers, Result: result, OfferedAt: began, EndedAt: at,
		RingMS: ring, Channel: channel, Derived: true,
	})
	return id
}

// straggle is how long after the end of an entry a line about a phone that rang for it may come.
const straggle = 2 * time.Minute

// rang: an agent's phone rang for nothing.
func (f *Fold) rang(ct *contact, l Line) {
	agent, queue := f.agent(l.Agent), f.queue(l.Queue)
	e := ct.entry
	if e == nil || e.queue != queue {
		if e = ct.gone; e == nil || e.queue != queue || l.At.Sub(e.ended) > straggle {
			f.refuse(l, "no caller", "nobody is known to have waited in this queue then")
			return
		}
	}
	if agent == "" {
		f.refuse(l, "no agent", "the line names no agent")
		return
	}
	ring, known := l.number(0)
	result := fact.OfferMissed
	switch l.Event {
	case eventAgentDump:
		result = fact.OfferDeclined
	case eventRingCanceled:
		result = fact.OfferWithdrawn
	}
	if !known && l.Event != eventAgentDump {
		f.doubt(l, "fields missing", "it does not say how long it rang: counted as 0")
	}
	f.longRing(e, l, ring)
	f.offer(ct, e, agent, l.At, ring, result, "")
}

// longRing tells of a phone that rang for longer than the caller had waited: it counts from his joining on.
func (f *Fold) longRing(e *entry, l Line, ringMS int64) {
	waited := l.At.Sub(e.at)
	if ring := time.Duration(ringMS) * time.Millisecond; waited >= 0 && ring > waited+far {
		f.doubt(l, "rings too long", fmt.Sprintf("it rang for %d s, the caller had waited for %d s: the ring counts from his joining on", int64(ring.Seconds()), int64(waited.Seconds())))
	}
}

// completed: the talk is over, or the caller is handed on.
func (f *Fold) completed(ct *contact, l Line) {
	agent, queue := f.agent(l.Agent), f.queue(l.Queue)
	h, t := l.talked()
	hold, holdKnown := l.number(h)
	talked, known := l.number(t)
	switch {
	case ct.talk != nil && (ct.talk.agent != agent || ct.talk.queue != queue):
		f.doubt(l, "another agent", "it names another agent or queue than CONNECT did: those of CONNECT count")
	case ct.talk == nil:
		switch {
		case !known:
			f.refuse(l, "no beginning", "no CONNECT is there for it, and it does not say how long they talked")
			return
		case agent == "":
			f.refuse(l, "no agent", "the line names no agent")
			return
		}
		began := l.At.Add(-time.Duration(talked) * time.Second)
		if p := ct.past; p != nil && ct.entry == nil && p.agent == agent && p.queue == queue && !began.After(p.ended.Add(far)) {
			f.refuse(l, "ended twice", "the talk had ended already")
			return
		}
		f.doubt(l, "no CONNECT", fmt.Sprintf("no CONNECT is there for it: the talk began %d s before", talked))
		if !f.waiting(ct, l, began, hold, holdKnown) {
			return
		}
		f.answered(ct, agent, later(began, ct.entry.at), 0, "", true)
	}
	f.endTalk(ct, l)
}

// endTalk closes the talk with its segment.
func (f *Fold) endTalk(ct *contact, l Line) {
	t := ct.talk
	agent, queue := t.agent, t.queue
	at := later(l.At, t.at)
	_, i := l.talked()
	took := at.Sub(t.at)
	if n, ok := l.number(i); ok && !near(took, n) {
		f.doubt(l, "talks differ", fmt.Sprintf("the line says %d s, the times of the lines %d s: these count", n, int64(took.Seconds())))
	} else if !ok {
		f.doubt(l, "fields missing", "it does not say how long they talked: the times of the lines count")
	}
	id := ct.part("s", &ct.segments)
	ct.add(t.at, fact.TypeSegmentStarted, fact.SegmentStarted{Segment: id, Kind: fact.SegmentTalk, Agent: agent, Call: ct.call(), Entry: t.entry, Queue: queue})
	ct.add(at, fact.TypeSegmentEnded, fact.SegmentEnded{
		Segment: id, Kind: fact.SegmentTalk, Agent: agent, Call: ct.call(), Entry: t.entry, Queue: queue, StartedAt: t.at, EndedAt: at,
		DurationMS: took.Milliseconds(), Derived: true,
	})
	ct.sums.talk += took.Milliseconds()
	t.ended = at
	ct.past, ct.talk = t, nil
	switch l.Event {
	case eventCompleteAgent:
		ct.end = fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonAgentHungUp}
	case eventCompleteCaller:
		ct.end = fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonCallerHungUp}
	default:
		ct.end = fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonTransferred}
		f.handedOn(ct, l, t, at)
	}
}

// handedOn: whom the caller was handed on to, queue_log does not say but for what was dialled.
func (f *Fold) handedOn(ct *contact, l Line, t *talk, at time.Time) {
	mode, target := fact.TransferBlind, lastDigits(l.field(0))
	if l.Event == eventAttendedTransfer {
		mode, target = fact.TransferAttended, ""
	}
	id := ct.part("t", &ct.moves)
	ct.add(at, fact.TypeTransferStarted, fact.TransferStarted{
		Transfer: id, Call: ct.call(), Agent: t.agent, Queue: t.queue, Mode: mode, By: fact.ByPhone, To: fact.TransferToNumber, Target: target,
	})
	ct.add(at, fact.TypeTransferEnded, fact.TransferEnded{
		Transfer: id, Call: ct.call(), Agent: t.agent, Queue: t.queue, Mode: mode, By: fact.ByPhone, To: fact.TransferToNumber, Target: target,
		Result: fact.TransferCompleted, StartedAt: at, EndedAt: at, Derived: true,
	})
}

// lastDigits is what facts say of a number: an extension, or the end of what is longer.
func lastDigits(number string) string {
	if len(number) > 5 {
		return "*" + number[len(number)-3:]
	}
	return number
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
