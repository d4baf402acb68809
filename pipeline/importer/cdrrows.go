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

// detailRow is one line of a file: a call detail record, or why it is none.
type detailRow struct {
	history.CDR
	bad  *history.Refusal // nil = it is one
	text string           // of a bad one
	cut  bool             // it is left for a file that has it whole
}

// detailReader reads call detail records line by line, so that a quote which nothing closes spoils one line and not the file.
type detailReader struct {
	in     Input
	c      *content
	comma  rune
	names  []string // of the columns; nil = each row tells by its times which of Asterisk's orders it has
	zone   *time.Location
	number int
}

// DetailColumns reads the names of columns, as a list or a first line gives them. Those that databases and exports use are understood.
func DetailColumns(names []string) []string {
	others := map[string]string{
		"calldate": "start", "starttime": "start", "answertime": "answer", "answerdate": "answer", "endtime": "end", "enddate": "end",
		"source": "src", "destination": "dst", "destinationcontext": "dcontext", "callerid": "clid", "destinationchannel": "dstchannel",
		"lastapplication": "lastapp", "billableseconds": "billsec", "accountid": "accountcode",
	}
	out := make([]string, len(names))
	for i, name := range names {
		name = strings.ToLower(strings.Trim(strings.TrimPrefix(name, "\ufeff"), "`\"' \r\n"))
		if other, ok := others[strings.ReplaceAll(name, "_", "")]; ok {
			name = other
		}
		out[i] = name
	}
	return out
}

// MissingColumn is the first column that rows can't do without and that is not there; "" = none.
func MissingColumn(names []string) string {
	for _, name := range []string{"start", "channel", "dstchannel", "disposition"} {
		if !slices.Contains(names, name) {
			return name
		}
	}
	if !slices.Contains(names, "end") && !slices.Contains(names, "duration") {
		return "end"
	}
	return ""
}

func readDetails(in Input, columns []string, zone *time.Location) (*detailReader, error) {
	c, err := open(in)
	if err != nil {
		return nil, err
	}
	r := &detailReader{in: in, c: c, zone: zone, names: columns}
	if err := r.head(); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return r, nil
}

// head looks whether a first line names the columns.
func (r *detailReader) head() error {
	head, err := r.c.Peek(1 << 12)
	if err != nil && !errors.Is(err, io.EOF) {
		return broken(r.in, 0, err)
	}
	first, _, _ := strings.Cut(string(head), "\n")
	if r.comma = separator(first); r.comma == 0 {
		r.comma = ','
	}
	fields, _ := r.fields(first, true) // a first line that is no CSV names nothing, and will be told of
	names := DetailColumns(fields)
	if !slices.Contains(names, "channel") && !slices.Contains(names, "disposition") {
		return nil
	}
	if name := MissingColumn(names); name != "" {
		return fmt.Errorf("%s has no column %s: export start, answer, end, src, dst, dcontext, clid, channel, dstchannel, lastapp, duration, billsec, disposition, uniqueid, linkedid", r.in.Name, name)
	}
	if r.names == nil {
		r.names = names
	}
	r.number++
	_, _, _, err = r.c.line()
	return err
}

func (r *detailReader) close() error { return r.c.close() }

func (r *detailReader) fields(line string, lazy bool) ([]string, error) {
	p := csv.NewReader(strings.NewReader(strings.TrimRight(strings.TrimPrefix(history.Text(line), "\ufeff"), "\r\n")))
	p.Comma, p.FieldsPerRecord, p.LazyQuotes = r.comma, -1, lazy
	return p.Read()
}

func (r *detailReader) next() (detailRow, error) {
	for {
		text, whole, tooLong, err := r.c.line()
		if errors.Is(err, io.EOF) {
			return detailRow{}, io.EOF
		}
		if err != nil {
			return detailRow{}, broken(r.in, r.number, err)
		}
		r.number++
		if strings.Trim(text, "\ufeff\x00 \t\r\n") == "" {
			continue
		}
		return r.row(text, whole, tooLong), nil
	}
}

func (r *detailReader) row(text string, whole, tooLong bool) detailRow {
	row := detailRow{text: text}
	lazy := false
	fields, err := r.fields(text, false)
	if err != nil {
		lazy = true
		fields, err = r.fields(text, true)
	}
	switch {
	case tooLong:
		row.bad = &history.Refusal{Reason: "too long", Meaning: fmt.Sprintf("the line is longer than %d bytes", longestLine)}
	case !whole:
		row.bad, row.cut = &history.Refusal{Reason: "cut off", Meaning: "the file ends within this line: it is left for a file that has it whole"}, true
	case err != nil:
		row.bad = &history.Refusal{Reason: "no record", Meaning: err.Error()}
	default:
		row.CDR, row.bad = r.record(fields)
		if lazy {
			row.Doubts = append(row.Doubts, history.Doubt{Reason: "quotes", Meaning: "its quotes are not closed as CSV has them: each counts as a sign"})
		}
	}
	row.Number = r.number
	return row
}

// record reads a row by the names of its columns.
func (r *detailReader) record(fields []string) (history.CDR, *history.Refusal) {
	names := r.names
	if names == nil {
		names = r.usual(fields)
	}
	if names == nil {
		return history.CDR{}, &history.Refusal{Reason: "no record", Meaning: fmt.Sprintf("%d columns are in none of the orders that Asterisk comes with: say --columns", len(fields))}
	}
	if len(fields) < len(names) {
		return history.CDR{}, &history.Refusal{Reason: "columns missing", Meaning: fmt.Sprintf("it has %d columns of %d", len(fields), len(names))}
	}
	return history.ParseCDR(func(name string) string {
		i := slices.Index(names, name)
		if i < 0 || fields[i] == `\N` || fields[i] == "NULL" {
			return ""
		}
		return strings.TrimSpace(fields[i])
	}, r.zone)
}

// usual is the order of a row that nobody named: cdr_csv's, with what cdr.conf adds to it, or that of the example in cdr_custom.conf.
// They differ in where the account code stands, and so in where the times do.
func (r *detailReader) usual(fields []string) []string {
	csvOrder := []string{
		"accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end", "duration",
		"billsec", "disposition", "amaflags",
	}
	custom := []string{
		"clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end", "duration", "billsec",
		"disposition", "amaflags", "accountcode", "uniqueid", "userfield", "sequence",
	}
	n := len(fields)
	switch {
	case n >= 15 && n <= len(custom) && isLocal(fields[8]) && isLocal(fields[10]):
		return custom[:n]
	case n < len(csvOrder) || !isLocal(fields[9]) || !isLocal(fields[11]):
		return nil
	}
	more := map[int][]string{
		16: nil, 18: {"uniqueid", "userfield"}, 19: {"peeraccount", "linkedid", "sequence"},
		21: {"uniqueid", "userfield", "peeraccount", "linkedid", "sequence"},
		17: {"userfield"}, 20: {"userfield", "peeraccount", "linkedid", "sequence"},
	}
	if (n == 17 || n == 20) && history.IsUniqueID(fields[16]) {
		more[17], more[20] = []string{"uniqueid"}, []string{"uniqueid", "peeraccount", "linkedid", "sequence"}
	}
	added, known := more[n]
	if !known {
		return nil
	}
	return append(csvOrder, added...)
}
