package chdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// conn is one connection to the engine. It runs one query at a time and is owned by whoever took it from the pool.
type conn struct {
	h    *handle
	name string // the log_comment of all its queries: by it a running one is found and killed

	database string            // as last set by USE; "" is the engine's default
	applied  map[string]string // settings as last set by SET
	spoiled  bool              // its state is not known any more: to be replaced before the next query
}

// prepare puts the connection into the state a request asks for. Only differences are sent to the engine.
func (c *conn) prepare(database string, settings map[string]string) error {
	if database == "" {
		database = "default"
	}
	if database != c.database {
		if err := c.run("USE " + quoteName(database)); err != nil {
			return err
		}
		c.database = database
	}
	changes := settingChanges(c.applied, settings)
	if len(changes) == 0 {
		return nil
	}
	if err := c.run("SET " + strings.Join(changes, ", ")); err != nil {
		c.spoiled = true // some of them may be in force
		return err
	}
	c.applied = maps.Clone(settings)
	return nil
}

// settingChanges are the assignments that lead from one state to another, in the order of their names.
func settingChanges(from, to map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(to)) {
		if old, ok := from[name]; !ok || old != to[name] {
			out = append(out, name+" = "+quoteString(to[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		if _, ok := to[name]; !ok {
			out = append(out, name+" = DEFAULT")
		}
	}
	return out
}

// run executes a statement whose answer does not matter.
func (c *conn) run(sql string) error {
	r := result{c.h.lib, c.h.invoke(c.h.lib.query, statement{sql: sql, format: "Null"})}
	defer r.free()
	return r.err()
}

// whole executes a statement and returns its complete answer; free it also on an error.
func (c *conn) whole(s statement) (result, error) {
	r := result{c.h.lib, c.h.invoke(c.h.lib.query, s)}
	return r, r.err()
}

// answer is the answer of a SELECT, read as a stream while the engine still works on it. Close it.
type answer struct {
	c      *conn
	stream result
	chunk  result
	rest   []byte // of chunk, not yet read
	err    error  // sticky; io.EOF at the end
}

// errNotStreamed says that the engine gives this statement's answer as a whole only.
var errNotStreamed = errors.New("the engine does not stream this statement")

// open starts a statement and waits for the first chunk, so that most errors are known before anything is sent.
func (c *conn) open(s statement) (*answer, error) {
	a := &answer{c: c, stream: result{c.h.lib, c.h.invoke(c.h.lib.stream, s)}}
	if err := a.stream.err(); err != nil {
		a.stream.free()
		if strings.Contains(err.Error(), "Streaming query is not supported") {
			return nil, errNotStreamed
		}
		return nil, err
	}
	if a.fetch(); a.err != nil && !errors.Is(a.err, io.EOF) {
		err := a.err
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *answer) fetch() {
	a.chunk.free()
	a.chunk = result{a.c.h.lib, a.c.h.lib.fetch(a.c.h.inner, a.stream.ptr)}
	if a.err = a.chunk.err(); a.err != nil {
		return
	}
	if a.rest = a.chunk.data(); len(a.rest) == 0 {
		a.err = io.EOF
	}
}

// Read implements io.Reader. Its error is an *Exception or io.EOF.
func (a *answer) Read(p []byte) (int, error) {
	if len(a.rest) == 0 && a.err == nil {
		a.fetch()
	}
	if a.err != nil {
		return 0, a.err
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// close ends the query where it still runs.
func (a *answer) close() {
	if a.err == nil {
		a.c.h.lib.cancel(a.c.h.inner, a.stream.ptr)
	}
	a.rest = nil
	a.chunk.free()
	a.stream.free()
}

// written is what an insert did.
type written struct{ rows, bytes uint64 }

// insert runs an INSERT whose data come from a reader in s.format. A failing reader cancels it: nothing of the block
// that was being read is inserted.
func (c *conn) insert(s statement, data io.Reader) (written, error) {
	lib := c.h.lib
	stream := c.h.invoke(lib.insert, s)
	defer lib.insertDestroy(stream)
	if err := engineError(goString(lib.insertError(stream))); err != nil {
		return written{}, err
	}
	buf := make([]byte, 256<<10)
	for {
		n, err := data.Read(buf)
		if n > 0 && lib.insertAppend(stream, unsafe.Pointer(&buf[0]), uint64(n)) != 0 {
			break // the reason comes with done
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			lib.insertCancel(stream)
			return written{}, fmt.Errorf("read the data of the insert: %w", err)
		}
	}
	done := result{lib, lib.insertDone(stream)}
	defer done.free()
	if err := done.err(); err != nil {
		return written{}, err
	}
	return written{rows: lib.rowsWritten(done.ptr), bytes: lib.bytesWriten(done.ptr)}, nil
}

const killInterval = 50 * time.Millisecond

// guard kills what the connection runs when ctx ends, until the returned function is called; that one waits for the
// killer.
func (c *conn) guard(ctx context.Context, kill func(name string)) (release func()) {
	finished, killed := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		again := time.NewTicker(killInterval)
		defer again.Stop()
		for {
			kill(c.name) // the query may not have begun yet: until it ends, tell it again
			select {
			case <-finished:
				return
			case <-again.C:
			}
		}
	})
	return func() {
		close(finished)
		if !stop() {
			<-killed
		}
	}
}

func quoteString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(s) + "`"
}
