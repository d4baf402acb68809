package query

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// CallbackRequest asks for a page of callbacks, newest first. It is for askers who may see callers' numbers.
type CallbackRequest struct {
	From, Until time.Time // of the promise, half-open
	Queues      []string  // in which it waits now, or was last; nil means all
	State       string    // of CallbackStates; empty means any
	Limit       int       // page size; 0 means DefaultPage
	Cursor      string    // Next of the page before
	Bare        bool      // without Freshness, as a later page of an export
}

// CallbackOpen is the state of a callback that has not ended; one that has has its outcome.
const CallbackOpen = "open"

const callbackEnded = "ended"

// CallbackStates is the closed list that the list may be filtered by.
func CallbackStates() []string { return []string{CallbackOpen, callbackEnded} }

// CallbackPage is one page.
type CallbackPage struct {
	Items []Callback
	Next  *string // nil on the last one
	metric.Freshness
}

// Callback is one caller who is, or was to be, called back.
type Callback struct {
	Contact    string               `json:"callback" doc:"Its contact id, of kind callback" example:"pbx1-1763838123.4-cb1"`
	Origin     string               `json:"origin" doc:"Id of the contact in which he asked for it" example:"pbx1-1763838123.4"`
	State      string               `json:"state" enum:"open,connected,abandoned,not_reached,cancelled,expired,called_in,failed" doc:"open, or its outcome"`
	Queue      string               `json:"queue" doc:"In which it waits, or was last"`
	Number     string               `json:"number" doc:"Personal; the number that is called"`
	Name       string               `json:"name" doc:"Personal; the caller's name when he asked, empty when the network gave none"`
	Customer   string               `json:"customer" doc:"Customer id; empty when unknown"`
	Ticket     *fact.TicketRef      `json:"ticket" doc:"The ticket found by look-up; null when none"`
	Language   string               `json:"language" doc:"Language of the contact"`
	PromisedAt time.Time            `json:"promised_at" doc:"When it was promised"`
	Since      time.Time            `json:"since" doc:"Since when he has queued: his place"`
	First      fact.CallbackFirst   `json:"first" enum:"agent,customer" doc:"Whose phone is rung first"`
	Attempts   int64                `json:"attempts" doc:"To reach him, so far; those that came to nothing by an agent's or a supervisor's doing are not counted"`
	Of         int64                `json:"of" doc:"Most there will be"`
	LastResult *fact.CallbackResult `json:"last_result" enum:"reached,no_answer,busy,declined,unavailable,unconfirmed,failed,agent_left,called_off" doc:"Of the last attempt; null before the first one"`
	LastAt     *time.Time           `json:"last_at" doc:"When that ended; null before the first one"`
	Why        *fact.CallbackWhy    `json:"why" enum:"closed,retry,incident" doc:"It is put off: null when it stands in the line, and when it has ended"`
	Until      *time.Time           `json:"until" doc:"It is put off until then; null also when it waits for the end of incidents"`
	Incidents  []string             `json:"incidents" nullable:"false" doc:"It is put off until these are over"`
	ExpiresAt  time.Time            `json:"expires_at" doc:"Not called after that"`
	EndedAt    *time.Time           `json:"ended_at" doc:"null while it is open"`
	Agent      string               `json:"agent" doc:"Who talked to him; empty when nobody did"`
	Actor      string               `json:"actor" doc:"Who cancelled it; empty when nobody did"`
}

// Callbacks answers one page of callbacks. The error of a bad request is *Invalid.
func (r *Reader) Callbacks(ctx context.Context, req CallbackRequest) (CallbackPage, error) {
	s, size, err := callbackStatement(req)
	if err != nil {
		return CallbackPage{}, err
	}
	fresh, err := r.listFreshness(ctx, req.From, req.Until, contactFacts, req.Bare)
	if err != nil {
		return CallbackPage{}, err
	}
	page := CallbackPage{Freshness: fresh, Items: []Callback{}}
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var row callbackCells
		if err := rows.Scan(destinations(callbackColumns(), &row)...); err != nil {
			return err
		}
		page.Items = append(page.Items, row.callback())
		return nil
	})
	if len(page.Items) > size {
		page.Items = page.Items[:size]
		last := page.Items[size-1]
		next := cursor{At: last.PromisedAt.UnixMilli(), ID: last.Contact}.String()
		page.Next = &next
	}
	return page, err
}

// callbackCells is one callback as its statement returns it.
type callbackCells struct {
	Callback
	ticket                                       fact.TicketRef
	first, why, result                           string
	promised, since, expires, ended, until, last int64
}

func callbackColumns() []column[callbackCells] {
	return []column[callbackCells]{
		{"id", "p.contact", func(c *callbackCells) any { return &c.Contact }},
		{"asked_in", "p.origin", func(c *callbackCells) any { return &c.Origin }},
		{"standing", "p.state", func(c *callbackCells) any { return &c.State }},
		{"line", "p.in_queue", func(c *callbackCells) any { return &c.Queue }},
		{"number", "a.caller_number", func(c *callbackCells) any { return &c.Number }},
		{"name", "if(o.caller_name = o.caller_number, '', o.caller_name)", func(c *callbackCells) any { return &c.Name }}, // phones send the number as the name
		{"known_customer", "k.customer", func(c *callbackCells) any { return &c.Customer }},
		{"t_system", "k.ticket.1", func(c *callbackCells) any { return &c.ticket.System }},
		{"t_id", "k.ticket.2", func(c *callbackCells) any { return &c.ticket.ID }},
		{"t_title", "k.ticket.3", func(c *callbackCells) any { return &c.ticket.Title }},
		{"t_url", "k.ticket.4", func(c *callbackCells) any { return &c.ticket.URL }},
		{"t_status", "k.ticket.5", func(c *callbackCells) any { return &c.ticket.Status }},
		{"arrival_language", "toString(a.language)", func(c *callbackCells) any { return &c.Language }},
		{"promised", ms("p.promised_at"), func(c *callbackCells) any { return &c.promised }},
		{"queued", ms("p.since"), func(c *callbackCells) any { return &c.since }},
		{"rung_first", "toString(p.first)", func(c *callbackCells) any { return &c.first }},
		{"tried", "t.counted", func(c *callbackCells) any { return &c.Attempts }},
		{"tries", "p.attempts", func(c *callbackCells) any { return &c.Of }},
		{"last_result", "t.last.1", func(c *callbackCells) any { return &c.result }},
		{"last_ms", "t.last.2", func(c *callbackCells) any { return &c.last }},
		{"reason", "p.put_off.2", func(c *callbackCells) any { return &c.why }},
		{"until_ms", "p.put_off.3", func(c *callbackCells) any { return &c.until }},
		{"waits_for", "p.put_off.4", func(c *callbackCells) any { return &c.Incidents }},
		{"expires", ms("p.expires_at"), func(c *callbackCells) any { return &c.expires }},
		{"ended", ms("p.ended_at"), func(c *callbackCells) any { return &c.ended }},
		{"talker", "p.agent", func(c *callbackCells) any { return &c.Agent }},
		{"canceller", "p.actor", func(c *callbackCells) any { return &c.Actor }},
	}
}

func (c *callbackCells) callback() Callback {
	out := c.Callback
	out.PromisedAt, out.Since, out.ExpiresAt = time.UnixMilli(c.promised).UTC(), time.UnixMilli(c.since).UTC(), time.UnixMilli(c.expires).UTC()
	out.First, out.Ticket, out.EndedAt, out.Incidents = fact.CallbackFirst(c.first), someTicket(c.ticket), someTime(c.ended), []string{}
	if c.result != "" {
		result := fact.CallbackResult(c.result)
		out.LastResult, out.LastAt = &result, someTime(c.last)
	}
	if c.why != "" && out.State == CallbackOpen {
		why := fact.CallbackWhy(c.why)
		out.Why, out.Until, out.Incidents = &why, someTime(c.until), append(out.Incidents, c.Incidents...)
	}
	return out
}

// callbackStatement returns one callback more than the page holds, so that the last page is known. Each fact counts once. What is
// known of the caller is what was found out in the callback, else in the contact in which he asked for it.
func callbackStatement(req CallbackRequest) (statement, int, error) {
	var m mistakes
	s := newStatement("callbacks")
	checkSpan(&m, req.From, req.Until)
	if req.State != "" && !slices.Contains(CallbackStates(), req.State) {
		m.add("state", "write one of "+join(CallbackStates()), "unknown state %q", req.State)
	}
	size := pageSize(&m, req.Limit)
	s.bindTime("from", req.From)
	s.bindTime("until", req.Until)
	s.bindTime("since", req.From.Add(-metric.LookBack))
	s.bind("rows", int64(size+1))
	where := []string{"promised_at >= " + instant("from"), "promised_at < " + instant("until")}
	if req.Queues != nil {
		s.bind("queues", append([]string{}, req.Queues...))
		where = append(where, "in_queue IN {queues:Array(String)}")
	}
	if req.State != "" {
		where = append(where, when(req.State == callbackEnded, "NOT ")+"state = '"+CallbackOpen+"'")
	}
	if c := parseCursor(&m, req.Cursor); c != nil {
		s.bind("cursor_at", c.At)
		s.bind("cursor_id", c.ID)
		where = append(where, "(promised_at, contact) < ("+instant("cursor_at")+", {cursor_id:String})")
	}
	const ticket = "(toString(ticket_system), ticket_id, ticket_title, ticket_url, toString(ticket_status)) AS ticket"
	of := func(ids string) string {
		return "contact IN (SELECT " + ids + " FROM page) AND time >= " + instant("since")
	}
	s.text = lines(
		"WITH",
		callbacksNow(),
		"page AS (",
		"  SELECT * FROM callbacks_now WHERE "+strings.Join(where, " AND "),
		"  ORDER BY promised_at DESC, contact DESC LIMIT {rows:UInt64}",
		"),",
		"known AS (",
		"  SELECT contact, argMaxIf(customer, (own, sequence), customer != '') AS customer, argMaxIf(ticket, (own, sequence), ticket.2 != '') AS ticket FROM (",
		"    SELECT contact, 1 AS own, sequence, customer, "+ticket+" FROM identified WHERE "+of("contact")+" AND result = 'found'",
		"    UNION ALL SELECT q.contact, 0 AS own, sequence, customer, ticket FROM (SELECT contact, origin FROM page) AS q",
		"    INNER JOIN (SELECT contact, sequence, customer, "+ticket+" FROM identified WHERE "+of("origin")+" AND result = 'found') AS i ON i.contact = q.origin",
		"  ) GROUP BY contact",
		")",
		"SELECT\n"+selectList(callbackColumns()),
		"FROM page AS p",
		"LEFT JOIN (SELECT contact, caller_number, language FROM arrivals WHERE "+of("contact")+" LIMIT 1 BY contact) AS a ON a.contact = p.contact",
		"LEFT JOIN (SELECT contact, caller_number, caller_name FROM arrivals WHERE "+of("origin")+" LIMIT 1 BY contact) AS o ON o.contact = p.origin",
		"LEFT JOIN known AS k ON k.contact = p.contact",
		"LEFT JOIN (",
		"  SELECT contact, toInt64(uniqExactIf(sequence, result NOT IN ('agent_left', 'called_off'))) AS counted, argMax((toString(result), "+ms("ended_at")+"), sequence) AS last",
		"  FROM callback_attempts WHERE "+of("contact")+" GROUP BY contact",
		") AS t ON t.contact = p.contact",
		"ORDER BY p.promised_at DESC, p.contact DESC",
	)
	return s, size, m.err()
}

// callbacksNow is a common table: each callback with how it stands, which is what was told of it last. put_off is its queue, why,
// until when, and for which incidents; nothing but the queue once it stands in the line again.
func callbacksNow() string {
	since := "time >= " + instant("from")
	return lines(
		"callbacks_now AS (",
		"  SELECT p.contact AS contact, p.origin AS origin, p.first AS first, p.since AS since, p.attempts AS attempts, p.expires_at AS expires_at, p.time AS promised_at,",
		"    if(e.contact != '', toString(e.outcome), 'open') AS state, multiIf(e.contact != '', toString(e.queue), s.contact != '', s.put_off.1, toString(p.queue)) AS in_queue,",
		"    s.put_off AS put_off, e.ended_at AS ended_at, toString(e.agent) AS agent, toString(e.actor) AS actor",
		"  FROM (SELECT * FROM callbacks_opened WHERE "+since+" LIMIT 1 BY contact) AS p",
		"  LEFT JOIN (SELECT contact, queue, outcome, ended_at, agent, actor FROM callbacks WHERE "+since+" LIMIT 1 BY contact) AS e ON e.contact = p.contact",
		"  LEFT JOIN (",
		"    SELECT contact, argMax((queue, why, until, incidents), sequence) AS put_off FROM (",
		"      SELECT contact, toString(queue) AS queue, '' AS why, toInt64(0) AS until, emptyArrayString() AS incidents, sequence FROM entries_opened WHERE "+since+" AND kind = 'callback'",
		"      UNION ALL SELECT contact, toString(queue) AS queue, toString(why) AS why, ifNull("+ms("until")+", 0) AS until, arrayMap(i -> toString(i), incidents) AS incidents, sequence FROM callbacks_put_off WHERE "+since,
		"    ) GROUP BY contact",
		"  ) AS s ON s.contact = p.contact",
		"),",
	)
}
