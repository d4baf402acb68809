package store

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"firstline/analytics/row"
	"firstline/pipeline/fact"
)

// key identifies a fact in every table.
type key struct {
	source, epoch string
	position      uint64
}

func keyOf(f fact.Fact) key { return key{f.Source, f.Epoch, f.Position} }

// lacking returns the rows that the table does not have, nil when it has all of them.
func (s *Store) lacking(ctx context.Context, r *rows) (*rows, error) {
	present, err := s.present(ctx, r)
	if err != nil {
		return nil, err
	}
	rest := &rows{table: r.table, columns: make([]values, len(r.table.Columns))}
	loadedAt := r.columns[len(r.columns)-1].times
	for i, f := range r.facts {
		if present[keyOf(f)] {
			s.metrics.present.WithLabelValues(r.table.Name).Inc()
			continue
		}
		rest.append(f, loadedAt[i])
	}
	if len(rest.facts) == 0 {
		return nil, nil //nolint:nilnil // nothing is lacking
	}
	return rest, nil
}

// present asks the table which of the rows it has.
func (s *Store) present(ctx context.Context, r *rows) (map[key]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := s.sync(ctx, r.table.Name); err != nil {
		return nil, err
	}
	times := r.columns[len(r.columns)-row.EnvelopeColumns+1].times
	from, until := times[0], times[0]
	low, high := r.facts[0].Position, r.facts[0].Position
	for i, f := range r.facts {
		from, until = earlier(from, times[i]), later(until, times[i])
		low, high = min(low, f.Position), max(high, f.Position)
	}
	// The range of times lets the engine skip what is older and newer; milliseconds are what both sides have.
	found, err := s.conn.Query(ctx, `SELECT source, epoch, position FROM `+r.table.Name+`
		WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
		AND position BETWEEN {low:UInt64} AND {high:UInt64}`,
		clickhouse.Named("from", from.UnixMilli()), clickhouse.Named("until", until.UnixMilli()),
		clickhouse.Named("low", low), clickhouse.Named("high", high))
	if err != nil {
		return nil, fmt.Errorf("ask %s what it has of a repeated insert: %w", r.table.Name, err)
	}
	defer func() { _ = found.Close() }()
	out := map[key]bool{}
	for found.Next() {
		var k key
		if err := found.Scan(&k.source, &k.epoch, &k.position); err != nil {
			return nil, fmt.Errorf("ask %s what it has of a repeated insert: %w", r.table.Name, err)
		}
		out[k] = true
	}
	return out, found.Err()
}

const (
	settleTime     = 2 * time.Second
	settleInterval = 100 * time.Millisecond
)

// sendForgotten inserts rows whose token the table remembers although it lacks them. A table notes the token and the
// rows in two steps, and a kill can fall between them; so can, for a moment, our question between those of a first try
// that still runs. Only rows that stay away are inserted, under a token of their own.
func (s *Store) sendForgotten(ctx context.Context, r *rows, token string) error {
	var rest *rows
	settled, err := s.settle(ctx, func() (complete bool, err error) {
		rest, err = s.lacking(ctx, r)
		return rest == nil, err
	})
	if err != nil || settled {
		return err
	}
	s.forgotten(r.table.Name, len(rest.facts))
	return s.send(ctx, rest, token+tokenAgain)
}

// tokenAgain ends the token of rows whose first token was spent without them.
const tokenAgain = "/again"

func (s *Store) forgotten(table string, rows int) {
	s.metrics.again.WithLabelValues(table).Inc()
	s.log.Warn("table remembers an insert without having its rows; inserted again", "table", table, "rows", rows)
}

// settle asks until the answer is yes, for at most settleTime.
func (s *Store) settle(ctx context.Context, complete func() (bool, error)) (bool, error) {
	deadline := time.Now().Add(settleTime)
	again := time.NewTicker(settleInterval)
	defer again.Stop()
	for {
		yes, err := complete()
		if err != nil || yes || time.Now().After(deadline) {
			return yes, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return false, fmt.Errorf("wait for the rows of a repeated insert: %w", ctx.Err())
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
