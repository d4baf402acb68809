package store

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	inserts *prometheus.CounterVec // by table and outcome
	rows    *prometheus.CounterVec // by table
	seconds prometheus.Histogram
	present *prometheus.CounterVec // by table
	again   *prometheus.CounterVec // by table
	clamped prometheus.Counter
	erased  prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "firstline_store_" + name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	m := &metrics{
		inserts: counters("inserts_total", "Inserts by table and outcome (ok, error).", "table", "outcome"),
		rows:    counters("rows_total", "Rows of acknowledged inserts, by table.", "table"),
		present: counters("present_rows_total", "Rows left out of a repeated insert because the table had them, by table.", "table"),
		again: counters("token_without_rows_total",
			"Repeated inserts whose token the table remembered although it lacked their rows, by table; they were inserted under another token.", "table"),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "firstline_store_insert_seconds",
			Help: "Time of one insert into one table.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}}),
		clamped: prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_store_clamped_times_total",
			Help: "Times outside the years that ClickHouse can hold, moved to the nearest it can."}),
	}
	m.erased = prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_store_erased_facts_total",
		Help: "Facts that came after their caller was erased, late or again, and were loaded without what tells of him."})
	reg.MustRegister(m.seconds, m.clamped, m.erased)
	return m
}
