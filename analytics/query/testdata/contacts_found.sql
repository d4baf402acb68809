-- Arguments: beyond=1764687371500 contacts=[pbx1-1764082571.12] first=1764082571500 last=1764082571500 since=1763996171500
SELECT
    a.contact AS id,
    toString(a.kind) AS arrival_kind,
    toUnixTimestamp64Milli(a.time) AS arrived_ms,
    toString(a.dialed) AS dialed_number,
    toString(a.language) AS arrival_language,
    a.caller_number AS number,
    a.caller_name AS name,
    a.fallback AS by_fallback,
    toBool(c.contact != '') AS closed,
    toString(c.language) AS end_language,
    toUnixTimestamp64Milli(c.ended_at) AS ended_ms,
    c.duration_ms AS duration,
    toString(c.termination_result) AS end_result,
    toString(c.termination_reason) AS end_reason,
    c.ivr_ms AS ivr,
    c.wait_ms AS waited,
    c.talk_ms AS talked,
    c.hold_ms AS held,
    c.wrap_up_ms AS wrapped,
    ifNull(c.to_agent_ms, -1) AS to_agent,
    c.customer AS end_customer,
    i.customer AS known_customer,
    arrayCompact(q.queues) AS joined,
    arrayCompact(s.agents) AS talkers,
    toString(c.ticket_system) AS t_system,
    c.ticket_id AS t_id,
    c.ticket_title AS t_title,
    c.ticket_url AS t_url,
    toString(c.ticket_status) AS t_status,
    i.ticket.1 AS i_system,
    i.ticket.2 AS i_id,
    i.ticket.3 AS i_title,
    i.ticket.4 AS i_url,
    i.ticket.5 AS i_status
FROM (SELECT contact, kind, time, dialed, language, caller_number, caller_name, fallback FROM arrivals WHERE contact IN {contacts:Array(String)} AND time >= fromUnixTimestamp64Milli({first:Int64}, 'UTC') AND time <= fromUnixTimestamp64Milli({last:Int64}, 'UTC')) AS a
LEFT JOIN (SELECT * FROM contacts WHERE contact IN {contacts:Array(String)} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC')) AS c ON c.contact = a.contact
LEFT JOIN (SELECT contact, groupArray(toString(queue)) AS queues FROM (SELECT contact, queue FROM entries_opened WHERE contact IN {contacts:Array(String)} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') ORDER BY time, sequence) GROUP BY contact) AS q ON q.contact = a.contact
LEFT JOIN (SELECT contact, groupArray(toString(agent)) AS agents FROM (SELECT contact, agent FROM segments_opened WHERE contact IN {contacts:Array(String)} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND kind = 'talk' ORDER BY time, sequence) GROUP BY contact) AS s ON s.contact = a.contact
LEFT JOIN (SELECT contact, argMax(customer, sequence) AS customer, argMax((toString(ticket_system), ticket_id, ticket_title, ticket_url, toString(ticket_status)), sequence) AS ticket FROM identified WHERE contact IN {contacts:Array(String)} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND result = 'found' GROUP BY contact) AS i ON i.contact = a.contact
ORDER BY a.time DESC, a.contact DESC
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
