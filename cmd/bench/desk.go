package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"firstline/analytics/client"
	"firstline/cmd/bench/phones"
)

// desk: how soon is an offer's screen pop on the agent's page, and what happens on the supervisor's wallboard?
func desk(ctx context.Context, s *site, set settings, out io.Writer) error {
	if err := s.logIn(deskAgents); err != nil {
		return err
	}
	s.phones.Talk(1500*time.Millisecond, 2500*time.Millisecond)
	if err := s.quiet(ctx); err != nil {
		return err
	}
	s.phones.Reset()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	w, err := s.watch(watching)
	if err != nil {
		return err
	}
	if err := s.deskCalls(ctx, 3*set.length); err != nil {
		return err
	}
	stop()
	w.wg.Wait()
	calls, _, wrong := s.phones.Seen()
	s.tell(dialDesk, calls, wrong)
	return w.report(calls, out)
}

// deskCalls makes two calls a second.
func (s *site) deskCalls(ctx context.Context, length time.Duration) error {
	beat := time.NewTicker(500 * time.Millisecond)
	defer beat.Stop()
	calling, cancel := context.WithTimeout(ctx, length+30*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	for i := range int(2 * length / time.Second) {
		select {
		case <-beat.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		wg.Go(func() { s.phones.Call(calling, fmt.Sprintf("49%s%06d", dialDesk, i), dialDesk) })
	}
	return nil
}

// watchers are the pages: each agent's desk and one wallboard.
type watchers struct {
	wg     sync.WaitGroup
	mu     sync.Mutex // guards what follows
	pops   map[string]time.Time
	boards []board
	failed []error
}

// board is one state of the wallboard and when it was there.
type board struct {
	at     time.Time
	agents map[string]client.AgentState
}

func (s *site) watch(ctx context.Context) (*watchers, error) {
	w := &watchers{pops: map[string]time.Time{}}
	for i := range deskAgents {
		if err := s.listen(ctx, w, agentID(i), pin, (*client.Client).LiveAgent, w.popped); err != nil {
			return nil, err
		}
	}
	return w, s.listen(ctx, w, "boss", password, (*client.Client).LiveWallboard, w.board)
}

func (w *watchers) popped(e client.Event, at time.Time) error {
	if e.Name != "offer" {
		return nil
	}
	var p client.Popup
	if err := e.Into(&p); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pops[p.CallerNumber] = at
	return nil
}

func (w *watchers) board(e client.Event, at time.Time) error {
	if e.Name != "state" {
		return nil
	}
	var v client.Wallboard
	if err := e.Into(&v); err != nil {
		return err
	}
	b := board{at: at, agents: map[string]client.AgentState{}}
	for _, a := range v.Agents {
		b.agents[strings.TrimPrefix(a.Endpoint, "PJSIP/")] = a.State
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.boards = append(w.boards, b)
	return nil
}

// listen signs in and reads a live stream until ctx ends.
func (s *site) listen(ctx context.Context, w *watchers, name, secret string, open func(*client.Client, context.Context) (*client.Stream, error), got func(e client.Event, at time.Time) error) error {
	c, err := client.New(fmt.Sprintf("http://127.0.0.1:%d", httpPort))
	if err != nil {
		return err
	}
	if _, err := c.SignIn(ctx, client.SignInInputBody{Name: name, Secret: secret}); err != nil {
		return fmt.Errorf("sign %s in: %w", name, err)
	}
	stream, err := open(c, ctx)
	if err != nil {
		return fmt.Errorf("listen as %s: %w", name, err)
	}
	w.wg.Go(func() {
		defer func() { _ = stream.Close() }()
		var err error
		for err == nil {
			var e client.Event
			if e, err = stream.Next(); err == nil {
				err = got(e, time.Now())
			}
		}
		if ctx.Err() == nil {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failed = append(w.failed, fmt.Errorf("stream of %s: %w", name, err))
		}
	})
	return nil
}

// report compares what the pages got with what the phones saw.
func (w *watchers) report(calls []phones.Call, out io.Writer) error {
	if err := errors.Join(w.failed...); err != nil {
		return err
	}
	var popAfterRing, popBeforeAnswer, boardTalk []time.Duration
	carried, early := 0, 0
	for _, c := range calls {
		if !c.Carried() {
			continue
		}
		carried++
		pop, ok := w.pops[c.Number]
		if !ok {
			continue
		}
		if pop.Before(c.Heard) {
			early++
		}
		popAfterRing, popBeforeAnswer = append(popAfterRing, pop.Sub(c.Rang)), append(popBeforeAnswer, c.Heard.Sub(pop))
		if at, ok := w.talking(c); ok {
			boardTalk = append(boardTalk, at.Sub(c.Heard))
		}
	}
	_, _ = fmt.Fprintf(out, "## Pages\n\n%d agents' desks and a wallboard are open; two calls a second, %d carried, phones answer at once.\n"+
		"Screen pops: %d, of these %d before caller and agent heard each other.\n\n| | p50 ms | p99 ms | most ms | of |\n|---|---|---|---|---|\n",
		deskAgents, carried, len(popAfterRing), early)
	for _, row := range []struct {
		name   string
		values []time.Duration
	}{
		{"agent's phone rings → screen pop on his page (less than 0: before it rang)", popAfterRing},
		{"screen pop on his page → caller and agent hear each other (phone that answers at once)", popBeforeAnswer},
		{"agent talks → wallboard shows it (coalesced to one update a second)", boardTalk},
	} {
		slices.Sort(row.values)
		if len(row.values) == 0 {
			return fmt.Errorf("nothing was seen of: %s", row.name)
		}
		_, _ = fmt.Fprintf(out, "| %s | %.1f | %.1f | %.1f | %d |\n", row.name, ms(quantile(row.values, 0.5)), ms(quantile(row.values, 0.99)),
			ms(row.values[len(row.values)-1]), len(row.values))
	}
	_, _ = fmt.Fprintln(out)
	return nil
}

// talking is when the wallboard first showed the call's agent as talking; not every short call is in a state it shows.
func (w *watchers) talking(c phones.Call) (time.Time, bool) {
	for _, b := range w.boards {
		if b.at.Before(c.Heard) {
			continue
		}
		if !c.Ended.IsZero() && b.at.After(c.Ended) {
			return time.Time{}, false
		}
		if b.agents[c.Agent] == client.AgentStateTalking {
			return b.at, true
		}
	}
	return time.Time{}, false
}
