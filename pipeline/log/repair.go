package log

import (
	"fmt"
	"time"

	"firstline/pipeline/fact"
)

// repair tries to end a span that is not durable: a new segment, a full snapshot, the records kept, a fact that marks
// the span. It goes as far as it can and is called again when something has changed or the time to retry has come.
func (w *writer) repair() {
	w.idle = false
	if time.Now().Before(w.next) {
		return
	}
	if err := w.tryRepair(); err != nil {
		w.fail(err)
	}
}

func (w *writer) tryRepair() error {
	if w.file == nil {
		_, synced, position := w.l.batch()
		if err := w.begin(synced, position); err != nil {
			return err
		}
	}
	for {
		snap, ready := w.l.snapshotForRepair()
		if !ready {
			w.idle = true // the owner has been asked and wakes us
			return nil
		}
		if err := w.keepSnapshot(snap); err != nil {
			return err
		}
		if err := w.writeKept(); err != nil {
			return err
		}
		if w.l.snapshotCovers(snap) {
			break
		}
	}
	if err := w.markGap(); err != nil {
		return err
	}
	w.l.heal()
	return nil
}

// snapshotForRepair returns a snapshot that has in it whatever was dropped, and asks the owner for one when there is none.
func (l *Log) snapshotForRepair() (*snapshot, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cfg.Stateless {
		return nil, true
	}
	if l.snap != nil && l.snap.head.Index >= l.lastDropped && !l.snap.taken.Before(l.since) {
		snap := l.snap
		l.snap, l.snapWanted = nil, false
		return snap, true
	}
	if !l.snapWanted {
		l.snapWanted = true
		l.notify()
	}
	return nil, false
}

// snapshotCovers says that nothing was dropped since the snapshot.
func (l *Log) snapshotCovers(snap *snapshot) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return snap == nil || l.lastDropped <= snap.head.Index
}

// keepSnapshot writes the snapshot before the records it has in it: a crash between finds a snapshot ahead of the log.
func (w *writer) keepSnapshot(snap *snapshot) error {
	if snap == nil {
		return nil
	}
	w.l.io(true)
	defer w.l.io(false)
	return w.l.writeSnapshot(snap)
}

// writeKept writes all that is pending.
func (w *writer) writeKept() error {
	for {
		batch, synced, position := w.l.batch()
		if len(batch) == 0 {
			return nil
		}
		if err := w.commit(batch, synced, position); err != nil {
			return err
		}
	}
}

// markGap appends and writes the fact that tells of the span. From here on the span counts anew, so that a failure of
// this write doesn't tell of the same records twice.
func (w *writer) markGap() error {
	l := w.l
	l.mu.Lock()
	now := time.Now().UTC().Truncate(time.Millisecond)
	gap := fact.Fact{
		Type:     fact.TypeLogGap,
		Subject:  "log/" + l.epoch,
		Sequence: l.position + 1,
		Time:     now,
		Data: fact.LogGap{
			From: l.since.UTC().Truncate(time.Millisecond), Until: now,
			Kept: l.kept, Dropped: l.dropped,
		},
	}
	since, kept, dropped := l.since, l.kept, l.dropped
	_, _, err := l.append(Record{Facts: []fact.Fact{gap}}, true)
	l.since, l.kept, l.dropped = time.Now(), 0, 0
	l.m.gaps.Inc()
	l.mu.Unlock()
	l.log.Warn("log can be written again", "since", since, "kept", kept, "dropped", dropped)
	if err != nil {
		return fmt.Errorf("mark the gap: %w", err)
	}
	return w.writeKept()
}

// heal ends the span, unless a record was dropped after the gap was marked: then another repair follows.
func (l *Log) heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dropped > 0 {
		return
	}
	l.since, l.why, l.kept, l.open = time.Time{}, "", 0, false
	l.tail, l.tailAfter = nil, l.position // it had what was dropped: readers must see what is on the disk
	l.m.durable.Set(1)
	l.notify()
	wake(l.keep)
}
