package asterisk

import "sync"

// legs remembers the legs this process made, until they end: each is dialled once, when it has entered the application.
// Safe for concurrent use.
type legs struct {
	mu sync.Mutex
	by map[string]*leg
}

type leg struct {
	making  bool          // its Ring is under way
	settled chan struct{} // closed when it has entered, or never will
	closed  bool
	entered bool
}

func newLegs() *legs { return &legs{by: make(map[string]*leg)} }

// begin says that a leg is being made; nil: it was before.
func (l *legs) begin(id string) *leg {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by[id] != nil {
		return nil
	}
	one := &leg{making: true, settled: make(chan struct{})}
	l.by[id] = one
	return one
}

// made says that the leg's Ring is over; one that failed is forgotten.
func (l *legs) made(id string, failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if failed {
		delete(l.by, id)
	} else if one := l.by[id]; one != nil {
		one.making = false
	}
}

// entered says that a leg is in the application.
func (l *legs) entered(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one := l.by[id]; one != nil {
		one.entered = true
		one.settle()
	}
}

// gone forgets a leg that ended.
func (l *legs) gone(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one := l.by[id]; one != nil {
		one.settle()
		delete(l.by, id)
	}
}

// lost says that events don't come any more: nobody shall wait for one.
func (l *legs) lost() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.by {
		one.settle()
	}
}

// keep forgets the legs that aren't among these: their end wasn't heard.
func (l *legs) keep(there map[string]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, one := range l.by {
		if !there[id] && !one.making {
			delete(l.by, id)
		}
	}
}

// hasEntered says, once settled, whether the leg is in the application.
func (l *legs) hasEntered(one *leg) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return one.entered
}

// settle is called with the lock held.
func (one *leg) settle() {
	if !one.closed {
		one.closed = true
		close(one.settled)
	}
}
