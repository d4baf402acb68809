package api

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/problem"
	"firstline/pipeline/trouble"
)

// TargetConfig is what is promised for tickets of one priority. Each entry stands for itself: what it leaves out is not promised.
type TargetConfig struct {
	FirstReply time.Duration `yaml:"first_reply"` // until the first reply, in the tickets' hours; 0s = nothing is promised
	Resolution time.Duration `yaml:"resolution"`  // until the resolution, without the time that it waits for the customer; 0s = nothing is promised
	Warn       string        `yaml:"warn"`        // share of the time from which on a ticket is about to breach
}

// DefaultTarget warns when three quarters are used.
func DefaultTarget() TargetConfig { return TargetConfig{Warn: "75%"} }

// UnmarshalYAML lets a target begin with its defaults, so that what is printed as in force is.
func (t *TargetConfig) UnmarshalYAML(decode func(any) error) error {
	type plain TargetConfig
	*t = DefaultTarget()
	return decode((*plain)(t))
}

const (
	defaultTarget = "default" // the key of tickets of all other priorities
	longestTarget = 365 * 24 * time.Hour
)

// percent is warn as a number, 0 when it is none.
func (t TargetConfig) percent() int {
	number, found := strings.CutSuffix(t.Warn, "%")
	n, err := strconv.Atoi(number)
	if !found || err != nil || n < 1 || n > 100 {
		return 0
	}
	return n
}

func (t TargetConfig) target() metric.Target {
	return metric.Target{FirstReply: metric.NewLimit(t.FirstReply, t.percent()), Resolution: metric.NewLimit(t.Resolution, t.percent())}
}

// targets tells what is wrong with them.
func (t TicketIntegration) targets() []problem.Problem {
	var out []problem.Problem
	for _, priority := range slices.Sorted(maps.Keys(t.Targets)) {
		c, path := t.Targets[priority], "integrations.tickets.targets."+priority
		add := func(key, message, mend string) {
			out = append(out, problem.Problem{Path: strings.TrimRight(path+"."+key, "."), Message: message, Mend: mend})
		}
		if priority == "" {
			add("", "has no priority", "write default for tickets without one")
		}
		if c.FirstReply == 0 && c.Resolution == 0 {
			add("", "promises nothing", "write first_reply: 1h or resolution: 8h, or leave it out")
		}
		for _, d := range []struct {
			key   string
			value time.Duration
		}{{"first_reply", c.FirstReply}, {"resolution", c.Resolution}} {
			if d.value != 0 && (d.value < time.Second || d.value > longestTarget) {
				add(d.key, "is "+d.value.String()+", not between 1s and 8760h, which are 365 days", "write 8h")
			}
		}
		if c.percent() == 0 {
			add("warn", "is no share from 1% to 100%", "write "+DefaultTarget().Warn)
		}
	}
	return out
}

// sla is by what tickets are judged.
func (s Site) sla() metric.SLA {
	out := metric.SLA{Targets: metric.Targets{ByPriority: map[string]metric.Target{}}, Schedule: s.ticketSchedule()}
	for priority, c := range s.Integrations.Tickets.Targets {
		if priority == defaultTarget {
			out.Targets.Default = c.target()
			continue
		}
		out.Targets.ByPriority[priority] = c.target()
	}
	return out
}

// ticketsDue counts the open tickets by priority, in these queues and of these teams; nil means all. Rules of alerts ask it too.
func (a *API) ticketsDue(ctx context.Context, queues, teams []string) ([]metric.DueCount, error) {
	return a.reports.TicketsDue(ctx, query.DueRequest{SLA: a.site().sla(), Queues: queues, Teams: teams})
}

// dueEvery is how often the gauges are counted anew: once for all that scrape them, since it reads all events of tickets.
const dueEvery = time.Minute

// dueGauges tell how many tickets are open, about to breach and breached.
type dueGauges struct {
	open, warning, breached *prometheus.GaugeVec
	counts                  *prometheus.CounterVec
	failing                 *trouble.Trouble
	lag                     ticketLag // owned by who counts
}

func newDueGauges(reg prometheus.Registerer) *dueGauges {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help + " As of the last count, a minute ago at most; none where no targets are set, while they can't be counted, and while events of them are not loaded or that isn't known."}, []string{"priority"})
	}
	g := &dueGauges{
		open:     gauge("firstline_api_tickets_open", "Tickets that are open or wait for the customer, by the priority of a target; default: all others."),
		warning:  gauge("firstline_api_tickets_warning", "Of these, those about to breach a target of integrations.tickets.targets."),
		breached: gauge("firstline_api_tickets_breached", "Of these, those that have breached one."),
		counts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_api_ticket_counts_total", Help: "Counts of the tickets that are due, by result: ok; failed, as it is while events of them are not loaded."}, []string{"result"}),
		failing: trouble.New(startPatience),
	}
	reg.MustRegister(g.open, g.warning, g.breached, g.counts)
	return g
}

// watchTickets counts now and then until ctx ends.
func (a *API) watchTickets(ctx context.Context) {
	ticker := time.NewTicker(dueEvery)
	defer ticker.Stop()
	for {
		a.countTickets(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// countTickets sets the gauges. Old counts go away first: a wrong number would keep an alarm silent, and so would one of old events.
func (a *API) countTickets(ctx context.Context) {
	var counts []metric.DueCount
	var err error
	if !a.site().sla().Targets.None() {
		within, cancel := context.WithTimeout(ctx, a.cfg.QueryTimeout)
		defer cancel()
		if err = a.ticketsLate(within, &a.due.lag, a.clock()); err == nil {
			counts, err = a.ticketsDue(within, nil, nil)
		}
		if err != nil {
			counts = nil
		}
		a.noteCount(ctx, err)
	}
	g := a.due
	for _, v := range []*prometheus.GaugeVec{g.open, g.warning, g.breached} {
		v.Reset()
	}
	for _, c := range counts {
		label := defaultTarget // the ticket system may name any number of priorities
		if _, ok := a.site().Integrations.Tickets.Targets[c.Priority]; ok {
			label = c.Priority
		}
		g.open.WithLabelValues(label).Add(float64(c.Open))
		g.warning.WithLabelValues(label).Add(float64(c.Warning))
		g.breached.WithLabelValues(label).Add(float64(c.Breached))
	}
}

func (a *API) noteCount(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil: // it stops
	case err != nil:
		a.due.counts.WithLabelValues("failed").Inc()
		if told := a.due.failing.Failed(err); told != nil {
			a.log.Warn("tickets that are due not counted", told...)
		}
	default:
		a.due.counts.WithLabelValues("ok").Inc()
		if told := a.due.failing.Over(); told != nil {
			a.log.Info("tickets that are due are counted again", told...)
		}
	}
}
