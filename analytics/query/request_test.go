package query

import (
	"errors"
	"strings"
	"testing"
	"time"

	"firstline/analytics/metric"
)

func TestMistakesNameTheirParameter(t *testing.T) {
	ok := WindowRequest{From: day.From, Until: day.Until}
	edit := func(f func(*WindowRequest)) WindowRequest {
		w := ok
		f(&w)
		return w
	}
	negative := int64(-1)
	for want, params := range map[string]func() error{
		"from": func() error {
			_, err := QueueRequest{WindowRequest: WindowRequest{Until: day.Until}}.Params()
			return err
		},
		"until": func() error {
			_, err := QueueRequest{WindowRequest: edit(func(w *WindowRequest) { w.Until = w.From })}.Params()
			return err
		},
		"tz": func() error {
			_, err := AgentRequest{WindowRequest: edit(func(w *WindowRequest) { w.Zone = "Mars/Base" })}.Params()
			return err
		},
		"interval": func() error {
			_, err := QueueRequest{WindowRequest: edit(func(w *WindowRequest) { w.Interval = "2h" })}.Params()
			return err
		},
		"edges": func() error {
			_, err := QueueRequest{WindowRequest: edit(func(w *WindowRequest) { w.Interval, w.Edges = "custom", []time.Time{w.Until, w.From} })}.Params()
			return err
		},
		"group_by": func() error {
			_, err := QueueRequest{WindowRequest: edit(func(w *WindowRequest) { w.GroupBy = []string{"node"} })}.Params()
			return err
		},
		"attribute_by": func() error { _, err := QueueRequest{WindowRequest: ok, AttributeBy: "begun"}.Params(); return err },
		"service_level_ms": func() error {
			_, err := QueueRequest{WindowRequest: ok, ServiceLevelMS: &negative}.Params()
			return err
		},
		"days": func() error {
			_, err := ContactRequest{WindowRequest: ok, Days: 91}.TicketParams(time.Time{})
			return err
		},
		"cursor": func() error {
			_, _, err := searchStatement(SearchRequest{From: day.From, Until: day.Until, Cursor: "!"})
			return err
		},
		"limit": func() error {
			_, _, err := abandonedStatement(AbandonedRequest{From: day.From, Until: day.Until, Limit: 501})
			return err
		},
		"outcome": func() error {
			_, _, err := searchStatement(SearchRequest{From: day.From, Until: day.Until, Outcome: "lost"})
			return err
		},
		"step": func() error { _, err := TodayRequest{Step: "1d"}.params(time.Now()); return err },
	} {
		var invalid *Invalid
		if err := params(); !errors.As(err, &invalid) || len(invalid.Problems) != 1 || invalid.Problems[0].Path != want || invalid.Problems[0].Mend == "" {
			t.Errorf("%s: %v", want, params())
		}
	}
}

// A heat map is not of where entries ended, and of two years at most.
func TestHeatMapMistakes(t *testing.T) {
	long := QueueRequest{WindowRequest: WindowRequest{From: day.From, Until: day.From.AddDate(3, 0, 0), GroupBy: []string{"hour"}}, AttributeBy: "ended"}
	_, err := long.Params()
	for _, want := range []string{"attribute_by:", "until:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	_, err := QueueRequest{WindowRequest: WindowRequest{Zone: "X", Interval: "1d", GroupBy: []string{"flow"}}, AttributeBy: "y"}.Params()
	for _, want := range []string{"tz:", "from:", "group_by:", "attribute_by:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

// Edges belong to custom and custom needs edges.
func TestEdges(t *testing.T) {
	inner := []time.Time{day.From.Add(time.Hour)}
	for _, c := range []struct {
		interval string
		edges    []time.Time
		ok       bool
	}{{"custom", inner, true}, {"custom", nil, false}, {"1h", inner, false}, {"", inner, false}} {
		_, err := QueueRequest{WindowRequest: WindowRequest{From: day.From, Until: day.Until, Interval: c.interval, Edges: c.edges}}.Params()
		var invalid *Invalid
		if c.ok && err != nil || !c.ok && (!errors.As(err, &invalid) || invalid.Problems[0].Path != "edges") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestTooManyBuckets(t *testing.T) {
	_, err := QueueRequest{WindowRequest: WindowRequest{From: day.From, Until: day.From.AddDate(0, 1, 0), Interval: "15m"}}.Params()
	var invalid *Invalid
	if !errors.As(err, &invalid) || invalid.Problems[0].Path != "interval" {
		t.Errorf("a month of quarters: %v", err)
	}
}

func TestOverrideReplacesEveryQueuesLimit(t *testing.T) {
	limits := metric.DefaultLimits()
	limits.Queues = map[string]metric.QueueLimits{"sales": {ServiceLevelMS: 1, ShortAbandonMS: 2}}
	level := int64(30_000)
	p, err := QueueRequest{WindowRequest: WindowRequest{From: day.From, Until: day.Until}, Limits: limits, ServiceLevelMS: &level}.Params()
	if err != nil || p.Limits.Of("sales").ServiceLevelMS != level || p.Limits.Of("other").ServiceLevelMS != level || p.Limits.Of("sales").ShortAbandonMS != 2 {
		t.Errorf("limits %+v, %v", p.Limits, err)
	}
	if limits.Queues["sales"].ServiceLevelMS != 1 {
		t.Error("the caller's limits were changed")
	}
}

// Text of a request never becomes text of a statement.
func TestValuesStayOutOfTheText(t *testing.T) {
	const evil = "'; DROP TABLE entries --"
	s, _, err := searchStatement(SearchRequest{From: day.From, Until: day.Until, ID: evil, Queues: []string{evil}, Agent: evil, Customer: evil, Ticket: evil})
	if err != nil || strings.Contains(s.text, "DROP") {
		t.Errorf("%v\n%s", err, s.text)
	}
	q, _, err := queueStatement(metric.QueueParams{Window: day, AttributeBy: metric.AttributeOffered, Queues: []string{evil}, Limits: metric.Limits{Queues: map[string]metric.QueueLimits{evil: {}}}}, groupingSets(nil))
	if err != nil || strings.Contains(q.text, "DROP") {
		t.Errorf("%v\n%s", err, q.text)
	}
}

func TestConfigValidate(t *testing.T) {
	if p := DefaultConfig().Validate(); len(p) > 0 {
		t.Errorf("the default is wrong: %v", p)
	}
	if p := (Config{}).Validate(); len(p) != 5 {
		t.Errorf("an empty configuration: %v", p)
	}
}
