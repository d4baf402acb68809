-- Arguments: begins=[1772492400000 1772496000000] edges=[0 1772496000000 1772578800000] from=1772492400000 numbers=[0 1 2] queues=[support] until=1772578800000
WITH
stretches AS (
  SELECT event, at, next_at, opened_at, multiIf(turn = 'ticket.pending', 'pending', turn = 'ticket.resolved', 'resolved', turn = 'ticket.closed', 'closed', 'open') AS state, now_agent AS agent, now_queue AS queue, now_team AS team, now_priority AS priority, now_reason AS reason,
    if(opening > 0, event = 'ticket.opened' AND opened_before = 1, events_before = 1) AS opened,
    event = 'ticket.first_reply' AND at >= opened_at AND countIf(event = 'ticket.first_reply' AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) = 1 AS replied,
    event = 'ticket.resolved' AND at >= opened_at AND countIf(event = 'ticket.resolved' AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) = 1 AS first_resolved,
    event = 'ticket.resolved' AND at >= opened_at AND resolved_after = 0 AND reopened_last <= at AS last_resolved
  FROM (
    SELECT subject, time, received_ms, source, epoch, position, toString(type) AS event, toUnixTimestamp64Milli(time) AS at,
      leadInFrame(toUnixTimestamp64Milli(time), 1, toInt64(9000000000000)) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next_at,
      minIf(toUnixTimestamp64Milli(time), type = 'ticket.opened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS opening, min(toUnixTimestamp64Milli(time)) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS first_at, if(opening > 0, opening, first_at) AS opened_at,
      countIf(type = 'ticket.opened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS opened_before, count() OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS events_before,
      countIf(type = 'ticket.resolved') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS resolved_after, maxIf(toUnixTimestamp64Milli(time), type = 'ticket.reopened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS reopened_last,
      argMaxIf(toString(type), (time, received_ms, source, epoch, position), type IN ('ticket.opened', 'ticket.pending', 'ticket.resumed', 'ticket.resolved', 'ticket.reopened', 'ticket.closed')) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS turn,
      argMaxIf(toString(priority), (time, received_ms, source, epoch, position), priority != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_priority,
      argMaxIf(toString(queue), (time, received_ms, source, epoch, position), queue != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_queue,
      argMaxIf(toString(team), (time, received_ms, source, epoch, position), team != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_team,
      argMaxIf(toString(reason), (time, received_ms, source, epoch, position), reason != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_reason,
      argMaxIf(toString(agent), (time, received_ms, source, epoch, position), agent != '' OR type = 'ticket.reassigned') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_agent
    FROM tickets_once
  )
),
counted AS (
  SELECT whole, if(whole, 0, roundDown(at, {begins:Array(Int64)})) AS bucket, if(whole, '', agent) AS agent, if(whole, '', queue) AS queue, if(whole, '', team) AS team, if(whole, '', priority) AS priority, if(whole, '', reason) AS reason,
    event, opened, replied, first_resolved, last_resolved, 0 AS left, 0 AS waits, at - opened_at AS age
  FROM (SELECT *, arrayJoin([0, 1]) AS whole FROM stretches WHERE at >= {from:Int64} AND at < {until:Int64} AND queue IN {queues:Array(String)})
  UNION ALL
  SELECT whole, if(whole, 0, {begins:Array(Int64)}[n]) AS bucket, if(whole, '', agent) AS agent, if(whole, '', queue) AS queue, if(whole, '', team) AS team, if(whole, '', priority) AS priority, if(whole, '', reason) AS reason,
    '' AS event, 0 AS opened, 0 AS replied, 0 AS first_resolved, 0 AS last_resolved, 1 AS left, state = 'pending' AS waits, {edges:Array(Int64)}[n + 1] - opened_at AS age
  FROM (
    SELECT *, arrayJoin(if(n = toInt64(length({edges:Array(Int64)})) - 1, [0, 1], [0])) AS whole FROM (
      SELECT *, arrayJoin(range(transform(roundDown(greatest(at, opened_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {numbers:Array(Int64)}, toInt64(0)) + 1, transform(roundDown(next_at, {edges:Array(Int64)}), {edges:Array(Int64)}, {numbers:Array(Int64)}, toInt64(0)) + 1)) AS n FROM stretches
      WHERE state IN ('open', 'pending') AND queue IN {queues:Array(String)}
    )
  )
)
SELECT
    toUInt64(whole) AS level,
    toInt64(bucket) AS bucket_begin,
    agent AS by_agent,
    priority AS by_priority,
    toInt64(countIf(opened)) AS n_opened,
    toInt64(countIf(event = 'ticket.resolved')) AS n_resolved,
    toInt64(countIf(event = 'ticket.reopened')) AS n_reopened,
    toInt64(countIf(event = 'ticket.reassigned')) AS n_reassigned,
    toInt64(countIf(event = 'ticket.closed')) AS n_closed,
    toInt64(countIf(replied)) AS n_replied,
    toInt64(countIf(first_resolved)) AS n_first,
    toInt64(countIf(last_resolved)) AS n_full,
    toInt64(countIf(left)) AS n_open,
    toInt64(countIf(left AND waits)) AS n_pending,
    toInt64(countIf(left AND NOT waits)) AS n_active,
    toInt64(sumIf(age, replied)) AS reply_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(age, replied) AS reply_at,
    toInt64(sumIf(age, first_resolved)) AS first_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(age, first_resolved) AS first_at,
    toInt64(sumIf(age, last_resolved)) AS full_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(age, last_resolved) AS full_at,
    toInt64(sumIf(age, left)) AS age_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(age, left) AS age_at,
    toInt64(sumIf(age, left AND NOT waits)) AS active_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(age, left AND NOT waits) AS active_at
FROM counted
GROUP BY whole, bucket, agent, priority
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
