package schedule

import (
	"fmt"
	"slices"
	"strconv"

	"firstline/pipeline/problem"
)

// ValidateAll names every mistake of all schedules; paths begin with the schedule's index.
func ValidateAll(schedules []Schedule) []problem.Problem {
	var out []problem.Problem
	for i, s := range schedules {
		at := strconv.Itoa(i)
		for _, earlier := range schedules[:i] {
			if earlier.ID == s.ID {
				out = append(out, problem.Problem{Path: at + ".id", Message: fmt.Sprintf("schedule %q is defined twice", s.ID), Mend: "give each schedule an id of its own"})
				break
			}
		}
		out = append(out, problem.At(at, s.Validate())...)
	}
	return out
}

// mistakes are what is wrong with a schedule.
type mistakes []problem.Problem

func (m *mistakes) add(path, message, mend string) {
	*m = append(*m, problem.Problem{Path: path, Message: message, Mend: mend})
}

// Validate names every mistake of a schedule.
func (s Schedule) Validate() []problem.Problem {
	var m mistakes
	if s.ID == "" {
		m.add("id", "a schedule has no id", "give it one, for example office")
	}
	if _, err := location(s.Zone); err != nil {
		m.add("zone", fmt.Sprintf("%q is no known time zone", s.Zone), "write an IANA zone, for example Europe/Berlin")
	}
	if len(s.Open) == 0 {
		m.add("open", "the schedule never opens", "write at least one line of days, from and until")
	}
	for i, h := range s.Open {
		h.validate(&m, fmt.Sprintf("open.%d", i))
	}
	m.dates("closed", s.Closed)
	return m
}

func (h Hours) validate(m *mistakes, path string) {
	switch {
	case len(h.Days) == 0 && len(h.Dates) == 0:
		m.add(path+".days", "no days are named", "write days: [mon, tue, wed, thu, fri], or dates")
	case len(h.Days) > 0 && len(h.Dates) > 0:
		m.add(path+".dates", "days and dates in one line", "write two lines, one for days and one for dates")
	}
	m.dates(path+".dates", h.Dates)
	for i, day := range h.Days {
		if !slices.Contains(days(), day) {
			m.add(fmt.Sprintf("%s.days.%d", path, i), fmt.Sprintf("%q is no day", day), "write one of mon, tue, wed, thu, fri, sat, sun")
		}
	}
	if _, err := minutes(h.From); err != nil {
		m.add(path+".from", fmt.Sprintf("%q is no time of day", h.From), `write it as "08:00"`)
	}
	if _, err := minutes(h.Until); err != nil {
		m.add(path+".until", fmt.Sprintf("%q is no time of day", h.Until), `write it as "18:00"; "24:00" is the day's end`)
	}
}

func (m *mistakes) dates(path string, texts []string) {
	for i, text := range texts {
		if _, err := parseDates(text); err != nil {
			m.add(fmt.Sprintf("%s.%d", path, i), err.Error(), `write "2026-12-25", "12-25" for each year, or a rule: "FREQ=YEARLY;BYEASTER=1"`)
		}
	}
}
