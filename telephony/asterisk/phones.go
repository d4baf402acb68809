package asterisk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/CyCoreSystems/ari/v5"

	"firstline/telephony/callcenter"
)

// pollPhones asks for the agents' phones now and then, and soon after Asterisk was reconciled or the phones changed. It
// hands on what has changed, and everything after a reconcile. There is no event for it: subscribing to device states can
// deadlock Asterisk (asterisk#2170).
func (a *Adapter) pollPhones(ctx context.Context) error {
	tick := time.NewTicker(a.cfg.Poll)
	defer tick.Stop()
	told := make(map[string]callcenter.EndpointState)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.pollNow:
			clear(told)
		case <-tick.C:
		}
		states, err := a.endpoints(ctx)
		if ctx.Err() != nil {
			return nil
		}
		a.noteLink(err)
		if err != nil {
			continue
		}
		now := time.Now()
		for _, s := range states {
			if last, ok := told[s.Endpoint]; ok && same(last, s) {
				continue
			}
			told[s.Endpoint] = s
			a.inlet.tell(now, s)
		}
	}
}

// errNoWebsocket: REST answers, so Asterisk runs, but its half of the link is missing.
var errNoWebsocket = errors.New("its websocket is missing: look at websocket_client.conf and ari.conf, `firstline doctor` helps")

// noteLink tells when Asterisk is missing and when it is back; asked is what the last question to it gave.
func (a *Adapter) noteLink(asked error) {
	switch {
	case asked != nil:
		a.metrics.pollErrors.Inc()
		if told := a.absent.Failed(asked); told != nil {
			a.log.Warn("asterisk is not reached, no calls are served until it answers", append(told, "url", a.cfg.URL)...)
		}
	case !a.linked():
		a.metrics.unconnected.Inc()
		if told := a.absent.Failed(errNoWebsocket); told != nil {
			a.log.Warn("asterisk answers but has not connected, no calls are served until it does", append(told, "listen", a.cfg.Listen)...)
		}
	default:
		if told := a.absent.Over(); told != nil {
			a.log.Info("asterisk is there again, calls are served", told...)
		}
	}
}

// pollSoon asks for a look at the phones at once.
func (a *Adapter) pollSoon() {
	select {
	case a.pollNow <- struct{}{}:
	default: // asked for already
	}
}

func same(a, b callcenter.EndpointState) bool {
	return a.Registered == b.Registered && slices.Equal(a.Channels, b.Channels)
}

// endpoints lists the agents' phones in the order of their names. One that Asterisk doesn't know is not registered.
func (a *Adapter) endpoints(ctx context.Context) ([]callcenter.EndpointState, error) {
	var list []ari.EndpointData
	err := a.rest.do(ctx, request{what: "list phones", method: http.MethodGet, path: "/endpoints/PJSIP", repeatable: true}, &list)
	if err != nil {
		return nil, err
	}
	there := make(map[string]ari.EndpointData, len(list))
	for _, e := range list {
		there[e.Technology+"/"+e.Resource] = e // ari/v5 joins them with "|"
	}
	phones := *a.phones.Load()
	out := make([]callcenter.EndpointState, 0, len(phones))
	for name := range phones {
		e := there[name]
		slices.Sort(e.ChannelIDs)
		out = append(out, callcenter.EndpointState{Endpoint: name, Registered: e.State == "online", Channels: e.ChannelIDs})
	}
	slices.SortFunc(out, func(x, y callcenter.EndpointState) int {
		if x.Endpoint < y.Endpoint {
			return -1
		}
		return 1
	})
	return out, nil
}

// setGlobal sets a global variable of the dialplan.
func (r *rest) setGlobal(ctx context.Context, what, name, value string) error {
	return r.do(ctx, request{what: what, method: http.MethodPost, path: "/asterisk/variable",
		query: map[string][]string{"variable": {name}, "value": {value}}, repeatable: true}, nil)
}
