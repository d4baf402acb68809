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
	Teams  []string // and tickets of no queue that are of one of these then
	SLA    metric.SLA
}

// Params validates; its error is *Invalid. now ends an interval that is not over.
func (r BacklogRequest) Params(now time.Time) (metric.BacklogParams, error) {
	var m mistakes
	p := metric.BacklogParams{Queues: r.Queues, Teams: r.Teams, SLA: r.SLA, Now: now.UTC().Truncate(time.Millisecond)}
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
	hours, err := r.frozenHours(ctx, p)
	if err != nil {
		return metric.BacklogReport{}, err
	}
	clock, err := r.clock(ctx, p.SLA, p.Now)
	if err != nil {
		return metric.BacklogReport{}, err
	}
	s, err := backlogStatement(p, hours, clock)
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
	business         [5]struct{ frozen, recomputed counted } // in the order of backlogSpreads
}

func (r *backlogRow) tally() metric.BacklogTally {
	t := r.counts
	t.FirstReply, t.FirstResolution, t.FullResolution = r.reply.durations(r.replied), r.resolved.durations(r.first), r.fully.durations(r.full)
	t.Age, t.AgeActive = r.age.durations(t.Open), r.ageOfActive.durations(r.active)
	for i, d := range []*metric.BusinessDurations{&t.Business.FirstReply, &t.Business.FirstResolution, &t.Business.FullResolution} {
		d.Frozen, d.Recomputed = r.business[i].frozen.durations(), r.business[i].recomputed.durations()
	}
	t.AgeHours, t.AgeActiveHours = r.business[3].recomputed.durations(), r.business[4].recomputed.durations()
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
	for i, s := range backlogSpreads() {
		out = append(out, spreadColumns(s.name, "age", s.condition, s.of)...)
		if s.ends {
			out = append(out, countedColumns(s.name+"_frozen", "frozen", s.condition, func(r *backlogRow) *counted { return &r.business[i].frozen })...)
		}
		out = append(out, countedColumns(s.name+"_recomputed", "recomputed", s.condition, func(r *backlogRow) *counted { return &r.business[i].recomputed })...)
	}
	return out
}

// backlogCount counts rows for which a condition holds, backlogSpread is a set of their ages; ends says whether an event ends
// them. number is the name in the report.
type (
	backlogCount struct {
		number, name, condition string
		dest                    func(*backlogRow) *int64
	}
	backlogSpread struct {
		number, name, condition string
		ends                    bool
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
		{"backlog.warning", "warning", "left AND (reply = 'warning' OR resolution = 'warning')", func(r *backlogRow) *int64 { return &r.counts.Warning }},
		{"backlog.breached", "breached", "left AND (reply = 'breached' OR resolution = 'breached')", func(r *backlogRow) *int64 { return &r.counts.Breached }},
		{"", "reply_met", "NOT left AND reply = 'met'", func(r *backlogRow) *int64 { return &r.counts.Targets.FirstReplyMet }},
		{"", "reply_due", "NOT left AND reply IN ('met', 'breached')", func(r *backlogRow) *int64 { return &r.counts.Targets.FirstReplyDue }},
		{"", "resolution_met", "NOT left AND resolution = 'met'", func(r *backlogRow) *int64 { return &r.counts.Targets.ResolutionMet }},
		{"", "resolution_due", "NOT left AND resolution IN ('met', 'breached')", func(r *backlogRow) *int64 { return &r.counts.Targets.ResolutionDue }},
	}
}

func backlogSpreads() []backlogSpread {
	return []backlogSpread{
		{"first_reply", "reply", "replied", true, func(r *backlogRow) *spread { return &r.reply }},
		{"first_resolution", "first", "first_resolved", true, func(r *backlogRow) *spread { return &r.resolved }},
		{"full_resolution", "full", "last_resolved", true, func(r *backlogRow) *spread { return &r.fully }},
		{"backlog.age", "age", "left", false, func(r *backlogRow) *spread { return &r.age }},
		{"backlog.age_active", "active", "left AND NOT waits", false, func(r *backlogRow) *spread { return &r.ageOfActive }},
	}
}

// backlogStatement builds the statement of a backlog report. Each event of a ticket begins a stretch of time in which the
// ticket stands as it says. An event counts in the interval in which it happened, a stretch at each end of an interval
// that it covers; the total has all events, and the stretches at the last end.
func backlogStatement(p metric.BacklogParams, hours businessHours, clock metric.Clock) (statement, error) {
	s, err := backlogTables(p, hours, clock, false)
	groups := []string{"whole", "bucket"}
	for _, d := range p.GroupBy {
		groups = append(groups, string(d))
	}
	s.text = lines(s.text, "SELECT\n"+selectList(backlogColumns(p.GroupBy)), "FROM counted", "GROUP BY "+strings.Join(groups, ", "))
	return s, err
}

// backlogTables are its common tables, listed with which ticket each row is about.
func backlogTables(p metric.BacklogParams, hours businessHours, clock metric.Clock, listed bool) (statement, error) {
	s := newStatement("backlog")
	if err := s.bindWindow(p.Window, false); err != nil {
		return s, err
	}
	ends, err := p.Ends()
	if err != nil {
		return s, err
	}
	instants, numbers := []int64{0}, []int64{0} // of each end how many there are up to it
	for i, end := range ends {
		instants, numbers = append(instants, end.UnixMilli()), append(numbers, int64(i+1))
	}
	s.bind("instants", instants)
	s.bind("numbers", numbers)
	s.bindTime("now", p.Now)
	s.bindSLA(p.SLA.Targets, clock)
	s.bind("scheduled", p.SLA.Schedule != "")
	s.bindBusinessHours(hours)
	const dimensions = "if(whole, '', agent) AS agent, if(whole, '', queue) AS queue, if(whole, '', team) AS team, if(whole, '', priority) AS priority, if(whole, '', reason) AS reason"
	const ended = "transform(roundDown(%s, {instants:Array(Int64)}), {instants:Array(Int64)}, {numbers:Array(Int64)}, toInt64(0))"
	upTo := func(at string) string { return strings.ReplaceAll(ended, "%s", at) }
	s.text = lines(
		"WITH",
		ticketStretches(ticketsOnce(unfinished("max(time) >= "+instant("from")+" OR ", everOf(p.Queues, p.Teams))), listed),
		ticketClocks(),
		"marked AS (", // as 0 each of the window's events, as n each ticket that is left at the window's nth end
		"  SELECT *, if(n = 0, at, {instants:Array(Int64)}[n + 1]) AS mark, arrayJoin(if(n IN (0, length({instants:Array(Int64)}) - 1), [0, 1], [0])) AS whole FROM (",
		"    SELECT *, arrayJoin(arrayConcat(if(at >= {from:Int64} AND at < {until:Int64}, [0], []),",
		"      if(state IN ('open', 'pending'), range("+upTo("greatest(at, opened_at)")+" + 1, "+upTo("next_at")+" + 1), []))) AS n FROM clocks",
		when(p.Queues != nil, "    WHERE "+s.ofTickets(p.Queues, p.Teams)),
		"  )",
		"),",
		"counted AS (",
		"  SELECT whole, if(whole, 0, if(n = 0, "+strings.ReplaceAll(bucketOf, "%s", "at")+", {begins:Array(Int64)}[n])) AS bucket, "+dimensions+",",
		"    if(n = 0, event, '') AS event, n = 0 AND opened AS opened, n = 0 AND replied AS replied, n = 0 AND first_resolved AS first_resolved, n = 0 AND last_resolved AS last_resolved,",
		"    n > 0 AS left, n > 0 AND state = 'pending' AS waits, mark - opened_at AS age,",
		"    if(n > 0 OR replies = 1 AND replies_now, "+replyState("mark")+", '') AS reply, if(n > 0 OR settles, "+resolutionState("mark")+", '') AS resolution,",
		"    "+businessBetween(frozenNumber("schedule"), "opened_at", "mark", "n = 0 AND at >= opened_at")+" AS frozen, if({scheduled:Bool}, "+clockAt("mark")+" - "+clockAt("opened_at")+", NULL) AS recomputed"+
			when(listed, ", subject, event_id, at, opened_at, held_by, stood_in"+clockColumns("mark", "mark")),
		"  FROM marked",
		")",
	)
	return s, nil
}

// ofTickets is the condition that a ticket is in one of these queues, or of one of these teams and in no queue.
func (s *statement) ofTickets(queues, teams []string) string {
	s.bind("queues", append([]string{}, queues...))
	if teams == nil {
		return "queue IN {queues:Array(String)}"
	}
	s.bind("teams", append([]string{}, teams...))
	return "(queue IN {queues:Array(String)} OR queue = '' AND team IN {teams:Array(String)})"
}

// everOf are the subjects of tickets that were in one of these queues or of one of these teams at any time: those for which ofTickets holds
// are among them. Nothing where any queue will do.
func everOf(queues, teams []string) string {
	if queues == nil {
		return ""
	}
	return "(SELECT subject FROM tickets WHERE queue IN {queues:Array(String)}" + when(teams != nil, " OR team IN {teams:Array(String)}") + ")"
}

// Windows over the events of a ticket: those so far, those after, all.
const (
	inTurn = "PARTITION BY subject ORDER BY time, received_ms, source, epoch, position"
	sofar  = " OVER (" + inTurn + " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
	after  = " OVER (" + inTurn + " ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
	frame  = " OVER (" + inTurn + " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
)

// ticketsOnce are the events of those tickets whose subjects a condition chooses, each once: as view tickets_once has them, which sorts all
// that ever were.
func ticketsOnce(subjects string) string {
	const event, copies = "subject, event_id", "received_ms, source, epoch, position"
	return "(SELECT * FROM tickets WHERE subject IN " + subjects + " ORDER BY " + event + ", " + copies + " LIMIT 1 BY " + event + ")"
}

// ticketStretches is a common table: each event of a ticket, how the ticket stands from there on as metric.Judge has it,
// and until when; of the events of some tickets. The statement binds now.
func ticketStretches(events string, listed bool) string {
	const opened = "'ticket.opened'"
	const replies = "event IN ('ticket.first_reply', 'ticket.resolved') AND at >= opened_at"
	last := func(column, condition, over string) string {
		return "argMaxIf(toString(" + column + "), " + eventOrder + ", " + condition + ")" + over
	}
	settling := func(over string) string { return last("type", "type IN ("+settlingTypes()+")", over) }
	var named []string
	for _, column := range []string{"priority", "queue", "team", "reason", "customer"} {
		named = append(named, "      "+last(column, column+" != ''", sofar)+" AS now_"+column+",")
	}
	return lines(slices.Concat([]string{
		"stretches AS (",
		"  SELECT " + when(listed, "event_id, now_agent AS held_by, now_queue AS stood_in, ") + "subject, time, received_ms, source, epoch, position, schedule, event, at, next_at, opened_at, " + stateOf("turn") + " AS state,",
		"    now_agent AS agent, now_queue AS queue, now_team AS team, now_priority AS priority, now_reason AS reason, now_customer AS customer,",
		"    if(opening > 0, event = " + opened + " AND opened_before = 1, events_before = 1) AS opened,",
		"    event = 'ticket.first_reply' AND at >= opened_at AND countIf(event = 'ticket.first_reply' AND at >= opened_at)" + sofar + " = 1 AS replied,",
		"    event = 'ticket.resolved' AND at >= opened_at AND countIf(event = 'ticket.resolved' AND at >= opened_at)" + sofar + " = 1 AS first_resolved,",
		"    event = 'ticket.resolved' AND at >= opened_at AND resolved_after = 0 AND reopened_last <= at AS last_resolved,",
		"    greatest(at, opened_at) AS from_at, if(next_at = " + never + ", greatest(at, {now:Int64}), next_at) AS until_at, state = 'open' AND until_at >= from_at AS runs,",
		"    " + replies + " AS replies_now, countIf(" + replies + ")" + sofar + " AS replies, minIf(at, " + replies + ")" + sofar + " AS replied_at,",
		"    argMinIf(now_priority, " + eventOrder + ", " + replies + ")" + sofar + " AS first_reply_priority,",
		"    settling = 'ticket.resolved' AS settled, event = 'ticket.resolved' AND resolved_after = 0 AND settling_last = 'ticket.resolved' AS settles,",
		"    argMaxIf(now_priority, " + eventOrder + ", event = 'ticket.resolved')" + sofar + " AS resolved_priority",
		"  FROM (",
		"    SELECT " + when(listed, "event_id, ") + "subject, time, received_ms, source, epoch, position, toString(schedule) AS schedule, toString(type) AS event, " + ms("time") + " AS at,",
		"      leadInFrame(" + ms("time") + ", 1, " + never + ")" + frame + " AS next_at,",
		"      minIf(" + ms("time") + ", type = " + opened + ")" + frame + " AS opening, min(" + ms("time") + ")" + frame + " AS first_at, if(opening > 0, opening, first_at) AS opened_at,",
		"      countIf(type = " + opened + ")" + sofar + " AS opened_before, count()" + sofar + " AS events_before,",
		"      countIf(type = 'ticket.resolved')" + after + " AS resolved_after, maxIf(" + ms("time") + ", type = 'ticket.reopened')" + frame + " AS reopened_last,",
		"      " + last("type", "type IN ("+turningTypes(anyState)+")", sofar) + " AS turn,",
		"      " + settling(sofar) + " AS settling, " + settling(frame) + " AS settling_last,",
	}, named, []string{
		"      " + last("agent", "agent != '' OR type = 'ticket.reassigned'", sofar) + " AS now_agent",
		"    FROM " + events,
		"  )",
		"),",
	})...)
}

// settlingTypes are those after which a ticket is resolved or not: closing leaves it as it was.
func settlingTypes() string {
	return turningTypes(func(s metric.TicketState) bool { return s != metric.TicketClosed })
}
