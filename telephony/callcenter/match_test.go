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
// pair, and knows every strategy from its description.
func TestPairsAsObvious(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		queues := [2]*Queue{drawQueue(t, "a"), drawQueue(t, "b")}
		waiting, free := drawWaiting(t, queues), drawFree(t)
		after := [2]int{rapid.IntRange(0, 4).Draw(t, "after"), rapid.IntRange(0, 4).Draw(t, "after")}
		seed := rapid.Uint64().Draw(t, "seed")
		c := ringers()
		got := pairs(linesOf(waiting, queues, after), free, c.suits, c.besides, &luck{seed})
		want := obviousPairs(waiting, free, queues, after)
		want = append(want, obviouslyMore(waiting, free, queues, want, c.agentOf)...)
		for i, p := range got {
			if i >= len(want) {
				t.Fatalf("%d pairs, want %d", len(got), len(want))
			}
			w := want[i]
			if p.contact != w.contact || p.agent != p.ranked[0] || len(p.ranked) != len(w.ranked) {
				t.Fatalf("pair %d is %s–%s of %d, want %s of %d", i, p.contact.ID, p.agent.ID, len(p.ranked), w.contact.ID, len(w.ranked))
			}
			strategy := queues[p.contact.Entry.Queue[0]-'a'].Strategy
			if strategy == Random || strategy == Weighted {
				if !slices.Contains(w.ranked, p.agent) || p.agent.tier(p.contact.Entry.Queue) != w.agent.tier(p.contact.Entry.Queue) {
					t.Fatalf("%s got %s, who is not of the first tier that suits him", p.contact.ID, p.agent.ID)
				}
				return // the twin can't know who is left, so nor what follows
			}
			if !slices.Equal(p.ranked, w.ranked) {
				t.Fatalf("%s: agents in the order %s, want %s", p.contact.ID, names(p.ranked), names(w.ranked))
			}
		}
		if len(got) < len(want) {
			t.Fatalf("%d pairs, want %d", len(got), len(want))
		}
	})
}

func names(agents []*agent) string {
	var s string
	for _, a := range agents {
		s += a.ID + " "
	}
	return s
}

func drawQueue(t *rapid.T, id string) *Queue {
	return &Queue{ID: id, Strategy: rapid.SampledFrom(strategies()).Draw(t, "strategy"), Weight: rapid.IntRange(0, 1).Draw(t, "weight")}
}

func drawWaiting(t *rapid.T, queues [2]*Queue) []*contact {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	age := time.Duration(rapid.IntRange(0, 1).Draw(t, "age")) * time.Second
	waiting := make([]*contact, rapid.IntRange(0, 6).Draw(t, "callers"))
	for i := range waiting {
		q := rapid.SampledFrom(queues[:]).Draw(t, "queue")
		e := &entry{
			Queue: q.ID, Weight: q.Weight, Age: age,
			Priority: rapid.IntRange(0, 2).Draw(t, "priority"),
			Since:    start.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "since")) * time.Second),
			MaxTier:  rapid.IntRange(0, 2).Draw(t, "max tier"),
			Prefer:   rapid.SampledFrom([]string{"", "", "g0", "g1"}).Draw(t, "prefer"),
		}
		if rapid.Bool().Draw(t, "skilled") {
			e.Skills = []ivr.Skill{{Name: "x", Level: rapid.IntRange(1, 2).Draw(t, "level")}}
		}
		for n := range max(0, rapid.IntRange(-3, 3).Draw(t, "ringing")) {
			e.Open = append(e.Open, &offer{Agent: fmt.Sprintf("r%d", rapid.IntRange(1, 3).Draw(t, "of tier"))})
			if n == 0 && rapid.IntRange(0, 3).Draw(t, "taken") == 0 {
				e.Open[0].Whisper = "heard"
				break
			}
		}
		waiting[i] = &contact{ID: fmt.Sprintf("c%d", i), Entry: e}
	}
	return waiting
}

// ringers is a centre that knows agents r1, r2 and r3, of those tiers in each queue, whose phones may ring already.
func ringers() *Center {
	c := &Center{agentOf: map[string]*agent{}}
	for tier := range 4 {
		a := &agent{ID: fmt.Sprintf("r%d", tier), conf: &Agent{Tiers: map[string]int{"a": tier, "b": tier}}}
		c.agentOf[a.ID] = a
	}
	return c
}

func drawFree(t *rapid.T) []*agent {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	second := func(what string) time.Time {
		return start.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, what)) * time.Second)
	}
	free := make([]*agent, rapid.IntRange(0, 4).Draw(t, "agents"))
	for i := range free {
		conf := &Agent{
			Queues: rapid.SampledFrom([][]string{{"a"}, {"b"}, {"a", "b"}, nil}).Draw(t, "queues"), Tiers: map[string]int{},
			Weights: map[string]int{"a": rapid.IntRange(1, 3).Draw(t, "weight")},
		}
		if tier := rapid.IntRange(0, 2).Draw(t, "tier"); tier > 0 {
			conf.Tiers["a"] = tier
		}
		if level := rapid.IntRange(0, 2).Draw(t, "level"); level > 0 {
			conf.Skills = map[string]int{"x": level}
		}
		free[i] = &agent{
			ID: fmt.Sprintf("g%d", i), conf: conf, place: i + 1, ReadySince: second("idle"), LastTalk: second("last talk"),
			Calls: rapid.IntRange(0, 2).Draw(t, "calls"), TalkMS: int64(rapid.IntRange(0, 2).Draw(t, "talk")),
		}
	}
	slices.SortFunc(free, compareIdle)
	return free
}

func linesOf(waiting []*contact, queues [2]*Queue, after [2]int) []lineup {
	lines := []lineup{{queue: queues[0], after: after[0]}, {queue: queues[1], after: after[1]}}
	for _, ct := range waiting {
		l := &lines[ct.Entry.Queue[0]-'a']
		l.waiting = append(l.waiting, ct)
	}
	for _, l := range lines {
		slices.SortFunc(l.waiting, compareWaiting)
	}
	return lines
}

// obviousPairs takes the caller who is before all others, again and again, and puts those who may be rung for him in
// order by asking of any two who comes first.
func obviousPairs(waiting []*contact, free []*agent, queues [2]*Queue, after [2]int) []pair {
	waiting, free = slices.Clone(waiting), slices.Clone(free)
	var out []pair
	for len(waiting) > 0 {
		first := waiting[0]
		for _, ct := range waiting {
			if obviouslyBefore(ct, first) {
				first = ct
			}
		}
		waiting = slices.DeleteFunc(waiting, func(ct *contact) bool { return ct == first })
		if len(first.Entry.Open) > 0 {
			continue
		}
		i := first.Entry.Queue[0] - 'a'
		var ranked []*agent
		for _, a := range free {
			if obviouslySuits(a, first.Entry) {
				ranked = append(ranked, a)
			}
		}
		for range ranked { // bubbles
			for k := 1; k < len(ranked); k++ {
				if obviouslyFirst(ranked[k], ranked[k-1], queues[i], after[i]) {
					ranked[k], ranked[k-1] = ranked[k-1], ranked[k]
				}
			}
		}
		if len(ranked) == 0 {
			continue
		}
		out = append(out, pair{first, ranked[0], ranked})
		free = slices.DeleteFunc(free, func(a *agent) bool { return a == ranked[0] })
		after[i] = ranked[0].place
	}
	return out
}

// obviouslyMore gives one phone after the other to the caller of a queue that rings all who has the fewest, of all who may have
// one more, and counts anew each time.
func obviouslyMore(waiting []*contact, free []*agent, queues [2]*Queue, made []pair, known map[string]*agent) []pair {
	for _, p := range made {
		free = slices.DeleteFunc(slices.Clone(free), func(a *agent) bool { return a == p.agent })
	}
	var out []pair
	for {
		var best *contact
		var fewest int
		for _, ct := range waiting {
			phones, tier := obviouslyRings(ct, slices.Concat(made, out), known)
			if queues[ct.Entry.Queue[0]-'a'].Strategy != RingAll || phones == 0 {
				continue
			}
			list := slices.DeleteFunc(slices.Clone(free), func(a *agent) bool {
				return !obviouslySuits(a, ct.Entry) || max(1, a.conf.Tiers[ct.Entry.Queue]) > tier
			})
			if len(list) > 0 && (best == nil || phones < fewest || phones == fewest && obviouslyBefore(ct, best)) {
				best, fewest = ct, phones
			}
		}
		if best == nil {
			return out
		}
		ranked := slices.DeleteFunc(slices.Clone(free), func(a *agent) bool { return !obviouslySuits(a, best.Entry) })
		slices.SortFunc(ranked, func(a, b *agent) int {
			if obviouslyFirst(a, b, queues[best.Entry.Queue[0]-'a'], 0) {
				return -1
			}
			return 1
		})
		out = append(out, pair{best, ranked[0], ranked})
		free = slices.DeleteFunc(slices.Clone(free), func(a *agent) bool { return a == ranked[0] })
	}
}

// obviouslyRings counts the phones of a caller, and says which tier is the lowest of them: 0 when one was taken.
func obviouslyRings(ct *contact, made []pair, known map[string]*agent) (phones, tier int) {
	tier = 9
	for _, o := range ct.Entry.Open {
		phones, tier = phones+1, min(tier, known[o.Agent].conf.Tiers[ct.Entry.Queue])
		if o.Whisper != "" {
			return phones, 0
		}
	}
	for _, p := range made {
		if p.contact == ct {
			phones, tier = phones+1, min(tier, max(1, p.agent.conf.Tiers[ct.Entry.Queue]))
		}
	}
	return phones, tier
}

// obviouslyBefore: by weight; then by priority, or where that ages by the moment since when each counts as waiting.
func obviouslyBefore(a, b *contact) bool {
	x, y := a.Entry, b.Entry
	sa, sb := x.Since.Add(-time.Duration(x.Priority)*x.Age), y.Since.Add(-time.Duration(y.Priority)*y.Age)
	switch {
	case x.Weight != y.Weight:
		return x.Weight > y.Weight
	case x.Age == 0 && x.Priority != y.Priority:
		return x.Priority > y.Priority
	case !sa.Equal(sb):
		return sa.Before(sb)
	default:
		return a.ID < b.ID
	}
}

func obviouslySuits(a *agent, e *entry) bool {
	if !slices.Contains(a.conf.Queues, e.Queue) {
		return false
	}
	for _, s := range e.Skills {
		if a.conf.Skills[s.Name] < s.Level {
			return false
		}
	}
	if e.Prefer != "" {
		return a.ID == e.Prefer
	}
	return e.MaxTier == 0 || max(1, a.conf.Tiers[e.Queue]) <= e.MaxTier
}

// obviouslyFirst tells whether a is rung before b.
func obviouslyFirst(a, b *agent, q *Queue, after int) bool {
	if ta, tb := max(1, a.conf.Tiers[q.ID]), max(1, b.conf.Tiers[q.ID]); ta != tb {
		return ta < tb
	}
	circle := func(a *agent) int { return (a.place - after - 1 + 100) % 100 }
	figures := map[Strategy][2]int64{
		LeastRecent: {a.LastTalk.Unix(), b.LastTalk.Unix()},
		FewestCalls: {int64(a.Calls), int64(b.Calls)},
		LeastTalk:   {a.TalkMS, b.TalkMS},
		RoundRobin:  {int64(circle(a)), int64(circle(b))},
		Ordered:     {int64(a.place), int64(b.place)},
	}
	if f := figures[q.Strategy]; f[0] != f[1] {
		return f[0] < f[1]
	}
	if !a.ReadySince.Equal(b.ReadySince) {
		return a.ReadySince.Before(b.ReadySince)
	}
	return a.ID < b.ID
}

// TestChanceIsFair draws often and compares how often each agent came first with his weight: chi square with three degrees
// of freedom, 16.27 is passed by chance once in a thousand; the seed is fixed.
func TestChanceIsFair(t *testing.T) {
	for _, strategy := range []Strategy{Random, Weighted} {
		weights := []int{1, 2, 3, 4}
		agents := make([]*agent, len(weights))
		for i, w := range weights {
			agents[i] = &agent{ID: fmt.Sprintf("g%d", i), conf: &Agent{Weights: map[string]int{"a": w}}}
		}
		l, luck, first := lineup{queue: &Queue{ID: "a", Strategy: strategy}}, &luck{1}, map[string]int{}
		const draws = 20_000
		for range draws {
			order := slices.Clone(agents)
			l.rank(order, luck)
			first[order[0].ID]++
		}
		chi := 0.0
		for i, a := range agents {
			share := 0.25
			if strategy == Weighted {
				share = float64(weights[i]) / 10
			}
			off := float64(first[a.ID]) - share*draws
			chi += off * off / (share * draws)
		}
		if chi > 16.27 {
			t.Errorf("%s: %v in %d draws, chi square %.1f", strategy, first, draws, chi)
		}
	}
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
