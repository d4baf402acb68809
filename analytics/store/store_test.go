package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/row"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

// openStore returns a store on a database of its own, migrated.
func openStore(t *testing.T) (*store.Store, string) {
	t.Helper()
	url, database := chdbtest.Database(t)
	s := openAt(t, url, database)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, url + "/?database=" + database
}

func openAt(t testing.TB, url, database string) *store.Store {
	t.Helper()
	cfg := store.DefaultConfig()
	cfg.URL, cfg.Database = url, database
	s, err := store.Open(cfg, os.Getenv, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func plan(number uint64) load.Load {
	return load.Load{
		Plan: load.Plan{Cluster: "k1", Topic: fact.TopicContacts, Number: number, First: int64(number) * 100, Last: int64(number)*100 + 99,
			Before: []load.Mark{{Source: "controller", Epoch: "e1", Position: number}}},
		After: []load.Mark{{Source: "api/a", Epoch: "x", Position: 1 << 63}, {Source: "controller", Epoch: "e1", Position: number + 1}},
		Facts: 3, Repeats: 2, Missing: 1, DeadLetters: 4, Watermark: start,
	}
}

func count(t *testing.T, url, table string) string {
	t.Helper()
	return chdbtest.Query(t, url, "SELECT count() FROM "+table)
}

// Every type of fact goes in and comes out as its JSON form says, in its own table; events tells that there was one.
func TestEveryFactReadBack(t *testing.T) {
	s, url := openStore(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var facts []fact.Fact
	for range 20 {
		for _, typ := range fact.Types() {
			facts = append(facts, sample(typ, uint64(len(facts)+1), rng))
		}
	}
	if err := s.Insert(t.Context(), plan(1), facts); err != nil {
		t.Fatal(err)
	}
	events := readBack(t, url, "events")
	byTable := map[string]map[string]map[string]any{}
	for _, f := range facts {
		table, subject := store.TableOf(f.Type)
		if byTable[table] == nil {
			byTable[table] = readBack(t, url, table)
		}
		row := byTable[table][fmt.Sprint(f.Position)]
		want := columnsOf(f, subject)
		if _, ok := row["type"]; ok {
			want["type"] = string(f.Type)
		}
		for name, value := range row {
			if name != "loaded_at" && !same(value, want[name]) {
				t.Fatalf("%s %d: column %s of %s is %#v, want %#v", f.Type, f.Position, name, table, value, want[name])
			}
			delete(want, name)
		}
		for name, value := range want {
			t.Errorf("%s: table %s has no column %s for %v", f.Type, table, name, value)
		}
		checkEvent(t, events[fmt.Sprint(f.Position)], f)
	}
	if len(events) != len(facts) {
		t.Errorf("events has %d rows, want %d", len(events), len(facts))
	}
}

// readBack returns the rows of a table by position, each column as its JSON value.
func readBack(t *testing.T, url, table string) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	rows := chdbtest.Query(t, url+"&date_time_output_format=iso&output_format_json_quote_64bit_integers=0",
		"SELECT * FROM "+table+" FORMAT JSONEachRow")
	for line := range strings.Lines(rows) {
		var row map[string]any
		decode([]byte(line), &row)
		position := fmt.Sprint(row["position"])
		if out[position] != nil {
			t.Fatalf("table %s has position %s twice", table, position)
		}
		out[position] = row
	}
	return out
}

func same(got, want any) bool {
	switch w := want.(type) {
	case nil: // left out of the JSON: the column's zero
		return got == nil || got == "" || got == false || got == json.Number("0") || reflect.DeepEqual(got, []any{})
	case []any:
		g, ok := got.([]any)
		return ok && len(g) == len(w) && (len(w) == 0 || reflect.DeepEqual(g, w)) // nil and empty are one
	}
	return reflect.DeepEqual(got, want)
}

func checkEvent(t *testing.T, got map[string]any, f fact.Fact) {
	t.Helper()
	if got["type"] != string(f.Type) || got["subject"] != f.Subject || got["source"] != f.Source || len(got) != 8 {
		t.Errorf("event of %s is %v", f.Type, got)
	}
}

// What every type of fact said comes back from its row, personal fields included.
func TestSaidReadBack(t *testing.T) {
	s, _ := openStore(t)
	rng := rand.New(rand.NewPCG(13, 14))
	facts := map[uint64]fact.Fact{}
	var list []fact.Fact
	for range 20 {
		for _, typ := range fact.Types() {
			f := sample(typ, uint64(len(list)+1), rng)
			list, facts[f.Position] = append(list, f), f
		}
	}
	if err := s.Insert(t.Context(), plan(1), list); err != nil {
		t.Fatal(err)
	}
	for _, table := range row.NewTables().All[1:] {
		rows, err := s.Conn().Query(t.Context(), "SELECT position, "+table.Select()+" FROM "+table.Name)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var position uint64
			var said row.Said
			if err := rows.Scan(&position, &said.Texts, &said.Numbers, &said.Lists); err != nil {
				t.Fatal(err)
			}
			f := facts[position]
			got, err := table.Data(f.Type, said)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := plain(got), plain(f.Data); !reflect.DeepEqual(got, want) {
				t.Errorf("%s of %s said %v, want %v", f.Type, table.Name, got, want)
			}
			delete(facts, position)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if len(facts) > 0 {
		t.Errorf("%d facts were not found", len(facts))
	}
}

// plain is the JSON form of what a fact said, without empty lists and groups of which all is empty.
func plain(d fact.Data) any {
	raw, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	var out map[string]any
	decode(raw, &out)
	for name, value := range out {
		if v, ok := value.([]any); value == nil || ok && len(v) == 0 {
			delete(out, name)
		}
		if group, ok := value.(map[string]any); ok && !slices.ContainsFunc(slices.Collect(maps.Values(group)), func(v any) bool { return v != "" && v != false && v != json.Number("0") }) {
			delete(out, name)
		}
	}
	return out
}

// A repeated plan counts once, in every table; another plan with the same facts would count again.
func TestRepeatCountsOnce(t *testing.T) {
	for _, check := range []bool{false, true} {
		s, url := openStore(t)
		rng := rand.New(rand.NewPCG(3, 4))
		facts := []fact.Fact{sample(fact.TypeArrived, 1, rng), sample(fact.TypeEntryEnded, 2, rng), sample(fact.TypeEntryEnded, 3, rng)}
		l := plan(1)
		for range 3 {
			if err := s.Insert(t.Context(), l, facts); err != nil {
				t.Fatal(err)
			}
			l.Check = check
		}
		for table, want := range map[string]string{"events": "3", "arrivals": "1", "entries": "2", "loads": "1"} {
			if got := count(t, url, table); got != want {
				t.Errorf("check %v: %s has %s rows, want %s", check, table, got, want)
			}
		}
	}
}

// Facts of several months go into several parts; a first try that got only some of them in is completed.
func TestRepeatOverMonths(t *testing.T) {
	s, url := openStore(t)
	rng := rand.New(rand.NewPCG(5, 6))
	var facts []fact.Fact
	for month := range 30 {
		f := sample(fact.TypeTicketOpened, uint64(month+1), rng)
		f.Time = start.AddDate(0, 20*month, 0)
		facts = append(facts, f)
	}
	// The same plan cut short stands for a kill after some months' parts were written.
	l := plan(1)
	if err := s.Insert(t.Context(), l, facts[:7]); err != nil {
		t.Fatal(err)
	}
	l.Check = true
	for range 2 {
		if err := s.Insert(t.Context(), l, facts); err != nil {
			t.Fatal(err)
		}
		if got := chdbtest.Query(t, url, "SELECT count(), uniqExact(position) FROM tickets"); got != "30\t30" {
			t.Errorf("tickets has %s rows, want each of 30 once", got)
		}
	}
}

// A table that remembers the token but lost the rows gets them again when the loader says that it checks.
func TestForgottenRows(t *testing.T) {
	s, url := openStore(t)
	facts := []fact.Fact{sample(fact.TypeArrived, 1, rand.New(rand.NewPCG(7, 8)))}
	l := plan(1)
	if err := s.Insert(t.Context(), l, facts); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"arrivals", "loads"} {
		chdbtest.Query(t, url+"&mutations_sync=2", "ALTER TABLE "+table+" DELETE WHERE 1") // keeps the tokens
	}
	l.Check = true
	if err := s.Insert(t.Context(), l, facts); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"events", "arrivals", "loads"} {
		if got := count(t, url, table); got != "1" {
			t.Errorf("%s has %s rows, want 1", table, got)
		}
	}
}

// Times that ClickHouse can't hold are moved, and never stop an insert.
func TestOddTimes(t *testing.T) {
	s, url := openStore(t)
	rng := rand.New(rand.NewPCG(9, 10))
	var facts []fact.Fact
	for i, at := range []time.Time{time.Date(1, 1, 1, 0, 0, 0, 1e6, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), time.Unix(0, 0)} {
		f := sample(fact.TypeCallEnded, uint64(i+1), rng)
		d := f.Data.(fact.CallEnded)
		d.StartedAt, d.EndedAt, d.AnsweredAt = time.Time{}, at, &at
		f.Time, f.Data = at, d
		facts = append(facts, f)
	}
	l := plan(1)
	for range 2 {
		if err := s.Insert(t.Context(), l, facts); err != nil {
			t.Fatal(err)
		}
		l.Check = true
	}
	got := chdbtest.Query(t, url, "SELECT toYear(time), toYear(started_at), toYear(ended_at), toYear(answered_at) FROM calls ORDER BY time")
	if moved := chdbtest.Query(t, url, "SELECT moved FROM loads"); moved != "6" {
		t.Errorf("loads says that %s times were moved, want 6", moved)
	}
	if want := "1900\t1970\t1900\t1900\n1970\t1970\t1970\t1970\n2261\t1970\t2261\t2261"; got != want {
		t.Errorf("years are\n%s\nwant\n%s", got, want)
	}
}

// The loader's book: what was written last is read back whole, over clusters, and says how far the facts reach.
func TestLoads(t *testing.T) {
	s, _ := openStore(t)
	ctx := t.Context()
	if _, found, err := s.LastLoad(ctx, fact.TopicContacts, 0); err != nil || found {
		t.Fatalf("an empty book has a load: %v %v", found, err)
	}
	first, second := plan(1), plan(2)
	second.Cluster, second.First, second.Last, second.Accepted = "k2", 0, -1, true
	second.Facts, second.Watermark = 0, time.Time{}
	old := sample(fact.TypeArrived, 1, rand.New(rand.NewPCG(1, 1)))
	if err := s.Insert(ctx, first, []fact.Fact{old}); err != nil {
		t.Fatal(err)
	}
	if err := s.Insert(ctx, second, nil); err != nil {
		t.Fatal(err)
	}
	last, found, err := s.LastLoad(ctx, fact.TopicContacts, 0)
	if err != nil || !found || !reflect.DeepEqual(last, second) {
		t.Errorf("last load is %+v %v %v, want %+v", last, found, err, second)
	}
	if _, found, _ := s.LastLoad(ctx, fact.TopicContacts, 1); found {
		t.Error("another partition has a load")
	}
	marks, err := s.Reached(ctx)
	if want := []load.Mark{{Source: "controller", Epoch: "e1", Position: 1}}; err != nil || !reflect.DeepEqual(marks, want) {
		t.Errorf("reached %v %v, want %v", marks, err, want)
	}
	reach, err := s.Reach(ctx)
	if err != nil || len(reach) != 1 || !reach[0].Watermark.Equal(start) || reach[0].Facts != 3 || reach[0].Late != 1 {
		t.Errorf("reach is %+v %v", reach, err)
	}
}

// A sender's repeated event counts once in the view, as first received; an event with its id in another ticket is another one.
func TestTicketsOnce(t *testing.T) {
	s, url := openStore(t)
	rng := rand.New(rand.NewPCG(11, 12))
	var facts []fact.Fact
	for i, received := range []int64{30, 10, 20, 40} {
		f := sample(fact.TypeTicketResolved, uint64(i+1), rng)
		d := f.Data.(fact.TicketEvent)
		d.System, d.EventID, d.Ticket, d.ReceivedMS = "helpdesk", "ev1", "T1", received
		if received == 40 {
			d.Ticket = "T2"
		}
		f.Subject, f.Data = d.System+":"+d.Ticket, d
		facts = append(facts, f)
	}
	if err := s.Insert(t.Context(), plan(1), facts); err != nil {
		t.Fatal(err)
	}
	if got := chdbtest.Query(t, url, "SELECT received_ms FROM tickets_once ORDER BY received_ms"); got != "10\n40" {
		t.Errorf("tickets_once holds %q, want the ones received at 10 and 40", got)
	}
}

// Every statement that the documentation offers runs on the tables.
func TestDocumentedStatements(t *testing.T) {
	_, url := openStore(t)
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(text, -1) {
			chdbtest.Query(t, url, string(block[1]))
			found++
		}
	}
	if found == 0 {
		t.Error("there is none")
	}
}

func TestMigrate(t *testing.T) {
	s, url := openStore(t)
	for range 2 { // again, and by two at once
		errs := make(chan error, 2)
		for range 2 {
			go func() { errs <- s.Migrate(context.WithoutCancel(t.Context())) }()
		}
		for range 2 {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := chdbtest.Query(t, url, "SELECT count(), uniqExact(version) FROM migrations"); got != "26\t26" {
		t.Errorf("migrations holds %s", got)
	}
	chdbtest.Query(t, url, "INSERT INTO migrations (version, name, checksum) VALUES (9999, 'later', 'x')")
	if err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a newer database gives %v", err)
	}
	chdbtest.Query(t, url+"&mutations_sync=2", "ALTER TABLE migrations DELETE WHERE version = 9999")
	chdbtest.Query(t, url+"&mutations_sync=2", "ALTER TABLE migrations UPDATE checksum = 'y' WHERE 1")
	if err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("a changed migration gives %v", err)
	}
}
