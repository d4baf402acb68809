package log_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"firstline/pipeline/log"
	"firstline/pipeline/log/disk/memdisk"
)

func TestDeletesByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config(memdisk.New())
		cfg.TailFacts = 8
		l := open(t, cfg).run(t)
		var published atomic.Uint64
		l.Protect(published.Load)
		fill := func(from int) {
			for n := from; n < from+60; n += 3 {
				l.wait(t, l.appendAll(t, n, n+3))
			}
		}
		fill(0)
		pass(8 * 24 * time.Hour)
		fill(60)
		if l.Oldest() != 1 {
			t.Error("deleted what was not published")
		}
		published.Store(45)
		pass(2 * time.Minute)
		if l.Oldest() != 1 {
			t.Error("deleted what is in no snapshot")
		}
		l.Snapshot([]byte("a"))
		pass(2 * time.Minute)
		oldest := l.Oldest()
		if oldest < 30 || oldest > 46 {
			t.Errorf("oldest is %d, want one a little below 46", oldest)
		}
		if _, err := l.Read(t.Context(), 3, 10); !errors.Is(err, log.ErrCompacted) {
			t.Errorf("read of deleted facts: %v", err)
		}
		checkPositions(t, l.facts(t, oldest-1), oldest, l.Epoch())
		published.Store(120)
		pass(2 * time.Minute)
		if got := l.Oldest(); got <= oldest || got > 61 {
			t.Errorf("oldest is %d: young facts are gone, or old ones stayed", got)
		}
		l.end(t)
	})
}

// Nothing new comes: the last segment is closed all the same, so that its facts don't outlive their time.
func TestDeletesWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		cfg := config(d)
		cfg.Stateless = true
		l := open(t, cfg).run(t)
		l.Protect(func() uint64 { return 1 << 60 })
		l.wait(t, l.appendAll(t, 0, 10))
		pass(9 * 24 * time.Hour)
		synctest.Wait()
		if l.Oldest() != 10 {
			t.Errorf("oldest is %d, want 10: all are deleted", l.Oldest())
		}
		if n := len(files(t, d, ".seg")); n != 1 {
			t.Errorf("%d segments, want one", n)
		}
		l.wait(t, l.appendAll(t, 1, 2))
		checkPositions(t, l.facts(t, 9), 10, l.Epoch())
		l.end(t)
		l = open(t, cfg)
		if l.Position() != 10 {
			t.Errorf("position %d after a restart, want 10", l.Position())
		}
		l.end(t)
	})
}

func TestDeletesBySize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config(memdisk.New())
		cfg.MaxBytes, cfg.Stateless = 20<<10, true
		l := open(t, cfg).run(t)
		l.Protect(l.Position)
		for n := 0; n < 300; n += 3 {
			l.wait(t, l.appendAll(t, n, n+3))
			synctest.Wait()
		}
		if bytes := l.metric(t, "segment_bytes"); bytes > 26<<10 {
			t.Errorf("%v bytes kept, want about %d", bytes, cfg.MaxBytes)
		}
		if l.metric(t, "segments_deleted_total") == 0 {
			t.Error("not counted")
		}
		l.end(t)
	})
}

// Readers of the tail, of the disk and of what is deleted meanwhile never see a hole.
func TestReadersFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config(memdisk.New())
		cfg.TailFacts = 8
		l := open(t, cfg).run(t)
		done := make(chan uint64)
		for reader := range 3 {
			go func() {
				var after uint64
				for after < 300 {
					facts, err := l.Read(context.Background(), after, 1+reader*5)
					if err != nil {
						t.Error(err)
						break
					}
					checkPositions(t, facts, after+1, l.Epoch())
					after = facts[len(facts)-1].Position
				}
				done <- after
			}()
		}
		for n := 0; n < 300; n += 10 {
			l.wait(t, l.appendAll(t, n, n+10))
		}
		for range 3 {
			if after := <-done; after != 300 {
				t.Errorf("a reader stopped at %d", after)
			}
		}
		if l.metric(t, "disk_reads_total") == 0 {
			t.Error("the test should have read from the disk")
		}
		l.end(t)
	})
}
