// Package trouble decides when something that fails again and again is told: at once, and from then on at most once a
// minute with how often it failed, so that an outage of hours is some lines in the log and not a line for each try.
//
// Every loop that tries again owns one Trouble and writes the log line itself, in its own words. It logs nothing, counts
// no metric and never waits.
package trouble

import (
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	again    = time.Minute // between two lines about the same
	mostKind = 8           // different errors that are told at once in one trouble; more of them would be a line each, too
)

// Trouble is one thing that may fail again and again. Its methods may be called from any goroutine.
type Trouble struct {
	patience time.Duration

	mu    sync.Mutex // guards all below
	since time.Time  // of the first failure; zero = all is well
	last  error
	told  time.Time       // zero = not told yet
	kinds map[string]bool // told
	tries int             // since told
	total int
}

// New returns a Trouble that is not told before it has lasted for patience: some things need a moment at a start.
func New(patience time.Duration) *Trouble { return &Trouble{patience: patience} }

// Failed notes a failure. It returns what to log about it (error, since when, how often since the line before), or nil
// when it is not to be told now.
func (t *Trouble) Failed(err error) []any {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if t.since.IsZero() {
		t.since, t.kinds = now, map[string]bool{}
	}
	t.last = err
	t.tries++
	t.total++
	if now.Sub(t.since) < t.patience {
		return nil
	}
	kind := kindOf(err)
	news := !t.kinds[kind] && len(t.kinds) < mostKind
	if !news && !t.told.IsZero() && now.Sub(t.told) < again {
		return nil
	}
	t.kinds[kind], t.told = true, now
	attrs := []any{"error", err}
	if t.total > 1 {
		attrs = append(attrs, "since", t.since.UTC().Truncate(time.Second), "tries", t.tries)
	}
	t.tries = 0
	return attrs
}

// Over notes that it works. It returns what to log about it, or nil when no trouble was told.
func (t *Trouble) Over() []any {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() {
		return nil
	}
	var attrs []any
	if !t.told.IsZero() {
		attrs = []any{"since", t.since.UTC().Truncate(time.Second), "tries", t.total}
	}
	t.since, t.told, t.last, t.kinds, t.tries, t.total = time.Time{}, time.Time{}, nil, nil, 0, 0
	return attrs
}

// Now is what is wrong now and since when; nil when all is well.
func (t *Trouble) Now() (time.Time, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.since, t.last
}

// kindOf is an error's text without its numbers: ports and offsets differ from try to try.
func kindOf(err error) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, err.Error())
}
