-- Arguments: begins=[1772492400000 1772496000000] from=1772492400000 until=1772578800000
SELECT toInt64(roundDown(toUnixTimestamp64Milli(loaded_at), {begins:Array(Int64)})) AS bucket, toString(topic), toInt64(sum(facts)), toInt64(sum(repeats)), toInt64(sum(missing)), toInt64(sum(dead_letters)), toInt64(sum(late)), toInt64(sum(moved))
FROM loads WHERE loaded_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND loaded_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND NOT accepted
GROUP BY bucket, topic
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
