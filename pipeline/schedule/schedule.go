// Package schedule says when a place is open: hours of the week or of dates, in a zone of its own, with holidays by rules.
//
// The menu language asks it whether to go on as open or closed, the core when to call back, the API how much of the time
// that a ticket took was business hours. It is pure: no I/O, no clock.
package schedule

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // zones must not depend on what the machine has installed
)

// Schedule says when a place is open, in its own time zone.
type Schedule struct {
	ID     string   `yaml:"id" json:"id"`                             // what all else names it by
	Zone   string   `yaml:"zone" json:"zone"`                         // IANA name: Europe/Berlin
	Open   []Hours  `yaml:"open" json:"open"`                         // spans of local time
	Closed []string `yaml:"closed,omitempty" json:"closed,omitempty"` // local dates: docs/ivr.md#hours-and-holidays
}

// Hours is a span of local time on some days of the week, or on some dates: there the week's own hours don't count. Until
// at or before From ends on the next day.
type Hours struct {
	Days  []string `yaml:"days,omitempty" json:"days,omitempty"`   // mon … sun
	Dates []string `yaml:"dates,omitempty" json:"dates,omitempty"` // instead of days: "2026-12-24", "12-24" or a rule
	From  string   `yaml:"from" json:"from"`                       // "08:00"
	Until string   `yaml:"until" json:"until"`                     // "18:00"; at or before from: on the next day
}

// days are the names of the weekdays, by time.Weekday.
func days() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// Place is a schedule with its zone read and its hours as minutes. The zero Place is always closed.
type Place struct {
	zone   *time.Location
	spans  []span
	closed []dates
}

// span is local time on one weekday, or on dates, in minutes since midnight. until beyond 24 h reaches into the next day.
type span struct {
	day         time.Weekday
	dates       []dates // set: on these, whatever the weekday
	from, until int
}

const dayMinutes = 24 * 60

// New reads a schedule; the error says what in it can't be read.
func New(s Schedule) (Place, error) {
	zone, err := location(s.Zone)
	if err != nil {
		return Place{}, err
	}
	closed, err := parseAllDates(s.Closed)
	if err != nil {
		return Place{}, err
	}
	p := Place{zone: zone, closed: closed}
	for _, h := range s.Open {
		spans, err := h.spans()
		if err != nil {
			return Place{}, err
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
	if len(h.Dates) > 0 {
		on, err := parseAllDates(h.Dates)
		return []span{{dates: on, from: from, until: until}}, err
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

// Open tells whether the place is open: by the wall clock of its zone, so an hour that summer time skips is skipped and
// one that winter time repeats counts twice. A closed date is closed from midnight to midnight, also for a span that
// began the day before, and for all of a span that begins on it.
func (p Place) Open(at time.Time) bool {
	if p.zone == nil {
		return false
	}
	local := at.In(p.zone)
	// Noon: adding a day's hours to a midnight could miss the day when the clocks change.
	today := time.Date(local.Year(), local.Month(), local.Day(), 12, 0, 0, 0, time.UTC)
	minute := local.Hour()*60 + local.Minute()
	covered := p.covers(today, minute) || p.covers(today.AddDate(0, 0, -1), minute+dayMinutes)
	return covered && !anyHas(p.closed, today) // last, as rules take their time
}

// covers tells whether a span that begins on a day covers a minute since its midnight.
func (p Place) covers(noon time.Time, minute int) bool {
	special := slices.ContainsFunc(p.spans, func(s span) bool { return anyHas(s.dates, noon) })
	covered := slices.ContainsFunc(p.spans, func(s span) bool {
		on := s.dates == nil && s.day == noon.Weekday()
		if special {
			on = anyHas(s.dates, noon)
		}
		return on && minute >= s.from && minute < s.until
	})
	return covered && !anyHas(p.closed, noon)
}

// horizon is how far Next looks: beyond what comes each year.
const horizon = 400 * 24 * time.Hour

// Next is the first instant after at when a place that is otherwise opens, or with open false closes; false when it
// doesn't within 400 days.
func (p Place) Next(at time.Time, open bool) (time.Time, bool) {
	if p.zone == nil {
		return time.Time{}, false
	}
	was := p.Open(at)
	for t := p.edge(at); t.Sub(at) <= horizon; t = p.edge(t) {
		is := p.Open(t)
		if is == open && was != open {
			return t.In(at.Location()), true
		}
		was = is
	}
	return time.Time{}, false
}

// edge is the first instant after at when the place may open or close: a span's from or until, midnight, or a change of
// the clocks. Between two of them the wall clock goes on evenly, and nothing it is compared with is passed.
func (p Place) edge(at time.Time) time.Time {
	local := at.In(p.zone)
	since := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	next := dayMinutes * time.Minute
	for _, s := range p.spans {
		for _, minute := range []int{s.from % dayMinutes, s.until % dayMinutes} {
			if d := time.Duration(minute) * time.Minute; d > since {
				next = min(next, d)
			}
		}
	}
	edge := local.Add(next - since)
	if _, change := local.ZoneBounds(); !change.IsZero() && change.Before(edge) {
		return change
	}
	return edge
}

// Stretch is a stretch of time, half-open, in which a place is open.
type Stretch struct{ From, Until time.Time }

// Stretches are those in [from, until), in order, cut at its ends.
func (p Place) Stretches(from, until time.Time) []Stretch {
	var out []Stretch
	if p.zone == nil {
		return nil
	}
	p = p.listed(from.In(p.zone).Year()-1, until.In(p.zone).Year()+1)
	for at := from; at.Before(until); {
		next := p.edge(at)
		if next.After(until) {
			next = until
		}
		if p.Open(at) {
			if last := len(out) - 1; last >= 0 && out[last].Until.Equal(at) {
				out[last].Until = next
			} else {
				out = append(out, Stretch{at, next})
			}
		}
		at = next
	}
	return out
}

// listed is the same place, quick about each day from one year to another.
func (p Place) listed(from, until int) Place {
	p.closed, p.spans = list(p.closed, from, until), slices.Clone(p.spans)
	for i, s := range p.spans {
		if s.dates != nil { // on days of the week otherwise
			p.spans[i].dates = list(s.dates, from, until)
		}
	}
	return p
}

// Within is how much of [from, until) the place is open.
func (p Place) Within(from, until time.Time) time.Duration {
	var sum time.Duration
	for _, s := range p.Stretches(from, until) {
		sum += s.Until.Sub(s.From)
	}
	return sum
}

// Text is a schedule in one line, as facts carry it; Parse reads it.
func (s Schedule) Text() string {
	text, _ := json.Marshal(s) // texts only: can't fail
	return string(text)
}

// Parse reads what Text has written.
func Parse(text string) (Place, error) {
	var s Schedule
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return Place{}, fmt.Errorf("schedule %q: %w", text, err)
	}
	p, err := New(s)
	if err != nil {
		return Place{}, fmt.Errorf("schedule %q: %w", text, err)
	}
	return p, nil
}
