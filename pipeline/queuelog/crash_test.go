package queuelog

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

const (
	earlier = "1763812800|NONE|NONE|NONE|QUEUESTART|\n"
	batch   = "1763812801|MANAGER|support|PJSIP/301|ADDMEMBER|\n1763812801|MANAGER|sales|PJSIP/301|ADDMEMBER|\n"
)

// crashed is a recorder as it comes up after a crash in the middle of writing a batch.
type crashed struct {
	*Recorder
	t    *testing.T
	path string
}

// crash makes what a crash leaves: a state that is about to write batch behind earlier, and the file with so much of it.
func crash(t *testing.T, there string) *crashed {
	t.Helper()
	dir := t.TempDir()
	c := &crashed{t: t, path: filepath.Join(dir, "queue_log")}
	cfg := DefaultConfig()
	cfg.File = c.path
	r, err := New(cfg, Options{Folder: filepath.Join(dir, "state"), Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry()})
	c.must(err)
	c.Recorder = r
	r.store, err = openStore(r.folder)
	c.must(err)
	t.Cleanup(func() { c.must(r.store.close()) })
	t.Cleanup(r.out.close)
	c.must(os.WriteFile(c.path, []byte(there), 0o600))
	info, err := os.Stat(c.path)
	c.must(err)
	at := placeFrom(info)
	at.Offset = int64(len(earlier))
	c.must(r.store.save(saved{Source: "controller", Stream: "e1", After: 7, Epoch: "e1", Seen: 7, At: at, Lines: batch}))
	return c
}

func (c *crashed) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// load recovers, twice: what is recovered must stay so.
func (c *crashed) load(state, want string, former ...string) {
	c.t.Helper()
	for range 2 {
		_, err := c.Recorder.load()
		c.must(err)
	}
	if n := testutil.ToFloat64(c.metrics.recovered.WithLabelValues(state)); n != 1 {
		c.t.Errorf("counted as %s: %v times", state, n)
	}
	got := ""
	for _, path := range append(former, c.path) {
		b, err := os.ReadFile(path)
		c.must(err)
		got += string(b)
	}
	if got != want {
		c.t.Errorf("the file has\n%swant\n%s", got, want)
	}
	if st, err := c.store.load(); err != nil || st.After != 7 {
		c.t.Errorf("the state is %+v, %v", st, err)
	}
}

// TestCrashAtEveryByte: wherever the writing broke off, the rest is written and nothing twice; also when the file was rotated
// before anybody looked.
func TestCrashAtEveryByte(t *testing.T) {
	for k := range len(batch) + 1 {
		state := "written"
		if k == 0 {
			state = "unwritten"
		}
		crash(t, earlier+batch[:k]).load(state, earlier+batch)

		c := crash(t, earlier+batch[:k])
		former := c.path + "-20251122"
		c.must(os.Rename(c.path, former))
		c.must(os.WriteFile(c.path, nil, 0o600)) // as logrotate's create does
		c.load(state, earlier+batch, former)
	}
}

// TestCrashAndGone: the file was deleted, or cut, before anybody looked. Then nobody can tell, and nothing is written twice.
func TestCrashAndGone(t *testing.T) {
	c := crash(t, earlier+batch)
	c.must(os.Rename(c.path, filepath.Join(t.TempDir(), "elsewhere")))
	c.must(os.WriteFile(c.path, nil, 0o600))
	c.load("unknown", "")

	c = crash(t, earlier+batch)
	c.must(os.Truncate(c.path, 0))
	c.load("unknown", "")
}

// TestCrashAndDisturbed: something else wrote to the file. Lines that are all there stay as they are; else they are written
// once more, each on a line of its own.
func TestCrashAndDisturbed(t *testing.T) {
	crash(t, earlier+"by somebody else\n"+batch).load("written", earlier+"by somebody else\n"+batch)
	crash(t, earlier+batch+"by somebody else\n").load("written", earlier+batch+"by somebody else\n")
	crash(t, earlier+batch[:9]+"by somebody").load("disturbed", earlier+batch[:9]+"by somebody\n"+batch)
}

// TestDamagedState is told with what to do, and one of a newer version is not touched.
func TestDamagedState(t *testing.T) {
	for _, text := range []string{"", "{", `{"format":2}`} {
		c := crash(t, earlier)
		c.must(os.WriteFile(c.store.path(), []byte(text), 0o600))
		if _, err := c.Recorder.load(); err == nil {
			t.Errorf("%q is taken for a state", text)
		}
	}
}

// TestCrashBeforeRename: a state that was being written is no state yet.
func TestCrashBeforeRename(t *testing.T) {
	c := crash(t, earlier+batch)
	c.must(os.WriteFile(c.store.path()+".new", []byte("{"), 0o600))
	c.load("written", earlier+batch)
}
