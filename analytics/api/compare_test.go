package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/query"
)

func TestEarlierPeriod(t *testing.T) {
	for _, c := range []struct{ name, with, zone, from, until, wantFrom, wantUntil string }{
		{"a day of 23 hours and the day before", "previous", "Europe/Berlin", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00"},
		{"the day after it", "previous", "Europe/Berlin", "2026-03-30T00:00:00+02:00", "2026-03-31T00:00:00+02:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"a month and the shorter one before", "previous", "Europe/Berlin", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00", "2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"},
		{"a quarter", "previous", "UTC", "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"},
		{"three hours", "previous", "UTC", "2026-03-02T10:00:00Z", "2026-03-02T13:00:00Z", "2026-03-02T07:00:00Z", "2026-03-02T10:00:00Z"},
		{"the day before", "1d", "Europe/Berlin", "2026-03-30T09:00:00+02:00", "2026-03-30T10:00:00+02:00", "2026-03-29T09:00:00+02:00", "2026-03-29T10:00:00+02:00"},
		{"a week before, over the change of the clock", "1w", "Europe/Berlin", "2026-03-30T09:00:00+02:00", "2026-03-30T10:00:00+02:00", "2026-03-23T09:00:00+01:00", "2026-03-23T10:00:00+01:00"},
		{"a month before", "1mo", "UTC", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", "2026-02-02T00:00:00Z", "2026-02-03T00:00:00Z"},
		{"a year before", "1y", "UTC", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", "2025-03-02T00:00:00Z", "2025-03-03T00:00:00Z"},
	} {
		got := Compare{c.with}.before(query.WindowRequest{From: at(t, c.from), Until: at(t, c.until), Zone: c.zone})
		if got == nil || !got.From.Equal(at(t, c.wantFrom)) || !got.Until.Equal(at(t, c.wantUntil)) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestComparison(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var got struct {
		metric.QueueReport
		Comparison *metric.QueueReport
	}
	w.get(Prefix+"/metrics/queues"+window+"&compare=1w&group_by=queue", sue).into(t, &got)
	if got.Comparison == nil || len(got.Comparison.Rows) != 1 || !got.Comparison.From.Equal(got.From.AddDate(0, 0, -7)) {
		t.Errorf("%+v", got.Comparison)
	}
	got.Comparison = nil
	w.get(Prefix+"/metrics/queues"+window, sue).into(t, &got)
	if got.Comparison != nil {
		t.Error("nobody asked for a comparison")
	}
	for _, report := range []string{"agents", "contacts", "tickets"} {
		var got struct {
			From       time.Time
			Comparison *struct{ Until time.Time }
		}
		w.get(Prefix+"/metrics/"+report+window+"&compare=previous", sue).into(t, &got)
		if got.Comparison == nil || !got.Comparison.Until.Equal(got.From) {
			t.Errorf("%s: %+v", report, got.Comparison)
		}
	}
	w.get(Prefix+"/metrics/queues"+window+"&compare=2d", sue).wantProblem(t, CodeInvalid)
}

// A table has the rows of both periods, and says of which each is; how far it reaches stands in a header.
func TestComparedTable(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	for _, report := range []string{"queues", "agents", "contacts", "ivr", "tickets", "backlog"} {
		path := Prefix + "/metrics/" + report + window + "&group_by=interval&interval=1d&compare=1w&format="
		a := w.get(path+"csv", sue)
		rows, err := csv.NewReader(bytes.NewReader(a.body)).ReadAll()
		if err != nil || len(rows) < 3 || rows[0][0] != "period" || rows[0][1] != "interval.from" {
			t.Errorf("%s: %v %s", report, err, a.body)
			continue
		}
		if asked, compared := rows[1], rows[len(rows)-1]; asked[0] != "asked" || compared[0] != "compared" || asked[1] != "2026-03-02T00:00:00Z" || compared[1] != "2026-02-23T00:00:00Z" {
			t.Errorf("%s: %v", report, rows)
		}
		var fresh metric.Freshness
		if err := json.Unmarshal([]byte(a.header.Get("Firstline-Freshness")), &fresh); err != nil || fresh.AsOf.IsZero() {
			t.Errorf("%s: %v %v", report, err, a.header)
		}
		var row struct{ Period string }
		lines := w.get(path+"jsonl", sue)
		all := bytes.Split(bytes.TrimSpace(lines.body), []byte("\n"))
		if err := json.Unmarshal(all[len(all)-1], &row); err != nil || row.Period != "compared" {
			t.Errorf("%s: %v %s", report, err, lines.body)
		}
	}
	if a := w.get(Prefix+"/exports/contacts"+window+"&format=csv", sue); !strings.Contains(a.header.Get("Firstline-Freshness"), `"as_of"`) {
		t.Errorf("an export: %v", a.header)
	}
	if a := w.get(Prefix+"/metrics/queues"+window+"&format=csv", sue); bytes.HasPrefix(a.body, []byte("period")) {
		t.Errorf("nobody asked for a comparison: %s", a.body)
	}
}

// An answer that says nothing new is sent as 304: as_of alone is nothing new.
func TestEntityTag(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	ask := func(path, tag string) answer {
		return w.do(call{method: http.MethodGet, path: Prefix + path, proof: sue, headers: map[string]string{"If-None-Match": tag}})
	}
	first := ask("/metrics/queues"+window, "")
	tag := first.header.Get("ETag")
	if first.status != http.StatusOK || tag == "" {
		t.Fatalf("%d %q", first.status, tag)
	}
	for _, known := range []string{tag, `"x", ` + tag, tag[2:], "*"} {
		if a := ask("/metrics/queues"+window, known); a.status != http.StatusNotModified || len(a.body) != 0 || a.header.Get("ETag") != tag {
			t.Errorf("%s: %d %q %s", known, a.status, a.header.Get("ETag"), a.body)
		}
	}
	if a := ask("/metrics/queues"+window+"&group_by=queue", tag); a.status != http.StatusOK || a.header.Get("ETag") == tag {
		t.Errorf("another answer has the tag of the first: %d", a.status)
	}
	if a := ask("/metrics/queues?from=x", tag); a.header.Get("ETag") != "" {
		t.Error("an error has a tag")
	}
	if got := string(asOf.ReplaceAll([]byte(`{"as_of":"2026-03-02T00:00:00Z","late":0}`), nil)); got != `{,"late":0}` {
		t.Error(got)
	}
}
