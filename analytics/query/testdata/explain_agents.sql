-- Arguments: begins=[1772492400000 1772496000000] beyond=1773183600000 ends=[1772496000000 1772578800000] from=1772492400000 recent=1771974000000 row_agent=anna row_bucket=1772492400000 rows=51 until=1772578800000 watermark=1772578800000
WITH
last_ended AS (SELECT agent, max((time, sequence)) AS at FROM agent_states WHERE (started_at >= fromUnixTimestamp64Milli({recent:Int64}, 'UTC') OR agent NOT IN (SELECT agent FROM agent_states WHERE started_at >= fromUnixTimestamp64Milli({recent:Int64}, 'UTC'))) GROUP BY agent),
last_begun AS (
  SELECT agent, argMax(state, (time, sequence)) AS state, argMax(reason, (time, sequence)) AS reason,
    argMax(billable, (time, sequence)) AS billable, max((time, sequence)) AS at, argMax(contact, (time, sequence)) AS contact
  FROM agent_states_opened WHERE (time >= fromUnixTimestamp64Milli({recent:Int64}, 'UTC') OR agent NOT IN (SELECT agent FROM agent_states_opened WHERE time >= fromUnixTimestamp64Milli({recent:Int64}, 'UTC'))) GROUP BY agent
),
spans AS (
  SELECT agent, state, reason, billable, toUnixTimestamp64Milli(started_at) AS began, toUnixTimestamp64Milli(ended_at) AS done, contact
  FROM agent_states WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
  UNION ALL
  SELECT b.agent, b.state, b.reason, b.billable, toUnixTimestamp64Milli(b.at.1) AS began, {watermark:Int64} AS done, b.contact AS contact
  FROM last_begun AS b LEFT JOIN last_ended AS e ON b.agent = e.agent
  WHERE e.agent = '' OR e.at < b.at
),
busy AS (
  SELECT entry, agent FROM segments_opened
  WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND cityHash64(segment) NOT IN (SELECT cityHash64(segment) FROM segments WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
),
worked AS (
  SELECT entry, agent, 1 AS handled, sumIf(duration_ms, kind = 'talk') AS talk, sumIf(duration_ms, kind = 'hold') AS hold, sumIf(duration_ms, kind = 'wrap_up') AS wrap_up
  FROM segments WHERE entry != '' AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND (entry, agent) NOT IN (SELECT entry, agent FROM busy)
  GROUP BY entry, agent
),
answers AS (
  SELECT roundDown(toUnixTimestamp64Milli(ended_at), {begins:Array(Int64)}) AS bucket, agent, queue, handled, talk, hold, wrap_up, entry AS id, contact AS contact, toUnixTimestamp64Milli(queued_at) AS at, toUnixTimestamp64Milli(ended_at) AS until, wait_ms AS waited
  FROM (SELECT entry, agent, queue, ended_at, contact, queued_at, wait_ms FROM entries WHERE outcome = 'answered' AND kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND ended_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ended_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')) AS e
  LEFT JOIN worked USING (entry, agent)
),
things AS (
  SELECT part.1 AS bucket, agent, '' AS queue, if(billable, 'billable', 'state') AS what, state AS detail, if(state = 'paused', reason, '') AS more, part.2 AS duration, concat(agent, '/', toString(began)) AS id, contact AS contact, greatest(began, part.1) AS at, at + duration AS until, toInt64(-1) AS waited
  FROM spans ARRAY JOIN arrayFilter(x -> x.2 > 0, arrayMap((b, e) -> (b, least(done, e) - greatest(began, b)), {begins:Array(Int64)}, {ends:Array(Int64)})) AS part
  WHERE done > {from:Int64} AND began < {until:Int64}
  UNION ALL
  SELECT roundDown(toUnixTimestamp64Milli(offered_at), {begins:Array(Int64)}) AS bucket, agent, queue, 'offer' AS what, result AS detail, '' AS more, ring_ms AS duration, offer AS id, contact AS contact, toUnixTimestamp64Milli(offered_at) AS at, toUnixTimestamp64Milli(ended_at) AS until, toInt64(-1) AS waited
  FROM offers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND offered_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND offered_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
  UNION ALL
  SELECT roundDown(toUnixTimestamp64Milli(time), {begins:Array(Int64)}) AS bucket, agent, queue, 'offer' AS what, '' AS detail, '' AS more, toInt64(0) AS duration, offer AS id, contact AS contact, toUnixTimestamp64Milli(time) AS at, toInt64(0) AS until, toInt64(-1) AS waited
  FROM offers_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND cityHash64(offer) NOT IN (SELECT cityHash64(offer) FROM offers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL
  SELECT bucket, agent, queue, part.1 AS what, if(handled, '', 'in_hand') AS detail, '' AS more, part.2 AS duration, id, contact, at, until, waited
  FROM answers ARRAY JOIN arrayFilter(x -> x.1 = 'answered' OR handled, [('answered', toInt64(0)), ('talk', talk), ('hold', hold), ('wrap_up', wrap_up), ('handle', talk + hold + wrap_up)]) AS part
  UNION ALL
  SELECT roundDown(toUnixTimestamp64Milli(started_at), {begins:Array(Int64)}) AS bucket, agent, queue, 'transfer' AS what, result AS detail, concat(mode, ' ', `to`) AS more, toInt64(0) AS duration, transfer AS id, contact AS contact, toUnixTimestamp64Milli(started_at) AS at, toUnixTimestamp64Milli(ended_at) AS until, toInt64(-1) AS waited FROM transfers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
  UNION ALL
  SELECT roundDown(toUnixTimestamp64Milli(time), {begins:Array(Int64)}) AS bucket, agent, queue, 'transfer' AS what, '' AS detail, concat(mode, ' ', `to`) AS more, toInt64(0) AS duration, transfer AS id, contact AS contact, toUnixTimestamp64Milli(time) AS at, toInt64(0) AS until, toInt64(-1) AS waited
  FROM transfers_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND cityHash64(transfer) NOT IN (SELECT cityHash64(transfer) FROM transfers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL
  SELECT roundDown(toUnixTimestamp64Milli(started_at), {begins:Array(Int64)}) AS bucket, agent, queue, 'consult' AS what, '' AS detail, '' AS more, duration_ms AS duration, transfer AS id, contact AS contact, toUnixTimestamp64Milli(started_at) AS at, toUnixTimestamp64Milli(ended_at) AS until, toInt64(-1) AS waited FROM transfers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND mode = 'attended'
  UNION ALL
  SELECT * FROM (
    SELECT roundDown(toUnixTimestamp64Milli(started_at), {begins:Array(Int64)}) AS bucket, if(`with` != '', `with`, target) AS agent, queue, 'received' AS what, '' AS detail, '' AS more, toInt64(0) AS duration, transfer AS id, contact AS contact, toUnixTimestamp64Milli(started_at) AS at, toUnixTimestamp64Milli(ended_at) AS until, toInt64(-1) AS waited
     FROM transfers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND result IN ('completed', 'conference') AND (`with` != '' OR mode = 'blind' AND `to` = 'agent')
  ) WHERE 1
),
listed AS (
  SELECT of_id AS id, of_contact AS contact, of_ticket AS ticket, of_queue AS queue, of_agent AS agent, of_outcome AS outcome,
    of_at AS at, of_until AS until, of_wait AS wait, of_compared_with AS compared_with, of_value AS value, of_times AS times, of_within AS within
  FROM (
    SELECT toString(id) AS of_id, toString(contact) AS of_contact, toString('') AS of_ticket, toString(queue) AS of_queue, toString(agent) AS of_agent, toString(if(detail = '', 'answered', detail)) AS of_outcome, toInt64(at) AS of_at, toInt64(until) AS of_until, toInt64(waited) AS of_wait, toInt64(0) AS of_compared_with, toInt64(duration) AS of_value, toInt64(1) AS of_times, toUInt8(1) AS of_within
    FROM things WHERE (what = 'talk') AND (bucket = {row_bucket:Int64}) AND (toString(agent) = {row_agent:String})
  )
)
SELECT * FROM (
  SELECT
    id AS of_id,
    'entry' AS of_kind,
    contact AS of_contact,
    ticket AS of_ticket,
    queue AS of_queue,
    agent AS of_agent,
    at AS at_ms,
    until AS until_ms,
    outcome AS came_out,
    wait AS waited,
    compared_with AS compared,
    value AS its_value,
    times AS its_times,
    within AS its_part,
    value AS sorted_by,
    toInt64(sum(times) OVER ()) AS all_times,
    toInt64(sum(value) OVER ()) AS all_values,
    toInt64(sum(if(within, times, 0)) OVER ()) AS part_times,
    toInt64(sum(if(within, value, 0)) OVER ()) AS part_values,
    quantilesExact(0.5, 0.9, 0.95, 0.99, 1)(value) OVER () AS all_levels,
    toInt64(row_number() OVER (ORDER BY value, id)) - 1 AS its_place
  FROM listed
)
ORDER BY sorted_by DESC, of_id DESC LIMIT {rows:UInt64}
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
