package fact_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// object is a YAML mapping that keeps its order.
type object []pair

type pair struct {
	key   string
	value any
}

func (o object) MarshalYAML() (any, error) {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, p := range o {
		var key, value yaml.Node
		key.SetString(p.key)
		if err := value.Encode(p.value); err != nil {
			return nil, err
		}
		node.Content = append(node.Content, &key, &value)
	}
	return node, nil
}

func ref(kind, name string) object { return object{{"$ref", "#/components/" + kind + "/" + name}} }

// schemas turns Go types into JSON Schemas and remembers which named ones were met, in that order.
type schemas struct {
	comments map[string]string
	lists    map[string][]constant
	named    []reflect.Type
	seen     map[reflect.Type]bool
}

func newSchemas(t *testing.T) *schemas {
	return &schemas{comments: comments(t), lists: constants(t), seen: map[reflect.Type]bool{}}
}

// of returns the schema of a type: a reference for our own structs and closed lists, in place for the rest.
func (s *schemas) of(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{{"type", "string"}, {"format", "date-time"}}
	case t.Kind() == reflect.Pointer:
		return s.of(t.Elem())
	case t.Kind() == reflect.Slice:
		return object{{"type", []string{"array", "null"}}, {"items", s.of(t.Elem())}}
	case t.Kind() == reflect.Struct, t.Kind() == reflect.String && t.PkgPath() != "":
		if !s.seen[t] {
			s.seen[t] = true
			s.named = append(s.named, t)
		}
		return ref("schemas", t.Name())
	case t.Kind() == reflect.String:
		return object{{"type", "string"}}
	case t.Kind() == reflect.Bool:
		return object{{"type", "boolean"}}
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return object{{"type", "integer"}}
	default:
		panic(fmt.Sprintf("no schema for %v: facts use strings, times, whole numbers, bools, structs and lists", t))
	}
}

// all returns every schema that the messages refer to; definitions met on the way are added behind.
func (s *schemas) all(t *testing.T) object {
	out := object{{"Envelope", envelopeSchema()}}
	for i := 0; i < len(s.named); i++ {
		out = append(out, pair{s.named[i].Name(), s.definition(t, s.named[i])})
	}
	return out
}

func (s *schemas) definition(t *testing.T, typ reflect.Type) object {
	if typ.Kind() == reflect.String {
		return s.list(t, typ)
	}
	var properties object
	var required []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			t.Fatalf("%s.%s has no JSON name", typ.Name(), f.Name)
		}
		properties = append(properties, pair{name, described(s.of(f.Type), s.comments[typ.Name()+"."+f.Name])})
		if !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	return object{
		{"type", "object"},
		{"description", s.comments[typ.Name()]},
		{"required", required},
		{"properties", properties},
	}
}

// list is the schema of a closed list.
func (s *schemas) list(t *testing.T, typ reflect.Type) object {
	values := s.lists[typ.Name()]
	if len(values) == 0 {
		t.Fatalf("%s has no constants", typ.Name())
	}
	about := []string{typ.Name() + " " + s.comments[typ.Name()] + "."}
	var enum []string
	for _, v := range values {
		enum = append(enum, v.value)
		if v.comment != "" {
			about = append(about, v.value+": "+oneLine(v.comment)+".")
		}
	}
	return object{{"type", "string"}, {"description", strings.Join(about, " ")}, {"enum", enum}}
}

func described(schema object, text string) object {
	if text == "" {
		return schema
	}
	return append(schema, pair{"description", text})
}

func envelopeSchema() object {
	text := func(about string) object { return object{{"type", "string"}, {"description", about}} }
	number := func(about string) object {
		return object{{"type", "string"}, {"pattern", "^[0-9]+$"}, {"description", about}}
	}
	return object{
		{"type", "object"},
		{"description", "CloudEvents 1.0 in structured JSON form with Firstline's extensions sequence, epoch and position."},
		{"required", []string{"specversion", "id", "source", "type", "subject", "time", "sequence", "epoch", "position", "data"}},
		{"properties", object{
			{"specversion", object{{"const", "1.0"}}},
			{"id", text("Deterministic: subject and sequence; for tickets system and the sender's event id. The same in every repeat.")},
			{"source", text("Whose log: /firstline/controller, /firstline/api/<name> or /firstline/import/<node>.")},
			{"type", text("What happened; names the schema of data and its version.")},
			{"subject", text("The contact, agent or ticket it happened to; also the Kafka key.")},
			{"time", object{{"type", "string"}, {"format", "date-time"}, {"description", "When it happened, UTC, milliseconds."}}},
			{"datacontenttype", object{{"const", "application/json"}}},
			{"sequence", number("Contiguous from 1 within a contact or agent, so a gap or repeat is seen; 0 for tickets; the position for log gaps.")},
			{"epoch", text("Identity of the log; another one means that the log was lost or cut.")},
			{"position", number("Number of the fact in its log, rising by one from 1.")},
			{"data", object{{"type", "object"}}},
		}},
	}
}

// references returns every $ref below the node.
func references(node any) []string {
	var found []string
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			if to, ok := value.(string); ok && key == "$ref" {
				found = append(found, to)
			}
			found = append(found, references(value)...)
		}
	case []any:
		for _, value := range n {
			found = append(found, references(value)...)
		}
	}
	return found
}

func resolves(root any, ref string) bool {
	for key := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		m, ok := root.(map[string]any)
		if !ok {
			return false
		}
		if root, ok = m[key]; !ok {
			return false
		}
	}
	return true
}
