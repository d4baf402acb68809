package log

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"firstline/pipeline/log/disk"
)

const (
	batchBytes = 8 << 20     // most of one group commit
	upkeep     = time.Minute // between looks at age, size and reserve
)

// Run writes and syncs what is appended until ctx ends; then it writes what is left and returns. It must outlive the
// owner's last Append. It fails only when records were still in memory at the end.
func (l *Log) Run(ctx context.Context) error {
	l.reserve() // before anything else takes the room
	// Whatever helps the syncer outlives it: stopped only when the last records are written.
	helpers, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { l.watch(helpers) })
	wg.Go(func() { l.keeper(helpers) })
	err := (&writer{l: l}).run(ctx)
	stop()
	wg.Wait()
	return err
}

// writer is the syncer's own state: the segment being written. Only Run's goroutine uses it.
type writer struct {
	l    *Log
	file disk.File // nil = a new segment must be begun
	seg  *segment
	next time.Time // not before this is writing tried again
	idle bool      // repair waits for the owner's snapshot
	long int64     // the file's length, with the zeros ahead of what is written
	buf  []byte
}

func (w *writer) run(ctx context.Context) error {
	aging := time.NewTicker(upkeep)
	defer aging.Stop()
	for ctx.Err() == nil {
		w.step()
		retry, stop := w.retry()
		select {
		case <-ctx.Done():
		case <-w.l.work:
		case <-retry:
		case <-aging.C:
			w.age()
		}
		stop()
	}
	w.next = time.Time{}
	w.step()
	err := w.close()
	if h := w.l.Health(); h.Kept > 0 || h.Dropped > 0 {
		return errors.Join(err, fmt.Errorf("%w: %d records in memory and %d dropped are lost", ErrNotDurable, h.Kept, h.Dropped))
	}
	return err
}

// retry fires when writing may be tried again; never while the log is durable.
func (w *writer) retry() (<-chan time.Time, func()) {
	if w.idle || w.l.Health().Durable {
		return nil, func() {}
	}
	t := time.NewTimer(time.Until(w.next))
	return t.C, func() { t.Stop() }
}

// step writes what there is, or tries to get out of a span that is not durable.
func (w *writer) step() {
	if w.l.Health().Durable {
		w.drain()
	}
	if !w.l.Health().Durable {
		w.repair()
	}
}

// drain commits groups until nothing is pending. It stops when the log breaks off.
func (w *writer) drain() {
	for {
		batch, synced, position := w.l.batch()
		if len(batch) == 0 {
			return
		}
		err := w.withReserve(func() error { return w.commit(batch, synced, position) })
		if err != nil {
			w.fail(err)
			return
		}
		if !w.l.Health().Durable {
			return // it took too long, or records were dropped meanwhile
		}
	}
}

// withReserve does something, and does it again with the reserve's space when the disk is full.
func (w *writer) withReserve(write func() error) error {
	err := write()
	if errors.Is(err, syscall.ENOSPC) && w.l.giveReserve() {
		err = write()
	}
	return err
}

// batch returns the records of the next group commit, and what is synced before it.
func (l *Log) batch() (batch []entry, synced, position uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var size int
	for i, e := range l.pending {
		if size += len(e.payload); size > batchBytes && i > 0 {
			return l.pending[:i:i], l.synced, l.syncedPosition
		}
	}
	return l.pending[:len(l.pending):len(l.pending)], l.synced, l.syncedPosition
}

// commit writes and syncs one batch, and says so to everybody who waits. On an error the file is given up: what was
// written to it since the last sync is unknown.
func (w *writer) commit(batch []entry, synced, position uint64) error {
	w.l.io(true)
	defer w.l.io(false)
	began := time.Now()
	if w.file == nil || w.full() {
		if err := w.begin(synced, position); err != nil {
			return err
		}
	}
	w.buf = w.buf[:0]
	marks := make([]mark, 0, len(batch))
	for _, e := range batch {
		setSynced(e.payload, synced)
		marks = append(marks, mark{e.first, w.seg.size + int64(len(w.buf))})
		w.buf = appendFrame(w.buf, e.payload)
	}
	_, err := w.file.Write(w.buf)
	if err == nil {
		err = w.file.Sync()
	}
	if err != nil {
		w.abandon()
		return fmt.Errorf("write the log: %w", err)
	}
	w.l.committed(batch, w.seg, marks, int64(len(w.buf)))
	w.l.m.syncSeconds.Observe(time.Since(began).Seconds())
	w.l.m.syncRecords.Observe(float64(len(batch)))
	w.l.m.bytes.Add(float64(len(w.buf)))
	if cap(w.buf) > batchBytes/4 {
		w.buf = nil
	}
	return w.extend()
}

// extend makes the file longer before it is full, so that hardly any sync has to record a new size: on a journaling
// filesystem that waits for what other processes have written. Where it can't be done, each write makes the file longer.
func (w *writer) extend() error {
	if w.l.cfg.ExtendBytes == 0 || w.long-w.seg.size > w.l.cfg.ExtendBytes/4 {
		return nil
	}
	w.long = w.seg.size + w.l.cfg.ExtendBytes
	err := w.file.Extend(w.long)
	if err == nil || errors.Is(err, syscall.ENOSPC) {
		return nil // a full disk may have room for what is written
	}
	w.abandon()
	return fmt.Errorf("extend the log: %w", err)
}

// committed makes a batch durable in the eyes of owner and readers.
func (l *Log) committed(batch []entry, seg *segment, marks []mark, written int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range batch {
		l.pendingBytes -= int64(len(e.payload))
		seg.addMark(marks[i].position, marks[i].off)
	}
	last := batch[len(batch)-1]
	l.pending = l.pending[len(batch):]
	l.synced, l.syncedPosition = last.index, last.last
	seg.size += written
	if !l.since.IsZero() {
		l.kept += int64(len(batch))
	}
	if l.snap != nil && l.snap.head.Index <= l.synced {
		wake(l.keep)
	}
	l.showPending()
	l.m.syncedPosition.Set(float64(l.syncedPosition))
	l.notify()
}

// full says that the next record goes to a new segment. An old segment takes none although it is empty: its age is what
// its facts are deleted by.
func (w *writer) full() bool {
	return w.seg.size > w.l.cfg.SegmentBytes || time.Since(w.seg.head.Created) > w.l.cfg.SegmentAge
}

// begin starts a new segment behind what is synced. Its name and header are durable when it returns.
func (w *writer) begin(synced, position uint64) error {
	if err := w.close(); err != nil {
		w.l.failedKeeping("close the last segment", err)
	}
	number := w.l.nextSegment()
	path := w.l.path(segmentName(number))
	head := header{formatVersion, w.l.cfg.Source, w.l.epoch, synced + 1, position + 1, time.Now().UTC()}
	payload, err := withHead(kindHeader, head, nil)
	if err != nil {
		return err
	}
	file, err := writeNew(w.l.fs, path, appendFrame(nil, payload))
	if err != nil {
		return fmt.Errorf("begin a segment: %w", err)
	}
	size := int64(headerSize + len(payload))
	w.file, w.seg = file, &segment{number: number, path: path, head: head, body: size, size: size}
	w.l.mu.Lock()
	w.l.segments = append(w.l.segments, w.seg)
	w.l.mu.Unlock()
	wake(w.l.keep)
	w.long = size
	return w.extend()
}

// nextSegment is the number of the next segment: above all others, also of those that failed.
func (l *Log) nextSegment() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastSegment++
	return l.lastSegment
}

// writeNew creates a file with content and makes both content and name durable. After an error the name is gone again,
// as far as that can be done.
func writeNew(fs disk.FS, path string, content []byte) (disk.File, error) {
	f, err := fs.Create(path)
	if err != nil {
		return nil, err
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = fs.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), fs.Remove(path))
	}
	return f, nil
}

// age begins a new segment when the last one is too old, so that its facts can be deleted in time although nothing new comes.
func (w *writer) age() {
	w.l.mu.Lock()
	synced, position, durable, busy := w.l.synced, w.l.syncedPosition, w.l.since.IsZero(), len(w.l.pending) > 0
	var last *segment
	if n := len(w.l.segments); n > 0 {
		last = w.l.segments[n-1]
	}
	w.l.mu.Unlock()
	if !durable || busy || last == nil || last.size == last.body || time.Since(last.head.Created) <= w.l.cfg.SegmentAge {
		return
	}
	if err := w.withReserve(func() error { return w.begin(synced, position) }); err != nil {
		w.fail(err)
	}
}

// abandon gives the file up after a failed write or sync. What it holds behind the last synced record is void: the next
// segment says so, and cutting it off only frees the space.
func (w *writer) abandon() {
	err := errors.Join(w.file.Truncate(w.seg.size), w.file.Close())
	w.file = nil
	if w.seg.size == w.seg.body { // nothing in it: attempts to write again shall not fill the folder
		err = errors.Join(err, w.l.fs.Remove(w.seg.path))
		w.l.mu.Lock()
		w.l.segments = w.l.segments[:len(w.l.segments)-1]
		w.l.mu.Unlock()
	}
	if err != nil {
		w.l.failedKeeping("cut the segment given up", err)
	}
}

func (w *writer) close() error {
	if w.file == nil {
		return nil
	}
	if err := w.file.Truncate(w.seg.size); err != nil {
		w.l.failedKeeping("cut the zeros off a segment", err)
	}
	err := w.file.Close()
	w.file = nil
	return err
}

// fail begins a span that is not durable.
func (w *writer) fail(err error) {
	w.l.m.writeFailures.Inc()
	w.next = time.Now().Add(w.l.cfg.Retry)
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	w.l.breakOff(time.Now(), err.Error())
	w.l.why = err.Error()
}

// io notes when a write began and ended, for watch.
func (l *Log) io(begins bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight = time.Time{}
	if begins {
		l.inFlight = time.Now()
	}
}

// watch breaks off when a write hangs: a disk that doesn't answer must not hold calls.
func (l *Log) watch(ctx context.Context) {
	tick := time.NewTicker(l.cfg.SyncTimeout / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		l.mu.Lock()
		if !l.inFlight.IsZero() && time.Since(l.inFlight) > l.cfg.SyncTimeout && l.since.IsZero() {
			l.m.stalls.Inc()
			l.breakOff(time.Now(), fmt.Sprintf("the disk has not answered for %s", l.cfg.SyncTimeout))
		}
		if !l.since.IsZero() && time.Since(l.since) > l.cfg.SyncTimeout/4 {
			l.letGo() // the keeper hangs, too
		}
		l.mu.Unlock()
	}
}
