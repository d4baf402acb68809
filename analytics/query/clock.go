package query

import (
	"fmt"
	"slices"

	"firstline/analytics/metric"
)

// A split by weekday and hour needs the wall clock of each entry. The instants at which the zone's offset changes within
// the window, and by how much it is ahead of UTC from there on, are made in Go; SQL adds the one to the instant.

func byClock(splits []metric.Dimension) bool {
	return slices.Contains(splits, metric.ByWeekday) || slices.Contains(splits, metric.ByHour)
}

// bindClock sets the offsets of the window's zone.
func (s *statement) bindClock(w metric.Window) {
	begins, ahead := w.Offsets()
	at, by := make([]int64, len(begins)), make([]int64, len(begins))
	for i := range begins {
		at[i], by[i] = begins[i].UnixMilli(), ahead[i].Milliseconds()
	}
	s.bind("offset_begins", at)
	s.bind("offsets", by)
}

const (
	// localOf is an instant in Unix milliseconds, moved so that dividing it gives what the wall clock shows.
	localOf = "(%[1]s + transform(roundDown(%[1]s, {offset_begins:Array(Int64)}), {offset_begins:Array(Int64)}, {offsets:Array(Int64)}, toInt64(0)))"
	hourMS  = 3_600_000
	dayMS   = 86_400_000
)

// clockOf gives the marks made from instants their weekday and hour; nothing when the report is not split by them.
// 1 January 1970 was a Thursday, 4.
func clockOf(splits []metric.Dimension, instants string) string {
	if !byClock(splits) {
		return ""
	}
	local := fmt.Sprintf(localOf, instants)
	return fmt.Sprintf(", (intDiv(%[1]s, %[2]d) + 3) %% 7 + 1 AS weekday, intDiv(%[1]s, %[3]d) %% 24 AS hour", local, dayMS, hourMS)
}

func clockColumn[T any](d metric.Dimension, cells func(*T) *groupCells) column[T] {
	return column[T]{"by_" + string(d), "toInt64(" + string(d) + ")", func(r *T) any {
		if d == metric.ByWeekday {
			return &cells(r).weekday
		}
		return &cells(r).hour
	}}
}
