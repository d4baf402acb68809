package api

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"firstline/analytics/live/livetest"
	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/analytics/staffing"
	"firstline/pipeline/fact"
)

func TestQueueMetricsPassesEverythingOn(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	path := Prefix + "/metrics/queues?from=2026-03-02T00:00:00%2B01:00&until=2026-03-03T00:00:00%2B01:00&tz=Europe/Berlin&interval=1h&group_by=queue,interval" +
		"&attribute_by=ended&queue=support,sales&service_level_ms=0"
	var got metric.QueueReport
	w.get(path, sue).into(t, &got)
	if len(got.Rows) != 24 || got.Zone != "Europe/Berlin" || *got.Rows[0].Queue != "support" {
		t.Errorf("%d rows, %+v", len(got.Rows), got.Header)
	}
	req := w.reports.queues[0]
	if req.From.UTC() != time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC) || req.Interval != "1h" || req.AttributeBy != "ended" ||
		!reflect.DeepEqual(req.Queues, []string{"support", "sales"}) || !reflect.DeepEqual(req.GroupBy, []string{"queue", "interval"}) {
		t.Errorf("asked %+v", req)
	}
	if req.ServiceLevelMS == nil || *req.ServiceLevelMS != 0 || req.ShortAbandonMS != nil {
		t.Errorf("limits %v, %v", req.ServiceLevelMS, req.ShortAbandonMS)
	}
	if !reflect.DeepEqual(req.Teams["anna"], []string{"first"}) {
		t.Errorf("teams %v", req.Teams)
	}
	want := metric.Limits{Default: metric.QueueLimits{ServiceLevelMS: 20_000, ShortAbandonMS: 5_000}, Queues: map[string]metric.QueueLimits{
		"support": {Queue: "support", ServiceLevelMS: 30_000, ShortAbandonMS: 5_000}, "sales": {Queue: "sales", ServiceLevelMS: 20_000, ShortAbandonMS: 5_000}}}
	if !reflect.DeepEqual(req.Limits, want) {
		t.Errorf("limits %+v", req.Limits)
	}
}

// The squares of a heat map reach the caller with their weekday, hour and length, as JSON and as CSV.
func TestHeatMap(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	path := Prefix + "/metrics/queues?from=2026-03-02T00:00:00%2B01:00&until=2026-03-16T00:00:00%2B01:00&tz=Europe/Berlin&group_by=queue,weekday,hour"
	var got metric.QueueReport
	w.get(path, sue).into(t, &got)
	if len(got.Rows) != 168 || *got.Rows[0].Weekday != 1 || *got.Rows[167].Weekday != 7 || *got.Rows[167].Hour != 23 || *got.Rows[167].CellMS != 7_200_000 {
		t.Errorf("%d rows", len(got.Rows))
	}
	a := w.do(call{method: http.MethodGet, path: path, proof: sue, headers: map[string]string{"Accept": "text/csv"}})
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil || len(rows) != 169 || !strings.Contains(strings.Join(rows[0], ","), ",weekday,hour,cell_ms,") {
		t.Errorf("%d rows (%v): %v", len(rows), err, rows[0])
	}
}

func TestStaffingPassesEverythingOn(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	path := Prefix + "/metrics/staffing?from=2026-03-02T00:00:00%2B01:00&until=2026-03-03T00:00:00%2B01:00&tz=Europe/Berlin&interval=15m&queue=support&weeks=8" +
		"&except=2026-02-02,2026-02-09&service_level_percent=90&max_wait_ms=15000&max_occupancy_percent=85&shrinkage_percent=30"
	var got metric.StaffingReport
	w.get(path, sue).into(t, &got)
	if len(got.Rows) != 96 || got.Method != metric.StaffingMethod || got.Rows[0].Arrivals != nil || *got.Target.MaxOccupancyPercent != 85 {
		t.Errorf("%d rows, %+v", len(got.Rows), got.Target)
	}
	want := staffing.Target{ServiceLevel: 0.9, Within: 30 * time.Second, MeanWait: 15 * time.Second, Occupancy: 0.85}
	if req := w.reports.staffing[0]; req.Target != want || req.Shrinkage != 0.3 || req.Weeks != 8 || !reflect.DeepEqual(req.Except, []string{"2026-02-02", "2026-02-09"}) ||
		!reflect.DeepEqual(req.Queues, []string{"support"}) {
		t.Errorf("asked %+v", req)
	}
}

// T is that of the queues when they have one in common; else it has to be named.
func TestStaffingNeedsOneServiceLevel(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	w.get(Prefix+"/metrics/staffing"+window, sue).wantProblem(t, CodeInvalid)
	w.get(Prefix+"/metrics/staffing"+window+"&service_level_ms=10000", sue)
	if req := w.reports.staffing[0]; req.Target.Within != 10*time.Second {
		t.Errorf("asked %+v", req)
	}
	for _, bad := range []string{"&queue=support&interval=1d", "&queue=support&weeks=13", "&queue=support&except=christmas", "&queue=support&service_level_percent=0", "&queue=support&service_level_percent=100"} {
		w.get(Prefix+"/metrics/staffing"+window+bad, sue).wantProblem(t, CodeInvalid)
	}
}

func TestCustomEdges(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var got metric.QueueReport
	w.get(Prefix+"/metrics/queues"+window+"&interval=custom&edges=2026-03-02T06:00:00Z,2026-03-02T15:00:00%2B01:00", sue).into(t, &got)
	if len(got.Rows) != 3 || !got.Rows[2].Span.From.Equal(time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)) || got.Interval != metric.Custom {
		t.Errorf("%d rows, %+v", len(got.Rows), got.Rows)
	}
	for edges, said := range map[string]string{
		"&interval=custom":                            "no edges are given",
		"&interval=custom&edges=6":                    "no RFC 3339 instant at place 1",
		"&interval=custom&edges=2026-03-04T06:00:00Z": "lies outside the window",
		"&interval=1h&edges=2026-03-02T06:00:00Z":     "mean nothing with interval=1h",
	} {
		a := w.get(Prefix+"/metrics/queues"+window+edges, sue)
		a.wantProblem(t, CodeInvalid)
		if !strings.Contains(string(a.body), said) || !strings.Contains(string(a.body), "query.edges") {
			t.Errorf("%s: %s", edges, a.body)
		}
	}
}

func TestMenuMetrics(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var got metric.IVRReport
	w.get(Prefix+"/metrics/ivr"+window+"&flow=main,night", sue).into(t, &got)
	if req := w.reports.menus[0]; !reflect.DeepEqual(req.Flows, []string{"main", "night"}) || len(got.Rows) != 1 || *got.Rows[0].Node != "topic" {
		t.Errorf("asked %+v, got %+v", req, got.Rows)
	}
	a := w.do(call{method: http.MethodGet, path: Prefix + "/metrics/ivr" + window, proof: sue, headers: map[string]string{"Accept": "text/csv"}})
	if !strings.Contains(string(a.body), ",3,0,1>sales=2;2>bye=1,") {
		t.Errorf("%s", a.body)
	}
}

func TestDataQuality(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var got metric.QualityReport
	w.get(Prefix+"/data-quality"+window+"&interval=1h&tz=Asia/Kathmandu", sue).into(t, &got)
	if len(got.Rows) != 1 || got.Rows[0].Count != 3 || len(got.Totals) != len(metric.DefectKinds()) || got.Zone != "Asia/Kathmandu" || w.reports.quality[0].Interval != "1h" {
		t.Errorf("%+v", got)
	}
	tickets := got.Tickets
	if len(tickets.Rows) != 1 || tickets.Rows[0].Count != 2 || len(tickets.Totals) != len(metric.TicketDefectKinds()) || len(tickets.Examples) != 1 || tickets.Examples[0].Ticket != "4711" {
		t.Errorf("%+v", tickets)
	}
	w.get(Prefix+"/data-quality?from=2026-01-01T00:00:00Z&until=2026-06-01T00:00:00Z", sue).wantProblem(t, CodeInvalid)
	a := w.do(call{method: http.MethodGet, path: Prefix + "/data-quality" + window, proof: sue, headers: map[string]string{"Accept": "text/csv"}})
	if want := "late,controller,pbx1,3"; !strings.Contains(string(a.body), want) {
		t.Errorf("%s is not in %s", want, a.body)
	}
}

// Beside the report stands how the clocks are now, as the controller tells it: null for what it does not know, and instead of the whole from an
// older one and while it is not heard.
func TestDataQualityTellsTheClocks(t *testing.T) {
	ahead, at := int64(-1500), livetest.Began().Add(time.Minute)
	for name, c := range map[string]struct {
		clocks *fact.SnapshotClocks
		want   string
	}{
		"known": {&fact.SnapshotClocks{AsteriskAheadMS: &ahead, AsteriskAt: &at, ControllerAheadMS: 3, MovedAhead: 1, MovedBehind: 2, Since: livetest.Began()},
			`{"node":"pbx1","asterisk_ahead_ms":-1500,"asterisk_at":"2026-03-02T09:01:00Z","controller_ahead_ms":3,"moved_ahead":1,"moved_behind":2,"since":"2026-03-02T09:00:00Z"}`},
		"unknown": {&fact.SnapshotClocks{Since: livetest.Began()},
			`{"node":"pbx1","asterisk_ahead_ms":null,"asterisk_at":null,"controller_ahead_ms":0,"moved_ahead":0,"moved_behind":0,"since":"2026-03-02T09:00:00Z"}`},
		"older": {nil, `null`},
	} {
		w := newWorld(t, options{snapshot: func(s *fact.Snapshot) { s.Clocks = c.clocks }})
		sue := w.signIn("sue")
		if got := readClocks(t, w, sue); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		w.controller.Down(true)
		w.controller.Break()
		watch := w.live.Watch()
		for !w.live.Freshness().Stale {
			<-watch.Changed()
		}
		watch.Close()
		if got := readClocks(t, w, sue); got != "null" {
			t.Errorf("%s, from a controller that is not heard: %s", name, got)
		}
	}
}

func readClocks(t *testing.T, w *world, proof string) string {
	t.Helper()
	var got struct {
		Clocks json.RawMessage `json:"clocks"`
	}
	w.get(Prefix+"/data-quality"+window, proof).into(t, &got)
	return string(got.Clocks)
}

// An agent asks for himself whatever he writes.
func TestAgentMetricsAreNarrowedForAgents(t *testing.T) {
	w := newWorld(t, options{})
	for _, query := range []string{"", "&agent=boris", "&agent=anna,boris"} {
		if a := w.get(Prefix+"/metrics/agents"+window+query, w.signIn("anna")); a.status != http.StatusOK {
			t.Fatalf("%s", a.body)
		}
		if got := w.reports.agents[len(w.reports.agents)-1]; !reflect.DeepEqual(got.Agents, []string{"anna"}) || !reflect.DeepEqual(got.Teams["anna"], []string{"first"}) {
			t.Errorf("asked %+v", got)
		}
	}
	w.get(Prefix+"/metrics/agents"+window, w.signIn("sue"))
	if got := w.reports.agents[len(w.reports.agents)-1]; got.Agents != nil {
		t.Errorf("asked %+v", got)
	}
}

func TestCSV(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	for _, accept := range []string{"text/csv", "text/csv;q=1, application/json;q=0.5"} {
		a := w.do(call{method: http.MethodGet, path: Prefix + "/metrics/queues" + window + "&group_by=queue", proof: sue, headers: map[string]string{"Accept": accept}})
		if a.header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" || a.header.Get("Vary") != "Accept" {
			t.Errorf("content type %q", a.header.Get("Content-Type"))
		}
		records, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
		if err != nil || len(records) != 2 {
			t.Fatalf("%v: %s", err, a.body)
		}
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = records[1][i]
		}
		for name, want := range map[string]string{
			"interval.from": "2026-03-02T00:00:00Z", "interval.partial": "false", "queue": "support", "language": "", "offered": "3",
			"service_level.answered.numerator": "0", "service_level.answered.percent": "0", "speed_of_answer.p95_ms": "", "carried_in": "",
		} {
			if got, ok := row[name]; !ok || got != want {
				t.Errorf("%s is %q (%t)", name, got, ok)
			}
		}
	}
	for _, accept := range []string{"", "*/*", "application/json", "text/html, */*;q=0.1"} {
		a := w.do(call{method: http.MethodGet, path: Prefix + "/metrics/queues" + window, proof: sue, headers: map[string]string{"Accept": accept}})
		if a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%q gets %q", accept, a.header.Get("Content-Type"))
		}
	}
}

func TestCSVCells(t *testing.T) {
	type Inner struct {
		At    time.Time `json:"at"`
		Share *float64  `json:"share"`
	}
	type row struct {
		Inner
		Name   string           `json:"name"`
		Some   *Inner           `json:"some"`
		List   []string         `json:"list,omitempty"`
		Map    map[string]int64 `json:"map"`
		Hidden string           `json:"-"`
	}
	half := 0.5
	at := time.Date(2026, 3, 2, 1, 2, 3, 4e6, time.FixedZone("", 3600))
	var b strings.Builder
	err := writeTable(formCSV, &b, []row{
		{Inner: Inner{at, &half}, Name: "=1+1", List: []string{"a", "-b"}, Map: map[string]int64{"y": 2, "x": 1}},
		{Name: "+4930123", Some: &Inner{At: at}},
		{Name: `say "hi", bye`},
	})
	want := "at,share,name,some.at,some.share,list,map\n" +
		"2026-03-02T01:02:03.004+01:00,0.5,'=1+1,,,a;'-b,x=1;y=2\n" +
		"0001-01-01T00:00:00Z,,+4930123,2026-03-02T01:02:03.004+01:00,,,\n" +
		"0001-01-01T00:00:00Z,,\"say \"\"hi\"\", bye\",,,,\n"
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, b.String())
	}
	for in, out := range map[string]string{"": "", "-5": "-5", "-x": "'-x", "@x": "'@x", "\tx": "'\tx", "x": "x", "+49 30": "'+49 30"} {
		if got := harmless(in); got != out {
			t.Errorf("%q → %q", in, got)
		}
	}
}

// TestContactsByNumber: a number may be written as people do, and as its last digits.
func TestContactsByNumber(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	for _, c := range []struct{ asked, number, too string }{
		{"030%20123456", "030 123456", "+4930123456"}, {"%2B4930123456", "+4930123456", "+4930123456"}, {"3456", "3456", "3456"},
	} {
		var page query.ContactPage
		w.get(Prefix+"/contacts"+window+"&number="+c.asked, sue).into(t, &page)
		if got := w.reports.searches[len(w.reports.searches)-1]; got.Number != c.number || got.NumberToo != c.too {
			t.Errorf("%s: asked for %q or %q", c.asked, got.Number, got.NumberToo)
		}
	}
}

func TestContactsAreMaskedForAgents(t *testing.T) {
	w := newWorld(t, options{})
	anna, sue := w.signIn("anna"), w.signIn("sue")
	var page query.ContactPage
	a := w.get(Prefix+"/contacts"+window+"&agent=boris", anna)
	a.into(t, &page)
	if c := page.Items[0]; *c.CallerNumber != "••••••••456" || c.CallerName != nil {
		t.Errorf("%+v", c)
	}
	if got := w.reports.searches[0]; got.Agent != "anna" || got.Limit != 50 {
		t.Errorf("asked %+v", got)
	}
	if link := a.header.Get("Link"); !strings.HasPrefix(link, "<"+Prefix+"/contacts?") || !strings.Contains(link, "cursor=abc") || !strings.HasSuffix(link, `>; rel="next"`) {
		t.Errorf("Link %q", link)
	}
	w.get(Prefix+"/contacts"+window+"&number=123456", anna).wantProblem(t, CodeForbidden)

	a = w.get(Prefix+"/contacts/pbx1-1.1", anna)
	for _, hidden := range []string{"4930123456", "Carla", "471100"} {
		if strings.Contains(string(a.body), hidden) {
			t.Errorf("anna sees %s: %s", hidden, a.body)
		}
	}
	if !strings.Contains(string(a.body), `"dialed":"1000"`) || !strings.Contains(string(a.body), `"digits":"•••100"`) {
		t.Errorf("%s", a.body)
	}
	w.get(Prefix+"/contacts/pbx1-1.1", w.signIn("boris")).wantProblem(t, CodeNotFound)
	w.get(Prefix+"/contacts/pbx1-9.9", sue).wantProblem(t, CodeNotFound)
	if a := w.get(Prefix+"/contacts/pbx1-1.1", sue); !strings.Contains(string(a.body), "+4930123456") || !strings.Contains(string(a.body), "Carla") {
		t.Errorf("%s", a.body)
	}
	csv := w.do(call{method: http.MethodGet, path: Prefix + "/contacts" + window, proof: sue, headers: map[string]string{"Accept": "text/csv"}})
	if !strings.Contains(string(csv.body), "'=Carla") || !strings.Contains(string(csv.body), "anna;boris") || csv.header.Get("Link") == "" {
		t.Errorf("%s", csv.body)
	}
	if mask("") != "" || mask("12") != "•2" || mask("110") != "••0" || mask("471100") != "•••100" {
		t.Errorf("%s %s %s", mask("12"), mask("110"), mask("471100"))
	}
}

func FuzzQueryParameters(f *testing.F) {
	f.Add("from=2026-03-02T00:00:00Z&until=2026-03-03T00:00:00Z&tz=Europe/Berlin&interval=1h&group_by=queue&attribute_by=ended&service_level_ms=1")
	f.Add("from=-1&until=&tz=../../etc/passwd&interval=0&group_by=,,&queue=%00&service_level_ms=9223372036854775808")
	w := newWorld(f, options{})
	sue := w.signIn("sue")
	f.Fuzz(func(t *testing.T, parameters string) {
		w.t = t
		for _, r := range parameters {
			if r <= ' ' || r == '#' || r > '~' {
				return // no client sends it so
			}
		}
		for _, path := range []string{"/metrics/queues?", "/metrics/agents?", "/metrics/ivr?", "/contacts?", "/wallboard?"} {
			a := w.get(Prefix+path+parameters, sue)
			if a.status != http.StatusOK && a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
				t.Errorf("%s%s: %d %s", path, parameters, a.status, a.body)
			}
		}
	})
}
