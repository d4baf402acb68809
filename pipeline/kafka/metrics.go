package kafka

import "github.com/prometheus/client_golang/prometheus"

// metrics of one publisher; the label source tells several logs apart.
type metrics struct {
	published     prometheus.Counter
	batches       prometheus.Counter
	failures      prometheus.Counter
	restarts      prometheus.Counter
	unpublishable prometheus.Counter
	skipped       prometheus.Counter
	position      prometheus.Gauge
	ack           prometheus.Histogram
}

// newMetrics registers them; lag is asked at each scrape, seconds.
func newMetrics(reg prometheus.Registerer, source string, lag func() float64) *metrics {
	labels := prometheus.Labels{"source": source}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_kafka_" + name, Help: help, ConstLabels: labels})
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "firstline_kafka_" + name, Help: help, ConstLabels: labels})
		reg.MustRegister(g)
		return g
	}
	m := &metrics{
		published:     counter("published_total", "Facts acknowledged by Kafka."),
		batches:       counter("batches_total", "Produce requests acknowledged by Kafka."),
		failures:      counter("failures_total", "Rounds of publishing that failed and were tried again."),
		restarts:      counter("restarts_total", "Times publishing began again at the oldest kept fact, as the cluster or the log was another one."),
		unpublishable: counter("unpublishable_total", "Facts that can't be encoded or that Kafka refuses for their size; they stay in the log only."),
		skipped:       counter("skipped_total", "Positions the log no longer kept when they were to be published, at most."),
		position:      gauge("published_position", "Position of the last fact published."),
	}
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "firstline_kafka_lag_seconds", ConstLabels: labels,
		Help: "How long the oldest fact read from the log waits for its acknowledgement; 0 when none does.",
	}, lag))
	m.ack = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "firstline_kafka_ack_seconds", Help: "Time from handing a round of facts to Kafka to its acknowledgement.",
		ConstLabels: labels, Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	})
	reg.MustRegister(m.ack)
	return m
}
