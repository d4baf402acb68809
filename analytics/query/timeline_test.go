package query

import (
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

func TestArrivedAbout(t *testing.T) {
	at := time.Unix(1764082571, 0)
	for _, id := range []string{"pbx1-1764082571.12", "pbx-north-1764082571.3", "1764082571.12"} {
		if got := arrivedAbout(id); !got.from.Before(at) || !got.until.After(at) || got.until.Sub(got.from) > 3*clocksDiffer {
			t.Errorf("%s: %v", id, got)
		}
	}
	for _, id := range []string{"nobody", "pbx1-", "pbx1-99999999999999.1", ""} {
		if got := arrivedAbout(id); got != anytime() {
			t.Errorf("%q: %v, want any time", id, got)
		}
	}
}

// Facts of newer versions only, or none, ask nothing.
func TestSaidOfNothing(t *testing.T) {
	r := New(nil, DefaultConfig(), time.Now)
	for _, facts := range [][]fact.Fact{nil, {{Type: "hologram.shown", Subject: "pbx1-1.1"}}} {
		if said, err := r.said(t.Context(), facts, "pbx1-1.1"); err != nil || len(said) != 0 {
			t.Errorf("%v: %v %v", facts, said, err)
		}
	}
}

// A fact that has come as far as events, and whose row has not, is shown without what it said; replay says which one it is.
func TestRowIsOnItsWay(t *testing.T) {
	at := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	f := func(n uint64, typ fact.Type, d fact.Data) fact.Fact {
		return fact.Fact{
			Type: typ, Subject: "pbx1-1772539200.1", Sequence: n, Time: at.Add(time.Duration(n) * time.Second), Data: d, //nolint:gosec // small
			Source: "controller", Epoch: "e1", Position: n,
		}
	}
	conn := loadFacts(t, []fact.Fact{
		f(1, fact.TypeArrived, fact.Arrived{Call: "c1", Kind: fact.KindInbound, Node: "pbx1"}),
		f(2, fact.TypeIVREntered, fact.IVREntered{Flow: "main", Node: "hello"}),
		f(3, fact.TypeRecordingStarted, fact.RecordingStarted{Recording: "pbx1-1772539200.1/r1", Queue: "support"}),
	})
	r := New(conn, DefaultConfig(), func() time.Time { return at })
	said := func() (out []string) {
		t.Helper()
		line, err := r.Timeline(t.Context(), "pbx1-1772539200.1", true)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range line.Facts {
			out = append(out, f.ID+" "+string(f.Data))
		}
		return out
	}
	whole := said()
	for _, table := range []string{"ivr_steps", "recordings_opened"} {
		if err := conn.Exec(t.Context(), "ALTER TABLE "+table+" DELETE WHERE 1 SETTINGS mutations_sync = 2"); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := said(), []string{whole[0], "pbx1-1772539200.1/2 {}", "pbx1-1772539200.1/3 {}"}; !slices.Equal(got, want) {
		t.Errorf("the timeline has %q, want %q", got, want)
	}
	if list, err := r.Recordings(t.Context(), "pbx1-1772539200.1"); err != nil || len(list) != 0 {
		t.Errorf("recordings: %v %v", list, err)
	}
	if _, err := r.Facts(t.Context(), at, at.Add(time.Minute)); err == nil || !strings.Contains(err.Error(), "pbx1-1772539200.1/2") {
		t.Errorf("replay: %v", err)
	}
}
