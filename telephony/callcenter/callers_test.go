package callcenter_test

import (
	"slices"
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
	entry := rapid.Custom(func(t *rapid.T) callcenter.Entry {
		return callcenter.Entry{
			Number:  rapid.SampledFrom([]string{"*", "1000", "2000"}).Draw(t, "number"),
			Callers: rapid.SliceOfN(pattern, 0, 4).Draw(t, "callers"), Listed: rapid.Bool().Draw(t, "listed"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		p := callcenter.Plan{Entries: rapid.SliceOfN(entry, 0, 5).Draw(t, "entries")}
		dialed := rapid.SampledFrom([]string{"1000", "2000", "3000"}).Draw(t, "dialed")
		number := rapid.OneOf(rapid.Just(""), letters).Draw(t, "caller")
		want := slices.IndexFunc(p.Entries, func(e callcenter.Entry) bool {
			meant := len(e.Callers) == 0 && !e.Listed || slices.ContainsFunc(e.Callers, func(p string) bool { return obviouslyFits(p, number) })
			return (e.Number == "*" || e.Number == dialed) && meant
		})
		if got, ok := p.EntryFor(dialed, number); got != want || ok != (want >= 0) {
			t.Fatalf("%q to %s is entry %d, %t; want %d of %+v", number, dialed, got, ok, want, p.Entries)
		}
	})
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
