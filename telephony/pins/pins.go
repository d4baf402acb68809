// Package pins checks the PINs of agents who log in at a seat by its phone.
//
// telephony/controller hands it CheckPIN commands; every one of them is answered by exactly one PINChecked event. A check takes
// tens of milliseconds of a processor on purpose, so it is done beside the calls, one at a time. PINs and their hashes are never
// logged and never written.
package pins

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/password"
	"firstline/telephony/callcenter"
)

// most is how many checks may wait; more are answered as unknown at once.
const most = 64

// Sink takes the answers: the controller's inbox. Put never blocks.
type Sink interface {
	Put(occurred time.Time, event callcenter.Event)
}

// PINs checks PINs by the hashes that it was given last.
type PINs struct {
	sink   Sink
	log    *slog.Logger
	checks *prometheus.CounterVec
	hashes atomic.Pointer[map[string]string]
	asked  chan question
}

type question struct {
	callcenter.CheckPIN
	until time.Time
}

// New knows no PIN before Set.
func New(sink Sink, log *slog.Logger, reg prometheus.Registerer) *PINs {
	p := &PINs{sink: sink, log: log, asked: make(chan question, most), checks: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "firstline_pins_checks_total", Help: "PINs entered at a seat, by result: right, wrong, unknown = not checked."}, []string{"result"})}
	reg.MustRegister(p.checks)
	p.Set(nil)
	return p
}

// Set says the hash of each agent's PIN, in PHC form by agent id: at start and whenever the configuration changes.
func (p *PINs) Set(hashes map[string]string) { p.hashes.Store(&hashes) }

// Do takes a CheckPIN command and returns at once. One that comes while Run is not serving waits for it.
func (p *PINs) Do(command callcenter.Command) {
	c, ok := command.(callcenter.CheckPIN)
	if !ok {
		return
	}
	select {
	case p.asked <- question{c, time.Now().Add(c.Timeout)}:
	default:
		p.answer(callcenter.PINChecked{Check: c.ID})
	}
}

// Run checks one PIN after the other until ctx ends; those that wait then are answered as unknown.
func (p *PINs) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			for len(p.asked) > 0 {
				p.answer(callcenter.PINChecked{Check: (<-p.asked).ID})
			}
			return nil
		case q := <-p.asked:
			p.answer(p.check(q))
		}
	}
}

// check takes as long for somebody who has no PIN.
func (p *PINs) check(q question) callcenter.PINChecked {
	if time.Now().After(q.until) {
		return callcenter.PINChecked{Check: q.ID}
	}
	hash, err := password.Parse((*p.hashes.Load())[q.Agent])
	if err != nil {
		if q.Agent != "" {
			p.log.Warn("an agent without a PIN tries to log in at a seat", "agent", q.Agent)
		}
		password.Nobody().Verify(q.PIN)
		return callcenter.PINChecked{Check: q.ID, Known: true}
	}
	return callcenter.PINChecked{Check: q.ID, Known: true, Right: hash.Verify(q.PIN)}
}

func (p *PINs) answer(e callcenter.PINChecked) {
	result := "unknown"
	switch {
	case e.Right:
		result = "right"
	case e.Known:
		result = "wrong"
	}
	p.checks.WithLabelValues(result).Inc()
	p.sink.Put(time.Time{}, e)
}
