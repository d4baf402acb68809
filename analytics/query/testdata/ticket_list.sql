-- Arguments: agent_in=[anna] cursor_at=1 cursor_id=s:t customer_is=C1 from=1772492400000 priority_in=[high] queues=[support] rows=51 state_in=[open] until=1772578800000
WITH
tickets_now AS (
  SELECT subject, multiIf(turn = 'ticket.pending', 'pending', turn = 'ticket.resolved', 'resolved', turn = 'ticket.closed', 'closed', 'open') AS state, if(opening > 0, opening, first) AS opened_at, now_priority AS priority, now_agent AS agent,
    now_queue AS queue, now_team AS team, now_reason AS reason, now_customer AS customer
  FROM (
    SELECT subject, argMaxIf(toString(type), (time, received_ms, source, epoch, position), type IN ('ticket.opened', 'ticket.pending', 'ticket.resumed', 'ticket.resolved', 'ticket.reopened', 'ticket.closed')) AS turn,
    minIf(toUnixTimestamp64Milli(time), type = 'ticket.opened') AS opening, min(toUnixTimestamp64Milli(time)) AS first,
    argMaxIf(toString(priority), (time, received_ms, source, epoch, position), priority != '') AS now_priority,
    argMaxIf(toString(queue), (time, received_ms, source, epoch, position), queue != '') AS now_queue,
    argMaxIf(toString(team), (time, received_ms, source, epoch, position), team != '') AS now_team,
    argMaxIf(toString(reason), (time, received_ms, source, epoch, position), reason != '') AS now_reason,
    argMaxIf(toString(customer), (time, received_ms, source, epoch, position), customer != '') AS now_customer,
    argMaxIf(toString(agent), (time, received_ms, source, epoch, position), agent != '' OR type = 'ticket.reassigned') AS now_agent
    FROM (SELECT * FROM tickets WHERE subject IN (SELECT subject FROM tickets WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')) ORDER BY subject, event_id, received_ms, source, epoch, position LIMIT 1 BY subject, event_id) GROUP BY subject
  )
)
SELECT subject, opened_at FROM tickets_now
WHERE opened_at >= {from:Int64} AND opened_at < {until:Int64} AND state IN {state_in:Array(String)} AND priority IN {priority_in:Array(String)} AND agent IN {agent_in:Array(String)} AND queue IN {queues:Array(String)} AND customer = {customer_is:String} AND (opened_at, subject) < ({cursor_at:Int64}, {cursor_id:String})
ORDER BY opened_at DESC, subject DESC LIMIT {rows:UInt64}
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
