-- Arguments: agent=anna cursor_at=1 cursor_id=c customer=C1 from=1772492400000 kinds=[inbound] number=042 outcome=answered queues=[support] rows=51 ticket=T1 until=1772578800000
SELECT contact, toUnixTimestamp64Milli(time) FROM arrivals
WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
  AND kind IN {kinds:Array(String)}
  AND contact IN (SELECT contact FROM entries_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND queue IN {queues:Array(String)})
  AND contact IN (SELECT contact FROM segments_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND agent = {agent:String})
  AND contact IN (SELECT contact FROM identified WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND customer = {customer:String} UNION ALL SELECT contact FROM contacts WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND customer = {customer:String})
  AND contact IN (SELECT contact FROM identified WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ticket_id = {ticket:String} UNION ALL SELECT contact FROM contacts WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ticket_id = {ticket:String} UNION ALL SELECT contact FROM tickets WHERE ticket = {ticket:String})
  AND contact IN (SELECT contact FROM contacts WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND termination_result = {outcome:String})
  AND (endsWith(replaceRegexpAll(caller_number, '[^0-9]', ''), {number:String}))
  AND (time, contact) < (fromUnixTimestamp64Milli({cursor_at:Int64}, 'UTC'), {cursor_id:String})
ORDER BY time DESC, contact DESC LIMIT {rows:UInt64}
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
