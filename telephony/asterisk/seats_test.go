package asterisk

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/password"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/node/nodetest"
	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
)

const seats = `
pause_reasons: [break]
features: {login: "*11", logout: "*12", login_pin: true}
queues: [{id: support, wrap_up: 0s, ring_timeout: 20s}]
seats: [{id: window, endpoint: PJSIP/101}, {id: door, endpoint: PJSIP/102}]
agents:
  - {id: dora, number: "1001", pin_hash_env: PIN, queues: [support]}
  - {id: emil, number: "1002", extension: "602", pin_hash_env: PIN, queues: [support]}
entries: [{number: "1000", flow: main}]
ivr: [{id: main, start: q, nodes: {q: {type: queue, queue: support}}}]
`

// Two agents use one phone one after the other. Each is rung where he sits now: who comes to a phone where another one sits idle takes it
// over, where somebody talks he is refused. A wrong PIN is said and counted, and no PIN is written anywhere.
func TestRealSeats(t *testing.T) {
	const pin = "4711834711" // longer than any fraction of a second
	hash, err := password.Make(pin)
	if err != nil {
		t.Fatal(err)
	}
	c := newCentreOn(t, seats, func(c *node.Config) {
		registers(c)
		c.Agents[1].Contact = ""
	})
	c.pins.Set(map[string]string{"dora": hash, "emil": hash})
	window, door := c.softphone("101", "s101", annaSays), c.softphone("102", "s102", borisSays)
	enter := func(user, dial string, presses ...sipp.Press) {
		t.Helper()
		own := sipp.Callers{Phone: c.phone(nodetest.UDP(t)), User: user, Secret: "s" + user, Calls: []sipp.Call{{Name: dial, Number: user, Dialed: dial, Presses: presses, Patience: time.Minute}}}
		if r := c.background(func(ctx context.Context) ([]sipp.Result, error) { return own.Run(ctx) }, false)(); r[0].Last() != sipp.WasHungUp {
			t.Fatalf("%s: the phone saw %+v", dial, r)
		}
	}
	soon := 500 * time.Millisecond
	talks := func(number string, p *softphone, says int, agent string) (hangUp func()) {
		t.Helper()
		caller := c.softphone(number, "", callerSays)
		caller.ring("1000")
		p.await(phoneTalks)
		p.hears([]int{callerSays})
		caller.hears([]int{says})
		contact := c.contact(number)
		c.until("the talk of "+agent, func(f fact.Fact) bool {
			s, ok := f.Data.(fact.SegmentStarted)
			return ok && s.Agent == agent && f.Subject == contact
		})
		return func() {
			caller.hangUp()
			p.await(phoneCallEnded)
			c.end(number)
		}
	}

	enter("101", "*11", sipp.Press{After: soon, Digits: "1001#"}, sipp.Press{After: soon, Digits: pin + "#"})
	c.state("dora", fact.AgentReady, "")
	talks("4930111", window, annaSays, "dora")()

	enter("101", "*11*1002", sipp.Press{After: soon, Digits: "0000#"}, sipp.Press{After: soon, Digits: "1002#"}, sipp.Press{After: soon, Digits: pin + "#"})
	c.until("dora makes room", func(f fact.Fact) bool {
		d, ok := f.Data.(fact.AgentLogged)
		return ok && f.Subject == "dora" && d.Reason == fact.LogSeatTaken && d.Actor == "emil"
	})
	c.state("emil", fact.AgentReady, "")
	c.mu.Lock()
	wrong := slices.Contains(c.ignored, callcenter.IgnoredWrongLogIn)
	c.mu.Unlock()
	if !wrong {
		t.Error("the wrong PIN is not counted")
	}
	hangUp := talks("4930222", window, annaSays, "emil")

	c.sits("dora", "window", callcenter.RefusedSeatTaken)
	c.sits("dora", "door", "")
	talks("4930333", door, borisSays, "dora")()
	hangUp()
	door.ring("602") // a colleague's extension leads to where he sits
	window.await(phoneTalks)
	window.hears([]int{borisSays})
	door.hangUp()
	window.await(phoneCallEnded)
	enter("101", "*12")
	c.state("emil", fact.AgentLoggedOut, "")

	c.mu.Lock()
	written, err := json.Marshal([]any{c.facts, c.center.Changes()})
	c.mu.Unlock()
	if err != nil || strings.Contains(string(written), pin) {
		t.Errorf("the PIN is written: %v", err)
	}
	wants(t, "the log-ins", c.logIns(), "dora in window phone", "dora out window system seat_taken", "emil in window phone", "dora in door desk", "emil out window phone")
}

// sits has an agent log in at a seat by his page.
func (c *centre) sits(agent, seat string, refused callcenter.Refusal) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.step(time.Time{}, callcenter.Control{Agent: agent, Actor: agent, By: fact.ByDesk, Action: callcenter.ActionLogin, Seat: seat})
	if out.Reply == nil || out.Reply.Refused != refused {
		c.t.Fatalf("%s at %s: %+v, want %q", agent, seat, out.Reply, refused)
	}
}

// logIns are the facts of log-ins and log-outs, one a line.
func (c *centre) logIns() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, f := range c.facts {
		if d, ok := f.Data.(fact.AgentLogged); ok {
			what := strings.TrimPrefix(string(f.Type), "agent.logged_")
			out = append(out, strings.TrimSpace(strings.Join([]string{f.Subject, what, d.Seat, string(d.By), string(d.Reason)}, " ")))
		}
	}
	return out
}
