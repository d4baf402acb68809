package api

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/live/livetest"
	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
	"firstline/pipeline/schedule"
)

// withTargets promises something for urgent tickets, and for all others.
func withTargets(s *Site) {
	s.Integrations.Tickets.Targets = map[string]TargetConfig{
		"high":        {FirstReply: time.Hour, Resolution: 8 * time.Hour, Warn: "50%"},
		defaultTarget: {Resolution: 24 * time.Hour, Warn: "75%"},
	}
}

func TestTargetsOfTheSite(t *testing.T) {
	site := DefaultSite()
	if got := site.sla(); !got.Targets.None() {
		t.Errorf("nothing is set: %+v", got)
	}
	withTargets(&site)
	if problems := site.Validate(); len(problems) > 0 {
		t.Errorf("%+v", problems)
	}
	got := site.sla().Targets
	if want := (metric.Limit{MS: 28_800_000, WarnMS: 14_400_000}); got.None() || got.Of("high").Resolution != want || got.Of("low") != got.Of("") || got.Of("low").FirstReply.MS != 0 || got.Of("low").Resolution.WarnMS != 64_800_000 {
		t.Errorf("%+v", got)
	}
	site.Integrations.Tickets.Targets = map[string]TargetConfig{
		"": {FirstReply: time.Hour, Warn: "75%"}, "empty": {Warn: "75%"}, "short": {FirstReply: time.Millisecond, Resolution: 366 * 24 * time.Hour, Warn: "75%"},
		"half": {Resolution: time.Hour, Warn: "0.5"}, "most": {Resolution: time.Hour, Warn: "101%"},
	}
	const at = "integrations.tickets.targets."
	if got := paths(site.Validate()); got != at[:len(at)-1]+" "+at+"empty "+at+"half.warn "+at+"most.warn "+at+"short.first_reply "+at+"short.resolution" {
		t.Error(got)
	}
}

// A ticket of a call on the real engine: about to breach, then breached, in its answer, the list, the backlog, the gauges and the
// share of targets met. In business hours: the office opens an hour after the ticket.
func TestTicketBreaches(t *testing.T) {
	opened := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC) // a Monday; the office opens at eight
	now := opened
	c := &course{at: opened.Add(-time.Second), seq: map[string]uint64{}}
	c.add("helpdesk:4712", fact.TypeTicketOpened, fact.TicketEvent{Type: fact.TypeTicketOpened, System: "helpdesk", EventID: "e1", Ticket: "4712", Contact: ours, Priority: "high", Queue: "support", Reason: "line"})
	c.add(ours, fact.TypeArrived, fact.Arrived{Call: ours + "/c1", Kind: fact.KindInbound, Node: "pbx1", Channel: ours, Dialed: "1000", Language: "en"})
	c.add(ours, fact.TypeContactEnded, fact.ContactEnded{Kind: fact.KindInbound, Node: "pbx1", StartedAt: opened, EndedAt: c.at, LastQueue: "support", Calls: 1})
	w := newWorld(t, options{reports: realReportsBy(t, c.facts, func() time.Time { return now }), site: func(s *Site) {
		withTargets(s)
		s.Schedules = []schedule.Schedule{{ID: "office", Zone: "UTC", Open: []schedule.Hours{{Days: []string{"mon"}, From: "08:00", Until: "18:00"}}}}
		s.Integrations.Tickets.Schedule = "office"
	}})
	sue := w.signIn("sue")
	for _, step := range []struct {
		after             time.Duration // since the opening
		state             metric.SLAState
		warning, breached int64
		due               int64 // how many first replies are met or breached
	}{
		{30 * time.Minute, metric.SLARunning, 0, 0, 0}, {100 * time.Minute, metric.SLAWarning, 1, 0, 0}, {2 * time.Hour, metric.SLAWarning, 1, 0, 0}, {125 * time.Minute, metric.SLABreached, 0, 1, 1},
	} {
		now = opened.Add(step.after)
		var life query.TicketLife
		w.get(Prefix+"/tickets/helpdesk/4712", sue).into(t, &life)
		reply := life.SLA.FirstReply
		if reply == nil || reply.State != step.state || reply.UsedMS != max(step.after-time.Hour, 0).Milliseconds() || !reply.DueAt.Equal(opened.Add(2*time.Hour)) || !life.SLA.DueAt.Equal(*reply.DueAt) {
			t.Errorf("%s: %+v", step.after, reply)
		}
		for _, state := range []metric.SLAState{metric.SLAWarning, metric.SLABreached} {
			var list struct{ Items []metric.Ticket }
			w.get(Prefix+"/tickets?sort=due_at&unassigned=true&sla="+string(state), sue).into(t, &list)
			if found := len(list.Items) == 1; found != (state == step.state) {
				t.Errorf("%s: %d tickets at %s", step.after, len(list.Items), state)
			}
		}
		var left metric.BacklogReport
		w.get(Prefix+"/metrics/backlog"+window+"&group_by=reason", sue).into(t, &left)
		if b := left.Rows[0].Backlog; b.Warning != step.warning || b.Breached != step.breached || *left.Rows[0].Reason != "line" || b.Business.Age.SumMS != reply.UsedMS || left.Schedule != "office" {
			t.Errorf("%s: backlog %+v", step.after, b)
		}
		var report metric.TicketReport
		w.get(Prefix+"/metrics/tickets"+window+"&group_by=priority,reason", sue).into(t, &report)
		if got := report.Rows[0].Targets; *report.Rows[0].Priority != "high" || got.FirstReply.Numerator != 0 || got.FirstReply.Denominator != step.due || (got.FirstReply.Percent == nil) != (step.due == 0) || got.Resolution.Denominator != 0 {
			t.Errorf("%s: targets %+v", step.after, got)
		}
		w.api.countTickets(context.Background())
		if n := testutil.ToFloat64(w.api.due.warning.WithLabelValues("high")); n != float64(step.warning) {
			t.Errorf("%s: the gauge shows %v", step.after, n)
		}
	}
}

// The gauges are those of the last count; none while it fails, and none where nothing is promised.
func TestDueGauges(t *testing.T) {
	w := newWorld(t, options{})
	ctx := context.Background()
	w.api.countTickets(ctx)
	if len(w.reports.dues) != 0 || testutil.CollectAndCount(w.api.due.open) != 0 {
		t.Error("nothing is promised, and counted")
	}
	w = newWorld(t, options{site: withTargets})
	w.api.countTickets(ctx)
	g := w.api.due
	if open, warning, breached := testutil.ToFloat64(g.open.WithLabelValues("high")), testutil.ToFloat64(g.warning.WithLabelValues("high")), testutil.ToFloat64(g.breached.WithLabelValues("high")); open != 3 || warning != 2 || breached != 1 || testutil.ToFloat64(g.open.WithLabelValues(defaultTarget)) != 7 || testutil.CollectAndCount(g.open) != 2 {
		t.Errorf("%v open, %v about to breach, %v breached", open, warning, breached)
	}
	w.reports.fails(errors.New("no database"))
	w.api.countTickets(ctx)
	if n := testutil.CollectAndCount(g.open) + testutil.CollectAndCount(g.warning) + testutil.CollectAndCount(g.breached); n != 0 || testutil.ToFloat64(g.counts.WithLabelValues("failed")) != 1 || testutil.ToFloat64(g.counts.WithLabelValues("ok")) != 1 {
		t.Errorf("%d gauges of old counts", n)
	}
}

// None while events that came are not loaded, either, nor while that isn't known.
func TestDueGaugesBehind(t *testing.T) {
	way := &wayDouble{}
	w, _, clock := alertWorld(t, options{site: withTargets, way: way.reaches})
	for _, s := range []struct {
		after          time.Duration
		loaded, end    int64
		err            error
		gauges, counts int
	}{
		{0, 4, 5, nil, 0, 0}, // for how long already nobody knows
		{time.Minute, 5, 6, nil, 2, 1}, {time.Minute, 5, 8, nil, 2, 2}, {time.Minute, 5, 8, nil, 2, 3}, {time.Minute, 5, 8, nil, 0, 3}, {time.Minute, 8, 8, nil, 2, 4},
		{time.Minute, 0, 0, errors.New("no kafka"), 0, 4},
	} {
		clock.put(clock.now().Add(s.after))
		way.put(s.loaded, s.end, s.err)
		w.api.countTickets(context.Background())
		if n := testutil.CollectAndCount(w.api.due.open); n != s.gauges || len(w.reports.dues) != s.counts {
			t.Errorf("%d gauges, %d counts, want %+v", n, len(w.reports.dues), s)
		}
	}
	if failed, ok := testutil.ToFloat64(w.api.due.counts.WithLabelValues("failed")), testutil.ToFloat64(w.api.due.counts.WithLabelValues("ok")); failed != 3 || ok != 4 {
		t.Errorf("%v failed, %v ok", failed, ok)
	}
}

// wayDouble is a way of ticket events that is as the test says.
type wayDouble struct {
	reach load.Reach
	err   error
	asked int
}

func (d *wayDouble) put(loaded, end int64, err error) {
	d.reach, d.err = load.Reach{Place: "firstline.tickets.v1/0", Loaded: loaded, End: end}, err
}

func (d *wayDouble) reaches(context.Context) ([]load.Reach, error) {
	d.asked++
	return []load.Reach{d.reach}, d.err
}

// TestTicketLag: events are late only when what was there is not loaded for a while: at any one place of their way.
func TestTicketLag(t *testing.T) {
	var l ticketLag
	now := livetest.Began()
	for i, c := range []struct {
		after  time.Duration
		places [2][2]int64 // loaded and end of each
		want   bool
	}{
		{0, [2][2]int64{{0, 0}, {3, 4}}, true},                                                                         // for how long already nobody knows
		{15 * time.Second, [2][2]int64{{0, 0}, {4, 9}}, false}, {2 * time.Minute, [2][2]int64{{0, 0}, {9, 12}}, false}, // it moves
		{2 * time.Minute, [2][2]int64{{0, 1}, {12, 12}}, false}, {2 * time.Minute, [2][2]int64{{0, 2}, {20, 20}}, false}, {time.Second, [2][2]int64{{0, 2}, {25, 25}}, true}, // the first place stands
		{time.Second, [2][2]int64{{1, 2}, {30, 30}}, false}, {3 * time.Minute, [2][2]int64{{1, 2}, {30, 30}}, true},
		{time.Second, [2][2]int64{{0, 1}, {30, 30}}, false}, // another log, which begins anew
		{time.Second, [2][2]int64{{1, 1}, {30, 30}}, false},
		{time.Hour, [2][2]int64{{1, 2}, {30, 30}}, true}, // nobody looked for long
	} {
		now = now.Add(c.after)
		var reaches []load.Reach
		for place, r := range c.places {
			reaches = append(reaches, load.Reach{Place: string(rune('a' + place)), Loaded: r[0], End: r[1]})
		}
		if got := l.late(reaches, now); got != c.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}
