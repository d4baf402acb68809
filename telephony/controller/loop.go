package controller

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"sync/atomic"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/log"
	"firstline/telephony/callcenter"
)

// most items taken before the loop looks at its other duties.
const turn = 64

// loop owns the centre. Everything in it but status belongs to the goroutine of run.
type loop struct {
	cfg     Config
	center  *callcenter.Center
	clock   clock
	inbox   *inbox
	journal Journal
	out     Outside
	heart   *heart
	log     *slog.Logger
	metrics *metrics

	index    uint64    // of the last record appended
	waiting  []output  // handed over when their record is durable, in order
	records  int       // since the last snapshot
	snapshot time.Time // when the last one was made
	doubted  time.Time // when the log was last told of an event's wrong time
	moved    moved     // times of events, since the start
	status   atomic.Pointer[status]
}

// moved counts events whose time was moved.
type moved struct{ ahead, behind int64 }

// output is what waits for record index to be durable.
type output struct {
	index    uint64
	commands []callcenter.Command
	done     func()
	at       time.Time
}

// status is what health checks see without asking the loop.
type status struct {
	alive   time.Time // the loop's last turn
	link    bool
	changed time.Time // when link last changed
	ended   bool
}

func newLoop(cfg Config, center *callcenter.Center, last time.Time, in *inbox, j Journal, l *slog.Logger, m *metrics) *loop {
	p := &loop{cfg: cfg, center: center, clock: newClock(last), inbox: in, journal: j, log: l, metrics: m, snapshot: time.Now()}
	p.heart = newHeart(p, l, m)
	p.status.Store(&status{changed: time.Now()})
	return p
}

// run is the loop. At the end of ctx it takes in what has come, waits until that is durable, and hands it over.
func (p *loop) run(ctx context.Context) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	due := time.NewTimer(time.Hour)
	defer due.Stop()
	for ctx.Err() == nil {
		changed := p.journal.Changed() // before release: what changes after it must wake the loop
		p.turn()
		p.schedule(due)
		select {
		case <-ctx.Done():
		case <-p.inbox.wake:
		case <-changed:
		case <-due.C:
			p.wake()
		case <-second.C:
			p.beat()
			p.snapshotWhenDue()
		}
	}
	p.drain()
}

// turn does some of what waits.
func (p *loop) turn() {
	items := p.inbox.take(turn)
	for _, it := range items {
		p.take(it)
	}
	if len(items) == turn {
		p.inbox.again()
	}
	p.release()
	if p.journal.SnapshotWanted() {
		p.takeSnapshot()
	}
	p.show(false)
}

func (p *loop) take(it item) {
	p.metrics.inboxSeconds.Observe(time.Since(it.put).Seconds())
	if it.look != nil {
		it.look(p)
		return
	}
	p.step(it)
}

// step is one Step: its record is appended, and what follows from it waits for the record.
func (p *loop) step(it item) {
	began := time.Now()
	in := callcenter.Input{At: p.clock.now(), Occurred: it.occurred, Seed: seed(), Event: it.event}
	out := p.center.Step(in)
	p.count(it.event, out)
	if len(out.Facts)+len(out.Changes) > 0 {
		p.record(in.At, out)
	}
	if len(out.Commands) > 0 || it.done != nil {
		o := output{index: p.index, commands: out.Commands, at: began}
		if it.done != nil {
			o.done = func() { it.done(out) }
		}
		p.waiting = append(p.waiting, o)
	}
	p.metrics.stepSeconds.Observe(time.Since(began).Seconds())
}

// record appends the Step to the log.
func (p *loop) record(at time.Time, out callcenter.Output) {
	b, err := json.Marshal(private{At: at, Changes: out.Changes, Commands: names(out.Commands)})
	if err == nil {
		err = p.append(log.Record{Facts: out.Facts, Private: b})
	}
	if err != nil && !errors.Is(err, log.ErrTooLong) {
		err = p.append(log.Record{Facts: p.good(out.Facts), Private: b})
	}
	if err != nil {
		// The state lives on in memory and in the next snapshot.
		p.metrics.lostRecords.Inc()
		p.log.Error("record is lost", "error", err)
		p.takeSnapshot()
	}
}

func (p *loop) append(r log.Record) error {
	index, facts, err := p.journal.Append(r)
	if err != nil {
		return err
	}
	p.index = index
	p.records++
	for _, f := range facts {
		p.metrics.facts.WithLabelValues(string(f.Type)).Inc()
	}
	if p.records >= p.cfg.SnapshotRecords {
		p.takeSnapshot()
	}
	return nil
}

// good leaves out the facts that the log can't take, each with its count: a mistake in the core must not stop calls.
func (p *loop) good(facts []fact.Fact) []fact.Fact {
	var good []fact.Fact
	for _, f := range facts {
		f.Source, f.Epoch, f.Position = "check", "check", 1
		if _, err := fact.Encode(f); err != nil {
			p.metrics.badFacts.Inc()
			p.log.Error("fact of the core is not valid", "type", string(f.Type), "error", err)
			continue
		}
		good = append(good, f)
	}
	return good
}

// release hands over what has become durable, in the order of the Steps.
func (p *loop) release() {
	n := 0
	for ; n < len(p.waiting) && p.journal.Released(p.waiting[n].index); n++ {
		p.handOver(p.waiting[n])
	}
	p.waiting = p.waiting[n:]
	if len(p.waiting) == 0 {
		p.waiting = nil
	}
	p.metrics.waiting.Set(float64(len(p.waiting)))
}

func (p *loop) handOver(o output) {
	p.metrics.syncSeconds.Observe(time.Since(o.at).Seconds())
	var calls []callcenter.Command
	for _, c := range o.commands {
		p.metrics.commands.WithLabelValues(reflect.TypeOf(c).Name()).Inc()
		switch c.(type) {
		case callcenter.Lookup, callcenter.Pop:
			p.out.Tasks.Do(c)
		case callcenter.StoreRecording:
			p.out.Recordings.Do(c)
		case callcenter.CheckPIN:
			p.out.PINs.Do(c)
		default:
			calls = append(calls, c)
		}
	}
	if len(calls) > 0 {
		p.out.Executor.Execute(calls)
	}
	if o.done != nil {
		o.done()
	}
}

// schedule sets the timer to the centre's deadline.
func (p *loop) schedule(due *time.Timer) {
	at, ok := p.center.Deadline()
	if !ok {
		due.Stop()
		return
	}
	due.Reset(max(0, p.clock.until(at)))
}

func (p *loop) wake() {
	if at, ok := p.center.Deadline(); ok {
		p.metrics.lateSeconds.Observe(max(0, -p.clock.until(at)).Seconds())
	}
	p.step(item{event: callcenter.Wake{}})
}

// beat shows how the clock stands, and lets the heart beat while new calls can be served: Asterisk is reconciled and the
// log can be written.
func (p *loop) beat() {
	p.metrics.clockAhead.Set(p.clock.ahead().Seconds())
	if p.center.LinkUp() && p.journal.Health().Durable {
		p.heart.stamp(time.Now())
	}
}

// show publishes the loop's own condition; a link that has just come up gets its heartbeat at once.
func (p *loop) show(ended bool) {
	before := p.status.Load()
	now := status{alive: time.Now(), link: p.center.LinkUp(), changed: before.changed, ended: ended}
	if now.link != before.link {
		now.changed = now.alive
		p.metrics.linkSince.Set(float64(now.changed.Unix()))
		p.metrics.link.Set(0)
		if now.link {
			p.metrics.link.Set(1)
			p.beat()
		}
		p.log.Info("link changed", "up", now.link)
	}
	p.status.Store(&now)
}

func (p *loop) snapshotWhenDue() {
	if p.records > 0 && time.Since(p.snapshot) >= p.cfg.SnapshotEvery {
		p.takeSnapshot()
	}
}

// takeSnapshot gives the log the whole state as of the last record.
func (p *loop) takeSnapshot() {
	began := time.Now()
	p.journal.Snapshot(state(p.clock.now(), p.center.Changes()))
	p.records, p.snapshot = 0, time.Now()
	p.metrics.snapshotSeconds.Observe(time.Since(began).Seconds())
}

// drain ends the loop: the heart has its last beat behind it, what has come is taken in, made durable and handed over.
func (p *loop) drain() {
	limit := time.NewTimer(p.cfg.Drain)
	defer limit.Stop()
	for end := time.Now().Add(p.cfg.Drain); time.Now().Before(end); {
		changed := p.journal.Changed()
		items := p.inbox.take(turn)
		for _, it := range items {
			p.take(it)
		}
		p.release()
		if len(items) > 0 {
			continue
		}
		if p.journal.Released(p.index) {
			break
		}
		select {
		case <-changed:
		case <-limit.C:
		}
	}
	if len(p.waiting) > 0 {
		p.log.Error("log is not synced in time, commands are left to the next start", "steps", len(p.waiting))
	}
	p.takeSnapshot()
	p.show(true)
}

// count counts the Step by event and by what it ignored.
func (p *loop) count(event callcenter.Event, out callcenter.Output) {
	p.metrics.steps.WithLabelValues(reflect.TypeOf(event).Name()).Inc()
	for _, why := range out.Ignored {
		p.metrics.ignored.WithLabelValues(string(why)).Inc()
	}
	for _, c := range out.Clamped {
		p.doubt(reflect.TypeOf(event).Name(), c)
	}
}

// doubtEvery is how often the log is told of wrong times: a clock that is wrong is so for every event.
const doubtEvery = time.Minute

// doubt counts that an event's time was moved.
func (p *loop) doubt(event string, c callcenter.Clamped) {
	p.metrics.clamped.WithLabelValues(string(c.Direction), event).Inc()
	switch c.Direction {
	case callcenter.ClampedAhead:
		p.moved.ahead++
	case callcenter.ClampedBehind:
		p.moved.behind++
	}
	if now := time.Now(); now.Sub(p.doubted) >= doubtEvery {
		p.doubted = now
		p.log.Warn("an event's time can't be right and was moved: a clock is wrong, or it came late", "event", event, "direction", string(c.Direction), "by", c.By.String())
	}
}

// names lists commands for the record.
func names(commands []callcenter.Command) []string {
	list := make([]string, len(commands))
	for i, c := range commands {
		list[i] = c.CommandID() + " " + reflect.TypeOf(c).Name()
	}
	return list
}

func seed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}
