package api

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

const csvType = "text/csv"

// table is an answer that can be had as CSV: a slice of structs, one row each.
type table interface{ csvRows() any }

// phone is text that begins like a formula but is none.
var phone = regexp.MustCompile(`^\+?[0-9]+$`)

// writeCSV writes a slice of structs. Columns are the fields' JSON names; fields of nested structs are joined with a dot.
// Null is an empty cell, times are RFC 3339, lists are joined by a semicolon.
func writeCSV(w io.Writer, rows any) error {
	v := reflect.ValueOf(rows)
	cols := columns(v.Type().Elem(), "", nil)
	out := csv.NewWriter(w)
	header := make([]string, len(cols))
	for i, c := range cols {
		header[i] = c.name
	}
	if err := out.Write(header); err != nil {
		return err
	}
	line := make([]string, len(cols))
	for i := range v.Len() {
		for j, c := range cols {
			line[j] = cell(field(v.Index(i), c.path))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

type column struct {
	name string
	path []int
}

func columns(t reflect.Type, prefix string, path []int) []column {
	var out []column
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
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

func cell(v reflect.Value) string {
	if !v.IsValid() {
		return ""
	}
	if t, ok := v.Interface().(time.Time); ok {
		return t.Format(time.RFC3339Nano)
	}
	switch v.Kind() {
	case reflect.String:
		return harmless(v.String())
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = cell(v.Index(i))
		}
		return strings.Join(parts, ";")
	case reflect.Map:
		return pairs(v)
	default:
		return harmless(fmt.Sprint(v.Interface()))
	}
}

func pairs(v reflect.Value) string {
	parts := make([]string, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		parts = append(parts, fmt.Sprintf("%v=%v", it.Key(), it.Value()))
	}
	sort.Strings(parts)
	return harmless(strings.Join(parts, ";"))
}

// harmless keeps spreadsheets from taking text for a formula.
func harmless(s string) string {
	if s == "" || phone.MatchString(s) || !strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}
