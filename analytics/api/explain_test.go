package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"firstline/analytics/live/livetest"
	"firstline/analytics/metric"
	"firstline/analytics/query"
)

// why is a request for an explanation as the double was asked.
type why struct {
	req any
	why query.ExplainRequest
}

func (r *reportsDouble) explanation(report string, w metric.Window, req any, asked query.ExplainRequest) (metric.Explanation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.explained = append(r.explained, why{req, asked})
	e := metric.Explain(report, asked.Number, w, nil, metric.Freshness{AsOf: livetest.Began()})
	e.Items = append(e.Items, metric.Explained{ID: "pbx1-1.1/e1", Kind: "entry", Contact: "pbx1-1.1", Agent: "anna"})
	e.How, e.Count, e.Next = metric.HowCount, 1, after(asked.Cursor)
	return e, r.err
}

func (r *reportsDouble) ExplainQueues(_ context.Context, req query.QueueRequest, e query.ExplainRequest) (metric.Explanation, error) {
	p, _ := req.Params()
	return r.explanation("queues", p.Window, req, e)
}

func (r *reportsDouble) ExplainAgents(_ context.Context, req query.AgentRequest, e query.ExplainRequest) (metric.Explanation, error) {
	p, _ := req.Params()
	return r.explanation("agents", p.Window, req, e)
}

func (r *reportsDouble) ExplainContacts(_ context.Context, req query.ContactRequest, e query.ExplainRequest) (metric.Explanation, error) {
	p, _ := req.Params()
	return r.explanation("contacts", p.Window, req, e)
}

func (r *reportsDouble) ExplainIVR(_ context.Context, req query.IVRRequest, e query.ExplainRequest) (metric.Explanation, error) {
	p, _ := req.Params()
	return r.explanation("ivr", p.Window, req, e)
}

func (r *reportsDouble) ExplainTickets(_ context.Context, req query.TicketRequest, e query.ExplainRequest) (metric.Explanation, error) {
	p, _ := req.TicketParams(livetest.Began())
	return r.explanation("tickets", p.Window, req, e)
}

func (r *reportsDouble) ExplainBacklog(_ context.Context, req query.BacklogRequest, e query.ExplainRequest) (metric.Explanation, error) {
	p, _ := req.Params(livetest.Began())
	return r.explanation("backlog", p.Window, req, e)
}

// A report's link asks for the same as the report itself, and an explanation pages as a list does.
func TestExplainPassesEverythingOn(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var report metric.QueueReport
	w.get(Prefix+"/metrics/queues?from=2026-03-02T00:00:00%2B01:00&until=2026-03-03T00:00:00%2B01:00&tz=Europe/Berlin&interval=1h&group_by=queue&queue=support"+
		"&attribute_by=ended&service_level_ms=0&sort=-offered&compare=1w", sue).into(t, &report)
	link := strings.Replace(report.Rows[0].Explain, "{number}", "speed_of_answer.p90_ms", 1)
	got := w.get(link+"&limit=1", sue)
	if got.status != http.StatusOK || !strings.Contains(got.header.Get("Link"), `rel="next"`) {
		t.Fatalf("%s: %d %s", link, got.status, got.body)
	}
	asked, whole := w.reports.explained[0].req.(query.QueueRequest), w.reports.queues[0]
	if !asked.From.Equal(whole.From) || !asked.Until.Equal(whole.Until) {
		t.Errorf("asked %s, the report %s", asked.From, whole.From)
	}
	asked.From, asked.Until = whole.From, whole.Until
	if !reflect.DeepEqual(asked, whole) {
		t.Errorf("asked\n%+v\nthe report\n%+v", asked, whole)
	}
	row := query.RowName(time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC), metric.Key{Queue: "support"}, []metric.Dimension{metric.ByQueue})
	if e := w.reports.explained[0].why; e != (query.ExplainRequest{Number: "speed_of_answer.p90_ms", Row: row, Limit: 1}) {
		t.Errorf("asked %+v", e)
	}
	a := w.do(call{method: http.MethodGet, path: link, proof: sue, headers: map[string]string{"Accept": "text/csv"}})
	if rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll(); err != nil || len(rows) != 2 || rows[0][0] != "id" {
		t.Errorf("%v %v", rows, err)
	}
	w.get(strings.Replace(link, "&number=speed_of_answer.p90_ms", "", 1), sue).wantProblem(t, CodeInvalid)
}

// The earlier period of a comparison links to its own window, cut where it is cut.
func TestExplainOfComparison(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var got struct{ Comparison metric.QueueReport }
	w.get(Prefix+"/metrics/queues?from=2026-03-02T00:00:00Z&until=2026-03-03T00:00:00Z&interval=custom&edges=2026-03-02T06:00:00Z,2026-03-02T06:00:00.5Z&compare=1d", sue).into(t, &got)
	u, err := url.Parse(got.Comparison.Total.Explain)
	if err != nil || u.Query().Get("from") != "2026-03-01T00:00:00Z" || u.Query().Get("edges") != "2026-03-01T00:00:00Z,2026-03-01T06:00:00Z,2026-03-01T06:00:00.5Z" || u.Query().Has("compare") {
		t.Errorf("%s (%v)", got.Comparison.Total.Explain, err)
	}
}

// The wallboard's figures of a queue, and of all, are explained as a report of the day explains them.
func TestExplainOfWallboard(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var today metric.Today
	w.get(Prefix+"/wallboard?tz=Europe/Berlin&queue=support", sue).into(t, &today)
	splits := []metric.Dimension{metric.ByQueue}
	for link, row := range map[string]string{today.Total.Explain: "", today.Queues[0].Explain: query.RowName(today.From, metric.Key{Queue: "support"}, splits)} {
		w.reports.explained = nil
		w.get(strings.Replace(link, "{number}", "offered", 1), sue)
		asked := w.reports.explained[0]
		req := asked.req.(query.QueueRequest)
		if !req.From.Equal(today.From) || !req.Until.Equal(today.Until) || req.Zone != "Europe/Berlin" || !reflect.DeepEqual(req.Queues, []string{"support"}) || !reflect.DeepEqual(req.GroupBy, []string{"queue"}) {
			t.Errorf("%s asks %+v", link, req)
		}
		if asked.why != (query.ExplainRequest{Number: "offered", Row: row, Limit: 50}) {
			t.Errorf("%s asks %+v", link, asked.why)
		}
	}
}

// An agent's numbers are explained by his own calls, whosever he asks for.
func TestAgentExplainsHisOwn(t *testing.T) {
	w := newWorld(t, options{})
	anna := w.signIn("anna")
	w.get(Prefix+"/metrics/agents/explain"+window+"&agent=boris&number=answered", anna)
	if req := w.reports.explained[0].req.(query.AgentRequest); !reflect.DeepEqual(req.Agents, []string{"anna"}) {
		t.Errorf("asked for %v", req.Agents)
	}
	w.get(Prefix+"/metrics/queues/explain"+window+"&number=answered", anna).wantProblem(t, CodeForbidden)
}

// wantExplained follows the links of each report and adds up what it finds.
func (w *world) wantExplained(t *testing.T, window, proof string) {
	t.Helper()
	for report, number := range map[string]string{
		"queues": "offered", "agents": "answered", "contacts": "contacts", "ivr": "visits", "tickets": "linked", "backlog": "opened",
	} {
		var got struct {
			Rows  []map[string]any
			Total map[string]any
		}
		w.get(Prefix+"/metrics/"+report+window+"&interval=1d", proof).into(t, &got)
		for _, row := range append(got.Rows, got.Total) {
			link, _ := row["explain"].(string)
			listed, next := 0, strings.Replace(link, "{number}", number, 1)+"&limit=50"
			for next != "" {
				var e metric.Explanation
				a := w.get(next, proof)
				a.into(t, &e)
				if e.Value == nil || *e.Value != row[number] {
					t.Fatalf("%s: %v, the report %v", next, e.Value, row[number])
				}
				listed += len(e.Items)
				next, _, _ = strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "<"), ">")
			}
			if float64(listed) != row[number] {
				t.Errorf("%s: %d of %v", link, listed, row[number])
			}
		}
	}
	for _, bad := range []string{"number=nothing", "number=speed_of_answer", "number=offered.percent", "number=offered&row=!", "number=offered&row=WyIxIl0", "number=offered&cursor=!"} {
		w.get(Prefix+"/metrics/queues/explain"+window+"&"+bad, proof).wantProblem(t, CodeInvalid)
	}
}
