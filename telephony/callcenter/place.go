package callcenter

import (
	"cmp"
	"slices"
)

// longestKept is how long a place can be kept: no longer than the contact it was of.
const longestKept = keepEnded

// keepPlace notes the place that a caller gives up, where his queue keeps it for his next call.
func (c *Center) keepPlace(ct *contact) {
	e, q := ct.Entry, c.planFor(ct).queue(ct.Entry.Queue)
	if q != nil && q.KeepPlace > 0 && ct.Number != "" {
		ct.Kept = &keptPlace{Queue: e.Queue, Since: e.Since, At: c.stamp(ct)}
	}
}

// resume gives a caller who joins a queue the place that he gave up there, if he has called again in time.
func (c *Center) resume(ct *contact, q *Queue, e *entry) {
	var best *contact
	for _, o := range c.callers[ct.Number] {
		if o != ct && o.Kept.keptFor(ct, q) && (best == nil || comparePlaces(o, best) < 0) {
			best = o
		}
	}
	if best == nil {
		return
	}
	e.Resumes = best.ID
	if best.Kept.Since.Before(e.Since) {
		e.Since, ct.Sums.FirstAt = best.Kept.Since, best.Kept.Since // wherever he queues from now on
	}
	c.giveUp(best)
}

// keptFor tells whether the place is one that the caller may have back: he called after he had given it up, and in time.
func (l *keptPlace) keptFor(ct *contact, q *Queue) bool {
	if l == nil || l.Queue != q.ID || ct.Arrived.Before(l.At) {
		return false
	}
	return ct.Arrived.Sub(l.At) <= q.KeepPlace
}

// comparePlaces puts the better of two kept places first.
func comparePlaces(a, b *contact) int {
	return cmp.Or(a.Kept.Since.Compare(b.Kept.Since), cmp.Compare(a.ID, b.ID))
}

// served: somebody talks to the number from now on, so nothing is left of the places it gave up before.
func (c *Center) served(ct *contact) {
	if ct.Sums.LastQueue != "" {
		c.calledIn(ct.Number, ct.Sums.LastQueue, nil)
	}
	for _, o := range slices.Clone(c.callers[ct.Number]) {
		if o.Kept != nil && !o.Kept.At.After(c.stamp(ct)) {
			c.giveUp(o)
		}
	}
}

// giveUp ends the keeping of a place, and of the number where nothing else needs it.
func (c *Center) giveUp(ct *contact) {
	ct.Kept = nil
	c.touch(ct)
	if ct.Stage == stageEnded && !ct.Recalls {
		c.forgetNumber(ct)
	}
}
