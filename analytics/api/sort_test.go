package api

import (
	"errors"
	"strings"
	"testing"
	"time"

	"firstline/analytics/metric"
)

func TestSortRows(t *testing.T) {
	type row struct {
		Name  string       `json:"name"`
		Share metric.Ratio `json:"share"`
		At    time.Time    `json:"at"`
		N     int64        `json:"n"`
	}
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	rows := func() []row {
		return []row{
			{"b", metric.NewRatio(1, 2), at, 10}, {"a", metric.NewRatio(0, 0), at.Add(time.Hour), 9}, {"c", metric.NewRatio(3, 4), at.Add(-time.Hour), 10}, {"d", metric.NewRatio(1, 2), at, 2},
		}
	}
	for by, want := range map[string]string{
		"": "bacd", "name": "abcd", "-name": "dcba", "n": "dabc", "-n": "bcad", "-n,-name": "cbad", "share.percent": "bdca", "-share.percent": "cbda", "at": "cbda", "-at , name": "abdc",
	} {
		list := rows()
		if err := sortRows(list, Sorting{by}); err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, r := range list {
			got.WriteString(r.Name)
		}
		if got.String() != want {
			t.Errorf("%q: %s, want %s", by, got.String(), want)
		}
	}
	var refused *Error
	if err := sortRows(rows(), Sorting{"name,share"}); !errors.As(err, &refused) || refused.Code != CodeInvalid {
		t.Errorf("%v", err)
	}
}

func TestSortedReport(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var got metric.QueueReport
	w.get(Prefix+"/metrics/queues"+window+"&interval=1h&group_by=queue&sort=-interval.from", sue).into(t, &got)
	if len(got.Rows) != 24 || got.Rows[0].Span.From.Hour() != 23 {
		t.Errorf("%d rows, the first %v", len(got.Rows), got.Rows[0].Span)
	}
	for _, report := range []string{"agents", "contacts", "ivr", "tickets", "backlog"} {
		if a := w.get(Prefix+"/metrics/"+report+window+"&sort=-interval.until", sue); a.status != 200 {
			t.Errorf("%s: %d %s", report, a.status, a.body)
		}
		w.get(Prefix+"/metrics/"+report+window+"&sort=luck", sue).wantProblem(t, CodeInvalid)
	}
}
