package log_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"firstline/pipeline/log"
	"firstline/pipeline/log/disk/memdisk"
)

// A killed process leaves zeros behind its last record: they are cut off without a word, and so they are at a clean end.
func TestZerosAreNoTornRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdisk.New()
		l := open(t, extended(d)).run(t)
		l.wait(t, l.appendAll(t, 0, 3))
		path := dir + "/0000000000000001.seg"
		killed := d.Kill()
		if content := killed.ReadFile(path); len(content) == len(used(content)) {
			t.Fatal("nothing was written ahead")
		}
		l.end(t)
		again := open(t, extended(killed))
		equal(t, again.restored(t), numbers(0, 3))
		if torn := again.metric(t, "torn_bytes_total"); torn != 0 {
			t.Errorf("%v bytes count as torn", torn)
		}
		again.end(t)
		for what, content := range map[string][]byte{"restarted": killed.ReadFile(path), "ended": d.ReadFile(path)} {
			if len(content) != len(used(content)) {
				t.Errorf("%s: zeros are left", what)
			}
		}
	})
}

// The operating system's files do what the simulated ones do: records go into the zeros.
func TestRealFileIsExtended(t *testing.T) {
	cfg := log.DefaultConfig()
	cfg.Dir, cfg.Source, cfg.ReserveBytes, cfg.ExtendBytes = t.TempDir(), "controller", 0, 64<<10
	l := open(t, cfg).run(t)
	path := filepath.Join(cfg.Dir, fmt.Sprintf("%016d.seg", 1))
	for n := 0; n < 600; n += 20 {
		l.wait(t, l.appendAll(t, n, n+20))
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if ahead := len(content) - len(used(content)); ahead < 8<<10 || ahead > 72<<10 {
			t.Fatalf("%d bytes ahead after %d records", ahead, n+20)
		}
	}
	l.end(t)
	l = open(t, cfg)
	equal(t, l.restored(t), numbers(0, 600))
	l.end(t)
}
