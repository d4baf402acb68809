package callcenter_test

import (
	"fmt"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// BenchmarkCall is one whole call, from arrival to the end of the talk, while a thousand ended contacts are kept and fifty
// callers wait for somebody else: nine Steps.
func BenchmarkCall(b *testing.B) {
	c, err := callcenter.New(loadPlan(b, "base"))
	if err != nil {
		b.Fatal(err)
	}
	now := began()
	step := func(ev callcenter.Event) callcenter.Output {
		now = now.Add(time.Millisecond)
		return c.Step(callcenter.Input{At: now, Event: ev})
	}
	step(callcenter.Reconciled{})
	step(callcenter.Control{Agent: "anna", Action: callcenter.ActionLogin, By: fact.ByDesk})
	call := func(i int) {
		id := fmt.Sprintf("pbx1-%d.1", i)
		leg := "fl.leg." + id + ".1"
		step(callcenter.CallArrived{Channel: id, Number: "100", Dialed: "3000", Created: now})
		step(callcenter.LegRinging{Channel: leg})
		step(callcenter.LegAnswered{Channel: leg})
		step(callcenter.ChannelEnded{Channel: leg, Cause: 16})
		step(callcenter.ChannelEnded{Channel: id, Cause: 16})
	}
	for i := range 50 {
		step(callcenter.CallArrived{Channel: fmt.Sprintf("waits-%d", i), Dialed: "4000", Created: now})
	}
	for i := range 1000 {
		call(i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		call(10_000 + i)
	}
}
