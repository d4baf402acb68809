package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// trial is one visit to a flow with a person, or a script, in the caller's place.
type trial struct {
	menus *ivr.Menus
	says  []ivr.Prompt
	now   ivr.Moment // its clock goes on by what was waited for to its end
	out   io.Writer
	eol   string // a raw terminal needs the carriage return
	visit ivr.Visit
	next  time.Duration // what plays, or the time to wait, takes so long; 0 = nothing runs
	due   time.Time     // when that ends on a terminal
	over  bool
}

// soundTakes is how long a sound is taken to last here, where none is heard.
const soundTakes = time.Second

// What the keys of the terminal mean beside those of a phone.
const (
	keyPass     = '.' // let what plays, or the silence, come to its end
	keyFound    = 'y' // the ticket system found something; the callback is promised
	keyNotFound = 'n' // it found nothing; this number can't be called
	keyFailed   = 'f' // it can't say; nobody can be called back
	keyHangUp   = 'q'
	keyCtrlC    = 3
	keyCtrlD    = 4
)

const trialHelp = "keys 0-9 * # are the phone's; . lets time pass; y, n or f answers for the ticket system: found, not found, failed, or for a callback: promised, not this number, not at all; q hangs up"

// newTrial lets the caller be called back at the number he calls from: whether it can be, only the outgoing line knows.
func newTrial(menus *ivr.Menus, says []ivr.Prompt, begin ivr.Moment, out io.Writer) *trial {
	begin.Caller.Callable = begin.Caller.Number
	return &trial{menus: menus, says: says, now: begin, out: out, eol: "\n"}
}

// run goes through the flow until it ends or the caller hangs up. On a terminal time passes by itself, a second a sound;
// from a pipe only by keys.
func (t *trial) run(ctx context.Context, flow string, in io.Reader) (err error) {
	terminal := false
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		state, err := term.MakeRaw(int(f.Fd()))
		if err != nil {
			return fmt.Errorf("ivr try: the terminal: %w", err)
		}
		defer func() { err = errors.Join(err, term.Restore(int(f.Fd()), state)) }()
		t.eol, terminal = "\r\n", true
	}
	t.say("%s", trialHelp)
	t.take(t.menus.Begin(flow, t.now))
	keys := make(chan rune)
	go readKeys(ctx, in, keys)
	for !t.over {
		var passes <-chan time.Time
		if terminal && t.next > 0 {
			passes = time.After(time.Until(t.due))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-passes:
			t.pass()
		case key, ok := <-keys:
			if !ok {
				return errors.New("ivr try: the keys are at their end, the call is not; end it with q")
			}
			t.press(key)
		}
	}
	return nil
}

// readKeys ends with the input; on a terminal that may be after the trial.
func readKeys(ctx context.Context, in io.Reader, keys chan<- rune) {
	defer close(keys)
	for r := bufio.NewReader(in); ; {
		key, _, err := r.ReadRune()
		if err != nil {
			return
		}
		select {
		case keys <- key:
		case <-ctx.Done():
			return
		}
	}
}

func (t *trial) say(format string, args ...any) {
	_, _ = fmt.Fprintf(t.out, format+t.eol, args...)
}

func (t *trial) press(key rune) {
	switch {
	case key == keyHangUp || key == keyCtrlC || key == keyCtrlD:
		t.say("you hang up")
		t.over = true
	case key == keyPass:
		t.pass()
	case key == keyFound || key == keyNotFound || key == keyFailed:
		t.answer(key)
	case strings.ContainsRune("0123456789*#", key):
		t.say("[%c]", key)
		t.take(t.menus.Digit(t.visit, string(key), t.now))
	}
}

// answer is that of the ticket system or of the line that calls back, where the visit waits for one.
func (t *trial) answer(key rune) {
	switch t.visit.Phase { //nolint:exhaustive // nothing else waits for an answer
	case ivr.PhaseLooking:
		answer := map[rune]fact.LookupResult{keyFound: fact.LookupFound, keyNotFound: fact.LookupNotFound, keyFailed: fact.LookupFailed}[key]
		t.take(t.menus.Looked(t.visit, answer, t.now))
	case ivr.PhasePromising:
		answer := map[rune]ivr.Promised{keyFound: ivr.PromiseMade, keyNotFound: ivr.PromiseNumber, keyFailed: ivr.PromiseRefused}[key]
		t.take(t.menus.Promised(t.visit, answer, t.now))
	}
}

// pass lets the time come to which the visit waits.
func (t *trial) pass() {
	t.now.At = t.now.At.Add(t.next)
	switch t.visit.Phase {
	case ivr.PhasePlaying:
		t.take(t.menus.Played(t.visit, t.now))
	case ivr.PhaseListening:
		t.say("  %s of silence", t.next)
		t.take(t.menus.TimedOut(t.visit, t.now))
	case ivr.PhaseRecording:
		t.say("  the message ends")
		t.take(t.menus.Recorded(t.visit, t.now))
	case ivr.PhasePromising:
		t.answer(keyFound)
	case ivr.PhaseLooking, ivr.PhaseOver:
	}
}

// take tells what follows, in the order of the result's fields.
func (t *trial) take(r ivr.Result) {
	t.visit = r.Visit
	for _, ev := range r.Events {
		t.event(ev)
	}
	if r.Language != "" {
		t.now.Caller.Language = r.Language
		t.say("  the language is %s", r.Language)
	}
	if r.Lookup != nil {
		t.lookup(*r.Lookup)
	}
	switch {
	case r.End != nil:
		t.end(*r.End)
	case len(r.Play) > 0:
		t.wait(time.Duration(len(r.Play)) * soundTakes)
		t.say("  plays %s", strings.Join(t.told(r.Play), ", "))
	case r.Record != nil:
		t.wait(r.Wait)
		t.say("  records a message for %s, %s at most; a key ends it", r.Record.Queue, r.Wait)
	case r.Promise != nil:
		t.promise(*r.Promise)
	case r.Wait > 0:
		t.wait(r.Wait)
		t.say("  waits %s for a key", r.Wait)
	}
}

// told is what media say: the text of a prompt, in the caller's language; of other sounds the name.
func (t *trial) told(media []string) []string {
	out := make([]string, len(media))
	for i, m := range media {
		out[i] = strings.TrimPrefix(m, "sound:")
		for _, p := range t.says {
			if text := p.Text[t.now.Caller.Language]; text != "" && m == ivr.PromptScheme+p.ID {
				out[i] += fmt.Sprintf(" “%s”", text)
			}
		}
	}
	return out
}

func (t *trial) wait(d time.Duration) { t.next, t.due = d, time.Now().Add(d) }

func (t *trial) lookup(l ivr.Lookup) {
	t.next = 0
	digits := l.Digits
	if l.Method == fact.LookupByNumber {
		digits = "his number"
	}
	if l.Secret {
		digits = strings.Repeat("*", len(digits))
	}
	question := ""
	if t.visit.Phase == ivr.PhaseLooking {
		question = "; is it found? y, n or f"
	}
	t.say("  asks the ticket system for %s%s", digits, question)
}

// promise: the answer comes at once; on a terminal, after a second without a key, that it is made.
func (t *trial) promise(p ivr.Promise) {
	t.wait(soundTakes)
	after := ""
	if len(p.Incidents) > 0 {
		after = " when " + strings.Join(p.Incidents, ", ") + " is over"
	}
	t.say("  is to be called back at %s for %s%s; can he be? y, n (not this number) or f (not at all)", p.Number, p.Queue, after)
}

func (t *trial) event(ev ivr.Event) {
	switch e := ev.(type) {
	case ivr.Entered:
		t.say("%s", e.Node)
	case ivr.Chose:
		t.say("  %s", strings.TrimSpace("chooses "+e.Key+" "+e.Label))
	case ivr.Set:
		t.say("  %s = %s", e.Variable, e.Value)
	case ivr.Told:
		t.say("  is told of %s", e.Incident)
	case ivr.Unfit:
		t.say("  case %d can't be worked out: %s", e.Case, e.Condition)
	case ivr.Heard:
		t.say("  %s", map[fact.InputKind]string{
			fact.InputDigits: fmt.Sprintf("%d digits entered", e.Digits), fact.InputNone: "no input",
			fact.InputInvalid: "not valid", fact.InputGaveUp: "gives up", fact.InputRefused: "not right, again",
		}[e.Kind])
	}
}

func (t *trial) end(e ivr.End) {
	t.over = true
	if e.Outcome == fact.IVRTransferred {
		t.say("the caller is sent on to %s", e.Number)
		return
	}
	if e.Outcome != fact.IVRQueued {
		t.say("the call ends: %s", e.Outcome)
		return
	}
	skills := ""
	for _, s := range e.Skills {
		skills += fmt.Sprintf(", %s %d or more", s.Name, s.Level)
	}
	if e.Requires != "" {
		skills += ", agents with " + e.Requires
	}
	t.say("the caller joins queue %s, priority +%d%s", e.Queue, e.Priority, skills)
}
