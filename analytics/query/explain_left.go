package query

import (
	"context"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
)

// leavesOut says whether what a number leaves out is told: of a share as a whole and of durations. What of a share is below only stands in
// the list, and of a count the row's other counts say it.
func (l *listing) leavesOut(p part) bool {
	switch {
	case l.sources[p.kind].all == "":
		return false
	case p.in != "":
		return p.how != metric.HowNumerator
	default:
		return p.durations() && !p.sum
	}
}

// leftOutStatement counts the things of the row that are of the number's kind and don't count in it.
func leftOutStatement(l listing, p part) statement {
	s := l.tables
	s.name = "left out of " + s.name
	from := l.sources[p.kind]
	where := []string{"(" + from.all + ")", "NOT (" + p.where + ")"}
	for _, w := range l.where {
		where = append(where, "("+w+")")
	}
	value := "0"
	if p.in != "" && p.durations() {
		value = p.value
	}
	s.text = lines(
		s.text,
		"SELECT left_why, toInt64(count()) AS things, toInt64(sum(left_value)) AS lasted FROM (",
		"  SELECT toString("+orElse(p.why, from.why)+") AS left_why, toInt64("+value+") AS left_value",
		"  FROM "+from.from+" WHERE "+strings.Join(where, " AND "),
		when(from.group != "", "  GROUP BY "+from.group),
		")",
		"GROUP BY left_why ORDER BY things DESC, left_why",
	)
	return s
}

func (r *Reader) leftOut(ctx context.Context, l listing, p part) ([]metric.LeftOut, error) {
	out := []metric.LeftOut{}
	err := r.run(ctx, leftOutStatement(l, p), func(rows driver.Rows) error {
		var x metric.LeftOut
		if err := rows.Scan(&x.Reason, &x.Count, &x.SumMS); err != nil {
			return err
		}
		out = append(out, x)
		return nil
	})
	return out, err
}
