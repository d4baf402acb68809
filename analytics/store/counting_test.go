package store_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
	"firstline/pipeline/kafka/kafkatest"
	"firstline/pipeline/load"
	"firstline/pipeline/load/loadtest"
)

// counted lets the loader's suite look at the tables. The store behind it may be exchanged while loaders use it.
type counted struct{ now atomic.Pointer[store.Store] }

func countedStore(s *store.Store) *counted {
	c := &counted{}
	c.now.Store(s)
	return c
}

func (c *counted) Insert(ctx context.Context, l load.Load, facts []fact.Fact) error {
	return c.now.Load().Insert(ctx, l, facts)
}

func (c *counted) LastLoad(ctx context.Context, topic string, partition int) (load.Load, bool, error) {
	return c.now.Load().LastLoad(ctx, topic, partition)
}

func (c *counted) Reached(ctx context.Context) ([]load.Mark, error) { return c.now.Load().Reached(ctx) }

func (c *counted) Counts(ctx context.Context, name string) (map[loadtest.Key]int, error) {
	if name != loadtest.TableEvents {
		name, _ = store.TableOf(fact.Type(name))
	}
	rows, err := c.now.Load().Conn().Query(ctx, "SELECT source, epoch, position, count() FROM "+name+" GROUP BY ALL")
	if err != nil {
		return nil, fmt.Errorf("count %s: %w", name, err)
	}
	defer func() { _ = rows.Close() }()
	out := map[loadtest.Key]int{}
	for rows.Next() {
		var k loadtest.Key
		var n uint64
		if err := rows.Scan(&k.Source, &k.Epoch, &k.Position, &n); err != nil {
			return nil, err
		}
		out[k] = int(n)
	}
	return out, rows.Err()
}

// The loader's own suite: embedded broker, real engine.
func TestLoaderCountsOnce(t *testing.T) {
	loadtest.Suite(t, func(t testing.TB) loadtest.Node { return kafkatest.Start(t) }, engineSink)
}

// engineSink is a database of its own in the shared engine.
func engineSink(t testing.TB) loadtest.Counted {
	url, database := chdbtest.Database(t)
	s := openAt(t, url, database)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return countedStore(s)
}

// The engine is killed and started again while facts come.
func TestLoaderCountsOnceOverKilledEngine(t *testing.T) {
	engine := chdbtest.Launch(t)
	const database = "killed"
	s := openAt(t, engine.URL, database)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	sink := countedStore(s)
	r := loadtest.NewRig(t, kafkatest.Start(t), sink)
	r.Load(sink, nil)
	for round := range 4 {
		r.Make(150)
		if round%2 == 0 {
			r.WaitLoaded() // else it is killed in the middle
		} else {
			r.WaitPublished()
		}
		engine.Kill()
		r.Make(150)
		engine.Restart(t)
		sink.now.Store(openAt(t, engine.URL, database))
		r.WaitLoaded()
	}
}

// The whole way from a log to the tables, reported, not asserted.

func BenchmarkLoaderThroughput(b *testing.B) {
	for b.Loop() {
		loadtest.Throughput(b, kafkatest.Start(b), engineSink(b), 100_000)
	}
}

func BenchmarkLoaderLatency(b *testing.B) {
	for b.Loop() {
		loadtest.Latency(b, kafkatest.Start(b), engineSink(b), 20, 500)
	}
}
