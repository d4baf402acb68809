package query

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
	"firstline/pipeline/fact"
)

// A world is a day of facts and the windows to ask about it.
type world struct {
	name        string
	facts       []fact.Fact
	zone        *time.Location
	from, until time.Time
}

// worlds are a plain day and those on which clocks change, in zones where that is hard.
func worlds(t *testing.T) []world {
	if path := os.Getenv("FIRSTLINE_FACTS"); path != "" {
		return []world{readWorld(t, path)}
	}
	var out []world
	for i, w := range []struct {
		zone string
		y    int
		m    time.Month
		d    int
	}{
		{"UTC", 2026, 3, 3},
		{"Europe/Berlin", 2026, 3, 29},
		{"Europe/Berlin", 2026, 10, 25},
		{"Australia/Lord_Howe", 2026, 4, 5},
		{"Asia/Kathmandu", 2026, 5, 5},
	} {
		zone, err := time.LoadLocation(w.zone)
		if err != nil {
			t.Fatal(err)
		}
		from, until := time.Date(w.y, w.m, w.d, 0, 0, 0, 0, zone), time.Date(w.y, w.m, w.d+1, 0, 0, 0, 0, zone)
		name := fmt.Sprintf("%s %s", w.zone, from.Format(time.DateOnly))
		out = append(out, world{name: name, zone: zone, from: from, until: until, facts: makeFacts(t, uint64(i+1), from, until)})
	}
	return out
}

// makeFacts makes the day with hours before and after it, so that contacts cross its midnights.
func makeFacts(t *testing.T, seed uint64, from, until time.Time) []fact.Fact {
	d := facttest.Day{
		Seed: seed, From: from.Add(-4 * time.Hour), Until: until.Add(4 * time.Hour), Contacts: 700, Waits: []int64{0, 5_000, 20_000, 45_000},
		Queues: []string{"support", "sales", "billing"}, Agents: []string{"anna", "boris", "chiara", "dai"}, Tail: time.Duration(seed%2) * 40 * time.Hour,
	}
	buckets, err := metric.Buckets(d.From, d.Until, metric.HalfHour, from.Location())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets {
		d.Edges = append(d.Edges, b.Until)
	}
	return facttest.Make(d)
}

// readWorld takes facts of one day that a simulation wrote: CloudEvents, one a line.
func readWorld(t *testing.T, path string) world {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	w := world{name: path, zone: time.UTC}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f, err := fact.Decode(lines.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		w.facts = append(w.facts, f)
	}
	if err := lines.Err(); err != nil || len(w.facts) == 0 {
		t.Fatalf("%s: no facts (%v)", path, err)
	}
	w.from = w.facts[0].Time.UTC().Truncate(24 * time.Hour)
	w.until = w.from.Add(24 * time.Hour)
	return w
}

// TestSQLEqualsDefinitions asks every report in every shape of both the plain definitions and the engine.
func TestSQLEqualsDefinitions(t *testing.T) {
	for _, w := range worlds(t) {
		t.Run(w.name, func(t *testing.T) {
			c := comparison{t: t, oracle: metric.Read(w.facts), reader: New(load(t, w.facts), DefaultConfig(), func() time.Time { return w.until })}
			for _, req := range w.windows() {
				c.queues(req)
				c.agents(req)
				c.contacts(req)
				c.tickets(req)
			}
			t.Logf("%d facts, %d reports equal", len(w.facts), c.equal)
		})
	}
}

// windows are the whole day in every interval, and windows that cut hours and days.
func (w world) windows() []WindowRequest {
	var out []WindowRequest
	for _, i := range metric.Intervals() {
		out = append(out, WindowRequest{From: w.from, Until: w.until, Interval: string(i), Zone: w.zone.String()})
	}
	return append(out,
		WindowRequest{From: w.from.Add(100 * time.Minute), Until: w.until.Add(-7*time.Hour + time.Millisecond), Interval: "1h", Zone: w.zone.String()},
		WindowRequest{From: w.from.Add(-3 * time.Hour), Until: w.until.Add(3 * time.Hour), Interval: "1d", Zone: w.zone.String()},
		WindowRequest{From: w.from.Add(-3 * time.Hour), Until: w.until.Add(3 * time.Hour), Interval: "1d", Zone: "America/New_York"},
		WindowRequest{From: w.from.Add(-48 * time.Hour), Until: w.from.Add(-24 * time.Hour), Interval: "1h", Zone: "UTC"},
	)
}

type comparison struct {
	t      *testing.T
	oracle *metric.Facts
	reader *Reader
	equal  int
}

// same fails with the first difference between two reports.
func (c *comparison) same(what any, want, got any, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("%+v: %v", what, err)
	}
	if reflect.DeepEqual(want, got) {
		c.equal++
		return
	}
	a, b := flatten(want), flatten(got)
	for k, v := range a {
		if b[k] != v {
			c.t.Errorf("%+v: %s: defined %v, sql %v", what, k, v, b[k])
		}
	}
	for k, v := range b {
		if _, ok := a[k]; !ok {
			c.t.Errorf("%+v: %s: not defined, sql %v", what, k, v)
		}
	}
	if !c.t.Failed() {
		c.t.Errorf("%+v: differ in no JSON field: %#v, %#v", what, want, got)
	}
	c.t.FailNow()
}

// flatten turns a report into its leaves by path.
func flatten(report any) map[string]any {
	raw, err := json.Marshal(report)
	if err != nil {
		panic(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		panic(err)
	}
	out := map[string]any{}
	var walk func(string, any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				walk(path+"."+k, x)
			}
		case []any:
			for i, x := range v {
				walk(fmt.Sprintf("%s.%d", path, i), x)
			}
		default:
			out[path] = v
		}
	}
	walk("", tree)
	return out
}

func (c *comparison) queues(w WindowRequest) {
	own := metric.DefaultLimits()
	own.Queues = map[string]metric.QueueLimits{"sales": {ServiceLevelMS: 45_000, ShortAbandonMS: 0}, "support": {ServiceLevelMS: 20_000, ShortAbandonMS: 5_000}}
	override := int64(45_000)
	for _, by := range metric.Attributions() {
		for _, groups := range [][]string{nil, {"queue"}, {"language"}, {"queue", "language"}} {
			w.GroupBy = groups
			for _, req := range []QueueRequest{
				{WindowRequest: w, AttributeBy: string(by)},
				{WindowRequest: w, AttributeBy: string(by), Limits: own},
				{WindowRequest: w, AttributeBy: string(by), Limits: own, Queues: []string{"support", "billing"}, ServiceLevelMS: &override},
				{WindowRequest: w, AttributeBy: string(by), Queues: []string{}},
			} {
				p, err := req.Params()
				if err != nil {
					c.t.Fatal(err)
				}
				want, err := c.oracle.Queues(p)
				if err != nil {
					c.t.Fatal(err)
				}
				got, err := c.reader.Queues(context.Background(), req)
				want.AsOf = got.AsOf
				c.same(req, want, got, err)
			}
		}
	}
}

func (c *comparison) agents(w WindowRequest) {
	teams := map[string][]string{"anna": {"first", "night"}, "boris": {"first"}}
	for _, groups := range [][]string{nil, {"team"}, {"queue"}, {"agent", "team", "queue"}} {
		w.GroupBy = groups
		for _, req := range []AgentRequest{
			{WindowRequest: w, Teams: teams},
			{WindowRequest: w, Teams: teams, Agents: []string{"anna", "dai"}, Queues: []string{"sales"}},
			{WindowRequest: w, Agents: []string{"anna"}},
		} {
			p, err := req.Params()
			if err != nil {
				c.t.Fatal(err)
			}
			want, err := c.oracle.Agents(p)
			if err != nil {
				c.t.Fatal(err)
			}
			got, err := c.reader.Agents(context.Background(), req)
			want.AsOf = got.AsOf
			c.same(req, want, got, err)
		}
	}
}

func (c *comparison) contacts(w WindowRequest) {
	for _, req := range contactRequests(w) {
		p, err := req.Params()
		if err != nil {
			c.t.Fatal(err)
		}
		want, err := c.oracle.Contacts(p)
		if err != nil {
			c.t.Fatal(err)
		}
		got, err := c.reader.Contacts(context.Background(), req)
		want.AsOf = got.AsOf
		c.same(req, want, got, err)
	}
}

func (c *comparison) tickets(w WindowRequest) {
	for _, req := range contactRequests(w) {
		p, err := req.TicketParams()
		if err != nil {
			c.t.Fatal(err)
		}
		want, err := c.oracle.Tickets(p)
		if err != nil {
			c.t.Fatal(err)
		}
		got, err := c.reader.Tickets(context.Background(), req)
		want.AsOf = got.AsOf
		c.same(req, want, got, err)
	}
}

func contactRequests(w WindowRequest) (out []ContactRequest) {
	for _, groups := range [][]string{nil, {"queue"}, {"language", "agent"}} {
		w.GroupBy = groups
		out = append(out, ContactRequest{WindowRequest: w, Days: 1}, ContactRequest{WindowRequest: w, Queues: []string{"support"}})
	}
	return out
}
