package metric

import (
	"math"
	"strings"
	"testing"
	"time"

	"firstline/analytics/staffing"
	"firstline/pipeline/fact"
)

// monday is the day the tests forecast: in Berlin, 13 April 2026.
func staffingDay(t *testing.T) StaffingParams {
	from := date(t, "Europe/Berlin", 2026, 4, 13)
	return StaffingParams{
		Window: Window{From: from, Until: from.AddDate(0, 0, 1), Interval: Hour, Zone: from.Location()}, Weeks: 6,
		Target: staffing.Target{ServiceLevel: 0.8, Within: 20 * time.Second},
	}
}

// calls makes n calls at 10 o'clock, weeks before the day: half of them answered after 30 s and handled in 180 s, every tenth
// abandoned after 60 s.
func (b *book) calls(day time.Time, weeks, n int) {
	y, m, d := day.Date()
	at := time.Date(y, m, d-7*weeks, 10, 0, 0, 0, day.Location())
	for i := range n {
		begin := at.Add(time.Duration(i) * time.Second)
		if i%10 == 0 {
			b.entry(begin, time.Minute, fact.EntryAbandoned)
			continue
		}
		b.entry(begin, 30*time.Second, fact.EntryAnswered)
		id := b.facts[len(b.facts)-1].Subject
		b.add(id, begin.Add(210*time.Second), fact.TypeSegmentEnded, fact.SegmentEnded{Segment: id + "/s1", Kind: fact.SegmentTalk, Agent: "anna", Entry: id + "/e1", Queue: "support", DurationMS: 180_000})
	}
}

// known moves the watermark.
func (b *book) known(at time.Time) { b.entry(at, 0, fact.EntryAnswered) }

func (b *book) forecast(t *testing.T, p StaffingParams) StaffingReport {
	t.Helper()
	r, err := Read(b.facts).Staffing(p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func leftOut(r StaffingReport) string {
	var list []string
	for _, d := range r.History.Days {
		if d.LeftOut != nil {
			list = append(list, d.Date+" "+*d.LeftOut)
		}
	}
	return strings.Join(list, ", ")
}

// The published example of Erlang C comes out of a history that has its traffic: 200 calls an hour, 180 s each.
func TestForecastOfAKnownHistory(t *testing.T) {
	p, b := staffingDay(t), &book{}
	for week := range 4 {
		b.calls(p.From, week+1, 200)
	}
	b.known(p.From.Add(-time.Minute))
	r := b.forecast(t, p)
	if len(r.Rows) != 24 || *r.Rows[9].Arrivals != 0 || r.Rows[9].ErlangC.Agents != 0 || r.Rows[9].ErlangC.ServiceLevelPercent != nil {
		t.Fatalf("%d rows, at 9: %+v", len(r.Rows), r.Rows[9])
	}
	row := r.Rows[10]
	if row.Days != 4 || *row.Arrivals != 200 || math.Abs(*row.Load-10) > 1e-9 || *r.History.HandleMS != 180_000 {
		t.Errorf("%+v, history %+v", row, r.History)
	}
	if row.ErlangC.Agents != 14 || row.ErlangC.Rostered != 14 || math.Abs(*row.ErlangC.ServiceLevelPercent-88.835) > 0.0005 || math.Abs(*row.ErlangC.SpeedOfAnswerMS-7835.937) > 0.001 {
		t.Errorf("Erlang C: %+v", row.ErlangC)
	}
	// 180 of 200 waited 30 s and were answered, 20 waited 60 s and gave up.
	if want := (180*30_000.0 + 20*60_000) / 20; *r.History.PatienceMS != want || r.History.Abandoned != 80 {
		t.Errorf("patience %v of %d, want %v", *r.History.PatienceMS, r.History.Abandoned, want)
	}
	if a := row.ErlangA; a.Agents > 14 || a.Agents < 11 || *a.ServiceLevelPercent < 80 || *a.AbandonedPercent <= 0 {
		t.Errorf("Erlang A: %+v", a)
	}
	if got := leftOut(r); got != "2026-03-02 before_history, 2026-03-09 before_history" {
		t.Errorf("left out: %s", got)
	}
}

func TestDaysAreLeftOut(t *testing.T) {
	p, b := staffingDay(t), &book{}
	for week, n := range map[int]int{1: 100, 2: 104, 3: 0, 4: 96, 5: 20, 6: 100, 7: 100} {
		b.calls(p.From, week, n)
	}
	b.known(p.From.Add(-time.Minute))
	p.Weeks, p.Except = 7, []string{"2026-04-06"}
	r := b.forecast(t, p)
	if got, want := leftOut(r), "2026-03-09 outlier, 2026-03-23 closed, 2026-04-06 except"; got != want {
		t.Errorf("left out: %s, want %s", got, want)
	}
	if row := r.Rows[10]; row.Days != 4 || *row.Arrivals != 100 {
		t.Errorf("%d days, %v arrivals", row.Days, *row.Arrivals)
	}
}

// A weekday on which nobody ever comes needs nobody; where nothing is known nothing is said.
func TestNeverAndNotKnown(t *testing.T) {
	p, b := staffingDay(t), &book{}
	if r := b.forecast(t, p); r.Rows[10].Arrivals != nil || r.Rows[10].ErlangC != nil || r.Rows[10].Days != 0 || len(r.History.Days) != 0 {
		t.Errorf("nothing is known: %+v", r.Rows[10])
	}
	p.Until = p.From.AddDate(0, 0, 2)
	for week := range 6 {
		b.calls(p.From, week+1, 10)
	}
	b.known(p.From.Add(-time.Minute))
	r := b.forecast(t, p)
	if tuesday := r.Rows[34]; *tuesday.Arrivals != 0 || tuesday.ErlangC.Agents != 0 || tuesday.Days != 6 {
		t.Errorf("Tuesday: %+v", tuesday)
	}
}

// The hour that the clock skipped in spring is on one past day fewer, the one it repeated in autumn counts by its length.
func TestForecastOverClockChanges(t *testing.T) {
	spring := date(t, "Europe/Berlin", 2026, 4, 5) // a Sunday; the one before has no hour of 2
	p := StaffingParams{Window: Window{From: spring, Until: spring.AddDate(0, 0, 1), Interval: Hour, Zone: spring.Location()}, Weeks: 2, Target: staffing.Target{Occupancy: 0.8}}
	b := &book{}
	b.calls(spring, 1, 10)
	b.calls(spring, 2, 10)
	b.known(spring.Add(-time.Minute))
	if r := b.forecast(t, p); r.Rows[2].Days != 1 || r.Rows[3].Days != 2 || *r.Rows[10].Arrivals != 10 {
		t.Errorf("%d days at 2, %d at 3", r.Rows[2].Days, r.Rows[3].Days)
	}
	autumn := date(t, "Europe/Berlin", 2026, 11, 1) // the Sunday before has the hour of 2 twice
	p.From, p.Until, p.Weeks = autumn, autumn.AddDate(0, 0, 1), 1
	b = &book{}
	for i := range 2 {
		b.entry(date(t, "Europe/Berlin", 2026, 10, 25).Add(time.Duration(2+i)*time.Hour), time.Second, fact.EntryAnswered)
		b.entry(date(t, "Europe/Berlin", 2026, 10, 25).Add(time.Duration(2+i)*time.Hour), time.Second, fact.EntryAnswered)
	}
	b.known(autumn.Add(-time.Minute))
	if r := b.forecast(t, p); *r.Rows[2].Arrivals != 2 {
		t.Errorf("%v arrivals at 2, want the mean of both passes, 2", *r.Rows[2].Arrivals)
	}
}

// A day of the past is forecast from what came before it.
func TestForecastOfThePast(t *testing.T) {
	p, b := staffingDay(t), &book{}
	b.calls(p.From, 1, 10)
	b.calls(p.From, 0, 500)
	b.known(p.From.AddDate(0, 0, 30))
	if r := b.forecast(t, p); *r.Rows[10].Arrivals != 10 {
		t.Errorf("%v arrivals", *r.Rows[10].Arrivals)
	}
}

func TestForecastRefused(t *testing.T) {
	for what, edit := range map[string]func(*StaffingParams){
		"begins inside an interval": func(p *StaffingParams) { p.From = p.From.Add(time.Minute) },
		"ends inside an interval":   func(p *StaffingParams) { p.Until = p.Until.Add(-time.Minute) },
		"eight dates":               func(p *StaffingParams) { p.Until = p.From.AddDate(0, 0, 8) },
		"no target":                 func(p *StaffingParams) { p.Target = staffing.Target{} },
	} {
		p, b := staffingDay(t), &book{}
		b.calls(p.From, 1, 10)
		b.known(p.From.Add(-time.Minute))
		edit(&p)
		if _, err := Read(b.facts).Staffing(p); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}
