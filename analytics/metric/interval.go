package metric

import (
	"errors"
	"fmt"
	"time"
)

// Interval is the length of a report's buckets.
type Interval string

const (
	Quarter     Interval = "15m"
	HalfHour    Interval = "30m"
	Hour        Interval = "1h"
	Day         Interval = "1d"
	Week        Interval = "1w" // begins on Monday (ISO 8601)
	Month       Interval = "1mo"
	QuarterYear Interval = "3mo" // begins on the first of January, April, July, October
	Year        Interval = "1y"
	Whole       Interval = "whole"  // the window is one bucket
	Custom      Interval = "custom" // cut at the instants that the window names
)

// Intervals is the closed list of those that need nothing but a name; Custom needs edges too.
func Intervals() []Interval {
	return []Interval{Quarter, HalfHour, Hour, Day, Week, Month, QuarterYear, Year, Whole}
}

// MaxBuckets is how many buckets a report may have: ten days of quarters, forty of hours.
const MaxBuckets = 1000

// Bucket is one half-open span [From, Until). Both instants carry the zone's offset at that instant.
type Bucket struct {
	From, Until time.Time
	Partial     bool // cut short by the window, so not comparable with its neighbours
}

// Span is a bucket as the API shows it.
type Span struct {
	From     time.Time `json:"from" doc:"Begin, inclusive, with the zone's offset"`
	Until    time.Time `json:"until" doc:"End, exclusive, with the zone's offset"`
	LengthMS int64     `json:"length_ms" doc:"Real length in milliseconds; a day of a clock change has 23 or 25 hours"`
	Partial  bool      `json:"partial" doc:"True when the window cuts the interval short"`
}

// Span returns the bucket in the form of the API.
func (b Bucket) Span() Span {
	return Span{From: b.From, Until: b.Until, LengthMS: b.Until.Sub(b.From).Milliseconds(), Partial: b.Partial}
}

// Buckets cuts [from, until) at the interval's edges on the wall clock of zone (nil means UTC). Days and all longer ones
// begin at the first instant of their date; quarters, half hours and hours begin where the wall clock shows a multiple
// of their length, and at every change of the zone's offset. The buckets cover the window exactly; the first and last
// may be partial. It fails when the window is empty, the interval unknown, or there would be more than MaxBuckets.
func Buckets(from, until time.Time, interval Interval, zone *time.Location) ([]Bucket, error) {
	if !from.Before(until) {
		return nil, fmt.Errorf("window is empty: from %s is not before until %s", from.Format(time.RFC3339), until.Format(time.RFC3339))
	}
	if zone == nil {
		zone = time.UTC
	}
	begin, next, err := edges(interval)
	if err != nil {
		return nil, err
	}
	from, until = from.In(zone), until.In(zone)
	if interval == Whole {
		return []Bucket{{From: from, Until: until}}, nil
	}
	var out []Bucket
	for at := begin(from); at.Before(until); {
		end := next(at)
		b := Bucket{From: later(at, from), Until: earlier(end, until)}
		b.Partial = at.Before(b.From) || end.After(b.Until)
		if out = append(out, b); len(out) > MaxBuckets {
			return nil, fmt.Errorf("interval %s cuts the window into more than %d buckets", interval, MaxBuckets)
		}
		at = end
	}
	return out, nil
}

// cutAt cuts [from, until) at edges, which ascend and lie within it; an edge at its begin or end cuts nothing. No bucket is
// partial: it is what was asked for.
func cutAt(edges []time.Time, from, until time.Time, zone *time.Location) ([]Bucket, error) {
	if !from.Before(until) {
		return nil, fmt.Errorf("window is empty: from %s is not before until %s", from.Format(time.RFC3339), until.Format(time.RFC3339))
	}
	if len(edges) == 0 {
		return nil, errors.New("no edges are given to cut the window at")
	}
	if len(edges) >= MaxBuckets {
		return nil, fmt.Errorf("%d edges cut the window into more than %d buckets", len(edges), MaxBuckets)
	}
	if zone == nil {
		zone = time.UTC
	}
	var out []Bucket
	at := from.In(zone)
	for i, e := range edges {
		switch {
		case e.Before(from) || e.After(until):
			return nil, fmt.Errorf("edge %s lies outside the window", e.Format(time.RFC3339))
		case i > 0 && !e.After(edges[i-1]):
			return nil, fmt.Errorf("edge %s does not come after the one before it", e.Format(time.RFC3339))
		case e.After(at) && e.Before(until):
			out = append(out, Bucket{From: at, Until: e.In(zone)})
			at = e.In(zone)
		}
	}
	return append(out, Bucket{From: at, Until: until.In(zone)}), nil
}

// DayOf is the day of zone (nil means UTC) that holds an instant: 23, 24 or 25 hours, in some zones a half more or less.
func DayOf(at time.Time, zone *time.Location) Bucket {
	if zone == nil {
		zone = time.UTC
	}
	begin, next := dateEdges(func(t time.Time) time.Time { return t }, 0, 1)
	from := begin(at.In(zone))
	return Bucket{From: from, Until: next(from)}
}

// edges returns two functions: the last edge at or before an instant, and the first edge after an edge.
func edges(interval Interval) (begin, next func(time.Time) time.Time, err error) {
	switch interval {
	case Quarter:
		begin, next = clockEdges(15 * time.Minute)
	case HalfHour:
		begin, next = clockEdges(30 * time.Minute)
	case Hour:
		begin, next = clockEdges(time.Hour)
	case Day:
		begin, next = dateEdges(func(t time.Time) time.Time { return t }, 0, 1)
	case Week:
		begin, next = dateEdges(monday, 0, 7)
	case Month:
		begin, next = dateEdges(firstOfMonths(1), 1, 0)
	case QuarterYear:
		begin, next = dateEdges(firstOfMonths(3), 3, 0)
	case Year:
		begin, next = dateEdges(firstOfMonths(12), 12, 0)
	case Whole:
	default:
		err = fmt.Errorf("unknown interval %q", interval)
	}
	return begin, next, err
}

// clockEdges are the instants at which the wall clock shows a multiple of step, and those at which the offset changes.
func clockEdges(step time.Duration) (begin, next func(time.Time) time.Time) {
	begin = func(t time.Time) time.Time {
		edge := t.Add(-sinceMidnight(t) % step)
		if start, _ := offsetBounds(t); !start.IsZero() && start.After(edge) {
			return start
		}
		return edge
	}
	next = func(t time.Time) time.Time {
		edge := t.Add(step - sinceMidnight(t)%step)
		if _, end := offsetBounds(t); !end.IsZero() && end.Before(edge) {
			return end
		}
		return edge
	}
	return begin, next
}

// sinceMidnight is what the wall clock shows, as a duration.
func sinceMidnight(t time.Time) time.Duration {
	h, m, s := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(t.Nanosecond())
}

// offsetBounds is the span around t in which the zone's offset stays the same; zero where it has no end. Changes of the
// abbreviation alone don't bound it.
func offsetBounds(t time.Time) (start, end time.Time) {
	_, offset := t.Zone()
	for start, _ = t.ZoneBounds(); !start.IsZero(); start, _ = start.Add(-1).ZoneBounds() {
		if _, before := start.Add(-1).Zone(); before != offset {
			break
		}
	}
	for _, end = t.ZoneBounds(); !end.IsZero(); _, end = end.ZoneBounds() {
		if _, after := end.Zone(); after != offset {
			break
		}
	}
	return start, end
}

// dateEdges are the first instants of the dates that floor maps to themselves; the next is months and days on.
func dateEdges(floor func(time.Time) time.Time, months, days int) (begin, next func(time.Time) time.Time) {
	begin = func(t time.Time) time.Time { return dateStart(floor(t)) }
	next = func(t time.Time) time.Time {
		for n := 1; ; n++ {
			y, m, d := t.Date()
			// Noon, because every date has one; a date left out by its zone (Samoa, 30 December 2011) begins
			// where the next one does, so step on until time has passed.
			if edge := dateStart(time.Date(y, m+time.Month(n*months), d+n*days, 12, 0, 0, 0, t.Location())); edge.After(t) {
				return edge
			}
		}
	}
	return begin, next
}

func monday(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d-(int(t.Weekday())+6)%7, 12, 0, 0, 0, t.Location())
}

// firstOfMonths floors to the first of the month with which a run of n months begins; January begins one.
func firstOfMonths(n int) func(time.Time) time.Time {
	return func(t time.Time) time.Time {
		y, m, _ := t.Date()
		return time.Date(y, m-(m-1)%time.Month(n), 1, 12, 0, 0, 0, t.Location())
	}
}

// dateStart is the first instant of t's date: midnight, where a change of the clock has not skipped it (then the change)
// or repeated it (then the first of the two).
func dateStart(t time.Time) time.Time {
	y, m, d := t.Date()
	t = time.Date(y, m, d, 12, 0, 0, 0, t.Location())
	for {
		_, offset := t.Zone()
		midnight := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Add(-time.Duration(offset) * time.Second).In(t.Location())
		start, _ := offsetBounds(t)
		if start.IsZero() || start.Before(midnight) {
			return midnight
		}
		before := start.Add(-1)
		if by, bm, bd := before.Date(); by != y || bm != m || bd != d {
			return start
		}
		t = before
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
