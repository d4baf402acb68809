// Package config reads the one firstline.yaml and tells file, line and mend of each mistake in it.
//
// Every package declares its own view of the sections it needs as a plain struct with yaml tags; this package fills the
// views, finds keys that no view knows, and gives problems found by Validate methods their line. cmd/firstline is its
// only caller. It reads one file and does no other I/O.
package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"firstline/pipeline/problem"
)

// File is a YAML file that was read and parsed.
type File struct {
	Path string
	root *yaml.Node
}

// Mistake is a problem with its place.
type Mistake struct {
	File string
	Line int // 1-based; of the nearest existing parent when the key itself is missing
	problem.Problem
}

// String is the line a person reads: "file:line: path: what is wrong; mend".
func (m Mistake) String() string {
	s := fmt.Sprintf("%s:%d: ", m.File, m.Line)
	if m.Path != "" {
		s += m.Path + ": "
	}
	s += m.Message
	if m.Mend != "" {
		s += "; " + m.Mend
	}
	return s
}

// Read parses the file. A syntax error is returned as a single Mistake.
func Read(path string) (*File, []Mistake) {
	text, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own --config
	if err != nil {
		return nil, []Mistake{{File: path, Line: 1, Problem: problem.Problem{
			Message: "can't be read: " + plain(err), Mend: "give the file with --config FILE"}}}
	}
	return Parse(path, text)
}

// Parse is Read for text already in memory.
func Parse(path string, text []byte) (*File, []Mistake) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, []Mistake{syntax(path, err)}
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, []Mistake{{File: path, Line: 1, Problem: problem.Problem{
			Message: "is not a mapping of sections", Mend: "start from deploy/firstline.yaml"}}}
	}
	return &File{Path: path, root: doc.Content[0]}, nil
}

// View is a struct to be filled from a section: "" is the whole file, "http" the key of that name.
type View struct {
	Section string
	Into    any // pointer to a struct with yaml tags, holding its defaults
}

// Fill decodes every view and returns what does not fit: wrong types, and keys that no view knows.
func (f *File) Fill(views ...View) []Mistake {
	var out []Mistake
	for _, v := range views {
		node := f.root
		if v.Section != "" {
			node = find(f.root, strings.Split(v.Section, "."))
		}
		if node == nil {
			continue // absent section: the defaults stand
		}
		if err := node.Decode(v.Into); err != nil {
			out = append(out, typeErrors(f.Path, err)...)
		}
	}
	out = append(out, f.unknown(views)...)
	return Sort(out)
}

// Has says whether a key stands in the file, and not by its default only.
func (f *File) Has(path string) bool { return find(f.root, strings.Split(path, ".")) != nil }

// Locate gives each problem its line.
func (f *File) Locate(problems []problem.Problem) []Mistake {
	out := make([]Mistake, 0, len(problems))
	for _, p := range problems {
		out = append(out, Mistake{File: f.Path, Line: f.line(p.Path), Problem: p})
	}
	return out
}

func (f *File) line(path string) int {
	node, line := f.root, f.root.Line
	for _, part := range strings.Split(path, ".") {
		key, next := child(node, part)
		if next == nil {
			return line
		}
		node, line = next, next.Line
		if key != nil {
			line = key.Line
		}
	}
	return line
}

func find(node *yaml.Node, path []string) *yaml.Node {
	for _, part := range path {
		if _, node = child(node, part); node == nil {
			return nil
		}
	}
	return node
}

// child finds a key of a mapping, or an item of a list by index or by its id or name.
func child(node *yaml.Node, part string) (key, value *yaml.Node) {
	if node == nil {
		return nil, nil
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == part {
				return node.Content[i], node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if n, err := strconv.Atoi(part); err == nil && n >= 0 && n < len(node.Content) {
			return nil, node.Content[n]
		}
		for _, item := range node.Content {
			if _, id := child(item, "id"); id != nil && id.Value == part {
				return nil, item
			}
		}
	case yaml.AliasNode:
		return child(node.Alias, part)
	default: // a scalar has no children
	}
	return nil, nil
}

func (f *File) unknown(views []View) []Mistake {
	types := map[string][]reflect.Type{}
	for _, v := range views {
		types[v.Section] = append(types[v.Section], reflect.TypeOf(v.Into).Elem())
	}
	return f.walk(f.root, "", types[""], types)
}

// walk compares a mapping with the union of the struct types that may describe it.
func (f *File) walk(node *yaml.Node, path string, known []reflect.Type, sections map[string][]reflect.Type) []Mistake {
	var out []Mistake
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			at := strings.TrimPrefix(path+"."+key.Value, ".")
			next, open := fieldTypes(known, key.Value)
			next = append(next, sections[at]...)
			if len(next) == 0 && !open {
				out = append(out, Mistake{File: f.Path, Line: key.Line, Problem: problem.Problem{
					Path: at, Message: "unknown key", Mend: suggest(key.Value, known)}})
				continue
			}
			out = append(out, f.walk(node.Content[i+1], at, next, sections)...)
		}
	case yaml.SequenceNode:
		elems := make([]reflect.Type, 0, len(known))
		for _, t := range known {
			if t = deref(t); t.Kind() == reflect.Slice {
				elems = append(elems, t.Elem())
			}
		}
		for i, item := range node.Content {
			out = append(out, f.walk(item, path+"."+strconv.Itoa(i), elems, sections)...)
		}
	default: // a scalar has no keys
	}
	return out
}

// fieldTypes returns the types the key may have; open is true where any key is allowed (maps, interfaces).
func fieldTypes(known []reflect.Type, key string) (types []reflect.Type, open bool) {
	for _, t := range known {
		switch t = deref(t); t.Kind() {
		case reflect.Struct:
			if ft, ok := structField(t, key); ok {
				types = append(types, ft)
			}
		case reflect.Map:
			types = append(types, t.Elem())
			open = true
		case reflect.Interface:
			open = true
		default: // a plain value has no keys
		}
	}
	return types, open
}

func structField(t reflect.Type, key string) (reflect.Type, bool) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if strings.Contains(options, "inline") {
			if ft, ok := structField(deref(field.Type), key); ok {
				return ft, true
			}
			continue
		}
		if name == "" {
			name = strings.ToLower(field.Name)
		}
		if name == key && name != "-" && field.IsExported() {
			return field.Type, true
		}
	}
	return nil, false
}

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// suggest names the known key that is nearest to what was written.
func suggest(key string, known []reflect.Type) string {
	best, least := "", 3
	for _, t := range known {
		if t = deref(t); t.Kind() != reflect.Struct {
			continue
		}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
			if d := distance(key, name); name != "" && name != "-" && d < least {
				best, least = name, d
			}
		}
	}
	if best == "" {
		return "remove it, or see deploy/firstline.yaml"
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		prev := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := prev
			if a[i-1] != b[j-1] {
				cost = 1 + min(prev, row[j], row[j-1])
			}
			prev, row[j] = row[j], cost
		}
	}
	return row[len(b)]
}

func syntax(path string, err error) Mistake {
	line, text := lineOf(strings.TrimPrefix(err.Error(), "yaml: "))
	return Mistake{File: path, Line: line, Problem: problem.Problem{
		Message: "is not valid YAML: " + text, Mend: "check the indentation and quotes there"}}
}

func typeErrors(path string, err error) []Mistake {
	var te *yaml.TypeError
	if !errors.As(err, &te) {
		line, text := lineOf(strings.TrimPrefix(err.Error(), "yaml: "))
		return []Mistake{{File: path, Line: line, Problem: problem.Problem{Message: text}}}
	}
	out := make([]Mistake, 0, len(te.Errors))
	for _, e := range te.Errors {
		line, text := lineOf(e)
		out = append(out, Mistake{File: path, Line: line, Problem: problem.Problem{Message: text, Mend: mendType(text)}})
	}
	return out
}

func mendType(text string) string {
	switch {
	case strings.HasSuffix(text, "time.Duration"):
		return "write a duration with its unit: 20s, 2m, 1h30m"
	case strings.HasSuffix(text, "into int"), strings.HasSuffix(text, "into int64"):
		return "write a whole number"
	case strings.HasSuffix(text, "into bool"):
		return "write true or false"
	case strings.Contains(text, "into []"):
		return "write a list: [a, b]"
	default:
		return "see deploy/firstline.yaml for what belongs there"
	}
}

// lineOf splits "line 12: text".
func lineOf(text string) (int, string) {
	rest, ok := strings.CutPrefix(text, "line ")
	if !ok {
		return 1, text
	}
	number, after, _ := strings.Cut(rest, ": ")
	line, err := strconv.Atoi(number)
	if err != nil {
		return 1, text
	}
	return line, after
}

func plain(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// Sort puts mistakes in the order of the file's lines.
func Sort(mistakes []Mistake) []Mistake {
	slices.SortStableFunc(mistakes, func(a, b Mistake) int { return a.Line - b.Line })
	return slices.CompactFunc(mistakes, func(a, b Mistake) bool { return a.String() == b.String() })
}
