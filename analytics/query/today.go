package query

import (
	"context"
	"slices"
	"time"

	"firstline/analytics/metric"
)

// TodayRequest asks for the wallboard's figures of today.
type TodayRequest struct {
	Zone   string        // IANA; empty means UTC
	Step   string        // of metric.Intervals: 15m, 30m or 1h; empty means 30m
	Queues []string      // nil means all
	Limits metric.Limits // of the plan
}

// Today answers the wallboard: today's figures by queue and along the day. It is made to be asked every second: it reads
// today's entries only, without offers, agents' time, late facts. The error of a bad request is *Invalid.
func (r *Reader) Today(ctx context.Context, req TodayRequest) (metric.Today, error) {
	now := r.now().UTC().Truncate(time.Millisecond)
	p, err := req.params(now)
	if err != nil {
		return metric.Today{}, err
	}
	watermark, err := r.watermark(ctx)
	if err != nil {
		return metric.Today{}, err
	}
	fresh := metric.Freshness{AsOf: now, Watermark: watermark}
	out := metric.Today{AsOf: now, Watermark: watermark, From: p.From, Until: p.Until, Zone: p.Zone.String()}
	for _, part := range []struct {
		interval metric.Interval
		groups   []metric.Dimension
		rows     *[]metric.TodayRow
	}{
		{metric.Whole, []metric.Dimension{metric.ByQueue}, &out.Queues},
		{p.Interval, nil, &out.Series},
		{p.Interval, []metric.Dimension{metric.ByQueue}, &out.ByQueue},
	} {
		p.Interval, p.GroupBy = part.interval, part.groups
		tallies, total, err := r.queueTallies(ctx, p)
		if err != nil {
			return metric.Today{}, err
		}
		report, err := metric.NewQueueReport(p, tallies, total, fresh)
		if err != nil {
			return metric.Today{}, err
		}
		*part.rows = []metric.TodayRow{}
		for _, row := range report.Rows {
			if !row.Span.From.After(now) {
				*part.rows = append(*part.rows, row.Today())
			}
		}
		if part.interval == metric.Whole {
			out.Total = report.Total.Today()
		}
	}
	return out, nil
}

func (r TodayRequest) params(now time.Time) (metric.QueueParams, error) {
	var m mistakes
	if r.Step == "" {
		r.Step = string(metric.HalfHour)
	}
	if !slices.Contains([]metric.Interval{metric.Quarter, metric.HalfHour, metric.Hour}, metric.Interval(r.Step)) {
		m.add("step", "write 15m, 30m or 1h", "unknown step %q", r.Step)
	}
	w, _ := WindowRequest{From: now, Until: now.Add(1), Zone: r.Zone}.params(&m)
	if err := m.err(); err != nil {
		return metric.QueueParams{}, err
	}
	day := metric.DayOf(now, w.Zone)
	w.From, w.Until, w.Interval = day.From, day.Until, metric.Interval(r.Step)
	if r.Limits.Default == (metric.QueueLimits{}) {
		r.Limits.Default = metric.DefaultLimits().Default
	}
	return metric.QueueParams{Window: w, AttributeBy: metric.AttributeOffered, Queues: r.Queues, Limits: r.Limits, Brief: true}, nil
}
