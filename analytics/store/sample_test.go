package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// start is the time of the first sample.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sample returns a valid fact of a type with random values; nil pointers, empty lists and odd strings among them.
func sample(t fact.Type, position uint64, rng *rand.Rand) fact.Fact {
	body := reflect.New(reflect.TypeOf(fact.Zero(t))).Elem()
	fill(body, rng)
	if f := body.FieldByName("Type"); f.IsValid() {
		f.Set(reflect.ValueOf(t))
	}
	return fact.Fact{
		Type: t, Subject: fmt.Sprintf("pbx1-%d.%d", start.Unix(), rng.IntN(1000)), Sequence: 1 + rng.Uint64N(1000),
		Time: start.Add(time.Duration(position) * time.Millisecond), Data: body.Interface().(fact.Data),
		Source: "controller", Epoch: "e1", Position: position,
	}
}

func fill(v reflect.Value, rng *rand.Rand) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(rng.Int64N(4e12)).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), rng)
		}
	case reflect.Pointer:
		if rng.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), rng)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rng.IntN(4), 4))
		for i := range v.Len() {
			fill(v.Index(i), rng)
		}
	case reflect.String:
		v.SetString(text(rng))
	case reflect.Int, reflect.Int64:
		v.SetInt(rng.Int64() >> rng.IntN(63))
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	default:
		panic("no sample for " + v.Type().String())
	}
}

// text holds words outside every closed list, quotes, line breaks and NUL.
func text(rng *rand.Rand) string {
	parts := []string{"", "a", "Ж", "\"", "'", "\\", "\n", "\t", "😀", "\x00", "word"}
	var b strings.Builder
	for range rng.IntN(5) {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.String()
}

// columnsOf is what a fact's row must hold, made from its JSON form and not from the code under test: absent fields have
// their column's zero.
func columnsOf(f fact.Fact, subject string) map[string]any {
	raw, err := json.Marshal(f.Data)
	if err != nil {
		panic(err)
	}
	var data map[string]any
	decode(raw, &data)
	out := map[string]any{}
	for name, value := range data {
		if name == "position" {
			name = "position_in_queue"
		}
		if nested, ok := value.(map[string]any); ok {
			for inner, value := range nested {
				out[name+"_"+inner] = value
			}
			continue
		}
		out[name] = value
	}
	out[subject] = f.Subject
	out["sequence"] = json.Number(fmt.Sprint(f.Sequence))
	out["position"] = json.Number(fmt.Sprint(f.Position))
	out["source"], out["epoch"] = f.Source, f.Epoch
	out["time"] = f.Time.Format("2006-01-02T15:04:05.000Z")
	for name, value := range out {
		if s, ok := value.(string); ok {
			if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
				out[name] = t.Format("2006-01-02T15:04:05.000Z")
			}
		}
	}
	return out
}

func decode(raw []byte, into any) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		panic(err)
	}
}
