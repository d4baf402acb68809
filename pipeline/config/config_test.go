package config

import (
	"strings"
	"testing"
	"time"

	"firstline/pipeline/problem"
)

type queueView struct {
	ID          string        `yaml:"id"`
	RingTimeout time.Duration `yaml:"ring_timeout"`
}

type rootView struct {
	Node   string      `yaml:"node"`
	Queues []queueView `yaml:"queues"`
}

type httpView struct {
	Listen string `yaml:"listen"`
}

const sample = `node: pbx1
http:
  listen: 127.0.0.1:8080
queues:
  - id: support
    ring_timeout: 15s
  - id: sales
    ring_timeout: soon
    ring_timout: 3s
colour: red
`

func TestFillNamesLineAndMend(t *testing.T) {
	f, mistakes := Parse("f.yaml", []byte(sample))
	if len(mistakes) != 0 {
		t.Fatal(mistakes)
	}
	root, web := rootView{}, httpView{Listen: "default"}
	got := f.Fill(View{"", &root}, View{"http", &web})
	want := []string{
		"f.yaml:8: cannot unmarshal !!str `soon` into time.Duration; write a duration with its unit: 20s, 2m, 1h30m",
		`f.yaml:9: queues.1.ring_timout: unknown key; did you mean "ring_timeout"?`,
		"f.yaml:10: colour: unknown key; remove it, or see deploy/firstline.yaml",
	}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i, w := range want {
		if got[i].String() != w {
			t.Errorf("mistake %d:\n got %s\nwant %s", i, got[i], w)
		}
	}
	if web.Listen != "127.0.0.1:8080" || root.Node != "pbx1" || root.Queues[0].RingTimeout != 15*time.Second {
		t.Errorf("not filled: %+v %+v", root, web)
	}
}

func TestLocate(t *testing.T) {
	f, _ := Parse("f.yaml", []byte(sample))
	for path, line := range map[string]int{
		"queues.1.ring_timeout": 8,
		"queues.sales":          7,
		"queues.0.max_wait":     5, // missing key: its queue
		"nothing":               1,
	} {
		got := f.Locate([]problem.Problem{{Path: path, Message: "x"}})
		if got[0].Line != line {
			t.Errorf("%s: line %d, want %d", path, got[0].Line, line)
		}
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	if _, m := Read(t.TempDir() + "/none.yaml"); len(m) != 1 || !strings.Contains(m[0].String(), "no such file") {
		t.Errorf("missing file: %v", m)
	}
	if _, m := Parse("f.yaml", []byte("a: b: c\n")); len(m) != 1 || m[0].Line != 1 {
		t.Errorf("syntax: %v", m)
	}
	if _, m := Parse("f.yaml", []byte("- a\n")); len(m) != 1 {
		t.Errorf("list: %v", m)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, mistakes := Parse("f.yaml", text)
		if file == nil {
			if len(mistakes) == 0 {
				t.Fatal("neither file nor mistake")
			}
			return
		}
		var root rootView
		file.Fill(View{"", &root})
	})
}
