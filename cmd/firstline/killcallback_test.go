package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"firstline/analytics/client"
	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
)

// promises is a support line that calls back who presses 2.
const promises = `
outbound: {endpoint: "PJSIP/{number}@trunk", caller_id: "Acme <4930100>", allow: ["4930*"]}
queues: [{id: support, name: Support, ring_timeout: 20s, join_empty: true, callback: {ring: 40s}}]
agents: [{id: anna, name: Anna, endpoint: PJSIP/301, pin_hash_env: PIN, queues: [support]}]
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: line
    nodes:
      line: {type: queue, queue: support, keys: {"2": back}}
      back: {type: callback, queue: support, confirm: [beep, "{digits}"], prompt: [beep], next: bye, gave_up: bye}
      bye: {type: hangup}
`

// TestKillCallback kills the controller after it promised a call, and once more while the customer's phone rings: he keeps his place
// before one who came later, and is rung once.
func TestKillCallback(t *testing.T) {
	t.Parallel()
	const first, second = "4930111", "4930222"
	p := startProduct(t, "promise", promises)
	agent := p.phones(p.agent(0, "anna", "301", sipp.Act{Do: sipp.DoAnswer, After: 200 * time.Millisecond, Talk: 14 * time.Second})) // longer than it rings at the customer's
	customer := p.phones(p.customer(sipp.Act{Do: sipp.DoAnswer, After: 10 * time.Second, Talk: time.Minute}))                        // the controller dies and is back meanwhile
	from := time.Now().Add(-time.Second)
	press := func(key string) sipp.Press { return sipp.Press{After: 800 * time.Millisecond, Digits: key} }
	_, err := p.callers(0, sipp.Call{Name: "asks", Number: first, Dialed: "1", Presses: []sipp.Press{press("2"), press("1")}, Patience: 20 * time.Second}).Run(context.Background())
	p.must(err)
	waits := make(chan error, 1)
	go func() {
		_, err := p.callers(1, sipp.Call{Name: "waits", Number: second, Dialed: "1", Patience: 2 * time.Minute}).Run(context.Background())
		waits <- err
	}()
	p.waitFor("both to wait", time.Minute, func() error { return p.stage("waiting", 2) })
	before := p.line()
	if len(before) != 2 || !strings.Contains(before[0], "-cb1 ") {
		t.Fatalf("the line is %q", before)
	}

	p.killController()
	if after := p.line(); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("the line was %q, after the death it is %q", before, after)
	}
	p.must(p.act("anna", client.ControlInputBodyActionLogin)) // and is rung at once
	p.waitFor("the customer's phone to ring", 30*time.Second, p.trunkRings)
	p.killController()
	p.must(p.trunkRings()) // yet
	back := p.calledBack(from)
	if back.Number != first || back.Agent != "anna" || back.Attempts != 1 {
		t.Errorf("the callback is %+v", back)
	}
	p.must(<-waits)

	p.waitFor("three contacts to end", time.Minute, func() error {
		all, err := p.contacts(from)
		if err != nil {
			return err
		}
		got := map[string]string{}
		for _, c := range all {
			if c.Result != nil && !c.Open {
				got[*c.CallerNumber+" "+string(c.Kind)] = string(*c.Result)
			}
		}
		if len(all) != 3 || got[first+" inbound"] != string(fact.ResultContained) || got[first+" callback"] != string(fact.ResultAnswered) || got[second+" inbound"] != string(fact.ResultAnswered) {
			return fmt.Errorf("%d contacts, ended are %v", len(all), got)
		}
		return nil
	})
	if rung := customer(); len(rung) != 1 || !rung[0].Has(sipp.Answered) || rung[0].Number != "4930100" {
		t.Errorf("the customer's phone saw %+v", rung)
	}
	var order []string
	for _, r := range agent() {
		order = append(order, r.Number)
	}
	if want := []string{first, second}; strings.Join(order, " ") != strings.Join(want, " ") {
		t.Errorf("the agent was rung for %q, want %q", order, want)
	}
}

// killController kills it with SIGKILL and waits for its successor.
func (p *product) killController() {
	p.t.Helper()
	before := p.killRole("controller")
	p.waitFor("the controller to be back", time.Minute, func() error {
		if p.roleID("controller") == before {
			return errors.New("still the old process")
		}
		return p.ready(p.ports.Control)
	})
}

// line is who waits, one by one: contact, since when.
func (p *product) line() []string {
	p.t.Helper()
	s, err := p.now()
	p.must(err)
	out := make([]string, s.stages()["waiting"])
	for _, c := range s.Contacts {
		if c.Stage != "waiting" {
			continue
		}
		if at := c.Entry.Position; at < 1 || at > len(out) {
			p.t.Fatalf("place %d of %d", at, len(out))
		}
		out[c.Entry.Position-1] = c.ID + " " + c.Entry.QueuedAt.String()
	}
	return out
}

// trunkRings wants a phone outside to ring.
func (p *product) trunkRings() error {
	var channels []struct{ Name, State string }
	p.ari("/channels", &channels)
	for _, c := range channels {
		if strings.HasPrefix(c.Name, "PJSIP/trunk-") && c.State == "Ringing" {
			return nil
		}
	}
	return fmt.Errorf("channels %+v", channels)
}

// calledBack waits until the only callback has led to a talk, by the API.
func (p *product) calledBack(from time.Time) client.Callback {
	p.t.Helper()
	var back client.Callback
	p.waitFor("the talk", time.Minute, func() error {
		page, err := p.api.ListCallbacks(context.Background(), &client.ListCallbacksParams{From: from, Until: time.Now().Add(time.Minute)})
		if err != nil {
			return err
		}
		if len(page.Items) != 1 || page.Items[0].State != client.CallbackStateConnected {
			return fmt.Errorf("callbacks %+v", page.Items)
		}
		back = page.Items[0]
		return nil
	})
	return back
}
