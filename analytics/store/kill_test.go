package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

// The engine is killed with kill -9 at any moment of the inserts; whatever was in them then, the repeat leaves every fact
// once in every table. KILLS sets how often, SEED at which moments.
func TestKill(t *testing.T) {
	kills, seed := setting(t, "KILLS", 4), setting(t, "SEED", 1)
	rng := rand.New(rand.NewPCG(uint64(seed), 2))
	p := chdbtest.Launch(t)
	s := openAt(t, p.URL, "killed")
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var position, plans uint64
	next := func() (load.Load, []fact.Fact) {
		plans++
		facts := make([]fact.Fact, 1+rng.IntN(200))
		for i := range facts {
			position++
			facts[i] = sample(fact.Types()[rng.IntN(len(fact.Types()))], position, rng)
			facts[i].Time = start.AddDate(0, rng.IntN(3), 0) // several parts an insert
		}
		return plan(plans), facts
	}
	for round := range kills {
		insertUntilKilled(t, s, p, next, time.Duration(rng.IntN(600))*time.Millisecond, func() *store.Store {
			p.Restart(t)
			s = openAt(t, p.URL, "killed")
			return s
		})
		checkOnce(t, p.URL, position, plans, fmt.Sprintf("seed %d, after kill %d", seed, round+1))
	}
}

// insertUntilKilled inserts plan after plan until the kill makes one fail, and repeats that one on the engine started
// again.
func insertUntilKilled(t *testing.T, s *store.Store, p *chdbtest.Process, next func() (load.Load, []fact.Fact), after time.Duration, restart func() *store.Store) {
	t.Helper()
	killed := make(chan struct{})
	time.AfterFunc(after, func() {
		p.Kill()
		close(killed)
	})
	for {
		l, facts := next()
		if err := s.Insert(t.Context(), l, facts); err == nil {
			continue
		}
		<-killed
		l.Check = true
		if err := restart().Insert(t.Context(), l, facts); err != nil {
			t.Fatal(err)
		}
		return
	}
}

// checkOnce compares the tables with what was inserted: positions 1..facts, plans 1..plans.
func checkOnce(t *testing.T, url string, facts, plans uint64, when string) {
	t.Helper()
	url += "/?database=killed"
	want := fmt.Sprintf("%d\t%d\t%d", facts, facts, facts)
	if got := chdbtest.Query(t, url, "SELECT count(), uniqExact(position), max(position) FROM events"); got != want {
		t.Fatalf("%s: events has %q, want %q", when, got, want)
	}
	var union string
	for i, table := range store.Tables() {
		if i > 0 {
			union += " UNION ALL "
		}
		union += "SELECT position FROM " + table
	}
	if got := chdbtest.Query(t, url, "SELECT count(), uniqExact(position), max(position) FROM ("+union+")"); got != want {
		t.Fatalf("%s: the tables have %q, want %q", when, got, want)
	}
	want = fmt.Sprintf("%d\t%d\t%d", plans, plans, plans)
	if got := chdbtest.Query(t, url, "SELECT count(), uniqExact(number), max(number) FROM loads"); got != want {
		t.Fatalf("%s: loads has %q, want %q", when, got, want)
	}
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
