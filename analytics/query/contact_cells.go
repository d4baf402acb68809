package query

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// contactCells is one contact as its statement returns it.
type contactCells struct {
	Contact
	kind, result, reason        string
	arrivedMS, endedMS          int64
	number, name                string
	customer, knownCustomer     string
	ticket                      fact.TicketRef
	duration, ivr, wait         int64
	talk, hold, wrapUp, toAgent int64
	closed                      bool
	language                    string
	looked                      fact.TicketRef
}

// arrival is where a contact is found again.
type arrival struct {
	contact string
	at      int64 // Unix milliseconds
}

// find runs a statement that selects contact and time of arrivals.
func (r *Reader) find(ctx context.Context, s statement) (out []arrival, err error) {
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var a arrival
		if err := rows.Scan(&a.contact, &a.at); err != nil {
			return err
		}
		out = append(out, a)
		return nil
	})
	return out, err
}

// describe tells all that is known of contacts, the latest first. They are found first and then described, so that no more is read
// than the days they were there.
func (r *Reader) describe(ctx context.Context, found []arrival, personal bool) ([]Contact, error) {
	out := []Contact{}
	if len(found) == 0 {
		return out, nil
	}
	err := r.run(ctx, describeStatement(found), func(rows driver.Rows) error {
		var row contactCells
		if err := rows.Scan(destinations(contactCellColumns(), &row)...); err != nil {
			return err
		}
		out = append(out, row.contact(personal))
		return nil
	})
	return out, err
}

func describeStatement(found []arrival) statement {
	s := newStatement("contacts_found")
	ids, first, last := []string{}, found[0].at, found[0].at
	for _, a := range found {
		ids, first, last = append(ids, a.contact), min(first, a.at), max(last, a.at)
	}
	s.bind("contacts", ids)
	s.bind("first", first)
	s.bind("last", last)
	s.bindTime("since", time.UnixMilli(first).Add(-clocksDiffer))
	s.bindTime("beyond", time.UnixMilli(last).Add(metric.LookBack))
	const mine = "contact IN {contacts:Array(String)} AND " + inReach
	s.text = lines(
		"SELECT\n"+selectList(contactCellColumns()),
		"FROM (SELECT contact, kind, time, dialed, language, caller_number, caller_name, fallback FROM arrivals WHERE contact IN {contacts:Array(String)} AND time >= "+instant("first")+" AND time <= "+instant("last")+") AS a",
		"LEFT JOIN (SELECT * FROM contacts WHERE "+mine+") AS c ON c.contact = a.contact",
		"LEFT JOIN (SELECT contact, groupArray(toString(queue)) AS queues FROM (SELECT contact, queue FROM entries_opened WHERE "+mine+" ORDER BY time, sequence) GROUP BY contact) AS q ON q.contact = a.contact",
		"LEFT JOIN (SELECT contact, groupArray(toString(agent)) AS agents FROM (SELECT contact, agent FROM segments_opened WHERE "+mine+" AND kind = 'talk' ORDER BY time, sequence) GROUP BY contact) AS s ON s.contact = a.contact",
		"LEFT JOIN (SELECT contact, argMax(customer, sequence) AS customer, argMax((toString(ticket_system), ticket_id, ticket_title, ticket_url, toString(ticket_status)), sequence) AS ticket"+
			" FROM identified WHERE "+mine+" AND result = 'found' GROUP BY contact) AS i ON i.contact = a.contact",
		"ORDER BY a.time DESC, a.contact DESC",
	)
	return s
}

func contactCellColumns() []column[contactCells] {
	ticket := func(of func(*contactCells) *fact.TicketRef, prefix, system, id, title, url, status string) []column[contactCells] {
		return []column[contactCells]{
			{prefix + "system", system, func(c *contactCells) any { return &of(c).System }},
			{prefix + "id", id, func(c *contactCells) any { return &of(c).ID }},
			{prefix + "title", title, func(c *contactCells) any { return &of(c).Title }},
			{prefix + "url", url, func(c *contactCells) any { return &of(c).URL }},
			{prefix + "status", status, func(c *contactCells) any { return &of(c).Status }},
		}
	}
	out := []column[contactCells]{
		{"id", "a.contact", func(c *contactCells) any { return &c.ID }},
		{"arrival_kind", "toString(a.kind)", func(c *contactCells) any { return &c.kind }},
		{"arrived_ms", ms("a.time"), func(c *contactCells) any { return &c.arrivedMS }},
		{"dialed_number", "toString(a.dialed)", func(c *contactCells) any { return &c.Dialed }},
		{"arrival_language", "toString(a.language)", func(c *contactCells) any { return &c.Language }},
		{"number", "a.caller_number", func(c *contactCells) any { return &c.number }},
		{"name", "a.caller_name", func(c *contactCells) any { return &c.name }},
		{"by_fallback", "a.fallback", func(c *contactCells) any { return &c.Fallback }},
		{"closed", "toBool(c.contact != '')", func(c *contactCells) any { return &c.closed }},
		{"end_language", "toString(c.language)", func(c *contactCells) any { return &c.language }},
		{"ended_ms", ms("c.ended_at"), func(c *contactCells) any { return &c.endedMS }},
		{"duration", "c.duration_ms", func(c *contactCells) any { return &c.duration }},
		{"end_result", "toString(c.termination_result)", func(c *contactCells) any { return &c.result }},
		{"end_reason", "toString(c.termination_reason)", func(c *contactCells) any { return &c.reason }},
		{"ivr", "c.ivr_ms", func(c *contactCells) any { return &c.ivr }},
		{"waited", "c.wait_ms", func(c *contactCells) any { return &c.wait }},
		{"talked", "c.talk_ms", func(c *contactCells) any { return &c.talk }},
		{"held", "c.hold_ms", func(c *contactCells) any { return &c.hold }},
		{"wrapped", "c.wrap_up_ms", func(c *contactCells) any { return &c.wrapUp }},
		{"to_agent", "ifNull(c.to_agent_ms, -1)", func(c *contactCells) any { return &c.toAgent }},
		{"end_customer", "c.customer", func(c *contactCells) any { return &c.customer }},
		{"known_customer", "i.customer", func(c *contactCells) any { return &c.knownCustomer }},
		{"joined", "arrayCompact(q.queues)", func(c *contactCells) any { return &c.Queues }},
		{"talkers", "arrayCompact(s.agents)", func(c *contactCells) any { return &c.Agents }},
	}
	out = append(out, ticket(func(c *contactCells) *fact.TicketRef { return &c.ticket }, "t_",
		"toString(c.ticket_system)", "c.ticket_id", "c.ticket_title", "c.ticket_url", "toString(c.ticket_status)")...)
	return append(out, ticket(func(c *contactCells) *fact.TicketRef { return &c.looked }, "i_",
		"i.ticket.1", "i.ticket.2", "i.ticket.3", "i.ticket.4", "i.ticket.5")...)
}

func (c *contactCells) contact(personal bool) Contact {
	out := c.Contact
	out.Queues, out.Agents = append([]string{}, c.Queues...), append([]string{}, c.Agents...)
	out.Kind, out.ArrivedAt, out.Open = fact.Kind(c.kind), time.UnixMilli(c.arrivedMS).UTC(), !c.closed
	out.Customer, out.Ticket = c.knownCustomer, someTicket(c.looked)
	if personal {
		out.CallerNumber, out.CallerName = &c.number, &c.name
	}
	if !c.closed {
		return out
	}
	ended := time.UnixMilli(c.endedMS).UTC()
	result, reason := fact.Result(c.result), fact.Reason(c.reason)
	out.EndedAt, out.DurationMS, out.Result, out.Reason = &ended, &c.duration, &result, &reason
	out.IVRMS, out.WaitMS, out.TalkMS, out.HoldMS, out.WrapUpMS = &c.ivr, &c.wait, &c.talk, &c.hold, &c.wrapUp
	out.Language, out.Customer, out.Ticket = c.language, c.customer, someTicket(c.ticket)
	if c.toAgent >= 0 {
		out.ToAgentMS = &c.toAgent
	}
	return out
}

func someTicket(t fact.TicketRef) *fact.TicketRef {
	if t.ID == "" {
		return nil
	}
	return &t
}
