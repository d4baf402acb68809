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
