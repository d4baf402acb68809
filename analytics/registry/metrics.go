package registry

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

type metrics struct {
	failures *prometheus.CounterVec
	seconds  prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer, db *sql.DB) *metrics {
	m := &metrics{
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "firstline_registry_failures_total",
			Help: "What PostgreSQL did not do for the API's state, by cause: unreached (no connection), timeout, refused (it said no), broken (the connection)."},
			[]string{"cause"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "firstline_registry_statement_seconds",
			Help: "Time of one statement of the API's state in PostgreSQL.", Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}}),
	}
	for _, cause := range []string{unreached, timeout, refused, broken} {
		m.failures.WithLabelValues(cause)
	}
	reg.MustRegister(m.failures, m.seconds, collectors.NewDBStatsCollector(db, "registry"))
	return m
}

// Causes of failures.
const (
	unreached = "unreached"
	timeout   = "timeout"
	refused   = "refused"
	broken    = "broken"
)

// failed counts a statement's error, if it is one.
func (m *metrics) failed(err error) {
	if err != nil && !errors.Is(err, context.Canceled) { // who asked is gone: no failure of PostgreSQL's
		m.failures.WithLabelValues(causeOf(err)).Inc()
	}
}

func causeOf(err error) string {
	var said *pgconn.PgError
	switch {
	case errors.Is(err, context.DeadlineExceeded), pgconn.Timeout(err):
		return timeout
	case errors.As(err, &said) && !passing(said):
		return refused
	default:
		return broken
	}
}
