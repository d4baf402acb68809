package callcenter_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// FuzzStep turns bytes into events over so few ids that they collide all the time. Nothing may panic, and the rules of
// rules_test.go hold after every Step. At the end everybody hangs up: then nothing may be left.
func FuzzStep(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("a call that comes, waits, rings, is answered and ends: \x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"))
	seed := make([]byte, 0, 600)
	for i := range 600 {
		seed = append(seed, byte(i*i*7+i*31))
	}
	f.Add(seed)
	plans := map[string]*callcenter.Plan{"base": loadPlan(f, "base"), "smaller": loadPlan(f, "smaller"), "shared": loadPlan(f, "shared")}
	f.Fuzz(func(t *testing.T, data []byte) { playBytes(t, plans, data[:min(len(data), maxFuzz)]) })
}

// maxFuzz bounds an input: longer ones find nothing that several short ones don't, but slowly.
const maxFuzz = 800

// TestStepAtRandom plays random bytes as FuzzStep does.
func TestStepAtRandom(t *testing.T) {
	plans := map[string]*callcenter.Plan{"base": loadPlan(t, "base"), "smaller": loadPlan(t, "smaller"), "shared": loadPlan(t, "shared")}
	for seed := range uint64(60) {
		dice := rand.NewPCG(seed, 1)
		data := make([]byte, 100+dice.Uint64()%2000)
		for i := range data {
			data[i] = byte(dice.Uint64() >> 32)
		}
		playBytes(t, plans, data)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func playBytes(t *testing.T, plans map[string]*callcenter.Plan, data []byte) {
	c, err := callcenter.New(plans["base"])
	if err != nil {
		t.Fatal(err)
	}
	z := &fuzzer{t: t, data: data, center: c, rules: newRules(t, c), now: began(), plans: plans}
	z.step(callcenter.Reconciled{})
	for _, a := range []string{"anna", "boris"} {
		z.step(callcenter.Control{Agent: a, Action: callcenter.ActionLogin})
	}
	for len(z.data) > 0 && !t.Failed() {
		z.now = z.now.Add(time.Duration(z.pick(40)) * 137 * time.Millisecond)
		z.step(z.event())
	}
	z.goHome()
}

type fuzzer struct {
	t      *testing.T
	data   []byte
	center *callcenter.Center
	rules  *rules
	now    time.Time
	plans  map[string]*callcenter.Plan
}

// pick takes a number below n from the input.
func (z *fuzzer) pick(n int) int {
	if len(z.data) == 0 {
		return 0
	}
	b := int(z.data[0])
	z.data = z.data[1:]
	return b % n
}

func (z *fuzzer) of(list ...string) string { return list[z.pick(len(list))] }

func (z *fuzzer) step(ev callcenter.Event) {
	in := callcenter.Input{At: z.now, Event: ev}
	if z.pick(4) == 1 {
		in.Occurred = z.now.Add(time.Duration(z.pick(5)-3) * time.Second)
	}
	z.rules.check(in, z.center.Step(in))
	z.center.Snapshot(z.now)
}

func (z *fuzzer) caller() string { return z.of("c1", "c2", "c3") }
func (z *fuzzer) leg() string    { return fmt.Sprintf("fl.leg.%s.%d", z.caller(), 1+z.pick(4)) }

func (z *fuzzer) event() callcenter.Event {
	switch z.pick(24) {
	case 0, 1:
		return callcenter.CallArrived{
			Channel: z.caller(), Number: "100", Dialed: z.of("1000", "2000", "3000", "4000", "*11", "*11*1", "*13", "*142", "9"),
			Endpoint: z.of("", "", "PJSIP/101", "PJSIP/102", "PJSIP/201"), Created: z.now.Add(-time.Duration(z.pick(9)) * time.Second),
		}
	case 2, 3:
		return callcenter.DigitPressed{Channel: z.caller(), Digit: z.of("1", "2", "3", "#", "9", "x")}
	case 4:
		return callcenter.PlaybackEnded{Playback: fmt.Sprintf("fl.pb.%s.%d", z.caller(), 1+z.pick(5)), Failed: z.pick(2) == 1}
	case 5, 6, 7:
		return callcenter.LegRinging{Channel: z.leg()}
	case 8, 9:
		return callcenter.LegAnswered{Channel: z.leg()}
	case 10:
		return callcenter.ChannelEnded{Channel: z.caller(), Cause: 16}
	case 11:
		return callcenter.ChannelEnded{Channel: z.leg(), Cause: z.pick(30), TechCause: []int{0, 404, 486, 603}[z.pick(4)]}
	case 12:
		return callcenter.ChannelHeld{Channel: z.of(z.caller(), z.leg())}
	case 13:
		return callcenter.ChannelUnheld{Channel: z.of(z.caller(), z.leg())}
	default:
		return z.rarer()
	}
}

func (z *fuzzer) rarer() callcenter.Event {
	switch z.pick(12) {
	case 10:
		return callcenter.PINChecked{Check: fmt.Sprintf("%s/x%d", z.caller(), 1+z.pick(12)), Known: z.pick(4) > 0, Right: z.pick(2) == 1}
	case 0:
		return callcenter.CommandFailed{ID: fmt.Sprintf("%s/x%d", z.of(z.caller(), "agent/anna"), 1+z.pick(20)), Code: []int{0, 404, 400, 500}[z.pick(4)]}
	case 1:
		result := fact.LookupFound
		if z.pick(2) == 1 {
			result = fact.LookupNotFound
		}
		return callcenter.LookupDone{Lookup: z.caller() + "/l1", Result: result, Customer: "k", Priority: z.pick(3)}
	case 2:
		return z.control()
	case 3:
		return callcenter.EndpointState{Endpoint: z.of("PJSIP/101", "PJSIP/102", "x"), Registered: z.pick(2) == 1, Channels: []string{z.of("c1", "out", z.leg())}}
	case 4:
		return callcenter.FallbackEvent{
			Channel: z.caller(), Queue: z.of("support", "sales"), Agent: z.of("", "PJSIP/101", "x"), Offset: int64(z.pick(3)),
			Event:  z.of("ENTERQUEUE", "CONNECT", "ABANDON", "EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY", "COMPLETECALLER", "COMPLETEAGENT", "?"),
			WaitMS: int64(z.pick(9)) * 1000, TalkMS: int64(z.pick(9)) * 1000,
		}
	case 5:
		return callcenter.PlanChanged{Plan: z.plans[z.of("base", "smaller", "shared", "shared")]}
	case 6:
		return callcenter.LinkLost{}
	case 7:
		return z.reconciled()
	case 9:
		return callcenter.PhoneChecked{
			Check: fmt.Sprintf("agent/%s/x%d", z.of("anna", "boris", "?"), 1+z.pick(4)),
			Phone: callcenter.EndpointState{Endpoint: z.of("PJSIP/101", "PJSIP/102"), Registered: z.pick(3) > 0},
		}
	case 8:
		return callcenter.PopSeen{Pop: z.caller() + "/p1", Opened: z.pick(2) == 1}
	default:
		return callcenter.Wake{}
	}
}

func (z *fuzzer) control() callcenter.Event {
	actions := []callcenter.Action{
		callcenter.ActionLogin, callcenter.ActionLogout, callcenter.ActionReady, callcenter.ActionPause,
		callcenter.ActionWrapUpDone, callcenter.ActionWrapUpMore, callcenter.ActionDisposition,
		callcenter.ActionVoicemailDone, callcenter.ActionVoicemailOpen, "?",
	}
	return callcenter.Control{
		Request: z.of("", "r1", "r2"), Agent: z.of("anna", "boris", "clara", "?"), Action: actions[z.pick(len(actions))],
		Reason: z.of("break", "?"), Code: z.of("solved", "?"), Contact: z.caller(), Recording: z.of("", "ch1/r1"),
		Seat: z.of("", "", "102", "201", "?"),
	}
}

func (z *fuzzer) reconciled() callcenter.Event {
	var e callcenter.Reconciled
	for range z.pick(6) {
		e.Channels = append(e.Channels, callcenter.ActualChannel{
			ID: z.of(z.caller(), z.leg(), "new", "fl.leg.gone.1", "fl.x"), State: z.of("Up", "Down", "Ringing"), InApp: z.pick(3) > 0,
			Dialed: "2000", Created: z.now.Add(-time.Duration(z.pick(20)) * time.Second),
		})
	}
	if z.pick(2) == 1 {
		e.Bridges = []callcenter.ActualBridge{{ID: "fl.br." + z.caller() + ".1", Members: []string{z.caller(), z.leg()}}}
	}
	return e
}

// goHome: every channel is gone, the agents log out, the hours pass; nobody is left.
func (z *fuzzer) goHome() {
	z.step(callcenter.LinkLost{})
	z.step(callcenter.Reconciled{})
	for range 3 {
		z.now = z.now.Add(2 * time.Minute)
		z.step(callcenter.Wake{})
		z.step(callcenter.Reconciled{})
	}
	for _, a := range []string{"anna", "boris", "clara"} {
		z.step(callcenter.Control{Agent: a, Action: callcenter.ActionLogout})
	}
	z.now = z.now.Add(2 * time.Hour)
	z.step(callcenter.Wake{})
	if s := z.center.Snapshot(z.now); len(s.Contacts) > 0 {
		z.t.Errorf("contacts are left: %+v", s.Contacts)
	}
	for _, ch := range z.center.Changes() {
		if ch.Key[:4] == "cont" {
			z.t.Errorf("left: %s %s", ch.Key, ch.Value)
		}
	}
	if at, ok := z.center.Deadline(); ok {
		z.t.Errorf("waits for %s", at)
	}
}
