package query

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// TicketView is what an answer about tickets depends on beside the tickets.
type TicketView struct {
	SLA  metric.SLA // of the plan
	Seen []string   // contacts are named that were in one of these queues; nil means all
}

// TicketSort is the order of a list of tickets.
type TicketSort string

const (
	SortOpened TicketSort = "-opened_at" // the one opened last first
	SortDue    TicketSort = "due_at"     // the one due first; those that are not due last
)

// TicketListRequest asks for a page of tickets. Empty fields don't filter.
type TicketListRequest struct {
	TicketView
	From, Until time.Time // of the opening, half-open; zero = from the first on, to the last
	States      []string  // of metric.TicketStates; nil means all, as in the others
	Priorities  []string
	Agents      []string // whose it is
	Queues      []string
	Teams       []string // and tickets of no queue that are of one of these teams
	Customer    string
	SLAStates   []string   // of metric.SLAStates: one of its clocks stands so
	Sort        TicketSort // empty means SortOpened
	Limit       int        // page size; 0 means DefaultPage
	Cursor      string     // Next of the page before
	Bare        bool       // without Freshness, as a later page of an export
}

// TicketPage is one page.
type TicketPage struct {
	Items []metric.Ticket
	Next  *string // nil on the last one
	metric.Freshness
}

// TicketLife is one ticket with its events.
type TicketLife struct {
	AsOf time.Time `json:"as_of" doc:"When the answer was computed"`
	metric.Ticket
	Events []TicketStep `json:"events" nullable:"false" doc:"What its system told of it, each event once, in order"`
}

// TicketStep is one event of a ticket.
type TicketStep struct {
	EventID    string    `json:"event_id" doc:"The sender's id of it"`
	Type       string    `json:"type" enum:"linked,opened,first_reply,pending,resumed,reassigned,priority_changed,resolved,reopened,closed"`
	Time       time.Time `json:"time" doc:"When it happened by the ticket system's clock"`
	ReceivedAt time.Time `json:"received_at" doc:"When the webhook was accepted"`
	Contact    string    `json:"contact" doc:"The contact it names; this and what follows are empty where the event doesn't say"`
	Customer   string    `json:"customer"`
	Agent      string    `json:"agent"`
	Queue      string    `json:"queue"`
	Team       string    `json:"team"`
	Priority   string    `json:"priority"`
	Reason     string    `json:"reason"`
}

// TicketList answers one page of tickets. The error of a bad request is *Invalid.
func (r *Reader) TicketList(ctx context.Context, req TicketListRequest) (TicketPage, error) {
	now := r.now().UTC().Truncate(time.Millisecond)
	fresh, err := r.listFreshness(ctx, req.From, req.Until, ticketFacts, req.Bare)
	if err != nil {
		return TicketPage{}, err
	}
	var clock metric.Clock
	if req.judged() {
		if clock, err = r.clock(ctx, req.SLA, now); err != nil {
			return TicketPage{}, err
		}
	}
	var subjects []string
	var keys []int64
	var size int
	for _, since := range req.reaches(now) {
		var s statement
		var err error
		if s, size, err = ticketListStatement(req, clock, now, since); err != nil {
			return TicketPage{}, err
		}
		subjects, keys = nil, nil
		err = r.run(ctx, s, func(rows driver.Rows) error {
			var subject string
			var at int64
			if err := rows.Scan(&subject, &at); err != nil {
				return err
			}
			subjects, keys = append(subjects, subject), append(keys, at)
			return nil
		})
		if err != nil {
			return TicketPage{}, err
		}
		if len(subjects) > size {
			break
		}
	}
	page := TicketPage{Freshness: fresh, Items: []metric.Ticket{}}
	if len(subjects) > size {
		subjects = subjects[:size]
		next := cursor{At: keys[size-1], ID: subjects[size-1]}.String()
		page.Next = &next
	}
	lives, err := r.ticketLives(ctx, subjects, req.TicketView, now)
	for _, l := range lives {
		page.Items = append(page.Items, l.Ticket)
	}
	return page, err
}

// Ticket answers one ticket. It fails with ErrNotFound.
func (r *Reader) Ticket(ctx context.Context, system, id string, v TicketView) (TicketLife, error) {
	lives, err := r.ticketLives(ctx, []string{system + ":" + id}, v, r.now().UTC().Truncate(time.Millisecond))
	switch {
	case err != nil:
		return TicketLife{}, err
	case len(lives) == 0:
		return TicketLife{}, fmt.Errorf("ticket %s:%s: %w", system, id, ErrNotFound)
	}
	return lives[0], nil
}

// judged says whether the list depends on how tickets stand against their targets.
func (r TicketListRequest) judged() bool { return r.SLAStates != nil || r.Sort == SortDue }

// reaches are the times since which tickets are looked for, until a page is full: a page of the latest tickets is not worth the events
// of years. Which tickets are due is known of none before its events are read.
func (r TicketListRequest) reaches(now time.Time) []time.Time {
	if r.Sort == SortDue {
		return []time.Time{r.From}
	}
	top := now
	if !r.Until.IsZero() {
		top = earlier(top, r.Until)
	}
	if c := parseCursor(&mistakes{}, r.Cursor); c != nil {
		top = earlier(top, time.UnixMilli(c.At))
	}
	var out []time.Time
	for _, days := range []int{1, 16, 256} {
		if since := top.AddDate(0, 0, -days); since.After(r.From) {
			out = append(out, since)
		}
	}
	return append(out, r.From)
}

// ticketListStatement returns one ticket more than the page holds, so that the last page is known, of those opened since a time; zero
// is of all.
func ticketListStatement(req TicketListRequest, clock metric.Clock, now, since time.Time) (statement, int, error) {
	var m mistakes
	s := newStatement("ticket_list")
	if !req.From.IsZero() && !req.Until.IsZero() {
		checkSpan(&m, req.From, req.Until)
	}
	for _, state := range req.States {
		if !slices.Contains(metric.TicketStates(), metric.TicketState(state)) {
			m.add("state", "write some of "+join(metric.TicketStates()), "unknown state %q", state)
		}
	}
	for _, state := range req.SLAStates {
		if !slices.Contains(metric.SLAStates(), metric.SLAState(state)) {
			m.add("sla", "write some of "+join(metric.SLAStates()), "unknown state %q", state)
		}
	}
	events, touched := "tickets_once", s.touched(since, req.Until)
	if touched != "" {
		events = ticketsOnce(touched)
	}
	tickets := ticketsNow(events)
	if req.judged() {
		s.bindTime("now", now)
		s.bindSLA(req.SLA.Targets, clock)
		s.bindDue(clock)
		if req.running() {
			events = ticketsOnce(unfinished("", touched, everOf(req.Queues, req.Teams)))
		}
		tickets = ticketsDue(events)
	}
	key, order, beyond := "opened_at", "DESC", "<"
	switch req.Sort {
	case SortDue:
		key, order, beyond = "due_at", "ASC", ">"
	case SortOpened, "":
	default:
		m.add("sort", "write -opened_at or due_at", "unknown order %q", req.Sort)
	}
	size := pageSize(&m, req.Limit)
	s.bind("rows", int64(size+1))
	where := s.ticketFilters(req)
	if c := parseCursor(&m, req.Cursor); c != nil {
		s.bind("cursor_at", c.At)
		s.bind("cursor_id", c.ID)
		where = append(where, "("+key+", subject) "+beyond+" ({cursor_at:Int64}, {cursor_id:String})")
	}
	s.text = lines(
		"WITH",
		tickets,
		"SELECT subject, "+key+" FROM tickets_now",
		when(len(where) > 0, "WHERE "+strings.Join(where, " AND ")),
		"ORDER BY "+key+" "+order+", subject "+order+" LIMIT {rows:UInt64}",
	)
	return s, size, m.err()
}

// touched are the subjects of tickets that have an event in a stretch of time; those that were opened in it are among them. A zero time
// is no bound; nothing is without one.
func (s *statement) touched(from, until time.Time) string {
	var where []string
	if !from.IsZero() {
		s.bindTime("from", from)
		where = append(where, "time >= "+instant("from"))
	}
	if !until.IsZero() {
		s.bindTime("until", until)
		where = append(where, "time < "+instant("until"))
	}
	if where == nil {
		return ""
	}
	return "(SELECT subject FROM tickets WHERE " + strings.Join(where, " AND ") + ")"
}

func (s *statement) ticketFilters(req TicketListRequest) (where []string) {
	if _, bounded := s.args["from"]; bounded {
		where = append(where, "opened_at >= {from:Int64}")
	}
	if _, bounded := s.args["until"]; bounded {
		where = append(where, "opened_at < {until:Int64}")
	}
	for _, f := range []struct {
		column string
		values []string
	}{{"state", req.States}, {"priority", req.Priorities}, {"agent", req.Agents}} {
		if f.values != nil {
			s.bind(f.column+"_in", append([]string{}, f.values...))
			where = append(where, f.column+" IN {"+f.column+"_in:Array(String)}")
		}
	}
	if req.Queues != nil {
		where = append(where, s.ofTickets(req.Queues, req.Teams))
	}
	if req.SLAStates != nil {
		s.bind("sla_in", append([]string{}, req.SLAStates...))
		where = append(where, "(reply IN {sla_in:Array(String)} OR resolution IN {sla_in:Array(String)})")
	}
	if req.Customer != "" {
		s.bind("customer_is", req.Customer)
		where = append(where, "customer = {customer_is:String}")
	}
	return where
}

// eventOrder is the order of a ticket's events, and what decides at one instant.
const eventOrder = "(time, received_ms, source, epoch, position)"

// ticketsNow is a common table: how each ticket of some events stands, as metric.Judge has it.
func ticketsNow(events string) string {
	last := func(column, condition string) string {
		return "argMaxIf(toString(" + column + "), " + eventOrder + ", " + condition + ")"
	}
	named := func(column string) string { return "    " + last(column, column+" != ''") + " AS now_" + column + "," }
	return lines(
		"tickets_now AS (",
		"  SELECT subject, "+stateOf("turn")+" AS state, if(opening > 0, opening, first) AS opened_at, now_priority AS priority, now_agent AS agent,",
		"    now_queue AS queue, now_team AS team, now_reason AS reason, now_customer AS customer",
		"  FROM (",
		"    SELECT subject, "+last("type", "type IN ("+turningTypes(anyState)+")")+" AS turn,",
		"    minIf("+ms("time")+", type = '"+string(fact.TypeTicketOpened)+"') AS opening, min("+ms("time")+") AS first,",
		named("priority"), named("queue"), named("team"), named("reason"), named("customer"),
		"    "+last("agent", "agent != '' OR type = '"+string(fact.TypeTicketReassigned)+"'")+" AS now_agent",
		"    FROM "+events+" GROUP BY subject",
		"  )",
		")",
	)
}

// stateOf is metric.StateAfter in SQL; a ticket of which nothing else was told is open.
func stateOf(event string) string {
	var cases []string
	for _, t := range fact.TicketTypes() {
		if state, ok := metric.StateAfter(t); ok && state != metric.TicketOpen {
			cases = append(cases, event+" = '"+string(t)+"', '"+string(state)+"'")
		}
	}
	return "multiIf(" + strings.Join(cases, ", ") + ", '" + string(metric.TicketOpen) + "')"
}

// turningTypes are the types of events that change a ticket's state, to one for which to holds.
func turningTypes(to func(metric.TicketState) bool) string {
	var types []string
	for _, t := range fact.TicketTypes() {
		if state, ok := metric.StateAfter(t); ok && to(state) {
			types = append(types, "'"+string(t)+"'")
		}
	}
	return strings.Join(types, ", ")
}

func anyState(metric.TicketState) bool { return true }

// ticketLives reads tickets by their subjects, in that order; those that no event knows are left out.
func (r *Reader) ticketLives(ctx context.Context, subjects []string, v TicketView, now time.Time) ([]TicketLife, error) {
	steps, err := r.ticketSteps(ctx, subjects)
	if err != nil {
		return nil, err
	}
	calls, err := r.ticketCalls(ctx, subjects, v.Seen)
	if err != nil {
		return nil, err
	}
	first := now
	for subject, mine := range steps {
		first = earlier(first, mine[0].At)
		for _, c := range calls[subject] {
			first = earlier(first, c.ArrivedAt)
		}
	}
	judge, err := metric.NewJudge(v.SLA, first, now)
	if err != nil {
		return nil, err
	}
	var out []TicketLife
	for _, subject := range subjects {
		if mine := steps[subject]; len(mine) > 0 {
			life := TicketLife{AsOf: now, Events: []TicketStep{}}
			if life.Ticket, err = judge.Ticket(mine, calls[subject], now); err != nil {
				return nil, err
			}
			for _, step := range mine {
				if v.Seen != nil && !slices.Contains(life.Contacts, step.Event.Contact) {
					step.Event.Contact = ""
				}
				life.Events = append(life.Events, newTicketStep(step))
			}
			out = append(out, life)
		}
	}
	return out, nil
}

func newTicketStep(s metric.TicketStep) TicketStep {
	e := s.Event
	return TicketStep{
		EventID: e.EventID, Type: strings.TrimPrefix(string(e.Type), "ticket."), Time: s.At, ReceivedAt: time.UnixMilli(e.ReceivedMS).UTC(),
		Contact: e.Contact, Customer: e.Customer, Agent: e.Agent, Queue: e.Queue, Team: e.Team, Priority: e.Priority, Reason: e.Reason,
	}
}

// ticketSteps reads the events of tickets, each once, in order.
func (r *Reader) ticketSteps(ctx context.Context, subjects []string) (map[string][]metric.TicketStep, error) {
	s := newStatement("ticket_steps")
	s.bind("subjects", subjects)
	s.text = lines(
		"SELECT subject, toString(type), "+ms("time")+", toString(system), event_id, ticket, contact, customer, toString(agent), toString(queue), toString(team),",
		"  toString(priority), toString(reason), toString(schedule), received_ms",
		"FROM "+ticketsOnce("{subjects:Array(String)}"),
		"ORDER BY subject, "+strings.Trim(eventOrder, "()"),
	)
	out := map[string][]metric.TicketStep{}
	err := r.run(ctx, s, func(rows driver.Rows) error {
		var subject, kind string
		var at int64
		var e fact.TicketEvent
		if err := rows.Scan(&subject, &kind, &at, &e.System, &e.EventID, &e.Ticket, &e.Contact, &e.Customer, &e.Agent, &e.Queue, &e.Team,
			&e.Priority, &e.Reason, &e.Schedule, &e.ReceivedMS); err != nil {
			return err
		}
		e.Type = fact.Type(kind)
		out[subject] = append(out[subject], metric.TicketStep{At: time.UnixMilli(at).UTC(), Event: e})
		return nil
	})
	return out, err
}

// ticketCalls reads the contacts that are linked to tickets, in the order they arrived: those in which a look-up found the
// ticket, and those that its events name. Hidden are those that were in none of the queues seen.
func (r *Reader) ticketCalls(ctx context.Context, subjects, seen []string) (map[string][]metric.TicketCall, error) {
	s := newStatement("ticket_calls")
	s.bind("subjects", subjects)
	hidden := "0"
	if seen != nil {
		s.bind("seen", seen)
		hidden = "l.contact NOT IN (SELECT contact FROM entries_opened WHERE contact IN (SELECT contact FROM linked) AND queue IN {seen:Array(String)})"
	}
	s.text = lines(
		"WITH linked AS (",
		"  SELECT DISTINCT subject, contact FROM (",
		"    SELECT concat(toString(ticket_system), ':', ticket_id) AS subject, contact FROM contacts WHERE ticket_id != ''",
		"    UNION ALL SELECT subject, contact FROM "+ticketsOnce("{subjects:Array(String)}")+" WHERE contact != ''",
		"  ) WHERE subject IN {subjects:Array(String)}",
		")",
		"SELECT l.subject, l.contact, "+ms("a.time")+" AS at, toBool("+hidden+") FROM linked AS l",
		"INNER JOIN (SELECT contact, time FROM arrivals WHERE contact IN (SELECT contact FROM linked) AND "+customerKinds+" LIMIT 1 BY contact) AS a ON a.contact = l.contact",
		"ORDER BY l.subject, at, l.contact",
	)
	out := map[string][]metric.TicketCall{}
	err := r.run(ctx, s, func(rows driver.Rows) error {
		var subject string
		var c metric.TicketCall
		var at int64
		if err := rows.Scan(&subject, &c.Contact, &at, &c.Hidden); err != nil {
			return err
		}
		c.ArrivedAt = time.UnixMilli(at).UTC()
		out[subject] = append(out[subject], c)
		return nil
	})
	return out, err
}
