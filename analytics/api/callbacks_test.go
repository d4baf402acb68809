package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/live/livetest"
	"firstline/analytics/query"
	"firstline/pipeline/fact"
)

// testCallbacks are one that is put off and one that came to its end.
func testCallbacks() []query.Callback {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	later, result, why := at.Add(10*time.Minute), fact.CallbackNoAnswer, fact.PutOffRetry
	return []query.Callback{
		{
			Contact: "pbx1-2.1", Origin: "pbx1-1.1", State: query.CallbackOpen, Queue: "support", Number: "+4930123456", Name: "=Carla", Customer: "C-7",
			Ticket: &fact.TicketRef{System: "helpdesk", ID: "4711", Title: "No dial tone", URL: "https://help.example/4711", Status: "open"}, Language: "en",
			PromisedAt: at, Since: at, First: fact.FirstAgent, Attempts: 1, Of: 3, LastResult: &result, LastAt: &at, Why: &why, Until: &later,
			Incidents: []string{}, ExpiresAt: at.Add(24 * time.Hour),
		},
		{
			Contact: "pbx1-3.1", Origin: "pbx1-1.2", State: string(fact.CallbackCancelled), Queue: "sales", Number: "+4930123457", Language: "ru",
			PromisedAt: at, Since: at, First: fact.FirstCustomer, Of: 3, Incidents: []string{}, ExpiresAt: at.Add(24 * time.Hour), EndedAt: &later, Actor: "sue",
		},
	}
}

func (r *reportsDouble) Callbacks(_ context.Context, req query.CallbackRequest) (query.CallbackPage, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.callbacks = append(r.callbacks, req)
	return query.CallbackPage{Items: testCallbacks(), Next: after(req.Cursor)}, r.err
}

func TestCallbackList(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var got struct {
		Items []query.Callback
		Next  *string
	}
	a := w.get(Prefix+"/callbacks"+window+"&queue=support,sales&state=open&limit=7&cursor=xyz", sue)
	a.into(t, &got)
	if !reflect.DeepEqual(got.Items, testCallbacks()) || *got.Next != "abc" {
		t.Errorf("%s", a.body)
	}
	if link := a.header.Get("Link"); !strings.HasPrefix(link, "<"+Prefix+"/callbacks?") || !strings.Contains(link, "cursor=abc") || !strings.Contains(link, "state=open") {
		t.Errorf("Link %q", link)
	}
	req := w.reports.callbacks[0]
	if !req.From.Equal(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)) || !req.Until.Equal(req.From.AddDate(0, 0, 1)) || !slices.Equal(req.Queues, []string{"support", "sales"}) ||
		req.State != query.CallbackOpen || req.Limit != 7 || req.Cursor != "xyz" {
		t.Errorf("asked %+v", req)
	}
	w.get(Prefix+"/callbacks"+window, sue)
	if req := w.reports.callbacks[1]; req.Queues != nil || req.State != "" || req.Limit != query.DefaultPage {
		t.Errorf("asked %+v", req)
	}
	w.get(Prefix+"/callbacks", sue).wantProblem(t, CodeInvalid)
	w.get(Prefix+"/callbacks"+window+"&state=connected", sue).wantProblem(t, CodeInvalid)
	w.reports.fails(context.DeadlineExceeded)
	w.get(Prefix+"/callbacks"+window, sue).wantProblem(t, CodeTimeout)
}

func TestCallbackListAsCSV(t *testing.T) {
	w := newWorld(t, options{})
	a := w.do(call{method: http.MethodGet, path: Prefix + "/callbacks" + window, proof: w.signIn("adam"), headers: map[string]string{"Accept": string(formCSV)}})
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil || len(rows) != 1+len(testCallbacks()) {
		t.Fatalf("%v: %s", err, a.body)
	}
	want := "callback,origin,state,queue,number,name,customer,ticket.system,ticket.id,ticket.title,ticket.url,ticket.status,language,promised_at,since,first," +
		"attempts,of,last_result,last_at,why,until,incidents,expires_at,ended_at,agent,actor"
	if got := strings.Join(rows[0], ","); got != want {
		t.Errorf("columns %s", got)
	}
	want = "pbx1-2.1,pbx1-1.1,open,support,+4930123456,'=Carla,C-7,helpdesk,4711,No dial tone,https://help.example/4711,open,en,2026-03-02T09:00:00Z,2026-03-02T09:00:00Z,agent," +
		"1,3,no_answer,2026-03-02T09:00:00Z,retry,2026-03-02T09:10:00Z,,2026-03-03T09:00:00Z,,,"
	if got := strings.Join(rows[1], ","); got != want {
		t.Errorf("got %s", got)
	}
}

func TestCallbackIsCancelled(t *testing.T) {
	w := newWorld(t, options{})
	do := func(user, key string) answer {
		return w.do(call{method: http.MethodDelete, path: Prefix + "/callbacks/pbx1-2.1", proof: w.signIn(user), headers: map[string]string{"Idempotency-Key": key}})
	}
	for _, c := range []struct{ user, key string }{{"sue", "k1"}, {"adam", "k2"}} {
		if a := do(c.user, c.key); a.status != http.StatusNoContent || len(a.body) != 0 {
			t.Errorf("%+v: %d %s", c, a.status, a.body)
		}
	}
	want := []livetest.Control{
		{Request: "sue/k1", Actor: "sue", By: "supervisor", Action: "callback_cancel", Contact: "pbx1-2.1"},
		{Request: "adam/k2", Actor: "adam", By: "supervisor", Action: "callback_cancel", Contact: "pbx1-2.1"},
	}
	if got := w.controller.Controls(); !reflect.DeepEqual(got, want) {
		t.Errorf("sent %+v", got)
	}
	do("anna", "").wantProblem(t, CodeForbidden)
	do("ina", "").wantProblem(t, CodeForbidden)
	for refusal, code := range map[string]Code{"unknown_contact": CodeUnknownContact, "not_now": CodeNotNow} {
		w.controller.Answer(func(livetest.Control) (int, any) { return http.StatusConflict, map[string]string{"refused": refusal} })
		do("sue", "").wantProblem(t, code)
	}
}
