package log

import (
	"errors"
	"fmt"
	"time"
)

// snapshot is a state on its way to the disk.
type snapshot struct {
	head  snapshotHead
	state []byte
	taken time.Time
}

// keptSnapshots is how many are kept: the last one, and one to fall back on should it be unreadable.
const keptSnapshots = 2

// Snapshot gives the log the owner's whole state as of the last record appended; it is written when that record is
// synced. The owner must not append meanwhile. Call it every so many records and whenever SnapshotWanted says so.
func (l *Log) Snapshot(state []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.snap = &snapshot{
		head:  snapshotHead{formatVersion, l.cfg.Source, l.epoch, l.index, l.position, time.Now().UTC()},
		state: state,
		taken: time.Now(),
	}
	wake(l.keep)
	wake(l.work)
}

// SnapshotWanted says that the log needs a snapshot to become durable again. Changed tells when that changes.
func (l *Log) SnapshotWanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.snapWanted && (l.snap == nil || l.snap.head.Index < l.lastDropped || l.snap.taken.Before(l.since))
}

// dueSnapshot takes the snapshot that may be written: its record is synced and the log is durable.
func (l *Log) dueSnapshot() *snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.snap == nil || !l.since.IsZero() || l.snap.head.Index > l.synced {
		return nil
	}
	snap := l.snap
	l.snap = nil
	return snap
}

// writeSnapshot writes it under a temporary name, makes it durable, and then gives it its name.
func (l *Log) writeSnapshot(snap *snapshot) error {
	payload, err := withHead(kindSnapshot, snap.head, snap.state)
	if err != nil {
		return err
	}
	path := l.path(snapshotName(snap.head.Index))
	if err := l.replace(path, appendFrame(nil, payload)); err != nil {
		l.m.snapshotFailures.Inc()
		return fmt.Errorf("write snapshot: %w", err)
	}
	l.m.snapshots.Inc()
	l.m.snapshotBytes.Set(float64(len(snap.state)))
	l.mu.Lock()
	if n := len(l.snapshots); n == 0 || l.snapshots[n-1].Index < snap.head.Index {
		l.snapshots = append(l.snapshots, snap.head)
	}
	l.mu.Unlock()
	wake(l.keep)
	return nil
}

func snapshotName(index uint64) string { return fmt.Sprintf("%020d%s", index, snapshotExt) }

// replace writes a whole file so that after a crash either the old or the new content is there.
func (l *Log) replace(path string, content []byte) error {
	temp := path + tempExt
	if err := l.fs.Remove(temp); err != nil && !isMissing(err) {
		return err
	}
	f, err := writeNew(l.fs, temp, content)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := l.fs.Rename(temp, path); err != nil {
		return errors.Join(err, l.fs.Remove(temp))
	}
	return l.fs.SyncDir(l.cfg.Dir)
}

// readSnapshot reads one snapshot file whole.
func (l *Log) readSnapshot(path string) (head snapshotHead, state []byte, err error) {
	payload, err := readWhole(l.fs, path)
	if err != nil {
		return head, nil, err
	}
	state, err = parseHead(kindSnapshot, payload, &head)
	if err == nil && head.Version != formatVersion {
		err = fmt.Errorf("%s has format %d, this program knows %d: use the version that wrote it", path, head.Version, formatVersion)
	}
	return head, state, err
}

// Restore gives back the last snapshot's state and then the private part of every record after it, in order. Both may
// be missing: a new log has neither. Call it once, before the first Append.
func (l *Log) Restore(state, private func([]byte) error) error {
	after := uint64(0)
	l.mu.Lock()
	snapshots, segments := l.snapshots, l.segments
	l.mu.Unlock()
	if n := len(snapshots); n > 0 {
		last := snapshots[n-1]
		_, b, err := l.readSnapshot(l.path(snapshotName(last.Index)))
		if err != nil {
			return fmt.Errorf("restore from snapshot: %w", err)
		}
		if err := state(b); err != nil {
			return fmt.Errorf("restore from snapshot: %w", err)
		}
		after = last.Index
	}
	for i := l.firstSegmentAfter(segments, after); i < len(segments); i++ {
		var failed error
		_, err := segments[i].walk(l.fs, segments[i].body, segments[i].size, voidFrom(segments, i), func(_ int64, r record) bool {
			if r.index > after && len(r.private) > 0 {
				failed = private(r.private)
			}
			return failed == nil
		})
		if err = errors.Join(err, failed); err != nil {
			return fmt.Errorf("restore from %s: %w", segments[i].path, err)
		}
	}
	return nil
}
