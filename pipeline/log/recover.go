package log

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"
	"syscall"
	"time"

	"firstline/pipeline/log/disk"
)

// meta is the content of log.json: whose log this is.
type meta struct {
	Version int       `json:"version"`
	Source  string    `json:"source"`
	Epoch   string    `json:"epoch"`
	Began   time.Time `json:"began"` // of the epoch
}

// recover finds the last good snapshot and the records after it, cuts the torn tail, and decides whether the epoch goes
// on. It ends where the next record goes.
func (l *Log) recover() error {
	names, err := l.fs.Names(l.cfg.Dir)
	if err != nil {
		return err
	}
	cut := "" // why the epoch can't go on
	if err := l.findSnapshots(names); err != nil {
		return err
	}
	rotten, err := l.findSegments(names)
	if err != nil {
		return err
	}
	if rotten > 0 {
		cut = "records that had been synced can't be read"
	}
	if n := len(l.snapshots); n > 0 && l.snapshots[n-1].Index > l.index {
		cut = "records before the last snapshot are missing"
		l.index = l.snapshots[n-1].Index
		l.position = max(l.position, l.snapshots[n-1].Position)
	}
	l.synced, l.syncedPosition, l.tailAfter = l.index, l.position, l.position
	l.m.position.Set(float64(l.position))
	l.m.syncedPosition.Set(float64(l.position))
	l.findReserve(names)
	for _, name := range names {
		l.intact = l.intact || name == intactName
	}
	if !l.intact && len(l.segments) > 0 {
		cut = "the last run ended while the log could not be written"
	}
	return l.settleEpoch(names, cut)
}

// newFolder is why the first epoch begins.
const newFolder = "the folder is new"

// settleEpoch keeps the epoch of log.json or begins another one.
func (l *Log) settleEpoch(names []string, cut string) error {
	m, err := l.readMeta()
	switch {
	case isMissing(err):
		if cut = newFolder; len(names) > 1 { // the lock is there
			cut = "log.json is missing"
		}
	case err != nil:
		return err
	case m.Source != l.cfg.Source:
		return fmt.Errorf("it is the log of %q, not of %q: give each its own folder", m.Source, l.cfg.Source)
	}
	l.epoch = m.Epoch
	if cut == "" {
		return nil
	}
	m = meta{formatVersion, l.cfg.Source, newEpoch(), time.Now().UTC()}
	content, err := json.Marshal(m)
	if err != nil {
		return err
	}
	err = l.replace(l.path(metaName), append(content, '\n'))
	if errors.Is(err, syscall.ENOSPC) && l.giveReserve() {
		err = l.replace(l.path(metaName), append(content, '\n'))
	}
	if err != nil {
		return fmt.Errorf("begin an epoch: %w", err)
	}
	l.m.epochs.Inc()
	if cut == newFolder {
		l.log.Info("log is new", "epoch", m.Epoch)
	} else {
		l.log.Warn("log was lost or cut and begins another epoch", "why", cut, "epoch", m.Epoch, "before", l.epoch, "position", l.position)
	}
	l.epoch = m.Epoch
	l.mark()
	return nil
}

func newEpoch() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (l *Log) readMeta() (m meta, err error) {
	b, err := readAll(l.fs, l.path(metaName))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("%s is not readable; move the folder away to begin a new log: %w", metaName, err)
	}
	if m.Version != formatVersion {
		return m, fmt.Errorf("the log has format %d, this program knows %d: use the version that wrote it", m.Version, formatVersion)
	}
	return m, nil
}

// findSnapshots reads the heads of the snapshots that are whole; others are counted and ignored.
func (l *Log) findSnapshots(names []string) error {
	for _, name := range names {
		if strings.HasSuffix(name, tempExt) {
			if err := l.fs.Remove(l.path(name)); err != nil {
				return err
			}
		}
		index, ok := numbered(name, snapshotExt)
		if !ok {
			continue
		}
		head, _, err := l.readSnapshot(l.path(name))
		if errors.Is(err, errBadFrame) || errors.Is(err, errBadRecord) || err == nil && head.Index != index {
			l.m.corrupt.Inc()
			l.log.Error("snapshot can't be read, the one before is used", "snapshot", name, "error", err)
			continue
		}
		if err != nil {
			return err
		}
		l.snapshots = append(l.snapshots, head)
	}
	return nil
}

// findSegments reads all headers, and all records that no snapshot has in it. rotten counts places where something that had
// been synced is missing.
func (l *Log) findSegments(names []string) (rotten int, err error) {
	for _, name := range names {
		number, ok := numbered(name, segmentExt)
		if !ok {
			continue
		}
		l.lastSegment = number
		s, err := openSegment(l.fs, l.path(name), number)
		if errors.Is(err, errBadFrame) {
			if err := l.leaveOut(l.path(name)); err != nil {
				return 0, err
			}
			continue
		}
		if err != nil {
			return 0, err
		}
		l.segments = append(l.segments, s)
	}
	return l.scan()
}

// leaveOut deals with a segment that has no readable header: it is deleted when it was only being begun, and kept for the
// operator when there are records in it. That these are missing shows when the next segment is read.
func (l *Log) leaveOut(path string) (err error) {
	f, err := l.fs.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return err
	}
	in := frames{file: f, end: size}
	if in.resync() {
		l.m.corrupt.Inc()
		l.log.Error("segment can't be read, it is left out", "segment", path)
		return nil
	}
	l.m.tornBytes.Add(float64(size))
	return l.fs.Remove(path)
}

// scan walks through the segments that matter for the state, and leaves index and position at the last record.
func (l *Log) scan() (rotten int, err error) {
	if len(l.segments) == 0 {
		return 0, nil
	}
	from := l.firstSegmentAfter(l.segments, l.lastSnapshot())
	if l.cfg.Stateless {
		from = len(l.segments) - 1
	}
	l.index, l.position = l.segments[from].head.Index-1, l.segments[from].head.Position-1
	for i := from; i < len(l.segments); i++ {
		s := l.segments[i]
		if s.head.Index > l.index+1 {
			rotten++ // the end of the segment before is missing
		}
		l.index, l.position = s.head.Index-1, s.head.Position-1
		w, err := s.walk(l.fs, s.body, s.size, voidFrom(l.segments, i), func(off int64, r record) bool {
			l.index, l.position = r.index, r.last()
			s.addMark(r.first, off)
			return true
		})
		if err != nil {
			return rotten, err
		}
		rotten += w.rotten
		l.m.corrupt.Add(float64(w.rotten))
		if i == len(l.segments)-1 {
			if err := l.cutTail(s, w, s.size-w.end); err != nil {
				return rotten, err
			}
		}
		s.size = w.end
	}
	return rotten, nil
}

// cutTail removes what a crash left half written behind the last record, and makes what is before it durable: the
// kernel may have kept it from a killed process without having written it.
func (l *Log) cutTail(s *segment, w walked, behind int64) (err error) {
	f, err := l.fs.Open(s.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if w.torn > 0 {
		l.m.tornBytes.Add(float64(w.torn))
		l.log.Warn("unfinished records cut off", "segment", s.path, "bytes", w.torn, "index", l.index)
	}
	if behind > 0 {
		if err := f.Truncate(w.end); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return l.fs.SyncDir(l.cfg.Dir)
}

func (l *Log) lastSnapshot() uint64 {
	if n := len(l.snapshots); n > 0 {
		return l.snapshots[n-1].Index
	}
	return 0
}

// firstSegmentAfter is the segment that has, or would have, record after+1.
func (l *Log) firstSegmentAfter(segments []*segment, after uint64) int {
	return max(0, sort.Search(len(segments), func(i int) bool { return segments[i].head.Index > after+1 })-1)
}

// voidFrom is the index from which on records of segment i are void.
func voidFrom(segments []*segment, i int) uint64 {
	limit := uint64(math.MaxUint64)
	for _, s := range segments[i+1:] {
		limit = min(limit, s.head.Index)
	}
	return limit
}

func (l *Log) findReserve(names []string) {
	for _, name := range names {
		if name != reserveName {
			continue
		}
		if f, err := l.fs.Open(l.path(name)); err == nil {
			if size, err := f.Size(); err == nil {
				l.setReserved(size)
			}
			_ = f.Close()
		}
	}
}

// readAll reads a whole small file.
func readAll(fs disk.FS, path string) (b []byte, err error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b = make([]byte, size)
	n, err := f.ReadAt(b, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], err
}

// readWhole reads a file that is one frame and returns its payload.
func readWhole(fs disk.FS, path string) ([]byte, error) {
	b, err := readAll(fs, path)
	if err != nil {
		return nil, err
	}
	if len(b) < headerSize {
		return nil, errBadFrame
	}
	payload := b[headerSize:]
	if string(appendFrame(nil, payload)[:headerSize]) != string(b[:headerSize]) {
		return nil, errBadFrame
	}
	return payload, nil
}
