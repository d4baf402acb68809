package log_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/log"
	"firstline/pipeline/log/disk"
	"firstline/pipeline/log/disk/memdisk"
)

// owner gives a snapshot whenever the log wants one, as the controller's loop does. state is what it would be.
func (o *opened) owner(t testing.TB, state func() string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			changed := o.Changed()
			if o.SnapshotWanted() {
				o.Snapshot([]byte(state()))
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}

func gaps(facts []fact.Fact) (all []fact.LogGap) {
	for _, f := range facts {
		if g, ok := f.Data.(fact.LogGap); ok {
			all = append(all, g)
		}
	}
	return all
}

// A full disk: first the reserve is used up under the normal rules.
func TestReserveIsUsedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		cfg := config(d)
		cfg.ReserveBytes = 32 << 10
		l := open(t, cfg).run(t)
		synctest.Wait()
		l.wait(t, l.appendAll(t, 0, 10))
		d.SetCapacity(d.Used() + 100)
		l.wait(t, l.appendAll(t, 10, 30))
		if h := l.Health(); !h.Durable {
			t.Errorf("not durable although there was a reserve: %+v", h)
		}
		if l.metric(t, "reserve_used_total") != 1 || l.metric(t, "reserve_bytes") != 0 {
			t.Error("the reserve was not used")
		}
		checkPositions(t, l.facts(t, 0), 1, l.Epoch())
		d.SetCapacity(0)
		pass(2 * time.Minute)
		synctest.Wait()
		if l.metric(t, "reserve_bytes") != 32<<10 {
			t.Error("the reserve was not made again")
		}
		l.end(t)
		l = open(t, cfg)
		equal(t, l.restored(t), numbers(0, 30))
		l.end(t)
	})
}

// A full disk and no reserve: nothing waits any more, readers for Kafka see nothing new, readers for now see all; then
// space comes back.
func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		l := open(t, config(d)).run(t)
		epoch := l.Epoch()
		stop := l.owner(t, func() string { return "all" })
		l.wait(t, l.appendAll(t, 0, 10))
		began := time.Now()
		d.SetCapacity(d.Used() + 100)
		index := l.appendAll(t, 10, 30)
		synctest.Wait()

		h := l.Health()
		if h.Durable || h.Since.Before(began) || h.Why == "" || h.Kept != 20 {
			t.Errorf("health %+v", h)
		}
		if !l.Released(index) {
			t.Error("commands wait although the log can't be written")
		}
		if err := l.Wait(t.Context(), index); !errors.Is(err, log.ErrNotDurable) {
			t.Errorf("wait: %v", err)
		}
		if n := len(l.facts(t, 0)); n != 9 {
			t.Errorf("%d facts to be published, want the 9 durable ones", n)
		}
		shown, err := l.ReadShown(t.Context(), 9, 100)
		if err != nil || len(shown) != 21 {
			t.Errorf("%d facts shown, want 21 (%v)", len(shown), err)
		}
		if d.ReadFile(dir+"/intact") != nil {
			t.Error("the folder still says that what was shown is durable")
		}

		pass(10 * time.Second) // attempts fail
		d.SetCapacity(0)
		pass(time.Second)
		synctest.Wait()
		if h := l.Health(); !h.Durable {
			t.Fatalf("not durable although there is room: %+v", h)
		}
		l.wait(t, l.appendAll(t, 30, 33))
		facts := l.facts(t, 0)
		checkPositions(t, facts, 1, epoch)
		found := gaps(facts)
		if len(found) != 1 || found[0].Kept != 20 || found[0].Dropped != 0 || found[0].Until.Sub(found[0].From) < 10*time.Second {
			t.Errorf("gaps %+v", found)
		}
		if l.metric(t, "gaps_total") != 1 || l.metric(t, "durable") != 1 || l.metric(t, "write_failures_total") < 10 {
			t.Error("not counted")
		}
		stop()
		l.end(t)

		l = open(t, config(d))
		if l.Epoch() != epoch {
			t.Error("the epoch changed although nothing was lost")
		}
		equal(t, l.restored(t), append([]string{"state all"}, numbers(30, 33)...))
		checkPositions(t, l.facts(t, 0), 1, epoch)
		l.end(t)
	})
}

// Killed while the log could not be written: positions that were shown may come again, so the epoch changes.
func TestKilledWhileNotDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		l := open(t, config(d)).run(t)
		l.wait(t, l.appendAll(t, 0, 10))
		d.SetCapacity(d.Used() + 100)
		l.appendAll(t, 10, 30)
		synctest.Wait()
		killed := d.Kill()
		if err := l.stop(); !errors.Is(err, log.ErrNotDurable) {
			t.Errorf("run ended with %v", err)
		}
		after := open(t, config(killed))
		if after.Epoch() == l.Epoch() {
			t.Error("the epoch stayed")
		}
		equal(t, after.restored(t), numbers(0, 10))
		after.end(t)
	})
}

// Records that don't fit into memory are dropped and counted; the snapshot has what they changed.
func TestDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		cfg := config(d)
		cfg.MemoryBytes = 64 << 10
		l := open(t, cfg).run(t)
		stop := l.owner(t, func() string { return "all" })
		l.wait(t, l.appendAll(t, 0, 3))
		d.SetHook(func(op memdisk.Op, _ string) error {
			if op == memdisk.OpSync {
				return syscall.EIO
			}
			return nil
		})
		for n := 3; n < 40; n++ {
			r := record(n)
			r.Private = append(r.Private, make([]byte, 4<<10)...)
			if _, _, err := l.Append(r); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		h := l.Health()
		if h.Dropped == 0 || h.Dropped+int64(h.Kept) != 37 || l.metric(t, "dropped_records_total") != float64(h.Dropped) {
			t.Errorf("health %+v", h)
		}
		before := l.Position()
		d.SetHook(nil)
		pass(2 * time.Second)
		synctest.Wait()
		found := gaps(l.facts(t, 0))
		if len(found) != 1 || found[0].Dropped != h.Dropped || found[0].Kept != int64(h.Kept) {
			t.Errorf("gaps %+v, want %+v", found, h)
		}
		facts := l.facts(t, 0)
		if last := facts[len(facts)-1].Position; last != before+1 {
			t.Errorf("the gap has position %d, want %d", last, before+1)
		}
		l.wait(t, l.appendAll(t, 40, 42))
		stop()
		l.end(t)
		l = open(t, cfg)
		equal(t, l.restored(t), append([]string{"state all"}, numbers(40, 42)...))
		l.end(t)
	})
}

// Every operation in turn fails once: nothing appended is lost, and no file is written again after a failed write or sync.
func TestEachOperationFailsOnce(t *testing.T) { bothWays(t, eachOperationFailsOnce) }

func eachOperationFailsOnce(t *testing.T, config func(disk.FS) log.Config) {
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC} {
		for at := 0; ; at++ {
			reached := false
			synctest.Test(t, func(t *testing.T) { reached = failsOnce(t, config, at, fault) })
			if !reached {
				if at < 20 {
					t.Errorf("only %d operations", at)
				}
				break
			}
		}
	}
}

func failsOnce(t *testing.T, config func(disk.FS) log.Config, at int, fault error) (reached bool) {
	d := memdisk.New()
	l := open(t, config(d)).run(t)
	stop := l.owner(t, func() string { return "" })
	synctest.Wait()
	count := 0
	spoiled := ""
	d.SetHook(func(op memdisk.Op, name string) error {
		if name == spoiled && (op == memdisk.OpWrite || op == memdisk.OpSync) {
			t.Errorf("%s of %s after it had failed", op, name)
		}
		if count++; count-1 != at {
			return nil
		}
		reached = true
		if (op == memdisk.OpWrite || op == memdisk.OpSync || op == memdisk.OpExtend && !errors.Is(fault, syscall.ENOSPC)) && strings.HasSuffix(name, ".seg") {
			spoiled = name
		}
		return fault
	})
	for n := 0; n < 24; n += 4 {
		l.appendAll(t, n, n+4)
		synctest.Wait()
		if n == 12 {
			l.Snapshot([]byte("16"))
			synctest.Wait()
		}
		pass(3 * time.Second)
	}
	synctest.Wait()
	if h := l.Health(); !h.Durable {
		t.Errorf("operation %d: not durable at the end: %+v", at, h)
	}
	facts := l.facts(t, 0)
	checkPositions(t, facts, 1, l.Epoch())
	if want := 24 + len(gaps(facts)); len(facts) != want {
		t.Errorf("operation %d: %d facts, want %d", at, len(facts), want)
	}
	stop()
	l.end(t)
	d.SetHook(nil)
	again := open(t, config(d))
	if again.Epoch() != l.Epoch() {
		t.Errorf("operation %d: the epoch changed", at)
	}
	checkPositions(t, again.facts(t, 0), 1, l.Epoch())
	if n := len(again.facts(t, 0)); n != len(facts) {
		t.Errorf("operation %d: %d facts after a restart, want %d", at, n, len(facts))
	}
	again.end(t)
	return reached
}

// Kill the process at any operation of a failure and its repair: what had been told durable is there.
func TestKilledWhileRepairing(t *testing.T) {
	type moment struct {
		disk   *memdisk.Disk
		synced uint64
		epoch  string
		shown  bool
		when   string
	}
	var found []moment
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		l := open(t, config(d)).run(t)
		stop := l.owner(t, func() string { return "10" })
		l.wait(t, l.appendAll(t, 0, 10))
		failed := false
		d.SetHook(func(op memdisk.Op, name string) error {
			when := fmt.Sprintf("%s %s", op, name)
			for _, c := range []*memdisk.Disk{d.Kill(), d.Crash(false, func(_ string, n int) int { return n / 2 })} {
				found = append(found, moment{c, l.Synced(), l.Epoch(), l.Released(1 << 60), when})
			}
			if op == memdisk.OpSync && !failed {
				failed = true
				return syscall.EIO
			}
			return nil
		})
		l.appendAll(t, 10, 20)
		synctest.Wait()
		pass(2 * time.Second)
		synctest.Wait()
		if !l.Health().Durable {
			t.Error("not repaired")
		}
		stop()
		l.end(t)
	})
	if len(found) < 20 {
		t.Fatalf("only %d moments", len(found))
	}
	synctest.Test(t, func(t *testing.T) {
		for _, m := range found {
			l := open(t, config(m.disk))
			if l.Synced() < m.synced {
				t.Errorf("%s: %d records, %d had been synced", m.when, l.Synced(), m.synced)
			}
			if m.shown && l.Epoch() == m.epoch {
				t.Errorf("%s: unsynced facts were shown and the epoch stayed", m.when)
			}
			l.facts(t, 0)
			l.restored(t)
			l.end(t)
		}
	})
}

// A disk that doesn't answer holds nobody.
func TestHangingDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		l := open(t, config(d)).run(t)
		stop := l.owner(t, func() string { return "all" })
		l.wait(t, l.appendAll(t, 0, 10))
		release := make(chan struct{})
		d.SetHook(func(memdisk.Op, string) error { <-release; return nil })
		index := l.appendAll(t, 10, 20)
		pass(9 * time.Second)
		if !l.Health().Durable || l.Released(index) {
			t.Error("broken off too early")
		}
		pass(9 * time.Second)
		if l.Health().Durable || !l.Released(index) {
			t.Error("a hanging disk holds the calls")
		}
		if l.metric(t, "stalls_total") != 1 {
			t.Error("not counted")
		}
		close(release)
		synctest.Wait()
		if h := l.Health(); !h.Durable {
			t.Errorf("not durable although the disk answers: %+v", h)
		}
		facts := l.facts(t, 0)
		checkPositions(t, facts, 1, l.Epoch())
		if len(facts) != 20 || len(gaps(facts)) != 1 {
			t.Errorf("%d facts, %d gaps; want 20 and 1", len(facts), len(gaps(facts)))
		}
		stop()
		l.end(t)
	})
}

// An API process keeps no state: its log repairs itself without a snapshot.
func TestStatelessRepairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		cfg := config(d)
		cfg.Stateless = true
		l := open(t, cfg).run(t)
		l.wait(t, l.appendAll(t, 0, 10))
		used := d.Used()
		d.SetCapacity(used + 10)
		l.appendAll(t, 10, 12)
		synctest.Wait()
		if l.Health().Durable {
			t.Error("durable on a full disk")
		}
		d.SetCapacity(0)
		pass(2 * time.Second)
		synctest.Wait()
		if !l.Health().Durable || len(gaps(l.facts(t, 0))) != 1 {
			t.Error("not repaired")
		}
		l.end(t)
		l = open(t, cfg)
		checkPositions(t, l.facts(t, 0), 1, l.Epoch())
		l.end(t)
	})
}
