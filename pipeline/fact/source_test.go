package fact_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// parseSource parses the package's own files, in the order of their names.
func parseSource(t testing.TB) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	set := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

type constant struct{ value, comment string }

// constants returns the string constants of the package by the name of their type, in the order of the source.
func constants(t testing.TB) map[string][]constant {
	t.Helper()
	found := map[string][]constant{}
	for _, file := range parseSource(t) {
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.CONST {
				continue
			}
			for _, s := range gen.Specs {
				spec := s.(*ast.ValueSpec)
				typ, ok := spec.Type.(*ast.Ident)
				if !ok {
					continue
				}
				lit, ok := spec.Values[0].(*ast.BasicLit)
				if !ok {
					continue
				}
				v, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				found[typ.Name] = append(found[typ.Name], constant{v, spec.Comment.Text()})
			}
		}
	}
	return found
}

// comments returns the doc comment of every type ("Queued") and the comment of every field ("Queued.Position").
func comments(t testing.TB) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, file := range parseSource(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if gen, ok := n.(*ast.GenDecl); ok && len(gen.Specs) == 1 && gen.Doc != nil {
				if spec, ok := gen.Specs[0].(*ast.TypeSpec); ok {
					found[spec.Name.Name] = oneLine(gen.Doc.Text())
				}
			}
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if spec.Comment != nil {
				found[spec.Name.Name] = oneLine(spec.Comment.Text())
			}
			if body, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range body.Fields.List {
					found[spec.Name.Name+"."+f.Names[0].Name] = oneLine(f.Doc.Text() + f.Comment.Text())
				}
			}
			return true
		})
	}
	return found
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
