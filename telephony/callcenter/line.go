package callcenter

import (
	"cmp"
	"slices"
	"time"
)

// line is the callers of one queue, the next one first.
type line struct{ waiting []*contact }

// compareWaiting is the order of callers, within a queue and over all queues: the queue's weight, priority, how long the
// contact has queued (time spent in a queue it overflowed from counts), id. Where priority ages it counts as waiting.
func compareWaiting(a, b *contact) int {
	return cmp.Or(
		cmp.Compare(b.Entry.Weight, a.Entry.Weight),
		cmp.Compare(b.Entry.urgency(), a.Entry.urgency()),
		a.Entry.rank().Compare(b.Entry.rank()),
		cmp.Compare(a.ID, b.ID),
	)
}

// urgency is the priority that goes before all waiting; 0 where priority is worth so much waiting instead.
func (e *entry) urgency() int {
	if e.Age > 0 {
		return 0
	}
	return e.Priority
}

// maxAged bounds the priority that is turned into waiting: beyond it nothing changes, and no time can overflow.
const maxAged = 10_000

// rank is since when the contact counts as waiting. One moment for each caller, which no clock moves: of two callers the
// one who is before the other stays before him.
func (e *entry) rank() time.Time {
	return e.Since.Add(-time.Duration(min(max(e.Priority, -maxAged), maxAged)) * e.Age)
}

func (l *line) insert(ct *contact) {
	i, _ := slices.BinarySearchFunc(l.waiting, ct, compareWaiting)
	l.waiting = slices.Insert(l.waiting, i, ct)
}

func (l *line) remove(ct *contact) {
	if i, ok := slices.BinarySearchFunc(l.waiting, ct, compareWaiting); ok {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
}

// present counts those who wait on the phone.
func (l *line) present() int {
	n := 0
	for _, ct := range l.waiting {
		if !ct.absent() {
			n++
		}
	}
	return n
}

// position is the caller's place, 1 = next; 0 = not in the line.
func (l *line) position(ct *contact) int {
	if i, ok := slices.BinarySearchFunc(l.waiting, ct, compareWaiting); ok {
		return i + 1
	}
	return 0
}

// line is the line of a queue.
func (c *Center) line(queue string) *line {
	l := c.lines[queue]
	if l == nil {
		l = &line{}
		c.lines[queue] = l
	}
	return l
}

// position is the caller's place in his line now, or the one he had when he left it.
func (c *Center) position(ct *contact) int {
	if ct.Entry.Unlined {
		return ct.Entry.LastPos
	}
	return c.line(ct.Entry.Queue).position(ct)
}

// unline takes the caller out of his line.
func (c *Center) unline(ct *contact) {
	e := ct.Entry
	if e.Unlined {
		return
	}
	l := c.line(e.Queue)
	e.LastPos = l.position(ct)
	e.Unlined = true
	l.remove(ct)
	c.touch(ct)
}
