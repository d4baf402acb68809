package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"firstline/analytics/metric/facttest"
	"firstline/analytics/query"
	"firstline/pipeline/fact"
)

// A question that asks for too much of the real engine is refused with the limit's name and what to do about it.
func TestTooMuchOfTheRealEngine(t *testing.T) {
	from, until := day()
	facts := facttest.Make(facttest.Day{
		Seed: 1, From: from, Until: until, Contacts: 200, Waits: []int64{0, 5_000}, Queues: []string{"support", "sales"}, Agents: []string{"anna"}, Tail: time.Hour,
	})
	conn := realConn(t, facts)
	window := "?from=" + from.Format(time.RFC3339) + "&until=" + until.Format(time.RFC3339)
	refused := func(path, limit string, set func(*query.Config)) {
		t.Helper()
		cfg := query.DefaultConfig()
		set(&cfg)
		w := newWorld(t, options{reports: query.New(conn, cfg, func() time.Time { return until })})
		p := w.get(Prefix+path, w.signIn("sue")).wantProblem(t, CodeQueryTooLarge)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Detail, limit) || !strings.Contains(p.Detail, askSmaller) {
			t.Errorf("%s: %+v", path, p)
		}
	}
	refused("/contacts"+window+"&limit=500", "100 rows (query.max_rows)", func(c *query.Config) { c.MaxRows = 100 })
	refused("/metrics/queues"+window+"&interval=15m&group_by=queue", "100 rows (query.max_rows)", func(c *query.Config) { c.MaxRows = 100 })
	refused("/contacts"+window, "1000 bytes (query.max_bytes)", func(c *query.Config) { c.MaxBytes = 1000 })
	refused("/metrics/queues"+window+"&interval=15m&group_by=queue", "4194304 bytes of memory (query.memory)", func(c *query.Config) { c.Memory = 4 << 20 })
}

// Intervals times groups is bounded too, however few rows the engine has to give.
func TestTooManyRowsOfAReport(t *testing.T) {
	from, until := day()
	var facts []fact.Fact
	facts = append(facts, facttest.Make(facttest.Day{Seed: 2, From: from, Until: until, Contacts: 300, Waits: []int64{0}, Queues: queuesUpTo(120), Agents: []string{"anna"}, Tail: time.Hour})...)
	w := newWorld(t, options{reports: query.New(realConn(t, facts), query.DefaultConfig(), func() time.Time { return until })})
	long := "?from=" + from.Add(-9*24*time.Hour).Format(time.RFC3339) + "&until=" + until.Format(time.RFC3339)
	p := w.get(Prefix+"/metrics/queues"+long+"&interval=15m&group_by=queue", w.signIn("sue")).wantProblem(t, CodeQueryTooLarge)
	if !strings.Contains(p.Detail, "more than 50000") || !strings.Contains(p.Detail, askSmaller) {
		t.Errorf("%+v", p)
	}
}

func queuesUpTo(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = "q" + string(rune('a'+i/26)) + string(rune('a'+i%26))
	}
	return out
}
