package controller

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"firstline/pipeline/fact"
	"firstline/pipeline/log"
	"firstline/pipeline/log/disk"
	"firstline/pipeline/log/disk/memdisk"
	"firstline/telephony/callcenter"
)

const planYAML = `
node: pbx1
pause_reasons: [break]
dispositions: [solved]
queues:
  - {id: support, name: Support, ring_timeout: 15s, wrap_up: 10s, retry_delay: 5s, join_empty: true, service_level: 20s}
agents:
  - {id: anna, name: Anna, endpoint: PJSIP/101, queues: [support]}
entries:
  - {number: "*", flow: main}
ivr:
  - id: main
    start: to_support
    nodes:
      to_support: {type: queue, queue: support}
`

func plan(t testing.TB) *callcenter.Plan {
	t.Helper()
	cfg := callcenter.DefaultConfig()
	if err := yaml.Unmarshal([]byte(planYAML), &cfg); err != nil {
		t.Fatal(err)
	}
	p, problems := cfg.Plan()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

// world stands for Asterisk and the ticket system: it notes what it is told.
type world struct {
	mu       sync.Mutex // guards all below
	commands []callcenter.Command
	tasks    []callcenter.Command
	beats    []time.Time
	beatErr  error
	hold     chan struct{} // a beat hangs until it is closed
	at       func()        // called at each Execute
	given    time.Time     // Asterisk's time of its last event, which was read at read
	read     time.Time
}

func (w *world) Execute(c []callcenter.Command) {
	w.mu.Lock()
	w.commands = append(w.commands, c...)
	at := w.at
	w.mu.Unlock()
	if at != nil {
		at()
	}
}

func (w *world) Do(c callcenter.Command) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tasks = append(w.tasks, c)
}

func (w *world) Beat(ctx context.Context, now time.Time) error {
	w.mu.Lock()
	hold, err := w.hold, w.beatErr
	w.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.beats = append(w.beats, now)
	return err
}

func (w *world) tells(given, read time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.given, w.read = given, read
}

func (w *world) LastEvent() (given, read time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.given, w.read
}

func (w *world) kinds() (kinds []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.commands {
		kinds = append(kinds, fmt.Sprintf("%T", c)[len("callcenter."):])
	}
	return kinds
}

func (w *world) beaten() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.beats)
}

// rig is a controller on a log on a disk, with its world.
type rig struct {
	*Controller
	world *world
	log   *log.Log
	reg   *prometheus.Registry
	stop  func() error
}

func logConfig(d disk.FS, dir string) log.Config {
	cfg := log.DefaultConfig()
	cfg.Dir, cfg.Source, cfg.FS, cfg.ReserveBytes, cfg.ExtendBytes = dir, "controller", d, 0, 0
	return cfg
}

// newRig opens the log and restores the controller, but runs nothing.
func newRig(t testing.TB, logs log.Config, change func(*Config, *Options)) *rig {
	t.Helper()
	reg := prometheus.NewRegistry()
	quiet := slog.New(slog.DiscardHandler)
	l, err := log.Open(logs, quiet, reg)
	if err != nil {
		t.Fatal(err)
	}
	cfg, opt := DefaultConfig(), Options{Plan: plan(t), Journal: l, Log: quiet, Registry: reg}
	cfg.Listen = "127.0.0.1:0"
	if change != nil {
		change(&cfg, &opt)
	}
	c, err := New(cfg, opt)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Controller: c, world: &world{}, log: l, reg: reg, stop: l.Close}
	c.Connect(Outside{Executor: r.world, Tasks: r.world, Recordings: r.world, Heart: r.world, AsteriskClock: r.world})
	return r
}

// start runs it without the HTTP server.
func (r *rig) start(t testing.TB) *rig {
	t.Helper()
	return r.startWith(t, func(ctx context.Context) error {
		return r.run(ctx, func(ctx context.Context) error { <-ctx.Done(); return nil })
	})
}

func (r *rig) startWith(t testing.TB, run func(context.Context) error) *rig {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	r.stop = func() error {
		cancel()
		err := <-done
		if closed := r.log.Close(); err == nil {
			err = closed
		}
		return err
	}
	return r
}

func (r *rig) end(t testing.TB) {
	t.Helper()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) tell(events ...callcenter.Event) {
	for _, e := range events {
		r.Put(time.Time{}, e)
	}
}

// open brings the link up and logs anna in, ready.
func (r *rig) openDesk() {
	r.tell(
		callcenter.Reconciled{},
		callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true},
		callcenter.Control{Request: "in", Actor: "anna", By: fact.ByDesk, Agent: "anna", Action: callcenter.ActionLogin},
		callcenter.Control{Request: "go", Actor: "anna", By: fact.ByDesk, Agent: "anna", Action: callcenter.ActionReady},
	)
}

func arrival(n int) callcenter.CallArrived {
	return callcenter.CallArrived{
		Channel: fmt.Sprintf("pbx1-%d.1", n), Number: "+4930123", Dialed: "1000", Language: "en", Created: time.Now(),
	}
}

// view is the state of now without what changes by itself.
func (r *rig) view(t testing.TB) fact.Snapshot {
	t.Helper()
	got := make(chan fact.Snapshot, 1)
	r.inbox.put(item{look: func(p *loop) { got <- p.public() }})
	s := <-got
	s.At, s.Link, s.Clocks = time.Time{}, false, nil
	return s
}

// clocks is what the state of now says of the clocks.
func (r *rig) clocks(t testing.TB) fact.SnapshotClocks {
	t.Helper()
	got := make(chan *fact.SnapshotClocks, 1)
	r.inbox.put(item{look: func(p *loop) { got <- p.public().Clocks }})
	c := <-got
	if c == nil {
		t.Fatal("nothing is said of the clocks")
	}
	return *c
}

func metric(t testing.TB, reg *prometheus.Registry, name string, label string) (sum float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "firstline_controller_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			matches := label == ""
			for _, l := range m.GetLabel() {
				matches = matches || l.GetValue() == label
			}
			if matches {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// facts reads what is durable.
func (r *rig) facts(t testing.TB) (all []fact.Fact) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for {
		var after uint64
		if n := len(all); n > 0 {
			after = all[n-1].Position
		}
		some, err := r.log.Read(ctx, after, 100)
		if err != nil {
			return all
		}
		all = append(all, some...)
	}
}

// inBubble runs a test in fake time on a disk in memory.
func inBubble(t *testing.T, test func(t *testing.T, d *memdisk.Disk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, memdisk.New()) })
}

// pass lets time pass in a bubble: no real time does.
func pass(d time.Duration) { <-time.After(d) }
