package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// quantile is the value at rank ⌈q·n⌉ of the sorted values (nearest rank); 0 without values.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// median of a few runs: the middle, or the mean of the two in the middle.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// spread is least and most of a few runs, as text.
func spread(values []float64, digits int) string {
	return fmt.Sprintf("%.*f–%.*f", digits, slices.Min(values), digits, slices.Max(values))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
