package registry

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func monday() time.Time { return time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC) }

func TestReportFromMakingToDeleting(t *testing.T) { each(t, testReportFromMakingToDeleting) }

func testReportFromMakingToDeleting(t *testing.T, open func() *Registry) {
	ctx := context.Background()
	r := open()
	want := Report{ID: "r1", Owner: "sue", Body: "{}", Next: monday(), Made: monday(), Changed: monday(), ChangedBy: "sue"}
	if err := r.MakeReport(ctx, want); err != nil {
		t.Fatal(err)
	}
	want.Body, want.Next, want.Changed, want.ChangedBy = `{"a":1}`, time.Time{}, monday().Add(time.Hour), "adam"
	if err := r.ChangeReport(ctx, want); err != nil {
		t.Fatal(err)
	}
	if got, err := r.FindReport(ctx, "r1"); err != nil || got != want {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	if due, err := r.DueReports(ctx, monday().AddDate(1, 0, 0)); err != nil || len(due) != 0 {
		t.Errorf("%v, %v", due, err)
	}
	if err := r.DeleteReport(ctx, "r1"); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"delete": r.DeleteReport(ctx, "r1"), "change": r.ChangeReport(ctx, want), "find": func() error { _, err := r.FindReport(ctx, "r1"); return err }(),
	} {
		if !errors.Is(err, ErrNone) {
			t.Errorf("%s of none: %v", name, err)
		}
	}
	if list, err := r.Reports(ctx); err != nil || list == nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// TestOneProcessBeginsASlot, and one takes a run up, of many at once; who was slow writes nothing over what the next one wrote.
func TestOneProcessBeginsASlot(t *testing.T) { each(t, testOneProcessBeginsASlot) }

func testOneProcessBeginsASlot(t *testing.T, open func() *Registry) {
	ctx := context.Background()
	first, second := open(), open()
	if err := first.MakeReport(ctx, Report{ID: "r1", Owner: "sue", Next: monday(), Made: monday(), Changed: monday()}); err != nil {
		t.Fatal(err)
	}
	next := monday().AddDate(0, 0, 7)
	run := Run{ID: "r1.1", Report: "r1", Slot: monday(), Due: monday(), Body: "{}"}
	var begun, taken atomic.Int32
	var wg sync.WaitGroup
	for i := range 10 {
		r := []*Registry{first, second}[i%2]
		wg.Go(func() {
			if ok, err := r.BeginRun(ctx, run, monday(), next); err != nil {
				t.Error(err)
			} else if ok {
				begun.Add(1)
			}
		})
	}
	wg.Wait()
	due, err := first.DueRuns(ctx, monday())
	if err != nil || len(due) != 1 || !reflect.DeepEqual(due[0], run) {
		t.Fatalf("%+v, %v", due, err)
	}
	for i := range 10 {
		r := []*Registry{first, second}[i%2]
		wg.Go(func() {
			switch err := r.TakeRun(ctx, due[0], monday(), monday().Add(time.Minute)); {
			case err == nil:
				taken.Add(1)
			case !errors.Is(err, ErrNone):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if begun.Load() != 1 || taken.Load() != 1 {
		t.Errorf("begun %d times, taken %d times", begun.Load(), taken.Load())
	}
	if list, _ := first.DueRuns(ctx, monday()); len(list) != 0 {
		t.Errorf("while somebody is at it: %+v", list)
	}
	if got, _ := first.FindReport(ctx, "r1"); !got.Next.Equal(next) {
		t.Errorf("next %s", got.Next)
	}

	// Its process dies: another one takes it up behind the lease, and the dead one's late word is not heard.
	later := monday().Add(2 * time.Minute)
	left, _ := second.DueRuns(ctx, later)
	if len(left) != 1 || left[0].Attempt != 1 {
		t.Fatalf("%+v", left)
	}
	if err := second.TakeRun(ctx, left[0], later, later.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := first.NoteRun(ctx, left[0]); !errors.Is(err, ErrNone) {
		t.Errorf("the late word: %v", err)
	}
	done := left[0]
	done.Attempt, done.Ended, done.Lease, done.Body = 2, true, time.Time{}, `{"done":1}`
	if err := second.NoteRun(ctx, done); err != nil {
		t.Fatal(err)
	}
	if list, err := first.Runs(ctx, "r1", 10); err != nil || !reflect.DeepEqual(list, []Run{done}) {
		t.Errorf("%+v, %v", list, err)
	}
	if err := first.SweepRuns(ctx, monday().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if list, _ := first.Runs(ctx, "r1", 10); len(list) != 0 {
		t.Errorf("after the sweep: %+v", list)
	}
}

func TestAlertRulesStatesAndSilences(t *testing.T) { each(t, testAlertRulesStatesAndSilences) }

func testAlertRulesStatesAndSilences(t *testing.T, open func() *Registry) {
	ctx := context.Background()
	r := open()
	rule := AlertRule{ID: "a1", Body: "{}", Made: monday(), MadeBy: "sue", Changed: monday(), ChangedBy: "sue"}
	if err := r.MakeAlertRule(ctx, rule); err != nil {
		t.Fatal(err)
	}
	rule.Body, rule.ChangedBy = `{"a":1}`, "adam"
	if err := r.ChangeAlertRule(ctx, rule); err != nil {
		t.Fatal(err)
	}
	if list, err := r.AlertRules(ctx); err != nil || !reflect.DeepEqual(list, []AlertRule{rule}) {
		t.Errorf("%+v, %v", list, err)
	}
	silence := Silence{ID: "s1", Rule: "a1", Queue: "support", Ends: monday().Add(time.Hour), Reason: "works", Made: monday(), MadeBy: "sue"}
	if err := r.MakeSilence(ctx, silence); err != nil {
		t.Fatal(err)
	}
	if list, err := r.Silences(ctx, monday()); err != nil || !reflect.DeepEqual(list, []Silence{silence}) {
		t.Errorf("%+v, %v", list, err)
	}
	if list, _ := r.Silences(ctx, silence.Ends); len(list) != 0 {
		t.Errorf("over: %+v", list)
	}
	if err := r.DeleteAlertRule(ctx, "a1"); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"delete": r.DeleteAlertRule(ctx, "a1"), "change": r.ChangeAlertRule(ctx, rule), "end": r.EndSilence(ctx, "s1")} {
		if !errors.Is(err, ErrNone) {
			t.Errorf("%s of none: %v", name, err)
		}
	}
}

// TestLease: one holder at a time, until it ends; only he notes states.
func TestLease(t *testing.T) { each(t, testLease) }

func testLease(t *testing.T, open func() *Registry) {
	ctx, now := context.Background(), monday()
	r := open()
	take := func(holder string, at time.Time) bool {
		ok, err := r.Lease(ctx, "alerts", holder, at, at.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	state := AlertState{Rule: "a1", Queue: "support", Body: "{}"}
	if !take("one", now) || take("two", now) || !take("one", now.Add(30*time.Second)) || take("two", now.Add(time.Minute)) {
		t.Error("the lease is not one's")
	}
	if err := r.NoteAlertStates(ctx, "alerts", "one", now, []AlertState{state}, nil); err != nil {
		t.Fatal(err)
	}
	if !take("two", now.Add(2*time.Minute)) {
		t.Error("the lease doesn't end")
	}
	state.Body = `{"late":1}`
	if err := r.NoteAlertStates(ctx, "alerts", "one", now.Add(2*time.Minute), []AlertState{state}, nil); !errors.Is(err, ErrNone) {
		t.Errorf("without the lease: %v", err)
	}
	if list, err := r.AlertStates(ctx); err != nil || len(list) != 1 || list[0].Body != "{}" {
		t.Errorf("%+v, %v", list, err)
	}
	if err := r.NoteAlertStates(ctx, "alerts", "two", now.Add(2*time.Minute), nil, []AlertState{state}); err != nil {
		t.Fatal(err)
	}
	if list, _ := r.AlertStates(ctx); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}
