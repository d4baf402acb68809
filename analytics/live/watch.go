package live

import "sync"

// Watcher is a subscription to the state of now. It never holds the state up: a signal says that something changed, and
// whoever reads late reads the newest state.
type Watcher struct {
	agent  string // "" = everything
	signal chan struct{}
	close  func()
}

// Changed delivers one value after one or more changes since the last read.
func (w *Watcher) Changed() <-chan struct{} { return w.signal }

// Close ends the subscription.
func (w *Watcher) Close() { w.close() }

// watchers is the set of subscriptions.
type watchers struct {
	mu  sync.Mutex // guards set
	set map[*Watcher]struct{}
	m   *metrics
}

func (ws *watchers) add(agent string) *Watcher {
	w := &Watcher{agent: agent, signal: make(chan struct{}, 1)}
	w.close = sync.OnceFunc(func() { ws.remove(w) })
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.set[w] = struct{}{}
	ws.m.watchers.Set(float64(len(ws.set)))
	return w
}

func (ws *watchers) remove(w *Watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.set, w)
	ws.m.watchers.Set(float64(len(ws.set)))
}

// notify signals those whom the change concerns; all of them when everyone is set.
func (ws *watchers) notify(t Touched, everyone bool) {
	if !everyone && !t.Queues && len(t.Agents) == 0 {
		return
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.set {
		if everyone || w.wants(t) {
			ws.wake(w)
		}
	}
}

func (ws *watchers) wake(w *Watcher) {
	select {
	case w.signal <- struct{}{}:
	default: // it has one to read already, and will read the newest state
		ws.m.coalesced.Inc()
	}
}

func (w *Watcher) wants(t Touched) bool {
	if w.agent == "" {
		return t.Queues
	}
	for _, id := range t.Agents {
		if id == w.agent {
			return true
		}
	}
	return false
}
