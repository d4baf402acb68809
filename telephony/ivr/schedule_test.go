package ivr_test

import (
	"testing"
	"time"

	"firstline/telephony/ivr"
)

func TestScheduleOpen(t *testing.T) {
	weekdays := []string{"mon", "tue", "wed", "thu", "fri"}
	menus := newMenus(t, nil, []ivr.Schedule{
		{ID: "office", Zone: "Europe/Berlin", Open: []ivr.Hours{{Days: weekdays, From: "08:00", Until: "18:00"}}, Closed: []string{"2026-12-25"}},
		{ID: "night", Zone: "Europe/Berlin", Open: []ivr.Hours{{Days: []string{"sat"}, From: "22:00", Until: "04:00"}}, Closed: []string{"2026-05-09", "2026-05-17"}},
		{ID: "yearly", Zone: "Europe/Berlin", Closed: []string{"12-25", "FREQ=YEARLY;BYEASTER=-2", "FREQ=YEARLY;BYEASTER=1", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1;BYHOUR=9"}, Open: []ivr.Hours{
			{Days: weekdays, From: "08:00", Until: "18:00"},
			{Dates: []string{"2026-12-24", "12-31"}, From: "09:00", Until: "12:00"},
			{Dates: []string{"12-31"}, From: "22:00", Until: "02:00"},
			{Dates: []string{"2026-12-25", "2026-07-05"}, From: "10:00", Until: "11:00"},
		}},
		{ID: "always", Zone: "UTC", Open: []ivr.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, From: "00:00", Until: "24:00"}}},
		{ID: "early", Zone: "America/New_York", Open: []ivr.Hours{{Days: []string{"sun"}, From: "01:00", Until: "03:00"}}},
	})
	for _, test := range []struct {
		schedule, at string // at in RFC 3339
		open         bool
		why          string
	}{
		{"office", "2026-03-02T06:59:59Z", false, "a second before eight, winter time"},
		{"office", "2026-03-02T07:00:00Z", true, "eight, winter time"},
		{"office", "2026-03-02T16:59:59Z", true, "a second before six"},
		{"office", "2026-03-02T17:00:00Z", false, "six: half-open"},
		{"office", "2026-07-06T06:00:00Z", true, "eight, summer time"},
		{"office", "2026-07-06T05:59:59Z", false, "a second before eight, summer time"},
		{"office", "2026-03-07T10:00:00Z", false, "Saturday"},
		{"office", "2026-12-25T10:00:00Z", false, "a holiday on a Friday"},
		{"office", "2026-12-24T10:00:00Z", true, "the day before"},
		{"night", "2026-05-02T19:59:59Z", false, "Saturday before ten"},
		{"night", "2026-05-02T20:00:00Z", true, "Saturday at ten"},
		{"night", "2026-05-03T01:59:59Z", true, "the night into Sunday"},
		{"night", "2026-05-03T02:00:00Z", false, "Sunday at four"},
		{"night", "2026-05-09T21:00:00Z", false, "it begins on a closed date"},
		{"night", "2026-05-10T01:00:00Z", false, "it began on a closed date"},
		{"night", "2026-05-16T21:00:00Z", true, "the evening before a closed date"},
		{"night", "2026-05-16T22:30:00Z", false, "past midnight into a closed date"},
		{"night", "2026-03-29T00:30:00Z", true, "half past one, in the night the clocks go forward"},
		{"night", "2026-03-29T01:30:00Z", true, "half past three: two o'clock was skipped"},
		{"night", "2026-03-29T02:00:00Z", false, "four, an hour of the night shorter"},
		{"night", "2026-10-25T02:59:59Z", true, "a second before four, an hour of the night longer"},
		{"night", "2026-10-25T03:00:00Z", false, "four, after the clocks went back"},
		{"early", "2026-11-01T05:30:00Z", true, "half past one, the first time"},
		{"early", "2026-11-01T06:30:00Z", true, "half past one, the second time"},
		{"early", "2026-11-01T08:00:00Z", false, "three"},
		{"early", "2026-03-08T06:30:00Z", true, "half past one"},
		{"early", "2026-03-08T07:00:00Z", false, "two o'clock is three o'clock on that day"},
		{"yearly", "2026-04-03T10:00:00Z", false, "Good Friday"},
		{"yearly", "2026-04-06T10:00:00Z", false, "Easter Monday"},
		{"yearly", "2026-04-07T10:00:00Z", true, "the Tuesday after"},
		{"yearly", "2027-03-29T10:00:00Z", false, "Easter Monday of another year"},
		{"yearly", "2026-11-26T10:00:00Z", false, "the fourth Thursday of November"},
		{"yearly", "2026-11-19T10:00:00Z", true, "the third"},
		{"yearly", "2026-06-01T15:00:00Z", false, "a rule that names an hour means the day"},
		{"yearly", "2026-06-02T06:00:00Z", true, "and not the next"},
		{"yearly", "2030-12-25T10:00:00Z", false, "a date of each year"},
		{"yearly", "2026-12-24T10:59:59Z", true, "short hours of a date"},
		{"yearly", "2026-12-24T11:00:00Z", false, "a weekday's own hours don't count there"},
		{"yearly", "2026-12-24T07:30:00Z", false, "nor in the morning"},
		{"yearly", "2026-12-25T09:30:00Z", false, "closed wins over hours of the date"},
		{"yearly", "2026-07-05T08:30:00Z", true, "a Sunday with hours of its own"},
		{"yearly", "2029-12-31T08:30:00Z", true, "the first of two lines for a date"},
		{"yearly", "2029-12-31T21:30:00Z", true, "the second"},
		{"yearly", "2030-01-01T00:30:00Z", true, "which goes on after midnight"},
		{"yearly", "2030-01-01T01:00:00Z", false, "until two"},
		{"always", "2026-03-02T23:59:59Z", true, "the last second of a day"},
		{"always", "2026-03-03T00:00:00Z", true, "the first of the next"},
		{"nowhere", "2026-03-02T10:00:00Z", false, "an unknown schedule is closed"},
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := menus.Open(test.schedule, at); got != test.open {
			t.Errorf("%s at %s (%s): open is %t", test.schedule, test.at, test.why, got)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	hours := []ivr.Hours{{Days: []string{"mon"}, From: "08:00", Until: "18:00"}}
	for name, schedules := range map[string][]ivr.Schedule{
		"unknown zone":   {{ID: "s", Zone: "Mars/Base", Open: hours}},
		"machine's zone": {{ID: "s", Zone: "Local", Open: hours}},
		"no zone":        {{ID: "s", Open: hours}},
		"twice":          {{ID: "s", Zone: "UTC", Open: hours}, {ID: "s", Zone: "UTC", Open: hours}},
		"bad day":        {{ID: "s", Zone: "UTC", Open: []ivr.Hours{{Days: []string{"monday"}, From: "08:00", Until: "18:00"}}}},
		"bad from":       {{ID: "s", Zone: "UTC", Open: []ivr.Hours{{Days: []string{"mon"}, From: "8", Until: "18:00"}}}},
		"bad date":       {{ID: "s", Zone: "UTC", Open: []ivr.Hours{{Dates: []string{"13-01"}, From: "08:00", Until: "18:00"}}}},
		"bad rule":       {{ID: "s", Zone: "UTC", Open: hours, Closed: []string{"FREQ=SOMETIMES"}}},
		"bad until":      {{ID: "s", Zone: "UTC", Open: []ivr.Hours{{Days: []string{"mon"}, From: "08:00", Until: "25:00"}}}},
	} {
		if _, err := ivr.New(nil, schedules, nil, nil); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := ivr.New([]ivr.Flow{{ID: "f"}, {ID: "f"}}, nil, nil, nil); err == nil {
		t.Error("a flow defined twice is taken")
	}
}

func newMenus(t testing.TB, flows []ivr.Flow, schedules []ivr.Schedule) *ivr.Menus {
	t.Helper()
	menus, err := ivr.New(flows, schedules, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return menus
}
