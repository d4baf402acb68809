package api

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/metric"
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
