package facttest

import (
	"fmt"
	"time"

	"firstline/pipeline/fact"
)

// call is a contact in the making: the clock runs forward through it.
type call struct {
	*generator
	id       string
	now      time.Time
	kind     fact.Kind
	language string
	arrived  time.Time
	row      fact.ContactEnded
	n        map[string]int // counters of entries, offers, segments
}

func (c *call) next(kind string) string {
	c.n[kind]++
	return fmt.Sprintf("%s/%s%d", c.id, kind, c.n[kind])
}

func (c *call) emit(data fact.Data, t fact.Type) { c.generator.emit(c.id, c.now, data, t) }

func (c *call) pass(d time.Duration) { c.now = c.now.Add(d) }

// lost says that a closing fact is missing, one in a hundred, so that what it closes stays open.
func (c *call) lost() bool { return c.chance(1) }

func (g *generator) contact(id string) {
	c := &call{
		generator: g, id: id, now: g.at(g.From, g.Until).UTC(), n: map[string]int{},
		kind: weighted(g, map[fact.Kind]int{
			fact.KindInbound: 90, fact.KindCallback: 4, fact.KindOutbound: 3, fact.KindInternal: 2, fact.KindFeature: 1,
		}),
		language: pick(g, "en", "en", "ru", "de"),
	}
	c.arrived = c.now
	c.row = fact.ContactEnded{Kind: c.kind, Node: "pbx1", StartedAt: c.now, Calls: 1}
	c.arrive()
	result, reason := c.menu()
	if result == "" {
		result, reason = c.queues()
	}
	if c.kind == fact.KindCallback && result == fact.ResultAnswered {
		c.emit(fact.CallbackEnded{Outcome: fact.CallbackConnected, PromisedAt: c.arrived, EndedAt: c.now, Queue: c.row.LastQueue}, fact.TypeCallbackEnded)
	}
	c.pass(g.between(0, 2*time.Second))
	c.end(result, reason)
}

func (c *call) arrive() {
	number, dialed := fmt.Sprintf("+4930%06d", c.rand.IntN(60)), "1000"
	if c.kind == fact.KindOutbound { // to a caller, as an agent dials it
		dialed = "000" + number[1:]
	}
	c.emit(fact.Arrived{
		Call: c.id + "/c1", Kind: c.kind, Node: "pbx1", Channel: c.id, CallerNumber: number, CallerName: "Caller " + number,
		Dialed: dialed, Language: "en", Plan: "p1", SIPCallID: c.id + "@sip",
	}, fact.TypeArrived)
	if c.chance(60) {
		c.row.Customer = fmt.Sprintf("C%d", c.rand.IntN(40))
		who := fact.Identified{
			Lookup: c.next("l"), Method: fact.LookupByNumber, Result: fact.LookupFound, Customer: c.row.Customer,
			CustomerName: "Name of " + c.row.Customer, LatencyMS: int64(c.rand.IntN(400)),
		}
		if c.chance(40) {
			c.row.Ticket = &fact.TicketRef{System: "helpdesk", ID: fmt.Sprintf("T%d", c.rand.IntN(30)), Status: "open"}
			who.Ticket = c.row.Ticket
		}
		c.emit(who, fact.TypeIdentified)
	}
}

// queues lets the caller wait in one queue after the other, until an outcome ends it.
func (c *call) queues() (fact.Result, fact.Reason) {
	queue, from, carried := pick(c.generator, c.Queues...), "", int64(0)
	if c.chance(6) {
		c.emit(fact.QueueRefused{
			Kind: c.kind, Queue: queue, Language: c.language, Reason: pick(c.generator, fact.RefusedFull, fact.RefusedEmpty, fact.RefusedClosed, fact.RefusedLong),
		}, fact.TypeQueueRefused)
		return fact.ResultRefused, fact.ReasonRefused
	}
	for {
		e := c.wait(queue, from, carried)
		if c.row.FirstQueue == "" {
			c.row.FirstQueue = queue
		}
		c.row.LastQueue = queue
		switch e.Outcome {
		case fact.EntryAnswered:
			c.work(e)
			return fact.ResultAnswered, pick(c.generator, fact.ReasonCallerHungUp, fact.ReasonAgentHungUp)
		case fact.EntryOverflowed:
			if c.n["e"] < 3 {
				queue, from, carried = e.To, e.Entry, carried+e.WaitMS
				continue
			}
			return fact.ResultFailed, fact.ReasonMaxWait
		case fact.EntryAbandoned:
			return fact.ResultAbandoned, fact.ReasonCallerHungUp
		case fact.EntryExited: // by key, back into the menu; who joins a queue again is a new entry
			if result, reason := c.menu(); result != "" {
				return result, reason
			}
			if c.n["e"] >= 3 {
				return fact.ResultFailed, fact.ReasonMaxWait
			}
			queue, from, carried = pick(c.generator, c.Queues...), "", carried+e.WaitMS
		default:
			return fact.ResultFailed, fact.ReasonCommandFailed
		}
	}
}

// wait makes one queue entry with its offers.
func (c *call) wait(queue, from string, carried int64) fact.EntryEnded {
	e := fact.EntryEnded{
		Entry: c.next("e"), Call: c.id + "/c1", Kind: c.kind, Queue: queue, QueuedAt: c.now, Arrived: c.arrived,
		Language: c.language, Customer: c.row.Customer, First: 1 + c.rand.IntN(5), Last: 1, CarriedWaitMS: carried,
		Outcome: weighted(c.generator, map[fact.EntryOutcome]int{
			fact.EntryAnswered: 60, fact.EntryAbandoned: 18, fact.EntryOverflowed: 9, fact.EntryExited: 3, fact.EntryCallback: 4,
			fact.EntryVoicemail: 2, fact.EntryLeftEmpty: 2, fact.EntryWithdrawn: 1, fact.EntryFailed: 1,
		}),
	}
	if c.chance(60) {
		e.Skills = [][]string{{"billing:1"}, {"billing:2", "english:1"}, {"english:3"}, {"billing:1", "billing:3"}}[c.rand.IntN(4)]
	}
	c.row.Entries++
	c.emit(fact.Queued{
		Entry: e.Entry, Call: e.Call, Kind: e.Kind, Queue: queue, Language: e.Language, Position: e.First, From: from, CarriedWaitMS: carried, Skills: e.Skills,
	}, fact.TypeQueued)
	wait := c.generator.wait(c.now)
	if c.chance(40) { // sometimes the range ends where the wait does
		e.EstimateFromMS = max(0, wait.Milliseconds()-int64(c.rand.IntN(60_000)))
		e.EstimateUntilMS = e.EstimateFromMS + 1 + int64(c.rand.IntN(60_001))
		if c.chance(20) {
			e.EstimateUntilMS = max(e.EstimateFromMS, wait.Milliseconds())
		}
	}
	c.offers(&e, wait)
	c.now = e.QueuedAt.Add(wait)
	e.EndedAt, e.WaitMS = c.now, wait.Milliseconds()
	c.row.WaitMS += e.WaitMS
	if e.Outcome == fact.EntryOverflowed {
		e.To = pick(c.generator, c.Queues...)
	}
	if !c.lost() {
		c.emit(e, fact.TypeEntryEnded)
	}
	return e
}

// offers rings agents one after the other within the wait; the last one answers or is withdrawn at its end.
func (c *call) offers(e *fact.EntryEnded, wait time.Duration) {
	misses := c.rand.IntN(3)
	for i := range misses {
		c.now = e.QueuedAt.Add(wait * time.Duration(i) / time.Duration(misses+1)).Truncate(time.Millisecond)
		until := e.QueuedAt.Add(wait * time.Duration(i+1) / time.Duration(misses+1)).Truncate(time.Millisecond)
		c.offer(e, until, pick(c.generator, fact.OfferMissed, fact.OfferMissed, fact.OfferDeclined, fact.OfferBusy,
			fact.OfferUnavailable, fact.OfferLostRace, fact.OfferFailed))
	}
	last := fact.OfferAnswered
	if e.Outcome != fact.EntryAnswered {
		if c.chance(50) {
			return
		}
		last = fact.OfferWithdrawn
	}
	c.now = e.QueuedAt.Add(wait * time.Duration(misses) / time.Duration(misses+1)).Truncate(time.Millisecond)
	o := c.offer(e, e.QueuedAt.Add(wait), last)
	if last == fact.OfferAnswered {
		e.Agent, e.Offer = o.Agent, o.Offer
	}
}

func (c *call) offer(e *fact.EntryEnded, until time.Time, result fact.OfferResult) fact.OfferEnded {
	e.Offers++
	c.row.Offers++
	o := fact.OfferEnded{
		Offer: c.next("o"), Entry: e.Entry, Call: e.Call, Queue: e.Queue, Agent: pick(c.generator, c.Agents...), Attempt: e.Offers,
		Result: result, OfferedAt: c.now, EndedAt: until, RingMS: until.Sub(c.now).Milliseconds(),
	}
	c.row.RingMS += o.RingMS
	c.emit(fact.Offered{
		Offer: o.Offer, Entry: o.Entry, Call: o.Call, Queue: o.Queue, Agent: o.Agent, Attempt: o.Attempt,
		WaitMS: c.now.Sub(e.QueuedAt).Milliseconds(),
	}, fact.TypeOffered)
	c.now = until
	if !c.lost() {
		c.emit(o, fact.TypeOfferEnded)
	}
	return o
}

// work makes the stretches of agents' time after the answer.
func (c *call) work(e fact.EntryEnded) {
	toAgent := e.EndedAt.Sub(c.arrived).Milliseconds()
	c.row.ToAgentMS, c.row.LastAgent = &toAgent, e.Agent
	c.row.TalkMS += c.segment(e, e.Agent, fact.SegmentTalk, c.between(0, 6*time.Minute))
	for c.chance(25) {
		c.row.HoldMS += c.segment(e, e.Agent, fact.SegmentHold, c.between(0, time.Minute))
		c.row.TalkMS += c.segment(e, e.Agent, fact.SegmentTalk, c.between(0, 2*time.Minute))
	}
	for c.chance(10) {
		c.transfer(e)
	}
	if c.chance(10) { // handed to a colleague
		c.row.WrapUpMS += c.segment(e, e.Agent, fact.SegmentWrapUp, c.between(0, 10*time.Second))
		c.row.LastAgent = pick(c.generator, c.Agents...)
		c.row.TalkMS += c.segment(e, c.row.LastAgent, fact.SegmentTalk, c.between(0, 3*time.Minute))
	}
	if c.chance(90) {
		c.row.WrapUpMS += c.segment(e, c.row.LastAgent, fact.SegmentWrapUp, c.between(0, 30*time.Second))
	}
}

// transfer makes an attempt to hand the caller on, by whoever has him.
func (c *call) transfer(e fact.EntryEnded) {
	t := fact.TransferEnded{
		Transfer: c.next("t"), Call: e.Call, Agent: c.row.LastAgent, Queue: e.Queue, Mode: pick(c.generator, fact.TransferBlind, fact.TransferAttended, fact.TransferAttended),
		To: pick(c.generator, fact.TransferToQueue, fact.TransferToAgent, fact.TransferToMenu, fact.TransferToNumber), StartedAt: c.now,
	}
	switch t.To {
	case fact.TransferToQueue:
		t.Target = pick(c.generator, c.Queues...)
	case fact.TransferToAgent:
		t.Target = pick(c.generator, c.Agents...)
	case fact.TransferToMenu:
		t.Target = "main"
	case fact.TransferToNumber:
		t.Target = "*678"
	}
	c.emit(fact.TransferStarted{Transfer: t.Transfer, Call: t.Call, Agent: t.Agent, Queue: t.Queue, Mode: t.Mode, To: t.To, Target: t.Target}, fact.TypeTransferStarted)
	t.Result = fact.TransferCompleted
	if t.Mode == fact.TransferAttended {
		t.Result = pick(c.generator, fact.TransferCompleted, fact.TransferConference, fact.TransferReturned, fact.TransferUnanswered, fact.TransferAbandoned, fact.TransferBusy)
		if c.chance(60) {
			t.With = pick(c.generator, c.Agents...)
		}
		c.pass(c.between(0, time.Minute))
	}
	t.EndedAt, t.DurationMS = c.now, c.now.Sub(t.StartedAt).Milliseconds()
	if !c.lost() {
		c.emit(t, fact.TypeTransferEnded)
	}
}

func (c *call) segment(e fact.EntryEnded, agent string, kind fact.SegmentKind, d time.Duration) int64 {
	s := fact.SegmentEnded{
		Segment: c.next("s"), Kind: kind, Agent: agent, Call: e.Call, Entry: e.Entry, Queue: e.Queue, StartedAt: c.now,
		EndedAt: c.now.Add(d), DurationMS: d.Milliseconds(),
	}
	c.emit(fact.SegmentStarted{Segment: s.Segment, Kind: kind, Agent: agent, Call: s.Call, Entry: s.Entry, Queue: s.Queue}, fact.TypeSegmentStarted)
	c.pass(d)
	if !c.lost() {
		c.emit(s, fact.TypeSegmentEnded)
	}
	return s.DurationMS
}

func (c *call) end(result fact.Result, reason fact.Reason) {
	c.row.EndedAt, c.row.DurationMS, c.row.Language = c.now, c.now.Sub(c.arrived).Milliseconds(), c.language
	c.row.Termination = fact.Termination{Result: result, Reason: reason}
	c.emit(fact.CallEnded{
		Call: c.id + "/c1", Kind: c.kind, Node: "pbx1", StartedAt: c.arrived, EndedAt: c.now, DurationMS: c.row.DurationMS,
		Termination: c.row.Termination, Cause: 16,
	}, fact.TypeCallEnded)
	for n := 0; c.row.LastAgent != "" && c.chance(70) && n < 3; n++ { // the last one counts; it may come late
		c.emit(fact.Disposition{Agent: c.row.LastAgent, Code: pick(c.generator, "solved", "broken", "question")}, fact.TypeDisposition)
		c.pass(c.between(0, time.Second))
	}
	c.row.EndedAt, c.row.DurationMS = c.now, c.now.Sub(c.arrived).Milliseconds()
	c.emit(c.row, fact.TypeContactEnded)
	if c.chance(10) {
		c.pass(c.between(0, time.Hour))
		c.emit(fact.Disposition{Agent: c.row.LastAgent, Code: "late"}, fact.TypeDisposition)
	}
	c.ticketEvents()
}
