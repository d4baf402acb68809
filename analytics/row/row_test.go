package row_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"firstline/analytics/row"
	"firstline/pipeline/fact"
)

// Every field of every fact has a column between the subject and the envelope, and an empty row says nothing. That values come back is
// tried on the engine, in analytics/store.
func TestEmptyRows(t *testing.T) {
	tables := row.NewTables()
	for _, typ := range fact.Types() {
		table := tables.ByType[typ]
		data, err := table.Data(typ, blank(table))
		if err != nil {
			t.Fatal(err)
		}
		if want := fact.Zero(typ); !reflect.DeepEqual(data, want) {
			t.Errorf("an empty row of %s says %+v, want %+v", typ, data, want)
		}
		first := 1 + strings.Count(strings.Split(table.InsertSQL(), "`"+table.Subject+"`")[0], ",")
		for _, f := range table.Fields[typ] {
			if f.Column < first || f.Column >= len(table.Columns)-row.EnvelopeColumns {
				t.Errorf("%s: column %s is the subject's or the envelope's", typ, table.Columns[f.Column].Name)
			}
		}
	}
}

// blank is a row in which everything is the engine's zero.
func blank(t *row.Table) row.Said {
	var out row.Said
	zero := int64(0)
	first := 1
	if t.Columns[0].Name == "type" {
		first = 2
	}
	for _, c := range t.Columns[first : len(t.Columns)-row.EnvelopeColumns] {
		switch c.Kind {
		case row.KindString:
			out.Texts = append(out.Texts, "")
		case row.KindStrings:
			out.Lists = append(out.Lists, []string{})
		case row.KindOptionalInt, row.KindOptionalTime:
			out.Numbers = append(out.Numbers, nil)
		case row.KindInt, row.KindUint, row.KindBool, row.KindTime:
			out.Numbers = append(out.Numbers, &zero)
		}
	}
	return out
}

// What is 0 and what there is none of are two things where a field may lack.
func TestNoneIsNotZero(t *testing.T) {
	table := row.NewTables().ByType[fact.TypeCallEnded]
	said := blank(table)
	data, err := table.Data(fact.TypeCallEnded, said)
	if err != nil || data.(fact.CallEnded).AnsweredAt != nil {
		t.Fatalf("%+v %v", data, err)
	}
	zero := int64(0)
	for i := range said.Numbers {
		said.Numbers[i] = &zero
	}
	data, err = table.Data(fact.TypeCallEnded, said)
	if at := data.(fact.CallEnded).AnsweredAt; err != nil || at == nil || !at.Equal(time.UnixMilli(0)) {
		t.Errorf("%+v %v", data, err)
	}
}

func TestRowsOfOthers(t *testing.T) {
	tables := row.NewTables()
	calls := tables.ByType[fact.TypeCallEnded]
	for typ, said := range map[fact.Type]row.Said{
		fact.TypeArrived:   blank(calls),
		fact.TypeCallEnded: {},
	} {
		if data, err := calls.Data(typ, said); err == nil {
			t.Errorf("%s from a row of %s that is another's: %+v", typ, calls.Name, data)
		}
	}
	if _, err := tables.ByType[fact.TypeIVRLeft].Data(fact.TypeIVRLeft, blank(calls)); err == nil || !strings.Contains(err.Error(), "ivr_visits") {
		t.Errorf("%v", err)
	}
}
