package ivr_test

import (
	"strings"
	"testing"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

const callbackText = `
id: main
start: hello
nodes:
  hello:  {type: play, media: [hello], next: call}
  call:
    type: callback
    queue: support
    confirm: [we-call, "{digits}", right]
    prompt: [number]
    timeout: 4s
    inter_digit: 2s
    tries: 3
    no_input_media: [silent]
    invalid_media: [wrong]
    mended: true
    gave_up: line
    failed: sorry
    next: bye
  line:   {type: queue, queue: support}
  sorry:  {type: hangup, media: [sorry]}
  bye:    {type: hangup, media: [bye]}
`

// TestCallback: the own number is offered, another one asked for; what is said to be right is promised.
func TestCallback(t *testing.T) {
	menus := newMenus(t, []ivr.Flow{load(t, callbackText)}, nil)
	const (
		offer  = "sound:we-call,sound:digits/4,sound:digits/9,sound:digits/3,sound:right"
		other  = "play sound:we-call,sound:digits/1,sound:digits/2,sound:digits/3,sound:digits/4,sound:digits/5,sound:right"
		gaveUp = "gave_up(0); @line; end queued support[]"
	)
	for _, test := range []struct{ name, callable, keys, last string }{
		{"the own number is read back", "+493", ".", "@call; play " + offer},
		{"then it listens", "+493", "..", "wait 4s"},
		{"1 is right", "+493", "..1", "promise +493 for support"},
		{"also while it is said", "+493", ".1", "stop; promise +493 for support"},
		{"a key before it is none that confirms", "+493", "1", "stop; @call; play " + offer},
		{"another key asks for another number", "+493", "..2", "refused(3); play sound:number"},
		{"silence offers it again", "+493", "..t", "no_input(0); play sound:silent," + offer},
		{"and uses up the tries", "+493", "..t.t.t", "no_input(0); " + gaveUp},
		{"as a no does", "+493", "..2.t.t", "no_input(0); " + gaveUp},
		{"silence after a no asks for the other one", "+493", "..2.t", "no_input(0); play sound:silent,sound:number"},
		{"the other one is read back", "+493", "..2.12345#", other},
		{"silence on it offers it again", "+493", "..2.12345#.t", "no_input(0); play sound:silent," + other[len("play "):]},
		{"1 is right for it, too", "+493", "..2.12345#.1", "promise 12345 for support"},
		{"a repeat offers the own one again", "+493", "..2.12r", "play " + offer},
		{"also while it is promised", "+493", "..1r", "play " + offer},
		{"nothing else counts meanwhile", "+493", "..11", ""},
		{"nor silence", "+493", "..1t", ""},
		{"it is promised", "+493", "..1m", "digits(3); @bye; play sound:bye"},
		{"that is how it ends", "+493", "..1m.", "end contained []"},
		{"the number can't be called", "+493", "..1n", "invalid(3); play sound:wrong,sound:number"},
		{"which is a mistake", "+493", "..1n.t.t", "no_input(0); " + gaveUp},
		{"then another one can", "+493", "..1n.12345#1m", "digits(5); @bye; play sound:bye"},
		{"nobody can be called back", "+493", "..1f", "@sorry; play sound:sorry"},
		{"an answer that nobody waits for", "+493", "..m", ""},
		{"without a number one is asked for", "", ".", "@call; play sound:number"},
		{"a key before that is dropped", "", "1", "stop; @call; play sound:number"},
		{"a key stops the question", "", ".1", "stop; wait 2s"},
		{"too short a number", "", ".1234#", "invalid(4); play sound:wrong,sound:number"},
		{"silence ends it", "", ".12345t", other},
		{"so do 15 digits", "", ".1234512345123451", "stop; promise 123451234512345 for support"},
		{"no is said to it", "", ".12345#2", "stop; refused(5); play sound:number"},
		{"a repeat asks anew", "", ".12345#r", "play sound:number"},
	} {
		now := noon()
		now.Caller.Callable = test.callable
		_, out := playAt(menus, now, test.keys)
		if got := out[len(out)-1]; got != test.last {
			t.Errorf("%s: after %q got %q, want %q\n%s", test.name, test.keys, got, test.last, strings.Join(out, "\n"))
		}
	}
}

// TestCallbackPaths: no_input and invalid lead on at once; without failed who can't be called back goes as who gave up.
func TestCallbackPaths(t *testing.T) {
	const text = `{id: main, start: n, nodes: {n: {type: callback, queue: q, confirm: ["{digits}"], prompt: [number], min: 2, max: 3, terminator: "*", no_input: a, invalid: b, next: c}, a: {type: queue, queue: a}, b: {type: queue, queue: b}, c: {type: menu, prompt: [x], options: {"1": {next: a}}}}}`
	menus := newMenus(t, []ivr.Flow{load(t, text)}, nil)
	for keys, want := range map[string]string{
		".t":        "no_input(0); @a; end queued a[]",
		".1n":       "invalid(2); @b; end queued b[]",
		".1f":       "gave_up(0); end gave_up []",
		".1m":       "digits(2); @c; play sound:x",
		".1m.t.t.t": "no_input(0); gave_up(0); end contained []", // he was promised what he called for
		".2.12*":    "play sound:digits/1,sound:digits/2",
		".2.123":    "play sound:digits/1,sound:digits/2,sound:digits/3",
		".2.1*":     "invalid(1); @b; end queued b[]",
		".2.3.2":    "wait 3s",
	} {
		now := noon()
		now.Caller.Callable = "+12"
		if _, out := playAt(menus, now, keys); out[len(out)-1] != want {
			t.Errorf("%q: got %q, want %q\n%s", keys, out[len(out)-1], want, strings.Join(out, "\n"))
		}
	}
}

// TestCallbackLeaving: who hangs up was served as soon as the promise is made, not before.
func TestCallbackLeaving(t *testing.T) {
	menus := newMenus(t, []ivr.Flow{load(t, callbackText)}, nil)
	now := noon()
	now.Caller.Callable = "+493"
	for keys, served := range map[string]bool{"..": false, "..1": false, "..1m": true} {
		v, _ := playAt(menus, now, keys)
		if outcome, ok := menus.Leaving(v); ok != served || served && outcome != fact.IVRContained {
			t.Errorf("%q: who hangs up then leaves as %q, %t", keys, outcome, ok)
		}
	}
	v, _ := playAt(menus, now, "..")
	if !menus.Asks(v) || menus.Secret(v) || menus.Awaits(v) != "" {
		t.Errorf("asks %t, secret %t, awaits %q", menus.Asks(v), menus.Secret(v), menus.Awaits(v))
	}
	for node, want := range map[string]ivr.Type{"call": ivr.TypeCallback, "line": ivr.TypeQueue, "nowhere": "", "": ""} {
		if got := menus.TypeOf(v, node); got != want {
			t.Errorf("%q is %q, want %q", node, got, want)
		}
	}
}

// TestCallbackMended: the promise is for after the incidents that are on and concern him; he isn't told of them again.
func TestCallbackMended(t *testing.T) {
	menus, err := ivr.New([]ivr.Flow{load(t, callbackText)}, nil, []ivr.Incident{
		{ID: "north", When: `number startsWith "+4940"`, Media: []string{"x"}}, {ID: "off", Media: []string{"x"}},
		{ID: "odd", When: "int(number) > 1", Media: []string{"x"}}, {ID: "all", Media: []string{"x"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]string{"+49401": "promise 12345 for support north odd all", "+49301": "promise 12345 for support odd all", "sip": "promise 12345 for support all"} {
		now := noon()
		now.Caller.Number, now.Incidents = number, []string{"all", "odd", "north"}
		if _, out := playAt(menus, now, "..12345#.1"); out[len(out)-1] != want {
			t.Errorf("%s: got %q, want %q", number, out[len(out)-1], want)
		}
	}
}
