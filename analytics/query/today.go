package query

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

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
	watermark, _, err := r.watermarks(ctx)
	if err != nil {
		return metric.Today{}, err
	}
	levels, err := r.todayTallies(ctx, p)
	if err != nil {
		return metric.Today{}, err
	}
	out := metric.Today{AsOf: now, Watermark: watermark, From: p.From, Until: p.Until, Zone: p.Zone.String()}
	total := levels[totalLevel][metric.Key{}]
	queue := []metric.Dimension{metric.ByQueue}
	for _, part := range []struct {
		level    uint64
		interval metric.Interval
		groups   []metric.Dimension
		rows     *[]metric.TodayRow
	}{
		{queueLevel, metric.Whole, queue, &out.Queues},
		{bucketLevel, p.Interval, nil, &out.Series},
		{rowLevel, p.Interval, queue, &out.ByQueue},
	} {
		p.Interval, p.GroupBy = part.interval, part.groups
		report, err := metric.NewQueueReport(p, levels[part.level], total, metric.Freshness{})
		if err != nil {
			return metric.Today{}, err
		}
		*part.rows = []metric.TodayRow{}
		for _, row := range report.Rows {
			if !row.Span.From.After(now) {
				*part.rows = append(*part.rows, row.Today())
			}
		}
		out.Total = report.Total.Today()
	}
	return out, nil
}

// What a row of the statement adds up, as ClickHouse's grouping(bucket, queue) numbers it.
const (
	rowLevel    = 0
	bucketLevel = 1 // all queues of a bucket
	queueLevel  = 2 // all buckets of a queue
	totalLevel  = 3

	todaySets = "GROUP BY GROUPING SETS ((bucket, queue), (bucket), (queue), ())"
)

// todayTallies reads all that the wallboard shows in one pass.
func (r *Reader) todayTallies(ctx context.Context, p metric.QueueParams) (map[uint64]map[metric.Key]metric.QueueTally, error) {
	s, columns, err := queueStatement(p, todaySets)
	if err != nil {
		return nil, err
	}
	index, err := bucketIndex(p.Window)
	if err != nil {
		return nil, err
	}
	out := map[uint64]map[metric.Key]metric.QueueTally{rowLevel: {}, bucketLevel: {}, queueLevel: {}, totalLevel: {}}
	err = r.run(ctx, s, func(rows driver.Rows) error {
		var row queueRow
		if err := rows.Scan(destinations(columns, &row)...); err != nil {
			return err
		}
		if out[row.level] == nil {
			return fmt.Errorf("unknown grouping level %d", row.level)
		}
		out[row.level][row.key(index)] = row.tally()
		return nil
	})
	return out, err
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
	return metric.QueueParams{Window: w, AttributeBy: metric.AttributeOffered, Queues: r.Queues, Limits: r.Limits, Brief: true, GroupBy: []metric.Dimension{metric.ByQueue}}, nil
}
