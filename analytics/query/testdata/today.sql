-- Arguments: begins=[1772409600000 1772411400000 1772413200000 1772415000000 1772416800000 1772418600000 1772420400000 1772422200000 1772424000000 1772425800000 1772427600000 1772429400000 1772431200000 1772433000000 1772434800000 1772436600000 1772438400000 1772440200000 1772442000000 1772443800000 1772445600000 1772447400000 1772449200000 1772451000000 1772452800000 1772454600000 1772456400000 1772458200000 1772460000000 1772461800000 1772463600000 1772465400000 1772467200000 1772469000000 1772470800000 1772472600000 1772474400000 1772476200000 1772478000000 1772479800000 1772481600000 1772483400000 1772485200000 1772487000000 1772488800000 1772490600000 1772492400000 1772494200000] beyond=1773100800000 default_level=20000 default_short=5000 from=1772409600000 limit_levels=[20000] limit_queues=[] limit_shorts=[5000] since=1772409600000 until=1772496000000
WITH
closed AS (
  SELECT entry, queue, language, outcome, toUnixTimestamp64Milli(queued_at) AS queued, toUnixTimestamp64Milli(ended_at) AS ended, wait_ms AS wait,
    toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(arrived_at) AS arrival_wait, carried_wait_ms + wait_ms AS queueing_wait,
    multiIf(estimate_until_ms = 0, '', wait_ms < estimate_from_ms, 'sooner', wait_ms > estimate_until_ms, 'later', 'within') AS estimate
  FROM entries
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND queued_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND queued_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
),
open AS (
  SELECT entry, queue, language, '' AS outcome, toUnixTimestamp64Milli(time) AS queued, toInt64(9000000000000) AS ended, toInt64(0) AS wait,
    toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait, '' AS estimate
  FROM entries_opened
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND cityHash64(entry) NOT IN (SELECT cityHash64(entry) FROM entries WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
),
known AS (SELECT * FROM closed UNION ALL SELECT * FROM open),
marks AS (
  SELECT queue, language, outcome, wait, arrival_wait, queueing_wait, roundDown(queued, {begins:Array(Int64)}) AS bucket, 1 AS joined, 1 AS mine, 0 AS came, 0 AS went
  FROM known
),
refused AS (
  SELECT queue, language, concat('refused_', reason) AS outcome, toInt64(0) AS wait, toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait, roundDown(toUnixTimestamp64Milli(time), {begins:Array(Int64)}) AS bucket, 0 AS joined, 1 AS mine, 0 AS came, 0 AS went
  FROM refusals
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
),
judged AS (
  SELECT *, mine AND outcome = 'answered' AS is_answered, mine AND outcome = 'abandoned' AS is_abandoned,
    mine AND wait <= transform(toString(queue), {limit_queues:Array(String)}, {limit_levels:Array(Int64)}, {default_level:Int64}) AS within, mine AND wait <= transform(toString(queue), {limit_queues:Array(String)}, {limit_shorts:Array(Int64)}, {default_short:Int64}) AS short
  FROM (SELECT * FROM marks UNION ALL SELECT * FROM refused)
)
SELECT
    toUInt64(grouping(bucket, queue)) AS level,
    toInt64(bucket) AS bucket_begin,
    toString(queue) AS by_queue,
    sumMap(map(toString(outcome), toUInt64(joined))) AS n_joined,
    sumMap(map(toString(outcome), toUInt64(mine))) AS n_mine,
    sumMap(map(toString(outcome), toUInt64(within))) AS n_within,
    sumMap(map(toString(outcome), toUInt64(short))) AS n_short,
    toInt64(sumIf(wait, is_answered)) AS answer_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(wait, is_answered) AS answer_at,
    toInt64(sumIf(wait, is_abandoned)) AS abandon_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(wait, is_abandoned) AS abandon_at
FROM judged
GROUP BY GROUPING SETS ((bucket, queue), (bucket), (queue), ())
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
