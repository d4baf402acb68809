// Package tickets does the core's outside tasks: it looks customers and tickets up, and posts screen pops by webhook.
//
// telephony/controller hands it Lookup and Pop commands; every one of them is answered by exactly one LookupDone or
// PopDone event, in time or as a time-out, whatever the ticket system does; only a Pop with no webhook configured has
// nothing to answer. It never touches a call, so a slow ticket system delays nobody.
package tickets

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/fact"
	"firstline/pipeline/number"
	"firstline/telephony/callcenter"
)

// Sink takes the answers: the controller's inbox. Put never blocks.
type Sink interface {
	Put(occurred time.Time, event callcenter.Event)
}

// Finder looks one number or string of digits up. It returns LookupNotFound without an error when there is nothing.
type Finder interface {
	Find(ctx context.Context, method fact.LookupMethod, value string) (callcenter.LookupDone, error)
}

// Tasks runs look-ups and pops.
type Tasks struct {
	cfg     Config
	finder  Finder // nil = off
	poster  *poster
	sink    Sink
	log     *slog.Logger
	metrics *metrics

	mu      sync.Mutex // guards ctx, closed; running.Add happens under it
	ctx     context.Context
	running sync.WaitGroup
	lookups chan struct{} // one token a look-up under way
	pops    chan struct{}
}

// New builds the finder the configuration asks for; it opens nothing but the CSV file. getenv finds the secrets; numbers
// is the form in which callers' numbers come.
func New(cfg Config, numbers number.Form, getenv func(string) string, sink Sink, log *slog.Logger, reg prometheus.Registerer) (*Tasks, error) {
	t := &Tasks{
		cfg: cfg, sink: sink, log: log, metrics: newMetrics(reg),
		lookups: make(chan struct{}, cfg.Tickets.Workers),
		pops:    make(chan struct{}, cfg.Pop.Workers),
	}
	switch {
	case cfg.Tickets.CSV != "":
		file, err := newCSV(cfg.Tickets.System, cfg.Tickets.CSV, numbers)
		if err != nil {
			return nil, err
		}
		t.finder = file
	case cfg.Tickets.URL != "":
		t.finder = newHTTP(cfg.Tickets.System, cfg.Tickets.URL, getenv(cfg.Tickets.TokenEnv))
	}
	if cfg.Pop.Webhook != "" {
		secret := getenv(cfg.Pop.SecretEnv)
		if secret == "" {
			return nil, fmt.Errorf("screen pops: the variable %s is empty; set it to the secret shared with %s", cfg.Pop.SecretEnv, cfg.Pop.Webhook)
		}
		t.poster = newPoster(cfg.Pop, secret)
	}
	return t, nil
}

// Run serves until ctx ends, then waits for the tasks under way; each has its own deadline.
func (t *Tasks) Run(ctx context.Context) error {
	t.mu.Lock()
	t.ctx = ctx
	t.mu.Unlock()
	<-ctx.Done()
	t.mu.Lock()
	t.ctx = nil
	t.mu.Unlock()
	t.running.Wait()
	return nil
}

// Do starts a Lookup or Pop command and returns at once. A command that comes while Run is not serving is answered as failed.
func (t *Tasks) Do(command callcenter.Command) {
	t.mu.Lock()
	ctx := t.ctx
	if ctx != nil {
		t.running.Add(1)
	}
	t.mu.Unlock()
	work := func(ctx context.Context) {
		switch c := command.(type) {
		case callcenter.Lookup:
			t.lookup(ctx, c)
		case callcenter.Pop:
			t.pop(ctx, c)
		}
	}
	if ctx == nil {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		work(ended)
		return
	}
	go func() {
		defer t.running.Done()
		work(ctx)
	}()
}

func (t *Tasks) lookup(ctx context.Context, c callcenter.Lookup) {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	done, err := t.find(ctx, c)
	switch {
	case err == nil:
	case ctx.Err() == context.DeadlineExceeded:
		done = callcenter.LookupDone{Result: fact.LookupTimeout}
	default:
		done = callcenter.LookupDone{Result: fact.LookupFailed}
	}
	if err != nil {
		t.log.Warn("lookup failed", "contact", c.Contact, "lookup", c.Lookup, "method", string(c.Method), "error", err)
	}
	done.Lookup = c.Lookup
	t.metrics.lookups.WithLabelValues(string(done.Result)).Inc()
	t.metrics.lookupSeconds.Observe(time.Since(started).Seconds())
	t.sink.Put(time.Time{}, done)
}

func (t *Tasks) find(ctx context.Context, c callcenter.Lookup) (callcenter.LookupDone, error) {
	if t.finder == nil {
		return callcenter.LookupDone{Result: fact.LookupNotFound}, nil
	}
	if err := acquire(ctx, t.lookups); err != nil {
		return callcenter.LookupDone{}, fmt.Errorf("wait for one of %d look-ups under way: %w", cap(t.lookups), err)
	}
	defer func() { <-t.lookups }()
	return t.finder.Find(ctx, c.Method, c.Value)
}

func (t *Tasks) pop(ctx context.Context, c callcenter.Pop) {
	done := callcenter.PopDone{Pop: c.Popup.Pop, Channel: fact.PopWebhook, Result: fact.PopFailed, Attempt: 1}
	if t.poster == nil {
		return // no webhook configured: the agent's page gets the pop from the stream of now
	}
	err := acquire(ctx, t.pops)
	if err == nil {
		done.Result, done.Attempt, err = t.poster.deliver(ctx, c.Popup)
		<-t.pops
	}
	if err != nil {
		done.Error = err.Error()
		t.log.Warn("screen pop not delivered", "contact", c.Contact, "agent", c.Popup.Agent, "attempts", done.Attempt, "error", err)
	}
	t.metrics.pops.WithLabelValues(string(done.Result)).Inc()
	t.sink.Put(time.Time{}, done)
}

func acquire(ctx context.Context, slots chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
