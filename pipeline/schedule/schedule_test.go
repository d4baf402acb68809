package schedule_test

import (
	"testing"
	"time"

	"firstline/pipeline/schedule"
)

func places() []schedule.Schedule {
	weekdays := []string{"mon", "tue", "wed", "thu", "fri"}
	return []schedule.Schedule{
		{ID: "office", Zone: "Europe/Berlin", Open: []schedule.Hours{{Days: weekdays, From: "08:00", Until: "12:30"}, {Days: weekdays, From: "13:00", Until: "18:00"}}, Closed: []string{"FREQ=YEARLY;BYEASTER=1"}},
		{ID: "night", Zone: "Europe/Berlin", Open: []schedule.Hours{{Days: []string{"sat", "sun"}, From: "22:00", Until: "04:00"}}},
		{ID: "always", Zone: "Australia/Lord_Howe", Open: []schedule.Hours{{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, From: "00:00", Until: "24:00"}}},
	}
}

// Stretches are the minutes at which the place is open, counted one by one, also over the days on which clocks change; as
// is what Text has written and Parse read.
func TestStretches(t *testing.T) {
	for _, s := range places() {
		p, err := schedule.Parse(s.Text())
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range []time.Time{time.Date(2026, 3, 27, 10, 15, 0, 0, time.UTC), time.Date(2026, 10, 23, 23, 59, 0, 0, time.UTC), time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC)} {
			until := from.Add(4*24*time.Hour + 7*time.Minute)
			var counted time.Duration
			for at := from; at.Before(until); at = at.Add(time.Minute) {
				if p.Open(at) {
					counted += time.Minute
				}
			}
			if got := p.Within(from, until); got != counted {
				t.Errorf("%s from %s: %s, counted %s", s.ID, from, got, counted)
			}
			last := from
			for i, stretch := range p.Stretches(from, until) {
				if !stretch.From.Before(stretch.Until) || stretch.From.Before(last) || i > 0 && stretch.From.Equal(last) {
					t.Errorf("%s: %v after %s", s.ID, stretch, last)
				}
				last = stretch.Until
			}
			if last.After(until) {
				t.Errorf("%s: until %s", s.ID, last)
			}
		}
		if got := p.Within(time.Unix(10, 0), time.Unix(9, 0)); got != 0 {
			t.Errorf("backwards: %s", got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "{", `{"zone":"Nowhere"}`, `{"zone":"UTC","open":[{"days":["x"],"from":"08:00","until":"09:00"}]}`} {
		if _, err := schedule.Parse(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
	var none schedule.Place
	if none.Within(time.Unix(0, 0), time.Unix(1e6, 0)) != 0 {
		t.Error("the zero place is open")
	}
}
