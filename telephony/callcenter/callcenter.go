// Package callcenter decides what happens to every call: contacts, calls, queues, agents, matching.
//
// It is pure: no goroutine, channel, clock, random, log, context or I/O, no iteration over maps. telephony/controller is
// its only driver. The driver's duties:
//
//  1. Call Step with every event, in the order received, with At never going back.
//  2. Append Output.Facts and Output.Changes as one record to the log; they are the state.
//  3. Only when that record is synced: hand out Output.Commands and Output.Reply, show the facts.
//  4. Send Wake when Deadline has come.
//  5. After a start: Restore the state, send LinkLost, and Reconciled when Asterisk's resources have been listed.
package callcenter

import (
	"encoding/json"
	"time"

	"firstline/pipeline/fact"
)

// Output is what one Step decided.
type Output struct {
	Facts    []fact.Fact // Source, Epoch and Position are the log's to fill
	Changes  []Change    // new state of whatever the Step touched; with these the state can be rebuilt
	Commands []Command
	Ignored  []Ignored
	Clamped  []Clamped // at most one for each direction
	Reply    *Reply    // answer to a Control
}

// Clamped tells that something happened at another time, by the event or by what the core concluded from it, than is recorded.
// A clock is wrong, or it was known too late.
type Clamped struct {
	Direction Direction
	By        time.Duration // the most that a time was moved by; longer than ClampTolerance
}

// Direction is in which way a time was wrong: a closed list that feeds a counter.
type Direction string

const (
	ClampedAhead  Direction = "ahead"  // later than now, which was taken; a channel made after its arrival
	ClampedBehind Direction = "behind" // before the last fact about the same, whose time was taken; a channel made long before its arrival
)

// ClampTolerance is how far a time may be moved without a word: what clocks kept by NTP differ.
const ClampTolerance = time.Second

// Change is the new private state of one object; the fold of all changes is the state. Value nil = gone.
type Change struct {
	Key   string          `json:"k"` // "contact/<id>", "agent/<id>", "plan/<version>", "meta"
	Value json.RawMessage `json:"v,omitempty"`
}
