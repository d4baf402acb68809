-- Arguments: beyond=1773788400000 from=1772492400000 min_wait=0 rows=51 since=1771887600000 until=1772578800000 within=604800000
WITH gave_up AS (
  SELECT entry, contact, queue, language, queued_at, ended_at, wait_ms, last_position, offers, customer FROM entries
  WHERE outcome = 'abandoned' AND kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND ended_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ended_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND wait_ms >= {min_wait:Int64}
),
found AS (
  SELECT contact, argMax(customer, sequence) AS known FROM identified WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND result = 'found' AND customer != '' GROUP BY contact
),
numbered AS (
  SELECT *, caller_number AS number FROM gave_up
  LEFT JOIN (SELECT contact, caller_number FROM arrivals WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND contact IN (SELECT contact FROM gave_up) LIMIT 1 BY contact) AS a USING (contact)
  LEFT JOIN found USING (contact)
),
calls_of AS (
  SELECT a.contact AS contact, a.inbound AS inbound, a.number AS number, a.came AS came, f.known AS known
  FROM (SELECT contact, kind = 'inbound' AS inbound, caller_number AS number, toUnixTimestamp64Milli(time) AS came FROM arrivals WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND kind IN ('inbound', 'callback')) AS a
  LEFT JOIN found AS f ON f.contact = a.contact
  WHERE a.number != '' AND a.number IN (SELECT number FROM numbered) OR f.known != '' AND f.known IN (SELECT known FROM numbered)
),
later_of AS (
  SELECT c.number AS number, c.known AS known, (c.came, c.inbound, e.answered, b.reached, c.contact, c.known) AS call FROM calls_of AS c
  LEFT JOIN (SELECT contact, toUnixTimestamp64Milli(min(ended_at)) AS answered FROM entries WHERE outcome = 'answered' AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND contact IN (SELECT contact FROM calls_of) GROUP BY contact) AS e ON e.contact = c.contact
  LEFT JOIN (SELECT contact, toUnixTimestamp64Milli(ended_at) AS reached FROM callbacks WHERE outcome = 'connected' AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') LIMIT 1 BY contact) AS b ON b.contact = c.contact
),
dialled AS (
  SELECT right(replaceRegexpAll(dialed, '[^0-9]', ''), 9) AS tail, groupArray(toUnixTimestamp64Milli(time)) AS called FROM arrivals WHERE kind = 'outbound' AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') GROUP BY tail
),
told AS (
  SELECT n.entry AS entry, n.contact AS contact, n.queue AS queue, n.language AS language, n.queued_at AS queued_at, n.ended_at AS ended_at, n.wait_ms AS wait_ms,
    n.last_position AS last_position, n.offers AS offers, n.customer AS customer, n.number AS number,
    arrayFilter(x -> x.5 != n.contact, arrayConcat(arrayFilter(x -> x.6 = '' OR n.known = '', l.calls), k.calls)) AS calls,
    arrayFilter(x -> x.2 AND x.1 >= toUnixTimestamp64Milli(n.ended_at) AND x.1 <= toUnixTimestamp64Milli(n.ended_at) + {within:Int64}, calls) AS came,
    arrayMin(arrayMap(x -> x.1, came)) AS back, arrayMin(arrayMap(x -> x.3, arrayFilter(x -> x.3 > 0, came))) AS answered,
    arrayMin(arrayMap(x -> x.4, arrayFilter(x -> NOT x.2 AND x.4 > 0 AND x.4 >= toUnixTimestamp64Milli(n.ended_at) AND x.4 <= toUnixTimestamp64Milli(n.ended_at) + {within:Int64}, calls))) AS reached,
    if(right(replaceRegexpAll(n.number, '[^0-9]', ''), 9) = '', 0, arrayMin(arrayFilter(x -> x >= toUnixTimestamp64Milli(n.ended_at) AND x <= toUnixTimestamp64Milli(n.ended_at) + {within:Int64}, d.called))) AS called,
    multiIf(answered > 0 AND (reached = 0 OR answered <= reached), 'answered', reached > 0, 'reached', called > 0, 'called', back > 0, 'came_back', 'open') AS state
  FROM numbered AS n
  LEFT JOIN (SELECT number, groupArray(call) AS calls FROM later_of WHERE number != '' GROUP BY number) AS l ON l.number = n.number
  LEFT JOIN (SELECT known, groupArray(call) AS calls FROM later_of WHERE known != '' GROUP BY known) AS k ON k.known = n.known
  LEFT JOIN dialled AS d ON d.tail = right(replaceRegexpAll(n.number, '[^0-9]', ''), 9)
)
SELECT entry, contact, toString(queue), toString(language), toUnixTimestamp64Milli(queued_at), toUnixTimestamp64Milli(ended_at), wait_ms, last_position, offers, customer, number, back, answered, called, reached, state
FROM told
WHERE state NOT IN ('answered', 'reached')
ORDER BY ended_at DESC, entry DESC LIMIT {rows:UInt64}
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
