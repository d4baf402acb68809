package registry

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAudit: filters and pages give what a plain look through all entries gives.
func TestAudit(t *testing.T) { each(t, testAudit) }

func testAudit(t *testing.T, open func() *Registry) {
	ctx := context.Background()
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := open()
	var all []Entry
	for i := range 40 {
		e := Entry{
			ID: int64(i + 1), Time: began.Add(time.Duration(i) * time.Millisecond), Actor: []string{"adam", "sue"}[i%2], Role: "admin", Address: "10.0.0.1",
			Action: []string{"make-key", "move", "sign-in"}[i%3], Object: fmt.Sprint("/", i), Result: []string{"ok", "forbidden"}[i/3%2], Request: "r", Process: "host:8080",
		}
		if err := r.Record(ctx, e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	slices.Reverse(all)
	for _, f := range []AuditFilter{
		{}, {Object: "/1"}, {Refused: true}, {Object: "3", Refused: true}, {Actor: "sue"}, {Action: "move"}, {Result: "forbidden"}, {Actor: "adam", Action: "sign-in", Result: "ok"}, {Actor: "nobody"},
		{From: began.Add(5 * time.Millisecond), Until: began.Add(9 * time.Millisecond)},
	} {
		if f.Until.IsZero() {
			f.Until = began.Add(time.Hour)
		}
		want := []Entry{}
		for _, e := range all {
			if !e.Time.Before(f.From) && e.Time.Before(f.Until) && (f.Actor == "" || f.Actor == e.Actor) && (f.Action == "" || f.Action == e.Action) && (f.Result == "" || f.Result == e.Result) &&
				strings.Contains(e.Object, f.Object) && (!f.Refused || e.Result != "ok") {
				want = append(want, e)
			}
		}
		got := []Entry{}
		for f.Limit = 3; ; f.Before = got[len(got)-1].ID {
			page, err := r.Audit(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, page...); len(page) < f.Limit {
				break
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: %d entries, want %d", f, len(got), len(want))
		}
	}
}

// TestSweepAudit deletes what is too old, and no number is used twice.
func TestSweepAudit(t *testing.T) { each(t, testSweepAudit) }

func testSweepAudit(t *testing.T, open func() *Registry) {
	ctx, now := context.Background(), time.Now()
	r := open()
	for i := range 3 {
		if err := r.Record(ctx, Entry{Time: now.Add(time.Duration(i) * time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.db.ExecContext(ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO audit (time, actor, role, address, action, object, result, request) SELECT 0, '', '', '', '', '', '', '' FROM n`, sweepAtOnce+1); err != nil {
		t.Fatal(err)
	}
	if n, err := r.SweepAudit(ctx, now.Add(-time.Hour)); err != nil || n != sweepAtOnce+1 {
		t.Errorf("%d old ones swept, %v", n, err)
	}
	if n, err := r.SweepAudit(ctx, now.Add(3*time.Hour)); err != nil || n != 3 {
		t.Errorf("%d swept, %v", n, err)
	}
	if err := r.Record(ctx, Entry{Time: now}); err != nil {
		t.Fatal(err)
	}
	if list, err := r.Audit(ctx, AuditFilter{Until: now.Add(time.Hour), Limit: 9}); err != nil || len(list) != 1 || list[0].ID != 3+sweepAtOnce+1+1 {
		t.Errorf("%+v, %v", list, err)
	}
}
