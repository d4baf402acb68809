package row

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Said is what the columns of one row hold, by their kinds, as Select gives them: those of a kind in the order of the table.
type Said struct {
	Texts   []string
	Numbers []*int64 // whole numbers, truths as 0 and 1, times in Unix milliseconds; nil: there is none
	Lists   [][]string
}

// Select are the expressions of a Said, so that rows of all tables have the same columns: texts, numbers, lists.
func (t *Table) Select() string {
	var texts, numbers, lists []string
	for _, c := range t.said() {
		name := "`" + c.Name + "`"
		switch c.Kind {
		case KindString:
			texts = append(texts, "toString("+name+")")
		case KindInt, KindUint, KindBool, KindOptionalInt:
			numbers = append(numbers, "toInt64("+name+")")
		case KindTime, KindOptionalTime:
			numbers = append(numbers, "toUnixTimestamp64Milli("+name+")")
		case KindStrings:
			lists = append(lists, name)
		}
	}
	array := func(of []string, kind, name string) string {
		return "CAST([" + strings.Join(of, ", ") + "], 'Array(" + kind + ")') AS " + name
	}
	return array(texts, "String", "texts") + ", " + array(numbers, "Nullable(Int64)", "numbers") + ", " + array(lists, "Array(String)", "lists")
}

// Data is what a fact of a type said whose row holds this: what was put in, but that a list without words is none, and so is an optional
// group of fields that are all empty. It fails when the row is not of this table or the type not one of its types.
func (t *Table) Data(typ fact.Type, said Said) (fact.Data, error) {
	fields, ok := t.Fields[typ]
	if !ok {
		return nil, fmt.Errorf("table %s holds no facts of type %q", t.Name, typ)
	}
	if got := [3]int{len(said.Texts), len(said.Numbers), len(said.Lists)}; got != t.counts {
		return nil, fmt.Errorf("a row of %s has %v texts, numbers and lists, not %v", t.Name, got, t.counts)
	}
	zero := fact.Zero(typ)
	body := reflect.New(reflect.TypeOf(zero)).Elem()
	body.Set(reflect.ValueOf(zero)) // a ticket's event says its own type
	for _, f := range fields {
		place := t.places[f.Column]
		switch kind := t.Columns[f.Column].Kind; kind {
		case KindString:
			setText(body, f.Path, said.Texts[place])
		case KindStrings:
			setList(body, f.Path, said.Lists[place])
		default:
			setNumber(body, f.Path, kind, said.Numbers[place])
		}
	}
	return body.Interface().(fact.Data), nil //nolint:forcetypeassert // it is of zero's type
}

// group is which list of a Said a column's value is in.
func (k Kind) group() int {
	switch k {
	case KindString:
		return 0
	case KindStrings:
		return 2
	default:
		return 1
	}
}

// said are the columns between the subject and the envelope: those of the facts' bodies.
func (t *Table) said() []Column { return t.Columns[t.before() : len(t.Columns)-EnvelopeColumns] }

// before is how many columns stand before those of the bodies: the type, where there are several, and the subject.
func (t *Table) before() int {
	return 1 + slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == t.Subject })
}

// placeColumns works out where in its list each column's value is.
func (t *Table) placeColumns() {
	t.places = make([]int, len(t.Columns))
	for i, c := range t.said() {
		g := c.Kind.group()
		t.places[t.before()+i] = t.counts[g]
		t.counts[g]++
	}
}

func setText(body reflect.Value, path []int, text string) {
	if text != "" {
		reach(body, path).SetString(text)
	}
}

func setList(body reflect.Value, path []int, list []string) {
	if len(list) > 0 {
		reach(body, path).Set(reflect.ValueOf(list))
	}
}

// setNumber sets a whole number, a truth or a time; 1970, the engine's zero, is none.
func setNumber(body reflect.Value, path []int, kind Kind, n *int64) {
	switch {
	case n == nil:
	case kind == KindOptionalInt:
		reach(body, path).Set(reflect.ValueOf(n))
	case kind == KindOptionalTime:
		at := time.UnixMilli(*n).UTC()
		reach(body, path).Set(reflect.ValueOf(&at))
	case *n == 0:
	case kind == KindTime:
		reach(body, path).Set(reflect.ValueOf(time.UnixMilli(*n).UTC()))
	case kind == KindBool:
		reach(body, path).SetBool(true)
	default:
		reach(body, path).SetInt(*n)
	}
}

// reach walks to a field and makes the groups on the way that are not there.
func reach(v reflect.Value, path []int) reflect.Value {
	for _, i := range path {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}
