package asterisk

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"firstline/telephony/callcenter"
)

// executor carries commands out: those of one contact in the order given, those of different contacts beside each other, at
// most workers at once. A channel that Asterisk keeps busy so delays only its own contact, and no longer than a request's
// deadline. An agent's leg is made and dialled beside what is still being done to the caller (see touches), and while one
// is, tidying up waits a little (see tidies): his phone rings some requests earlier.
type executor struct {
	rest    *rest
	app     string
	workers int
	prompts string // folder of the prompts as Asterisk sees it
	check   func(context.Context, callcenter.CheckPhone) error
	failed  func(callcenter.CommandFailed) // told of each command refused for good; must not block
	log     *slog.Logger
	metrics *metrics
	legs    *legs

	mu      sync.Mutex       // guards all below
	todo    *sync.Cond       // a command may be taken, or none ever will
	empty   *sync.Cond       // nothing is pending, or nobody shall wait for that
	lines   map[string]*line // contacts with commands waiting or under way
	ready   []*job           // commands that wait for nothing but a worker, oldest first
	tidy    []*job           // the same, of those that tidy up
	rings   int              // legs being made, or waiting for a worker
	pending int              // commands waiting, under way or put off
	putOff  putOff
	closed  bool // Run has ended or is ending
}

// line is the commands of one contact that are not done, in the order given.
type line struct {
	key  string
	jobs []*job
}

// job is a command and how often it has failed.
type job struct {
	callcenter.Command
	failed int
	line   *line
	ready  bool      // it waits for no other command, or is under way
	since  time.Time // when it became ready
}

// tidyWithin is how long tidying up waits at most while phones are made to ring.
const tidyWithin = 25 * time.Millisecond

// tidies says whether a command only clears away what is over. It makes work for Asterisk in just the moment in which an
// agent has become free and his phone should ring with the next call.
func tidies(c callcenter.Command) bool {
	switch c.(type) {
	case callcenter.HangUp, callcenter.DestroyBridge:
		return true
	}
	return false
}

func rings(c callcenter.Command) bool {
	_, ok := c.(callcenter.Ring)
	return ok
}

func newExecutor(r *rest, cfg Config, failed func(callcenter.CommandFailed), log *slog.Logger, m *metrics) *executor {
	e := &executor{rest: r, app: cfg.App, workers: cfg.Workers, failed: failed, log: log, metrics: m, legs: newLegs(),
		lines: make(map[string]*line), putOff: make(putOff)}
	e.todo, e.empty = sync.NewCond(&e.mu), sync.NewCond(&e.mu)
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
		e.add(c.ContactID(), &job{Command: c})
	}
	e.metrics.pending.Set(float64(e.pending))
}

func (e *executor) add(key string, j *job) {
	l := e.lines[key]
	if l == nil {
		l = &line{key: key}
		e.lines[key] = l
	}
	j.line = l
	l.jobs = append(l.jobs, j)
	e.offer(l)
}

// offer makes the line's commands that wait for no earlier one ready.
func (e *executor) offer(l *line) {
	for i, j := range l.jobs {
		if !j.ready && !j.waitsFor(l.jobs[:i]) {
			e.makeReady(j)
		}
	}
}

func (e *executor) makeReady(j *job) {
	j.ready, j.since = true, time.Now()
	if !tidies(j.Command) {
		if rings(j.Command) {
			e.rings++
		}
		e.ready = append(e.ready, j)
		e.todo.Signal()
		return
	}
	e.tidy = append(e.tidy, j)
	if e.rings == 0 {
		e.todo.Signal()
	}
	time.AfterFunc(tidyWithin, e.tidyOverdue)
}

func (e *executor) tidyOverdue() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.overdue() {
		e.todo.Signal()
	}
}

// overdue says whether tidying up has waited long enough.
func (e *executor) overdue() bool {
	return len(e.tidy) > 0 && time.Since(e.tidy[0].since) >= tidyWithin
}

// waitsFor says whether one of the earlier commands touches what this one touches.
func (j *job) waitsFor(earlier []*job) bool {
	mine := touches(j.Command)
	for _, other := range earlier {
		for _, what := range touches(other.Command) {
			if slices.Contains(mine, what) {
				return true
			}
		}
	}
	return false
}

// touches is what a command needs to itself: the contact, but for a leg that is made and dialled, and a recording that is muted.
func touches(command callcenter.Command) []string {
	switch c := command.(type) {
	case callcenter.Ring:
		return []string{c.Channel}
	case callcenter.HangUp:
		return []string{c.Contact, c.Channel}
	case callcenter.AddToBridge:
		return append([]string{c.Contact}, c.Channels...)
	case callcenter.RecordSnoop:
		return []string{c.Contact, c.Snoop}
	case callcenter.MuteRecording: // a pause waits for nothing else
		return []string{c.Recording}
	default:
		return []string{command.ContactID()}
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
		for _, j := range l.jobs {
			if !j.ready {
				e.drop(j)
			}
		}
	}
	for _, j := range slices.Concat(e.ready, e.tidy, e.putOff.stop()) {
		e.drop(j)
	}
	e.ready, e.tidy = nil, nil
	e.todo.Broadcast()
	e.empty.Broadcast()
}

func (e *executor) drop(j *job) {
	e.metrics.commands.WithLabelValues(kind(j.Command), "dropped").Inc()
	e.pending--
}

func (e *executor) work(ctx context.Context) {
	for j := e.take(); j != nil; j = e.take() {
		switch err := e.execute(ctx, j.Command); {
		case err == nil:
			e.metrics.commands.WithLabelValues(kind(j.Command), "done").Inc()
		case e.again(j, err):
		default:
			e.refuse(j.Command, err)
		}
		e.finish(j)
	}
}

// take waits for the next command; nil when there will be none.
func (e *executor) take() *job {
	e.mu.Lock()
	defer e.mu.Unlock()
	for !e.closed {
		if j := e.next(); j != nil {
			return j
		}
		e.todo.Wait()
	}
	return nil
}

// next is the command to do now, if there is one.
func (e *executor) next() (j *job) {
	overdue := e.overdue()
	switch {
	case len(e.ready) > 0 && !overdue:
		j, e.ready = e.ready[0], e.ready[1:]
	case len(e.tidy) > 0 && (e.rings == 0 || overdue):
		j, e.tidy = e.tidy[0], e.tidy[1:]
	}
	return j
}

// finish takes a command off its line; those that waited for it go behind all others that are ready, so that no contact
// keeps a worker for itself.
func (e *executor) finish(j *job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pending--
	e.metrics.pending.Set(float64(e.pending))
	if rings(j.Command) {
		if e.rings--; e.rings == 0 {
			for range e.tidy {
				e.todo.Signal() // tidying up may begin
			}
		}
	}
	l := j.line
	l.jobs = slices.DeleteFunc(l.jobs, func(other *job) bool { return other == j })
	switch {
	case len(l.jobs) == 0:
		delete(e.lines, l.key)
	case !e.closed:
		e.offer(l)
	}
	if e.pending == 0 {
		e.empty.Broadcast()
	}
}

// settle waits until no command is waiting or under way, or ctx ends.
func (e *executor) settle(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.empty.Broadcast()
	})
	defer stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.pending > 0 && !e.closed && ctx.Err() == nil {
		e.empty.Wait()
	}
}

func (e *executor) refuse(c callcenter.Command, err error) {
	e.metrics.commands.WithLabelValues(kind(c), "failed").Inc()
	e.log.Warn("asterisk refused a command", "command", c.CommandID(), "kind", kind(c), "call", c.ContactID(), "error", err)
	e.failed(callcenter.CommandFailed{ID: c.CommandID(), Code: codeOf(err), Text: err.Error()})
}

// kind is the command's type without its package, for logs and metrics.
func kind(c callcenter.Command) string { return reflect.TypeOf(c).Name() }
