package query

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// ClickHouse's codes for a statement that ran into a limit.
const (
	chTimeout  = 159 // TIMEOUT_EXCEEDED
	chTooSlow  = 160 // TOO_SLOW
	chBusy     = 202 // TOO_MANY_SIMULTANEOUS_QUERIES
	chMemory   = 241 // MEMORY_LIMIT_EXCEEDED
	chTooLarge = 396 // TOO_MANY_ROWS_OR_BYTES
)

// LimitError says that a statement needs more than a limit allows.
type LimitError struct {
	Key  string // of firstline.yaml
	Most string // what it allows: "100000 rows"
	Slow bool   // it ran out of time: it may come through when there is less to do
	err  error
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("more than %s (%s) is needed: %v", e.Most, e.Key, e.err)
}

func (e *LimitError) Unwrap() error { return e.err }

// BusyError says that a statement was not begun, or not finished, because too much else runs.
type BusyError struct {
	Own   bool          // it is the asker's own statements that run
	Most  int           // of them may, at once
	After time.Duration // when to try again
	err   error
}

func (e *BusyError) Error() string {
	if e.Own {
		return fmt.Sprintf("%d statements of the same asker run already (query.per_user)", e.Most)
	}
	return fmt.Sprintf("the database is busy: %v", e.err)
}

func (e *BusyError) Unwrap() error { return e.err }

// limitOf tells what an error of ClickHouse means where it is about a limit.
func (c Config) limitOf(err error) error {
	var exception *clickhouse.Exception
	if errors.Is(err, clickhouse.ErrAcquireConnTimeout) {
		return &BusyError{After: c.MaxWait, err: err}
	}
	if !errors.As(err, &exception) {
		return err
	}
	switch exception.Code {
	case chTimeout, chTooSlow:
		return &LimitError{Key: "query.timeout", Most: c.Timeout.String(), Slow: true, err: err}
	case chTooLarge:
		if strings.Contains(exception.Message, "bytes:") {
			return &LimitError{Key: "query.max_bytes", Most: fmt.Sprintf("%d bytes", c.MaxBytes), err: err}
		}
		return &LimitError{Key: "query.max_rows", Most: fmt.Sprintf("%d rows", c.MaxRows), err: err}
	case chMemory:
		if strings.Contains(exception.Message, "(total)") { // all statements together, not this one
			return &BusyError{After: c.MaxWait, err: err}
		}
		return &LimitError{Key: "query.memory", Most: fmt.Sprintf("%d bytes of memory", c.Memory), err: err}
	case chBusy:
		return &BusyError{After: c.MaxWait, err: err}
	default:
		return err
	}
}

type askerKey struct{}

// AskedBy says who asks: of each asker only so many statements run at once. Without it there is no such limit.
func AskedBy(ctx context.Context, asker string) context.Context {
	return context.WithValue(ctx, askerKey{}, asker)
}

// turns lets each asker have so many statements at once. Who has more waits, for a while.
type turns struct {
	most int
	wait time.Duration

	mu     sync.Mutex // guards askers
	askers map[string]*asker
}

// asker is somebody who has statements running, or waiting to.
type asker struct {
	running chan struct{}
	here    int // running or waiting
}

func newTurns(cfg Config) *turns {
	return &turns{most: cfg.PerUser, wait: cfg.MaxWait, askers: map[string]*asker{}}
}

// take waits for the asker's turn. done gives it back; it is called once, and only without an error.
func (t *turns) take(ctx context.Context) (done func(), err error) {
	name, _ := ctx.Value(askerKey{}).(string)
	if name == "" {
		return func() {}, nil
	}
	a := t.enter(name)
	patience := time.NewTimer(t.wait)
	defer patience.Stop()
	select {
	case a.running <- struct{}{}:
		return func() { <-a.running; t.leave(name) }, nil
	case <-patience.C:
		t.leave(name)
		return nil, &BusyError{Own: true, Most: t.most, After: t.wait}
	case <-ctx.Done():
		t.leave(name)
		return nil, ctx.Err()
	}
}

func (t *turns) enter(name string) *asker {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.askers[name]
	if a == nil {
		a = &asker{running: make(chan struct{}, t.most)}
		t.askers[name] = a
	}
	a.here++
	return a
}

func (t *turns) leave(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.askers[name]; a.here > 1 {
		a.here--
	} else {
		delete(t.askers, name)
	}
}
