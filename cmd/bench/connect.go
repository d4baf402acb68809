package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"firstline/cmd/bench/phones"
)

// connect: agents are free; how soon are caller and agent connected, and what does a call cost Asterisk?
func connect(ctx context.Context, s *site, set settings, out io.Writer) error {
	if err := s.logIn(freeAgents); err != nil {
		return err
	}
	s.phones.Talk(2*time.Second, 2*time.Second)
	figures := []figure{
		{"calls made", 0}, {"connected", 0},
		{"dialled → agent's phone rings, p50 ms", 1}, {"dialled → agent's phone rings, p99 ms", 1},
		{"dialled → caller hears agent, p50 ms", 1}, {"dialled → caller hears agent, p99 ms", 1},
		{"CPU of Asterisk, ms a call", 1}, {"CPU of the controller, ms a call", 1}, {"CPU of broker, loader, ClickHouse, API, ms a call", 1},
		{"CPU of the phones, ms a call", 1},
	}
	_, _ = fmt.Fprintf(out, "## Agents are free\n\n%d agents, phones answer at once, agents hang up after two seconds, calls come at even distances for %v.\n"+
		"A caller hears the agent when the first packet of the agent's voice is at his phone.\n\n", freeAgents, set.length)
	for _, rate := range []int{40, 80} {
		each := func(dialed string) func(context.Context) (measured, error) {
			return func(ctx context.Context) (measured, error) { return s.connectRun(ctx, dialed, rate, set.length) }
		}
		err := compare(ctx, fmt.Sprintf("%d calls a second", rate), arm{"app_queue", each(nativeFree)}, arm{"Firstline", each(dialFree)}, set.rounds, figures, out)
		if err != nil {
			return err
		}
	}
	return nil
}

// connectRun makes rate calls a second for length and waits until the last has ended.
func (s *site) connectRun(ctx context.Context, dialed string, rate int, length time.Duration) (measured, error) {
	if err := s.quiet(ctx); err != nil {
		return nil, err
	}
	s.phones.Reset()
	before, err := s.cpu.read()
	if err != nil {
		return nil, err
	}
	calling, cancel := context.WithTimeout(ctx, length+30*time.Second) // callers who are never connected give up
	defer cancel()
	var wg sync.WaitGroup
	beat := time.NewTicker(time.Second / time.Duration(rate))
	defer beat.Stop()
	total := rate * int(length/time.Second)
	for i := range total {
		select {
		case <-beat.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		wg.Go(func() { s.phones.Call(calling, fmt.Sprintf("49%s%06d", dialed, i), dialed) })
	}
	wg.Wait()
	after, err := s.cpu.read()
	if err != nil {
		return nil, err
	}
	calls, _, wrong := s.phones.Seen()
	s.tell(dialed, calls, wrong)
	var rang, heard []time.Duration
	for _, c := range calls {
		if c.Carried() {
			rang, heard = append(rang, c.Rang.Sub(c.Dialed)), append(heard, c.Heard.Sub(c.Dialed))
		}
	}
	slices.Sort(rang)
	slices.Sort(heard)
	cost := func(names ...string) float64 {
		var sum time.Duration
		for _, n := range names {
			sum += after[n] - before[n]
		}
		return ms(sum) / float64(len(calls))
	}
	return measured{
		"calls made": float64(len(calls)), "connected": float64(len(heard)),
		"dialled → agent's phone rings, p50 ms": ms(quantile(rang, 0.5)), "dialled → agent's phone rings, p99 ms": ms(quantile(rang, 0.99)),
		"dialled → caller hears agent, p50 ms": ms(quantile(heard, 0.5)), "dialled → caller hears agent, p99 ms": ms(quantile(heard, 0.99)),
		"CPU of Asterisk, ms a call": cost("asterisk"), "CPU of the controller, ms a call": cost("controller"),
		"CPU of broker, loader, ClickHouse, API, ms a call": cost("broker", "load", "clickhouse", "api"), "CPU of the phones, ms a call": cost("phones"),
	}, nil
}

// tell logs what went wrong; the report has only figures.
func (s *site) tell(dialed string, calls []phones.Call, wrong map[string]int) {
	for _, c := range calls {
		if c.Err != nil {
			wrong["caller: "+c.Err.Error()]++
		}
	}
	for what, times := range wrong {
		s.log.Warn("a call went wrong", "dialed", dialed, "what", what, "times", times)
	}
}

// quiet waits until Firstline sees every agent ready and nobody works any more, so that one run does not pay for another:
// agents whose phones app_queue rang a moment ago are on outside calls in Firstline's eyes until it looks at them again.
func (s *site) quiet(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := s.allReady(limit); err != nil {
		return err
	}
	still := 0
	last, err := s.cpu.read()
	if err != nil {
		return err
	}
	for still < 2 {
		select {
		case <-limit.Done():
			return fmt.Errorf("the product does not come to rest: %w", limit.Err())
		case <-time.After(500 * time.Millisecond):
		}
		now, err := s.cpu.read()
		if err != nil {
			return err
		}
		var used time.Duration
		for name := range now {
			used += now[name] - last[name]
		}
		last = now
		if still++; used > 100*time.Millisecond {
			still = 0
		}
	}
	return nil
}
