package callcenter

import (
	"cmp"
	"time"
)

// timed is anything with a deadline: a contact or an agent.
type timed interface {
	// due is when it wants to be woken; zero = never.
	due() time.Time
	// timer is its place in the agenda.
	timer() *timer
}

// timer is a thing's place in the agenda.
type timer struct {
	key   string // "agent/<id>" or "contact/<id>": breaks ties
	at    time.Time
	index int // in the heap plus one; 0 = not in it
	thing timed
}

// agenda holds everything that has a deadline, the earliest first. It is rebuilt from the state, never stored.
type agenda struct{ heap []*timer }

// next is the earliest deadline.
func (g *agenda) next() (time.Time, bool) {
	if len(g.heap) == 0 {
		return time.Time{}, false
	}
	return g.heap[0].at, true
}

// until takes out all that is due at t or before, the earliest first.
func (g *agenda) until(t time.Time) []timed {
	var list []timed
	for len(g.heap) > 0 && !g.heap[0].at.After(t) {
		first := g.heap[0]
		g.remove(first)
		list = append(list, first.thing)
	}
	return list
}

// set puts a thing where its deadline now belongs.
func (g *agenda) set(t timed) {
	tm := t.timer()
	at := t.due()
	switch {
	case at.IsZero():
		g.remove(tm)
	case tm.index == 0:
		tm.at, tm.thing = at, t
		g.heap = append(g.heap, tm)
		tm.index = len(g.heap)
		g.up(tm.index - 1)
	case !tm.at.Equal(at):
		tm.at = at
		g.up(tm.index - 1)
		g.down(tm.index - 1)
	}
}

func (g *agenda) remove(tm *timer) {
	if tm.index == 0 {
		return
	}
	i, last := tm.index-1, len(g.heap)-1
	g.swap(i, last)
	g.heap[last] = nil
	g.heap = g.heap[:last]
	tm.index = 0
	if i < last {
		g.up(i)
		g.down(i)
	}
}

func (g *agenda) less(i, j int) bool {
	a, b := g.heap[i], g.heap[j]
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.key, b.key)) < 0
}

func (g *agenda) swap(i, j int) {
	g.heap[i], g.heap[j] = g.heap[j], g.heap[i]
	g.heap[i].index, g.heap[j].index = i+1, j+1
}

func (g *agenda) up(i int) {
	for i > 0 && g.less(i, (i-1)/2) {
		g.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (g *agenda) down(i int) {
	for {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(g.heap) && g.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		g.swap(i, least)
		i = least
	}
}

// earliest is the earliest of the times that are set.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
