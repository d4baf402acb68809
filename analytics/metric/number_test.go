package metric

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestQuantilePlaces(t *testing.T) {
	for _, c := range []struct {
		n    int
		want [4]int64 // places of p50, p90, p95, p99
	}{
		{1, [4]int64{0, 0, 0, 0}},
		{2, [4]int64{1, 1, 1, 1}},
		{10, [4]int64{5, 9, 9, 9}},
		{20, [4]int64{10, 18, 19, 19}},
		{100, [4]int64{50, 90, 95, 99}},
		{101, [4]int64{50, 90, 95, 99}},
	} {
		values := make([]int64, c.n)
		for i := range values {
			values[i] = int64(i)
		}
		rand.New(rand.NewPCG(1, 1)).Shuffle(c.n, func(i, j int) { values[i], values[j] = values[j], values[i] })
		if got := durationsOf(values).Quantiles; !slices.Equal(got, c.want[:]) {
			t.Errorf("%d values: quantiles at %v, want %v", c.n, got, c.want)
		}
	}
}

// ClickHouse multiplies in floating point; the places must be the same for every size a report can have.
func TestQuantilePlacesEqualFloatingPoint(t *testing.T) {
	levels := map[int64]float64{50: 0.5, 90: 0.9, 95: 0.95, 99: 0.99}
	for n := int64(1); n < 3_000_000; n++ {
		for l, f := range levels {
			if whole, float := n*l/100, int64(f*float64(n)); whole != float {
				t.Fatalf("n %d, level %d: %d in whole numbers, %d in floating point", n, l, whole, float)
			}
		}
	}
}

func TestNothingIsNull(t *testing.T) {
	if r := NewRatio(0, 0); r.Percent != nil {
		t.Errorf("share of nothing is %v", *r.Percent)
	}
	if r := NewRatio(0, 5); r.Percent == nil || *r.Percent != 0 {
		t.Errorf("none of five is %v", r.Percent)
	}
	if s := durationsOf(nil).stat(); s.MeanMS != nil || s.P50MS != nil || s.MaxMS != nil || s.Count != 0 {
		t.Errorf("stat of nothing is %+v", s)
	}
}
