package live

import (
	"context"
	"errors"
	"time"

	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
)

// Watch subscribes to every change that the wallboard shows. Close the watcher when done.
func (l *Live) Watch() *Watcher { return l.watch.add("") }

// WatchAgent subscribes to changes of one agent's own view. Close the watcher when done.
func (l *Live) WatchAgent(agent string) *Watcher { return l.watch.add(agent) }

// Wallboard is the newest state. Before the controller was reached it is empty, stale, and AsOf is nil.
func (l *Live) Wallboard() Wallboard {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := Wallboard{Queues: []QueueView{}, Agents: []AgentBrief{}, Incidents: []fact.SnapshotIncident{}}
	if l.state != nil {
		w = l.state.wallboard()
	}
	l.freshen(&w.Freshness)
	return w
}

// Agent is the newest view of one agent; false when the controller knows no such agent, or has not been reached yet.
func (l *Live) Agent(id string) (AgentView, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := AgentView{}, false
	if l.state != nil {
		v, ok = l.state.agentView(id)
	}
	l.freshen(&v.Freshness)
	return v, ok
}

// Queues is the short view of an agent's queues.
func (l *Live) Queues(agent string) []QueueBrief {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == nil {
		return []QueueBrief{}
	}
	return l.state.queuesOf(agent)
}

// Place tells in which queues a contact is now; false when it is not in progress, as far as the controller was heard.
func (l *Live) Place(contact string) (Place, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == nil {
		return Place{}, false
	}
	return l.state.place(contact)
}

// Freshness says until when the state is known.
func (l *Live) Freshness() Freshness {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := Freshness{}
	if l.state != nil {
		f.Link, f.Durable = l.state.head.Link, l.state.head.Durable
	}
	l.freshen(&f)
	return f
}

// Clocks is how the clocks of a node stand.
type Clocks struct {
	Node string // the controller's
	fact.SnapshotClocks
}

// Clocks is how the clocks stand from which facts have their times, as of the last snapshot; nil while the controller is not heard, and of one that
// doesn't tell. The caller must not change what it points to.
func (l *Live) Clocks() *Clocks {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := Freshness{}
	l.freshen(&f)
	if l.state == nil || f.Stale || l.state.head.Clocks == nil {
		return nil
	}
	return &Clocks{Node: l.state.head.Node, SnapshotClocks: *l.state.head.Clocks}
}

// freshen fills in what is known about the stream. Callers hold mu.
func (l *Live) freshen(f *Freshness) {
	since := l.started.UTC()
	if !l.heard.IsZero() {
		since = l.heard.UTC().Truncate(time.Millisecond)
		f.AsOf = &since
	}
	if l.heard.IsZero() || time.Since(l.heard) > l.cfg.StaleAfter {
		f.Stale, f.StaleSince = true, &since
	}
}

// Control passes a request to the controller and answers the agent's state after it. Errors: those of
// controllerclient.Client.Control.
func (l *Live) Control(ctx context.Context, req controllerclient.Control) (fact.AgentState, error) {
	state, err := l.client.Control(ctx, req)
	var refused *controllerclient.RefusedError
	switch {
	case err == nil:
		l.m.controls.WithLabelValues("done").Inc()
		l.refreshSoon() // what follows the call, or a longer wrap-up, stands only in a snapshot
	case errors.As(err, &refused):
		l.m.controls.WithLabelValues("refused").Inc()
	default:
		l.m.controls.WithLabelValues("failed").Inc()
	}
	return state, err
}

// PopSeen tells the controller that an agent's page shows a screen pop, or that he opened it. Errors: those of
// controllerclient.Client.Seen.
func (l *Live) PopSeen(ctx context.Context, pop string, opened bool) error {
	return l.client.Seen(ctx, pop, opened)
}
