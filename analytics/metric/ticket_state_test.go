package metric

import (
	"reflect"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// tell adds an event of the ticket T1.
func (b *book) tell(after time.Duration, e fact.TicketEvent) {
	e.System, e.Ticket, e.EventID = "desk", "T1", string(e.Type)+after.String()
	b.add("desk:T1", noon.Add(after), e.Type, e)
}

func (b *book) life(t *testing.T, now time.Duration) Ticket {
	t.Helper()
	list, err := Read(b.facts).TicketList(SLA{}, noon.Add(now))
	if err != nil || len(list) != 1 {
		t.Fatalf("%d tickets (%v)", len(list), err)
	}
	return list[0]
}

// A ticket from the call to its end, step by step.
func TestLifeOfATicket(t *testing.T) {
	var b book
	want := Ticket{System: "desk", ID: "T1", State: TicketOpen, StateSince: noon.Add(time.Minute), OpenedAt: noon.Add(time.Minute), Contacts: []string{"c1"}, CallAt: new(time.Time)}
	*want.CallAt = noon
	b.add("c1", noon, fact.TypeArrived, fact.Arrived{Kind: fact.KindInbound})
	for _, step := range []struct {
		after time.Duration
		event fact.TicketEvent
		then  func()
	}{
		{time.Minute, fact.TicketEvent{Type: fact.TypeTicketOpened, Contact: "c1", Customer: "C-7", Agent: "anna", Queue: "support", Priority: "low"}, func() {
			want.Customer, want.Agent, want.Queue, want.Priority = "C-7", "anna", "support", "low"
		}},
		{10 * time.Minute, fact.TicketEvent{Type: fact.TypeTicketFirstReply}, func() { want.FirstReplyAt, want.CallToFirstReplyMS = at(10*time.Minute), ms(10*time.Minute) }},
		{20 * time.Minute, fact.TicketEvent{Type: fact.TypeTicketPending, Reason: "line"}, func() {
			want.State, want.StateSince, want.Reason = TicketPending, noon.Add(20*time.Minute), "line"
		}},
		{30 * time.Minute, fact.TicketEvent{Type: fact.TypeTicketReassigned, Team: "night"}, func() {
			want.Agent, want.Team, want.Reassigned, want.PendingMS = "", "night", 1, 600_000
		}},
		{50 * time.Minute, fact.TicketEvent{Type: fact.TypeTicketResumed}, func() {
			want.State, want.StateSince, want.PendingMS = TicketOpen, noon.Add(50*time.Minute), 1_800_000
		}},
		{time.Hour, fact.TicketEvent{Type: fact.TypeTicketPriority, Priority: "high"}, func() { want.Priority = "high" }},
		{2 * time.Hour, fact.TicketEvent{Type: fact.TypeTicketResolved}, func() {
			want.State, want.StateSince, want.FirstResolvedAt, want.ResolvedAt = TicketResolved, noon.Add(2*time.Hour), at(2*time.Hour), at(2*time.Hour)
			want.CallToFirstResolutionMS, want.CallToFullResolutionMS = ms(2*time.Hour), ms(2*time.Hour)
		}},
		{3 * time.Hour, fact.TicketEvent{Type: fact.TypeTicketReopened}, func() {
			want.State, want.StateSince, want.ResolvedAt, want.CallToFullResolutionMS, want.Reopened = TicketOpen, noon.Add(3*time.Hour), nil, nil, 1
		}},
		{4 * time.Hour, fact.TicketEvent{Type: fact.TypeTicketResolved}, func() {
			want.State, want.StateSince, want.ResolvedAt, want.CallToFullResolutionMS = TicketResolved, noon.Add(4*time.Hour), at(4*time.Hour), ms(4*time.Hour)
		}},
		{5 * time.Hour, fact.TicketEvent{Type: fact.TypeTicketClosed}, func() { want.State, want.StateSince = TicketClosed, noon.Add(5*time.Hour) }},
	} {
		b.tell(step.after, step.event)
		step.then()
		if got := b.life(t, step.after); !reflect.DeepEqual(got, want) {
			t.Errorf("%s after %s:\ngot  %+v\nwant %+v", step.event.Type, step.after, got, want)
		}
	}
}

// Of a ticket whose opening came late the earlier events count; a wait that goes on is counted until now; what was
// received first at one instant happened first.
func TestTicketOutOfOrder(t *testing.T) {
	var b book
	b.tell(time.Hour, fact.TicketEvent{Type: fact.TypeTicketOpened, ReceivedMS: 1})
	b.tell(2*time.Hour, fact.TicketEvent{Type: fact.TypeTicketPending, ReceivedMS: 3})
	b.tell(2*time.Hour, fact.TicketEvent{Type: fact.TypeTicketResolved, ReceivedMS: 2})
	b.tell(0, fact.TicketEvent{Type: fact.TypeTicketFirstReply, ReceivedMS: 4})
	got := b.life(t, 150*time.Minute)
	if !got.OpenedAt.Equal(noon.Add(time.Hour)) || !got.FirstReplyAt.Equal(noon) || got.State != TicketPending || got.PendingMS != 1_800_000 || got.CallAt != nil {
		t.Errorf("%+v", got)
	}
}

func at(after time.Duration) *time.Time { t := noon.Add(after); return &t }

func ms(d time.Duration) *int64 { n := d.Milliseconds(); return &n }

// Business hours of a call on Monday at noon: by the schedule of the event that ends the duration, and by the one of now.
func TestBusinessHours(t *testing.T) {
	const morning = `{"id":"m","zone":"UTC","open":[{"days":["mon","tue"],"from":"08:00","until":"13:00"}]}`
	const late = `{"id":"l","zone":"UTC","open":[{"days":["mon","tue"],"from":"14:00","until":"20:00"}]}`
	monday := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var b book
	b.contact("c1", monday, "", "T1")
	for _, e := range []struct {
		t        fact.Type
		after    time.Duration
		schedule string
	}{
		{fact.TypeTicketFirstReply, 3 * time.Hour, late},   // Monday 15:00
		{fact.TypeTicketResolved, 24 * time.Hour, ""},      // Tuesday noon, nothing recorded
		{fact.TypeTicketReopened, 25 * time.Hour, late},    // Tuesday 13:00
		{fact.TypeTicketResolved, 27 * time.Hour, morning}, // Tuesday 15:00
	} {
		b.add("desk:T1", monday.Add(e.after), e.t, fact.TicketEvent{Type: e.t, System: "desk", EventID: e.after.String(), Ticket: "T1", Schedule: e.schedule})
	}
	for _, c := range []struct {
		now                                         string
		reply, replyNow, firstNow, full, fullNow, n int64 // hours; n: how many are computed anew
	}{
		{morning, 1, 1, 5, 6, 6, 1},
		{late, 1, 1, 6, 6, 7, 1},
		{"", 1, 0, 0, 6, 0, 0},
	} {
		r, err := Read(b.facts).Tickets(TicketParams{Window: Window{From: monday, Until: monday.Add(time.Minute), Interval: Whole}, Days: 7, SLA: SLA{Schedule: c.now}, Now: monday})
		if err != nil {
			t.Fatal(err)
		}
		const hour = 3_600_000
		h := r.Total.Business
		for name, pair := range map[string][2]int64{
			"reply": {h.FirstReply.Frozen.SumMS, c.reply * hour}, "reply now": {h.FirstReply.Recomputed.SumMS, c.replyNow * hour},
			"first": {h.FirstResolution.Frozen.Count, 0}, "first now": {h.FirstResolution.Recomputed.SumMS, c.firstNow * hour},
			"full": {h.FullResolution.Frozen.SumMS, c.full * hour}, "full now": {h.FullResolution.Recomputed.SumMS, c.fullNow * hour},
			"counted": {h.FullResolution.Recomputed.Count, c.n},
		} {
			if pair[0] != pair[1] {
				t.Errorf("by %q: %s is %d, want %d", c.now, name, pair[0], pair[1])
			}
		}
	}
	if _, err := Read(b.facts).Tickets(TicketParams{Window: Window{From: monday, Until: monday.Add(time.Minute), Interval: Whole}, Days: 7, SLA: SLA{Schedule: "{"}, Now: monday}); err == nil {
		t.Error("a schedule that can't be read is taken")
	}
}
