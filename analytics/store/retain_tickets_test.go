package store_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
)

// step is one event of a ticket, so long after the beginning of the test's time.
type step struct {
	after time.Duration
	t     fact.Type
	event string        // its id; empty: the next one
	again time.Duration // how much later than it happened it was received
}

// ticketFacts are the events of one ticket, with positions from first on.
func ticketFacts(id string, first uint64, steps ...step) []fact.Fact {
	var out []fact.Fact
	for i, e := range steps {
		at := start.Add(e.after)
		event := e.event
		if event == "" {
			event = strconv.Itoa(i)
		}
		out = append(out, fact.Fact{Type: e.t, Subject: "helpdesk:" + id, Time: at, Source: "api/pbx1", Epoch: "e2", Position: first + uint64(i),
			Data: fact.TicketEvent{Type: e.t, System: "helpdesk", EventID: event, Ticket: id, Customer: "c-" + id, Contact: "pbx1-1.1", ReceivedMS: at.Add(e.again).UnixMilli()}})
	}
	return out
}

const (
	aDay     = 24 * time.Hour
	opened   = fact.TypeTicketOpened
	resolved = fact.TypeTicketResolved
	reopened = fact.TypeTicketReopened
)

// TestDropTickets: of tickets that are over for long enough nothing is left, all others are whole.
func TestDropTickets(t *testing.T) {
	s, url := openStore(t)
	before := start.Add(100 * aDay)
	gone := map[string][]step{
		"resolved":                    {{0, opened, "", 0}, {80 * aDay, fact.TypeTicketFirstReply, "", 0}, {100*aDay - time.Millisecond, resolved, "", 0}},
		"closed":                      {{0, opened, "", 0}, {aDay, fact.TypeTicketClosed, "", 0}},
		"reopened, resolved":          {{0, opened, "", 0}, {aDay, resolved, "", 0}, {2 * aDay, reopened, "", 0}, {40 * aDay, resolved, "", 0}, {41 * aDay, fact.TypeTicketClosed, "", 0}},
		"handed on afterwards":        {{0, opened, "", 0}, {aDay, resolved, "", 0}, {3 * aDay, fact.TypeTicketReassigned, "", 0}},
		"opened sent again":           {{0, opened, "a", 0}, {0, resolved, "b", time.Second}, {0, opened, "a", time.Minute}},
		"resolution differs":          {{0, opened, "a", 0}, {aDay, resolved, "b", 0}, {2 * aDay, reopened, "b", 0}},
		`it's "\ {x:String} @ids ? ü`: {{0, opened, "", 0}, {aDay, resolved, "", 0}},
	}
	kept := map[string][]step{
		"open":                 {{0, opened, "", 0}},
		"pending":              {{0, opened, "", 0}, {aDay, fact.TypeTicketPending, "", 0}},
		"linked":               {{0, fact.TypeTicketLinked, "", 0}},
		"reopened":             {{0, opened, "", 0}, {aDay, resolved, "", 0}, {2 * aDay, reopened, "", 0}},
		"reopened in no time":  {{0, opened, "", 0}, {aDay, resolved, "", 0}, {aDay, reopened, "", time.Second}},
		"reopened after close": {{0, opened, "", 0}, {aDay, fact.TypeTicketClosed, "", 0}, {99 * aDay, reopened, "", 0}},
		"reopening differs":    {{0, opened, "a", 0}, {aDay, reopened, "b", 0}, {2 * aDay, resolved, "b", 0}},
		"just now resolved":    {{0, opened, "", 0}, {100 * aDay, resolved, "", 0}},
		"handed on lately":     {{0, opened, "", 0}, {aDay, resolved, "", 0}, {101 * aDay, fact.TypeTicketReassigned, "", 0}},
	}
	call := call{contact: "pbx1-1.1", number: theNumber, at: start}
	var all, rest []fact.Fact
	rows := int64(0)
	for id, steps := range gone {
		all = append(all, ticketFacts(id, uint64(len(all)+1), steps...)...)
		rows += int64(len(steps))
	}
	for id, steps := range kept {
		facts := ticketFacts(id, uint64(len(all)+1), steps...)
		all, rest = append(all, facts...), append(rest, facts...)
	}
	insert(t, s, 1, append(call.factsOf(1), all...)...)

	if dropped, err := s.DropTickets(t.Context(), start); err != nil || len(dropped) > 0 {
		t.Fatalf("before their time: %v, %v", dropped, err)
	}
	dropped, err := s.DropTickets(t.Context(), before)
	if want := []store.Emptied{{Table: "events", Rows: rows}, {Table: "tickets", Rows: rows}}; err != nil || !slices.Equal(dropped, want) {
		t.Fatalf("dropped %v, %v, want %v", dropped, err, want)
	}
	for id := range gone {
		if in := found(t, url, "c-"+id, "helpdesk:"+id); len(in) > 0 {
			t.Errorf("ticket %s is left: %v", id, in)
		}
	}
	for _, table := range []string{"tickets", "events"} {
		for id, steps := range kept {
			if got := chdbtest.Query(t, url, "SELECT count() FROM "+table+" WHERE subject = 'helpdesk:"+id+"'"); got != fmt.Sprint(len(steps)) {
				t.Errorf("%s has %s rows of ticket %s, want %d", table, got, id, len(steps))
			}
		}
	}
	// Events by ticket are read from the table's second order.
	if got := chdbtest.Query(t, url, "SELECT count() FROM (SELECT * FROM tickets WHERE subject >= 'helpdesk:' ORDER BY subject, event_id) SETTINGS force_optimize_projection = 1, optimize_use_projections = 1"); got != fmt.Sprint(len(rest)) {
		t.Errorf("in the order of tickets there are %s rows, want %d", got, len(rest))
	}
	if got := count(t, url, "events"); got != fmt.Sprint(len(rest)+len(call.factsOf(1))) {
		t.Errorf("%s events: the call's were to stay", got)
	}
	if again, err := s.DropTickets(t.Context(), before); err != nil || len(again) > 0 {
		t.Errorf("once more: %v, %v", again, err)
	}
}

// TestDropManyTickets: those that are over are found behind more open ones than are looked at together.
func TestDropManyTickets(t *testing.T) {
	s, url := openStore(t)
	const open, over = 5200, 300
	var facts []fact.Fact
	for i := range open + over {
		steps := []step{{0, opened, "a", 0}, {time.Minute, resolved, "b", 0}, {time.Minute, reopened, "c", time.Second}} // which of both counts is told by when they came
		if i >= open {
			steps = []step{{0, opened, "a", 0}, {time.Hour, resolved, "b", 0}}
		}
		facts = append(facts, ticketFacts(strconv.Itoa(i), uint64(len(facts)+1), steps...)...)
	}
	insert(t, s, 1, facts...)
	if dropped, err := s.DropTickets(t.Context(), start.Add(aDay)); err != nil || len(dropped) != 2 || dropped[1].Rows != 2*over {
		t.Errorf("dropped %v, %v", dropped, err)
	}
	if got := chdbtest.Query(t, url, "SELECT count(), uniqExact(subject), countIf(type = 'ticket.reopened') FROM tickets"); got != fmt.Sprintf("%d\t%d\t%d", 3*open, open, open) {
		t.Errorf("left: %s", got)
	}
}

// TestDropTicketsGoesOn: one who was killed after the first table finds what is left to do.
func TestDropTicketsGoesOn(t *testing.T) {
	s, url := openStore(t)
	insert(t, s, 1, ticketFacts("1", 1, step{0, opened, "", 0}, step{aDay, resolved, "", 0})...)
	chdbtest.Query(t, url, "ALTER TABLE events DELETE WHERE 1 SETTINGS mutations_sync = 2")
	if dropped, err := s.DropTickets(t.Context(), start.Add(2*aDay)); err != nil || !slices.Equal(dropped, []store.Emptied{{Table: "tickets", Rows: 2}}) {
		t.Errorf("dropped %v, %v", dropped, err)
	}
}
