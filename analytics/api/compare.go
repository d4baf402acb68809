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
	switch c.With {
	case "previous":
		from, until = sameLengthBefore(from, until), from
	case "1d":
		from, until = from.AddDate(0, 0, -1), until.AddDate(0, 0, -1)
	case "1w":
		from, until = from.AddDate(0, 0, -7), until.AddDate(0, 0, -7)
	case "1mo":
		from, until = from.AddDate(0, -1, 0), until.AddDate(0, -1, 0)
	case "1y":
		from, until = from.AddDate(-1, 0, 0), until.AddDate(-1, 0, 0)
	default:
		return nil
	}
	w.From, w.Until = from, until
	return &w
}

// sameLengthBefore is the begin of the period before: so many months before where the window is whole months, so many days where it is
// whole days, else so much time.
func sameLengthBefore(from, until time.Time) time.Time {
	for months := 1; months <= 24; months++ {
		if from.Day() == 1 && from.AddDate(0, months, 0).Equal(until) {
			return from.AddDate(0, -months, 0)
		}
	}
	days := int(until.Sub(from).Hours()/24 + 0.5)
	if days > 0 && from.AddDate(0, 0, days).Equal(until) {
		return from.AddDate(0, 0, -days)
	}
	return from.Add(-until.Sub(from))
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
