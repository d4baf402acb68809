-- Arguments: cursor_at=1 cursor_id=c from=1772492400000 queues=[support] rows=51 since=1771887600000 until=1772578800000
WITH
callbacks_now AS (
  SELECT p.contact AS contact, p.origin AS origin, p.first AS first, p.since AS since, p.attempts AS attempts, p.expires_at AS expires_at, p.time AS promised_at,
    if(e.contact != '', toString(e.outcome), 'open') AS state, multiIf(e.contact != '', toString(e.queue), s.contact != '', s.put_off.1, toString(p.queue)) AS in_queue,
    s.put_off AS put_off, e.ended_at AS ended_at, toString(e.agent) AS agent, toString(e.actor) AS actor
  FROM (SELECT * FROM callbacks_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') LIMIT 1 BY contact) AS p
  LEFT JOIN (SELECT contact, queue, outcome, ended_at, agent, actor FROM callbacks WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') LIMIT 1 BY contact) AS e ON e.contact = p.contact
  LEFT JOIN (
    SELECT contact, argMax((queue, why, until, incidents), sequence) AS put_off FROM (
      SELECT contact, toString(queue) AS queue, '' AS why, toInt64(0) AS until, emptyArrayString() AS incidents, sequence FROM entries_opened WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND kind = 'callback'
      UNION ALL SELECT contact, toString(queue) AS queue, toString(why) AS why, ifNull(toUnixTimestamp64Milli(until), 0) AS until, arrayMap(i -> toString(i), incidents) AS incidents, sequence FROM callbacks_put_off WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
    ) GROUP BY contact
  ) AS s ON s.contact = p.contact
),
page AS (
  SELECT * FROM callbacks_now WHERE promised_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND promised_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC') AND in_queue IN {queues:Array(String)} AND state = 'open' AND (promised_at, contact) < (fromUnixTimestamp64Milli({cursor_at:Int64}, 'UTC'), {cursor_id:String})
  ORDER BY promised_at DESC, contact DESC LIMIT {rows:UInt64}
),
known AS (
  SELECT contact, argMaxIf(customer, (own, sequence), customer != '') AS customer, argMaxIf(ticket, (own, sequence), ticket.2 != '') AS ticket FROM (
    SELECT contact, 1 AS own, sequence, customer, (toString(ticket_system), ticket_id, ticket_title, ticket_url, toString(ticket_status)) AS ticket FROM identified WHERE contact IN (SELECT contact FROM page) AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND result = 'found'
    UNION ALL SELECT q.contact, 0 AS own, sequence, customer, ticket FROM (SELECT contact, origin FROM page) AS q
    INNER JOIN (SELECT contact, sequence, customer, (toString(ticket_system), ticket_id, ticket_title, ticket_url, toString(ticket_status)) AS ticket FROM identified WHERE contact IN (SELECT origin FROM page) AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND result = 'found') AS i ON i.contact = q.origin
  ) GROUP BY contact
)
SELECT
    p.contact AS id,
    p.origin AS asked_in,
    p.state AS standing,
    p.in_queue AS line,
    a.caller_number AS number,
    if(o.caller_name = o.caller_number, '', o.caller_name) AS name,
    k.customer AS known_customer,
    k.ticket.1 AS t_system,
    k.ticket.2 AS t_id,
    k.ticket.3 AS t_title,
    k.ticket.4 AS t_url,
    k.ticket.5 AS t_status,
    toString(a.language) AS arrival_language,
    toUnixTimestamp64Milli(p.promised_at) AS promised,
    toUnixTimestamp64Milli(p.since) AS queued,
    toString(p.first) AS rung_first,
    t.counted AS tried,
    p.attempts AS tries,
    t.last.1 AS last_result,
    t.last.2 AS last_ms,
    p.put_off.2 AS reason,
    p.put_off.3 AS until_ms,
    p.put_off.4 AS waits_for,
    toUnixTimestamp64Milli(p.expires_at) AS expires,
    toUnixTimestamp64Milli(p.ended_at) AS ended,
    p.agent AS talker,
    p.actor AS canceller
FROM page AS p
LEFT JOIN (SELECT contact, caller_number, language FROM arrivals WHERE contact IN (SELECT contact FROM page) AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') LIMIT 1 BY contact) AS a ON a.contact = p.contact
LEFT JOIN (SELECT contact, caller_number, caller_name FROM arrivals WHERE contact IN (SELECT origin FROM page) AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') LIMIT 1 BY contact) AS o ON o.contact = p.origin
LEFT JOIN known AS k ON k.contact = p.contact
LEFT JOIN (
  SELECT contact, toInt64(uniqExactIf(sequence, result NOT IN ('agent_left', 'called_off'))) AS counted, argMax((toString(result), toUnixTimestamp64Milli(ended_at)), sequence) AS last
  FROM callback_attempts WHERE contact IN (SELECT contact FROM page) AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') GROUP BY contact
) AS t ON t.contact = p.contact
ORDER BY p.promised_at DESC, p.contact DESC
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
