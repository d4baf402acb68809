// Package reference makes the configuration's page (docs/configuration.md) and its JSON Schema from what the packages
// declare: yaml tags, types, the values of their Default functions and the comments of the fields.
//
// cmd/firstline's tests are its only caller: they write both files and fail when either is stale. It reads Go source
// and does no other I/O; nothing of it is in the product's binary.
package reference

import (
	"encoding"
	"fmt"
	"go/ast"
	"reflect"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/config"
)

// kind is what a value is written as.
type kind string

const (
	object   kind = "section"
	list     kind = "list"
	mapping  kind = "mapping"
	text     kind = "text"
	whole    kind = "whole number"
	number   kind = "number"
	boolean  kind = "true or false"
	duration kind = "duration"
)

// key is one key of the file, or the file itself. Views of one section are merged into one key.
type key struct {
	name     string
	kind     kind
	says     string   // the field's comment
	standard any      // its default: a string, int64, bool or []string; nil = none worth telling
	choices  []string // of a text with a closed list
	keys     []*key   // of a section, in the order of the structs
	short    bool     // a section that may also be written as one text, its first key
	item     *key     // of a list or mapping
}

// Build describes the file that the views read. The views hold their defaults; sections says in a few words what each
// section is about, and items holds the defaults of structs that stand in lists. root is the module's folder, where the
// comments are read.
func Build(root string, views []config.View, sections map[string]string, items ...any) (*Reference, error) {
	b := builder{source: source{root: root, packages: map[string][]*ast.File{}}, items: map[reflect.Type]reflect.Value{}}
	for _, item := range items {
		b.items[reflect.TypeOf(item)] = reflect.ValueOf(item)
	}
	file := &key{kind: object}
	for _, v := range views {
		part, err := b.describe(reflect.ValueOf(v.Into).Elem())
		if err != nil {
			return nil, err
		}
		if v.Section != "" {
			part.name, part.says = v.Section, sections[v.Section]
			part = &key{kind: object, keys: []*key{part}}
		}
		if err := merge(file, part, ""); err != nil {
			return nil, err
		}
	}
	return &Reference{file: file}, nil
}

// Reference is the whole file's description.
type Reference struct{ file *key }

// Undescribed are the keys whose field has no comment, and sections without a word.
func (r *Reference) Undescribed() []string {
	var out []string
	for path, k := range r.all() {
		if k.says == "" {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

type builder struct {
	source source
	items  map[reflect.Type]reflect.Value
}

func (b *builder) describe(v reflect.Value) (*key, error) {
	t := v.Type()
	if t.Kind() == reflect.Pointer {
		if v.IsNil() {
			k, err := b.describe(reflect.Zero(t.Elem()))
			if err == nil {
				k.standard = nil
			}
			return k, err
		}
		return b.describe(v.Elem())
	}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return &key{kind: duration, standard: plainDuration(time.Duration(v.Int()))}, nil
	case t.Kind() != reflect.Struct && short(t):
		return &key{kind: text}, nil
	}
	switch t.Kind() {
	case reflect.String:
		choices, err := b.source.choices(t)
		return &key{kind: text, standard: v.String(), choices: choices}, err
	case reflect.Int, reflect.Int64:
		return &key{kind: whole, standard: v.Int()}, nil
	case reflect.Float64:
		return &key{kind: number, standard: v.Float()}, nil
	case reflect.Bool:
		return &key{kind: boolean, standard: v.Bool()}, nil
	case reflect.Slice, reflect.Map:
		return b.many(v)
	case reflect.Struct:
		return b.section(v)
	default:
		return nil, fmt.Errorf("%s: a configuration can't hold a %s", t, t.Kind())
	}
}

// short says whether a type can be read from one text.
func short(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func (b *builder) many(v reflect.Value) (*key, error) {
	elem := v.Type().Elem()
	standard, known := b.items[elem]
	if !known {
		standard = reflect.Zero(elem)
	}
	item, err := b.describe(standard)
	if err != nil {
		return nil, err
	}
	k := &key{kind: list, item: item}
	if v.Kind() == reflect.Map {
		k.kind = mapping
	}
	if texts, ok := v.Interface().([]string); ok && len(texts) > 0 {
		k.standard = texts
	}
	return k, nil
}

func (b *builder) section(v reflect.Value) (*key, error) {
	if standard, known := b.items[v.Type()]; known {
		v = standard
	}
	out := &key{kind: object, short: short(v.Type())}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			return nil, fmt.Errorf("%s.%s has no yaml tag", v.Type(), field.Name)
		}
		k, err := b.describe(v.Field(i))
		if err != nil {
			return nil, err
		}
		k.name = name
		if k.says, err = b.source.comment(v.Type(), field.Name); err != nil {
			return nil, err
		}
		out.keys = append(out.keys, k)
	}
	return out, nil
}

// merge adds what another view knows of the same key.
func merge(into, other *key, path string) error {
	if into.kind != other.kind {
		return fmt.Errorf("%s is a %s to one package and a %s to another", path, into.kind, other.kind)
	}
	if into.says == "" {
		into.says = other.says
	}
	if into.choices == nil {
		into.choices = other.choices
	}
	if isNothing(into.standard) {
		into.standard = other.standard
	}
	if into.item != nil {
		if err := merge(into.item, other.item, path+"[]"); err != nil {
			return err
		}
	}
	for _, k := range other.keys {
		i := slices.IndexFunc(into.keys, func(have *key) bool { return have.name == k.name })
		if i < 0 {
			into.keys = append(into.keys, k)
			continue
		}
		if err := merge(into.keys[i], k, strings.TrimPrefix(path+"."+k.name, ".")); err != nil {
			return err
		}
	}
	return nil
}

// isNothing says whether a default is the type's own nothing: one that a package which cares would replace.
func isNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == "" || v == plainDuration(0)
	case []string:
		return len(v) == 0
	default:
		return reflect.ValueOf(v).IsZero()
	}
}

// plainDuration is a duration as people write it: 12h, not 12h0m0s.
func plainDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
