package store

import (
	"fmt"
	"reflect"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/row"
	"firstline/pipeline/fact"
)

// rows are facts turned into the columns of one table.
type rows struct {
	table   *row.Table
	facts   []fact.Fact // the same rows as facts, for comparing with what the table holds
	columns []values
	clamped int // times that had to be moved
}

// values is one column; only the slice of its kind is used.
type values struct {
	strings  []string
	ints     []int64
	uints    []uint64
	bools    []bool
	times    []time.Time
	optTimes []*time.Time
	optInts  []*int64
	lists    [][]string
}

// split turns a batch into the rows of each table it touches: events first, the others in a fixed order. The same facts
// always give the same rows, but for loaded_at.
func split(ts *row.Tables, facts []fact.Fact, loadedAt time.Time) ([]*rows, error) {
	byTable := map[*row.Table]*rows{}
	put := func(t *row.Table, f fact.Fact) {
		r := byTable[t]
		if r == nil {
			r = &rows{table: t, columns: make([]values, len(t.Columns))}
			byTable[t] = r
		}
		r.append(f, loadedAt)
	}
	for _, f := range facts {
		t, ok := ts.ByType[f.Type]
		if !ok {
			return nil, fmt.Errorf("fact %s: no table holds facts of type %q", f.ID(), f.Type)
		}
		put(ts.Events, f)
		put(t, f)
	}
	out := make([]*rows, 0, len(byTable))
	for _, t := range ts.All {
		if r := byTable[t]; r != nil {
			out = append(out, r)
		}
	}
	return out, nil
}

// append adds one fact as a row.
func (r *rows) append(f fact.Fact, loadedAt time.Time) {
	data := reflect.ValueOf(f.Data)
	r.facts = append(r.facts, f)
	next := 0
	if r.table.Columns[0].Name == "type" {
		r.columns[0].strings = append(r.columns[0].strings, string(f.Type))
		next = 1
	}
	r.columns[next].strings = append(r.columns[next].strings, f.Subject)
	for _, field := range r.table.Fields[f.Type] { // of events: none
		r.set(field.Column, follow(data, field.Path))
	}
	envelope := len(r.table.Columns) - row.EnvelopeColumns
	r.columns[envelope].uints = append(r.columns[envelope].uints, f.Sequence)
	r.columns[envelope+1].times = append(r.columns[envelope+1].times, r.clamp(f.Time))
	r.columns[envelope+2].strings = append(r.columns[envelope+2].strings, f.Source)
	r.columns[envelope+3].strings = append(r.columns[envelope+3].strings, f.Epoch)
	r.columns[envelope+4].uints = append(r.columns[envelope+4].uints, f.Position)
	r.columns[envelope+5].times = append(r.columns[envelope+5].times, loadedAt)
	r.level()
}

// follow walks to a field; the zero Value where a pointer on the way is nil.
func follow(v reflect.Value, path []int) reflect.Value {
	for _, i := range path {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// set adds a value to a column; the zero Value leaves the column to level.
func (r *rows) set(column int, v reflect.Value) {
	if !v.IsValid() {
		return
	}
	c := &r.columns[column]
	switch r.table.Columns[column].Kind {
	case row.KindString:
		c.strings = append(c.strings, v.String())
	case row.KindInt:
		c.ints = append(c.ints, v.Int())
	case row.KindUint:
		c.uints = append(c.uints, v.Uint())
	case row.KindBool:
		c.bools = append(c.bools, v.Bool())
	case row.KindTime:
		c.times = append(c.times, r.clamp(v.Interface().(time.Time)))
	case row.KindOptionalTime:
		t := v.Interface().(*time.Time)
		if t != nil {
			moved := r.clamp(*t)
			t = &moved
		}
		c.optTimes = append(c.optTimes, t)
	case row.KindOptionalInt:
		c.optInts = append(c.optInts, v.Interface().(*int64))
	case row.KindStrings:
		c.lists = append(c.lists, v.Interface().([]string))
	}
}

// level gives the columns that the last fact has no value for their zero.
func (r *rows) level() {
	n := len(r.facts)
	for i := range r.columns {
		c := &r.columns[i]
		switch r.table.Columns[i].Kind {
		case row.KindString:
			c.strings = grow(c.strings, n, "")
		case row.KindInt:
			c.ints = grow(c.ints, n, 0)
		case row.KindUint:
			c.uints = grow(c.uints, n, 0)
		case row.KindBool:
			c.bools = grow(c.bools, n, false)
		case row.KindTime:
			c.times = grow(c.times, n, time.Unix(0, 0).UTC())
		case row.KindOptionalTime:
			c.optTimes = grow(c.optTimes, n, nil)
		case row.KindOptionalInt:
			c.optInts = grow(c.optInts, n, nil)
		case row.KindStrings:
			c.lists = grow(c.lists, n, nil)
		}
	}
}

func grow[T any](s []T, n int, zero T) []T {
	for len(s) < n {
		s = append(s, zero)
	}
	return s
}

// clamp moves a time into the years ClickHouse can hold. Go's zero time becomes 1970, ClickHouse's own zero.
func (r *rows) clamp(t time.Time) time.Time {
	earliest, latest := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2261, 12, 31, 0, 0, 0, 0, time.UTC)
	switch {
	case t.IsZero():
		return time.Unix(0, 0).UTC()
	case t.Before(earliest):
		r.clamped++
		return earliest
	case t.After(latest):
		r.clamped++
		return latest
	}
	return t.UTC()
}

// fill hands the columns to clickhouse-go.
func (r *rows) fill(batch driver.Batch) error {
	for i, c := range r.table.Columns {
		if err := batch.Column(i).Append(r.columns[i].of(c.Kind)); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return nil
}

func (v values) of(k row.Kind) any {
	switch k {
	case row.KindString:
		return v.strings
	case row.KindInt:
		return v.ints
	case row.KindUint:
		return v.uints
	case row.KindBool:
		return v.bools
	case row.KindTime:
		return v.times
	case row.KindOptionalTime:
		return v.optTimes
	case row.KindOptionalInt:
		return v.optInts
	case row.KindStrings:
		return v.lists
	}
	panic(fmt.Sprintf("kind %d has no column", k))
}
