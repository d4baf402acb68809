package asterisk

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/archive"
	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
	"firstline/telephony/recordings"
)

// recordedDesks is twoDesks whose first queue records all, and whose second when it is asked for.
var recordedDesks = strings.NewReplacer(`wrap_up: 5s}`, `wrap_up: 5s, recording: {mode: all, keep: 48h, pause_on_hold: true}}`,
	`wrap_up: 3s}`, `wrap_up: 3s, recording: {mode: demand}}`).Replace(twoDesks)

// keeps has what is recorded fetched from Asterisk and kept in a folder of the test.
func (c *centre) keeps() archive.Dir {
	cfg := recordings.DefaultConfig()
	cfg.Dir = c.t.TempDir()
	keeper, err := recordings.New(cfg, c.Adapter, c, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- keeper.Run(ctx) }()
	c.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			c.t.Error(err)
		}
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keeper = keeper
	return archive.Dir(cfg.Dir)
}

// sound is a recording's file: what the caller said and what he heard.
type sound struct{ said, heard []float64 }

// open reads a recording that was kept, as the fact says it is.
func (d *desks) open(dir archive.Dir, stored fact.RecordingStored) sound {
	d.t.Helper()
	file, err := dir.Open(stored.Recording, stored.KeepUntil)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(file)
	if err != nil {
		d.t.Fatal(err)
	}
	const header, frame = 44, 4
	sum := sha256.Sum256(data)
	channels, hertz := binary.LittleEndian.Uint16(data[22:]), binary.LittleEndian.Uint32(data[24:])
	frames := (len(data) - header) / frame
	if int64(len(data)) != stored.Bytes || hex.EncodeToString(sum[:]) != stored.SHA256 || channels != 2 || hertz != rate ||
		time.Duration(stored.DurationMS) != time.Duration(frames)*1000/rate {
		d.t.Fatalf("%d bytes, %d channels of %d Hz, %d frames: %+v", len(data), channels, hertz, frames, stored)
	}
	var s sound
	for i := range frames {
		at := data[header+i*frame:]
		s.said = append(s.said, float64(int16(binary.LittleEndian.Uint16(at))))
		s.heard = append(s.heard, float64(int16(binary.LittleEndian.Uint16(at[2:]))))
	}
	return s
}

// margin is kept from the turns of a talk: an order takes its time, and so does sound.
const margin = 300 * time.Millisecond

// part is the sound between two moments of the talk, of which the first is when the recording began.
func part(s []float64, began, from, until time.Time) []float64 {
	at := func(t time.Time) int { return min(len(s), int(t.Sub(began).Seconds()*rate)) }
	first, last := at(from.Add(margin)), at(until.Add(-margin))
	return s[first:max(first, last)]
}

// holds tells whether a sound is one tone, and nothing of another; 0 = silence.
func (d *desks) holds(what string, sound []float64, tone, other int) {
	d.t.Helper()
	loud := slices.ContainsFunc(sound, func(s float64) bool { return s != 0 })
	switch {
	case len(sound) < rate/10:
		d.t.Errorf("%s: %d samples", what, len(sound))
	case tone == 0 && loud:
		d.t.Errorf("%s is not silent: %.3f of %d Hz, %.3f of %d Hz", what, share(sound, callerSays), callerSays, share(sound, annaSays), annaSays)
	case tone != 0 && (!loud || steady(sound, tone) < 0.9 || share(sound, other) > 0.01):
		d.t.Errorf("%s: %.3f of %d Hz, %.3f of %d Hz", what, steady(sound, tone), tone, share(sound, other), other)
	}
}

// steady is share, packet by packet: one that came too late on a busy machine breaks a tone off and begins it anew, out of step.
func steady(sound []float64, tone int) float64 {
	const packet = rate / 50
	var ofTone, all float64
	for part := range slices.Chunk(sound, packet) {
		power := 0.0
		for _, s := range part {
			power += s * s
		}
		ofTone, all = ofTone+power*share(part, tone), all+power
	}
	return ofTone / all
}

// at is when something was said of the contact's recording.
func (d *desks) at(kind fact.Type) time.Time {
	d.t.Helper()
	return d.until(string(kind), func(f fact.Fact) bool { return f.Type == kind }).Time
}

// written is when Asterisk began to write the first of a recording's two sides, with which its file begins: later than was ordered.
func (d *desks) written() time.Time {
	d.t.Helper()
	var began time.Time
	for _, side := range []string{"1", "2"} {
		_, at := d.sink.await(d.t, 0, "side "+side+" to be written", is(callcenter.RecordingBegan{Name: "fl.sn." + d.contact + "." + side}))
		if t := d.sink.occurred(at); began.IsZero() || t.Before(began) {
			began = t
		}
	}
	return began
}

// A talk is recorded: left what the caller says, right what he hears, silence in a pause, and nothing of an agent whom the other
// asks alone. Handed on to a queue that records on demand it ends, and is recorded anew when somebody asks for it. The files are
// opened and measured.
func TestRealRecording(t *testing.T) {
	d := newDesksOn(t, recordedDesks)
	dir := d.keeps()
	began := d.written()
	d.caller.hears([]int{annaSays})
	d.again()
	d.ask("anna", callcenter.ActionRecordPause, "")
	d.Execute([]callcenter.Command{ // again, as after a restart
		callcenter.MuteRecording{Head: callcenter.Head{ID: d.contact + "/m1", Contact: d.contact}, Recording: "fl.sn." + d.contact + ".1", On: true},
		callcenter.MuteRecording{Head: callcenter.Head{ID: d.contact + "/m2", Contact: d.contact}, Recording: "fl.sn." + d.contact + ".2", On: true},
	})
	d.anna.next(time.Second)
	d.ask("anna", callcenter.ActionRecordResume, "")
	d.anna.next(time.Second)
	d.handsOn(callcenter.ActionConsult, sales())
	d.boris.await(phoneTalks)
	d.anna.hears([]int{borisSays})
	d.anna.next(time.Second)
	asked := d.at(fact.TypeTransferStarted)
	d.handsOn(callcenter.ActionComplete, callcenter.Target{})
	stored := d.storedFile(1)
	s := d.open(dir, stored)
	paused, resumed, ended := d.at(fact.TypeRecordingPaused), d.at(fact.TypeRecordingResumed), d.at(fact.TypeRecordingEnded)
	t.Logf("%d ms recorded, facts say %d; what he heard began %d ms later", stored.DurationMS, ended.Sub(began).Milliseconds(), stored.OffsetMS)
	if gap := time.Duration(stored.DurationMS)*time.Millisecond - ended.Sub(began); gap < -margin || gap > time.Second { // the order to end it may be late
		t.Errorf("the file lasts %d ms, the recording %s", stored.DurationMS, ended.Sub(began))
	}
	d.holds("what the caller said before the pause", part(s.said, began, began, paused), callerSays, annaSays)
	d.holds("what he heard before the pause", part(s.heard, began, began, paused), annaSays, callerSays)
	d.holds("what he said in the pause", part(s.said, began, paused, resumed), 0, 0)
	d.holds("what he heard in the pause", part(s.heard, began, paused, resumed), 0, 0)
	d.holds("what he said after the pause", part(s.said, began, resumed, asked), callerSays, annaSays)
	d.holds("what he heard after the pause", part(s.heard, began, resumed, asked), annaSays, callerSays)
	d.holds("what he said on hold", part(s.said, began, asked, ended), 0, 0)

	d.caller.hears([]int{borisSays}, annaSays)
	d.ask("boris", callcenter.ActionRecord, "")
	d.boris.next(time.Second)
	d.caller.hangUp()
	s = d.open(dir, d.storedFile(2))
	d.holds("what the caller said to the second", s.said[rate/4:len(s.said)-rate/4], callerSays, borisSays)
	d.holds("what he heard of the second", s.heard[rate/4:len(s.heard)-rate/4], borisSays, callerSays)
	wants(t, "the recordings", d.taleOf(d.contact, "recording."), "recording.started support all", "recording.paused desk", "recording.resumed desk",
		"recording.paused system", "recording.ended complete", "recording.stored r1", "recording.started sales demand", "recording.ended complete", "recording.stored r2")
	for _, ev := range d.sink.all() {
		if failed, ok := ev.(callcenter.CommandFailed); ok {
			t.Errorf("refused: %+v", failed)
		}
	}
	for _, name := range []string{"1", "2", "3", "4"} {
		if err := d.FetchRecording(context.Background(), "fl.sn."+d.contact+"."+name, io.Discard); err == nil {
			t.Errorf("Asterisk still has the recording %s", name)
		}
	}
}

// again gives the orders of the first recording a second time, as after a restart. Nothing may come of it.
func (d *desks) again() {
	h := func(n string) callcenter.Head {
		return callcenter.Head{ID: d.contact + "/again" + n, Contact: d.contact}
	}
	in, out := "fl.sn."+d.contact+".1", "fl.sn."+d.contact+".2"
	d.Execute([]callcenter.Command{
		callcenter.RecordSnoop{Head: h("1"), Channel: d.contact, Snoop: in}, callcenter.RecordSnoop{Head: h("2"), Channel: d.contact, Snoop: out, Out: true},
		callcenter.MuteRecording{Head: h("3"), Recording: in}, callcenter.MuteRecording{Head: h("4"), Recording: out},
	})
}

// storedFile waits until the contact's n-th recording is kept.
func (d *desks) storedFile(n int) fact.RecordingStored {
	d.t.Helper()
	var stored fact.RecordingStored
	seen := 0
	d.until("the recording to be kept", func(f fact.Fact) bool {
		r, ok := f.Data.(fact.RecordingStored)
		if ok && strings.HasSuffix(r.Recording, "/r"+string(rune('0'+n))) {
			stored, seen = r, n
		}
		return seen == n
	})
	return stored
}

// Asterisk writes a recording no more, as on a full disk, and the talk goes on: that has failed, and what there is of it is kept.
func TestRealRecordingStops(t *testing.T) {
	d := newDesksOn(t, recordedDesks)
	dir := d.keeps()
	d.caller.hears([]int{annaSays})
	d.anna.next(time.Second)
	stop := request{what: "stop recording", method: http.MethodPost, path: liveRecordingPath("fl.sn."+d.contact+".2", "/stop")}
	if err := d.rest.do(context.Background(), stop, nil); err != nil {
		t.Fatal(err)
	}
	s := d.open(dir, d.storedFile(1))
	d.holds("what the caller said", s.said[rate/4:len(s.said)-rate/4], callerSays, annaSays)
	d.holds("what he heard before", s.heard[rate/4:rate], annaSays, callerSays)
	d.caller.hears([]int{annaSays})
	wants(t, "the recording", d.taleOf(d.contact, "recording."), "recording.started support all", "recording.ended failed", "recording.stored r1")
}
