package asterisk

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
)

const mailbox = `
queues: [{id: support, recording: {keep: 48h}}]
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: leave
    nodes:
      leave: {type: voicemail, queue: support, prompt: [beep], longest: 5s, silence: 1s, next: bye}
      bye: {type: hangup, media: [vm-goodbye]}
`

// A caller leaves a message: it ends when it is as long as it may be, or by his silence. He hears goodbye, and was served. The file
// is opened: left what he said, right nothing.
func TestRealVoicemail(t *testing.T) {
	d := &desks{centre: newCentreOn(t, mailbox, nil)}
	dir := d.keeps()
	d.caller = d.softphone("4930111", "", callerSays)
	d.caller.ring("1000")
	d.contact = d.centre.contact("4930111")
	stored := d.storedFile(1)
	d.caller.await(phoneCallEnded)
	s := d.open(dir, stored)
	if seconds := float64(len(s.said)) / rate; seconds < 4.5 || seconds > 5.5 {
		t.Errorf("the message lasts %.2f s", seconds)
	}
	d.holds("what the caller said", s.said[rate/4:len(s.said)-rate/4], callerSays, borisSays)
	d.holds("what nobody said", s.heard, 0, 0)
	if ended := d.end("4930111"); ended.Termination.Result != fact.ResultContained {
		t.Errorf("the contact ended %+v", ended)
	}
	wants(t, "the message", d.taleOf(d.contact, "recording."), "recording.started support voicemail", "recording.ended complete", "recording.stored r1")

	quiet := d.call(sipp.Call{Name: "quiet", Number: "4930222", Dialed: "1000", Patience: time.Minute}) // sends no sound
	contact := d.centre.contact("4930222")
	message := d.until("the silence to end the message", func(f fact.Fact) bool { return f.Subject == contact && f.Type == fact.TypeRecordingEnded })
	if ms := message.Data.(fact.RecordingEnded).DurationMS; ms < 1000 || ms > 4500 {
		t.Errorf("the silent message lasts %d ms", ms)
	}
	if r := quiet(); len(r) != 1 || r[0].Last() != sipp.WasHungUp {
		t.Errorf("the silent caller saw %+v", r)
	}
	if ended := d.end("4930222"); ended.Termination.Result != fact.ResultContained {
		t.Errorf("the silent contact ended %+v", ended)
	}
}
