package metric

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// calls is a book of callers.
type calls struct{ book }

// came is a contact from arrival to end.
func (c *calls) came(id string, kind fact.Kind, number, customer string, at time.Time, result fact.Result) {
	c.add(id, at, fact.TypeArrived, fact.Arrived{Kind: kind, CallerNumber: number})
	end := at.Add(time.Minute)
	if customer != "" {
		c.add(id, at, fact.TypeIdentified, fact.Identified{Result: fact.LookupFound, Customer: customer})
	}
	outcome := fact.EntryAbandoned
	if result == fact.ResultAnswered {
		outcome = fact.EntryAnswered
	}
	c.add(id, end, fact.TypeEntryEnded, fact.EntryEnded{Entry: id + "/e1", Kind: kind, Queue: "support", Outcome: outcome, QueuedAt: at, EndedAt: end, Customer: customer})
	c.add(id, end, fact.TypeContactEnded, fact.ContactEnded{Kind: kind, StartedAt: at, EndedAt: end, Customer: customer, Termination: fact.Termination{Result: result}})
}

// Who called again is the same customer, else the same number; two customers behind one number are two callers.
func TestRecalledContacts(t *testing.T) {
	var c calls
	c.came("gone", fact.KindInbound, "+491", "", noon, fact.ResultAbandoned)
	c.came("again", fact.KindInbound, "+491", "C1", noon.Add(2*time.Hour), fact.ResultAbandoned)              // the number, one of them unknown
	c.came("elsewhere", fact.KindInbound, "+499", "C1", noon.Add(3*time.Hour), fact.ResultAnswered)           // the customer, from another number
	c.came("colleague", fact.KindInbound, "+491", "C2", noon.Add(3*time.Hour+time.Minute), fact.ResultFailed) // that number, another customer: still the unknown one's
	c.came("withheld1", fact.KindInbound, "", "", noon, fact.ResultAbandoned)
	c.came("withheld2", fact.KindInbound, "", "", noon.Add(time.Minute), fact.ResultAnswered)
	c.came("withheld3", fact.KindInbound, "", "C3", noon, fact.ResultAbandoned)                                                           // the customer is known: nobody called again
	c.came("late", fact.KindInbound, "+491", "C2", noon.Add(3*time.Hour+2*time.Minute+2*time.Hour+time.Millisecond), fact.ResultAnswered) // just too late
	r, err := Read(c.facts).Contacts(ContactParams{Window: Window{From: noon, Until: noon.Add(12 * time.Hour), Interval: Whole}, Days: 1, Hours: 2})
	if err != nil {
		t.Fatal(err)
	}
	got := r.Total
	// withheld1 might have called again: nobody knows. gone is followed by again (unanswered) within two hours of its end; again by elsewhere (answered).
	if got.Recalled.Numerator != 2 || got.Recalled.Denominator != 3 || got.RecalledAnswered.Numerator != 1 || got.RecalledAnswered.Denominator != 3 {
		t.Errorf("recalled %+v, answered %+v", got.Recalled, got.RecalledAnswered)
	}
	if got.RepeatCalls.Numerator != 2 || got.RepeatCalls.Denominator != 6 {
		t.Errorf("repeat calls %+v", got.RepeatCalls)
	}
}

func TestRecallStates(t *testing.T) {
	for name, x := range map[string]struct {
		follows func(c *calls)
		want    RecallState
	}{
		"nothing": {func(*calls) {}, RecallOpen},
		"he calls again": {func(c *calls) {
			c.came("b", fact.KindInbound, "+4930123456", "", noon.Add(time.Hour), fact.ResultAbandoned)
		}, RecallCameBack},
		"he is answered": {func(c *calls) {
			c.came("b", fact.KindInbound, "+4930123456", "", noon.Add(time.Hour), fact.ResultAnswered)
		}, RecallAnswered},
		"he calls too late": {func(c *calls) {
			c.came("b", fact.KindInbound, "+4930123456", "", noon.Add(30*time.Hour), fact.ResultAnswered)
		}, RecallOpen},
		"another customer from that number": {func(c *calls) {
			c.came("b", fact.KindInbound, "+4930123456", "C2", noon.Add(time.Hour), fact.ResultAnswered)
		}, RecallOpen},
		"an agent calls, with a prefix": {func(c *calls) {
			c.add("b", noon.Add(time.Hour), fact.TypeArrived, fact.Arrived{Kind: fact.KindOutbound, Dialed: "0004930123456"})
		}, RecallCalled},
		"a callback": {func(c *calls) {
			c.add("b", noon.Add(time.Hour), fact.TypeArrived, fact.Arrived{Kind: fact.KindCallback, CallerNumber: "+4930123456"})
			c.add("b", noon.Add(2*time.Hour), fact.TypeCallbackEnded, fact.CallbackEnded{Outcome: fact.CallbackConnected, EndedAt: noon.Add(2 * time.Hour)})
		}, RecallReached},
	} {
		var c calls
		c.came("a", fact.KindInbound, "+4930123456", "C1", noon, fact.ResultAbandoned)
		x.follows(&c)
		if got := Read(c.facts).Recall("a/e1", 24*time.Hour); got.State != x.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
