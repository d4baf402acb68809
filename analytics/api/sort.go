package api

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Sorting asks for rows in another order than by interval and group. It is exported because huma reads no other embedded struct.
type Sorting struct {
	Sort string `query:"sort" maxLength:"300" doc:"Order of the rows: columns as CSV names them, comma-separated, with a minus for the greatest first; null comes last. Rows that are alike stay in the order of interval and group" example:"-service_level.offered.percent,queue"`
}

// sortKey is one column to sort by.
type sortKey struct {
	path    []int
	descend bool
}

// sortRows puts rows into the order that was asked for.
func sortRows[R any](rows []R, by Sorting) error {
	keys, err := sortKeys(reflect.TypeFor[R](), by.Sort)
	if err != nil || len(keys) == 0 {
		return err
	}
	slices.SortStableFunc(rows, func(a, b R) int {
		for _, k := range keys {
			if c := k.compare(field(reflect.ValueOf(a), k.path), field(reflect.ValueOf(b), k.path)); c != 0 {
				return c
			}
		}
		return 0
	})
	return nil
}

func sortKeys(row reflect.Type, text string) ([]sortKey, error) {
	if text == "" {
		return nil, nil
	}
	all := columns(row, "", nil)
	var keys []sortKey
	for part := range strings.SplitSeq(text, ",") {
		name, descend := strings.CutPrefix(strings.TrimSpace(part), "-")
		i := slices.IndexFunc(all, func(c column) bool { return c.name == name })
		if i < 0 {
			return nil, invalid("query.sort", fmt.Sprintf("there is no column %q: the names are those of the CSV's columns", name))
		}
		keys = append(keys, sortKey{all[i].path, descend})
	}
	return keys, nil
}

// compare orders two cells; null, which is no value, stands behind all others in either direction.
func (k sortKey) compare(a, b reflect.Value) int {
	if !a.IsValid() || !b.IsValid() {
		return cmp.Compare(known(b), known(a))
	}
	c := compareCells(a, b)
	if k.descend {
		return -c
	}
	return c
}

func known(v reflect.Value) int {
	if v.IsValid() {
		return 1
	}
	return 0
}

func compareCells(a, b reflect.Value) int {
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	}
	if at, ok := a.Interface().(time.Time); ok {
		bt, _ := b.Interface().(time.Time)
		return at.Compare(bt)
	}
	return strings.Compare(cell(a), cell(b))
}
