package sim

import (
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// center is what the world uses of the core. Tests put saboteurs in its place.
type center interface {
	Step(in callcenter.Input) callcenter.Output
	Deadline() (time.Time, bool)
	Restore(changes []callcenter.Change) error
	Changes() []callcenter.Change
	LastAt() time.Time
	PlanVersion() string
	FallbackOffset() int64
	Snapshot(at time.Time) fact.Snapshot
	Popup(offer string) (fact.Popup, bool)
	Free(agent string) bool
}

var _ center = (*callcenter.Center)(nil)

// newCore makes the core, with a saboteur around it where a test wants one.
func (w *world) newCore() center {
	c, err := callcenter.New(w.plan)
	if err != nil {
		w.fail(rulePlan, "the drawn plan is refused: %v", err)
		return nil
	}
	if w.setting.wrap != nil {
		return w.setting.wrap(c)
	}
	return c
}
