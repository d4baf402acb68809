package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"firstline/pipeline/fact"
)

// eventsTable gets every fact.
const eventsTable = "events"

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

// tables knows how a fact becomes rows. It is never changed after newTables.
type tables struct {
	events *table
	byType map[fact.Type]*table
	all    []*table // events first, then in the order of families
}

// table is the shape of one table: its columns, and for each type of fact where their values are found.
type table struct {
	name    string
	columns []column
	fields  map[fact.Type][]field
	body    bool // it holds the facts' bodies as JSON
}

type column struct {
	name string
	kind kind
}

// field is the way from a fact's body to a column.
type field struct {
	column int
	path   []int // field indexes; pointers on the way may be nil
}

// kind is the type of a column as it is sent. The engine converts to the column's own, such as LowCardinality.
type kind int

const (
	kindString kind = iota
	kindInt
	kindUint
	kindBool
	kindTime
	kindOptionalTime
	kindOptionalInt
	kindStrings
)

func (k kind) clickhouse() string {
	switch k {
	case kindString:
		return "String"
	case kindInt:
		return "Int64"
	case kindUint:
		return "UInt64"
	case kindBool:
		return "Bool"
	case kindTime:
		return "DateTime64(3, 'UTC')"
	case kindOptionalTime:
		return "Nullable(DateTime64(3, 'UTC'))"
	case kindOptionalInt:
		return "Nullable(Int64)"
	case kindStrings:
		return "Array(String)"
	}
	panic(fmt.Sprintf("kind %d has no type in clickhouse", k))
}

func newTables() *tables {
	ts := &tables{byType: map[fact.Type]*table{}}
	ts.events = &table{name: eventsTable, body: true, fields: map[fact.Type][]field{}}
	ts.events.add("type", kindString)
	ts.events.add("subject", kindString)
	ts.events.add("body", kindString)
	ts.events.addEnvelope()
	ts.all = append(ts.all, ts.events)
	for _, f := range families() {
		t := &table{name: f.table, fields: map[fact.Type][]field{}}
		if len(f.types) > 1 {
			t.add("type", kindString)
		}
		t.add(f.subject, kindString)
		for _, typ := range f.types {
			t.fields[typ] = t.flatten(reflect.TypeOf(fact.Zero(typ)), "", nil)
			ts.byType[typ] = t
		}
		t.addEnvelope()
		ts.all = append(ts.all, t)
	}
	return ts
}

// add returns the index of a column, which is new or was added before with the same kind.
func (t *table) add(name string, k kind) int {
	for i, c := range t.columns {
		if c.name == name {
			if c.kind != k {
				panic(fmt.Sprintf("table %s: column %s is of two kinds", t.name, name))
			}
			return i
		}
	}
	t.columns = append(t.columns, column{name, k})
	return len(t.columns) - 1
}

// envelopeColumns end every table, in this order.
const envelopeColumns = 6

func (t *table) addEnvelope() {
	t.add("sequence", kindUint)
	t.add("time", kindTime)
	t.add("source", kindString)
	t.add("epoch", kindString)
	t.add("position", kindUint)
	t.add("loaded_at", kindTime)
}

// flatten adds a struct's columns: the JSON names of its fields, those of a nested struct behind its name and "_".
func (t *table) flatten(typ reflect.Type, prefix string, path []int) []field {
	var out []field
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
		out = append(out, field{t.add(prefix+name, kindOf(f.Type)), at})
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

func kindOf(t reflect.Type) kind {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return kindTime
	case t == reflect.TypeFor[*time.Time]():
		return kindOptionalTime
	case t == reflect.TypeFor[*int64]():
		return kindOptionalInt
	case t == reflect.TypeFor[[]string]():
		return kindStrings
	}
	switch t.Kind() {
	case reflect.String:
		return kindString
	case reflect.Int, reflect.Int64:
		return kindInt
	case reflect.Bool:
		return kindBool
	default:
		panic("no column can hold " + t.String())
	}
}

// insertSQL names the columns, so that ones added by a later migration keep their default.
func (t *table) insertSQL() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = "`" + c.name + "`"
	}
	return "INSERT INTO " + t.name + " (" + strings.Join(names, ", ") + ")"
}

// types names the columns' types for clickhouse-go, which would ask the server before each insert otherwise.
func (t *table) types() []clickhouse.ColumnNameAndType {
	out := make([]clickhouse.ColumnNameAndType, len(t.columns))
	for i, c := range t.columns {
		out[i] = clickhouse.ColumnNameAndType{Name: c.name, Type: c.kind.clickhouse()}
	}
	return out
}

// bodyOf is the fact's data as JSON, personal fields blanked.
func bodyOf(f fact.Fact) (string, error) {
	body, err := json.Marshal(fact.Blank(f).Data)
	if err != nil {
		return "", fmt.Errorf("body of fact %s: %w", f.ID(), err)
	}
	return string(body), nil
}
