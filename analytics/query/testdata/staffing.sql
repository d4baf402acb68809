-- Arguments: begins=[1771977600000 1771981200000 1771984800000 1771988400000 1771992000000 1771995600000 1771999200000 1772002800000 1772006400000 1772010000000 1772013600000 1772017200000 1772020800000 1772024400000 1772028000000 1772031600000 1772035200000 1772038800000 1772042400000 1772046000000 1772049600000 1772053200000 1772056800000 1772060400000] beyond=1772668800000 queues=[support] since=1771977600000 until=1772064000000
WITH
closed AS (
  SELECT entry, queue, language, outcome, toUnixTimestamp64Milli(queued_at) AS queued, toUnixTimestamp64Milli(ended_at) AS ended, wait_ms AS wait,
    toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(arrived_at) AS arrival_wait, carried_wait_ms + wait_ms AS queueing_wait,
    multiIf(estimate_until_ms = 0, '', wait_ms < estimate_from_ms, 'sooner', wait_ms > estimate_until_ms, 'later', 'within') AS estimate
  FROM entries
  WHERE kind IN ('inbound', 'callback') AND queue IN {queues:Array(String)} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND queued_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND queued_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
),
open AS (
  SELECT entry, queue, language, '' AS outcome, toUnixTimestamp64Milli(time) AS queued, toInt64(9000000000000) AS ended, toInt64(0) AS wait,
    toInt64(0) AS arrival_wait, toInt64(0) AS queueing_wait, '' AS estimate
  FROM entries_opened
  WHERE kind IN ('inbound', 'callback') AND queue IN {queues:Array(String)} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND cityHash64(entry) NOT IN (SELECT cityHash64(entry) FROM entries WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND queue IN {queues:Array(String)})
),
busy AS (
  SELECT entry FROM segments_opened
  WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND queue IN {queues:Array(String)}
    AND cityHash64(segment) NOT IN (SELECT cityHash64(segment) FROM segments WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND queue IN {queues:Array(String)})
),
worked AS (
  SELECT entry, 1 AS handled, sumIf(duration_ms, kind = 'talk') AS talk, sumIf(duration_ms, kind = 'hold') AS hold, sumIf(duration_ms, kind = 'wrap_up') AS wrap_up
  FROM segments WHERE entry != '' AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND queue IN {queues:Array(String)} AND entry NOT IN (SELECT entry FROM busy)
  GROUP BY entry
),
handled_of AS (
  SELECT queued, outcome, wait, outcome = 'answered' AND handled AS done, talk + hold + wrap_up AS handle
  FROM (SELECT * FROM closed UNION ALL SELECT * FROM open) AS e
  LEFT JOIN worked USING (entry)
)
SELECT toInt64(roundDown(queued, {begins:Array(Int64)})) AS slot, toInt64(count()), toInt64(countIf(done)), toInt64(sumIf(handle, done)), toInt64(countIf(outcome = 'abandoned')), toInt64(sum(wait))
FROM handled_of
GROUP BY slot
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
