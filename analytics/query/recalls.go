package query

import (
	"time"

	"firstline/analytics/metric"
)

// bindHours sets the reach of calls that come again, and how early a contact may have arrived that can matter.
func (s *statement) bindHours(p metric.ContactParams) {
	hours, days := time.Duration(p.Hours)*time.Hour, time.Duration(p.Days)*24*time.Hour
	since := p.From.Add(-max(hours, days))
	s.bind("again_reach", hours.Milliseconds())
	s.bindTime("since", since)
	s.bindTime("arrived_since", since.Add(-metric.LookBack))
}

// callsAgain are common tables over people: the calls of each caller, by customer and by number, and of each contact whether he called
// again within reach, was answered then, and had called before. By number, who is a known customer meets only calls of unknown ones:
// two customers behind one number are two callers. Only callers are looked through that have a call for which the condition mine holds.
func callsAgain(mine string) string {
	const (
		earlier = " OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
		later   = " OVER (PARTITION BY key ORDER BY began DESC, contact DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)" // a frame that only grows
	)
	met := func(aggregate, column, condition, over string) string {
		return "if(meets_all, " + aggregate + "(" + column + ", " + condition + ")" + over + ", " + aggregate + "(" + column + ", (" + condition + ") AND unknown)" + over + ")"
	}
	const call = "contact, kind = 'inbound' AS inbound, result = 'answered' AS got, began, done"
	numbers := "FROM arrivals WHERE time >= " + instant("arrived_since") + " AND time < " + instant("beyond") + " AND caller_number != ''"
	theirs := "(SELECT caller_number " + numbers + " AND contact IN (SELECT contact FROM people WHERE " + mine + "))"
	return lines(
		"calls_by AS (",
		"  SELECT "+call+", ('customer', customer) AS key, true AS meets_all, false AS unknown FROM people WHERE "+customersOf(mine),
		"  UNION ALL SELECT "+call+", ('number', number) AS key, customer = '' AS meets_all, customer = '' AS unknown",
		"  FROM people INNER JOIN (SELECT contact, caller_number AS number "+numbers+" AND caller_number IN "+theirs+" LIMIT 1 BY contact) AS a USING (contact)",
		"),",
		"again AS (",
		"  SELECT contact, 1 AS known_caller, max(next > 0 AND next <= done + {again_reach:Int64}) AS recalled,",
		"    max(next_got > 0 AND next_got <= done + {again_reach:Int64}) AS recalled_answered, max(before > 0 AND began <= before + {again_reach:Int64}) AS repeated",
		"  FROM (",
		"    SELECT contact, began, done,",
		"      "+met("minIf", "began", "inbound", later)+" AS next,",
		"      "+met("minIf", "began", "inbound AND got", later)+" AS next_got,",
		"      "+met("maxIf", "done", "1", earlier)+" AS before",
		"    FROM calls_by",
		"  )",
		"  GROUP BY contact",
		"),",
	)
}
