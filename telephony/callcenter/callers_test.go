package callcenter_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firstline/telephony/callcenter"
)

// TestEntryForAsObvious: however the patterns are looked up, the first entry counts whose number was dialled and one of
// whose patterns the caller fits.
func TestEntryForAsObvious(t *testing.T) {
	letters := rapid.SampledFrom([]string{"1", "12", "123", "124", "2", "21", "+49", "+491", "alice"})
	pattern := rapid.OneOf(rapid.Just("withheld"), letters, rapid.Map(letters, func(s string) string { return s + "*" }))
	instant := rapid.SampledFrom([]time.Time{{}, began(), began().Add(time.Hour)})
	entry := rapid.Custom(func(t *rapid.T) callcenter.Entry {
		return callcenter.Entry{
			Number:  rapid.SampledFrom([]string{"*", "1000", "2000"}).Draw(t, "number"),
			Callers: rapid.SliceOfN(pattern, 0, 4).Draw(t, "callers"), Listed: rapid.Bool().Draw(t, "listed"),
			From: instant.Draw(t, "from"), Until: instant.Draw(t, "until"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		p := callcenter.Plan{Entries: rapid.SliceOfN(entry, 0, 5).Draw(t, "entries")}
		dialed := rapid.SampledFrom([]string{"1000", "2000", "3000"}).Draw(t, "dialed")
		number := rapid.OneOf(rapid.Just(""), letters).Draw(t, "caller")
		at := rapid.SampledFrom([]time.Time{began().Add(-time.Second), began(), began().Add(time.Hour)}).Draw(t, "at")
		want := slices.IndexFunc(p.Entries, func(e callcenter.Entry) bool {
			meant := len(e.Callers) == 0 && !e.Listed || slices.ContainsFunc(e.Callers, func(p string) bool { return obviouslyFits(p, number) })
			over := !e.Until.IsZero() && !e.Until.After(at)
			return (e.Number == "*" || e.Number == dialed) && meant && !e.From.After(at) && !over
		})
		if got, ok := p.EntryFor(callcenter.Arrival{Dialed: dialed, Number: number, At: at}); got != want || ok != (want >= 0) {
			t.Fatalf("%q to %s is entry %d, %t; want %d of %+v", number, dialed, got, ok, want, p.Entries)
		}
	})
}

// TestShares: a share is drawn by the number, so that who calls again comes to the same version; of many callers about so many
// come to each, and who gives no number is drawn anew each time.
func TestShares(t *testing.T) {
	p := callcenter.Plan{Entries: []callcenter.Entry{
		{Number: "1000", Share: 20, Flow: "new"}, {Number: "1000", Share: 50, Flow: "other"}, {Number: "1000", Share: 100, Flow: "old"},
	}}
	draw := func(number, call string) int {
		i, ok := p.EntryFor(callcenter.Arrival{Dialed: "1000", Number: number, Call: call})
		if !ok {
			t.Fatalf("%q fits no entry", number)
		}
		return i
	}
	const callers = 10_000
	for _, numbered := range []bool{true, false} {
		var came [3]int
		for n := range callers {
			number, call := "+4930"+strconv.Itoa(1_000_000+n), "pbx1-1."+strconv.Itoa(n)
			if !numbered {
				number = ""
			}
			i := draw(number, call)
			came[i]++
			if numbered && draw(number, "pbx1-2."+strconv.Itoa(n)) != i {
				t.Fatalf("%s comes to another version when he calls again", number)
			}
		}
		for i, want := range []float64{0.2, 0.4, 0.4} { // the second takes half of what the first leaves
			if got := float64(came[i]) / callers; math.Abs(got-want) > 0.02 {
				t.Errorf("numbers given: %t: entry %d has %.3f of the calls, want %.1f", numbered, i, got, want)
			}
		}
	}
}

func obviouslyFits(pattern, number string) bool {
	switch {
	case pattern == "withheld":
		return number == ""
	case strings.HasSuffix(pattern, "*"):
		return strings.HasPrefix(number, strings.TrimSuffix(pattern, "*"))
	default:
		return pattern == number
	}
}

// TestNumberKeptWithPlace: the number of who gave up is in the state only while his place is kept.
func TestNumberKeptWithPlace(t *testing.T) {
	const number = "+4940001"
	center, err := callcenter.New(loadPlan(t, "callers"))
	if err != nil {
		t.Fatal(err)
	}
	now := began()
	step := func(after time.Duration, ev callcenter.Event) {
		now = now.Add(after)
		center.Step(callcenter.Input{At: now, Event: ev})
	}
	kept := func(contact string) bool {
		i := slices.IndexFunc(center.Changes(), func(c callcenter.Change) bool { return c.Key == "contact/"+contact })
		return i >= 0 && strings.Contains(string(center.Changes()[i].Value), number)
	}
	step(0, callcenter.Reconciled{})
	step(0, callcenter.CallArrived{Channel: "pbx1-1.1", Number: number, Dialed: "1000"})
	step(time.Second, callcenter.ChannelEnded{Channel: "pbx1-1.1"})
	if !kept("pbx1-1.1") {
		t.Error("the number is forgotten, though the place is kept")
	}
	step(time.Minute, callcenter.CallArrived{Channel: "pbx1-1.2", Number: number, Dialed: "1000"})
	if kept("pbx1-1.1") {
		t.Error("the number is kept, though the place was taken back")
	}
	step(time.Minute, callcenter.ChannelEnded{Channel: "pbx1-1.2"})
	step(time.Hour-time.Second, callcenter.Wake{})
	if !kept("pbx1-1.2") {
		t.Error("the number is forgotten before its hour is over")
	}
	step(time.Second, callcenter.Wake{})
	if kept("pbx1-1.2") {
		t.Error("the number is kept for longer than an hour")
	}
	step(time.Minute, callcenter.CallArrived{Channel: "pbx1-1.3", Number: number, Dialed: "other"})
	step(time.Minute, callcenter.ChannelEnded{Channel: "pbx1-1.3"})
	if kept("pbx1-1.3") {
		t.Error("the number is kept of a queue that keeps no places")
	}
}
