package asterisk

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/CyCoreSystems/ari/v5"

	"firstline/telephony/callcenter"
)

// phones tells the core what Asterisk knows of the agents' phones: all of them now and then, one when the core asks for it.
// There is no event for it: subscribing to device states can deadlock Asterisk (asterisk#2170). Safe for concurrent use.
type phones struct {
	rest  *rest
	inlet *inlet
	noted func(error) // told what each look at all of them gave; nil = an answer

	names atomic.Pointer[map[string]bool] // "PJSIP/101"
	now   chan struct{}                   // room for one: look at all of them at once

	mu   sync.Mutex      // guards told; the core is told under it, which keeps the order and costs nothing: the sink doesn't block
	told map[string]seen // by endpoint
}

// seen is a phone as the core was told of it.
type seen struct {
	asked time.Time // Asterisk, not before
	state callcenter.EndpointState
}

func newPhones(r *rest, in *inlet, noted func(error)) *phones {
	p := &phones{rest: r, inlet: in, noted: noted, now: make(chan struct{}, 1), told: make(map[string]seen)}
	p.set(nil)
	return p
}

// set says which endpoints are phones.
func (p *phones) set(endpoints []string) {
	names := make(map[string]bool, len(endpoints))
	for _, e := range endpoints {
		names[e] = true
	}
	p.names.Store(&names)
	p.soon()
}

// has says whether an endpoint is a phone.
func (p *phones) has(endpoint string) bool { return (*p.names.Load())[endpoint] }

// soon asks for a look at all phones at once, all of which the core is told then.
func (p *phones) soon() {
	select {
	case p.now <- struct{}{}:
	default: // asked for already
	}
}

// poll looks at all phones now and then until ctx ends, and tells of those that have changed.
func (p *phones) poll(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	all := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.now:
			all = true
		case <-tick.C:
		}
		asked := time.Now()
		states, err := p.list(ctx)
		if ctx.Err() != nil {
			return nil
		}
		p.noted(err)
		if err != nil {
			continue
		}
		p.tell(asked, states, all)
		all = false
	}
}

// tell tells of the phones that have changed, or of all. What was asked before the last word on a phone is no news.
func (p *phones) tell(asked time.Time, states []callcenter.EndpointState, all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range states {
		last, known := p.told[s.Endpoint]
		if known && (last.asked.After(asked) || !all && same(last.state, s)) {
			continue
		}
		p.told[s.Endpoint] = seen{asked, s}
		p.inlet.tell(time.Now(), s)
	}
}

func same(a, b callcenter.EndpointState) bool {
	return a.Registered == b.Registered && slices.Equal(a.Channels, b.Channels)
}

// check looks at one phone and answers the core. The poll goes by the same memory: without it what has changed back since
// would never be told.
func (p *phones) check(ctx context.Context, c callcenter.CheckPhone) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	asked := time.Now()
	state, err := p.one(ctx, c.Endpoint)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if last, known := p.told[c.Endpoint]; known && last.asked.After(asked) {
		state = last.state // the poll was faster
	} else {
		p.told[c.Endpoint] = seen{asked, state}
	}
	p.inlet.tell(time.Now(), callcenter.PhoneChecked{Check: c.ID, Phone: state})
	return nil
}

// one asks for one phone. One that Asterisk doesn't know is not registered.
func (p *phones) one(ctx context.Context, endpoint string) (callcenter.EndpointState, error) {
	technology, resource, _ := strings.Cut(endpoint, "/")
	path := "/endpoints/" + url.PathEscape(technology) + "/" + url.PathEscape(resource)
	var e ari.EndpointData
	err := p.rest.do(ctx, request{what: "look at phone", method: http.MethodGet, path: path, repeatable: true}, &e)
	return state(endpoint, e), done(err, http.StatusNotFound)
}

// list asks for all phones, in the order of their names. One that Asterisk doesn't know is not registered.
func (p *phones) list(ctx context.Context) ([]callcenter.EndpointState, error) {
	var list []ari.EndpointData
	err := p.rest.do(ctx, request{what: "list phones", method: http.MethodGet, path: "/endpoints/PJSIP", repeatable: true}, &list)
	if err != nil {
		return nil, err
	}
	there := make(map[string]ari.EndpointData, len(list))
	for _, e := range list {
		there[e.Technology+"/"+e.Resource] = e // ari/v5 joins them with "|"
	}
	names := *p.names.Load()
	out := make([]callcenter.EndpointState, 0, len(names))
	for name := range names {
		out = append(out, state(name, there[name]))
	}
	slices.SortFunc(out, func(a, b callcenter.EndpointState) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
	return out, nil
}

// state is a phone as the core hears of it; e is zero for one that Asterisk doesn't know.
func state(endpoint string, e ari.EndpointData) callcenter.EndpointState {
	slices.Sort(e.ChannelIDs)
	return callcenter.EndpointState{Endpoint: endpoint, Registered: e.State == "online", Channels: e.ChannelIDs}
}
