package api

import (
	"sync"
	"time"
)

// Limits on guessing. The first free attempts cost nothing but argon2's time; after them every failure doubles the wait.
const (
	freeByName    = 3  // for a name from one address
	freeByAddress = 30 // for all names from one address
	longestLock   = 15 * time.Minute
	forgetAfter   = time.Hour
	mostAttempts  = 20_000 // entries kept; beyond it some are forgotten
)

// attempts counts failed sign-ins by name and address, and by address alone. An attempt counts as failed from the moment
// it begins, so that many at once are no way around the limit; a success takes it back.
type attempts struct {
	mu  sync.Mutex // guards all
	all map[attemptKey]*attempt
}

type attemptKey struct{ name, address string } // name "" = the address as a whole

type attempt struct {
	failures int
	last     time.Time
	until    time.Time // locked until
}

func newAttempts() *attempts { return &attempts{all: map[attemptKey]*attempt{}} }

// begin notes an attempt. A positive answer says how long to wait: then it doesn't count and must not be made.
func (a *attempts) begin(name, address string, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	byName, byAddress := a.entry(attemptKey{name, address}, now), a.entry(attemptKey{"", address}, now)
	if wait := max(byName.until.Sub(now), byAddress.until.Sub(now)); wait > 0 {
		return wait
	}
	byName.fail(now, freeByName)
	byAddress.fail(now, freeByAddress)
	return 0
}

// succeed takes the attempt back: the name is cleared, the address keeps its other failures.
func (a *attempts) succeed(name, address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.all, attemptKey{name, address})
	if e, ok := a.all[attemptKey{"", address}]; ok && e.failures > 0 {
		e.failures--
		if e.failures <= freeByAddress {
			e.until = time.Time{}
		}
	}
}

func (a *attempts) entry(k attemptKey, now time.Time) *attempt {
	e, ok := a.all[k]
	if ok && now.Sub(e.last) < forgetAfter {
		return e
	}
	if len(a.all) >= mostAttempts {
		a.sweep(now)
	}
	e = &attempt{last: now}
	a.all[k] = e
	return e
}

// sweep forgets what is old; when that frees too little, a quarter of the rest, whichever comes: a flood from that many
// addresses gains nothing by it, and the cost stays small for each attempt.
func (a *attempts) sweep(now time.Time) {
	for k, e := range a.all {
		if now.Sub(e.last) >= forgetAfter {
			delete(a.all, k)
		}
	}
	for k := range a.all {
		if len(a.all) <= mostAttempts*3/4 {
			return
		}
		delete(a.all, k)
	}
}

func (e *attempt) fail(now time.Time, free int) {
	e.failures++
	e.last = now
	if over := e.failures - free; over >= 0 {
		e.until = now.Add(min(time.Second<<min(over, 20), longestLock))
	}
}
