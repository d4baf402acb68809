package callcenter

import (
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/problem"
)

// Center is the whole state of the call centre. It is not safe for concurrent use: one goroutine owns it.
type Center struct {
	plan *Plan
}

// New returns an empty centre that decides by plan. The link counts as lost until the first Reconciled. An error says
// that the plan is not valid (Plan.Validate names each mistake).
func New(plan *Plan) (*Center, error) { return &Center{plan: plan}, nil }

// Step takes one input in and says what follows. It is total: any event is welcome in any state.
func (c *Center) Step(in Input) Output { return Output{} }

// Deadline is when the driver must send Wake; false = nothing waits for time.
func (c *Center) Deadline() (time.Time, bool) { return time.Time{}, false }

// Restore replaces the whole state by the fold of changes: the last one of each key wins.
func (c *Center) Restore(changes []Change) error { return nil }

// Changes is the full state as one change per object, sorted by key: Restore(Changes()) gives an equal centre.
func (c *Center) Changes() []Change { return nil }

// LastAt is the At of the last Step that changed anything: after Restore, At must not be before it.
func (c *Center) LastAt() time.Time { return time.Time{} }

// PlanVersion is the version of the plan in force.
func (c *Center) PlanVersion() string { return c.plan.Version }

// FallbackOffset is the byte offset of the queue_log up to which FallbackEvents were taken in.
func (c *Center) FallbackOffset() int64 { return 0 }

// Snapshot is the public state of now. Source, Epoch, Position and Durable are the driver's to fill.
func (c *Center) Snapshot(at time.Time) fact.Snapshot { return fact.Snapshot{At: at} }

// Popup is what the agent of an open offer sees; false when there is no such offer or it is over.
func (c *Center) Popup(offer string) (fact.Popup, bool) { return fact.Popup{}, false }

// Free tells whether an agent may be offered a call now: ready, no retry delay, no leg still being hung up.
func (c *Center) Free(agent string) bool { return false }

// Validate names every mistake of a plan.
func (p *Plan) Validate() []problem.Problem { return nil }
