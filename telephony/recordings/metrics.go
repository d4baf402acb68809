package recordings

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	stored, lost, retries, bytes, missing prometheus.Counter
	waiting                               prometheus.Gauge
	expired, expiryFailures               prometheus.Counter
	deleteFailures                        prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_recordings_" + name, Help: help})
		reg.MustRegister(c)
		return c
	}
	m := &metrics{
		stored:  counter("stored_total", "Recordings fetched from Asterisk and kept."),
		lost:    counter("lost_total", "Recordings there is no file of: Asterisk had none, it was broken, or it could not be fetched and kept in time."),
		retries: counter("retries_total", "Attempts at fetching and keeping a recording after one that failed."),
		bytes:   counter("bytes_total", "Size of the recordings kept."),
		missing: counter("missing_sides_total", "Recordings kept with silence for a side that Asterisk had none of, or a broken one."),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "firstline_recordings_waiting", Help: "Recordings that ended and are neither kept nor lost yet, those being fetched included."}),
		expired:        counter("expired_total", "Recordings removed because their time was over."),
		expiryFailures: counter("expiry_failures_total", "Times that recordings whose time was over could not all be removed."),
		deleteFailures: counter("delete_failures_total", "Sides of kept recordings that could not be deleted in Asterisk."),
	}
	reg.MustRegister(m.waiting)
	return m
}
