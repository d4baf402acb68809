package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"firstline/analytics/metric"
	"firstline/analytics/row"
	"firstline/pipeline/fact"
)

// Tickets are looked at in portions whose subjects one statement names. They stand in its text, not in the request's address, of which
// ClickHouse reads no more than 256 KiB; a subject's characters can be written as two.
const (
	ticketsAtOnce      = 5000
	ticketsAtOnceBytes = 100_000
)

// ticketSpan is a ticket, and when its first and its last event were. Repeated deliveries may tell different times: all of them count.
type ticketSpan struct {
	subject     string
	first, last int64 // Unix milliseconds
}

// DropTickets drops all facts about the tickets whose last event is older than a time and that are neither open nor pending. It says table
// by table how many. A ticket goes as a whole or stays as a whole; repeating it is harmless.
func (s *Store) DropTickets(ctx context.Context, before time.Time) ([]Emptied, error) {
	gone := map[string]int64{}
	err := s.dropTickets(ctx, before, gone)
	if err != nil {
		err = fmt.Errorf("drop tickets whose last event is older than %s: %w", before.Format(time.DateOnly), err)
	}
	var dropped []Emptied
	for _, table := range tablesOfTickets() {
		if gone[table] > 0 {
			dropped = append(dropped, Emptied{table, gone[table]})
		}
	}
	return dropped, err
}

// tablesOfTickets are those with facts about tickets. What is over is found in the last one: who is killed before it finds the same again.
func tablesOfTickets() []string { return []string{row.Events, ticketsTable} }

func (s *Store) dropTickets(ctx context.Context, before time.Time, gone map[string]int64) error {
	if err := s.sync(ctx, ticketsTable); err != nil {
		return err
	}
	for after := (ticketSpan{}); ; {
		old, err := s.oldTickets(ctx, before, after)
		if err != nil || len(old) == 0 {
			return err
		}
		after = old[len(old)-1]
		over, err := s.areOver(ctx, old)
		if err != nil {
			return err
		}
		if len(over) == 0 {
			continue
		}
		for _, table := range tablesOfTickets() {
			n, err := s.dropTicketsFrom(ctx, table, over, old)
			gone[table] += n
			if err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
		}
	}
}

// typesInto lists the types of events after which a ticket's state is one of these, for SQL.
func typesInto(states ...metric.TicketState) string {
	var types []string
	for _, t := range fact.TicketTypes() {
		for _, s := range states {
			if state, ok := metric.StateAfter(t); ok && state == s {
				types = append(types, "'"+string(t)+"'")
			}
		}
	}
	return strings.Join(types, ", ")
}

// oldTickets are the next ones by their last event that may be over. Whether they are is said by their events one after the other, which
// for all tickets that ever were would take long. Of which repeated deliveries tell different things, a ticket may be over, too.
func (s *Store) oldTickets(ctx context.Context, before time.Time, after ticketSpan) ([]ticketSpan, error) {
	const last = "toUnixTimestamp64Milli(max(time))"
	over, going := typesInto(metric.TicketResolved, metric.TicketClosed), typesInto(metric.TicketOpen, metric.TicketPending)
	statement := "SELECT subject, toUnixTimestamp64Milli(min(time)), " + last + " AS last FROM tickets GROUP BY subject" +
		" HAVING last < {before:Int64} AND (last, subject) > ({last:Int64}, {subject:String})" +
		" AND (maxIf(time, type IN (" + over + ")) >= maxIf(time, type IN (" + going + ")) OR uniqExact(cityHash64(event_id)) != uniqExact(cityHash64(event_id, type, time)))" +
		" ORDER BY last, subject LIMIT {rows:UInt64}"
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	rows, err := s.conn.Query(ctx, statement, clickhouse.Named("before", before.UnixMilli()), clickhouse.Named("last", after.last),
		clickhouse.Named("subject", after.subject), clickhouse.Named("rows", ticketsAtOnce))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []ticketSpan
	for bytes := 0; rows.Next(); {
		var t ticketSpan
		if err := rows.Scan(&t.subject, &t.first, &t.last); err != nil {
			return nil, err
		}
		if bytes += len(t.subject); len(out) == 0 || bytes <= ticketsAtOnceBytes { // the others are found next time
			out = append(out, t)
		}
	}
	return out, rows.Err()
}

// areOver are the subjects of those tickets that are neither open nor pending: their last event that says so, in the order in which reports
// take them and each of them once (view tickets_once).
func (s *Store) areOver(ctx context.Context, tickets []ticketSpan) ([]string, error) {
	subjects := make([]string, len(tickets))
	for i, t := range tickets {
		subjects[i] = t.subject
	}
	turning := typesInto(metric.TicketStates()...)
	return s.names(ctx, "SELECT subject FROM (SELECT * FROM tickets WHERE subject IN @subjects ORDER BY subject, event_id, received_ms, source, epoch, position LIMIT 1 BY subject, event_id)"+
		" GROUP BY subject HAVING argMaxIf(type, (time, received_ms, source, epoch, position), type IN ("+turning+")) IN ("+typesInto(metric.TicketResolved, metric.TicketClosed)+")",
		clickhouse.Named("subjects", subjects))
}

// dropTicketsFrom drops the facts about some tickets from one table. Where it can be seen from the times of all of them that a month has
// none, it is left alone.
func (s *Store) dropTicketsFrom(ctx context.Context, table string, subjects []string, all []ticketSpan) (int64, error) {
	first, last := all[0].first, all[len(all)-1].last
	for _, t := range all {
		first = min(first, t.first)
	}
	const where = " WHERE subject IN @subjects AND startsWith(type, 'ticket.') AND time >= fromUnixTimestamp64Milli(toInt64(@first)) AND time <= fromUnixTimestamp64Milli(toInt64(@last))"
	args := []any{clickhouse.Named("subjects", subjects), clickhouse.Named("first", first), clickhouse.Named("last", last)}
	if err := s.sync(ctx, table); err != nil {
		return 0, err
	}
	ask, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var n uint64
	if err := s.conn.QueryRow(ask, "SELECT count() FROM "+table+where, args...).Scan(&n); err != nil || n == 0 {
		return 0, err
	}
	return int64(n), s.mutate(ctx, "ALTER TABLE "+table+" DELETE"+where, args...) //nolint:gosec // rows of a table
}
