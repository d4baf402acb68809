-- Arguments: begins=[1772492400000 1772496000000] beyond=1773183600000 default_level=20000 default_short=5000 from=1772492400000 limit_levels=[20000] limit_queues=[] limit_shorts=[5000] offset_begins=[1772492400000] offsets=[0] since=1772492400000 until=1772578800000
WITH
closed AS (
  SELECT entry, queue, language, outcome, toUnixTimestamp64Milli(queued_at) AS queued, toUnixTimestamp64Milli(ended_at) AS ended, wait_ms AS wait,
    toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(arrived_at) AS arrival_wait, carried_wait_ms + wait_ms AS queueing_wait,
    multiIf(estimate_until_ms = 0, '', wait_ms < estimate_from_ms, 'sooner', wait_ms > estimate_until_ms, 'later', 'within') AS estimate, intDiv(estimate_from_ms + estimate_until_ms, 2) AS expected
  FROM entries
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND queued_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND queued_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
),
open AS (
  SELECT entry, queue, language, '' AS outcome, toUnixTimestamp64Milli(time) AS queued, toInt64(9000000000000) AS ended, toInt64(0) AS wait,
    toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait, '' AS estimate, toInt64(0) AS expected
  FROM entries_opened
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND cityHash64(entry) NOT IN (SELECT cityHash64(entry) FROM entries WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
),
rung AS (
  SELECT entry, groupArrayIf(ring_ms, result != '') AS rings, groupArray(toString(result)) AS results
  FROM (
    SELECT entry, result, ring_ms FROM offers WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC')
    UNION ALL
    SELECT entry, '' AS result, toInt64(0) AS ring_ms FROM offers_opened
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
  SELECT queued, ended, queue, language, outcome, wait, arrival_wait, queueing_wait, estimate, expected, rings, results, handled, talk, hold, wrap_up
  FROM (SELECT * FROM closed UNION ALL SELECT * FROM open) AS e
  LEFT JOIN rung USING (entry)
  LEFT JOIN worked USING (entry)
),
marks AS (
  SELECT queue, language, outcome, wait, arrival_wait, queueing_wait, estimate, expected, rings, results, handled, talk, hold, wrap_up, roundDown(queued, {begins:Array(Int64)}) AS bucket, 1 AS joined, 1 AS mine, 0 AS came, 0 AS went, (intDiv((queued + transform(roundDown(queued, {offset_begins:Array(Int64)}), {offset_begins:Array(Int64)}, {offsets:Array(Int64)}, toInt64(0))), 86400000) + 3) % 7 + 1 AS weekday, intDiv((queued + transform(roundDown(queued, {offset_begins:Array(Int64)}), {offset_begins:Array(Int64)}, {offsets:Array(Int64)}, toInt64(0))), 3600000) % 24 AS hour
  FROM known
),
refused AS (
  SELECT queue, language, concat('refused_', reason) AS outcome, toInt64(0) AS wait, toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait, '' AS estimate, toInt64(0) AS expected, emptyArrayInt64() AS rings, emptyArrayString() AS results, toUInt8(0) AS handled, toInt64(0) AS talk, toInt64(0) AS hold, toInt64(0) AS wrap_up, roundDown(toUnixTimestamp64Milli(time), {begins:Array(Int64)}) AS bucket, 0 AS joined, 1 AS mine, 0 AS came, 0 AS went, (intDiv((toUnixTimestamp64Milli(time) + transform(roundDown(toUnixTimestamp64Milli(time), {offset_begins:Array(Int64)}), {offset_begins:Array(Int64)}, {offsets:Array(Int64)}, toInt64(0))), 86400000) + 3) % 7 + 1 AS weekday, intDiv((toUnixTimestamp64Milli(time) + transform(roundDown(toUnixTimestamp64Milli(time), {offset_begins:Array(Int64)}), {offset_begins:Array(Int64)}, {offsets:Array(Int64)}, toInt64(0))), 3600000) % 24 AS hour
  FROM refusals
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
),
judged AS (
  SELECT *, mine AND outcome = 'answered' AS is_answered, mine AND outcome = 'abandoned' AS is_abandoned, mine AND outcome = 'answered' AND handled AS is_handled, mine AND outcome = 'answered' AND notEmpty(estimate) AS is_told, talk + hold + wrap_up AS handle,
    mine AND wait <= transform(toString(queue), {limit_queues:Array(String)}, {limit_levels:Array(Int64)}, {default_level:Int64}) AS within, mine AND wait <= transform(toString(queue), {limit_queues:Array(String)}, {limit_shorts:Array(Int64)}, {default_short:Int64}) AS short
  FROM (SELECT * FROM marks UNION ALL SELECT * FROM refused)
)
SELECT
    toUInt64(grouping(bucket, weekday, hour)) AS level,
    toInt64(bucket) AS bucket_begin,
    toInt64(weekday) AS by_weekday,
    toInt64(hour) AS by_hour,
    sumMap(map(toString(outcome), toUInt64(joined))) AS n_joined,
    sumMap(map(toString(outcome), toUInt64(mine))) AS n_mine,
    sumMap(map(toString(outcome), toUInt64(within))) AS n_within,
    sumMap(map(toString(outcome), toUInt64(short))) AS n_short,
    toInt64(sumIf(wait, is_answered)) AS answer_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(wait, is_answered) AS answer_at,
    toInt64(sumIf(wait, is_abandoned)) AS abandon_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(wait, is_abandoned) AS abandon_at,
    toInt64(sumIf(arrival_wait, is_answered)) AS arrival_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(arrival_wait, is_answered) AS arrival_at,
    toInt64(sumIf(queueing_wait, is_answered)) AS queueing_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(queueing_wait, is_answered) AS queueing_at,
    sumMapIf(map(toString(estimate), toUInt64(1)), is_told) AS n_estimates,
    toInt64(sumIf(expected, is_told)) AS expected_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(expected, is_told) AS expected_at,
    toInt64(sumIf(wait, is_told)) AS real_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(wait, is_told) AS real_at,
    toInt64(sumIf(toInt64(abs(wait - expected)), is_told)) AS wrong_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(toInt64(abs(wait - expected)), is_told) AS wrong_at,
    CAST(sumMapIf(results, arrayWithConstant(length(results), toUInt64(1)), mine), 'Map(String, UInt64)') AS n_offers,
    toInt64(sumIf(length(rings), mine)) AS n_rings,
    toInt64(sumArrayIf(rings, mine)) AS ring_sum,
    quantilesExactArrayIf(0.5, 0.9, 0.95, 0.99, 1)(rings, mine) AS ring_at,
    toInt64(countIf(is_handled)) AS n_handled,
    toInt64(sumIf(talk, is_handled)) AS talked_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(talk, is_handled) AS talked_at,
    toInt64(sumIf(hold, is_handled)) AS held_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(hold, is_handled) AS held_at,
    toInt64(sumIf(wrap_up, is_handled)) AS wrapped_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(wrap_up, is_handled) AS wrapped_at,
    toInt64(sumIf(handle, is_handled)) AS handled_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(handle, is_handled) AS handled_at
FROM judged
GROUP BY GROUPING SETS ((bucket, weekday, hour), ())
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
