-- Arguments: begins=[1772492400000 1772496000000] from=1772492400000 queues=[support] reach=604800000 since=1771887600000 until=1772578800000 watermark=1772578800000
WITH
linked AS (
  SELECT DISTINCT contact, system, id FROM (
    SELECT contact, toString(ticket_system) AS system, ticket_id AS id FROM contacts WHERE ticket_id != '' AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    UNION ALL SELECT contact, toString(system) AS system, ticket AS id FROM tickets_once WHERE contact != '' AND ticket != ''
  )
),
people AS (
  SELECT contact, customer, last_queue AS queue, language, last_agent AS agent, termination_result AS result, entries, flow, ivr_ms, to_agent_ms, duration_ms,
    toUnixTimestamp64Milli(started_at) AS began, toUnixTimestamp64Milli(ended_at) AS done
  FROM contacts WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
),
keyed AS (
  SELECT contact, began, done, ('customer', '', customer) AS key FROM people WHERE customer != ''
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
asked AS (
  SELECT contact, customer, queue, language, agent, result, began, done FROM people
  WHERE began >= {from:Int64} AND began < {until:Int64} AND queue IN {queues:Array(String)}
),
events_once AS (
  SELECT toString(system) AS system, ticket AS id, type, toUnixTimestamp64Milli(time) AS at FROM tickets_once
),
pairs AS (
  SELECT contact, system, id, queue, language, agent, began,
    countIf(type = 'ticket.first_reply' AND at >= began) > 0 AS replied, minIf(at, type = 'ticket.first_reply' AND at >= began) AS reply_at,
    countIf(type = 'ticket.resolved' AND at >= began) > 0 AS resolved, minIf(at, type = 'ticket.resolved' AND at >= began) AS first_resolved_at,
    maxIf(at, type = 'ticket.resolved' AND at >= began) AS last_resolved_at, maxIf(at, type = 'ticket.reopened' AND at >= began) AS reopened_at
  FROM (SELECT contact, system, id, queue, language, agent, began FROM asked INNER JOIN linked USING (contact)) AS p
  LEFT JOIN events_once USING (system, id)
  GROUP BY contact, system, id, queue, language, agent, began
),
counted AS (
  SELECT roundDown(began, {begins:Array(Int64)}) AS bucket, queue, language, agent, began, 1 AS pair, replied, reply_at, resolved, first_resolved_at, last_resolved_at,
    resolved AND reopened_at >= first_resolved_at AS reopened, resolved AND (reopened_at < first_resolved_at OR reopened_at <= last_resolved_at) AS fully,
    0 AS decided, 0 AS undecided, 0 AS further
  FROM pairs
  UNION ALL
  SELECT roundDown(began, {begins:Array(Int64)}) AS bucket, queue, language, agent, began, 0 AS pair, 0 AS replied, toInt64(0) AS reply_at, 0 AS resolved, toInt64(0) AS first_resolved_at, toInt64(0) AS last_resolved_at,
    0 AS reopened, 0 AS fully,
    due AND done + {reach:Int64} <= {watermark:Int64} AS decided, due AND done + {reach:Int64} > {watermark:Int64} AS undecided, ifNull(further_contact, 0) AS further
  FROM (
    SELECT a.*, result = 'answered' AND (notEmpty(customer) OR contact IN (SELECT contact FROM linked)) AS due, n.further AS further_contact
    FROM asked AS a LEFT JOIN neighbours AS n USING (contact)
  )
)
SELECT
    toUInt64(grouping(bucket, agent)) AS level,
    toInt64(bucket) AS bucket_begin,
    toString(agent) AS by_agent,
    toInt64(countIf(pair)) AS n_linked,
    toInt64(countIf(replied)) AS n_replied,
    toInt64(countIf(resolved)) AS n_resolved,
    toInt64(countIf(fully)) AS n_fully_resolved,
    toInt64(countIf(reopened)) AS n_reopened,
    toInt64(countIf(decided)) AS n_first_contact_eligible,
    toInt64(countIf(decided AND NOT further)) AS n_first_contact_resolved,
    toInt64(countIf(undecided)) AS n_undecided,
    toInt64(sumIf(reply_at - began, replied)) AS first_reply_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(reply_at - began, replied) AS first_reply_at,
    toInt64(sumIf(first_resolved_at - began, resolved)) AS first_resolution_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(first_resolved_at - began, resolved) AS first_resolution_at,
    toInt64(sumIf(last_resolved_at - began, fully)) AS full_resolution_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(last_resolved_at - began, fully) AS full_resolution_at
FROM counted
GROUP BY GROUPING SETS ((bucket, agent), ())
SETTINGS max_execution_time = 30, max_result_rows = 100000, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
