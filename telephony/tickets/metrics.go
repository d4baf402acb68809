package tickets

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	lookups       *prometheus.CounterVec
	pops          *prometheus.CounterVec
	lookupSeconds prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		lookups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_tickets_lookups_total", Help: "Customer look-ups by result."}, []string{"result"}),
		pops: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_tickets_pops_total", Help: "Screen pops posted by webhook, by result."}, []string{"result"}),
		lookupSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "firstline_tickets_lookup_seconds", Help: "Duration of customer look-ups.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 5}}),
	}
	reg.MustRegister(m.lookups, m.pops, m.lookupSeconds)
	return m
}
