package asterisk

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// supervises asks for something about anna's talk with boris' phone: he is the supervisor here.
func (d *desks) supervises(action callcenter.Action, mode fact.MonitorMode) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.step(time.Time{}, callcenter.Control{Agent: "boris", Actor: "boss", By: fact.BySupervisor, Action: action, Contact: d.contact, Mode: mode})
	if out.Reply == nil || out.Reply.Refused != "" {
		d.t.Fatalf("%s %s: %+v", action, mode, out.Reply)
	}
}

// A supervisor listens, says something to the agent alone, barges in, and takes the caller over. Who hears whom is measured by
// tones at each step.
func TestRealMonitor(t *testing.T) {
	d := newDesks(t)
	d.supervises(callcenter.ActionMonitor, fact.MonitorListen)
	d.boris.await(phoneTalks)
	d.boris.hears([]int{annaSays, callerSays}, borisSays)
	d.anna.hears([]int{callerSays}, borisSays)
	d.caller.hears([]int{annaSays}, borisSays)

	d.supervises(callcenter.ActionMonitor, fact.MonitorWhisper)
	d.anna.hears([]int{callerSays, borisSays}, annaSays)
	d.caller.hears([]int{annaSays}, borisSays)
	d.boris.hears([]int{annaSays, callerSays}, borisSays)

	d.supervises(callcenter.ActionMonitor, fact.MonitorBarge)
	d.caller.hears([]int{annaSays, borisSays}, callerSays)
	d.anna.hears([]int{callerSays, borisSays}, annaSays)

	d.supervises(callcenter.ActionMonitor, fact.MonitorListen)
	d.caller.hears([]int{annaSays}, borisSays)
	d.boris.hears([]int{annaSays, callerSays}, borisSays)

	d.supervises(callcenter.ActionTakeOver, "")
	d.anna.await(phoneCallEnded)
	d.caller.hears([]int{borisSays}, annaSays)
	d.boris.hears([]int{callerSays}, annaSays)
	d.caller.hangUp()
	if ended := d.end("4930111"); ended.LastAgent != "boris" || ended.Entries != 1 {
		t.Errorf("the contact ended %+v", ended)
	}
	wants(t, "the monitors", d.taleOf(d.contact, "monitor."), "monitor.started boris listen", "monitor.ended switched", "monitor.started boris whisper",
		"monitor.ended switched", "monitor.started boris barge", "monitor.ended switched", "monitor.started boris listen", "monitor.ended took_over")
}

// A supervisor whose phone is rejected or not there is told so; the talk goes on.
func TestRealMonitorMissed(t *testing.T) {
	d := newDesks(t)
	d.boris.do("answermode", "manual")
	d.supervises(callcenter.ActionMonitor, fact.MonitorListen)
	d.boris.await(phoneCalled)
	d.boris.hangUp()
	d.missed(fact.OfferBusy) // what this phone says to a call it rejects
	d.boris.do("uadel", "sip:102@"+d.boris.host)
	d.until("the phone to be gone", func(f fact.Fact) bool {
		s, ok := f.Data.(fact.AgentStateBegan)
		return ok && f.Subject == "boris" && s.State == fact.AgentUnreachable
	})
	d.supervises(callcenter.ActionMonitor, fact.MonitorListen)
	d.missed(fact.OfferUnavailable)
	d.caller.hears([]int{annaSays})
}

// missed waits until a supervisor's request has come to nothing.
func (d *desks) missed(result fact.OfferResult) {
	d.t.Helper()
	d.until("the phone to be "+string(result), func(f fact.Fact) bool {
		m, ok := f.Data.(fact.MonitorMissed)
		return ok && m.Supervisor == "boris" && m.Result == result
	})
}
