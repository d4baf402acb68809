package loadtest

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sum adds up a metric over all its labels; of a histogram, the number of its observations.
func Sum(t testing.TB, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			total += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return total
}

func after(d time.Duration) <-chan time.Time { return time.After(d) }
