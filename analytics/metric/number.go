package metric

import "slices"

// Ratio is a share that shows how it was computed.
type Ratio struct {
	Numerator   int64    `json:"numerator" doc:"What is counted"`
	Denominator int64    `json:"denominator" doc:"Out of how many"`
	Percent     *float64 `json:"percent" doc:"100 × numerator / denominator; null when the denominator is 0"`
}

// NewRatio computes the percentage; it is null when denominator is 0.
func NewRatio(numerator, denominator int64) Ratio {
	r := Ratio{Numerator: numerator, Denominator: denominator}
	if denominator != 0 {
		p := 100 * float64(numerator) / float64(denominator)
		r.Percent = &p
	}
	return r
}

// Stat describes a set of durations in milliseconds. All but count and sum are null when the set is empty.
//
// The quantile p of n values is the sorted value at the 0-based place ⌊p·n⌋: always a duration that occurred, the same
// as ClickHouse's quantileExact, and computed over all values, never from buckets or sketches.
type Stat struct {
	Count  int64    `json:"count" doc:"How many durations"`
	SumMS  int64    `json:"sum_ms" doc:"Their sum in milliseconds"`
	MeanMS *float64 `json:"mean_ms" doc:"sum_ms / count; null when count is 0"`
	P50MS  *int64   `json:"p50_ms" doc:"Median: the sorted value at the 0-based place floor(0.50 n)"`
	P90MS  *int64   `json:"p90_ms" doc:"90th percentile: the sorted value at the 0-based place floor(0.90 n)"`
	P95MS  *int64   `json:"p95_ms" doc:"95th percentile: the sorted value at the 0-based place floor(0.95 n)"`
	P99MS  *int64   `json:"p99_ms" doc:"99th percentile: the sorted value at the 0-based place floor(0.99 n)"`
	MaxMS  *int64   `json:"max_ms" doc:"The longest"`
}

// Durations is what is counted of a set of durations, in milliseconds, before it becomes a Stat. With Count 0 the other
// fields mean nothing.
type Durations struct {
	Count, Sum, Max int64
	Quantiles       []int64 // at Levels; empty when Count is 0
}

// Levels are the quantiles of every Stat, in percent.
func Levels() []int64 { return []int64{50, 90, 95, 99} }

// quantile returns the value at ⌊level·n/100⌋ of sorted values. Whole numbers give the same place as ClickHouse's
// floor(level × n) in floating point: the literals 0.5, 0.9, 0.95 and 0.99 are off by less than half an ulp of any
// product, so a product that should be whole is whole.
func quantile(sorted []int64, level int64) int64 {
	return sorted[int64(len(sorted))*level/100]
}

func durationsOf(values []int64) Durations {
	if len(values) == 0 {
		return Durations{}
	}
	sorted := slices.Sorted(slices.Values(values))
	d := Durations{Count: int64(len(sorted)), Max: sorted[len(sorted)-1]}
	for _, v := range sorted {
		d.Sum += v
	}
	for _, l := range Levels() {
		d.Quantiles = append(d.Quantiles, quantile(sorted, l))
	}
	return d
}

func (d Durations) stat() Stat {
	if d.Count == 0 {
		return Stat{}
	}
	mean := float64(d.Sum) / float64(d.Count)
	s := Stat{Count: d.Count, SumMS: d.Sum, MeanMS: &mean, MaxMS: &d.Max}
	for i, p := range []**int64{&s.P50MS, &s.P90MS, &s.P95MS, &s.P99MS} {
		*p = &d.Quantiles[i]
	}
	return s
}

// Mean describes durations whose quantiles can't be added up over groups: only count, sum, mean and longest.
type Mean struct {
	Count  int64    `json:"count" doc:"How many durations"`
	SumMS  int64    `json:"sum_ms" doc:"Their sum in milliseconds"`
	MeanMS *float64 `json:"mean_ms" doc:"sum_ms / count; null when count is 0"`
	MaxMS  *int64   `json:"max_ms" doc:"The longest; null when count is 0"`
}

func newMean(count, sum, longest int64) Mean {
	if count == 0 {
		return Mean{}
	}
	mean := float64(sum) / float64(count)
	return Mean{Count: count, SumMS: sum, MeanMS: &mean, MaxMS: &longest}
}
