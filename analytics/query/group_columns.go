package query

import (
	"strings"

	"firstline/analytics/metric"
)

// groupCells are the columns that name a row.
type groupCells struct {
	level  uint64 // grouping() over the bucket and the dimensions: a bit is set for what is added up
	bucket int64
	group  metric.Key

	weekday, hour int64
}

// cells lets generic code reach them.
func (g *groupCells) cells() *groupCells { return g }

// key is the row's key; index finds the bucket by its begin.
func (g *groupCells) key(index map[int64]int) metric.Key {
	k := g.group
	k.Bucket, k.Weekday, k.Hour = index[g.bucket], int(g.weekday), int(g.hour)
	return k
}

// groupColumns name the row. What is added up holds nothing.
func groupColumns[T any](splits []metric.Dimension, cells func(*T) *groupCells) []column[T] {
	out := []column[T]{
		{"level", "toUInt64(grouping(" + strings.Join(groupKeys(splits), ", ") + "))", func(r *T) any { return &cells(r).level }},
		{"bucket_begin", "toInt64(bucket)", func(r *T) any { return &cells(r).bucket }},
	}
	for _, d := range splits {
		if d == metric.ByWeekday || d == metric.ByHour {
			out = append(out, clockColumn(d, cells))
			continue
		}
		out = append(out, column[T]{"by_" + string(d), "toString(" + string(d) + ")", func(r *T) any { return cells(r).group.At(d) }})
	}
	return out
}

func groupKeys(splits []metric.Dimension) []string {
	keys := []string{"bucket"}
	for _, d := range splits {
		keys = append(keys, string(d))
	}
	return keys
}

// groupingSets groups by everything, and adds everything up for the total.
func groupingSets(splits []metric.Dimension) string {
	return "GROUP BY GROUPING SETS ((" + strings.Join(groupKeys(splits), ", ") + "), ())"
}
