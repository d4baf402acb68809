-- Arguments: id=pbx1-1.1
SELECT toString(type), toUnixTimestamp64Milli(time) AS at, toString(source), toString(epoch), position FROM events
WHERE subject = {id:String} AND (type = 'contact.arrived' OR startsWith(type, 'recording.'))
ORDER BY sequence, at
LIMIT 1 BY sequence
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
