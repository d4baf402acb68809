package asterisk

import "sync"

// What this process knows of a leg.
type legState int

const (
	legUnknown legState = iota // made by an earlier process, or gone
	legCreated
	legDialled
)

// legs remembers which legs this process created and dialled. Safe for concurrent use.
type legs struct {
	mu sync.Mutex
	by map[string]legState
}

func newLegs() *legs { return &legs{by: make(map[string]legState)} }

func (l *legs) set(id string, s legState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.by[id] = s
}

func (l *legs) created(id string) { l.set(id, legCreated) }
func (l *legs) dialled(id string) { l.set(id, legDialled) }

func (l *legs) state(id string) legState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.by[id]
}

// gone forgets a leg that ended.
func (l *legs) gone(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.by, id)
}

// keep forgets the legs that aren't among these: a leg's end may have been told before its creation was answered.
func (l *legs) keep(there map[string]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.by {
		if !there[id] {
			delete(l.by, id)
		}
	}
}
