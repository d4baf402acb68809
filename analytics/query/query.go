// Package query answers reports and searches from ClickHouse: a validated request becomes one SQL statement with
// arguments, its rows become the result types of analytics/metric.
//
// analytics/api calls it. What the numbers mean is defined in analytics/metric; this package computes the same in SQL and
// is tested to be equal. Edges of intervals are built in Go from the request's zone and sent as UTC instants: no SQL here
// knows of time zones. It never writes, never caches, and decides nothing about rights: the caller narrows the queues,
// agents and personal fields that a request may touch.
package query

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/row"
)

// Conn is what this package needs of clickhouse-go.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

var _ Conn = clickhouse.Conn(nil)

// Reader answers requests. It is safe for concurrent use.
type Reader struct {
	conn   Conn
	cfg    Config
	now    func() time.Time
	turns  *turns
	tables *row.Tables
}

// New returns a Reader over a connection whose database holds analytics/store's tables. now gives as_of.
func New(conn Conn, cfg Config, now func() time.Time) *Reader {
	return &Reader{conn: conn, cfg: cfg, now: now, turns: newTurns(cfg), tables: row.NewTables()}
}

// run executes a statement under the configured limits and calls scan for each row. scan must not run another: it would wait for
// the turn that this one has.
func (r *Reader) run(ctx context.Context, s statement, scan func(driver.Rows) error) error {
	done, err := r.turns.take(ctx)
	if err != nil {
		return fmt.Errorf("query %s: %w", s.name, err)
	}
	defer done()
	if err := r.execute(ctx, s, scan); err != nil {
		return fmt.Errorf("query %s: %w", s.name, r.cfg.limitOf(err))
	}
	return nil
}

func (r *Reader) execute(ctx context.Context, s statement, scan func(driver.Rows) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout+time.Second)
	defer cancel()
	rows, err := r.conn.Query(ctx, s.limited(r.cfg), s.arguments()...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			_ = rows.Close()
			return fmt.Errorf("read a row: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		_ = rows.Close()
		return err
	}
	return rows.Close()
}
