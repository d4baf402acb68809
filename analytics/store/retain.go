package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"firstline/analytics/row"
)

// Kinds of what is gone because its time was over.
const (
	RetainedPersonal = "personal" // what tells who called is emptied
	RetainedContacts = "contacts" // whole facts are dropped
	RetainedTickets  = "tickets"  // whole tickets are
)

// ticketsTable is not dropped by months: what is open, and since when, counts for as long as tickets do. DropTickets drops whole tickets.
const ticketsTable = "tickets"

// monthOf is the first instant of a time's month, UTC: the tables are partitioned by it.
func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// Drop drops the facts of all months that are over before a time, those about tickets excepted. It says table by table how many, and
// until when nothing is left. Repeating it is harmless.
func (s *Store) Drop(ctx context.Context, before time.Time) (dropped []Emptied, until time.Time, err error) {
	until = monthOf(before)
	for _, t := range s.tables.All {
		if t.Name == ticketsTable {
			continue
		}
		rows, err := s.dropTable(ctx, t.Name, until)
		if rows > 0 {
			dropped = append(dropped, Emptied{t.Name, rows})
		}
		if err != nil {
			return dropped, until, fmt.Errorf("drop what is older than %s from %s: %w", until.Format(time.DateOnly), t.Name, err)
		}
	}
	return dropped, until, nil
}

func (s *Store) dropTable(ctx context.Context, table string, until time.Time) (int64, error) {
	partitions, err := s.names(ctx, "SELECT DISTINCT partition_id FROM system.parts WHERE active AND database = currentDatabase() AND table = {table:String} ORDER BY partition_id",
		clickhouse.Named("table", table))
	if err != nil {
		return 0, err
	}
	rows := int64(0)
	for _, p := range partitions {
		month, err := time.Parse("200601", p)
		if err != nil || !month.Before(until) {
			continue
		}
		n, err := s.dropMonth(ctx, table, p)
		if err != nil {
			return rows, err
		}
		rows += n
	}
	return rows, nil
}

// dropMonth drops one partition; of events the facts about tickets stay, since a ticket's course is read from there.
func (s *Store) dropMonth(ctx context.Context, table, partition string) (int64, error) {
	month, err := strconv.ParseUint(partition, 10, 32)
	if err != nil {
		return 0, err
	}
	about := "1"
	if table == row.Events {
		about = "NOT startsWith(type, 'ticket.')"
	}
	ask, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var all, gone uint64
	if err := s.conn.QueryRow(ask, "SELECT count(), countIf("+about+") FROM "+table+" WHERE toYYYYMM(time) = {month:UInt32}",
		clickhouse.Named("month", month)).Scan(&all, &gone); err != nil {
		return 0, err
	}
	switch gone {
	case 0:
		return 0, nil
	case all:
		err = s.mutate(ctx, "ALTER TABLE "+table+" DROP PARTITION ID {partition:String}", clickhouse.Named("partition", partition))
	default:
		err = s.mutate(ctx, "ALTER TABLE "+table+" DELETE WHERE toYYYYMM(time) = {month:UInt32} AND "+about, clickhouse.Named("month", month))
	}
	return int64(gone), err //nolint:gosec // rows of a table
}

// NoteRetained writes down what is gone, for the reports that are asked for that time.
func (s *Store) NoteRetained(ctx context.Context, kind string, until time.Time, rows []Emptied, now time.Time) error {
	for _, r := range rows {
		err := s.add(ctx, "INSERT INTO retained (kind, table, until, rows, at) SELECT {kind:String}, {table:String}, "+milli("until")+", {rows:Int64}, "+milli("at"),
			clickhouse.Named("kind", kind), clickhouse.Named("table", r.Table), clickhouse.Named("until", until.UnixMilli()), clickhouse.Named("rows", r.Rows), clickhouse.Named("at", now.UnixMilli()))
		if err != nil {
			return fmt.Errorf("note what is older than %s: %w", until.Format(time.DateOnly), err)
		}
	}
	return nil
}
