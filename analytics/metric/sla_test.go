package metric

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// slaOf judges the ticket of the book.
func (b *book) slaOf(t *testing.T, sla SLA, now time.Time) TicketSLA {
	t.Helper()
	list, err := Read(b.facts).TicketList(sla, now)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d tickets (%v)", len(list), err)
	}
	return list[0].SLA
}

// brief is a clock in minutes: its state, what is used, and when it is due after noon; -1 is never.
func brief(s *TargetState) [3]any {
	if s == nil {
		return [3]any{"none", int64(0), int64(-1)}
	}
	due := int64(-1)
	if s.DueAt != nil {
		due = s.DueAt.Sub(noon).Milliseconds() / 60_000
	}
	return [3]any{string(s.State), s.UsedMS / 60_000, due}
}

func hourly() SLA {
	return SLA{Targets: Targets{
		ByPriority: map[string]Target{"high": {NewLimit(30*time.Minute, 50), NewLimit(time.Hour, 50)}},
		Default:    Target{NewLimit(time.Hour, 75), NewLimit(2*time.Hour, 75)},
	}}
}

// Both clocks of one ticket by the wall clock, from its opening to its end.
func TestClocksOfATicket(t *testing.T) {
	var b book
	minute := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	open, none := "running", [3]any{"none", int64(0), int64(-1)}
	for _, step := range []struct {
		at                int // minutes after noon
		event             *fact.TicketEvent
		reply, resolution [3]any
		due               int // -1 = none
	}{
		{0, &fact.TicketEvent{Type: fact.TypeTicketOpened}, [3]any{open, int64(0), int64(60)}, [3]any{open, int64(0), int64(120)}, 60},
		{44, nil, [3]any{open, int64(44), int64(60)}, [3]any{open, int64(44), int64(120)}, 60},
		{45, nil, [3]any{"warning", int64(45), int64(60)}, [3]any{open, int64(45), int64(120)}, 60},
		{60, nil, [3]any{"warning", int64(60), int64(60)}, [3]any{open, int64(60), int64(120)}, 60}, // exactly the target is within
		{70, &fact.TicketEvent{Type: fact.TypeTicketPending}, [3]any{"breached", int64(70), int64(60)}, [3]any{"paused", int64(70), int64(-1)}, 60},
		{100, nil, [3]any{"breached", int64(100), int64(60)}, [3]any{"paused", int64(70), int64(-1)}, 60},
		{100, &fact.TicketEvent{Type: fact.TypeTicketFirstReply}, [3]any{"breached", int64(100), int64(60)}, [3]any{"paused", int64(70), int64(-1)}, -1},
		{110, &fact.TicketEvent{Type: fact.TypeTicketResumed}, [3]any{"breached", int64(100), int64(60)}, [3]any{open, int64(70), int64(160)}, 160},
		{130, nil, [3]any{"breached", int64(100), int64(60)}, [3]any{"warning", int64(90), int64(160)}, 160},
		// Raised: the hour of its new priority was over before it was raised. The reply was judged already.
		{130, &fact.TicketEvent{Type: fact.TypeTicketPriority, Priority: "high"}, [3]any{"breached", int64(100), int64(60)}, [3]any{"breached", int64(90), int64(60)}, 60},
		{131, &fact.TicketEvent{Type: fact.TypeTicketPriority, Priority: "low"}, [3]any{"breached", int64(100), int64(60)}, [3]any{"warning", int64(91), int64(160)}, 160},
		{140, &fact.TicketEvent{Type: fact.TypeTicketResolved}, [3]any{"breached", int64(100), int64(60)}, [3]any{"met", int64(100), int64(-1)}, -1},
		{150, &fact.TicketEvent{Type: fact.TypeTicketPriority, Priority: "high"}, [3]any{"breached", int64(100), int64(60)}, [3]any{"met", int64(100), int64(-1)}, -1},
		{160, &fact.TicketEvent{Type: fact.TypeTicketReopened, Priority: "low"}, [3]any{"breached", int64(100), int64(60)}, [3]any{"warning", int64(100), int64(180)}, 180},
		{190, &fact.TicketEvent{Type: fact.TypeTicketResolved}, [3]any{"breached", int64(100), int64(60)}, [3]any{"breached", int64(130), int64(180)}, -1},
		{200, &fact.TicketEvent{Type: fact.TypeTicketClosed}, [3]any{"breached", int64(100), int64(60)}, [3]any{"breached", int64(130), int64(180)}, -1},
		{210, &fact.TicketEvent{Type: fact.TypeTicketReopened}, [3]any{"breached", int64(100), int64(60)}, [3]any{"breached", int64(130), int64(180)}, 180},
		{220, &fact.TicketEvent{Type: fact.TypeTicketClosed}, [3]any{"breached", int64(100), int64(60)}, none, -1}, // unresolved
	} {
		if step.event != nil {
			b.tell(minute(step.at), *step.event)
		}
		got := b.slaOf(t, hourly(), noon.Add(minute(step.at)))
		due := -1
		if got.DueAt != nil {
			due = int(got.DueAt.Sub(noon).Minutes())
		}
		if brief(got.FirstReply) != step.reply || brief(got.Resolution) != step.resolution || due != step.due {
			t.Errorf("minute %d: reply %v, want %v; resolution %v, want %v; due %d, want %d", step.at, brief(got.FirstReply), step.reply, brief(got.Resolution), step.resolution, due, step.due)
		}
	}
}

// A resolution is the first reply where there was none; what is closed without either is nobody's concern.
func TestWithoutAReply(t *testing.T) {
	var b book
	b.tell(0, fact.TicketEvent{Type: fact.TypeTicketOpened, Priority: "high"})
	b.tell(20*time.Minute, fact.TicketEvent{Type: fact.TypeTicketResolved})
	if got := b.slaOf(t, hourly(), noon.Add(day24)); brief(got.FirstReply) != [3]any{"met", int64(20), int64(-1)} || brief(got.Resolution) != [3]any{"met", int64(20), int64(-1)} {
		t.Errorf("resolved: %v, %v", brief(got.FirstReply), brief(got.Resolution))
	}
	var c book
	c.tell(0, fact.TicketEvent{Type: fact.TypeTicketOpened, Priority: "high"})
	c.tell(5*time.Hour, fact.TicketEvent{Type: fact.TypeTicketClosed})
	if got := c.slaOf(t, hourly(), noon.Add(day24)); got != (TicketSLA{}) {
		t.Errorf("closed: %+v", got)
	}
	if got := c.slaOf(t, SLA{}, noon); got != (TicketSLA{}) {
		t.Errorf("nothing promised: %+v", got)
	}
}

// The clocks stand while the office is closed, and a due time is when it is open.
func TestClocksInBusinessHours(t *testing.T) {
	const office = `{"id":"o","zone":"Europe/Berlin","open":[{"days":["mon","tue","wed","thu","fri"],"from":"08:00","until":"18:00"}],"closed":["04-06"]}`
	friday := time.Date(2026, 4, 3, 15, 30, 0, 0, time.UTC) // 17:30 in Berlin; Monday is closed
	sla := hourly()
	sla.Schedule = office
	var b book
	b.add("desk:T1", friday, fact.TypeTicketOpened, fact.TicketEvent{Type: fact.TypeTicketOpened, System: "desk", EventID: "e", Ticket: "T1"})
	tuesday := time.Date(2026, 4, 7, 6, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time]struct {
		state SLAState
		used  time.Duration
	}{
		friday.Add(10 * time.Minute):      {SLARunning, 10 * time.Minute},
		friday.Add(48 * time.Hour):        {SLARunning, 30 * time.Minute},
		tuesday.Add(15 * time.Minute):     {SLAWarning, 45 * time.Minute},
		tuesday.Add(30 * time.Minute):     {SLAWarning, time.Hour},
		tuesday.Add(30*time.Minute + 1e6): {SLABreached, time.Hour + time.Millisecond},
	} {
		got := b.slaOf(t, sla, at)
		if r := got.FirstReply; r.State != want.state || r.UsedMS != want.used.Milliseconds() || !r.DueAt.Equal(tuesday.Add(30*time.Minute)) || !got.Resolution.DueAt.Equal(tuesday.Add(90*time.Minute)) {
			t.Errorf("%s: %+v, due %v and %v", at, r, r.DueAt, got.Resolution.DueAt)
		}
	}
	sla.Schedule = `{"id":"never","zone":"UTC","open":[]}`
	if got := b.slaOf(t, sla, friday.Add(99*day24)); got.FirstReply.UsedMS != 0 || got.FirstReply.DueAt != nil || got.FirstReply.State != SLARunning {
		t.Errorf("never open: %+v", got.FirstReply)
	}
}

// What became of the targets, by the priority of the ticket; and how many are about to breach at each end.
func TestTargetsInReports(t *testing.T) {
	var b book
	b.contact("c1", noon, "", "T1")
	for i, id := range []string{"T1", "T2", "T3"} {
		b.add("desk:"+id, noon.Add(time.Duration(i)*10*time.Minute), fact.TypeTicketOpened, fact.TicketEvent{
			Type: fact.TypeTicketOpened, System: "desk", EventID: "o" + id, Ticket: id, Priority: []string{"high", "high", "low"}[i], Queue: []string{"support", "", "sales"}[i], Team: "first",
		})
	}
	b.ticket("T1", fact.TypeTicketFirstReply, noon.Add(20*time.Minute), 1) // met
	b.ticket("T2", fact.TypeTicketFirstReply, noon.Add(80*time.Minute), 1) // 70 minutes: breached
	b.ticket("T3", fact.TypeTicketResolved, noon.Add(90*time.Minute), 1)   // 70 minutes: the reply breached, the resolution met
	p := BacklogParams{Window: Window{From: noon, Until: noon.Add(2 * time.Hour), Interval: Hour}, Now: noon.Add(100 * time.Minute), SLA: hourly()}
	r, err := Read(b.facts).Backlog(p)
	if err != nil {
		t.Fatal(err)
	}
	first, second := r.Rows[0], r.Rows[1]
	if first.Backlog.Open != 3 || first.Backlog.Warning != 2 || first.Backlog.Breached != 1 || second.Backlog.Open != 2 || second.Backlog.Warning != 0 || second.Backlog.Breached != 2 {
		t.Errorf("backlog %+v, then %+v", first.Backlog, second.Backlog)
	}
	if got := r.Total.Targets; got.FirstReply.Numerator != 1 || got.FirstReply.Denominator != 3 || got.Resolution.Numerator != 1 || got.Resolution.Denominator != 1 {
		t.Errorf("targets %+v", got)
	}
	p.Queues, p.Teams = []string{"support"}, []string{"first"}
	if r, err = Read(b.facts).Backlog(p); err != nil || r.Total.Backlog.Open != 2 || r.Total.Opened != 2 {
		t.Errorf("of a queue, and of a team's without one: %+v, %v", r.Total, err)
	}
	tickets, err := Read(b.facts).Tickets(TicketParams{Window: p.Window, GroupBy: []Dimension{ByPriority, ByTeam}, Days: 1, Now: p.Now, SLA: hourly()})
	if err != nil {
		t.Fatal(err)
	}
	got := tickets.Total.Targets // T1 only is linked; it is over its hour
	if len(tickets.Rows) != 2 || *tickets.Rows[0].Priority != "high" || *tickets.Rows[0].Team != "first" || got.FirstReply.Numerator != 1 || got.FirstReply.Denominator != 1 || got.Resolution.Numerator != 0 || got.Resolution.Denominator != 1 {
		t.Errorf("tickets %+v", tickets)
	}
}
