package schedule

import (
	"fmt"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// dates is a set of local dates: one date, a date of each year, or those of a rule.
type dates struct {
	layout string // how a date is written, to compare with text
	text   string
	rule   *rrule.ROption  // a rule of iCalendar; nil = the text
	listed map[string]bool // the rule's days of the years that are asked for; nil = not listed
}

// parseDates reads "2026-12-25", "12-25" or an RRULE of RFC 5545 without its name: "FREQ=YEARLY;BYEASTER=1".
func parseDates(text string) (dates, error) {
	for _, layout := range []string{time.DateOnly, "01-02"} {
		if len(text) != len(layout) {
			continue
		}
		// A leap year in front: 02-29 is a date of some years.
		if _, err := time.Parse(time.DateOnly, "2000-"[:len(time.DateOnly)-len(layout)]+text); err == nil {
			return dates{layout: layout, text: text}, nil
		}
	}
	if !strings.Contains(text, "FREQ=") {
		return dates{}, fmt.Errorf("%q is no date and no rule", text)
	}
	rule, err := rrule.StrToROption(text)
	if err != nil {
		return dates{}, fmt.Errorf("%q is no rule: %w", text, err)
	}
	d := dates{rule: rule}
	if !rule.Dtstart.IsZero() || !rule.Until.IsZero() || rule.Count > 0 || rule.Freq > rrule.DAILY {
		return dates{}, fmt.Errorf("%q is no rule of whole days without an end", text)
	}
	for year := calendarFrom; year <= calendarUntil; year++ {
		in, err := d.of(year)
		if err != nil {
			return dates{}, fmt.Errorf("%q is no rule: %w", text, err)
		}
		if _, ok := in.Iterator()(); ok {
			return d, nil
		}
	}
	return dates{}, fmt.Errorf("%q has no day, from %d to %d", text, calendarFrom, calendarUntil)
}

// In 28 years each date falls on each day of the week, also February 29.
const calendarFrom, calendarUntil = 2000, 2027

// of is a rule in one year. It begins anew with each January, so that whether a date is in it depends on nothing else.
func (d dates) of(year int) (*rrule.RRule, error) {
	option := *d.rule
	option.Dtstart = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	option.Until = option.Dtstart.AddDate(1, 0, 0).Add(-time.Second)
	return rrule.NewRRule(option)
}

// has tells whether a day is one of the dates; noon is its noon, in UTC.
func (d dates) has(noon time.Time) bool {
	switch {
	case d.rule == nil:
		return noon.Format(d.layout) == d.text
	case d.listed != nil:
		return d.listed[noon.Format(time.DateOnly)]
	}
	rule, err := d.of(noon.Year())
	const half = 12 * time.Hour                                                                   // a rule that names an hour means the day, too
	return err == nil && len(rule.Between(noon.Add(-half), noon.Add(half-time.Second), true)) > 0 // parseDates has seen that it can be made
}

// list are the same dates, with the days of rules listed from one year to another: asked about each day, a rule takes its time.
func list(all []dates, from, until int) []dates {
	out := make([]dates, len(all))
	for i, d := range all {
		if d.rule != nil {
			d.listed = map[string]bool{}
			for year := from; year <= until; year++ {
				rule, err := d.of(year)
				if err != nil { // parseDates has seen that it can be made
					continue
				}
				for _, at := range rule.All() {
					d.listed[at.Format(time.DateOnly)] = true
				}
			}
		}
		out[i] = d
	}
	return out
}

func parseAllDates(texts []string) ([]dates, error) {
	all := make([]dates, len(texts))
	for i, text := range texts {
		d, err := parseDates(text)
		if err != nil {
			return nil, err
		}
		all[i] = d
	}
	return all, nil
}

func anyHas(all []dates, noon time.Time) bool {
	for _, d := range all {
		if d.has(noon) {
			return true
		}
	}
	return false
}
