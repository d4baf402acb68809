-- Arguments: ahead_ms=1000 beyond=1773183600000 examples=10 from=1772492400000 late_ms=60000 over=1771974000000 since=1771887600000 until=1772578800000
WITH
ordered AS (
  SELECT type, subject, sequence, time, source, loaded_at,
    lagInFrame(sequence) OVER line AS before, row_number() OVER line AS place,
    max(toUnixTimestamp64Milli(time)) OVER (PARTITION BY subject, source, epoch ORDER BY sequence, position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest
  FROM events
  WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND cityHash64(subject) IN (SELECT cityHash64(subject) FROM events WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC'))
    AND NOT startsWith(type, 'ticket.') AND NOT startsWith(type, 'log.') AND NOT startsWith(type, 'incident.') AND NOT startsWith(type, 'voicemail.marked')
  WINDOW line AS (PARTITION BY subject, source, epoch ORDER BY sequence, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
defects AS (
  SELECT 'late' AS kind, toUnixTimestamp64Milli(time) AS at, toString(type) AS type, toString(subject) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(toUnixTimestamp64Milli(loaded_at) - toUnixTimestamp64Milli(time)) AS by
  FROM events WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND NOT startsWith(type, 'ticket.') AND toUnixTimestamp64Milli(loaded_at) - toUnixTimestamp64Milli(time) > {late_ms:Int64}
  UNION ALL
  SELECT 'ahead' AS kind, toUnixTimestamp64Milli(loaded_at) AS at, toString(type) AS type, toString(subject) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(-(toUnixTimestamp64Milli(loaded_at) - toUnixTimestamp64Milli(time))) AS by
  FROM events WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND loaded_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND loaded_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND NOT startsWith(type, 'ticket.') AND toUnixTimestamp64Milli(loaded_at) - toUnixTimestamp64Milli(time) < -{ahead_ms:Int64}
  UNION ALL
  SELECT defect.1 AS kind, toUnixTimestamp64Milli(time) AS at, toString(type) AS type, toString(subject) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(defect.2) AS n, toInt64(defect.3) AS by
  FROM ordered ARRAY JOIN [
    ('duplicate', toInt64(sequence = before), toInt64(0)),
    ('sequence_gap', if(sequence > before + 1, toInt64(sequence - before - 1), 0), toInt64(0)),
    ('out_of_order', toInt64(newest > toUnixTimestamp64Milli(time)), newest - toUnixTimestamp64Milli(time))] AS defect
  WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND place > 1 AND defect.2 > 0
  UNION ALL
  SELECT 'lost' AS kind, toUnixTimestamp64Milli(time) AS at, 'log.gap' AS type, toString(subject) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(dropped) AS n, toInt64(0) AS by
  FROM gaps WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND dropped > 0
  UNION ALL
  SELECT 'negative' AS kind, toUnixTimestamp64Milli(time) AS at, 'queue.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(least(wait_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(queued_at))) AS by
  FROM entries WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND least(wait_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(queued_at)) < 0
  UNION ALL
  SELECT 'derived' AS kind, toUnixTimestamp64Milli(time) AS at, 'queue.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM entries WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND derived
  UNION ALL
  SELECT 'negative' AS kind, toUnixTimestamp64Milli(time) AS at, 'offer.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(least(ring_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(offered_at))) AS by
  FROM offers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND least(ring_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(offered_at)) < 0
  UNION ALL
  SELECT 'derived' AS kind, toUnixTimestamp64Milli(time) AS at, 'offer.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM offers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND derived
  UNION ALL
  SELECT 'negative' AS kind, toUnixTimestamp64Milli(time) AS at, 'segment.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(least(duration_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at))) AS by
  FROM segments WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND least(duration_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at)) < 0
  UNION ALL
  SELECT 'derived' AS kind, toUnixTimestamp64Milli(time) AS at, 'segment.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM segments WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND derived
  UNION ALL
  SELECT 'negative' AS kind, toUnixTimestamp64Milli(time) AS at, 'call.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(least(duration_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at))) AS by
  FROM calls WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND least(duration_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at)) < 0
  UNION ALL
  SELECT 'derived' AS kind, toUnixTimestamp64Milli(time) AS at, 'call.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM calls WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND derived
  UNION ALL
  SELECT 'negative' AS kind, toUnixTimestamp64Milli(time) AS at, 'contact.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(least(duration_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at))) AS by
  FROM contacts WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND least(duration_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at)) < 0
  UNION ALL
  SELECT 'negative' AS kind, toUnixTimestamp64Milli(time) AS at, 'agent.state_ended' AS type, toString(agent) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(least(duration_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at))) AS by
  FROM agent_states WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND least(duration_ms, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at)) < 0
  UNION ALL
  SELECT 'missing_end' AS kind, toUnixTimestamp64Milli(time) AS at, 'contact.arrived' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM arrivals WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({over:Int64}, 'UTC') AND cityHash64(contact) NOT IN (SELECT cityHash64(contact) FROM contacts WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL
  SELECT 'missing_begin' AS kind, toUnixTimestamp64Milli(time) AS at, 'contact.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM contacts WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND started_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND cityHash64(contact) NOT IN (SELECT cityHash64(contact) FROM arrivals WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL
  SELECT 'missing_end' AS kind, toUnixTimestamp64Milli(time) AS at, 'queue.queued' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM entries_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND (time < fromUnixTimestamp64Milli({over:Int64}, 'UTC') OR cityHash64(contact) IN (SELECT cityHash64(contact) FROM contacts WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))) AND cityHash64(entry) NOT IN (SELECT cityHash64(entry) FROM entries WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL
  SELECT 'missing_begin' AS kind, toUnixTimestamp64Milli(time) AS at, 'queue.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM entries WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND queued_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND cityHash64(entry) NOT IN (SELECT cityHash64(entry) FROM entries_opened WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL
  SELECT 'missing_end' AS kind, toUnixTimestamp64Milli(time) AS at, 'offer.made' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM offers_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND (time < fromUnixTimestamp64Milli({over:Int64}, 'UTC') OR cityHash64(contact) IN (SELECT cityHash64(contact) FROM contacts WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))) AND cityHash64(offer) NOT IN (SELECT cityHash64(offer) FROM offers WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL
  SELECT 'missing_begin' AS kind, toUnixTimestamp64Milli(time) AS at, 'offer.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM offers WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND offered_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND cityHash64(offer) NOT IN (SELECT cityHash64(offer) FROM offers_opened WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL
  SELECT 'missing_end' AS kind, toUnixTimestamp64Milli(time) AS at, 'segment.started' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM segments_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND (time < fromUnixTimestamp64Milli({over:Int64}, 'UTC') OR cityHash64(contact) IN (SELECT cityHash64(contact) FROM contacts WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))) AND cityHash64(segment) NOT IN (SELECT cityHash64(segment) FROM segments WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
  UNION ALL
  SELECT 'missing_begin' AS kind, toUnixTimestamp64Milli(time) AS at, 'segment.ended' AS type, toString(contact) AS subject, sequence, toString(source) AS source, toUnixTimestamp64Milli(time) AS happened, toUnixTimestamp64Milli(loaded_at) AS loaded, toInt64(1) AS n, toInt64(0) AS by
  FROM segments WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND started_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND cityHash64(segment) NOT IN (SELECT cityHash64(segment) FROM segments_opened WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC'))
)
SELECT kind, type, subject, sequence, happened, loaded, source, n, by FROM defects
ORDER BY kind, at DESC, subject, sequence, type, by
LIMIT {examples:UInt64} BY kind
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
