package metric

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// ledger is a book of facts that were loaded a second after they happened, unless told otherwise.
type ledger struct{ facts []Loaded }

func (l *ledger) add(subject string, sequence uint64, at time.Time, t fact.Type, d fact.Data) *Loaded {
	l.facts = append(l.facts, Loaded{
		Fact: fact.Fact{Type: t, Subject: subject, Sequence: sequence, Time: at, Data: d, Source: "controller", Epoch: "e", Position: uint64(len(l.facts) + 1)},
		At:   at.Add(time.Second),
	})
	return &l.facts[len(l.facts)-1]
}

func (l *ledger) said(subject string, sequence uint64, at time.Time) *Loaded {
	return l.add(subject, sequence, at, fact.TypePositionTold, fact.PositionTold{})
}

func (l *ledger) count(t *testing.T) map[DefectKind]int64 {
	t.Helper()
	r, err := Quality(l.facts, nil, QualityParams{Window{From: noon.Add(-time.Hour), Until: noon.Add(time.Hour), Interval: Whole}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[DefectKind]int64{}
	for _, d := range r.Totals {
		if d.Count > 0 {
			out[d.Kind] = d.Count
		}
	}
	return out
}

func TestDefects(t *testing.T) {
	queued := fact.Queued{Entry: "e1", Kind: fact.KindInbound, Queue: "support"}
	ended := fact.EntryEnded{Entry: "e1", Kind: fact.KindInbound, Queue: "support", QueuedAt: noon, EndedAt: noon.Add(time.Minute), WaitMS: 60_000}
	over := fact.ContactEnded{StartedAt: noon, EndedAt: noon.Add(time.Minute), DurationMS: 60_000}
	for name, c := range map[string]struct {
		make func(*ledger)
		want map[DefectKind]int64
	}{
		"all is well": {func(l *ledger) {
			l.add("n-1.1", 1, noon, fact.TypeArrived, fact.Arrived{})
			l.add("n-1.1", 2, noon, fact.TypeQueued, queued)
			l.add("n-1.1", 3, noon.Add(time.Minute), fact.TypeEntryEnded, ended)
			l.add("n-1.1", 4, noon.Add(time.Minute), fact.TypeContactEnded, over)
		}, nil},
		"a minute is not late":  {func(l *ledger) { x := l.said("n-1.1", 1, noon); x.At = noon.Add(time.Minute) }, nil},
		"late":                  {func(l *ledger) { x := l.said("n-1.1", 1, noon); x.At = noon.Add(time.Minute + 1) }, map[DefectKind]int64{DefectLate: 1}},
		"a second is not ahead": {func(l *ledger) { x := l.said("n-1.1", 1, noon); x.At = noon.Add(-time.Second) }, nil},
		"ahead":                 {func(l *ledger) { x := l.said("n-1.1", 1, noon); x.At = noon.Add(-1001 * time.Millisecond) }, map[DefectKind]int64{DefectAhead: 1}},
		"ahead by a year, seen when it was loaded": {func(l *ledger) { x := l.said("n-1.1", 1, noon.AddDate(1, 0, 0)); x.At = noon }, map[DefectKind]int64{DefectAhead: 1}},
		"out of order, twice": {func(l *ledger) {
			for i, second := range []int{5, 3, 4, 5} {
				l.said("n-1.1", uint64(i+1), noon.Add(time.Duration(second)*time.Second))
			}
		}, map[DefectKind]int64{DefectOutOfOrder: 2}},
		"three numbers are missing": {func(l *ledger) { l.said("n-1.1", 1, noon); l.said("n-1.1", 5, noon) }, map[DefectKind]int64{DefectGap: 3}},
		"another log counts anew": {func(l *ledger) {
			l.said("n-1.1", 1, noon)
			x := l.said("n-1.1", 9, noon)
			x.Epoch = "f"
		}, nil},
		"duplicate":     {func(l *ledger) { l.said("n-1.1", 1, noon); l.said("n-1.1", 1, noon) }, map[DefectKind]int64{DefectDuplicate: 1}},
		"still waiting": {func(l *ledger) { l.add("n-1.1", 1, noon, fact.TypeQueued, queued) }, nil},
		"its contact is over": {func(l *ledger) {
			l.add("n-1.1", 1, noon, fact.TypeArrived, fact.Arrived{})
			l.add("n-1.1", 2, noon, fact.TypeQueued, queued)
			l.add("n-1.1", 3, noon.Add(time.Minute), fact.TypeContactEnded, over)
		}, map[DefectKind]int64{DefectMissingEnd: 1}},
		"for more than a week": {func(l *ledger) {
			l.add("n-1.1", 1, noon, fact.TypeQueued, queued)
			l.said("n-2.1", 1, noon.Add(LookBack+time.Millisecond))
		}, map[DefectKind]int64{DefectMissingEnd: 1}},
		"ended a week after the window": {func(l *ledger) {
			l.add("n-1.1", 1, noon, fact.TypeQueued, queued)
			l.add("n-1.1", 2, noon.Add(time.Hour+LookBack), fact.TypeEntryEnded, ended)
		}, map[DefectKind]int64{DefectMissingEnd: 1}},
		"ended just before that": {func(l *ledger) {
			l.add("n-1.1", 1, noon, fact.TypeQueued, queued)
			l.add("n-1.1", 2, noon.Add(time.Hour+LookBack-time.Millisecond), fact.TypeEntryEnded, ended)
		}, nil},
		"never began": {func(l *ledger) { l.add("n-1.1", 1, noon.Add(time.Minute), fact.TypeEntryEnded, ended) }, map[DefectKind]int64{DefectMissingBegin: 1}},
		"began before what is read": {func(l *ledger) {
			old := ended
			old.QueuedAt = noon.Add(-LookBack - 2*time.Hour)
			l.add("n-1.1", 1, noon.Add(time.Minute), fact.TypeEntryEnded, old)
		}, nil},
		"ended before it began, by duration and by times": {func(l *ledger) {
			l.add("anna", 1, noon, fact.TypeAgentStateEnded, fact.AgentStateEnded{StartedAt: noon, EndedAt: noon, DurationMS: -1})
			l.add("anna", 2, noon, fact.TypeAgentStateEnded, fact.AgentStateEnded{StartedAt: noon.Add(time.Second), EndedAt: noon})
		}, map[DefectKind]int64{DefectNegative: 2}},
		"worked out": {func(l *ledger) {
			l.add("n-1.1", 1, noon, fact.TypeCallEnded, fact.CallEnded{StartedAt: noon, EndedAt: noon, Derived: true})
		}, map[DefectKind]int64{DefectDerived: 1}},
		"dropped by the log": {func(l *ledger) {
			l.add("log/e", 1, noon, fact.TypeLogGap, fact.LogGap{Kept: 5})
			l.add("log/e", 7, noon, fact.TypeLogGap, fact.LogGap{Dropped: 4})
		}, map[DefectKind]int64{DefectLost: 4}},
		"tickets have clocks of their own": {func(l *ledger) {
			x := l.add("helpdesk:1", 0, noon, fact.TypeTicketOpened, fact.TicketEvent{Type: fact.TypeTicketOpened, System: "helpdesk", EventID: "1"})
			x.At = noon.Add(-24 * time.Hour)
		}, nil},
		"outside the window": {func(l *ledger) { x := l.said("n-1.1", 1, noon.Add(time.Hour)); x.At = noon.Add(48 * time.Hour) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := &ledger{}
			c.make(l)
			got := l.count(t)
			if len(got) != len(c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			for kind, n := range c.want {
				if got[kind] != n {
					t.Errorf("got %v, want %v", got, c.want)
				}
			}
		})
	}
}

// Rows name source and node; examples lead to the contact, the newest first, ten at most of a kind.
func TestDefectsLeadToTheirContacts(t *testing.T) {
	l := &ledger{}
	for i := range 12 {
		l.said("pbx-b-17.5", uint64(i+1), noon.Add(time.Duration(i)*time.Minute)).At = noon.Add(24 * time.Hour)
	}
	l.add("anna", 1, noon, fact.TypeAgentStateEnded, fact.AgentStateEnded{StartedAt: noon, EndedAt: noon, DurationMS: -5})
	r, err := Quality(l.facts, []Loads{{Bucket: 1, LoadRow: LoadRow{Topic: fact.TopicContacts, Facts: 12, Late: 12}}}, QualityParams{Window{From: noon, Until: noon.Add(2 * time.Hour), Interval: Hour}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 2 || r.Rows[0].Node != "pbx-b" || r.Rows[0].Source != "controller" || r.Rows[0].Count != 12 || r.Rows[1].Node != "" {
		t.Errorf("rows %+v", r.Rows)
	}
	if len(r.Examples) != QualityExamples+1 || *r.Examples[0].Contact != "pbx-b-17.5" || r.Examples[0].Fact != "pbx-b-17.5/12" || r.Examples[10].Contact != nil || r.Examples[10].ByMS != -5 {
		t.Errorf("examples %+v", r.Examples)
	}
	if len(r.Loads) != 1 || !r.Loads[0].Span.From.Equal(noon.Add(time.Hour)) || len(r.Totals) != len(DefectKinds()) {
		t.Errorf("loads %+v", r.Loads)
	}
}

// Every kind is defined, in the order of the list.
func TestEveryDefectIsDefined(t *testing.T) {
	for i, d := range QualityDefinitions() {
		if i >= len(DefectKinds()) || d.Field != string(DefectKinds()[i]) || d.Title == "" || d.Formula == "" || d.Counts == "" || d.Source == "" {
			t.Errorf("definition %d: %+v", i, d)
		}
	}
	if len(QualityDefinitions()) != len(DefectKinds()) {
		t.Errorf("%d definitions of %d kinds", len(QualityDefinitions()), len(DefectKinds()))
	}
}

func TestNodeOf(t *testing.T) {
	for id, want := range map[string]string{"pbx1-1763838123.4": "pbx1", "pbx-b-17.5": "pbx-b", "pbx1-17.5-cb1": "pbx1", "anna": "", "log/11111111": "", "1763838123.4": ""} {
		if got := NodeOf(id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

func TestQualityOfTooLongAWindowIsRefused(t *testing.T) {
	if _, err := Quality(nil, nil, QualityParams{Window{From: noon, Until: noon.AddDate(0, 0, 93), Interval: Whole}}); err == nil {
		t.Error("93 days are answered")
	}
}
