package sim

import "time"

// agenda is the world's future: what happens when. Things of the same instant happen in the order they were planned, so
// a run depends on its seed alone.
type agenda struct {
	now     time.Duration // since the world began
	planned uint64
	heap    []happening
}

// happening is one thing that will happen.
type happening struct {
	at    time.Duration
	order uint64
	do    func()
}

func (h happening) before(o happening) bool {
	return h.at < o.at || h.at == o.at && h.order < o.order
}

// after plans do for d from now; a negative d counts as none.
func (a *agenda) after(d time.Duration, do func()) { a.at(a.now+d, do) }

// at plans do for the instant t, or for now when t has passed.
func (a *agenda) at(t time.Duration, do func()) {
	if t < a.now {
		t = a.now
	}
	a.planned++
	a.heap = append(a.heap, happening{at: t, order: a.planned, do: do})
	a.up(len(a.heap) - 1)
}

// next moves the clock to the next happening and lets it happen; false when nothing is left.
func (a *agenda) next() bool {
	if len(a.heap) == 0 {
		return false
	}
	first := a.heap[0]
	last := len(a.heap) - 1
	a.heap[0] = a.heap[last]
	a.heap[last] = happening{}
	a.heap = a.heap[:last]
	a.down(0)
	a.now = first.at
	first.do()
	return true
}

func (a *agenda) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !a.heap[i].before(a.heap[parent]) {
			return
		}
		a.heap[i], a.heap[parent] = a.heap[parent], a.heap[i]
		i = parent
	}
}

func (a *agenda) down(i int) {
	for {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(a.heap) && a.heap[child].before(a.heap[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		a.heap[i], a.heap[least] = a.heap[least], a.heap[i]
		i = least
	}
}
