package metric

import (
	"fmt"
	"slices"
	"time"
)

// MaxCellSpan is how long a window may be that is split by weekday or hour.
const MaxCellSpan = 731 * 24 * time.Hour

// Cell is the place of a row on the wall clock: one square of a heat map.
type Cell struct {
	Weekday *int   `json:"weekday" doc:"Day of the week on the wall clock, 1 = Monday to 7 = Sunday; null when not split by weekday"`
	Hour    *int   `json:"hour" doc:"Hour of the wall clock, 0 to 23; null when not split by hour"`
	CellMS  *int64 `json:"cell_ms" doc:"How much of the interval falls on this weekday and hour, in milliseconds: divide counts by it to compare squares; null when split by neither"`
}

// byClock says whether a report is split by the wall clock.
func byClock(splits []Dimension) bool {
	return slices.Contains(splits, ByWeekday) || slices.Contains(splits, ByHour)
}

// onTheClock fills in what the wall clock of zone (nil means UTC) shows at an instant.
func onTheClock(k Key, at time.Time, zone *time.Location) Key {
	if zone == nil {
		zone = time.UTC
	}
	at = at.In(zone)
	k.Weekday, k.Hour = isoWeekday(at), at.Hour()
	return k
}

// isoWeekday is 1 for Monday and 7 for Sunday.
func isoWeekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

// cells are the squares that occur in each bucket, and how much of the bucket falls on each. Keys hold bucket, weekday and
// hour only.
type cells map[Key]time.Duration

// cellsOf walks along the hours of each bucket. An hour that the clock repeats counts twice, one that it skips not at all.
func cellsOf(buckets []Bucket, splits []Dimension) cells {
	out := cells{}
	begin, next := clockEdges(time.Hour)
	for i, b := range buckets {
		for at := begin(b.From); at.Before(b.Until); at = next(at) {
			k := restrict(onTheClock(Key{Bucket: i}, at, b.From.Location()), splits)
			out[k] += earlier(next(at), b.Until).Sub(later(at, b.From))
		}
	}
	return out
}

// of is the place of a row, all null when the report is not split by the wall clock.
func (c cells) of(k Key, splits []Dimension) (out Cell) {
	if !byClock(splits) {
		return Cell{}
	}
	length := c[Key{Bucket: k.Bucket, Weekday: k.Weekday, Hour: k.Hour}].Milliseconds()
	out.CellMS = &length
	if slices.Contains(splits, ByWeekday) {
		out.Weekday = &k.Weekday
	}
	if slices.Contains(splits, ByHour) {
		out.Hour = &k.Hour
	}
	return out
}

// denseKeys is the list of the report's rows: each bucket with each group, and when split by the wall clock with each
// square that occurs in the bucket.
func (p QueueParams) denseKeys(buckets []Bucket, tallies map[Key]QueueTally) ([]Key, cells, error) {
	if !byClock(p.GroupBy) {
		keys, err := denseKeys(len(buckets), tallies, p.GroupBy)
		return keys, nil, err
	}
	if length := p.Until.Sub(p.From); length > MaxCellSpan {
		return nil, nil, fmt.Errorf("window of %d days exceeds the limit of %d for a split by weekday or hour", int(length.Hours()/24), int(MaxCellSpan.Hours()/24))
	}
	groups, squares := map[Key]bool{}, cellsOf(buckets, p.GroupBy)
	for k := range tallies {
		groups[Key{Queue: k.Queue, Language: k.Language}] = true
	}
	if !slices.Contains(p.GroupBy, ByQueue) && !slices.Contains(p.GroupBy, ByLanguage) {
		groups[Key{}] = true
	}
	if n := len(groups) * len(squares); n > MaxRows {
		return nil, nil, &RowsError{n}
	}
	keys := make([]Key, 0, len(groups)*len(squares))
	for g := range groups {
		for k := range squares {
			k.Queue, k.Language = g.Queue, g.Language
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compareKeys)
	return keys, squares, nil
}

// Offsets are the instants of [from, until) from which the wall clock of zone (nil means UTC) is ahead of UTC by another
// length; the first is from. They are all that is needed to tell the wall clock of an instant in the window.
func (w Window) Offsets() (begins []time.Time, ahead []time.Duration) {
	zone := w.Zone
	if zone == nil {
		zone = time.UTC
	}
	for at := w.From.In(zone); at.Before(w.Until); {
		_, seconds := at.Zone()
		begins, ahead = append(begins, at), append(ahead, time.Duration(seconds)*time.Second)
		_, end := offsetBounds(at)
		if end.IsZero() {
			break
		}
		at = end
	}
	return begins, ahead
}
