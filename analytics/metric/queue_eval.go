package metric

import (
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Queues evaluates a queue report. See docs/metrics.md for what each number means.
func (f *Facts) Queues(p QueueParams) (QueueReport, error) {
	buckets, err := p.Buckets()
	if err != nil {
		return QueueReport{}, err
	}
	entries, refusals := f.queueEntries(p), f.queueRefusals(p)
	rows := map[Key]*queueCount{}
	var total queueCount
	row := func(k Key, at time.Time) *queueCount {
		k = restrict(onTheClock(k, at, p.Zone), p.GroupBy)
		if rows[k] == nil {
			rows[k] = &queueCount{}
		}
		return rows[k]
	}
	whole := Bucket{From: p.From, Until: p.Until}
	for _, e := range entries {
		for i, b := range buckets {
			if e.concerns(b, p.AttributeBy) {
				for _, k := range e.keys(p) {
					k.Bucket = i
					row(k, e.instant(p.AttributeBy)).add(e, b, p)
				}
			}
		}
		total.add(e, whole, p)
	}
	for _, r := range refusals {
		for i, b := range buckets {
			if b.holds(r.at) {
				row(Key{Bucket: i, Queue: r.data.Queue, Language: r.data.Language}, r.at).refuse(r.data.Reason)
				total.refuse(r.data.Reason)
			}
		}
	}
	if p.Transfers() {
		f.countQueueTransfers(p, buckets, row, &total)
	}
	tallies := map[Key]QueueTally{}
	for k, c := range rows {
		tallies[k] = c.tally()
	}
	return NewQueueReport(p, tallies, total.tally(), f.freshness())
}

// countQueueTransfers counts transfers when they began, whatever the attribution of entries.
func (f *Facts) countQueueTransfers(p QueueParams, buckets []Bucket, row func(Key, time.Time) *queueCount, total *queueCount) {
	when := func(at time.Time, queue string, do func(*queueCount)) {
		for i, b := range buckets {
			if b.holds(at) && (p.Queues == nil || slices.Contains(p.Queues, queue)) {
				do(row(Key{Bucket: i, Queue: queue}, at))
				do(total)
			}
		}
	}
	for _, x := range f.transfers() {
		when(x.at, x.queue, func(c *queueCount) {
			c.Transfers.Add(x.result, x.to, 1)
			if x.asking() {
				c.consult = append(c.consult, x.durationMS)
			}
		})
		if x.handedOver() && x.to == fact.TransferToQueue {
			when(x.at, x.target, func(c *queueCount) { c.Transfers.Received++ })
		}
	}
}

// holds says whether an instant lies in the half-open span.
func (b Bucket) holds(t time.Time) bool { return !t.Before(b.From) && t.Before(b.Until) }

// entry is a queue entry with everything that belongs to it.
type entry struct {
	queue, language string
	outcome         fact.EntryOutcome // empty while waiting
	queuedAt        time.Time
	endedAt         time.Time // meaningless while waiting
	waitMS          int64
	toAgentMS       int64 // arrival to answer
	carriedMS       int64 // wait in earlier entries of the contact
	offers          []fact.OfferEnded
	ringing         int64
	handled         bool
	talkMS, holdMS  int64
	wrapUpMS        int64
	told            [2]int64 // range of the expected wait; zero = none was told
	agent, customer string   // who answered; who calls
	skills          []string // required when it left the queue, or joined it: "name:level"
}

// keys are the rows in which the entry counts: one, or one for each of its skills and its agent's teams.
func (e *entry) keys(p QueueParams) (out []Key) {
	skills, teams := []string{""}, []string{""}
	if p.splits(BySkill) && len(e.skills) > 0 {
		skills = nil
		for _, s := range e.skills {
			name, _, _ := strings.Cut(s, ":")
			skills = append(skills, name)
		}
		slices.Sort(skills)
		skills = slices.Compact(skills)
	}
	if p.splits(ByTeam) && len(p.Teams[e.agent]) > 0 {
		teams = p.Teams[e.agent]
	}
	for _, skill := range skills {
		for _, team := range teams {
			out = append(out, Key{Queue: e.queue, Language: e.language, Skill: skill, Customer: e.customer, Agent: e.agent, Team: team})
		}
	}
	return out
}

func (e *entry) waiting() bool { return e.outcome == "" }

// endsBefore says whether the entry had left the queue before an instant.
func (e *entry) endsBefore(t time.Time) bool { return !e.waiting() && e.endedAt.Before(t) }

// instant decides where the entry belongs.
func (e *entry) instant(by Attribution) time.Time {
	if by == AttributeOffered {
		return e.queuedAt
	}
	return e.endedAt
}

// belongs says whether the entry is attributed to the span.
func (e *entry) belongs(b Bucket, by Attribution) bool {
	switch by {
	case AttributeAnswered:
		return e.outcome == fact.EntryAnswered && b.holds(e.endedAt)
	case AttributeEnded:
		return !e.waiting() && b.holds(e.endedAt)
	default:
		return b.holds(e.queuedAt)
	}
}

// concerns says whether the entry counts anything in the span.
func (e *entry) concerns(b Bucket, by Attribution) bool {
	if by == AttributeEnded {
		return e.queuedAt.Before(b.Until) && !e.endsBefore(b.From)
	}
	return e.belongs(b, by)
}

func (f *Facts) queueEntries(p QueueParams) []*entry {
	all := map[string]*entry{}
	keep := func(kind fact.Kind, queue string, queuedAt time.Time) bool {
		return isCustomer(kind) && (p.Queues == nil || slices.Contains(p.Queues, queue)) && !queuedAt.Before(p.Since())
	}
	for id, o := range f.entriesOpened {
		if _, ended := f.entries[id]; !ended && keep(o.data.Kind, o.data.Queue, o.at) {
			all[id] = &entry{queue: o.data.Queue, language: o.data.Language, queuedAt: o.at, skills: o.data.Skills}
		}
	}
	for id, c := range f.entries {
		if d := c.data; keep(d.Kind, d.Queue, d.QueuedAt) {
			all[id] = &entry{
				queue: d.Queue, language: d.Language, outcome: d.Outcome, queuedAt: d.QueuedAt, endedAt: d.EndedAt,
				waitMS: d.WaitMS, toAgentMS: d.EndedAt.Sub(d.Arrived).Milliseconds(), carriedMS: d.CarriedWaitMS,
				told: [2]int64{d.EstimateFromMS, d.EstimateUntilMS}, customer: d.Customer, skills: d.Skills,
			}
			if d.Outcome == fact.EntryAnswered {
				all[id].agent = d.Agent
			}
		}
	}
	if !p.Brief {
		f.attachOffers(all)
		f.attachSegments(all)
	}
	out := make([]*entry, 0, len(all))
	for _, id := range sortedKeys(all) {
		out = append(out, all[id])
	}
	return out
}

func (f *Facts) attachOffers(entries map[string]*entry) {
	for _, o := range f.offers {
		if e := entries[o.data.Entry]; e != nil {
			e.offers = append(e.offers, o.data)
		}
	}
	for id, o := range f.offersOpened {
		if _, ended := f.offers[id]; !ended && entries[o.data.Entry] != nil {
			entries[o.data.Entry].ringing++
		}
	}
}

// attachSegments adds up each entry's stretches. An entry is handled when it has one and none is open.
func (f *Facts) attachSegments(entries map[string]*entry) {
	for _, s := range f.segments {
		e := entries[s.data.Entry]
		if e == nil {
			continue
		}
		e.handled = true
		switch s.data.Kind {
		case fact.SegmentTalk:
			e.talkMS += s.data.DurationMS
		case fact.SegmentHold:
			e.holdMS += s.data.DurationMS
		case fact.SegmentWrapUp:
			e.wrapUpMS += s.data.DurationMS
		}
	}
	for id, s := range f.segmentsOpened {
		if _, ended := f.segments[id]; !ended && entries[s.data.Entry] != nil {
			entries[s.data.Entry].handled = false
		}
	}
}

func (f *Facts) queueRefusals(p QueueParams) (out []opened[fact.QueueRefused]) {
	for _, r := range f.refusals {
		if isCustomer(r.data.Kind) && (p.Queues == nil || slices.Contains(p.Queues, r.data.Queue)) {
			out = append(out, r)
		}
	}
	return out
}

// queueCount collects one row.
type queueCount struct {
	QueueTally
	answer, abandon, arrival, queueing, ring, talk, hold, wrapUp, handle, consult []int64
	expected, real, wrong                                                         []int64 // of estimates
}

// add counts what an entry means for a span.
func (c *queueCount) add(e *entry, b Bucket, p QueueParams) {
	if p.AttributeBy == AttributeEnded {
		if e.queuedAt.Before(b.From) && !e.endsBefore(b.From) {
			c.CarriedIn++
		}
		if e.queuedAt.Before(b.Until) && !e.endsBefore(b.Until) {
			c.CarriedOut++
		}
	}
	if p.AttributeBy != AttributeAnswered && b.holds(e.queuedAt) {
		c.Offered++
		if e.waiting() {
			c.StillWaiting++
		}
	}
	if e.belongs(b, p.AttributeBy) {
		c.Attributed++
		c.addOutcome(e, p.Limits.Of(e.queue))
		c.addOffers(e)
		if !p.Brief {
			c.addEstimate(e)
		}
	}
}

func (c *queueCount) addOutcome(e *entry, l QueueLimits) {
	within := count(e.waitMS <= l.ServiceLevelMS)
	switch e.outcome {
	case fact.EntryAnswered:
		c.Answered++
		c.AnsweredWithin += within
		c.addAnswer(e)
	case fact.EntryAbandoned:
		c.Abandoned++
		c.AbandonedWithin += within
		c.AbandonedShort += count(e.waitMS <= l.ShortAbandonMS)
		c.abandon = append(c.abandon, e.waitMS)
	case fact.EntryCallback:
		c.Callback++
		c.CallbackWithin += within
	case fact.EntryOverflowed:
		c.Overflowed++
	case fact.EntryExited:
		c.Exited++
	case fact.EntryVoicemail:
		c.Voicemail++
	case fact.EntryLeftEmpty:
		c.LeftEmpty++
	case fact.EntryWithdrawn:
		c.Withdrawn++
	case fact.EntryFailed:
		c.Failed++
	}
}

func (c *queueCount) addAnswer(e *entry) {
	c.answer = append(c.answer, e.waitMS)
	c.arrival = append(c.arrival, e.toAgentMS)
	c.queueing = append(c.queueing, e.carriedMS+e.waitMS)
	if e.handled {
		c.talk = append(c.talk, e.talkMS)
		c.hold = append(c.hold, e.holdMS)
		c.wrapUp = append(c.wrapUp, e.wrapUpMS)
		c.handle = append(c.handle, e.talkMS+e.holdMS+e.wrapUpMS)
	}
}

func (c *queueCount) addEstimate(e *entry) {
	if e.outcome != fact.EntryAnswered || e.told[1] == 0 {
		return
	}
	c.Estimates.Sooner += count(e.waitMS < e.told[0])
	c.Estimates.Later += count(e.waitMS > e.told[1])
	c.Estimates.Within += count(e.told[0] <= e.waitMS && e.waitMS <= e.told[1])
	middle := (e.told[0] + e.told[1]) / 2
	c.expected, c.real, c.wrong = append(c.expected, middle), append(c.real, e.waitMS), append(c.wrong, max(e.waitMS-middle, middle-e.waitMS))
}

func (c *queueCount) addOffers(e *entry) {
	c.Offers.Ringing += e.ringing
	for _, o := range e.offers {
		c.Offers.add(o.Result)
		c.ring = append(c.ring, o.RingMS)
	}
}

func (t *OfferTally) add(r fact.OfferResult) {
	switch r {
	case fact.OfferAnswered:
		t.Answered++
	case fact.OfferMissed:
		t.Missed++
	case fact.OfferDeclined:
		t.Declined++
	case fact.OfferBusy:
		t.Busy++
	case fact.OfferUnavailable:
		t.Unavailable++
	case fact.OfferWithdrawn:
		t.Withdrawn++
	case fact.OfferLostRace:
		t.LostRace++
	case fact.OfferFailed:
		t.Failed++
	}
}

func (c *queueCount) refuse(r fact.RefusedReason) {
	switch r {
	case fact.RefusedFull:
		c.RefusedFull++
	case fact.RefusedEmpty:
		c.RefusedEmpty++
	case fact.RefusedClosed:
		c.RefusedClosed++
	case fact.RefusedLong:
		c.RefusedLong++
	}
}

func (c *queueCount) tally() QueueTally {
	t := c.QueueTally
	t.SpeedOfAnswer, t.TimeToAbandon = durationsOf(c.answer), durationsOf(c.abandon)
	t.ArrivalToAgent, t.QueueingToAgent = durationsOf(c.arrival), durationsOf(c.queueing)
	t.Ring, t.Talk, t.Hold = durationsOf(c.ring), durationsOf(c.talk), durationsOf(c.hold)
	t.WrapUp, t.Handle = durationsOf(c.wrapUp), durationsOf(c.handle)
	t.Consult = durationsOf(c.consult)
	t.Estimates.Expected, t.Estimates.Real, t.Estimates.Error = durationsOf(c.expected), durationsOf(c.real), durationsOf(c.wrong)
	return t
}

func count(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
