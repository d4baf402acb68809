package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/live/livetest"
	"firstline/analytics/metric"
	"firstline/analytics/query"
)

// testTicket is one that waits for the customer.
func testTicket() query.TicketLife {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	replied, took := at.Add(10*time.Minute), int64(720_000)
	return query.TicketLife{
		AsOf: at.Add(time.Hour),
		Ticket: metric.Ticket{
			System: "helpdesk", ID: "4711", State: metric.TicketPending, StateSince: at.Add(20 * time.Minute), Priority: "high", Agent: "anna", Queue: "support",
			Team: "first", Reason: "line", Customer: "C-7", Contacts: []string{"pbx1-1.1"}, OpenedAt: at, CallAt: &at, FirstReplyAt: &replied,
			CallToFirstReplyMS: &took, PendingMS: 2_400_000,
			SLA: metric.TicketSLA{FirstReply: &metric.TargetState{State: metric.SLAMet, TargetMS: 3_600_000, UsedMS: 600_000}, Resolution: &metric.TargetState{State: metric.SLAPaused, TargetMS: 28_800_000, UsedMS: 1_200_000}},
		},
		Events: []query.TicketStep{{EventID: "ev-1", Type: "opened", Time: at, ReceivedAt: at, Contact: "pbx1-1.1"}},
	}
}

func (r *reportsDouble) TicketList(_ context.Context, req query.TicketListRequest) (query.TicketPage, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ticketLists = append(r.ticketLists, req)
	return query.TicketPage{Freshness: metric.Freshness{AsOf: testTicket().AsOf}, Items: []metric.Ticket{testTicket().Ticket}, Next: after(req.Cursor)}, r.err
}

func (r *reportsDouble) TicketsDue(_ context.Context, req query.DueRequest) ([]metric.DueCount, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dues = append(r.dues, req)
	return []metric.DueCount{{Priority: "", Open: 5}, {Priority: "high", Open: 3, Warning: 2, Breached: 1}, {Priority: "odd", Open: 2, Warning: 1}}, r.err
}

func (r *reportsDouble) Ticket(_ context.Context, system, id string, _ query.TicketView) (query.TicketLife, error) {
	life := testTicket()
	if system != life.System || id != life.ID {
		return query.TicketLife{}, query.ErrNotFound
	}
	return life, nil
}

func (r *reportsDouble) Backlog(_ context.Context, req query.BacklogRequest) (metric.BacklogReport, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.backlogs = append(r.backlogs, req)
	p, err := req.Params(livetest.Began())
	if err != nil {
		return metric.BacklogReport{}, err
	}
	return metric.NewBacklogReport(p, nil, metric.BacklogTally{Open: 3}, metric.Freshness{AsOf: livetest.Began()})
}

func TestBacklogMetrics(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var got metric.BacklogReport
	w.get(Prefix+"/metrics/backlog"+window+"&interval=1h&group_by=interval,team,priority&queue=support", sue).into(t, &got)
	if got.Total.Backlog == nil || got.Total.Backlog.Open != 3 || len(got.GroupBy) != 2 {
		t.Errorf("%+v", got)
	}
	if req := w.reports.backlogs[0]; req.Interval != "1h" || !slices.Equal(req.GroupBy, []string{"interval", "team", "priority"}) || !slices.Equal(req.Queues, []string{"support"}) {
		t.Errorf("asked %+v", req)
	}
	w.get(Prefix+"/metrics/backlog"+window+"&group_by=language", sue).wantProblem(t, CodeInvalid)
}

const ticketLink = "https://help.example/t/4711"

func TestTicketList(t *testing.T) {
	w := newWorld(t, options{site: func(s *Site) { s.Integrations.Tickets.TicketURL = "https://help.example/t/{id}" }})
	sue := w.signIn("sue")
	want := testTicket().Ticket
	want.URL = ticketLink
	var got struct {
		Items []metric.Ticket
		Next  *string
	}
	a := w.get(Prefix+"/tickets"+window+"&state=open,pending&priority=high&agent=anna,boris&queue=support&customer=C-7&limit=7&cursor=xyz", sue)
	a.into(t, &got)
	if !reflect.DeepEqual(got.Items, []metric.Ticket{want}) || *got.Next != "abc" {
		t.Errorf("%s", a.body)
	}
	if link := a.header.Get("Link"); !strings.HasPrefix(link, "<"+Prefix+"/tickets?") || !strings.Contains(link, "cursor=abc") || !strings.Contains(link, "state=open") {
		t.Errorf("Link %q", link)
	}
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	if req := w.reports.ticketLists[0]; !req.From.Equal(from) || !req.Until.Equal(from.AddDate(0, 0, 1)) || !reflect.DeepEqual(req, query.TicketListRequest{
		TicketView: query.TicketView{SLA: w.site.sla()}, Sort: query.SortOpened, From: req.From, Until: req.Until, States: []string{"open", "pending"}, Priorities: []string{"high"}, Agents: []string{"anna", "boris"},
		Queues: []string{"support"}, Customer: "C-7", Limit: 7, Cursor: "xyz",
	}) {
		t.Errorf("asked %+v", req)
	}
	w.get(Prefix+"/tickets", sue)
	if req := w.reports.ticketLists[1]; !reflect.DeepEqual(req, query.TicketListRequest{TicketView: query.TicketView{SLA: w.site.sla()}, Sort: query.SortOpened, Limit: query.DefaultPage}) {
		t.Errorf("asked %+v", req)
	}
	w.get(Prefix+"/tickets?sla=warning,breached&sort=due_at&unassigned=true&agent=anna", sue)
	if req := w.reports.ticketLists[2]; !slices.Equal(req.SLAStates, []string{"warning", "breached"}) || req.Sort != query.SortDue || !slices.Equal(req.Agents, []string{"anna", ""}) {
		t.Errorf("asked %+v", req)
	}
	csv := w.do(call{method: http.MethodGet, path: Prefix + "/tickets", proof: sue, headers: map[string]string{"Accept": string(formCSV)}})
	if lines := strings.Split(string(csv.body), "\n"); !strings.HasPrefix(lines[0], "system,ticket,url,state,") || !strings.HasPrefix(lines[1], "helpdesk,4711,"+ticketLink+",pending,") {
		t.Errorf("%s", csv.body)
	}
	for _, bad := range []string{"state=lost", "sla=late", "sort=due"} {
		w.get(Prefix+"/tickets?"+bad, sue).wantProblem(t, CodeInvalid)
	}
	w.reports.fails(context.DeadlineExceeded)
	w.get(Prefix+"/tickets", sue).wantProblem(t, CodeTimeout)
}

func TestOneTicket(t *testing.T) {
	w := newWorld(t, options{site: func(s *Site) { s.Integrations.Tickets.TicketURL = "https://help.example/t/{id}" }})
	want := testTicket()
	want.URL = ticketLink
	for _, user := range []string{"sue", "anna"} {
		var got query.TicketLife
		a := w.get(Prefix+"/tickets/helpdesk/4711", w.signIn(user))
		if a.into(t, &got); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s", user, a.body)
		}
	}
	w.get(Prefix+"/tickets/other/4711", w.signIn("sue")).wantProblem(t, CodeNotFound)
}

// An agent asks for his own tickets whatever he writes, and can't open another's.
func TestTicketsAreNarrowedForAgents(t *testing.T) {
	w := newWorld(t, options{})
	boris := w.signIn("boris")
	for _, asked := range []string{"", "?agent=anna", "?agent=anna,boris", "?unassigned=true"} {
		w.get(Prefix+"/tickets"+asked, boris)
		if got := w.reports.ticketLists[len(w.reports.ticketLists)-1]; !slices.Equal(got.Agents, []string{"boris"}) {
			t.Errorf("asked %+v", got)
		}
	}
	w.get(Prefix+"/tickets/helpdesk/4711", boris).wantProblem(t, CodeNotFound)
}
