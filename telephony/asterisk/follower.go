package asterisk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"firstline/telephony/callcenter"
)

const (
	followEvery = 500 * time.Millisecond
	maxLine     = 64 << 10 // a longer line is no line of queue_log: it is skipped and counted as bad
)

// follower reads queue_log from an offset and follows it. A file that was replaced (logrotate, `logger rotate`) is read to
// its end first; one that was cut is read from its start. Not for concurrent use.
type follower struct {
	path    string
	offset  int64 // behind the last whole line read of the file
	file    *os.File
	rest    []byte // the beginning of a line that isn't whole yet
	tell    func(time.Time, callcenter.Event)
	log     *slog.Logger
	metrics *metrics
}

func newFollower(path string, offset int64, tell func(time.Time, callcenter.Event), log *slog.Logger, m *metrics) *follower {
	return &follower{path: path, offset: offset, tell: tell, log: log, metrics: m}
}

// run follows the file until ctx ends.
func (f *follower) run(ctx context.Context) error {
	defer f.close()
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			f.catchUp()
		}
	}
}

// catchUp reads all there is. A file that isn't there yet is no error: Asterisk makes it with its first line.
func (f *follower) catchUp() {
	for {
		if f.file == nil && !f.open() {
			return
		}
		if !f.mustDrain() || !f.replaced() {
			return
		}
		if !f.mustDrain() { // what was written between the first reading and the replacement
			return
		}
		f.metrics.rotations.Inc()
		f.close()
		f.offset = 0
	}
}

// mustDrain is drain; a file that can't be read is closed, to be opened at the next look.
func (f *follower) mustDrain() bool {
	if err := f.drain(); err != nil {
		f.log.Warn("queue_log could not be read", "path", f.path, "error", err)
		f.close()
		return false
	}
	return true
}

// open opens the file at the offset. When no line ends there it was replaced while nobody looked: what was not read of the
// former one is read first, where it is still there.
func (f *follower) open() bool {
	file, err := os.Open(f.path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			f.log.Warn("queue_log could not be opened", "path", f.path, "error", err)
		}
		return false
	}
	if !endsLine(file, f.offset) {
		f.metrics.rotations.Inc()
		f.readFormer()
		f.offset = 0
	}
	if _, err := file.Seek(f.offset, io.SeekStart); err != nil {
		f.log.Warn("queue_log could not be read", "path", f.path, "error", err)
		_ = file.Close()
		return false
	}
	f.file = file
	return true
}

// endsLine says whether a line ends before the offset.
func endsLine(file io.ReaderAt, offset int64) bool {
	if offset == 0 {
		return true
	}
	var last [1]byte
	_, err := file.ReadAt(last[:], offset-1)
	return err == nil && last[0] == '\n'
}

// readFormer reads the rest of the newest rotated file that reaches to the offset.
func (f *follower) readFormer() {
	former := f.former()
	if former == "" {
		f.log.Warn("queue_log was replaced and its former file is gone: calls of the fallback may be missing", "path", f.path, "offset", f.offset)
		f.metrics.formerLost.Inc()
		return
	}
	file, err := os.Open(former)
	if err == nil {
		_, err = file.Seek(f.offset, io.SeekStart)
		f.file = file
		if err == nil {
			err = f.drain()
		}
		f.close()
	}
	if err != nil {
		f.log.Warn("the former queue_log could not be read", "path", former, "error", err)
		f.metrics.formerLost.Inc()
	}
}

func (f *follower) former() string {
	names, _ := filepath.Glob(f.path + ".*") // the only error is a bad pattern
	var best string
	var newest time.Time
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil && info.Mode().IsRegular() && info.Size() >= f.offset && info.ModTime().After(newest) {
			best, newest = name, info.ModTime()
		}
	}
	return best
}

// drain reads whole lines to the end of the open file.
func (f *follower) drain() error {
	buffer := make([]byte, 64<<10)
	for {
		n, err := f.file.Read(buffer)
		f.rest = append(f.rest, buffer[:n]...)
		f.split()
		if errors.Is(err, io.EOF) || n == 0 && err == nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// split takes the whole lines off rest.
func (f *follower) split() {
	for {
		i := bytes.IndexByte(f.rest, '\n')
		if i < 0 {
			break
		}
		f.offset += int64(i + 1)
		f.line(string(f.rest[:i]))
		f.rest = f.rest[i+1:]
	}
	if len(f.rest) > maxLine {
		f.metrics.queueLog.WithLabelValues("bad").Inc()
		f.offset += int64(len(f.rest))
		f.rest = nil
	}
}

// line hands on what one line means.
func (f *follower) line(text string) {
	parsed, err := parseLine(text)
	var ev callcenter.FallbackEvent
	ok := false
	if err == nil {
		ev, ok, err = parsed.fallback()
	}
	switch {
	case err != nil:
		f.metrics.queueLog.WithLabelValues("bad").Inc()
		f.log.Warn("a line of queue_log could not be read", "path", f.path, "offset", f.offset, "error", err)
	case !ok:
		f.metrics.queueLog.WithLabelValues("other").Inc()
	default:
		f.metrics.queueLog.WithLabelValues("used").Inc()
		ev.Offset = f.offset
		f.tell(parsed.at, ev)
	}
}

// replaced says whether the path names another file than the one read, or one that was cut.
func (f *follower) replaced() bool {
	now, err := os.Stat(f.path)
	if err != nil {
		return false // between two files: the next look will find the new one
	}
	open, err := f.file.Stat()
	if err != nil {
		return true
	}
	return !os.SameFile(now, open) || now.Size() < f.offset
}

func (f *follower) close() {
	if f.file != nil {
		_ = f.file.Close()
	}
	f.file, f.rest = nil, nil
}
