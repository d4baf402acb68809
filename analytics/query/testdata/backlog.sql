-- Arguments: begins=[1772492400000 1772496000000] clock_edges=[0 1772535600000 1772557200000] clock_rises=[0 1 0] clock_sums=[0 0 21600000] edges=[0 17592186044416 19364721644416 19364743244416 35184372088832 36956893288832 36956907688832 36956909488832 36956929288832] from=1772492400000 instants=[0 1772496000000 1772578800000] is_open=[0 0 1 0 0 1 0 1 0] now=1772578800000 numbers=[0 1 2] open_until=[0 0 0 21600000 0 0 14400000 14400000 34200000] priorities=[ high none] queues=[support] reply_ms=[9000000 3600000 0] reply_warn=[7200000 1800000 0] resolution_ms=[18000000 10800000 0] resolution_warn=[9000000 8100000 0] scheduled=false schedules=[{"id":"office","zone":"Australia/Lord_Howe","open":[{"days":["sat","sun","mon","tue","thu"],"from":"22:00","until":"04:00"}]} {"id":"office","zone":"Europe/Berlin","open":[{"days":["mon","tue","wed","thu","fri"],"from":"08:00","until":"12:00"},{"days":["sun","tue","fri"],"from":"12:30","until":"18:00"}],"closed":["12-25"]}] teams=[first] until=1772578800000
WITH
stretches AS (
  SELECT subject, time, received_ms, source, epoch, position, schedule, event, at, next_at, opened_at, multiIf(turn = 'ticket.pending', 'pending', turn = 'ticket.resolved', 'resolved', turn = 'ticket.closed', 'closed', 'open') AS state,
    now_agent AS agent, now_queue AS queue, now_team AS team, now_priority AS priority, now_reason AS reason, now_customer AS customer,
    if(opening > 0, event = 'ticket.opened' AND opened_before = 1, events_before = 1) AS opened,
    event = 'ticket.first_reply' AND at >= opened_at AND countIf(event = 'ticket.first_reply' AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) = 1 AS replied,
    event = 'ticket.resolved' AND at >= opened_at AND countIf(event = 'ticket.resolved' AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) = 1 AS first_resolved,
    event = 'ticket.resolved' AND at >= opened_at AND resolved_after = 0 AND reopened_last <= at AS last_resolved,
    greatest(at, opened_at) AS from_at, if(next_at = toInt64(9000000000000), greatest(at, {now:Int64}), next_at) AS until_at, state = 'open' AND until_at >= from_at AS runs,
    event IN ('ticket.first_reply', 'ticket.resolved') AND at >= opened_at AS replies_now, countIf(event IN ('ticket.first_reply', 'ticket.resolved') AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS replies, minIf(at, event IN ('ticket.first_reply', 'ticket.resolved') AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS replied_at,
    argMinIf(now_priority, (time, received_ms, source, epoch, position), event IN ('ticket.first_reply', 'ticket.resolved') AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS first_reply_priority,
    settling = 'ticket.resolved' AS settled, event = 'ticket.resolved' AND resolved_after = 0 AND settling_last = 'ticket.resolved' AS settles,
    argMaxIf(now_priority, (time, received_ms, source, epoch, position), event = 'ticket.resolved') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS resolved_priority
  FROM (
    SELECT subject, time, received_ms, source, epoch, position, toString(schedule) AS schedule, toString(type) AS event, toUnixTimestamp64Milli(time) AS at,
      leadInFrame(toUnixTimestamp64Milli(time), 1, toInt64(9000000000000)) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next_at,
      minIf(toUnixTimestamp64Milli(time), type = 'ticket.opened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS opening, min(toUnixTimestamp64Milli(time)) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS first_at, if(opening > 0, opening, first_at) AS opened_at,
      countIf(type = 'ticket.opened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS opened_before, count() OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS events_before,
      countIf(type = 'ticket.resolved') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS resolved_after, maxIf(toUnixTimestamp64Milli(time), type = 'ticket.reopened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS reopened_last,
      argMaxIf(toString(type), (time, received_ms, source, epoch, position), type IN ('ticket.opened', 'ticket.pending', 'ticket.resumed', 'ticket.resolved', 'ticket.reopened', 'ticket.closed')) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS turn,
      argMaxIf(toString(type), (time, received_ms, source, epoch, position), type IN ('ticket.opened', 'ticket.pending', 'ticket.resumed', 'ticket.resolved', 'ticket.reopened')) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS settling, argMaxIf(toString(type), (time, received_ms, source, epoch, position), type IN ('ticket.opened', 'ticket.pending', 'ticket.resumed', 'ticket.resolved', 'ticket.reopened')) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS settling_last,
      argMaxIf(toString(priority), (time, received_ms, source, epoch, position), priority != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_priority,
      argMaxIf(toString(queue), (time, received_ms, source, epoch, position), queue != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_queue,
      argMaxIf(toString(team), (time, received_ms, source, epoch, position), team != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_team,
      argMaxIf(toString(reason), (time, received_ms, source, epoch, position), reason != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_reason,
      argMaxIf(toString(customer), (time, received_ms, source, epoch, position), customer != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_customer,
      argMaxIf(toString(agent), (time, received_ms, source, epoch, position), agent != '' OR type = 'ticket.reassigned') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_agent
    FROM (SELECT * FROM tickets WHERE subject IN (SELECT subject FROM tickets WHERE subject IN (SELECT subject FROM tickets WHERE queue IN {queues:Array(String)} OR team IN {teams:Array(String)}) GROUP BY subject HAVING max(time) >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') OR maxIf(time, type IN ('ticket.resolved', 'ticket.closed')) <= maxIf(time, type IN ('ticket.opened', 'ticket.pending', 'ticket.resumed', 'ticket.reopened')) OR uniqExact(cityHash64(event_id)) != uniqExact(cityHash64(event_id, type, time))) ORDER BY subject, event_id, received_ms, source, epoch, position LIMIT 1 BY subject, event_id)
  )
),
clocks AS (
  SELECT *, sum(ran) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - ran AS used_before,
    if(replies > 0, first_reply_priority, priority) AS reply_priority, if(settled, resolved_priority, priority) AS resolution_priority
  FROM (SELECT *, if(runs, (transform(roundDown(until_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(until_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (until_at - roundDown(until_at, {clock_edges:Array(Int64)}))) - (transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (from_at - roundDown(from_at, {clock_edges:Array(Int64)}))), 0) AS ran FROM stretches)
),
marked AS (
  SELECT *, if(n = 0, at, {instants:Array(Int64)}[n + 1]) AS mark, arrayJoin(if(n IN (0, length({instants:Array(Int64)}) - 1), [0, 1], [0])) AS whole FROM (
    SELECT *, arrayJoin(arrayConcat(if(at >= {from:Int64} AND at < {until:Int64}, [0], []),
      if(state IN ('open', 'pending'), range(transform(roundDown(greatest(at, opened_at), {instants:Array(Int64)}), {instants:Array(Int64)}, {numbers:Array(Int64)}, toInt64(0)) + 1, transform(roundDown(next_at, {instants:Array(Int64)}), {instants:Array(Int64)}, {numbers:Array(Int64)}, toInt64(0)) + 1), []))) AS n FROM clocks
    WHERE (queue IN {queues:Array(String)} OR queue = '' AND team IN {teams:Array(String)})
  )
),
counted AS (
  SELECT whole, if(whole, 0, if(n = 0, roundDown(at, {begins:Array(Int64)}), {begins:Array(Int64)}[n])) AS bucket, if(whole, '', agent) AS agent, if(whole, '', queue) AS queue, if(whole, '', team) AS team, if(whole, '', priority) AS priority, if(whole, '', reason) AS reason,
    if(n = 0, event, '') AS event, n = 0 AND opened AS opened, n = 0 AND replied AS replied, n = 0 AND first_resolved AS first_resolved, n = 0 AND last_resolved AS last_resolved,
    n > 0 AS left, n > 0 AND state = 'pending' AS waits, mark - opened_at AS age,
    if(n > 0 OR replies = 1 AND replies_now, multiIf(transform(reply_priority, {priorities:Array(String)}, {reply_ms:Array(Int64)}, {reply_ms:Array(Int64)}[1]) = 0 OR replies = 0 AND state = 'closed', '', (transform(roundDown(if(replies > 0, replied_at, mark), {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(if(replies > 0, replied_at, mark), {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (if(replies > 0, replied_at, mark) - roundDown(if(replies > 0, replied_at, mark), {clock_edges:Array(Int64)}))) - (transform(roundDown(opened_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(opened_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (opened_at - roundDown(opened_at, {clock_edges:Array(Int64)}))) > transform(reply_priority, {priorities:Array(String)}, {reply_ms:Array(Int64)}, {reply_ms:Array(Int64)}[1]), 'breached', replies > 0, 'met', (transform(roundDown(if(replies > 0, replied_at, mark), {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(if(replies > 0, replied_at, mark), {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (if(replies > 0, replied_at, mark) - roundDown(if(replies > 0, replied_at, mark), {clock_edges:Array(Int64)}))) - (transform(roundDown(opened_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(opened_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (opened_at - roundDown(opened_at, {clock_edges:Array(Int64)}))) >= transform(reply_priority, {priorities:Array(String)}, {reply_warn:Array(Int64)}, {reply_warn:Array(Int64)}[1]), 'warning', 'running'), '') AS reply, if(n > 0 OR settles, multiIf(transform(resolution_priority, {priorities:Array(String)}, {resolution_ms:Array(Int64)}, {resolution_ms:Array(Int64)}[1]) = 0 OR NOT settled AND state = 'closed', '', used_before + if(runs, (transform(roundDown(mark, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(mark, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (mark - roundDown(mark, {clock_edges:Array(Int64)}))) - (transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (from_at - roundDown(from_at, {clock_edges:Array(Int64)}))), 0) > transform(resolution_priority, {priorities:Array(String)}, {resolution_ms:Array(Int64)}, {resolution_ms:Array(Int64)}[1]), 'breached', settled, 'met', state = 'pending', 'paused', used_before + if(runs, (transform(roundDown(mark, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(mark, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (mark - roundDown(mark, {clock_edges:Array(Int64)}))) - (transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (from_at - roundDown(from_at, {clock_edges:Array(Int64)}))), 0) >= transform(resolution_priority, {priorities:Array(String)}, {resolution_warn:Array(Int64)}, {resolution_warn:Array(Int64)}[1]), 'warning', 'running'), '') AS resolution,
    if(n = 0 AND at >= opened_at AND toInt64(indexOf({schedules:Array(String)}, schedule)) > 0, (transform(roundDown((toInt64(indexOf({schedules:Array(String)}, schedule)) * toInt64(17592186044416) + mark), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown((toInt64(indexOf({schedules:Array(String)}, schedule)) * toInt64(17592186044416) + mark), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * ((toInt64(indexOf({schedules:Array(String)}, schedule)) * toInt64(17592186044416) + mark) - roundDown((toInt64(indexOf({schedules:Array(String)}, schedule)) * toInt64(17592186044416) + mark), {edges:Array(Int64)}))) - (transform(roundDown((toInt64(indexOf({schedules:Array(String)}, schedule)) * toInt64(17592186044416) + opened_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown((toInt64(indexOf({schedules:Array(String)}, schedule)) * toInt64(17592186044416) + opened_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * ((toInt64(indexOf({schedules:Array(String)}, schedule)) * toInt64(17592186044416) + opened_at) - roundDown((toInt64(indexOf({schedules:Array(String)}, schedule)) * toInt64(17592186044416) + opened_at), {edges:Array(Int64)}))), NULL) AS frozen, if({scheduled:Bool}, (transform(roundDown(mark, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(mark, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (mark - roundDown(mark, {clock_edges:Array(Int64)}))) - (transform(roundDown(opened_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(opened_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (opened_at - roundDown(opened_at, {clock_edges:Array(Int64)}))), NULL) AS recomputed
  FROM marked
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
    toInt64(countIf(left AND (reply = 'warning' OR resolution = 'warning'))) AS n_warning,
    toInt64(countIf(left AND (reply = 'breached' OR resolution = 'breached'))) AS n_breached,
    toInt64(countIf(NOT left AND reply = 'met')) AS n_reply_met,
    toInt64(countIf(NOT left AND reply IN ('met', 'breached'))) AS n_reply_due,
    toInt64(countIf(NOT left AND resolution = 'met')) AS n_resolution_met,
    toInt64(countIf(NOT left AND resolution IN ('met', 'breached'))) AS n_resolution_due,
    toInt64(sumIf(age, replied)) AS reply_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(age, replied) AS reply_at,
    toInt64(countIf(replied AND frozen IS NOT NULL)) AS n_reply_frozen,
    toInt64(sumIf(ifNull(frozen, 0), replied AND frozen IS NOT NULL)) AS reply_frozen_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(frozen, 0), replied AND frozen IS NOT NULL) AS reply_frozen_at,
    toInt64(countIf(replied AND recomputed IS NOT NULL)) AS n_reply_recomputed,
    toInt64(sumIf(ifNull(recomputed, 0), replied AND recomputed IS NOT NULL)) AS reply_recomputed_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(recomputed, 0), replied AND recomputed IS NOT NULL) AS reply_recomputed_at,
    toInt64(sumIf(age, first_resolved)) AS first_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(age, first_resolved) AS first_at,
    toInt64(countIf(first_resolved AND frozen IS NOT NULL)) AS n_first_frozen,
    toInt64(sumIf(ifNull(frozen, 0), first_resolved AND frozen IS NOT NULL)) AS first_frozen_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(frozen, 0), first_resolved AND frozen IS NOT NULL) AS first_frozen_at,
    toInt64(countIf(first_resolved AND recomputed IS NOT NULL)) AS n_first_recomputed,
    toInt64(sumIf(ifNull(recomputed, 0), first_resolved AND recomputed IS NOT NULL)) AS first_recomputed_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(recomputed, 0), first_resolved AND recomputed IS NOT NULL) AS first_recomputed_at,
    toInt64(sumIf(age, last_resolved)) AS full_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(age, last_resolved) AS full_at,
    toInt64(countIf(last_resolved AND frozen IS NOT NULL)) AS n_full_frozen,
    toInt64(sumIf(ifNull(frozen, 0), last_resolved AND frozen IS NOT NULL)) AS full_frozen_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(frozen, 0), last_resolved AND frozen IS NOT NULL) AS full_frozen_at,
    toInt64(countIf(last_resolved AND recomputed IS NOT NULL)) AS n_full_recomputed,
    toInt64(sumIf(ifNull(recomputed, 0), last_resolved AND recomputed IS NOT NULL)) AS full_recomputed_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(recomputed, 0), last_resolved AND recomputed IS NOT NULL) AS full_recomputed_at,
    toInt64(sumIf(age, left)) AS age_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(age, left) AS age_at,
    toInt64(countIf(left AND recomputed IS NOT NULL)) AS n_age_recomputed,
    toInt64(sumIf(ifNull(recomputed, 0), left AND recomputed IS NOT NULL)) AS age_recomputed_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(recomputed, 0), left AND recomputed IS NOT NULL) AS age_recomputed_at,
    toInt64(sumIf(age, left AND NOT waits)) AS active_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(age, left AND NOT waits) AS active_at,
    toInt64(countIf(left AND NOT waits AND recomputed IS NOT NULL)) AS n_active_recomputed,
    toInt64(sumIf(ifNull(recomputed, 0), left AND NOT waits AND recomputed IS NOT NULL)) AS active_recomputed_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(recomputed, 0), left AND NOT waits AND recomputed IS NOT NULL) AS active_recomputed_at
FROM counted
GROUP BY whole, bucket, agent, priority
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
