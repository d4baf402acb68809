package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// personal says what in one table can tell who called. fact.Erase empties the same in a fact; a test holds both together.
type personal struct {
	table  string
	of     string   // condition: the row is of one of the contacts {ids}
	filled string   // condition: there is something to empty
	set    []string // what empties it
}

// personals lists all of them. Columns are emptied, never removed: rows, times and ids stay, and with them every figure.
func personals() []personal {
	column := func(names ...string) (filled string, set []string) {
		for _, n := range names {
			set = append(set, n+" = ''")
		}
		return strings.Join(names, " != '' OR ") + " != ''", set
	}
	const contact = "contact IN {ids:Array(String)}"
	out := []personal{{
		table: "arrivals", of: contact,
		filled: "caller_number != '' OR caller_name != '' OR sip_call_id != '' OR kind = 'outbound' AND dialed != ''",
		set:    []string{"caller_number = ''", "caller_name = ''", "sip_call_id = ''", "dialed = if(kind = 'outbound', '', dialed)"},
	}}
	for _, t := range []struct {
		table   string
		columns []string
	}{
		{"identified", []string{"digits", "customer_name", "ticket_title"}}, {"contacts", []string{"ticket_title"}},
		{"dispositions", []string{"note"}}, {"voicemail_marks", []string{"note"}},
	} {
		filled, set := column(t.columns...)
		out = append(out, personal{table: t.table, of: contact, filled: filled, set: set})
	}
	return out
}

// Rows are which rows are meant: those of contacts, or those older than a time.
type Rows struct {
	Contacts []string
	Before   time.Time // of the fact; zero: Contacts count
	Since    time.Time // only what was loaded from then on; zero: all
}

// Emptied is how many rows of a table something was emptied in, or would be.
type Emptied struct {
	Table string
	Rows  int64
}

// contactsAtOnce is how many ids one statement names: they travel in the address of the request.
const contactsAtOnce = 500

// mutationTimeout is for one rewriting of a table's column, which the server goes on with when we stop waiting.
const mutationTimeout = 30 * time.Minute

// Personal counts, table by table, the rows that still can tell who called. It changes nothing.
func (s *Store) Personal(ctx context.Context, which Rows) ([]Emptied, error) {
	return s.everyPersonal(ctx, which, func(context.Context, personal, Rows) error { return nil })
}

// Empty empties them and waits until that is done, on every replica; it returns how many rows there were. The parts that held them are
// removed by the engine itself some minutes later. Repeating it is harmless.
func (s *Store) Empty(ctx context.Context, which Rows) ([]Emptied, error) {
	return s.everyPersonal(ctx, which, func(ctx context.Context, p personal, part Rows) error {
		where, args := p.where(part)
		return s.mutate(ctx, "ALTER TABLE "+p.table+" UPDATE "+strings.Join(p.set, ", ")+" WHERE "+where, args...)
	})
}

func (s *Store) everyPersonal(ctx context.Context, which Rows, do func(context.Context, personal, Rows) error) ([]Emptied, error) {
	var out []Emptied
	for _, p := range personals() {
		e := Emptied{Table: p.table}
		for _, part := range which.parts() {
			n, err := s.count(ctx, p, part)
			if err == nil && n > 0 {
				err = do(ctx, p, part)
			}
			if err != nil {
				return out, fmt.Errorf("empty what tells of callers in %s: %w", p.table, err)
			}
			e.Rows += n
		}
		out = append(out, e)
	}
	return out, nil
}

// parts are the rows in portions that one statement can name.
func (r Rows) parts() []Rows {
	if !r.Before.IsZero() {
		return []Rows{r}
	}
	var out []Rows
	for ids := r.Contacts; len(ids) > 0; {
		n := min(len(ids), contactsAtOnce)
		out = append(out, Rows{Contacts: ids[:n], Since: r.Since})
		ids = ids[n:]
	}
	return out
}

func (p personal) where(r Rows) (string, []any) {
	which, args := p.of, []any{clickhouse.Named("ids", r.Contacts)}
	if !r.Before.IsZero() {
		which, args = "time < "+milli("before"), []any{clickhouse.Named("before", r.Before.UnixMilli())}
	}
	if !r.Since.IsZero() {
		which += " AND loaded_at >= " + milli("since")
		args = append(args, clickhouse.Named("since", r.Since.UnixMilli()))
	}
	return which + " AND (" + p.filled + ")", args
}

// milli is an argument of Unix milliseconds as a time.
func milli(name string) string { return "fromUnixTimestamp64Milli({" + name + ":Int64}, 'UTC')" }

func (s *Store) count(ctx context.Context, p personal, r Rows) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := s.sync(ctx, p.table); err != nil {
		return 0, err
	}
	where, args := p.where(r)
	var n uint64
	if err := s.conn.QueryRow(ctx, "SELECT count() FROM "+p.table+" WHERE "+where, args...).Scan(&n); err != nil {
		return 0, err
	}
	return int64(n), nil //nolint:gosec // rows of a table
}

// mutate runs an ALTER that rewrites or drops, and waits for all replicas. The driver's own time-out for an answer's header is that of
// an insert: what takes longer is gone on with by the server, and found done when it is tried again.
func (s *Store) mutate(ctx context.Context, statement string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, mutationTimeout)
	defer cancel()
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"mutations_sync": 2, "alter_sync": 2}))
	return s.conn.Exec(ctx, statement, args...)
}
