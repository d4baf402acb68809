package log

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"firstline/pipeline/log/disk"
)

// Names in the folder.
const (
	lockName    = "lock"
	metaName    = "log.json"
	intactName  = "intact"  // what readers have seen is durable; absent = the log may have been cut
	reserveName = "reserve" // given up when the disk is full
	segmentExt  = ".seg"
	snapshotExt = ".snap"
	tempExt     = ".tmp"
)

func (l *Log) path(name string) string { return filepath.Join(l.cfg.Dir, name) }

func segmentName(number uint64) string { return fmt.Sprintf("%016d%s", number, segmentExt) }

// numbered returns the number that a name of the folder carries.
func numbered(name, ext string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, ext)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
}

// segment is one file of records. Log.mu guards size and marks; the rest doesn't change.
type segment struct {
	number uint64
	path   string
	head   header
	body   int64  // where the first record begins
	size   int64  // bytes that may be read: the end of the last synced record
	marks  []mark // sparse index, rising
}

// mark says that the record at off, and all behind it, have facts from position on.
type mark struct {
	position uint64
	off      int64
}

const markEvery = 64 << 10

// addMark adds to the sparse index when the last mark is far enough away.
func (s *segment) addMark(position uint64, off int64) {
	last := s.body
	if n := len(s.marks); n > 0 {
		last = s.marks[n-1].off
	}
	if off >= last+markEvery {
		s.marks = append(s.marks, mark{position, off})
	}
}

// seek returns where to begin reading for the facts after a position.
func (s *segment) seek(after uint64) int64 {
	off := s.body
	for _, m := range s.marks {
		if m.position > after+1 {
			break
		}
		off = m.off
	}
	return off
}

// openSegment reads a segment's header. The file's whole size counts as readable until recovery knows better.
func openSegment(fs disk.FS, path string, number uint64) (s *segment, err error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	in := frames{file: f, end: size}
	payload, err := in.next()
	if errors.Is(err, io.EOF) {
		err = errBadFrame
	}
	if err != nil {
		return nil, err
	}
	s = &segment{number: number, path: path, body: in.off, size: size}
	if _, err := parseHead(kindHeader, payload, &s.head); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadFrame, err)
	}
	if s.head.Version != formatVersion {
		return nil, fmt.Errorf("%s has format %d, this program knows %d: use the version that wrote it", path, s.head.Version, formatVersion)
	}
	return s, nil
}

// walked is what a walk through a segment found.
type walked struct {
	end    int64 // where the last valid record ends
	torn   int64 // bytes after it that are no whole records, or records nobody was told of; zeros don't count
	rotten int   // places that can't be read although they had been synced
}

// walk visits the records from offset from up to size. Records with indexes from limit on are void and end the walk, and
// so does visit by returning false. It goes around rotten places and stops at a torn tail.
func (s *segment) walk(fs disk.FS, from, size int64, limit uint64, visit func(off int64, r record) bool) (w walked, err error) {
	f, err := fs.Open(s.path)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in := frames{file: f, off: from, end: size}
	next := s.head.Index // lowest index the next record can have
	for {
		off := in.off
		r, err := nextRecord(&in)
		switch {
		case errors.Is(err, io.EOF):
			w.end = in.off
			return w, nil
		case errors.Is(err, errBadFrame):
			if !goAround(&in, next) {
				w.end = off
				w.torn, err = written(f, off, size)
				return w, err
			}
			w.rotten++
			continue
		case err != nil:
			return w, fmt.Errorf("read %s: %w", s.path, err)
		}
		next = r.index + 1
		if r.index >= limit || !visit(off, r) {
			w.end = off
			return w, nil
		}
	}
}

// written is how many of the bytes from off to end stand before the zeros by which the file was extended.
func written(f disk.File, off, end int64) (int64, error) {
	rest := make([]byte, end-off)
	if _, err := f.ReadAt(rest, off); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read the end of a segment: %w", err)
	}
	return int64(len(bytes.TrimRight(rest, "\x00"))), nil
}

// nextRecord reads one record; what is a whole frame but no record counts as a bad frame.
func nextRecord(in *frames) (record, error) {
	off := in.off
	payload, err := in.next()
	if err != nil {
		return record{}, err
	}
	r, err := parseRecord(payload)
	if err != nil {
		in.off, in.buf = off, nil
		return record{}, errBadFrame
	}
	return r, nil
}

// goAround moves behind the bad frame at in.off when a later record proves that what stood there, record next, had been
// synced: then it is rotten. Without such a record it is the torn tail of a crash: a record behind it may be whole, but
// nobody has been told of it.
func goAround(in *frames, next uint64) bool {
	look := frames{file: in.file, off: in.off, end: in.end}
	resume := int64(-1)
	for look.resync() {
		if resume < 0 {
			resume = look.off
		}
		for {
			r, err := nextRecord(&look)
			if err != nil {
				break
			}
			if r.synced >= next {
				in.off, in.buf = resume, nil
				return true
			}
		}
		if look.off >= look.end {
			return false
		}
	}
	return false
}
