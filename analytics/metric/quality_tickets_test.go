package metric

import (
	"reflect"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// ticket tells of an event of ticket 4711 that was received a second after it happened, unless told otherwise. Each event has an id of its own.
func (l *ledger) ticket(at time.Time, t fact.Type, contact string, change ...func(*fact.TicketEvent)) {
	e := fact.TicketEvent{
		Type: t, System: "helpdesk", EventID: string(rune('a' + len(l.facts))), Ticket: "4711", Contact: contact, ReceivedMS: at.Add(time.Second).UnixMilli(),
	}
	for _, c := range change {
		c(&e)
	}
	l.add("helpdesk:4711", 0, at, t, e)
}

func (l *ledger) arrived(contact string, at time.Time) {
	l.add(contact, 1, at, fact.TypeArrived, fact.Arrived{})
}

// received says how long after noon an event was received.
func received(after time.Duration) func(*fact.TicketEvent) {
	return func(e *fact.TicketEvent) { e.ReceivedMS = noon.Add(after).UnixMilli() }
}

func (l *ledger) tickets(t *testing.T) TicketQuality {
	t.Helper()
	r, err := Quality(l.facts, nil, QualityParams{Window{From: noon.Add(-time.Hour), Until: noon.Add(time.Hour), Interval: Whole}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Tickets
}

func TestTicketDefects(t *testing.T) {
	const opened, linked, replied, resolved = fact.TypeTicketOpened, fact.TypeTicketLinked, fact.TypeTicketFirstReply, fact.TypeTicketResolved
	for name, c := range map[string]struct {
		make func(*ledger)
		want map[TicketDefectKind]int64
	}{
		"all is well": {func(l *ledger) {
			l.arrived("n-1.1", noon)
			l.ticket(noon, opened, "n-1.1")
			l.ticket(noon, replied, "")
			l.ticket(noon.Add(time.Minute), resolved, "")
		}, nil},
		"a minute is not late":  {func(l *ledger) { l.ticket(noon, opened, "", received(time.Minute)) }, nil},
		"late":                  {func(l *ledger) { l.ticket(noon, opened, "", received(time.Minute+time.Millisecond)) }, map[TicketDefectKind]int64{TicketLate: 1}},
		"a second is not ahead": {func(l *ledger) { l.ticket(noon, opened, "", received(-time.Second)) }, nil},
		"ahead":                 {func(l *ledger) { l.ticket(noon, opened, "", received(-1001*time.Millisecond)) }, map[TicketDefectKind]int64{TicketAhead: 1}},
		"ahead by a year, seen when it was received": {func(l *ledger) { l.ticket(noon.AddDate(1, 0, 0), opened, "", received(0)) }, map[TicketDefectKind]int64{TicketAhead: 1}},
		"loaded late is not sent late":               {func(l *ledger) { l.ticket(noon, opened, ""); l.facts[0].At = noon.Add(time.Hour) }, nil},
		"before the opening": {func(l *ledger) {
			l.ticket(noon, opened, "")
			l.ticket(noon.Add(-time.Millisecond), replied, "")
			l.ticket(noon.Add(-time.Minute), resolved, "")
		}, map[TicketDefectKind]int64{TicketBeforeStart: 2}},
		"the opening lies after the window": {func(l *ledger) {
			l.ticket(noon.AddDate(0, 0, 30), opened, "")
			l.ticket(noon, replied, "")
		}, map[TicketDefectKind]int64{TicketBeforeStart: 1}},
		"a second opening is not the opening": {func(l *ledger) {
			l.ticket(noon, opened, "")
			l.ticket(noon.Add(time.Second), replied, "")
			l.ticket(noon.Add(time.Minute), opened, "")
		}, nil},
		"before the call that it was opened in, as the opening itself": {func(l *ledger) {
			l.arrived("n-1.1", noon)
			l.ticket(noon.Add(-2*time.Minute), opened, "n-1.1")
			l.ticket(noon.Add(-time.Minute), replied, "")
			l.ticket(noon.Add(time.Minute), resolved, "")
		}, map[TicketDefectKind]int64{TicketBeforeStart: 2}},
		"a second call comes after the reply to the first": {func(l *ledger) {
			l.arrived("n-1.1", noon)
			l.ticket(noon, opened, "n-1.1")
			l.ticket(noon.Add(time.Minute), replied, "")
			l.arrived("n-2.1", noon.Add(2*time.Minute))
			l.ticket(noon.Add(3*time.Minute), linked, "n-2.1")
		}, nil},
		"linked to a call before it came": {func(l *ledger) {
			l.ticket(noon, opened, "")
			l.arrived("n-1.1", noon.Add(2*time.Minute))
			l.ticket(noon.Add(time.Minute), linked, "n-1.1")
		}, map[TicketDefectKind]int64{TicketBeforeStart: 1}},
		"before the call that it is linked to, its opening never told": {func(l *ledger) {
			l.arrived("n-1.1", noon)
			l.ticket(noon.Add(-time.Minute), replied, "")
			l.ticket(noon.Add(time.Minute), linked, "n-1.1")
			l.ticket(noon.Add(2*time.Minute), resolved, "")
		}, map[TicketDefectKind]int64{TicketBeforeStart: 1}},
		"its opening never told, its call not known": {func(l *ledger) {
			l.ticket(noon, replied, "")
			l.ticket(noon.Add(time.Minute), linked, "n-1.1")
		}, nil},
		"a ticket that a call's look-up found was there before": {func(l *ledger) {
			l.ticket(noon, opened, "")
			l.ticket(noon.Add(time.Second), replied, "")
			l.arrived("n-1.1", noon.Add(time.Minute))
			l.add("n-1.1", 2, noon.Add(2*time.Minute), fact.TypeContactEnded, fact.ContactEnded{Ticket: &fact.TicketRef{System: "helpdesk", ID: "4711"}})
		}, nil},
		"repeated twice, each late as repeats are": {func(l *ledger) {
			same := func(e *fact.TicketEvent) { e.EventID = "same" }
			l.ticket(noon, opened, "", same)
			l.ticket(noon, opened, "", same, received(10*time.Minute))
			l.ticket(noon.Add(5*time.Minute), opened, "", same, received(10*time.Minute))
		}, map[TicketDefectKind]int64{TicketRepeated: 2}},
		"another ticket's event of the same id": {func(l *ledger) {
			l.ticket(noon, opened, "", func(e *fact.TicketEvent) { e.EventID = "same" })
			l.add("helpdesk:4712", 0, noon, opened, fact.TicketEvent{Type: opened, System: "helpdesk", EventID: "same", Ticket: "4712", ReceivedMS: noon.UnixMilli()})
		}, nil},
		"outside the window": {func(l *ledger) { l.ticket(noon.Add(time.Hour), opened, "", received(48*time.Hour)) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := &ledger{}
			c.make(l)
			got := map[TicketDefectKind]int64{}
			for _, d := range l.tickets(t).Totals {
				if d.Count > 0 {
					got[d.Kind] = d.Count
				}
			}
			if len(got) != len(c.want) || len(got) > 0 && !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Rows name the system, examples the ticket, the newest first, ten at most of a kind; nothing of it is among the defects of calls.
func TestTicketDefectsLeadToTheirTickets(t *testing.T) {
	l := &ledger{}
	for i := range 12 {
		l.ticket(noon.Add(time.Duration(i)*time.Minute), fact.TypeTicketPending, "", received(24*time.Hour))
	}
	got := l.tickets(t)
	want := []TicketDefectRow{{Span: got.Rows[0].Span, Kind: TicketLate, System: "helpdesk", Count: 12}}
	if !reflect.DeepEqual(got.Rows, want) || len(got.Examples) != QualityExamples {
		t.Fatalf("%+v", got)
	}
	newest := TicketDefect{
		Kind: TicketLate, System: "helpdesk", Ticket: "4711", EventID: "l", Type: "pending", Time: noon.Add(11 * time.Minute).UTC(), ReceivedAt: noon.Add(24 * time.Hour).UTC(),
		ByMS: (24*time.Hour - 11*time.Minute).Milliseconds(),
	}
	if got.Examples[0] != newest {
		t.Errorf("got  %+v\nwant %+v", got.Examples[0], newest)
	}
	if calls := l.count(t); len(calls) != 0 {
		t.Errorf("defects of calls: %v", calls)
	}
}

// Every kind is defined, in the order of the list.
func TestEveryTicketDefectIsDefined(t *testing.T) {
	defined := TicketQualityDefinitions()
	if len(defined) != len(TicketDefectKinds()) {
		t.Fatalf("%d definitions of %d kinds", len(defined), len(TicketDefectKinds()))
	}
	for i, d := range defined {
		if d.Field != "tickets."+string(TicketDefectKinds()[i]) || d.Title == "" || d.Formula == "" || d.Counts == "" || d.Boundary == "" || d.Source == "" {
			t.Errorf("definition %d: %+v", i, d)
		}
	}
}
