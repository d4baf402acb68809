package sim

import (
	"os"
	"sort"
	"testing"
	"time"
)

func TestProbe(t *testing.T) {
	if os.Getenv("PROBE") == "" {
		return
	}
	from, n, steps := number(t, "PROBE_FROM", 1), number(t, "PROBE", 50), number(t, "SIM_STEPS", 2000)
	begin := time.Now()
	rules := map[string][]*Failure{}
	total := 0
	seen := counts{}
	for seed := from; seed < from+n; seed++ {
		r, f := play(Options{Seed: uint64(seed), Steps: steps}, setting{})
		total += r.Steps
		for k, v := range r.Seen {
			seen[k] += v
		}
		if f != nil {
			rules[f.Rule] = append(rules[f.Rule], f)
		}
	}
	took := time.Since(begin)
	t.Logf("%d seeds, %d steps, %s, %.1f µs/step", n, total, took, float64(took.Microseconds())/float64(total))
	for r, fs := range rules {
		t.Logf("%3d × %s", len(fs), r)
		for i, f := range fs {
			if i < 4 {
				t.Logf("      seed %d step %d: %.400s", f.Seed, f.Step, f.Message)
			}
		}
	}
	if os.Getenv("SEEN") != "" {
		var keys []string
		for k := range seen {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			t.Logf("%8d %s", seen[k], k)
		}
	}
}
