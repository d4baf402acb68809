package query

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
)

// explained is one report whose numbers are asked for.
type explained struct {
	name   string
	splits []metric.Dimension
	total  any // its rows as the definitions have them
	rows   []any
	list   func(ExplainRequest) (listing, error)
}

// numbersOf are a row's numbers by name; null ones are nil. What is no number of the row but a parameter or a name is left out.
func numbersOf(row any) map[string]any {
	out := map[string]any{}
	choices := map[string]string{} // place in the list: the name
	leaves := facttest.Leaves(row)
	for path, v := range leaves {
		if place, ok := strings.CutSuffix(path, ".key"); ok && strings.HasPrefix(path, ".choices.") {
			choices[place+".count"] = fmt.Sprintf("choices.%s>%s", v, leaves[place+".target"])
		}
	}
	for path, v := range leaves {
		name := strings.TrimPrefix(path, ".")
		if choice, ok := choices[path]; ok {
			name = choice
		} else if strings.HasPrefix(path, ".choices.") {
			continue
		}
		if _, text := v.(string); text || slices.Contains(noNumbers(), name) || strings.HasPrefix(name, "interval.") {
			continue
		}
		out[name] = v
	}
	return out
}

// noNumbers are the columns of rows that are names or parameters.
func noNumbers() []string {
	out := []string{"weekday", "hour", "cell_ms", "explain", "service_level.threshold_ms", "service_level.short_abandon_ms"}
	for _, d := range []metric.Dimension{
		metric.ByQueue, metric.ByLanguage, metric.ByTeam, metric.ByAgent, metric.ByFlow, metric.ByNode, metric.BySkill, metric.ByCustomer, metric.ByDisposition, metric.ByPriority, metric.ByReason,
	} {
		out = append(out, string(d))
	}
	return out
}

// worked out again from the list itself, by the one rule that how names.
func recomputed(e metric.Explanation, items []metric.Explained, name string) *float64 {
	var count, sum, in, of int64
	var values []int64
	for _, x := range items {
		count += x.Counts
		weight := x.Counts
		if x.ValueMS != nil {
			sum += *x.ValueMS
			values = append(values, *x.ValueMS)
			weight = *x.ValueMS
		}
		of += weight
		if x.In != nil && *x.In == "numerator" {
			in += weight
		}
	}
	slices.Sort(values)
	number := func(v float64) *float64 { return &v }
	switch e.How {
	case metric.HowCount:
		return number(float64(count))
	case metric.HowSum:
		return number(float64(sum))
	case metric.HowNumerator:
		return number(float64(in))
	case metric.HowDenominator:
		return number(float64(of))
	case metric.HowPercent:
		return metric.NewRatio(in, of).Percent
	case metric.HowMean, metric.HowLongest, metric.HowPercentile:
	}
	switch {
	case len(values) == 0:
		return nil
	case e.How == metric.HowMean:
		return number(float64(sum) / float64(count))
	case e.How == metric.HowLongest:
		return number(float64(values[len(values)-1]))
	default:
		var level int
		_, _ = fmt.Sscanf(name[strings.LastIndexByte(name, '.')+1:], "p%d_ms", &level)
		return number(float64(values[len(values)*level/100]))
	}
}

func alike(a, b any) bool {
	x, ok1 := a.(float64)
	y, ok2 := b.(float64)
	return ok1 && ok2 && math.Abs(x-y) < 1e-9*max(1, math.Abs(x))
}

// TestExplained: what is listed behind a number, added up again here, is the number as the plain definitions have it, for every number of
// every report. Each is asked for once in a total and once in a row, in a world in which it is not nothing if there is one; the choice begins
// with another number in each world.
func TestExplained(t *testing.T) {
	all := slices.DeleteFunc(worlds(t), func(w world) bool { return w.until.Sub(w.from) > 48*time.Hour }) // days have all there is to explain
	asked := map[string]bool{}
	for i, w := range all {
		c := comparison{t: t, facts: w.facts, names: w.agents, oracle: metric.Read(w.facts), reader: New(loadFacts(t, w.facts), DefaultConfig(), func() time.Time { return w.until }), now: w.until}
		var its []question
		for n, report := range c.explainable(w, i) {
			for r, row := range []any{report.total, busiest(report.rows)} {
				values := numbersOf(row)
				for k, name := range sortedNames(values) {
					nothing := values[name] == nil || values[name] == 0.0
					key := fmt.Sprintf("%s %d %s", report.name, r, name)
					if asked[key] || i < len(all)-1 && (nothing || (k+n+r)%len(all) > i) {
						continue
					}
					asked[key] = true
					its = append(its, question{report, row, r == 0, name, values[name]})
				}
			}
		}
		t.Run(w.name, func(t *testing.T) {
			t.Parallel() // the engine works on one statement with about one core
			c.t = t
			things := 0
			for _, q := range its {
				things += c.explains(q)
			}
			t.Logf("%d numbers explained by %d things", len(its), things)
		})
	}
}

// question is one number to be explained.
type question struct {
	of    explained
	row   any
	total bool
	name  string
	want  any // as the definitions have it
}

func busiest(rows []any) any {
	most := rows[0]
	for _, row := range rows {
		if weight(row) > weight(most) {
			most = row
		}
	}
	return most
}

// explains asks for one number, page by page.
func (c *comparison) explains(q question) (things int) {
	c.t.Helper()
	of, row, name, want := q.of, q.row, q.name, q.want
	req := ExplainRequest{Number: name, Limit: MaxPage}
	if !q.total {
		g := reflect.ValueOf(row).FieldByName("Group").Interface().(metric.Group)
		cell := metric.Cell{}
		if q, ok := row.(metric.QueueRow); ok {
			cell = q.Cell
		}
		req.Row = RowName(g.Span.From, metric.KeyOf(g, cell, of.splits), of.splits)
	}
	if strings.HasSuffix(name, "0_ms") { // short pages for some
		req.Limit = 40
	}
	var items []metric.Explained
	var first metric.Explanation
	for {
		l, err := of.list(req)
		if err != nil {
			c.t.Fatal(err)
		}
		e, err := c.reader.explain(context.Background(), l, req)
		if invalid := new(Invalid); want == nil && errors.As(err, &invalid) {
			return 0
		}
		if err != nil {
			c.t.Fatalf("%s of %s: %v", name, of.name, err)
		}
		if len(items) == 0 {
			first = e
		}
		items = append(items, e.Items...)
		if e.Next == nil {
			break
		}
		req.Cursor = *e.Next
	}
	again := recomputed(first, items, name)
	for _, got := range []*float64{first.Value, again} {
		switch {
		case got == nil && want == nil:
		case got == nil || !alike(*got, want):
			c.t.Fatalf("%s of %s, total %v: defined %v, explained %s and from the list %s by %d things: %+v", name, of.name, q.total, want, text(first.Value), text(again), len(items), first)
		}
	}
	ids := map[string]bool{}
	for _, x := range items {
		if ids[x.ID] || x.ID == "" || x.Kind == "" {
			c.t.Fatalf("%s of %s lists %q twice or without an id", name, of.name, x.ID)
		}
		ids[x.ID] = true
		if x.IsIt && !alike(float64(*x.ValueMS), want) {
			c.t.Fatalf("%s of %s: %d at place %d is not the number %v", name, of.name, *x.ValueMS, *x.Place, want)
		}
	}
	c.leavesOut(of.name, name, first, len(items), numbersOf(row))
	if strings.HasPrefix(name, "targets.") || name == "backlog.warning" || name == "backlog.breached" {
		c.targets(of.name, name, items)
	}
	if first.Rule.Formula == "" {
		c.t.Fatalf("%s of %s has no rule", name, of.name)
	}
	return len(items)
}

func text(v *float64) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprint(*v)
}

func sortedNames(m map[string]any) []string {
	var out []string
	for n := range m {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// weight is about how much a row has to explain.
func weight(row any) (n int) {
	for _, v := range numbersOf(row) {
		if f, ok := v.(float64); ok && f > 0 {
			n++
		}
	}
	return n
}

func anyRows[R any](rows []R) (out []any) {
	for _, r := range rows {
		out = append(out, r)
	}
	return out
}

// explainable are the reports, in another shape for each n.
func (c *comparison) explainable(w world, n int) []explained {
	c.t.Helper()
	must := func(err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
	}
	window := func(interval string, groups ...string) WindowRequest {
		return WindowRequest{From: w.from, Until: w.until, Interval: interval, Zone: w.zone.String(), GroupBy: groups}
	}
	limits := metric.DefaultLimits()
	limits.Queues = map[string]metric.QueueLimits{"sales": {ServiceLevelMS: 45_000, ShortAbandonMS: 20_000}}
	shapes := [][]string{{"queue"}, {"queue", "language"}, {"team", "skill"}, {"agent", "customer"}, {"hour"}}
	groups := shapes[n%len(shapes)]
	by := metric.Attributions()[n%3]
	if groups[0] == "hour" {
		by = metric.AttributeOffered
	}
	interval := []string{"whole", "1d", "1w"}[n%3]
	queues := QueueRequest{WindowRequest: window(interval, groups...), AttributeBy: string(by), Limits: limits, Teams: c.teams()}
	qp, err := queues.Params()
	must(err)
	qr, err := c.oracle.Queues(qp)
	must(err)
	agents := AgentRequest{WindowRequest: window(interval, [][]string{{"agent"}, {"team"}, {"queue", "disposition"}, {"language"}}[n%4]...), Teams: c.teams()}
	ap, err := agents.Params()
	must(err)
	ar, err := c.oracle.Agents(ap)
	must(err)
	contacts := ContactRequest{WindowRequest: window(interval, [][]string{{"queue"}, {"customer"}, {"disposition", "language"}}[n%3]...)}
	cp, err := contacts.Params()
	must(err)
	cr, err := c.oracle.Contacts(cp)
	must(err)
	menus := IVRRequest{WindowRequest: window(interval), Queues: [][]string{nil, {"support"}}[n%2]}
	ip, err := menus.Params()
	must(err)
	ir, err := c.oracle.IVR(ip)
	must(err)
	tickets := TicketRequest{WindowRequest: window(interval, [][]string{{"queue"}, {"priority", "team"}, {"reason", "agent"}}[n%3]...), Days: 1, Schedule: facttest.Schedules()[0], Targets: promised()}
	tp, err := tickets.TicketParams(c.now)
	must(err)
	tr, err := c.oracle.Tickets(tp)
	must(err)
	backlog := BacklogRequest{WindowRequest: window(interval, [][]string{{"agent"}, {"priority"}, {"queue", "team"}}[n%3]...), SLA: metric.SLA{Targets: promised(), Schedule: facttest.Schedules()[0]}}
	bp, err := backlog.Params(c.now)
	must(err)
	br, err := c.oracle.Backlog(bp)
	must(err)
	fresh, err := c.reader.freshness(context.Background(), w.from, w.until, contactFacts)
	must(err)
	hours, err := c.reader.businessHours(context.Background(), tp)
	must(err)
	frozen, err := c.reader.frozenHours(context.Background(), bp)
	must(err)
	clock, err := c.reader.clock(context.Background(), bp.SLA, c.now)
	must(err)
	return []explained{
		{"queues", qp.GroupBy, qr.Total, anyRows(qr.Rows), func(e ExplainRequest) (listing, error) { return queueListing(queues, e) }},
		{"agents", ap.GroupBy, ar.Total, anyRows(ar.Rows), func(e ExplainRequest) (listing, error) { return agentListing(ap, e, fresh) }},
		{"contacts", cp.GroupBy, cr.Total, anyRows(cr.Rows), func(e ExplainRequest) (listing, error) { return contactListing(cp, e, fresh) }},
		{"ivr", ip.GroupBy, ir.Total, anyRows(ir.Rows), func(e ExplainRequest) (listing, error) { return ivrListing(ip, e, fresh) }},
		{"tickets", tp.GroupBy, tr.Total, anyRows(tr.Rows), func(e ExplainRequest) (listing, error) { return ticketListing(tp, hours, clock, e, fresh) }},
		{"backlog", bp.GroupBy, br.Total, anyRows(br.Rows), func(e ExplainRequest) (listing, error) { return backlogListing(bp, frozen, clock, e, fresh) }},
	}
}
