package fact_test

import (
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
