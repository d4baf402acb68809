package query

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// ticketDefects are those of a window. They need no watermark: the time of tickets is a foreign clock's.
func (r *Reader) ticketDefects(ctx context.Context, p metric.QualityParams) (metric.TicketDefects, error) {
	counts, err := r.ticketDefectCounts(ctx, p)
	if err != nil {
		return metric.TicketDefects{}, err
	}
	examples, err := r.ticketDefectExamples(ctx, p)
	return metric.TicketDefects{Counts: counts, Examples: examples}, err
}

func (r *Reader) ticketDefectCounts(ctx context.Context, p metric.QualityParams) (map[metric.TicketQualityKey]int64, error) {
	s, err := ticketDefectCountStatement(p)
	if err != nil {
		return nil, err
	}
	index, err := bucketIndex(p.Window)
	if err != nil {
		return nil, err
	}
	out := map[metric.TicketQualityKey]int64{}
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var bucket, n int64
		var kind string
		var k metric.TicketQualityKey
		if err := rows.Scan(&bucket, &kind, &k.System, &n); err != nil {
			return err
		}
		k.Bucket, k.Kind = index[bucket], metric.TicketDefectKind(kind)
		out[k] = n
		return nil
	})
	return out, err
}

func (r *Reader) ticketDefectExamples(ctx context.Context, p metric.QualityParams) ([]metric.TicketDefect, error) {
	var out []metric.TicketDefect
	err := r.run(ctx, ticketDefectExampleStatement(p), func(rows driver.Rows) error {
		var kind, what string
		var e fact.TicketEvent
		var happened, by int64
		if err := rows.Scan(&kind, &e.System, &e.Ticket, &e.EventID, &what, &happened, &e.ReceivedMS, &by); err != nil {
			return err
		}
		e.Type = fact.Type(what)
		out = append(out, metric.NewTicketDefect(metric.TicketDefectKind(kind), e, time.UnixMilli(happened), by))
		return nil
	})
	return out, err
}

// ticketDefectStatement puts what is asked behind the common table of defects: kind, placed (which decides where it counts), system,
// ticket, event_id, type, at (when it happened), received_ms, by. One pass over the deliveries finds them all; place is 1 of the one that
// was received first.
func ticketDefectStatement(p metric.QualityParams, ask string) statement {
	s := newStatement("data quality of tickets")
	s.bindTime("from", p.From)
	s.bindTime("until", p.Until)
	s.bind("late_ms", metric.LateAfter.Milliseconds())
	s.bind("ahead_ms", metric.AheadAfter.Milliseconds())
	s.text = lines(
		"WITH",
		ticketDeliveries(),
		ticketStarts(),
		"defects AS (",
		"  SELECT defect.1 AS kind, defect.3 AS placed, system, ticket, event_id, type, at, received_ms, defect.4 AS by",
		"  FROM started ARRAY JOIN [",
		"    ('late', place = 1 AND received_ms - at > {late_ms:Int64}, at, received_ms - at),",
		"    ('ahead', place = 1 AND at - received_ms > {ahead_ms:Int64}, received_ms, at - received_ms),",
		"    ('before_start', place = 1 AND greatest(start, arrived) > at, at, greatest(start, arrived) - at),",
		"    ('repeated', place > 1, at, received_ms - first_received)] AS defect",
		"  WHERE defect.2 AND defect.3 >= {from:Int64} AND defect.3 < {until:Int64}",
		")",
		ask,
	)
	return s
}

// touchedTickets are the subjects of tickets of which an event happened or was received in the window. What is ahead of its receiving is
// later than the window's begin too, which lets older partitions be skipped.
func touchedTickets() string {
	return "(SELECT subject FROM tickets WHERE time >= " + instant("from") + " AND (time < " + instant("until") + " OR received_ms >= {from:Int64} AND received_ms < {until:Int64}))"
}

// ticketDeliveries are all deliveries of their events, beside the one received first, and when the contact arrived that an event names: 0
// if it names none, and if it arrived before the window, before which nothing is judged.
func ticketDeliveries() string {
	const event = "PARTITION BY subject, event_id"
	return lines(
		"arrived AS (",
		"  SELECT contact, max("+ms("time")+") AS arrived FROM arrivals",
		"  WHERE time >= "+instant("from")+" AND contact IN (SELECT contact FROM tickets WHERE contact != '' AND subject IN "+touchedTickets()+")",
		"  GROUP BY contact",
		"),",
		"deliveries AS (",
		"  SELECT toString(type) AS type, subject, toString(system) AS system, ticket, event_id, contact, time, "+ms("time")+" AS at, received_ms, source, epoch, position, arrived,",
		"    row_number() OVER ("+event+" ORDER BY received_ms, source, epoch, position) AS place, min(received_ms) OVER ("+event+") AS first_received",
		"  FROM (SELECT * FROM tickets WHERE subject IN "+touchedTickets()+") AS t LEFT JOIN arrived USING (contact)",
		"),",
	)
}

// ticketStarts adds when each ticket began: metric's startOf.
func ticketStarts() string {
	const opening, naming = "place = 1 AND type = 'ticket.opened'", "place = 1 AND contact != ''"
	first := func(value, condition string) string {
		return "argMinIf(" + value + ", " + eventOrder + ", " + condition + ")" + frame
	}
	return lines(
		"started AS (",
		"  SELECT *, if(countIf("+opening+")"+frame+" > 0, "+first("greatest(at, arrived)", opening)+", "+first("arrived", naming)+") AS start",
		"  FROM deliveries",
		"),",
	)
}

func ticketDefectCountStatement(p metric.QualityParams) (statement, error) {
	s := ticketDefectStatement(p, lines(
		"SELECT toInt64(roundDown(placed, {begins:Array(Int64)})) AS bucket, kind, system, toInt64(count())",
		"FROM defects",
		"GROUP BY bucket, kind, system",
	))
	return s, s.bindWindow(p.Window, false)
}

func ticketDefectExampleStatement(p metric.QualityParams) statement {
	s := ticketDefectStatement(p, lines(
		"SELECT kind, system, ticket, event_id, type, at, received_ms, by FROM defects",
		"ORDER BY kind, placed DESC, system, ticket, event_id, received_ms, type, by",
		"LIMIT {examples:UInt64} BY kind",
	))
	s.bind("examples", int64(metric.QualityExamples))
	return s
}
