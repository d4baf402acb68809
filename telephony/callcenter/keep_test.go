package callcenter

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// TestKeeps: messages may have a time of their own, and without one have that of recordings.
func TestKeeps(t *testing.T) {
	const talk, message = 24 * time.Hour, 48 * time.Hour
	for _, c := range []struct {
		rule  Recording
		cause fact.RecordingCause
		want  time.Duration
	}{
		{Recording{Keep: talk, KeepMessages: message}, fact.RecordVoicemail, message},
		{Recording{Keep: talk, KeepMessages: message}, fact.RecordAll, talk},
		{Recording{Keep: talk}, fact.RecordVoicemail, talk},
	} {
		if got := c.rule.keeps(c.cause); got != c.want {
			t.Errorf("%+v, %s: %s", c.rule, c.cause, got)
		}
	}
}
