package asterisk

import (
	"hash/maphash"
	"sync"
	"time"
)

// recent remembers the last events of a connection, to drop one that comes again word for word, its time included. Not for
// concurrent use. The zero value is ready.
type recent struct {
	seed  maphash.Seed
	order [512]uint64
	next  int
	known map[uint64]bool
}

// seen says whether raw was among the last, and remembers it.
func (r *recent) seen(raw []byte) bool {
	if r.known == nil {
		r.seed, r.known = maphash.MakeSeed(), make(map[uint64]bool, len(r.order))
	}
	sum := maphash.Bytes(r.seed, raw)
	if r.known[sum] {
		return true
	}
	delete(r.known, r.order[r.next])
	r.order[r.next], r.known[sum] = sum, true
	r.next = (r.next + 1) % len(r.order)
	return false
}

// complaints lets at most one log line a second through; what is left out is counted elsewhere. Safe for concurrent use.
type complaints struct {
	mu   sync.Mutex
	last time.Time
}

func (c *complaints) may() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.last) < time.Second {
		return false
	}
	c.last = time.Now()
	return true
}
