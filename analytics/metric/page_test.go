package metric

import (
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write docs/metrics.md anew")

func TestPage(t *testing.T) {
	const path = "../../docs/metrics.md"
	if *rewrite {
		if err := os.WriteFile(path, []byte(Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != Page() {
		t.Errorf("%s is stale; run go test ./analytics/metric -run TestPage -rewrite", path)
	}
}

// Every number of a report's row has a definition, in the row's order, and every definition a number.
func TestEveryNumberIsDefined(t *testing.T) {
	for report, row := range map[string]any{reportQueues: QueueRow{}, reportAgents: AgentRow{}, reportContacts: ContactRow{}, reportIVR: IVRRow{}, reportTickets: TicketRow{}, reportBacklog: BacklogRow{}, reportStaffing: StaffingRow{}} {
		var fields, defined []string
		for f := range reflect.TypeOf(row).Fields() {
			if !f.Anonymous && f.Tag.Get("json") != "interval" {
				fields = append(fields, f.Tag.Get("json"))
			}
		}
		for _, d := range Definitions() {
			if d.Report == report {
				defined = append(defined, d.Field)
			}
			if d.Title == "" || d.Unit == "" || d.Formula == "" || d.Counts == "" || d.Boundary == "" || d.Source == "" {
				t.Errorf("definition of %s.%s has a hole", d.Report, d.Field)
			}
		}
		slices.Sort(fields)
		slices.Sort(defined)
		if !slices.Equal(fields, defined) {
			t.Errorf("%s: fields %v\ndefined %v", report, fields, defined)
		}
	}
}

// JSON names are snake_case and every field says what it is.
func TestFieldsAreDocumented(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] || !strings.HasSuffix(typ.PkgPath(), "analytics/metric") {
			return
		}
		seen[typ] = true
		for f := range typ.Fields() {
			if !f.IsExported() {
				continue
			}
			walk(f.Type)
			name := f.Tag.Get("json")
			if f.Anonymous {
				continue
			}
			if name == "" || name != strings.ToLower(name) || f.Tag.Get("doc") == "" {
				t.Errorf("%s.%s: json %q, doc %q", typ.Name(), f.Name, name, f.Tag.Get("doc"))
			}
		}
	}
	for _, r := range []any{QueueReport{}, AgentReport{}, ContactReport{}, IVRReport{}, TicketReport{}, StaffingReport{}, QualityReport{}, Today{}} {
		walk(reflect.TypeOf(r))
	}
}
