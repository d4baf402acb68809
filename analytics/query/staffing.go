package query

import (
	"context"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
	"firstline/analytics/staffing"
)

// StaffingRequest asks for metrics/staffing. GroupBy of the window stays empty; its Interval is of
// metric.StaffingIntervals, empty means 30m.
type StaffingRequest struct {
	WindowRequest
	Queues    []string // nil means all; together they are one group
	Weeks     int      // past days of each weekday; 0 means DefaultWeeks
	Except    []string // past dates to leave out, 2006-01-02
	Target    staffing.Target
	Shrinkage float64 // share, from 0 to below 1
}

// DefaultWeeks is how many past days of a weekday a forecast rests on.
const DefaultWeeks = 6

// Params validates; its error is *Invalid.
func (r StaffingRequest) Params() (metric.StaffingParams, error) {
	var m mistakes
	if r.Interval == "" {
		r.Interval = string(metric.HalfHour)
	}
	p := metric.StaffingParams{Queues: r.Queues, Weeks: r.Weeks, Except: r.Except, Target: r.Target, Shrinkage: r.Shrinkage}
	p.Window, _ = r.params(&m)
	if p.Weeks == 0 {
		p.Weeks = DefaultWeeks
	}
	if p.Weeks < 1 || p.Weeks > metric.MaxStaffingWeeks {
		m.add("weeks", "write a number from 1 to 12", "%d is out of range", r.Weeks)
	}
	for _, d := range r.Except {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			m.add("except", "write dates like 2026-12-25", "%q is no date", d)
		}
	}
	if len(m) == 0 {
		r.checkForecast(&m, p)
	}
	return p, m.err()
}

func (r StaffingRequest) checkForecast(m *mistakes, p metric.StaffingParams) {
	if !slices.Contains(metric.StaffingIntervals(), p.Interval) {
		m.add("interval", "write 15m, 30m or 1h", "a forecast is not made in intervals of %q", r.Interval)
	} else if err := p.Check(); err != nil {
		m.add("until", "choose a day or a week", "%v", err)
	}
	if err := p.Target.Check(); err != nil {
		m.add("service_level_percent", "write for example service_level_percent=80&service_level_ms=20000", "%v", err)
	}
	if _, err := staffing.Rostered(0, p.Shrinkage); err != nil {
		m.add("shrinkage_percent", "write a share of paid time, such as 30", "%v", err)
	}
}

// Staffing answers metrics/staffing: what was counted in the past comes from SQL, the forecast from analytics/metric. The
// error of a bad request is *Invalid.
func (r *Reader) Staffing(ctx context.Context, req StaffingRequest) (metric.StaffingReport, error) {
	p, err := req.Params()
	if err != nil {
		return metric.StaffingReport{}, err
	}
	known, _, err := r.watermarks(ctx)
	if err != nil {
		return metric.StaffingReport{}, err
	}
	var slots []metric.Bucket
	if known != nil {
		if slots, err = p.Slots(*known); err != nil {
			return metric.StaffingReport{}, err
		}
	}
	from, until := p.From, p.Until
	if len(slots) > 0 {
		from, until = slots[0].From, slots[len(slots)-1].Until
	}
	fresh, err := r.freshness(ctx, from, until, contactFacts)
	if err != nil {
		return metric.StaffingReport{}, err
	}
	fresh.Watermark = known // the past days were chosen by it
	tallies, err := r.slotTallies(ctx, p, slots)
	if err != nil {
		return metric.StaffingReport{}, err
	}
	report, err := metric.NewStaffingReport(p, tallies, fresh)
	if err != nil {
		return report, &Invalid{Problems: mistakeOf("service_level_percent", "ask for less, or for fewer queues at once", err)}
	}
	return report, nil
}

func mistakeOf(parameter, mend string, err error) mistakes {
	var m mistakes
	m.add(parameter, mend, "%v", err)
	return m
}

func (r *Reader) slotTallies(ctx context.Context, p metric.StaffingParams, slots []metric.Bucket) (map[int64]metric.SlotTally, error) {
	out := map[int64]metric.SlotTally{}
	if len(slots) == 0 {
		return out, nil
	}
	asked := map[int64]bool{}
	for _, s := range slots {
		asked[s.From.UnixMilli()] = true
	}
	err := r.run(ctx, slotStatement(p, slots), func(rows driver.Rows) error {
		var slot int64
		var t metric.SlotTally
		if err := rows.Scan(&slot, &t.Offered, &t.Handled, &t.HandleMS, &t.Abandoned, &t.WaitMS); err != nil {
			return err
		}
		if asked[slot] { // the others lie between the days
			out[slot] = t
		}
		return nil
	})
	return out, err
}

// slotStatement counts the entries of each slot. Slots need not follow one another: where one ends and none begins an edge
// stands too, for what is not asked about.
func slotStatement(p metric.StaffingParams, slots []metric.Bucket) statement {
	s := newStatement("staffing")
	var begins []int64
	for i, b := range slots {
		begins = append(begins, b.From.UnixMilli())
		if i+1 < len(slots) && slots[i+1].From.After(b.Until) {
			begins = append(begins, b.Until.UnixMilli())
		}
	}
	s.bindTime("since", slots[0].From)
	s.bindTime("until", slots[len(slots)-1].Until)
	s.bindTime("beyond", slots[len(slots)-1].Until.Add(metric.LookBack))
	s.bind("begins", begins)
	queues := ""
	if p.Queues != nil {
		s.bind("queues", append([]string{}, p.Queues...))
		queues = " AND queue IN {queues:Array(String)}"
	}
	brief := queueShape{QueueParams: metric.QueueParams{Brief: true}} // no more of an entry than its times and outcome
	s.text = lines(
		"WITH",
		closedEntries(brief, queues),
		openEntries(brief, queues),
		entryStretches(queues),
		"handled_of AS (",
		"  SELECT queued, outcome, wait, outcome = 'answered' AND handled AS done, talk + hold + wrap_up AS handle",
		"  FROM (SELECT * FROM closed UNION ALL SELECT * FROM open) AS e",
		"  LEFT JOIN worked USING (entry)",
		")",
		"SELECT toInt64(roundDown(queued, {begins:Array(Int64)})) AS slot, toInt64(count()), "+countIf("done")+", toInt64(sumIf(handle, done)), "+
			countIf("outcome = 'abandoned'")+", toInt64(sum(wait))",
		"FROM handled_of",
		"GROUP BY slot",
	)
	return s
}
