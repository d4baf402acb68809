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
	"firstline/pipeline/fact"
)

// The list is what the definitions say of the facts, whatever is asked for and however small its pages are; one ticket is
// the same alone.
func TestTicketList(t *testing.T) {
	began := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	facts := makeFacts(t, 5, began, began.Add(24*time.Hour))
	now := began.Add(48 * time.Hour)
	r := New(loadFacts(t, facts), DefaultConfig(), func() time.Time { return now })
	view := TicketView{SLA: metric.SLA{Targets: promised(), Schedule: facttest.Schedules()[0]}}
	all, err := metric.Read(facts).TicketList(view.SLA, now)
	if err != nil {
		t.Fatal(err)
	}
	in := func(list []string, v string) bool { return list == nil || slices.Contains(list, v) }
	for name, edit := range map[string]func(*TicketListRequest){
		"all":      func(*TicketListRequest) {},
		"one page": func(r *TicketListRequest) { r.Limit = MaxPage },
		"a window": func(r *TicketListRequest) {
			r.From, r.Until, r.Limit = began.Add(2*time.Hour), began.Add(9*time.Hour), 3
		},
		"since":           func(r *TicketListRequest) { r.From = began.Add(12 * time.Hour) },
		"pending":         func(r *TicketListRequest) { r.States, r.Limit = []string{"pending"}, 2 },
		"not over":        func(r *TicketListRequest) { r.States = []string{"open", "pending"} },
		"over":            func(r *TicketListRequest) { r.States = []string{"resolved", "closed"} },
		"urgent":          func(r *TicketListRequest) { r.Priorities, r.Agents = []string{"high"}, []string{"anna", "boris"} },
		"a queue":         func(r *TicketListRequest) { r.Queues = []string{"sales"} },
		"no queue":        func(r *TicketListRequest) { r.Queues = []string{} },
		"a queue, a team": func(r *TicketListRequest) { r.Queues, r.Teams = []string{"sales"}, []string{"night"} },
		"nobody's":        func(r *TicketListRequest) { r.Agents = []string{""} },
		"breached":        func(r *TicketListRequest) { r.SLAStates, r.Limit = []string{"breached"}, 7 },
		"met or paused":   func(r *TicketListRequest) { r.SLAStates, r.Priorities = []string{"met", "paused"}, []string{"high"} },
		"about to breach": func(r *TicketListRequest) {
			r.SLAStates, r.States, r.Sort, r.Limit = []string{"warning", "running"}, []string{"open", "pending"}, SortDue, 2
		},
		"due first": func(r *TicketListRequest) { r.Sort, r.Limit = SortDue, 9 },
		"a customer": func(r *TicketListRequest) {
			r.Customer = all[slices.IndexFunc(all, func(t metric.Ticket) bool { return t.Customer != "" })].Customer
		},
	} {
		req := TicketListRequest{TicketView: view}
		edit(&req)
		want := slices.DeleteFunc(slices.Clone(all), func(t metric.Ticket) bool {
			queue := in(req.Queues, t.Queue) || t.Queue == "" && slices.Contains(req.Teams, t.Team)
			sla := req.SLAStates == nil || stands(t.SLA.FirstReply, req.SLAStates) || stands(t.SLA.Resolution, req.SLAStates)
			return t.OpenedAt.Before(req.From) || !req.Until.IsZero() && !t.OpenedAt.Before(req.Until) || !in(req.States, string(t.State)) ||
				!in(req.Priorities, t.Priority) || !in(req.Agents, t.Agent) || !queue || !sla || req.Customer != "" && req.Customer != t.Customer
		})
		if req.Sort == SortDue {
			slices.SortFunc(want, func(a, b metric.Ticket) int {
				return cmp.Or(due(a).Compare(due(b)), cmp.Compare(a.System+":"+a.ID, b.System+":"+b.ID))
			})
		}
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
		got, err := r.Ticket(context.Background(), want.System, want.ID, view)
		if err != nil || !reflect.DeepEqual(facttest.Leaves(got.Ticket), facttest.Leaves(want)) || len(got.Events) == 0 {
			t.Errorf("%s alone: %+v, %v", want.ID, got, err)
		}
	}
	if _, err := r.Ticket(context.Background(), "helpdesk", "none", view); !errors.Is(err, ErrNotFound) {
		t.Errorf("a ticket that there is not: %v", err)
	}
	var invalid *Invalid
	_, err = r.TicketList(context.Background(), TicketListRequest{From: began, Until: began, States: []string{"x"}, SLAStates: []string{"x"}, Sort: "x", Limit: MaxPage + 1, Cursor: "!"})
	if !errors.As(err, &invalid) || len(invalid.Problems) != 6 {
		t.Errorf("a bad request: %v", err)
	}
}

func stands(s *metric.TargetState, in []string) bool {
	return s != nil && slices.Contains(in, string(s.State))
}

// due is when a ticket is due; a late day when it is not.
func due(t metric.Ticket) time.Time {
	if t.SLA.DueAt == nil {
		return time.UnixMilli(9_000_000_000_000)
	}
	return *t.SLA.DueAt
}

// A list by due time is not empty, and the counts by priority are those of the definitions.
func TestTicketsDue(t *testing.T) {
	began := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	facts, now := makeFacts(t, 5, began, began.Add(24*time.Hour)), began.Add(20*time.Hour)
	r := New(loadFacts(t, facts), DefaultConfig(), func() time.Time { return now })
	sla := metric.SLA{Targets: promised()}
	got, err := r.TicketsDue(context.Background(), DueRequest{SLA: sla})
	if err != nil {
		t.Fatal(err)
	}
	want, err := metric.Read(facts).Backlog(metric.BacklogParams{
		Window: metric.Window{From: now.Add(-time.Hour), Until: now, Interval: metric.Whole}, GroupBy: []metric.Dimension{metric.ByPriority}, Now: now, SLA: sla,
	})
	if err != nil || len(got) != len(want.Rows) || len(got) < 3 {
		t.Fatalf("%+v (%v)", got, err)
	}
	if b := want.Total.Backlog; b.Warning == 0 || b.Breached == 0 {
		t.Errorf("nothing is due: %+v", b)
	}
	for i, row := range want.Rows {
		if b := row.Backlog; got[i] != (metric.DueCount{Priority: *row.Priority, Open: b.Open, Warning: b.Warning, Breached: b.Breached}) {
			t.Errorf("%+v, want %+v", got[i], b)
		}
	}
}

// Who may not see the contacts of a queue is not told which they are.
func TestHiddenContactsOfATicket(t *testing.T) {
	began := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	facts := makeFacts(t, 5, began, began.Add(24*time.Hour))
	r := New(loadFacts(t, facts), DefaultConfig(), func() time.Time { return began.Add(48 * time.Hour) })
	queues := map[string][]string{} // of each contact
	for _, f := range facts {
		if q, ok := f.Data.(fact.Queued); ok {
			queues[f.Subject] = append(queues[f.Subject], q.Queue)
		}
	}
	all := ticketsOf(t, r, TicketListRequest{Limit: MaxPage})
	seen := ticketsOf(t, r, TicketListRequest{TicketView: TicketView{Seen: []string{"support"}}, Limit: MaxPage})
	hidden := 0
	for i := range all {
		want := slices.DeleteFunc(slices.Clone(all[i].Contacts), func(c string) bool { return !slices.Contains(queues[c], "support") })
		if hidden += len(all[i].Contacts) - len(want); !slices.Equal(seen[i].Contacts, want) || !reflect.DeepEqual(seen[i].CallAt, all[i].CallAt) {
			t.Errorf("%s: %v, want %v", all[i].ID, seen[i].Contacts, want)
		}
		if i >= 20 {
			continue
		}
		life, err := r.Ticket(context.Background(), all[i].System, all[i].ID, TicketView{Seen: []string{"support"}})
		if err != nil || slices.ContainsFunc(life.Events, func(s TicketStep) bool { return s.Contact != "" && !slices.Contains(queues[s.Contact], "support") }) {
			t.Errorf("%s: %+v, %v", all[i].ID, life.Events, err)
		}
	}
	if hidden < 10 {
		t.Errorf("%d contacts are hidden", hidden)
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
