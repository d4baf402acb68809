package forget

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	open     prometheus.Gauge
	erased   *prometheus.CounterVec // by what
	retained *prometheus.CounterVec // by kind and table
	failures *prometheus.CounterVec // by what
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		open: prometheus.NewGauge(prometheus.GaugeOpts{Name: "firstline_erasures_open",
			Help: "Erasures of callers of whom facts may still come."}),
		erased: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "firstline_erased_total",
			Help: "What erasures emptied or deleted: rows by table, files as recordings."}, []string{"what"}),
		retained: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "firstline_retention_rows_total",
			Help: "Rows whose time was over, by kind and table: personal, emptied of what tells of callers; contacts and tickets, dropped."}, []string{"kind", "table"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "firstline_forget_failures_total",
			Help: "Passes that failed and are tried again: erasure, personal, contacts, tickets."}, []string{"what"}),
	}
	reg.MustRegister(m.open, m.erased, m.retained, m.failures)
	return m
}
