package ivr_test

import (
	"slices"
	"strings"
	"testing"

	"firstline/pipeline/problem"
	"firstline/telephony/ivr"
)

// TestFlowMistakes: each mistake is named at its place, with a mend.
func TestFlowMistakes(t *testing.T) {
	for _, test := range []struct{ name, path, message, flow string }{
		{"no nodes", "nodes", "no nodes", `{id: f, start: a}`},
		{"no id", "id", "no id", `{start: a, nodes: {a: {type: hangup}}}`},
		{"no start", "start", "missing", `{id: f, nodes: {a: {type: hangup}}}`},
		{"undefined start", "start", `"b" is not defined`, `{id: f, start: b, nodes: {a: {type: hangup}}}`},
		{"unknown type", "nodes.a.type", `"say"`, `{id: f, start: a, nodes: {a: {type: say}}}`},
		{"undefined next", "nodes.a.next", `"b" is not defined`, `{id: f, start: a, nodes: {a: {type: play, media: [x], next: b}}}`},
		{"missing next", "nodes.a.next", "missing", `{id: f, start: a, nodes: {a: {type: play, media: [x]}}}`},
		{"nothing to play", "nodes.a.media", "nothing to play", `{id: f, start: a, nodes: {a: {type: play, next: b}, b: {type: hangup}}}`},
		{"nameless sound", "nodes.a.media.0", "no name", `{id: f, start: a, nodes: {a: {type: hangup, media: [""]}}}`},
		{"unknown scheme", "nodes.a.media.0", "can be played", `{id: f, start: a, nodes: {a: {type: hangup, media: ["promt:bye"]}}}`},
		{"undefined schedule", "nodes.a.schedule", `"s" is not defined`, `{id: f, start: a, nodes: {a: {type: schedule, schedule: s, open: b, closed: b}, b: {type: hangup}}}`},
		{"undefined queue", "nodes.a.queue", `"x" is not defined`, `{id: f, start: a, nodes: {a: {type: queue, queue: x}}}`},
		{"low skill", "nodes.a.skills.x", "below 1", `{id: f, start: a, nodes: {a: {type: queue, queue: support, skills: {x: 0}}}}`},
		{"no options", "nodes.a.options", "no options", `{id: f, start: a, nodes: {a: {type: menu, prompt: [x]}}}`},
		{"no prompt", "nodes.a.prompt", "asked nothing", `{id: f, start: a, nodes: {a: {type: menu, options: {"1": {next: b}}}, b: {type: hangup}}}`},
		{"impossible key", "nodes.a.options.x", "can't be pressed", `{id: f, start: a, nodes: {a: {type: menu, prompt: [x], options: {x: {next: b}}}, b: {type: hangup}}}`},
		{"undefined option", "nodes.a.options.1.next", "not defined", `{id: f, start: a, nodes: {a: {type: menu, prompt: [x], options: {"1": {next: b}}}}}`},
		{"long timeout", "nodes.a.timeout", "no useful time", `{id: f, start: a, nodes: {a: {type: menu, prompt: [x], timeout: 5m, options: {"1": {next: b}}}, b: {type: hangup}}}`},
		{"timeout without unit", "nodes.a.inter_digit", "no useful time", `{id: f, start: a, nodes: {a: {type: menu, prompt: [x], inter_digit: 5ns, options: {"1": {next: b}}}, b: {type: hangup}}}`},
		{"many tries", "nodes.a.tries", "99", `{id: f, start: a, nodes: {a: {type: menu, prompt: [x], tries: 99, options: {"1": {next: b}}}, b: {type: hangup}}}`},
		{"no max", "nodes.a.max", "at most 0", `{id: f, start: a, nodes: {a: {type: collect, prompt: [x], next: b}, b: {type: hangup}}}`},
		{"min above max", "nodes.a.min", "at least 4", `{id: f, start: a, nodes: {a: {type: collect, prompt: [x], min: 4, max: 2, next: b}, b: {type: hangup}}}`},
		{"terminator", "nodes.a.terminator", `"9"`, `{id: f, start: a, nodes: {a: {type: collect, prompt: [x], max: 2, terminator: "9", next: b}, b: {type: hangup}}}`},
		{"not_found alone", "nodes.a.not_found", "without lookup", `{id: f, start: a, nodes: {a: {type: collect, prompt: [x], max: 2, not_found: b, next: b}, b: {type: hangup}}}`},
		{"no cases", "nodes.a.cases", "no cases", `{id: f, start: a, nodes: {a: {type: branch, otherwise: b}, b: {type: hangup}}}`},
		{"nothing to dial", "nodes.a.type", "no queue and no agent has an extension", `{id: f, start: a, nodes: {a: {type: dial, prompt: [x], empty: b, max_wait: b}, b: {type: hangup}}}`},
		{"nobody there", "nodes.a.empty", "missing", `{id: f, start: a, nodes: {a: {type: dial, prompt: [x], max_wait: b}, b: {type: hangup}}}`},
		{"nobody answers", "nodes.a.max_wait", "missing", `{id: f, start: a, nodes: {a: {type: dial, prompt: [x], empty: b}, b: {type: hangup}}}`},
		{"asked nothing to dial", "nodes.a.prompt", "asked nothing", `{id: f, start: a, nodes: {a: {type: dial, empty: b, max_wait: b}, b: {type: hangup}}}`},
		{"a message for nobody", "nodes.a.queue", `"x" is not defined`, `{id: f, start: a, nodes: {a: {type: voicemail, queue: x, next: b}, b: {type: hangup}}}`},
		{"nothing after a message", "nodes.a.next", "missing", `{id: f, start: a, nodes: {a: {type: voicemail, queue: support}}}`},
		{"too short a message", "nodes.a.longest", "can't last 1s", `{id: f, start: a, nodes: {a: {type: voicemail, queue: support, longest: 1s, next: b}, b: {type: hangup}}}`},
		{"half a silence", "nodes.a.silence", "no useful silence", `{id: f, start: a, nodes: {a: {type: voicemail, queue: support, silence: 1500ms, next: b}, b: {type: hangup}}}`},
		{"messages in a circle", "nodes.a", "a → a", `{id: f, start: a, nodes: {a: {type: voicemail, queue: support, next: a}}}`},
		{"a callback for nobody", "nodes.a.queue", `"x" is not defined`, `{id: f, start: a, nodes: {a: {type: callback, queue: x, prompt: [x], confirm: ["{digits}"], next: b}, b: {type: hangup}}}`},
		{"a number nobody asks for", "nodes.a.prompt", "asked nothing", `{id: f, start: a, nodes: {a: {type: callback, queue: support, confirm: ["{digits}"], next: b}, b: {type: hangup}}}`},
		{"a number nobody says is right", "nodes.a.confirm", "not read back", `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], next: b}, b: {type: hangup}}}`},
		{"a number not read back", "nodes.a.confirm", "not read back", `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: [x], next: b}, b: {type: hangup}}}`},
		{"below the least number", "nodes.a.min", "at least 5 and at most 3", `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], max: 3, next: b}, b: {type: hangup}}}`},
		{"less than no number", "nodes.a.min", "at least -1", `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], min: -1, next: b}, b: {type: hangup}}}`},
		{"too long a number", "nodes.a.max", "at most 99", `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], max: 99, next: b}, b: {type: hangup}}}`},
		{"a number's end", "nodes.a.terminator", `"1"`, `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], terminator: "1", next: b}, b: {type: hangup}}}`},
		{"nothing after a promise", "nodes.a.next", "missing", `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"]}}}`},
		{"undefined failed", "nodes.a.failed", `"c" is not defined`, `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], failed: c, next: b}, b: {type: hangup}}}`},
		{"undefined gave_up", "nodes.a.gave_up", `"c" is not defined`, `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], gave_up: c, next: b}, b: {type: hangup}}}`},
		{"nothing to be mended", "nodes.a.mended", "no incident is defined", `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], mended: true, next: b}, b: {type: hangup}}}`},
		{"a silent circle of callbacks", "nodes.a", "a → b → a", `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], gave_up: b, next: c}, b: {type: play, media: [x], next: a}, c: {type: hangup}}}`},
		{"callbacks without an end", "nodes.a", "no path", `{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], gave_up: b, next: b}, b: {type: play, media: [x], next: a}}}`},
		{"no otherwise", "nodes.a.otherwise", "missing", `{id: f, start: a, nodes: {a: {type: branch, cases: [{when: "true", next: b}]}, b: {type: hangup}}}`},
		{"unknown name", "nodes.a.cases.0.when", "unknown name nummer", `{id: f, start: a, nodes: {a: {type: branch, cases: [{when: 'nummer == ""', next: b}], otherwise: b}, b: {type: hangup}}}`},
		{"no condition", "nodes.a.cases.0.when", "expected bool", `{id: f, start: a, nodes: {a: {type: branch, cases: [{when: 'number', next: b}], otherwise: b}, b: {type: hangup}}}`},
		{"broken condition", "nodes.a.cases.1.when", "no condition", `{id: f, start: a, nodes: {a: {type: branch, cases: [{when: 'true', next: b}, {when: '(', next: b}], otherwise: b}, b: {type: hangup}}}`},
		{"a clock in a condition", "nodes.a.cases.0.when", "now", `{id: f, start: a, nodes: {a: {type: branch, cases: [{when: 'now().Hour() > 12', next: b}], otherwise: b}, b: {type: hangup}}}`},
		{"nothing set", "nodes.a.set", "nothing is set", `{id: f, start: a, nodes: {a: {type: set, next: b}, b: {type: hangup}}}`},
		{"variable's name", "nodes.a.set.a b", "no name", `{id: f, start: a, nodes: {a: {type: set, set: {"a b": x}, next: b}, b: {type: hangup}}}`},
		{"nothing read back", "nodes.a.confirm", "not read back", `{id: f, start: a, nodes: {a: {type: collect, prompt: [x], max: 2, confirm: [x], next: b}, b: {type: hangup}}}`},
		{"secret read back", "nodes.a.confirm", "secret digits", `{id: f, start: a, nodes: {a: {type: collect, prompt: [x], max: 2, secret: true, confirm: ["{digits}"], next: b}, b: {type: hangup}}}`},
		{"secret saved", "nodes.a.save", "secret digits", `{id: f, start: a, nodes: {a: {type: collect, prompt: [x], max: 2, secret: true, save: pin, next: b}, b: {type: hangup}}}`},
		{"branches in a circle", "nodes.a", "a → b → a", `{id: f, start: a, nodes: {a: {type: branch, cases: [{when: 'vars.x == ""', next: b}], otherwise: c}, b: {type: set, set: {x: "1"}, next: a}, c: {type: hangup}}}`},
		{"unreachable", "nodes.c", "never reached", `{id: f, start: a, nodes: {a: {type: hangup}, c: {type: hangup}}}`},
		{"no end", "nodes.a", "no path", `{id: f, start: a, nodes: {a: {type: play, media: [x], next: b}, b: {type: play, media: [x], next: a}}}`},
		{"endless silence", "nodes.a", "a → b → a", `{id: f, start: a, nodes: {a: {type: menu, prompt: [x], no_input: b, options: {"1": {next: c}}}, b: {type: play, media: [x], next: a}, c: {type: hangup}}}`},
		{"giving up leads back", "nodes.a", "a → a", `{id: f, start: a, nodes: {a: {type: menu, prompt: [x], gave_up: a, options: {"1": {next: c}}}, c: {type: hangup}}}`},
	} {
		problems := load(t, test.flow).Validate(ivr.Known{Queues: []string{"support"}, Schedules: []string{"office"}})
		i := slices.IndexFunc(problems, func(p problem.Problem) bool {
			return p.Path == test.path && strings.Contains(p.Message, test.message)
		})
		if i < 0 {
			t.Errorf("%s: not named, but %+v", test.name, problems)
			continue
		}
		if problems[i].Mend == "" {
			t.Errorf("%s: no mend: %+v", test.name, problems[i])
		}
	}
}

// TestGoodFlows have no mistakes, though they circle where the caller chooses to.
func TestGoodFlows(t *testing.T) {
	for _, text := range []string{
		flowText,
		`{id: f, start: a, nodes: {a: {type: menu, prompt: [x], options: {"9": {next: a}}}}}`,
		`{id: f, start: a, nodes: {a: {type: queue, queue: support}}}`,
		callbackText,
		`{id: f, start: a, nodes: {a: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], next: a}}}`, // who says no to the end is let go
		`{id: f, start: a, nodes: {a: {type: queue, queue: support, keys: {"2": b}}, b: {type: callback, queue: support, prompt: [x], confirm: ["{digits}"], gave_up: a, failed: a, next: c}, c: {type: hangup}}}`,
		`{id: f, start: a, nodes: {a: {type: dial, prompt: [x], empty: b, max_wait: b}, b: {type: play, media: [y], next: a}}}`,
		`{id: f, start: a, nodes: {a: {type: collect, prompt: [x], max: 4, lookup: true, not_found: a, next: b}, b: {type: queue, queue: support}}}`,
	} {
		if problems := load(t, text).Validate(ivr.Known{Queues: []string{"support"}, Dialled: true, Incidents: true}); len(problems) > 0 {
			t.Errorf("%s: %+v", text, problems)
		}
	}
}

func TestListMistakes(t *testing.T) {
	f := load(t, flowText)
	problems := ivr.ValidateFlows([]ivr.Flow{f, f}, ivr.Known{Queues: []string{"support"}})
	if len(problems) != 1 || problems[0].Path != "1.id" {
		t.Errorf("a flow defined twice: %+v", problems)
	}
	s := ivr.Schedule{ID: "s", Zone: "UTC", Open: []ivr.Hours{{Days: []string{"mon"}, From: "08:00", Until: "18:00"}}}
	problems = ivr.ValidateSchedules([]ivr.Schedule{s, s})
	if len(problems) != 1 || problems[0].Path != "1.id" {
		t.Errorf("a schedule defined twice: %+v", problems)
	}
	bad := ivr.Schedule{Zone: "Nowhere", Open: []ivr.Hours{{Days: []string{"x"}, From: "x", Until: "x"}, {From: "08:00", Until: "24:00"},
		{Days: []string{"mon"}, Dates: []string{"02-30"}, From: "08:00", Until: "24:00"}}, Closed: []string{"25.12.", "02-29", "FREQ=HOURLY", "FREQ=YEARLY;COUNT=3", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}}
	var paths []string
	for _, p := range bad.Validate() {
		paths = append(paths, p.Path)
	}
	want := []string{"id", "zone", "open.0.days.0", "open.0.from", "open.0.until", "open.1.days", "open.2.dates", "open.2.dates.0", "closed.0", "closed.2", "closed.3", "closed.4"}
	if !slices.Equal(paths, want) {
		t.Errorf("got %v, want %v", paths, want)
	}
	if got := (ivr.Schedule{ID: "s", Zone: "UTC"}).Validate(); len(got) != 1 || got[0].Path != "open" {
		t.Errorf("a schedule that never opens: %+v", got)
	}
}
