package query

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"firstline/analytics/metric"
)

// Queues answers metrics/queues. The error of a bad request is *Invalid.
func (r *Reader) Queues(ctx context.Context, req QueueRequest) (metric.QueueReport, error) {
	p, err := req.Params()
	if err != nil {
		return metric.QueueReport{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, contactFacts)
	if err != nil {
		return metric.QueueReport{}, err
	}
	tallies, total, err := r.queueTallies(ctx, p)
	if err != nil {
		return metric.QueueReport{}, err
	}
	return metric.NewQueueReport(p, tallies, total, fresh)
}

func (r *Reader) queueTallies(ctx context.Context, p metric.QueueParams) (map[metric.Key]metric.QueueTally, metric.QueueTally, error) {
	s, columns, err := queueStatement(p, groupingSets(p.GroupBy))
	if err != nil {
		return nil, metric.QueueTally{}, err
	}
	tallies, total, err := grouped(ctx, r, s, p.Window, columns, (*queueRow).tally)
	if err != nil || !p.Several() {
		return tallies, total, err
	}
	p.GroupBy = nil // in the total each entry counts once
	_, total, err = r.queueTallies(ctx, p)
	return tallies, total, err
}

// bucketIndex finds a bucket by the Unix milliseconds of its begin.
func bucketIndex(w metric.Window) (map[int64]int, error) {
	buckets, err := w.Buckets()
	if err != nil {
		return nil, err
	}
	index := make(map[int64]int, len(buckets))
	for i, b := range buckets {
		index[b.From.UnixMilli()] = i
	}
	return index, nil
}

// bindWindow sets the parameters that every report shares: from, until and the begins of its buckets; where stretches of
// time are cut, also their ends.
func (s *statement) bindWindow(w metric.Window, cut bool) error {
	buckets, err := w.Buckets()
	if err != nil {
		return err
	}
	begins, ends := make([]int64, len(buckets)), make([]int64, len(buckets))
	for i, b := range buckets {
		begins[i], ends[i] = b.From.UnixMilli(), b.Until.UnixMilli()
	}
	s.bindTime("from", w.From)
	s.bindTime("until", w.Until)
	s.bind("begins", begins)
	if cut {
		s.bind("ends", ends)
	}
	return nil
}

const (
	customerKinds = "kind IN ('inbound', 'callback')"
	bucketOf      = "roundDown(%s, {begins:Array(Int64)})"
	inWindow      = "%[1]s >= {from:Int64} AND %[1]s < {until:Int64}"
)

// queueShape is what the common tables are made for: counting, or listing what was counted, which has columns more.
type queueShape struct {
	metric.QueueParams
	listed bool
}

// queueStatement builds the statement of a queue report.
func queueStatement(p metric.QueueParams, sets string) (statement, []column[queueRow], error) {
	s, err := queueTables(queueShape{QueueParams: p})
	if err != nil {
		return s, nil, err
	}
	columns := queueColumns(p)
	s.text = lines(s.text, "SELECT\n"+selectList(columns), "FROM judged", sets)
	return s, columns, nil
}

// queueTables are the common tables of a queue report, in order: the closed entries, the open ones, what belongs to them
// (offers, stretches), and the marks: an entry counted for a bucket, once or more; last the marks as they are judged.
func queueTables(p queueShape) (statement, error) {
	s := newStatement("queues")
	if err := s.bindWindow(p.Window, p.AttributeBy == metric.AttributeEnded); err != nil {
		return s, err
	}
	s.bindTime("since", p.Since())
	s.bindTime("beyond", p.Beyond())
	s.bindLimits(p.Limits)
	if byClock(p.GroupBy) {
		s.bindClock(p.Window)
	}
	queues := ""
	if p.Queues != nil {
		s.bind("queues", append([]string{}, p.Queues...))
		queues = " AND queue IN {queues:Array(String)}"
	}
	if slices.Contains(p.GroupBy, metric.ByTeam) {
		s.bindTeams(p.Teams)
	}
	s.text = lines(
		"WITH",
		closedEntries(p, queues),
		openEntries(p, queues),
		when(!p.Brief, entryWork(p, queues)),
		entryFacts(p),
		marks(p),
		refusalMarks(p, queues),
		when(p.Transfers(), transferMarks(p, queues)),
		judged(p),
	)
	return s, nil
}

// bindLimits sets the limits: those of single queues as two lists beside the list of their names.
func (s *statement) bindLimits(l metric.Limits) {
	s.bind("default_level", l.Default.ServiceLevelMS)
	s.bind("default_short", l.Default.ShortAbandonMS)
	names, levels, shorts := []string{""}, []int64{l.Default.ServiceLevelMS}, []int64{l.Default.ShortAbandonMS}
	for id := range l.Queues {
		names = append(names, id)
	}
	slices.Sort(names)
	for _, id := range names[1:] {
		levels, shorts = append(levels, l.Queues[id].ServiceLevelMS), append(shorts, l.Queues[id].ShortAbandonMS)
	}
	s.bind("limit_queues", names)
	s.bind("limit_levels", levels)
	s.bind("limit_shorts", shorts)
}

// bindTeams sets the teams of agents: two lists, one line for each agent and team.
func (s *statement) bindTeams(teams map[string][]string) {
	agents, names := []string{}, []string{}
	for _, agent := range slices.Sorted(maps.Keys(teams)) {
		for _, team := range teams[agent] {
			agents, names = append(agents, agent), append(names, team)
		}
	}
	s.bind("team_agents", agents)
	s.bind("team_names", names)
}

// split is a column of the marks that only a report split by something has: where it comes from in entries and in
// entries_opened.
type split struct{ name, closed, open, zero string }

func splits(p queueShape) (out []split) {
	agent := split{"agent", "if(outcome = 'answered', toString(agent), '')", "''", "''"}
	for _, d := range p.GroupBy {
		switch d {
		case metric.BySkill:
			skills := "arrayDistinct(arrayMap(x -> splitByChar(':', toString(x))[1], skills))"
			out = append(out, split{"wanted", skills, skills, "emptyArrayString()"})
		case metric.ByCustomer:
			out = append(out, split{"customer", "customer", "''", "''"})
		case metric.ByAgent, metric.ByTeam:
			if !slices.Contains(out, agent) {
				out = append(out, agent)
			}
		default: // every mark has its queue and language
		}
	}
	if p.listed {
		if !slices.Contains(out, agent) {
			out = append(out, agent)
		}
		out = append(out, split{"contact", "contact", "contact", "''"})
	}
	return out
}

// more are the columns of splits as a SELECT goes on with them.
func more(p queueShape, of func(split) string) (text string) {
	for _, x := range splits(p) {
		text += ", " + of(x) + " AS " + x.name
	}
	return text
}

// each makes a row of each member of a list, and one with an empty name of an empty one.
func each(list, name string) string {
	return "arrayJoin(if(empty(" + list + "), [''], " + list + ")) AS " + name
}

// closedEntries are the entries with an outcome. Their fact's time is their end, so that old partitions are left out.
func closedEntries(p queueShape, queues string) string {
	return lines("closed AS (",
		"  SELECT entry, queue, language, outcome, "+ms("queued_at")+" AS queued, "+ms("ended_at")+" AS ended, wait_ms AS wait,",
		"    "+ms("ended_at")+" - "+ms("arrived_at")+" AS arrival_wait, carried_wait_ms + wait_ms AS queueing_wait,",
		"    multiIf(estimate_until_ms = 0, '', wait_ms < estimate_from_ms, 'sooner', wait_ms > estimate_until_ms, 'later', 'within') AS estimate"+
			when(!p.Brief, ", intDiv(estimate_from_ms + estimate_until_ms, 2) AS expected")+more(p, func(x split) string { return x.closed }),
		"  FROM entries",
		"  WHERE "+customerKinds+queues+" AND "+inReach+" AND queued_at >= "+instant("since")+" AND queued_at < "+instant("until"),
		"),")
}

// openEntries are the openings without a closing. Nobody answered or left, so their end lies beyond every edge.
func openEntries(p queueShape, queues string) string {
	return lines("open AS (",
		"  SELECT entry, queue, language, '' AS outcome, "+ms("time")+" AS queued, toInt64(9000000000000) AS ended, toInt64(0) AS wait,",
		"    toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait, '' AS estimate"+when(!p.Brief, ", toInt64(0) AS expected")+more(p, func(x split) string { return x.open }),
		"  FROM entries_opened",
		"  WHERE "+customerKinds+queues+" AND time >= "+instant("since")+" AND time < "+instant("until"),
		"    AND "+noneIn("entries", "entry", inReach+queues),
		"),")
}

// inReach is where what belongs to the window's entries is looked for.
const inReach = "time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC')"

// entryWork are the offers and the stretches of entries.
func entryWork(p queueShape, queues string) string {
	more := func(at string) string {
		return when(p.listed, ", offer, toString(agent) AS rung_agent, "+ms(at)+" AS rung_at")
	}
	return lines("rung AS (",
		"  SELECT entry, groupArrayIf(ring_ms, result != '') AS rings, groupArray(toString(result)) AS results"+
			when(p.listed, ",\n    groupArray((offer, rung_agent, toString(result), ring_ms, rung_at)) AS offered"),
		"  FROM (",
		"    SELECT entry, result, ring_ms"+more("offered_at")+" FROM offers WHERE "+inReach+queues,
		"    UNION ALL",
		"    SELECT entry, '' AS result, toInt64(0) AS ring_ms"+more("time")+" FROM offers_opened",
		"    WHERE "+inReach+queues,
		"      AND "+noneIn("offers", "offer", inReach+queues),
		"  )",
		"  GROUP BY entry",
		"),",
		entryStretches(queues),
	)
}

// entryStretches are the entries with an open stretch, and of the others the agents' time on them.
func entryStretches(queues string) string {
	return lines("busy AS (",
		"  SELECT entry FROM segments_opened",
		"  WHERE "+inReach+queues,
		"    AND "+noneIn("segments", "segment", inReach+queues),
		"),",
		"worked AS (",
		"  SELECT entry, 1 AS handled, sumIf(duration_ms, kind = 'talk') AS talk, sumIf(duration_ms, kind = 'hold') AS hold, sumIf(duration_ms, kind = 'wrap_up') AS wrap_up",
		"  FROM segments WHERE entry != '' AND "+inReach+queues+" AND entry NOT IN (SELECT entry FROM busy)",
		"  GROUP BY entry",
		"),")
}

// markField is a column of the marks and its value where it means nothing; of what is listed also what it is of a refusal
// and of a transfer.
type markField struct{ name, zero, refused, handed string }

// markFields are what the counting needs of an entry, beside bucket and flags.
func markFields(p queueShape) []markField {
	plain := func(name, zero string) markField { return markField{name, zero, zero, zero} }
	out := []markField{
		plain("queue", ""), plain("language", ""), plain("outcome", ""), plain("wait", "toInt64(0)"), plain("arrival_wait", "toInt64(0)"), plain("queueing_wait", "toInt64(0)"),
	}
	for _, x := range splits(p) {
		out = append(out, plain(x.name, x.zero))
	}
	if p.listed {
		at := ms("time")
		out = slices.DeleteFunc(out, func(f markField) bool { return f.name == "agent" || f.name == "contact" })
		out = append(out, markField{"contact", "''", "contact", "contact"}, markField{"agent", "''", "''", "made_by"},
			markField{"entry", "''", "concat(contact, '/', toString(sequence))", "transfer"},
			markField{"queued", "toInt64(0)", at, "at"}, markField{"ended", "toInt64(0)", at, "at"},
			plain("offered", "CAST([], 'Array(Tuple(String, String, String, Int64, Int64))')"))
	}
	if p.Brief {
		return out
	}
	return append(out, plain("estimate", "''"), plain("expected", "toInt64(0)"), plain("rings", "emptyArrayInt64()"), plain("results", "emptyArrayString()"),
		plain("handled", "toUInt8(0)"), plain("talk", "toInt64(0)"), plain("hold", "toInt64(0)"), plain("wrap_up", "toInt64(0)"))
}

func fieldNames(p queueShape) string {
	var names []string
	for _, f := range markFields(p) {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// entryFacts joins what belongs to each entry.
func entryFacts(p queueShape) string {
	if p.Brief {
		return "known AS (SELECT * FROM closed UNION ALL SELECT * FROM open),"
	}
	return lines("known AS (",
		"  SELECT "+when(!p.listed, "queued, ended, ")+fieldNames(p),
		"  FROM (SELECT * FROM closed UNION ALL SELECT * FROM open) AS e",
		"  LEFT JOIN rung USING (entry)",
		"  LEFT JOIN worked USING (entry)",
		"),")
}

// marks counts an entry for the bucket it belongs to; with attribute_by=ended also for the bucket it joined in, and for
// every bucket whose begin or end it waited through. Flags: joined in the bucket, belongs to it (mine), was waiting when
// it began (came) and when it ended (went).
func marks(p queueShape) string {
	fields := "  SELECT " + fieldNames(p) + ", "
	switch p.AttributeBy {
	case metric.AttributeAnswered:
		return lines("marks AS (",
			fields+fmt.Sprintf(bucketOf, "ended")+" AS bucket, 0 AS joined, 1 AS mine, 0 AS came, 0 AS went"+clockOf(p.GroupBy, "ended"),
			"  FROM known WHERE outcome = 'answered' AND "+fmt.Sprintf(inWindow, "ended"),
			"),")
	case metric.AttributeEnded:
		return lines("marks AS (",
			fields+"mark.1 AS bucket, mark.2 AS joined, mark.3 AS mine, mark.4 AS came, mark.5 AS went",
			"  FROM known ARRAY JOIN arrayFilter(m -> m.2 + m.3 + m.4 + m.5 > 0, arrayMap((b, e) -> (b,",
			"    queued >= b AND queued < e, ended >= b AND ended < e, queued < b AND ended >= b, queued < e AND ended >= e),",
			"    {begins:Array(Int64)}, {ends:Array(Int64)})) AS mark",
			"  WHERE ended >= {from:Int64}",
			"),")
	default:
		return lines("marks AS (",
			fields+fmt.Sprintf(bucketOf, "queued")+" AS bucket, 1 AS joined, 1 AS mine, 0 AS came, 0 AS went"+clockOf(p.GroupBy, "queued"),
			"  FROM known",
			"),")
	}
}

// What marks that are no entries begin their outcome with.
const (
	refusedMark  = "refused_"
	transferMark = "transfer "
)

// otherMarks are the fields of marks without an entry, behind the first n.
func otherMarks(p queueShape, n int, of func(markField) string) string {
	var fields []string
	for _, f := range markFields(p)[n:] {
		fields = append(fields, of(f)+" AS "+f.name)
	}
	return strings.Join(fields, ", ")
}

// refusalMarks gives refused joins the shape of marks, so that one pass counts both.
func refusalMarks(p queueShape, queues string) string {
	return lines("refused AS (",
		"  SELECT queue, language, concat('"+refusedMark+"', reason) AS outcome, "+otherMarks(p, 3, func(f markField) string { return f.refused })+", "+fmt.Sprintf(bucketOf, ms("time"))+" AS bucket, 0 AS joined, 1 AS mine, 0 AS came, 0 AS went"+
			clockOf(p.GroupBy, ms("time")),
		"  FROM refusals",
		"  WHERE "+customerKinds+queues+" AND time >= "+instant("from")+" AND time < "+instant("until"),
		"),")
}

// transferMarks gives transfers that shape too: one mark for the queue out of whose talk it was made, one more when it was
// a consultation, with its time in the place of the wait, and one for the queue that got the caller.
func transferMarks(p queueShape, queues string) string {
	inSpan := func(at string) string { return at + " >= " + instant("from") + " AND " + at + " < " + instant("until") }
	more := func(at string) string {
		return when(p.listed, ", contact, transfer, toString(agent) AS made_by, "+ms(at)+" AS at")
	}
	return lines("handed AS (",
		"  SELECT part.1 AS queue, '' AS language, concat('"+transferMark+"', part.2) AS outcome, part.3 AS wait, "+otherMarks(p, 4, func(f markField) string { return f.handed })+", bucket, 0 AS joined, 1 AS mine, 0 AS came, 0 AS went",
		"  FROM (",
		"    SELECT toString(queue) AS talked, toString(mode) AS mode, toString(`to`) AS towards, toString(target) AS target, toString(result) AS result, duration_ms,",
		"      "+fmt.Sprintf(bucketOf, ms("started_at"))+" AS bucket"+more("started_at"),
		"    FROM transfers WHERE "+fromToBeyond+" AND "+inSpan("started_at"),
		"    UNION ALL",
		"    SELECT toString(queue) AS talked, toString(mode) AS mode, toString(`to`) AS towards, toString(target) AS target, '' AS result, toInt64(0) AS duration_ms,",
		"      "+fmt.Sprintf(bucketOf, ms("time"))+" AS bucket"+more("time"),
		"    FROM transfers_opened WHERE "+inSpan("time")+" AND "+noneIn("transfers", "transfer", fromToBeyond),
		"  ) ARRAY JOIN arrayFilter(x -> x.2 != '', [",
		"    (talked, concat(mode, ' ', result, ' ', towards), toInt64(0)),",
		"    (talked, if(mode = 'attended' AND result != '', 'asked', ''), duration_ms),",
		"    (target, if(towards = 'queue' AND result IN ('completed', 'conference'), 'received', ''), toInt64(0))]) AS part",
		when(queues != "", "  WHERE part.1 IN {queues:Array(String)}"),
		"),")
}

// judged names each condition once: the engine takes milliseconds to resolve one, and they are used many times.
func judged(p queueShape) string {
	flags := []string{"mine AND outcome = 'answered' AS is_answered", "mine AND outcome = 'abandoned' AS is_abandoned"}
	if !p.Brief {
		flags = append(flags, "mine AND outcome = 'answered' AND handled AS is_handled", "mine AND outcome = 'answered' AND notEmpty(estimate) AS is_told", "talk + hold + wrap_up AS handle")
	}
	if p.Transfers() {
		flags = append(flags, "mine AND outcome = '"+transferMark+"asked' AS is_asked")
	}
	if slices.Contains(p.GroupBy, metric.BySkill) {
		flags = append(flags, each("wanted", "skill"))
	}
	if slices.Contains(p.GroupBy, metric.ByTeam) {
		flags = append(flags, each("arrayFilter((t, a) -> a = agent, {team_names:Array(String)}, {team_agents:Array(String)})", "team"))
	}
	return lines("judged AS (",
		"  SELECT *, "+strings.Join(flags, ", ")+",",
		"    mine AND wait <= "+limitOf("limit_levels", "default_level")+" AS within, mine AND wait <= "+limitOf("limit_shorts", "default_short")+" AS short",
		"  FROM (SELECT * FROM marks UNION ALL SELECT * FROM refused"+when(p.Transfers(), " UNION ALL SELECT * FROM handed")+")",
		")")
}

// limitOf is a limit of the mark's queue.
func limitOf(list, fallback string) string {
	return "transform(toString(queue), {limit_queues:Array(String)}, {" + list + ":Array(Int64)}, {" + fallback + ":Int64})"
}
