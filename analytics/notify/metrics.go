package notify

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	tries   *prometheus.CounterVec
	dropped *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_notify_tries_total", Help: "Tries to deliver a report or alerts, by way (mail, webhook), kind (report, alerts) and result: sent; failed: it is tried again; refused: for good."},
			[]string{"way", "kind", "result"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_notify_dropped_total", Help: "Messages that were given up, refused or after too many tries."}, []string{"way", "kind"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "firstline_notify_seconds", Help: "Duration of a try to deliver.", Buckets: []float64{.01, .05, .1, .5, 1, 5, 10, 20, 60}}, []string{"way"}),
	}
	reg.MustRegister(m.tries, m.dropped, m.seconds)
	return m
}
