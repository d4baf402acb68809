-- Arguments: agents=[anna] begins=[1772492400000 1772496000000] beyond=1773183600000 ends=[1772496000000 1772578800000] from=1772492400000 recent=1771974000000 until=1772578800000 watermark=1772578800000
WITH
last_ended AS (SELECT agent, max((time, sequence)) AS at FROM agent_states WHERE (started_at >= fromUnixTimestamp64Milli({recent:Int64}, 'UTC') OR agent NOT IN (SELECT agent FROM agent_states WHERE started_at >= fromUnixTimestamp64Milli({recent:Int64}, 'UTC'))) AND agent IN {agents:Array(String)} GROUP BY agent),
last_begun AS (
  SELECT agent, argMax(state, (time, sequence)) AS state, argMax(reason, (time, sequence)) AS reason,
    argMax(billable, (time, sequence)) AS billable, max((time, sequence)) AS at
  FROM agent_states_opened WHERE (time >= fromUnixTimestamp64Milli({recent:Int64}, 'UTC') OR agent NOT IN (SELECT agent FROM agent_states_opened WHERE time >= fromUnixTimestamp64Milli({recent:Int64}, 'UTC'))) AND agent IN {agents:Array(String)} GROUP BY agent
),
spans AS (
  SELECT agent, state, reason, billable, toUnixTimestamp64Milli(started_at) AS began, toUnixTimestamp64Milli(ended_at) AS done
  FROM agent_states WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND agent IN {agents:Array(String)}
  UNION ALL
  SELECT b.agent, b.state, b.reason, b.billable, toUnixTimestamp64Milli(b.at.1) AS began, {watermark:Int64} AS done
  FROM last_begun AS b LEFT JOIN last_ended AS e ON b.agent = e.agent
  WHERE e.agent = '' OR e.at < b.at
),
busy AS (
  SELECT entry, agent FROM segments_opened
  WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND agent IN {agents:Array(String)} AND cityHash64(segment) NOT IN (SELECT cityHash64(segment) FROM segments WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND agent IN {agents:Array(String)})
),
worked AS (
  SELECT entry, agent, 1 AS handled, sumIf(duration_ms, kind = 'talk') AS talk, sumIf(duration_ms, kind = 'hold') AS hold, sumIf(duration_ms, kind = 'wrap_up') AS wrap_up
  FROM segments WHERE entry != '' AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND agent IN {agents:Array(String)} AND (entry, agent) NOT IN (SELECT entry, agent FROM busy)
  GROUP BY entry, agent
),
answers AS (
  SELECT roundDown(toUnixTimestamp64Milli(ended_at), {begins:Array(Int64)}) AS bucket, agent, queue, handled, talk, hold, wrap_up
  FROM (SELECT entry, agent, queue, ended_at FROM entries WHERE outcome = 'answered' AND kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND ended_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ended_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND agent IN {agents:Array(String)}) AS e
  LEFT JOIN worked USING (entry, agent)
),
things AS (
  SELECT part.1 AS bucket, agent, '' AS queue, if(billable, 'billable', 'state') AS what, state AS detail, if(state = 'paused', reason, '') AS more, part.2 AS duration
  FROM spans ARRAY JOIN arrayFilter(x -> x.2 > 0, arrayMap((b, e) -> (b, least(done, e) - greatest(began, b)), {begins:Array(Int64)}, {ends:Array(Int64)})) AS part
  WHERE done > {from:Int64} AND began < {until:Int64}
  UNION ALL
  SELECT roundDown(toUnixTimestamp64Milli(offered_at), {begins:Array(Int64)}) AS bucket, agent, queue, 'offer' AS what, result AS detail, '' AS more, ring_ms AS duration
  FROM offers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND offered_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND offered_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND agent IN {agents:Array(String)}
  UNION ALL
  SELECT roundDown(toUnixTimestamp64Milli(time), {begins:Array(Int64)}) AS bucket, agent, queue, 'offer' AS what, '' AS detail, '' AS more, toInt64(0) AS duration
  FROM offers_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND agent IN {agents:Array(String)}
    AND cityHash64(offer) NOT IN (SELECT cityHash64(offer) FROM offers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND agent IN {agents:Array(String)})
  UNION ALL
  SELECT bucket, agent, queue, part.1 AS what, '' AS detail, '' AS more, part.2 AS duration
  FROM answers ARRAY JOIN arrayFilter(x -> x.1 = 'answered' OR handled, [('answered', toInt64(0)), ('talk', talk), ('hold', hold), ('wrap_up', wrap_up), ('handle', talk + hold + wrap_up)]) AS part
  UNION ALL
  SELECT roundDown(toUnixTimestamp64Milli(started_at), {begins:Array(Int64)}) AS bucket, agent, queue, 'transfer' AS what, result AS detail, concat(mode, ' ', `to`) AS more, toInt64(0) AS duration FROM transfers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND agent IN {agents:Array(String)}
  UNION ALL
  SELECT roundDown(toUnixTimestamp64Milli(time), {begins:Array(Int64)}) AS bucket, agent, queue, 'transfer' AS what, '' AS detail, concat(mode, ' ', `to`) AS more, toInt64(0) AS duration
  FROM transfers_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND agent IN {agents:Array(String)} AND cityHash64(transfer) NOT IN (SELECT cityHash64(transfer) FROM transfers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL
  SELECT roundDown(toUnixTimestamp64Milli(started_at), {begins:Array(Int64)}) AS bucket, agent, queue, 'consult' AS what, '' AS detail, '' AS more, duration_ms AS duration FROM transfers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND agent IN {agents:Array(String)} AND mode = 'attended'
  UNION ALL
  SELECT * FROM (
    SELECT roundDown(toUnixTimestamp64Milli(started_at), {begins:Array(Int64)}) AS bucket, if(`with` != '', `with`, target) AS agent, queue, 'received' AS what, '' AS detail, '' AS more, toInt64(0) AS duration
     FROM transfers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND result IN ('completed', 'conference') AND (`with` != '' OR mode = 'blind' AND `to` = 'agent')
  ) WHERE 1 AND agent IN {agents:Array(String)}
)
SELECT
    toInt64(bucket) AS bucket_begin,
    toString(agent) AS by_agent,
    toString(queue) AS by_queue,
    what AS thing,
    toString(detail) AS thing_detail,
    toString(more) AS thing_more,
    toInt64(count()) AS n,
    toInt64(sum(duration)) AS total,
    toInt64(max(duration)) AS longest
FROM things
GROUP BY bucket, agent, queue, what, detail, more
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
