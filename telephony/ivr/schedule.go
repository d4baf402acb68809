package ivr

import (
	"time"

	"firstline/pipeline/problem"
	"firstline/pipeline/schedule"
)

// Schedule says when a place is open, in its own time zone; Hours are its lines. The figures' side reads them too.
type (
	Schedule = schedule.Schedule
	Hours    = schedule.Hours
)

// ValidateSchedules names every mistake of all schedules; paths begin with the schedule's index.
func ValidateSchedules(schedules []Schedule) []problem.Problem {
	return schedule.ValidateAll(schedules)
}

// Open tells whether a schedule is open at an instant. An unknown schedule is closed.
func (m *Menus) Open(schedule string, at time.Time) bool { return m.places[schedule].Open(at) }

// Next is the first instant after at when a schedule that is otherwise opens, or with open false closes; false when it
// doesn't within 400 days, as an unknown one never does.
func (m *Menus) Next(schedule string, at time.Time, open bool) (time.Time, bool) {
	return m.places[schedule].Next(at, open)
}
