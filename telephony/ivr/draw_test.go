package ivr_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"firstline/telephony/ivr"
)

const drawnText = `
id: 'main "line"'
start: hours
nodes:
  hours:  {type: schedule, schedule: office, open: hello, closed: shut}
  hello:  {type: play, media: [hello-world], next: topic}
  topic:  {type: menu, prompt: [vm-press, digits/1], no_input: line, options: {"1": {label: "a <b> & #c \\", next: line}, "2": {label: Ticket, next: ticket}, "3": {next: nowhere}, "4": {next: mark}}}
  ticket: {type: collect, prompt: [conf-getpin], max: 8, lookup: true, next: line, not_found: topic, gave_up: line}
  sort:   {type: branch, cases: [{when: 'vars.topic == "bill"', next: line}], otherwise: shut}
  mark:   {type: set, set: {topic: bill, from: menu}, priority: 2, next: sort}
  line:   {type: queue, queue: support, keys: {"2": wish}}
  wish:   {type: callback, queue: support, prompt: [number], confirm: ["{digits}"], mended: true, no_input: line, next: shut, failed: line}
  shut:   {type: hangup, media: [vm-goodbye]}
`

// TestDraw compares with what was looked at once, drawn by the tools themselves; UPDATE=1 writes it anew.
func TestDraw(t *testing.T) {
	flow := load(t, drawnText)
	for _, format := range []ivr.Format{ivr.Mermaid, ivr.DOT} {
		got, err := flow.Draw(format)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "drawn."+string(format))
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is now:\n%s", format, got)
		}
	}
	if _, err := flow.Draw("png"); err == nil || !strings.Contains(err.Error(), "mermaid or dot") {
		t.Errorf("an unknown format gives %v", err)
	}
	if dot, err := exec.LookPath("dot"); err == nil { // graphviz is its own judge where it is installed
		text, _ := flow.Draw(ivr.DOT)
		cmd := exec.Command(dot, "-Tsvg")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("graphviz says %v: %s", err, out)
		}
	}
}
