package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/metric/facttest"
	"firstline/analytics/notify"
	"firstline/analytics/notify/notifytest"
	"firstline/analytics/registry"
	"firstline/pipeline/signature"
)

// hand is a clock that stands where the test puts it.
type hand struct {
	mu sync.Mutex
	at time.Time
}

func (h *hand) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hand) put(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = at
}

// mailing is an option: mails go to a server.
func mailing(s *notifytest.Server) func(*notify.MailConfig, *notify.HookConfig) {
	return func(m *notify.MailConfig, h *notify.HookConfig) {
		m.Host, m.Port, m.CAFile, m.From, m.User, m.PasswordEnv = s.Host, s.Port, s.CAFile, "firstline@example.com", notifytest.User, "MAIL"
		h.SecretEnv, h.Allow = "SECRET", []string{"127.0.0.0/8"}
	}
}

// mailWorld has a mail server and a clock.
func mailWorld(t *testing.T, o options) (*world, *notifytest.Server, *hand) {
	t.Helper()
	server := notifytest.Start(t, false)
	o.notify, o.env = mailing(server), map[string]string{"MAIL": notifytest.Password}
	w := newWorld(t, o)
	_, until := day()
	h := &hand{at: until.Add(-time.Hour)}
	w.api.clock = h.now
	return w, server, h
}

// make saves a report and returns it.
func (w *world) saved(proof string, change map[string]any) SavedReport {
	w.t.Helper()
	got := w.do(call{method: http.MethodPost, path: Prefix + "/reports", body: reportBody(change), proof: proof})
	if got.status != http.StatusCreated {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
	var r SavedReport
	got.into(w.t, &r)
	return r
}

// runs are a report's runs, the newest first.
func (w *world) runs(proof, id string) []ReportRun {
	w.t.Helper()
	var out struct{ Runs []ReportRun }
	w.get(Prefix+"/reports/"+id, proof).into(w.t, &out)
	return out.Runs
}

func (w *world) due() {
	w.t.Helper()
	if err := w.api.reportsDue(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func each(days, at string) map[string]any {
	return map[string]any{"days": days, "at": []string{at}, "starts": "2026-03-01"}
}

// TestScheduledReportArrives: on the real engine, at its time and not before, with the figures that the route itself answers for yesterday
// of the zone, to mail and webhook; once.
func TestScheduledReportArrives(t *testing.T) {
	from, until := day()
	facts := facttest.Make(facttest.Day{Seed: 3, From: from, Until: until, Contacts: 120, Waits: []int64{0, 5_000, 20_000, 30_000}, Queues: []string{"support", "sales"}, Agents: []string{"anna", "boris"}})
	w, server, clock := mailWorld(t, options{reports: realReportsAt(t, facts, until.Add(7*time.Hour))})
	var hooked []byte
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		hooked, _ = io.ReadAll(r.Body)
		if err := signature.Verify(webhookSecret, r.Header.Get(signature.Header), hooked, clock.now()); err != nil {
			t.Error(err)
		}
	}))
	defer hook.Close()
	sue := w.signIn("sue")
	r := w.saved(sue, map[string]any{"mail": []string{"lead@example.com", "boss@example.com"}, "webhook": hook.URL, "schedule": each("FREQ=DAILY", "07:00"), "name": "Queues of yesterday"})
	slot := time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC) // 07:00 in Berlin
	if r.Owner != "sue" || r.NextAt == nil || !r.NextAt.Equal(slot) {
		t.Fatalf("%+v", r)
	}
	clock.put(slot.Add(-time.Second))
	w.due()
	if mails, _ := server.Mails(); len(mails) > 0 {
		t.Fatal("too early")
	}
	clock.put(slot.Add(3 * time.Second))
	w.due()
	w.due()
	mails := server.Wait(2, time.Minute)
	if more, _ := server.Mails(); len(more) != 2 {
		t.Errorf("%d mails", len(more))
	}
	sue = w.signIn("sue")
	want := w.get(Prefix+"/metrics/queues?group_by=queue&tz=Europe/Berlin&from=2026-03-02T23:00:00Z&until=2026-03-03T23:00:00Z&format=csv", sue)
	if lines := strings.Count(string(want.body), "\n"); want.status != http.StatusOK || lines != 3 {
		t.Fatalf("%d %s", want.status, want.body)
	}
	for _, m := range mails {
		if string(m.File) != string(want.body) || m.Name != "queues-2026-03-03.csv" || m.Subject != "Queues of yesterday, 2026-03-03 to 2026-03-03" {
			t.Errorf("%s: %s\n%s\nwant\n%s", m.Subject, m.Name, m.File, want.body)
		}
		if !strings.Contains(m.Text, "From 2026-03-03 00:00 CET until 2026-03-04 00:00 CET (Europe/Berlin), 2 rows") || !strings.Contains(m.Text, "The newest call known by then was of 2026-03-") {
			t.Errorf("%s", m.Text)
		}
	}
	if mails[0].To != "lead@example.com" || mails[1].To != "boss@example.com" {
		t.Errorf("to %s and %s", mails[0].To, mails[1].To)
	}
	var posted ReportMessage
	if err := json.Unmarshal(hooked, &posted); err != nil {
		t.Fatal(err)
	}
	if content, err := base64.StdEncoding.DecodeString(posted.Content); err != nil || string(content) != string(want.body) || posted.Rows != 2 || !posted.Slot.Equal(slot) || posted.Kind != "report" {
		t.Errorf("%+v, %v", posted, err)
	}
	runs := w.runs(sue, r.ID)
	if len(runs) != 1 || runs[0].State != "sent" || runs[0].Tries != 1 || len(runs[0].Sent) != 3 || runs[0].Error != "" || runs[0].Rows != 2 {
		t.Errorf("%+v", runs)
	}
	if slices.ContainsFunc(runs[0].Sent, func(s string) bool { return s == hook.URL }) {
		t.Error("the run shows the whole URL")
	}
}

// TestMissedSlotsAreMadeUpOnce, by the last of them.
func TestMissedSlotsAreMadeUpOnce(t *testing.T) {
	w, server, clock := mailWorld(t, options{})
	r := w.saved(w.signIn("sue"), map[string]any{"mail": []string{"lead@example.com"}, "schedule": each("FREQ=DAILY", "07:00")})
	clock.put(time.Date(2026, 3, 7, 12, 0, 0, 0, time.UTC)) // four slots later
	w.due()
	m := server.Wait(1, time.Minute)[0]
	if !strings.Contains(m.Subject, "2026-03-06 to 2026-03-06") || !strings.Contains(m.Text, "3 earlier reports of this schedule were not sent") {
		t.Errorf("%s\n%s", m.Subject, m.Text)
	}
	w.due()
	sue := w.signIn("sue")
	if mails, _ := server.Mails(); len(mails) != 1 {
		t.Errorf("%d mails", len(mails))
	}
	if runs := w.runs(sue, r.ID); len(runs) != 1 || runs[0].Missed != 3 || !runs[0].Slot.Equal(time.Date(2026, 3, 7, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", runs)
	}
	if n := testutil.ToFloat64(w.api.m.reportRuns.WithLabelValues("missed")); n != 3 {
		t.Errorf("%v are counted as missed", n)
	}
}

// TestMailServerDownAndBusy: what may go right later is tried again, later and later; what was refused is given up, and said.
func TestMailServerDownAndBusy(t *testing.T) {
	w, server, clock := mailWorld(t, options{})
	began := clock.now()
	sue := w.signIn("sue")
	r := w.saved(sue, map[string]any{"mail": []string{"lead@example.com"}})
	server.Refuse(451)
	w.run(sue, r.ID)
	w.due()
	w.due() // too early for another try
	run := w.runs(sue, r.ID)[0]
	if _, tries := server.Mails(); tries != 1 || run.State != "waiting" || run.NextTry == nil || !run.NextTry.Equal(began.Add(30*time.Second)) || !strings.Contains(run.Error, "451") {
		t.Errorf("%d tries: %+v", tries, run)
	}
	clock.put(began.Add(30 * time.Second))
	server.Refuse(0)
	w.due()
	server.Wait(1, time.Minute)
	if run := w.runs(sue, r.ID)[0]; run.State != "sent" || run.Tries != 2 || run.Error != "" {
		t.Errorf("%+v", run)
	}

	server.Refuse(550)
	clock.put(began.Add(time.Minute))
	w.run(sue, r.ID)
	w.due()
	if run := w.runs(sue, r.ID)[0]; run.State != "failed" || run.Tries != 1 || !slices.Equal(run.Dropped, []string{"lead@example.com"}) || !strings.Contains(run.Error, "550") {
		t.Errorf("%+v", run)
	}

	server.Stop()
	at := began.Add(2 * time.Minute)
	clock.put(at)
	w.run(sue, r.ID)
	for range 8 {
		w.due()
		at = at.Add(time.Hour)
		clock.put(at)
	}
	w.due()
	if run := w.runs(w.signIn("sue"), r.ID)[0]; run.State != "failed" || run.Tries != 8 || run.By != "sue" {
		t.Errorf("%+v", run)
	}
}

// run has a report run now.
func (w *world) run(proof, id string) {
	w.t.Helper()
	if got := w.do(call{method: http.MethodPost, path: Prefix + "/reports/" + id + "/run", proof: proof}); got.status != http.StatusAccepted {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
}

// TestReportWithTheRightsOfItsOwnerNow: not those he had when he saved it; who may no longer sign in has nothing sent.
func TestReportWithTheRightsOfItsOwnerNow(t *testing.T) {
	w, server, _ := mailWorld(t, options{reports: realReports(t, limitedDay())})
	adam := w.signIn("adam")
	user := map[string]any{"role": "supervisor"}
	if got := w.do(call{method: http.MethodPost, path: Prefix + "/users", body: with(map[string]any{"name": "mia", "password": "a long password"}, user), proof: adam}); got.status != http.StatusCreated {
		t.Fatalf("%s", got.body)
	}
	mia := w.signInWith("mia", "a long password")
	r := w.saved(mia, map[string]any{"mail": []string{"lead@example.com"}, "window": "today", "tz": "UTC"})
	w.run(mia, r.ID)
	w.due()
	if m := server.Wait(1, time.Minute)[0]; !strings.Contains(string(m.File), "sales") {
		t.Errorf("%s", m.File)
	}
	user["queues"] = []string{"support"}
	w.put(adam, "/users/mia", user)
	w.run(mia, r.ID)
	w.due()
	if m := server.Wait(2, time.Minute)[1]; strings.Contains(string(m.File), "sales") || !strings.Contains(string(m.File), "support") {
		t.Errorf("%s", m.File)
	}
	w.put(adam, "/users/mia", with(user, map[string]any{"disabled": true}))
	w.run(adam, r.ID)
	w.due()
	if mails, _ := server.Mails(); len(mails) != 2 {
		t.Errorf("%d mails", len(mails))
	}
	if runs := w.runs(adam, r.ID); !slices.ContainsFunc(runs, func(r ReportRun) bool {
		return r.State == "failed" && r.By == "adam" && strings.Contains(r.Error, "mia may no longer sign in")
	}) {
		t.Errorf("%+v", runs)
	}
}

func (w *world) put(proof, path string, body any) {
	w.t.Helper()
	if got := w.do(call{method: http.MethodPut, path: Prefix + path, body: body, proof: proof}); got.status != http.StatusOK {
		w.t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
}

func (w *world) signInWith(name, secret string) string {
	w.t.Helper()
	a := w.do(call{method: http.MethodPost, path: Prefix + "/session", body: map[string]string{"name": name, "secret": secret}})
	if a.status != http.StatusOK {
		w.t.Fatalf("sign in as %s: %d %s", name, a.status, a.body)
	}
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	return cookie
}

// TestProcessDiesWhileItSends: who got the report before doesn't get it again, who may have got it does, and is told so.
func TestProcessDiesWhileItSends(t *testing.T) {
	w, server, clock := mailWorld(t, options{})
	ctx, sue := context.Background(), w.signIn("sue")
	r := w.saved(sue, map[string]any{"mail": []string{"first@example.com", "second@example.com", "third@example.com"}})
	w.run(sue, r.ID)
	due, err := w.api.state.DueRuns(ctx, clock.now())
	if err != nil || len(due) != 1 {
		t.Fatalf("%+v, %v", due, err)
	}
	run, until := due[0], clock.now().Add(runLease)
	if err := w.api.state.TakeRun(ctx, run, clock.now(), until); err != nil { // the process that dies
		t.Fatal(err)
	}
	run.Attempt, run.Lease, run.Body = 1, until, text(w, runBody{By: "sue", Sent: []string{"first@example.com"}, Sending: "second@example.com"})
	if err := w.api.state.NoteRun(ctx, run); err != nil {
		t.Fatal(err)
	}
	w.due() // its lease holds
	if mails, _ := server.Mails(); len(mails) > 0 {
		t.Fatal("two are at one run")
	}
	clock.put(until)
	w.due()
	mails := server.Wait(2, time.Minute)
	if len(mails) != 2 || mails[0].To != "second@example.com" || mails[1].To != "third@example.com" || !strings.Contains(mails[0].Text, "You may have got this report already") {
		t.Errorf("%+v", mails)
	}
	if got := w.runs(sue, r.ID)[0]; got.State != "sent" || !slices.Equal(got.Repeated, []string{"second@example.com"}) || len(got.Sent) != 3 {
		t.Errorf("%+v", got)
	}
	// The dead one wakes up: nobody hears its word.
	if err := w.api.state.NoteRun(ctx, run); !errors.Is(err, registry.ErrNone) {
		t.Error(err)
	}
}

// TestTwoProcessesSendOnce: both see the slot, one mail is sent.
func TestTwoProcessesSendOnce(t *testing.T) {
	w, server, clock := mailWorld(t, options{})
	w.saved(w.signIn("sue"), map[string]any{"mail": []string{"lead@example.com"}, "schedule": each("FREQ=DAILY", "07:00")})
	clock.put(time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := w.api.reportsDue(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if mails, tries := server.Mails(); len(mails) != 1 || tries != 1 {
		t.Errorf("%d mails, %d tries", len(mails), tries)
	}
}

// TestReportsThatAreRefused, each with the place of its mistake.
func TestReportsThatAreRefused(t *testing.T) {
	w, _, _ := mailWorld(t, options{config: func(c *Config) { c.RequestsPerMinute = 1000 }})
	sue, ina := w.signIn("sue"), w.signIn("ina")
	to := []string{"lead@example.com"}
	for place, changes := range map[string][]map[string]any{
		"body.parameters":      {{"parameters": map[string]string{"group_by": "colour"}}, {"parameters": map[string]string{"from": "x"}}, {"parameters": map[string]string{"colour": "x"}}},
		"body.tz":              {{"tz": "Local"}, {"tz": "Nowhere/Here"}},
		"body.name":            {{"name": " "}},
		"body.window":          {{"window": "soon"}},
		"body.mail[0]":         {{"mail": []string{"nobody"}}, {"mail": []string{"https://example.com"}}},
		"body.mail[1]":         {{"mail": []string{"a@example.com", "a@example.com"}}},
		"body.webhook":         {{"webhook": "http://10.0.0.1/"}, {"webhook": "lead@example.com"}, {"webhook": "http://169.254.169.254/latest/meta-data"}},
		"body.mail":            {{"schedule": each("FREQ=DAILY", "07:00")}},
		"body.schedule.days":   {{"mail": to, "schedule": each("FREQ=HOURLY", "07:00")}, {"mail": to, "schedule": each("on Mondays", "07:00")}},
		"body.schedule.at":     {{"mail": to, "schedule": each("FREQ=DAILY", "7 h")}},
		"body.schedule.starts": {{"mail": to, "schedule": map[string]any{"days": "FREQ=DAILY", "at": []string{"07:00"}, "starts": "soon"}}},
	} {
		for _, change := range changes {
			p := w.do(call{method: http.MethodPost, path: Prefix + "/reports", body: reportBody(change), proof: sue}).wantProblem(t, CodeInvalid)
			if len(p.Errors) == 0 || p.Errors[0].Location != place {
				t.Errorf("%v: %+v", change, p)
			}
		}
	}
	own := w.saved(sue, nil)
	w.do(call{method: http.MethodPost, path: Prefix + "/reports/" + own.ID + "/run", proof: sue}).wantProblem(t, CodeInvalid)
	w.get(Prefix+"/reports/"+own.ID, ina).wantProblem(t, CodeNotFound)
	for _, name := range []string{"sue", "adam"} {
		w.put(w.signIn(name), "/reports/"+own.ID, reportBody(map[string]any{"name": "By " + name, "shared": true}))
	}
	var seen SavedReport
	w.get(Prefix+"/reports/"+own.ID, ina).into(t, &seen)
	if seen.Name != "By adam" || seen.Owner != "sue" || seen.ChangedBy != "adam" {
		t.Errorf("%+v", seen)
	}
	if got := w.do(call{method: http.MethodDelete, path: Prefix + "/reports/" + own.ID, proof: sue}); got.status != http.StatusNoContent {
		t.Errorf("%d %s", got.status, got.body)
	}
	w.get(Prefix+"/reports/"+own.ID, sue).wantProblem(t, CodeNotFound)
}

// TestReportOfAKey: a key saves and runs with what it may; a revoked one sends nothing.
func TestReportOfAKey(t *testing.T) {
	w, server, _ := mailWorld(t, options{})
	adam := w.signIn("adam")
	key := w.makeKey(t, adam, map[string]any{"name": "bi", "scopes": []Scope{ScopeMetrics, ScopeReports}})
	r := w.saved("Bearer "+key.Key, map[string]any{"mail": []string{"lead@example.com"}, "form": "xlsx"})
	if r.Owner != "key/"+key.ID {
		t.Errorf("%+v", r)
	}
	w.run("Bearer "+key.Key, r.ID)
	w.due()
	if m := server.Wait(1, time.Minute)[0]; !strings.HasPrefix(string(m.File), "PK") || m.Name != "queues-2026-03-03.xlsx" {
		t.Errorf("%s, %.20q", m.Name, m.File)
	}
	if got := w.do(call{method: http.MethodDelete, path: fmt.Sprintf("%s/keys/%s", Prefix, key.ID), proof: adam}); got.status != http.StatusNoContent {
		t.Fatalf("%s", got.body)
	}
	w.run(adam, r.ID)
	w.due()
	if mails, _ := server.Mails(); len(mails) != 1 {
		t.Errorf("%d mails", len(mails))
	}
}
