package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones must not depend on what the machine has installed

	"github.com/teambition/rrule-go"
)

// Schedule says when a report is sent: on days by a rule of iCalendar, at times of the wall clock of a zone.
type Schedule struct {
	Days   string   `json:"days"`   // RRULE of whole days: FREQ=WEEKLY;BYDAY=MO
	At     []string `json:"at"`     // "07:00"
	Zone   string   `json:"zone"`   // IANA name
	Starts string   `json:"starts"` // date from which the rule counts its intervals, and before which nothing is sent
}

// Timetable is a Schedule that was read.
type Timetable struct {
	rule *rrule.RRule // its days, as midnights in UTC: there no clock changes
	at   []time.Duration
	zone *time.Location
}

// NewTimetable reads a schedule; the error says what in it can't be read.
func NewTimetable(s Schedule) (Timetable, error) {
	zone, err := Zone(s.Zone)
	if err != nil {
		return Timetable{}, err
	}
	starts, err := time.Parse(time.DateOnly, s.Starts)
	if err != nil {
		return Timetable{}, fmt.Errorf("starts: %q is no date like 2026-03-02", s.Starts)
	}
	option, err := rrule.StrToROption(strings.TrimPrefix(s.Days, "RRULE:"))
	if err != nil {
		return Timetable{}, fmt.Errorf("days: %q is no rule such as FREQ=WEEKLY;BYDAY=MO: %w", s.Days, err)
	}
	if option.Freq > rrule.DAILY || len(option.Byhour)+len(option.Byminute)+len(option.Bysecond) > 0 || !option.Dtstart.IsZero() {
		return Timetable{}, fmt.Errorf("days: %q is no rule of whole days; the times stand in at, the first day in starts", s.Days)
	}
	option.Dtstart = starts
	t := Timetable{zone: zone}
	if t.rule, err = rrule.NewRRule(*option); err != nil {
		return Timetable{}, fmt.Errorf("days: %q: %w", s.Days, err)
	}
	if len(s.At) == 0 {
		return Timetable{}, fmt.Errorf("at: names no time")
	}
	for _, text := range s.At {
		clock, err := time.Parse("15:04", text)
		if err != nil {
			return Timetable{}, fmt.Errorf("at: %q is no time like 07:00", text)
		}
		t.at = append(t.at, time.Duration(clock.Hour())*time.Hour+time.Duration(clock.Minute())*time.Minute)
	}
	slices.Sort(t.at)
	return t, nil
}

// Zone reads an IANA name; "" and "Local" would mean the machine's.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q names no IANA time zone", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q names no IANA time zone: %w", name, err)
	}
	return zone, nil
}

// Next is the first instant after at; false when the rule has ended.
func (t Timetable) Next(at time.Time) (time.Time, bool) {
	for day := t.rule.After(dayOf(at.In(t.zone)), true); !day.IsZero(); day = t.rule.After(day, false) {
		for _, clock := range t.at {
			if slot := onClock(day, clock, t.zone); slot.After(at) {
				return slot, true
			}
		}
	}
	return time.Time{}, false
}

// Between are the instants after from, until included, the earliest first; at most so many of the last.
func (t Timetable) Between(from, until time.Time, most int) (slots []time.Time, all int) {
	for slot, ok := t.Next(from); ok && !slot.After(until); slot, ok = t.Next(slot) {
		all++
		if slots = append(slots, slot); len(slots) > most {
			slots = slots[1:]
		}
	}
	return slots, all
}

// dayOf is the date of a local instant as a midnight in UTC.
func dayOf(local time.Time) time.Time {
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
}

// onClock is the instant at which a zone's clock shows a time on a day: the first of two where the clock is set back, the one of the
// change where it skips the time.
func onClock(day time.Time, clock time.Duration, zone *time.Location) time.Time {
	wanted := day.Add(clock) // what the clock shows, as if it were UTC
	shows := func(t time.Time) time.Time {
		_, ahead := t.In(zone).Zone()
		return t.Add(time.Duration(ahead) * time.Second).UTC()
	}
	at := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone).Add(clock)
	_, ahead := at.Zone()
	at = wanted.Add(-time.Duration(ahead) * time.Second).In(zone)
	begin, end := at.ZoneBounds()
	switch seen := shows(at); {
	case seen.After(wanted): // of the offset behind a change that skips it, or that comes later
		return begin
	case seen.Before(wanted):
		return end
	}
	if begin.IsZero() {
		return at
	}
	_, before := begin.Add(-time.Second).Zone()
	if earlier := wanted.Add(-time.Duration(before) * time.Second).In(zone); earlier.Before(begin) && shows(earlier).Equal(wanted) {
		return earlier
	}
	return at
}
