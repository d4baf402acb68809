-- Arguments: cursor_at=1 cursor_id=r from=1772492400000 queues=[support] rows=51 since=1771887600000 until=1772578800000
WITH page AS (
  SELECT contact, recording, queue, started_at, duration_ms FROM recordings
  WHERE cause = 'voicemail' AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND queue IN {queues:Array(String)} AND recording NOT IN (SELECT recording FROM voicemail_marks WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') GROUP BY recording HAVING argMax(done, (time, sequence))) AND (started_at, recording) < (fromUnixTimestamp64Milli({cursor_at:Int64}, 'UTC'), {cursor_id:String})
  ORDER BY started_at DESC, recording DESC LIMIT 1 BY recording LIMIT {rows:UInt64}
)
SELECT p.contact, p.recording, toString(p.queue), toUnixTimestamp64Milli(p.started_at), p.duration_ms, a.caller_number, a.caller_name,
  toString(if(c.contact != '', c.language, a.language)), if(c.contact != '', c.customer, i.customer), f.state, toUnixTimestamp64Milli(f.keep_until), f.error,
  d.done, if(d.done, toUnixTimestamp64Milli(d.at), 0), if(d.done, toString(d.actor), ''), if(d.done, d.note, '')
FROM page AS p
LEFT JOIN (SELECT contact, caller_number, caller_name, language FROM arrivals WHERE contact IN (SELECT contact FROM page) AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') LIMIT 1 BY contact) AS a ON a.contact = p.contact
LEFT JOIN (SELECT contact, customer, language FROM contacts WHERE contact IN (SELECT contact FROM page) AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') LIMIT 1 BY contact) AS c ON c.contact = p.contact
LEFT JOIN (SELECT contact, argMax(customer, sequence) AS customer FROM identified WHERE contact IN (SELECT contact FROM page) AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND result = 'found' GROUP BY contact) AS i ON i.contact = p.contact
LEFT JOIN (
  SELECT recording, argMax(what, sequence) AS state, argMax(until, sequence) AS keep_until, argMax(reason, sequence) AS error FROM (
    SELECT recording, 'kept' AS what, keep_until AS until, '' AS reason, sequence FROM recordings_stored WHERE contact IN (SELECT contact FROM page) AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
    UNION ALL SELECT recording, 'lost' AS what, fromUnixTimestamp64Milli(toInt64(0), 'UTC') AS until, error AS reason, sequence FROM recordings_lost WHERE contact IN (SELECT contact FROM page) AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  ) GROUP BY recording
) AS f ON f.recording = p.recording
LEFT JOIN (
  SELECT recording, argMax(done, (time, sequence)) AS done, argMax(actor, (time, sequence)) AS actor, argMax(note, (time, sequence)) AS note, max(time) AS at
  FROM voicemail_marks WHERE contact IN (SELECT contact FROM page) AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') GROUP BY recording
) AS d ON d.recording = p.recording
ORDER BY p.started_at DESC, p.recording DESC
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
