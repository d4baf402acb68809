package asterisk

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	connected    prometheus.Gauge
	connects     prometheus.Counter
	refused      *prometheus.CounterVec // connections turned away, by reason
	losses       *prometheus.CounterVec // links lost, by reason
	events       *prometheus.CounterVec // by Asterisk's type; unknown types as "unknown"
	undecodable  prometheus.Counter
	duplicates   prometheus.Counter
	held         prometheus.Gauge
	reconciles   *prometheus.CounterVec // by why
	relistErrors prometheus.Counter
	requests     *prometheus.CounterVec // by what and status
	seconds      prometheus.Histogram
	age          prometheus.Histogram
	early        prometheus.Counter
	clockAhead   prometheus.Gauge
	retries      prometheus.Counter
	commands     *prometheus.CounterVec // by type and result
	pending      prometheus.Gauge
	pollErrors   prometheus.Counter
	unconnected  prometheus.Counter
	beats        *prometheus.CounterVec
	queueLog     *prometheus.CounterVec // lines by kind: used, other, bad
	rotations    prometheus.Counter
	formerLost   prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	const p = "firstline_asterisk_"
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: p + name, Help: help})
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: p + name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: p + name, Help: help})
	}
	m := &metrics{
		connected:    gauge("connected", "1 while Asterisk's websocket is there and reconciled."),
		connects:     counter("connects_total", "Websockets accepted from Asterisk."),
		refused:      vec("connections_refused_total", "Websockets turned away.", "reason"),
		losses:       vec("links_lost_total", "Websockets lost.", "reason"),
		events:       vec("events_total", "Events received, by type.", "type"),
		undecodable:  counter("events_undecodable_total", "Events that could not be decoded and were dropped."),
		duplicates:   counter("events_duplicate_total", "Events dropped because they had come before."),
		held:         gauge("events_held", "Events that wait until what is there has been listed."),
		reconciles:   vec("reconciles_total", "Lists of what is there handed on, by why.", "why"),
		relistErrors: counter("relist_errors_total", "Lists of what is there that failed."),
		requests:     vec("requests_total", "REST requests by what was asked and status (0 = none came).", "what", "status"),
		age: prometheus.NewHistogram(prometheus.HistogramOpts{Name: p + "event_age_seconds",
			Help:    "Age of events when they are read, by Asterisk's clock; it grows when Asterisk or the controller is behind. Without those that were later than now.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2, 5, 10, 60}}),
		early:      counter("events_early_total", "Events that were later than now by the controller's clock: Asterisk's is ahead."),
		clockAhead: gauge("clock_ahead_seconds", "Asterisk's clock minus that of the controller's machine at the last event, whose way counts as behind."),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: p + "request_seconds", Help: "Duration of REST requests.",
			Buckets: []float64{.0002, .0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2}}),
		retries:     counter("request_retries_total", "REST requests sent again because the connection was closed."),
		commands:    vec("commands_total", "Commands by type and result: done, failed, repeated, dropped.", "type", "result"),
		pending:     gauge("commands_pending", "Commands taken and not yet done, those put off included."),
		pollErrors:  counter("poll_errors_total", "Looks at the phones that failed: Asterisk did not answer."),
		unconnected: counter("unconnected_looks_total", "Looks at the phones at which Asterisk answered but had not connected."),
		beats:       vec("beats_total", "Heartbeats written to Asterisk, by result.", "result"),
		queueLog:    vec("queue_log_lines_total", "Lines of queue_log: used, other, bad.", "kind"),
		rotations:   counter("queue_log_rotations_total", "Times queue_log was replaced or cut."),
		formerLost:  counter("queue_log_former_lost_total", "Replaced queue_log files that were gone before they were read to the end."),
	}
	reg.MustRegister(m.connected, m.connects, m.refused, m.losses, m.events, m.undecodable, m.duplicates, m.held, m.reconciles,
		m.relistErrors, m.requests, m.age, m.early, m.clockAhead, m.seconds, m.retries, m.commands, m.pending, m.pollErrors, m.unconnected, m.beats, m.queueLog, m.rotations, m.formerLost)
	return m
}
