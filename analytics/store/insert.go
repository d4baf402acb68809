package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

// parallelInserts is how many tables of one plan are inserted into at once.
const parallelInserts = 4

// Insert implements load.Sink. Repeating a call with the same plan and facts changes nothing: each table gets the plan's
// rows in one insert whose token it remembers, and with l.Check set only the rows it lacks. Facts of erased callers come without
// what tells of them.
func (s *Store) Insert(ctx context.Context, l load.Load, facts []fact.Fact) error {
	facts, err := s.erase(ctx, facts)
	if err != nil {
		return fmt.Errorf("insert facts: %w", err)
	}
	loadedAt := s.now().UTC().Truncate(time.Millisecond)
	split, err := split(s.tables, facts, loadedAt)
	if err != nil {
		return fmt.Errorf("insert facts: %w", err)
	}
	if len(split) > 0 { // events alone first: what it holds is what may be anywhere
		if err := s.insertRows(ctx, l.Plan, split[0]); err != nil {
			return err
		}
		if err := s.insertAll(ctx, l.Plan, split[1:]); err != nil {
			return err
		}
	}
	return s.noteLoad(ctx, l, note{late: lateOf(facts, loadedAt), moved: movedOf(split), at: loadedAt})
}

// insertAll inserts into several tables side by side and waits for all of them.
func (s *Store) insertAll(ctx context.Context, plan load.Plan, split []*rows) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	free := make(chan struct{}, parallelInserts)
	errs := make([]error, len(split))
	var running sync.WaitGroup
	for i, r := range split {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			if errs[i] = s.insertRows(ctx, plan, r); errs[i] != nil {
				cancel()
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// insertRows brings the rows of a plan into one table.
func (s *Store) insertRows(ctx context.Context, plan load.Plan, r *rows) error {
	token := plan.Token(r.table.Name)
	s.metrics.clamped.Add(float64(r.clamped))
	if !plan.Check {
		return s.send(ctx, r, token)
	}
	r, err := s.lacking(ctx, r)
	if err != nil || r == nil {
		return err
	}
	if err := s.send(ctx, r, token); err != nil {
		return err
	}
	return s.sendForgotten(ctx, r, token)
}

// send is one insert into one table.
func (s *Store) send(ctx context.Context, r *rows, token string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.InsertTimeout)
	defer cancel()
	start := time.Now()
	defer func() {
		s.metrics.seconds.Observe(time.Since(start).Seconds())
		if err != nil {
			s.metrics.inserts.WithLabelValues(r.table.Name, "error").Inc()
			err = fmt.Errorf("insert %d rows into %s: %w", len(r.facts), r.table.Name, err)
			return
		}
		s.metrics.inserts.WithLabelValues(r.table.Name, "ok").Inc()
		s.metrics.rows.WithLabelValues(r.table.Name).Add(float64(len(r.facts)))
	}()
	ctx = clickhouse.Context(ctx, clickhouse.WithColumnNamesAndTypes(r.table.Types()), clickhouse.WithSettings(s.insertSettings(token)))
	batch, err := s.conn.PrepareBatch(ctx, r.table.InsertSQL())
	if err != nil {
		return err
	}
	defer func() { _ = batch.Close() }()
	if err := r.fill(batch); err != nil {
		return err
	}
	return batch.Send()
}

// insertSettings are sent with every insert.
func (s *Store) insertSettings(token string) clickhouse.Settings {
	return clickhouse.Settings{
		"insert_deduplication_token": token,
		"async_insert":               0,
		"insert_deduplicate":         1,
		// The server gives up before the client does, so that a repeat never meets its own first try.
		"max_execution_time": max(1, int(s.cfg.InsertTimeout.Seconds())-5),
		// One block, so one part for each month: what a retry finds is all or nothing of it.
		"max_insert_block_size":           1 << 20,
		"min_insert_block_size_rows":      1 << 20,
		"min_insert_block_size_bytes":     1 << 30,
		"max_insert_threads":              1,
		"max_partitions_per_insert_block": 0, // a sender with a broken clock must not stop the loader
	}
}
