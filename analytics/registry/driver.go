package registry

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// connector makes connections to PostgreSQL that take the statements of this package as SQLite does. So the methods of Registry are
// written once.
type connector struct {
	driver.Connector // pgx's

	config   *pgx.ConnConfig
	patience time.Duration // with a connection, a statement, a transaction
	m        *metrics
	ready    atomic.Bool // the database is of this program's version
}

// errNotReached is told while PostgreSQL was not reached since the start.
var errNotReached = errors.New("postgresql is not reached yet")

// Connect is how database/sql fills its pool.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	if !c.ready.Load() {
		return nil, errNotReached
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	made, err := c.Connector.Connect(ctx)
	if err != nil {
		c.m.failures.WithLabelValues(unreached).Inc()
		return nil, err
	}
	return &conn{made.(*stdlib.Conn), c.patience, c.m}, nil
}

// conn is a connection to PostgreSQL on which each statement has a deadline.
type conn struct {
	*stdlib.Conn

	patience time.Duration
	m        *metrics
}

var (
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.NamedValueChecker  = (*conn)(nil)
	_ driver.SessionResetter    = (*conn)(nil)
)

// ExecContext and QueryContext run one statement.
func (c *conn) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	began := time.Now()
	result, err := c.Conn.ExecContext(ctx, numbered(statement), args)
	c.m.seconds.Observe(time.Since(began).Seconds())
	c.m.failed(err)
	return result, err
}

func (c *conn) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	began := time.Now()
	found, err := c.Conn.QueryContext(ctx, numbered(statement), args)
	c.m.seconds.Observe(time.Since(began).Seconds())
	if err != nil {
		cancel()
		c.m.failed(err)
		return nil, err
	}
	return &rows{found, cancel}, nil
}

// PrepareContext is there so that nobody passes the two by.
func (c *conn) PrepareContext(ctx context.Context, statement string) (driver.Stmt, error) {
	return c.Conn.PrepareContext(ctx, numbered(statement))
}

// rows are read within the statement's deadline.
type rows struct {
	driver.Rows

	done context.CancelFunc
}

// Close ends the deadline with the rows.
func (r *rows) Close() error {
	defer r.done()
	return r.Rows.Close()
}

// BeginTx begins a transaction that has one deadline for all of it. Transactions run one after another, as SQLite's immediate ones do:
// what one read nobody else changes before it wrote. A change outside of any in between lets it fail (40001) instead of being lost.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	opts.Isolation = driver.IsolationLevel(sql.LevelRepeatableRead)
	begun, err := c.Conn.BeginTx(ctx, opts)
	if err != nil {
		cancel()
		c.m.failed(err)
		return nil, err
	}
	t := &tx{begun, cancel}
	if _, err := c.ExecContext(ctx, "LOCK TABLE registry_version IN EXCLUSIVE MODE", nil); err != nil { // before its snapshot is taken
		return nil, errors.Join(err, t.Rollback())
	}
	return t, nil
}

// ResetSession looks whether a connection that lay in the pool is still one; pgx sets no deadline for it.
func (c *conn) ResetSession(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	err := c.Conn.ResetSession(ctx)
	if err != nil {
		c.m.failures.WithLabelValues(broken).Inc()
	}
	return err
}

type tx struct {
	driver.Tx

	done context.CancelFunc
}

// Commit and Rollback end the deadline with the transaction.
func (t *tx) Commit() error {
	defer t.done()
	return t.Tx.Commit()
}

func (t *tx) Rollback() error {
	defer t.done()
	return t.Tx.Rollback()
}

// CheckNamedValue brings what is passed to what SQLite is given, too: numbers, texts, bytes; yes is 1.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	value, err := driver.DefaultParameterConverter.ConvertValue(v.Value)
	if err != nil {
		return err
	}
	switch value := value.(type) {
	case bool:
		v.Value = int64(0)
		if value {
			v.Value = int64(1)
		}
	case string:
		v.Value = plain(value)
	default:
		v.Value = value
	}
	return nil
}
