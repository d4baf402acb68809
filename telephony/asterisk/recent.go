package asterisk

import (
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"firstline/telephony/callcenter"
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

// causes remembers why channels are being hung up: a caller's end is StasisEnd, which doesn't tell. Not for concurrent
// use. The zero value is ready.
type causes struct {
	by map[string]callcenter.ChannelEnded
}

// apply completes ev, what f means, with the cause told before.
func (c *causes) apply(f frame, ev callcenter.Event) callcenter.Event {
	if f.Type == typeHangup {
		if c.by == nil {
			c.by = make(map[string]callcenter.ChannelEnded)
		}
		c.by[f.Channel.ID] = callcenter.ChannelEnded{Channel: f.Channel.ID, Cause: f.Cause, TechCause: f.TechCause}
		return ev
	}
	ended, ok := ev.(callcenter.ChannelEnded)
	if !ok {
		return ev
	}
	told, have := c.by[ended.Channel]
	delete(c.by, ended.Channel)
	if have && ended.Cause == 0 {
		ended.Cause = told.Cause
	}
	if have && ended.TechCause == 0 {
		ended.TechCause = told.TechCause
	}
	return ended
}

// complaints logs at most one line a second; what is left out is counted elsewhere. Safe for concurrent use.
type complaints struct {
	mu   sync.Mutex
	last time.Time
}

func (c *complaints) say(log *slog.Logger, message string, args ...any) {
	c.mu.Lock()
	quiet := time.Since(c.last) < time.Second
	if !quiet {
		c.last = time.Now()
	}
	c.mu.Unlock()
	if !quiet {
		log.Warn(message, args...)
	}
}
