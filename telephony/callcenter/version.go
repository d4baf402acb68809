package callcenter

import (
	"crypto/sha256"
	"fmt"
	"time"

	"firstline/pipeline/problem"
)

// whole is the share of an entry that is for every call it fits.
const whole = 100

// Arrival is what decides which entry counts for a call.
type Arrival struct {
	Dialed string
	Number string    // the caller's; "" = withheld
	Call   string    // contact id: draws for callers without a number
	At     time.Time // when it arrived
}

// instant reads one as the file has it; "" = none.
func instant(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err
}

// instantProblems names what is no instant.
func (c Config) instantProblems() []problem.Problem {
	var out []problem.Problem
	for i, e := range c.Entries {
		for _, at := range []struct{ key, text string }{{"from", e.From}, {"until", e.Until}} {
			if _, err := instant(at.text); err != nil {
				out = append(out, problem.Problem{Path: fmt.Sprintf("entries.%d.%s", i, at.key), Message: fmt.Sprintf("%q is no instant", at.text),
					Mend: "write date, time and offset, for example 2026-12-24T14:00:00+01:00"})
			}
		}
	}
	return out
}

// in tells whether the entry is in force.
func (e Entry) in(at time.Time) bool {
	return !at.Before(e.From) && (e.Until.IsZero() || at.Before(e.Until))
}

// draws tells whether a call is in the entry's share. The same number always is or is not: who calls again hears the same
// version. Shares of other flows are drawn anew.
func (e Entry) draws(a Arrival) bool {
	if e.Share == whole || e.Share == 0 {
		return true
	}
	who := a.Number
	if who == "" {
		who = a.Call
	}
	return percentile(e.Flow, who) < uint64(e.Share) //nolint:gosec // 1 to 99
}

// percentile draws a number below 100 for somebody, the same each time; for another thing another one.
func percentile(what, who string) uint64 {
	sum := sha256.Sum256([]byte(what + "\x00" + who))
	drawn := uint64(0)
	for _, b := range sum[:8] {
		drawn = drawn<<8 | uint64(b)
	}
	return drawn % whole
}

// every tells whether the entry takes every call that it fits, at any time.
func (e Entry) every() bool {
	return (e.Share == 0 || e.Share == whole) && e.From.IsZero() && e.Until.IsZero()
}
