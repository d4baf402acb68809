package queuelog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// place is a byte of one file, whatever the file is called by now.
type place struct {
	Device uint64 `json:"device"`
	Inode  uint64 `json:"inode"`
	Offset int64  `json:"offset"`
}

// output is the file that lines are appended to. It never gets shorter by us: a report tool that follows it would take that
// for a new file and read everything again. Not for concurrent use.
type output struct {
	path string
	file *os.File // nil = not open
}

// maxOthers is how many bytes by others are looked through for our lines.
const maxOthers = 1 << 20

// mode of a file we make: the group may read it, report tools run as somebody else.
const mode = 0o640

// end opens the file, or the new one when it was rotated away, and says where its next line goes; replaced tells that it is
// another file than before, ragged that something else left half a line at its end.
func (o *output) end() (at place, replaced, ragged bool, err error) {
	if o.file != nil && !o.isStill() {
		_ = o.file.Close() // all of it is synced
		o.file, replaced = nil, true
	}
	if o.file == nil {
		if err := o.open(); err != nil {
			return place{}, replaced, false, fmt.Errorf("open queue_log: %w", err)
		}
	}
	if at, err = placeOf(o.file); err != nil || at.Offset == 0 {
		return at, replaced, false, err
	}
	var last [1]byte
	if _, err = o.file.ReadAt(last[:], at.Offset-1); err != nil {
		return at, replaced, false, fmt.Errorf("read queue_log: %w", err)
	}
	return at, replaced, last[0] != '\n', nil
}

// open opens the file, or makes it; its name outlives a power cut.
func (o *output) open() error {
	f, err := os.OpenFile(o.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, mode)
	if err != nil {
		return err
	}
	if err := syncFolder(filepath.Dir(o.path)); err != nil {
		return errors.Join(err, f.Close())
	}
	o.file = f
	return nil
}

// isStill tells whether the path still names the open file.
func (o *output) isStill() bool {
	now, err := os.Stat(o.path)
	if err != nil {
		return false
	}
	open, err := o.file.Stat()
	return err == nil && os.SameFile(now, open)
}

// placeOf is the end of an open file.
func placeOf(f *os.File) (place, error) {
	info, err := f.Stat()
	if err != nil {
		return place{}, fmt.Errorf("look at queue_log: %w", err)
	}
	return placeFrom(info), nil
}

func placeFrom(info fs.FileInfo) place {
	p := place{Offset: info.Size()}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		p.Device, p.Inode = s.Dev, s.Ino
	}
	return p
}

// append writes whole lines to the end of the open file; they are on disk when it returns.
func (o *output) append(lines []byte) error { return appendTo(o.file, lines) }

func appendTo(f *os.File, b []byte) error {
	if _, err := f.Write(b); err != nil {
		return fmt.Errorf("write queue_log: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write queue_log: %w", err)
	}
	return nil
}

func (o *output) close() {
	if o.file != nil {
		_ = o.file.Close() // all of it is synced
		o.file = nil
	}
}

// How far lines that were about to be written at a place had come.
type progress int

const (
	unwritten progress = iota // not begun: they can go anywhere
	written                   // all there, now at least
	unknown                   // the file is gone or was cut: nobody can tell
	disturbed                 // something else stands there
)

// finish looks how much of the lines that were about to be written is there, and completes them where they were begun,
// also when the file has another name by now.
func (o *output) finish(at place, lines []byte) (progress, error) {
	f, err := o.find(at)
	if err != nil || f == nil {
		return unknown, err
	}
	defer func() { _ = f.Close() }()
	now, err := placeOf(f)
	switch {
	case err != nil:
		return unknown, err
	case now.Offset < at.Offset:
		return unknown, nil
	case now.Offset == at.Offset:
		return unwritten, nil
	}
	there, err := io.ReadAll(io.NewSectionReader(f, at.Offset, min(now.Offset-at.Offset, int64(len(lines)+maxOthers))))
	switch {
	case err != nil:
		return unknown, fmt.Errorf("read queue_log: %w", err)
	case bytes.Contains(there, lines): // others may write to it, too
		return written, nil
	case bytes.HasPrefix(lines, there):
		return written, appendTo(f, lines[len(there):])
	default:
		return disturbed, nil
	}
}

// find opens the file of a place: under its path, or under the name it was rotated to in the same folder. Nil: it is gone.
func (o *output) find(at place) (*os.File, error) {
	folder, base := filepath.Split(o.path)
	entries, err := os.ReadDir(filepath.Clean(folder))
	if err != nil {
		return nil, fmt.Errorf("look for the former queue_log: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), base) {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for the former queue_log: %w", err)
		}
		if is := placeFrom(info); !info.Mode().IsRegular() || is.Device != at.Device || is.Inode != at.Inode {
			continue
		}
		f, err := os.OpenFile(filepath.Join(folder, e.Name()), os.O_APPEND|os.O_RDWR, 0) //nolint:gosec // a sibling of the operator's own file
		if err != nil {
			return nil, fmt.Errorf("open the former queue_log: %w", err)
		}
		return f, nil
	}
	return nil, nil
}
