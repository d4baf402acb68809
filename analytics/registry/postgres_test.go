package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/registry/postgrestest"
)

// quick is how long tests wait for an answer that doesn't come; one that comes may take a while on a busy machine.
const quick = 2 * time.Second

func TestAPostgresThatDiesAndComesBack(t *testing.T) {
	s := postgrestest.Launch(t)
	reg := prometheus.NewRegistry()
	r, err := openWith(context.Background(), DefaultConfig(), s.Database(t), quick, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	ctx := context.Background()
	if err := r.MakeUser(ctx, User{Name: "sam"}); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	for range 10 { // more than the pool has connections
		if _, err := r.FindUser(ctx, "sam"); err == nil || errors.Is(err, ErrNone) {
			t.Fatalf("dead: %v", err)
		}
	}
	if failures(t, reg, unreached) == 0 {
		t.Error("no failure is counted")
	}
	s.Restart(t)
	if _, err := r.FindUser(ctx, "sam"); err != nil {
		t.Errorf("back: %v", err)
	}
}

// TestAPostgresThatHangs: each statement and each transaction ends by itself, also when who asks sets no deadline.
func TestAPostgresThatHangs(t *testing.T) {
	s := postgrestest.Launch(t)
	reg := prometheus.NewRegistry()
	r, err := openWith(context.Background(), DefaultConfig(), s.Database(t), quick, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	ctx := context.Background()
	if err := r.MakeUser(ctx, User{Name: "sam"}); err != nil {
		t.Fatal(err)
	}
	s.Hang()
	_, asked := r.FindUser(ctx, "sam")
	_, changed := r.ChangeUser(ctx, "sam", func(u *User) error { u.Role = "admin"; return nil })
	s.Resume()
	for what, err := range map[string]error{"asked": asked, "changed": changed} {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if failures(t, reg, timeout)+failures(t, reg, unreached) < 2 {
		t.Error("failures are not counted")
	}
	if u, err := r.FindUser(ctx, "sam"); err != nil || u.Role != "" {
		t.Errorf("it goes on: %+v, %v", u, err)
	}
}

func failures(t *testing.T, reg *prometheus.Registry, cause string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "firstline_registry_failures_total" && m.GetLabel()[0].GetValue() == cause {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("there is no series of %s", cause)
	return 0
}

// TestAPostgresThatComesLater: the registry is opened while PostgreSQL is away, says so, and is there when it is.
func TestAPostgresThatComesLater(t *testing.T) {
	s := postgrestest.Launch(t)
	address := s.Database(t)
	s.Kill()
	said := &lines{seen: make(chan string, 100)}
	r, err := OpenPostgres(context.Background(), DefaultConfig(), address, slog.New(slog.NewJSONHandler(said, nil)), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	ctx := context.Background()
	if err := r.MakeUser(ctx, User{Name: "sam"}); !errors.Is(err, errNotReached) {
		t.Errorf("away: %v", err)
	}
	said.want(t, "postgresql is not reached, nobody can sign in until it is")
	s.Restart(t)
	said.want(t, "postgresql is reached, the api's state is there")
	if err := r.MakeUser(ctx, User{Name: "sam"}); err != nil {
		t.Errorf("there: %v", err)
	}
}

// TestAPostgresThatNeverComes: the registry can be closed all the same.
func TestAPostgresThatNeverComes(t *testing.T) {
	r, err := OpenPostgres(context.Background(), DefaultConfig(), "postgres:///x?host="+url.QueryEscape(t.TempDir()), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// lines is a log whose lines can be waited for.
type lines struct {
	seen chan string
}

func (l *lines) Write(b []byte) (int, error) {
	l.seen <- string(b)
	return len(b), nil
}

func (l *lines) want(t *testing.T, text string) {
	t.Helper()
	for {
		select {
		case line := <-l.seen:
			if strings.Contains(line, text) {
				return
			}
		case <-time.After(time.Minute):
			t.Fatalf("the log doesn't say %q", text)
		}
	}
}

// TestAnUnfitPostgresIsRefused at the start, with words that help and without the password.
func TestAnUnfitPostgresIsRefused(t *testing.T) {
	good, err := url.Parse(postgrestest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := good.User.Password()
	with := func(change func(u *url.URL)) string {
		u := *good
		change(&u)
		return u.String()
	}
	newer := postgrestest.Database(t)
	openPostgres(t, newer)
	postgrestest.Exec(t, newer, "UPDATE registry_version SET version = 99")
	ascii := postgrestest.Launch(t)
	ascii.Exec(t, "CREATE DATABASE old TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
	rightless := ascii.Database(t)
	ascii.Exec(t, "ALTER DATABASE "+nameOf(t, rightless)+" OWNER TO postgres")
	for name, c := range map[string]struct{ address, want string }{
		"wrong password":     {with(func(u *url.URL) { u.User = url.UserPassword("firstline", "wrong") }), "password authentication failed"},
		"no such database":   {with(func(u *url.URL) { u.Path = "/none" }), "does not exist"},
		"a newer version":    {newer, "of a newer version (99, this program knows"},
		"another encoding":   {strings.Replace(rightless, nameOf(t, rightless), "old", 1), "ENCODING 'UTF8'"},
		"no right to create": {rightless, "permission denied for schema public"},
		"no address":         {secret, "the address is none of PostgreSQL"},
		"an address with an unknown mode": {with(func(u *url.URL) {
			q := u.Query()
			q.Set("host", "db.example") // on a socket there is no TLS
			q.Set("sslmode", "perhaps")
			u.RawQuery = q.Encode()
		}), "sslmode is invalid"},
		"an address without its file": {with(func(u *url.URL) {
			q := u.Query()
			q.Set("host", "db.example")
			q.Set("sslmode", "verify-full")
			q.Set("sslrootcert", "/none/"+secret)
			u.RawQuery = q.Encode()
		}), "no such file"},
	} {
		var said bytes.Buffer
		r, err := OpenPostgres(context.Background(), DefaultConfig(), c.address, slog.New(slog.NewTextHandler(&said, nil)), prometheus.NewRegistry())
		if err == nil {
			_ = r.Close()
			t.Errorf("%s: it is opened", name)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
		if text := err.Error() + said.String(); strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) || strings.Contains(text, url.PathEscape(secret)) {
			t.Errorf("%s: the password is told: %s", name, text)
		}
	}
}

func nameOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

// TestMigrationsAreAllOrNone: one that PostgreSQL doesn't take is named, and leaves nothing behind.
func TestMigrationsAreAllOrNone(t *testing.T) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, postgrestest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	bad := append(migrations(), "CREATE TABLE alarms (name TEXT COLLATE NOCASE)")
	err = migratePostgres(ctx, conn, bad)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("migration %d", len(bad))) || !strings.Contains(err.Error(), "COLLATE NOCASE") {
		t.Errorf("got %v", err)
	}
	if done, err := versionOf(ctx, conn); err != nil || done != 0 {
		t.Errorf("%d are done, %v", done, err)
	}
	for i := range migrations() { // an older program's, then each newer one's
		if err := migratePostgres(ctx, conn, migrations()[:i+1]); err != nil {
			t.Fatal(err)
		}
		if done, err := versionOf(ctx, conn); err != nil || done != i+1 {
			t.Errorf("%d are done, %v", done, err)
		}
	}
}

// TestTablesAreTheSame on both engines: names, order, what may be missing.
func TestTablesAreTheSame(t *testing.T) {
	ctx := context.Background()
	columns := func(r *Registry, query string) map[string]string {
		out := map[string]string{}
		rows, err := r.db.QueryContext(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var table, column, kind string
			var needed bool
			if err := rows.Scan(&table, &column, &kind, &needed); err != nil {
				t.Fatal(err)
			}
			out[table] += fmt.Sprintln(column, strings.NewReplacer("INTEGER", "BIGINT", "BLOB", "BYTEA", "REAL", "DOUBLE PRECISION").Replace(kind), needed)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
	sqlite := columns(open(t, t.TempDir()), `SELECT m.name, c.name, c.type, c."notnull" OR c.pk > 0
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`)
	postgres := columns(openPostgres(t, postgrestest.Database(t)), `SELECT table_name, column_name, upper(data_type), CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'registry_version' ORDER BY table_name, ordinal_position`)
	for table, want := range sqlite {
		if postgres[table] != want {
			t.Errorf("%s in SQLite has\n%sin PostgreSQL\n%s", table, want, postgres[table])
		}
	}
	if len(sqlite) != len(postgres) || len(sqlite) < 4 {
		t.Errorf("%d tables in SQLite, %d in PostgreSQL", len(sqlite), len(postgres))
	}
}

// TestWhatIsChangedBesideATransactionIsNotLost: it fails, and who asks again succeeds.
func TestWhatIsChangedBesideATransactionIsNotLost(t *testing.T) {
	ctx := context.Background()
	r := openPostgres(t, postgrestest.Database(t))
	if err := r.MakeUser(ctx, User{Name: "sam", Phone: "boris"}); err != nil {
		t.Fatal(err)
	}
	_, err := r.ChangeUser(ctx, "sam", func(u *User) error {
		u.Role = "admin"
		return r.change(ctx, "beside", "UPDATE users SET phone = ? WHERE name = ?", "anna", "sam")
	})
	var said *pgconn.PgError
	if !errors.As(err, &said) || said.Code != "40001" {
		t.Errorf("got %v", err)
	}
	if _, err := r.ChangeUser(ctx, "sam", func(u *User) error { u.Role = "admin"; return nil }); err != nil {
		t.Error(err)
	}
	if u, err := r.FindUser(ctx, "sam"); err != nil || u.Phone != "anna" || u.Role != "admin" {
		t.Errorf("%+v, %v", u, err)
	}
}

// TestSessionsOfPostgres: what is answered is on disk, whatever the database's default; and nothing is held by who stands still.
func TestSessionsOfPostgres(t *testing.T) {
	address := postgrestest.Database(t)
	for setting, want := range map[string]string{"off": "on", "on": "on", "remote_apply": "remote_apply"} {
		postgrestest.Exec(t, address, "ALTER ROLE firstline IN DATABASE "+nameOf(t, address)+" SET synchronous_commit = "+setting)
		r := openPostgres(t, address)
		for name, want := range map[string]string{"synchronous_commit": want, "statement_timeout": "10s", "idle_in_transaction_session_timeout": "10s", "application_name": "firstline"} {
			var got string
			if err := r.db.QueryRowContext(context.Background(), "SELECT current_setting(?)", name).Scan(&got); err != nil || got != want {
				t.Errorf("%s of %s is %s, %v", name, setting, got, err)
			}
		}
		_ = r.Close()
	}
}

// TestThePoolIsBounded: more questions than connections wait for each other.
func TestThePoolIsBounded(t *testing.T) {
	ctx := context.Background()
	reg := prometheus.NewRegistry()
	cfg := DefaultConfig()
	cfg.Connections = 2
	r, err := OpenPostgres(ctx, cfg, postgrestest.Database(t), slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if _, err := r.Users(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := r.db.Stats().OpenConnections; n > 2 {
		t.Errorf("%d connections", n)
	}
	if n, err := testutil.GatherAndCount(reg, "go_sql_open_connections", "firstline_registry_statement_seconds"); err != nil || n != 2 {
		t.Errorf("%d series, %v", n, err)
	}
}

// TestWhatAKilledPostgresAnsweredIsThere: entries whose writing returned survive kill -9 of the server.
func TestWhatAKilledPostgresAnsweredIsThere(t *testing.T) {
	s := postgrestest.Launch(t)
	r, err := openWith(context.Background(), DefaultConfig(), s.Database(t), quick, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	ctx, now := context.Background(), time.Now()
	answered := make(chan string, 100_000)
	var writing sync.WaitGroup
	for writer := range 4 {
		writing.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprint(writer, "/", i)
				if r.Record(ctx, Entry{Time: now, Request: id}) != nil {
					return
				}
				answered <- id
			}
		})
	}
	want := map[string]bool{}
	for len(want) < 100 {
		want[<-answered] = true
	}
	s.Kill()
	writing.Wait()
	close(answered)
	for id := range answered {
		want[id] = true
	}
	s.Restart(t)
	list, err := r.Audit(ctx, AuditFilter{Until: now.Add(time.Second), Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		delete(want, e.Request)
	}
	if len(want) > 0 {
		t.Errorf("%d that were answered are not there", len(want))
	}
	t.Logf("%d entries", len(list))
}

// TestInspect says what `firstline doctor` tells: before the first start, after it, and what is missing.
func TestInspect(t *testing.T) {
	ctx := context.Background()
	all := len(migrations())
	s := postgrestest.Launch(t)
	good, strangers, closed := s.Database(t), s.Database(t), s.Database(t)
	want := func(address, text string) {
		t.Helper()
		detail, err := Inspect(ctx, address)
		if said := fmt.Sprint(detail, err); !strings.Contains(said, text) {
			t.Errorf("got %s, want %s", said, text)
		}
	}
	want(good, fmt.Sprintf("not encrypted, 0 of %d migrations are applied", all))
	openPostgres(t, good)
	want(good, fmt.Sprintf("%d of %d migrations are applied", all, all))
	s.Exec(t, "ALTER DATABASE "+nameOf(t, strangers)+" OWNER TO postgres")
	want(strangers, "GRANT CREATE ON SCHEMA public TO firstline")
	openPostgres(t, closed)
	postgrestest.Exec(t, closed, "REVOKE DELETE ON audit FROM firstline")
	postgrestest.Exec(t, closed, "REVOKE ALL ON users FROM firstline")
	want(closed, "firstline may not read and change the tables audit, users")
	postgrestest.Exec(t, good, "UPDATE registry_version SET version = 99")
	want(good, "of a newer version (99, this program knows")
	s.Kill()
	want(good, "connect")
	want("secret", "the address is none of PostgreSQL")
}
