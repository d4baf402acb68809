package fact_test

import (
	"go/ast"
	"reflect"
	"strings"
	"testing"

	"firstline/pipeline/fact"
)

// Blank must empty exactly the fields whose comment says "personal": a new one without its line there fails here.
func TestBlankEmptiesWhatIsPersonal(t *testing.T) {
	personal := personalFields(t)
	if len(personal) == 0 {
		t.Fatal("no field is marked personal: the comments have changed")
	}
	for _, typ := range fact.Types() {
		before := reflect.ValueOf(sample(t, typ).Data)
		after := reflect.ValueOf(fact.Blank(sample(t, typ)).Data)
		for i := range before.NumField() {
			name := before.Type().Name() + "." + before.Type().Field(i).Name
			switch {
			case personal[name] && !after.Field(i).IsZero():
				t.Errorf("%s is personal and still %v", name, after.Field(i))
			case !personal[name] && !reflect.DeepEqual(before.Field(i).Interface(), after.Field(i).Interface()):
				t.Errorf("%s is not personal and was changed to %v", name, after.Field(i))
			}
		}
	}
}

// personalFields reads "Struct.Field" of every field with "personal" in its comment from the facts' source.
func personalFields(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, file := range parseSource(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			body, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, f := range body.Fields.List {
				if strings.Contains(f.Comment.Text(), "personal") {
					found[spec.Name.Name+"."+f.Names[0].Name] = true
				}
			}
			return true
		})
	}
	return found
}
