-- Arguments: begins=[1772492400000 1772496000000] beyond=1773183600000 cursor_at=1 cursor_id=e default_level=20000 default_short=5000 from=1772492400000 limit_levels=[20000] limit_queues=[] limit_shorts=[5000] row_bucket=1772492400000 row_queue=support rows=51 since=1772492400000 until=1772578800000
WITH
closed AS (
  SELECT entry, queue, language, outcome, toUnixTimestamp64Milli(queued_at) AS queued, toUnixTimestamp64Milli(ended_at) AS ended, wait_ms AS wait,
    toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(arrived_at) AS arrival_wait, carried_wait_ms + wait_ms AS queueing_wait,
    multiIf(estimate_until_ms = 0, '', wait_ms < estimate_from_ms, 'sooner', wait_ms > estimate_until_ms, 'later', 'within') AS estimate, intDiv(estimate_from_ms + estimate_until_ms, 2) AS expected, if(outcome = 'answered', toString(agent), '') AS agent, contact AS contact
  FROM entries
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND queued_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND queued_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
),
open AS (
  SELECT entry, queue, language, '' AS outcome, toUnixTimestamp64Milli(time) AS queued, toInt64(9000000000000) AS ended, toInt64(0) AS wait,
    toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait, '' AS estimate, toInt64(0) AS expected, '' AS agent, contact AS contact
  FROM entries_opened
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND cityHash64(entry) NOT IN (SELECT cityHash64(entry) FROM entries WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
),
rung AS (
  SELECT entry, groupArrayIf(ring_ms, result != '') AS rings, groupArray(toString(result)) AS results,
    groupArray((offer, rung_agent, toString(result), ring_ms, rung_at)) AS offered
  FROM (
    SELECT entry, result, ring_ms, offer, toString(agent) AS rung_agent, toUnixTimestamp64Milli(offered_at) AS rung_at FROM offers WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC')
    UNION ALL
    SELECT entry, '' AS result, toInt64(0) AS ring_ms, offer, toString(agent) AS rung_agent, toUnixTimestamp64Milli(time) AS rung_at FROM offers_opened
    WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC')
      AND cityHash64(offer) NOT IN (SELECT cityHash64(offer) FROM offers WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  )
  GROUP BY entry
),
busy AS (
  SELECT entry FROM segments_opened
  WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC')
    AND cityHash64(segment) NOT IN (SELECT cityHash64(segment) FROM segments WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
),
worked AS (
  SELECT entry, 1 AS handled, sumIf(duration_ms, kind = 'talk') AS talk, sumIf(duration_ms, kind = 'hold') AS hold, sumIf(duration_ms, kind = 'wrap_up') AS wrap_up
  FROM segments WHERE entry != '' AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND entry NOT IN (SELECT entry FROM busy)
  GROUP BY entry
),
known AS (
  SELECT queue, language, outcome, wait, arrival_wait, queueing_wait, contact, agent, entry, queued, ended, offered, estimate, expected, rings, results, handled, talk, hold, wrap_up
  FROM (SELECT * FROM closed UNION ALL SELECT * FROM open) AS e
  LEFT JOIN rung USING (entry)
  LEFT JOIN worked USING (entry)
),
marks AS (
  SELECT queue, language, outcome, wait, arrival_wait, queueing_wait, contact, agent, entry, queued, ended, offered, estimate, expected, rings, results, handled, talk, hold, wrap_up, roundDown(queued, {begins:Array(Int64)}) AS bucket, 1 AS joined, 1 AS mine, 0 AS came, 0 AS went
  FROM known
),
refused AS (
  SELECT queue, language, concat('refused_', reason) AS outcome, toInt64(0) AS wait, toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait, contact AS contact, '' AS agent, concat(contact, '/', toString(sequence)) AS entry, toUnixTimestamp64Milli(time) AS queued, toUnixTimestamp64Milli(time) AS ended, CAST([], 'Array(Tuple(String, String, String, Int64, Int64))') AS offered, '' AS estimate, toInt64(0) AS expected, emptyArrayInt64() AS rings, emptyArrayString() AS results, toUInt8(0) AS handled, toInt64(0) AS talk, toInt64(0) AS hold, toInt64(0) AS wrap_up, roundDown(toUnixTimestamp64Milli(time), {begins:Array(Int64)}) AS bucket, 0 AS joined, 1 AS mine, 0 AS came, 0 AS went
  FROM refusals
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
),
handed AS (
  SELECT part.1 AS queue, '' AS language, concat('transfer ', part.2) AS outcome, part.3 AS wait, toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait, contact AS contact, made_by AS agent, transfer AS entry, at AS queued, at AS ended, CAST([], 'Array(Tuple(String, String, String, Int64, Int64))') AS offered, '' AS estimate, toInt64(0) AS expected, emptyArrayInt64() AS rings, emptyArrayString() AS results, toUInt8(0) AS handled, toInt64(0) AS talk, toInt64(0) AS hold, toInt64(0) AS wrap_up, bucket, 0 AS joined, 1 AS mine, 0 AS came, 0 AS went
  FROM (
    SELECT toString(queue) AS talked, toString(mode) AS mode, toString(`to`) AS towards, toString(target) AS target, toString(result) AS result, duration_ms,
      roundDown(toUnixTimestamp64Milli(started_at), {begins:Array(Int64)}) AS bucket, contact, transfer, toString(agent) AS made_by, toUnixTimestamp64Milli(started_at) AS at
    FROM transfers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    UNION ALL
    SELECT toString(queue) AS talked, toString(mode) AS mode, toString(`to`) AS towards, toString(target) AS target, '' AS result, toInt64(0) AS duration_ms,
      roundDown(toUnixTimestamp64Milli(time), {begins:Array(Int64)}) AS bucket, contact, transfer, toString(agent) AS made_by, toUnixTimestamp64Milli(time) AS at
    FROM transfers_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND cityHash64(transfer) NOT IN (SELECT cityHash64(transfer) FROM transfers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  ) ARRAY JOIN arrayFilter(x -> x.2 != '', [
    (talked, concat(mode, ' ', result, ' ', towards), toInt64(0)),
    (talked, if(mode = 'attended' AND result != '', 'asked', ''), duration_ms),
    (target, if(towards = 'queue' AND result IN ('completed', 'conference'), 'received', ''), toInt64(0))]) AS part
),
judged AS (
  SELECT *, mine AND outcome = 'answered' AS is_answered, mine AND outcome = 'abandoned' AS is_abandoned, mine AND outcome = 'answered' AND handled AS is_handled, mine AND outcome = 'answered' AND notEmpty(estimate) AS is_told, talk + hold + wrap_up AS handle, mine AND outcome = 'transfer asked' AS is_asked,
    mine AND wait <= transform(toString(queue), {limit_queues:Array(String)}, {limit_levels:Array(Int64)}, {default_level:Int64}) AS within, mine AND wait <= transform(toString(queue), {limit_queues:Array(String)}, {limit_shorts:Array(Int64)}, {default_short:Int64}) AS short
  FROM (SELECT * FROM marks UNION ALL SELECT * FROM refused UNION ALL SELECT * FROM handed)
),
listed AS (
  SELECT of_id AS id, of_contact AS contact, of_ticket AS ticket, of_queue AS queue, of_agent AS agent, of_outcome AS outcome,
    of_at AS at, of_until AS until, of_wait AS wait, of_compared_with AS compared_with, of_value AS value, of_times AS times, of_within AS within
  FROM (
    SELECT toString(entry) AS of_id, toString(contact) AS of_contact, toString('') AS of_ticket, toString(queue) AS of_queue, toString(agent) AS of_agent, toString(outcome) AS of_outcome, toInt64(queued) AS of_at, toInt64(if(outcome = '', 0, ended)) AS of_until, toInt64(if(outcome = '', -1, wait)) AS of_wait, toInt64(transform(toString(queue), {limit_queues:Array(String)}, {limit_levels:Array(Int64)}, {default_level:Int64})) AS of_compared_with, toInt64(0) AS of_value, toInt64(1) AS of_times, toUInt8(within AND outcome = 'answered') AS of_within
    FROM judged WHERE (mine AND outcome = 'answered' OR mine AND outcome = 'abandoned') AND (bucket = {row_bucket:Int64}) AND (toString(queue) = {row_queue:String})
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
    at AS sorted_by,
    toInt64(sum(times) OVER ()) AS all_times,
    toInt64(sum(value) OVER ()) AS all_values,
    toInt64(sum(if(within, times, 0)) OVER ()) AS part_times,
    toInt64(sum(if(within, value, 0)) OVER ()) AS part_values
  FROM listed
)
WHERE (sorted_by, of_id) < ({cursor_at:Int64}, {cursor_id:String})
ORDER BY sorted_by DESC, of_id DESC LIMIT {rows:UInt64}
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
