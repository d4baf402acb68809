package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"golang.org/x/sync/errgroup"

	"firstline/analytics/store"
)

// The databases: the week of one site, that of all sites, and what the product is asked about.
const (
	oneSite  = "one_site"
	oneWeek  = "one_week"
	allWeeks = "firstline"
)

// fill repeats the simulated week for every site, and that for every week. What is there already stays.
func fill(ctx context.Context, p *parts, plan plan, said io.Writer) error {
	began := time.Now()
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(said, "%s: %s\n", time.Since(began).Round(time.Second), fmt.Sprintf(format, args...))
	}
	if err := p.once(ctx, oneSite, func(s *store.Store) error { return simulate(ctx, s, plan) }); err != nil {
		return err
	}
	say("simulated %d days of %d calls", weekDays, callsOfADay)
	tables, err := p.tables(ctx)
	if err != nil {
		return err
	}
	err = p.once(ctx, oneWeek, func(*store.Store) error {
		for site := range plan.sites {
			if err := p.copyAll(ctx, tables, oneSite, oneWeek, site, func(c column) string { return c.at(site) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	say("one week of %d sites", plan.sites)
	filled, err := p.filled(ctx)
	if err != nil {
		return err
	}
	for n := range plan.weeks {
		week := plan.weeks - 1 - n // the newest first: questions about it can be tried while older ones come
		if filled[week] {
			continue
		}
		shift := plan.shift(week)
		if err := p.copyAll(ctx, tables, oneWeek, allWeeks, week, func(c column) string { return c.later(shift, week) }); err != nil {
			return err
		}
		if err := p.conn.Exec(ctx, "INSERT INTO "+oneWeek+".filled VALUES ("+fmt.Sprint(week)+")"); err != nil {
			return fmt.Errorf("note week %d as filled in: %w", week, err)
		}
		say("%d of %d weeks", n+1, plan.weeks)
	}
	return nil
}

// filled are the weeks that are there already: their inserts would find that out only after an hour's work.
func (p *parts) filled(ctx context.Context) (map[int]bool, error) {
	if err := p.conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+oneWeek+".filled (week UInt32) ENGINE = TinyLog"); err != nil {
		return nil, err
	}
	rows, err := p.conn.Query(ctx, "SELECT week FROM "+oneWeek+".filled")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[int]bool{}
	for rows.Next() {
		var week uint32
		if err := rows.Scan(&week); err != nil {
			return nil, err
		}
		out[int(week)] = true
	}
	return out, rows.Err()
}

// once fills a database, unless that was finished.
func (p *parts) once(ctx context.Context, database string, fill func(*store.Store) error) error {
	s, err := p.open(ctx, database)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	var done uint64
	if err := s.Conn().QueryRow(ctx, "SELECT count() FROM system.tables WHERE database = '"+database+"' AND name = 'finished'").Scan(&done); err != nil || done > 0 {
		return err
	}
	if err := fill(s); err != nil {
		return fmt.Errorf("fill %s: %w", database, err)
	}
	return s.Conn().Exec(ctx, "CREATE TABLE "+database+".finished (x UInt8) ENGINE = TinyLog")
}

// table is one of the product's, and how each of its columns is shifted.
type table struct {
	name    string
	columns []column
}

type column struct{ table, name, kind string }

func (p *parts) tables(ctx context.Context) ([]table, error) {
	rows, err := p.conn.Query(ctx, "SELECT table, name, type FROM system.columns WHERE database = '"+oneSite+"' AND table IN "+
		"(SELECT name FROM system.tables WHERE database = '"+oneSite+"' AND engine LIKE '%MergeTree' AND total_rows > 0) "+
		"AND table NOT IN ('migrations', 'finished') ORDER BY table, position")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []table
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.table, &c.name, &c.kind); err != nil {
			return nil, err
		}
		if len(out) == 0 || out[len(out)-1].name != c.table {
			out = append(out, table{name: c.table})
		}
		t := &out[len(out)-1]
		t.columns = append(t.columns, c)
	}
	return out, rows.Err()
}

// copyAll copies one part of each table, two at a time.
func (p *parts) copyAll(ctx context.Context, tables []table, from, to string, part int, moved func(column) string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for _, t := range tables {
		group.Go(func() error { return p.copy(ctx, t, from, to, fmt.Sprint(part), moved) })
	}
	return group.Wait()
}

// copy is one insert; its token keeps it from being there twice.
func (p *parts) copy(ctx context.Context, t table, from, to, part string, moved func(column) string) error {
	var names, values []string
	for _, c := range t.columns {
		names = append(names, "`"+c.name+"`")
		values = append(values, moved(c))
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"insert_deduplication_token": "history/" + to + "/" + t.name + "/" + part, "insert_deduplicate": 1, "async_insert": 0,
		"max_execution_time": 0, "max_partitions_per_insert_block": 0, "max_threads": 2, "max_insert_threads": 1,
		"max_insert_block_size": 1 << 23, "min_insert_block_size_rows": 1 << 23, "min_insert_block_size_bytes": 1 << 31,
	}))
	err := p.conn.Exec(ctx, "INSERT INTO "+to+"."+t.name+" ("+strings.Join(names, ", ")+") SELECT "+strings.Join(values, ", ")+" FROM "+from+"."+t.name)
	if err != nil {
		return fmt.Errorf("copy %s of %s, part %s: %w", t.name, from, part, err)
	}
	return nil
}

// An id of a contact is `pbx1-SECONDS.N`, at other sites `pbx02-SECONDS.N`; ids of what belongs to it begin with it.

// at is a column's value at a site: agents, queues, tickets and callers are its own.
func (c column) at(site int) string {
	name := "`" + c.name + "`"
	switch {
	case c.name == "loaded_at" && c.table != "loads":
		return "`time` + toIntervalSecond(1)" // as from a running line; the simulated week itself is loaded in minutes
	case c.name == "epoch":
		return fmt.Sprintf("concat(%s, '-%d')", name, site)
	case c.kind == "UInt64" && c.name == "number": // of a load
		return fmt.Sprintf("%s + %d", name, site*1000)
	case slices.Contains([]string{"agent", "queue", "last_agent", "last_queue", "customer", "caller_number", "event_id", "ticket", "ticket_id"}, c.name):
		return fmt.Sprintf("if(%[1]s = '', '', concat(%[1]s, '-%02[2]d'))", name, site)
	case c.kind == "String" && c.name == "subject": // of a contact, an agent or a ticket
		return fmt.Sprintf("if(startsWith(%[1]s, 'pbx1-'), concat('pbx%02[2]d-', substring(%[1]s, 6)), concat(%[1]s, '-%02[2]d'))", name, site)
	case c.kind == "String":
		return fmt.Sprintf("if(startsWith(%[1]s, 'pbx1-'), concat('pbx%02[2]d-', substring(%[1]s, 6)), %[1]s)", name, site)
	default:
		return name
	}
}

// later is a column's value some seconds later: ids of contacts tell their second, tickets are others.
func (c column) later(seconds int64, week int) string {
	name := "`" + c.name + "`"
	id := fmt.Sprintf("concat(substring(%[1]s, 1, 6), toString(toInt64OrZero(substring(%[1]s, 7, 10)) + %[2]d), substring(%[1]s, 17))", name, seconds)
	switch {
	case strings.Contains(c.kind, "DateTime64"):
		return fmt.Sprintf("%s + toIntervalSecond(%d)", name, seconds)
	case c.name == "received_ms":
		return fmt.Sprintf("%s + %d", name, seconds*1000)
	case c.name == "epoch":
		return fmt.Sprintf("concat(%s, '-%d')", name, week)
	case c.kind == "UInt64" && c.name == "number":
		return fmt.Sprintf("%s + %d", name, week*1_000_000)
	case c.name == "event_id":
		return fmt.Sprintf("if(%[1]s = '', '', concat(%[1]s, '-%[2]d'))", name, week)
	case c.name == "ticket", c.name == "ticket_id": // a help desk's numbers grow
		return fmt.Sprintf("if(%[1]s = '', '', concat('%03[2]d-', %[1]s))", name, week)
	case c.kind == "String" && c.name == "subject":
		return fmt.Sprintf("multiIf(startsWith(%[1]s, 'pbx'), %[2]s, startsWith(%[1]s, 'agent'), %[1]s, replaceOne(%[1]s, ':', ':%03[3]d-'))", name, id, week)
	case c.kind == "String":
		return fmt.Sprintf("if(startsWith(%[1]s, 'pbx'), %[2]s, %[1]s)", name, id)
	default:
		return name
	}
}
