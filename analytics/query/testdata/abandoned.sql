-- Arguments: from=1772492400000 min_wait=0 rows=51 since=1771887600000 until=1772578800000 week=604800000
WITH gave_up AS (
  SELECT entry, contact, queue, language, queued_at, ended_at, wait_ms, last_position, offers, customer FROM entries
  WHERE outcome = 'abandoned' AND kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ended_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ended_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND wait_ms >= {min_wait:Int64}
),
numbered AS (
  SELECT g.*, a.caller_number AS number FROM gave_up AS g
  LEFT JOIN (SELECT contact, caller_number FROM arrivals WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND contact IN (SELECT contact FROM gave_up)) AS a ON a.contact = g.contact
),
calls_of AS (
  SELECT caller_number AS number, toUnixTimestamp64Milli(time) AS came, contact FROM arrivals
  WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND caller_number != '' AND caller_number IN (SELECT number FROM numbered)
),
answers_of AS (
  SELECT contact, toUnixTimestamp64Milli(min(ended_at)) AS answered FROM entries
  WHERE outcome = 'answered' AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND contact IN (SELECT contact FROM calls_of) GROUP BY contact
),
later_of AS (
  SELECT c.number AS number, groupArray(c.came) AS came, groupArray(n.answered) AS answered
  FROM calls_of AS c LEFT JOIN answers_of AS n ON n.contact = c.contact GROUP BY c.number
),
told AS (
  SELECT n.entry AS entry, n.contact AS contact, n.queue AS queue, n.language AS language, n.queued_at AS queued_at, n.ended_at AS ended_at, n.wait_ms AS wait_ms,
    n.last_position AS last_position, n.offers AS offers, n.customer AS customer, n.number AS number,
    arrayMin(arrayFilter(x -> x >= toUnixTimestamp64Milli(n.ended_at) AND x <= toUnixTimestamp64Milli(n.ended_at) + {week:Int64}, l.came)) AS back,
    arrayMin(arrayFilter(x -> x >= toUnixTimestamp64Milli(n.ended_at) AND x <= toUnixTimestamp64Milli(n.ended_at) + {week:Int64}, l.answered)) AS reached
  FROM numbered AS n LEFT JOIN later_of AS l ON l.number = n.number
)
SELECT entry, contact, toString(queue), toString(language), toUnixTimestamp64Milli(queued_at), toUnixTimestamp64Milli(ended_at), wait_ms, last_position, offers, customer, number, back, reached
FROM told
WHERE reached = 0
ORDER BY ended_at DESC, entry DESC LIMIT {rows:UInt64}
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
