package query

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/metric"
)

// Explaining a number is listing the rows of the same common tables that the report counts, by the same conditions: the tables
// come from the report's own statement, the conditions from the list that its columns are made of.

// ExplainRequest asks what is behind one number of a report.
type ExplainRequest struct {
	Number string // its name, as the report's columns have it
	Row    string // RowName of its row; empty means the total
	Limit  int    // page size; 0 means DefaultPage
	Cursor string // Next of the page before
}

// RowName names a row of a report that is split so, for ExplainRequest.
func RowName(from time.Time, k metric.Key, splits []metric.Dimension) string {
	name := []string{strconv.FormatInt(from.UnixMilli(), 10)}
	for _, d := range splits {
		switch d {
		case metric.ByWeekday:
			name = append(name, strconv.Itoa(k.Weekday))
		case metric.ByHour:
			name = append(name, strconv.Itoa(k.Hour))
		default:
			name = append(name, *k.At(d))
		}
	}
	raw, _ := json.Marshal(name) // plain strings: can't fail
	return base64.RawURLEncoding.EncodeToString(raw)
}

// parseRow reads a RowName; nil is the total.
func parseRow(m *mistakes, text string, w metric.Window, splits []metric.Dimension) *metric.Key {
	if text == "" {
		return nil
	}
	wrong := func() *metric.Key {
		m.add("row", "follow the link in explain of a row, with its other parameters as they came", "is no row of this report")
		return nil
	}
	var name []string
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &name) != nil || len(name) != len(splits)+1 {
		return wrong()
	}
	index, err := bucketIndex(w)
	if err != nil {
		return wrong()
	}
	begin, err := strconv.ParseInt(name[0], 10, 64)
	bucket, known := index[begin]
	if err != nil || !known {
		return wrong()
	}
	k := metric.Key{Bucket: bucket}
	for i, d := range splits {
		var err error
		switch value := name[i+1]; d {
		case metric.ByWeekday:
			k.Weekday, err = strconv.Atoi(value)
		case metric.ByHour:
			k.Hour, err = strconv.Atoi(value)
		default:
			*k.At(d) = value
		}
		if err != nil {
			return wrong()
		}
	}
	return &k
}

// source is what a number lists: rows of a common table, or groups of them, and how each is shown. Empty expressions are nothing.
type source struct {
	from, group                       string // FROM, and GROUP BY where one thing is many rows
	id, contact, ticket, queue, agent string
	at, until                         string // Unix milliseconds; until 0 is none
	outcome                           string
	wait                              string // below 0 is none
	all, why                          string // all of its kind that a row has, and why one of them doesn't count; empty where that isn't told
}

// number is one of a report's: which rows of its source count, and what of them.
type number struct {
	kind  string // of source
	where string // which count; of a share: its denominator
	in    string // of a share: which of these are its numerator
	value string // the duration of each in milliseconds; empty where they are counted
	sum   bool   // the number is all durations together, and has no parts
	times string // how often each counts; empty is once
	limit string // what a wait is compared with
	clock string // of a ticket's target: which clock it is of
	why   string // why one doesn't count, where that is another reason than its source has
}

// listing is a report whose numbers can be explained.
type listing struct {
	report  string
	tables  statement
	splits  []metric.Dimension
	window  metric.Window
	fresh   metric.Freshness
	row     *metric.Key
	where   []string // which rows of the tables are of the row
	sources map[string]source
	numbers map[string]number
	dynamic func(name string) (number, map[string]any, bool) // those whose names are data, with the parameters of their conditions; nil = none
	rule    func(*metric.Rule)
}

// part is a number with what is asked of it.
type part struct {
	number
	how     metric.How
	percent int64 // of a percentile
}

// find knows the number by its name: itself, or a part of a share or of a set of durations.
func (l *listing) find(name string) (part, bool) {
	if n, ok := l.numbers[name]; ok && n.in == "" && (n.value == "" || n.sum) {
		return part{number: n, how: countOrSum(n)}, true
	}
	if l.dynamic != nil {
		if n, args, ok := l.dynamic(name); ok {
			for name, value := range args {
				l.tables.bind(name, value)
			}
			return part{number: n, how: countOrSum(n)}, true
		}
	}
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return part{}, false
	}
	n, ok := l.numbers[name[:i]]
	p := part{number: n}
	switch suffix := name[i+1:]; {
	case !ok:
	case n.in != "" && suffix == "numerator":
		p.how, p.where = metric.HowNumerator, "("+n.where+") AND ("+n.in+")"
	case n.in != "" && suffix == "denominator":
		p.how = metric.HowDenominator
	case n.in != "" && suffix == "percent":
		p.how = metric.HowPercent
	case n.in != "" || n.value == "" || n.sum:
	case suffix == "count":
		p.how = metric.HowCount
	case suffix == "sum_ms":
		p.how = metric.HowSum
	case suffix == "mean_ms":
		p.how = metric.HowMean
	case suffix == "max_ms":
		p.how = metric.HowLongest
	default:
		for _, l := range metric.Levels() {
			if suffix == fmt.Sprintf("p%d_ms", l) {
				p.how, p.percent = metric.HowPercentile, l
			}
		}
	}
	return p, p.how != ""
}

func countOrSum(n number) metric.How {
	if n.sum {
		return metric.HowSum
	}
	return metric.HowCount
}

// explain answers a page of what is behind a number.
func (r *Reader) explain(ctx context.Context, l listing, req ExplainRequest) (metric.Explanation, error) {
	e := metric.Explain(l.report, req.Number, l.window, l.splits, l.fresh)
	if err := e.InRow(l.row, l.window); err != nil {
		return e, err
	}
	if l.rule != nil {
		l.rule(&e.Rule)
	}
	var m mistakes
	asked, ok := l.find(req.Number)
	if !ok {
		m.add("number", "write a name as the CSV's columns have it, such as answered or speed_of_answer.p90_ms", "%q is no number of this report, or null with these parameters", req.Number)
	}
	size, after := pageSize(&m, req.Limit), parseCursor(&m, req.Cursor)
	if err := m.err(); err != nil {
		return e, err
	}
	e.How = asked.how
	if after == nil && l.leavesOut(asked) {
		var err error
		if e.LeftOut, err = r.leftOut(ctx, l, asked); err != nil {
			return e, err
		}
	}
	s, sort := explainStatement(l, asked, after, size)
	var totals explainTotals
	var next cursor
	err := r.run(ctx, s, func(rows driver.Rows) error {
		var row explainRow
		if err := rows.Scan(destinations(explainColumns(asked, sort), &row)...); err != nil {
			return err
		}
		totals = row.totals
		if len(e.Items) < size {
			e.Items = append(e.Items, row.item(asked, totals))
			next = cursor{At: row.sort, ID: row.ID}
			return nil
		}
		text := next.String()
		e.Next = &text
		return nil
	})
	if err != nil {
		return e, err
	}
	if after != nil && len(e.Items) == 0 {
		m.add("cursor", "write the value of next as it came", "is not a cursor of this list")
		return e, m.err()
	}
	totals.put(&e, asked)
	return e, nil
}

// explainRow is one row of the statement: the thing, and what is counted over all of them.
type explainRow struct {
	metric.Explained
	sort, at, until, wait, value, limit, place int64
	within, byDefault                          uint8
	target                                     metric.AppliedTarget
	totals                                     explainTotals
}

type explainTotals struct {
	times, value, timesIn, valueIn int64
	levels                         []int64 // as spread.at
}

func (p part) durations() bool { return p.value != "" }

// placed says whether durations have places: all but those of shares.
func (p part) placed() bool { return p.durations() && p.in == "" }

func (t explainTotals) put(e *metric.Explanation, p part) {
	e.Count, e.SumMS = t.times, t.value
	if p.in != "" {
		e.Numerator, e.Denominator = t.timesIn, t.times
		if p.durations() {
			e.Numerator, e.Denominator = t.valueIn, t.value
		}
	}
	if p.how == metric.HowPercentile && e.Count > 0 {
		place := e.Count * p.percent / 100
		e.Place = &place
	}
	var longest int64
	if n := len(t.levels); n > 0 {
		longest = t.levels[n-1]
	}
	e.Evaluate(p.percent, t.levels, longest)
}

// item is the row as it is shown.
func (row *explainRow) item(p part, t explainTotals) metric.Explained {
	x := row.Explained
	x.At, x.Until, x.Target = time.UnixMilli(row.at).UTC(), someTime(row.until), row.applied(p)
	if row.wait >= 0 {
		x.WaitMS = &row.wait
	}
	if p.limit != "" {
		x.LimitMS = &row.limit
	}
	if p.durations() {
		x.ValueMS = &row.value
	}
	if p.placed() {
		x.Place = &row.place
		x.IsIt = p.how == metric.HowLongest && row.place == t.times-1 || p.how == metric.HowPercentile && row.place == t.times*p.percent/100
	}
	if p.in != "" {
		in := "denominator"
		if row.within != 0 {
			in = "numerator"
		}
		x.In = &in
	}
	return x
}

// orElse is the expression, or another one where it is empty.
func orElse(expr, other string) string {
	if expr == "" {
		return other
	}
	return expr
}

// explainColumns are what the statement selects, of the common table listed.
func explainColumns(p part, sort string) []column[explainRow] {
	total := func(name, of string, dest func(*explainTotals) any) column[explainRow] {
		return column[explainRow]{name, "toInt64(sum(" + of + ") OVER ())", func(r *explainRow) any { return dest(&r.totals) }}
	}
	out := []column[explainRow]{
		{"of_id", "id", func(r *explainRow) any { return &r.ID }},
		{"of_kind", "'" + p.kind + "'", func(r *explainRow) any { return &r.Kind }},
		{"of_contact", "contact", func(r *explainRow) any { return &r.Contact }},
		{"of_ticket", "ticket", func(r *explainRow) any { return &r.Ticket }},
		{"of_queue", "queue", func(r *explainRow) any { return &r.Queue }},
		{"of_agent", "agent", func(r *explainRow) any { return &r.Agent }},
		{"at_ms", "at", func(r *explainRow) any { return &r.at }},
		{"until_ms", "until", func(r *explainRow) any { return &r.until }},
		{"came_out", "outcome", func(r *explainRow) any { return &r.Outcome }},
		{"waited", "wait", func(r *explainRow) any { return &r.wait }},
		{"compared", "compared_with", func(r *explainRow) any { return &r.limit }},
		{"its_value", "value", func(r *explainRow) any { return &r.value }},
		{"its_times", "times", func(r *explainRow) any { return &r.Counts }},
		{"its_part", "within", func(r *explainRow) any { return &r.within }},
		{"sorted_by", sort, func(r *explainRow) any { return &r.sort }},
		total("all_times", "times", func(t *explainTotals) any { return &t.times }),
		total("all_values", "value", func(t *explainTotals) any { return &t.value }),
		total("part_times", "if(within, times, 0)", func(t *explainTotals) any { return &t.timesIn }),
		total("part_values", "if(within, value, 0)", func(t *explainTotals) any { return &t.valueIn }),
	}
	if p.clock != "" {
		out = append(out, targetResults()...)
	}
	if p.placed() {
		out = append(out,
			column[explainRow]{"all_levels", "quantilesExact(" + levels + ")(value) OVER ()", func(r *explainRow) any { return &r.totals.levels }},
			column[explainRow]{"its_place", "toInt64(row_number() OVER (ORDER BY value, id)) - 1", func(r *explainRow) any { return &r.place }})
	}
	return out
}

// explainStatement lists one thing more than the page holds, so that the last page is known. What is counted over all is counted
// before the page is cut.
func explainStatement(l listing, p part, after *cursor, size int) (statement, string) {
	s := l.tables
	s.name, s.args = "explain "+s.name, maps.Clone(s.args)
	s.bind("rows", int64(size+1))
	sort := "at"
	if p.durations() {
		sort = "value"
	}
	page := ""
	if after != nil {
		s.bind("cursor_at", after.At)
		s.bind("cursor_id", after.ID)
		page = "WHERE (sorted_by, of_id) < ({cursor_at:Int64}, {cursor_id:String})"
	}
	from := l.sources[p.kind]
	where := []string{"(" + p.where + ")"}
	for _, w := range l.where {
		where = append(where, "("+w+")")
	}
	var list []string
	for _, c := range []struct{ expr, zero, name string }{
		{from.id, "''", "id"}, {from.contact, "''", "contact"}, {from.ticket, "''", "ticket"}, {from.queue, "''", "queue"}, {from.agent, "''", "agent"},
		{from.outcome, "''", "outcome"},
	} {
		list = append(list, "toString("+orElse(c.expr, c.zero)+") AS of_"+c.name)
	}
	for _, c := range []struct{ expr, zero, name string }{
		{from.at, "0", "at"}, {from.until, "0", "until"}, {from.wait, "-1", "wait"}, {p.limit, "0", "compared_with"}, {p.value, "0", "value"}, {p.times, "1", "times"},
	} {
		list = append(list, "toInt64("+orElse(c.expr, c.zero)+") AS of_"+c.name)
	}
	list = append(list, "toUInt8("+orElse(p.in, "1")+") AS of_within")
	list = append(list, p.targetColumns()...)
	s.text = lines(
		s.text+",",
		"listed AS (",
		"  SELECT of_id AS id, of_contact AS contact, of_ticket AS ticket, of_queue AS queue, of_agent AS agent, of_outcome AS outcome,",
		"    of_at AS at, of_until AS until, of_wait AS wait, of_compared_with AS compared_with, of_value AS value, of_times AS times, of_within AS within"+when(p.clock != "", ",\n    clock, judged_by, by_default, promised, used, stands"),
		"  FROM (",
		"    SELECT "+strings.Join(list, ", "),
		"    FROM "+from.from+" WHERE "+strings.Join(where, " AND "),
		when(from.group != "", "    GROUP BY "+from.group),
		"  )",
		")",
		"SELECT * FROM (",
		"  SELECT\n"+selectList(explainColumns(p, sort)),
		"  FROM listed",
		")",
		page,
		"ORDER BY sorted_by DESC, of_id DESC LIMIT {rows:UInt64}",
	)
	return s, sort
}

// ofRow narrows the tables to the row: their columns are named like the dimensions.
func (l *listing) ofRow(apart ...metric.Dimension) error {
	if l.row == nil {
		return nil
	}
	buckets, err := l.window.Buckets()
	if err != nil {
		return err
	}
	l.tables.bind("row_bucket", buckets[l.row.Bucket].From.UnixMilli())
	l.where = append(l.where, "bucket = {row_bucket:Int64}")
	for _, d := range l.splits {
		name := "row_" + string(d)
		switch {
		case slices.Contains(apart, d):
		case d == metric.ByWeekday:
			l.tables.bind(name, int64(l.row.Weekday))
			l.where = append(l.where, "weekday = {"+name+":Int64}")
		case d == metric.ByHour:
			l.tables.bind(name, int64(l.row.Hour))
			l.where = append(l.where, "hour = {"+name+":Int64}")
		default:
			l.tables.bind(name, *l.row.At(d))
			l.where = append(l.where, "toString("+string(d)+") = {"+name+":String}")
		}
	}
	return nil
}

// offerNumbers are the counts of offers, of those that are mine; result is an expression over the table.
func offerNumbers(numbers map[string]number, under, result, mine string) {
	is := func(list ...string) string {
		return mine + " AND " + result + " IN ('" + strings.Join(list, "', '") + "')"
	}
	for _, r := range []string{"answered", "missed", "declined", "busy", "unavailable", "withdrawn", "lost_race", "failed"} {
		numbers[under+"."+r] = number{kind: "offer", where: is(r)}
	}
	numbers[under+".made"] = number{kind: "offer", where: mine}
	numbers[under+".ringing"] = number{kind: "offer", where: is("")}
	numbers[under+".answer_rate"] = number{kind: "offer", where: is("answered", "missed", "declined", "busy", "unavailable", "failed"), in: is("answered")}
}

// transferNumbers are the same of transfers; each of mode, result and to is an expression over the table.
func transferNumbers(numbers map[string]number, under, made, mode, result, to, received string) {
	of := func(more string) number { return number{kind: "transfer", where: made + more} }
	numbers[under+".made"] = of("")
	numbers[under+".received"] = number{kind: "transfer", where: received}
	for _, m := range []string{"blind", "attended"} {
		numbers[under+"."+m+".made"] = of(" AND " + mode + " = '" + m + "'")
		for name, r := range map[string]string{
			"completed": "completed", "conference": "conference", "returned": "returned", "unanswered": "unanswered", "abandoned": "abandoned",
			"busy": "busy", "declined": "declined", "unavailable": "unavailable", "failed": "failed", "in_progress": "",
		} {
			numbers[under+"."+m+"."+name] = of(" AND " + mode + " = '" + m + "' AND " + result + " = '" + r + "'")
		}
	}
	for _, t := range []string{"queue", "agent", "menu", "number"} {
		numbers[under+".to."+t] = of(" AND " + to + " = '" + t + "'")
	}
}

// leaveOut takes numbers out that are null, with all their parts.
func leaveOut(numbers map[string]number, yes bool, names ...string) {
	for name := range numbers {
		for _, n := range names {
			if yes && (name == n || strings.HasPrefix(name, n+".")) {
				delete(numbers, name)
			}
		}
	}
}
