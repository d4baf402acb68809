package chdb

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// pool hands out the connections. Long reads may take all but a quarter of them, so that reports never keep the loader
// from inserting. Who finds none waits, within limits.
type pool struct {
	lib      *library
	path     string
	log      *slog.Logger
	base     map[string]string // settings of every connection, unless the request sets them
	maxWait  time.Duration
	maxQueue int
	metrics  *metrics

	idle    chan *conn    // connections nobody uses
	reads   chan struct{} // one token a long read holds
	control chan *conn    // the one that is only for KILL QUERY

	mu      sync.Mutex // guards waiting
	waiting int
}

// settingComment is the setting by which a connection's queries are told apart; requests can't set it.
const settingComment = "log_comment"

func openPool(lib *library, path string, cfg Config, log *slog.Logger, m *metrics) (*pool, error) {
	reserved := max(1, cfg.Connections/4)
	p := &pool{
		lib: lib, path: path, log: log, metrics: m,
		base: map[string]string{
			"max_memory_usage": fmt.Sprint(cfg.MaxQueryMemoryMB << 20),
			// An insert is acknowledged when it is in its table, never when it is merely noted.
			"async_insert": "0",
		},
		maxWait: cfg.MaxWait, maxQueue: cfg.Waiting,
		idle:  make(chan *conn, cfg.Connections),
		reads: make(chan struct{}, cfg.Connections-reserved), control: make(chan *conn, 1),
	}
	control, err := p.open("firstline-control")
	if err != nil {
		return nil, err
	}
	p.control <- control
	for i := range cfg.Connections {
		c, err := p.open(fmt.Sprintf("firstline-%d", i))
		if err != nil {
			p.close()
			return nil, err
		}
		p.idle <- c
	}
	return p, nil
}

func (p *pool) open(name string) (*conn, error) {
	h, err := p.lib.open(p.path)
	if err != nil {
		return nil, err
	}
	return &conn{h: h, name: name, database: "default"}, nil
}

// close ends all connections; every one must have been put back.
func (p *pool) close() {
	(<-p.control).h.close()
	for len(p.idle) > 0 {
		(<-p.idle).h.close()
	}
}

// get takes a connection. The error is an *Exception.
func (p *pool) get(ctx context.Context, long bool) (*conn, error) {
	if err := p.enqueue(); err != nil {
		return nil, err
	}
	defer p.dequeue()
	start := time.Now()
	defer func() { p.metrics.wait.Observe(time.Since(start).Seconds()) }()
	timeout := time.NewTimer(p.maxWait)
	defer timeout.Stop()
	if long {
		select {
		case p.reads <- struct{}{}:
		case <-ctx.Done():
			return nil, exception(codeCancelled, "The client went away while the query waited for a connection")
		case <-timeout.C:
			return nil, p.full("waited %s for a connection", p.maxWait)
		}
	}
	var c *conn
	select {
	case c = <-p.idle:
	case <-ctx.Done():
		p.forget(long)
		return nil, exception(codeCancelled, "The client went away while the query waited for a connection")
	case <-timeout.C:
		p.forget(long)
		return nil, p.full("waited %s for a connection", p.maxWait)
	}
	if err := p.renew(c); err != nil { // tried when it was put back, too
		p.put(c, long)
		return nil, err
	}
	return c, nil
}

func (p *pool) forget(long bool) {
	if long {
		<-p.reads
	}
}

// put gives a connection back. A spoiled one is replaced at once: what failed on it may keep its table locked until then.
func (p *pool) put(c *conn, long bool) {
	if err := p.renew(c); err != nil {
		p.log.Error("connection to the engine could not be renewed", "error", err)
	}
	p.idle <- c
	p.forget(long)
}

// renew replaces a spoiled connection's handle. The old one stays open until the new one is: the engine must never be
// without any.
func (p *pool) renew(c *conn) error {
	if !c.spoiled {
		return nil
	}
	fresh, err := p.open(c.name)
	if err != nil {
		return exception(codeLogicalError, "%s", err)
	}
	c.h.close()
	*c = *fresh
	p.metrics.renewed.Inc()
	return nil
}

func (p *pool) enqueue() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting >= p.maxQueue+cap(p.idle) {
		return p.full("%d are waiting already", p.waiting)
	}
	p.waiting++
	return nil
}

func (p *pool) dequeue() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting--
}

func (p *pool) full(why string, args ...any) *Exception {
	p.metrics.refused.WithLabelValues("busy").Inc()
	return exception(codeTooManyQueries, "Too many simultaneous queries, maximum: %d; %s", cap(p.idle), fmt.Sprintf(why, args...))
}

// kill asks the engine to end what the named connection runs. It does not wait for that.
func (p *pool) kill(name string) {
	control := <-p.control
	defer func() { p.control <- control }()
	p.metrics.kills.Inc()
	err := control.run("KILL QUERY WHERE Settings['" + settingComment + "'] = " + quoteString(name) + " ASYNC")
	if err != nil {
		p.log.Error("query could not be killed", "error", err)
	}
}
