package alert

import "time"

// Word is what a recipient is told of a rule and queue: a closed list.
type Word string

const (
	SaysFiring   Word = "firing"
	SaysResolved Word = "resolved"
	SaysNoData   Word = "no_data" // nothing is known for a while
)

// Told is what one recipient was last told. The zero Told is nothing, or that all is well again.
type Told struct {
	Word    Word      `json:"word"`
	Episode time.Time `json:"episode"` // Since of the phase it was about
	At      time.Time `json:"at"`

	Tries int       `json:"tries"` // failed ones of what is to be told now
	After time.Time `json:"after"` // when to try again
}

// BlindAfter is how long nothing must be known, at least, before that is told.
const BlindAfter = 5 * time.Minute

// Due is what a recipient is to be told now; false = nothing. It is what stands, not what happened: of an alert that came and
// went while the recipient couldn't be reached he hears nothing.
func Due(r Rule, s State, told Told, now time.Time) (Word, bool) {
	if now.Before(told.After) {
		return "", false
	}
	switch s.Phase {
	case Firing:
		again := r.Repeat > 0 && now.Sub(told.At) >= r.Repeat
		if told.Word != SaysFiring || !told.Episode.Equal(s.Since) || again {
			return SaysFiring, true
		}
		return "", false
	case NoData:
		if told.Word == "" && now.Sub(s.Since) >= max(r.For, BlindAfter) {
			return SaysNoData, true
		}
		if told.Word != SaysFiring {
			return "", false
		}
	case OK, Pending, Idle:
	}
	if told.Word == "" {
		return "", false
	}
	return SaysResolved, true
}

// Heard is what a recipient knows once he was told a word.
func (t Told) Heard(w Word, s State, now time.Time) Told {
	if w == SaysResolved {
		return Told{At: now}
	}
	return Told{Word: w, Episode: s.Since, At: now}
}

// MaxTries is how often a word is tried to be told before it is given up; Patience is the wait behind each failed try.
const MaxTries = 8

// Patience is the wait behind the n-th failed try: half a minute, doubled each time, at most an hour.
func Patience(n int) time.Duration {
	wait := 30 * time.Second
	for range n - 1 {
		wait = min(2*wait, time.Hour)
	}
	return wait
}
