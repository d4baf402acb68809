package asterisk

import (
	"context"
	"log/slog"
	"reflect"
	"sync"

	"firstline/telephony/callcenter"
)

// executor carries commands out: those of one contact one after the other in the order given, those of different contacts
// beside each other, at most workers at once. A channel that Asterisk keeps busy so delays only its own contact, and no
// longer than a request's deadline.
type executor struct {
	rest    *rest
	app     string
	workers int
	check   func(context.Context, callcenter.CheckPhone) error
	failed  func(callcenter.CommandFailed) // told of each command refused for good; must not block
	log     *slog.Logger
	metrics *metrics
	legs    *legs

	mu      sync.Mutex // guards all below
	changed *sync.Cond
	lines   map[string]*line // contacts with commands waiting or under way
	ready   []*line          // lines with commands waiting and none under way, oldest first
	pending int              // commands waiting, under way or put off
	putOff  putOff
	closed  bool // Run has ended or is ending
}

// line is the queue of one contact.
type line struct {
	key     string
	waiting []job
	busy    bool // one is under way, or the line stands in ready
}

// job is a command and how often it has failed.
type job struct {
	callcenter.Command
	failed int
}

func newExecutor(r *rest, cfg Config, failed func(callcenter.CommandFailed), log *slog.Logger, m *metrics) *executor {
	e := &executor{rest: r, app: cfg.App, workers: cfg.Workers, failed: failed, log: log, metrics: m, legs: newLegs(),
		lines: make(map[string]*line), putOff: make(putOff)}
	e.changed = sync.NewCond(&e.mu)
	return e
}

// Execute takes commands and returns at once. Those that are not Asterisk's (Lookup, Pop) are left to whoever the
// controller gives them to: they are ignored here. Commands given before Run starts wait for it.
func (e *executor) Execute(commands []callcenter.Command) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range commands {
		switch c.(type) {
		case callcenter.Lookup, callcenter.Pop:
			continue
		}
		if e.closed {
			e.metrics.commands.WithLabelValues(kind(c), "dropped").Inc()
			continue
		}
		e.pending++
		e.add(c.ContactID(), job{Command: c})
	}
	e.metrics.pending.Set(float64(e.pending))
}

func (e *executor) add(key string, j job) {
	l := e.lines[key]
	if l == nil {
		l = &line{key: key}
		e.lines[key] = l
	}
	l.waiting = append(l.waiting, j)
	if !l.busy {
		l.busy = true
		e.ready = append(e.ready, l)
		e.changed.Signal()
	}
}

// Run works until ctx ends. Commands under way are finished then; those waiting are dropped and counted: after a restart
// the core compares what is with what should be, and gives them again.
func (e *executor) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, e.close)
	defer stop()
	var all sync.WaitGroup
	for range e.workers {
		all.Go(func() { e.work(context.WithoutCancel(ctx)) })
	}
	all.Wait()
	return nil
}

func (e *executor) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for _, l := range e.lines {
		for _, j := range l.waiting {
			e.drop(j)
		}
		l.waiting = nil
	}
	for _, j := range e.putOff.stop() {
		e.drop(j)
	}
	e.ready = nil
	e.changed.Broadcast()
}

func (e *executor) drop(j job) {
	e.metrics.commands.WithLabelValues(kind(j.Command), "dropped").Inc()
	e.pending--
}

func (e *executor) work(ctx context.Context) {
	for {
		l, j := e.take()
		if l == nil {
			return
		}
		switch err := e.execute(ctx, j.Command); {
		case err == nil:
			e.metrics.commands.WithLabelValues(kind(j.Command), "done").Inc()
		case e.again(j, err):
		default:
			e.refuse(j.Command, err)
		}
		e.finish(l)
	}
}

// take waits for the next command; nil when there will be none.
func (e *executor) take() (*line, job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.ready) == 0 && !e.closed {
		e.changed.Wait()
	}
	if e.closed {
		return nil, job{}
	}
	l := e.ready[0]
	e.ready = e.ready[1:]
	j := l.waiting[0]
	l.waiting = l.waiting[1:]
	return l, j
}

// finish puts the line back behind the others, so that no contact keeps a worker for itself.
func (e *executor) finish(l *line) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pending--
	e.metrics.pending.Set(float64(e.pending))
	if len(l.waiting) > 0 && !e.closed {
		e.ready = append(e.ready, l)
		e.changed.Signal()
		return
	}
	l.busy = false
	delete(e.lines, l.key)
	if e.pending == 0 {
		e.changed.Broadcast()
	}
}

// settle waits until no command is waiting or under way, or ctx ends.
func (e *executor) settle(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.changed.Broadcast()
	})
	defer stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.pending > 0 && !e.closed && ctx.Err() == nil {
		e.changed.Wait()
	}
}

func (e *executor) refuse(c callcenter.Command, err error) {
	e.metrics.commands.WithLabelValues(kind(c), "failed").Inc()
	e.log.Warn("asterisk refused a command", "command", c.CommandID(), "kind", kind(c), "call", c.ContactID(), "error", err)
	e.failed(callcenter.CommandFailed{ID: c.CommandID(), Code: codeOf(err), Text: err.Error()})
}

// kind is the command's type without its package, for logs and metrics.
func kind(c callcenter.Command) string { return reflect.TypeOf(c).Name() }
