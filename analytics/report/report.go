// Package report says when a saved report is due and which time it is about: schedules that follow the wall clock of a zone, and windows
// such as "yesterday".
//
// analytics/api keeps saved reports, runs them and has them sent. The package is pure: the time is an input. What is due when is
// described in docs/reports.md.
package report

import (
	"fmt"
	"time"
)

// Window is which time a report is about, as seen from an instant: a closed list.
type Window string

// Windows lists them. Weeks begin on Monday; the last days are whole ones, without today.
func Windows() []Window {
	return []Window{
		"today", "yesterday", "tomorrow", "this_week", "last_week", "next_week", "this_month", "last_month", "this_quarter", "last_quarter",
		"this_year", "last_year", "last_7_days", "last_28_days", "last_30_days", "last_90_days",
	}
}

// Of is the window as seen from an instant, half-open, by the calendar of a zone.
func (w Window) Of(at time.Time, zone *time.Location) (from, until time.Time, err error) {
	y, m, d := at.In(zone).Date()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, zone) }
	monday := d - (int(at.In(zone).Weekday())+6)%7
	quarter := (m-1)/3*3 + 1
	switch w {
	case "today":
		return day(y, m, d), day(y, m, d+1), nil
	case "yesterday":
		return day(y, m, d-1), day(y, m, d), nil
	case "tomorrow":
		return day(y, m, d+1), day(y, m, d+2), nil
	case "this_week":
		return day(y, m, monday), day(y, m, monday+7), nil
	case "last_week":
		return day(y, m, monday-7), day(y, m, monday), nil
	case "next_week":
		return day(y, m, monday+7), day(y, m, monday+14), nil
	case "this_month":
		return day(y, m, 1), day(y, m+1, 1), nil
	case "last_month":
		return day(y, m-1, 1), day(y, m, 1), nil
	case "this_quarter":
		return day(y, quarter, 1), day(y, quarter+3, 1), nil
	case "last_quarter":
		return day(y, quarter-3, 1), day(y, quarter, 1), nil
	case "this_year":
		return day(y, 1, 1), day(y+1, 1, 1), nil
	case "last_year":
		return day(y-1, 1, 1), day(y, 1, 1), nil
	case "last_7_days":
		return day(y, m, d-7), day(y, m, d), nil
	case "last_28_days":
		return day(y, m, d-28), day(y, m, d), nil
	case "last_30_days":
		return day(y, m, d-30), day(y, m, d), nil
	case "last_90_days":
		return day(y, m, d-90), day(y, m, d), nil
	default:
		return time.Time{}, time.Time{}, fmt.Errorf("there is no window %q", w)
	}
}
