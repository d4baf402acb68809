package report

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func table(t interface {
	Helper()
	Fatal(...any)
}, days, clock, zone, starts string) Timetable {
	t.Helper()
	tt, err := NewTimetable(Schedule{Days: days, At: strings.Split(clock, " "), Zone: zone, Starts: starts})
	if err != nil {
		t.Fatal(err)
	}
	return tt
}

// TestTimetable: the wall clock is followed, through changes of the clocks, short months and intervals.
func TestTimetable(t *testing.T) {
	for name, c := range map[string]struct{ days, clock, zone, starts, from, want string }{
		"mondays":         {"FREQ=WEEKLY;BYDAY=MO", "07:00", "Europe/Berlin", "2026-03-01", "2026-03-20T00:00:00Z", "2026-03-23T07:00:00+01:00 2026-03-30T07:00:00+02:00"},
		"an hour skipped": {"FREQ=DAILY", "02:30", "Europe/Berlin", "2026-03-01", "2026-03-28T00:00:00Z", "2026-03-28T02:30:00+01:00 2026-03-29T03:00:00+02:00 2026-03-30T02:30:00+02:00"},
		"an hour twice":   {"FREQ=DAILY", "02:30", "Europe/Berlin", "2026-03-01", "2026-10-24T12:00:00Z", "2026-10-25T02:30:00+02:00 2026-10-26T02:30:00+01:00"},
		"twice a day":     {"RRULE:FREQ=WEEKLY;BYDAY=MO,TU", "18:00 06:00", "America/New_York", "2026-03-01", "2026-03-09T12:00:00Z", "2026-03-09T18:00:00-04:00 2026-03-10T06:00:00-04:00 2026-03-10T18:00:00-04:00"},
		"month's end":     {"FREQ=MONTHLY;BYMONTHDAY=-1", "23:00", "Asia/Kolkata", "2026-01-01", "2026-01-31T17:30:00Z", "2026-02-28T23:00:00+05:30 2026-03-31T23:00:00+05:30"},
		"second weeks":    {"FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "12:00", "UTC", "2026-03-02", "2026-03-02T00:00:00Z", "2026-03-06T12:00:00Z 2026-03-20T12:00:00Z"},
		"no midnight":     {"FREQ=DAILY", "00:00", "America/Sao_Paulo", "2018-11-01", "2018-11-03T12:00:00Z", "2018-11-04T01:00:00-02:00 2018-11-05T00:00:00-02:00"},
		"it ends":         {"FREQ=DAILY;COUNT=2", "07:00", "UTC", "2026-03-02", "2026-03-02T07:00:00Z", "2026-03-03T07:00:00Z end"},
	} {
		tt := table(t, c.days, c.clock, c.zone, c.starts)
		now := at(t, c.from)
		for _, want := range strings.Fields(c.want) {
			next, ok := tt.Next(now)
			got := next.Format(time.RFC3339)
			if !ok {
				got = "end"
			}
			if got != want {
				t.Errorf("%s: after %s comes %s, want %s", name, now, got, want)
			}
			now = next
		}
	}
}

func TestTimetableRefuses(t *testing.T) {
	good := Schedule{Days: "FREQ=DAILY", At: []string{"07:00"}, Zone: "UTC", Starts: "2026-03-02"}
	for want, change := range map[string]func(*Schedule){
		"days":   func(s *Schedule) { s.Days = "FREQ=HOURLY" },
		"at":     func(s *Schedule) { s.At = []string{"25:00"} },
		"zone":   func(s *Schedule) { s.Zone = "Local" },
		"starts": func(s *Schedule) { s.Starts = "soon" },
		"days: ": func(s *Schedule) { s.Days = "FREQ=DAILY;BYHOUR=7" },
		"at: ":   func(s *Schedule) { s.At = nil },
		"rule":   func(s *Schedule) { s.Days = "on Mondays" },
	} {
		s := good
		change(&s)
		if _, err := NewTimetable(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestEachTimeOnce: slots rise, show the clock that was asked for but where the zone skips it, and none is left out: each day of the rule has each
// time, whatever the zone does.
func TestEachTimeOnce(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "Pacific/Apia"}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		clock := time.Date(0, 1, 1, rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"), 0, 0, time.UTC).Format("15:04")
		tt := table(t, "FREQ=DAILY", clock, zone, "2026-01-01")
		from := time.Date(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"), 12, 0, 0, 0, time.UTC)
		slots, all := tt.Between(from, from.AddDate(0, 0, 20), 100)
		if all != len(slots) || all < 19 || all > 21 {
			t.Fatalf("%d slots in 20 days", all)
		}
		seen := map[string]bool{}
		for i, s := range slots {
			if i > 0 && !s.After(slots[i-1]) {
				t.Fatalf("%s after %s", s, slots[i-1])
			}
			if day := s.Format(time.DateOnly); seen[day] {
				t.Fatalf("%s twice", day)
			} else {
				seen[day] = true
			}
			if begin, _ := s.ZoneBounds(); s.Format("15:04") != clock && !s.Equal(begin) {
				t.Fatalf("%s shows not %s", s, clock)
			}
			if early, _ := s.Add(-time.Hour).ZoneBounds(); s.Add(-time.Hour).Format("15:04") == clock {
				t.Fatalf("%s is the second of two, zone since %s", s, early)
			}
		}
	})
}

func TestWindows(t *testing.T) {
	berlin, err := Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := at(t, "2026-03-29T22:30:00Z") // Monday half past midnight there, the night after the clocks changed
	for _, c := range []struct{ name, from, until string }{
		{"today", "2026-03-30T00:00:00+02:00", "2026-03-31T00:00:00+02:00"},
		{"yesterday", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"tomorrow", "2026-03-31T00:00:00+02:00", "2026-04-01T00:00:00+02:00"},
		{"this_week", "2026-03-30T00:00:00+02:00", "2026-04-06T00:00:00+02:00"},
		{"last_week", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"next_week", "2026-04-06T00:00:00+02:00", "2026-04-13T00:00:00+02:00"},
		{"this_month", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"},
		{"last_month", "2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"},
		{"this_quarter", "2026-01-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"},
		{"last_quarter", "2025-10-01T00:00:00+02:00", "2026-01-01T00:00:00+01:00"},
		{"this_year", "2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"},
		{"last_year", "2025-01-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00"},
		{"last_7_days", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"last_28_days", "2026-03-02T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"last_30_days", "2026-02-28T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"last_90_days", "2025-12-30T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
	} {
		from, until, err := Window(c.name).Of(now, berlin)
		if err != nil || !from.Equal(at(t, c.from)) || !until.Equal(at(t, c.until)) {
			t.Errorf("%s is %s to %s, %v", c.name, from, until, err)
		}
	}
	for _, w := range Windows() {
		if _, _, err := w.Of(now, berlin); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := Window("soon").Of(now, berlin); err == nil {
		t.Error("soon is no window")
	}
}
