package metric

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// Of several dispositions the last one counts, also when it comes after the contact's end.
func TestContactsByTheLastDisposition(t *testing.T) {
	var b book
	for _, id := range []string{"a", "b"} {
		b.add(id, noon, fact.TypeDisposition, fact.Disposition{Code: "question"})
		b.add(id, noon.Add(time.Minute), fact.TypeContactEnded, fact.ContactEnded{Kind: fact.KindInbound, StartedAt: noon, EndedAt: noon.Add(time.Minute), Customer: id})
	}
	b.add("b", noon.Add(2*time.Minute), fact.TypeDisposition, fact.Disposition{Code: "solved"})
	b.add("c", noon, fact.TypeContactEnded, fact.ContactEnded{Kind: fact.KindInbound, StartedAt: noon, EndedAt: noon})
	r, err := Read(b.facts).Contacts(ContactParams{Window: Window{From: noon, Until: noon.Add(time.Hour), Interval: Whole}, GroupBy: []Dimension{ByDisposition}, Days: 7})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 3 || *r.Rows[0].Disposition != "" || *r.Rows[1].Disposition != "question" || *r.Rows[2].Disposition != "solved" || r.Rows[2].Contacts != 1 || r.Total.Contacts != 3 {
		t.Errorf("rows: %+v", r.Rows)
	}
}
