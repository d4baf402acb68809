package metric

import (
	"fmt"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

const day24 = 24 * time.Hour

// contact adds an ended, answered contact of ten minutes.
func (b *book) contact(id string, at time.Time, customer, ticket string) {
	c := fact.ContactEnded{
		Kind: fact.KindInbound, StartedAt: at, EndedAt: at.Add(10 * time.Minute), DurationMS: 600_000, Customer: customer,
		Termination: fact.Termination{Result: fact.ResultAnswered, Reason: fact.ReasonCallerHungUp},
	}
	if ticket != "" {
		c.Ticket = &fact.TicketRef{System: "desk", ID: ticket}
	}
	b.add(id, at.Add(10*time.Minute), fact.TypeContactEnded, c)
}

// ticket adds an event, delivered as often as times says.
func (b *book) ticket(id string, t fact.Type, at time.Time, times int) {
	event := fmt.Sprint(len(b.facts))
	for i := range times {
		b.add("desk:"+id, at, t, fact.TicketEvent{Type: t, System: "desk", EventID: event, Ticket: id, ReceivedMS: at.UnixMilli() + int64(i)})
	}
}

func (b *book) tickets(t *testing.T, days int) TicketRow {
	t.Helper()
	r, err := Read(b.facts).Tickets(TicketParams{Window: Window{From: noon, Until: noon.Add(day24), Interval: Whole}, Days: days})
	if err != nil {
		t.Fatal(err)
	}
	return r.Total
}

func TestCallToReplyAndResolution(t *testing.T) {
	var b book
	b.contact("c1", noon, "", "T1")
	b.ticket("T1", fact.TypeTicketFirstReply, noon.Add(-time.Minute), 1) // before the call: answers an earlier one
	b.ticket("T1", fact.TypeTicketFirstReply, noon.Add(30*time.Minute), 3)
	b.ticket("T1", fact.TypeTicketResolved, noon.Add(time.Hour), 2)
	b.ticket("T1", fact.TypeTicketReopened, noon.Add(2*time.Hour), 2)
	row := b.tickets(t, 7)
	if row.Linked != 1 || row.FirstReply.SumMS != 1_800_000 || row.FirstResolution.SumMS != 3_600_000 || row.FullyResolved != 0 || row.ReopenRate.Numerator != 1 {
		t.Errorf("reopened: %+v", row)
	}
	b.ticket("T1", fact.TypeTicketResolved, noon.Add(5*time.Hour), 1)
	row = b.tickets(t, 7)
	if row.FirstResolution.SumMS != 3_600_000 || row.FullResolution.SumMS != 18_000_000 || row.FullyResolved != 1 || row.Resolved != 1 {
		t.Errorf("resolved again: %+v", row)
	}
}

func TestEventsAtTheArrivalCount(t *testing.T) {
	var b book
	b.contact("c1", noon, "", "T1")
	b.ticket("T1", fact.TypeTicketResolved, noon, 1)
	b.ticket("T1", fact.TypeTicketReopened, noon, 1)
	if row := b.tickets(t, 7); row.Resolved != 1 || row.Reopened != 1 || row.FullyResolved != 1 || row.FullResolution.SumMS != 0 {
		t.Errorf("row: %+v", row)
	}
}

func TestTicketNamedByItsEventsIsLinked(t *testing.T) {
	var b book
	b.contact("c1", noon, "", "")
	b.add("desk:T9", noon.Add(time.Minute), fact.TypeTicketLinked, fact.TicketEvent{Type: fact.TypeTicketLinked, System: "desk", EventID: "x", Ticket: "T9", Contact: "c1"})
	b.ticket("T9", fact.TypeTicketResolved, noon.Add(time.Hour), 1)
	if row := b.tickets(t, 7); row.Linked != 1 || row.Resolved != 1 {
		t.Errorf("row: %+v", row)
	}
}

// First-contact resolution within one day: exactly one day after the end is still a further contact.
func TestFirstContactResolution(t *testing.T) {
	for _, c := range []struct {
		name              string
		second            time.Duration // after the first one's end; 0: none
		customer, ticket  string
		watermark         time.Duration
		resolved, of, due int64
	}{
		{"alone", 0, "", "", 3 * day24, 1, 1, 0},
		{"not over yet", 0, "", "", 23 * time.Hour, 0, 0, 1},
		{"same customer, exactly a day after", day24, "C1", "", 3 * day24, 0, 1, 0},
		{"same customer, a millisecond later", day24 + time.Millisecond, "C1", "", 3 * day24, 1, 1, 0},
		{"same ticket", time.Hour, "C2", "T1", 3 * day24, 0, 1, 0},
		{"somebody else", time.Hour, "C2", "T2", 3 * day24, 1, 1, 0},
	} {
		var b book
		b.contact("c1", noon, "C1", "T1")
		end := noon.Add(10 * time.Minute)
		if c.second > 0 {
			b.contact("c2", end.Add(c.second), c.customer, c.ticket)
		}
		b.add("x", end.Add(c.watermark), fact.TypePositionTold, fact.PositionTold{})
		r, err := Read(b.facts).Tickets(TicketParams{Window: Window{From: noon, Until: noon.Add(time.Minute), Interval: Whole}, Days: 1})
		if err != nil {
			t.Fatal(err)
		}
		f := r.Total.FirstContactResolution
		if f.Numerator != c.resolved || f.Denominator != c.of || r.Total.Undecided != c.due {
			t.Errorf("%s: %+v, %d undecided", c.name, f, r.Total.Undecided)
		}
	}
}

func TestRepeatContacts(t *testing.T) {
	var b book
	b.contact("c1", noon, "C1", "")
	b.contact("c2", noon.Add(10*time.Minute+day24), "C1", "")
	b.contact("c3", noon.Add(20*time.Minute+2*day24+time.Millisecond), "C1", "")
	b.contact("c4", noon, "", "")
	r, err := Read(b.facts).Contacts(ContactParams{Window: Window{From: noon, Until: noon.Add(4 * day24), Interval: Day}, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	if r.Total.Contacts != 4 || r.Total.Identified != 3 || r.Total.Repeat.Numerator != 1 {
		t.Errorf("total: %+v", r.Total)
	}
}

func TestContainmentIsOfThoseInTheMenu(t *testing.T) {
	var b book
	for i, c := range []struct {
		flow    string
		result  fact.Result
		entries int
	}{
		{"main", fact.ResultContained, 0}, {"main", fact.ResultAbandoned, 0}, {"main", fact.ResultAnswered, 1}, {"", fact.ResultAnswered, 1}, {"main", fact.ResultAbandoned, 1},
	} {
		b.add(fmt.Sprint(i), noon, fact.TypeContactEnded, fact.ContactEnded{
			Kind: fact.KindInbound, StartedAt: noon, EndedAt: noon, Flow: c.flow, IVRMS: 1000, Entries: c.entries, Termination: fact.Termination{Result: c.result},
		})
	}
	r, err := Read(b.facts).Contacts(ContactParams{Window: Window{From: noon, Until: noon.Add(time.Hour), Interval: Whole}, Days: 7})
	if err != nil {
		t.Fatal(err)
	}
	if row := r.Total; row.Containment.Numerator != 1 || row.Containment.Denominator != 4 || row.AbandonedUnqueued != 1 || row.IVR.Count != 4 || row.Abandoned != 2 {
		t.Errorf("row: %+v", row)
	}
}
