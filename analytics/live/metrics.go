package live

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	facts     prometheus.Counter
	unknown   prometheus.Counter
	broken    prometheus.Counter
	gaps      prometheus.Counter
	drift     prometheus.Counter
	connects  *prometheus.CounterVec
	popups    *prometheus.CounterVec
	stale     prometheus.Gauge
	position  prometheus.Gauge
	watchers  prometheus.Gauge
	coalesced prometheus.Counter
	controls  *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		facts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "firstline_live_facts_total", Help: "Facts folded into the state of now."}),
		unknown: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "firstline_live_unknown_facts_total", Help: "Facts of a type this version does not know, passed over."}),
		broken: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "firstline_live_broken_facts_total", Help: "Lines of the stream that could not be decoded; each leads to a new snapshot."}),
		gaps: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "firstline_live_gaps_total", Help: "Jumps in the positions of the stream."}),
		drift: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "firstline_live_drift_total", Help: "Times the folded state differed from the controller's snapshot at the same position."}),
		connects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_live_stream_ends_total", Help: "Ends of the controller's stream by cause."}, []string{"cause"}),
		popups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_live_popups_total", Help: "Screen pops fetched from the controller by result."}, []string{"result"}),
		stale: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "firstline_live_stale", Help: "1 while the state of now is stale."}),
		position: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "firstline_live_position", Help: "Position of the last fact folded in."}),
		watchers: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "firstline_live_watchers", Help: "Subscriptions to the state of now."}),
		coalesced: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "firstline_live_coalesced_total", Help: "Changes a subscriber did not see apart because a newer state replaced them."}),
		controls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "firstline_live_controls_total", Help: "Control requests sent to the controller by result."}, []string{"result"}),
	}
	reg.MustRegister(m.facts, m.unknown, m.broken, m.gaps, m.drift, m.connects, m.popups, m.stale, m.position,
		m.watchers, m.coalesced, m.controls)
	return m
}
