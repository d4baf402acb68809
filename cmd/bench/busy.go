package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// crowd is how many callers are in the system: all agents talk and as many callers wait.
const crowd = 2 * busyAgents

// busy: callers always wait; how long is an agent's phone without a call, and how many calls do the agents carry?
func busy(ctx context.Context, s *site, set settings, out io.Writer) error {
	if err := s.logIn(busyAgents); err != nil {
		return err
	}
	least, most := time.Second, 3*time.Second
	s.phones.Talk(least, most)
	window := 3 * set.length
	figures := []figure{
		{"calls carried", 0}, {"agents' time in talk, %", 1},
		{"agent free → next phone rings, p50 ms", 1}, {"agent free → next phone rings, p95 ms", 1}, {"agent free → next phone rings, p99 ms", 1},
		{"agent free → next phone rings, most ms", 1}, {"CPU of Asterisk, ms a carried call", 1}, {"CPU of the controller, ms a carried call", 1},
	}
	_, _ = fmt.Fprintf(out, "## Callers wait\n\n%d agents, %d callers in the system at any time, talks of %v to %v, no wrap-up, %v a run.\n\n",
		busyAgents, crowd, least, most, window)
	each := func(dialed string) func(context.Context) (measured, error) {
		return func(ctx context.Context) (measured, error) { return s.busyRun(ctx, dialed, window) }
	}
	return compare(ctx, fmt.Sprintf("%d agents, %d callers waiting", busyAgents, crowd-busyAgents), arm{"app_queue", each(nativeBusy)}, arm{"Firstline", each(dialBusy)}, set.rounds, figures, out)
}

func (s *site) busyRun(ctx context.Context, dialed string, window time.Duration) (measured, error) {
	if err := s.quiet(ctx); err != nil {
		return nil, err
	}
	s.phones.Reset()
	calling, hangUp := context.WithCancel(ctx)
	defer hangUp()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer hangUp()
	for i := range crowd {
		wg.Go(func() {
			for n := 0; calling.Err() == nil; n++ {
				s.phones.Call(calling, fmt.Sprintf("49%s%03d%05d", dialed, i, n), dialed)
			}
		})
	}
	// The window opens when every agent has had his first call.
	if err := s.allTalk(ctx); err != nil {
		return nil, err
	}
	before, err := s.cpu.read()
	if err != nil {
		return nil, err
	}
	opened := time.Now()
	select {
	case <-time.After(window):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	closed := time.Now()
	after, err := s.cpu.read()
	if err != nil {
		return nil, err
	}
	calls, gaps, _ := s.phones.Seen()
	hangUp()
	wg.Wait()
	_, _, wrong := s.phones.Seen()
	s.tell(dialed, nil, wrong)
	carried, talked := 0, time.Duration(0)
	for _, c := range calls {
		if !c.Carried() || (!c.Ended.IsZero() && c.Ended.Before(opened)) {
			continue
		}
		if c.Heard.After(opened) {
			carried++
		}
		until := closed
		if !c.Ended.IsZero() && c.Ended.Before(closed) {
			until = c.Ended
		}
		from := c.Heard
		if from.Before(opened) {
			from = opened
		}
		talked += until.Sub(from)
	}
	var lengths []time.Duration
	for _, g := range gaps {
		if g.Freed.After(opened) {
			lengths = append(lengths, g.Length())
		}
	}
	slices.Sort(lengths)
	if carried == 0 || len(lengths) == 0 {
		return nil, fmt.Errorf("no call was carried by %s", dialed)
	}
	return measured{
		"calls carried": float64(carried), "agents' time in talk, %": 100 * float64(talked) / float64(busyAgents*closed.Sub(opened)),
		"agent free → next phone rings, p50 ms":    ms(quantile(lengths, 0.5)),
		"agent free → next phone rings, p95 ms":    ms(quantile(lengths, 0.95)),
		"agent free → next phone rings, p99 ms":    ms(quantile(lengths, 0.99)),
		"agent free → next phone rings, most ms":   ms(lengths[len(lengths)-1]),
		"CPU of Asterisk, ms a carried call":       ms(after["asterisk"]-before["asterisk"]) / float64(carried),
		"CPU of the controller, ms a carried call": ms(after["controller"]-before["controller"]) / float64(carried),
	}, nil
}

// allTalk waits until each agent has hung up once: the crowd is spread over time then.
func (s *site) allTalk(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		_, gaps, wrong := s.phones.Seen()
		had := map[string]bool{}
		for _, g := range gaps {
			had[g.Agent] = true
		}
		if len(had) == busyAgents {
			return nil
		}
		select {
		case <-limit.Done():
			return fmt.Errorf("only %d of %d agents had two calls: %v", len(had), busyAgents, wrong)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
