package load

import (
	"testing"
	"time"
)

func TestLingerFollowsTheTables(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct{ configured, took, want time.Duration }{
		{400 * ms, 0, 400 * ms},          // nothing is known yet
		{400 * ms, 50 * ms, 400 * ms},    // quick
		{400 * ms, 150 * ms, 600 * ms},   // a fifth of the time
		{400 * ms, 300 * ms, 700 * ms},   // within a second in all
		{400 * ms, 900 * ms, 400 * ms},   // a second can't be had any more
		{2000 * ms, 300 * ms, 2000 * ms}, // as configured
	} {
		if got := linger(c.configured, c.took); got != c.want {
			t.Errorf("configured %v, took %v: %v, want %v", c.configured, c.took, got, c.want)
		}
	}
}
