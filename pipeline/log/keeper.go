package log

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"time"
)

// keeper does what must not hold up a group commit: snapshots, deletion by age and size, the reserve, the marker file.
func (l *Log) keeper(ctx context.Context) {
	tick := time.NewTicker(upkeep)
	defer tick.Stop()
	for {
		l.tidy()
		select {
		case <-ctx.Done():
			l.tidy()
			return
		case <-l.keep:
		case <-tick.C:
		}
	}
}

func (l *Log) tidy() {
	if h := l.Health(); !h.Durable {
		l.unmark()
		if l.exposed() {
			l.log.Error("log is not durable, calls go on without it", "since", h.Since, "why", h.Why)
		}
		return
	}
	if snap := l.dueSnapshot(); snap != nil {
		if err := l.writeSnapshot(snap); err != nil {
			l.log.Error("snapshot failed, the one before stays", "error", err)
		}
	}
	l.mark()
	l.pruneSnapshots()
	l.pruneSegments()
	l.reserve()
}

// failedKeeping counts and tells of something that is tried again later.
func (l *Log) failedKeeping(what string, err error) {
	l.m.keepFailures.Inc()
	l.log.Warn("housekeeping failed", "what", what, "error", err)
}

// exposed opens what waits for the disk and says whether that is news.
func (l *Log) exposed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.letGo()
}

// letGo ends all waiting for a disk that can't be written. It comes after unmark, so that a crash from here on begins
// another epoch: positions shown may be given out again. Called with the lock held.
func (l *Log) letGo() bool {
	if l.open || l.since.IsZero() {
		return false
	}
	l.open = true
	l.notify()
	return true
}

// mark and unmark keep the file that says: what readers have seen is durable. Where it is missing at start, positions may
// have been shown that are given out again, so another epoch begins.
func (l *Log) mark() {
	l.mu.Lock()
	done := l.intact
	l.mu.Unlock()
	if done {
		return
	}
	f, err := writeNew(l.fs, l.path(intactName), nil)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		l.failedKeeping("mark as intact", err)
		return
	}
	l.setIntact(true)
}

func (l *Log) unmark() {
	l.mu.Lock()
	done := !l.intact
	l.mu.Unlock()
	if done {
		return
	}
	err := l.fs.Remove(l.path(intactName))
	if err == nil || isMissing(err) {
		err = l.fs.SyncDir(l.cfg.Dir)
	}
	if err != nil {
		l.failedKeeping("unmark as intact", err)
		return
	}
	l.setIntact(false)
}

func (l *Log) setIntact(is bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.intact = is
}

// pruneSnapshots deletes all but the last ones.
func (l *Log) pruneSnapshots() {
	for {
		l.mu.Lock()
		if len(l.snapshots) <= keptSnapshots {
			l.mu.Unlock()
			return
		}
		oldest := l.snapshots[0]
		l.mu.Unlock()
		if err := l.fs.Remove(l.path(snapshotName(oldest.Index))); err != nil && !isMissing(err) {
			l.failedKeeping("delete snapshot", err)
			return
		}
		l.mu.Lock()
		l.snapshots = l.snapshots[1:]
		l.mu.Unlock()
	}
}

// pruneSegments deletes the oldest segments while they are too old or too many bytes, published, and in every snapshot kept.
func (l *Log) pruneSegments() {
	l.mu.Lock()
	published := l.published
	l.mu.Unlock()
	position := published() // not under the lock: it belongs to somebody else
	for {
		s := l.deletable(position)
		if s == nil {
			return
		}
		if err := l.fs.Remove(s.path); err != nil && !isMissing(err) {
			l.failedKeeping("delete segment", err)
			return
		}
		l.mu.Lock()
		l.segments = l.segments[1:]
		l.mu.Unlock()
		l.m.segmentsDeleted.Inc()
	}
}

// deletable returns the oldest segment when it may go. The last one never does.
func (l *Log) deletable(published uint64) *segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	var total int64
	for _, s := range l.segments {
		total += s.size
	}
	l.m.segments.Set(float64(len(l.segments)))
	l.m.diskBytes.Set(float64(total))
	if len(l.segments) < 2 {
		return nil
	}
	oldest, next := l.segments[0], l.segments[1]
	switch {
	case time.Since(oldest.head.Created) <= l.cfg.Retain && total <= l.cfg.MaxBytes:
		return nil
	case next.head.Position > published+1:
		return nil
	case !l.cfg.Stateless && (len(l.snapshots) == 0 || next.head.Index > l.snapshots[0].Index+1):
		return nil
	}
	return oldest
}

// reserve makes the reserve file when there is none and there is room for it; not at once after it was given up, or it
// would take the room back before what it was given up for is written.
func (l *Log) reserve() {
	l.mu.Lock()
	have, given := l.reserved, l.reserveGiven
	l.mu.Unlock()
	if have > 0 || l.cfg.ReserveBytes == 0 || time.Since(given) < upkeep {
		return
	}
	err := l.fs.Reserve(l.path(reserveName), l.cfg.ReserveBytes)
	if errors.Is(err, syscall.ENOSPC) {
		return // the gauge says that it is missing
	}
	if err != nil {
		l.failedKeeping("make the reserve", err)
		return
	}
	l.setReserved(l.cfg.ReserveBytes)
}

// giveReserve deletes the reserve file and says whether that made room.
func (l *Log) giveReserve() bool {
	l.mu.Lock()
	have := l.reserved
	l.reserveGiven = time.Now() // before the room is free
	l.mu.Unlock()
	if have == 0 {
		return false
	}
	if err := l.fs.Remove(l.path(reserveName)); err != nil {
		l.failedKeeping("give up the reserve", err)
		return false
	}
	l.setReserved(0)
	l.m.reserveUsed.Inc()
	l.log.Error("disk is full, the log's reserve is in use", "bytes", have)
	return true
}

func (l *Log) setReserved(bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reserved = bytes
	l.m.reserve.Set(float64(bytes))
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
