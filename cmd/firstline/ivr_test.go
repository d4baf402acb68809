package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

const menuToTry = `
queues: [{id: support}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [support], skills: {english: 1}}]
entries: [{number: "*", flow: main}]
schedules: [{id: office, zone: Europe/Berlin, open: [{days: [mon, tue, wed, thu, fri], from: "08:00", until: "18:00"}]}]
ivr:
  - id: main
    start: hours
    nodes:
      hours: {type: schedule, schedule: office, open: topic, closed: shut}
      topic:
        type: menu
        prompt: [vm-press]
        timeout: 4s
        options:
          "1": {label: Ticket, language: ru, next: ticket}
          "2": {label: Line, next: line}
        gave_up: shut
      ticket: {type: collect, prompt: [conf-getpin], max: 4, secret: true, lookup: true, next: line, not_found: topic}
      line: {type: queue, queue: support, priority: 2, skills: {english: 1}}
      shut: {type: hangup, media: [vm-goodbye]}
  - {id: news, start: news, nodes: {news: {type: incident, told: bye, next: line}, line: {type: queue, queue: support}, bye: {type: hangup, media: [vm-goodbye]}}}
  - id: call-me
    start: ask
    nodes:
      ask: {type: callback, mended: true, queue: support, confirm: ["{digits}", vm-press], prompt: [vm-enter-num-to-call], next: bye, failed: line}
      line: {type: queue, queue: support}
      bye: {type: hangup, media: [vm-goodbye]}
incidents: [{id: outage, media: [all-circuits-busy-now]}, {id: delay, media: [queue-thankyou]}]
outbound: {endpoint: "PJSIP/{number}@trunk", allow: ["+30*"]}
`

// try goes through the menu with keys from a pipe and returns the exit code and what was said.
func try(t *testing.T, keys string, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	args = append([]string{"ivr", "try", "--config", file(t, menuToTry)}, args...)
	code := run(context.Background(), args, func(string) string { return "" }, strings.NewReader(keys), &out, &out)
	return code, out.String()
}

func TestIVRTry(t *testing.T) {
	const open, closed = "--at=2026-03-02T12:00:00+01:00", "--at=2026-03-01T12:00:00+01:00"
	for name, c := range map[string]struct {
		at, keys string
		code     int
		want     string
	}{
		"to the line": {open, "11234y", exitOK, `hours
topic
  plays vm-press
[1]
  chooses 1 Ticket
ticket
  the language is ru
  plays conf-getpin
[1]
  waits 3s for a key
[2]
  waits 3s for a key
[3]
  waits 3s for a key
[4]
  4 digits entered
  asks the ticket system for ****; is it found? y, n or f
line
the caller joins queue support, priority +2, english 1 or more
`},
		"silence": {open, "......", exitOK, `hours
topic
  plays vm-press
  waits 4s for a key
  4s of silence
  no input
  plays vm-press
  waits 4s for a key
  4s of silence
  no input
  plays vm-press
  waits 4s for a key
  4s of silence
  no input
  gives up
shut
  plays vm-goodbye
`},
		"closed":   {closed, ".", exitOK, "hours\nshut\n  plays vm-goodbye\nthe call ends: contained\n"},
		"hangs up": {open, "q", exitOK, "hours\ntopic\n  plays vm-press\nyou hang up\n"},
	} {
		code, out := try(t, c.keys, c.at)
		_, said, _ := strings.Cut(out, "\n")
		if name == "silence" { // its keys end before its call
			code, said = exitOK, said[:strings.Index(said, "firstline ivr")]
		}
		if code != c.code || said != c.want {
			t.Errorf("%s: %d:\n%s", name, code, said)
		}
	}
	for on, want := range map[string]string{
		"":                                   "news\nline\nthe caller joins queue support, priority +0\n",
		"--incident=outage --incident=delay": "news\n  is told of outage\n  is told of delay\n  plays all-circuits-busy-now, queue-thankyou\nbye\n  plays vm-goodbye\nthe call ends: contained\n",
	} {
		code, out := try(t, "..", append(strings.Fields(on), "news")...)
		if _, said, _ := strings.Cut(out, "\n"); code != exitOK || said != want {
			t.Errorf("incidents %q: %d:\n%s", on, code, said)
		}
	}
	for args, want := range map[string]string{
		"--incident=flood": `incident "flood" is not defined`,
		"--at=noon":        `"noon" is no instant`,
		"nowhere":          `flow "nowhere" is not defined; there are [main news call-me]`,
	} {
		if code, out := try(t, "q", args); code != exitFault || !strings.Contains(out, want) {
			t.Errorf("%s: %d: %s", args, code, out)
		}
	}
}

// A callback is promised, by y or as time passes; or it isn't.
func TestIVRTryCallback(t *testing.T) {
	const offer = "ask\n  plays digits/3, digits/0, vm-press\n[1]\n  is to be called back at +30 for support"
	const question = "; can he be? y, n (not this number) or f (not at all)\n"
	const bye = "  2 digits entered\nbye\n  plays vm-goodbye\nthe call ends: contained\n"
	for name, c := range map[string]struct{ keys, on, want string }{
		"made":    {"1y.", "", offer + question + bye},
		"pass":    {"1..", "--incident=outage", offer + " when outage is over" + question + bye},
		"refused": {"1f", "", offer + question + "line\nthe caller joins queue support, priority +0\n"},
		"number":  {"1nq", "", offer + question + "  not valid\n  plays vm-enter-num-to-call\nyou hang up\n"},
	} {
		code, out := try(t, c.keys, append(strings.Fields(c.on), "--number=+30", "call-me")...)
		if _, said, _ := strings.Cut(out, "\n"); code != exitOK || said != c.want {
			t.Errorf("%s: %d:\n%s", name, code, said)
		}
	}
}

// On a terminal time passes by itself, and a key counts without a return.
func TestIVRTryOnATerminal(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "ivr", "try", "--at=2026-03-02T12:00:00+01:00", "--config", file(t, menuToTry))
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = terminal.Close() }()
	p, said := &product{t: t}, watch(terminal)
	p.waitFor("the prompt's end", time.Minute, said.holds("waits 4s for a key\r\n"))
	_, err = terminal.WriteString("2")
	p.must(err)
	p.must(cmd.Wait())
	p.waitFor("the end", time.Minute, said.holds("the caller joins queue support"))
}

func TestIVRGraph(t *testing.T) {
	path := file(t, menuToTry)
	code, out := tool(t, nil, "ivr", "graph", "--config", path)
	if code != exitOK || !strings.HasPrefix(out, "flowchart TD\n") || !strings.Contains(out, `{{"topic<br/>vm-press"}}`) {
		t.Errorf("%d: %s", code, out)
	}
	code, out = tool(t, nil, "ivr", "graph", "--format", "dot", "main", "--config", path)
	if code != exitOK || !strings.HasPrefix(out, `digraph "main" {`) {
		t.Errorf("%d: %s", code, out)
	}
	code, out = tool(t, nil, "ivr", "graph", "--format", "png", "--config", path)
	if code != exitFault || !strings.Contains(out, "write mermaid or dot") {
		t.Errorf("%d: %s", code, out)
	}
	wrong := file(t, strings.Replace(menuToTry, "gave_up: shut", "gave_up: out", 1))
	code, out = tool(t, nil, "ivr", "graph", "--config", wrong)
	if code != exitOK || !strings.Contains(out, wrong+":18: ") || !strings.Contains(out, "out is not defined") {
		t.Errorf("a flow with a mistake: %d: %s", code, out)
	}
	if code, out = tool(t, nil, "ivr"); code != exitFault || !strings.Contains(out, "graph, or try") {
		t.Errorf("%d: %s", code, out)
	}
}
