package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
	"firstline/analytics/query"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

// day is the window of the functional tests.
func day() (from, until time.Time) {
	from = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	return from, from.Add(24 * time.Hour)
}

// realReports is the product's own way to the figures: facts in ClickHouse's real engine, read by analytics/query.
func realReports(t *testing.T, facts []fact.Fact) *query.Reader {
	_, until := day()
	return realReportsAt(t, facts, until)
}

func realReportsAt(t *testing.T, facts []fact.Fact, now time.Time) *query.Reader {
	t.Helper()
	return realReportsBy(t, facts, func() time.Time { return now })
}

// realReportsBy is the same by a clock.
func realReportsBy(t *testing.T, facts []fact.Fact, clock func() time.Time) *query.Reader {
	t.Helper()
	return query.New(realConn(t, facts), query.DefaultConfig(), clock)
}

// realConn is a connection to a database with the facts.
func realConn(t *testing.T, facts []fact.Fact) query.Conn {
	t.Helper()
	cfg := store.DefaultConfig()
	cfg.URL, cfg.Database = chdbtest.Database(t)
	s, err := store.Open(cfg, os.Getenv, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	byTopic := map[string][]fact.Fact{}
	for _, f := range facts {
		byTopic[f.Topic()] = append(byTopic[f.Topic()], f)
	}
	for topic, list := range byTopic {
		l := load.Load{Plan: load.Plan{Cluster: "test", Topic: topic, Number: 1, Last: int64(len(list) - 1)}, Facts: int64(len(list)), Watermark: list[len(list)-1].Time}
		if err := s.Insert(context.Background(), l, list); err != nil {
			t.Fatal(err)
		}
	}
	return s.Conn()
}

// The API on the real engine: its figures are the definitions', JSON and CSV alike; contacts page through all and each has
// its timeline.
func TestOnTheRealEngine(t *testing.T) {
	from, until := day()
	facts := facttest.Make(facttest.Day{
		Seed: 1, From: from, Until: until, Contacts: 200, Waits: []int64{0, 5_000, 20_000, 30_000},
		Queues: []string{"support", "sales"}, Agents: []string{"anna", "boris"}, Tail: time.Hour,
	})
	w := newWorld(t, options{reports: realReports(t, facts)})
	sue := w.signIn("sue")
	window := "?from=" + from.Format(time.RFC3339) + "&until=" + until.Format(time.RFC3339)

	t.Run("queue metrics are the definitions'", func(t *testing.T) {
		var got metric.QueueReport
		w.get(Prefix+"/metrics/queues"+window+"&interval=1h&group_by=queue", sue).into(t, &got)
		req := query.QueueRequest{WindowRequest: query.WindowRequest{From: from, Until: until, Interval: "1h", GroupBy: []string{"queue"}}, Limits: w.api.limits(principal{})}
		p, err := req.Params()
		if err != nil {
			t.Fatal(err)
		}
		want, err := metric.Read(facts).Queues(p)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got.Rows {
			got.Rows[i].Explain = ""
		}
		if a, b := plain(t, got.Rows), plain(t, want.Rows); !reflect.DeepEqual(a, b) || *got.Total.Offered == 0 {
			t.Errorf("got\n%v\nwant\n%v", a, b)
		}
		if got.Watermark == nil {
			t.Error("no watermark")
		}
	})
	t.Run("every report answers", func(t *testing.T) {
		for _, path := range []string{"/metrics/agents", "/metrics/contacts", "/metrics/tickets", "/metrics/backlog", "/data-quality", "/abandoned", "/voicemails", "/callbacks", "/tickets"} {
			for _, accept := range []string{"application/json", string(formCSV), string(formLines), string(formSheet)} {
				a := w.do(call{method: http.MethodGet, path: Prefix + path + window, proof: sue, headers: map[string]string{"Accept": accept}})
				if a.status != http.StatusOK || len(a.body) == 0 && accept != string(formLines) { // there are no messages and callbacks
					t.Errorf("%s as %s: %d %s", path, accept, a.status, a.body)
				}
			}
		}
		var forecast metric.StaffingReport
		coming := "?from=" + from.AddDate(0, 0, 7).Format(time.RFC3339) + "&until=" + until.AddDate(0, 0, 7).Format(time.RFC3339)
		w.get(Prefix+"/metrics/staffing"+coming+"&queue=support&interval=1h", sue).into(t, &forecast)
		if len(forecast.Rows) != 24 || forecast.Rows[12].Days != 1 || forecast.Rows[12].ErlangC == nil || forecast.Rows[12].ErlangA == nil {
			t.Errorf("forecast: %+v", forecast)
		}
		var today metric.Today
		w.get(Prefix+"/wallboard?tz=Asia/Kathmandu", sue).into(t, &today)
		if today.Zone != "Asia/Kathmandu" || today.Watermark == nil {
			t.Errorf("%+v", today)
		}
	})
	t.Run("numbers link to what is behind them", func(t *testing.T) { w.wantExplained(t, window, sue) })
	t.Run("contacts page through all", func(t *testing.T) {
		seen := map[string]bool{}
		next := Prefix + "/contacts" + window + "&limit=70"
		for next != "" {
			a := w.do(call{method: http.MethodGet, path: next, proof: sue, headers: map[string]string{"Accept": string(formCSV)}})
			rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
			if err != nil || a.status != http.StatusOK {
				t.Fatalf("%d %v %s", a.status, err, a.body)
			}
			for _, row := range rows[1:] {
				if seen[row[0]] {
					t.Fatalf("contact %s comes twice", row[0])
				}
				seen[row[0]] = true
			}
			next, _, _ = strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "<"), ">")
		}
		arrived := 0
		for _, f := range facts {
			if f.Type == fact.TypeArrived && !f.Time.Before(from) && f.Time.Before(until) {
				arrived++
			}
		}
		if len(seen) != arrived || arrived == 0 {
			t.Errorf("%d contacts, %d arrived", len(seen), arrived)
		}
	})
	t.Run("one contact", func(t *testing.T) {
		var page query.ContactPage
		w.get(Prefix+"/contacts"+window+"&limit=1&outcome=answered", sue).into(t, &page)
		var one query.Timeline
		w.get(Prefix+"/contacts/"+page.Items[0].ID, sue).into(t, &one)
		if one.ID != page.Items[0].ID || !slices.ContainsFunc(one.Facts, func(f query.TimelineFact) bool { return f.Type == fact.TypeArrived }) {
			t.Errorf("%+v", one)
		}
		w.get(Prefix+"/contacts/none", sue).wantProblem(t, CodeNotFound)
		w.get(Prefix+"/contacts"+window+"&cursor=!", sue).wantProblem(t, CodeInvalid)
	})
}

// plain is a value as its JSON says it.
func plain(t *testing.T, v any) (out any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// The engine is gone in the middle of the day: the API says so and goes on with everything else.
func TestEngineGone(t *testing.T) {
	cfg := store.DefaultConfig()
	cfg.URL = "http://127.0.0.1:1" // nothing listens there
	s, err := store.Open(cfg, os.Getenv, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	w := newWorld(t, options{reports: query.New(s.Conn(), query.DefaultConfig(), time.Now), checks: []Check{{"clickhouse", s.Ping}}})
	sue := w.signIn("sue")
	w.get(Prefix+"/metrics/queues"+window, sue).wantProblem(t, CodeUnavailable)
	p := w.get("/readyz", "").wantProblem(t, CodeUnavailable)
	if len(p.Errors) != 1 || p.Errors[0].Location != "clickhouse" {
		t.Errorf("%+v", p)
	}
	if a := w.get(Prefix+"/queues", sue); a.status != http.StatusOK {
		t.Errorf("%d", a.status)
	}
}
