package query

import (
	"context"
	"slices"
	"strings"
	"time"

	"firstline/analytics/metric"
)

// BacklogRequest asks for metrics/backlog.
type BacklogRequest struct {
	WindowRequest
	Queues []string // in which the ticket is then; nil means all
}

// Params validates; its error is *Invalid. now ends an interval that is not over.
func (r BacklogRequest) Params(now time.Time) (metric.BacklogParams, error) {
	var m mistakes
	p := metric.BacklogParams{Queues: r.Queues, Now: now.UTC().Truncate(time.Millisecond)}
	p.Window, p.GroupBy = r.params(&m, metric.ByAgent, metric.ByQueue, metric.ByTeam, metric.ByPriority, metric.ByReason)
	return p, m.err()
}

// Backlog answers metrics/backlog. The error of a bad request is *Invalid.
func (r *Reader) Backlog(ctx context.Context, req BacklogRequest) (metric.BacklogReport, error) {
	p, err := req.Params(r.now())
	if err != nil {
		return metric.BacklogReport{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, ticketFacts)
	if err != nil {
		return metric.BacklogReport{}, err
	}
	s, err := backlogStatement(p)
	if err != nil {
		return metric.BacklogReport{}, err
	}
	tallies, total, err := grouped(ctx, r, s, p.Window, backlogColumns(p.GroupBy), (*backlogRow).tally)
	if err != nil {
		return metric.BacklogReport{}, err
	}
	return metric.NewBacklogReport(p, tallies, total, fresh)
}

type backlogRow struct {
	groupCells
	counts           metric.BacklogTally
	replied          int64
	first, full      int64
	active           int64
	reply, resolved  spread
	fully            spread
	age, ageOfActive spread
}

func (r *backlogRow) tally() metric.BacklogTally {
	t := r.counts
	t.FirstReply, t.FirstResolution, t.FullResolution = r.reply.durations(r.replied), r.resolved.durations(r.first), r.fully.durations(r.full)
	t.Age, t.AgeActive = r.age.durations(t.Open), r.ageOfActive.durations(r.active)
	return t
}

func backlogColumns(splits []metric.Dimension) []column[backlogRow] {
	out := []column[backlogRow]{
		{"level", "toUInt64(whole)", func(r *backlogRow) any { return &r.level }},
		{"bucket_begin", "toInt64(bucket)", func(r *backlogRow) any { return &r.bucket }},
	}
	for _, d := range splits {
		out = append(out, column[backlogRow]{"by_" + string(d), string(d), func(r *backlogRow) any { return r.group.At(d) }})
	}
	for _, c := range backlogCounts() {
		out = append(out, column[backlogRow]{"n_" + c.name, countIf(c.condition), func(r *backlogRow) any { return c.dest(r) }})
	}
	for _, s := range backlogSpreads() {
		out = append(out, spreadColumns(s.name, "age", s.condition, s.of)...)
	}
	return out
}

// backlogCount counts rows for which a condition holds, backlogSpread is a set of their ages. number is the name in the report.
type (
	backlogCount struct {
		number, name, condition string
		dest                    func(*backlogRow) *int64
	}
	backlogSpread struct {
		number, name, condition string
		of                      func(*backlogRow) *spread
	}
)

func backlogCounts() []backlogCount {
	return []backlogCount{
		{"opened", "opened", "opened", func(r *backlogRow) *int64 { return &r.counts.Opened }},
		{"resolved", "resolved", "event = 'ticket.resolved'", func(r *backlogRow) *int64 { return &r.counts.Resolved }},
		{"reopened", "reopened", "event = 'ticket.reopened'", func(r *backlogRow) *int64 { return &r.counts.Reopened }},
		{"reassigned", "reassigned", "event = 'ticket.reassigned'", func(r *backlogRow) *int64 { return &r.counts.Reassigned }},
		{"closed", "closed", "event = 'ticket.closed'", func(r *backlogRow) *int64 { return &r.counts.Closed }},
		{"", "replied", "replied", func(r *backlogRow) *int64 { return &r.replied }},
		{"", "first", "first_resolved", func(r *backlogRow) *int64 { return &r.first }},
		{"", "full", "last_resolved", func(r *backlogRow) *int64 { return &r.full }},
		{"backlog.open", "open", "left", func(r *backlogRow) *int64 { return &r.counts.Open }},
		{"backlog.pending", "pending", "left AND waits", func(r *backlogRow) *int64 { return &r.counts.Pending }},
		{"", "active", "left AND NOT waits", func(r *backlogRow) *int64 { return &r.active }},
	}
}

func backlogSpreads() []backlogSpread {
	return []backlogSpread{
		{"first_reply", "reply", "replied", func(r *backlogRow) *spread { return &r.reply }},
		{"first_resolution", "first", "first_resolved", func(r *backlogRow) *spread { return &r.resolved }},
		{"full_resolution", "full", "last_resolved", func(r *backlogRow) *spread { return &r.fully }},
		{"backlog.age", "age", "left", func(r *backlogRow) *spread { return &r.age }},
		{"backlog.age_active", "active", "left AND NOT waits", func(r *backlogRow) *spread { return &r.ageOfActive }},
	}
}

// backlogStatement builds the statement of a backlog report. Each event of a ticket begins a stretch of time in which the
// ticket stands as it says. An event counts in the interval in which it happened, a stretch at each end of an interval
// that it covers; the total has all events, and the stretches at the last end.
func backlogStatement(p metric.BacklogParams) (statement, error) {
	s, err := backlogTables(p, false)
	groups := []string{"whole", "bucket"}
	for _, d := range p.GroupBy {
		groups = append(groups, string(d))
	}
	s.text = lines(s.text, "SELECT\n"+selectList(backlogColumns(p.GroupBy)), "FROM counted", "GROUP BY "+strings.Join(groups, ", "))
	return s, err
}

// backlogTables are its common tables, listed with which ticket each row is about.
func backlogTables(p metric.BacklogParams, listed bool) (statement, error) {
	s := newStatement("backlog")
	if err := s.bindWindow(p.Window, false); err != nil {
		return s, err
	}
	ends, err := p.Ends()
	if err != nil {
		return s, err
	}
	edges, numbers := []int64{0}, []int64{0} // of each end how many there are up to it
	for i, end := range ends {
		edges, numbers = append(edges, end.UnixMilli()), append(numbers, int64(i+1))
	}
	s.bind("edges", edges)
	s.bind("numbers", numbers)
	queues := ""
	if p.Queues != nil {
		s.bind("queues", append([]string{}, p.Queues...))
		queues = " AND queue IN {queues:Array(String)}"
	}
	const dimensions = "if(whole, '', agent) AS agent, if(whole, '', queue) AS queue, if(whole, '', team) AS team, if(whole, '', priority) AS priority, if(whole, '', reason) AS reason"
	const ended = "transform(roundDown(%s, {edges:Array(Int64)}), {edges:Array(Int64)}, {numbers:Array(Int64)}, toInt64(0))"
	which := when(listed, ", subject, event_id, at, opened_at, held_by, stood_in")
	upTo := func(at string) string { return strings.ReplaceAll(ended, "%s", at) }
	s.text = lines(
		"WITH",
		ticketStretches(listed),
		"counted AS (",
		"  SELECT whole, if(whole, 0, "+strings.ReplaceAll(bucketOf, "%s", "at")+") AS bucket, "+dimensions+",",
		"    event, opened, replied, first_resolved, last_resolved, 0 AS left, 0 AS waits, at - opened_at AS age"+which,
		"  FROM (SELECT *, arrayJoin([0, 1]) AS whole FROM stretches WHERE at >= {from:Int64} AND at < {until:Int64}"+queues+")",
		"  UNION ALL",
		"  SELECT whole, if(whole, 0, {begins:Array(Int64)}[n]) AS bucket, "+dimensions+",",
		"    '' AS event, 0 AS opened, 0 AS replied, 0 AS first_resolved, 0 AS last_resolved, 1 AS left, state = 'pending' AS waits, {edges:Array(Int64)}[n + 1] - opened_at AS age"+which,
		"  FROM (",
		"    SELECT *, arrayJoin(if(n = toInt64(length({edges:Array(Int64)})) - 1, [0, 1], [0])) AS whole FROM (",
		"      SELECT *, arrayJoin(range("+upTo("greatest(at, opened_at)")+" + 1, "+upTo("next_at")+" + 1)) AS n FROM stretches",
		"      WHERE state IN ('open', 'pending')"+queues,
		"    )",
		"  )",
		")",
	)
	return s, nil
}

// ticketStretches is a common table: each event of a ticket, how the ticket stands from there on as metric.NewTicket has
// it, and until when.
func ticketStretches(listed bool) string {
	const (
		order  = "PARTITION BY subject ORDER BY time, received_ms, source, epoch, position"
		sofar  = " OVER (" + order + " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
		after  = " OVER (" + order + " ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
		frame  = " OVER (" + order + " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
		opened = "'ticket.opened'"
	)
	last := func(column, condition string) string {
		return "argMaxIf(toString(" + column + "), " + eventOrder + ", " + condition + ")" + sofar
	}
	var named []string
	for _, column := range []string{"priority", "queue", "team", "reason"} {
		named = append(named, "      "+last(column, column+" != ''")+" AS now_"+column+",")
	}
	return lines(slices.Concat([]string{
		"stretches AS (",
		"  SELECT " + when(listed, "subject, event_id, now_agent AS held_by, now_queue AS stood_in, ") + "event, at, next_at, opened_at, " + stateOf("turn") + " AS state, now_agent AS agent, now_queue AS queue, now_team AS team, now_priority AS priority, now_reason AS reason,",
		"    if(opening > 0, event = " + opened + " AND opened_before = 1, events_before = 1) AS opened,",
		"    event = 'ticket.first_reply' AND at >= opened_at AND countIf(event = 'ticket.first_reply' AND at >= opened_at)" + sofar + " = 1 AS replied,",
		"    event = 'ticket.resolved' AND at >= opened_at AND countIf(event = 'ticket.resolved' AND at >= opened_at)" + sofar + " = 1 AS first_resolved,",
		"    event = 'ticket.resolved' AND at >= opened_at AND resolved_after = 0 AND reopened_last <= at AS last_resolved",
		"  FROM (",
		"    SELECT " + when(listed, "event_id, ") + "subject, time, received_ms, source, epoch, position, toString(type) AS event, " + ms("time") + " AS at,",
		"      leadInFrame(" + ms("time") + ", 1, toInt64(9000000000000))" + frame + " AS next_at,",
		"      minIf(" + ms("time") + ", type = " + opened + ")" + frame + " AS opening, min(" + ms("time") + ")" + frame + " AS first_at, if(opening > 0, opening, first_at) AS opened_at,",
		"      countIf(type = " + opened + ")" + sofar + " AS opened_before, count()" + sofar + " AS events_before,",
		"      countIf(type = 'ticket.resolved')" + after + " AS resolved_after, maxIf(" + ms("time") + ", type = 'ticket.reopened')" + frame + " AS reopened_last,",
		"      " + last("type", "type IN ("+turningTypes()+")") + " AS turn,",
	}, named, []string{
		"      " + last("agent", "agent != '' OR type = 'ticket.reassigned'") + " AS now_agent",
		"    FROM tickets_once",
		"  )",
		"),",
	})...)
}
