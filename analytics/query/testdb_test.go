package query

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

// loadFacts puts facts where the product has them: in the tables of analytics/store, through its own inserts, on the real
// engine. It returns a connection to their database.
func loadFacts(t testing.TB, facts []fact.Fact) clickhouse.Conn {
	t.Helper()
	if *rewrite {
		t.Skip("only writes the golden files")
	}
	cfg := store.DefaultConfig()
	cfg.URL, cfg.Database = chdbtest.Database(t)
	s, err := store.Open(cfg, os.Getenv, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ctx := context.Background()
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	byTopic := map[string][]fact.Fact{}
	for _, f := range facts {
		byTopic[f.Topic()] = append(byTopic[f.Topic()], f)
	}
	for topic, list := range byTopic {
		l := load.Load{Plan: load.Plan{Cluster: "test", Topic: topic, Number: 1, Last: int64(len(list) - 1)}, Facts: int64(len(list))}
		for _, f := range list {
			if f.Time.After(l.Watermark) {
				l.Watermark = f.Time
			}
		}
		if err := s.Insert(ctx, l, list); err != nil {
			t.Fatal(err)
		}
	}
	return s.Conn()
}
