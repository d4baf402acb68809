package query

import (
	"context"
	"fmt"
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

// businessList computes them of a pair; a contact without a ticket has none.
func businessList() string {
	var list []string
	for _, b := range businessColumns() {
		list = append(list, "    "+businessBetween(frozenNumber(b.schedule), "began", b.until, b.condition)+" AS "+b.name+"_frozen",
			"    "+businessBetween("{schedule_now:Int64}", "began", b.until, b.condition)+" AS "+b.name+"_recomputed")
	}
	return strings.Join(list, ",\n")
}

// ticketStatement builds the statement of a ticket report: a row for each pair of a contact and its ticket (replies and resolutions), and
// one for each contact without a ticket; first-contact resolution counts contacts among them.
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
	mine := fmt.Sprintf(inWindow, "began") + s.lastQueues(p.Queues)
	s.text = lines(
		"WITH",
		neighbours(mine),
		"asked AS (",
		"  SELECT contact, customer, queue, language, agent, result, began, done FROM people",
		"  WHERE "+mine,
		"),",
		ticketStretches(ticketsOnce("(SELECT arrayJoin(theirs))"), false),
		ticketClocks(),
		ticketPairs(listed),
		"counted AS (",
		"  SELECT "+fmt.Sprintf(bucketOf, "began")+" AS bucket, contact, queue, language, agent, began, system, id"+when(listed, ", "+clockNames)+", team, priority, reason, id != '' AS pair, reply, resolution,",
		"    replied, reply_at, resolved, first_resolved_at, last_resolved_at,",
		"    resolved AND reopened_at >= first_resolved_at AS reopened, resolved AND (reopened_at < first_resolved_at OR reopened_at <= last_resolved_at) AS fully,",
		"    result = 'answered' AND (notEmpty(customer) OR pair) AS due,",
		"    due AND done + {reach:Int64} <= {watermark:Int64} AS decided, due AND done + {reach:Int64} > {watermark:Int64} AS undecided, ifNull(n.further, 0) AS further,",
		businessList(),
		"  FROM asked LEFT JOIN pairs USING (contact) LEFT JOIN neighbours AS n USING (contact)",
		")",
	)
	return s, nil
}

// ticketPairs are each asked contact's tickets with what became of them at or after its arrival, and how they stand now. Times are 0
// where there is no such event.
func ticketPairs(listed bool) string {
	const replied, resolved = "event = 'ticket.first_reply' AND at >= began", "event = 'ticket.resolved' AND at >= began"
	now := []string{"team", "priority", "reason", "reply", "resolution"}
	if listed {
		now = append(now, strings.Split(clockNames, ", ")...)
	}
	for i, c := range now {
		now[i] = "anyIf(c." + c + ", is_last) AS " + c
	}
	return lines(
		"pairs AS (",
		"  SELECT contact, system, id, "+strings.Join(now, ", ")+",",
		"    countIf("+replied+") > 0 AS replied, minIf(at, "+replied+") AS reply_at, argMinIf(schedule, "+eventOrder+", "+replied+") AS reply_schedule,",
		"    countIf("+resolved+") > 0 AS resolved, minIf(at, "+resolved+") AS first_resolved_at, argMinIf(schedule, "+eventOrder+", "+resolved+") AS first_schedule,",
		"    maxIf(at, "+resolved+") AS last_resolved_at, argMaxIf(schedule, "+eventOrder+", "+resolved+") AS last_schedule,",
		"    maxIf(at, event = 'ticket.reopened' AND at >= began) AS reopened_at",
		"  FROM (SELECT contact, began, system, id, concat(system, ':', id) AS subject FROM asked INNER JOIN linked USING (contact)) AS p",
		"  LEFT JOIN (",
		"    SELECT subject, event, at, schedule, "+strings.Trim(eventOrder, "()")+", team, priority, reason, next_at = "+never+" AS is_last,",
		"      "+replyState("{now:Int64}")+" AS reply, "+resolutionState("until_at")+" AS resolution"+when(listed, clockColumns("{now:Int64}", "until_at")),
		"    FROM clocks",
		"  ) AS c USING (subject)",
		"  GROUP BY contact, system, id",
		"),",
	)
}
