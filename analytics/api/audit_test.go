package api

import (
	"context"
	"encoding/csv"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/registry"
)

// audited are the entries so far, the oldest first.
func (w *world) audited(t *testing.T, proof, filter string) []AuditEntry {
	t.Helper()
	a := w.get(Prefix+"/audit?from=2000-01-01T00:00:00Z&until=2100-01-01T00:00:00Z&limit=500"+filter, proof)
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var page auditPage
	a.into(t, &page)
	slices.Reverse(page.Items)
	return page.Items
}

func TestAuditOfSignIns(t *testing.T) {
	w := newWorld(t, options{})
	w.trySignIn("sue", "wrong")
	w.trySignIn("my secret password", "sue")
	w.signIn("sue")
	for range 2 * freeByName {
		w.trySignIn("ina", "wrong")
	}
	got := []string{}
	for _, e := range w.audited(t, w.signIn("adam"), "&action=sign-in") {
		if e.Address == "" || e.Request == "" || time.Since(e.Time) > time.Hour || e.Object != "/session" {
			t.Errorf("%+v", e)
		}
		got = append(got, strings.TrimSuffix(e.Actor+" "+e.Role+" "+e.Result, " "))
	}
	want := []string{"sue  wrong_credentials", "unknown  wrong_credentials", "sue supervisor ok"}
	for range freeByName { // those after them are refused unseen, and counted
		want = append(want, "ina  wrong_credentials")
	}
	if want = append(want, "adam admin ok"); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestAuditOfEveryChange: each route that changes something leaves an entry, done or refused, and none of them a secret.
func TestAuditOfEveryChange(t *testing.T) {
	w := newWorld(t, options{})
	adam := w.signIn("adam")
	for _, u := range w.accesses() {
		if u.method == http.MethodGet || strings.HasPrefix(u.path, "/session") && u.path != "/session/password" {
			continue
		}
		changes := func() []AuditEntry { // reading the log leaves an entry too
			return slices.DeleteFunc(w.audited(t, adam, ""), func(e AuditEntry) bool { return e.Action == "list-audit" })
		}
		before := len(changes())
		a := w.do(call{method: u.method, path: Prefix + u.path, body: u.body, proof: adam})
		entries := changes()
		if len(entries) != before+1 {
			t.Errorf("%s %s: %d entries", u.method, u.path, len(entries)-before)
			continue
		}
		e, want := entries[before], "ok"
		if u.path == "/erasures" { // its id stands with it, and what of the number may
			e.Object, _, _ = strings.Cut(e.Object, "/"+someErasure)
		}
		if a.status >= 300 {
			var p Problem
			a.into(t, &p)
			want = string(p.Code)
		}
		if e.Actor != "adam" || e.Role != "admin" || e.Object != u.path || e.Result != want || e.Action == "" || e.Request != a.header.Get("X-Request-Id") {
			t.Errorf("%s %s: %+v, want %s", u.method, u.path, e, want)
		}
	}
	if all := string(w.get(Prefix+"/audit?from=2000-01-01T00:00:00Z&until=2100-01-01T00:00:00Z&limit=500", adam).body); strings.Contains(all, "long password") || strings.Contains(all, "fl_") {
		t.Errorf("%s", all)
	}
}

// TestAuditOfReads: who sees callers' numbers or hears them is noted, once a minute for the same; who sees nothing personal isn't.
func TestAuditOfReads(t *testing.T) {
	w := newWorld(t, options{})
	now := time.Now()
	w.api.clock = func() time.Time { return now }
	adam, sue, anna := w.signIn("adam"), w.signIn("sue"), w.signIn("anna")
	masked := w.key(ScopeContacts)
	for range 3 {
		for _, path := range []string{"/queues", "/metrics/queues" + window, "/contacts" + window + "&number=30123456", "/contacts/pbx1-1.1", "/contacts/pbx1-1.1/recordings/r1/audio", "/voicemails" + window} {
			w.get(Prefix+path, sue)
			w.get(Prefix+path, anna)
			w.get(Prefix+path, masked)
		}
	}
	if n := testutil.ToFloat64(w.api.m.audit.WithLabelValues("repeated")); n == 0 {
		t.Error("no repeat was counted")
	}
	now = now.Add(noteEvery)
	w.get(Prefix+"/contacts/pbx1-1.1", sue)
	got := map[string]int{}
	for _, e := range w.audited(t, adam, "") {
		if e.Action != actionSignIn {
			got[e.Actor[:min(4, len(e.Actor))]+" "+e.Action+" "+e.Result]++
		}
		if strings.Contains(e.Object, "30123456") {
			t.Errorf("%s tells the number", e.Object)
		}
	}
	for entry, n := range map[string]int{
		"sue list-contacts ok": 1, "sue get-contact ok": 2, "sue get-recording-audio ok": 1, "sue list-voicemails ok": 1,
		"anna list-contacts forbidden": 1, "anna get-recording-audio forbidden": 1, "anna list-voicemails forbidden": 1, "anna get-contact ok": 0,
		"key/ list-contacts forbidden": 1, "key/ get-contact ok": 0, "sue list-queues ok": 0,
	} {
		if got[entry] != n {
			t.Errorf("%s: %d, want %d of %v", entry, got[entry], n, got)
		}
	}
	// Who reads the log is in it.
	if e := w.audited(t, adam, "&action=list-audit"); len(e) != 1 || e[0].Actor != "adam" {
		t.Errorf("%+v", e)
	}
}

func TestAuditOfTicketEvents(t *testing.T) {
	w := newWorld(t, options{tickets: true})
	key := w.key(ScopeTickets)
	w.webhook(plainEvent, nil)
	w.webhook(plainEvent, map[string]string{"Firstline-Signature": "t=1,v1=00"}) // a stranger's: counted alone
	w.do(call{method: http.MethodPost, path: Prefix + "/tickets/events", body: plainEvent, proof: key})
	w.do(call{method: http.MethodPost, path: Prefix + "/tickets/events", body: plainEvent, proof: w.key(ScopeMetrics)})
	got := w.audited(t, w.signIn("adam"), "&action=ticket-event")
	if len(got) != 3 || got[0].Actor != ticketSystem || got[0].Result != "ok" || !strings.HasPrefix(got[1].Actor, keyActor) || got[2].Result != "forbidden" {
		t.Errorf("%+v", got)
	}
}

func TestAuditPages(t *testing.T) {
	w := newWorld(t, options{})
	adam := w.signIn("adam")
	for range 5 {
		w.signIn("sue")
	}
	all := w.audited(t, adam, "&actor=sue")
	path := Prefix + "/audit?from=2000-01-01T00:00:00Z&until=2100-01-01T00:00:00Z&actor=sue&limit=2"
	var ids []string
	for next := path; next != ""; {
		a := w.do(call{method: http.MethodGet, path: next, proof: adam, headers: map[string]string{"Accept": string(formCSV)}})
		rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
		if err != nil || a.status != http.StatusOK {
			t.Fatalf("%d %v %s", a.status, err, a.body)
		}
		for _, row := range rows[1:] {
			ids = append(ids, row[0])
		}
		next, _, _ = strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "<"), ">")
	}
	if len(ids) != 5 || len(all) != 5 || slices.Compact(slices.Clone(ids))[4] != ids[4] {
		t.Errorf("%d entries in pages, %d in one", len(ids), len(all))
	}
	for _, bad := range []string{"&cursor=!", "&cursor=-1"} {
		w.get(path+bad, adam).wantProblem(t, CodeInvalid)
	}
	w.get(Prefix+"/audit?from=2026-03-02T00:00:00Z&until=2026-03-02T00:00:00Z", adam).wantProblem(t, CodeInvalid)
}

// TestAuditFilters: by what it was about, and all that was refused.
func TestAuditFilters(t *testing.T) {
	w := newWorld(t, options{})
	adam := w.signIn("adam")
	w.makeUser(t, adam, map[string]any{"name": "sam", "role": "supervisor"})
	w.as(adam, http.MethodPut, "/users/sam", map[string]any{"role": "integrator"})
	w.as(adam, http.MethodPut, "/users/sue", map[string]any{"role": "integrator"})
	w.as(adam, http.MethodPut, "/users/tim%40example.org/password", map[string]any{"password": longPassword}) // as browsers escape it
	w.as(w.signIn("sue"), http.MethodGet, "/users", nil)
	for filter, want := range map[string]string{
		"&object=/users/sam": "change-user ok", "&object=/users&result=refused": "change-user configured, set-password not_found, list-users forbidden",
		"&object=/users/tim@example.org":   "set-password not_found",
		"&object=/users&result=configured": "change-user configured", "&object=/users/s&result=ok": "change-user ok", "&object=%25": "",
	} {
		got := []string{}
		for _, e := range w.audited(t, adam, filter) {
			if e.Action != "list-audit" {
				got = append(got, e.Action+" "+e.Result)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %v, want %s", filter, got, want)
		}
	}
}

// brokenAudit is a state whose audit log can't be written.
type brokenAudit struct{ State }

func (brokenAudit) Record(context.Context, registry.Entry) error { return errors.New("disk full") }

// TestAuditThatCannotBeWritten: calls go on, the log has the entry, and it is counted.
func TestAuditThatCannotBeWritten(t *testing.T) {
	var told strings.Builder
	w := newWorld(t, options{log: slog.New(slog.NewTextHandler(&told, nil))})
	sue := w.signIn("sue")
	w.api.state = brokenAudit{w.api.state}
	if a := w.as(sue, http.MethodPost, "/agents/anna/state", map[string]string{"action": "ready"}); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if n := testutil.ToFloat64(w.api.m.audit.WithLabelValues("lost")); n != 1 || !strings.Contains(told.String(), "action=control-agent") {
		t.Errorf("%v lost: %s", n, told.String())
	}
}

// TestOldAuditEntriesGo: by http.audit_keep.
func TestOldAuditEntriesGo(t *testing.T) {
	w := newWorld(t, options{config: func(c *Config) { c.AuditKeep = time.Hour }})
	now := time.Now()
	w.api.clock = func() time.Time { return now }
	w.signIn("sue")
	now = now.Add(2 * time.Hour)
	adam := w.signIn("adam")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w.api.sweepAudit(ctx) // its first sweep fails: there is no time for it
	if got := w.audited(t, adam, "&action=sign-in"); len(got) != 2 {
		t.Errorf("%+v", got)
	}
	done := make(chan error, 1)
	ctx, cancel = context.WithCancel(context.Background())
	go func() { done <- w.api.Run(ctx) }()
	<-w.api.Listening()
	for len(w.audited(t, adam, "&action=sign-in")) > 1 {
		runtime.Gosched()
	}
	if got := w.audited(t, adam, "&action=sign-in"); got[0].Actor != "adam" {
		t.Errorf("%+v", got)
	}
	cancel()
	<-done
}
