package load_test

import (
	"testing"

	"firstline/pipeline/kafka/kafkatest"
	"firstline/pipeline/load/loadtest"
)

// With tables in memory: what publisher, broker and loader cost without ClickHouse. analytics/store has the same with it.

func BenchmarkThroughput(b *testing.B) {
	for b.Loop() {
		loadtest.Throughput(b, kafkatest.Start(b), &loadtest.Sink{}, 100_000)
	}
}

func BenchmarkLatency(b *testing.B) {
	for b.Loop() {
		loadtest.Latency(b, kafkatest.Start(b), &loadtest.Sink{}, 20, 500)
	}
}
