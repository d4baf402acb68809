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

// detailRow is one line of a file: a call detail record or an event of CEL, or why it is none.
type detailRow struct {
	history.Detail
	bad  *history.Refusal // nil = it is one
	text string           // of a bad one
	cut  bool             // it is left for a file that has it whole
}

// detailReader reads call detail records, or events, line by line, so that a quote which nothing closes spoils one line and not the file.
type detailReader struct {
	in     Input
	c      *content
	comma  rune
	form   Form
	names  []string // of the columns; nil = each row tells by its times which of Asterisk's orders it has
	zone   *time.Location
	number int
}

func readDetails(in Input, form Form, columns []string, zone *time.Location) (*detailReader, error) {
	c, err := open(in)
	if err != nil {
		return nil, err
	}
	r := &detailReader{in: in, c: c, zone: zone, form: form, names: columns}
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
	names := r.form.Columns(fields)
	if !r.form.isHead(names) {
		return nil
	}
	if name := r.form.Missing(names); name != "" {
		return fmt.Errorf("%s has no column %s: export %s", r.in.Name, name, r.form.exported())
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
		row.Detail, row.bad = r.record(fields)
		if lazy {
			row.Doubts = append(row.Doubts, history.Doubt{Reason: "quotes", Meaning: "its quotes are not closed as CSV has them: each counts as a sign"})
		}
	}
	row.Number = r.number
	return row
}

// record reads a row by the names of its columns.
func (r *detailReader) record(fields []string) (history.Detail, *history.Refusal) {
	names := r.names
	if names == nil {
		names = r.form.usual(fields)
	}
	if names == nil {
		return history.Detail{}, &history.Refusal{Reason: "no record", Meaning: fmt.Sprintf("none of the orders that Asterisk comes with has the number of its columns, %d: say --columns", len(fields))}
	}
	if len(fields) < len(names) {
		return history.Detail{}, &history.Refusal{Reason: "columns missing", Meaning: fmt.Sprintf("it has %d columns of %d", len(fields), len(names))}
	}
	column := func(name string) string {
		i := slices.Index(names, name)
		if i < 0 || fields[i] == `\N` || fields[i] == "NULL" {
			return ""
		}
		return strings.TrimSpace(fields[i])
	}
	if r.form == FormCEL {
		return history.ParseCEL(column, r.zone)
	}
	return history.ParseCDR(column, r.zone)
}
