// Package row says how a fact stands in ClickHouse: in which table, which of its fields in which column, and back.
//
// A fact is stored once: as a row of its family's table, whose columns are the fields of its body. The table events has a row for
// every fact, too, that says only that there was one, of whom and when. analytics/store inserts by this, analytics/query reads back what
// a fact said. It sends no statement.
package row

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"firstline/pipeline/fact"
)

// Events is the table that has a row for every fact: that there was one, of whom and when.
const Events = "events"

// family says which facts become rows of a table, and under what name their subject stands there.
type family struct {
	table   string
	subject string
	types   []fact.Type
}

// families lists the tables of facts besides events. A table of several types has the column type too. The columns
// follow from the facts' structs; the migrations have to agree with them, which a test holds.
func families() []family {
	return []family{
		{"arrivals", "contact", []fact.Type{fact.TypeArrived}},
		{"identified", "contact", []fact.Type{fact.TypeIdentified}},
		{"ivr_steps", "contact", []fact.Type{fact.TypeIVREntered, fact.TypeIVRChoice, fact.TypeIVRInput, fact.TypeIVRSet, fact.TypeIncidentTold}},
		{"ivr_visits", "contact", []fact.Type{fact.TypeIVRLeft}},
		{"entries_opened", "contact", []fact.Type{fact.TypeQueued}},
		{"refusals", "contact", []fact.Type{fact.TypeQueueRefused}},
		{"relaxations", "contact", []fact.Type{fact.TypeRelaxed}},
		{"positions_told", "contact", []fact.Type{fact.TypePositionTold}},
		{"priorities", "contact", []fact.Type{fact.TypePriority}},
		{"entries", "contact", []fact.Type{fact.TypeEntryEnded}},
		{"offers_opened", "contact", []fact.Type{fact.TypeOffered}},
		{"offers", "contact", []fact.Type{fact.TypeOfferEnded}},
		{"pops", "contact", []fact.Type{fact.TypePopSent, fact.TypePopShown, fact.TypePopOpened}},
		{"segments_opened", "contact", []fact.Type{fact.TypeSegmentStarted}},
		{"segments", "contact", []fact.Type{fact.TypeSegmentEnded}},
		{"transfers_opened", "contact", []fact.Type{fact.TypeTransferStarted}},
		{"transfers", "contact", []fact.Type{fact.TypeTransferEnded}},
		{"outside_answers", "contact", []fact.Type{fact.TypeOutsideAnswered}},
		{"outside_calls", "contact", []fact.Type{fact.TypeOutsideEnded}},
		{"monitors_opened", "contact", []fact.Type{fact.TypeMonitorStarted}},
		{"monitors", "contact", []fact.Type{fact.TypeMonitorEnded}},
		{"monitors_missed", "contact", []fact.Type{fact.TypeMonitorMissed}},
		{"mutes_opened", "contact", []fact.Type{fact.TypeMuteStarted}},
		{"mutes", "contact", []fact.Type{fact.TypeMuteEnded}},
		{"recording_announcements", "contact", []fact.Type{fact.TypeRecordingAnnounced}},
		{"recordings_opened", "contact", []fact.Type{fact.TypeRecordingStarted}},
		{"recording_pauses_opened", "contact", []fact.Type{fact.TypeRecordingPaused}},
		{"recording_pauses", "contact", []fact.Type{fact.TypeRecordingResumed}},
		{"recordings", "contact", []fact.Type{fact.TypeRecordingEnded}},
		{"recordings_stored", "contact", []fact.Type{fact.TypeRecordingStored}},
		{"recordings_lost", "contact", []fact.Type{fact.TypeRecordingLost}},
		{"callbacks_opened", "contact", []fact.Type{fact.TypeCallbackPromised}},
		{"callbacks_put_off", "contact", []fact.Type{fact.TypeCallbackPutOff}},
		{"callback_attempts", "contact", []fact.Type{fact.TypeCallbackAttempted}},
		{"callbacks", "contact", []fact.Type{fact.TypeCallbackEnded}},
		{"dispositions", "contact", []fact.Type{fact.TypeDisposition}},
		{"calls", "contact", []fact.Type{fact.TypeCallEnded}},
		{"contacts", "contact", []fact.Type{fact.TypeContactEnded}},
		{"agent_logins", "agent", []fact.Type{fact.TypeAgentLoggedIn, fact.TypeAgentLoggedOut}},
		{"agent_states_opened", "agent", []fact.Type{fact.TypeAgentStateBegan}},
		{"agent_states", "agent", []fact.Type{fact.TypeAgentStateEnded}},
		{"tickets", "subject", fact.TicketTypes()},
		{"incidents_opened", "subject", []fact.Type{fact.TypeIncidentBegan}},
		{"incidents", "subject", []fact.Type{fact.TypeIncidentEnded}},
		{"voicemail_marks", "subject", []fact.Type{fact.TypeVoicemailMarked}},
		{"gaps", "subject", []fact.Type{fact.TypeLogGap}},
	}
}

// Tables knows how a fact becomes a row. It is never changed after NewTables.
type Tables struct {
	Events *Table
	ByType map[fact.Type]*Table // but events
	All    []*Table             // events first, then in the order of families
}

// Table is the shape of one table: its columns, and for each type of fact where their values are found.
type Table struct {
	Name    string
	Subject string // the column of the facts' subject
	Columns []Column
	Fields  map[fact.Type][]Field

	places []int  // where in its list of a Said each column's value is
	counts [3]int // how long these lists are
}

// Column is one of a table.
type Column struct {
	Name string
	Kind Kind
}

// Field is the way from a fact's body to a column.
type Field struct {
	Column int
	Path   []int // field indexes; pointers on the way may be nil
}

// Kind is the type of a column as it is sent. The engine converts to the column's own, such as LowCardinality.
type Kind int

const (
	KindString Kind = iota
	KindInt
	KindUint
	KindBool
	KindTime
	KindOptionalTime
	KindOptionalInt
	KindStrings
)

// ClickHouse is its type there.
func (k Kind) ClickHouse() string {
	switch k {
	case KindString:
		return "String"
	case KindInt:
		return "Int64"
	case KindUint:
		return "UInt64"
	case KindBool:
		return "Bool"
	case KindTime:
		return "DateTime64(3, 'UTC')"
	case KindOptionalTime:
		return "Nullable(DateTime64(3, 'UTC'))"
	case KindOptionalInt:
		return "Nullable(Int64)"
	case KindStrings:
		return "Array(String)"
	}
	panic(fmt.Sprintf("kind %d has no type in clickhouse", k))
}

// NewTables works the tables out from the facts' structs.
func NewTables() *Tables {
	ts := &Tables{ByType: map[fact.Type]*Table{}}
	ts.Events = &Table{Name: Events, Subject: "subject"}
	ts.Events.add("type", KindString)
	ts.Events.add("subject", KindString)
	ts.Events.addEnvelope()
	ts.All = append(ts.All, ts.Events)
	for _, f := range families() {
		t := &Table{Name: f.table, Subject: f.subject, Fields: map[fact.Type][]Field{}}
		if len(f.types) > 1 {
			t.add("type", KindString)
		}
		t.add(f.subject, KindString)
		for _, typ := range f.types {
			t.Fields[typ] = t.flatten(reflect.TypeOf(fact.Zero(typ)), "", nil)
			ts.ByType[typ] = t
		}
		t.addEnvelope()
		t.placeColumns()
		ts.All = append(ts.All, t)
	}
	return ts
}

// add returns the index of a column, which is new or was added before with the same kind.
func (t *Table) add(name string, k Kind) int {
	for i, c := range t.Columns {
		if c.Name == name {
			if c.Kind != k {
				panic(fmt.Sprintf("table %s: column %s is of two kinds", t.Name, name))
			}
			return i
		}
	}
	t.Columns = append(t.Columns, Column{name, k})
	return len(t.Columns) - 1
}

// EnvelopeColumns end every table, in this order.
const EnvelopeColumns = 6

func (t *Table) addEnvelope() {
	t.add("sequence", KindUint)
	t.add("time", KindTime)
	t.add("source", KindString)
	t.add("epoch", KindString)
	t.add("position", KindUint)
	t.add("loaded_at", KindTime)
}

// flatten adds a struct's columns: the JSON names of its fields, those of a nested struct behind its name and "_".
func (t *Table) flatten(typ reflect.Type, prefix string, path []int) []Field {
	var out []Field
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		at := append(append([]int{}, path...), i)
		if nested := structOf(f.Type); nested != nil {
			out = append(out, t.flatten(nested, prefix+name+"_", at)...)
			continue
		}
		if name == "position" {
			name = "position_in_queue" // the envelope's position is the log's
		}
		out = append(out, Field{t.add(prefix+name, kindOf(f.Type)), at})
	}
	return out
}

// structOf is the struct that is stored as several columns, nil for a type that is one column.
func structOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return nil
	}
	return t
}

func kindOf(t reflect.Type) Kind {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return KindTime
	case t == reflect.TypeFor[*time.Time]():
		return KindOptionalTime
	case t == reflect.TypeFor[*int64]():
		return KindOptionalInt
	case t == reflect.TypeFor[[]string]():
		return KindStrings
	}
	switch t.Kind() {
	case reflect.String:
		return KindString
	case reflect.Int, reflect.Int64:
		return KindInt
	case reflect.Bool:
		return KindBool
	default:
		panic("no column can hold " + t.String())
	}
}

// InsertSQL names the columns, so that ones added by a later migration keep their default.
func (t *Table) InsertSQL() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = "`" + c.Name + "`"
	}
	return "INSERT INTO " + t.Name + " (" + strings.Join(names, ", ") + ")"
}

// Types names the columns' types for clickhouse-go, which would ask the server before each insert otherwise.
func (t *Table) Types() []clickhouse.ColumnNameAndType {
	out := make([]clickhouse.ColumnNameAndType, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = clickhouse.ColumnNameAndType{Name: c.Name, Type: c.Kind.ClickHouse()}
	}
	return out
}
