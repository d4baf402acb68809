package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"firstline/analytics/chdb/chdbtest"
	"firstline/pipeline/fact"
)

// BenchmarkInsert is the whole path of the loader's inserts: facts → rows → clickhouse-go over HTTP → engine, each plan
// into all 22 tables and the book. It reports the engine's CPU beside the time, which other work on the machine disturbs
// less.
func BenchmarkInsert(b *testing.B) {
	p := chdbtest.Launch(b)
	for _, size := range []int{30, 1_000, 20_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := openAt(b, p.URL, fmt.Sprintf("bench_%d_%d", size, b.N))
			if err := s.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			types := fact.Types()
			facts := make([]fact.Fact, size)
			var position uint64
			before := cpu(b, p.PID())
			b.ResetTimer()
			for n := range b.N {
				b.StopTimer()
				for i := range facts {
					position++
					facts[i] = sample(types[i%len(types)], position, rng)
				}
				b.StartTimer()
				if err := s.Insert(b.Context(), plan(uint64(n+1)), facts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size*b.N)/b.Elapsed().Seconds(), "facts/s")
			b.ReportMetric((cpu(b, p.PID())-before)*1000/float64(b.N), "engine-cpu-ms/op")
			b.ReportMetric(float64(resident(b, p.PID())), "engine-MiB")
		})
	}
}

// cpu is the seconds a process has computed.
func cpu(b *testing.B, pid int) float64 {
	b.Helper()
	fields := strings.Fields(procFile(b, pid, "stat"))
	var ticks float64
	for _, f := range fields[13:15] {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return ticks / 100
}

// resident is a process's memory, MiB.
func resident(b *testing.B, pid int) int {
	b.Helper()
	pages, err := strconv.Atoi(strings.Fields(procFile(b, pid, "statm"))[1])
	if err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize() >> 20
}

func procFile(b *testing.B, pid int, name string) string {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}
