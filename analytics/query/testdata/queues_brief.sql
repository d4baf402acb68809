-- Arguments: begins=[1772492400000 1772496000000] default_level=20000 default_short=5000 from=1772492400000 limit_levels=[20000] limit_queues=[] limit_shorts=[5000] since=1772492400000 until=1772578800000
WITH
closed AS (
  SELECT entry, queue, language, outcome, toUnixTimestamp64Milli(queued_at) AS queued, toUnixTimestamp64Milli(ended_at) AS ended, wait_ms AS wait,
    toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(arrived_at) AS arrival_wait, carried_wait_ms + wait_ms AS queueing_wait
  FROM entries
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND queued_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND queued_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
),
open AS (
  SELECT entry, queue, language, '' AS outcome, toUnixTimestamp64Milli(time) AS queued, toInt64(9000000000000) AS ended, toInt64(0) AS wait,
    toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait
  FROM entries_opened
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND entry NOT IN (SELECT entry FROM entries WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
),
known AS (SELECT * FROM closed UNION ALL SELECT * FROM open),
marks AS (
  SELECT queue, language, outcome, wait, arrival_wait, queueing_wait, roundDown(queued, {begins:Array(Int64)}) AS bucket, 1 AS joined, 1 AS mine, 0 AS came, 0 AS went
  FROM known
),
refused AS (
  SELECT queue, language, concat('refused_', reason) AS outcome, toInt64(0) AS wait, toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait, roundDown(toUnixTimestamp64Milli(time), {begins:Array(Int64)}) AS bucket, 0 AS joined, 0 AS mine, 0 AS came, 0 AS went
  FROM refusals
  WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
),
judged AS (
  SELECT *, mine AND outcome = 'answered' AS is_answered, mine AND outcome = 'abandoned' AS is_abandoned,
    wait <= transform(toString(queue), {limit_queues:Array(String)}, {limit_levels:Array(Int64)}, {default_level:Int64}) AS within, wait <= transform(toString(queue), {limit_queues:Array(String)}, {limit_shorts:Array(Int64)}, {default_short:Int64}) AS short
  FROM (SELECT * FROM marks UNION ALL SELECT * FROM refused)
)
SELECT
    toBool(grouping(bucket)) AS whole,
    toInt64(bucket) AS bucket_begin,
    toString(queue) AS by_queue,
    toInt64(countIf(joined)) AS n_offered,
    toInt64(countIf(mine)) AS n_attributed,
    toInt64(countIf(joined AND outcome = '')) AS n_still_waiting,
    toInt64(countIf(is_answered)) AS n_answered,
    toInt64(countIf(is_abandoned)) AS n_abandoned,
    toInt64(countIf(mine AND outcome = 'overflowed')) AS n_overflowed,
    toInt64(countIf(mine AND outcome = 'exited')) AS n_exited,
    toInt64(countIf(mine AND outcome = 'callback')) AS n_callback,
    toInt64(countIf(mine AND outcome = 'voicemail')) AS n_voicemail,
    toInt64(countIf(mine AND outcome = 'left_empty')) AS n_left_empty,
    toInt64(countIf(mine AND outcome = 'withdrawn')) AS n_withdrawn,
    toInt64(countIf(mine AND outcome = 'failed')) AS n_failed,
    toInt64(countIf(is_abandoned AND short)) AS n_abandoned_short,
    toInt64(countIf(is_answered AND within)) AS n_answered_within,
    toInt64(countIf(is_abandoned AND within)) AS n_abandoned_within,
    toInt64(countIf(mine AND outcome = 'callback' AND within)) AS n_callback_within,
    toInt64(countIf(outcome = 'refused_full')) AS n_refused_full,
    toInt64(countIf(outcome = 'refused_empty')) AS n_refused_empty,
    toInt64(countIf(outcome = 'refused_closed')) AS n_refused_closed,
    if(grouping(bucket) = 1, toInt64(countIf(came AND bucket = {begins:Array(Int64)}[1])), toInt64(countIf(came))) AS n_carried_in,
    if(grouping(bucket) = 1, toInt64(countIf(went AND bucket = {begins:Array(Int64)}[-1])), toInt64(countIf(went))) AS n_carried_out,
    toInt64(countIf(is_answered)) AS d_answer_count,
    toInt64(sumIf(wait, is_answered)) AS d_answer_sum,
    toInt64(maxIf(wait, is_answered)) AS d_answer_max,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99)(wait, is_answered) AS d_answer_at,
    toInt64(countIf(is_abandoned)) AS d_abandon_count,
    toInt64(sumIf(wait, is_abandoned)) AS d_abandon_sum,
    toInt64(maxIf(wait, is_abandoned)) AS d_abandon_max,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99)(wait, is_abandoned) AS d_abandon_at,
    toInt64(countIf(is_answered)) AS d_arrival_count,
    toInt64(sumIf(arrival_wait, is_answered)) AS d_arrival_sum,
    toInt64(maxIf(arrival_wait, is_answered)) AS d_arrival_max,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99)(arrival_wait, is_answered) AS d_arrival_at,
    toInt64(countIf(is_answered)) AS d_queueing_count,
    toInt64(sumIf(queueing_wait, is_answered)) AS d_queueing_sum,
    toInt64(maxIf(queueing_wait, is_answered)) AS d_queueing_max,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99)(queueing_wait, is_answered) AS d_queueing_at
FROM judged
GROUP BY GROUPING SETS ((bucket, queue), ())
SETTINGS max_execution_time = 30, max_result_rows = 100000, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
