-- Arguments: again_reach=0 arrived_since=1771282800000 begins=[1772492400000 1772496000000] beyond=1774393200000 from=1772492400000 named_since=1771282800000 reach=604800000 since=1771887600000 until=1772578800000
WITH
people AS (
  SELECT contact, kind, customer, last_queue AS queue, language, last_agent AS agent, termination_result AS result, entries, flow, ivr_ms, to_agent_ms, duration_ms,
    toUnixTimestamp64Milli(started_at) AS began, toUnixTimestamp64Milli(ended_at) AS done
  FROM contacts WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC')
),
(
  SELECT groupUniqArray(subject) FROM (
    SELECT concat(toString(ticket_system), ':', ticket_id) AS subject FROM contacts WHERE ticket_id != '' AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND contact IN (SELECT contact FROM people WHERE began >= {from:Int64} AND began < {until:Int64})
    UNION ALL SELECT subject FROM tickets WHERE time >= fromUnixTimestamp64Milli({named_since:Int64}, 'UTC') AND contact != '' AND ticket != '' AND contact IN (SELECT contact FROM people WHERE began >= {from:Int64} AND began < {until:Int64})
  )
) AS theirs,
(
  SELECT groupUniqArray((contact, system, id)) FROM (
    SELECT contact, toString(ticket_system) AS system, ticket_id AS id FROM contacts WHERE ticket_id != '' AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND concat(toString(ticket_system), ':', ticket_id) IN (SELECT arrayJoin(theirs))
    UNION ALL SELECT contact, toString(system) AS system, ticket AS id FROM (SELECT * FROM tickets WHERE subject IN (SELECT arrayJoin(theirs)) ORDER BY subject, event_id, received_ms, source, epoch, position LIMIT 1 BY subject, event_id) WHERE time >= fromUnixTimestamp64Milli({named_since:Int64}, 'UTC') AND contact != '' AND ticket != ''
  )
) AS links,
linked AS (SELECT link.1 AS contact, link.2 AS system, link.3 AS id FROM (SELECT arrayJoin(links) AS link)),
keyed AS (
  SELECT contact, began, done, ('customer', '', customer) AS key FROM people WHERE customer IN (SELECT customer FROM people WHERE began >= {from:Int64} AND began < {until:Int64} AND customer != '')
  UNION ALL SELECT contact, began, done, ('ticket', system, id) AS key FROM people INNER JOIN linked USING (contact)
),
neighbours AS (
  SELECT contact, max(next <= done + {reach:Int64}) AS further, max(count_before > 0 AND began <= before + {reach:Int64}) AS repeats
  FROM (
    SELECT contact, began, done,
      leadInFrame(began, 1, toInt64(9000000000000)) OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next,
      max(done) OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
      count() OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS count_before
    FROM keyed
  )
  GROUP BY contact
),
calls_by AS (
  SELECT contact, kind = 'inbound' AS inbound, result = 'answered' AS got, began, done, ('customer', customer) AS key, true AS meets_all, false AS unknown FROM people WHERE customer IN (SELECT customer FROM people WHERE began >= {from:Int64} AND began < {until:Int64} AND customer != '')
  UNION ALL SELECT contact, kind = 'inbound' AS inbound, result = 'answered' AS got, began, done, ('number', number) AS key, customer = '' AS meets_all, customer = '' AS unknown
  FROM people INNER JOIN (SELECT contact, caller_number AS number FROM arrivals WHERE time >= fromUnixTimestamp64Milli({arrived_since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND caller_number != '' AND caller_number IN (SELECT caller_number FROM arrivals WHERE time >= fromUnixTimestamp64Milli({arrived_since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND caller_number != '' AND contact IN (SELECT contact FROM people WHERE began >= {from:Int64} AND began < {until:Int64})) LIMIT 1 BY contact) AS a USING (contact)
),
again AS (
  SELECT contact, 1 AS known_caller, max(next > 0 AND next <= done + {again_reach:Int64}) AS recalled,
    max(next_got > 0 AND next_got <= done + {again_reach:Int64}) AS recalled_answered, max(before > 0 AND began <= before + {again_reach:Int64}) AS repeated
  FROM (
    SELECT contact, began, done,
      if(meets_all, minIf(began, inbound) OVER (PARTITION BY key ORDER BY began DESC, contact DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), minIf(began, (inbound) AND unknown) OVER (PARTITION BY key ORDER BY began DESC, contact DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS next,
      if(meets_all, minIf(began, inbound AND got) OVER (PARTITION BY key ORDER BY began DESC, contact DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), minIf(began, (inbound AND got) AND unknown) OVER (PARTITION BY key ORDER BY began DESC, contact DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS next_got,
      if(meets_all, maxIf(done, 1) OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), maxIf(done, (1) AND unknown) OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS before
    FROM calls_by
  )
  GROUP BY contact
),
counted AS (
  SELECT roundDown(began, {begins:Array(Int64)}) AS bucket, queue, language, agent, result, entries, flow, ivr_ms, to_agent_ms, duration_ms, disposition, customer,
    notEmpty(customer) OR contact IN (SELECT contact FROM linked) AS identified, ifNull(repeats, 0) AS repeat,
    known_caller, kind = 'inbound' AND known_caller AS calls, recalled, recalled_answered, repeated
  FROM people LEFT JOIN neighbours USING (contact)
  LEFT JOIN again USING (contact)
  LEFT JOIN (SELECT contact, argMax(toString(code), sequence) AS disposition FROM dispositions WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') GROUP BY contact) AS d USING (contact)
  WHERE began >= {from:Int64} AND began < {until:Int64}
)
SELECT
    toUInt64(grouping(bucket, customer, disposition)) AS level,
    toInt64(bucket) AS bucket_begin,
    toString(customer) AS by_customer,
    toString(disposition) AS by_disposition,
    toInt64(countIf(1)) AS n_contacts,
    toInt64(countIf(result = 'answered')) AS n_answered,
    toInt64(countIf(result = 'contained')) AS n_contained,
    toInt64(countIf(result = 'abandoned')) AS n_abandoned,
    toInt64(countIf(result = 'refused')) AS n_refused,
    toInt64(countIf(result = 'failed')) AS n_failed,
    toInt64(countIf(result = 'abandoned' AND entries = 0)) AS n_abandoned_unqueued,
    toInt64(countIf(flow != '')) AS n_in_flow,
    toInt64(countIf(flow != '' AND result = 'contained')) AS n_contained_in_flow,
    toInt64(countIf(identified)) AS n_identified,
    toInt64(countIf(repeat)) AS n_repeats,
    toInt64(countIf(result = 'abandoned' AND known_caller)) AS n_abandoned_callers,
    toInt64(countIf(result = 'abandoned' AND recalled)) AS n_recalled,
    toInt64(countIf(result = 'abandoned' AND recalled_answered)) AS n_recalled_answered,
    toInt64(countIf(calls)) AS n_callers,
    toInt64(countIf(calls AND repeated)) AS n_repeat_calls,
    toInt64(countIf(to_agent_ms IS NOT NULL)) AS n_to_agent,
    toInt64(sumIf(ivr_ms, flow != '')) AS ivr_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ivr_ms, flow != '') AS ivr_at,
    toInt64(sumIf(ifNull(to_agent_ms, 0), to_agent_ms IS NOT NULL)) AS to_agent_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(to_agent_ms, 0), to_agent_ms IS NOT NULL) AS to_agent_at,
    toInt64(sumIf(duration_ms, 1)) AS duration_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(duration_ms, 1) AS duration_at
FROM counted
GROUP BY GROUPING SETS ((bucket, customer, disposition), ())
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
