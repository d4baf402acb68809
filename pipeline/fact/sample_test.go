package fact_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// sample returns a valid fact of the type in which every field of the body is filled, text with its own name or the
// first value of its closed list, so that the golden files can be read.
func sample(tb testing.TB, t fact.Type) fact.Fact {
	lists := constants(tb)
	return build(t, func(name string, v reflect.Value) bool {
		switch v.Interface().(type) {
		case time.Time:
			v.Set(reflect.ValueOf(time.Date(2025, 11, 22, 19, 41, 7, 250_000_000, time.UTC)))
			return true
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString(strings.ToLower(name))
			if list := lists[v.Type().Name()]; len(list) > 0 {
				v.SetString(list[0].value)
			}
		case reflect.Int, reflect.Int64:
			v.SetInt(int64(len(name)))
		case reflect.Bool:
			v.SetBool(true)
		default:
			return false
		}
		return true
	})
}

// random returns a valid fact of the type with arbitrary values, nil pointers and empty lists among them.
func random(t fact.Type, rng *rand.Rand) fact.Fact {
	f := build(t, func(_ string, v reflect.Value) bool {
		switch v.Interface().(type) {
		case time.Time:
			v.Set(reflect.ValueOf(time.UnixMilli(rng.Int64N(4e12)).UTC()))
			return true
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString(text(rng))
		case reflect.Int, reflect.Int64:
			v.SetInt(rng.Int64() >> rng.IntN(63))
		case reflect.Bool:
			v.SetBool(rng.IntN(2) == 0)
		case reflect.Pointer, reflect.Slice:
			return rng.IntN(2) == 0 // done: nil stays
		default:
			return false
		}
		return true
	})
	f.Position = rng.Uint64() | 1
	if f.Topic() != fact.TopicTickets {
		f.Sequence = rng.Uint64() | 1
	}
	f.Time = time.UnixMilli(rng.Int64N(4e12)).UTC()
	return f
}

func text(rng *rand.Rand) string {
	parts := []string{"", "a", "Ж", "\"", "\\", "<&>", "\n", "\u2028", "😀", "0", "/", "\x00"}
	var b strings.Builder
	for range rng.IntN(5) {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.String()
}

func build(t fact.Type, leaf func(name string, v reflect.Value) bool) fact.Fact {
	body := reflect.New(reflect.TypeOf(fact.Zero(t))).Elem()
	fill("", body, leaf)
	if f := body.FieldByName("Type"); f.IsValid() {
		f.Set(reflect.ValueOf(t))
	}
	f := fact.Fact{
		Type: t, Subject: "pbx1-1763838123.4", Sequence: 7,
		Time: time.Date(2025, 11, 22, 19, 41, 7, 250_000_000, time.UTC), Data: body.Interface().(fact.Data),
		Source: "controller", Epoch: "b7e1", Position: 42,
	}
	if f.Topic() == fact.TopicTickets {
		f.Sequence = 0
	}
	return f
}

// fill walks the fields; leaf sets one and says whether it was done.
func fill(name string, v reflect.Value, leaf func(string, reflect.Value) bool) {
	if leaf(name, v) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Type().Field(i).Name, v.Field(i), leaf)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(name, v.Elem(), leaf)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(name, v.Index(i), leaf)
		}
	default:
		panic("no sample for " + v.Type().String())
	}
}
