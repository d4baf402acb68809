package api

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	requests        *prometheus.HistogramVec
	problems        *prometheus.CounterVec
	checksFailed    *prometheus.CounterVec
	panics          prometheus.Counter
	signIns         *prometheus.CounterVec
	sessions        prometheus.Gauge
	providerUp      prometheus.Gauge
	keyUses         *prometheus.CounterVec
	audit           *prometheus.CounterVec
	certificateEnds prometheus.Gauge
	streams         *prometheus.GaugeVec
	streamEnds      *prometheus.CounterVec
	events          *prometheus.CounterVec
	audio           *prometheus.CounterVec
	ticketEvents    *prometheus.CounterVec
	ticketLatency   prometheus.Histogram
	reportRuns      *prometheus.CounterVec
	alert           *prometheus.GaugeVec
	alertLooks      *prometheus.CounterVec
	alertLooked     prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "firstline_api_request_seconds", Help: "Duration of requests by route, method and status; of live streams until they begin.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method", "status"}),
		problems: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_api_problems_total", Help: "Requests answered with an error, by code."}, []string{"code"}),
		checksFailed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_api_readiness_failures_total", Help: "Checks of readiness that failed, by what did not answer."}, []string{"check"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "firstline_api_panics_total", Help: "Panics caught in handlers and streams."}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_api_sign_ins_total", Help: "Attempts to sign in by result: ok; wrong; locked; refused: the identity provider proved him, but he may not; unreachable: it did not answer."}, []string{"result"}),
		sessions: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "firstline_api_sessions", Help: "Sessions that have not ended, as last counted."}),
		providerUp: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "firstline_api_identity_provider_up", Help: "1 = the identity provider answered when it was asked last, which is once a minute; 0 = it did not, or there is none."}),
		keyUses: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_api_key_uses_total", Help: "Requests with an API key by result: ok, unknown, revoked, over; unrecorded: one of the ok whose time could not be written down."},
			[]string{"result"}),
		audit: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_api_audit_entries_total", Help: "Entries of the audit log by result: written; lost: it could not be written, the log has it; repeated: a read that was noted within the last minute."},
			[]string{"result"}),
		certificateEnds: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "firstline_api_certificate_end_seconds", Help: "When the certificate that is served ends, in Unix seconds; 0 without TLS."}),
		streams: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "firstline_api_streams", Help: "Live streams open now, and exports under way."}, []string{"stream"}),
		streamEnds: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_api_stream_ends_total", Help: "Live streams and exports that ended, by cause: gone, signed_out, rights (changed), stopped, error; of exports complete, too_long too."}, []string{"stream", "cause"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_api_stream_events_total", Help: "Events sent on live streams."}, []string{"event"}),
		audio: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_api_recording_requests_total", Help: "Requests for the audio of recordings by result: sent, or the code they were refused with. A player sends one for each seek."},
			[]string{"result"}),
		ticketEvents: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_api_ticket_events_total", Help: "Ticket webhooks by result: accepted, or the code they were refused with."}, []string{"result"}),
		ticketLatency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "firstline_api_ticket_append_seconds", Help: "Time until an accepted ticket event was on disk.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}}),
	}
	m.reportRuns = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "firstline_report_runs_total", Help: "Runs of saved reports by result: sent; failed: not, or not to all; later: something is tried again; repeated: taken up behind a process that ended; missed: slots that were not made up one by one; error: the state could not be read or written."},
		[]string{"result"})
	m.alert = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "firstline_alert", Help: "Each alert rule in each queue: 1 = fires, 0 = doesn't, -1 = nothing is known."}, []string{"rule", "queue"})
	m.alertLooks = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "firstline_alert_looks_total", Help: "Looks at all alert rules by result: ok; other: another process has the lease; error: the state could not be read or written."}, []string{"result"})
	m.alertLooked = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "firstline_alert_looked_seconds", Help: "When this process last knew how the alerts stand, in Unix seconds."})
	reg.MustRegister(m.reportRuns, m.alert, m.alertLooks, m.alertLooked)
	reg.MustRegister(m.requests, m.problems, m.checksFailed, m.panics, m.signIns, m.sessions, m.providerUp, m.keyUses, m.audit, m.certificateEnds, m.streams, m.streamEnds, m.events,
		m.audio, m.ticketEvents, m.ticketLatency)
	return m
}
