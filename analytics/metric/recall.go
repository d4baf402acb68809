package metric

import (
	"strings"
	"time"
)

// RecallState is how it went on with a caller who gave up.
type RecallState string

const (
	RecallOpen     RecallState = "open"      // nothing has happened since
	RecallCameBack RecallState = "came_back" // he called again, and no agent answered
	RecallAnswered RecallState = "answered"  // he called again, and an agent answered
	RecallCalled   RecallState = "called"    // an agent called his number; whether he took it is not known
	RecallReached  RecallState = "reached"   // he was called back and talked to an agent
)

// RecallStates is the closed list.
func RecallStates() []RecallState {
	return []RecallState{RecallOpen, RecallCameBack, RecallAnswered, RecallCalled, RecallReached}
}

// Recall is what followed within the hours that are asked for; times are nil where nothing did.
type Recall struct {
	State      RecallState `json:"recall" enum:"open,came_back,answered,called,reached" doc:"How it went on: open = not at all, came_back = he called again and nobody answered, answered = he called again and an agent answered, called = an agent called his number, reached = he was called back and talked to an agent"`
	CameBackAt *time.Time  `json:"came_back_at" doc:"When he called again; null when he did not"`
	AnsweredAt *time.Time  `json:"answered_at" doc:"When an agent answered such a call; null when none did"`
	CalledAt   *time.Time  `json:"called_at" doc:"When an agent called his number, whether he took it or not; null when none did"`
	ReachedAt  *time.Time  `json:"reached_at" doc:"When he talked to an agent who called him back; null when he did not"`
}

// Settle gives it its state: what came to a talk first, else what was tried last by us, else by him.
func (r *Recall) Settle() {
	switch {
	case r.AnsweredAt != nil && (r.ReachedAt == nil || !r.ReachedAt.Before(*r.AnsweredAt)):
		r.State = RecallAnswered
	case r.ReachedAt != nil:
		r.State = RecallReached
	case r.CalledAt != nil:
		r.State = RecallCalled
	case r.CameBackAt != nil:
		r.State = RecallCameBack
	default:
		r.State = RecallOpen
	}
}

// DialTail is by how many last digits a number that an agent dialled is compared with a caller's: agents dial with the prefixes of their
// exchange.
const DialTail = 9

// dialTail are the last digits of a number.
func dialTail(number string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	return digits[max(0, len(digits)-DialTail):]
}
