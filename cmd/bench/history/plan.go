package main

import (
	"fmt"
	"time"
)

// What is simulated once, for one site, and then repeated for each site and week by shifting it.
const (
	weekDays     = 7
	callsOfADay  = 5100
	simulateSeed = 1
)

// plan is how often the simulated week is repeated: for each site, back in time from today.
type plan struct {
	start time.Time // of the simulated week, midnight UTC
	until time.Time // of everything: the last midnight
	sites int
	weeks int
}

func newPlan(set settings, now time.Time) plan {
	p := plan{until: now.UTC().Truncate(24 * time.Hour), sites: set.sites}
	p.start = p.until.AddDate(0, 0, -weekDays)
	week := set.sites * weekDays * callsOfADay
	p.weeks = (set.calls + week - 1) / week
	return p
}

// shift is by how many seconds a week lies after the simulated one: less than 0. The newest week is the last.
func (p plan) shift(week int) int64 { return -int64(p.weeks-1-week) * weekDays * 24 * 3600 }

func queueID(name string, site int) string { return fmt.Sprintf("%s-%02d", name, site) }
