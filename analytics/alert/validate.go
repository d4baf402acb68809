package alert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/problem"
)

// Bounds of what a rule may say.
const (
	MaxWindow = 24 * time.Hour
	MaxFor    = 24 * time.Hour
	MaxWeeks  = 26
	maxRepeat = 7 * 24 * time.Hour
	minWeeks  = 4 // fewer earlier hours with a number are no past to judge by
)

// Validate tells what is wrong; paths and times are the YAML's. That queues and schedules exist is for who knows them.
func (r Rule) Validate() []problem.Problem { return (&checks{time: plain}).of(r) }

// ValidateMS is the same as the API has it: times in milliseconds, by keys that end in _ms.
func (r Rule) ValidateMS() []problem.Problem {
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	return (&checks{suffix: "_ms", time: ms}).of(r)
}

// checks collects what is wrong with a rule.
type checks struct {
	suffix string                     // of the keys of times
	time   func(time.Duration) string // writes one
	out    []problem.Problem
}

func (c *checks) add(path, message, mend string) {
	c.out = append(c.out, problem.Problem{Path: path, Message: message, Mend: mend})
}

func (c *checks) within(path string, v, from, until time.Duration) {
	if v < from || v > until {
		c.add(path+c.suffix, fmt.Sprintf("is %s, not between %s and %s", c.time(v), c.time(from), c.time(until)), "")
	}
}

func (c *checks) one(path, v string, list []string) {
	if !slices.Contains(list, v) {
		c.add(path, "is none of "+strings.Join(list, ", "), "write one of them")
	}
}

func (c *checks) of(r Rule) []problem.Problem {
	if r.ID != "" && strings.Trim(r.ID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		c.add("id", "holds something else than letters, digits, - and _", "rename it")
	}
	c.one("kind", string(r.Kind), words(Kinds()))
	c.ofKind(r)
	if r.MinCalls < 0 {
		c.add("min_calls", "is below 0", "leave it out for the default")
	}
	if !(r.Margin >= 0) || r.Margin >= 100 {
		c.add("clear_percent", "is not from 0 to below 100", "write 5, or leave it out")
	}
	c.within("for", r.For, 0, MaxFor)
	c.within("clear_for", r.ClearFor, 0, MaxFor)
	if r.Repeat != 0 {
		c.within("repeat", r.Repeat, time.Minute, maxRepeat)
	}
	return c.out
}

// ofKind checks what only rules of its kind have.
func (c *checks) ofKind(r Rule) {
	switch r.Kind {
	case ServiceLevel:
		c.one("variant", string(r.Variant), words(Variants()))
		c.within("window", r.Window, time.Minute, MaxWindow)
		c.within("threshold", r.Threshold, 0, MaxWindow)
		if !(r.Below > 0) || r.Below > 100 {
			c.add("below_percent", "is not above 0 and at most 100", "write 80")
		}
	case LongestWait:
		c.within("above", r.Above, time.Second, MaxWindow)
	case NobodyReady:
		c.one("while", r.While, []string{WhileWaiting, WhileOpen})
		if (r.While == WhileOpen) != (r.Schedule != "") {
			c.add("schedule", "goes with while: open, and with nothing else", "name one of schedules, or leave both out")
		}
	case TicketSLA:
		c.one("stage", r.Stage, []string{StageWarning, StageBreached})
		if r.Tickets < 1 {
			c.add("tickets", "is below 1", "leave it out for 1")
		}
	case Deviation:
		c.deviation(r)
	}
}

func (c *checks) deviation(r Rule) {
	c.one("number", string(r.Number), words(Numbers()))
	c.one("direction", string(r.Direction), words(Directions()))
	if r.Weeks < minWeeks || r.Weeks > MaxWeeks {
		c.add("weeks", fmt.Sprintf("is %d, not between %d and %d", r.Weeks, minWeeks, MaxWeeks), "write 6")
	}
	if !(r.Factor > 0) || r.Factor > 100 {
		c.add("factor", "is not above 0 and at most 100", "write 3.5")
	}
	if !(r.Least > 0) {
		c.add("least", "is not above 0", "leave it out for the default")
	}
	if _, err := time.LoadLocation(r.Zone); err != nil || r.Zone == "Local" {
		c.add("tz", "is no IANA time zone", "write Europe/Berlin")
	}
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}
