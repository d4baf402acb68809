package callcenter

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firstline/telephony/ivr"
)

// TestPairsAsObvious compares the matching with its slow twin, which looks at every caller and every agent anew for each
// pair.
func TestPairsAsObvious(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		waiting, free := drawWaiting(t), drawFree(t)
		got := pairs(linesOf(waiting), free)
		want := obviousPairs(waiting, free)
		if !slices.Equal(got, want) {
			t.Fatalf("got %s, want %s", describePairs(got), describePairs(want))
		}
	})
}

func drawWaiting(t *rapid.T) []*contact {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	waiting := make([]*contact, rapid.IntRange(0, 6).Draw(t, "callers"))
	for i := range waiting {
		e := &entry{
			Queue:    rapid.SampledFrom([]string{"a", "b"}).Draw(t, "queue"),
			Priority: rapid.IntRange(0, 1).Draw(t, "priority"),
			Since:    start.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "since")) * time.Second),
		}
		if rapid.Bool().Draw(t, "skilled") {
			e.Skills = []ivr.Skill{{Name: "x", Level: rapid.IntRange(1, 2).Draw(t, "level")}}
		}
		if rapid.IntRange(0, 4).Draw(t, "ringing") == 0 {
			e.Offer = &offer{}
		}
		waiting[i] = &contact{ID: fmt.Sprintf("c%d", i), Entry: e}
	}
	return waiting
}

func drawFree(t *rapid.T) []*agent {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	free := make([]*agent, rapid.IntRange(0, 4).Draw(t, "agents"))
	for i := range free {
		conf := &Agent{Queues: rapid.SampledFrom([][]string{{"a"}, {"b"}, {"a", "b"}, nil}).Draw(t, "queues")}
		if level := rapid.IntRange(0, 2).Draw(t, "level"); level > 0 {
			conf.Skills = map[string]int{"x": level}
		}
		idle := time.Duration(rapid.IntRange(0, 2).Draw(t, "idle")) * time.Second
		free[i] = &agent{ID: fmt.Sprintf("g%d", i), conf: conf, ReadySince: start.Add(idle)}
	}
	slices.SortFunc(free, compareIdle)
	return free
}

func linesOf(waiting []*contact) [][]*contact {
	lines := make([][]*contact, 2)
	for _, ct := range waiting {
		i := int(ct.Entry.Queue[0] - 'a')
		lines[i] = append(lines[i], ct)
	}
	for _, l := range lines {
		slices.SortFunc(l, compareWaiting)
	}
	return lines
}

// obviousPairs finds the best pair there is, again and again.
func obviousPairs(waiting []*contact, free []*agent) []pair {
	var out []pair
	for {
		var best *pair
		for _, ct := range waiting {
			for _, a := range free {
				taken := slices.ContainsFunc(out, func(p pair) bool { return p.contact == ct || p.agent == a })
				if taken || ct.Entry.Offer != nil || !suits(a, ct.Entry) {
					continue
				}
				p := pair{ct, a}
				if best == nil || better(p, *best) {
					best = &p
				}
			}
		}
		if best == nil {
			return out
		}
		out = append(out, *best)
	}
}

func better(a, b pair) bool {
	if a.contact != b.contact {
		return compareWaiting(a.contact, b.contact) < 0
	}
	return compareIdle(a.agent, b.agent) < 0
}

func describePairs(list []pair) string {
	var s string
	for _, p := range list {
		s += p.contact.ID + "–" + p.agent.ID + " "
	}
	return s
}

// TestAgendaAsSorted compares the agenda with sorting everything.
func TestAgendaAsSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		agents := make([]*agent, 6)
		for i := range agents {
			agents[i] = &agent{when: timer{key: fmt.Sprintf("agent/%d", i)}}
		}
		var g agenda
		for range rapid.IntRange(0, 40).Draw(t, "changes") {
			a := rapid.SampledFrom(agents).Draw(t, "agent")
			a.RetryAt = time.Time{}
			if s := rapid.IntRange(0, 9).Draw(t, "due"); s > 0 {
				a.RetryAt = start.Add(time.Duration(s) * time.Second)
			}
			g.set(a)
		}
		until := start.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "until")) * time.Second)
		var want []*agent
		for _, a := range agents {
			if !a.RetryAt.IsZero() && !a.RetryAt.After(until) {
				want = append(want, a)
			}
		}
		slices.SortStableFunc(want, func(a, b *agent) int { return a.RetryAt.Compare(b.RetryAt) })
		got := g.until(until)
		if len(got) != len(want) {
			t.Fatalf("got %d due, want %d", len(got), len(want))
		}
		for i := range want {
			if got[i] != timed(want[i]) {
				t.Fatalf("place %d: got %s, want %s", i, got[i].timer().key, want[i].when.key)
			}
		}
		if at, ok := g.next(); ok && !at.After(until) {
			t.Fatalf("still due at %s", at)
		}
	})
}
