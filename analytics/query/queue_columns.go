package query

import (
	"strings"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// The engine takes about a millisecond to resolve each expression of a statement, however few rows it reads. So counts by
// outcome and by result are maps, a duration's longest is its quantile 1, and conditions are named once.

// queueRow is one row of the statement.
type queueRow struct {
	groupCells
	joined, mine, within, short map[string]uint64 // marks by outcome, refusals included
	offers                      map[string]uint64 // offers by result
	carriedIn, carriedOut       int64
	estimates                   map[string]uint64 // answered entries by how the expected wait turned out
	rings, handled, consults    int64

	answer, abandon, arrival, queueing        spread
	ring, talk, hold, wrapUp, handle, consult spread
	expected, real, wrong                     spread // of estimates
}

// spread is a duration's sum, and its quantiles at metric.Levels with the longest as last.
type spread struct {
	sum int64
	at  []int64
}

// durations gives the spread of n durations the form of analytics/metric. A brief report does not ask for all spreads.
func (s spread) durations(n int64) metric.Durations {
	if n == 0 || len(s.at) == 0 {
		return metric.Durations{}
	}
	last := len(s.at) - 1
	return metric.Durations{Count: n, Sum: s.sum, Max: s.at[last], Quantiles: s.at[:last]}
}

// queueCount is a count of marks: those with a flag and an outcome.
type queueCount struct {
	number, flag, outcome string // number: its name in the report; empty where it stands in shares only
	of                    func(*metric.QueueTally) *int64
}

// condition is the same as an expression over the marks.
func (c queueCount) condition() string { return c.flag + " AND outcome = '" + c.outcome + "'" }

func queueCounts() []queueCount {
	return []queueCount{
		{"answered", "mine", "answered", func(t *metric.QueueTally) *int64 { return &t.Answered }},
		{"abandoned", "mine", "abandoned", func(t *metric.QueueTally) *int64 { return &t.Abandoned }},
		{"overflowed", "mine", "overflowed", func(t *metric.QueueTally) *int64 { return &t.Overflowed }},
		{"exited", "mine", "exited", func(t *metric.QueueTally) *int64 { return &t.Exited }},
		{"callback", "mine", "callback", func(t *metric.QueueTally) *int64 { return &t.Callback }},
		{"voicemail", "mine", "voicemail", func(t *metric.QueueTally) *int64 { return &t.Voicemail }},
		{"left_empty", "mine", "left_empty", func(t *metric.QueueTally) *int64 { return &t.LeftEmpty }},
		{"withdrawn", "mine", "withdrawn", func(t *metric.QueueTally) *int64 { return &t.Withdrawn }},
		{"failed", "mine", "failed", func(t *metric.QueueTally) *int64 { return &t.Failed }},
		{"abandoned_short", "short", "abandoned", func(t *metric.QueueTally) *int64 { return &t.AbandonedShort }},
		{"still_waiting", "joined", "", func(t *metric.QueueTally) *int64 { return &t.StillWaiting }},
		{"", "within", "answered", func(t *metric.QueueTally) *int64 { return &t.AnsweredWithin }},
		{"", "within", "abandoned", func(t *metric.QueueTally) *int64 { return &t.AbandonedWithin }},
		{"", "within", "callback", func(t *metric.QueueTally) *int64 { return &t.CallbackWithin }},
		{"refused.full", "mine", "refused_full", func(t *metric.QueueTally) *int64 { return &t.RefusedFull }},
		{"refused.empty", "mine", "refused_empty", func(t *metric.QueueTally) *int64 { return &t.RefusedEmpty }},
		{"refused.closed", "mine", "refused_closed", func(t *metric.QueueTally) *int64 { return &t.RefusedClosed }},
		{"refused.too_long", "mine", "refused_too_long", func(t *metric.QueueTally) *int64 { return &t.RefusedLong }},
	}
}

// flagged are the counts by outcome of the marks with a flag.
func (q *queueRow) flagged(flag string) map[string]uint64 {
	return map[string]map[string]uint64{"joined": q.joined, "mine": q.mine, "within": q.within, "short": q.short}[flag]
}

func (q *queueRow) tally() metric.QueueTally {
	of := func(m map[string]uint64, outcome string) int64 { return int64(m[outcome]) } //nolint:gosec // a count of rows
	t := metric.QueueTally{
		CarriedIn: q.carriedIn, CarriedOut: q.carriedOut,
		Offers: metric.OfferTally{
			Answered: of(q.offers, "answered"), Missed: of(q.offers, "missed"), Declined: of(q.offers, "declined"), Busy: of(q.offers, "busy"),
			Unavailable: of(q.offers, "unavailable"), Withdrawn: of(q.offers, "withdrawn"), LostRace: of(q.offers, "lost_race"),
			Failed: of(q.offers, "failed"), Ringing: of(q.offers, ""),
		},
		Estimates: metric.EstimateTally{Within: of(q.estimates, "within"), Sooner: of(q.estimates, "sooner"), Later: of(q.estimates, "later")},
	}
	for _, c := range queueCounts() {
		*c.of(&t) = of(q.flagged(c.flag), c.outcome)
	}
	for _, n := range q.joined {
		t.Offered += int64(n) //nolint:gosec // a count of rows
	}
	for outcome, n := range q.mine {
		if !strings.HasPrefix(outcome, refusedMark) && !strings.HasPrefix(outcome, transferMark) {
			t.Attributed += int64(n) //nolint:gosec // a count of rows
		}
	}
	q.addTransfers(&t.Transfers)
	t.SpeedOfAnswer, t.TimeToAbandon = q.answer.durations(t.Answered), q.abandon.durations(t.Abandoned)
	t.ArrivalToAgent, t.QueueingToAgent = q.arrival.durations(t.Answered), q.queueing.durations(t.Answered)
	t.Ring, t.Talk, t.Hold = q.ring.durations(q.rings), q.talk.durations(q.handled), q.hold.durations(q.handled)
	t.WrapUp, t.Handle = q.wrapUp.durations(q.handled), q.handle.durations(q.handled)
	t.Consult = q.consult.durations(q.consults)
	told := t.Estimates.Within + t.Estimates.Sooner + t.Estimates.Later
	t.Estimates.Expected, t.Estimates.Real, t.Estimates.Error = q.expected.durations(told), q.real.durations(told), q.wrong.durations(told)
	return t
}

// addTransfers reads the marks of transfers.
func (q *queueRow) addTransfers(t *metric.TransferTally) {
	for outcome, n := range signed(q.mine) {
		what, ok := strings.CutPrefix(outcome, transferMark)
		if !ok {
			continue
		}
		part := strings.Split(what, " ") // mode, result, to; or received, or asked
		switch {
		case len(part) == 3:
			t.Add(metric.TransferResult{Mode: fact.TransferMode(part[0]), Result: fact.TransferResult(part[1])}, fact.TransferTo(part[2]), n)
		case part[0] == "received":
			t.Received += n
		}
	}
}

// queueColumns are the aggregates over marks, each beside the place its value goes to.
func queueColumns(p metric.QueueParams) []column[queueRow] {
	out := groupColumns(p.GroupBy, func(r *queueRow) *groupCells { return &r.groupCells })
	out = append(out,
		column[queueRow]{"n_joined", byOutcome("joined"), func(r *queueRow) any { return &r.joined }},
		column[queueRow]{"n_mine", byOutcome("mine"), func(r *queueRow) any { return &r.mine }},
		column[queueRow]{"n_within", byOutcome("within"), func(r *queueRow) any { return &r.within }},
		column[queueRow]{"n_short", byOutcome("short"), func(r *queueRow) any { return &r.short }},
	)
	if p.AttributeBy == metric.AttributeEnded {
		out = append(out, carryColumns()...)
	}
	spread := func(name string) {
		x := queueSpreads()[name]
		out = append(out, spreadColumns(name, x.value, x.condition, x.of)...)
	}
	spread("answer")
	spread("abandon")
	if p.Brief {
		return out
	}
	spread("arrival")
	spread("queueing")
	if p.Transfers() {
		out = append(out, column[queueRow]{"n_consults", countIf("is_asked"), func(r *queueRow) any { return &r.consults }})
		spread("consult")
	}
	out = append(out, column[queueRow]{"n_estimates", "sumMapIf(map(toString(estimate), toUInt64(1)), is_told)", func(r *queueRow) any { return &r.estimates }})
	spread("expected")
	spread("real")
	spread("wrong")
	out = append(out, offerColumns()...)
	out = append(out, column[queueRow]{"n_handled", countIf("is_handled"), func(r *queueRow) any { return &r.handled }})
	for _, name := range []string{"talked", "held", "wrapped", "handled"} {
		spread(name)
	}
	return out
}

// queueSpread is a set of durations: a value of the marks for which a condition holds.
type queueSpread struct {
	number, value, condition string // number: its name in the report
	of                       func(*queueRow) *spread
}

// queueSpreads are all, by the name of their columns.
func queueSpreads() map[string]queueSpread {
	return map[string]queueSpread{
		"answer":   {"speed_of_answer", "wait", "is_answered", func(r *queueRow) *spread { return &r.answer }},
		"abandon":  {"time_to_abandon", "wait", "is_abandoned", func(r *queueRow) *spread { return &r.abandon }},
		"arrival":  {"arrival_to_agent", "arrival_wait", "is_answered", func(r *queueRow) *spread { return &r.arrival }},
		"queueing": {"queueing_to_agent", "queueing_wait", "is_answered", func(r *queueRow) *spread { return &r.queueing }},
		"consult":  {"consult", "wait", "is_asked", func(r *queueRow) *spread { return &r.consult }},
		"expected": {"estimates.expected", "expected", "is_told", func(r *queueRow) *spread { return &r.expected }},
		"real":     {"estimates.real", "wait", "is_told", func(r *queueRow) *spread { return &r.real }},
		"wrong":    {"estimates.error", "toInt64(abs(wait - expected))", "is_told", func(r *queueRow) *spread { return &r.wrong }},
		"talked":   {"talk", "talk", "is_handled", func(r *queueRow) *spread { return &r.talk }},
		"held":     {"hold", "hold", "is_handled", func(r *queueRow) *spread { return &r.hold }},
		"wrapped":  {"wrap_up", "wrap_up", "is_handled", func(r *queueRow) *spread { return &r.wrapUp }},
		"handled":  {"handle", "handle", "is_handled", func(r *queueRow) *spread { return &r.handle }},
	}
}

// byOutcome counts the marks with a flag set, by outcome.
func byOutcome(flag string) string { return "sumMap(map(toString(outcome), toUInt64(" + flag + ")))" }

// What was waiting when the whole window began, and when it ended.
const (
	cameFirst = "came AND bucket = {begins:Array(Int64)}[1]"
	wentLast  = "went AND bucket = {begins:Array(Int64)}[-1]"
)

// carryColumns: the whole window begins with its first bucket and ends with its last.
func carryColumns() []column[queueRow] {
	return []column[queueRow]{
		{
			"n_carried_in", "toInt64(if(grouping(bucket) = 1, countIf(" + cameFirst + "), countIf(came)))",
			func(r *queueRow) any { return &r.carriedIn },
		},
		{
			"n_carried_out", "toInt64(if(grouping(bucket) = 1, countIf(" + wentLast + "), countIf(went)))",
			func(r *queueRow) any { return &r.carriedOut },
		},
	}
}

// levels are metric.Levels as ClickHouse wants them, and the longest.
const levels = "0.5, 0.9, 0.95, 0.99, 1"

// spreadColumns describe value over the rows where condition holds.
func spreadColumns[T any](name, value, condition string, dest func(*T) *spread) []column[T] {
	return []column[T]{
		{name + "_sum", "toInt64(sumIf(" + value + ", " + condition + "))", func(r *T) any { return &dest(r).sum }},
		{name + "_at", "quantilesExactIf(" + levels + ")(" + value + ", " + condition + ")", func(r *T) any { return &dest(r).at }},
	}
}

func offerColumns() []column[queueRow] {
	return []column[queueRow]{
		{"n_offers", "CAST(sumMapIf(results, arrayWithConstant(length(results), toUInt64(1)), mine), 'Map(String, UInt64)')", func(r *queueRow) any { return &r.offers }},
		{"n_rings", "toInt64(sumIf(length(rings), mine))", func(r *queueRow) any { return &r.rings }},
		{"ring_sum", "toInt64(sumArrayIf(rings, mine))", func(r *queueRow) any { return &r.ring.sum }},
		{"ring_at", "quantilesExactArrayIf(" + levels + ")(rings, mine)", func(r *queueRow) any { return &r.ring.at }},
	}
}
