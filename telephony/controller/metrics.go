package controller

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	steps, ignored, commands, facts *prometheus.CounterVec
	clamped                         *prometheus.CounterVec
	beats, requests, streamsEnded   *prometheus.CounterVec
	badFacts, lostRecords, streamed prometheus.Counter
	inboxDepth, waiting, link       prometheus.Gauge
	linkSince, streams, clockAhead  prometheus.Gauge
	inboxSeconds, stepSeconds       prometheus.Histogram
	syncSeconds, lateSeconds        prometheus.Histogram
	snapshotSeconds                 prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := factory{reg}
	fast := prometheus.ExponentialBuckets(0.00001, 2, 20)
	slow := prometheus.ExponentialBuckets(0.0001, 2, 18)
	return &metrics{
		steps:           f.counters("steps_total", "Events taken in.", "event"),
		ignored:         f.counters("ignored_total", "Events without effect.", "reason"),
		clamped:         f.counters("clamped_times_total", "Events whose time was moved by more than a second: ahead = it was later than now, behind = it was before what was recorded.", "direction", "event"),
		commands:        f.counters("commands_total", "Commands handed out.", "command"),
		facts:           f.counters("facts_total", "Facts recorded.", "type"),
		beats:           f.counters("beats_total", "Heartbeats: sent, failed, or stale and so not sent.", "result"),
		requests:        f.counters("requests_total", "Requests of the internal HTTP.", "route", "code"),
		streamsEnded:    f.counters("streams_ended_total", "Fact streams that ended: left, slow, compacted, stopping.", "why"),
		badFacts:        f.counter("bad_facts_total", "Facts of the core that can't be encoded; they are lost."),
		lostRecords:     f.counter("lost_records_total", "Records the log refused; their private part is lost until the next snapshot."),
		streamed:        f.counter("streamed_facts_total", "Facts written to streams."),
		inboxDepth:      f.gauge("inbox_depth", "Events waiting for the loop."),
		waiting:         f.gauge("waiting_outputs", "Steps whose commands wait for their record to be durable."),
		link:            f.gauge("link_up", "1 while Asterisk is connected and reconciled."),
		linkSince:       f.gauge("link_since_seconds", "When link_up last changed, Unix seconds."),
		streams:         f.gauge("streams", "Fact streams open."),
		clockAhead:      f.gauge("clock_ahead_seconds", "The clock of facts minus the machine's: not 0 when that one was set since the start, or back before it."),
		inboxSeconds:    f.histogram("inbox_seconds", "Time of an event in the inbox.", fast),
		stepSeconds:     f.histogram("step_seconds", "Time of one step of the core, its record included.", fast),
		syncSeconds:     f.histogram("sync_seconds", "Time from a step to the hand-over of its commands.", slow),
		lateSeconds:     f.histogram("late_seconds", "How long after its deadline a wake came.", slow),
		snapshotSeconds: f.histogram("snapshot_seconds", "Time the loop spent on a full snapshot of the state.", slow),
	}
}

type factory struct{ reg prometheus.Registerer }

func (f factory) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_controller_" + name, Help: help})
	f.reg.MustRegister(c)
	return c
}

func (f factory) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "firstline_controller_" + name, Help: help}, labels)
	f.reg.MustRegister(c)
	return c
}

func (f factory) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "firstline_controller_" + name, Help: help})
	f.reg.MustRegister(g)
	return g
}

func (f factory) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "firstline_controller_" + name, Help: help, Buckets: buckets})
	f.reg.MustRegister(h)
	return h
}
