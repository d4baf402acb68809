package reference

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// source reads what reflection does not know: the comments of fields, and the constants of a type.
type source struct {
	root     string
	packages map[string][]*ast.File // by folder
}

// files parses the package that the type is declared in.
func (s *source) files(t reflect.Type) ([]*ast.File, error) {
	dir := filepath.Join(s.root, filepath.FromSlash(strings.TrimPrefix(t.PkgPath(), "firstline/")))
	if files, ok := s.packages[dir]; ok {
		return files, nil
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		code, err := os.ReadFile(name) //nolint:gosec // a source file of this module
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, code, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no source of %s there", dir, t)
	}
	s.packages[dir] = files
	return files, nil
}

// comment is what stands behind or above a field of a struct.
func (s *source) comment(t reflect.Type, field string) (string, error) {
	files, err := s.files(t)
	if err != nil {
		return "", err
	}
	for spec := range specs[*ast.TypeSpec](files) {
		body, ok := spec.Type.(*ast.StructType)
		if !ok || spec.Name.Name != t.Name() {
			continue
		}
		for _, f := range body.Fields.List {
			for _, name := range f.Names {
				if name.Name != field {
					continue
				}
				if f.Comment != nil {
					return tidy(f.Comment.Text(), field, t), nil
				}
				return tidy(headings(f), field, t), nil
			}
		}
	}
	return "", fmt.Errorf("%s.%s is not in the source", t, field)
}

// headings is a field's doc comment, except one that only heads a group of fields: "schedule", "menu, collect".
func headings(f *ast.Field) string {
	said := f.Doc.Text()
	if !strings.HasPrefix(said, f.Names[0].Name) {
		return ""
	}
	return said
}

// choices are the constants of a named text type: a closed list.
func (s *source) choices(t reflect.Type) ([]string, error) {
	if t.PkgPath() == "" {
		return nil, nil
	}
	files, err := s.files(t)
	if err != nil {
		return nil, err
	}
	var out []string
	for spec := range specs[*ast.ValueSpec](files) {
		if named, ok := spec.Type.(*ast.Ident); !ok || named.Name != t.Name() {
			continue
		}
		for _, value := range spec.Values {
			if lit, ok := value.(*ast.BasicLit); ok {
				word, err := strconv.Unquote(lit.Value)
				if err != nil {
					return nil, err
				}
				out = append(out, word)
			}
		}
	}
	return out, nil
}

// specs are all declarations of a sort in the files.
func specs[T ast.Spec](files []*ast.File) func(func(T) bool) {
	return func(yield func(T) bool) {
		for _, file := range files {
			for _, decl := range file.Decls {
				group, ok := decl.(*ast.GenDecl)
				if !ok {
					continue
				}
				for _, spec := range group.Specs {
					if spec, ok := spec.(T); ok && !yield(spec) {
						return
					}
				}
			}
		}
	}
}

var (
	isWhat = regexp.MustCompile(`^ (is|are) `)
	verb   = regexp.MustCompile(`^ (are|[a-z]+s) `)
)

// tidy makes a Go comment a sentence about the key: "Waiting is how many …" becomes "how many …", and Go names of
// fields beside it become their keys.
func tidy(said, field string, t reflect.Type) string {
	said = strings.Join(strings.Fields(said), " ")
	if rest, ok := strings.CutPrefix(said, field); ok && verb.MatchString(rest) {
		said = strings.TrimSpace(isWhat.ReplaceAllString(rest, ""))
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.Contains(name, "_") { // names of one word may be words of the language
			said = regexp.MustCompile(`\b`+f.Name+`\b`).ReplaceAllString(said, name)
		}
	}
	return strings.TrimSuffix(said, ".")
}
