package query

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
	"firstline/pipeline/fact"
)

// A world is a day or a month of facts and the windows to ask about it.
type world struct {
	name        string
	facts       []fact.Fact
	zone        *time.Location
	from, until time.Time
	agents      []string // at least four
}

// worlds are a plain day and those on which clocks change, in zones where that is hard; months with a day of 23 and of 25
// hours; and the simulated days.
func worlds(t *testing.T) []world {
	var out []world
	for i, w := range []struct {
		zone         string
		y            int
		m            time.Month
		d            int
		months, days int // its length
	}{
		{"UTC", 2026, 3, 3, 0, 1},
		{"Europe/Berlin", 2026, 3, 29, 0, 1},
		{"Europe/Berlin", 2026, 10, 25, 0, 1},
		{"Australia/Lord_Howe", 2026, 4, 5, 0, 1},
		{"Asia/Kathmandu", 2026, 5, 5, 0, 1},
		{"Europe/Berlin", 2026, 3, 1, 1, 0},
		{"America/New_York", 2025, 11, 1, 1, 0},
	} {
		zone, err := time.LoadLocation(w.zone)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(w.y, w.m, w.d, 0, 0, 0, 0, zone)
		until := from.AddDate(0, w.months, w.days)
		name := fmt.Sprintf("%s %s, %s", w.zone, from.Format(time.DateOnly), until.Sub(from))
		out = append(out, world{name: name, zone: zone, from: from, until: until, agents: madeAgents(), facts: makeFacts(t, uint64(i+1), from, until)})
	}
	return append(out, simulated(t)...)
}

func madeAgents() []string { return []string{"anna", "boris", "chiara", "dai"} }

// makeFacts makes the facts with hours before and after them, so that contacts cross midnights.
func makeFacts(t *testing.T, seed uint64, from, until time.Time) []fact.Fact {
	d := facttest.Day{
		Seed: seed, From: from.Add(-4 * time.Hour), Until: until.Add(4 * time.Hour), Contacts: 700, Waits: []int64{0, 5_000, 20_000, 45_000},
		Queues: []string{"support", "sales", "billing"}, Agents: madeAgents(), Tail: time.Duration(seed%2) * 40 * time.Hour,
	}
	edges := metric.HalfHour
	if until.Sub(from) > 7*24*time.Hour {
		edges, d.Contacts = metric.Hour, 1500
	}
	buckets, err := metric.Buckets(d.From, d.Until, edges, from.Location())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets {
		d.Edges = append(d.Edges, b.Until)
	}
	return facttest.Make(d)
}

// simulated are the days in the folder FIRSTLINE_FACTS: written by telephony/sim through the real core, so that reports
// are asked about what a controller records and not only about what facttest thinks up. Make them with
//
//	SIM_FACTS=$PWD/build/facts go test ./telephony/sim -run TestWriteFacts
//
// A developer may go without; where FIRSTLINE_REQUIRE is set their absence must not hide.
func simulated(t *testing.T) []world {
	dir := os.Getenv("FIRSTLINE_FACTS")
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	switch {
	case err != nil:
		t.Fatal(err)
	case dir == "" && os.Getenv("FIRSTLINE_REQUIRE") == "":
		return nil
	case dir == "" || len(files) == 0:
		t.Fatalf("FIRSTLINE_FACTS=%q has no simulated day; SIM_FACTS=FOLDER go test ./telephony/sim -run TestWriteFacts writes them", dir)
	}
	var out []world
	for _, path := range files {
		out = append(out, readWorld(t, path))
	}
	return out
}

// readWorld takes facts of one day that a simulation wrote: CloudEvents, one a line.
func readWorld(t *testing.T, path string) world {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	w := world{name: filepath.Base(path), zone: time.UTC}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f, err := fact.Decode(lines.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		w.facts = append(w.facts, f)
		if _, ok := f.Data.(fact.AgentStateEnded); ok && !slices.Contains(w.agents, f.Subject) {
			w.agents = append(w.agents, f.Subject)
		}
	}
	if err := lines.Err(); err != nil || len(w.agents) < 4 {
		t.Fatalf("%s: %d facts, %d agents (%v)", path, len(w.facts), len(w.agents), err)
	}
	w.from = w.facts[0].Time.UTC().Truncate(24 * time.Hour)
	w.until = w.from.Add(24 * time.Hour)
	return w
}

// TestSQLEqualsDefinitions asks reports of both the plain definitions and the engine. All shapes of a report are many
// thousands; each world takes every few of them, a different choice in each, so that every pair of interval, grouping,
// attribution and filter occurs. FIRSTLINE_REPORTS=all asks them all.
func TestSQLEqualsDefinitions(t *testing.T) {
	for i, w := range worlds(t) {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel() // the engine works on one statement with about one core, and the definitions are worked out beside it
			c := comparison{t: t, facts: w.facts, names: w.agents, oracle: metric.Read(w.facts), reader: New(remember(loadFacts(t, w.facts)), DefaultConfig(), func() time.Time { return w.until }), now: w.until}
			asked := 0
			for n, ask := range c.reports(w) {
				if os.Getenv("FIRSTLINE_REPORTS") == "all" || (n+i)%stride == 0 {
					ask()
					asked++
				}
			}
			for n, req := range w.windows() {
				if n >= w.regular() { // windows that cut or pass the facts' edges: one of each report
					for _, ask := range []func(){pick(c.queues(req), i+n), pick(c.agents(req), i+n), pick(c.contacts(req), i+n), pick(c.menus(req), i+n), pick(c.backlog(req), i+n), pick(c.tickets(req), i+n)} {
						ask()
						asked++
					}
				}
			}
			t.Logf("%d facts, %d reports, all equal", len(w.facts), asked)
		})
	}
}

// remembering is a connection that asks how far the loaded facts reach once for each window: of a world that is loaded it is always the
// same, and took a quarter of the engine's time.
type remembering struct {
	Conn
	answers map[string][]int64
}

func remember(conn Conn) *remembering { return &remembering{conn, map[string][]int64{}} }

func (r *remembering) Query(ctx context.Context, text string, args ...any) (driver.Rows, error) {
	values := make([]int64, 1)
	switch {
	case strings.Contains(text, "max(watermark)"):
	case strings.Contains(text, "{late_ms:Int64}"):
		values = make([]int64, 6)
	default:
		return r.Conn.Query(ctx, text, args...)
	}
	key := text + fmt.Sprint(args...)
	if _, ok := r.answers[key]; !ok {
		rows, err := r.Conn.Query(ctx, text, args...)
		if err != nil {
			return nil, err
		}
		var into []any
		for i := range values {
			into = append(into, &values[i])
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return nil, errors.Join(err, rows.Close())
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
		r.answers[key] = values
	}
	return &remembered{values: r.answers[key]}, nil
}

// remembered is the one row of an answer.
type remembered struct {
	driver.Rows
	values []int64
	read   bool
}

func (r *remembered) Next() bool {
	first := !r.read
	r.read = true
	return first
}

func (r *remembered) Scan(into ...any) error {
	for i, v := range r.values {
		*into[i].(*int64) = v
	}
	return nil
}

func (*remembered) Err() error   { return nil }
func (*remembered) Close() error { return nil }

// pick takes one of a list, another one for each n.
func pick(list []func(), n int) func() { return list[n*5%len(list)] }

// stride is prime, so that it falls on every combination of the loops below.
const stride = 127

// reports are all shapes.
func (c *comparison) reports(w world) (out []func()) {
	for _, req := range w.windows() {
		out = append(out, c.queues(req)...)
		out = append(out, c.agents(req)...)
		out = append(out, c.contacts(req)...)
		out = append(out, c.menus(req)...)
		out = append(out, c.backlog(req)...)
		out = append(out, c.tickets(req)...)
	}
	return out
}

// Before anything is loaded every report is there, with zeros and nulls and no watermark.
func TestNothingLoaded(t *testing.T) {
	w := world{zone: time.UTC, from: day.From, until: day.Until}
	c := comparison{t: t, names: madeAgents(), oracle: metric.Read(nil), reader: New(loadFacts(t, nil), DefaultConfig(), func() time.Time { return w.until }), now: w.until}
	for n, ask := range c.reports(w) {
		if n%(3*stride) == 0 {
			ask()
		}
	}
	today, err := c.reader.Today(context.Background(), TodayRequest{})
	if err != nil || today.Watermark != nil || today.Total.Offered != 0 || len(today.Queues) != 0 {
		t.Errorf("today: %+v, %v", today, err)
	}
}

// intervals are those that cut the world into few enough buckets.
func (w world) intervals() []metric.Interval {
	return slices.DeleteFunc(metric.Intervals(), func(i metric.Interval) bool {
		_, err := metric.Buckets(w.from, w.until, i, w.zone)
		return err != nil
	})
}

// regular is how many of windows are the whole world in one interval or another.
func (w world) regular() int { return len(w.intervals()) + 1 }

// windows are the whole world in every interval and at edges of its own, and windows that cut hours, days and years.
func (w world) windows() []WindowRequest {
	var out []WindowRequest
	for _, i := range w.intervals() {
		out = append(out, WindowRequest{From: w.from, Until: w.until, Interval: string(i), Zone: w.zone.String()})
	}
	part := w.until.Sub(w.from) / 5
	return append(out,
		WindowRequest{
			From: w.from, Until: w.until, Interval: string(metric.Custom), Zone: w.zone.String(),
			Edges: []time.Time{w.from, w.from.Add(part / 3), w.from.Add(part/3 + time.Millisecond), w.from.Add(2 * part), w.from.Add(4 * part)},
		},
		WindowRequest{From: w.from.AddDate(0, -5, 3), Until: w.until.AddDate(1, 0, 0), Interval: "3mo", Zone: w.zone.String()},
		WindowRequest{From: w.from.AddDate(-1, 0, 0), Until: w.until.AddDate(1, 0, 0), Interval: "1y", Zone: w.zone.String()},
		WindowRequest{From: w.from.Add(100 * time.Minute), Until: w.until.Add(-7*time.Hour + time.Millisecond), Interval: "1h", Zone: w.zone.String()},
		WindowRequest{From: w.from.Add(-3 * time.Hour), Until: w.until.Add(3 * time.Hour), Interval: "1d", Zone: w.zone.String()},
		WindowRequest{From: w.from.Add(-3 * time.Hour), Until: w.until.Add(3 * time.Hour), Interval: "1d", Zone: "America/New_York"},
		WindowRequest{From: w.until.Add(-2 * time.Hour), Until: w.until.Add(50 * time.Hour), Interval: "1h", Zone: "UTC"}, // past the end of all facts
		WindowRequest{From: w.from.Add(-48 * time.Hour), Until: w.from.Add(-24 * time.Hour), Interval: "1h", Zone: "UTC"},
	)
}

type comparison struct {
	t      *testing.T
	facts  []fact.Fact
	names  []string // of agents
	oracle *metric.Facts
	reader *Reader
	now    time.Time // the reader's
}

// same fails with the first difference between two reports.
func (c *comparison) same(what any, want, got any, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("%+v: %v", what, err)
	}
	a, b := facttest.Leaves(want), facttest.Leaves(got)
	for _, of := range []string{".as_of", ".late"} { // not of the facts, but of when they were asked for and loaded
		delete(a, of)
		delete(b, of)
	}
	if reflect.DeepEqual(a, b) {
		return
	}
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
	c.t.FailNow()
}

// late checks the count of late facts: these were all loaded months after they happened.
func (c *comparison) late(report any) {
	c.t.Helper()
	var head metric.Header
	var tickets bool
	switch r := report.(type) {
	case metric.QueueReport:
		head = r.Header
	case metric.AgentReport:
		head = r.Header
	case metric.ContactReport:
		head = r.Header
	case metric.IVRReport:
		head = r.Header
	case metric.TicketReport:
		head, tickets = r.Header, true
	case metric.BacklogReport:
		head, tickets = r.Header, true
	}
	var want int64
	for _, f := range c.facts {
		if (f.Topic() == fact.TopicTickets) == tickets && !f.Time.Before(head.From) && f.Time.Before(head.Until) {
			want++
		}
	}
	if head.Late != want {
		c.t.Fatalf("%T: %d late, want %d", report, head.Late, want)
	}
}

// compare asks one report of both sides.
func compare[R, P, Report any](c *comparison, req R, params func(R) (P, error), define func(P) (Report, error), ask func(context.Context, R) (Report, error)) func() {
	return func() {
		c.t.Helper()
		p, err := params(req)
		if err != nil {
			c.t.Fatal(err)
		}
		want, err := define(p)
		if err != nil {
			c.t.Fatal(err)
		}
		got, err := ask(context.Background(), req)
		c.same(req, want, got, err)
		c.late(got)
	}
}

func (c *comparison) queues(w WindowRequest) (out []func()) {
	own := metric.DefaultLimits()
	own.Queues = map[string]metric.QueueLimits{"sales": {ServiceLevelMS: 45_000, ShortAbandonMS: 0}, "support": {ServiceLevelMS: 20_000, ShortAbandonMS: 5_000}}
	override := int64(45_000)
	for _, by := range metric.Attributions() {
		for _, groups := range [][]string{
			nil, {"queue"}, {"language"}, {"queue", "language"}, {"skill"}, {"customer"}, {"agent"}, {"team", "skill"}, {"queue", "agent", "team"},
			{"weekday", "hour"}, {"hour", "queue"}, {"weekday", "language"}, {"hour", "skill"},
		} {
			clock := slices.Contains(groups, "weekday") || slices.Contains(groups, "hour")
			if !w.fits(groups) || clock && (by == metric.AttributeEnded || w.Until.Sub(w.From) > metric.MaxCellSpan) { // the wall clock does not go with it
				continue
			}
			w.GroupBy = groups
			for _, req := range []QueueRequest{
				{WindowRequest: w, AttributeBy: string(by), Teams: c.teams()},
				{WindowRequest: w, AttributeBy: string(by), Limits: own},
				{WindowRequest: w, AttributeBy: string(by), Limits: own, Queues: []string{"support", "billing"}, ServiceLevelMS: &override},
				{WindowRequest: w, AttributeBy: string(by), Queues: []string{}},
			} {
				out = append(out, compare(c, req, QueueRequest.Params, c.oracle.Queues, c.reader.Queues))
			}
		}
	}
	return out
}

// teams: one agent is in two, one in one, the others in none.
func (c *comparison) teams() map[string][]string {
	return map[string][]string{c.names[0]: {"first", "night"}, c.names[1]: {"first"}}
}

// fits says whether a report split so has few enough rows: customers are many.
func (w WindowRequest) fits(groups []string) bool {
	return !slices.Contains(groups, "customer") || !slices.Contains([]string{"15m", "30m", "1h"}, w.Interval)
}

func (c *comparison) agents(w WindowRequest) (out []func()) {
	teams := c.teams()
	for _, groups := range [][]string{nil, {"team"}, {"queue"}, {"agent", "team", "queue"}, {"disposition"}, {"agent", "language", "disposition"}} {
		w.GroupBy = groups
		for _, req := range []AgentRequest{
			{WindowRequest: w, Teams: teams},
			{WindowRequest: w, Teams: teams, Agents: []string{c.names[0], c.names[3]}, Queues: []string{"sales"}},
			{WindowRequest: w, Agents: c.names[:1]},
		} {
			out = append(out, compare(c, req, AgentRequest.Params, c.oracle.Agents, c.reader.Agents))
		}
	}
	return out
}

func (c *comparison) contacts(w WindowRequest) (out []func()) {
	for _, groups := range [][]string{{"customer"}, {"disposition"}, {"disposition", "queue"}} {
		if w.GroupBy = groups; w.fits(groups) {
			out = append(out, compare(c, ContactRequest{WindowRequest: w}, ContactRequest.Params, c.oracle.Contacts, c.reader.Contacts))
		}
	}
	for _, groups := range [][]string{nil, {"queue"}, {"language", "agent"}} {
		w.GroupBy = groups
		for _, req := range []ContactRequest{{WindowRequest: w, Days: 1, Hours: 3}, {WindowRequest: w, Queues: []string{"support"}}} {
			out = append(out, compare(c, req, ContactRequest.Params, c.oracle.Contacts, c.reader.Contacts))
		}
	}
	return out
}

func (c *comparison) tickets(w WindowRequest) (out []func()) {
	params := func(r TicketRequest) (metric.TicketParams, error) { return r.TicketParams(c.now) }
	for _, groups := range [][]string{nil, {"queue"}, {"language", "agent"}, {"priority"}, {"team", "reason", "agent"}} {
		w.GroupBy = groups
		for _, req := range []TicketRequest{
			{WindowRequest: w, Days: 1, Schedule: facttest.Schedules()[0], Targets: promised()},
			{WindowRequest: w, Queues: []string{"support"}},
			{WindowRequest: w, Targets: promised()},
		} {
			out = append(out, compare(c, req, params, c.oracle.Tickets, c.reader.Tickets))
		}
	}
	return out
}

// promised are targets that some tickets meet and some do not, one of them of tickets without a priority, one of nothing.
func promised() metric.Targets {
	return metric.Targets{
		ByPriority: map[string]metric.Target{"high": {FirstReply: metric.NewLimit(time.Hour, 50), Resolution: metric.NewLimit(3*time.Hour, 75)}, "none": {}},
		Default:    metric.Target{FirstReply: metric.NewLimit(150*time.Minute, 80), Resolution: metric.NewLimit(5*time.Hour, 50)},
	}
}

func (c *comparison) menus(w WindowRequest) (out []func()) {
	for _, groups := range [][]string{nil, {"interval"}, {"flow"}, {"node"}} {
		if len(groups) > 0 && groups[0] == "interval" && w.Interval == string(metric.Whole) {
			continue
		}
		w.GroupBy = groups
		for _, flows := range [][]string{nil, {"main"}, {}} {
			out = append(out, compare(c, IVRRequest{WindowRequest: w, Flows: flows}, IVRRequest.Params, c.oracle.IVR, c.reader.IVR))
		}
		for _, queues := range [][]string{{"support"}, {}} {
			out = append(out, compare(c, IVRRequest{WindowRequest: w, Queues: queues}, IVRRequest.Params, c.oracle.IVR, c.reader.IVR))
		}
	}
	return out
}

func (c *comparison) backlog(w WindowRequest) (out []func()) {
	for _, groups := range [][]string{nil, {"agent"}, {"queue", "team"}, {"priority", "reason"}} {
		w.GroupBy = groups
		for _, req := range []BacklogRequest{
			{WindowRequest: w, SLA: metric.SLA{Targets: promised()}},
			{WindowRequest: w, Queues: []string{"support"}, Teams: []string{"night"}, SLA: metric.SLA{Targets: promised(), Schedule: facttest.Schedules()[1]}},
			{WindowRequest: w, SLA: metric.SLA{Schedule: facttest.Schedules()[0]}},
		} {
			params := func(r BacklogRequest) (metric.BacklogParams, error) { return r.Params(c.now) }
			out = append(out, compare(c, req, params, c.oracle.Backlog, c.reader.Backlog))
		}
	}
	return out
}
