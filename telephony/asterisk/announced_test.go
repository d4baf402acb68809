package asterisk

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/callcenter"
)

// announcedDesks is twoDesks whose first queue records all and says so, and whose second when it is asked for, in other words.
var announcedDesks = strings.NewReplacer(`wrap_up: 5s}`, `wrap_up: 5s, recording: {mode: all, keep: 48h, announce: ["prompt:recorded", "prompt:recorded"]}}`,
	`wrap_up: 3s}`, `wrap_up: 3s, recording: {mode: demand, announce: ["prompt:here"]}}`).Replace(twoDesks) + `
prompts: {list: [{id: recorded, text: {en: "This call is recorded."}}, {id: here, text: {en: "Here too."}}]}
`

// What the two say, in Hz, and for how long. Two of them are longer than the six seconds from one ringing tone to the next.
const (
	recordedSays = 1600
	hereSays     = 2100
	saysFor      = 4 * time.Second
)

// says puts a tone in the place of a prompt.
func (c *centre) says(prompt string, tone int) {
	c.t.Helper()
	dir := filepath.Join(c.cfg.Root, node.PromptsDir(c.cfg.Name))
	if err := node.OpenToAll(filepath.Join(dir, "en")); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var sound bytes.Buffer
	for i := range int(saysFor.Seconds() * rate) {
		_ = binary.Write(&sound, binary.LittleEndian, int16(8000*math.Sin(2*math.Pi*float64(tone)*float64(i)/rate)))
	}
	if err := os.WriteFile(filepath.Join(dir, "en", prompt+".sln"), sound.Bytes(), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "en", prompt+".sln"), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// heardOf is how much of a tone alone the phone has heard so far.
func (p *softphone) heardOf(tone int) time.Duration {
	const packet = rate / 50
	p.mu.Lock()
	defer p.mu.Unlock()
	most := 0
	for _, sound := range p.heard { // order doesn't matter: one port heard it
		n := 0
		for part := range slices.Chunk(sound, packet) {
			if share(part, tone) > 0.9 {
				n++
			}
		}
		most = max(most, n)
	}
	return time.Duration(most) * 20 * time.Millisecond
}

// The caller hears that he is recorded, to its end, while the agent who took her phone hears it ring; then they talk, and only that is
// recorded. In the second queue the agent asks for a recording: both hear of it, and then it begins.
func TestRealRecordingAnnounced(t *testing.T) {
	d := &desks{centre: newCentreOn(t, announcedDesks, registers)}
	d.says("recorded", recordedSays)
	d.says("here", hereSays)
	dir := d.keeps()
	d.anna, d.boris = d.softphone("101", "s101", annaSays), d.softphone("102", "s102", borisSays)
	d.caller = d.softphone("4930111", "", callerSays)
	d.ask("anna", callcenter.ActionLogin, "")
	d.ask("boris", callcenter.ActionLogin, "")
	d.caller.ring("1000")
	d.contact = d.centre.contact("4930111")
	d.anna.await(phoneTalks)
	d.anna.hears([]int{440, 480}, callerSays) // the ringing tone
	d.caller.hears([]int{recordedSays}, annaSays)
	d.caller.hears([]int{annaSays}, recordedSays)
	d.anna.hears([]int{callerSays}, 480)
	if heard := d.caller.heardOf(recordedSays); heard < 2*saysFor*9/10 {
		t.Errorf("he heard %s of twice %s", heard, saysFor)
	}
	d.anna.next(time.Second)

	d.handsOn(callcenter.ActionTransfer, sales())
	s := d.open(dir, d.storedFile(1))
	d.holds("what the caller heard in the recording", s.heard[rate/4:len(s.heard)-rate/4], annaSays, recordedSays)
	d.boris.await(phoneTalks)
	d.caller.hears([]int{borisSays}, hereSays)
	d.ask("boris", callcenter.ActionRecord, "")
	d.caller.hears([]int{hereSays})
	d.boris.hears([]int{hereSays})
	d.until("the second recording", func(f fact.Fact) bool {
		r, ok := f.Data.(fact.RecordingStarted)
		return ok && r.Queue == "sales"
	})
	d.caller.hears([]int{borisSays}, hereSays)
	d.boris.hears([]int{callerSays}, hereSays)
	d.boris.next(time.Second)
	d.caller.hangUp()
	s = d.open(dir, d.storedFile(2))
	d.holds("what he heard of the second", s.heard[rate/4:len(s.heard)-rate/4], borisSays, hereSays)
	d.end("4930111")
	wants(t, "the story", d.taleOf(d.contact, "queue.", "offer.ended", "recording.announced", "recording.started"), "queue.queued support en", "recording.announced support heard",
		"offer.ended anna answered", "queue.ended support answered", "recording.started support all", "queue.queued sales en", "offer.ended boris answered", "queue.ended sales answered", "recording.announced sales heard", "recording.started sales demand")
	for _, ev := range d.sink.all() {
		if failed, ok := ev.(callcenter.CommandFailed); ok {
			t.Errorf("refused: %+v", failed)
		}
	}
}

// A key leads him out of the queue before he has heard all of it. Called back he hears it on the line, before the agent has him who
// waits for him.
func TestRealRecordingAnnouncedToCustomer(t *testing.T) {
	d := newCallbacksOn(t, strings.Replace(calledBack, `keep: 24h}`, `keep: 24h, announce: ["prompt:recorded", "prompt:recorded"]}`, 1)+`
prompts: {list: [{id: recorded, text: {en: "This call is recorded."}}]}
`)
	d.says("recorded", recordedSays)
	d.ask("anna", callcenter.ActionLogin, "")
	d.ask("anna", callcenter.ActionPause, fact.AutoPauseReason)
	back := d.calls("1000", "2", "1")
	if tale := d.taleOf(d.contact, "recording."); len(tale) > 0 {
		t.Errorf("he was told all: %v", tale)
	}
	d.ask("anna", callcenter.ActionReady, "")
	d.anna.await(phoneTalks)
	d.caller.await(phoneCalled)
	d.caller.accept()
	d.caller.hears([]int{recordedSays}, annaSays)
	d.anna.hears([]int{440, 480}, callerSays) // the ringing tone
	d.caller.hears([]int{annaSays}, recordedSays)
	d.anna.hears([]int{callerSays}, 480)
	d.caller.hangUp()
	d.until("its end", func(f fact.Fact) bool { return f.Subject == back && f.Type == fact.TypeCallEnded })
	wants(t, "the callback", d.taleOf(back, "callback.", "offer.ended", "recording.announced", "recording.started"), "callback.promised support agent",
		"callback.attempted reached", "recording.announced support heard", "offer.ended anna answered", "callback.ended connected", "recording.started support all")
}
