package main

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"firstline/analytics/store"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
	"firstline/telephony/sim"
)

// batchFacts is how many facts one insert of the simulated week has.
const batchFacts = 200_000

// simulate plays the week through the real core and puts their facts into the store as the loader would.
func simulate(ctx context.Context, s *store.Store, p plan) error {
	read, write := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = write.CloseWithError(sim.WriteDays(write, simulateSeed, p.start, weekDays, callsOfADay)) // always nil
	}()
	err := insert(ctx, s, read)
	_ = read.CloseWithError(err) // always nil; ends the simulation when the insert failed
	<-done
	return err
}

func insert(ctx context.Context, s *store.Store, r io.Reader) error {
	topics := map[string]*topic{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f, err := fact.Decode(lines.Bytes())
		if err != nil {
			return fmt.Errorf("read a simulated fact: %w", err)
		}
		t := topics[f.Topic()]
		if t == nil {
			t = &topic{name: f.Topic()}
			topics[f.Topic()] = t
		}
		if t.facts = append(t.facts, f); len(t.facts) >= batchFacts {
			if err := t.flush(ctx, s); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	for _, t := range topics {
		if err := t.flush(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// topic gathers the facts of one topic until there are enough for an insert.
type topic struct {
	name  string
	facts []fact.Fact
	plans uint64
	next  int64
}

func (t *topic) flush(ctx context.Context, s *store.Store) error {
	if len(t.facts) == 0 {
		return nil
	}
	t.plans++
	n := int64(len(t.facts))
	l := load.Load{Plan: load.Plan{Cluster: "history", Topic: t.name, Number: t.plans, First: t.next, Last: t.next + n - 1}, Facts: n}
	for _, f := range t.facts {
		if f.Time.After(l.Watermark) {
			l.Watermark = f.Time
		}
	}
	t.next += n
	defer func() { t.facts = t.facts[:0] }()
	return s.Insert(ctx, l, t.facts)
}
