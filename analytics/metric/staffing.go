package metric

import (
	"fmt"
	"slices"
	"time"

	"firstline/analytics/staffing"
)

// Limits of a forecast.
const (
	MaxStaffingDates = 7
	MaxStaffingWeeks = 12
)

// StaffingIntervals are the lengths in which a forecast is made.
func StaffingIntervals() []Interval { return []Interval{Quarter, HalfHour, Hour} }

// StaffingParams is what a forecast is asked for. All queues together are one group, served by the same agents.
type StaffingParams struct {
	Window             // touches at most MaxStaffingDates dates; begins and ends where an interval of StaffingIntervals does
	Queues    []string // only these; nil means all
	Weeks     int      // how many past days of the same weekday, at most MaxStaffingWeeks
	Except    []string // past dates to leave out, as 2006-01-02
	Target    staffing.Target
	Shrinkage float64 // share of paid time in which agents are not there, from 0 to below 1
}

// SlotTally is what is counted of the entries that joined in one past interval.
type SlotTally struct {
	Offered           int64
	Handled, HandleMS int64 // answered entries without an open stretch, and their talk, hold and wrap-up time
	Abandoned, WaitMS int64 // WaitMS is of all entries that ended, whatever the outcome
}

func (t *SlotTally) add(o SlotTally) {
	t.Offered += o.Offered
	t.Handled, t.HandleMS = t.Handled+o.Handled, t.HandleMS+o.HandleMS
	t.Abandoned, t.WaitMS = t.Abandoned+o.Abandoned, t.WaitMS+o.WaitMS
}

// StaffingReport answers metrics/staffing.
type StaffingReport struct {
	From     time.Time       `json:"from" doc:"Begin of the window, inclusive"`
	Until    time.Time       `json:"until" doc:"End of the window, exclusive"`
	Zone     string          `json:"zone" doc:"IANA time zone in which days and intervals begin"`
	Interval Interval        `json:"interval" doc:"How the window is cut"`
	Queues   []string        `json:"queues" doc:"The queues that are served by the same agents; null means all"`
	Method   string          `json:"method" doc:"How arrivals are forecast: always same_weekday_mean"`
	Target   StaffingTarget  `json:"target" doc:"What the agents have to reach"`
	History  StaffingHistory `json:"history" doc:"What the forecast rests on"`
	Rows     []StaffingRow   `json:"rows" nullable:"false" doc:"One row for each interval"`
	Freshness
}

// StaffingMethod is the only one so far.
const StaffingMethod = "same_weekday_mean"

// StaffingTarget is the target as it was asked for. Null is not asked for.
type StaffingTarget struct {
	ServiceLevelPercent *float64 `json:"service_level_percent" doc:"Share of all arrivals that is answered within service_level_ms; null when not asked for"`
	ServiceLevelMS      int64    `json:"service_level_ms" doc:"T of the service level in milliseconds"`
	MaxWaitMS           *int64   `json:"max_wait_ms" doc:"Longest mean speed of answer; null when not asked for"`
	MaxOccupancyPercent *float64 `json:"max_occupancy_percent" doc:"Highest occupancy; null when not asked for"`
	ShrinkagePercent    float64  `json:"shrinkage_percent" doc:"Share of paid time in which agents are not there"`
}

// StaffingHistory is what was read of the past.
type StaffingHistory struct {
	Days      []PastDay `json:"days" nullable:"false" doc:"Past days of the window's weekdays, oldest first"`
	Handled   int64     `json:"handled" doc:"Entries of the used days behind the handle time"`
	HandleMS  *float64  `json:"handle_ms" doc:"Mean handle time of the used days; null when nothing was handled"`
	Abandoned int64     `json:"abandoned" doc:"Entries of the used days that were abandoned"`
	WaitMS    int64     `json:"wait_ms" doc:"Wait of all ended entries of the used days together"`
	// Those who were answered would have waited longer: the estimate counts their wait, which the mean wait of the abandoned does not.
	PatienceMS *float64 `json:"patience_ms" doc:"Mean patience: wait_ms / abandoned, the estimate for exponential patience that counts how long the others waited without giving up; null when nobody abandoned"`
}

// PastDay is a day of the past and whether the forecast rests on it.
type PastDay struct {
	Date    string  `json:"date" doc:"Date in the zone"`
	Weekday int     `json:"weekday" doc:"1 = Monday to 7 = Sunday"`
	Offered int64   `json:"offered" doc:"Entries that joined on that day"`
	LeftOut *string `json:"left_out" enum:"before_history,except,closed,outlier" doc:"Why the forecast does not rest on it; null when it does"`

	from time.Time
}

// Reasons to leave a past day out.
const (
	LeftOutBefore  = "before_history" // it ended before the first entry that was read
	LeftOutExcept  = "except"         // the request names it
	LeftOutClosed  = "closed"         // nobody came, though on others of its weekday somebody did
	LeftOutOutlier = "outlier"        // far from the median of its weekday
)

// StaffingRow is one interval.
type StaffingRow struct {
	Span     Span         `json:"interval" doc:"The span of time of this row, half-open"`
	Days     int64        `json:"days" doc:"On how many past days the row rests"`
	Arrivals *float64     `json:"arrivals" doc:"Entries expected to join; null without history"`
	Load     *float64     `json:"load" doc:"Offered load in Erlangs: arrivals × mean handle time / length; null without history"`
	ErlangC  *Requirement `json:"erlang_c" doc:"When nobody gives up: on the safe side; null without history"`
	ErlangA  *Requirement `json:"erlang_a" doc:"When callers give up with the mean patience; null without history, or when nobody abandoned"`
}

// Requirement is how many agents are needed and what may be expected of them.
type Requirement struct {
	Agents              int64    `json:"agents" doc:"Smallest number of agents that reaches the target"`
	Rostered            int64    `json:"rostered" doc:"agents / (1 - shrinkage), rounded up"`
	ServiceLevelPercent *float64 `json:"service_level_percent" doc:"Share of all arrivals answered within service_level_ms; null when nobody is expected"`
	OccupancyPercent    *float64 `json:"occupancy_percent" doc:"Share of the agents' time on callers; null when nobody is expected"`
	SpeedOfAnswerMS     *float64 `json:"speed_of_answer_ms" doc:"Mean wait of the answered; null when nobody is expected"`
	AbandonedPercent    *float64 `json:"abandoned_percent" doc:"Share of the arrivals that give up; null when nobody is expected"`
}

// Check says what is wrong with the window, the past asked for, or the target.
func (p StaffingParams) Check() error {
	buckets, err := p.Buckets()
	if err != nil {
		return err
	}
	if first, last := buckets[0], buckets[len(buckets)-1]; first.Partial || last.Partial {
		return fmt.Errorf("the window cuts an interval of %s; begin and end it where the wall clock shows a multiple of it", p.Interval)
	}
	if n := len(p.dates()); n > MaxStaffingDates {
		return fmt.Errorf("the window touches %d dates; a forecast is of at most %d", n, MaxStaffingDates)
	}
	return nil
}

func (p StaffingParams) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// dates are the days that the window touches.
func (p StaffingParams) dates() (out []Bucket) {
	for at := p.From; at.Before(p.Until); at = out[len(out)-1].Until {
		out = append(out, DayOf(at, p.Zone))
	}
	return out
}

// past are the last Weeks days of a day's weekday before it that had ended at an instant, oldest first.
func (p StaffingParams) past(day Bucket, ended time.Time) (out []Bucket) {
	const furthest = 60 // weeks; the window may lie in the future
	y, m, d := day.From.Date()
	for week := 1; len(out) < p.Weeks && week < p.Weeks+furthest; week++ {
		if b := DayOf(time.Date(y, m, d-7*week, 12, 0, 0, 0, p.zone()), p.Zone); !b.Until.After(ended) {
			out = append(out, b)
		}
	}
	slices.Reverse(out)
	return out
}

// Slots are the past intervals to count, in order, given up to when facts are known; of whole days, because a day is judged
// as one.
func (p StaffingParams) Slots(known time.Time) ([]Bucket, error) {
	var days []Bucket
	for _, day := range p.dates() {
		days = append(days, p.past(day, known)...)
	}
	slices.SortFunc(days, func(a, b Bucket) int { return a.From.Compare(b.From) })
	var out []Bucket
	for _, day := range days {
		slots, err := Buckets(day.From, day.Until, p.Interval, p.Zone)
		if err != nil {
			return nil, err
		}
		out = append(out, slots...)
	}
	return out, nil
}

func percentOf(share float64) *float64 {
	p := 100 * share
	return &p
}

func (p StaffingParams) target() StaffingTarget {
	t := StaffingTarget{ServiceLevelMS: p.Target.Within.Milliseconds(), ShrinkagePercent: 100 * p.Shrinkage}
	if p.Target.ServiceLevel != 0 {
		t.ServiceLevelPercent = percentOf(p.Target.ServiceLevel)
	}
	if p.Target.Occupancy != 0 {
		t.MaxOccupancyPercent = percentOf(p.Target.Occupancy)
	}
	if ms := p.Target.MeanWait.Milliseconds(); ms != 0 {
		t.MaxWaitMS = &ms
	}
	return t
}

// NewStaffingReport makes the forecast of what was counted in the past. tallies are by the Unix milliseconds of the
// begins of Slots.
func NewStaffingReport(p StaffingParams, tallies map[int64]SlotTally, fresh Freshness) (StaffingReport, error) {
	r := StaffingReport{
		From: p.From.In(p.zone()), Until: p.Until.In(p.zone()), Zone: p.zone().String(), Interval: p.Interval, Queues: p.Queues,
		Method: StaffingMethod, Target: p.target(), Rows: []StaffingRow{}, Freshness: fresh,
	}
	if err := p.Check(); err != nil {
		return r, err
	}
	f := forecast{StaffingParams: p, tallies: tallies, report: &r, rates: map[clock]*rate{}}
	r.History.Days = []PastDay{}
	if fresh.Watermark != nil {
		if err := f.readHistory(*fresh.Watermark); err != nil {
			return r, err
		}
	}
	buckets, err := p.Buckets()
	if err != nil {
		return r, err
	}
	for _, b := range buckets {
		row, err := f.row(b)
		if err != nil {
			return r, fmt.Errorf("interval from %s: %w", b.From.Format(time.RFC3339), err)
		}
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

func staffingDefinitions() []Definition {
	const (
		past     = "entries of inbound and callback contacts that joined on the used past days"
		interval = "the instant of joining lies in the past interval that begins when the wall clock showed the same"
		target   = "the smallest number of agents with service level >= service_level_percent, speed of answer <= max_wait_ms and occupancy <= max_occupancy_percent, of those that are asked for; rostered = agents / (1 - shrinkage), rounded up"
	)
	return []Definition{
		{reportStaffing, "days", "Past days", unitCount, "past days with this interval that the row rests on", "the last `weeks` days of the weekday before the date that had ended at the watermark, without those left out", "a day in the zone", fromEntries},
		{reportStaffing, "arrivals", "Expected arrivals", unitCount, "entries that joined in the same interval of the used days / its length on those days x the interval's length", past, interval, fromEntries},
		{reportStaffing, "load", "Offered load", "Erlangs", "arrivals x mean handle time / the interval's length; the mean handle time is handle time / handled entries", past, interval, fromSegments},
		{reportStaffing, "erlang_c", "Agents by Erlang C", unitCount, target + ". Nobody gives up: C = B / (1 - load/n x (1 - B)); service level = 1 - C exp(-(n - load) T / handle); speed of answer = C handle / (n - load)", past, interval, fromSegments},
		{reportStaffing, "erlang_a", "Agents by Erlang A", unitCount, target + ". Callers give up after an exponential time with the mean patience = wait of all ended entries / abandoned entries; who gives up counts against the service level", past, interval, fromSegments},
	}
}
