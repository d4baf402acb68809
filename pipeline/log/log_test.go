package log_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/fact"
	"firstline/pipeline/log"
	"firstline/pipeline/log/disk"
	"firstline/pipeline/log/disk/memdisk"
)

const dir = "/log"

// opened is a log with its metrics, as tests hold it.
type opened struct {
	*log.Log
	reg  *prometheus.Registry
	stop func() error // ends Run, waits for it, closes
}

func config(d disk.FS) log.Config {
	cfg := log.DefaultConfig()
	cfg.Dir, cfg.Source, cfg.FS = dir, "controller", d
	cfg.SegmentBytes, cfg.MaxBytes = 4<<10, 1<<20
	cfg.ReserveBytes, cfg.ExtendBytes = 0, 0
	return cfg
}

// extended is config with files that grow ahead of what is written.
func extended(d disk.FS) log.Config {
	cfg := config(d)
	cfg.ExtendBytes = 2 << 10
	return cfg
}

// bothWays runs a test with files that grow by each write, and ahead of it.
func bothWays(t *testing.T, test func(t *testing.T, config func(disk.FS) log.Config)) {
	t.Run("by each write", func(t *testing.T) { test(t, config) })
	t.Run("ahead", func(t *testing.T) { test(t, extended) })
}

func open(t testing.TB, cfg log.Config) *opened {
	t.Helper()
	reg := prometheus.NewRegistry()
	l, err := log.Open(cfg, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatal(err)
	}
	return &opened{Log: l, reg: reg, stop: l.Close}
}

// run starts the syncer.
func (o *opened) run(t testing.TB) *opened {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	o.stop = func() error {
		cancel()
		return errors.Join(<-done, o.Close())
	}
	return o
}

func (o *opened) end(t testing.TB) {
	t.Helper()
	if err := o.stop(); err != nil {
		t.Fatal(err)
	}
}

// record n has n%3 facts and says n in its private part.
func record(n int) log.Record {
	r := log.Record{Private: fmt.Appendf(nil, "%d", n)}
	for i := range n % 3 {
		r.Facts = append(r.Facts, fact.Fact{
			Type: fact.TypeQueueRefused, Subject: fmt.Sprintf("c%d", n), Sequence: uint64(i + 1),
			Time: time.UnixMilli(int64(1763838123000 + n)).UTC(),
			Data: fact.QueueRefused{Queue: "support", Reason: fact.RefusedFull},
		})
	}
	return r
}

// appendAll appends records from..to-1 and returns the last index.
func (o *opened) appendAll(t testing.TB, from, to int) (index uint64) {
	t.Helper()
	for n := from; n < to; n++ {
		var err error
		if index, _, err = o.Append(record(n)); err != nil {
			t.Fatal(err)
		}
	}
	return index
}

func (o *opened) wait(t testing.TB, index uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := o.Wait(ctx, index); err != nil {
		t.Fatal(err)
	}
}

// facts reads all facts above after, in small steps.
func (o *opened) facts(t testing.TB, after uint64) (all []fact.Fact) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		some, err := o.Read(ctx, after, 3)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
		after = some[len(some)-1].Position
	}
}

// restored returns what the owner gets back: the state, then the private parts.
func (o *opened) restored(t testing.TB) (all []string) {
	t.Helper()
	add := func(b []byte) error { all = append(all, string(b)); return nil }
	if err := o.Restore(func(b []byte) error { return add([]byte("state " + string(b))) }, add); err != nil {
		t.Fatal(err)
	}
	return all
}

func numbers(from, to int) (all []string) {
	for n := from; n < to; n++ {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

func equal(t testing.TB, got, want []string) {
	t.Helper()
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("got  %v\nwant %v", got, want)
	}
}

func (o *opened) metric(t testing.TB, name string) float64 {
	t.Helper()
	families, err := o.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "firstline_log_"+name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// checkPositions: facts are contiguous from first, with source and epoch.
func checkPositions(t testing.TB, facts []fact.Fact, first uint64, epoch string) {
	t.Helper()
	for i, f := range facts {
		if f.Position != first+uint64(i) || f.Epoch != epoch || f.Source != "controller" {
			t.Fatalf("fact %d is %s/%s/%d, want controller/%s/%d", i, f.Source, f.Epoch, f.Position, epoch, first+uint64(i))
		}
	}
}

func TestAppendReadRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		l := open(t, config(d)).run(t)
		epoch := l.Epoch()
		l.wait(t, l.appendAll(t, 0, 200))
		checkPositions(t, l.facts(t, 0), 1, epoch)
		if n := len(l.facts(t, 0)); n != 199 {
			t.Errorf("%d facts, want 199", n)
		}
		l.end(t)

		l = open(t, config(d)).run(t)
		if l.Epoch() != epoch {
			t.Errorf("a restart changed the epoch from %s to %s", epoch, l.Epoch())
		}
		equal(t, l.restored(t), numbers(0, 200))
		for n := 200; n < 300; n += 5 {
			l.wait(t, l.appendAll(t, n, n+5))
		}
		facts := l.facts(t, 0)
		checkPositions(t, facts, 1, epoch)
		if len(facts) != 300 {
			t.Errorf("%d facts, want 300", len(facts))
		}
		checkPositions(t, l.facts(t, 150), 151, epoch)
		synctest.Wait()
		if l.metric(t, "segments") < 6 {
			t.Error("the test should have filled several segments")
		}
		l.end(t)
	})
}

func TestSnapshotShortensRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		l := open(t, config(d)).run(t)
		for n := range 10 {
			l.wait(t, l.appendAll(t, n*10, n*10+10))
			l.Snapshot(fmt.Appendf(nil, "of %d", n*10+9))
			synctest.Wait()
		}
		l.wait(t, l.appendAll(t, 100, 105))
		l.end(t)
		names, _ := d.Names(dir)
		if n := strings.Count(strings.Join(names, " "), ".snap"); n != 2 {
			t.Errorf("%d snapshots kept, want 2: %v", n, names)
		}
		l = open(t, config(d))
		equal(t, l.restored(t), append([]string{"state of 99"}, numbers(100, 105)...))
		l.end(t)
	})
}

// A snapshot is not written before the records it has in it.
func TestSnapshotWaitsForItsRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		l := open(t, config(d))
		l.appendAll(t, 0, 3)
		l.Snapshot([]byte("early"))
		l.run(t)
		synctest.Wait()
		l.end(t)
		l = open(t, config(d))
		equal(t, l.restored(t), []string{"state early"})
		l.end(t)
	})
}

func TestUnsyncedIsNotVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		release := make(chan struct{})
		l := open(t, config(d)).run(t)
		synctest.Wait()
		d.SetHook(func(op memdisk.Op, name string) error {
			if op == memdisk.OpSync && strings.HasSuffix(name, ".seg") {
				<-release
			}
			return nil
		})
		index := l.appendAll(t, 1, 3)
		synctest.Wait()
		if l.Released(index) || l.Synced() != 0 || len(l.facts(t, 0)) != 0 {
			t.Error("records are visible before they are synced")
		}
		close(release)
		l.wait(t, index)
		if !l.Released(index) || len(l.facts(t, 0)) != 3 {
			t.Error("records are not visible after they were synced")
		}
		l.end(t)
	})
}

func TestReadWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, config(memdisk.New())).run(t)
		got := make(chan []fact.Fact)
		go func() {
			facts, err := l.Read(context.Background(), 0, 10)
			if err != nil {
				t.Error(err)
			}
			got <- facts
		}()
		synctest.Wait()
		l.appendAll(t, 0, 2) // record 0 has no fact
		if facts := <-got; len(facts) != 1 || facts[0].Position != 1 {
			t.Errorf("read %v", facts)
		}
		l.end(t)
	})
}

func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		syncs := 0
		l := open(t, config(d))
		l.appendAll(t, 0, 50)
		d.SetHook(func(op memdisk.Op, name string) error {
			if op == memdisk.OpWrite && strings.HasSuffix(name, ".seg") {
				syncs++
			}
			return nil
		})
		l.run(t)
		l.wait(t, 50)
		l.end(t)
		if syncs != 2 { // the header, and one group
			t.Errorf("%d writes for 50 waiting records, want 2", syncs)
		}
	})
}

func TestRefusesWhatIsNotValid(t *testing.T) {
	l := open(t, config(memdisk.New()))
	r := record(1)
	r.Facts[0].Subject = ""
	_, _, err := l.Append(r)
	var fe *fact.FieldError
	if !errors.As(err, &fe) || fe.Field != "subject" {
		t.Errorf("error %v", err)
	}
	if _, _, err := l.Append(log.Record{Private: make([]byte, 33<<20)}); !errors.Is(err, log.ErrTooLong) {
		t.Errorf("error %v, want ErrTooLong", err)
	}
	if l.metric(t, "refused_records_total") != 2 {
		t.Error("not counted")
	}
	index, facts, err := l.Append(record(1))
	if err != nil || index != 1 || facts[0].Position != 1 {
		t.Errorf("a refused record used up number %d, position %d (%v)", index, facts[0].Position, err)
	}
	l.end(t)
}

func TestSecondOpenerIsRefused(t *testing.T) {
	cfg := config(nil)
	cfg.Dir = filepath.Join(t.TempDir(), "log")
	l := open(t, cfg)
	_, err := log.Open(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if !errors.Is(err, disk.ErrLocked) || !strings.Contains(err.Error(), cfg.Dir) {
		t.Errorf("error %v", err)
	}
	l.end(t)
	open(t, cfg).end(t)
}

func TestOnTheRealDisk(t *testing.T) {
	cfg := config(nil)
	cfg.Dir, cfg.ReserveBytes = filepath.Join(t.TempDir(), "a", "log"), 1<<20
	l := open(t, cfg).run(t)
	l.wait(t, l.appendAll(t, 0, 100))
	l.Snapshot([]byte("x"))
	l.wait(t, l.appendAll(t, 100, 110))
	l.end(t)
	if info, err := os.Stat(filepath.Join(cfg.Dir, "reserve")); err != nil || info.Size() != 1<<20 {
		t.Errorf("reserve: %v %v", info, err)
	}
	l = open(t, cfg)
	equal(t, l.restored(t), append([]string{"state x"}, numbers(100, 110)...))
	if n := len(l.facts(t, 0)); n != 109 {
		t.Errorf("%d facts, want 109", n)
	}
	l.end(t)
}

func TestAnotherSourceIsRefused(t *testing.T) {
	d := memdisk.New()
	open(t, config(d)).end(t)
	cfg := config(d)
	cfg.Source = "api/a"
	if _, err := log.Open(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err == nil || !strings.Contains(err.Error(), `"controller"`) {
		t.Errorf("error %v", err)
	}
}

func TestWait(t *testing.T) {
	l := open(t, config(memdisk.New()))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	l.end(t)
}

func TestConfig(t *testing.T) {
	if p := log.DefaultConfig().Validate(); len(p) > 0 {
		t.Errorf("the default has problems: %v", p)
	}
	if p := (log.Config{ReserveBytes: -1}).Validate(); len(p) != 8 {
		t.Errorf("%d problems, want one for each field: %v", len(p), p)
	}
}

// pass lets time pass in a bubble: no real time does.
func pass(d time.Duration) { <-time.After(d) }
