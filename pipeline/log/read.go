package log

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"sort"

	"firstline/pipeline/fact"
)

// Read returns durable facts with positions above after, in order, at most limit (at least 1) of them. It waits until there is
// one or ctx ends. ErrCompacted says that facts above after have been deleted.
func (l *Log) Read(ctx context.Context, after uint64, limit int) ([]fact.Fact, error) {
	return l.read(ctx, after, limit, false)
}

// ReadShown is Read for the view of now: while the log is not durable it doesn't wait for the disk.
func (l *Log) ReadShown(ctx context.Context, after uint64, limit int) ([]fact.Fact, error) {
	return l.read(ctx, after, limit, true)
}

// Oldest is the position of the oldest fact kept, or of the next one when none is.
func (l *Log) Oldest() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.oldest()
}

func (l *Log) oldest() uint64 {
	if len(l.segments) == 0 {
		return l.syncedPosition + 1
	}
	return l.segments[0].head.Position
}

func (l *Log) read(ctx context.Context, after uint64, limit int, shown bool) ([]fact.Fact, error) {
	for {
		l.mu.Lock()
		changed := l.changed
		facts, end, err := l.fromMemory(after, limit, shown)
		l.mu.Unlock()
		if err == nil && len(facts) == 0 && end > after {
			facts, err = l.fromDisk(after, end, limit)
		}
		if len(facts) > 0 || err != nil {
			return facts, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// fromMemory returns what the tail has; when the disk must be asked it returns the position up to which. Neither means wait.
// Called with the lock held.
func (l *Log) fromMemory(after uint64, limit int, shown bool) (facts []fact.Fact, end uint64, err error) {
	visible := l.syncedPosition
	if shown && l.open {
		visible = l.position
	}
	// While the log is not durable the tail has facts that were dropped: they are shown, but never published.
	inTail := after >= l.tailAfter && (shown || l.since.IsZero())
	switch {
	case visible <= after:
		return nil, 0, nil
	case inTail:
		from := sort.Search(len(l.tail), func(i int) bool { return l.tail[i].Position > after })
		to := sort.Search(len(l.tail), func(i int) bool { return l.tail[i].Position > visible })
		to = min(to, from+limit)
		return append([]fact.Fact(nil), l.tail[from:to]...), 0, nil
	case after+1 < l.oldest(), l.syncedPosition <= after:
		return nil, 0, fmt.Errorf("read after %d: %w", after, ErrCompacted)
	default:
		return nil, l.syncedPosition, nil
	}
}

// fromDisk reads facts above after and at most up to end from the segments.
func (l *Log) fromDisk(after, end uint64, limit int) ([]fact.Fact, error) {
	l.m.diskReads.Inc()
	l.mu.Lock()
	segments := append([]*segment(nil), l.segments...)
	l.mu.Unlock()
	// The last segment that begins at or before the position; the next ones when it has nothing left.
	at := sort.Search(len(segments), func(i int) bool { return segments[i].head.Position > after+1 }) - 1
	if at < 0 {
		return nil, fmt.Errorf("read after %d: %w", after, ErrCompacted)
	}
	for ; at < len(segments); at++ {
		until := uint64(math.MaxUint64)
		if at+1 < len(segments) {
			until = segments[at+1].head.Index
		}
		facts, err := l.fromSegment(segments[at], until, after, end, limit)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read after %d: %w", after, ErrCompacted)
		}
		if err != nil || len(facts) > 0 {
			return facts, err
		}
	}
	return nil, nil
}

func (l *Log) fromSegment(s *segment, until, after, end uint64, limit int) ([]fact.Fact, error) {
	l.mu.Lock()
	from, size := s.seek(after), s.size
	l.mu.Unlock()
	var (
		facts []fact.Fact
		marks []mark
		bad   error
	)
	w, err := s.walk(l.fs, from, size, until, func(off int64, r record) bool {
		marks = append(marks, mark{r.first, off})
		for i, b := range r.facts {
			position := r.first + uint64(i)
			if position <= after {
				continue
			}
			if position > end || len(facts) == limit {
				return false
			}
			f, err := fact.Decode(b)
			if err != nil {
				bad = fmt.Errorf("fact at position %d of %s: %w", position, s.path, err)
				return false
			}
			facts = append(facts, f)
		}
		return len(facts) < limit
	})
	if w.rotten > 0 {
		l.m.corrupt.Add(float64(w.rotten))
		l.log.Error("segment has places that can't be read", "segment", s.path, "places", w.rotten)
	}
	if err = errors.Join(err, bad); err != nil {
		return nil, fmt.Errorf("read after %d: %w", after, err)
	}
	l.mu.Lock()
	for _, m := range marks {
		s.addMark(m.position, m.off)
	}
	l.mu.Unlock()
	return facts, nil
}
