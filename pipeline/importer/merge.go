package importer

import (
	"container/heap"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"firstline/pipeline/history"
)

// merge gives the lines of all files by seconds. A file is opened when its time has come, so that few are open at once.
type merge struct {
	cfg         Config
	waiting     []*part // not opened yet, by their beginnings
	open        heads
	note        func(history.Note, string)
	read        int64
	bad         history.Counts
	from, until time.Time
}

// head is a part under way and its next line.
type head struct {
	part *part
	r    reader
	line history.Line
	key  time.Time // of that line: its time, but never less than a line's before it
	last time.Time // key of the line before
}

// Indexes of what is in no file.
const (
	earlier = -1 // the lines that an earlier import had left open
	every   = -2 // what all files say together
)

// nameOf is a file as notes call it.
func nameOf(files []Input, file int) string {
	switch file {
	case earlier:
		return "an earlier import"
	case every:
		return "all files"
	}
	return files[file].Name
}

func newMerge(cfg Config, parts []*part, left []history.Line, note func(history.Note, string)) *merge {
	m := &merge{cfg: cfg, waiting: parts, note: note, bad: history.NewCounts()}
	if len(left) > 0 {
		h := &head{part: &part{file: earlier}, r: &remembered{left}}
		if ok, err := m.advance(h); ok && err == nil {
			heap.Push(&m.open, h)
		}
	}
	return m
}

// remembered are lines that are given again.
type remembered struct{ lines []history.Line }

func (r *remembered) close() error { return nil }

func (r *remembered) next() (row, error) {
	if len(r.lines) == 0 {
		return row{}, io.EOF
	}
	l := r.lines[0]
	r.lines = r.lines[1:]
	l.Again = true
	return row{line: l}, nil
}

// second gives all lines of the next second; ok is false when there are none any more.
func (m *merge) second() (at time.Time, lines []history.Line, ok bool, err error) {
	if err := m.openNext(); err != nil || len(m.open) == 0 {
		return at, nil, false, err
	}
	at = m.open[0].key
	for len(m.open) > 0 && m.open[0].key.Equal(at) {
		h := m.open[0]
		lines = append(lines, h.line)
		more, err := m.advance(h)
		if err != nil {
			return at, nil, false, err
		}
		if more {
			heap.Fix(&m.open, 0)
		} else {
			heap.Pop(&m.open)
		}
		if err := m.openNext(); err != nil {
			return at, nil, false, err
		}
	}
	if m.from.IsZero() {
		m.from = at
	}
	m.until = at
	return at, lines, true, nil
}

// openNext opens the parts that begin no later than the lines in hand.
func (m *merge) openNext() error {
	for len(m.waiting) > 0 && (len(m.open) == 0 || !m.waiting[0].begins.After(m.open[0].key)) {
		p := m.waiting[0]
		m.waiting = m.waiting[1:]
		r, err := read(m.cfg.Files[p.file], m.cfg.Zone)
		if err != nil {
			return err
		}
		h := &head{part: p, r: r}
		more, err := m.advance(h)
		if err != nil {
			return errors.Join(err, r.close())
		}
		if more {
			heap.Push(&m.open, h)
		}
	}
	return nil
}

// advance goes to a part's next line; false when it has none.
func (m *merge) advance(h *head) (bool, error) {
	for {
		row, err := h.r.next()
		if errors.Is(err, io.EOF) || err == nil && h.part.last > 0 && row.number > h.part.last {
			return false, h.r.close()
		}
		if err != nil {
			return false, err
		}
		if row.number < h.part.first {
			continue
		}
		if !row.line.Again {
			m.read++
		}
		if row.bad != "" {
			m.tell(h, row)
			continue
		}
		l := row.line
		l.File = h.part.file
		if h.part.leaps[row.number] {
			row.bad, row.why = "clock", fmt.Sprintf("its time, %s, leaps ahead of the lines before and behind it", l.At.Format(time.DateTime))
			m.tell(h, row)
			continue
		}
		h.key = l.At
		if !l.Again && l.At.Before(h.last) {
			h.key, l.Odd = h.last, true
			m.note(history.Note{Level: history.Doubtful, Event: l.Event, Reason: "clock", File: l.File, Line: l.Number,
				Meaning: fmt.Sprintf("the clock went back by %d s: the line is taken in the file's order", int64(h.last.Sub(l.At).Seconds()))}, nameOf(m.cfg.Files, l.File))
		}
		h.line, h.last = l, h.key
		return true, nil
	}
}

// tell notes a row that is no line.
func (m *merge) tell(h *head, r row) {
	level := history.Refused
	if r.again {
		level = history.LeftOut
	}
	m.bad.Of(level)[r.line.Event]++
	m.note(history.Note{Level: level, Event: r.line.Event, Reason: r.bad, Meaning: r.why, Text: history.Masked(r.text), File: h.part.file, Line: r.number}, nameOf(m.cfg.Files, h.part.file))
}

// counts are the fold's with the rows that never came to it.
func (m *merge) counts(c history.Counts) history.Counts {
	for _, level := range []history.Level{history.LeftOut, history.Refused} {
		for event, n := range m.bad.Of(level) {
			c.Of(level)[event] += n
		}
	}
	return c
}

func (m *merge) close() {
	for _, h := range m.open {
		_ = h.r.close() // read only
	}
}

// heads is a heap by key.
type heads []*head

func (h heads) Len() int           { return len(h) }
func (h heads) Less(i, j int) bool { return h[i].key.Before(h[j].key) }
func (h heads) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heads) Push(x any)        { *h = append(*h, x.(*head)) }

func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = slices.Delete(*h, len(*h)-1, len(*h))
	return last
}
