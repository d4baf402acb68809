package asterisk

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

func head(contact string, n int) callcenter.Head {
	return callcenter.Head{ID: fmt.Sprintf("%s/x%d", contact, n), Contact: contact}
}

// Every command is the request that docs/operate-asterisk.md's reader would expect.
func TestCommandsAsRequests(t *testing.T) {
	h := head("c", 1)
	cases := []struct {
		command callcenter.Command
		want    []string
	}{
		{callcenter.ClearTimeout{Head: h, Channel: "c"}, []string{"POST /channels/c/variable?value=0&variable=TIMEOUT%28absolute%29"}},
		{callcenter.Answer{Head: h, Channel: "c"}, []string{"POST /channels/c/answer"}},
		{callcenter.Play{Head: h, Channel: "c", Playback: "fl.pb.c.1", Media: []string{"sound:hello", "digits:42"}, Language: "ru"},
			[]string{"GET /playbacks/fl.pb.c.1", "POST /channels/c/play/fl.pb.c.1?lang=ru&media=sound%3Ahello%2Cdigits%3A42"}},
		{callcenter.Play{Head: h, Channel: "c", Playback: "fl.pb.c.1", Media: []string{"prompt:hello", "digits:42"}, Language: "ru"},
			[]string{"GET /playbacks/fl.pb.c.1", "POST /channels/c/play/fl.pb.c.1?lang=ru&media=sound%3A%2Fprompts%2Fhello%2Cdigits%3A42"}},
		{callcenter.PlayToAll{Head: h, Bridge: "fl.br.c.1", Playback: "fl.pb.c.1", Media: []string{"prompt:hello"}, Language: "ru"},
			[]string{"GET /playbacks/fl.pb.c.1", "POST /bridges/fl.br.c.1/play/fl.pb.c.1?lang=ru&media=sound%3A%2Fprompts%2Fhello"}},
		{callcenter.StopPlay{Head: h, Playback: "fl.pb.c.1"}, []string{"DELETE /playbacks/fl.pb.c.1", "GET /playbacks/fl.pb.c.1"}},
		{callcenter.StartMusic{Head: h, Channel: "c", Class: "soft"}, []string{"POST /channels/c/moh?mohClass=soft"}},
		{callcenter.StopMusic{Head: h, Channel: "c"}, []string{"DELETE /channels/c/moh"}},
		{callcenter.Ring{Head: h, Channel: "fl.leg.c.1", Endpoint: "PJSIP/101", Originator: "c", CallerID: `Max <49301>`, Timeout: 1500 * time.Millisecond},
			[]string{"POST /channels/create?app=firstline&appArgs=leg%2Cc&channelId=fl.leg.c.1&endpoint=PJSIP%2F101&originator=c",
				"POST /channels/fl.leg.c.1/dial?timeout=2"}},
		{callcenter.CreateBridge{Head: h, Bridge: "fl.br.c.1"}, []string{"POST /bridges/fl.br.c.1?type=mixing"}},
		{callcenter.AddToBridge{Head: h, Bridge: "fl.br.c.1", Channels: []string{"c", "fl.leg.c.1"}},
			[]string{"POST /bridges/fl.br.c.1/addChannel?channel=c%2Cfl.leg.c.1"}},
		{callcenter.DestroyBridge{Head: h, Bridge: "fl.br.c.1"}, []string{"DELETE /bridges/fl.br.c.1"}},
		{callcenter.HangUp{Head: h, Channel: "c", Cause: 26}, []string{"DELETE /channels/c?reason_code=26"}},
		{callcenter.Lookup{Head: h}, nil},
		{callcenter.Pop{Head: h, Popup: fact.Popup{}}, nil},
	}
	for _, c := range cases {
		ari := newFakeARI(t)
		a, sink := fakeAdapter(t, ari, nil)
		waitFor(t, "the first look at the phones", func() bool { return len(ari.requests()) == 1 })
		a.Execute([]callcenter.Command{c.command})
		if rings(c.command) {
			enter(t, ari, a)
		}
		waitFor(t, kind(c.command)+" is done", func() bool { return pending(a) == 0 })
		if got := ari.requests()[1:]; !slices.Equal(got, c.want) {
			t.Errorf("%s asked\n\t%s\nwant\n\t%s", kind(c.command), strings.Join(got, "\n\t"), strings.Join(c.want, "\n\t"))
		}
		if len(sink.all()) != 0 {
			t.Errorf("%s: %s", kind(c.command), list(sink.all()))
		}
	}
}

// enter lets fl.leg.c.1 enter the application, as soon as it is asked for.
func enter(t *testing.T, ari *fakeARI, a *Adapter) {
	t.Helper()
	waitFor(t, "the leg is asked for", func() bool { return asked(ari, "/channels/create?") == 1 })
	a.executor.legs.entered("fl.leg.c.1")
}

// asked counts requests with a text in them.
func asked(ari *fakeARI, text string) (n int) {
	for _, r := range ari.requests() {
		if strings.Contains(r, text) {
			n++
		}
	}
	return n
}

func pending(a *Adapter) int {
	a.executor.mu.Lock()
	defer a.executor.mu.Unlock()
	return a.executor.pending
}

func TestAnswersThatMeanDoneAndThatMeanRefused(t *testing.T) {
	h := head("c", 1)
	cases := []struct {
		command callcenter.Command
		code    int
		refused bool
	}{
		{callcenter.Ring{Head: h, Channel: "fl.leg.c.1"}, 500, true},
		{callcenter.CreateBridge{Head: h, Bridge: "fl.br.c.1"}, 409, false},
		{callcenter.HangUp{Head: h, Channel: "c"}, 404, false},
		{callcenter.StopPlay{Head: h, Playback: "p"}, 404, false},
		{callcenter.StopMusic{Head: h, Channel: "c"}, 404, false},
		{callcenter.DestroyBridge{Head: h, Bridge: "b"}, 404, false},
		{callcenter.Answer{Head: h, Channel: "c"}, 404, true},
		{callcenter.AddToBridge{Head: h, Bridge: "b", Channels: []string{"c"}}, 400, true},
		{callcenter.AddToBridge{Head: h, Bridge: "b", Channels: []string{"c"}}, 422, true},
		{callcenter.Play{Head: h, Channel: "c", Playback: "p", Media: []string{"sound:x"}}, 404, true},
		{callcenter.ClearTimeout{Head: h, Channel: "c"}, 503, true},
	}
	for _, c := range cases {
		ari := newFakeARI(t)
		ari.answers(func(method, path string) (int, string) {
			if path == "/endpoints/PJSIP" {
				return 0, ""
			}
			return c.code, `{"message":"because"}`
		})
		a, sink := fakeAdapter(t, ari, nil)
		a.Execute([]callcenter.Command{c.command})
		waitFor(t, kind(c.command)+" is done", func() bool { return pending(a) == 0 })
		if !c.refused {
			if len(sink.all()) != 0 {
				t.Errorf("%s with %d: %s", kind(c.command), c.code, list(sink.all()))
			}
			continue
		}
		ev, _ := sink.await(t, 0, "CommandFailed", isA[callcenter.CommandFailed])
		if f := ev.(callcenter.CommandFailed); f.ID != "c/x1" || f.Code != c.code || !strings.Contains(f.Text, "because") {
			t.Errorf("%s with %d: %+v", kind(c.command), c.code, f)
		}
	}
}

// A leg that is dialled twice is hung up by Asterisk.
func TestLegIsDialledOnce(t *testing.T) {
	ring := callcenter.Ring{Head: head("c", 1), Channel: "fl.leg.c.1", Endpoint: "PJSIP/101", Timeout: time.Second}
	for name, answer := range map[string]func(method, path string) (int, string){
		"the first attempt": nil,
		"an attempt whose answer was lost": func(_, path string) (int, string) {
			if path == "/channels/create" {
				return http.StatusConflict, `{"message":"exists"}`
			}
			return 0, ""
		},
	} {
		ari := newFakeARI(t)
		ari.answers(answer)
		a, sink := fakeAdapter(t, ari, nil)
		a.Execute([]callcenter.Command{ring, ring})
		enter(t, ari, a)
		waitFor(t, "the commands are done", func() bool { return pending(a) == 0 })
		if dials := asked(ari, "/dial?"); dials != 1 || len(sink.all()) != 0 {
			t.Errorf("%s: dialled %d times: %s", name, dials, list(sink.all()))
		}
		a.executor.legs.gone("fl.leg.c.1")
		if len(a.executor.legs.by) != 0 {
			t.Errorf("%s: remembered behind its end", name)
		}
	}
}

// What doesn't enter the application is never dialled, and nobody waits for it longer than for any answer.
func TestLegThatDoesNotEnterIsRefused(t *testing.T) {
	for name, end := range map[string]func(a *Adapter){
		"it ends":          func(a *Adapter) { a.executor.legs.gone("fl.leg.c.1") },
		"the link is lost": func(a *Adapter) { a.executor.legs.lost() },
		"nothing comes":    func(*Adapter) {},
	} {
		ari := newFakeARI(t)
		a, sink := fakeAdapter(t, ari, func(c *Config) {
			if c.Timeout = patience; name == "nothing comes" {
				c.Timeout = 100 * time.Millisecond
			}
		})
		a.Execute([]callcenter.Command{callcenter.Ring{Head: head("c", 1), Channel: "fl.leg.c.1", Endpoint: "PJSIP/101", Timeout: time.Second}})
		waitFor(t, "the leg is asked for", func() bool { return asked(ari, "/channels/create?") == 1 })
		end(a)
		ev, _ := sink.await(t, 0, name, isA[callcenter.CommandFailed])
		if f := ev.(callcenter.CommandFailed); f.Code != 0 || asked(ari, "/dial?") != 0 || len(a.executor.legs.by) != 0 {
			t.Errorf("%s: %+v, asked %v", name, f, ari.requests())
		}
	}
}

// While a phone is made to ring, tidying up waits, but not for long.
func TestTidyingWaitsForTheNextCall(t *testing.T) {
	ari := newFakeARI(t)
	a, _ := fakeAdapter(t, ari, func(c *Config) { c.Timeout = patience })
	a.Execute([]callcenter.Command{
		callcenter.Ring{Head: head("c", 1), Channel: "fl.leg.c.1", Endpoint: "PJSIP/101", Timeout: time.Second},
		callcenter.HangUp{Head: head("over", 1), Channel: "over"},
		callcenter.Answer{Head: head("new", 1), Channel: "new"},
	})
	waitFor(t, "all but the leg is done", func() bool { return pending(a) == 1 }) // though the leg never enters
	enter(t, ari, a)
	waitFor(t, "the commands are done", func() bool { return pending(a) == 0 })
	var order []string
	for _, r := range ari.requests() {
		if !strings.Contains(r, "fl.leg") && !strings.Contains(r, "/endpoints") { // phones are looked at now and then
			order = append(order, r)
		}
	}
	if got := strings.Join(order, ", "); got != "POST /channels/new/answer, DELETE /channels/over" {
		t.Errorf("asked %s", got)
	}
}

// One contact's commands keep their order and wait for each other; another contact's don't wait for them.
func TestContactsDoNotWaitForEachOther(t *testing.T) {
	ari := newFakeARI(t)
	release := make(chan struct{})
	ari.answers(func(_, path string) (int, string) {
		if path == "/channels/slow/answer" {
			<-release
		}
		return 0, ""
	})
	a, _ := fakeAdapter(t, ari, func(c *Config) { c.Timeout = patience })
	var slow, quick []callcenter.Command
	slow = append(slow, callcenter.Answer{Head: head("slow", 0), Channel: "slow"})
	for n := range 50 {
		slow = append(slow, callcenter.StartMusic{Head: head("slow", n+1), Channel: "slow", Class: fmt.Sprint(n)})
		quick = append(quick, callcenter.StartMusic{Head: head("quick", n+1), Channel: "quick", Class: fmt.Sprint(n)})
	}
	a.Execute(slow)
	a.Execute(quick)
	waitFor(t, "the quick contact's commands are done", func() bool { return pending(a) == len(slow) })
	close(release)
	waitFor(t, "all are done", func() bool { return pending(a) == 0 })
	next := map[string]int{}
	for _, asked := range ari.requests() {
		path, class, found := strings.Cut(strings.TrimPrefix(asked, "POST /channels/"), "/moh?mohClass=")
		if !found {
			continue
		}
		if class != fmt.Sprint(next[path]) {
			t.Fatalf("%s: %s instead of %d", path, class, next[path])
		}
		next[path]++
	}
	if next["slow"] != 50 || next["quick"] != 50 {
		t.Errorf("asked %v", next)
	}
}

func TestCommandsWaitingAtTheEndAreCounted(t *testing.T) {
	ari := newFakeARI(t)
	under := make(chan struct{})
	release := make(chan struct{})
	ari.answers(func(_, path string) (int, string) {
		if path == "/channels/c/answer" {
			close(under)
			<-release
		}
		return 0, ""
	})
	cfg := DefaultConfig()
	cfg.URL, cfg.Listen = ari.server.URL+"/ari", "127.0.0.1:0"
	a, sink := newAdapter(t, cfg)
	stop := runAdapter(t, a)
	a.Execute([]callcenter.Command{callcenter.Answer{Head: head("c", 1), Channel: "c"}, callcenter.StartMusic{Head: head("c", 2), Channel: "c"}})
	<-under
	var stopped sync.WaitGroup
	stopped.Go(stop)
	waitFor(t, "the executor closes", func() bool {
		return testutil.ToFloat64(a.metrics.commands.WithLabelValues("StartMusic", "dropped")) == 1
	})
	close(release)
	stopped.Wait()
	a.Execute([]callcenter.Command{callcenter.Answer{Head: head("c", 3), Channel: "c"}})
	if got := testutil.ToFloat64(a.metrics.commands.WithLabelValues("Answer", "dropped")); got != 1 {
		t.Errorf("dropped after the end: %v", got)
	}
	if got := testutil.ToFloat64(a.metrics.commands.WithLabelValues("Answer", "done")); got != 1 {
		t.Errorf("the command under way: done %v", got)
	}
	if len(sink.all()) != 0 {
		t.Errorf("events: %s", list(sink.all()))
	}
}

func TestCallerID(t *testing.T) {
	for text, want := range map[string][2]string{
		`Max Muster <49301>`:   {"Max Muster", "49301"},
		`"Max Muster" <49301>`: {"Max Muster", "49301"},
		`<49301>`:              {"", "49301"},
		`49301`:                {"", "49301"},
		``:                     {"", ""},
	} {
		if name, number := splitCallerID(text); name != want[0] || number != want[1] {
			t.Errorf("%q is %q and %q", text, name, number)
		}
	}
}

// What Asterisk doesn't stop is waited for; the sound behind it is stopped as soon as that can be.
func TestStopsAPlaybackThatCannotBeStoppedYet(t *testing.T) {
	ari := newFakeARI(t)
	var mu sync.Mutex // guards stops
	stops := 0
	ari.answers(func(method, path string) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case path != "/playbacks/p":
			return 0, ""
		case method == http.MethodDelete && stops < 2:
			stops++
			return 500, `{"message":"Could not stop playback"}`
		case method == http.MethodDelete:
			stops++
			return 204, ""
		case stops > 2:
			return 404, `{"message":"Playback not found"}`
		}
		return 200, `{"id":"p"}`
	})
	a, sink := fakeAdapter(t, ari, nil)
	a.Execute([]callcenter.Command{callcenter.StopPlay{Head: head("c", 1), Playback: "p"}})
	waitFor(t, "it is stopped", func() bool { return pending(a) == 0 })
	if len(sink.all()) != 0 || stops != 3 {
		t.Errorf("%d times stopped: %s", stops, list(sink.all()))
	}
}
