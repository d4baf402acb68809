package metric

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// TicketState is how a ticket stands.
type TicketState string

const (
	TicketOpen     TicketState = "open"
	TicketPending  TicketState = "pending" // open, and waiting for the customer
	TicketResolved TicketState = "resolved"
	TicketClosed   TicketState = "closed"
)

// TicketStates is the closed list.
func TicketStates() []TicketState {
	return []TicketState{TicketOpen, TicketPending, TicketResolved, TicketClosed}
}

// StateAfter is the state in which an event leaves a ticket; ok is false for events that leave it in its own.
func StateAfter(t fact.Type) (s TicketState, ok bool) {
	switch t {
	case fact.TypeTicketOpened, fact.TypeTicketResumed, fact.TypeTicketReopened:
		return TicketOpen, true
	case fact.TypeTicketPending:
		return TicketPending, true
	case fact.TypeTicketResolved:
		return TicketResolved, true
	case fact.TypeTicketClosed:
		return TicketClosed, true
	default:
		return "", false
	}
}

// TicketStep is one event of a ticket, taken once.
type TicketStep struct {
	At    time.Time
	Event fact.TicketEvent
}

// TicketCall is a contact that is linked to a ticket.
type TicketCall struct {
	Contact   string
	ArrivedAt time.Time
	Hidden    bool // its id is not told to who asks
}

// Ticket is one ticket: how it stands, and how long it took.
type Ticket struct {
	System     string      `json:"system" doc:"The ticket system" example:"helpdesk"`
	ID         string      `json:"ticket" doc:"The ticket's id there" example:"4711"`
	URL        string      `json:"url" doc:"Link to it; empty without integrations.tickets.ticket_url"`
	State      TicketState `json:"state" enum:"open,pending,resolved,closed" doc:"pending: open, and waiting for the customer"`
	StateSince time.Time   `json:"state_since" doc:"Since when it stands so"`
	Priority   string      `json:"priority" doc:"The last one named; so are agent, queue, team, reason and customer. Empty when none was"`
	Agent      string      `json:"agent" doc:"Whose it is; empty when it is nobody's"`
	Queue      string      `json:"queue"`
	Team       string      `json:"team"`
	Reason     string      `json:"reason" doc:"What it is about: the ticket system's category"`
	Customer   string      `json:"customer" doc:"Customer id"`
	Contacts   []string    `json:"contacts" nullable:"false" doc:"Contacts linked to it, in the order they arrived"`

	OpenedAt        time.Time  `json:"opened_at" doc:"When it was opened; of a ticket whose opening was never told, its first event"`
	CallAt          *time.Time `json:"call_at" doc:"Arrival of the first of the contacts; null when none is linked"`
	FirstReplyAt    *time.Time `json:"first_reply_at" doc:"null while there is none"`
	FirstResolvedAt *time.Time `json:"first_resolved_at" doc:"null while it never was"`
	ResolvedAt      *time.Time `json:"resolved_at" doc:"Its last resolution; null while it never was, and since it was reopened"`

	CallToFirstReplyMS      *int64         `json:"call_to_first_reply_ms" doc:"From call_at to the first reply at or after it; null when there is none"`
	CallToFirstResolutionMS *int64         `json:"call_to_first_resolution_ms" doc:"From call_at to the first resolution at or after it; reopening does not restart it"`
	CallToFullResolutionMS  *int64         `json:"call_to_full_resolution_ms" doc:"From call_at to the last resolution; null while it is not resolved, or reopened since"`
	Business                TicketBusiness `json:"business" doc:"The three in business hours"`

	PendingMS  int64 `json:"pending_ms" doc:"How long it has waited for the customer, until now"`
	Reopened   int64 `json:"reopened" doc:"How often it was reopened"`
	Reassigned int64 `json:"reassigned" doc:"How often it was reassigned"`

	SLA TicketSLA `json:"sla" doc:"How it stands against its targets"`
}

// TicketBusiness are a ticket's durations in business hours.
type TicketBusiness struct {
	CallToFirstReply      TicketHours `json:"call_to_first_reply" doc:"As call_to_first_reply_ms"`
	CallToFirstResolution TicketHours `json:"call_to_first_resolution" doc:"As call_to_first_resolution_ms"`
	CallToFullResolution  TicketHours `json:"call_to_full_resolution" doc:"As call_to_full_resolution_ms"`
}

// TicketHours is one duration in business hours, by either policy.
type TicketHours struct {
	FrozenMS     *int64 `json:"frozen_ms" doc:"By the schedule that held when the event that ends it was received; null without one"`
	RecomputedMS *int64 `json:"recomputed_ms" doc:"By the schedule that holds now; null when none is set"`
}

// Ticket tells how a ticket stands at an instant by its events, of which there is one at least, in their order, and by its
// calls in the order they arrived.
func (j Judge) Ticket(steps []TicketStep, calls []TicketCall, now time.Time) (Ticket, error) {
	t := newTicket(steps, calls, now)
	t.SLA = j.SLA(steps, t.OpenedAt, now)
	if t.CallAt != nil {
		reply, first, last := newTicketLife(steps).answers(*t.CallAt)
		b := &t.Business
		b.CallToFirstReply, b.CallToFirstResolution, b.CallToFullResolution = j.hours(*t.CallAt, reply), j.hours(*t.CallAt, first), j.hours(*t.CallAt, last)
	}
	return t, j.business.err
}

// hours are the business hours from a call to an event; nil is no event.
func (j Judge) hours(from time.Time, s *TicketStep) (h TicketHours) {
	if s == nil {
		return h
	}
	if ms, ok := j.business.within(s.Event.Schedule, from, s.At); ok {
		h.FrozenMS = &ms
	}
	if ms, ok := j.business.within(j.sla.Schedule, from, s.At); ok {
		h.RecomputedMS = &ms
	}
	return h
}

// newTicket is all of that but what depends on the plan. now ends a wait that goes on.
func newTicket(steps []TicketStep, calls []TicketCall, now time.Time) Ticket {
	first := steps[0]
	t := Ticket{System: first.Event.System, ID: first.Event.Ticket, State: TicketOpen, StateSince: first.At, OpenedAt: first.At, Contacts: []string{}}
	for _, s := range steps {
		t.step(s)
	}
	if t.State == TicketPending {
		t.PendingMS += max(now.Sub(t.StateSince).Milliseconds(), 0)
	}
	life := newTicketLife(steps)
	if opening, _, ok := life.after(fact.TypeTicketOpened, time.Time{}); ok {
		t.OpenedAt = opening.At
	}
	reply, resolved, last := life.answers(time.Time{})
	t.FirstReplyAt, t.FirstResolvedAt, t.ResolvedAt = reply.when(), resolved.when(), last.when()
	for _, c := range calls {
		if !c.Hidden {
			t.Contacts = append(t.Contacts, c.Contact)
		}
	}
	if len(calls) > 0 {
		t.CallAt = &calls[0].ArrivedAt
		reply, resolved, last = life.answers(*t.CallAt)
		t.CallToFirstReplyMS, t.CallToFirstResolutionMS, t.CallToFullResolutionMS = reply.since(*t.CallAt), resolved.since(*t.CallAt), last.since(*t.CallAt)
	}
	return t
}

// step takes what an event says.
func (t *Ticket) step(s TicketStep) {
	if state, ok := StateAfter(s.Event.Type); ok && state != t.State {
		if t.State == TicketPending {
			t.PendingMS += s.At.Sub(t.StateSince).Milliseconds()
		}
		t.State, t.StateSince = state, s.At
	}
	if s.Event.Type == fact.TypeTicketReassigned {
		t.Agent = "" // without an agent it is nobody's
	}
	for _, named := range []struct {
		field *string
		value string
	}{
		{&t.Priority, s.Event.Priority}, {&t.Agent, s.Event.Agent}, {&t.Queue, s.Event.Queue}, {&t.Team, s.Event.Team}, {&t.Reason, s.Event.Reason}, {&t.Customer, s.Event.Customer},
	} {
		*named.field = cmp.Or(named.value, *named.field)
	}
	t.Reopened += count(s.Event.Type == fact.TypeTicketReopened)
	t.Reassigned += count(s.Event.Type == fact.TypeTicketReassigned)
}

// when is the time of an event, nil of none.
func (s *TicketStep) when() *time.Time {
	if s == nil {
		return nil
	}
	return &s.At
}

// since is the time from an instant to an event, nil to none.
func (s *TicketStep) since(from time.Time) *int64 {
	if s == nil {
		return nil
	}
	d := s.At.Sub(from).Milliseconds()
	return &d
}

// TicketList tells how all tickets stand, the one opened last first.
func (f *Facts) TicketList(sla SLA, now time.Time) ([]Ticket, error) {
	j, err := NewJudge(sla, f.firstOfTickets(), now)
	if err != nil {
		return nil, err
	}
	calls := map[ticketKey][]TicketCall{}
	for contact, linked := range f.linkedTickets() {
		if a, ok := f.arrivals[contact]; ok && isCustomer(a.data.Kind) {
			for _, k := range linked {
				calls[k] = append(calls[k], TicketCall{Contact: contact, ArrivedAt: a.at})
			}
		}
	}
	out := []Ticket{}
	for k, steps := range f.ticketSteps() {
		slices.SortFunc(calls[k], func(a, b TicketCall) int {
			return cmp.Or(a.ArrivedAt.Compare(b.ArrivedAt), strings.Compare(a.Contact, b.Contact))
		})
		t, err := j.Ticket(steps, calls[k], now)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Ticket) int {
		return cmp.Or(b.OpenedAt.Compare(a.OpenedAt), strings.Compare(b.System+":"+b.ID, a.System+":"+a.ID))
	})
	return out, nil
}

// firstOfTickets is when the first duration of a ticket can begin: with an event of it or a call.
func (f *Facts) firstOfTickets() time.Time {
	first := f.watermark
	for _, e := range f.tickets {
		first = earlier(first, e.at)
	}
	for _, a := range f.arrivals {
		first = earlier(first, a.at)
	}
	for _, c := range f.contacts {
		first = earlier(first, c.data.StartedAt)
	}
	return first
}

// ticketSteps are the events of each ticket in order: by their time, and at one instant by when they were received.
func (f *Facts) ticketSteps() map[ticketKey][]TicketStep {
	sorted := slices.SortedFunc(maps.Values(f.tickets), func(a, b opened[fact.TicketEvent]) int {
		return cmp.Or(a.at.Compare(b.at), a.order.compare(b.order))
	})
	out := map[ticketKey][]TicketStep{}
	for _, e := range sorted {
		k := ticketKey{e.data.System, e.data.Ticket}
		out[k] = append(out[k], TicketStep{e.at, e.data})
	}
	return out
}
