package callcenter_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// player plays a scenario: a driver whose clock is the script. Each line is
//
//	[+2s] <event> <arguments> [key=value …]
//
// where +2s lets time pass, with a Wake at each deadline on the way; alone it only does that. Legs, playbacks and bridges
// of ours are written short: leg1@ch1 is fl.leg.ch1.1. The key ago=300ms says that the event occurred that long before;
// ago=-3s is an event of a clock that is ahead.
type player struct {
	t      testing.TB
	center *callcenter.Center
	rules  *rules
	now    time.Time
	last   callcenter.Event
	out    strings.Builder
	quiet  bool
	brief  bool // only the routing is shown
	seed   uint64
}

func newPlayer(t testing.TB) *player {
	p := &player{t: t, now: began()}
	p.start(loadPlan(t, "base"))
	return p
}

func (p *player) start(plan *callcenter.Plan) {
	c, err := callcenter.New(plan)
	if err != nil {
		p.t.Fatal(err)
	}
	p.center, p.rules = c, newRules(p.t, c)
}

// play plays the lines of one block and returns what the core put out.
func (p *player) play(block string) string {
	p.out.Reset()
	for _, line := range strings.Split(block, "\n") {
		line, _, _ = strings.Cut(line, "# ")
		if words := strings.Fields(line); len(words) > 0 && words[0] != "#" {
			p.line(words)
		}
	}
	return p.out.String()
}

func (p *player) line(words []string) {
	if d, ok := strings.CutPrefix(words[0], "+"); ok {
		p.pass(p.duration(d))
		words = words[1:]
	}
	if len(words) == 0 {
		return
	}
	args := arguments{p: p, verb: words[0], named: map[string]string{}}
	for _, w := range words[1:] {
		if key, value, ok := strings.Cut(w, "="); ok {
			args.named[key] = value
		} else {
			args.plain = append(args.plain, w)
		}
	}
	p.do(args)
}

// do does what is not an event, and gives events to the core.
func (p *player) do(args arguments) {
	switch args.verb {
	case "quietly": // the next lines' output isn't shown
		p.quiet = true
	case "aloud":
		p.quiet, p.brief = false, false
	case "briefly": // of the next lines only what the routing says is shown
		p.brief = true
	case "plan":
		p.start(loadPlan(p.t, args.at(0)))
	case "ready": // the link is up and the agents named are logged in
		p.quiet = true
		p.step(callcenter.Reconciled{}, 0)
		for _, a := range args.plain {
			p.step(callcenter.Control{Agent: a, Action: callcenter.ActionLogin, By: fact.ByDesk, Actor: a}, 0)
		}
		p.quiet = false
	case "restart": // the process dies and comes back with what was written
		c, err := callcenter.New(loadPlan(p.t, p.center.PlanVersion()))
		if err == nil {
			err = c.Restore(p.rules.fold())
		}
		if err != nil {
			p.t.Fatal(err)
		}
		p.center = c
		p.rules.restarted(c)
	case "again": // the same event once more
		p.step(p.last, args.ago())
	case "dials": // dials s1 1001#: one key after the other
		for _, digit := range args.at(1) {
			p.step(callcenter.DigitPressed{Channel: args.at(0), Digit: string(digit)}, 0)
		}
	case "snapshot":
		p.snapshot()
	case "popup":
		popup, ok := p.center.Popup(args.at(0))
		fmt.Fprintf(&p.out, "popup %t %s\n", ok, describe(popup))
	default:
		p.seed = uint64(args.number("seed")) //nolint:gosec // small
		p.last = args.event()
		p.step(p.last, args.ago())
	}
}

// pass lets time pass.
func (p *player) pass(d time.Duration) {
	until := p.now.Add(d)
	for range 10_000 {
		at, ok := p.center.Deadline()
		if !ok || at.After(until) {
			p.now = until
			return
		}
		if at.After(p.now) {
			p.now = at
		}
		p.step(callcenter.Wake{}, 0)
	}
	p.t.Fatal("deadlines without end")
}

func (p *player) step(ev callcenter.Event, ago time.Duration) {
	in := callcenter.Input{At: p.now, Event: ev, Seed: p.seed}
	if ago != 0 {
		in.Occurred = p.now.Add(-ago)
	}
	out := p.center.Step(in)
	p.rules.check(in, out)
	if p.quiet {
		return
	}
	if p.brief {
		out = routing(out)
	}
	if _, woken := ev.(callcenter.Wake); woken && len(out.Facts)+len(out.Commands) > 0 {
		fmt.Fprintf(&p.out, "(%s)\n", p.now.Format("15:04:05.000"))
	}
	p.show(out)
}

// routing leaves of an output what tells who is rung, and why.
func routing(out callcenter.Output) callcenter.Output {
	var kept callcenter.Output
	for _, f := range out.Facts {
		switch f.Type {
		case fact.TypeQueued, fact.TypeOffered, fact.TypeRelaxed:
			kept.Facts = append(kept.Facts, f)
		default:
		}
	}
	return kept
}

// show writes what a Step put out, one thing a line.
func (p *player) show(out callcenter.Output) {
	for _, f := range out.Facts {
		fmt.Fprintf(&p.out, "%s %s#%d %s %s\n", f.Time.Format("15:04:05.000"), f.Subject, f.Sequence, f.Type, describe(f.Data))
	}
	for _, c := range out.Commands {
		name := strings.TrimPrefix(fmt.Sprintf("%T", c), "callcenter.")
		fmt.Fprintf(&p.out, "> %s %s %s\n", strings.TrimPrefix(c.CommandID(), c.ContactID()+"/"), name, describe(c))
	}
	for _, why := range out.Ignored {
		fmt.Fprintf(&p.out, "ignored: %s\n", why)
	}
	for _, cl := range out.Clamped {
		fmt.Fprintf(&p.out, "clamped: %s by %v\n", cl.Direction, cl.By)
	}
	if r := out.Reply; r != nil {
		fmt.Fprintf(&p.out, "reply: refused=%q state=%s\n", r.Refused, r.State)
	}
}

func (p *player) snapshot() {
	s := p.center.Snapshot(p.now)
	fmt.Fprintf(&p.out, "link=%t plan=%s\n", s.Link, s.Plan)
	for _, in := range s.Incidents {
		fmt.Fprintf(&p.out, "incident %s\n", describe(in))
	}
	for _, a := range s.Agents {
		fmt.Fprintf(&p.out, "agent %s free=%t\n", describe(a), p.center.Free(a.ID))
	}
	for _, ct := range s.Contacts {
		fmt.Fprintf(&p.out, "contact %s\n", describe(ct))
	}
}

func (p *player) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		p.t.Fatalf("%q: %v", text, err)
	}
	return d
}

// describe writes what is set in a value as name=value, in the order of the JSON names, leaving out what every line of a
// scenario would repeat.
func describe(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return string(raw)
	}
	var words []string
	for key, value := range fields {
		if slices.Contains([]string{"ID", "Contact", "call", "plan", "started_at", "at"}, key) || empty(value) || value == "pbx1" {
			continue
		}
		words = append(words, strings.ToLower(key)+"="+short(value))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return reflect.ValueOf(v).IsZero()
}

func short(v any) string {
	switch v := v.(type) {
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return t.Format("15:04:05.000")
		}
		return strings.ReplaceAll(v, " ", "_")
	case map[string]any:
		raw, _ := json.Marshal(v)
		return "(" + describe(json.RawMessage(raw)) + ")"
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = short(v[i])
		}
		return "[" + strings.Join(parts, " ") + "]"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// arguments are the words of a line.
type arguments struct {
	p     *player
	verb  string
	plain []string
	named map[string]string
}

func (a arguments) at(i int) string {
	if i >= len(a.plain) {
		a.p.t.Fatalf("%s: argument %d is missing", a.verb, i+1)
	}
	return long(a.plain[i])
}

func (a arguments) get(key string) string { return long(a.named[key]) }

func (a arguments) number(key string) int {
	if a.named[key] == "" {
		return 0
	}
	n, err := strconv.Atoi(a.named[key])
	if err != nil {
		a.p.t.Fatalf("%s: %s: %v", a.verb, key, err)
	}
	return n
}

func (a arguments) time(key string) time.Duration {
	if a.named[key] == "" {
		return 0
	}
	return a.p.duration(a.named[key])
}

func (a arguments) ago() time.Duration { return a.time("ago") }

// long writes leg1@ch1 as fl.leg.ch1.1.
func long(word string) string {
	kind, contact, ok := strings.Cut(word, "@")
	name := strings.TrimRight(kind, "0123456789")
	if !ok || name == kind {
		return word
	}
	return "fl." + name + "." + contact + "." + kind[len(name):]
}

// event reads an event.
func (a arguments) event() callcenter.Event {
	switch a.verb {
	case "arrive":
		return callcenter.CallArrived{
			Channel: a.at(0), Number: a.get("number"), Name: a.get("name"), Dialed: a.get("dialed"), Language: a.get("lang"),
			Endpoint: a.get("endpoint"), Created: a.p.now.Add(-a.time("created")),
		}
	case "digit":
		return callcenter.DigitPressed{Channel: a.at(0), Digit: a.at(1)}
	case "played":
		return callcenter.PlaybackEnded{Playback: a.at(0), Failed: len(a.plain) > 1}
	case "ringing":
		return callcenter.LegRinging{Channel: a.at(0)}
	case "answered":
		return callcenter.LegAnswered{Channel: a.at(0)}
	case "ended":
		return callcenter.ChannelEnded{Channel: a.at(0), Cause: a.number("cause"), TechCause: a.number("tech")}
	case "hold":
		return callcenter.ChannelHeld{Channel: a.at(0)}
	case "unhold":
		return callcenter.ChannelUnheld{Channel: a.at(0)}
	case "failed":
		return callcenter.CommandFailed{ID: a.at(0), Code: a.number("code"), Text: "failed"}
	case "endpoint":
		return callcenter.EndpointState{Endpoint: a.at(0), Registered: a.at(1) == "up", Channels: a.plain[2:]}
	case "checked": // checked anna 1 up: the first look at anna's phone, PJSIP/101
		phone := callcenter.EndpointState{Endpoint: phoneOf(a), Registered: a.at(2) == "up"}
		for i := range a.plain[3:] {
			phone.Channels = append(phone.Channels, a.at(3+i))
		}
		return callcenter.PhoneChecked{Check: "agent/" + a.at(0) + "/x" + a.at(1), Phone: phone}
	case "pin": // pin s1/x3 right: the word on the PIN that was asked about
		return callcenter.PINChecked{Check: a.at(0), Right: a.at(1) == "right", Known: a.at(1) != "unknown"}
	case "lost":
		return callcenter.LinkLost{Why: "test"}
	case "wake":
		return callcenter.Wake{}
	case "change":
		return callcenter.PlanChanged{Plan: loadPlan(a.p.t, a.at(0))}
	default:
		return a.request()
	}
}

// phoneOf is the phone that was looked at: the agent's, unless named.
func phoneOf(a arguments) string {
	if named := a.get("endpoint"); named != "" {
		return named
	}
	return map[string]string{"anna": "PJSIP/101", "boris": "PJSIP/102"}[a.at(0)]
}

// request reads the events that carry more.
func (a arguments) request() callcenter.Event {
	switch a.verb {
	case "looked":
		e := callcenter.LookupDone{
			Lookup: a.at(0), Result: fact.LookupResult(a.at(1)), Customer: a.get("customer"), CustomerName: a.get("name"),
			Priority: a.number("priority"), Owner: a.get("owner"),
		}
		if a.get("ticket") != "" {
			e.Ticket = &fact.TicketRef{System: "desk", ID: a.get("ticket")}
		}
		return e
	case "pop":
		return callcenter.PopDone{
			Pop: a.at(0), Channel: fact.PopChannel(a.at(1)), Result: fact.PopResult(a.at(2)), Attempt: a.number("attempt"),
		}
	case "writes": // writes sn1@ch1: Asterisk records it
		return callcenter.RecordingBegan{Name: a.at(0)}
	case "stopped": // stopped sn1@ch1: Asterisk has written it to its end
		return callcenter.RecordingStopped{Name: a.at(0)}
	case "broke":
		return callcenter.RecordingBroke{Name: a.at(0)}
	case "stored": // stored ch1/r1 duration=10s
		return callcenter.RecordingStored{Recording: a.at(0), Duration: a.time("duration"), Bytes: int64(a.number("bytes")), SHA256: a.get("sha256")}
	case "unstored":
		return callcenter.RecordingLost{Recording: a.at(0), Error: a.get("error")}
	case "seen":
		return callcenter.PopSeen{Pop: a.at(0), Opened: len(a.plain) > 1}
	case "ask":
		return callcenter.Control{
			Agent: a.at(0), Action: callcenter.Action(a.at(1)), Request: a.get("req"), By: fact.By(a.get("by")),
			Actor: a.get("actor"), Reason: a.get("reason"), Expect: fact.AgentState(a.get("expect")), Code: a.get("code"),
			Note: a.get("note"), Contact: a.get("contact"), To: a.target(),
			Mode: fact.MonitorMode(a.get("mode")), Of: a.get("of"), Seat: a.get("seat"),
		}
	case "refer": // refer leg1@ch1 602: the phone's transfer key; other=… its second call
		return callcenter.TransferAsked{Channel: a.at(0), To: strings.Join(a.plain[1:], ""), Other: a.get("other")}
	case "urge": // urge ch1 5: the priority of who waits
		n, err := strconv.Atoi(a.at(1))
		if err != nil {
			a.p.t.Fatal(err)
		}
		return callcenter.Control{
			Action: callcenter.ActionPriority, Contact: a.at(0), Priority: n, Request: a.get("req"), By: fact.BySupervisor, Actor: a.get("actor"),
		}
	case "move": // move ch1 to=queue:sales
		return callcenter.Control{Action: callcenter.ActionMove, Contact: a.at(0), To: a.target(), Request: a.get("req"), By: fact.BySupervisor, Actor: "sue"}
	case "cancel": // cancel ch1-cb1: the callback
		return callcenter.Control{Action: callcenter.ActionCallbackCancel, Contact: a.at(0), Request: a.get("req"), By: fact.BySupervisor, Actor: "sue"}
	case "mark": // mark done contact=ch1 recording=ch1/r1: the message; or open
		return callcenter.Control{
			Action: callcenter.Action("voicemail_" + a.at(0)), Contact: a.get("contact"), Recording: a.get("recording"), Note: a.get("note"),
			Request: a.get("req"), By: fact.By(a.get("by")), Actor: a.get("actor"),
		}
	case "switch": // switch north on: the incident
		return callcenter.Control{
			Incident: a.at(0), Action: callcenter.Action("incident_" + a.at(1)), Request: a.get("req"), By: fact.BySupervisor, Actor: a.get("actor"),
		}
	case "fallback":
		return callcenter.FallbackEvent{
			Event: a.at(0), Channel: a.at(1), Queue: a.get("queue"), Agent: a.get("agent"), Number: a.get("number"),
			WaitMS: a.time("wait").Milliseconds(), TalkMS: a.time("talk").Milliseconds(), Offset: int64(a.number("offset")),
		}
	case "reconciled":
		return a.reconciled()
	default:
		a.p.t.Fatalf("no such event: %s", a.verb)
		return nil
	}
}

// target is to=queue:sales, to=agent:boris or to=menu:main/topic.
func (a arguments) target() callcenter.Target {
	to, id, _ := strings.Cut(a.get("to"), ":")
	return callcenter.Target{To: fact.TransferTo(to), ID: id}
}

// reconciled reads what exists: "ch1:Up" a channel in the application, "ch1:Up:out" one outside it, "br1@ch1:[ch1,leg1@ch1]"
// a bridge. All were created created=… ago.
func (a arguments) reconciled() callcenter.Event {
	var e callcenter.Reconciled
	for _, word := range a.plain {
		id, rest, _ := strings.Cut(word, ":")
		if members, ok := strings.CutPrefix(rest, "["); ok {
			br := callcenter.ActualBridge{ID: long(id)}
			for _, m := range strings.Split(strings.TrimSuffix(members, "]"), ",") {
				br.Members = append(br.Members, long(m))
			}
			e.Bridges = append(e.Bridges, br)
			continue
		}
		state, where, _ := strings.Cut(rest, ":")
		e.Channels = append(e.Channels, callcenter.ActualChannel{
			ID: long(id), State: state, InApp: where != "out", Number: a.get("number"), Dialed: a.get("dialed"),
			Endpoint: a.get("endpoint"), Created: a.p.now.Add(-a.time("created")),
		})
	}
	return e
}
