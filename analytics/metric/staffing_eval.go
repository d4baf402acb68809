package metric

import (
	"cmp"
	"math"
	"slices"
	"time"

	"firstline/analytics/staffing"
	"firstline/pipeline/fact"
)

// Staffing makes a forecast from facts. See docs/metrics.md for what each number means.
func (f *Facts) Staffing(p StaffingParams) (StaffingReport, error) {
	if err := p.Check(); err != nil {
		return StaffingReport{}, err
	}
	slots, err := p.Slots(f.watermark)
	if err != nil {
		return StaffingReport{}, err
	}
	tallies := map[int64]SlotTally{}
	for _, e := range f.queueEntries(QueueParams{AttributeBy: AttributeOffered, Queues: p.Queues}) {
		for _, s := range slots {
			if s.holds(e.queuedAt) {
				t := tallies[s.From.UnixMilli()]
				t.add(e.slotTally())
				tallies[s.From.UnixMilli()] = t
			}
		}
	}
	return NewStaffingReport(p, tallies, f.freshness())
}

func (e *entry) slotTally() SlotTally {
	t := SlotTally{Offered: 1, Abandoned: count(e.outcome == fact.EntryAbandoned), WaitMS: e.waitMS}
	if e.outcome == fact.EntryAnswered && e.handled {
		t.Handled, t.HandleMS = 1, e.talkMS+e.holdMS+e.wrapUpMS
	}
	return t
}

// forecast is a report in the making.
type forecast struct {
	StaffingParams
	tallies map[int64]SlotTally
	report  *StaffingReport
	rates   map[clock]*rate
}

// clock is a weekday and what the wall clock shows when an interval begins.
type clock struct {
	weekday int
	time    time.Duration
}

func clockAt(t time.Time) clock { return clock{isoWeekday(t), sinceMidnight(t)} }

// rate is how many came in how much time, on how many days.
type rate struct {
	offered int64
	length  time.Duration
	days    int64
	last    time.Time // begin of the day counted last
}

// readHistory decides on which past days the forecast rests, and adds them up.
func (f *forecast) readHistory(known time.Time) error {
	first := f.firstEntry()
	var used SlotTally
	for _, date := range f.dates() {
		days, err := f.judge(f.past(date, known), first)
		if err != nil {
			return err
		}
		for _, d := range days {
			if d.LeftOut != nil {
				continue
			}
			sum, err := f.addDay(d.from)
			if err != nil {
				return err
			}
			used.add(sum)
		}
		f.report.History.Days = append(f.report.History.Days, days...)
	}
	h := &f.report.History
	slices.SortFunc(h.Days, func(a, b PastDay) int { return a.from.Compare(b.from) })
	h.Handled, h.Abandoned, h.WaitMS = used.Handled, used.Abandoned, used.WaitMS
	if used.Handled > 0 && used.HandleMS > 0 {
		mean := float64(used.HandleMS) / float64(used.Handled)
		h.HandleMS = &mean
	}
	if used.Abandoned > 0 && used.WaitMS > 0 {
		mean := float64(used.WaitMS) / float64(used.Abandoned)
		h.PatienceMS = &mean
	}
	return nil
}

// firstEntry is the begin of the first interval with an entry, far in the future when there is none.
func (f *forecast) firstEntry() time.Time {
	first := int64(math.MaxInt64)
	for at, t := range f.tallies {
		if t.Offered > 0 {
			first = min(first, at)
		}
	}
	return time.UnixMilli(first)
}

// slotsOf are the intervals of a past day.
func (f *forecast) slotsOf(from time.Time) ([]Bucket, error) {
	day := DayOf(from, f.Zone)
	return Buckets(day.From, day.Until, f.Interval, f.Zone)
}

// addDay counts a past day's intervals in the rates, and returns their sum.
func (f *forecast) addDay(from time.Time) (sum SlotTally, err error) {
	slots, err := f.slotsOf(from)
	for _, s := range slots {
		t := f.tallies[s.From.UnixMilli()]
		sum.add(t)
		r := f.rates[clockAt(s.From)]
		if r == nil {
			r = &rate{}
			f.rates[clockAt(s.From)] = r
		}
		r.offered, r.length = r.offered+t.Offered, r.length+s.Until.Sub(s.From)
		if !r.last.Equal(from) {
			r.days, r.last = r.days+1, from
		}
	}
	return sum, err
}

// judge decides which days of one weekday count. first is when the first entry came.
func (f *forecast) judge(days []Bucket, first time.Time) ([]PastDay, error) {
	out := make([]PastDay, len(days))
	anybody := false
	for i, d := range days {
		out[i] = PastDay{Date: d.From.Format(time.DateOnly), Weekday: isoWeekday(d.From), from: d.From}
		slots, err := f.slotsOf(d.From)
		if err != nil {
			return nil, err
		}
		for _, s := range slots {
			out[i].Offered += f.tallies[s.From.UnixMilli()].Offered
		}
		switch {
		case !first.Before(d.Until):
			out[i].LeftOut = reason(LeftOutBefore)
		case slices.Contains(f.Except, out[i].Date):
			out[i].LeftOut = reason(LeftOutExcept)
		case out[i].Offered > 0:
			anybody = true
		}
	}
	var counts []int64
	for i := range out {
		switch {
		case out[i].LeftOut != nil:
		case out[i].Offered == 0 && anybody:
			out[i].LeftOut = reason(LeftOutClosed)
		default:
			counts = append(counts, out[i].Offered)
		}
	}
	outlying := outliers(counts)
	for i := range out {
		if out[i].LeftOut == nil && outlying(out[i].Offered) {
			out[i].LeftOut = reason(LeftOutOutlier)
		}
	}
	return out, nil
}

func reason(r string) *string { return &r }

// What makes a day an outlier.
const (
	outlierDays   = 4      // of fewer days none is
	outlierSpread = 3      // times the spread away from the median
	madToSigma    = 1.4826 // makes the median deviation of a normal distribution its standard deviation
	outlierShare  = 0.25   // and at least this share of the median away from it
)

// outliers tells counts that lie further from the median than three times the spread and a quarter of the median.
func outliers(counts []int64) func(int64) bool {
	if len(counts) < outlierDays {
		return func(int64) bool { return false }
	}
	center := median(counts, func(n int64) float64 { return float64(n) })
	away := func(n int64) float64 { return math.Abs(float64(n) - center) }
	limit := max(outlierSpread*madToSigma*median(counts, away), outlierShare*center)
	return func(n int64) bool { return away(n) > limit }
}

func median(counts []int64, of func(int64) float64) float64 {
	values := make([]float64, len(counts))
	for i, n := range counts {
		values[i] = of(n)
	}
	slices.SortFunc(values, cmp.Compare[float64])
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

func (f *forecast) row(b Bucket) (StaffingRow, error) {
	row := StaffingRow{Span: b.Span()}
	r := f.rates[clockAt(b.From)]
	if r == nil {
		return row, nil
	}
	length := b.Until.Sub(b.From)
	arrivals := float64(r.offered) * float64(length) / float64(r.length)
	row.Days, row.Arrivals = r.days, &arrivals
	history := f.report.History
	if history.HandleMS == nil {
		return row, nil
	}
	traffic := staffing.Traffic{Arrivals: arrivals, Span: length, Handle: milliseconds(*history.HandleMS)}
	load := traffic.Erlangs()
	row.Load = &load
	var err error
	if row.ErlangC, err = f.requirement(staffing.ModelC, traffic); err != nil || history.PatienceMS == nil {
		return row, err
	}
	traffic.Patience = milliseconds(*history.PatienceMS)
	row.ErlangA, err = f.requirement(staffing.ModelA, traffic)
	return row, err
}

// milliseconds is a duration of at least a nanosecond.
func milliseconds(ms float64) time.Duration {
	return max(1, time.Duration(ms*float64(time.Millisecond)))
}

func (f *forecast) requirement(m staffing.Model, t staffing.Traffic) (*Requirement, error) {
	agents, expected, err := staffing.Required(m, t, f.Target)
	if err != nil {
		return nil, err
	}
	rostered, err := staffing.Rostered(agents, f.Shrinkage)
	if err != nil {
		return nil, err
	}
	out := &Requirement{Agents: int64(agents), Rostered: int64(rostered)}
	if t.Arrivals > 0 {
		answer := expected.Answer * 1000
		out.ServiceLevelPercent, out.OccupancyPercent = percentOf(expected.ServiceLevel), percentOf(expected.Occupancy)
		out.AbandonedPercent, out.SpeedOfAnswerMS = percentOf(expected.Abandoned), &answer
	}
	return out, nil
}
