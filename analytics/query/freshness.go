package query

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
)

// factScope says which facts a report is about, for counting the late ones.
type factScope string

const (
	contactFacts factScope = "NOT startsWith(type, 'ticket.')"
	ticketFacts  factScope = "startsWith(type, 'ticket.')"
)

// retained are the kinds of retention by which a report lacks facts, as the table retained names them.
func (s factScope) retained() string {
	if s == ticketFacts {
		return "('contacts', 'tickets')"
	}
	return "('contacts')"
}

// freshness is read before the report itself, so that the watermark never promises more than the report saw.
func (r *Reader) freshness(ctx context.Context, from, until time.Time, scope factScope) (metric.Freshness, error) {
	f := metric.Freshness{AsOf: r.now().UTC().Truncate(time.Millisecond)}
	var err error
	if f.Watermark, f.TicketWatermark, err = r.watermarks(ctx); err != nil || f.Watermark == nil {
		return f, err
	}
	watermark := f.Watermark
	s := newStatement("freshness")
	s.bindTime("from", from)
	s.bindTime("until", until)
	s.bindTime("watermark", *watermark)
	s.bind("late_ms", metric.LateAfter.Milliseconds())
	s.bindTime("since", watermark.Add(-metric.LookBack))
	s.text = lines(
		"SELECT",
		"    (SELECT toInt64(count()) FROM events WHERE time >= "+instant("from")+" AND time < "+instant("until")+
			" AND "+behind()+" > {late_ms:Int64} AND "+string(scope)+") AS late,",
		"    "+openCount("arrivals", "contacts", "contact")+" AS contacts,",
		"    "+openCount("entries_opened", "entries", "entry")+" AS entries,",
		"    "+openCount("offers_opened", "offers", "offer")+" AS offers,",
		"    "+openCount("segments_opened", "segments", "segment")+" AS segments,",
		"    (SELECT "+ms("max(until)")+" FROM retained WHERE kind IN "+scope.retained()+") AS kept",
	)
	var kept int64
	err = r.run(ctx, s, func(rows driver.Rows) error {
		return rows.Scan(&f.Late, &f.Open.Contacts, &f.Open.Entries, &f.Open.Offers, &f.Open.Segments, &kept)
	})
	if from.UnixMilli() < kept {
		f.KeptFrom = someTime(kept)
	}
	return f, err
}

// listFreshness is that of a list: of the week before now where its window has no begin. A bare list is asked for without it.
func (r *Reader) listFreshness(ctx context.Context, from, until time.Time, scope factScope, bare bool) (metric.Freshness, error) {
	if bare {
		return metric.Freshness{}, nil
	}
	if until.IsZero() {
		until = r.now()
	}
	if from.IsZero() {
		from = r.now().Add(-metric.LookBack)
	}
	return r.freshness(ctx, from, until, scope)
}

// behind is by how many milliseconds a fact was loaded after it happened, as index events.behind has it.
func behind() string { return ms("loaded_at") + " - " + ms("time") }

// noneIn says that no row of a table has the id of this one. Hashes are compared, as a set of millions of ids takes three times as long and
// much memory: that an open one has the hash of one of a billion closed ones, and is not counted, happens less than once in ten billion.
func noneIn(table, id, where string) string {
	return fmt.Sprintf("cityHash64(%[2]s) NOT IN (SELECT cityHash64(%[2]s) FROM %[1]s WHERE %[3]s)", table, id, where)
}

// openCount counts the rows of one table whose id has no row in the other.
func openCount(opened, closed, id string) string {
	since := "time >= " + instant("since")
	return fmt.Sprintf("(SELECT toInt64(count()) FROM %s WHERE %s AND %s)", opened, since, noneIn(closed, id, since))
}

// watermarks are the times of the newest loaded fact about contacts and agents, and of the newest event of a ticket; nil when nothing is
// loaded. The loader writes them with each finished load, so no table of facts has to be read.
func (r *Reader) watermarks(ctx context.Context) (calls, tickets *time.Time, err error) {
	s := newStatement("watermark")
	const ofTicket = "topic = 'firstline.tickets.v1'"
	s.text = "SELECT " + ms("maxIf(watermark, NOT "+ofTicket+")") + ", " + ms("maxIf(watermark, "+ofTicket+")") + " FROM loads"
	var at, ticket int64
	if err := r.run(ctx, s, func(rows driver.Rows) error { return rows.Scan(&at, &ticket) }); err != nil {
		return nil, nil, err
	}
	return someTime(max(at, 0)), someTime(max(ticket, 0)), nil
}
