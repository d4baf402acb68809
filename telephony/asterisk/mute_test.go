package asterisk

import (
	"testing"
	"time"

	"firstline/telephony/callcenter"
)

// The agent mutes herself: nobody hears her, be it the caller or who she talks to besides, and she hears them. Then she is heard again.
func TestRealMute(t *testing.T) {
	d := newDesks(t)
	d.handsOn(callcenter.ActionMute, callcenter.Target{})
	d.caller.hearsNot(d.anna, annaSays)
	d.anna.hears([]int{callerSays}, borisSays)
	d.handsOn(callcenter.ActionConsult, sales())
	d.boris.await(phoneTalks)
	d.anna.hears([]int{borisSays}, callerSays)
	d.boris.hearsNot(d.anna, annaSays)
	d.handsOn(callcenter.ActionUnmute, callcenter.Target{})
	d.boris.hears([]int{annaSays}, callerSays)
	d.handsOn(callcenter.ActionConference, callcenter.Target{})
	d.caller.hears([]int{annaSays, borisSays}, callerSays)
	d.handsOn(callcenter.ActionMute, callcenter.Target{})
	d.caller.hears([]int{borisSays}, annaSays)
	d.boris.hears([]int{callerSays}, annaSays)
	d.anna.hears([]int{borisSays, callerSays})
	d.ask("boris", callcenter.ActionMute, "")
	d.caller.hearsNot(d.anna, annaSays, borisSays)
	d.handsOn(callcenter.ActionUnmute, callcenter.Target{})
	d.caller.hears([]int{annaSays}, borisSays)
	d.boris.hears([]int{annaSays, callerSays})
	d.caller.hangUp()
	d.end("4930111")
	wants(t, "the story", d.taleOf(d.contact, "mute."), "mute.started anna", "mute.ended anna desk", "mute.started anna", "mute.started boris",
		"mute.ended anna desk", "mute.ended boris system")
	for _, ev := range d.sink.all() {
		if failed, ok := ev.(callcenter.CommandFailed); ok {
			t.Errorf("refused: %+v", failed)
		}
	}
}

// After the link was down who is muted still is, whatever Asterisk knew of it.
func TestRealMuteKept(t *testing.T) {
	d := newDesks(t)
	d.handsOn(callcenter.ActionMute, callcenter.Target{})
	d.caller.hearsNot(d.anna, annaSays)
	d.Execute([]callcenter.Command{
		callcenter.Mute{Head: callcenter.Head{ID: d.contact + "/m1", Contact: d.contact}, Channel: "fl.leg." + d.contact + ".1"},
	})
	d.caller.hears([]int{annaSays})
	d.Put(time.Time{}, callcenter.LinkLost{Why: "the test"})
	d.handOn(t.Context(), "the test")
	d.caller.hearsNot(d.anna, annaSays)
	d.anna.hears([]int{callerSays})
	d.caller.hangUp()
	d.end("4930111")
	wants(t, "the story", d.taleOf(d.contact, "mute."), "mute.started anna", "mute.ended anna system")
}
