package sim

import (
	"testing"
	"time"

	"firstline/telephony/callcenter"
)

// stillWorld is a world in which nothing happens by itself: no controller runs, no caller comes.
func stillWorld() *world {
	w := newWorld(Options{Seed: 1}, setting{}, drawSite(1))
	w.weather.media = time.Second
	return w
}

// asked sends one request and tells the status; 0 while there is no answer.
func (w *world) asked(cmd callcenter.Command) int {
	status := 0
	w.ast.do(cmd, func(code int, _ string) { status = code })
	return status
}

func ring(leg, endpoint string) callcenter.Ring {
	return callcenter.Ring{Head: callcenter.Head{Contact: "c"}, Channel: leg, Endpoint: endpoint}
}

// leg makes a leg that may be dialled.
func (w *world) leg(t *testing.T, id string) *channel {
	t.Helper()
	if code := w.asked(createLeg{ring(id, "PJSIP/101")}); code != 200 {
		t.Fatalf("create %s: %d", id, code)
	}
	w.until(w.now + 5*time.Millisecond)
	return w.ast.channels[id]
}

// TestStatuses: the simulated Asterisk answers as the real one was seen to.
func TestStatuses(t *testing.T) {
	w := stillWorld()
	leg := w.leg(t, "fl.leg.c.1")
	w.asked(callcenter.CreateBridge{Bridge: "b"})
	away := &channel{id: "away"}
	w.ast.open(away)
	w.phones[1].registered = false
	for _, c := range []struct {
		what string
		cmd  callcenter.Command
		code int
	}{
		{"a channel that is gone", callcenter.Answer{Channel: "gone"}, 404},
		{"a channel outside the application", callcenter.Answer{Channel: "away"}, 409},
		{"play to nobody", callcenter.Play{Channel: "gone", Playback: "p", Media: []string{"sound:a"}}, 404},
		{"stop what doesn't play", callcenter.StopPlay{Playback: "p"}, 404},
		{"a leg twice", createLeg{ring(leg.id, "PJSIP/101")}, 409},
		{"a leg to an unregistered phone", createLeg{ring("fl.leg.c.9", "PJSIP/102")}, 500},
		{"a leg to no phone", createLeg{ring("fl.leg.c.9", "PJSIP/999")}, 500},
		{"a bridge twice", callcenter.CreateBridge{Bridge: "b"}, 409},
		{"into no bridge", callcenter.AddToBridge{Bridge: "none", Channels: []string{leg.id}}, 404},
		{"nobody into a bridge", callcenter.AddToBridge{Bridge: "b", Channels: []string{"gone"}}, 400},
		{"somebody outside into a bridge", callcenter.AddToBridge{Bridge: "b", Channels: []string{"away"}}, 422},
		{"into a bridge", callcenter.AddToBridge{Bridge: "b", Channels: []string{leg.id}}, 204},
		{"into the same bridge", callcenter.AddToBridge{Bridge: "b", Channels: []string{leg.id}}, 204},
		{"play in a bridge", callcenter.PlayToAll{Bridge: "b", Playback: "q", Media: []string{"sound:a"}}, 201},
		{"stop it", callcenter.StopPlay{Playback: "q"}, 204},
		{"play in no bridge", callcenter.PlayToAll{Bridge: "none", Playback: "q", Media: []string{"sound:a"}}, 404},
		{"destroy a bridge", callcenter.DestroyBridge{Bridge: "b"}, 204},
		{"destroy it again", callcenter.DestroyBridge{Bridge: "b"}, 404},
		{"hang up", callcenter.HangUp{Channel: leg.id}, 204},
		{"hang up again", callcenter.HangUp{Channel: leg.id}, 404},
	} {
		if code := w.asked(c.cmd); code != c.code {
			t.Errorf("%s: %d, expected %d", c.what, code, c.code)
		}
	}
	if w.failure != nil {
		t.Error(w.failure)
	}
}

// TestPlaybackBlocks: what is asked of a channel waits until its playback has ended, the music included.
func TestPlaybackBlocks(t *testing.T) {
	w := stillWorld()
	leg := w.leg(t, "fl.leg.c.1")
	w.asked(callcenter.CreateBridge{Bridge: "b"})
	w.asked(callcenter.Play{Channel: leg.id, Playback: "p", Media: []string{"sound:hello-world"}})
	joined := 0
	w.ast.do(callcenter.AddToBridge{Bridge: "b", Channels: []string{leg.id}}, func(code int, _ string) { joined = code })
	if code := w.asked(callcenter.StartMusic{Channel: leg.id, Class: "default"}); code != 204 || leg.music {
		t.Fatalf("music: %d, sounds %t", code, leg.music)
	}
	if joined != 0 || leg.bridge != nil {
		t.Fatalf("joined a bridge while it plays: %d", joined)
	}
	w.asked(callcenter.StopPlay{Playback: "p"})
	if joined != 204 || leg.bridge == nil || !leg.music {
		t.Fatalf("after the playback: %d, music %t", joined, leg.music)
	}
}

// TestDialTwice: the real one answers 204 both times and hangs the leg up.
func TestDialTwice(t *testing.T) {
	w := stillWorld()
	leg := w.leg(t, "fl.leg.c.1")
	leg.luck = newDice(3, "somebody who doesn't answer at once", 0)
	if code := w.asked(dialLeg{ring(leg.id, "")}); code != 204 {
		t.Fatalf("dial: %d", code)
	}
	if code := w.asked(dialLeg{ring(leg.id, "")}); code != 204 || !leg.gone {
		t.Fatalf("dial again: %d, gone %t", code, leg.gone)
	}
}

// TestAgenda: happenings come in the order of their time and, at one instant, in the order they were planned.
func TestAgenda(t *testing.T) {
	var a agenda
	luck := newDice(1, "agenda", 0)
	type seen struct {
		at    time.Duration
		order int
	}
	var got []seen
	for i := range 500 {
		at := time.Duration(luck.below(40))
		a.at(at, func() { got = append(got, seen{a.now, i}) })
	}
	for a.next() {
	}
	for i := 1; i < len(got); i++ {
		if got[i].at < got[i-1].at || got[i].at == got[i-1].at && got[i].order < got[i-1].order {
			t.Fatalf("%v after %v", got[i], got[i-1])
		}
	}
	if len(got) != 500 {
		t.Fatalf("%d of 500 happened", len(got))
	}
}

// TestDice: the same name throws the same, another name something else, and nothing is out of range.
func TestDice(t *testing.T) {
	a, b, c := newDice(1, "x", 2), newDice(1, "x", 2), newDice(1, "y", 2)
	same := true
	for range 100 {
		x, y := a.below(1000), b.below(1000)
		if x != y || x < 0 || x >= 1000 {
			t.Fatalf("%d and %d", x, y)
		}
		same = same && x == c.below(1000)
		if d := a.around(time.Second); d < 0 || d > 8*time.Second || d != b.around(time.Second) {
			t.Fatalf("around a second: %s", d)
		}
		c.float()
	}
	if same {
		t.Fatal("two names throw the same")
	}
}
