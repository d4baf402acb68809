package query

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
)

// The list is what the definitions say of the facts, whatever is asked for and however small its pages are; one ticket is
// the same alone.
func TestTicketList(t *testing.T) {
	began := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	facts := makeFacts(t, 5, began, began.Add(24*time.Hour))
	now := began.Add(48 * time.Hour)
	r := New(loadFacts(t, facts), DefaultConfig(), func() time.Time { return now })
	all := metric.Read(facts).TicketList(now)
	in := func(list []string, v string) bool { return list == nil || slices.Contains(list, v) }
	for name, edit := range map[string]func(*TicketListRequest){
		"all":      func(*TicketListRequest) {},
		"one page": func(r *TicketListRequest) { r.Limit = MaxPage },
		"a window": func(r *TicketListRequest) {
			r.From, r.Until, r.Limit = began.Add(2*time.Hour), began.Add(9*time.Hour), 3
		},
		"since":    func(r *TicketListRequest) { r.From = began.Add(12 * time.Hour) },
		"pending":  func(r *TicketListRequest) { r.States, r.Limit = []string{"pending"}, 2 },
		"not over": func(r *TicketListRequest) { r.States = []string{"open", "pending"} },
		"over":     func(r *TicketListRequest) { r.States = []string{"resolved", "closed"} },
		"urgent":   func(r *TicketListRequest) { r.Priorities, r.Agents = []string{"high"}, []string{"anna", "boris"} },
		"a queue":  func(r *TicketListRequest) { r.Queues = []string{"sales"} },
		"no queue": func(r *TicketListRequest) { r.Queues = []string{} },
		"a customer": func(r *TicketListRequest) {
			r.Customer = all[slices.IndexFunc(all, func(t metric.Ticket) bool { return t.Customer != "" })].Customer
		},
	} {
		var req TicketListRequest
		edit(&req)
		want := slices.DeleteFunc(slices.Clone(all), func(t metric.Ticket) bool {
			return t.OpenedAt.Before(req.From) || !req.Until.IsZero() && !t.OpenedAt.Before(req.Until) || !in(req.States, string(t.State)) ||
				!in(req.Priorities, t.Priority) || !in(req.Agents, t.Agent) || !in(req.Queues, t.Queue) || req.Customer != "" && req.Customer != t.Customer
		})
		got := ticketsOf(t, r, req)
		for i := range min(len(got), len(want)) {
			if a, b := facttest.Leaves(got[i]), facttest.Leaves(want[i]); !reflect.DeepEqual(a, b) {
				t.Errorf("%s:\ngot  %v\nwant %v", name, a, b)
				break
			}
		}
		if len(got) != len(want) || len(want) == 0 && name != "no queue" {
			t.Errorf("%s: %d tickets, want %d", name, len(got), len(want))
		}
	}
	for _, want := range all[:5] {
		got, err := r.Ticket(context.Background(), want.System, want.ID)
		if err != nil || !reflect.DeepEqual(facttest.Leaves(got.Ticket), facttest.Leaves(want)) || len(got.Events) == 0 {
			t.Errorf("%s alone: %+v, %v", want.ID, got, err)
		}
	}
	if _, err := r.Ticket(context.Background(), "helpdesk", "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a ticket that there is not: %v", err)
	}
	var invalid *Invalid
	_, err := r.TicketList(context.Background(), TicketListRequest{From: began, Until: began, States: []string{"x"}, Limit: MaxPage + 1, Cursor: "!"})
	if !errors.As(err, &invalid) || len(invalid.Problems) != 4 {
		t.Errorf("a bad request: %v", err)
	}
}

// ticketsOf reads every page.
func ticketsOf(t *testing.T, r *Reader, req TicketListRequest) []metric.Ticket {
	t.Helper()
	out := []metric.Ticket{}
	for {
		page, err := r.TicketList(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Items...)
		if len(out) > 1000 {
			t.Fatal("the pages come to no end")
		}
		if page.Next == nil {
			return out
		}
		if size := cmp.Or(req.Limit, DefaultPage); len(page.Items) != size {
			t.Fatalf("a page of %d, not the last one, has %d", size, len(page.Items))
		}
		req.Cursor = *page.Next
	}
}
