package asterisk

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/CyCoreSystems/ari/v5"

	"firstline/pipeline/number"
	"firstline/telephony/callcenter"
)

var update = flag.Bool("update", false, "rewrite golden files")

// recorded are events of a real Asterisk 22.10.1: a caller, digits, playbacks, legs that were busy, not answered, declined
// and answered, and both ends' hang-ups.
func recorded(t testing.TB) [][]byte {
	t.Helper()
	content, err := os.ReadFile("testdata/events.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(content), []byte("\n"))
}

func nobody(string) bool { return false }

func TestTranslateRecordedEvents(t *testing.T) {
	var out strings.Builder
	for _, raw := range recorded(t) {
		f, err := decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		if !isKnown(f.Type) {
			t.Errorf("%s is not known", f.Type)
		}
		if ev := translate(f, nobody, number.Form{}); ev != nil {
			fmt.Fprintf(&out, "%s %T%+v\n", f.Timestamp.UTC().Format("15:04:05.000"), ev, ev)
		}
	}
	const golden = "testdata/events.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestTranslate(t *testing.T) {
	phone := func(e string) bool { return e == "PJSIP/101" }
	created := time.Date(2026, 11, 22, 20, 0, 0, 5e6, time.UTC)
	cases := []struct {
		name, raw string
		want      callcenter.Event
	}{
		{"a feature code of an agent's phone",
			`{"type":"StasisStart","channel":{"id":"pbx1-1.1","name":"PJSIP/101-0000000a","caller":{"name":"Anna","number":"101"},"creationtime":"2026-11-22T20:00:00.005+0000","language":"en","dialplan":{"exten":"*11","app_name":"Stasis","app_data":"firstline,arrival,*11"}}}`,
			callcenter.CallArrived{Channel: "pbx1-1.1", Endpoint: "PJSIP/101", Number: "101", Name: "Anna", Dialed: "*11", Language: "en", Created: created}},
		{"a dialplan of somebody else's that passes no number",
			`{"type":"StasisStart","channel":{"id":"1.2","name":"PJSIP/trunk-1","creationtime":"2026-11-22T21:00:00.005+0100","dialplan":{"exten":"4711","app_data":"firstline"}}}`,
			callcenter.CallArrived{Channel: "1.2", Dialed: "4711", Created: created}},
		{"a leg of ours", `{"type":"StasisStart","channel":{"id":"fl.leg.pbx1-1.1.1"}}`, nil},
		{"a channel that took another's place", `{"type":"StasisStart","channel":{"id":"1.3"},"replace_channel":{"id":"1.2"}}`, nil},
		{"hold", `{"type":"ChannelHold","channel":{"id":"1.2"}}`, callcenter.ChannelHeld{Channel: "1.2"}},
		{"unhold", `{"type":"ChannelUnhold","channel":{"id":"1.2"}}`, callcenter.ChannelUnheld{Channel: "1.2"}},
		{"a caller's channel is answered", `{"type":"ChannelStateChange","channel":{"id":"1.2","state":"Up"}}`, nil},
		{"a caller's channel is destroyed", `{"type":"ChannelDestroyed","cause":16,"channel":{"id":"1.2"}}`, nil},
		{"somebody else's playback", `{"type":"PlaybackFinished","playback":{"id":"x","state":"done"}}`, nil},
		{"a playback event without playback", `{"type":"PlaybackFinished"}`, nil},
		{"a type of a later version", `{"type":"ChannelDreamt","channel":7.5e3}`, nil},
		{"fields of a later version", `{"type":"ChannelDtmfReceived","digit":"#","mood":"good","channel":{"id":"1.2","colour":{}}}`,
			callcenter.DigitPressed{Channel: "1.2", Digit: "#"}},
	}
	for _, c := range cases {
		f, err := decode([]byte(c.raw))
		if err != nil && c.want != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := translate(f, phone, number.Form{}); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %T%+v\nwant %T%+v", c.name, got, got, c.want, c.want)
		}
	}
}

// What both decoders know of an event must be the same.
func TestDecodeAgreesWithTheReference(t *testing.T) {
	compared := 0
	for _, raw := range recorded(t) {
		f, err := decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		reference, err := ari.DecodeEvent(raw)
		if err != nil {
			if f.Type != typeRegistered { // the one type here that ari/v5 doesn't know
				t.Errorf("%s: %v", f.Type, err)
			}
			continue
		}
		compared++
		if reference.GetType() != f.Type || reference.GetApplication() != f.Application {
			t.Errorf("%s: reference says %s", f.Type, reference.GetType())
		}
		compare(t, f, reference)
	}
	if compared < 40 {
		t.Errorf("only %d events compared", compared)
	}
}

func compare(t *testing.T, f frame, reference ari.Event) {
	t.Helper()
	var c ari.ChannelData
	switch e := reference.(type) {
	case *ari.StasisStart:
		c = e.Channel
		if want := strings.Join(e.Args, ","); f.Channel.Dialplan.AppData != f.Application+","+want {
			t.Errorf("args %q, reference %q", f.Channel.Dialplan.AppData, want)
		}
	case *ari.StasisEnd:
		c = e.Channel
	case *ari.ChannelStateChange:
		c = e.Channel
	case *ari.ChannelDestroyed:
		c = e.Channel
		if f.Cause != e.Cause {
			t.Errorf("cause %d, reference %d", f.Cause, e.Cause)
		}
	case *ari.ChannelDtmfReceived:
		c = e.Channel
		if f.Digit != e.Digit {
			t.Errorf("digit %q, reference %q", f.Digit, e.Digit)
		}
	case *ari.PlaybackFinished:
		if f.Playback.ID != e.Playback.ID || f.Playback.State != e.Playback.State {
			t.Errorf("playback %+v, reference %+v", f.Playback, e.Playback)
		}
		return
	default:
		return
	}
	got := []any{f.Channel.ID, f.Channel.Name, f.Channel.State, f.Channel.Caller.Name, f.Channel.Caller.Number, f.Channel.CreationTime.Unix()}
	want := []any{c.ID, c.Name, c.State, c.Caller.Name, c.Caller.Number, c.Creationtime.GetSeconds()}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("channel %v, reference %v", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	for _, raw := range recorded(f) {
		f.Add(raw)
	}
	f.Add([]byte(`{"type":"StasisStart","timestamp":null,"channel":{"creationtime":""}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		fr, err := decode(raw)
		if err != nil {
			return
		}
		if fr.Type == "" {
			t.Error("no type and no error")
		}
		ev := translate(fr, func(string) bool { return true }, number.Form{})
		if ev != nil && !isKnown(fr.Type) {
			t.Errorf("%s is translated and not known", fr.Type)
		}
		if a, ok := ev.(callcenter.CallArrived); ok && strings.HasPrefix(a.Channel, ours) {
			t.Errorf("a channel of ours arrived: %s", a.Channel)
		}
	})
}
