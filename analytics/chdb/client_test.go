package chdb_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"firstline/analytics/chdb/chdbtest"
)

// compressions are all that clickhouse-go offers over HTTP.
func compressions() map[string]*clickhouse.Compression {
	return map[string]*clickhouse.Compression{
		"none": nil,
		"lz4":  {Method: clickhouse.CompressionLZ4}, "zstd": {Method: clickhouse.CompressionZSTD, Level: 3},
		"gzip": {Method: clickhouse.CompressionGZIP, Level: 1}, "deflate": {Method: clickhouse.CompressionDeflate, Level: 1},
		"br": {Method: clickhouse.CompressionBrotli, Level: 1},
	}
}

// open returns a client as the product uses it.
func open(t testing.TB, address, database string, change func(*clickhouse.Options)) clickhouse.Conn {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	options := &clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{u.Host}, Auth: clickhouse.Auth{Database: database, Username: "default"},
		DialTimeout: 5 * time.Second, ReadTimeout: time.Minute, MaxOpenConns: 32,
	}
	if change != nil {
		change(options)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// database returns a client on a database of the test's own.
func database(t testing.TB, change func(*clickhouse.Options)) clickhouse.Conn {
	t.Helper()
	address, name := chdbtest.Database(t)
	chdbtest.Query(t, address, "CREATE DATABASE "+name)
	return open(t, address, name, change)
}

func execute(t testing.TB, conn clickhouse.Conn, sql string, args ...any) {
	t.Helper()
	if err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func number(t testing.TB, conn clickhouse.Conn, sql string, args ...any) uint64 {
	t.Helper()
	var n uint64
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// samples are a column of each type that clickhouse-go and the engine share, with two values.
func samples() []struct {
	typ  string
	a, b any
} {
	at := time.Date(2026, 7, 1, 12, 30, 15, 123_000_000, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	text := "ü'\"\\\n\x00"
	return []struct {
		typ  string
		a, b any
	}{
		{"UInt8", uint8(1), uint8(255)}, {"Int64", int64(-1), int64(1) << 62}, {"UInt64", uint64(0), ^uint64(0)},
		{"Float64", 1.5, -0.25}, {"Bool", true, false}, {"String", "", text}, {"FixedString(3)", "abc", "xyz"},
		{"LowCardinality(String)", "a", text}, {"LowCardinality(Nullable(String))", "a", "b"},
		{"Nullable(Int64)", ptr(int64(3)), (*int64)(nil)}, {"Nullable(String)", ptr(text), (*string)(nil)},
		{"DateTime64(3, 'UTC')", at, at.Add(time.Millisecond)}, {"DateTime64(6)", at.Add(time.Microsecond), at},
		{"Nullable(DateTime64(3, 'UTC'))", &at, (*time.Time)(nil)},
		{"DateTime('Europe/Berlin')", at.In(berlin).Truncate(time.Second), at.In(berlin).Truncate(time.Hour)},
		{"DateTime", at.Truncate(time.Second), at.Truncate(time.Hour)}, {"Date", at.Truncate(24 * time.Hour), at.Truncate(24 * time.Hour)},
		{"Array(String)", []string{}, []string{"a", text}}, {"Array(LowCardinality(String))", []string{"x", "x"}, []string{}},
		{"Array(Array(Int64))", [][]int64{{1}, {}}, [][]int64{}}, {"Array(Nullable(Int64))", []*int64{nil, ptr(int64(1))}, []*int64{}},
		{"Map(String, UInt64)", map[string]uint64{"a": 1}, map[string]uint64{}},
		{"Map(LowCardinality(String), Array(String))", map[string][]string{"a": {"b"}}, map[string][]string{}},
		{"UUID", uuid.MustParse("61f0c404-5cb3-11e7-907b-a6006ad3dba0"), uuid.Nil},
		{"Decimal(18, 4)", decimal.RequireFromString("1.25"), decimal.RequireFromString("-3")},
		{"Enum8('a' = 1, 'b' = 2)", "a", "b"},
	}
}

func ptr[T any](v T) *T { return &v }

// Every type goes in by a batch and comes out by a query as it was, under each compression.
func TestTypes(t *testing.T) {
	for name, compression := range compressions() {
		t.Run(name, func(t *testing.T) {
			conn := database(t, func(o *clickhouse.Options) { o.Compression = compression })
			all := samples()
			columns, rows := "n UInt8", [2][]any{{uint8(0)}, {uint8(1)}}
			for i, s := range all {
				columns += fmt.Sprintf(", v%d %s", i, s.typ)
				rows[0], rows[1] = append(rows[0], s.a), append(rows[1], s.b)
			}
			execute(t, conn, "CREATE TABLE t ("+columns+") ENGINE = MergeTree ORDER BY n")
			batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t")
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				if err := batch.Append(row...); err != nil {
					t.Fatal(err)
				}
			}
			if err := batch.Send(); err != nil {
				t.Fatal(err)
			}
			for n, row := range rows {
				into := make([]any, len(row))
				for i, want := range row {
					into[i] = reflect.New(reflect.TypeOf(want)).Interface()
				}
				if err := conn.QueryRow(t.Context(), "SELECT * FROM t WHERE n = {n:UInt8}", clickhouse.Named("n", n)).Scan(into...); err != nil {
					t.Fatal(err)
				}
				for i, s := range all {
					if got := reflect.ValueOf(into[i+1]).Elem().Interface(); !alike(got, row[i+1]) {
						t.Errorf("%s: %#v came back as %#v", s.typ, row[i+1], got)
					}
				}
			}
		})
	}
}

// alike compares times as instants and decimals as numbers.
func alike(got, want any) bool {
	switch w := want.(type) {
	case time.Time:
		return w.Equal(got.(time.Time))
	case *time.Time:
		g := got.(*time.Time)
		return (w == nil) == (g == nil) && (w == nil || w.Equal(*g))
	case decimal.Decimal:
		return w.Equal(got.(decimal.Decimal))
	}
	return reflect.DeepEqual(got, want)
}

// Parameters arrive as sent, whatever they hold, and never become SQL.
func TestParameters(t *testing.T) {
	conn := open(t, chdbtest.Start(t), "", nil)
	for _, text := range []string{"", "a", "it's", `back\slash`, "line\nbreak\ttab", "ü€😀", "'; DROP TABLE x --", "{a:String}", "%20+&=#"} {
		var got string
		var length uint64
		err := conn.QueryRow(t.Context(), "SELECT {a:String}, length({a:String})", clickhouse.Named("a", text)).Scan(&got, &length)
		if err != nil || got != text || length != uint64(len(text)) {
			t.Errorf("%q came back as %q, %d bytes, %v", text, got, length, err)
		}
	}
	var list []string
	var at time.Time
	moment := time.Date(2026, 3, 1, 1, 2, 3, 0, time.UTC)
	err := conn.QueryRow(t.Context(), "SELECT {l:Array(String)}, {t:DateTime64(3, 'UTC')}",
		clickhouse.Named("l", []string{"a'b", `c\d`}), clickhouse.DateNamed("t", moment, clickhouse.MilliSeconds)).Scan(&list, &at)
	if err != nil || !reflect.DeepEqual(list, []string{"a'b", `c\d`}) || !at.Equal(moment) {
		t.Errorf("list and time came back as %q %v %v", list, at, err)
	}
}

// Errors reach the client with ClickHouse's code, before the answer and in the middle of it, under each compression.
func TestErrors(t *testing.T) {
	for name, compression := range compressions() {
		t.Run(name, func(t *testing.T) {
			conn := database(t, func(o *clickhouse.Options) { o.Compression = compression })
			for sql, code := range map[string]int32{
				"SELECT * FROM nosuch": 60, "SELEC 1": 62, "SELECT nosuch": 47, "SELECT throwIf(1)": 395, "SELECT 1 SETTINGS nosuch = 1": 115,
				"SELECT * FROM nosuch.t": 81, "SELECT f(1)": 46, "SELECT {a:String}": 456,
			} {
				rows, err := conn.Query(t.Context(), sql)
				if err == nil {
					_ = rows.Close()
				}
				checkCode(t, sql, err, code)
			}
			checkCode(t, "exec", conn.Exec(t.Context(), "DROP TABLE nosuch"), 60)
			err := conn.QueryRow(clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"nosuch": 1})), "SELECT 1").Err()
			checkCode(t, "unknown setting", err, 115)
			if name == "none" || name == "lz4" || name == "zstd" {
				checkCode(t, "in the middle", drain(conn, t.Context(), "SELECT throwIf(number = 3000000) FROM numbers(4000000)"), 395)
			} else if err := drain(conn, t.Context(), "SELECT throwIf(number = 3000000) FROM numbers(4000000)"); err == nil {
				t.Error("a failure in the middle of an answer was not told")
			}
			_, err = conn.PrepareBatch(t.Context(), "INSERT INTO nosuch")
			checkCode(t, "insert", err, 60)
		})
	}
}

func checkCode(t *testing.T, what string, err error, code int32) {
	t.Helper()
	var e *clickhouse.Exception
	if !errors.As(err, &e) || e.Code != code || e.CodeName == "" {
		t.Errorf("%s: got %v, want code %d", what, err, code)
	}
}

// drain reads a whole answer and returns the first error.
func drain(conn clickhouse.Conn, ctx context.Context, sql string) error {
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
	}
	return rows.Err()
}

// The same token counts once in a table and in what hangs from it by a materialized view; another table is not touched
// by it, and the token of one request does not stick to the next.
func TestToken(t *testing.T) {
	conn := database(t, nil)
	window := " SETTINGS non_replicated_deduplication_window = 100"
	execute(t, conn, "CREATE TABLE a (v UInt64) ENGINE = MergeTree ORDER BY v"+window)
	execute(t, conn, "CREATE TABLE b (v UInt64) ENGINE = MergeTree ORDER BY v"+window)
	execute(t, conn, "CREATE TABLE sums (k UInt64, n UInt64) ENGINE = SummingMergeTree ORDER BY k"+window)
	execute(t, conn, "CREATE MATERIALIZED VIEW view TO sums AS SELECT v % 2 AS k, count() AS n FROM a GROUP BY k")
	insert := func(table, token string) {
		ctx := t.Context()
		if token != "" {
			ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": token}))
		}
		batch, err := conn.PrepareBatch(ctx, "INSERT INTO "+table)
		if err != nil {
			t.Fatal(err)
		}
		for v := range 10 {
			if err := batch.Append(uint64(v)); err != nil {
				t.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		insert("a", "one")
		insert("b", "one")
	}
	if a, b, sums := number(t, conn, "SELECT count() FROM a"), number(t, conn, "SELECT count() FROM b"), number(t, conn, "SELECT sum(n) FROM sums"); a != 10 || b != 10 || sums != 10 {
		t.Errorf("a has %d rows, b %d, the view counts %d; want 10", a, b, sums)
	}
	insert("b", "two")
	if b := number(t, conn, "SELECT count() FROM b"); b != 20 {
		t.Errorf("b has %d rows, want 20 after another token", b)
	}
}

// What a request sets is its own: settings, database and temporary tables are gone with it.
func TestNothingSticks(t *testing.T) {
	address := chdbtest.Launch(t, "-connections", "2").URL
	conn := open(t, address, "", func(o *clickhouse.Options) { o.MaxOpenConns = 1 })
	execute(t, conn, "CREATE DATABASE other")
	for range 4 { // both connections, twice
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_threads": 7, "log_comment": "mine"}))
		var threads string
		if err := conn.QueryRow(ctx, "SELECT toString(getSetting('max_threads'))").Scan(&threads); err != nil || threads != "7" {
			t.Errorf("max_threads is %s %v, want 7", threads, err)
		}
		execute(t, conn, "SET max_threads = 5")
		execute(t, conn, "USE other")
		execute(t, conn, "CREATE TEMPORARY TABLE mine (a UInt8)")
		var database string
		if err := conn.QueryRow(t.Context(), "SELECT toString(getSetting('max_threads')), currentDatabase()").Scan(&threads, &database); err != nil {
			t.Fatal(err)
		}
		if threads == "7" || threads == "5" || database != "default" {
			t.Errorf("the next request has max_threads %s and database %s", threads, database)
		}
		checkCode(t, "temporary table", drain(conn, t.Context(), "SELECT * FROM mine"), 60)
	}
}
