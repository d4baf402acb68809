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

func (q *queueRow) tally() metric.QueueTally {
	of := func(m map[string]uint64, outcome string) int64 { return int64(m[outcome]) } //nolint:gosec // a count of rows
	t := metric.QueueTally{
		Answered: of(q.mine, "answered"), Abandoned: of(q.mine, "abandoned"), Overflowed: of(q.mine, "overflowed"), Exited: of(q.mine, "exited"),
		Callback: of(q.mine, "callback"), Voicemail: of(q.mine, "voicemail"), LeftEmpty: of(q.mine, "left_empty"), Withdrawn: of(q.mine, "withdrawn"),
		Failed: of(q.mine, "failed"), AbandonedShort: of(q.short, "abandoned"), StillWaiting: of(q.joined, ""),
		CarriedIn: q.carriedIn, CarriedOut: q.carriedOut,
		AnsweredWithin: of(q.within, "answered"), AbandonedWithin: of(q.within, "abandoned"), CallbackWithin: of(q.within, "callback"),
		RefusedFull: of(q.mine, "refused_full"), RefusedEmpty: of(q.mine, "refused_empty"), RefusedClosed: of(q.mine, "refused_closed"),
		RefusedLong: of(q.mine, "refused_too_long"),
		Offers: metric.OfferTally{
			Answered: of(q.offers, "answered"), Missed: of(q.offers, "missed"), Declined: of(q.offers, "declined"), Busy: of(q.offers, "busy"),
			Unavailable: of(q.offers, "unavailable"), Withdrawn: of(q.offers, "withdrawn"), LostRace: of(q.offers, "lost_race"),
			Failed: of(q.offers, "failed"), Ringing: of(q.offers, ""),
		},
		Estimates: metric.EstimateTally{Within: of(q.estimates, "within"), Sooner: of(q.estimates, "sooner"), Later: of(q.estimates, "later")},
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
	out = append(out, spreadColumns("answer", "wait", "is_answered", func(r *queueRow) *spread { return &r.answer })...)
	out = append(out, spreadColumns("abandon", "wait", "is_abandoned", func(r *queueRow) *spread { return &r.abandon })...)
	if p.Brief {
		return out
	}
	out = append(out, spreadColumns("arrival", "arrival_wait", "is_answered", func(r *queueRow) *spread { return &r.arrival })...)
	out = append(out, spreadColumns("queueing", "queueing_wait", "is_answered", func(r *queueRow) *spread { return &r.queueing })...)
	if p.Transfers() {
		out = append(out, column[queueRow]{"n_consults", countIf("is_asked"), func(r *queueRow) any { return &r.consults }})
		out = append(out, spreadColumns("consult", "wait", "is_asked", func(r *queueRow) *spread { return &r.consult })...)
	}
	out = append(out, estimateColumns()...)
	out = append(out, offerColumns()...)
	return append(out, workColumns()...)
}

// byOutcome counts the marks with a flag set, by outcome.
func byOutcome(flag string) string { return "sumMap(map(toString(outcome), toUInt64(" + flag + ")))" }

// carryColumns: the whole window begins with its first bucket and ends with its last.
func carryColumns() []column[queueRow] {
	return []column[queueRow]{
		{
			"n_carried_in", "toInt64(if(grouping(bucket) = 1, countIf(came AND bucket = {begins:Array(Int64)}[1]), countIf(came)))",
			func(r *queueRow) any { return &r.carriedIn },
		},
		{
			"n_carried_out", "toInt64(if(grouping(bucket) = 1, countIf(went AND bucket = {begins:Array(Int64)}[-1]), countIf(went)))",
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

// estimateColumns are about the answered entries whose caller was told an expected wait.
func estimateColumns() []column[queueRow] {
	const told = "is_told"
	out := []column[queueRow]{{"n_estimates", "sumMapIf(map(toString(estimate), toUInt64(1)), " + told + ")", func(r *queueRow) any { return &r.estimates }}}
	out = append(out, spreadColumns("expected", "expected", told, func(r *queueRow) *spread { return &r.expected })...)
	out = append(out, spreadColumns("real", "wait", told, func(r *queueRow) *spread { return &r.real })...)
	return append(out, spreadColumns("wrong", "toInt64(abs(wait - expected))", told, func(r *queueRow) *spread { return &r.wrong })...)
}

func offerColumns() []column[queueRow] {
	return []column[queueRow]{
		{"n_offers", "sumMapIf(results, mine)", func(r *queueRow) any { return &r.offers }},
		{"n_rings", "toInt64(sumIf(length(rings), mine))", func(r *queueRow) any { return &r.rings }},
		{"ring_sum", "toInt64(sumArrayIf(rings, mine))", func(r *queueRow) any { return &r.ring.sum }},
		{"ring_at", "quantilesExactArrayIf(" + levels + ")(rings, mine)", func(r *queueRow) any { return &r.ring.at }},
	}
}

func workColumns() []column[queueRow] {
	const handled = "is_handled"
	out := []column[queueRow]{{"n_handled", "toInt64(countIf(" + handled + "))", func(r *queueRow) any { return &r.handled }}}
	out = append(out, spreadColumns("talked", "talk", handled, func(r *queueRow) *spread { return &r.talk })...)
	out = append(out, spreadColumns("held", "hold", handled, func(r *queueRow) *spread { return &r.hold })...)
	out = append(out, spreadColumns("wrapped", "wrap_up", handled, func(r *queueRow) *spread { return &r.wrapUp })...)
	return append(out, spreadColumns("handled", "handle", handled, func(r *queueRow) *spread { return &r.handle })...)
}
