-- Arguments: ahead_ms=1000 examples=10 from=1772492400000 late_ms=60000 until=1772578800000
WITH
arrived AS (
  SELECT contact, max(toUnixTimestamp64Milli(time)) AS arrived FROM arrivals
  WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND contact IN (SELECT contact FROM tickets WHERE contact != '' AND subject IN (SELECT subject FROM tickets WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND (time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') OR received_ms >= {from:Int64} AND received_ms < {until:Int64})))
  GROUP BY contact
),
deliveries AS (
  SELECT toString(type) AS type, subject, toString(system) AS system, ticket, event_id, contact, time, toUnixTimestamp64Milli(time) AS at, received_ms, source, epoch, position, arrived,
    row_number() OVER (PARTITION BY subject, event_id ORDER BY received_ms, source, epoch, position) AS place, min(received_ms) OVER (PARTITION BY subject, event_id) AS first_received
  FROM (SELECT * FROM tickets WHERE subject IN (SELECT subject FROM tickets WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND (time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') OR received_ms >= {from:Int64} AND received_ms < {until:Int64}))) AS t LEFT JOIN arrived USING (contact)
),
started AS (
  SELECT *, if(countIf(place = 1 AND type = 'ticket.opened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) > 0, argMinIf(greatest(at, arrived), (time, received_ms, source, epoch, position), place = 1 AND type = 'ticket.opened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), argMinIf(arrived, (time, received_ms, source, epoch, position), place = 1 AND contact != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) AS start
  FROM deliveries
),
defects AS (
  SELECT defect.1 AS kind, defect.3 AS placed, system, ticket, event_id, type, at, received_ms, defect.4 AS by
  FROM started ARRAY JOIN [
    ('late', place = 1 AND received_ms - at > {late_ms:Int64}, at, received_ms - at),
    ('ahead', place = 1 AND at - received_ms > {ahead_ms:Int64}, received_ms, at - received_ms),
    ('before_start', place = 1 AND greatest(start, arrived) > at, at, greatest(start, arrived) - at),
    ('repeated', place > 1, at, received_ms - first_received)] AS defect
  WHERE defect.2 AND defect.3 >= {from:Int64} AND defect.3 < {until:Int64}
)
SELECT kind, system, ticket, event_id, type, at, received_ms, by FROM defects
ORDER BY kind, placed DESC, system, ticket, event_id, received_ms, type, by
LIMIT {examples:UInt64} BY kind
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
