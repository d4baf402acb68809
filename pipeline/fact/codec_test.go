package fact_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firstline/pipeline/fact"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files and docs/events/asyncapi.yaml anew")

// The golden files are the promise to readers outside: one a type, every field filled.
func TestGolden(t *testing.T) {
	for _, typ := range fact.Types() {
		t.Run(string(typ), func(t *testing.T) {
			f := sample(t, typ)
			b, err := fact.Encode(f)
			if err != nil {
				t.Fatal(err)
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, b, "", "  "); err != nil {
				t.Fatal(err)
			}
			pretty.WriteByte('\n')
			want := golden(t, filepath.Join("testdata", string(typ)+".json"), pretty.Bytes())
			if !bytes.Equal(pretty.Bytes(), want) {
				t.Errorf("encoding changed: a breaking change needs new types and topics\ngot\n%s\nwant\n%s", pretty.Bytes(), want)
			}
			got, err := fact.Decode(want)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, f) {
				t.Errorf("decoded %+v\nwant %+v", got, f)
			}
		})
	}
}

func TestNoGoldenFileWithoutType(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(fact.Types()) {
		t.Errorf("%d golden files for %d types", len(files), len(fact.Types()))
	}
}

func golden(t *testing.T, path string, now []byte) []byte {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(path, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test -rewrite and read the difference", err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(fact.Types()).Draw(t, "type")
		f := random(typ, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		b, err := fact.Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsRune(b, '\n') {
			t.Fatalf("a line break in %q", b)
		}
		got, err := fact.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		// An empty list that is left out comes back as nil: encodings are compared, then bodies by their encoding.
		again, err := fact.Encode(got)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, again) {
			t.Fatalf("encoded\n%s\nthen\n%s", b, again)
		}
		got.Data, f.Data = nil, nil
		if !reflect.DeepEqual(got, f) {
			t.Fatalf("envelope %+v, want %+v", got, f)
		}
	})
}

func TestDecodeNamesTheField(t *testing.T) {
	whole := envelope(t)
	for _, c := range []struct{ field, value string }{
		{"specversion", ""}, {"specversion", `"0.3"`}, {"id", ""}, {"id", `"other/9"`}, {"source", ""}, {"source", `"controller"`},
		{"source", `"/firstline/"`}, {"type", ""}, {"subject", ""}, {"time", ""}, {"time", `"yesterday"`}, {"sequence", ""},
		{"sequence", `"-1"`}, {"sequence", `"0"`}, {"epoch", ""}, {"position", ""}, {"position", `"0"`}, {"position", `"x"`},
		{"data", ""}, {"data", "null"}, {"datacontenttype", `"text/plain"`},
	} {
		t.Run(c.field+" "+c.value, func(t *testing.T) {
			m := maps(whole)
			delete(m, c.field)
			if c.value != "" {
				m[c.field] = json.RawMessage(c.value)
			}
			if c.field == "sequence" && c.value == `"0"` {
				m["id"] = json.RawMessage(`"pbx1-1763838123.4/0"`)
			}
			b, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			_, err = fact.Decode(b)
			var fe *fact.FieldError
			if !errors.As(err, &fe) || fe.Field != c.field {
				t.Errorf("error %v, want one about %q", err, c.field)
			}
			if c.value == "" && !strings.Contains(err.Error(), "missing") {
				t.Errorf("error %q doesn't say that the field is missing", err)
			}
		})
	}
}

func TestDecodeUnknown(t *testing.T) {
	for _, typ := range []string{`"firstline.contact.levitated.v1"`, `"firstline.contact.arrived.v2"`, `"com.example.thing"`} {
		m := maps(envelope(t))
		m["type"] = json.RawMessage(typ)
		b, _ := json.Marshal(m)
		if _, err := fact.Decode(b); !errors.Is(err, fact.ErrUnknownType) {
			t.Errorf("type %s: %v, want ErrUnknownType", typ, err)
		}
	}
	m := maps(envelope(t))
	m["traceparent"] = json.RawMessage(`"00-1"`)
	m["data"] = json.RawMessage(`{"call":"c","colour":"red"}`)
	b, _ := json.Marshal(m)
	f, err := fact.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if f.Data.(fact.Arrived).Call != "c" {
		t.Errorf("data %+v", f.Data)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*fact.Fact){
		"type":     func(f *fact.Fact) { f.Type = "" },
		"subject":  func(f *fact.Fact) { f.Subject = "" },
		"time":     func(f *fact.Fact) { f.Time = time.Time{} },
		"sequence": func(f *fact.Fact) { f.Sequence = 0 },
		"source":   func(f *fact.Fact) { f.Source = "" },
		"epoch":    func(f *fact.Fact) { f.Epoch = "" },
		"position": func(f *fact.Fact) { f.Position = 0 },
		"data":     func(f *fact.Fact) { f.Data = fact.Queued{} },
	} {
		f := sample(t, fact.TypeArrived)
		spoil(&f)
		_, err := fact.Encode(f)
		var fe *fact.FieldError
		if !errors.As(err, &fe) || fe.Field != name {
			t.Errorf("spoiled %s: %v", name, err)
		}
	}
}

// A fact that has not passed its log yet can still be shown, in replies and golden scenarios.
func TestMarshalBeforeTheLog(t *testing.T) {
	f := sample(t, fact.TypeQueued)
	f.Source, f.Epoch, f.Position = "", "", 0
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte(`"epoch"`)) || bytes.Contains(b, []byte(`"source"`)) || bytes.Contains(b, []byte(`"position":"`)) {
		t.Errorf("encoded %s", b)
	}
}

func FuzzDecode(f *testing.F) {
	for _, typ := range fact.Types() {
		b, err := fact.Encode(sample(f, typ))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := fact.Decode(b)
		if err != nil {
			return
		}
		once, err := fact.Encode(first)
		if err != nil {
			t.Fatalf("decoded but can't be encoded: %v\n%q", err, b)
		}
		second, err := fact.Decode(once)
		if err != nil {
			t.Fatalf("encoded but can't be decoded: %v\n%s", err, once)
		}
		twice, err := fact.Encode(second)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("not stable (%v)\n%s\n%s", err, once, twice)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	f := sample(b, fact.TypeEntryEnded)
	for b.Loop() {
		if _, err := fact.Encode(f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	raw, err := fact.Encode(sample(b, fact.TypeEntryEnded))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := fact.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func envelope(t *testing.T) []byte {
	t.Helper()
	b, err := fact.Encode(sample(t, fact.TypeArrived))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func maps(b []byte) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &m); err != nil {
		panic(err)
	}
	return m
}
