package log_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"firstline/pipeline/log/disk/memdisk"
)

// written is a disk with 40 records over several segments, a snapshot of 0..9 and one of 0..19.
func written(t *testing.T) (*memdisk.Disk, string) {
	d := memdisk.New()
	l := open(t, config(d)).run(t)
	for n := range 40 {
		l.wait(t, l.appendAll(t, n, n+1))
		if n == 9 || n == 19 {
			l.Snapshot(fmt.Appendf(nil, "%d", n+1))
			synctest.Wait()
		}
	}
	epoch := l.Epoch()
	l.end(t)
	return d, epoch
}

func files(t *testing.T, d *memdisk.Disk, ext string) (paths []string) {
	t.Helper()
	names, err := d.Names(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if strings.HasSuffix(n, ext) {
			paths = append(paths, dir+"/"+n)
		}
	}
	return paths
}

func TestFallsBackToTheSnapshotBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, epoch := written(t)
		snaps := files(t, d, ".snap")
		b := d.ReadFile(snaps[1])
		b[len(b)-1] ^= 1
		d.WriteFile(snaps[1], b)
		l := open(t, config(d))
		equal(t, l.restored(t), append([]string{"state 10"}, numbers(10, 40)...))
		if l.Epoch() != epoch || l.metric(t, "corrupt_total") != 1 {
			t.Error("the epoch changed or nothing was counted")
		}
		l.end(t)
	})
}

// Data that had been synced and is unreadable: what can be read is kept, positions go on, and the epoch says that the log
// was cut.
func TestRottenRecordChangesTheEpoch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, epoch := written(t)
		segs := files(t, d, ".seg")
		path := segs[len(segs)-1]
		b := d.ReadFile(path)
		at := bytes.Index(b, []byte("queue.refused"))
		if at < 0 {
			t.Fatal("no fact in the last segment")
		}
		b[at] ^= 1
		d.WriteFile(path, b)
		l := open(t, config(d))
		if l.Epoch() == epoch || l.metric(t, "corrupt_total") != 1 {
			t.Error("the epoch stayed or nothing was counted")
		}
		if got := l.restored(t); len(got) != 1+20-1 || got[len(got)-1] != "39" {
			t.Errorf("restored %v, want all but one", got)
		}
		position := l.Position()
		l.run(t)
		l.wait(t, l.appendAll(t, 1, 2))
		facts := l.facts(t, 0)
		if last := facts[len(facts)-1]; last.Position != position+1 || last.Epoch != l.Epoch() {
			t.Errorf("went on with %s/%d after %d", last.Epoch, last.Position, position)
		}
		l.end(t)
	})
}

func TestMissingSegmentChangesTheEpoch(t *testing.T) {
	for which := range 3 {
		t.Run(fmt.Sprint(which, " from the end"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, epoch := written(t)
				position := uint64(39)
				segs := files(t, d, ".seg")
				if err := d.Remove(segs[len(segs)-1-which]); err != nil {
					t.Fatal(err)
				}
				l := open(t, config(d))
				// The end of a log that ends cleanly before can't be told from a log that ended there.
				if which > 0 && l.Epoch() == epoch {
					t.Error("the epoch stayed")
				}
				if which > 0 && l.Position() < position {
					t.Errorf("position %d", l.Position())
				}
				l.end(t)
			})
		})
	}
}

func TestLostSegmentsButSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, epoch := written(t)
		for _, path := range files(t, d, ".seg") {
			if err := d.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		l := open(t, config(d)).run(t)
		equal(t, l.restored(t), []string{"state 20"})
		if l.Epoch() == epoch || l.Position() != 19 {
			t.Errorf("epoch %s (was %s), position %d, want another and 19", l.Epoch(), epoch, l.Position())
		}
		l.wait(t, l.appendAll(t, 1, 2))
		checkPositions(t, l.facts(t, 19), 20, l.Epoch())
		l.end(t)
	})
}

func TestLostIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, epoch := written(t)
		if err := d.Remove(dir + "/log.json"); err != nil {
			t.Fatal(err)
		}
		l := open(t, config(d))
		if l.Epoch() == epoch || l.Position() != 39 {
			t.Errorf("epoch %s, position %d", l.Epoch(), l.Position())
		}
		l.end(t)
	})
}

func FuzzOpen(f *testing.F) {
	d := memdisk.New()
	l := open(f, config(d)).run(f)
	l.wait(f, l.appendAll(f, 0, 6))
	l.end(f)
	path := dir + "/0000000000000001.seg"
	whole := d.ReadFile(path)
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add([]byte{})
	f.Add([]byte("FLr1\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, content []byte) {
		c := d.Kill()
		c.WriteFile(path, content)
		o := open(t, config(c))
		got, position := o.restored(t), o.Position()
		o.end(t)
		o = open(t, config(c)) // what was cut off stays cut off
		equal(t, o.restored(t), got)
		if o.Position() != position {
			t.Fatalf("position %d, then %d", position, o.Position())
		}
		o.end(t)
	})
}
