package log_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"firstline/pipeline/log"
	"firstline/pipeline/log/disk"
	"firstline/pipeline/log/disk/memdisk"
)

// crashed is a disk as it was found after a crash, and what the owner had been told before it.
type crashed struct {
	disk     *memdisk.Disk
	synced   int // records
	position uint64
	epoch    string
	when     string
}

// prefix checks that what is recovered is records 0..n-1 for some n that is at least what had been told.
func (c crashed) prefix(t testing.TB, total int) {
	t.Helper()
	l := open(t, config(c.disk))
	defer l.end(t)
	got := l.restored(t)
	first := 0
	if len(got) > 0 && strings.HasPrefix(got[0], "state ") {
		if _, err := fmt.Sscanf(got[0], "state %d", &first); err != nil {
			t.Fatal(err)
		}
		got = got[1:]
	}
	recovered := first + len(got)
	if recovered < c.synced || recovered > total {
		t.Fatalf("%s: %d records recovered, %d had been synced", c.when, recovered, c.synced)
	}
	equal(t, got, numbers(first, recovered))
	if c.epoch != "" && l.Epoch() != c.epoch {
		t.Fatalf("%s: the epoch changed although nothing was lost", c.when)
	}
	facts := l.facts(t, 0)
	checkPositions(t, facts, 1, l.Epoch())
	if l.Position() < c.position || uint64(len(facts)) != l.Position() {
		t.Fatalf("%s: position %d, %d facts, %d had been synced", c.when, l.Position(), len(facts), c.position)
	}
	// It goes on from there.
	l.run(t)
	l.wait(t, l.appendAll(t, 1, 2))
	checkPositions(t, l.facts(t, 0), 1, l.Epoch())
}

// Cut the power before each operation of a run that writes, rotates, snapshots and deletes, with every kind of leftovers.
func TestCrashAtEveryOperation(t *testing.T) { bothWays(t, crashAtEveryOperation) }

func crashAtEveryOperation(t *testing.T, config func(disk.FS) log.Config) {
	const total = 60
	var found []crashed
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		l := open(t, config(d)).run(t)
		synctest.Wait()
		rng := rand.New(rand.NewPCG(1, 2))
		synced, position := 0, uint64(0)
		d.SetHook(func(op memdisk.Op, name string) error {
			when := fmt.Sprintf("before %s %s after %d records", op, name, synced)
			for i, keep := range []func(int) int{
				func(int) int { return 0 }, func(n int) int { return n }, func(n int) int { return rng.IntN(n + 1) },
			} {
				c := d.Crash(i%2 == 1, func(_ string, n int) int { return keep(n) })
				found = append(found, crashed{c, synced, position, l.Epoch(), when})
			}
			found = append(found, crashed{d.Kill(), synced, position, l.Epoch(), when})
			return nil
		})
		for n := 0; n < total; n += 4 {
			l.wait(t, l.appendAll(t, n, n+4))
			synctest.Wait() // also for what the log does behind the sync
			synced, position = n+4, l.Position()
			if n%12 == 8 {
				l.Snapshot(fmt.Appendf(nil, "%d", n+4))
				synctest.Wait()
			}
		}
		l.end(t)
	})
	if len(found) < 200 {
		t.Fatalf("only %d crashes tried", len(found))
	}
	synctest.Test(t, func(t *testing.T) { // time there costs nothing
		for _, c := range found {
			c.prefix(t, total)
		}
	})
}

// Cut a written segment at every byte: what is recovered is a prefix.
func TestCrashAtEveryByte(t *testing.T) { bothWays(t, crashAtEveryByte) }

func crashAtEveryByte(t *testing.T, config func(disk.FS) log.Config) {
	const total = 12
	d := memdisk.New()
	path := dir + "/0000000000000001.seg"
	var found []crashed
	synctest.Test(t, func(t *testing.T) {
		l := open(t, config(d)).run(t)
		l.wait(t, l.appendAll(t, 0, 4))
		size := len(used(d.ReadFile(path)))
		position := l.Position()
		l.wait(t, l.appendAll(t, 4, total))
		whole := used(d.ReadFile(path))
		for at := size; at <= len(whole); at++ {
			c := d.Kill()
			c.WriteFile(path, whole[:at])
			found = append(found, crashed{c, 4, position, l.Epoch(), fmt.Sprintf("cut at byte %d", at)})
			torn := append([]byte(nil), whole...)
			clear(torn[at:]) // the filesystem knew the size but not the content
			c = d.Kill()
			c.WriteFile(path, torn)
			found = append(found, crashed{c, 4, position, l.Epoch(), fmt.Sprintf("zeros from byte %d", at)})
		}
		l.end(t)
	})
	synctest.Test(t, func(t *testing.T) { // time there costs nothing
		for _, c := range found {
			c.prefix(t, total)
		}
	})
}

// used is a file without the zeros at its end; no record ends with one.
func used(content []byte) []byte { return bytes.TrimRight(content, "\x00") }

// Pages of one unsynced write reach the disk in any order.
func TestCrashWithPagesOutOfOrder(t *testing.T) { bothWays(t, crashWithPagesOutOfOrder) }

func crashWithPagesOutOfOrder(t *testing.T, config func(disk.FS) log.Config) {
	path := dir + "/0000000000000001.seg"
	rapid.Check(t, func(rt *rapid.T) {
		d := memdisk.New()
		l := open(t, config(d)).run(t)
		l.wait(t, l.appendAll(t, 0, 4))
		size, position := len(used(d.ReadFile(path))), l.Position()
		// One group: all records wait until the syncer may go on.
		release := make(chan struct{})
		d.SetHook(func(memdisk.Op, string) error { <-release; return nil })
		l.appendAll(t, 4, 12)
		close(release)
		l.wait(t, 12)
		content := used(d.ReadFile(path))
		spoiled := size // everything behind it was written in one go or later groups; only the last group may be spoiled
		if l.metric(t, "segments") > 1 {
			rt.Skip("another segment was begun")
		}
		c := crashed{d.Kill(), 4, position, "", "pages lost"}
		from := rapid.IntRange(spoiled, len(content)-1).Draw(rt, "from")
		to := rapid.IntRange(from+1, len(content)).Draw(rt, "to")
		clear(content[from:to])
		c.disk.WriteFile(path, content)
		l.end(t)
		o := open(t, config(c.disk))
		defer o.end(t)
		got := o.restored(t)
		// Groups synced after the spoiled place prove rot: then the records around it are kept and the epoch changes.
		if o.Epoch() == l.Epoch() {
			equal(t, got, numbers(0, len(got)))
			checkPositions(t, o.facts(t, 0), 1, o.Epoch())
		}
		if len(got) < 4 {
			t.Fatalf("%d records recovered, 4 had been synced", len(got))
		}
	})
}
