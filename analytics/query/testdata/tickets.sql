-- Arguments: begins=[1772492400000 1772496000000] beyond=1774393200000 clock_edges=[0 1772535600000 1772557200000] clock_rises=[0 1 0] clock_sums=[0 0 21600000] edges=[0 17592186044416 19364721644416 19364743244416 35184372088832 36956893288832 36956907688832 36956909488832 36956929288832] from=1772492400000 is_open=[0 0 1 0 0 1 0 1 0] named_since=1771282800000 now=1772578800000 open_until=[0 0 0 21600000 0 0 14400000 14400000 34200000] priorities=[ high none] queues=[support] reach=604800000 reply_ms=[9000000 3600000 0] reply_warn=[7200000 1800000 0] resolution_ms=[18000000 10800000 0] resolution_warn=[9000000 8100000 0] schedule_now=1 schedules=[{"id":"office","zone":"Australia/Lord_Howe","open":[{"days":["sat","sun","mon","tue","thu"],"from":"22:00","until":"04:00"}]} {"id":"office","zone":"Europe/Berlin","open":[{"days":["mon","tue","wed","thu","fri"],"from":"08:00","until":"12:00"},{"days":["sun","tue","fri"],"from":"12:30","until":"18:00"}],"closed":["12-25"]}] since=1771887600000 until=1772578800000 watermark=1772578800000
WITH
people AS (
  SELECT contact, kind, customer, last_queue AS queue, language, last_agent AS agent, termination_result AS result, entries, flow, ivr_ms, to_agent_ms, duration_ms,
    toUnixTimestamp64Milli(started_at) AS began, toUnixTimestamp64Milli(ended_at) AS done
  FROM contacts WHERE kind IN ('inbound', 'callback') AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC')
),
(
  SELECT groupUniqArray(subject) FROM (
    SELECT concat(toString(ticket_system), ':', ticket_id) AS subject FROM contacts WHERE ticket_id != '' AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND contact IN (SELECT contact FROM people WHERE began >= {from:Int64} AND began < {until:Int64} AND queue IN {queues:Array(String)})
    UNION ALL SELECT subject FROM tickets WHERE time >= fromUnixTimestamp64Milli({named_since:Int64}, 'UTC') AND contact != '' AND ticket != '' AND contact IN (SELECT contact FROM people WHERE began >= {from:Int64} AND began < {until:Int64} AND queue IN {queues:Array(String)})
  )
) AS theirs,
(
  SELECT groupUniqArray((contact, system, id)) FROM (
    SELECT contact, toString(ticket_system) AS system, ticket_id AS id FROM contacts WHERE ticket_id != '' AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({beyond:Int64}, 'UTC') AND concat(toString(ticket_system), ':', ticket_id) IN (SELECT arrayJoin(theirs))
    UNION ALL SELECT contact, toString(system) AS system, ticket AS id FROM (SELECT * FROM tickets WHERE subject IN (SELECT arrayJoin(theirs)) ORDER BY subject, event_id, received_ms, source, epoch, position LIMIT 1 BY subject, event_id) WHERE time >= fromUnixTimestamp64Milli({named_since:Int64}, 'UTC') AND contact != '' AND ticket != ''
  )
) AS links,
linked AS (SELECT link.1 AS contact, link.2 AS system, link.3 AS id FROM (SELECT arrayJoin(links) AS link)),
keyed AS (
  SELECT contact, began, done, ('customer', '', customer) AS key FROM people WHERE customer IN (SELECT customer FROM people WHERE began >= {from:Int64} AND began < {until:Int64} AND queue IN {queues:Array(String)} AND customer != '')
  UNION ALL SELECT contact, began, done, ('ticket', system, id) AS key FROM people INNER JOIN linked USING (contact)
),
neighbours AS (
  SELECT contact, max(next <= done + {reach:Int64}) AS further, max(count_before > 0 AND began <= before + {reach:Int64}) AS repeats
  FROM (
    SELECT contact, began, done,
      leadInFrame(began, 1, toInt64(9000000000000)) OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next,
      max(done) OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
      count() OVER (PARTITION BY key ORDER BY began, contact ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS count_before
    FROM keyed
  )
  GROUP BY contact
),
asked AS (
  SELECT contact, customer, queue, language, agent, result, began, done FROM people
  WHERE began >= {from:Int64} AND began < {until:Int64} AND queue IN {queues:Array(String)}
),
stretches AS (
  SELECT subject, time, received_ms, source, epoch, position, schedule, event, at, next_at, opened_at, multiIf(turn = 'ticket.pending', 'pending', turn = 'ticket.resolved', 'resolved', turn = 'ticket.closed', 'closed', 'open') AS state,
    now_agent AS agent, now_queue AS queue, now_team AS team, now_priority AS priority, now_reason AS reason, now_customer AS customer,
    if(opening > 0, event = 'ticket.opened' AND opened_before = 1, events_before = 1) AS opened,
    event = 'ticket.first_reply' AND at >= opened_at AND countIf(event = 'ticket.first_reply' AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) = 1 AS replied,
    event = 'ticket.resolved' AND at >= opened_at AND countIf(event = 'ticket.resolved' AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) = 1 AS first_resolved,
    event = 'ticket.resolved' AND at >= opened_at AND resolved_after = 0 AND reopened_last <= at AS last_resolved,
    greatest(at, opened_at) AS from_at, if(next_at = toInt64(9000000000000), greatest(at, {now:Int64}), next_at) AS until_at, state = 'open' AND until_at >= from_at AS runs,
    event IN ('ticket.first_reply', 'ticket.resolved') AND at >= opened_at AS replies_now, countIf(event IN ('ticket.first_reply', 'ticket.resolved') AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS replies, minIf(at, event IN ('ticket.first_reply', 'ticket.resolved') AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS replied_at,
    argMinIf(now_priority, (time, received_ms, source, epoch, position), event IN ('ticket.first_reply', 'ticket.resolved') AND at >= opened_at) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS first_reply_priority,
    settling = 'ticket.resolved' AS settled, event = 'ticket.resolved' AND resolved_after = 0 AND settling_last = 'ticket.resolved' AS settles,
    argMaxIf(now_priority, (time, received_ms, source, epoch, position), event = 'ticket.resolved') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS resolved_priority
  FROM (
    SELECT subject, time, received_ms, source, epoch, position, toString(schedule) AS schedule, toString(type) AS event, toUnixTimestamp64Milli(time) AS at,
      leadInFrame(toUnixTimestamp64Milli(time), 1, toInt64(9000000000000)) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next_at,
      minIf(toUnixTimestamp64Milli(time), type = 'ticket.opened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS opening, min(toUnixTimestamp64Milli(time)) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS first_at, if(opening > 0, opening, first_at) AS opened_at,
      countIf(type = 'ticket.opened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS opened_before, count() OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS events_before,
      countIf(type = 'ticket.resolved') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS resolved_after, maxIf(toUnixTimestamp64Milli(time), type = 'ticket.reopened') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS reopened_last,
      argMaxIf(toString(type), (time, received_ms, source, epoch, position), type IN ('ticket.opened', 'ticket.pending', 'ticket.resumed', 'ticket.resolved', 'ticket.reopened', 'ticket.closed')) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS turn,
      argMaxIf(toString(type), (time, received_ms, source, epoch, position), type IN ('ticket.opened', 'ticket.pending', 'ticket.resumed', 'ticket.resolved', 'ticket.reopened')) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS settling, argMaxIf(toString(type), (time, received_ms, source, epoch, position), type IN ('ticket.opened', 'ticket.pending', 'ticket.resumed', 'ticket.resolved', 'ticket.reopened')) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS settling_last,
      argMaxIf(toString(priority), (time, received_ms, source, epoch, position), priority != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_priority,
      argMaxIf(toString(queue), (time, received_ms, source, epoch, position), queue != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_queue,
      argMaxIf(toString(team), (time, received_ms, source, epoch, position), team != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_team,
      argMaxIf(toString(reason), (time, received_ms, source, epoch, position), reason != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_reason,
      argMaxIf(toString(customer), (time, received_ms, source, epoch, position), customer != '') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_customer,
      argMaxIf(toString(agent), (time, received_ms, source, epoch, position), agent != '' OR type = 'ticket.reassigned') OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS now_agent
    FROM (SELECT * FROM tickets WHERE subject IN (SELECT arrayJoin(theirs)) ORDER BY subject, event_id, received_ms, source, epoch, position LIMIT 1 BY subject, event_id)
  )
),
clocks AS (
  SELECT *, sum(ran) OVER (PARTITION BY subject ORDER BY time, received_ms, source, epoch, position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - ran AS used_before,
    if(replies > 0, first_reply_priority, priority) AS reply_priority, if(settled, resolved_priority, priority) AS resolution_priority
  FROM (SELECT *, if(runs, (transform(roundDown(until_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(until_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (until_at - roundDown(until_at, {clock_edges:Array(Int64)}))) - (transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (from_at - roundDown(from_at, {clock_edges:Array(Int64)}))), 0) AS ran FROM stretches)
),
pairs AS (
  SELECT contact, system, id, anyIf(c.team, is_last) AS team, anyIf(c.priority, is_last) AS priority, anyIf(c.reason, is_last) AS reason, anyIf(c.reply, is_last) AS reply, anyIf(c.resolution, is_last) AS resolution,
    countIf(event = 'ticket.first_reply' AND at >= began) > 0 AS replied, minIf(at, event = 'ticket.first_reply' AND at >= began) AS reply_at, argMinIf(schedule, (time, received_ms, source, epoch, position), event = 'ticket.first_reply' AND at >= began) AS reply_schedule,
    countIf(event = 'ticket.resolved' AND at >= began) > 0 AS resolved, minIf(at, event = 'ticket.resolved' AND at >= began) AS first_resolved_at, argMinIf(schedule, (time, received_ms, source, epoch, position), event = 'ticket.resolved' AND at >= began) AS first_schedule,
    maxIf(at, event = 'ticket.resolved' AND at >= began) AS last_resolved_at, argMaxIf(schedule, (time, received_ms, source, epoch, position), event = 'ticket.resolved' AND at >= began) AS last_schedule,
    maxIf(at, event = 'ticket.reopened' AND at >= began) AS reopened_at
  FROM (SELECT contact, began, system, id, concat(system, ':', id) AS subject FROM asked INNER JOIN linked USING (contact)) AS p
  LEFT JOIN (
    SELECT subject, event, at, schedule, time, received_ms, source, epoch, position, team, priority, reason, next_at = toInt64(9000000000000) AS is_last,
      multiIf(transform(reply_priority, {priorities:Array(String)}, {reply_ms:Array(Int64)}, {reply_ms:Array(Int64)}[1]) = 0 OR replies = 0 AND state = 'closed', '', (transform(roundDown(if(replies > 0, replied_at, {now:Int64}), {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(if(replies > 0, replied_at, {now:Int64}), {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (if(replies > 0, replied_at, {now:Int64}) - roundDown(if(replies > 0, replied_at, {now:Int64}), {clock_edges:Array(Int64)}))) - (transform(roundDown(opened_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(opened_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (opened_at - roundDown(opened_at, {clock_edges:Array(Int64)}))) > transform(reply_priority, {priorities:Array(String)}, {reply_ms:Array(Int64)}, {reply_ms:Array(Int64)}[1]), 'breached', replies > 0, 'met', (transform(roundDown(if(replies > 0, replied_at, {now:Int64}), {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(if(replies > 0, replied_at, {now:Int64}), {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (if(replies > 0, replied_at, {now:Int64}) - roundDown(if(replies > 0, replied_at, {now:Int64}), {clock_edges:Array(Int64)}))) - (transform(roundDown(opened_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(opened_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (opened_at - roundDown(opened_at, {clock_edges:Array(Int64)}))) >= transform(reply_priority, {priorities:Array(String)}, {reply_warn:Array(Int64)}, {reply_warn:Array(Int64)}[1]), 'warning', 'running') AS reply, multiIf(transform(resolution_priority, {priorities:Array(String)}, {resolution_ms:Array(Int64)}, {resolution_ms:Array(Int64)}[1]) = 0 OR NOT settled AND state = 'closed', '', used_before + if(runs, (transform(roundDown(until_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(until_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (until_at - roundDown(until_at, {clock_edges:Array(Int64)}))) - (transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (from_at - roundDown(from_at, {clock_edges:Array(Int64)}))), 0) > transform(resolution_priority, {priorities:Array(String)}, {resolution_ms:Array(Int64)}, {resolution_ms:Array(Int64)}[1]), 'breached', settled, 'met', state = 'pending', 'paused', used_before + if(runs, (transform(roundDown(until_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(until_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (until_at - roundDown(until_at, {clock_edges:Array(Int64)}))) - (transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_sums:Array(Int64)}, toInt64(0)) + transform(roundDown(from_at, {clock_edges:Array(Int64)}), {clock_edges:Array(Int64)}, {clock_rises:Array(Int64)}, toInt64(0)) * (from_at - roundDown(from_at, {clock_edges:Array(Int64)}))), 0) >= transform(resolution_priority, {priorities:Array(String)}, {resolution_warn:Array(Int64)}, {resolution_warn:Array(Int64)}[1]), 'warning', 'running') AS resolution
    FROM clocks
  ) AS c USING (subject)
  GROUP BY contact, system, id
),
counted AS (
  SELECT roundDown(began, {begins:Array(Int64)}) AS bucket, contact, queue, language, agent, began, system, id, team, priority, reason, id != '' AS pair, reply, resolution,
    replied, reply_at, resolved, first_resolved_at, last_resolved_at,
    resolved AND reopened_at >= first_resolved_at AS reopened, resolved AND (reopened_at < first_resolved_at OR reopened_at <= last_resolved_at) AS fully,
    result = 'answered' AND (notEmpty(customer) OR pair) AS due,
    due AND done + {reach:Int64} <= {watermark:Int64} AS decided, due AND done + {reach:Int64} > {watermark:Int64} AS undecided, ifNull(n.further, 0) AS further,
    if(replied AND toInt64(indexOf({schedules:Array(String)}, reply_schedule)) > 0, (transform(roundDown((toInt64(indexOf({schedules:Array(String)}, reply_schedule)) * toInt64(17592186044416) + reply_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown((toInt64(indexOf({schedules:Array(String)}, reply_schedule)) * toInt64(17592186044416) + reply_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * ((toInt64(indexOf({schedules:Array(String)}, reply_schedule)) * toInt64(17592186044416) + reply_at) - roundDown((toInt64(indexOf({schedules:Array(String)}, reply_schedule)) * toInt64(17592186044416) + reply_at), {edges:Array(Int64)}))) - (transform(roundDown((toInt64(indexOf({schedules:Array(String)}, reply_schedule)) * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown((toInt64(indexOf({schedules:Array(String)}, reply_schedule)) * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * ((toInt64(indexOf({schedules:Array(String)}, reply_schedule)) * toInt64(17592186044416) + began) - roundDown((toInt64(indexOf({schedules:Array(String)}, reply_schedule)) * toInt64(17592186044416) + began), {edges:Array(Int64)}))), NULL) AS reply_frozen,
    if(replied AND {schedule_now:Int64} > 0, (transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + reply_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + reply_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * (({schedule_now:Int64} * toInt64(17592186044416) + reply_at) - roundDown(({schedule_now:Int64} * toInt64(17592186044416) + reply_at), {edges:Array(Int64)}))) - (transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * (({schedule_now:Int64} * toInt64(17592186044416) + began) - roundDown(({schedule_now:Int64} * toInt64(17592186044416) + began), {edges:Array(Int64)}))), NULL) AS reply_recomputed,
    if(resolved AND toInt64(indexOf({schedules:Array(String)}, first_schedule)) > 0, (transform(roundDown((toInt64(indexOf({schedules:Array(String)}, first_schedule)) * toInt64(17592186044416) + first_resolved_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown((toInt64(indexOf({schedules:Array(String)}, first_schedule)) * toInt64(17592186044416) + first_resolved_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * ((toInt64(indexOf({schedules:Array(String)}, first_schedule)) * toInt64(17592186044416) + first_resolved_at) - roundDown((toInt64(indexOf({schedules:Array(String)}, first_schedule)) * toInt64(17592186044416) + first_resolved_at), {edges:Array(Int64)}))) - (transform(roundDown((toInt64(indexOf({schedules:Array(String)}, first_schedule)) * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown((toInt64(indexOf({schedules:Array(String)}, first_schedule)) * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * ((toInt64(indexOf({schedules:Array(String)}, first_schedule)) * toInt64(17592186044416) + began) - roundDown((toInt64(indexOf({schedules:Array(String)}, first_schedule)) * toInt64(17592186044416) + began), {edges:Array(Int64)}))), NULL) AS first_frozen,
    if(resolved AND {schedule_now:Int64} > 0, (transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + first_resolved_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + first_resolved_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * (({schedule_now:Int64} * toInt64(17592186044416) + first_resolved_at) - roundDown(({schedule_now:Int64} * toInt64(17592186044416) + first_resolved_at), {edges:Array(Int64)}))) - (transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * (({schedule_now:Int64} * toInt64(17592186044416) + began) - roundDown(({schedule_now:Int64} * toInt64(17592186044416) + began), {edges:Array(Int64)}))), NULL) AS first_recomputed,
    if(fully AND toInt64(indexOf({schedules:Array(String)}, last_schedule)) > 0, (transform(roundDown((toInt64(indexOf({schedules:Array(String)}, last_schedule)) * toInt64(17592186044416) + last_resolved_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown((toInt64(indexOf({schedules:Array(String)}, last_schedule)) * toInt64(17592186044416) + last_resolved_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * ((toInt64(indexOf({schedules:Array(String)}, last_schedule)) * toInt64(17592186044416) + last_resolved_at) - roundDown((toInt64(indexOf({schedules:Array(String)}, last_schedule)) * toInt64(17592186044416) + last_resolved_at), {edges:Array(Int64)}))) - (transform(roundDown((toInt64(indexOf({schedules:Array(String)}, last_schedule)) * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown((toInt64(indexOf({schedules:Array(String)}, last_schedule)) * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * ((toInt64(indexOf({schedules:Array(String)}, last_schedule)) * toInt64(17592186044416) + began) - roundDown((toInt64(indexOf({schedules:Array(String)}, last_schedule)) * toInt64(17592186044416) + began), {edges:Array(Int64)}))), NULL) AS full_frozen,
    if(fully AND {schedule_now:Int64} > 0, (transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + last_resolved_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + last_resolved_at), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * (({schedule_now:Int64} * toInt64(17592186044416) + last_resolved_at) - roundDown(({schedule_now:Int64} * toInt64(17592186044416) + last_resolved_at), {edges:Array(Int64)}))) - (transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {open_until:Array(Int64)}, toInt64(0)) + transform(roundDown(({schedule_now:Int64} * toInt64(17592186044416) + began), {edges:Array(Int64)}), {edges:Array(Int64)}, {is_open:Array(Int64)}, toInt64(0)) * (({schedule_now:Int64} * toInt64(17592186044416) + began) - roundDown(({schedule_now:Int64} * toInt64(17592186044416) + began), {edges:Array(Int64)}))), NULL) AS full_recomputed
  FROM asked LEFT JOIN pairs USING (contact) LEFT JOIN neighbours AS n USING (contact)
)
SELECT
    toUInt64(grouping(bucket, agent)) AS level,
    toInt64(bucket) AS bucket_begin,
    toString(agent) AS by_agent,
    toInt64(countIf(pair)) AS n_linked,
    toInt64(countIf(replied)) AS n_replied,
    toInt64(countIf(resolved)) AS n_resolved,
    toInt64(countIf(fully)) AS n_fully_resolved,
    toInt64(countIf(reopened)) AS n_reopened,
    toInt64(countIf(reply = 'met')) AS n_reply_met,
    toInt64(countIf(reply IN ('met', 'breached'))) AS n_reply_due,
    toInt64(countIf(resolution = 'met')) AS n_resolution_met,
    toInt64(countIf(resolution IN ('met', 'breached'))) AS n_resolution_due,
    toInt64(uniqExactIf(contact, decided)) AS n_first_contact_eligible,
    toInt64(uniqExactIf(contact, decided AND NOT further)) AS n_first_contact_resolved,
    toInt64(uniqExactIf(contact, undecided)) AS n_undecided,
    toInt64(sumIf(reply_at - began, replied)) AS first_reply_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(reply_at - began, replied) AS first_reply_at,
    toInt64(sumIf(first_resolved_at - began, resolved)) AS first_resolution_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(first_resolved_at - began, resolved) AS first_resolution_at,
    toInt64(sumIf(last_resolved_at - began, fully)) AS full_resolution_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(last_resolved_at - began, fully) AS full_resolution_at,
    toInt64(countIf(reply_frozen IS NOT NULL)) AS n_reply_frozen,
    toInt64(sumIf(ifNull(reply_frozen, 0), reply_frozen IS NOT NULL)) AS reply_frozen_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(reply_frozen, 0), reply_frozen IS NOT NULL) AS reply_frozen_at,
    toInt64(countIf(reply_recomputed IS NOT NULL)) AS n_reply_recomputed,
    toInt64(sumIf(ifNull(reply_recomputed, 0), reply_recomputed IS NOT NULL)) AS reply_recomputed_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(reply_recomputed, 0), reply_recomputed IS NOT NULL) AS reply_recomputed_at,
    toInt64(countIf(first_frozen IS NOT NULL)) AS n_first_frozen,
    toInt64(sumIf(ifNull(first_frozen, 0), first_frozen IS NOT NULL)) AS first_frozen_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(first_frozen, 0), first_frozen IS NOT NULL) AS first_frozen_at,
    toInt64(countIf(first_recomputed IS NOT NULL)) AS n_first_recomputed,
    toInt64(sumIf(ifNull(first_recomputed, 0), first_recomputed IS NOT NULL)) AS first_recomputed_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(first_recomputed, 0), first_recomputed IS NOT NULL) AS first_recomputed_at,
    toInt64(countIf(full_frozen IS NOT NULL)) AS n_full_frozen,
    toInt64(sumIf(ifNull(full_frozen, 0), full_frozen IS NOT NULL)) AS full_frozen_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(full_frozen, 0), full_frozen IS NOT NULL) AS full_frozen_at,
    toInt64(countIf(full_recomputed IS NOT NULL)) AS n_full_recomputed,
    toInt64(sumIf(ifNull(full_recomputed, 0), full_recomputed IS NOT NULL)) AS full_recomputed_sum,
    quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(ifNull(full_recomputed, 0), full_recomputed IS NOT NULL) AS full_recomputed_at
FROM counted
GROUP BY GROUPING SETS ((bucket, agent), ())
SETTINGS max_execution_time = 30, max_result_rows = 100000, max_result_bytes = 268435456, result_overflow_mode = 'throw', max_memory_usage = 2147483648, compile_expressions = 0, compile_aggregate_expressions = 0
