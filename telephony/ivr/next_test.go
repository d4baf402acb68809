package ivr_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firstline/telephony/ivr"
)

func TestNext(t *testing.T) {
	weekdays, always := []string{"mon", "tue", "wed", "thu", "fri"}, []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	menus := newMenus(t, nil, []ivr.Schedule{
		{ID: "office", Zone: "Europe/Berlin", Open: []ivr.Hours{{Days: weekdays, From: "08:00", Until: "18:00"}}, Closed: []string{"12-25", "FREQ=YEARLY;BYEASTER=-2", "FREQ=YEARLY;BYEASTER=1"}},
		{ID: "skipped", Zone: "Europe/Berlin", Open: []ivr.Hours{{Days: []string{"sun"}, From: "02:30", Until: "04:00"}}},
		{ID: "always", Zone: "UTC", Open: []ivr.Hours{{Days: always, From: "00:00", Until: "24:00"}}},
		{ID: "but once", Zone: "UTC", Open: []ivr.Hours{{Days: always, From: "00:00", Until: "24:00"}}, Closed: []string{"2026-12-31"}},
		{ID: "leap", Zone: "UTC", Open: []ivr.Hours{{Dates: []string{"02-29"}, From: "08:00", Until: "18:00"}}},
		{ID: "long ago", Zone: "UTC", Open: []ivr.Hours{{Dates: []string{"2020-01-01"}, From: "08:00", Until: "18:00"}}},
	})
	for _, test := range []struct {
		schedule, at string
		open         bool
		want, why    string
	}{
		{"office", "2026-03-02T03:10:11Z", true, "2026-03-02T07:00:00Z", "this morning"},
		{"office", "2026-03-02T07:00:00Z", false, "2026-03-02T17:00:00Z", "this evening"},
		{"office", "2026-03-06T17:00:00Z", true, "2026-03-09T07:00:00Z", "after the weekend"},
		{"office", "2026-03-27T17:00:00Z", true, "2026-03-30T06:00:00Z", "in summer time"},
		{"office", "2026-04-02T17:00:00Z", true, "2026-04-07T06:00:00Z", "after Easter"},
		{"office", "2026-03-02T12:00:00Z", true, "2026-03-03T07:00:00Z", "it is open: when it opens again"},
		{"skipped", "2026-03-29T00:59:59Z", true, "2026-03-29T01:00:00Z", "half past two is skipped: three"},
		{"skipped", "2026-10-25T00:00:00Z", true, "2026-10-25T00:30:00Z", "half past two, the first time"},
		{"skipped", "2026-10-25T00:30:00Z", false, "2026-10-25T01:00:00Z", "two, the second time"},
		{"skipped", "2026-10-25T01:00:00Z", true, "2026-10-25T01:30:00Z", "half past two, the second time"},
		{"but once", "2026-03-02T12:00:00Z", false, "2026-12-31T00:00:00Z", "the only day"},
		{"but once", "2026-12-31T00:00:00Z", true, "2027-01-01T00:00:00Z", "after it"},
		{"leap", "2027-02-28T12:00:00Z", true, "2028-02-29T08:00:00Z", "366 days"},
		{"leap", "2026-03-02T12:00:00Z", true, "", "beyond 400 days"},
		{"long ago", "2026-03-02T12:00:00Z", true, "", "never again"},
		{"always", "2026-03-02T12:00:00Z", false, "", "it never closes"},
		{"always", "2026-03-02T12:00:00Z", true, "", "nor opens"},
		{"nowhere", "2026-03-02T12:00:00Z", true, "", "an unknown one never opens"},
		{"nowhere", "2026-03-02T12:00:00Z", false, "", "nor closes"},
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if next, ok := menus.Next(test.schedule, at, test.open); ok {
			got = next.Format(time.RFC3339)
		}
		if got != test.want {
			t.Errorf("%s after %s, open %t (%s): got %q, want %q", test.schedule, test.at, test.open, test.why, got, test.want)
		}
	}
}

// TestNextAsMinuteByMinute compares with the obvious version: look at each minute. The weeks are those with changes of the
// clocks, Lord Howe's of half an hour, and a day that Samoa skipped.
func TestNextAsMinuteByMinute(t *testing.T) {
	weeks := map[string][]string{
		"Europe/Berlin":       {"2026-03-22", "2026-10-18", "2026-12-20"},
		"America/New_York":    {"2026-03-01", "2026-10-25"},
		"Australia/Lord_Howe": {"2026-03-29", "2026-09-27"},
		"Pacific/Apia":        {"2011-12-25"},
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"}).Draw(t, "zone")
		begin, err := time.Parse(time.DateOnly, rapid.SampledFrom(weeks[zone]).Draw(t, "week"))
		if err != nil {
			t.Fatal(err)
		}
		s := drawSchedule(t, zone, begin)
		menus, err := ivr.New(nil, []ivr.Schedule{s}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		at := begin.Add(time.Duration(rapid.IntRange(0, 14*24*60*60).Draw(t, "after")) * time.Second)
		open := rapid.Bool().Draw(t, "open")
		const far = 21 * 24 * time.Hour
		got, ok := menus.Next("s", at, open)
		want, found := nextByMinutes(menus, at, open, far)
		if found && (!ok || !got.Equal(want)) || !found && ok && got.Sub(at) <= far {
			t.Fatalf("%+v after %s, open %t: got %s, %t, want %s, %t", s, at, open, got, ok, want, found)
		}
	})
}

// nextByMinutes is Next's simple twin.
func nextByMinutes(menus *ivr.Menus, at time.Time, open bool, far time.Duration) (time.Time, bool) {
	was := menus.Open("s", at)
	for t := at.Truncate(time.Minute).Add(time.Minute); t.Sub(at) <= far; t = t.Add(time.Minute) {
		is := menus.Open("s", t)
		if is == open && was != open {
			return t, true
		}
		was = is
	}
	return time.Time{}, false
}

// drawSchedule throws hours on weekdays and dates, also over midnight, and holidays, in the three weeks from begin.
func drawSchedule(t *rapid.T, zone string, begin time.Time) ivr.Schedule {
	clock := rapid.Custom(func(t *rapid.T) string {
		hour := rapid.SampledFrom([]int{0, 1, 1, 2, 2, 3, 8, 12, 17, 23}).Draw(t, "hour")
		return fmt.Sprintf("%02d:%02d", hour, rapid.SampledFrom([]int{0, 0, 15, 30, 59}).Draw(t, "minute"))
	})
	date := rapid.Custom(func(t *rapid.T) string {
		day := begin.AddDate(0, 0, rapid.IntRange(0, 21).Draw(t, "day"))
		return day.Format(rapid.SampledFrom([]string{time.DateOnly, "01-02"}).Draw(t, "layout"))
	})
	s := ivr.Schedule{ID: "s", Zone: zone, Closed: rapid.SliceOfN(date, 0, 4).Draw(t, "closed")}
	for range rapid.IntRange(1, 4).Draw(t, "lines") {
		h := ivr.Hours{From: clock.Draw(t, "from"), Until: rapid.OneOf(clock, rapid.Just("24:00")).Draw(t, "until")}
		if rapid.Bool().Draw(t, "weekly") {
			h.Days = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}), 1, 7, rapid.ID).Draw(t, "days")
		} else {
			h.Dates = rapid.SliceOfN(date, 1, 3).Draw(t, "dates")
		}
		s.Open = append(s.Open, h)
	}
	return s
}

// BenchmarkNext is the worst case: many rules, and no answer.
func BenchmarkNext(b *testing.B) {
	s := ivr.Schedule{ID: "s", Zone: "Europe/Berlin", Open: []ivr.Hours{{Dates: []string{"2020-01-01"}, From: "08:00", Until: "12:00"}}}
	for easter := range 10 {
		s.Closed = append(s.Closed, fmt.Sprintf("FREQ=YEARLY;BYEASTER=%d", easter))
	}
	menus := newMenus(b, nil, []ivr.Schedule{s})
	for b.Loop() {
		menus.Next("s", noon().At, true)
	}
}
