package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"firstline/analytics/metric"
)

// Tickets answers metrics/tickets. The error of a bad request is *Invalid.
func (r *Reader) Tickets(ctx context.Context, req TicketRequest) (metric.TicketReport, error) {
	p, err := req.TicketParams(r.now())
	if err != nil {
		return metric.TicketReport{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, ticketFacts)
	if err != nil {
		return metric.TicketReport{}, err
	}
	hours, err := r.businessHours(ctx, p)
	if err != nil {
		return metric.TicketReport{}, err
	}
	clock, err := r.clock(ctx, p.SLA, p.Now)
	if err != nil {
		return metric.TicketReport{}, err
	}
	s, err := ticketStatement(p, hours, clock, fresh)
	if err != nil {
		return metric.TicketReport{}, err
	}
	tallies, total, err := grouped(ctx, r, s, p.Window, ticketColumns(p.GroupBy), (*ticketRow).tally)
	if err != nil {
		return metric.TicketReport{}, err
	}
	return metric.NewTicketReport(p, tallies, total, fresh)
}

type ticketRow struct {
	groupCells
	counts                           metric.TicketTally
	reply, resolution, fullyResolved spread
	business                         [3]struct{ frozen, recomputed counted } // in the order of businessColumns
}

// counted is a spread that has its own count.
type counted struct {
	n int64
	spread
}

func (c counted) durations() metric.Durations { return c.spread.durations(c.n) }

func (r *ticketRow) tally() metric.TicketTally {
	t := r.counts
	t.FirstReply, t.FirstResolution = r.reply.durations(t.Replied), r.resolution.durations(t.Resolved)
	t.FullResolution = r.fullyResolved.durations(t.FullyResolved)
	for i, d := range []*metric.BusinessDurations{&t.Business.FirstReply, &t.Business.FirstResolution, &t.Business.FullResolution} {
		d.Frozen, d.Recomputed = r.business[i].frozen.durations(), r.business[i].recomputed.durations()
	}
	return t
}

// businessColumns are the durations in business hours: of each its name, the event that ends it, and when there is one.
func businessColumns() [3]struct{ name, until, schedule, condition string } {
	return [3]struct{ name, until, schedule, condition string }{
		{"reply", "reply_at", "reply_schedule", "replied"},
		{"first", "first_resolved_at", "first_schedule", "resolved"},
		{"full", "last_resolved_at", "last_schedule", "fully"},
	}
}

func ticketColumns(splits []metric.Dimension) []column[ticketRow] {
	out := groupColumns(splits, func(r *ticketRow) *groupCells { return &r.groupCells })
	for _, c := range ticketCounts() {
		out = append(out, column[ticketRow]{"n_" + c.name, countIf(c.condition), func(r *ticketRow) any { return c.dest(&r.counts) }})
	}
	for _, c := range ticketContactCounts() {
		out = append(out, column[ticketRow]{"n_" + c.name, "toInt64(uniqExactIf(contact, " + c.condition + "))", func(r *ticketRow) any { return c.dest(&r.counts) }})
	}
	for _, s := range ticketSpreads() {
		out = append(out, spreadColumns(s.name, s.value, s.condition, s.of)...)
	}
	for i, b := range businessColumns() {
		out = append(out, countedColumns(b.name+"_frozen", b.name+"_frozen", "1", func(r *ticketRow) *counted { return &r.business[i].frozen })...)
		out = append(out, countedColumns(b.name+"_recomputed", b.name+"_recomputed", "1", func(r *ticketRow) *counted { return &r.business[i].recomputed })...)
	}
	return out
}

// ticketCount counts rows for which a condition holds, ticketSpread is a set of their durations.
type (
	ticketCount struct {
		name, condition string
		dest            func(*metric.TicketTally) *int64
	}
	ticketSpread struct {
		name, value, condition string
		of                     func(*ticketRow) *spread
	}
)

func ticketCounts() []ticketCount {
	return []ticketCount{
		{"linked", "pair", func(t *metric.TicketTally) *int64 { return &t.Linked }},
		{"replied", "replied", func(t *metric.TicketTally) *int64 { return &t.Replied }},
		{"resolved", "resolved", func(t *metric.TicketTally) *int64 { return &t.Resolved }},
		{"fully_resolved", "fully", func(t *metric.TicketTally) *int64 { return &t.FullyResolved }},
		{"reopened", "reopened", func(t *metric.TicketTally) *int64 { return &t.Reopened }},
		{"reply_met", "reply = 'met'", func(t *metric.TicketTally) *int64 { return &t.Targets.FirstReplyMet }},
		{"reply_due", "reply IN ('met', 'breached')", func(t *metric.TicketTally) *int64 { return &t.Targets.FirstReplyDue }},
		{"resolution_met", "resolution = 'met'", func(t *metric.TicketTally) *int64 { return &t.Targets.ResolutionMet }},
		{"resolution_due", "resolution IN ('met', 'breached')", func(t *metric.TicketTally) *int64 { return &t.Targets.ResolutionDue }},
	}
}

// ticketContactCounts are those of contacts, which stand in the row of each of their tickets.
func ticketContactCounts() []ticketCount {
	return []ticketCount{
		{"first_contact_eligible", "decided", func(t *metric.TicketTally) *int64 { return &t.FirstContactEligible }},
		{"first_contact_resolved", "decided AND NOT further", func(t *metric.TicketTally) *int64 { return &t.FirstContactResolved }},
		{"undecided", "undecided", func(t *metric.TicketTally) *int64 { return &t.Undecided }},
	}
}

func ticketSpreads() []ticketSpread {
	return []ticketSpread{
		{"first_reply", "reply_at - began", "replied", func(r *ticketRow) *spread { return &r.reply }},
		{"first_resolution", "first_resolved_at - began", "resolved", func(r *ticketRow) *spread { return &r.resolution }},
		{"full_resolution", "last_resolved_at - began", "fully", func(r *ticketRow) *spread { return &r.fullyResolved }},
	}
}

// countedColumns describe a value over the rows where condition holds and it is not NULL.
func countedColumns[T any](name, value, condition string, dest func(*T) *counted) []column[T] {
	condition = when(condition != "1", condition+" AND ") + value + " IS NOT NULL"
	out := []column[T]{{"n_" + name, countIf(condition), func(r *T) any { return &dest(r).n }}}
	return append(out, spreadColumns(name, "ifNull("+value+", 0)", condition, func(r *T) *spread { return &dest(r).spread })...)
}

// businessList computes them of a pair, or has none of a contact.
func businessList(none bool) string {
	var list []string
	for _, b := range businessColumns() {
		frozen, recomputed := "CAST(NULL, 'Nullable(Int64)')", "CAST(NULL, 'Nullable(Int64)')"
		if !none {
			frozen = businessBetween(frozenNumber(b.schedule), "began", b.until, b.condition)
			recomputed = businessBetween("{schedule_now:Int64}", "began", b.until, b.condition)
		}
		list = append(list, "    "+frozen+" AS "+b.name+"_frozen", "    "+recomputed+" AS "+b.name+"_recomputed")
	}
	return strings.Join(list, ",\n")
}

// ticketStatement builds the statement of a ticket report: one row for each contact (first-contact resolution) and one
// for each pair of a contact and its ticket (replies and resolutions), counted in one pass.
func ticketStatement(p metric.TicketParams, hours businessHours, clock metric.Clock, fresh metric.Freshness) (statement, error) {
	s, err := ticketTables(p, hours, clock, fresh, false)
	s.text = lines(s.text, "SELECT\n"+selectList(ticketColumns(p.GroupBy)), "FROM counted", groupingSets(p.GroupBy))
	return s, err
}

// ticketTables are its common tables, listed with what each row is about.
func ticketTables(p metric.TicketParams, hours businessHours, clock metric.Clock, fresh metric.Freshness, listed bool) (statement, error) {
	s := newStatement("tickets")
	if err := s.bindWindow(p.Window, false); err != nil {
		return s, err
	}
	s.bindDays(p.Window, p.Days)
	s.bindTime("now", p.Now)
	s.bindSLA(p.SLA.Targets, clock)
	s.bindBusinessHours(hours)
	s.bind("schedule_now", hours.now)
	s.bind("watermark", int64(0))
	if fresh.Watermark != nil {
		s.bindTime("watermark", *fresh.Watermark)
	}
	clocks, noClocks := when(listed, ", "+clockNames), when(listed, ", '' AS reply_priority, toInt64(0) AS reply_used, '' AS resolution_priority, toInt64(0) AS resolution_used")
	bucket := fmt.Sprintf(bucketOf, "began") + " AS bucket, contact, queue, language, agent, began"
	ofTickets, dimensions := "", "'' AS team, '' AS priority, '' AS reason"
	if slices.ContainsFunc(p.GroupBy, func(d metric.Dimension) bool {
		return d == metric.ByTeam || d == metric.ByPriority || d == metric.ByReason
	}) {
		ofTickets, dimensions = "  LEFT JOIN (SELECT DISTINCT contact, team, priority, reason FROM pairs) AS t USING (contact)", "team, priority, reason"
	}
	mine := fmt.Sprintf(inWindow, "began") + s.lastQueues(p.Queues)
	s.text = lines(
		"WITH",
		neighbours(mine),
		"asked AS (",
		"  SELECT contact, customer, queue, language, agent, result, began, done FROM people",
		"  WHERE "+mine,
		"),",
		"asked_tickets AS (SELECT DISTINCT concat(system, ':', id) AS subject FROM asked INNER JOIN linked USING (contact)),",
		"told AS (SELECT * FROM "+ticketsOnce("subject IN (SELECT subject FROM asked_tickets)", "1")+"),",
		ticketStretches("told", false),
		ticketClocks(),
		judgedTickets(listed),
		ticketPairs(listed),
		"counted AS (",
		"  SELECT "+bucket+when(listed, ", system, id")+clocks+", team, priority, reason, 1 AS pair, reply, resolution, replied, reply_at, resolved, first_resolved_at, last_resolved_at,",
		"    resolved AND reopened_at >= first_resolved_at AS reopened, resolved AND (reopened_at < first_resolved_at OR reopened_at <= last_resolved_at) AS fully,",
		"    0 AS decided, 0 AS undecided, 0 AS further,",
		businessList(false),
		"  FROM pairs",
		"  UNION ALL",
		"  SELECT "+bucket+when(listed, ", '' AS system, '' AS id")+noClocks+", "+dimensions+", 0 AS pair, '' AS reply, '' AS resolution, 0 AS replied, toInt64(0) AS reply_at, 0 AS resolved, toInt64(0) AS first_resolved_at, toInt64(0) AS last_resolved_at,",
		"    0 AS reopened, 0 AS fully,",
		"    due AND done + {reach:Int64} <= {watermark:Int64} AS decided, due AND done + {reach:Int64} > {watermark:Int64} AS undecided, ifNull(further_contact, 0) AS further,",
		businessList(true),
		"  FROM (",
		"    SELECT a.*, result = 'answered' AND (notEmpty(customer) OR contact IN (SELECT contact FROM linked)) AS due, n.further AS further_contact",
		"    FROM asked AS a LEFT JOIN neighbours AS n USING (contact)",
		"  ) AS d",
		ofTickets,
		")",
	)
	return s, nil
}

// ticketPairs joins each asked contact's tickets with their events at or after its arrival, each event once. Times are 0
// where there is no such event.
func ticketPairs(listed bool) string {
	const replied, resolved = "type = 'ticket.first_reply' AND at >= began", "type = 'ticket.resolved' AND at >= began"
	return lines(
		"events_once AS (",
		"  SELECT toString(system) AS system, ticket AS id, type, "+ms("time")+" AS at, toString(schedule) AS by, "+eventOrder+" AS turn FROM told",
		"),",
		"pairs AS (",
		"  SELECT contact, system, id, queue, language, agent, began, team, priority, reason, reply, resolution,"+when(listed, " "+clockNames+","),
		"    countIf("+replied+") > 0 AS replied, minIf(at, "+replied+") AS reply_at, argMinIf(by, turn, "+replied+") AS reply_schedule,",
		"    countIf("+resolved+") > 0 AS resolved, minIf(at, "+resolved+") AS first_resolved_at, argMinIf(by, turn, "+resolved+") AS first_schedule,",
		"    maxIf(at, "+resolved+") AS last_resolved_at, argMaxIf(by, turn, "+resolved+") AS last_schedule,",
		"    maxIf(at, type = 'ticket.reopened' AND at >= began) AS reopened_at",
		"  FROM (SELECT contact, system, id, queue, language, agent, began, concat(system, ':', id) AS subject FROM asked INNER JOIN linked USING (contact)) AS p",
		"  LEFT JOIN events_once USING (system, id)",
		"  LEFT JOIN judged USING (subject)",
		"  GROUP BY contact, system, id, queue, language, agent, began, team, priority, reason, reply, resolution"+when(listed, ", "+clockNames),
		"),",
	)
}
