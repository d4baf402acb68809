// Package log is the durable log: the one place where facts and private state become true.
//
// It owns a folder of segments and snapshots. Its owner (telephony/controller; an API process for its ticket facts)
// appends records, which never waits for the disk, and acts on a record only when it is synced; readers
// (pipeline/kafka, the stream of now) read facts by position. One goroutine, Run, writes and syncs whatever has been
// appended since the last sync: group commit. A log has one process; a second one is refused.
//
// When the disk can't be written, a preallocated reserve is used up first. Then the log is not durable: Health says since
// when, Released lets everything through, records stay in bounded memory, what doesn't fit is dropped and counted.
// When writing works again, a new segment takes a full snapshot, what was kept and a log.gap fact, and the log is
// durable again. A file whose write or sync failed is never written again.
//
// It decides nothing about calls, knows no fact but log.gap, and never deletes what is not published and not in a snapshot.
package log

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/fact"
	"firstline/pipeline/log/disk"
)

// Errors of this package.
var (
	// ErrCompacted: the facts asked for are no longer kept.
	ErrCompacted = errors.New("the log no longer keeps these facts")
	// ErrNotDurable: the record is in memory only and may be lost.
	ErrNotDurable = errors.New("the log can't be written")
	// ErrTooLong: the record is larger than any can be.
	ErrTooLong = errors.New("record is too long")
)

// Record is what becomes durable as one: all of it or nothing.
type Record struct {
	Facts   []fact.Fact
	Private []byte // the owner's own; comes back from Restore
}

// Health says whether what is appended becomes durable.
type Health struct {
	Durable bool
	Since   time.Time // not durable since; zero when durable
	Why     string
	Kept    int   // records in memory
	Dropped int64 // records lost in this span
}

// Log is one open log. Its methods are safe for concurrent use.
type Log struct {
	cfg  Config
	fs   disk.FS
	log  *slog.Logger
	m    *metrics
	lock io.Closer

	epoch string        // fixed at Open
	work  chan struct{} // wakes the syncer; capacity 1
	keep  chan struct{} // wakes the keeper; capacity 1

	mu             sync.Mutex // guards all below; never held during I/O
	index          uint64     // of the last record appended
	position       uint64     // of the last fact appended
	synced         uint64     // index of the last record synced
	syncedPosition uint64
	pending        []entry // appended and not synced, in order
	pendingBytes   int64
	inFlight       time.Time // when the write under way began; zero = none
	since          time.Time // not durable since; zero = durable
	why            string
	open           bool   // not durable, and nothing waits for the disk any more
	kept, dropped  int64  // records of this span
	lastDropped    uint64 // index of the last record dropped; a snapshot must not be older
	changed        chan struct{}
	tail           []fact.Fact // the latest facts appended, all with positions above tailAfter
	tailAfter      uint64
	segments       []*segment // by number
	snapshots      []snapshotHead
	snap           *snapshot // to be written
	snapWanted     bool
	reserved       int64
	reserveGiven   time.Time // when it was given up last
	lastSegment    uint64    // number of the latest segment, also of one that failed
	intact         bool      // the marker file is there
	published      func() uint64
}

// entry is a record on its way to the disk.
type entry struct {
	index   uint64
	first   uint64 // position of its first fact
	last    uint64 // position of the last fact at or before its end
	payload []byte
}

// Open locks the folder, recovers what is in it and returns the log; nothing is written before Run but what recovery
// needs. An error that wraps disk.ErrLocked says that another process has the log.
func Open(cfg Config, logger *slog.Logger, reg prometheus.Registerer) (*Log, error) {
	l := &Log{
		cfg: cfg, fs: cfg.FS, log: logger.With("log", cfg.Source),
		work: make(chan struct{}, 1), keep: make(chan struct{}, 1), changed: make(chan struct{}),
		published: func() uint64 { return 0 },
	}
	if l.fs == nil {
		l.fs = disk.Real{}
	}
	if err := l.fs.MkdirAll(cfg.Dir); err != nil {
		return nil, fmt.Errorf("make the log's folder: %w", err)
	}
	lock, err := l.fs.Lock(l.path(lockName))
	if errors.Is(err, disk.ErrLocked) {
		return nil, fmt.Errorf("the log in %s is in use, stop the other process first: %w", cfg.Dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the log: %w", err)
	}
	l.lock = lock
	l.m = newMetrics(reg, cfg.Source)
	if err := l.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("recover it: %w", err), lock.Close())
	}
	l.m.durable.Set(1)
	return l, nil
}

// Close gives the folder back. Run must have returned.
func (l *Log) Close() error { return l.lock.Close() }

// Epoch is the log's identity: drawn when its folder was new, lost or cut, never by a restart.
func (l *Log) Epoch() string { return l.epoch }

// Source is the Source of its facts.
func (l *Log) Source() string { return l.cfg.Source }

// Protect says up to which position facts are published: only those may be deleted. Without it none are.
func (l *Log) Protect(published func() uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.published = published
}

// Append takes a record without waiting for the disk. It returns the record's index and its facts with Source, Epoch and
// Position filled. An error means that nothing was appended: a fact is not valid, or the record too long.
func (l *Log) Append(r Record) (uint64, []fact.Fact, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	index, facts, err := l.append(r, false)
	if err != nil {
		l.m.refused.Inc()
	}
	return index, facts, err
}

// append must be called with the lock held. force is for the record that marks a gap: it always fits.
func (l *Log) append(r Record, force bool) (uint64, []fact.Fact, error) {
	now := time.Now()
	facts := make([]fact.Fact, len(r.Facts))
	rec := record{index: l.index + 1, first: l.position + 1, at: now.UnixMilli(), facts: make([][]byte, len(r.Facts)), private: r.Private}
	for i, f := range r.Facts {
		f.Source, f.Epoch, f.Position = l.cfg.Source, l.epoch, rec.first+uint64(i)
		b, err := fact.Encode(f)
		if err != nil {
			return 0, nil, fmt.Errorf("append to the log: %w", err)
		}
		facts[i], rec.facts[i] = f, b
	}
	payload := rec.payload()
	if len(payload) > maxPayload {
		return 0, nil, fmt.Errorf("append %d bytes to the log: %w", len(payload), ErrTooLong)
	}
	l.index, l.position = rec.index, rec.last()
	if l.pendingBytes+int64(len(payload)) > l.cfg.MemoryBytes && !force {
		l.drop(now)
	} else {
		l.pending = append(l.pending, entry{rec.index, rec.first, rec.last(), payload})
		l.pendingBytes += int64(len(payload))
	}
	l.addTail(facts)
	l.m.records.Inc()
	l.m.facts.Add(float64(len(facts)))
	l.m.position.Set(float64(l.position))
	l.showPending()
	if l.open {
		l.notify() // readers of what is shown don't wait for a sync
	}
	wake(l.work)
	return rec.index, facts, nil
}

// drop loses the record just numbered; the log is not durable from here on.
func (l *Log) drop(now time.Time) {
	l.dropped++
	l.lastDropped = l.index
	l.m.dropped.Inc()
	l.breakOff(now, "records don't fit into memory")
}

// addTail keeps the latest facts for readers.
func (l *Log) addTail(facts []fact.Fact) {
	l.tail = append(l.tail, facts...)
	if over := len(l.tail) - l.cfg.TailFacts; over > l.cfg.TailFacts/4 {
		l.tailAfter = l.tail[over-1].Position
		l.tail = append(make([]fact.Fact, 0, l.cfg.TailFacts*3/2), l.tail[over:]...)
	}
}

// Synced is the index of the last record that is durable, with all before it.
func (l *Log) Synced() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.synced
}

// Position is the position of the last fact appended, 0 when there is none.
func (l *Log) Position() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.position
}

// Released says whether the commands of a record may leave and its facts be shown: it is synced, or the log is not
// durable and nothing waits for it.
func (l *Log) Released(index uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.synced >= index || l.open
}

// Health says whether what is appended becomes durable.
func (l *Log) Health() Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Health{Durable: l.since.IsZero(), Since: l.since, Why: l.why, Kept: len(l.pending), Dropped: l.dropped}
}

// Changed returns a channel that is closed when something is synced, or the health changes, or a snapshot becomes wanted.
// Take it before asking for the state that is waited for.
func (l *Log) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// Wait returns when the record is durable. ErrNotDurable says that it is kept in memory, or lost, as the log can't be
// written.
func (l *Log) Wait(ctx context.Context, index uint64) error {
	for {
		l.mu.Lock()
		synced, since, why, changed := l.synced, l.since, l.why, l.changed
		l.mu.Unlock()
		switch {
		case synced >= index:
			return nil
		case !since.IsZero():
			return fmt.Errorf("%w since %s: %s", ErrNotDurable, since.UTC().Format(time.RFC3339), why)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for the log: %w", ctx.Err())
		}
	}
}

// notify wakes whoever waits on Changed. Called with the lock held.
func (l *Log) notify() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// breakOff begins a span that is not durable, when none is open. Called with the lock held.
func (l *Log) breakOff(now time.Time, why string) {
	if !l.since.IsZero() {
		return
	}
	l.since, l.why, l.kept, l.open = now, why, 0, false
	l.m.durable.Set(0)
	l.notify()
	wake(l.keep)
}

func (l *Log) showPending() {
	l.m.pendingRecords.Set(float64(len(l.pending)))
	l.m.pendingBytes.Set(float64(l.pendingBytes))
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake
	}
}
