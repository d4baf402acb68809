package api

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"firstline/analytics/metric"
)

// table is an answer that can be had as a table: a slice of structs, one row each.
type table interface{ tableRows() any }

// freshnessHeader says with a table, which has no place for it, how far it reaches: the JSON that the page would have.
const freshnessHeader = "Firstline-Freshness"

// freshnessOf is that header of an answer; false where it has none.
func freshnessOf(answer any) (string, bool) {
	of, ok := answer.(interface{ Reach() metric.Freshness })
	if !ok {
		return "", false
	}
	text, err := json.Marshal(of.Reach())
	return string(text), err == nil
}

// rowWriter writes rows in one form. Rows are slices of the struct that it was made for, as many as one likes; close ends the table,
// discard gives back what it holds, ended or not.
type rowWriter interface {
	write(rows reflect.Value) error
	close() error
	discard()
}

// newRowWriter begins a table of rows of a struct. Columns are the fields' JSON names; those of nested structs are joined with a dot.
func newRowWriter(form form, w io.Writer, row reflect.Type) (rowWriter, error) {
	switch form {
	case formCSV:
		return newCSV(w, row)
	case formLines:
		return jsonLines{json.NewEncoder(w)}, nil
	case formSheet:
		return newSheet(w, row)
	default:
		return nil, fmt.Errorf("%s is no form of a table", form)
	}
}

// writeTable writes a whole table.
func writeTable(form form, w io.Writer, rows any) error {
	v := reflect.ValueOf(rows)
	out, err := newRowWriter(form, w, v.Type().Elem())
	if err != nil {
		return err
	}
	defer out.discard()
	if err := out.write(v); err != nil {
		return err
	}
	return out.close()
}

// jsonLines writes each row as JSON has it in a page, one a line.
type jsonLines struct{ out *json.Encoder }

func (l jsonLines) write(rows reflect.Value) error {
	for i := range rows.Len() {
		if err := l.out.Encode(rows.Index(i).Interface()); err != nil {
			return err
		}
	}
	return nil
}

func (jsonLines) close() error { return nil }
func (jsonLines) discard()     {}

type column struct {
	name string
	path []int
}

func columns(t reflect.Type, prefix string, path []int) []column {
	var out []column
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() || f.Tag.Get("table") == "-" { // links say nothing in a table
			continue
		}
		at := append(append([]int{}, path...), i)
		inner := deref(f.Type)
		switch {
		case f.Anonymous && name == "" && inner.Kind() == reflect.Struct:
			out = append(out, columns(inner, prefix, at)...)
		case inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]():
			out = append(out, columns(inner, prefix+name+".", at)...)
		default:
			out = append(out, column{prefix + name, at})
		}
	}
	return out
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// field follows a path; an invalid value where a pointer on the way is nil.
func field(v reflect.Value, path []int) reflect.Value {
	for _, i := range path {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	if v.Kind() == reflect.Pointer {
		return v.Elem() // invalid when nil
	}
	return v
}
