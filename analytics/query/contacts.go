package query

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
)

// Contacts answers metrics/contacts. The error of a bad request is *Invalid.
func (r *Reader) Contacts(ctx context.Context, req ContactRequest) (metric.ContactReport, error) {
	p, err := req.Params()
	if err != nil {
		return metric.ContactReport{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, contactFacts)
	if err != nil {
		return metric.ContactReport{}, err
	}
	s, err := contactStatement(p)
	if err != nil {
		return metric.ContactReport{}, err
	}
	tallies, total, err := grouped(ctx, r, s, p.Window, contactColumns(p.GroupBy), (*contactRow).tally)
	if err != nil {
		return metric.ContactReport{}, err
	}
	return metric.NewContactReport(p, tallies, total, fresh)
}

// keyed is a row of a statement with grouping sets.
type keyed interface {
	cells() *groupCells
}

// grouped runs a statement with grouping sets: the tally of every group, and that of the whole window.
func grouped[T any, R interface {
	*T
	keyed
}, Tally any](ctx context.Context, r *Reader, s statement, w metric.Window, columns []column[T], tally func(*T) Tally) (map[metric.Key]Tally, Tally, error) {
	var total Tally
	tallies := map[metric.Key]Tally{}
	index, err := bucketIndex(w)
	if err != nil {
		return nil, total, err
	}
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var row T
		if err := rows.Scan(destinations(columns, &row)...); err != nil {
			return err
		}
		if cells := R(&row).cells(); cells.level != 0 {
			total = tally(&row)
		} else {
			tallies[cells.key(index)] = tally(&row)
		}
		return nil
	})
	return tallies, total, err
}

type contactRow struct {
	groupCells
	counts                 metric.ContactTally
	toAgents               int64
	ivr, toAgent, duration spread
}

func (r *contactRow) tally() metric.ContactTally {
	t := r.counts
	t.IVR, t.ToAgent, t.Duration = r.ivr.durations(t.InFlow), r.toAgent.durations(r.toAgents), r.duration.durations(t.Contacts)
	return t
}

func contactColumns(splits []metric.Dimension) []column[contactRow] {
	out := groupColumns(splits, func(r *contactRow) *groupCells { return &r.groupCells })
	for _, c := range contactCounts() {
		out = append(out, column[contactRow]{"n_" + c.name, countIf(c.condition), func(r *contactRow) any { return c.dest(&r.counts) }})
	}
	out = append(out, column[contactRow]{"n_to_agent", countIf("to_agent_ms IS NOT NULL"), func(r *contactRow) any { return &r.toAgents }})
	for _, s := range contactSpreads() {
		out = append(out, spreadColumns(s.name, s.value, s.condition, s.of)...)
	}
	return out
}

// contactCount counts contacts for which a condition holds.
type contactCount struct {
	name, condition string
	number          bool // the report has it by that name; else it stands in shares
	dest            func(*metric.ContactTally) *int64
}

func contactCounts() []contactCount {
	return []contactCount{
		{"contacts", "1", true, func(t *metric.ContactTally) *int64 { return &t.Contacts }},
		{"answered", "result = 'answered'", true, func(t *metric.ContactTally) *int64 { return &t.Answered }},
		{"contained", "result = 'contained'", true, func(t *metric.ContactTally) *int64 { return &t.Contained }},
		{"abandoned", "result = 'abandoned'", true, func(t *metric.ContactTally) *int64 { return &t.Abandoned }},
		{"refused", "result = 'refused'", true, func(t *metric.ContactTally) *int64 { return &t.Refused }},
		{"failed", "result = 'failed'", true, func(t *metric.ContactTally) *int64 { return &t.Failed }},
		{"abandoned_unqueued", "result = 'abandoned' AND entries = 0", true, func(t *metric.ContactTally) *int64 { return &t.AbandonedUnqueued }},
		{"in_flow", "flow != ''", true, func(t *metric.ContactTally) *int64 { return &t.InFlow }},
		{"contained_in_flow", "flow != '' AND result = 'contained'", false, func(t *metric.ContactTally) *int64 { return &t.ContainedInFlow }},
		{"identified", "identified", true, func(t *metric.ContactTally) *int64 { return &t.Identified }},
		{"repeats", "repeat", false, func(t *metric.ContactTally) *int64 { return &t.Repeats }},
		{"abandoned_callers", "result = 'abandoned' AND known_caller", false, func(t *metric.ContactTally) *int64 { return &t.AbandonedCallers }},
		{"recalled", "result = 'abandoned' AND recalled", false, func(t *metric.ContactTally) *int64 { return &t.Recalled }},
		{"recalled_answered", "result = 'abandoned' AND recalled_answered", false, func(t *metric.ContactTally) *int64 { return &t.RecalledAnswered }},
		{"callers", "calls", false, func(t *metric.ContactTally) *int64 { return &t.Callers }},
		{"repeat_calls", "calls AND repeated", false, func(t *metric.ContactTally) *int64 { return &t.RepeatCalls }},
	}
}

// contactSpread is a set of durations of contacts.
type contactSpread struct {
	number, name, value, condition string // number: its name in the report
	of                             func(*contactRow) *spread
}

func contactSpreads() []contactSpread {
	return []contactSpread{
		{"ivr", "ivr", "ivr_ms", "flow != ''", func(r *contactRow) *spread { return &r.ivr }},
		{"arrival_to_agent", "to_agent", "ifNull(to_agent_ms, 0)", "to_agent_ms IS NOT NULL", func(r *contactRow) *spread { return &r.toAgent }},
		{"duration", "duration", "duration_ms", "1", func(r *contactRow) *spread { return &r.duration }},
	}
}

func contactStatement(p metric.ContactParams) (statement, error) {
	s, err := contactTables(p, false)
	s.text = lines(s.text, "SELECT\n"+selectList(contactColumns(p.GroupBy)), "FROM counted", groupingSets(p.GroupBy))
	return s, err
}

// contactTables are the common tables of a contact report, the last one a row for each contact.
func contactTables(p metric.ContactParams, listed bool) (statement, error) {
	s := newStatement("contacts")
	if err := s.bindWindow(p.Window, false); err != nil {
		return s, err
	}
	s.bindDays(p.Window, p.Days)
	s.bindHours(p)
	said := slices.Contains(p.GroupBy, metric.ByDisposition)
	mine := fmt.Sprintf(inWindow, "began") + s.lastQueues(p.Queues)
	s.text = lines(
		"WITH",
		neighbours(mine),
		callsAgain(mine),
		"counted AS (",
		"  SELECT "+fmt.Sprintf(bucketOf, "began")+" AS bucket, queue, language, agent, result, entries, flow, ivr_ms, to_agent_ms, duration_ms,"+when(said, " disposition,")+when(slices.Contains(p.GroupBy, metric.ByCustomer), " customer,")+when(listed, " contact, began, done,"),
		"    notEmpty(customer) OR contact IN (SELECT contact FROM linked) AS identified, ifNull(repeats, 0) AS repeat,",
		"    known_caller, kind = 'inbound' AND known_caller AS calls, recalled, recalled_answered, repeated",
		"  FROM people LEFT JOIN neighbours USING (contact)",
		"  LEFT JOIN again USING (contact)",
		when(said, "  LEFT JOIN (SELECT contact, argMax(toString(code), sequence) AS disposition FROM dispositions WHERE time >= "+instant("from")+" GROUP BY contact) AS d USING (contact)"),
		"  WHERE "+mine,
		")",
	)
	return s, nil
}

// lastQueues narrows to contacts whose last queue is one of these.
func (s *statement) lastQueues(queues []string) string {
	if queues == nil {
		return ""
	}
	s.bind("queues", append([]string{}, queues...))
	return " AND queue IN {queues:Array(String)}"
}

// bindDays sets the reach of repeats, and the earliest end of a contact that can still matter.
func (s *statement) bindDays(w metric.Window, days int) {
	reach := time.Duration(days) * 24 * time.Hour
	s.bind("reach", reach.Milliseconds())
	s.bindTime("since", w.From.Add(-reach))
	s.bindTime("named_since", w.From.Add(-reach-metric.LookBack)) // what names a contact is told after its arrival
	s.bindTime("beyond", w.Beyond().Add(reach+metric.LookBack))   // the next contact begins within reach, and then has its end
}

// customersOf is the condition on people that they are customers with a contact for which the condition mine holds.
func customersOf(mine string) string {
	return "customer IN (SELECT customer FROM people WHERE " + mine + " AND customer != '')"
}

// neighbours are common tables: linked (the tickets of each contact), people (the ended contacts of customers), and of
// each contact whether another one, by the same customer or about the same ticket, precedes or follows it within reach.
// Within one key, contacts stand by arrival: the nearest later arrival and the latest earlier end decide. Only keys are looked through that
// contacts have for which the condition mine holds.
func neighbours(mine string) string {
	customers := customersOf(mine)
	mine = "contact IN (SELECT contact FROM people WHERE " + mine + ")"
	named := "time >= " + instant("named_since") + " AND contact != '' AND ticket != ''"
	return lines(
		"people AS (",
		"  SELECT contact, kind, customer, last_queue AS queue, language, last_agent AS agent, termination_result AS result, entries, flow, ivr_ms, to_agent_ms, duration_ms,",
		"    "+ms("started_at")+" AS began, "+ms("ended_at")+" AS done",
		"  FROM contacts WHERE "+customerKinds+" AND "+inReach,
		"),",
		// Lists, not common tables: those would be computed anew wherever they are read.
		"(",
		"  SELECT groupUniqArray(subject) FROM (",
		"    SELECT concat(toString(ticket_system), ':', ticket_id) AS subject FROM contacts WHERE ticket_id != '' AND "+inReach+" AND "+mine,
		"    UNION ALL SELECT subject FROM tickets WHERE "+named+" AND "+mine,
		"  )",
		") AS theirs,",
		"(",
		"  SELECT groupUniqArray((contact, system, id)) FROM (",
		"    SELECT contact, toString(ticket_system) AS system, ticket_id AS id FROM contacts WHERE ticket_id != '' AND "+inReach+" AND concat(toString(ticket_system), ':', ticket_id) IN (SELECT arrayJoin(theirs))",
		"    UNION ALL SELECT contact, toString(system) AS system, ticket AS id FROM "+ticketsOnce("(SELECT arrayJoin(theirs))")+" WHERE "+named,
		"  )",
		") AS links,",
		"linked AS (SELECT link.1 AS contact, link.2 AS system, link.3 AS id FROM (SELECT arrayJoin(links) AS link)),",
		"keyed AS (",
		"  SELECT contact, began, done, ('customer', '', customer) AS key FROM people WHERE "+customers,
		"  UNION ALL SELECT contact, began, done, ('ticket', system, id) AS key FROM people INNER JOIN linked USING (contact)",
		"),",
		"neighbours AS (",
		"  SELECT contact, max(next <= done + {reach:Int64}) AS further, max(count_before > 0 AND began <= before + {reach:Int64}) AS repeats",
		"  FROM (",
		"    SELECT contact, began, done,",
		"      leadInFrame(began, 1, toInt64(9000000000000)) OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next,",
		"      max(done) OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,",
		"      count() OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS count_before",
		"    FROM keyed",
		"  )",
		"  GROUP BY contact",
		"),",
	)
}
