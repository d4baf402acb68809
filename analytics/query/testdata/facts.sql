-- Arguments: from=1772492400000 until=1772578800000
SELECT toString(type), subject, sequence, toUnixTimestamp64Milli(time) AS at, toString(source), toString(epoch), position FROM events
WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND NOT startsWith(type, 'ticket.')
ORDER BY at, source, epoch, position
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
