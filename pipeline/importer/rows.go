package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/history"
)

// row is one line or record of a file: a line of queue_log, or why it is none.
type row struct {
	line   history.Line
	number int
	bad    string // reason why it is no line; "" = it is one
	why    string
	text   string // of a bad one
	again  bool   // it is left for a file that has it whole
}

// reader gives the rows of a file in its order. io.EOF ends them.
type reader interface {
	next() (row, error)
	close() error
}

// read opens a file as what it is: queue_log, or the SQL form as CSV.
func read(in Input, zone *time.Location) (reader, error) {
	c, err := open(in)
	if err != nil {
		return nil, err
	}
	head, err := c.Peek(1 << 12)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(broken(in, 0, err), c.close())
	}
	first, _, _ := strings.Cut(string(head), "\n")
	if strings.Count(first, "|") >= 4 && !strings.ContainsAny(first[:strings.IndexByte(first, '|')], ",;\t\"") {
		return &lines{in: in, c: c}, nil
	}
	if comma := separator(first); comma != 0 {
		r, err := newTable(in, c, comma, zone)
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		return r, nil
	}
	return &lines{in: in, c: c}, nil // every line will be told of
}

func broken(in Input, line int, err error) error {
	return fmt.Errorf("%s is broken after line %d: %w; nothing behind it can be read: take the file from a backup, or give what of it is whole", in.Name, line, err)
}

// lines reads queue_log itself.
type lines struct {
	in     Input
	c      *content
	number int
}

func (l *lines) close() error { return l.c.close() }

func (l *lines) next() (row, error) {
	for {
		text, whole, tooLong, err := l.c.line()
		if errors.Is(err, io.EOF) {
			return row{}, io.EOF
		}
		if err != nil {
			return row{}, broken(l.in, l.number, err)
		}
		l.number++
		r := row{number: l.number, text: text}
		switch {
		case strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) == "":
			continue
		case tooLong:
			r.bad, r.why = "too long", fmt.Sprintf("the line is longer than %d bytes", longestLine)
		case !whole:
			r.bad, r.why, r.again = "cut off", "the file ends within this line: it is left for a file that has it whole", true
		default:
			if r.line, err = history.Parse(text); err != nil {
				r.bad, r.why = "no line", err.Error()
			}
			r.line.Number = l.number
		}
		return r, nil
	}
}

// table reads the SQL form.
type table struct {
	in      Input
	c       *content
	csv     *csv.Reader
	zone    *time.Location
	columns map[string]int
	first   []string // record that was no header
	last    time.Time
}

// separator is what parts the columns of a CSV file; 0 = it is none.
func separator(head string) rune {
	best, most := rune(0), 4
	for _, c := range []rune{',', ';', '\t'} {
		if n := strings.Count(head, string(c)); n > most || n == most && best == 0 {
			best, most = c, n
		}
	}
	return best
}

func newTable(in Input, c *content, comma rune, zone *time.Location) (*table, error) {
	t := &table{in: in, c: c, csv: csv.NewReader(c), zone: zone, columns: map[string]int{}}
	t.csv.Comma, t.csv.FieldsPerRecord, t.csv.LazyQuotes = comma, -1, true
	head, err := t.csv.Read()
	if err != nil {
		return nil, broken(in, 0, err)
	}
	names := map[string]string{"queue": "queuename", "uniqueid": "callid", "eventdate": "time", "verb": "event"}
	for i, name := range head {
		name = strings.ToLower(strings.Trim(strings.TrimPrefix(name, "\ufeff"), "`\" "))
		if other, ok := names[name]; ok {
			name = other
		}
		t.columns[name] = i
	}
	needed := []string{"time", "callid", "queuename", "agent", "event"}
	missing := slices.DeleteFunc(slices.Clone(needed), func(n string) bool { _, ok := t.columns[n]; return ok })
	switch {
	case len(missing) == 0:
		return t, nil
	case len(missing) < len(needed):
		return nil, fmt.Errorf("%s has no column %s: export time, callid, queuename, agent, event and data, or data1 to data5", in.Name, strings.Join(missing, ", "))
	}
	order := append(slices.Clone(needed), "data")
	switch len(head) {
	case 6:
	case 10:
		order = append(slices.Clone(needed), "data1", "data2", "data3", "data4", "data5")
	default:
		return nil, fmt.Errorf("%s has %d columns without names: export it with a first line that names them, or with the columns time, callid, queuename, agent, event, data1 to data5", in.Name, len(head))
	}
	clear(t.columns)
	for i, name := range order {
		t.columns[name] = i
	}
	t.first = head
	return t, nil
}

func (t *table) close() error { return t.c.close() }

func (t *table) next() (row, error) {
	record := t.first
	t.first = nil
	if record == nil {
		var err error
		record, err = t.csv.Read()
		line, _ := t.csv.FieldPos(0)
		var parse *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return row{}, io.EOF
		case errors.As(err, &parse):
			return row{number: parse.Line, bad: "no record", why: err.Error()}, nil
		case err != nil:
			return row{}, broken(t.in, line, err)
		}
	}
	number, _ := t.csv.FieldPos(0)
	r := row{number: number, text: strings.Join(record, "|")}
	data := strings.Split(t.column(record, "data"), "|")
	if _, split := t.columns["data1"]; split && (len(data) < 2 && data[0] == "") {
		data = data[:0]
		for i := range 5 {
			data = append(data, t.column(record, fmt.Sprintf("data%d", i+1)))
		}
	}
	var err error
	r.line, err = history.Columns(t.column(record, "time"), t.column(record, "callid"), t.column(record, "queuename"), t.column(record, "agent"), t.column(record, "event"), data, t.zone)
	if err != nil {
		r.bad, r.why = "no line", err.Error()
	}
	r.line.Number = number
	if r.bad == "" {
		if isLocal(t.column(record, "time")) {
			r.line.At = inOrder(r.line.At, t.last, t.zone)
		}
		t.last = r.line.At
	}
	return r, nil
}

// isLocal tells whether a time is a date and a time of day without a zone.
func isLocal(text string) bool {
	return len(text) > len(time.DateOnly) && strings.Contains(text, ":") && !strings.ContainsAny(text[len(time.DateOnly):], "+-Z")
}

// backAtMost is how far rows of one hour may be out of order; it is much less than a zone's clocks go back by.
const backAtMost = 10 * time.Minute

// inOrder chooses, of the two instants that a time of day can be when clocks go back, the first that goes on from the row before.
func inOrder(at, before time.Time, zone *time.Location) time.Time {
	wall := at.In(zone).Format(time.DateTime)
	first, second := at, at
	for _, other := range []time.Time{at.Add(-time.Hour), at.Add(time.Hour)} {
		switch {
		case other.In(zone).Format(time.DateTime) != wall:
		case other.Before(at):
			first = other
		default:
			second = other
		}
	}
	if first.Before(before.Add(-backAtMost)) {
		return second
	}
	return first
}

// column is a record's value of a column; "" where it has none or NULL.
func (t *table) column(record []string, name string) string {
	i, ok := t.columns[name]
	if !ok || i >= len(record) || record[i] == `\N` || record[i] == "NULL" {
		return ""
	}
	return history.Text(record[i])
}
