package query

import (
	"context"
	"fmt"
	"strings"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// IVR answers metrics/ivr. The error of a bad request is *Invalid.
func (r *Reader) IVR(ctx context.Context, req IVRRequest) (metric.IVRReport, error) {
	p, err := req.Params()
	if err != nil {
		return metric.IVRReport{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, contactFacts)
	if err != nil {
		return metric.IVRReport{}, err
	}
	s, err := ivrStatement(p)
	if err != nil {
		return metric.IVRReport{}, err
	}
	tallies, total, err := grouped(ctx, r, s, p.Window, ivrColumns(p.GroupBy), (*ivrRow).tally)
	if err != nil {
		return metric.IVRReport{}, err
	}
	return metric.NewIVRReport(p, tallies, total, fresh)
}

type ivrRow struct {
	groupCells
	visits, contacts, ended int64
	choices                 map[string]uint64 // by key and target, joined by choiceMark
	inputs, ends            map[string]uint64
	time                    spread
}

// choiceMark stands between a key and its target in the statement: no key holds it.
const choiceMark = ">"

func (r *ivrRow) tally() metric.IVRTally {
	t := metric.IVRTally{
		Visits: r.visits, Contacts: r.contacts, Choices: map[metric.Choice]int64{}, Inputs: signed(r.inputs), Ends: signed(r.ends),
		Time: r.time.durations(r.ended),
	}
	for choice, n := range signed(r.choices) {
		key, target, _ := strings.Cut(choice, choiceMark)
		t.Choices[metric.Choice{Key: key, Target: target}] += n
	}
	return t
}

// signed are counts of rows.
func signed(counts map[string]uint64) map[string]int64 {
	out := make(map[string]int64, len(counts))
	for k, n := range counts {
		out[k] = int64(n) //nolint:gosec // a count of rows
	}
	return out
}

func ivrColumns(splits []metric.Dimension) []column[ivrRow] {
	out := groupColumns(splits, func(r *ivrRow) *groupCells { return &r.groupCells })
	out = append(out,
		column[ivrRow]{"n_visits", "toInt64(count())", func(r *ivrRow) any { return &r.visits }},
		column[ivrRow]{"n_contacts", "toInt64(uniqExact(contact))", func(r *ivrRow) any { return &r.contacts }},
		column[ivrRow]{"n_ended", countIf("is_ended"), func(r *ivrRow) any { return &r.ended }},
		column[ivrRow]{"n_choices", "sumMap(choices)", func(r *ivrRow) any { return &r.choices }},
		column[ivrRow]{"n_inputs", "sumMap(inputs)", func(r *ivrRow) any { return &r.inputs }},
		column[ivrRow]{"n_ends", "sumMap(map(how, toUInt64(1)))", func(r *ivrRow) any { return &r.ends }},
	)
	return append(out, spreadColumns("stay", "done - began", "is_ended", func(r *ivrRow) *spread { return &r.time })...)
}

// ivrStatement builds the statement of a report about menus. Its common tables, in order: the steps of each contact, the
// number of the visit to which each belongs (what comes before the first visit of the window has number 0), and the
// visits with their ends.
func ivrStatement(p metric.IVRParams) (statement, error) {
	s, err := ivrTables(p, false)
	s.text = lines(s.text, "SELECT\n"+selectList(ivrColumns(p.GroupBy)), "FROM visits", groupingSets(p.GroupBy))
	return s, err
}

// ivrTables are its common tables, listed with the number of each visit.
func ivrTables(p metric.IVRParams, listed bool) (statement, error) {
	s := newStatement("ivr")
	if err := s.bindWindow(p.Window, false); err != nil {
		return s, err
	}
	s.bindTime("since", p.From.Add(-metric.LookBack))
	s.bindTime("beyond", p.Beyond())
	flows := ""
	if p.Flows != nil {
		s.bind("flows", append([]string{}, p.Flows...))
		flows = " AND flow IN {flows:Array(String)}"
	}
	within := "time >= " + instant("from") + " AND time < " + instant("beyond")
	if p.Queues != nil {
		s.bind("queues", append([]string{}, p.Queues...))
		within += " AND contact IN (SELECT contact FROM entries_opened WHERE queue IN {queues:Array(String)} AND time >= " + instant("since") + " AND time < " + instant("beyond") + ")"
	}
	s.text = lines(
		"WITH",
		ivrLeaves(within),
		"steps AS (",
		"  SELECT contact, sequence, "+ms("time")+" AS at, toString(type) AS type, toString(flow) AS flow, toString(node) AS node,",
		"    concat(toString(key), '"+choiceMark+"', toString(target)) AS choice, toString(kind) AS input, derived, '' AS outcome",
		"  FROM ivr_steps WHERE type IN ('"+string(fact.TypeIVREntered)+"', '"+string(fact.TypeIVRChoice)+"', '"+string(fact.TypeIVRInput)+"') AND "+within,
		"  UNION ALL SELECT contact, sequence, at, '"+string(fact.TypeIVRLeft)+"' AS type, '' AS flow, '' AS node, '' AS choice, '' AS input, false AS derived, outcome FROM leaves",
		"),",
		"numbered AS (",
		"  SELECT *, countIf(type = 'ivr.entered') OVER (PARTITION BY contact ORDER BY sequence ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS number FROM steps",
		"),",
		"stays AS (",
		"  SELECT contact, number, anyIf(flow, type = 'ivr.entered') AS flow, anyIf(node, type = 'ivr.entered') AS node, minIf(at, type = 'ivr.entered') AS began,",
		"    argMinIf(outcome, sequence, type = 'ivr.left') AS outcome, minIf(at, type = 'ivr.left') AS left_at,",
		"    sumMapIf(map(choice, toUInt64(1)), type = 'ivr.choice') AS choices, sumMapIf(map(input, toUInt64(1)), type = 'ivr.input' AND NOT derived) AS inputs",
		"  FROM numbered WHERE number > 0 GROUP BY contact, number",
		"),",
		"visits AS (",
		"  SELECT contact, "+when(listed, "number, ")+"flow, node, began, choices, inputs, if(outcome != '', left_at, next) AS done, outcome != '' OR next > 0 AS is_ended,",
		"    multiIf(outcome != '', outcome, next > 0, '"+metric.VisitWentOn+"', '"+metric.VisitStillIn+"') AS how, "+fmt.Sprintf(bucketOf, "began")+" AS bucket",
		"  FROM (",
		"    SELECT *, leadInFrame(began, 1, toInt64(0)) OVER (PARTITION BY contact ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next FROM stays",
		"  )",
		"  WHERE began < {until:Int64}"+flows,
		")",
	)
	return s, nil
}

// ivrLeaves are the ends of the stays in menus. Served callers are told apart by what they were served with.
func ivrLeaves(within string) string {
	during := func(list string) string {
		return "arrayExists(x -> x >= " + ms("entered_at") + " AND x <= " + ms("left_at") + ", " + list + ")"
	}
	contained := string(fact.IVRContained)
	return lines(
		"leaves AS (",
		"  SELECT contact, sequence, "+ms("time")+" AS at, multiIf(outcome != '"+contained+"', toString(outcome), "+during("promised")+", '"+metric.VisitCallback+"', "+
			during("recorded")+", '"+metric.VisitVoicemail+"', '"+contained+"') AS outcome",
		"  FROM (SELECT contact, sequence, time, entered_at, left_at, outcome FROM ivr_visits WHERE "+within+") AS v",
		"  LEFT JOIN (SELECT origin AS contact, groupArray("+ms("time")+") AS promised FROM callbacks_opened WHERE time >= "+instant("since")+" AND time < "+instant("beyond")+" GROUP BY origin) AS p USING (contact)",
		"  LEFT JOIN (SELECT contact, groupArray("+ms("time")+") AS recorded FROM recordings_opened WHERE cause = '"+string(fact.RecordVoicemail)+"' AND time >= "+instant("since")+" AND time < "+instant("beyond")+" GROUP BY contact) AS r USING (contact)",
		"),",
	)
}
