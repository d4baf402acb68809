package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/fact"
	"firstline/pipeline/trouble"
)

// Reader is the log a publisher reads; pipeline/log is it in production.
type Reader interface {
	// Read returns synced facts with positions above after, at most limit of them, in order. It waits until there is one.
	Read(ctx context.Context, after uint64, limit int) ([]fact.Fact, error)
	// Oldest is the position of the oldest fact kept, or of the next one when none is.
	Oldest() uint64
	// Epoch is the identity of the log.
	Epoch() string
}

const (
	roundFacts = 2000            // most facts of one round
	saveEvery  = time.Second     // how often the position is written while it moves
	checkEvery = 5 * time.Second // how often an idle publisher asks whether its cluster is still there
	patience   = 2 * time.Second // how long publishing may fail before it is told: roles start together
	stopGrace  = time.Second     // how long a round may go on after the publisher was told to stop
)

// Publisher sends every fact of one log to Kafka, in the log's order within each partition. It may send a fact more than
// once and never leaves one out without counting it: an acknowledgement that did not arrive is followed by sending
// again, for as long as it takes.
//
// A round is whatever the log has when the last round is acknowledged, so batches are as small as the load allows and
// nothing waits for a timer.
type Publisher struct {
	// Past says that the facts happened long ago: Kafka keeps them from their publishing on, or it would drop them before they
	// are loaded. Set before Run.
	Past bool

	cluster *Cluster
	reader  Reader
	path    string
	log     *slog.Logger
	m       *metrics

	cur       cursor    // owned by Run
	saved     time.Time // when cur was written; owned by Run
	dirty     bool      // cur moved since; owned by Run
	trouble   *trouble.Trouble
	published atomic.Uint64
	waiting   atomic.Int64 // Unix ns since when facts wait for their acknowledgement; 0 none
}

// NewPublisher returns a publisher of the log called source (the facts' Source) that keeps its position in the file at
// path. It reads that file and connects to nothing.
func NewPublisher(cluster *Cluster, reader Reader, source, path string, log *slog.Logger, reg prometheus.Registerer) *Publisher {
	p := &Publisher{cluster: cluster, reader: reader, path: path, log: log.With("source", source), trouble: trouble.New(patience)}
	p.m = newMetrics(reg, source, func() float64 {
		if since := p.waiting.Load(); since != 0 {
			return time.Since(time.Unix(0, since)).Seconds()
		}
		return 0
	})
	cur, err := loadCursor(path)
	if err != nil {
		p.log.Warn("published position is lost, publishing again from the oldest kept fact", "error", err)
	}
	if cur.Epoch != reader.Epoch() {
		cur = restarted("", reader.Epoch(), 0)
	}
	p.cur = cur
	p.published.Store(cur.Position)
	return p
}

// Published is the position up to which the log is published and will not be read again after a restart. The log keeps
// what is above it.
func (p *Publisher) Published() uint64 { return p.published.Load() }

// Run publishes until ctx ends. It returns an error only when the position can't be written.
func (p *Publisher) Run(ctx context.Context) error {
	for failures := 0; ctx.Err() == nil; {
		before := p.cur.Position
		err := p.connectAndPump(ctx)
		if ctx.Err() != nil {
			break
		}
		if p.cur.Position != before {
			failures = 0
		}
		p.m.failures.Inc()
		if told := p.trouble.Failed(err); told != nil {
			p.log.Warn("facts can't be published, calls go on and figures come later", append(told, "position", p.cur.Position)...)
		}
		pause(ctx, backoff(failures))
		failures++
	}
	return p.save()
}

// connectAndPump publishes over one set of connections until one of them fails.
func (p *Publisher) connectAndPump(ctx context.Context) error {
	w, err := p.cluster.wire(ctx)
	if err != nil {
		return err
	}
	// The round under way may finish; one that is blocked ends with its connections.
	stop := context.AfterFunc(ctx, func() { w.closeWithin(stopGrace) })
	defer func() { stop(); w.close() }()
	if p.cur.Cluster != w.cluster {
		if err := p.restart(w.cluster); err != nil {
			return err
		}
	}
	for {
		if err := p.round(ctx, w); err != nil {
			return err
		}
		if told := p.trouble.Over(); told != nil {
			p.log.Info("facts are published again", append(told, "position", p.cur.Position)...)
		}
	}
}

// restart begins again at the oldest kept fact, as the cluster has none of this log's facts that this publisher knows of.
func (p *Publisher) restart(cluster string) error {
	if p.cur.Cluster != "" {
		p.log.Warn("the kafka cluster is another one, publishing again from the oldest kept fact",
			"cluster", cluster, "before", p.cur.Cluster, "position", p.cur.Position, "oldest", p.reader.Oldest())
		p.m.restarts.Inc()
	}
	p.cur = restarted(cluster, p.reader.Epoch(), before(p.reader.Oldest()))
	return p.save()
}

// before is the position before the oldest kept one.
func before(oldest uint64) uint64 { return max(oldest, 1) - 1 }

// round publishes what the log has, waiting for at least one fact.
func (p *Publisher) round(ctx context.Context, w *wire) error {
	if base := before(p.reader.Oldest()); base > p.cur.Position {
		p.log.Error("the log no longer keeps what was to be published", "position", p.cur.Position, "oldest", base+1)
		p.m.skipped.Add(float64(base - p.cur.Position))
		p.cur.Position, p.cur.Base = base, base
	}
	facts, err := p.read(ctx)
	if err != nil {
		return err
	}
	if len(facts) == 0 {
		return p.idle(w)
	}
	p.waiting.CompareAndSwap(0, time.Now().UnixNano())
	next := p.cur
	next.Previous, next.Epochs = maps.Clone(p.cur.Previous), maps.Clone(p.cur.Epochs)
	began := time.Now()
	sent, err := w.send(p.batches(w, facts, next), p.refused)
	if err != nil {
		return err
	}
	p.m.ack.Observe(time.Since(began).Seconds())
	p.m.batches.Add(float64(sent.batches))
	p.m.published.Add(float64(sent.messages))
	p.cur, p.dirty = next, true
	p.cur.Position = facts[len(facts)-1].Position
	p.m.position.Set(float64(p.cur.Position))
	p.waiting.Store(0)
	if time.Since(p.saved) < saveEvery {
		return nil
	}
	return p.save()
}

// read waits for facts; none come back when it is time to look after an idle publisher.
func (p *Publisher) read(ctx context.Context) ([]fact.Fact, error) {
	patience := checkEvery
	if p.dirty {
		patience = saveEvery
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	facts, err := p.reader.Read(limited, p.cur.Position, roundFacts)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the log after %d: %w", p.cur.Position, err)
	}
	return facts, nil
}

// idle writes the position, and finds out whether the cluster is still the one connected to: a wiped broker must get its
// facts again even when there is nothing new to say.
func (p *Publisher) idle(w *wire) error {
	if p.dirty {
		return p.save()
	}
	return w.alive()
}

func (p *Publisher) save() error {
	if err := p.cur.save(p.path); err != nil {
		return err
	}
	p.saved, p.dirty = time.Now(), false
	p.published.Store(p.cur.Position)
	return nil
}

// batches sorts facts by partition, keeping their order, and moves the cursor's partitions along.
func (p *Publisher) batches(w *wire, facts []fact.Fact, next cursor) map[place][]outgoing {
	out := map[place][]outgoing{}
	now := time.Now()
	for _, f := range facts {
		where := w.place(f)
		// Moved also by one that can't be sent: its successor's link shows the hole.
		link := Link{Source: f.Source, Epoch: f.Epoch, Position: f.Position, Previous: next.move(where.String(), f)}
		m, err := encode(f, link, p.stamp(f, now))
		if err != nil {
			p.refused(f.Position, err)
			continue
		}
		out[where] = append(out[where], outgoing{position: f.Position, message: m})
	}
	return out
}

// stamp is a fact's time for Kafka.
func (p *Publisher) stamp(f fact.Fact, now time.Time) time.Time {
	if p.Past {
		return now
	}
	return stamp(f, now)
}

// refused counts a fact that can never be published.
func (p *Publisher) refused(position uint64, err error) {
	p.m.unpublishable.Inc()
	p.log.Error("fact can't be published and stays in the log only", "position", position, "error", err)
}

// errNoPartition says that a topic of facts has no partition; the cluster is being set up.
var errNoPartition = errors.New("topic has no partition")
