-- Arguments: begins=[1772492400000 1772496000000] beyond=1773183600000 flows=[main] from=1772492400000 queues=[support] since=1771887600000 until=1772578800000
WITH
leaves AS (
  SELECT contact, sequence, toUnixTimestamp64Milli(time) AS at, multiIf(outcome != 'contained', toString(outcome), arrayExists(x -> x >= toUnixTimestamp64Milli(entered_at) AND x <= toUnixTimestamp64Milli(left_at), promised), 'callback', arrayExists(x -> x >= toUnixTimestamp64Milli(entered_at) AND x <= toUnixTimestamp64Milli(left_at), recorded), 'voicemail', 'contained') AS outcome
  FROM (SELECT contact, sequence, time, entered_at, left_at, outcome FROM ivr_visits WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND contact IN (SELECT contact FROM entries_opened WHERE queue IN {queues:Array(String)} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))) AS v
  LEFT JOIN (SELECT origin AS contact, groupArray(toUnixTimestamp64Milli(time)) AS promised FROM callbacks_opened WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') GROUP BY origin) AS p USING (contact)
  LEFT JOIN (SELECT contact, groupArray(toUnixTimestamp64Milli(time)) AS recorded FROM recordings_opened WHERE cause = 'voicemail' AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') GROUP BY contact) AS r USING (contact)
),
steps AS (
  SELECT contact, sequence, toUnixTimestamp64Milli(time) AS at, toString(type) AS type, toString(flow) AS flow, toString(node) AS node,
    concat(toString(key), '>', toString(target)) AS choice, toString(kind) AS input, derived, '' AS outcome
  FROM ivr_steps WHERE type IN ('ivr.entered', 'ivr.choice', 'ivr.input') AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND contact IN (SELECT contact FROM entries_opened WHERE queue IN {queues:Array(String)} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL SELECT contact, sequence, at, 'ivr.left' AS type, '' AS flow, '' AS node, '' AS choice, '' AS input, false AS derived, outcome FROM leaves
),
numbered AS (
  SELECT *, countIf(type = 'ivr.entered') OVER (PARTITION BY contact ORDER BY sequence ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS number FROM steps
),
stays AS (
  SELECT contact, number, anyIf(flow, type = 'ivr.entered') AS flow, anyIf(node, type = 'ivr.entered') AS node, minIf(at, type = 'ivr.entered') AS began,
    argMinIf(outcome, sequence, type = 'ivr.left') AS outcome, minIf(at, type = 'ivr.left') AS left_at,
    sumMapIf(map(choice, toUInt64(1)), type = 'ivr.choice') AS choices, sumMapIf(map(input, toUInt64(1)), type = 'ivr.input' AND NOT derived) AS inputs
  FROM numbered WHERE number > 0 GROUP BY contact, number
),
visits AS (
  SELECT contact, flow, node, began, choices, inputs, if(outcome != '', left_at, next) AS done, outcome != '' OR next > 0 AS is_ended,
    multiIf(outcome != '', outcome, next > 0, 'went_on', 'still_in') AS how, roundDown(began, {begins:Array(Int64)}) AS bucket
  FROM (
    SELECT *, leadInFrame(began, 1, toInt64(0)) OVER (PARTITION BY contact ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next FROM stays
  )
  WHERE began < {until:Int64} AND flow IN {flows:Array(String)}
)
SELECT
    toUInt64(grouping(bucket, flow, node)) AS level,
    toInt64(bucket) AS bucket_begin,
    toString(flow) AS by_flow,
    toString(node) AS by_node,
    toInt64(count()) AS n_visits,
    toInt64(uniqExact(contact)) AS n_contacts,
    toInt64(countIf(is_ended)) AS n_ended,
    sumMap(choices) AS n_choices,
    sumMap(inputs) AS n_inputs,
    sumMap(map(how, toUInt64(1))) AS n_ends,
    toInt64(sumIf(done - began, is_ended)) AS stay_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(done - began, is_ended) AS stay_at
FROM visits
GROUP BY GROUPING SETS ((bucket, flow, node), ())
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
