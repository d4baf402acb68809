package sipp

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Callers are calls made from one port.
type Callers struct {
	Phone
	User   string // SIP user whose own calls these are, with his number; empty = callers from outside
	Secret string // his SIP password
	Calls  []Call
}

// Call is one call. It ends when the other side hangs up, or after the last press and Patience.
type Call struct {
	Name     string        // in the results; no semicolon
	Number   string        // the caller's
	Dialed   string        // number
	Start    time.Duration // after SIPp's start
	Presses  []Press       // at most four
	Patience time.Duration // from the last press, or the answer, until it hangs up
}

// Press is digits pressed one after the other. Each takes 0.4 s, and 0.8 s pass before the first.
type Press struct {
	After  time.Duration // after the answer, or after the end of the press before
	Digits string        // 0-9 * #
}

const (
	maxPresses = 4
	digitTime  = 400 * time.Millisecond
)

// Run makes the calls and waits for their ends, or until ctx ends. The results have one entry a call, by their beginning.
func (c Callers) Run(ctx context.Context) ([]Result, error) {
	if len(c.Calls) == 0 {
		return nil, nil
	}
	var lines strings.Builder
	for _, call := range c.Calls {
		if len(call.Presses) > maxPresses {
			return nil, fmt.Errorf("call %s: %d presses, %d are possible", call.Name, len(call.Presses), maxPresses)
		}
		lines.WriteString(call.line())
	}
	n := strconv.Itoa(len(c.Calls))
	// All are made at once and wait for their own start: so a day's shape is in the calls, not in SIPp's rate.
	r := run{phone: c.Phone, scenario: "caller.xml", lines: lines.String(), view: callerView{Speech: c.speech(), User: c.User, Secret: c.Secret},
		args: []string{"-m", n, "-l", n, "-r", n, "-rp", "100"}}
	return r.do(ctx)
}

// line is the call's line of the injection file; see caller.xml.
func (c Call) line() string {
	fields := []string{c.Name, c.Number, c.Dialed}
	var playing time.Duration // of the press before: SIPp cuts a press short when the next begins
	for i := range maxPresses {
		pause, digits := playing, "-"
		playing = 0
		if i < len(c.Presses) {
			p := c.Presses[i]
			pause, digits = pause+p.After, p.Digits
			playing = time.Duration(len(p.Digits)+2) * digitTime
		}
		fields = append(fields, ms(pause), digits)
	}
	fields = append(fields, ms(c.Patience), ms(c.Start), ms(playing)) // speech would cut the last press short, too
	return strings.Join(fields, ";") + "\n"
}

func ms(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// callerView is what caller.xml sees.
type callerView struct{ Speech, User, Secret string }

// speech is the file that is spoken; "" when nothing is.
func (p Phone) speech() string {
	if p.Speech > 0 {
		return speechFile
	}
	return ""
}
