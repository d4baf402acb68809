package chdb

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	queries  *prometheus.CounterVec   // by kind and outcome
	seconds  *prometheus.HistogramVec // by kind
	wait     prometheus.Histogram
	running  prometheus.Gauge
	refused  *prometheus.CounterVec // by reason
	kills    prometheus.Counter
	renewed  prometheus.Counter
	rows     prometheus.Counter
	aborted  prometheus.Counter
	startup  prometheus.Gauge
	received prometheus.Counter
	sent     prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	buckets := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	m := &metrics{
		queries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "firstline_chdb_queries_total",
			Help: "Queries by kind (read, insert, other) and outcome (ok, error, broken: failed after the answer had begun)."},
			[]string{"kind", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "firstline_chdb_query_seconds",
			Help: "Time of a query on its connection, sending the answer included.", Buckets: buckets}, []string{"kind"}),
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "firstline_chdb_wait_seconds",
			Help: "Time a query waited for a connection.", Buckets: buckets}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Name: "firstline_chdb_running", Help: "Queries running."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "firstline_chdb_refused_total",
			Help: "Requests refused before they reached the engine, by reason (busy, authentication, origin, request)."},
			[]string{"reason"}),
		kills: prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_chdb_kills_total",
			Help: "Times a running query was told to end, as its client left or the process stops."}),
		renewed: prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_chdb_connections_renewed_total",
			Help: "Connections opened again because a statement left something behind in them."}),
		rows: prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_chdb_inserted_rows_total",
			Help: "Rows of acknowledged inserts, repeats that the engine dropped by their token included."}),
		aborted: prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_chdb_inserts_aborted_total",
			Help: "Inserts whose data ended early; nothing of them was inserted."}),
		startup: prometheus.NewGauge(prometheus.GaugeOpts{Name: "firstline_chdb_start_seconds",
			Help: "Time from the beginning of the start until queries were served."}),
		received: prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_chdb_received_bytes_total",
			Help: "Bytes of insert data, uncompressed."}),
		sent: prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_chdb_sent_bytes_total",
			Help: "Bytes of answers, as sent."}),
	}
	reg.MustRegister(m.queries, m.seconds, m.wait, m.running, m.refused, m.kills, m.renewed, m.rows, m.aborted, m.startup, m.received, m.sent)
	return m
}
