package controller

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"firstline/telephony/callcenter"
)

// BenchmarkArrival is a call's arrival with a free agent, from Put to the hand-over of its commands, on a real disk.
func BenchmarkArrival(b *testing.B) {
	logs := logConfig(nil, filepath.Join(b.TempDir(), "log"))
	r := newRig(b, logs, nil)
	r.startWith(b, func(ctx context.Context) error {
		return r.run(ctx, func(ctx context.Context) error { <-ctx.Done(); return nil })
	})
	r.openDesk()
	done := make(chan struct{}, 1)
	var took []time.Duration
	n := 0
	for b.Loop() {
		n++
		began := time.Now()
		r.inbox.put(item{event: arrival(n), done: func(callcenter.Output) { done <- struct{}{} }})
		<-done
		took = append(took, time.Since(began))
		r.tell(callcenter.ChannelEnded{Channel: fmt.Sprintf("pbx1-%d.1", n), Cause: 16})
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	r.end(b)
}
