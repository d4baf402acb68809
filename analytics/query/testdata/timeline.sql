-- Arguments: from=1772492400000 id=pbx1-1.1 until=1772578800000
WITH linked AS (
  SELECT concat(toString(system), ':', ticket) AS subject FROM tickets WHERE contact = {id:String} AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  UNION ALL SELECT concat(toString(ticket_system), ':', ticket_id) AS subject FROM contacts WHERE contact = {id:String} AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND ticket_id != ''
)
SELECT toString(type), subject, sequence, toUnixTimestamp64Milli(time) AS at, toString(source), toString(epoch), position, toUnixTimestamp64Milli(loaded_at) FROM (
  SELECT type, subject, sequence, time, source, epoch, position, loaded_at FROM events WHERE subject = {id:String} AND time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  UNION ALL SELECT type, subject, sequence, time, source, epoch, position, loaded_at FROM events WHERE subject IN (SELECT subject FROM linked) AND startsWith(type, 'ticket.')
    AND (source, epoch, position) IN (SELECT source, epoch, position FROM (SELECT * FROM tickets WHERE subject IN (SELECT subject FROM linked) ORDER BY subject, event_id, received_ms, source, epoch, position LIMIT 1 BY subject, event_id))
  UNION ALL SELECT type, subject, sequence, time, source, epoch, position, loaded_at FROM events WHERE subject = 'voicemails'
    AND (source, epoch, position) IN (SELECT source, epoch, position FROM voicemail_marks WHERE contact = {id:String})
)
ORDER BY at, sequence, position
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
