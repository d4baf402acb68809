package fact_test

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"firstline/pipeline/fact"
)

// TestEveryTextIsClassified: testdata/texts.txt says of every field that can hold any text whether it can tell who called. A new
// field fails here until somebody has decided: `personal` (a number, a name, digits: shown to who may see them, and erased), `about` (shown with
// the contact, and erased) or `plain` (an id, a configured word, a text of the program's own: it stays).
func TestEveryTextIsClassified(t *testing.T) {
	classes := classesOfTexts(t)
	seen := map[string]bool{}
	for _, typ := range fact.Types() {
		full := sample(t, typ).Data
		if d, ok := full.(fact.Arrived); ok { // what is dialled is a caller's only where an agent dialled it
			d.Kind = fact.KindOutbound
			full = d
		}
		blank, erased := fact.Blank(fact.Fact{Type: typ, Data: full}).Data, fact.Erase(fact.Fact{Type: typ, Data: full}).Data
		texts(reflect.ValueOf(full), reflect.ValueOf(blank), reflect.ValueOf(erased), func(name, class string) {
			seen[name] = true
			switch want := classes[name]; {
			case want == "":
				t.Errorf("%s is new: can it hold a caller's number, name, or what somebody wrote about him? Add it to testdata/texts.txt", name)
			case want != class:
				t.Errorf("%s is %s in testdata/texts.txt, and by Blank and Erase it is %s", name, want, class)
			}
		})
	}
	for name := range classes {
		if !seen[name] {
			t.Errorf("there is no %s any more; take it out of testdata/texts.txt", name)
		}
	}
}

// TestErase: what is not emptied is not changed, the fact that was given neither, and the contact of all that is changed is known.
func TestErase(t *testing.T) {
	for _, typ := range fact.Types() {
		f := sample(t, typ)
		before := fmt.Sprintf("%+v", sample(t, typ))
		erased := fact.Erase(f)
		if typ == fact.TypeIdentified && erased.Data.(fact.Identified).Ticket.ID != f.Data.(fact.Identified).Ticket.ID {
			t.Error("the ticket's id is gone")
		}
		if changed := !reflect.DeepEqual(f, erased); changed != (fact.CallerOf(f) != "") {
			t.Errorf("%s: changed %t, contact %q", typ, changed, fact.CallerOf(f))
		}
		if !reflect.DeepEqual(f, sample(t, typ)) {
			t.Errorf("%s: what was given is changed: %+v, was %s", typ, f, before)
		}
	}
	inbound := fact.Fact{Type: fact.TypeArrived, Data: fact.Arrived{Kind: fact.KindInbound, Dialed: "1000"}}
	if got := fact.Erase(inbound).Data.(fact.Arrived).Dialed; got != "1000" {
		t.Errorf("the site's own number is %q", got)
	}
}

// texts visits the fields of any text, also in structs within: its name, and what becomes of it.
func texts(full, blank, erased reflect.Value, visit func(name, class string)) {
	for full.Kind() == reflect.Pointer {
		full, blank, erased = full.Elem(), blank.Elem(), erased.Elem()
	}
	for i := range full.NumField() {
		f := full.Type().Field(i)
		switch name := full.Type().Name() + "." + f.Name; {
		case f.Type == reflect.TypeFor[string]() || f.Type == reflect.TypeFor[[]string]():
			switch {
			case blank.Field(i).IsZero():
				visit(name, "personal")
			case erased.Field(i).IsZero():
				visit(name, "about")
			default:
				visit(name, "plain")
			}
		case strings.HasPrefix(strings.TrimPrefix(f.Type.String(), "*"), "fact.") && f.Type.Kind() != reflect.String && f.Type.Kind() != reflect.Slice:
			texts(full.Field(i), blank.Field(i), erased.Field(i), visit)
		}
	}
}

func classesOfTexts(t *testing.T) map[string]string {
	t.Helper()
	list, err := os.ReadFile("testdata/texts.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(list)) {
		name, class, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || !slices.Contains([]string{"personal", "about", "plain"}, class) || out[name] != "" {
			t.Fatalf("testdata/texts.txt: %q", line)
		}
		out[name] = class
	}
	return out
}
