package metric

import (
	"fmt"
	"testing"
	"time"

	"firstline/analytics/metric/facttest"
	"firstline/pipeline/fact"
)

var noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

// book makes entries by hand.
type book struct{ facts []fact.Fact }

func (b *book) add(subject string, at time.Time, t fact.Type, d fact.Data) {
	b.facts = append(b.facts, fact.Fact{Type: t, Subject: subject, Sequence: uint64(len(b.facts) + 1), Time: at, Data: d, Source: "controller", Position: uint64(len(b.facts) + 1)})
}

// entry adds an entry that joined at at; an empty outcome leaves it open.
func (b *book) entry(at time.Time, wait time.Duration, outcome fact.EntryOutcome) {
	id := fmt.Sprintf("c%d", len(b.facts))
	b.add(id, at, fact.TypeQueued, fact.Queued{Entry: id + "/e1", Kind: fact.KindInbound, Queue: "support", Language: "en"})
	if outcome == "" {
		return
	}
	b.add(id, at.Add(wait), fact.TypeEntryEnded, fact.EntryEnded{
		Entry: id + "/e1", Kind: fact.KindInbound, Queue: "support", Language: "en", Outcome: outcome, QueuedAt: at,
		EndedAt: at.Add(wait), WaitMS: wait.Milliseconds(), Arrived: at.Add(-10 * time.Second),
	})
}

func (b *book) report(t *testing.T, p QueueParams) QueueReport {
	t.Helper()
	if p.From.IsZero() {
		p.Window = Window{From: noon, Until: noon.Add(time.Hour), Interval: Whole}
	}
	if p.AttributeBy == "" {
		p.AttributeBy = AttributeOffered
	}
	if p.Limits.Default == (QueueLimits{}) {
		p.Limits = DefaultLimits()
	}
	r, err := Read(b.facts).Queues(p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLimitsAreInclusive(t *testing.T) {
	var b book
	b.entry(noon, 20*time.Second, fact.EntryAnswered)
	b.entry(noon, 20*time.Second+time.Millisecond, fact.EntryAnswered)
	b.entry(noon, 5*time.Second, fact.EntryAbandoned)
	b.entry(noon, 5*time.Second+time.Millisecond, fact.EntryAbandoned)
	row := b.report(t, QueueParams{}).Total
	if s := row.ServiceLevel; s.Comparator != "<=" || *s.ThresholdMS != 20_000 || *s.ShortAbandonMS != 5_000 {
		t.Errorf("said: %+v", s)
	}
	if row.ServiceLevel.Answered.Numerator != 1 || *row.AbandonedShort != 1 || *row.Abandoned != 2 {
		t.Errorf("within %d, short %d, abandoned %d; want 1, 1, 2", row.ServiceLevel.Answered.Numerator, *row.AbandonedShort, *row.Abandoned)
	}
}

func TestNothingOfferedIsNull(t *testing.T) {
	var b book
	r := b.report(t, QueueParams{})
	s := r.Total.ServiceLevel
	if len(r.Rows) != 1 || s.Answered.Percent != nil || s.Offered.Percent != nil || s.OfferedLessShort.Percent != nil || s.ResolvedWithin.Percent != nil {
		t.Errorf("service level of nothing: %+v", s)
	}
	if *r.Total.Offered != 0 || r.Watermark != nil || r.Total.SpeedOfAnswer.MeanMS != nil {
		t.Errorf("total of nothing: %+v", r.Total)
	}
}

// An entry joins at 11:59:50 and is answered at exactly 12:30:00; another joins at 12:00:00 and waits on.
func TestIntervalEdges(t *testing.T) {
	var b book
	b.entry(noon.Add(-10*time.Second), 30*time.Minute+10*time.Second, fact.EntryAnswered)
	b.entry(noon, 0, "")
	window := Window{From: noon.Add(-30 * time.Minute), Until: noon.Add(time.Hour), Interval: HalfHour}
	type row struct{ offered, answered, waiting, in, out int64 }
	value := func(p *int64) int64 {
		if p == nil {
			return -1
		}
		return *p
	}
	for by, want := range map[Attribution][3]row{
		AttributeOffered:  {{1, 1, 0, -1, -1}, {1, 0, 1, -1, -1}, {0, 0, 0, -1, -1}},
		AttributeAnswered: {{-1, 0, -1, -1, -1}, {-1, 0, -1, -1, -1}, {-1, 1, -1, -1, -1}},
		AttributeEnded:    {{1, 0, 0, 0, 1}, {1, 0, 1, 1, 2}, {0, 1, 0, 2, 1}},
	} {
		for i, r := range b.report(t, QueueParams{Window: window, AttributeBy: by}).Rows {
			got := row{value(r.Offered), r.Answered, value(r.StillWaiting), value(r.CarriedIn), value(r.CarriedOut)}
			if got != want[i] {
				t.Errorf("%s, row %d: %+v, want %+v", by, i, got, want[i])
			}
		}
	}
}

func TestEachQueueIsJudgedByItsOwnLimits(t *testing.T) {
	var b book
	b.entry(noon, 30*time.Second, fact.EntryAnswered)
	limits := DefaultLimits()
	limits.Queues = map[string]QueueLimits{"support": {ServiceLevelMS: 30_000, ShortAbandonMS: 5_000}}
	r := b.report(t, QueueParams{Limits: limits, GroupBy: []Dimension{ByQueue}})
	if s := r.Rows[0].ServiceLevel; s.Answered.Numerator != 1 || *s.ThresholdMS != 30_000 {
		t.Errorf("row of the queue: %+v", s)
	}
	if s := r.Total.ServiceLevel; s.ThresholdMS != nil || *s.ShortAbandonMS != 5_000 {
		t.Errorf("a total over different limits must not name one: %+v", s)
	}
}

// Four callers were told 20 to 41 s; one was told nothing, and one was told and gave up.
func TestErrorOfTheExpectedWait(t *testing.T) {
	var b book
	add := func(wait time.Duration, outcome fact.EntryOutcome, from, until int64) {
		id := fmt.Sprint("c", len(b.facts))
		b.add(id, noon.Add(wait), fact.TypeEntryEnded, fact.EntryEnded{
			Entry: id, Kind: fact.KindInbound, Queue: "support", Outcome: outcome, QueuedAt: noon, EndedAt: noon.Add(wait), WaitMS: wait.Milliseconds(), Arrived: noon,
			EstimateFromMS: from, EstimateUntilMS: until,
		})
	}
	for _, seconds := range []int{10, 20, 41, 60} {
		add(time.Duration(seconds)*time.Second, fact.EntryAnswered, 20_000, 41_000)
	}
	add(time.Minute, fact.EntryAnswered, 0, 0)
	add(time.Minute, fact.EntryAbandoned, 20_000, 41_000)
	e := b.report(t, QueueParams{}).Total.Estimates
	if e.Told != 4 || e.Within.Numerator != 2 || e.Sooner != 1 || e.Later != 1 {
		t.Errorf("how it turned out: %+v", e)
	}
	if *e.Expected.MeanMS != 30_500 || *e.Real.MeanMS != 32_750 || *e.Error.MeanMS != 17_750 || *e.Error.P50MS != 20_500 || *e.Error.MaxMS != 29_500 {
		t.Errorf("expected %v, real %v, error %v, at most %v", *e.Expected.MeanMS, *e.Real.MeanMS, *e.Error.MeanMS, *e.Error.MaxMS)
	}
}

// An entry counts in the row of each of its skills and of its agent's teams, and once in the total.
func TestQueuesBySkillAgentTeamAndCustomer(t *testing.T) {
	var b book
	add := func(id string, outcome fact.EntryOutcome, agent, customer string, skills ...string) {
		b.add(id, noon, fact.TypeEntryEnded, fact.EntryEnded{
			Entry: id, Kind: fact.KindInbound, Queue: "support", Outcome: outcome, Agent: agent, Customer: customer, Skills: skills, QueuedAt: noon, EndedAt: noon, Arrived: noon,
		})
	}
	add("a", fact.EntryAnswered, "anna", "C1", "billing:1", "english:2", "billing:3")
	add("b", fact.EntryAnswered, "boris", "C1", "billing:2")
	add("c", fact.EntryAbandoned, "", "")
	teams := map[string][]string{"anna": {"first", "night"}}
	for _, c := range []struct {
		by   Dimension
		want string // row=offered
	}{
		{BySkill, "=1 billing=2 english=1 "}, {ByAgent, "=1 anna=1 boris=1 "}, {ByTeam, "=2 first=1 night=1 "}, {ByCustomer, "=1 C1=2 "},
	} {
		r := b.report(t, QueueParams{GroupBy: []Dimension{c.by}, Teams: teams})
		var got string
		for _, row := range r.Rows {
			got += fmt.Sprintf("%s=%d ", **row.at(c.by), *row.Offered)
		}
		if got != c.want || *r.Total.Offered != 3 {
			t.Errorf("by %s: %s and %d in total, want %sand 3", c.by, got, *r.Total.Offered, c.want)
		}
	}
}

func TestOnlyCustomersCount(t *testing.T) {
	var b book
	for i, k := range []fact.Kind{fact.KindInbound, fact.KindCallback, fact.KindOutbound, fact.KindConsult, fact.KindInternal, fact.KindFeature} {
		b.add(fmt.Sprint(i), noon, fact.TypeQueued, fact.Queued{Entry: fmt.Sprint(i), Kind: k, Queue: "support"})
		b.add(fmt.Sprint(i), noon, fact.TypeQueueRefused, fact.QueueRefused{Kind: k, Queue: "support", Reason: fact.RefusedFull})
	}
	if r := b.report(t, QueueParams{}).Total; *r.Offered != 2 || r.Refused.Full != 2 || r.Refused.Total != 2 {
		t.Errorf("offered %d, refused %+v; want 2 and 2", *r.Offered, r.Refused)
	}
}

// Reconciliation on random days and months, in every row and in the total, also where an entry counts in several rows.
func TestReconciliation(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for seed := range uint64(10) {
		from := time.Date(2026, 10, 24, 20, 0, 0, 0, berlin)
		until := time.Date(2026, 10, 25, 20, 0, 0, 0, berlin)
		if seed%5 == 4 { // with its day of 23 hours
			from, until = time.Date(2026, 2, 28, 20, 0, 0, 0, berlin), time.Date(2026, 3, 31, 20, 0, 0, 0, berlin)
		}
		facts := Read(facttest.Make(testDay(seed, from, until, 300)))
		w := Window{From: from.Add(2 * time.Hour), Until: until.Add(-time.Hour), Zone: berlin}
		for _, by := range []Attribution{AttributeOffered, AttributeEnded} {
			for _, w.Interval = range Intervals() {
				if _, err := w.Buckets(); err != nil {
					continue // too many
				}
				for _, groups := range [][]Dimension{{ByQueue, ByLanguage}, {BySkill}, {ByTeam}} {
					r, err := facts.Queues(QueueParams{
						Window: w, GroupBy: groups, AttributeBy: by, Limits: DefaultLimits(), Teams: map[string][]string{"anna": {"first", "night"}, "boris": {"first"}},
					})
					if err != nil {
						t.Fatal(err)
					}
					for i, row := range append(r.Rows, r.Total) {
						if in, out := balance(row); in != out {
							t.Fatalf("seed %d, %s, %s by %v, row %d: %d in, %d out: %+v", seed, by, w.Interval, groups, i, in, out, row)
						}
					}
					if sum := sumOf(r.Rows, func(r QueueRow) int64 { return *r.Offered }); groups[0] == ByQueue && sum != *r.Total.Offered {
						t.Fatalf("seed %d, %s, %s: rows offer %d, the total %d", seed, by, w.Interval, sum, *r.Total.Offered)
					}
				}
			}
		}
	}
}

// So do the visits to menus.
func TestVisitsAddUp(t *testing.T) {
	from := time.Date(2026, 3, 29, 0, 0, 0, 0, zone(t, "Europe/Berlin"))
	until := from.AddDate(0, 0, 1)
	facts := Read(facttest.Make(testDay(3, from, until, 400)))
	for _, interval := range Intervals() {
		r, err := facts.IVR(IVRParams{Window: Window{From: from, Until: until, Interval: interval, Zone: from.Location()}, GroupBy: []Dimension{ByFlow, ByNode}})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range append(r.Rows, r.Total) {
			if row.Visits != row.WentOn+row.Left.Total+row.StillIn {
				t.Fatalf("%s, row %d: %+v", interval, i, row)
			}
		}
		if r.Total.Left.Callback == 0 || r.Total.Left.Voicemail == 0 || r.Total.StillIn == 0 || r.Total.Inputs.Refused == 0 {
			t.Errorf("the day is too poor: %+v", r.Total)
		}
	}
}

// balance is both sides of the equation of DESIGN §4.
func balance(r QueueRow) (in, out int64) {
	out = r.Answered + *r.Abandoned + *r.Overflowed + *r.Exited + *r.Callback + *r.Voicemail + *r.LeftEmpty + *r.Withdrawn + *r.Failed
	if r.CarriedIn != nil {
		return *r.CarriedIn + *r.Offered, out + *r.CarriedOut
	}
	return *r.Offered, out + *r.StillWaiting
}

func sumOf(rows []QueueRow, of func(QueueRow) int64) (sum int64) {
	for _, r := range rows {
		sum += of(r)
	}
	return sum
}

func testDay(seed uint64, from, until time.Time, contacts int) facttest.Day {
	d := facttest.Day{
		Seed: seed, From: from, Until: until, Contacts: contacts, Waits: []int64{0, 5_000, 20_000, 30_000},
		Queues: []string{"support", "sales", "billing"}, Agents: []string{"anna", "boris", "chiara", "dai"}, Tail: time.Duration(seed%3) * time.Hour,
	}
	if b, err := Buckets(from, until, HalfHour, from.Location()); err == nil {
		for _, x := range b {
			d.Edges = append(d.Edges, x.Until)
		}
	}
	return d
}
