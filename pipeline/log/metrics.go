package log

import "github.com/prometheus/client_golang/prometheus"

// metrics of one log; the label source tells several logs of a process apart.
type metrics struct {
	records, facts, bytes        prometheus.Counter
	refused, dropped, gaps       prometheus.Counter
	writeFailures, stalls        prometheus.Counter
	tornBytes, corrupt, epochs   prometheus.Counter
	snapshots, snapshotFailures  prometheus.Counter
	reserveUsed, segmentsDeleted prometheus.Counter
	keepFailures, diskReads      prometheus.Counter
	durable, reserve             prometheus.Gauge
	pendingRecords, pendingBytes prometheus.Gauge
	segments, diskBytes          prometheus.Gauge
	position, syncedPosition     prometheus.Gauge
	snapshotBytes                prometheus.Gauge
	syncSeconds, syncRecords     prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer, source string) *metrics {
	f := factory{reg, prometheus.Labels{"source": source}}
	return &metrics{
		records:          f.counter("records_total", "Records appended."),
		facts:            f.counter("facts_total", "Facts appended."),
		bytes:            f.counter("written_bytes_total", "Bytes written to segments."),
		refused:          f.counter("refused_records_total", "Records refused because they can't be encoded or are too long."),
		dropped:          f.counter("dropped_records_total", "Records dropped because the log could not be written and they did not fit into memory."),
		gaps:             f.counter("gaps_total", "Spans in which the log could not be written, recorded as log.gap."),
		writeFailures:    f.counter("write_failures_total", "Writes or syncs that failed."),
		stalls:           f.counter("stalls_total", "Writes or syncs that took longer than the limit."),
		tornBytes:        f.counter("torn_bytes_total", "Bytes of unfinished records cut off at start."),
		corrupt:          f.counter("corrupt_total", "Places in segments or snapshots that could not be read although they had been synced."),
		epochs:           f.counter("epochs_total", "New epochs begun: the folder was new, or the log was lost or cut."),
		snapshots:        f.counter("snapshots_total", "Snapshots written."),
		snapshotFailures: f.counter("snapshot_failures_total", "Snapshots that could not be written."),
		reserveUsed:      f.counter("reserve_used_total", "Times the reserve file was given up because the disk was full."),
		segmentsDeleted:  f.counter("segments_deleted_total", "Segments deleted by age or size."),
		keepFailures:     f.counter("housekeeping_failures_total", "Deletions and reservations that failed and are tried again."),
		diskReads:        f.counter("disk_reads_total", "Reads by position that were not served from memory."),
		durable:          f.gauge("durable", "1 while what is appended becomes durable."),
		reserve:          f.gauge("reserve_bytes", "Size of the reserve file, 0 when it is used up."),
		pendingRecords:   f.gauge("pending_records", "Records appended and not yet synced."),
		pendingBytes:     f.gauge("pending_bytes", "Bytes appended and not yet synced."),
		segments:         f.gauge("segments", "Segment files."),
		diskBytes:        f.gauge("segment_bytes", "Bytes of all segment files."),
		position:         f.gauge("position", "Position of the last fact appended."),
		syncedPosition:   f.gauge("synced_position", "Position of the last fact synced."),
		snapshotBytes:    f.gauge("snapshot_bytes", "Size of the last snapshot written."),
		syncSeconds:      f.histogram("sync_seconds", "Time of one group commit: write and sync.", prometheus.ExponentialBuckets(0.0001, 2, 17)),
		syncRecords:      f.histogram("sync_records", "Records of one group commit.", prometheus.ExponentialBuckets(1, 2, 14)),
	}
}

type factory struct {
	reg    prometheus.Registerer
	labels prometheus.Labels
}

func (f factory) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "firstline_log_" + name, Help: help, ConstLabels: f.labels})
	f.reg.MustRegister(c)
	return c
}

func (f factory) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "firstline_log_" + name, Help: help, ConstLabels: f.labels})
	f.reg.MustRegister(g)
	return g
}

func (f factory) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "firstline_log_" + name, Help: help, ConstLabels: f.labels, Buckets: buckets})
	f.reg.MustRegister(h)
	return h
}
