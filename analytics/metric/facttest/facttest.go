// Package facttest makes days of facts for tests of metrics and queries: contacts with menus, queue entries, offers and
// stretches of agents' time, agents' states, tickets. analytics/metric, analytics/query and analytics/api use it in their
// tests; the product never does.
//
// A day is drawn from a seed and is the same each time. It is rich in what breaks reports: instants exactly on the edges
// of intervals, waits exactly at the limits, contacts over midnight and clock changes, overflow chains, openings without
// closings, webhooks delivered twice, kinds that must not count.
package facttest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Day says what to make.
type Day struct {
	Seed     uint64
	From     time.Time     // contacts arrive in [From, Until)
	Until    time.Time     // and all that would happen later is cut off, so that some of it stays open
	Contacts int           // how many
	Edges    []time.Time   // instants that things like to happen at
	Waits    []int64       // waits in milliseconds that entries like to have
	Queues   []string      // at least two
	Agents   []string      // at least two
	Tail     time.Duration // how long after Until facts are still made
}

// Make returns the facts of the day, ordered as their logs would hold them.
func Make(d Day) []fact.Fact {
	g := &generator{Day: d, rand: rand.New(rand.NewPCG(d.Seed, 0x1f1e)), numbers: map[string]int{}}
	for i := range d.Contacts {
		g.contact(fmt.Sprintf("pbx1-%d.%d", d.From.Unix(), i))
	}
	for _, a := range d.Agents {
		g.agent(a)
	}
	return g.facts()
}

type generator struct {
	Day
	rand    *rand.Rand
	made    []fact.Fact
	numbers map[string]int // of the events of each ticket
}

func (g *generator) emit(subject string, at time.Time, data fact.Data, t fact.Type) {
	g.made = append(g.made, fact.Fact{Type: t, Subject: subject, Time: at.UTC(), Data: data})
}

// facts cuts, orders and numbers what was made: sequences within each contact and agent, positions within each log.
func (g *generator) facts() []fact.Fact {
	end := g.Until.Add(g.Tail)
	kept := slices.DeleteFunc(g.made, func(f fact.Fact) bool { return f.Time.After(end) })
	slices.SortStableFunc(kept, func(a, b fact.Fact) int { return a.Time.Compare(b.Time) })
	sequences, positions := map[string]uint64{}, map[string]uint64{}
	for i := range kept {
		f := &kept[i]
		f.Source, f.Epoch = "controller", "11111111"
		if t, ok := f.Data.(fact.TicketEvent); ok {
			f.Source, f.Epoch = []string{"api/a", "api/b"}[t.ReceivedMS%2], "22222222"
		} else {
			sequences[f.Subject]++
			f.Sequence = sequences[f.Subject]
		}
		positions[f.Source]++
		f.Position = positions[f.Source]
	}
	return kept
}

func (g *generator) chance(percent int) bool { return g.rand.IntN(100) < percent }

// between returns a duration of whole milliseconds in [a, b).
func (g *generator) between(a, b time.Duration) time.Duration {
	return a + time.Duration(g.rand.Int64N(int64((b-a)/time.Millisecond)))*time.Millisecond
}

// at returns an instant in [from, until), every seventh time one that sits on an edge or a millisecond beside it.
func (g *generator) at(from, until time.Time) time.Time {
	if g.chance(15) && len(g.Edges) > 0 {
		e := g.Edges[g.rand.IntN(len(g.Edges))].Add(time.Duration(g.rand.IntN(3)-1) * time.Millisecond)
		if !e.Before(from) && e.Before(until) {
			return e
		}
	}
	return from.Add(g.between(0, until.Sub(from)))
}

// wait returns how long an entry that began at from waits: often short, sometimes exactly a limit or until an edge.
func (g *generator) wait(from time.Time) time.Duration {
	if g.chance(20) && len(g.Waits) > 0 {
		ms := g.Waits[g.rand.IntN(len(g.Waits))] + int64(g.rand.IntN(3)-1)
		return time.Duration(max(ms, 0)) * time.Millisecond
	}
	if g.chance(10) {
		for _, e := range g.Edges {
			if d := e.Sub(from); d >= 0 && d < time.Hour {
				return d
			}
		}
	}
	if g.chance(2) {
		return g.between(time.Hour, 3*time.Hour)
	}
	return g.between(0, time.Duration(1+g.rand.IntN(240))*time.Second)
}

func pick[T any](g *generator, list ...T) T { return list[g.rand.IntN(len(list))] }

// weighted picks a key with the chance its weight gives; keys in sorted order, so that a seed is a day.
func weighted[T cmp.Ordered](g *generator, weights map[T]int) T {
	keys := make([]T, 0, len(weights))
	sum := 0
	for k, w := range weights {
		keys = append(keys, k)
		sum += w
	}
	slices.Sort(keys)
	n := g.rand.IntN(sum)
	for _, k := range keys {
		if n -= weights[k]; n < 0 {
			return k
		}
	}
	return keys[0]
}
