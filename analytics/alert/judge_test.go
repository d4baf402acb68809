package alert

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestServiceLevel(t *testing.T) {
	r := Rule{Kind: ServiceLevel, Below: 80, Margin: 5, MinCalls: 5, Window: 30 * time.Minute, Variant: Offered}
	for _, c := range []struct {
		within, calls int64
		want          Verdict
	}{{4, 4, Nothing}, {3, 5, Bad}, {79, 100, Bad}, {80, 100, Between}, {83, 100, Between}, {84, 100, Good}, {100, 100, Good}} {
		if got := r.ServiceLevel(c.within, c.calls); got.Verdict != c.want {
			t.Errorf("%d of %d is %s (%s)", c.within, c.calls, got.Verdict, got.Why)
		}
	}
	r.Below, r.Margin = 100, 50
	if got := r.ServiceLevel(9, 9); got.Verdict != Good {
		t.Errorf("no share is better than whole: %s", got.Verdict)
	}
	if got := (Rule{}).ServiceLevel(0, 0); got.Verdict != Nothing {
		t.Errorf("no call at all is %s", got.Verdict)
	}
}

func TestLongestWait(t *testing.T) {
	r := Rule{Above: 2 * time.Minute, Margin: 10}
	for seconds, want := range map[int]Verdict{0: Good, 108: Good, 109: Between, 120: Between, 121: Bad} {
		oldest := start().Add(-time.Duration(seconds) * time.Second)
		if got := r.LongestWait(&oldest, start()); got.Verdict != want {
			t.Errorf("%d s is %s", seconds, got.Verdict)
		}
	}
	if got := r.LongestWait(nil, start()); got.Verdict != Good || *got.Value != 0 {
		t.Errorf("%+v", got)
	}
}

func TestNobodyReady(t *testing.T) {
	for _, c := range []struct {
		while          string
		waiting, ready int
		open           bool
		want           Verdict
	}{
		{WhileWaiting, 0, 0, false, Good}, {WhileWaiting, 1, 0, false, Bad}, {WhileWaiting, 1, 1, false, Good},
		{WhileOpen, 0, 0, true, Bad}, {WhileOpen, 0, 1, true, Good}, {WhileOpen, 5, 0, false, Nothing},
	} {
		if got := (Rule{While: c.while}).NobodyReady(c.waiting, c.ready, c.open); got.Verdict != c.want {
			t.Errorf("%+v is %s", c, got.Verdict)
		}
	}
}

func TestTicketsDue(t *testing.T) {
	for _, c := range []struct {
		stage             string
		least             int
		warning, breached int64
		targets           bool
		want              Verdict
	}{
		{StageWarning, 1, 0, 0, true, Good}, {StageWarning, 1, 1, 0, true, Bad}, {StageWarning, 1, 0, 1, true, Bad}, {StageWarning, 3, 1, 1, true, Good}, {StageWarning, 3, 2, 1, true, Bad},
		{StageBreached, 1, 5, 0, true, Good}, {StageBreached, 1, 0, 1, true, Bad}, {StageWarning, 1, 5, 5, false, Nothing},
	} {
		if got := (Rule{Kind: TicketSLA, Stage: c.stage, Tickets: c.least}).TicketsDue(c.warning, c.breached, c.targets); got.Verdict != c.want {
			t.Errorf("%+v is %s", c, got.Verdict)
		}
	}
}

func hours(values ...float64) (out []Hour) {
	for _, v := range values {
		if math.IsNaN(v) {
			out = append(out, Hour{})
			continue
		}
		out = append(out, Hour{&v})
	}
	return out
}

// The example of docs/alerts.md, computed by hand: median 42, deviations 2 0 1 3 1 0, sorted 0 0 1 1 2 3, MAD 1, z = 0.6745 × 28 / 1 = 18.886.
func TestDeviationByHand(t *testing.T) {
	r := Rule{Kind: Deviation, Number: NumberOffered, Factor: 3.5, Least: 5, Direction: Either}
	past := hours(40, 42, 43, 45, 41, 42)
	if z := modifiedZ(70, []float64{40, 42, 43, 45, 41, 42}); math.Abs(z-18.886) > 0.001 {
		t.Errorf("z %v", z)
	}
	none := math.NaN()
	for _, c := range []struct {
		now       float64
		past      []Hour
		direction Direction
		want      Verdict
	}{
		{70, past, Either, Bad}, {70, past, Above, Bad}, {70, past, Below, Good}, {10, past, Below, Bad}, {10, past, Above, Good},
		{46, past, Either, Good}, // 4 is less than least, whatever the z-score
		{42, past, Either, Good}, {none, past, Either, Nothing},
		{70, hours(40, none, 41, none, 42), Either, Nothing}, // three weeks are no past
		{50, hours(40, 40, 40, 40, 40, 41), Either, Bad},     // MAD is 0: by the mean deviation
		{50, hours(40, 40, 40, 40), Either, Bad}, {44, hours(40, 40, 40, 40), Either, Good},
		{0, past, Either, Bad}, // the line is dead
	} {
		r.Direction = c.direction
		if got := r.Deviation(hours(c.now)[0], c.past); got.Verdict != c.want {
			t.Errorf("%v %s: %s (%s)", c.now, c.direction, got.Verdict, got.Why)
		}
	}
}

// TestModifiedZ: it doesn't depend on order, unit and zero, and grows with the distance.
func TestModifiedZ(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		past := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 50), func(i int) float64 { return float64(i) }), minWeeks, 20).Draw(t, "past")
		x := float64(rapid.IntRange(-50, 100).Draw(t, "x"))
		z := modifiedZ(x, past)
		other := append(append([]float64{}, past[1:]...), past[0])
		for i := range other {
			other[i] = 3*other[i] + 7
		}
		if got := modifiedZ(3*x+7, other); math.Abs(got-z) > 1e-9*(1+math.Abs(z)) && got != z {
			t.Fatalf("z %v, in another unit %v", z, got)
		}
		if mid := median(past); (x > mid) != (z > 0) || (x < mid) != (z < 0) {
			t.Fatalf("z %v of %v, median %v", z, x, mid)
		} else if further := modifiedZ(x+math.Copysign(1, x-mid), past); math.Abs(further) < math.Abs(z) {
			t.Fatalf("z %v, further off %v", z, further)
		}
	})
}

// TestLastHour: by the wall clock, also over a change of the clocks.
func TestLastHour(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]string{
		"2026-03-30T10:30:00+02:00": "2026-03-30 09:00 +0200: 2026-03-23 09:00 +0100, 2026-03-16 09:00 +0100",
		"2026-03-30T10:01:00+02:00": "2026-03-30 08:00 +0200: 2026-03-23 08:00 +0100, 2026-03-16 08:00 +0100", // not settled yet
		"2026-04-05T04:10:00+02:00": "2026-04-05 03:00 +0200: 2026-03-29 03:00 +0200, 2026-03-22 03:00 +0100",
		"2026-04-05T03:10:00+02:00": "2026-04-05 02:00 +0200: 2026-03-22 02:00 +0100", // on 29 March there was no such hour
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		hour, earlier := LastHour(at, 2*time.Minute, berlin, 2)
		const form = "2006-01-02 15:04 -0700"
		got := hour.Format(form) + ":"
		for i, e := range earlier {
			got += []string{"", ","}[min(i, 1)] + " " + e.Format(form)
		}
		if got != want {
			t.Errorf("%s: %s", now, got)
		}
	}
}

func TestValidate(t *testing.T) {
	good := []Rule{
		{Kind: ServiceLevel, Below: 80}, {Kind: LongestWait, Above: time.Minute}, {Kind: NobodyReady},
		{Kind: NobodyReady, While: WhileOpen, Schedule: "office"}, {Kind: Deviation, Number: NumberOffered, Zone: "Europe/Berlin"},
	}
	for _, r := range good {
		if p := r.Complete().Validate(); len(p) > 0 {
			t.Errorf("%+v: %v", r, p)
		}
	}
	for want, r := range map[string]Rule{
		"kind": {}, "below_percent": {Kind: ServiceLevel}, "above": {Kind: LongestWait}, "schedule": {Kind: NobodyReady, While: WhileOpen},
		"while": {Kind: NobodyReady, While: "x"}, "number": {Kind: Deviation}, "tz": {Kind: Deviation, Number: NumberOffered, Zone: "Local"},
		"stage": {Kind: TicketSLA, Stage: "late"}, "tickets": {Kind: TicketSLA, Tickets: -1}, "weeks": {Kind: Deviation, Number: NumberOffered, Weeks: 3}, "factor": {Kind: Deviation, Number: NumberOffered, Factor: math.NaN()},
		"for": {Kind: NobodyReady, For: -1}, "repeat": {Kind: NobodyReady, Repeat: time.Second}, "id": {ID: "a b", Kind: NobodyReady},
		"clear_percent": {Kind: NobodyReady, Margin: 100}, "variant": {Kind: ServiceLevel, Below: 1, Variant: "best"}, "window": {Kind: ServiceLevel, Below: 1, Window: 1},
	} {
		if p := r.Complete().Validate(); len(p) != 1 || p[0].Path != want {
			t.Errorf("want %s: %v", want, p)
		}
	}
	half := Rule{Kind: LongestWait, Above: 500 * time.Millisecond}
	if p := append(half.Validate(), half.ValidateMS()...); len(p) != 2 || p[0].Path+" "+p[0].Message != "above is 500ms, not between 1s and 24h" || p[1].Path+" "+p[1].Message != "above_ms is 500, not between 1000 and 86400000" {
		t.Error(p)
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{time.Hour: "1h", 90 * time.Minute: "1h30m", 30 * time.Minute: "30m", 75 * time.Second: "1m15s", 10 * time.Second: "10s", 0: "0s", 10 * time.Minute: "10m"} {
		if got := short(d); got != want {
			t.Errorf("%v is %s", fmt.Sprint(d), got)
		}
	}
}
