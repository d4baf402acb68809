package metric

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// state adds an ended state of an agent, or with no length an open one.
func (b *book) state(agent string, at time.Time, length time.Duration, s fact.AgentState, reason string) {
	b.span(agent, at, length, fact.AgentStateEnded{State: s, Reason: reason})
}

func (b *book) pause(agent string, at time.Time, length time.Duration, reason string, billable bool) {
	b.span(agent, at, length, fact.AgentStateEnded{State: fact.AgentPaused, Reason: reason, Billable: billable})
}

func (b *book) span(agent string, at time.Time, length time.Duration, s fact.AgentStateEnded) {
	b.add(agent, at, fact.TypeAgentStateBegan, fact.AgentStateBegan{State: s.State, Reason: s.Reason, Billable: s.Billable})
	if length > 0 {
		s.StartedAt, s.EndedAt, s.DurationMS = at, at.Add(length), length.Milliseconds()
		b.add(agent, s.EndedAt, fact.TypeAgentStateEnded, s)
	}
}

func (b *book) agents(t *testing.T, p AgentParams) AgentReport {
	t.Helper()
	if p.From.IsZero() {
		p.Window = Window{From: noon, Until: noon.Add(time.Hour), Interval: HalfHour}
	}
	r, err := Read(b.facts).Agents(p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTimeByStateIsClipped(t *testing.T) {
	var b book
	minute := time.Minute
	b.state("anna", noon.Add(-10*minute), 20*minute, fact.AgentReady, "")       // 10 min in the first half hour
	b.state("anna", noon.Add(10*minute), 30*minute, fact.AgentTalking, "")      // 20 and 10
	b.state("anna", noon.Add(40*minute), 5*minute, fact.AgentPaused, "lunch")   // 5
	b.state("anna", noon.Add(45*minute), 0, fact.AgentReady, "")                // open: 5 up to the watermark
	b.add("x", noon.Add(50*minute), fact.TypePositionTold, fact.PositionTold{}) // the newest fact
	b.add("t", noon.Add(300*minute), fact.TypeTicketOpened, fact.TicketEvent{Type: fact.TypeTicketOpened, System: "s", EventID: "1"})
	r := b.agents(t, AgentParams{GroupBy: []Dimension{ByAgent}})
	first, second := r.Rows[0].Time, r.Rows[1].Time
	if first.ReadyMS != 600_000 || first.TalkingMS != 1_200_000 || first.PausedMS != 0 || first.LoggedInMS != 1_800_000 {
		t.Errorf("first half hour: %+v", first)
	}
	if second.TalkingMS != 600_000 || second.PausedByReason["lunch"] != 300_000 || second.ReadyMS != 300_000 || second.LoggedInMS != 1_200_000 {
		t.Errorf("second half hour: %+v", second)
	}
	// Pauses are no part of occupancy: 30 minutes of 45.
	if o := r.Total.Time.Occupancy; o.Numerator != 1_800_000 || o.Denominator != 2_700_000 {
		t.Errorf("occupancy: %+v", o)
	}
}

// The state begun last is open only when nothing of the agent ended after it; one left open before a lost log is no time.
func TestOnlyTheLastStateIsOpen(t *testing.T) {
	var b book
	b.state("anna", noon, 0, fact.AgentReady, "")
	b.state("anna", noon.Add(20*time.Minute), 10*time.Minute, fact.AgentPaused, "break")
	b.add("x", noon.Add(50*time.Minute), fact.TypePositionTold, fact.PositionTold{})
	if r := b.agents(t, AgentParams{}); r.Total.Time.ReadyMS != 0 || r.Total.Time.PausedMS != 600_000 {
		t.Errorf("time: %+v", r.Total.Time)
	}
}

// A reason that becomes billable changes nothing about the pauses before.
func TestPausesCountAsTheyBegan(t *testing.T) {
	var b book
	at := noon
	for _, p := range []struct {
		minutes int
		reason  string
		paid    bool
	}{{2, "training", false}, {3, "lunch", false}, {4, "training", true}, {5, fact.AutoPauseReason, false}, {0, "training", true}} {
		length := time.Duration(p.minutes) * time.Minute
		b.pause("anna", at, length, p.reason, p.paid)
		at = at.Add(length)
	}
	b.add("x", at.Add(6*time.Minute), fact.TypePositionTold, fact.PositionTold{}) // the open pause lasts up to here
	r := b.agents(t, AgentParams{}).Total.Time
	if r.BillableMS != 600_000 || r.NotBillableMS != 600_000 || r.PausedMS != 1_200_000 || r.PausedByReason["training"] != 720_000 {
		t.Errorf("got %+v", r)
	}
	if r.Occupancy.Denominator != 0 {
		t.Errorf("a pause is part of occupancy: %+v", r.Occupancy)
	}
}

func TestAnswerRateLeavesOutWhatTheAgentCouldNotAnswer(t *testing.T) {
	var b book
	for i, r := range []fact.OfferResult{
		fact.OfferAnswered, fact.OfferAnswered, fact.OfferMissed, fact.OfferDeclined, fact.OfferBusy, fact.OfferUnavailable, fact.OfferFailed,
		fact.OfferWithdrawn, fact.OfferLostRace,
	} {
		id := string(rune('a' + i))
		b.add(id, noon, fact.TypeOffered, fact.Offered{Offer: id, Agent: "anna", Queue: "support"})
		b.add(id, noon.Add(time.Second), fact.TypeOfferEnded, fact.OfferEnded{Offer: id, Agent: "anna", Queue: "support", Result: r, OfferedAt: noon, EndedAt: noon.Add(time.Second), RingMS: 1000})
	}
	b.add("z", noon, fact.TypeOffered, fact.Offered{Offer: "z", Agent: "anna", Queue: "support"})
	o := b.agents(t, AgentParams{GroupBy: []Dimension{ByQueue}}).Total.Offers
	if o.Made != 10 || o.Ringing != 1 || o.AnswerRate.Numerator != 2 || o.AnswerRate.Denominator != 7 {
		t.Errorf("offers: %+v", o)
	}
}

func TestAnAgentOfTwoTeamsCountsOnceInTheTotal(t *testing.T) {
	var b book
	b.state("anna", noon, 10*time.Minute, fact.AgentReady, "")
	b.state("boris", noon, 10*time.Minute, fact.AgentReady, "")
	r := b.agents(t, AgentParams{
		Window:  Window{From: noon, Until: noon.Add(time.Hour), Interval: Whole},
		GroupBy: []Dimension{ByTeam}, Teams: map[string][]string{"anna": {"first", "night"}},
	})
	if len(r.Rows) != 3 || *r.Rows[0].Team != "" || *r.Rows[1].Team != "first" || r.Rows[2].Time.ReadyMS != 600_000 {
		t.Errorf("rows: %+v", r.Rows)
	}
	if r.Total.Agents != 2 || r.Total.Time.ReadyMS != 1_200_000 {
		t.Errorf("total: %+v", r.Total)
	}
}

func TestHandleTimeWaitsForTheLastStretch(t *testing.T) {
	var b book
	b.entry(noon, 10*time.Second, fact.EntryAnswered)
	entry := "c0/e1"
	segment := func(id, agent string, kind fact.SegmentKind, at time.Time, d time.Duration, ended bool) {
		b.add("c0", at, fact.TypeSegmentStarted, fact.SegmentStarted{Segment: id, Kind: kind, Agent: agent, Entry: entry, Queue: "support"})
		if ended {
			b.add("c0", at.Add(d), fact.TypeSegmentEnded, fact.SegmentEnded{Segment: id, Kind: kind, Agent: agent, Entry: entry, Queue: "support", StartedAt: at, EndedAt: at.Add(d), DurationMS: d.Milliseconds()})
		}
	}
	at := noon.Add(10 * time.Second)
	segment("s1", "anna", fact.SegmentTalk, at, time.Minute, true)
	segment("s2", "anna", fact.SegmentHold, at.Add(time.Minute), 20*time.Second, true)
	segment("s3", "anna", fact.SegmentWrapUp, at.Add(80*time.Second), 5*time.Second, false)
	if row := b.report(t, QueueParams{}).Total; row.Handle.Count != 0 || row.Handling != 1 {
		t.Errorf("wrap-up still open: %+v", row.Handle)
	}
	b.add("c0", at.Add(85*time.Second), fact.TypeSegmentEnded, fact.SegmentEnded{Segment: "s3", Kind: fact.SegmentWrapUp, Agent: "anna", Entry: entry, DurationMS: 5000})
	if row := b.report(t, QueueParams{}).Total; row.Handle.SumMS != 85_000 || row.Talk.SumMS != 60_000 || row.Hold.SumMS != 20_000 || row.WrapUp.SumMS != 5_000 || row.Handling != 0 {
		t.Errorf("handled: %+v, %d in hand", row.Handle, row.Handling)
	}
}
