package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/alert"
	"firstline/analytics/live"
	"firstline/analytics/live/livetest"
	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
	"firstline/analytics/notify/notifytest"
	"firstline/analytics/query"
	"firstline/analytics/registry"
	"firstline/pipeline/fact"
	"firstline/pipeline/schedule"
	"firstline/pipeline/signature"
)

// alertWorld has a mail server and a clock that begins with the state of now.
func alertWorld(t *testing.T, o options) (*world, *notifytest.Server, *hand) {
	t.Helper()
	w, server, h := mailWorld(t, o)
	h.put(livetest.Began())
	return w, server, h
}

// rule makes a rule and returns its id.
func (w *world) rule(proof string, change map[string]any) string {
	w.t.Helper()
	got := w.do(call{method: http.MethodPost, path: Prefix + "/alerts/rules", body: ruleBody(change), proof: proof})
	if got.status != http.StatusCreated {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
	var r AlertRule
	got.into(w.t, &r)
	return r.ID
}

func (w *world) look() {
	w.t.Helper()
	if err := w.api.lookAtAlerts(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// alert is how a rule stands in a queue.
func (w *world) alert(proof, rule, queue string) Alert {
	w.t.Helper()
	var out struct{ Alerts []Alert }
	w.get(Prefix+"/alerts", proof).into(w.t, &out)
	for _, a := range out.Alerts {
		if a.Rule == rule && a.Queue == queue {
			return a
		}
	}
	w.t.Fatalf("rule %s stands nowhere in %s: %+v", rule, queue, out.Alerts)
	return Alert{}
}

// until waits until the state of now is so.
func (w *world) until(ok func(live.Wallboard) bool) {
	w.t.Helper()
	watcher := w.live.Watch()
	defer watcher.Close()
	for end := time.After(time.Minute); !ok(w.live.Wallboard()); {
		select {
		case <-watcher.Changed():
		case <-end:
			w.t.Fatal("the state of now doesn't come")
		}
	}
}

func (w *world) gauge(rule, queue string) float64 {
	return testutil.ToFloat64(w.api.m.alert.WithLabelValues(rule, queue))
}

// TestWaitingCallsMakeAnAlert: from a call that waits to the mail, the webhook, the gauge and the API; and back, when it is gone.
func TestWaitingCallsMakeAnAlert(t *testing.T) {
	w, server, clock := alertWorld(t, options{})
	var hooked []AlertsMessage
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := signature.Verify(webhookSecret, r.Header.Get(signature.Header), body, clock.now()); err != nil {
			t.Error(err)
		}
		var m AlertsMessage
		if err := json.Unmarshal(body, &m); err != nil {
			t.Error(err)
		}
		hooked = append(hooked, m)
	}))
	defer hook.Close()
	sue := w.signIn("sue")
	wait := w.rule(sue, map[string]any{"above_ms": 60_000, "for_ms": 30_000, "clear_for_ms": 0, "mail": []string{"lead@example.com"}, "webhook": hook.URL})
	nobody := w.rule(sue, map[string]any{"name": "Nobody", "kind": "nobody_ready", "above_ms": nil, "queues": []string{"sales"}, "clear_for_ms": 0, "mail": []string{"lead@example.com"}})
	began := livetest.Began()
	caller := livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0) // queued at two seconds past
	w.controller.Append(caller.Take()...)
	w.until(func(b live.Wallboard) bool { return b.Queues[0].Waiting == 1 })
	for _, c := range []struct {
		at    time.Duration
		phase alert.Phase
		mails int
	}{{30 * time.Second, alert.OK, 0}, {62 * time.Second, alert.OK, 0}, {63 * time.Second, alert.Pending, 0}, {92 * time.Second, alert.Pending, 0}, {93 * time.Second, alert.Firing, 1}, {200 * time.Second, alert.Firing, 1}} {
		clock.put(began.Add(c.at))
		w.look()
		mails, _ := server.Mails()
		if got := w.alert(sue, wait, "support"); got.Phase != c.phase || len(mails) != c.mails {
			t.Errorf("at %s: %s, %d mails", c.at, got.Phase, len(mails))
		}
	}
	got := w.alert(sue, wait, "support")
	if *got.Value != 198 || got.Limit != 60 || got.Why != "longest wait 3m18s, limit 1m" || !got.Since.Equal(began.Add(93*time.Second)) || !strings.HasSuffix(got.Link, "/wallboard") {
		t.Errorf("%+v", got)
	}
	if w.gauge(wait, "support") != 1 || w.gauge(nobody, "sales") != 0 {
		t.Error("the gauges say something else")
	}
	m := server.Wait(1, time.Minute)[0]
	if m.To != "lead@example.com" || m.Subject != "FIRING: Too long a wait, support" || !strings.Contains(m.Text, "longest wait 1m31s, limit 1m") {
		t.Errorf("%+v", m)
	}

	caller.Abandon("support")
	w.controller.Append(caller.Take()...)
	w.until(func(b live.Wallboard) bool { return b.Queues[0].Waiting == 0 })
	clock.put(began.Add(210 * time.Second))
	w.look()
	if m := server.Wait(2, time.Minute)[1]; m.Subject != "Resolved: Too long a wait, support" {
		t.Errorf("%+v", m)
	}
	if w.gauge(wait, "support") != 0 || len(hooked) != 2 || hooked[0].Alerts[0].Says != alert.SaysFiring || hooked[1].Alerts[0].Says != alert.SaysResolved || hooked[0].ID == hooked[1].ID {
		t.Errorf("%+v", hooked)
	}

	// Nobody is ready for who waits in two queues: one mail tells of both.
	for _, q := range []string{"support", "sales"} {
		w.controller.Append(livetest.Call("pbx1-2."+q, 210*time.Second).Arrive().Queue(q, 0).Offer(q, "anna", "1").Take()...)
	}
	w.until(func(b live.Wallboard) bool { return b.Queues[1].Waiting == 1 && b.Queues[1].Agents.Ready == 0 })
	clock.put(began.Add(310 * time.Second))
	w.look()
	clock.put(began.Add(340 * time.Second))
	w.look()
	mails := server.Wait(4, time.Minute)
	if mails[2].Subject != "FIRING: Nobody, sales" || mails[3].Subject != "FIRING: Too long a wait, support" {
		t.Errorf("%s, %s", mails[2].Subject, mails[3].Subject)
	}

	// The controller falls silent: what fires goes on, and nobody calls it over.
	w.controller.Down(true)
	w.controller.Break()
	w.until(func(b live.Wallboard) bool { return b.Stale })
	clock.put(began.Add(350 * time.Second))
	w.look()
	if got := w.alert(sue, wait, "support"); got.Phase != alert.Firing || got.Why != "the controller is not heard" {
		t.Errorf("%+v", got)
	}
}

// levels answer reports of queues with what the test says, by window.
type levelsDouble struct {
	*reportsDouble
	tally     func(from, until time.Time) (metric.QueueTally, error)
	watermark *time.Time
}

func (l *levelsDouble) Queues(_ context.Context, req query.QueueRequest) (metric.QueueReport, error) {
	p, err := req.Params()
	if err != nil {
		return metric.QueueReport{}, err
	}
	tally, err := l.tally(p.From, p.Until)
	if err != nil {
		return metric.QueueReport{}, err
	}
	return metric.NewQueueReport(p, map[metric.Key]metric.QueueTally{{Queue: "support"}: tally}, tally, metric.Freshness{Watermark: l.watermark})
}

// TestServiceLevelAlert: bad figures fire, too few are nothing to judge, and figures that can't be read, or are behind, are told as such:
// also through the gauge, never as ok.
func TestServiceLevelAlert(t *testing.T) {
	reports := &levelsDouble{reportsDouble: &reportsDouble{}}
	good := metric.QueueTally{Offered: 10, Attributed: 10, Answered: 10, AnsweredWithin: 9}
	began := livetest.Began()
	reports.watermark = &began
	reports.tally = func(time.Time, time.Time) (metric.QueueTally, error) { return good, nil }
	w, server, clock := alertWorld(t, options{reports: reports})
	adam := w.signIn("adam")
	level := w.rule(adam, map[string]any{"name": "Level", "kind": "service_level", "above_ms": nil, "below_percent": 80, "queues": nil, "for_ms": 60_000, "clear_for_ms": 0, "mail": []string{"lead@example.com"}})
	at := livetest.Began()
	step := func(d time.Duration, support, sales alert.Phase, gauge float64) {
		t.Helper()
		at = at.Add(d)
		clock.put(at)
		w.look()
		if s, l := w.alert(adam, level, "support").Phase, w.alert(adam, level, "sales").Phase; s != support || l != sales || w.gauge(level, "support") != gauge {
			t.Errorf("at %s: %s and %s, gauge %v", at, s, l, w.gauge(level, "support"))
		}
	}
	step(time.Second, alert.OK, alert.Idle, 0)
	bad := good
	bad.AnsweredWithin = 7
	reports.tally = func(time.Time, time.Time) (metric.QueueTally, error) { return bad, nil }
	step(15*time.Second, alert.Pending, alert.Idle, 0)
	step(60*time.Second, alert.Firing, alert.Idle, 1)
	if m := server.Wait(1, time.Minute)[0]; !strings.Contains(m.Text, "service level (offered) 70.0 % in 30m: 7 of 10, limit 80 %") || !strings.Contains(m.Text, "/api/v1/metrics/queues?from=2026-03-02T08:31:16Z&until=2026-03-02T09:01:16Z&tz=UTC&queue=support") {
		t.Errorf("%s", m.Text)
	}
	reports.tally = func(time.Time, time.Time) (metric.QueueTally, error) { return good, errors.New("clickhouse is down") }
	step(15*time.Second, alert.Firing, alert.NoData, 1)
	reports.tally = func(time.Time, time.Time) (metric.QueueTally, error) { return good, nil }
	step(15*time.Second, alert.OK, alert.Idle, 0)
	server.Wait(2, time.Minute)

	// Facts that now knows are not loaded: after two minutes the figures are unknown, after five more that is told.
	early := livetest.Began().Add(-time.Hour)
	reports.watermark = &early
	w.controller.Append(livetest.Call("pbx1-9.1", 0).Arrive().Queue("support", 0).Offer("support", "anna", "1").Take()...)
	w.until(func(b live.Wallboard) bool { return b.Queues[0].Waiting == 1 })
	step(15*time.Second, alert.OK, alert.Idle, 0)
	step(60*time.Second, alert.OK, alert.Idle, 0)
	step(70*time.Second, alert.NoData, alert.NoData, -1)
	for range 6 {
		step(time.Minute, alert.NoData, alert.NoData, -1)
	}
	if m := server.Wait(3, time.Minute)[2]; m.Subject != "NO DATA: Level, support (and 1 more)" {
		t.Errorf("%s\n%s", m.Subject, m.Text)
	}
	if got := w.alert(adam, level, "support"); got.Why != figuresBehind {
		t.Errorf("%+v", got)
	}

	// Nobody looks any more: that is no ok either.
	clock.put(at.Add(10 * time.Minute))
	if got := w.alert(adam, level, "support"); got.Phase != alert.NoData || got.Why != "the rules are not looked at" {
		t.Errorf("%+v", got)
	}
}

// TestDeviationAlert: an hour is judged by the same hour of earlier weeks, asked for once.
func TestDeviationAlert(t *testing.T) {
	asked := 0
	reports := &levelsDouble{reportsDouble: &reportsDouble{}}
	offered := map[string]int64{"2026-03-02T08": 70, "2026-02-23T08": 40, "2026-02-16T08": 42, "2026-02-09T08": 43, "2026-02-02T08": 45, "2026-01-26T08": 41, "2026-01-19T08": 0}
	reports.tally = func(from, until time.Time) (metric.QueueTally, error) {
		asked++
		n, known := offered[from.UTC().Format("2006-01-02T15")]
		if !known || until.Sub(from) != time.Hour {
			t.Errorf("asked from %s until %s", from, until)
		}
		return metric.QueueTally{Offered: n, Attributed: n, Answered: n}, nil
	}
	began := livetest.Began()
	reports.watermark = &began
	w, server, clock := alertWorld(t, options{reports: reports})
	clock.put(began.Add(5 * time.Minute))
	sue := w.signIn("sue")
	id := w.rule(sue, map[string]any{"name": "Unusual", "kind": "deviation", "above_ms": nil, "number": "offered", "tz": "Europe/Berlin", "mail": []string{"lead@example.com"}})
	w.look()
	clock.put(clock.now().Add(15 * time.Second))
	w.look()
	if got := w.alert(sue, id, "support"); got.Phase != alert.Firing || *got.Value != 70 || !strings.Contains(got.Why, "median of 5 earlier weeks 42") {
		t.Errorf("%+v", got)
	}
	if m := server.Wait(1, time.Minute)[0]; !strings.Contains(m.Text, "offered 70 in the hour") || !strings.Contains(m.Text, "from=2026-03-02T08:00:00Z&until=2026-03-02T09:00:00Z&tz=Europe/Berlin") {
		t.Errorf("%s", m.Text)
	}
	if asked != 7 {
		t.Errorf("asked %d times", asked)
	}

	// Figures fall behind: the hour may lack calls, so that it is asked for at each look, and what fires goes on until it is known to be over.
	early := began.Add(-time.Hour)
	reports.watermark = &early
	offered["2026-03-02T08"] = 40
	for i, s := range []struct {
		after time.Duration
		asked int
	}{{5 * time.Minute, 8}, {2*time.Minute + time.Second, 9}, {15 * time.Second, 10}, {15 * time.Second, 11}, {2 * time.Minute, 12}} {
		clock.put(clock.now().Add(s.after))
		w.look()
		if got := w.alert(sue, id, "support"); got.Phase != alert.Firing || i > 0 && got.Why != figuresBehind || asked != s.asked {
			t.Errorf("look %d: %s (%s), asked %d times", i, got.Phase, got.Why, asked)
		}
	}
	reports.watermark = &began
	for range 2 {
		clock.put(clock.now().Add(time.Minute))
		w.look()
	}
	if got := w.alert(sue, id, "support"); got.Phase != alert.OK || asked != 13 {
		t.Errorf("%s (%s), asked %d times", got.Phase, got.Why, asked)
	}
}

// TestTicketAlert: tickets are counted by queue, once a minute; without targets there is nothing to judge.
func TestTicketAlert(t *testing.T) {
	w, _, clock := alertWorld(t, options{site: func(s *Site) {
		s.Integrations.Tickets.Targets = map[string]TargetConfig{"high": {Resolution: 8 * time.Hour, Warn: "75%"}}
	}})
	sue := w.signIn("sue")
	late := w.rule(sue, map[string]any{"name": "Late", "kind": "ticket_sla", "above_ms": nil, "tickets": 4})
	breached := w.rule(sue, map[string]any{"name": "Breached", "kind": "ticket_sla", "above_ms": nil, "stage": "breached", "tickets": 2})
	w.look()
	clock.put(clock.now().Add(15 * time.Second))
	w.look()
	if got := w.alert(sue, late, "support"); got.Phase != alert.Firing || *got.Value != 4 || got.Why != "3 tickets about to breach, 1 breached" || !strings.HasSuffix(got.Link, "/api/v1/tickets?queue=support") {
		t.Errorf("%+v", got)
	}
	if got := w.alert(sue, breached, "support"); got.Phase != alert.OK {
		t.Errorf("%+v", got)
	}
	if len(w.reports.dues) != 1 || len(w.reports.dues[0].Queues) != 1 || w.reports.dues[0].Queues[0] != "support" {
		t.Errorf("%+v", w.reports.dues)
	}
	w.reports.fails(errors.New("clickhouse is down"))
	clock.put(clock.now().Add(time.Minute))
	w.look()
	if got := w.alert(sue, breached, "support"); got.Phase != alert.NoData {
		t.Errorf("%+v", got)
	}
	if err := w.api.Reload(w.cfg, testSite(), w.api.numbers()); err != nil {
		t.Fatal(err)
	}
	w.look()
	if got := w.alert(sue, breached, "support"); got.Phase != alert.Idle {
		t.Errorf("%+v", got)
	}
}

// TestTicketAlertBehind: while ticket events that came are not loaded, tickets are judged by old ones. An alert of tickets that fires goes on
// then, another one knows nothing, and once they are loaded the tickets are counted anew.
func TestTicketAlertBehind(t *testing.T) {
	way := &wayDouble{}
	w, _, clock := alertWorld(t, options{site: withTargets, way: way.reaches})
	sue, at := w.signIn("sue"), livetest.Began()
	late := w.rule(sue, map[string]any{"name": "Late", "kind": "ticket_sla", "above_ms": nil, "tickets": 4, "for_ms": 0, "clear_for_ms": 0})
	breached := w.rule(sue, map[string]any{"name": "Breached", "kind": "ticket_sla", "above_ms": nil, "stage": "breached", "tickets": 2, "for_ms": 0})
	for _, s := range []struct {
		after       time.Duration
		loaded, end int64
		err         error
		late, other alert.Phase
		why         string
		counts      int
	}{
		{0, 4, 4, nil, alert.Firing, alert.OK, "3 tickets about to breach, 1 breached", 1},
		{15 * time.Second, 4, 5, nil, alert.Firing, alert.OK, "", 1}, // one came
		{2 * time.Minute, 4, 9, nil, alert.Firing, alert.OK, "", 2},
		{15 * time.Second, 4, 9, nil, alert.Firing, alert.NoData, ticketsBehind, 2},
		{5 * time.Minute, 4, 9, nil, alert.Firing, alert.NoData, ticketsBehind, 2},
		{15 * time.Second, 5, 9, nil, alert.Firing, alert.OK, "", 3},
		{15 * time.Second, 9, 9, nil, alert.Firing, alert.OK, "", 3},
		{15 * time.Second, 0, 0, errors.New("no kafka at broker1"), alert.Firing, alert.NoData, ticketsUnsure, 3},
		{15 * time.Second, 9, 9, nil, alert.Firing, alert.OK, "3 tickets about to breach, 1 breached", 4},
	} {
		at = at.Add(s.after)
		clock.put(at)
		way.put(s.loaded, s.end, s.err)
		w.look()
		l, o := w.alert(sue, late, "support"), w.alert(sue, breached, "support")
		if l.Phase != s.late || o.Phase != s.other || s.why != "" && l.Why != s.why || len(w.reports.dues) != s.counts {
			t.Errorf("at %s: %s (%s) and %s, %d counts", at.Sub(livetest.Began()), l.Phase, l.Why, o.Phase, len(w.reports.dues))
		}
	}
	if way.asked != 9 {
		t.Errorf("asked %d times", way.asked)
	}
}

// TestFiguresWithoutTheController: while the controller is away, or away from Asterisk, no calls come into the figures. An alert of figures that
// fires goes on then, though there is nothing left in its window; another one knows nothing. So it is while nothing at all is loaded.
func TestFiguresWithoutTheController(t *testing.T) {
	reports := &levelsDouble{reportsDouble: &reportsDouble{}}
	usual := metric.QueueTally{Offered: 10, Attributed: 10, Answered: 10, AnsweredWithin: 7}
	window := usual // of the service level, half an hour
	reports.tally = func(from, until time.Time) (metric.QueueTally, error) {
		if until.Sub(from) == time.Hour {
			return usual, nil
		}
		return window, nil
	}
	w, server, clock := alertWorld(t, options{reports: reports})
	sue, at := w.signIn("sue"), livetest.Began()
	reports.watermark = &at
	level := w.rule(sue, map[string]any{"name": "Level", "kind": "service_level", "above_ms": nil, "below_percent": 80, "for_ms": 0, "clear_for_ms": 0, "mail": []string{"lead@example.com"}})
	unusual := w.rule(sue, map[string]any{"name": "Unusual", "kind": "deviation", "above_ms": nil, "number": "offered"})
	step := func(what string, levelIs, unusualIs alert.Phase, why string) {
		t.Helper()
		at = at.Add(3 * time.Minute)
		clock.put(at)
		w.look()
		l, u := w.alert(sue, level, "support"), w.alert(sue, unusual, "support")
		if l.Phase != levelIs || u.Phase != unusualIs || why != "" && (l.Why != why || u.Why != why) {
			t.Errorf("%s: %s (%s) and %s (%s)", what, l.Phase, l.Why, u.Phase, u.Why)
		}
	}
	step("all is there", alert.Firing, alert.OK, "")
	server.Wait(1, time.Minute)
	window = metric.QueueTally{}
	w.controller.Down(true)
	w.controller.Break()
	w.until(func(b live.Wallboard) bool { return b.Stale })
	step("the controller is away", alert.Firing, alert.NoData, "the controller is not heard")
	step("and stays away", alert.Firing, alert.NoData, "the controller is not heard")
	w.controller.SetSnapshot(func(s *fact.Snapshot) { s.Link = false })
	w.controller.Down(false)
	w.controller.Forget()
	w.until(func(b live.Wallboard) bool { return !b.Stale && !b.Link })
	step("asterisk is away", alert.Firing, alert.NoData, "the controller is not connected to Asterisk")
	if mails, _ := server.Mails(); len(mails) != 1 {
		t.Errorf("%d mails", len(mails))
	}
	w.controller.SetSnapshot(func(s *fact.Snapshot) { s.Link = true })
	w.controller.Forget()
	w.controller.Break()
	w.until(func(b live.Wallboard) bool { return !b.Stale && b.Link })
	step("all is there again", alert.Idle, alert.OK, "")
	if m := server.Wait(2, time.Minute)[1]; m.Subject != "Resolved: Level, support" {
		t.Errorf("%+v", m)
	}
	reports.watermark = nil // the tables are new, and no loader fills them
	step("nothing was ever loaded", alert.Idle, alert.OK, "")
	step("nor is it now", alert.NoData, alert.NoData, figuresBehind)
}

// TestAlertOnTheRealEngine: the service level of a rule is the one that the route answers for the same window.
func TestAlertOnTheRealEngine(t *testing.T) {
	from, until := day()
	facts := facttest.Make(facttest.Day{Seed: 5, From: from, Until: until, Contacts: 300, Waits: []int64{0, 5_000, 25_000, 60_000}, Queues: []string{"support", "sales"}, Agents: []string{"anna", "boris"}})
	w, _, clock := mailWorld(t, options{reports: realReportsAt(t, facts, until)})
	clock.put(until)
	adam := w.signIn("adam")
	id := w.rule(adam, map[string]any{"kind": "service_level", "above_ms": nil, "queues": nil, "below_percent": 99.9, "window_ms": 86_400_000, "variant": "offered_less_short"})
	w.look()
	var report metric.QueueReport
	w.get(Prefix+"/metrics/queues?group_by=queue&from="+from.Format(time.RFC3339)+"&until="+until.Format(time.RFC3339), adam).into(t, &report)
	for _, row := range report.Rows {
		if got := w.alert(adam, id, *row.Queue); got.Phase != alert.Firing || *got.Value != *row.ServiceLevel.OfferedLessShort.Percent {
			t.Errorf("%s: %+v, the route says %v", *row.Queue, got, *row.ServiceLevel.OfferedLessShort.Percent)
		}
	}
	if len(report.Rows) != 2 {
		t.Errorf("%d rows", len(report.Rows))
	}
}

// TestSilence: nobody is told while it lasts, and what stands is told behind it. Each step is in the audit log.
func TestSilence(t *testing.T) {
	w, server, clock := alertWorld(t, options{})
	sue := w.signIn("sue")
	id := w.rule(sue, map[string]any{"clear_for_ms": 0, "mail": []string{"lead@example.com"}})
	w.controller.Append(livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0).Take()...)
	w.until(func(b live.Wallboard) bool { return b.Queues[0].Waiting == 1 })
	got := w.do(call{method: http.MethodPost, path: Prefix + "/alerts/silences", body: silenceBody(w, id, "support"), proof: sue})
	var s Silence
	got.into(t, &s)
	if got.status != http.StatusCreated || s.MadeBy != "sue" || s.Reason != "works" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	clock.put(livetest.Began().Add(10 * time.Minute))
	w.look()
	if mails, tries := server.Mails(); len(mails)+tries > 0 {
		t.Errorf("%+v", mails)
	}
	if a := w.alert(sue, id, "support"); a.Phase != alert.Firing || a.Silenced == nil || !a.Silenced.Equal(s.Until) || w.gauge(id, "support") != 1 {
		t.Errorf("%+v", a)
	}
	if got := w.do(call{method: http.MethodDelete, path: Prefix + "/alerts/silences/" + s.ID, proof: sue}); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	w.look()
	server.Wait(1, time.Minute)
	if got := w.do(call{method: http.MethodDelete, path: Prefix + "/alerts/rules/" + id, proof: sue}); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var left struct{ Alerts []Alert }
	w.get(Prefix+"/alerts", sue).into(t, &left)
	if slices.ContainsFunc(left.Alerts, func(a Alert) bool { return a.Rule == id }) {
		t.Errorf("the rule is deleted, and there is %+v", left)
	}
	w.look()
	if n := testutil.CollectAndCount(w.api.m.alert, "firstline_alert"); n != 1 { // of the rule that there always is
		t.Errorf("%d gauges", n)
	}
	var log auditPage
	w.get(Prefix+"/audit?from=2026-03-01T00:00:00Z&until=2026-03-05T00:00:00Z&actor=sue", w.signIn("adam")).into(t, &log)
	var actions []string
	for _, e := range log.Items {
		actions = append(actions, e.Action)
	}
	if strings.Join(actions, " ") != "delete-alert-rule end-silence make-silence make-alert-rule sign-in" {
		t.Error(actions)
	}
}

// TestAlertsAcrossProcesses: one process looks and tells, the other shows the same; when the first is gone, the second goes on and tells nothing
// twice. A mail that can't be sent is sent later.
func TestAlertsAcrossProcesses(t *testing.T) {
	w, server, clock := alertWorld(t, options{})
	sue := w.signIn("sue")
	id := w.rule(sue, map[string]any{"mail": []string{"lead@example.com"}})
	w.controller.Append(livetest.Call("pbx1-1.1", 0).Arrive().Queue("support", 0).Take()...)
	w.until(func(b live.Wallboard) bool { return b.Queues[0].Waiting == 1 })
	other, err := New(w.cfg, w.site, Deps{Log: w.api.log, Getenv: w.api.getenv, Registry: prometheus.NewRegistry(), State: w.api.state, Now: w.live, Reports: w.reports, Notify: w.api.notify})
	if err != nil {
		t.Fatal(err)
	}
	defer other.halt()
	other.clock = clock.now
	clock.put(livetest.Began().Add(10 * time.Minute))
	server.Refuse(451)
	w.look()
	if err := other.lookAtAlerts(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, tries := server.Mails(); tries != 1 || testutil.ToFloat64(other.m.alert.WithLabelValues(id, "support")) != 1 || testutil.ToFloat64(other.m.alertLooks.WithLabelValues("other")) != 1 {
		t.Errorf("%d tries", tries)
	}
	server.Refuse(0)
	clock.put(clock.now().Add(2 * time.Minute)) // the first is gone, its lease over
	for range 3 {
		if err := other.lookAtAlerts(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	w.look()
	if mails, tries := server.Mails(); len(mails) != 1 || tries != 2 {
		t.Errorf("%d mails, %d tries", len(mails), tries)
	}
}

// noted tells of each look at the rules.
type noted struct {
	State
	looks chan struct{}
}

func (n *noted) NoteAlertStates(ctx context.Context, lease, holder string, now time.Time, states, gone []registry.AlertState) error {
	select {
	case n.looks <- struct{}{}:
	case <-ctx.Done():
	}
	return n.State.NoteAlertStates(ctx, lease, holder, now, states, gone)
}

func (n *noted) wait(t *testing.T) {
	t.Helper()
	select {
	case <-n.looks:
	case <-time.After(50 * time.Second): // less than the interval before the reload
		t.Fatal("the rules are not looked at")
	}
}

// TestAlertsFollowAReload: new rules are looked at with the reload, and from then on as often as it says.
func TestAlertsFollowAReload(t *testing.T) {
	w, _, _ := alertWorld(t, options{site: func(s *Site) { s.Alerts.Every = time.Minute }})
	n := &noted{State: w.api.state, looks: make(chan struct{})}
	w.api.state = n
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.api.watchAlerts(ctx) }()
	n.wait(t)
	site := testSite()
	site.Alerts.Every = 10 * time.Millisecond
	site.Alerts.Rules = []alert.Rule{{ID: "new", Kind: alert.LongestWait, Above: time.Minute}}
	if err := w.api.Reload(w.cfg, site, w.api.numbers()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		n.wait(t)
	}
	cancel()
	<-ended
	if got := w.alert(w.signIn("sue"), "file.new", "support"); got.Phase != alert.OK {
		t.Errorf("%+v", got)
	}
}

// TestRulesOfTheConfiguration are looked at, and are changed there; what they name must be there.
func TestRulesOfTheConfiguration(t *testing.T) {
	w, _, _ := alertWorld(t, options{site: func(s *Site) {
		s.Schedules = []schedule.Schedule{{ID: "never", Zone: "UTC"}}
		s.Alerts.Rules = []alert.Rule{{ID: "nobody", Name: "Nobody there", Kind: alert.NobodyReady, While: alert.WhileOpen, Schedule: "never", Queues: []string{"support"}}}
	}})
	w.look()
	sue := w.signIn("sue")
	if got := w.alert(sue, "file.nobody", "support"); got.Phase != alert.Idle || got.Why != "closed" || got.Name != "Nobody there" {
		t.Errorf("%+v", got)
	}
	w.do(call{method: http.MethodDelete, path: Prefix + "/alerts/rules/file.nobody", proof: sue}).wantProblem(t, CodeConfigured)
	w.do(call{method: http.MethodPut, path: Prefix + "/alerts/rules/file.nobody", body: ruleBody(nil), proof: sue}).wantProblem(t, CodeConfigured)
	site := testSite()
	site.Alerts.Rules = []alert.Rule{
		{ID: "a", Kind: alert.LongestWait, Above: time.Second, Queues: []string{"nowhere"}}, {ID: "a", Kind: alert.NobodyReady, While: alert.WhileOpen, Schedule: "none"}, {Kind: "guess"},
	}
	if got := paths(site.Validate()); got != "alerts.rules.1.id alerts.rules.2 alerts.rules.2.kind alerts.rules.0.queues alerts.rules.1.schedule" {
		t.Error(got)
	}
}

// TestRulesThatAreRefused, each with the place of its mistake, and bounds in the unit of the field.
func TestRulesThatAreRefused(t *testing.T) {
	w, _, _ := alertWorld(t, options{})
	sue := w.signIn("sue")
	for place, change := range map[string]map[string]any{
		"body.queues": {"queues": []string{"nowhere"}}, "body.above_ms": {"above_ms": 500}, "body.threshold_ms": {"kind": "service_level", "below_percent": 80, "threshold_ms": 86_400_001}, "body.window_ms": {"window_ms": int64(1) << 62}, "body.kind": {"kind": "guess"}, "body.name": {"name": " "},
		"body.for_ms": {"for_ms": 90_000_000}, "body.mail[0]": {"mail": []string{"x"}}, "body.webhook": {"webhook": "http://192.168.0.1"},
		"body.repeat_ms": {"repeat_ms": 1}, "body.clear_percent": {"clear_percent": -1}, "body.schedule": {"kind": "nobody_ready", "while": "open", "schedule": "none"},
	} {
		p := w.do(call{method: http.MethodPost, path: Prefix + "/alerts/rules", body: ruleBody(change), proof: sue}).wantProblem(t, CodeInvalid)
		if len(p.Errors) == 0 || p.Errors[0].Location != place {
			t.Errorf("%v: %+v", change, p)
		}
		if unit := regexp.MustCompile(`\d(ms|s|m|h)`); strings.HasSuffix(place, "_ms") && unit.MatchString(p.Detail) {
			t.Errorf("%s are milliseconds: %s", place, p.Detail)
		}
	}
	p := w.do(call{method: http.MethodPost, path: Prefix + "/alerts/rules", body: ruleBody(map[string]any{"above_ms": 500}), proof: sue}).wantProblem(t, CodeInvalid)
	if p.Detail != "body.above_ms is 500, not between 1000 and 86400000" {
		t.Error(p.Detail)
	}
	w.put(sue, "/alerts/rules/"+w.someRule, ruleBody(map[string]any{"name": "Another"}))
	var rules struct{ Rules []AlertRule }
	w.get(Prefix+"/alerts/rules", sue).into(t, &rules)
	if r := rules.Rules[0]; len(rules.Rules) != 1 || r.Name != "Another" || r.MadeBy != "sue" || *r.ClearForMS != 60_000 || *r.RepeatMS != 14_400_000 || r.AboveMS != 60_000 {
		t.Errorf("%+v", rules)
	}
}

// TestLag: figures are behind only when something that was known is not loaded for a while.
func TestLag(t *testing.T) {
	var l lag
	at := func(seconds int) time.Time { return livetest.Began().Add(time.Duration(seconds) * time.Second) }
	for i, c := range []struct {
		newest, loaded, now int
		want                bool
	}{
		{0, 0, 0, false}, {0, 0, 40_000, false}, // a quiet night
		{40_000, 0, 40_001, false}, {40_010, 40_000, 40_015, false}, // the first call of the morning, loaded at once
		{40_200, 40_100, 40_200, false}, {40_300, 40_150, 40_300, false}, {40_310, 40_150, 40_330, true}, {40_400, 40_200, 40_400, false},
	} {
		if got := l.behind(at(c.newest), at(c.loaded), at(c.now)); got != c.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}
