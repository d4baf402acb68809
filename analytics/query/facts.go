package query

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/pipeline/fact"
)

// Facts reads the facts about contacts and agents of [from, until) in the order of their times, personal fields blank. It
// reads an hour at a time; each hour has to fit the configured rows and memory.
func (r *Reader) Facts(ctx context.Context, from, until time.Time) ([]fact.Fact, error) {
	var out []fact.Fact
	for at := from; at.Before(until); at = at.Add(time.Hour) {
		hour, err := r.factsWithin(ctx, at, earlier(at.Add(time.Hour), until))
		if err != nil {
			return nil, err
		}
		out = append(out, hour...)
	}
	return out, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func factsStatement(from, until time.Time) statement {
	s := newStatement("facts")
	s.bindTime("from", from)
	s.bindTime("until", until)
	s.text = lines(
		"SELECT toString(type), subject, sequence, "+ms("time")+" AS at, toString(source), toString(epoch), position FROM events",
		"WHERE time >= "+instant("from")+" AND time < "+instant("until")+" AND NOT startsWith(type, 'ticket.')",
		"ORDER BY at, source, epoch, position",
	)
	return s
}

func (r *Reader) factsWithin(ctx context.Context, from, until time.Time) ([]fact.Fact, error) {
	var out []fact.Fact
	err := r.run(ctx, factsStatement(from, until), func(rows driver.Rows) error {
		var f fact.Fact
		var kind string
		var at int64
		if err := rows.Scan(&kind, &f.Subject, &f.Sequence, &at, &f.Source, &f.Epoch, &f.Position); err != nil {
			return err
		}
		f.Type, f.Time = fact.Type(kind), time.UnixMilli(at).UTC()
		out = append(out, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	said, err := r.said(ctx, out)
	if err != nil {
		return nil, err
	}
	for i, f := range out {
		if f.Data = said[placeOf(f)]; f.Data == nil {
			return nil, fmt.Errorf("fact %s, %s: its row is not there: it is being loaded, or of a newer version", f.ID(), f.Type)
		}
		out[i] = fact.Blank(f)
	}
	return out, nil
}
