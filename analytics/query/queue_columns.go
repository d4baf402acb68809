package query

import "firstline/analytics/metric"

// queueColumns are the aggregates over marks, each beside the place its value goes to.
func queueColumns(p metric.QueueParams) []column[queueRow] {
	out := groupColumns(p.GroupBy, func(r *queueRow) *groupCells { return &r.groupCells })
	out = append(out, entryColumns()...)
	out = append(out, carryColumns()...)
	out = append(out, waitColumns()...)
	if !p.Brief {
		out = append(out, offerColumns()...)
		out = append(out, workColumns()...)
	}
	return out
}

// groupCells are the columns that name a row.
type groupCells struct {
	whole                  bool
	bucket                 int64
	queue, language, agent string
}

// key is the row's key; index finds the bucket by its begin.
func (g groupCells) key(index map[int64]int) metric.Key {
	return metric.Key{Bucket: index[g.bucket], Queue: g.queue, Language: g.language, Agent: g.agent}
}

// groupColumns name the row. In the row of the whole window they hold nothing.
func groupColumns[T any](splits []metric.Dimension, cells func(*T) *groupCells) []column[T] {
	out := []column[T]{
		{"whole", "toBool(grouping(bucket))", func(r *T) any { return &cells(r).whole }},
		{"bucket_begin", "toInt64(bucket)", func(r *T) any { return &cells(r).bucket }},
	}
	for _, d := range splits {
		out = append(out, column[T]{"by_" + string(d), "toString(" + string(d) + ")", func(r *T) any {
			switch d {
			case metric.ByQueue:
				return &cells(r).queue
			case metric.ByLanguage:
				return &cells(r).language
			default:
				return &cells(r).agent
			}
		}})
	}
	return out
}

func countIf(condition string) string { return "toInt64(countIf(" + condition + "))" }

// outcomeIs is true for marks of entries that belong to the bucket and ended so.
func outcomeIs(outcome string) string { return "mine AND outcome = '" + outcome + "'" }

func entryColumns() []column[queueRow] {
	list := []struct {
		name, condition string
		dest            func(*metric.QueueTally) *int64
	}{
		{"offered", "joined", func(t *metric.QueueTally) *int64 { return &t.Offered }},
		{"attributed", "mine", func(t *metric.QueueTally) *int64 { return &t.Attributed }},
		{"still_waiting", "joined AND outcome = ''", func(t *metric.QueueTally) *int64 { return &t.StillWaiting }},
		{"answered", "is_answered", func(t *metric.QueueTally) *int64 { return &t.Answered }},
		{"abandoned", "is_abandoned", func(t *metric.QueueTally) *int64 { return &t.Abandoned }},
		{"overflowed", outcomeIs("overflowed"), func(t *metric.QueueTally) *int64 { return &t.Overflowed }},
		{"exited", outcomeIs("exited"), func(t *metric.QueueTally) *int64 { return &t.Exited }},
		{"callback", outcomeIs("callback"), func(t *metric.QueueTally) *int64 { return &t.Callback }},
		{"voicemail", outcomeIs("voicemail"), func(t *metric.QueueTally) *int64 { return &t.Voicemail }},
		{"left_empty", outcomeIs("left_empty"), func(t *metric.QueueTally) *int64 { return &t.LeftEmpty }},
		{"withdrawn", outcomeIs("withdrawn"), func(t *metric.QueueTally) *int64 { return &t.Withdrawn }},
		{"failed", outcomeIs("failed"), func(t *metric.QueueTally) *int64 { return &t.Failed }},
		{"abandoned_short", "is_abandoned AND short", func(t *metric.QueueTally) *int64 { return &t.AbandonedShort }},
		{"answered_within", "is_answered AND within", func(t *metric.QueueTally) *int64 { return &t.AnsweredWithin }},
		{"abandoned_within", "is_abandoned AND within", func(t *metric.QueueTally) *int64 { return &t.AbandonedWithin }},
		{"callback_within", outcomeIs("callback") + " AND within", func(t *metric.QueueTally) *int64 { return &t.CallbackWithin }},
		{"refused_full", "outcome = 'refused_full'", func(t *metric.QueueTally) *int64 { return &t.RefusedFull }},
		{"refused_empty", "outcome = 'refused_empty'", func(t *metric.QueueTally) *int64 { return &t.RefusedEmpty }},
		{"refused_closed", "outcome = 'refused_closed'", func(t *metric.QueueTally) *int64 { return &t.RefusedClosed }},
	}
	out := make([]column[queueRow], len(list))
	for i, c := range list {
		out[i] = column[queueRow]{"n_" + c.name, countIf(c.condition), func(r *queueRow) any { return c.dest(&r.tally) }}
	}
	return out
}

// carryColumns: the whole window begins with its first bucket and ends with its last.
func carryColumns() []column[queueRow] {
	return []column[queueRow]{
		{
			"n_carried_in", "if(grouping(bucket) = 1, " + countIf("came AND bucket = {begins:Array(Int64)}[1]") + ", " + countIf("came") + ")",
			func(r *queueRow) any { return &r.tally.CarriedIn },
		},
		{
			"n_carried_out", "if(grouping(bucket) = 1, " + countIf("went AND bucket = {begins:Array(Int64)}[-1]") + ", " + countIf("went") + ")",
			func(r *queueRow) any { return &r.tally.CarriedOut },
		},
	}
}

// levels are metric.Levels as ClickHouse wants them.
const levels = "0.5, 0.9, 0.95, 0.99"

// durationColumns describe value over the rows where condition holds.
func durationColumns[T any](name, value, condition string, dest func(*T) *metric.Durations) []column[T] {
	arguments := "(" + value + ", " + condition + ")"
	return []column[T]{
		{"d_" + name + "_count", countIf(condition), func(r *T) any { return &dest(r).Count }},
		{"d_" + name + "_sum", "toInt64(sumIf" + arguments + ")", func(r *T) any { return &dest(r).Sum }},
		{"d_" + name + "_max", "toInt64(maxIf" + arguments + ")", func(r *T) any { return &dest(r).Max }},
		{"d_" + name + "_at", "quantilesExactIf(" + levels + ")" + arguments, func(r *T) any { return &dest(r).Quantiles }},
	}
}

func waitColumns() (out []column[queueRow]) {
	const answered, abandoned = "is_answered", "is_abandoned"
	out = append(out, durationColumns("answer", "wait", answered, func(r *queueRow) *metric.Durations { return &r.tally.SpeedOfAnswer })...)
	out = append(out, durationColumns("abandon", "wait", abandoned, func(r *queueRow) *metric.Durations { return &r.tally.TimeToAbandon })...)
	out = append(out, durationColumns("arrival", "arrival_wait", answered, func(r *queueRow) *metric.Durations { return &r.tally.ArrivalToAgent })...)
	return append(out, durationColumns("queueing", "queueing_wait", answered, func(r *queueRow) *metric.Durations { return &r.tally.QueueingToAgent })...)
}

func offerColumns() []column[queueRow] {
	list := []struct {
		name string
		dest func(*metric.OfferTally) *int64
	}{
		{"answered", func(t *metric.OfferTally) *int64 { return &t.Answered }},
		{"missed", func(t *metric.OfferTally) *int64 { return &t.Missed }},
		{"declined", func(t *metric.OfferTally) *int64 { return &t.Declined }},
		{"busy", func(t *metric.OfferTally) *int64 { return &t.Busy }},
		{"unavailable", func(t *metric.OfferTally) *int64 { return &t.Unavailable }},
		{"withdrawn", func(t *metric.OfferTally) *int64 { return &t.Withdrawn }},
		{"lost_race", func(t *metric.OfferTally) *int64 { return &t.LostRace }},
		{"failed", func(t *metric.OfferTally) *int64 { return &t.Failed }},
		{"ringing", func(t *metric.OfferTally) *int64 { return &t.Ringing }},
	}
	var out []column[queueRow]
	for _, c := range list {
		out = append(out, column[queueRow]{"offers_" + c.name, "toInt64(sumIf(o_" + c.name + ", mine))", func(r *queueRow) any { return c.dest(&r.tally.Offers) }})
	}
	ring := func(r *queueRow) *metric.Durations { return &r.tally.Ring }
	return append(out,
		column[queueRow]{"d_ring_count", "toInt64(sumIf(length(rings), mine))", func(r *queueRow) any { return &ring(r).Count }},
		column[queueRow]{"d_ring_sum", "toInt64(sumArrayIf(rings, mine))", func(r *queueRow) any { return &ring(r).Sum }},
		column[queueRow]{"d_ring_max", "toInt64(maxArrayIf(rings, mine))", func(r *queueRow) any { return &ring(r).Max }},
		column[queueRow]{"d_ring_at", "quantilesExactArrayIf(" + levels + ")(rings, mine)", func(r *queueRow) any { return &ring(r).Quantiles }},
	)
}

func workColumns() (out []column[queueRow]) {
	const handled = "is_handled"
	out = append(out, durationColumns("talk", "talk", handled, func(r *queueRow) *metric.Durations { return &r.tally.Talk })...)
	out = append(out, durationColumns("hold", "hold", handled, func(r *queueRow) *metric.Durations { return &r.tally.Hold })...)
	out = append(out, durationColumns("wrap_up", "wrap_up", handled, func(r *queueRow) *metric.Durations { return &r.tally.WrapUp })...)
	return append(out, durationColumns("handle", "handle", handled, func(r *queueRow) *metric.Durations { return &r.tally.Handle })...)
}
