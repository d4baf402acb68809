package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// group runs the parts of a role. The first to end stops all; wait returns when every one has ended.
type group struct {
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
	mu   sync.Mutex // guards errs
	errs []error
}

func newGroup(ctx context.Context) *group {
	ctx, stop := context.WithCancel(ctx)
	return &group{ctx: ctx, stop: stop}
}

func (g *group) run(name string, part func(context.Context) error) {
	g.wg.Go(func() {
		defer g.stop()
		if err := part(g.ctx); err != nil && !errors.Is(err, context.Canceled) {
			g.mu.Lock()
			g.errs = append(g.errs, fmt.Errorf("%s: %w", name, err))
			g.mu.Unlock()
		}
	})
}

func (g *group) wait() error {
	g.wg.Wait()
	g.stop()
	return errors.Join(g.errs...)
}

func joined(errs ...error) error { return errors.Join(errs...) }

// newRegistry is a role's own set of metrics, the process's and Go's included.
func newRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return reg
}
