package query

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// recorded are the facts of one contact with a recording for each state there is, a minute apart, and of a neighbour.
func recorded(began time.Time) []fact.Fact {
	const id = "pbx1-1.1"
	var out []fact.Fact
	add := func(subject string, t fact.Type, d fact.Data) {
		n := uint64(len(out) + 1)
		out = append(out, fact.Fact{Type: t, Subject: subject, Sequence: n, Time: began.Add(time.Duration(n) * time.Minute), Source: "controller", Epoch: "e1", Position: n, Data: d})
	}
	now := func() time.Time { return began.Add(time.Duration(len(out)+1) * time.Minute) }
	start := func(n, queue string, cause fact.RecordingCause) {
		add(id, fact.TypeRecordingStarted, fact.RecordingStarted{Recording: id + "/" + n, Call: id + "/c1", Queue: queue, Agent: "anna", Cause: cause})
	}
	end := func(n, queue string, result fact.RecordingResult) {
		add(id, fact.TypeRecordingEnded, fact.RecordingEnded{
			Recording: id + "/" + n, Queue: queue, Agent: "anna", Result: result, StartedAt: now().Add(-time.Minute), EndedAt: now(), DurationMS: 60_000, PausedMS: 2_000,
		})
	}
	store := func(n string, until time.Time) {
		add(id, fact.TypeRecordingStored, fact.RecordingStored{Recording: id + "/" + n, DurationMS: 60_010, Bytes: 1_920_364, SHA256: "ab12", KeepUntil: until})
	}
	add(id, fact.TypeArrived, fact.Arrived{Call: id + "/c1", Kind: fact.KindInbound})
	start("r1", "support", fact.RecordAll)
	end("r1", "support", fact.RecordingComplete)
	store("r1", began.Add(90*24*time.Hour))
	start("r2", "sales", fact.RecordDemand)
	end("r2", "sales", fact.RecordingFailed)
	add(id, fact.TypeRecordingLost, fact.RecordingLost{Recording: id + "/r2", Error: "404: no such file"})
	start("r3", "support", fact.RecordShare)
	end("r3", "support", fact.RecordingComplete)
	store("r3", began.Add(time.Hour))
	start("r4", "support", fact.RecordAll)
	end("r4", "support", fact.RecordingComplete)
	start("r10", "support", fact.RecordAll)
	for range 2 {
		add(id, fact.TypeRecordingPaused, fact.RecordingPaused{Recording: id + "/r10", Queue: "support", By: fact.ByDesk, Actor: "anna"})
		add(id, fact.TypeRecordingResumed, fact.RecordingResumed{Recording: id + "/r10", Queue: "support", By: fact.ByDesk, PausedAt: now(), PausedMS: 700})
	}
	add("pbx1-1.10", fact.TypeArrived, fact.Arrived{Call: "pbx1-1.10/c1", Kind: fact.KindInbound})
	return out
}

func TestRecordings(t *testing.T) {
	began := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	facts := recorded(began)
	now := began.Add(time.Hour)
	r := New(loadFacts(t, slices.Concat(facts, facts)), DefaultConfig(), func() time.Time { return now }) // each came twice
	list := func() []Recording {
		t.Helper()
		got, err := r.Recordings(context.Background(), "pbx1-1.1")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	states := func() (out []RecordingState) {
		for _, x := range list() {
			out = append(out, x.State)
		}
		return out
	}
	now = time.Date(2026, 3, 3, 23, 59, 59, 0, time.UTC)
	if got, want := states(), []RecordingState{RecordingKept, RecordingLost, RecordingKept, RecordingEnded, RecordingGoesOn}; !slices.Equal(got, want) {
		t.Errorf("on the last day of r3: %v", got)
	}
	now = time.Date(2026, 3, 4, 1, 0, 0, 0, time.FixedZone("", 3600)) // midnight, UTC
	got := list()
	if s := states(); s[0] != RecordingKept || s[2] != RecordingDeleted {
		t.Errorf("after the last day of r3: %v", s)
	}
	for i, want := range []string{
		`{"recording":"pbx1-1.1/r1","number":"r1","queue":"support","agent":"anna","cause":"all","state":"kept","result":"complete","started_at":"2026-03-03T12:02:00Z","ended_at":"2026-03-03T12:03:00Z","duration_ms":60000,"paused_ms":2000,"bytes":1920364,"sha256":"ab12","keep_until":"2026-06-01T12:00:00Z","error":null}`,
		`{"recording":"pbx1-1.1/r2","number":"r2","queue":"sales","agent":"anna","cause":"demand","state":"lost","result":"failed","started_at":"2026-03-03T12:05:00Z","ended_at":"2026-03-03T12:06:00Z","duration_ms":60000,"paused_ms":2000,"bytes":null,"sha256":null,"keep_until":null,"error":"404: no such file"}`,
		`{"recording":"pbx1-1.1/r3","number":"r3","queue":"support","agent":"anna","cause":"share","state":"deleted","result":"complete","started_at":"2026-03-03T12:08:00Z","ended_at":"2026-03-03T12:09:00Z","duration_ms":60000,"paused_ms":2000,"bytes":1920364,"sha256":"ab12","keep_until":"2026-03-03T13:00:00Z","error":null}`,
		`{"recording":"pbx1-1.1/r4","number":"r4","queue":"support","agent":"anna","cause":"all","state":"ended","result":"complete","started_at":"2026-03-03T12:11:00Z","ended_at":"2026-03-03T12:12:00Z","duration_ms":60000,"paused_ms":2000,"bytes":null,"sha256":null,"keep_until":null,"error":null}`,
		`{"recording":"pbx1-1.1/r10","number":"r10","queue":"support","agent":"anna","cause":"all","state":"recording","result":null,"started_at":"2026-03-03T12:13:00Z","ended_at":null,"duration_ms":null,"paused_ms":1400,"bytes":null,"sha256":null,"keep_until":null,"error":null}`,
	} {
		if i >= len(got) {
			t.Fatalf("%d recordings", len(got))
		}
		if b, err := json.Marshal(got[i]); err != nil || string(b) != want {
			t.Errorf("got  %s %v\nwant %s", b, err, want)
		}
	}
	if none, err := r.Recordings(context.Background(), "pbx1-1.10"); err != nil || none == nil || len(none) != 0 {
		t.Errorf("a contact that was not recorded: %v, %v", none, err)
	}
	if _, err := r.Recordings(context.Background(), "pbx1-2.1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown contact: %v", err)
	}
}
