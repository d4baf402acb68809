package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"firstline/analytics/chdb/chdbtest"
	"firstline/pipeline/fact"
)

// BenchmarkInsert is the whole path of the loader's inserts: facts → rows → clickhouse-go over HTTP → engine, each plan
// into all of its tables and the book. A call of the busy day touches some 15 tables.
func BenchmarkInsert(b *testing.B) {
	for _, size := range []int{30, 1_000, 20_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			url, database := chdbtest.Database(b)
			s := openAt(b, url, database)
			if err := s.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			types := fact.Types()
			var position uint64
			b.ResetTimer()
			for n := range b.N {
				b.StopTimer()
				facts := make([]fact.Fact, size)
				for i := range facts {
					position++
					facts[i] = sample(types[i%len(types)], position, rng)
				}
				b.StartTimer()
				if err := s.Insert(b.Context(), plan(uint64(n+1)), facts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)*2*float64(b.N)/b.Elapsed().Seconds(), "rows/s") // each fact is a row of events too
		})
	}
}
