package api

import (
	"context"
	"time"

	"firstline/analytics/query"
)

// Compare asks for an earlier period beside the window. It is exported because huma reads no other embedded struct.
type Compare struct {
	With string `query:"compare" enum:"previous,1d,1w,1mo,1y" doc:"Answer an earlier period in comparison: the one of the same length that ends where the window begins, or the window a day, a week, a month, a year before, by the calendar of tz"`
}

// before is the request for the earlier period; nil when none is asked for. Edges move on the wall clock, so that a day of 23 hours is
// compared with one of 24.
func (c Compare) before(w query.WindowRequest) *query.WindowRequest {
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		return nil // the report itself refuses it
	}
	from, until := w.From.In(zone), w.Until.In(zone)
	earlier := func(years, months, days int) func(time.Time) time.Time {
		return func(t time.Time) time.Time { return t.In(zone).AddDate(years, months, days) }
	}
	var move func(time.Time) time.Time
	switch c.With {
	case "previous":
		move = sameLengthBefore(from, until, earlier)
	case "1d":
		move = earlier(0, 0, -1)
	case "1w":
		move = earlier(0, 0, -7)
	case "1mo":
		move = earlier(0, -1, 0)
	case "1y":
		move = earlier(-1, 0, 0)
	default:
		return nil
	}
	w.From, w.Until = move(from), move(until)
	if c.With == "previous" {
		w.Until = from
	}
	edges := make([]time.Time, len(w.Edges))
	for i, e := range w.Edges {
		edges[i] = move(e)
	}
	w.Edges = edges
	return &w
}

// sameLengthBefore moves back by so many months where the window is whole months, by so many days where it is whole days, else by so much
// time.
func sameLengthBefore(from, until time.Time, earlier func(years, months, days int) func(time.Time) time.Time) func(time.Time) time.Time {
	for months := 1; months <= 24; months++ {
		if from.Day() == 1 && from.AddDate(0, months, 0).Equal(until) {
			return earlier(0, -months, 0)
		}
	}
	days := int(until.Sub(from).Hours()/24 + 0.5)
	if days > 0 && from.AddDate(0, 0, days).Equal(until) {
		return earlier(0, 0, -days)
	}
	return func(t time.Time) time.Time { return t.Add(-until.Sub(from)) }
}

// reportsOf are a report, and that of the earlier period where there is one.
func reportsOf[R any](now, then *R) []*R {
	if then == nil {
		return []*R{now}
	}
	return []*R{now, then}
}

// alongside asks for the report, and for that of the earlier period where there is one.
func alongside[Q, R any](ctx context.Context, ask func(context.Context, Q) (R, error), q Q, before *query.WindowRequest, at func(Q, query.WindowRequest) Q) (R, *R, error) {
	now, err := ask(ctx, q)
	if err != nil || before == nil {
		return now, nil, err
	}
	then, err := ask(ctx, at(q, *before))
	return now, &then, err
}
