package load

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of a loader; every one but generations and waits is of a partition.
type metrics struct {
	generations prometheus.Counter
	waits       prometheus.Counter
	facts       *prometheus.CounterVec
	repeats     *prometheus.CounterVec
	missing     *prometheus.CounterVec
	expired     *prometheus.CounterVec
	deadLetters *prometheus.CounterVec
	forgotten   *prometheus.CounterVec
	plans       *prometheus.CounterVec
	resumed     *prometheus.CounterVec
	failures    *prometheus.CounterVec
	lag         *prometheus.GaugeVec
	stopped     *prometheus.GaugeVec
	watermark   *prometheus.GaugeVec
	insert      *prometheus.HistogramVec
	delay       *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	counter := func(name, help string, more ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "firstline_load_" + name, Help: help},
			append([]string{"topic", "partition"}, more...))
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "firstline_load_" + name, Help: help}, []string{"topic", "partition"})
		reg.MustRegister(g)
		return g
	}
	histogram := func(name, help string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "firstline_load_" + name, Help: help,
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}}, []string{"topic", "partition"})
		reg.MustRegister(h)
		return h
	}
	generations := prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_load_generations_total",
		Help: "Generations of the consumer group this loader took part in."})
	waits := prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_load_waits_total",
		Help: "Tries to reach Kafka, or to get a place in the consumer group, that failed."})
	reg.MustRegister(generations, waits)
	return &metrics{
		generations: generations,
		waits:       waits,
		facts:       counter("facts_total", "Facts loaded."),
		repeats:     counter("repeats_total", "Messages dropped as loaded before."),
		missing:     counter("missing_total", "Positions of a log that its publisher sent and this partition never showed, at most."),
		expired:     counter("expired_total", "Offsets that Kafka dropped for its retention before they were loaded."),
		deadLetters: counter("dead_letters_total", "Messages written to the dead-letter topic.", "reason"),
		forgotten:   counter("marks_forgotten_total", "Repeat numbers of long quiet logs dropped for the limit of a commit."),
		plans:       counter("plans_total", "Plans carried out."),
		resumed:     counter("resumed_total", "Plans found half done and finished."),
		failures:    counter("failures_total", "Steps that failed and are tried again."),
		lag:         gauge("lag_messages", "Messages in Kafka that are not loaded yet."),
		stopped:     gauge("stopped", "1 while the partition waits for an operator to accept its log."),
		watermark:   gauge("watermark_seconds", "Time of the latest fact loaded, Unix seconds."),
		insert:      histogram("insert_seconds", "Time of the inserts of one plan."),
		delay:       histogram("delay_seconds", "Age of a plan's oldest message when it is loaded."),
	}
}

// partitionMetrics are those of one partition.
type partitionMetrics struct {
	all    *metrics
	labels prometheus.Labels
}

func (m *metrics) of(topic string, partition int) partitionMetrics {
	return partitionMetrics{m, prometheus.Labels{"topic": topic, "partition": strconv.Itoa(partition)}}
}

func (p partitionMetrics) loaded(l Load, s sifted, inserted time.Duration, oldest time.Time) {
	p.all.plans.With(p.labels).Inc()
	p.all.facts.With(p.labels).Add(float64(l.Facts))
	p.all.repeats.With(p.labels).Add(float64(l.Repeats))
	p.all.missing.With(p.labels).Add(float64(l.Missing))
	p.all.forgotten.With(p.labels).Add(float64(s.forgotten))
	p.all.insert.With(p.labels).Observe(inserted.Seconds())
	p.all.delay.With(p.labels).Observe(time.Since(oldest).Seconds())
	if !l.Watermark.IsZero() {
		p.all.watermark.With(p.labels).Set(float64(l.Watermark.UnixMilli()) / 1000)
	}
}

func (p partitionMetrics) deadLetter(reason string) {
	p.all.deadLetters.WithLabelValues(p.labels["topic"], p.labels["partition"], reason).Inc()
}

func (p partitionMetrics) stopped(yes bool) {
	v := 0.0
	if yes {
		v = 1
	}
	p.all.stopped.With(p.labels).Set(v)
}

// released takes back the gauges of a partition that another loader may have now.
func (p partitionMetrics) released() {
	p.all.lag.Delete(p.labels)
	p.all.stopped.Delete(p.labels)
	p.all.watermark.Delete(p.labels)
}
