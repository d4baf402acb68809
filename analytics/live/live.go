// Package live keeps the state of now: who waits, who rings, who talks, which agent is in which state.
//
// It folds the controller's snapshot and the stream of facts after it, fetches each offer's screen pop, and compares the
// fold with a whole snapshot every few seconds. analytics/api reads its views, subscribes to changes and passes control
// requests on through it. It needs neither Kafka nor ClickHouse, keeps no history, and never decides anything about a
// call: when the controller can't be heard the last state stays, marked stale with the time since when.
package live

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
	"firstline/pipeline/trouble"
)

// Live is the state of now. Its methods may be called from any goroutine.
type Live struct {
	cfg     Config
	client  *controllerclient.Client
	log     *slog.Logger
	m       *metrics
	watch   *watchers
	started time.Time
	trouble *trouble.Trouble // with the controller's stream

	popups  chan offered
	refresh chan struct{} // one slot: compare with a snapshot soon

	mu      sync.Mutex // guards what follows; never held during I/O
	state   *State     // nil before the first snapshot
	heard   time.Time  // when the controller was last heard; zero = never
	silent  bool       // stale, as last told to the watchers
	pending *fact.Snapshot
}

type offered struct{ contact, offer string }

// Sizes of the queue of screen pops to fetch and of the workers who do.
const (
	popupQueue   = 1024
	popupWorkers = 4
	popupTries   = 2
)

// streamPatience is how long the controller may be away, at a start or for a restart, before that is told.
const streamPatience = 2 * time.Second

// New returns a state that knows nothing until Run has reached the controller. getenv reads the token's variable.
func New(cfg Config, getenv func(string) string, log *slog.Logger, reg prometheus.Registerer) (*Live, error) {
	if problems := cfg.Validate(); len(problems) > 0 {
		return nil, errors.New("live: controller." + problems[0].Path + " " + problems[0].Message)
	}
	m := newMetrics(reg)
	m.stale.Set(1)
	return &Live{
		cfg: cfg, client: controllerclient.New(cfg.Client(getenv)), log: log, m: m, silent: true, started: time.Now(), trouble: trouble.New(streamPatience),
		watch:  &watchers{set: map[*Watcher]struct{}{}, m: m},
		popups: make(chan offered, popupQueue), refresh: make(chan struct{}, 1),
	}, nil
}

// Run follows the controller until ctx ends; it connects again whenever the stream breaks and returns ctx's error.
func (l *Live) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { l.watchSilence(ctx) })
	wg.Go(func() { l.refreshing(ctx) })
	for range popupWorkers {
		wg.Go(func() { l.fetchPopups(ctx) })
	}
	l.client.Follow(ctx, l.follow, func(err error) (soon bool) {
		why := cause(err)
		l.m.connects.WithLabelValues(why).Inc()
		if ctx.Err() == nil {
			if told := l.trouble.Failed(err); told != nil {
				l.log.Warn("controller is not heard, the state of now is stale until it is", told...)
			}
		}
		return why == "gone" // it only needs a new snapshot
	})
	wg.Wait()
	l.client.Close()
	return ctx.Err()
}

// cause sorts the ends of a stream for the counter.
func cause(err error) string {
	var gone *controllerclient.GoneError
	switch {
	case errors.Is(err, context.Canceled):
		return "stopped"
	case errors.As(err, &gone):
		return "gone"
	case errors.Is(err, controllerclient.ErrSilent):
		return "silent"
	case errors.Is(err, controllerclient.ErrNotReady):
		return "not_ready"
	case errors.Is(err, controllerclient.ErrEnded), errors.Is(err, io.EOF): // the latter: before it answered
		return "closed"
	case errors.Is(err, controllerclient.ErrUnreachable):
		return "unreachable"
	default:
		return "error"
	}
}

// follow takes a snapshot and reads the stream after it until that breaks.
func (l *Live) follow(ctx context.Context) error {
	snap, err := l.client.Snapshot(ctx)
	if err != nil {
		return err
	}
	l.begin(snap)
	facts, err := l.client.Facts(ctx, snap.Epoch, snap.Position)
	if err != nil {
		return err
	}
	defer facts.Close()
	l.hear()
	for {
		line, err := facts.Next()
		if errors.Is(err, controllerclient.ErrTooLong) {
			l.m.broken.Inc()
		}
		if err != nil {
			return err
		}
		if err := l.line(line); err != nil {
			return err
		}
	}
}

// begin replaces the state.
func (l *Live) begin(snap fact.Snapshot) {
	l.mu.Lock()
	l.replace(snap)
	l.pending = nil
	l.mu.Unlock()
	l.hear()
	l.watch.notify(Touched{}, true)
}

// replace puts a snapshot in the state's place and keeps what only the fold knows: the last offers that are over, and the
// screen pops already fetched. Callers hold mu.
func (l *Live) replace(snap fact.Snapshot) {
	next := Fold(snap)
	if l.state != nil && l.state.head.Epoch == snap.Epoch {
		next.inherit(l.state)
	}
	l.state = next
	l.m.position.Set(float64(snap.Position))
}

// hear notes a sign of life.
func (l *Live) hear() {
	l.mu.Lock()
	l.heard = time.Now()
	woke := l.silent
	l.silent = false
	l.mu.Unlock()
	if woke {
		l.m.stale.Set(0)
		l.watch.notify(Touched{}, true)
	}
}

// line takes one line of the stream: a fact, or nothing as a heartbeat.
func (l *Live) line(b []byte) error {
	l.hear()
	if told := l.trouble.Over(); told != nil {
		l.log.Info("controller is heard again", told...)
	}
	if len(b) == 0 {
		return nil
	}
	f, err := fact.Decode(b)
	switch {
	case errors.Is(err, fact.ErrUnknownType):
		l.m.unknown.Inc()
		return nil
	case err != nil:
		l.m.broken.Inc()
		return err
	}
	l.apply(f)
	return nil
}

func (l *Live) apply(f fact.Fact) {
	l.mu.Lock()
	if f.Position > l.state.Position()+1 {
		l.m.gaps.Inc()
	}
	touched := l.state.Apply(f)
	settled := l.settle()
	l.mu.Unlock()

	l.m.facts.Inc()
	l.m.position.Set(float64(f.Position))
	l.watch.notify(touched, settled)
	if touched.Offer != "" {
		l.fetchSoon(offered{contact: f.Subject, offer: touched.Offer})
	}
	if touched.WrapUp {
		l.refreshSoon()
	}
}

// refreshSoon asks for a comparison with a snapshot without waiting for its time.
func (l *Live) refreshSoon() {
	select {
	case l.refresh <- struct{}{}:
	default: // one is asked for already
	}
}

// refreshing compares the fold with a snapshot now and then: some things stand only there (when a wrap-up ends, which
// state follows the call, whether Asterisk is connected), and a fold that went astray is put right.
func (l *Live) refreshing(ctx context.Context) {
	ticker := time.NewTicker(l.cfg.Refresh)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.refresh:
		case <-ticker.C:
		}
		snap, err := l.client.Snapshot(ctx)
		if err != nil {
			continue // the stream's own end is counted and logged; this one tries again
		}
		l.mu.Lock()
		settled := false
		if l.state != nil && l.state.head.Epoch == snap.Epoch {
			l.pending = &snap
			settled = l.settle()
		}
		l.mu.Unlock()
		l.watch.notify(Touched{}, settled)
	}
}

// settle compares the fold with a snapshot that waits for it, once the fold has come to the snapshot's position. Callers
// hold mu. It says whether the state was replaced.
func (l *Live) settle() bool {
	if l.pending == nil || l.state.Position() < l.pending.Position {
		return false
	}
	snap := *l.pending
	l.pending = nil
	if l.state.Position() > snap.Position {
		l.state.supplement(snap)
		return true
	}
	samePlan := l.state.head.Plan == snap.Plan // no fact says that a reload brought or removed agents
	if what := drift(l.state.Snapshot(), snap); what != "" && samePlan {
		l.m.drift.Inc()
		l.log.Warn("state of now: fold differed from snapshot, replaced", "difference", what, "position", snap.Position)
	}
	l.replace(snap)
	return true
}

// watchSilence tells the watchers when the state turns stale.
func (l *Live) watchSilence(ctx context.Context) {
	ticker := time.NewTicker(l.cfg.StaleAfter / 4)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		l.mu.Lock()
		turned := !l.silent && time.Since(l.heard) > l.cfg.StaleAfter
		l.silent = l.silent || turned
		l.mu.Unlock()
		if turned {
			l.m.stale.Set(1)
			l.watch.notify(Touched{}, true)
		}
	}
}
