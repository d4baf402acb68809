package queuelog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/fact"
	"firstline/pipeline/queuelog"
	"firstline/pipeline/queuelog/queuelogtest"
)

// rig is a recorder's surroundings: a controller's double, a folder, a file.
type rig struct {
	t      *testing.T
	c      *double
	folder string
	file   string
	cfg    queuelog.Config
	reg    *prometheus.Registry
}

func newRig(t *testing.T) *rig {
	dir := t.TempDir()
	r := &rig{t: t, c: newDouble(t), folder: filepath.Join(dir, "state"), file: filepath.Join(dir, "queue_log"), cfg: queuelog.DefaultConfig()}
	r.cfg.File = r.file
	r.cfg.Refresh = 50 * time.Millisecond
	return r
}

// start runs a recorder until stop is called. Its metrics begin at nought.
func (r *rig) start() (stop func()) {
	r.t.Helper()
	r.reg = prometheus.NewRegistry()
	rec, err := queuelog.New(r.cfg, queuelog.Options{Folder: r.folder, Controller: r.c.config(), Log: slog.New(slog.DiscardHandler), Registry: r.reg})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- rec.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			r.t.Errorf("the recorder ended with %v", err)
		}
	}
	r.t.Cleanup(stop)
	return stop
}

func (r *rig) waitFor(what string, holds func() bool) {
	r.t.Helper()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			r.t.Fatalf("waited for %s; the file has\n%s", what, r.whole())
		case <-time.After(time.Millisecond):
		}
	}
}

// whole is everything written, in all files.
func (r *rig) whole() string {
	names, err := filepath.Glob(r.file + "*")
	if err != nil {
		r.t.Fatal(err)
	}
	var b strings.Builder
	for i := len(names) - 1; i >= 0; i-- { // queue_log.2, queue_log.1, queue_log
		b.WriteString(read(r.t, names[i]))
	}
	return b.String()
}

func (r *rig) is(text string) {
	r.t.Helper()
	if got := r.whole(); got != text {
		r.t.Fatal(firstDifference(got, text))
	}
}

// metric is the sum of a counter's values.
func (r *rig) metric(name string) (sum float64) {
	families, err := r.reg.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "firstline_queuelog_"+name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// caughtUp waits until the state says that n facts are read and nothing waits to be written.
func (r *rig) caughtUp(n int) {
	r.t.Helper()
	r.waitFor(fmt.Sprintf("%d facts to be read", n), func() bool {
		st := r.state()
		return st["after"] == float64(n) && st["lines"] == nil
	})
}

// state is the state's file; empty when there is none.
func (r *rig) state() map[string]any {
	b, err := os.ReadFile(filepath.Join(r.folder, "state.json"))
	if errors.Is(err, os.ErrNotExist) {
		return map[string]any{}
	}
	if err != nil {
		r.t.Fatal(err)
	}
	var st map[string]any
	if err := json.Unmarshal(b, &st); err != nil {
		r.t.Fatal(err)
	}
	return st
}

// TestRecorderFollows: what happens while it runs, while it is away and while the controller is away is in the file, once.
func TestRecorderFollows(t *testing.T) {
	r := newRig(t)
	d := newDay(3)
	r.c.set(d)
	stop := r.start()
	for range 5 {
		d.run(60)
		r.c.set(d)
		r.c.breakOff()
	}
	r.caughtUp(len(d.facts))
	stop()
	d.run(60)
	r.c.set(d)
	r.start()
	d.end()
	r.c.set(d)
	r.caughtUp(len(d.facts))
	r.is(twin(d.facts, d.snapshot().Agents))
	if r.metric("lost_facts_total") != 0 || r.metric("forgotten_total") != 0 || r.metric("unreadable_facts_total") != 0 {
		t.Error("something is counted as lost")
	}
}

// TestOldFileNewState: a file that has lines already goes on with what happens from now on.
func TestOldFileNewState(t *testing.T) {
	r := newRig(t)
	const before = "1763812700|NONE|NONE|NONE|QUEUESTART|\n"
	if err := os.WriteFile(r.file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDay(3)
	d.run(50)
	d.end()
	r.c.set(d)
	r.start()
	r.caughtUp(len(d.facts))
	started := r.whole()
	lines, err := queuelogtest.Parse(started)
	if err != nil || !strings.HasPrefix(started, before) {
		t.Fatalf("%v\n%s", err, started)
	}
	for _, l := range lines[1:] {
		if l.Event != "QUEUESTART" && l.Event != "ADDMEMBER" && l.Event != "PAUSE" && l.Event != "PAUSEALL" {
			t.Errorf("%s is of before", l.Event)
		}
	}
	from := len(d.facts)
	d.run(50)
	r.c.set(d)
	r.caughtUp(len(d.facts))
	all := twin(d.facts, d.snapshot().Agents)
	r.is(started + all[len(twin(d.facts[:from], d.snapshot().Agents)):])
}

// TestRotation: logrotate's two ways, while it runs and while it doesn't.
func TestRotation(t *testing.T) {
	r := newRig(t)
	d := newDay(4)
	more := func() {
		d.run(80)
		r.c.set(d)
		r.caughtUp(len(d.facts))
	}
	d.run(1) // queue_log begins with the first fact, or with a snapshot that comes before it: here with the fact
	r.c.set(d)
	stop := r.start()
	more()
	r.rename("1")
	more()
	if read(t, r.file) == "" || r.metric("rotations_total") != 1 {
		t.Error("the new file is not used")
	}
	stop()
	r.rename("2")
	r.start()
	more()
	r.is(twin(d.facts, d.snapshot().Agents))

	if err := os.Truncate(r.file, 0); err != nil { // copytruncate
		t.Fatal(err)
	}
	kept := twin(d.facts, d.snapshot().Agents)
	more()
	if got, want := read(t, r.file), strings.TrimPrefix(twin(d.facts, d.snapshot().Agents), kept); got != want {
		t.Fatal(firstDifference(got, want))
	}
}

// rename moves the file away as logrotate does: what was .1 becomes .2.
func (r *rig) rename(as string) {
	r.t.Helper()
	if as == "2" {
		if err := os.Rename(r.file+".1", r.file+".2"); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := os.Rename(r.file, r.file+".1"); err != nil {
		r.t.Fatal(err)
	}
}

// TestGap: facts that are no longer kept are told and skipped, and the file begins anew.
func TestGap(t *testing.T) {
	r := newRig(t)
	d := newDay(5)
	d.run(100)
	r.c.set(d)
	stop := r.start()
	r.caughtUp(len(d.facts))
	before := r.whole()
	stop()
	read := len(d.facts)
	d.run(200)
	r.c.change(func() { r.c.oldest = uint64(read + 101) })
	r.c.set(d)
	r.start()
	r.caughtUp(len(d.facts))
	if got := r.metric("lost_facts_total"); got != 100 || r.metric("gaps_total") != 1 {
		t.Errorf("%v facts in %v gaps", got, r.metric("gaps_total"))
	}
	after, ok := strings.CutPrefix(r.whole(), before)
	if lines, err := queuelogtest.Parse(after); !ok || err != nil || lines[0].Event != "QUEUESTART" || !lines[0].At.Equal(d.facts[read+100].Time.Truncate(time.Second)) {
		t.Errorf("%v: %.200s", err, after)
	}
}

// TestAnotherLog: after the controller's log was cut, what was read before is not written again, and what is new is.
func TestAnotherLog(t *testing.T) {
	r := newRig(t)
	d := newDay(6)
	d.run(100)
	r.c.set(d)
	stop := r.start()
	r.caughtUp(len(d.facts))
	stop()
	kept := len(d.facts) - 20 // the last ones were shown and never durable; they happened again, as other facts
	wrote := twin(d.facts, d.snapshot().Agents)
	for i := range d.facts[kept:] {
		d.facts[kept+i].Epoch = "e2"
	}
	r.c.change(func() { r.c.epoch = "e2" })
	r.c.set(d)
	r.start()
	r.waitFor("the other log", func() bool { return r.state()["epoch"] == "e2" })
	r.caughtUp(len(d.facts))
	if r.metric("log_changes_total") != 1 || r.metric("repeats_total") != float64(kept) {
		t.Errorf("%v changes, %v repeats, want 1, %d", r.metric("log_changes_total"), r.metric("repeats_total"), kept)
	}
	if !strings.HasPrefix(r.whole(), wrote) {
		t.Error("what was written before is changed")
	}
}

// TestUnreadable: facts of a newer version, damaged ones and missing ones are counted, the others are written.
func TestUnreadable(t *testing.T) {
	r := newRig(t)
	d := newDay(7)
	d.run(30)
	d.emit(fact.TypeDisposition, "x", fact.Disposition{Agent: "anna"})
	newer := uint64(len(d.facts))
	d.emit(fact.TypeDisposition, "x", fact.Disposition{Agent: "anna"})
	d.emit(fact.TypeDisposition, "x", fact.Disposition{Agent: "anna"})
	d.run(30)
	b, err := fact.Encode(d.facts[newer-1])
	if err != nil {
		t.Fatal(err)
	}
	r.c.raw[newer] = strings.Replace(string(b), "disposition", "praised", 1)
	r.c.raw[newer+1] = `{"position":`
	r.c.raw[newer+2] = strings.Repeat("x", 2<<20)
	r.c.set(d)
	r.start()
	r.caughtUp(len(d.facts))
	r.is(twin(d.facts, d.snapshot().Agents))
	if got := r.metric("unreadable_facts_total"); got != 3 || r.metric("lost_facts_total") != 2 {
		t.Errorf("%v unreadable, %v lost, want 3, 2: two of them did not say where they stand", got, r.metric("lost_facts_total"))
	}
}

// TestReloadIsSeen: an agent who gets another queue while logged in is added to it though no fact says so.
func TestReloadIsSeen(t *testing.T) {
	r := newRig(t)
	d := newDay(8)
	d.work(d.agents[0])
	r.c.set(d)
	r.start()
	r.caughtUp(len(d.facts))
	d.agents[0].serves = []string{"support", "vip"}
	r.c.set(d)
	r.waitFor("the new queue", func() bool { return strings.Contains(r.whole(), "|MANAGER|vip|PJSIP/301|ADDMEMBER|\n") })
	if !strings.Contains(r.whole(), "|MANAGER|sales|PJSIP/301|REMOVEMEMBER|\n") {
		t.Error("he is not removed from the former one")
	}
}

// TestTrouble: a folder that is missing and a controller that is away are told by Ready and counted; nothing is lost.
func TestTrouble(t *testing.T) {
	r := newRig(t)
	d := newDay(9)
	d.run(100)
	r.c.set(d)
	dir := filepath.Join(filepath.Dir(r.file), "later")
	r.file = filepath.Join(dir, "queue_log")
	r.cfg.File = r.file
	r.start()
	r.waitFor("some tries", func() bool { return r.metric("failures_total") > 3 })
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	r.caughtUp(len(d.facts))
	r.is(twin(d.facts, d.snapshot().Agents))
}

// TestOneAtATime: a second recorder of the same state ends with an error and touches nothing.
func TestOneAtATime(t *testing.T) {
	r := newRig(t)
	d := newDay(10)
	d.run(10)
	r.c.set(d)
	r.start()
	r.caughtUp(len(d.facts))
	second, err := queuelog.New(r.cfg, queuelog.Options{Folder: r.folder, Controller: r.c.config(), Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("the second one says %v", err)
	}
}

// TestSettings: what can't be written is refused.
func TestSettings(t *testing.T) {
	for want, change := range map[string]func(*queuelog.Config){
		"queue_log.file is empty": func(c *queuelog.Config) { c.File = "" },
		"queue_log.file is a":     func(c *queuelog.Config) { c.File = "/var/log/" },
		"queue_log.file is no":    func(c *queuelog.Config) { c.File = "a\x00" },
		"queue_log.agent is none": func(c *queuelog.Config) { c.Agent = "pin" },
		"queue_log.refresh must":  func(c *queuelog.Config) { c.Refresh = 0 },
	} {
		cfg := queuelog.DefaultConfig()
		cfg.File = "queue_log"
		change(&cfg)
		if _, err := queuelog.New(cfg, queuelog.Options{Registry: prometheus.NewRegistry()}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
