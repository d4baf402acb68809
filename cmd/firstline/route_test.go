package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"firstline/analytics/query"
	"firstline/pipeline/fact"
	"firstline/telephony/sim"
)

// tool runs a sub-command by the product's own configuration.
func (p *product) tool(args ...string) (int, string) {
	p.t.Helper()
	env := map[string]string{}
	for _, set := range p.env {
		name, value, _ := strings.Cut(set, "=")
		env[name] = value
	}
	return tool(p.t, env, append(args, "--config", p.config)...)
}

// explained asks `firstline route explain` about a call that overflowed into the queue that goes round.
func (p *product) explained(contacts map[string]query.Contact) {
	p.t.Helper()
	for _, c := range contacts {
		if strings.Join(c.Queues, ",") != "slow,brief" {
			continue
		}
		code, out := p.tool("route", "explain", c.ID)
		for _, want := range []string{
			`contact ` + c.ID + `, arrived `, `waits in slow, place \d`, `leaves slow: overflowed after 2(\.\d+)?s`, `waits in brief, place \d`,
			`b\d is rung, by round robin`, `b\d: answered after \d+m?s`, `leaves brief: answered after `,
		} {
			if code != exitOK || !regexp.MustCompile(want).MatchString(out) {
				p.t.Errorf("explain: %d: no %s in\n%s", code, want, out)
			}
		}
		p.t.Log(out)
		break
	}
	if code, out := p.tool("route", "explain", "pbx1-1.1"); code != exitFault || !strings.Contains(out, `no contact "pbx1-1.1" is loaded`) {
		p.t.Errorf("an unknown contact: %d: %s", code, out)
	}
}

// replayed has the recorded calls tried with two strategies.
func (p *product) replayed(from time.Time, calls int) {
	p.t.Helper()
	code, out := p.tool("route", "replay", "--from", from.UTC().Format(time.RFC3339Nano), "--until", time.Now().UTC().Format(time.RFC3339Nano),
		"--strategy", "least_recent,ordered", "--runs", "3")
	p.t.Log(out)
	for _, want := range []string{`160 callers, 12 agents`, `brief +recorded +72 +72 +0`, `brief +as configured +72 +72 +0`, `brief +ordered +72 +72 +0`, `nobody +least_recent +40 +0 +40`} {
		if code != exitOK || !regexp.MustCompile(want).MatchString(out) {
			p.t.Errorf("replay of %d calls: %d: no %q", calls, code, want)
		}
	}
}

const dayOfTwoQueues = `
node: pbx1
queues:
  - {id: support, wrap_up: 20s, max_missed: 2, max_wait: 5m, max_length: 20, overflow: sales}
  - {id: sales, max_missed: 2, max_wait: 5m, max_length: 20, join_empty: true}
agents:
  - {id: agent01, endpoint: PJSIP/101, queues: [support, sales], skills: {english: 1}}
  - {id: agent02, endpoint: PJSIP/102, queues: [support, sales], skills: {english: 2}}
  - {id: agent03, endpoint: PJSIP/103, queues: [sales], skills: {english: 3, russian: 2}}
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: q, nodes: {q: {type: queue, queue: support}}}]
`

func TestRouteReplay(t *testing.T) {
	var day bytes.Buffer
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	if err := sim.WriteDay(&day, 2, from, 100); err != nil {
		t.Fatal(err)
	}
	facts := filepath.Join(t.TempDir(), "day.jsonl")
	if err := os.WriteFile(facts, day.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	config := file(t, dayOfTwoQueues)
	replay := func(more ...string) (int, string) {
		args := append([]string{"route", "replay", "--config", config, "--facts", facts, "--from", "2026-03-02T00:00:00Z", "--until", "2026-03-03T00:00:00Z", "--runs", "2"}, more...)
		return tool(t, nil, args...)
	}
	code, out := replay("--strategy", "fewest_calls,random,ring_all")
	for _, want := range []string{"sales +recorded", "sales +as configured", "support +fewest_calls", "support +random", "support +ring_all", `in 20s`, "answered by an agent"} {
		if code != exitOK || !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%d: no %q in\n%s", code, want, out)
		}
	}
	if _, again := replay("--strategy", "fewest_calls,random,ring_all"); again != out {
		t.Error("the same record gives another answer")
	}
	for _, c := range []struct{ flag, value, want string }{
		{"--strategy", "best", `there is no strategy "best"`},
		{"--from", "yesterday", "is not understood"},
		{"--until", "2026-03-01T00:00:00Z", "is not before"},
		{"--runs", "0", "is none"},
		{"--facts", config, "fact 1: "},
	} {
		if code, out := replay(c.flag, c.value); code != exitFault || !strings.Contains(out, c.want) {
			t.Errorf("%s %s: %d: %s", c.flag, c.value, code, out)
		}
	}
	if code, out := tool(t, nil, "route"); code != exitFault || !strings.Contains(out, "explain CONTACT, or replay") {
		t.Errorf("%d: %s", code, out)
	}
}

// What explain says of each kind of fact.
func TestRouteExplainWords(t *testing.T) {
	for _, c := range []struct {
		data fact.Data
		want string
	}{
		{fact.Queued{Queue: "support", Position: 2, Priority: 3, Skills: []string{"de:2"}, Requires: []string{"en > 0"}, MaxTier: 1, Prefer: "anna"},
			"waits in support, place 2, priority 3, de 2 or more, agents with en > 0, up to tier 1, first for anna"},
		{fact.Relaxed{Reason: fact.RelaxedByMiss}, "may be given to more agents: preferred miss"},
		{fact.Offered{Agent: "anna", Decision: fact.Decision{Rule: "least_talk", Eligible: []string{"anna", "ben"}, EligibleCount: 9, Others: []string{"paused:2", "skill:1"}}},
			"anna is rung, by least talk, the first of 9: anna, ben, …; not: 2 paused, 1 skill"},
		{fact.Offered{Agent: "anna"}, "anna is rung; recorded before decisions were"},
		{fact.QueueRefused{Queue: "support", Reason: fact.RefusedFull}, "is refused by support: full"},
		{fact.CallEnded{}, ""},
	} {
		if got := routingOf(c.data); got != c.want {
			t.Errorf("%+v: %q, want %q", c.data, got, c.want)
		}
	}
}
