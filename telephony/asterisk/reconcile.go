package asterisk

import (
	"context"
	"net/http"
	"time"

	"github.com/CyCoreSystems/ari/v5"

	"firstline/telephony/callcenter"
)

const (
	listAgain    = 500 * time.Millisecond // after a listing that failed
	confirmAfter = time.Second            // a difference must still be there then
	sweepEvery   = 4                      // comparisons until what is there is handed on in any case
	bootPatience = 5 * time.Second        // a listing may fail before it is told: Asterisk connects before it has booted
)

// reconcile hands on what is there when the barrier is seen, until ctx ends. From then on it is the net under the stream
// of events, a few of which may be lost where a connection broke: it compares what is there with what the core was told,
// and where a difference stays hands on what is there. Now and then it does so in any case, so that the core ends what
// nobody needs any more.
func (l *link) reconcile(ctx context.Context) {
	tick := time.NewTicker(l.a.cfg.Relist)
	defer tick.Stop()
	for compared := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-l.barrier:
			l.first(ctx)
			continue
		case <-tick.C:
		}
		if !l.reconciled.Load() {
			continue
		}
		compared++
		switch {
		case compared%sweepEvery == 0:
			l.a.handOn(ctx, "sweep")
		case l.a.differs(ctx):
			l.a.handOn(ctx, "difference")
		}
	}
}

// first hands on what is there behind the barrier. Commands given before the link was lost may still be under way; the
// list should show what they did.
func (l *link) first(ctx context.Context) {
	settled, cancel := context.WithTimeout(ctx, settleLimit)
	l.a.executor.settle(settled)
	cancel()
	if !l.a.handOn(ctx, "connected") {
		return
	}
	l.reconciled.Store(true)
	l.a.metrics.connected.Set(1)
	l.a.phones.soon()
	l.a.filter(ctx) // not before the list: an Asterisk that is booting refuses both
}

// handOn lists what is there, again and again until it succeeds or ctx ends, and gives it to the sink; meanwhile events wait.
func (a *Adapter) handOn(ctx context.Context, why string) bool {
	a.inlet.hold()
	for {
		asked := time.Now()
		there, err := a.list(ctx)
		if err == nil {
			a.metrics.reconciles.WithLabelValues(why).Inc()
			a.listing.Over() // the next line says so
			a.inlet.release(asked, &there)
			a.log.Info("asterisk listed", "why", why, "channels", len(there.Channels), "bridges", len(there.Bridges))
			return true
		}
		a.metrics.relistErrors.Inc()
		if told := a.listing.Failed(err); told != nil && ctx.Err() == nil {
			a.log.Warn("what asterisk holds can't be listed, trying again", told...)
		}
		select {
		case <-ctx.Done():
			return false // the link's end releases the events
		case <-time.After(listAgain):
		}
	}
}

// list asks Asterisk for its channels and bridges.
func (a *Adapter) list(ctx context.Context) (callcenter.Reconciled, error) {
	var channels []channel
	err := a.rest.do(ctx, request{what: "list channels", method: http.MethodGet, path: "/channels", repeatable: true}, &channels)
	if err != nil {
		return callcenter.Reconciled{}, err
	}
	var bridges []ari.BridgeData
	err = a.rest.do(ctx, request{what: "list bridges", method: http.MethodGet, path: "/bridges", repeatable: true}, &bridges)
	if err != nil {
		return callcenter.Reconciled{}, err
	}
	return a.actual(channels, bridges), nil
}

func (a *Adapter) actual(channels []channel, bridges []ari.BridgeData) callcenter.Reconciled {
	out := callcenter.Reconciled{
		Channels: make([]callcenter.ActualChannel, 0, len(channels)),
		Bridges:  make([]callcenter.ActualBridge, 0, len(bridges)),
	}
	there := make(map[string]bool, len(channels))
	for _, c := range channels {
		there[c.ID] = true
		actual := callcenter.ActualChannel{
			ID: c.ID, State: c.State, InApp: c.inApp(a.cfg.App), Number: a.numbers().Of(c.Caller.Number), Name: c.Caller.Name,
			Dialed: c.dialed(), Language: c.Language, Created: c.CreationTime.UTC(),
		}
		if e := c.endpoint(); a.phones.has(e) {
			actual.Endpoint = e
		}
		out.Channels = append(out.Channels, actual)
	}
	for _, b := range bridges {
		out.Bridges = append(out.Bridges, callcenter.ActualBridge{ID: b.ID, Members: b.ChannelIDs})
	}
	a.executor.legs.keep(there)
	return out
}

// differs compares twice, a second apart: a difference that goes away was only an event or a command under way.
func (a *Adapter) differs(ctx context.Context) bool {
	first := a.difference(ctx)
	if len(first) == 0 {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(confirmAfter):
	}
	second := a.difference(ctx)
	for id := range second {
		if first[id] {
			return true
		}
	}
	return false
}

// difference is the set of channels that the core was told of and aren't there, or are there and it wasn't told of. An
// error shows no difference and is counted.
func (a *Adapter) difference(ctx context.Context) map[string]bool {
	before := a.inlet.told()
	there, err := a.list(ctx)
	if err != nil {
		a.metrics.relistErrors.Inc()
		return nil
	}
	after := a.inlet.told()
	out := make(map[string]bool)
	for _, c := range there.Channels {
		if c.InApp && !before[c.ID] && !after[c.ID] {
			out[c.ID] = true
		}
		delete(before, c.ID)
	}
	for id := range before {
		if after[id] {
			out[id] = true
		}
	}
	return out
}
