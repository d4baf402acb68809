package ivr

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // zones must not depend on what the machine has installed
)

// days are the names of the weekdays, by time.Weekday.
func days() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// place is a schedule with its zone read and its hours as minutes. The zero place is always closed.
type place struct {
	zone   *time.Location
	spans  []span
	closed []string
}

// span is local time on one weekday, in minutes since midnight. until beyond 24 h reaches into the next day.
type span struct {
	day         time.Weekday
	from, until int
}

const dayMinutes = 24 * 60

func newPlace(s Schedule) (place, error) {
	zone, err := location(s.Zone)
	if err != nil {
		return place{}, err
	}
	p := place{zone: zone, closed: slices.Sorted(slices.Values(s.Closed))}
	for _, h := range s.Open {
		spans, err := h.spans()
		if err != nil {
			return place{}, err
		}
		p.spans = append(p.spans, spans...)
	}
	return p, nil
}

// location reads a zone; "" and "Local" would mean the machine's, which no plan may depend on.
func location(zone string) (*time.Location, error) {
	if zone == "" || zone == "Local" {
		return nil, fmt.Errorf("zone %q names no IANA zone", zone)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("zone %q: %w", zone, err)
	}
	return loc, nil
}

func (h Hours) spans() ([]span, error) {
	from, err := minutes(h.From)
	if err != nil {
		return nil, err
	}
	until, err := minutes(h.Until)
	if err != nil {
		return nil, err
	}
	if until <= from {
		until += dayMinutes
	}
	spans := make([]span, 0, len(h.Days))
	for _, name := range h.Days {
		day := slices.Index(days(), name)
		if day < 0 {
			return nil, fmt.Errorf("day %q is none of mon, tue, wed, thu, fri, sat, sun", name)
		}
		spans = append(spans, span{day: time.Weekday(day), from: from, until: until})
	}
	return spans, nil
}

// minutes reads "08:00"; "24:00" is the day's end.
func minutes(clock string) (int, error) {
	if clock == "24:00" {
		return dayMinutes, nil
	}
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return 0, fmt.Errorf("time %q is not of the form 08:00", clock)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// open tells whether the place is open: by the wall clock of its zone, so an hour that summer time skips is skipped and
// one that winter time repeats counts twice. A closed date is closed from midnight to midnight, also for a span that
// began the day before, and for all of a span that begins on it.
func (p place) open(at time.Time) bool {
	if p.zone == nil {
		return false
	}
	local := at.In(p.zone)
	today := local.Format(time.DateOnly)
	// Noon: adding a day's hours to a midnight could miss the day when the clocks change.
	noon := time.Date(local.Year(), local.Month(), local.Day(), 12, 0, 0, 0, time.UTC)
	yesterday := noon.AddDate(0, 0, -1)
	if p.isClosed(today) {
		return false
	}
	minute := local.Hour()*60 + local.Minute()
	for _, s := range p.spans {
		if s.day == local.Weekday() && minute >= s.from && minute < s.until {
			return true
		}
		if s.day == yesterday.Weekday() && minute < s.until-dayMinutes && !p.isClosed(yesterday.Format(time.DateOnly)) {
			return true
		}
	}
	return false
}

func (p place) isClosed(date string) bool {
	_, found := slices.BinarySearch(p.closed, date)
	return found
}

// Open tells whether a schedule is open at an instant. An unknown schedule is closed.
func (m *Menus) Open(schedule string, at time.Time) bool { return m.places[schedule].open(at) }
