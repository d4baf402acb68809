package metric

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// Three hours of one ticket: who has it at the end of each, and what happened for whom.
func TestBacklog(t *testing.T) {
	var b book
	b.tell(-time.Hour, fact.TicketEvent{Type: fact.TypeTicketOpened, Agent: "anna", Priority: "low"})
	b.tell(10*time.Minute, fact.TicketEvent{Type: fact.TypeTicketPending})
	b.tell(time.Hour, fact.TicketEvent{Type: fact.TypeTicketReassigned, Agent: "boris", Priority: "high"}) // exactly at an end: the next interval's
	b.tell(90*time.Minute, fact.TicketEvent{Type: fact.TypeTicketResolved})
	b.tell(100*time.Minute, fact.TicketEvent{Type: fact.TypeTicketReopened})
	b.tell(130*time.Minute, fact.TicketEvent{Type: fact.TypeTicketResolved})
	p := BacklogParams{Window: Window{From: noon, Until: noon.Add(4 * time.Hour), Interval: Hour}, GroupBy: []Dimension{ByAgent}, Now: noon.Add(150 * time.Minute)}
	r, err := Read(b.facts).Backlog(p)
	if err != nil {
		t.Fatal(err)
	}
	type left struct{ open, pending, oldest int64 } // of the backlog; oldest in minutes
	type row struct {
		agent                          string
		resolved, reopened, reassigned int64
		left                           left
	}
	var got []row
	for _, x := range r.Rows {
		l := left{-1, 0, 0} // not begun
		if x.Backlog != nil {
			l = left{open: x.Backlog.Open, pending: x.Backlog.Pending}
			if x.Backlog.Age.MaxMS != nil {
				l.oldest = *x.Backlog.Age.MaxMS / 60_000
			}
		}
		got = append(got, row{*x.Agent, x.Resolved, x.Reopened, x.Reassigned, l})
	}
	want := []row{
		{"anna", 0, 0, 0, left{1, 1, 120}}, {"boris", 0, 0, 0, left{}},
		{"anna", 0, 0, 0, left{}}, {"boris", 1, 1, 1, left{1, 0, 180}},
		{"anna", 0, 0, 0, left{}}, {"boris", 1, 0, 0, left{}},
		{"anna", 0, 0, 0, left{-1, 0, 0}}, {"boris", 0, 0, 0, left{-1, 0, 0}},
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	if tot := r.Total; tot.Opened != 0 || tot.Resolved != 2 || tot.Backlog.Open != 0 || tot.FirstResolution.SumMS != (150*time.Minute).Milliseconds() || tot.FullResolution.SumMS != (190*time.Minute).Milliseconds() {
		t.Errorf("total %+v", tot)
	}
}
