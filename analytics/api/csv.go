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

// phone is text that begins like a formula but is none.
var phone = regexp.MustCompile(`^\+?[0-9]+$`)

// csvRows writes comma-separated values. Null is an empty cell, times are RFC 3339, lists are joined by a semicolon.
type csvRows struct {
	out  *csv.Writer
	cols []column
	line []string
}

func newCSV(w io.Writer, row reflect.Type) (*csvRows, error) {
	c := &csvRows{out: csv.NewWriter(w), cols: columns(row, "", nil)}
	c.line = make([]string, len(c.cols))
	for i, col := range c.cols {
		c.line[i] = col.name
	}
	return c, c.out.Write(c.line)
}

func (c *csvRows) write(rows reflect.Value) error {
	for i := range rows.Len() {
		for j, col := range c.cols {
			c.line[j] = cell(field(rows.Index(i), col.path))
		}
		if err := c.out.Write(c.line); err != nil {
			return err
		}
	}
	c.out.Flush()
	return c.out.Error()
}

func (c *csvRows) close() error {
	c.out.Flush()
	return c.out.Error()
}

func (*csvRows) discard() {}

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
