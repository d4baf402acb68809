package query

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
)

// never is where in SQL a time stands that doesn't come.
const never = "toInt64(9000000000000)"

// firstTicketEvent is when the first event of all tickets was; now when there is none.
func (r *Reader) firstTicketEvent(ctx context.Context, now time.Time) (time.Time, error) {
	s := newStatement("first_ticket_event")
	s.text = "SELECT " + ms("min(time)") + ", count() FROM tickets"
	first := now
	err := r.run(ctx, s, func(rows driver.Rows) error {
		var at int64
		var n uint64
		if err := rows.Scan(&at, &n); err != nil {
			return err
		}
		if n > 0 {
			first = time.UnixMilli(at).UTC()
		}
		return nil
	})
	return first, err
}

// clock is the tickets' clock of now.
func (r *Reader) clock(ctx context.Context, sla metric.SLA, now time.Time) (metric.Clock, error) {
	if sla.Schedule == "" { // the wall clock has no beginning
		return metric.NewClock("", now, now)
	}
	first, err := r.firstTicketEvent(ctx, now)
	if err != nil {
		return metric.Clock{}, err
	}
	return metric.NewClock(sla.Schedule, first, now)
}

// bindSLA sets the targets and the clock.
func (s *statement) bindSLA(t metric.Targets, c metric.Clock) {
	priorities := slices.Sorted(maps.Keys(t.ByPriority))
	list := func(of func(metric.Target) int64) []int64 {
		out := []int64{of(t.Default)} // of tickets without a priority
		for _, p := range priorities {
			out = append(out, of(t.ByPriority[p]))
		}
		return out
	}
	s.bind("priorities", append([]string{""}, priorities...))
	s.bind("reply_ms", list(func(t metric.Target) int64 { return t.FirstReply.MS }))
	s.bind("reply_warn", list(func(t metric.Target) int64 { return t.FirstReply.WarnMS }))
	s.bind("resolution_ms", list(func(t metric.Target) int64 { return t.Resolution.MS }))
	s.bind("resolution_warn", list(func(t metric.Target) int64 { return t.Resolution.WarnMS }))
	s.bind("clock_edges", c.Edges)
	s.bind("clock_sums", c.Sums)
	s.bind("clock_rises", c.Rises)
}

// bindDue sets what dueAt needs beside that.
func (s *statement) bindDue(c metric.Clock) {
	sums, at, last := c.Climbs()
	if len(sums) == 0 {
		sums, at = []int64{0}, []int64{0}
	}
	s.bind("climb_sums", sums)
	s.bind("climb_at", at)
	s.bind("climb_last", last)
}

// targetOf is a list of the targets by an expression of the priority.
func targetOf(list, priority string) string {
	return "transform(" + priority + ", {priorities:Array(String)}, {" + list + ":Array(Int64)}, {" + list + ":Array(Int64)}[1])"
}

// clockAt is what the clock shows at a column of Unix milliseconds, as metric.Clock has it.
func clockAt(at string) string {
	edge := "roundDown(" + at + ", {clock_edges:Array(Int64)})"
	of := func(list string) string {
		return "transform(" + edge + ", {clock_edges:Array(Int64)}, {" + list + ":Array(Int64)}, toInt64(0))"
	}
	return "(" + of("clock_sums") + " + " + of("clock_rises") + " * (" + at + " - " + edge + "))"
}

// dueAt is the first instant at which the clock shows sum.
func dueAt(sum string) string {
	climb := "roundDown(" + sum + " - 1, {climb_sums:Array(Int64)})"
	return "if(" + sum + " > {climb_last:Int64}, " + never + ", transform(" + climb + ", {climb_sums:Array(Int64)}, {climb_at:Array(Int64)}, toInt64(0)) + " + sum + " - " + climb + ")"
}

// replyState and resolutionState are how the two clocks stand at an instant at which the ticket stands as a row of clocks
// says; empty where there is none.
func replyState(at string) string {
	limit := targetOf("reply_ms", "reply_priority")
	used := replyUsed(at)
	return "multiIf(" + limit + " = 0 OR replies = 0 AND state = 'closed', '', " + used + " > " + limit + ", 'breached', replies > 0, 'met', " +
		used + " >= " + targetOf("reply_warn", "reply_priority") + ", 'warning', 'running')"
}

func resolutionState(at string) string {
	limit := targetOf("resolution_ms", "resolution_priority")
	used := resolutionUsed(at)
	return "multiIf(" + limit + " = 0 OR NOT settled AND state = 'closed', '', " + used + " > " + limit + ", 'breached', settled, 'met', state = 'pending', 'paused', " +
		used + " >= " + targetOf("resolution_warn", "resolution_priority") + ", 'warning', 'running')"
}

// replyUsed and resolutionUsed are how long they have run then.
func replyUsed(at string) string {
	return clockAt("if(replies > 0, replied_at, "+at+")") + " - " + clockAt("opened_at")
}

func resolutionUsed(at string) string {
	return "used_before + if(runs, " + clockAt(at) + " - " + clockAt("from_at") + ", 0)"
}

// ticketClocks is a common table behind ticketStretches: of each stretch also how the clocks stand when it begins.
func ticketClocks() string {
	return lines(
		"clocks AS (",
		"  SELECT *, sum(ran)"+sofar+" - ran AS used_before,",
		"    if(replies > 0, first_reply_priority, priority) AS reply_priority, if(settled, resolved_priority, priority) AS resolution_priority",
		"  FROM (SELECT *, if(runs, "+clockAt("until_at")+" - "+clockAt("from_at")+", 0) AS ran FROM stretches)",
		"),",
	)
}

// unfinished are the subjects of tickets that may be neither resolved nor closed, or of whose events more says so, among those whose
// subjects stand in these lists. Whether they are is said by their events one after the other, which for all tickets that ever were would
// take long. Repeated deliveries are not told apart here: a ticket of which they tell different things may be open, too.
func unfinished(more string, lists ...string) string {
	var where []string
	for _, list := range lists {
		if list != "" {
			where = append(where, "subject IN "+list)
		}
	}
	over := func(s metric.TicketState) bool { return s == metric.TicketResolved || s == metric.TicketClosed }
	going := func(s metric.TicketState) bool { return !over(s) }
	return "(SELECT subject FROM tickets" + when(where != nil, " WHERE "+strings.Join(where, " AND ")) + " GROUP BY subject HAVING " + more +
		"maxIf(time, type IN (" + turningTypes(over) + ")) <= maxIf(time, type IN (" + turningTypes(going) + ")) OR uniqExact(cityHash64(event_id)) != uniqExact(cityHash64(event_id, type, time)))"
}

// running says whether only tickets are asked for that are not finished, or whose clocks have not ended.
func (r TicketListRequest) running() bool {
	over := func(state string) bool {
		return metric.TicketState(state) == metric.TicketResolved || metric.TicketState(state) == metric.TicketClosed
	}
	return r.States != nil && !slices.ContainsFunc(r.States, over) ||
		r.SLAStates != nil && !slices.Contains(r.SLAStates, string(metric.SLABreached)) && !slices.Contains(r.SLAStates, string(metric.SLAMet))
}

// ticketsDue are common tables: how each ticket of some events stands now as ticketsNow has it, and against its targets.
func ticketsDue(events string) string {
	const limit = "resolution_limit"
	var columns, last []string
	for _, c := range []string{"state", "opened_at", "priority", "agent", "queue", "team", "reason", "customer", "reply", "resolution"} {
		columns, last = append(columns, "last_"+c+" AS "+c), append(last, "anyIf("+c+", is_last) AS last_"+c)
	}
	return lines(
		ticketStretches(events, false),
		ticketClocks(),
		"tickets_now AS (",
		"  SELECT subject, "+strings.Join(columns, ", ")+",",
		"    least(if(last_resolution IN ('running', 'warning', 'breached') AND NOT last_settled, crossing, "+never+"), reply_due) AS due_at",
		"  FROM (",
		"    SELECT subject, "+strings.Join(last, ", ")+", anyIf(settled, is_last) AS last_settled,",
		"      minIf("+dueAt("("+clockAt("from_at")+" + "+limit+" - used_before)")+", runs AND used_before < "+limit+" AND (used_before + ran >= "+limit+" OR is_last)) AS crossing,",
		"      minIf(if(replies = 0 AND reply IN ('running', 'warning', 'breached'), "+dueAt("("+clockAt("opened_at")+" + "+targetOf("reply_ms", "priority")+")")+", "+never+"), is_last) AS reply_due",
		"    FROM (",
		"      SELECT *, next_at = "+never+" AS is_last, "+replyState("{now:Int64}")+" AS reply, "+resolutionState("until_at")+" AS resolution,",
		"        last_value("+targetOf("resolution_ms", "resolution_priority")+")"+frame+" AS "+limit,
		"      FROM clocks",
		"    ) GROUP BY subject",
		"  )",
		")",
	)
}

// DueRequest asks which tickets are about to breach.
type DueRequest struct {
	SLA    metric.SLA
	Queues []string // in which they are; nil means all
	Teams  []string // and those of no queue that are of one of these teams
}

// TicketsDue counts the open tickets by priority: how many there are, are about to breach, and are breached. It reads all
// events of tickets once: ask no more often than the answer is looked at.
func (r *Reader) TicketsDue(ctx context.Context, req DueRequest) ([]metric.DueCount, error) {
	now := r.now().UTC().Truncate(time.Millisecond)
	report, err := r.Backlog(ctx, BacklogRequest{
		WindowRequest: WindowRequest{From: now.Add(-time.Millisecond), Until: now, GroupBy: []string{string(metric.ByPriority)}}, Queues: req.Queues, Teams: req.Teams, SLA: req.SLA,
	})
	var out []metric.DueCount
	for _, row := range report.Rows {
		if b := row.Backlog; b != nil && b.Open > 0 {
			out = append(out, metric.DueCount{Priority: *row.Priority, Open: b.Open, Warning: b.Warning, Breached: b.Breached})
		}
	}
	return out, err
}
