package ivr_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

const flowText = `
id: main
start: hello
nodes:
  hello: {type: play, media: [hello], next: more}
  more:  {type: play, media: [more], next: menu}
  menu:
    type: menu
    prompt: [press]
    timeout: 4s
    inter_digit: 2s
    tries: 2
    options: {"1": {label: One, next: pick}, "12": {label: Twelve, language: ru, next: number}, "2": {next: quiet}, "3": {next: said}, "#": {next: bye}}
    invalid_media: [wrong]
    no_input_media: [silent]
    gave_up: bye
  quiet:  {type: menu, prompt: [press], options: {"1": {next: q}}, no_input: q, invalid: said}
  said:   {type: play, media: [said], next: bye}
  pick:   {type: collect, prompt: [pick], min: 2, max: 3, terminator: "*", timeout: 4s, inter_digit: 2s, tries: 1, next: q}
  number: {type: collect, prompt: [number], max: 2, secret: true, lookup: true, not_found: said, next: q}
  q:      {type: queue, queue: support, priority: 3, skills: {b: 2, a: 1}}
  bye:    {type: hangup, media: [bye, "digits:1"]}
`

func load(t testing.TB, text string) ivr.Flow {
	t.Helper()
	var f ivr.Flow
	if err := yaml.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func noon() ivr.Moment { return ivr.Moment{At: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)} }

// play plays a visit: digits are pressed, "." is the end of a playback, "t" a time-out, "+" and "-" the ticket system's
// answer, "r" a repeat, "e" the end of a message; "m", "n" and "f": the callback is made, has no such number, is refused.
// It returns what each did, in words.
func play(menus *ivr.Menus, keys string) []string {
	_, out := playAt(menus, noon(), keys)
	return out
}

// playAt is play at a moment of one's own; it returns the visit, too.
func playAt(menus *ivr.Menus, now ivr.Moment, keys string) (ivr.Visit, []string) {
	r := menus.Begin("main", now)
	out := []string{tell(r)}
	for _, key := range keys {
		r = press(menus, r.Visit, now, key)
		out = append(out, tell(r))
	}
	return r.Visit, out
}

func press(menus *ivr.Menus, v ivr.Visit, now ivr.Moment, key rune) ivr.Result {
	switch key {
	case '.':
		return menus.Played(v, now)
	case 't':
		return menus.TimedOut(v, now)
	case '+', '-':
		return menus.Looked(v, answer(key == '+'), now)
	case 'r':
		return menus.Repeat(v, now)
	case 'e':
		return menus.Recorded(v, now)
	case 'm', 'n', 'f':
		return menus.Promised(v, map[rune]ivr.Promised{'m': ivr.PromiseMade, 'n': ivr.PromiseNumber, 'f': ivr.PromiseRefused}[key], now)
	default:
		return menus.Digit(v, string(key), now)
	}
}

func answer(found bool) fact.LookupResult {
	if found {
		return fact.LookupFound
	}
	return fact.LookupNotFound
}

func tell(r ivr.Result) string {
	var words []string
	if r.Stop {
		words = append(words, "stop")
	}
	for _, ev := range r.Events {
		switch e := ev.(type) {
		case ivr.Entered:
			words = append(words, "@"+e.Node)
		case ivr.Chose:
			words = append(words, "chose "+e.Key+"/"+e.Label)
		case ivr.Heard:
			words = append(words, fmt.Sprintf("%s(%d)", e.Kind, e.Digits))
		case ivr.Set:
			words = append(words, fmt.Sprintf("set %s=%s", e.Variable, e.Value))
		case ivr.Unfit:
			words = append(words, fmt.Sprintf("case %d unfit", e.Case))
		}
	}
	if r.Language != "" {
		words = append(words, "lang "+r.Language)
	}
	if r.Lookup != nil {
		words = append(words, fmt.Sprintf("lookup %s %t", r.Lookup.Digits, r.Lookup.Secret))
	}
	if len(r.Play) > 0 {
		words = append(words, "play "+strings.Join(r.Play, ","))
	}
	if r.Record != nil {
		words = append(words, fmt.Sprintf("record for %s until %s of silence", r.Record.Queue, r.Record.Silence))
	}
	if p := r.Promise; p != nil {
		words = append(words, strings.Join(append([]string{"promise", p.Number, "for", p.Queue}, p.Incidents...), " "))
	}
	if r.Wait > 0 {
		words = append(words, "wait "+r.Wait.String())
	}
	if r.End != nil {
		words = append(words, fmt.Sprintf("end %s %s%v", r.End.Outcome, r.End.Queue, r.End.Skills))
	}
	return strings.Join(words, "; ")
}

func TestVisit(t *testing.T) {
	menus := newMenus(t, []ivr.Flow{load(t, flowText)}, nil)
	for _, test := range []struct {
		name, keys, last string
	}{
		{"greeting", "", "@hello; play sound:hello"},
		{"announcements follow each other", ".", "@more; play sound:more"},
		{"then the menu", "..", "@menu; play sound:press"},
		{"then it listens", "...", "wait 4s"},
		{"a digit is heard during the announcements", "2", "stop; @more; @menu; chose 2/; @quiet; play sound:press"},
		{"a digit during the prompt stops it", "..2", "stop; chose 2/; @quiet; play sound:press"},
		{"a digit that may go on waits", "..1", "stop; wait 2s"},
		{"and is a choice when nothing follows", "..1t", "chose 1/One; @pick; play sound:pick"},
		{"or part of a longer one", "..12", "chose 12/Twelve; @number; lang ru; play sound:number"},
		{"a mistake asks again", "..19", "invalid(2); play sound:wrong,sound:press"},
		{"silence asks again", "...t", "no_input(0); play sound:silent,sound:press"},
		{"both use up the tries", "..9.t", "no_input(0); gave_up(0); @bye; play sound:bye,digits:1"},
		{"giving up is how it ends", "..9.t.", "end gave_up []"},
		{"a digit ends the goodbye", "..#9", "stop; end contained []"},
		{"silence has a path of its own", "...2.t", "no_input(0); @q; end queued support[{a 1} {b 2}]"},
		{"a mistake has a path of its own", "...29", "stop; invalid(1); @said; play sound:said"},
		{"a digit before a goodbye skips only the announcement", "..39", "stop; @bye; play sound:bye,digits:1"},
		{"digits end with the terminator", "..1t12*", "digits(2); @q; end queued support[{a 1} {b 2}]"},
		{"or with the greatest number", "..1t123", "digits(3); @q; end queued support[{a 1} {b 2}]"},
		{"or with silence", "..1t12t", "digits(2); @q; end queued support[{a 1} {b 2}]"},
		{"too few are a mistake", "..1t1*", "invalid(1); gave_up(0); end gave_up []"},
		{"too few and silence are a mistake", "..1t1t", "invalid(1); gave_up(0); end gave_up []"},
		{"no digit at all is silence", "..1t.t", "no_input(0); gave_up(0); end gave_up []"},
		{"a key that is no digit is a mistake", "..1tA", "stop; invalid(0); gave_up(0); end gave_up []"},
		{"a lookup is waited for", "..1245", "digits(2); lookup 45 true"},
		{"digits mean nothing meanwhile", "..12457", ""},
		{"found", "..1245+", "@q; end queued support[{a 1} {b 2}]"},
		{"not found", "..1245-", "@said; play sound:said"},
		{"an answer nobody waits for", "..+", ""},
		{"a repeat asks again and forgets digits", "..1r", "play sound:press"},
		{"a repeat of an announcement", "r", "play sound:hello"},
		{"a time-out while it plays means nothing", "t", ""},
		{"an end of a playback while it listens means nothing", "....", ""},
		{"after the end nothing happens", "..1t12*9", ""},
	} {
		out := play(menus, test.keys)
		if got := out[len(out)-1]; got != test.last {
			t.Errorf("%s: after %q got %q, want %q\n%s", test.name, test.keys, got, test.last, strings.Join(out, "\n"))
		}
	}
}

const sortedText = `
id: main
start: mark
nodes:
  mark: {type: set, set: {topic: bill, from: "no one"}, priority: 2, next: ask}
  ask:  {type: collect, prompt: [ask], max: 3, save: order, next: sort}
  sort:
    type: branch
    cases:
      - {when: 'int(number) > 100', next: high}
      - {when: 'vars.order startsWith "9" and language == "ru"', next: more}
      - {when: 'ticket != "" and vars.topic == "bill" and vars.unheard == ""', next: high}
    otherwise: bye
  more: {type: set, set: {topic: order}, priority: -1, next: high}
  high: {type: queue, queue: support, priority: 3}
  bye:  {type: hangup}
`

// TestConfirm: digits are taken when the caller says that they are right; a no and silence use up the tries.
func TestConfirm(t *testing.T) {
	const text = `{id: main, start: n, nodes: {n: {type: collect, prompt: [number], min: 2, max: 3, terminator: "#", timeout: 4s, inter_digit: 2s, tries: 2, confirm: [you-said, "{digits}", right], save: order, no_input: silent, next: q}, silent: {type: hangup}, q: {type: queue, queue: q}}}`
	menus := newMenus(t, []ivr.Flow{load(t, text)}, nil)
	for keys, want := range map[string]string{
		"123":        "play sound:you-said,sound:digits/1,sound:digits/2,sound:digits/3,sound:right",
		"12#":        "play sound:you-said,sound:digits/1,sound:digits/2,sound:right",
		"12t":        "play sound:you-said,sound:digits/1,sound:digits/2,sound:right",
		"123.":       "wait 4s",
		"1231":       "stop; digits(3); @q; end queued q[]",
		"123.1":      "digits(3); @q; end queued q[]",
		"123.2":      "refused(3); play sound:number",
		"123#":       "stop; refused(3); play sound:number",
		"123.24561":  "stop; digits(3); @q; end queued q[]", // 456, then 1
		"123.2245.2": "refused(3); gave_up(0); end gave_up []",
		"123.t":      "no_input(0); @silent; end contained []",
		"123.r":      "play sound:number",
		"123.r99":    "wait 2s",
	} {
		out := play(menus, keys)
		if got := out[len(out)-1]; got != want {
			t.Errorf("%q: got %q, want %q\n%s", keys, got, want, strings.Join(out, "\n"))
		}
	}
}

// TestVoicemail: the prompt is said, or skipped by a key; a key, the longest time or the message's own end lead on.
func TestVoicemail(t *testing.T) {
	const text = `{id: main, start: n, nodes: {n: {type: voicemail, queue: q, prompt: [speak], longest: 1m, silence: 4s, next: m}, m: {type: voicemail, queue: other, next: bye}, bye: {type: hangup, media: [bye]}}}`
	menus := newMenus(t, []ivr.Flow{load(t, text)}, nil)
	const first, second = "record for q until 4s of silence; wait 1m0s", "@m; record for other until 5s of silence; wait 3m0s"
	for keys, want := range map[string]string{
		"":     "@n; play sound:speak",
		".":    first,
		"5":    "stop; " + first,
		".#":   second,
		".t":   second,
		".e":   second,
		"e":    "", // none has begun
		".r":   "play sound:speak",
		".r.":  first,
		".er":  second[len("@m; "):],
		".e1":  "@bye; play sound:bye",
		".ee.": "end contained []",
	} {
		out := play(menus, keys)
		if got := out[len(out)-1]; got != want {
			t.Errorf("%q: got %q, want %q\n%s", keys, got, want, strings.Join(out, "\n"))
		}
	}
	for keys, served := range map[string]bool{"": false, ".": true, ".#": true} {
		v := menus.Begin("main", noon()).Visit
		for _, key := range keys {
			if key == '.' {
				v = menus.Played(v, noon()).Visit
				continue
			}
			v = menus.Digit(v, string(key), noon()).Visit
		}
		if outcome, ok := menus.Leaving(v); ok != served || served && outcome != fact.IVRContained {
			t.Errorf("%q: who hangs up then leaves as %q, %t", keys, outcome, ok)
		}
	}
}

// TestLookup: found, unknown, or the ticket system can't say; without a way of its own that is as unknown.
func TestLookup(t *testing.T) {
	const text = `{id: main, start: who, nodes: {who: {type: lookup, next: a, not_found: b%s}, a: {type: queue, queue: a}, b: {type: queue, queue: b}, c: {type: queue, queue: c}}}`
	for _, c := range []struct {
		failed string
		answer fact.LookupResult
		want   string
	}{
		{"", fact.LookupFound, "a"}, {"", fact.LookupNotFound, "b"}, {"", fact.LookupFailed, "b"},
		{", failed: c", fact.LookupNotFound, "b"}, {", failed: c", fact.LookupFailed, "c"}, {", failed: c", fact.LookupTimeout, "c"},
	} {
		menus := newMenus(t, []ivr.Flow{load(t, fmt.Sprintf(text, c.failed))}, nil)
		r := menus.Begin("main", noon())
		if menus.Awaits(r.Visit) != fact.LookupByNumber || r.Lookup == nil || r.Lookup.Method != fact.LookupByNumber {
			t.Fatalf("waits for %q, asks %+v", menus.Awaits(r.Visit), r.Lookup)
		}
		if r = menus.Digit(r.Visit, "1", noon()); tell(r) != "" {
			t.Errorf("a digit meanwhile: %s", tell(r))
		}
		if r = menus.Looked(r.Visit, c.answer, noon()); r.End == nil || r.End.Queue != c.want {
			t.Errorf("%s%s: %s", c.answer, c.failed, tell(r))
		}
	}
}

// TestBranch: the first case that holds leads on; one that can't be worked out doesn't hold, and says so.
func TestBranch(t *testing.T) {
	menus := newMenus(t, []ivr.Flow{load(t, sortedText)}, nil)
	for name, c := range map[string]struct {
		digits string
		caller ivr.Caller
		want   string
		path   int // priority at the queue
	}{
		"first":              {"123", ivr.Caller{Number: "101"}, "digits(3); @sort; @high; end queued support[]", 5},
		"second":             {"912", ivr.Caller{Language: "ru"}, "digits(3); @sort; case 1 unfit; @more; set topic=order; @high; end queued support[]", 4},
		"third":              {"123", ivr.Caller{Number: "7", Ticket: "4711"}, "digits(3); @sort; @high; end queued support[]", 5},
		"none":               {"123", ivr.Caller{Number: "7"}, "digits(3); @sort; @bye; end contained []", 0},
		"none, not a number": {"123", ivr.Caller{Number: "sip"}, "digits(3); @sort; case 1 unfit; @bye; end contained []", 0},
	} {
		now := noon()
		now.Caller = c.caller
		r := menus.Begin("main", now)
		if got := tell(r); got != "@mark; set from=no one; set topic=bill; @ask; play sound:ask" {
			t.Fatalf("%s: begins with %s", name, got)
		}
		first := r.Visit
		for _, digit := range c.digits {
			r = menus.Digit(r.Visit, string(digit), now)
		}
		if got := tell(r); !strings.HasSuffix(got, c.want) || c.path > 0 && r.End.Priority != c.path {
			t.Errorf("%s: got %s, %+v", name, got, r.End)
		}
		if first.Vars["topic"] != "bill" || first.Vars["order"] != "" || r.Visit.Vars["order"] != c.digits {
			t.Errorf("%s: variables %v, at first %v", name, r.Visit.Vars, first.Vars)
		}
	}
}

func TestVisitAsksAndSecret(t *testing.T) {
	menus := newMenus(t, []ivr.Flow{load(t, flowText)}, nil)
	for node, want := range map[string]struct{ asks, secret, leaving bool }{
		"hello": {}, "menu": {asks: true}, "number": {asks: true, secret: true}, "bye": {leaving: true}, "q": {},
	} {
		v := ivr.Visit{Flow: "main", Node: node}
		outcome, leaving := menus.Leaving(v)
		if menus.Asks(v) != want.asks || menus.Secret(v) != want.secret || leaving != want.leaving {
			t.Errorf("%s: asks %t, secret %t, leaving %t", node, menus.Asks(v), menus.Secret(v), leaving)
		}
		if leaving && outcome != fact.IVRContained {
			t.Errorf("%s: outcome %s", node, outcome)
		}
	}
}

// TestUnknownFlowFails: what should not happen ends the visit instead of leaving the caller in silence.
func TestUnknownFlowFails(t *testing.T) {
	menus := newMenus(t, nil, nil)
	if r := menus.Begin("nowhere", noon()); r.End == nil || r.End.Outcome != fact.IVRFailed {
		t.Errorf("got %+v", r)
	}
}

// TestCirclingEnds: a caller who chooses the same way for ever is let go.
func TestCirclingEnds(t *testing.T) {
	menus := newMenus(t, []ivr.Flow{load(t, `{id: main, start: a, nodes: {a: {type: menu, prompt: [x], options: {"1": {next: a}, "2": {next: b}}}, b: {type: hangup}}}`)}, nil)
	r := menus.Begin("main", noon())
	for i := 0; r.End == nil; i++ {
		if i > 10_000 {
			t.Fatal("it never ends")
		}
		r = menus.Digit(r.Visit, "1", noon())
	}
}

// TestEveryVisitGoesOn: whatever a caller does in a valid flow, he hears something, is waited for, or is at an end.
func TestEveryVisitGoesOn(t *testing.T) {
	for _, text := range []string{flowText, callbackText} {
		flow := load(t, text)
		if problems := flow.Validate(ivr.Known{Queues: []string{"support"}, Incidents: true}); len(problems) > 0 {
			t.Fatalf("the flow has mistakes: %+v", problems)
		}
		menus := newMenus(t, []ivr.Flow{flow}, nil)
		rapid.Check(t, func(t *rapid.T) { goesOn(t, menus) })
	}
}

func goesOn(t *rapid.T, menus *ivr.Menus) {
	now := noon()
	now.Caller.Callable = rapid.SampledFrom([]string{"", "+49301234567", "101"}).Draw(t, "callable")
	r := menus.Begin("main", now)
	heard := r
	for range rapid.IntRange(1, 40).Draw(t, "keys") {
		r = press(menus, r.Visit, now, rapid.SampledFrom([]rune("01123499*#A..tt+-rmnf")).Draw(t, "key"))
		if tell(r) != "" {
			heard = r
		}
		v := heard.Visit
		switch {
		case heard.End != nil:
			if v.Phase != ivr.PhaseOver {
				t.Fatalf("ended in phase %s", v.Phase)
			}
			return
		case v.Phase == ivr.PhasePlaying && len(heard.Play) == 0,
			v.Phase == ivr.PhaseListening && heard.Wait == 0,
			v.Phase == ivr.PhaseLooking && heard.Lookup == nil,
			v.Phase == ivr.PhasePromising && (heard.Promise == nil || heard.Promise.Number == "" || len(heard.Play) > 0 || heard.Wait > 0),
			v.Phase == ivr.PhaseOver:
			t.Fatalf("the caller is left alone: %+v", heard)
		}
	}
}

// FuzzVisit: bytes as keys; a valid flow never panics and never leaves a caller alone.
func FuzzVisit(f *testing.F) {
	f.Add("...12t45-.")
	f.Add("....t.t.")
	f.Add("123456#1n123456#1m")
	f.Add(".t.t12345.1f")
	menus, callback := newMenus(f, []ivr.Flow{load(f, flowText)}, nil), newMenus(f, []ivr.Flow{load(f, callbackText)}, nil)
	own := noon()
	own.Caller.Callable = "+49301234567"
	f.Fuzz(func(_ *testing.T, keys string) {
		play(menus, keys)
		play(callback, keys)
		playAt(callback, own, keys)
	})
}

// TestOverall: an entry may take no longer than it may in all, however quickly key follows on key; another try has its own time.
func TestOverall(t *testing.T) {
	menus := newMenus(t, []ivr.Flow{load(t, `{id: main, start: a, nodes: {
		a: {type: collect, prompt: [x], min: 2, max: 9, inter_digit: 3s, overall: 5s, next: b}, b: {type: hangup}}}`)}, nil)
	at := func(d time.Duration) ivr.Moment { return ivr.Moment{At: noon().At.Add(d)} }
	v := menus.Begin("main", noon()).Visit
	for _, step := range []struct {
		at, want time.Duration
	}{{time.Second, 3 * time.Second}, {3 * time.Second, 3 * time.Second}, {5 * time.Second, time.Second}, {8 * time.Second, time.Millisecond}} {
		r := menus.Digit(v, "4", at(step.at))
		if v = r.Visit; r.Wait != step.want {
			t.Errorf("after %s it waits for %s, want %s", step.at, r.Wait, step.want)
		}
	}
	if r := menus.TimedOut(v, at(8*time.Second)); r.End == nil || r.End.Outcome != fact.IVRContained {
		t.Errorf("what was entered does not count: %+v", r)
	}
	v = menus.Digit(menus.Begin("main", noon()).Visit, "*", at(time.Second)).Visit // a mistake
	if r := menus.Digit(v, "4", at(30*time.Second)); r.Wait != 3*time.Second {
		t.Errorf("the second try waits for %s", r.Wait)
	}
}

// TestLanguageNode: from the node on the caller's language is another one, also where a key pressed ahead chooses at once.
func TestLanguageNode(t *testing.T) {
	menus := newMenus(t, []ivr.Flow{load(t, `{id: main, start: a, nodes: {
		a: {type: play, media: [x], next: b}, b: {type: language, language: ru, next: c},
		c: {type: menu, prompt: [y], options: {"1": {next: d}, "2": {language: de, next: d}}}, d: {type: hangup, media: [z]}}}`)}, nil)
	for keys, want := range map[string]string{".": "@b; @c; lang ru; play sound:y", "1": "stop; @b; @c; chose 1/; @d; lang ru; play sound:z", "2": "stop; @b; @c; chose 2/; @d; lang de; play sound:z"} {
		out := play(menus, keys)
		if got := out[len(out)-1]; got != want {
			t.Errorf("%q: %s, want %s", keys, got, want)
		}
	}
}
