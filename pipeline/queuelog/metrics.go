package queuelog

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	lines      *prometheus.CounterVec
	facts      prometheus.Counter
	unsaid     *prometheus.CounterVec
	repeats    prometheus.Counter
	unreadable *prometheus.CounterVec
	lost       prometheus.Counter
	gaps       prometheus.Counter
	changes    prometheus.Counter
	forgotten  prometheus.Counter
	rotations  prometheus.Counter
	recovered  *prometheus.CounterVec
	failures   *prometheus.CounterVec
	position   prometheus.Gauge
	watermark  prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_queuelog_" + name, Help: help})
		reg.MustRegister(c)
		return c
	}
	by := func(name, help, label string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "firstline_queuelog_" + name, Help: help}, []string{label})
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "firstline_queuelog_" + name, Help: help})
		reg.MustRegister(g)
		return g
	}
	return &metrics{
		lines:      by("lines_total", "Lines written to queue_log.", "event"),
		facts:      counter("facts_total", "Facts read, each counted once."),
		unsaid:     by("unsaid_total", "Refused joins, and offers that never rang: facts that app_queue has no event for.", "fact"),
		repeats:    counter("repeats_total", "Facts read again after the controller's log was cut, and skipped."),
		unreadable: by("unreadable_facts_total", "Facts that could not be read and were passed over.", "reason"),
		lost:       counter("lost_facts_total", "Facts that the controller no longer kept when they were to be read: their lines are missing."),
		gaps:       counter("gaps_total", "Spans of facts that were skipped because they are no longer kept."),
		changes:    counter("log_changes_total", "Times the controller had another log than before: facts of the former one may be missing."),
		forgotten:  counter("forgotten_total", "Calls whose end was in a gap: they have a line without its closing one."),
		rotations:  counter("rotations_total", "Times queue_log was found replaced by another file."),
		recovered:  by("recovered_total", "Batches of lines found begun at a start: unwritten, written, unknown (the file is gone or cut, they count as written) or disturbed (something else stood there, they were written again).", "state"),
		failures:   by("failures_total", "Tries that failed and are repeated.", "cause"),
		position:   gauge("position", "Position of the last fact read."),
		watermark:  gauge("watermark_seconds", "Time of the last fact read, Unix seconds."),
	}
}
