package loadtest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

// timed is a sink that notes when it had each fact.
type timed struct {
	Counted
	want int
	done chan struct{}

	mu sync.Mutex // guards at
	at map[uint64]time.Time
}

func newTimed(sink Counted, want int) *timed {
	return &timed{Counted: sink, want: want, done: make(chan struct{}), at: map[uint64]time.Time{}}
}

func (s *timed) Insert(ctx context.Context, l load.Load, facts []fact.Fact) error {
	if err := s.Counted.Insert(ctx, l, facts); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, f := range facts {
		s.at[f.Position] = now
	}
	if len(facts) > 0 && len(s.at) == s.want {
		close(s.done)
	}
	return nil
}

// Throughput reports how many facts a second are published, and loaded from a topic that is full.
func Throughput(b *testing.B, node Node, sink Counted, facts int) {
	r := NewRig(b, node, sink)
	r.Conf = load.DefaultConfig()
	b.ResetTimer()
	began := time.Now()
	r.Make(facts)
	r.WaitPublished()
	b.ReportMetric(float64(facts)/time.Since(began).Seconds(), "published/s")
	t := newTimed(sink, facts)
	began = time.Now()
	r.Load(t, nil)
	<-t.done
	b.ReportMetric(float64(facts)/time.Since(began).Seconds(), "loaded/s")
}

// Latency reports how long facts take from the log to the tables while some come every 10 ms.
func Latency(b *testing.B, node Node, sink Counted, each, times int) {
	r := NewRig(b, node, sink)
	r.Conf = load.DefaultConfig()
	const warm = 10
	t := newTimed(sink, warm+each*times)
	r.Load(t, nil)
	r.Make(warm)
	r.WaitLoaded()
	b.ResetTimer()
	made := map[uint64]time.Time{}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range times {
		<-tick.C
		now := time.Now()
		for range each {
			made[uint64(r.made)+1] = now //nolint:gosec // a count
			r.Make(1)
		}
	}
	<-t.done
	var took []time.Duration
	for position, at := range made {
		took = append(took, t.at[position].Sub(at))
	}
	slices.Sort(took)
	for name, part := range map[string]int{"p50-ms": 50, "p99-ms": 99, "max-ms": 100} {
		b.ReportMetric(float64(took[(len(took)-1)*part/100].Microseconds())/1000, name)
	}
	b.ReportMetric(float64(len(made))/b.Elapsed().Seconds(), "facts/s")
}
