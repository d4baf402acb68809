package fact_test

import (
	"go/ast"
	"go/token"
	"strconv"
	"testing"

	"firstline/pipeline/fact"
)

// Every constant of type Type must be known to Types and to Decode, and once only.
func TestEveryTypeIsRegistered(t *testing.T) {
	known := map[fact.Type]int{}
	for _, typ := range fact.Types() {
		known[typ]++
		if fact.Zero(typ) == nil {
			t.Errorf("%s is in Types, but Decode doesn't know it", typ)
		}
		if known[typ] > 1 {
			t.Errorf("%s is in Types twice", typ)
		}
	}
	declared := constants(t)["Type"]
	for _, c := range declared {
		if known[fact.Type(c.value)] == 0 {
			t.Errorf("%s is declared, but not in Types", c.value)
		}
	}
	if len(declared) != len(known) {
		t.Errorf("%d types declared, %d in Types", len(declared), len(known))
	}
	if fact.Zero("no.such") != nil {
		t.Error("an unknown type has a body")
	}
}

type constant struct{ value, comment string }

// constants returns the string constants of the package by the name of their type, in the order of the source.
func constants(t *testing.T) map[string][]constant {
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
