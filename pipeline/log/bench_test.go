package log_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkAppendSync is what a Step pays: append, and wait until it is synced. Parallelism shows the group commit.
func BenchmarkAppendSync(b *testing.B) {
	for _, inFlight := range []int{1, 16, 256} {
		b.Run(name(inFlight), func(b *testing.B) {
			cfg := config(nil)
			cfg.Dir, cfg.SegmentBytes = filepath.Join(b.TempDir(), "log"), 64<<20
			l := open(b, cfg).run(b)
			var took []time.Duration
			window := make([]struct {
				index uint64
				at    time.Time
			}, 0, inFlight)
			i := 0
			for b.Loop() {
				if len(window) == inFlight {
					l.wait(b, window[0].index)
					took = append(took, time.Since(window[0].at))
					window = append(window[:0], window[1:]...)
				}
				at := time.Now()
				index, _, err := l.Append(record(i))
				if err != nil {
					b.Fatal(err)
				}
				window = append(window, struct {
					index uint64
					at    time.Time
				}{index, at})
				i++
			}
			if len(took) > 0 {
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			}
			l.end(b)
		})
	}
}

func name(n int) string {
	return map[int]string{1: "one in flight", 16: "16 in flight", 256: "256 in flight"}[n]
}

// BenchmarkRead reads from the disk, as a publisher that is behind does.
func BenchmarkRead(b *testing.B) {
	cfg := config(nil)
	cfg.Dir, cfg.SegmentBytes, cfg.TailFacts = filepath.Join(b.TempDir(), "log"), 1<<20, 1
	l := open(b, cfg).run(b)
	l.wait(b, l.appendAll(b, 0, 5000))
	var after uint64
	read := 0
	for b.Loop() {
		facts, err := l.Read(b.Context(), after, 500)
		if err != nil {
			b.Fatal(err)
		}
		read += len(facts)
		if after = facts[len(facts)-1].Position; after > 4400 {
			after = 0
		}
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "facts/s")
	l.end(b)
}
