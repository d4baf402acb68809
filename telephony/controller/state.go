package controller

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"firstline/telephony/callcenter"
)

// private is a record's private part, and a snapshot's state: there Changes are the whole state.
type private struct {
	At       time.Time           `json:"at"`
	Changes  []callcenter.Change `json:"changes,omitempty"`
	Commands []string            `json:"commands,omitempty"` // ids and kinds, to read what was ordered; never replayed
}

// state is a snapshot: private{At: at, Changes: changes} as JSON. The changes are JSON already; the encoder would check each
// byte of megabytes once more while calls wait for the loop.
func state(at time.Time, changes []callcenter.Change) []byte {
	size := 64
	for _, c := range changes {
		size += len(c.Key) + len(c.Value) + 20
	}
	b := append(make([]byte, 0, size), `{"at":`...)
	b = at.AppendFormat(b, `"`+time.RFC3339Nano+`"`)
	b = append(b, `,"changes":[`...)
	for i, c := range changes {
		if i > 0 {
			b = append(b, ',')
		}
		key, _ := json.Marshal(c.Key) // a string can always be encoded
		b = append(append(append(b, `{"k":`...), key...), `,"v":`...)
		b = append(append(b, c.Value...), '}')
	}
	return append(b, `]}`...)
}

// restore folds snapshot and records into a centre, and returns the last At in them.
func restore(plan *callcenter.Plan, journal Journal) (center *callcenter.Center, last time.Time, err error) {
	center, err = callcenter.New(plan)
	if err != nil {
		return nil, last, err
	}
	fold := map[string]callcenter.Change{}
	take := func(b []byte) error {
		var p private
		if err := json.Unmarshal(b, &p); err != nil {
			return fmt.Errorf("read a record of the log: %w", err)
		}
		for _, ch := range p.Changes {
			fold[ch.Key] = ch
		}
		if p.At.After(last) {
			last = p.At
		}
		return nil
	}
	whole := func(b []byte) error {
		clear(fold)
		return take(b)
	}
	if err := journal.Restore(whole, take); err != nil {
		return nil, last, err
	}
	changes := make([]callcenter.Change, 0, len(fold))
	for _, key := range slices.Sorted(maps.Keys(fold)) {
		changes = append(changes, fold[key])
	}
	if err := center.Restore(changes); err != nil {
		return nil, last, err
	}
	if at := center.LastAt(); at.After(last) {
		last = at
	}
	return center, last, nil
}

// clock is At: never before the last At of the log, and monotone since the start.
type clock struct {
	base  time.Time
	began time.Time // with the monotonic reading
}

func newClock(last time.Time) clock {
	now := time.Now()
	base := now.Round(0)
	if last.After(base) {
		base = last
	}
	return clock{base: base, began: now}
}

func (c clock) now() time.Time { return c.at(time.Now()) }

// at is what this clock showed at an instant since the start that has the monotonic reading.
func (c clock) at(read time.Time) time.Time { return c.base.Add(read.Sub(c.began)).UTC() }

// ahead is how much later it is by this clock than by the machine's, which may have been set.
func (c clock) ahead() time.Duration { return c.now().Sub(time.Now().Round(0)) }

// until is how long until an instant of this clock.
func (c clock) until(at time.Time) time.Duration { return at.Sub(c.now()) }
