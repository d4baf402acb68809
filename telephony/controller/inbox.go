package controller

import (
	"sync"
	"time"

	"firstline/telephony/callcenter"
)

// item is what the loop takes in: an event of the world, or a look at the state.
type item struct {
	occurred time.Time
	event    callcenter.Event
	done     func(callcenter.Output) // called when the event's record is durable; nil = nobody waits. Must not block
	look     func(*loop)             // instead of an event; must not block
	put      time.Time
}

// inbox is the loop's queue. It has no bound: an event of Asterisk that is dropped is a call that goes wrong, and a
// producer that is held up is one, too. Depth and age are measured instead.
type inbox struct {
	metrics *metrics
	wake    chan struct{} // capacity 1

	mu    sync.Mutex // guards items
	items []item
}

func newInbox(m *metrics) *inbox { return &inbox{metrics: m, wake: make(chan struct{}, 1)} }

func (b *inbox) put(it item) {
	it.put = time.Now()
	b.mu.Lock()
	b.items = append(b.items, it)
	b.metrics.inboxDepth.Set(float64(len(b.items)))
	b.mu.Unlock()
	b.again()
}

// again makes the loop look into the inbox.
func (b *inbox) again() {
	select {
	case b.wake <- struct{}{}:
	default: // it is awake
	}
}

// take removes at most limit items, the oldest first.
func (b *inbox) take(limit int) []item {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(limit, len(b.items))
	taken := b.items[:n:n]
	b.items = b.items[n:]
	if len(b.items) == 0 {
		b.items = nil
	}
	b.metrics.inboxDepth.Set(float64(len(b.items)))
	return taken
}
