// Package queuelogtest reads queue_log as Asterisk documents it (docs.asterisk.org, Operation/Logging/Queue-Logs), and where
// that page is silent as app_queue 22.10 was seen to write it. It knows nothing of the writer, so that a test that reads
// with it what the writer wrote compares two readings of the same page. Only tests import it.
package queuelogtest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Line is one line of queue_log that keeps to the page.
type Line struct {
	At    time.Time
	Call  string // uniqueid of the caller's channel; NONE, REALTIME, MANAGER or CLI
	Queue string
	Agent string
	Event string
	Data  []string
}

// Number is a field of the data as a number; fields are counted from 0. It is for fields that Parse has checked.
func (l Line) Number(i int) int64 {
	n, err := strconv.ParseInt(l.Data[i], 10, 64)
	if err != nil {
		panic(fmt.Sprintf("field %d of %s is %q", i, l.Event, l.Data[i]))
	}
	return n
}

// check says whether a field is what the page calls it.
type check func(string) bool

func matches(pattern string) check { return regexp.MustCompile("^(?:" + pattern + ")$").MatchString }

func anything(string) bool    { return true }
func something(s string) bool { return s != "" }

// shape is what one event looks like.
type shape struct {
	call, queue, agent check
	data               []check
	optional           int // of the last fields of data
}

// shapes of the events. A function, not a variable: nobody may change it.
func shapes() map[string]shape {
	var (
		none     = matches("NONE")
		caller   = matches(`(?:[^|\s]+-)?\d+\.\d+`)
		anyone   = matches(`(?:[^|\s]+-)?\d+\.\d+|REALTIME|MANAGER|CLI`)
		channel  = matches(`[^|\s]+`)
		queue    = func(s string) bool { return s != "" && s != "NONE" }
		position = matches(`[1-9]\d*`)
		origin   = position
		count    = matches(`0|[1-9]\d*`) // seconds or milliseconds
		key      = matches(`[0-9*#A-D]`)
	)
	left := shape{call: caller, queue: queue, agent: none, data: []check{position, origin, count}}
	member := func(data check) shape { return shape{call: anyone, queue: queue, agent: queue, data: []check{data}} }
	rang := shape{call: caller, queue: queue, agent: queue, data: []check{count}}
	complete := shape{call: caller, queue: queue, agent: queue, data: []check{count, count, origin}}
	pause := shape{call: none, queue: queue, agent: queue, data: []check{anything}}
	pauseAll := shape{call: none, queue: none, agent: queue, data: []check{anything}}
	system := shape{call: none, queue: none, agent: none, data: []check{matches("")}}
	return map[string]shape{
		"QUEUESTART":     system,
		"CONFIGRELOAD":   system,
		"ENTERQUEUE":     {call: caller, queue: queue, agent: none, data: []check{anything, anything, origin, something}, optional: 1},
		"CONNECT":        {call: caller, queue: queue, agent: queue, data: []check{count, channel, count}},
		"COMPLETEAGENT":  complete,
		"COMPLETECALLER": complete,
		"BLINDTRANSFER":  {call: caller, queue: queue, agent: queue, data: []check{something, something, count, count, origin}},
		// The third form, LINK with two channels, is that of a bridge between bridges.
		"ATTENDEDTRANSFER": {call: caller, queue: queue, agent: queue, data: []check{matches("BRIDGE|APP"), something, count, count, origin}},
		"ABANDON":          left,
		"EXITEMPTY":        left,
		"EXITWITHTIMEOUT":  left,
		"EXITWITHKEY":      {call: caller, queue: queue, agent: none, data: []check{key, position, origin, count}},
		"WITHDRAW":         {call: caller, queue: queue, agent: none, data: []check{position, origin, count, matches(`[^|]{0,40}`)}}, // not on the page
		"RINGNOANSWER":     rang,
		"RINGCANCELED":     rang,
		"ADDMEMBER":        member(matches("|PAUSED")),
		"REMOVEMEMBER":     member(matches("")),
		"PAUSE":            pause, // these four are not on the page
		"UNPAUSE":          pause,
		"PAUSEALL":         pauseAll,
		"UNPAUSEALL":       pauseAll,
	}
}

// Parse reads a whole file. Every line must be whole, of a known event, with exactly its fields.
func Parse(text string) ([]Line, error) {
	known := shapes()
	var out []Line
	for n := 1; text != ""; n++ {
		line, rest, whole := strings.Cut(text, "\n")
		text = rest
		if !whole {
			return out, fmt.Errorf("line %d: %q has no end", n, line)
		}
		l, err := parse(line, known)
		if err != nil {
			return out, fmt.Errorf("line %d: %q: %w", n, line, err)
		}
		out = append(out, l)
	}
	return out, nil
}

func parse(line string, known map[string]shape) (Line, error) {
	fields := strings.Split(line, "|")
	if len(fields) < 6 {
		return Line{}, fmt.Errorf("%d fields", len(fields))
	}
	at, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil || at < 1_000_000_000 || fields[0] != strconv.FormatInt(at, 10) {
		return Line{}, fmt.Errorf("the time is %q", fields[0])
	}
	l := Line{At: time.Unix(at, 0).UTC(), Call: fields[1], Queue: fields[2], Agent: fields[3], Event: fields[4], Data: fields[5:]}
	s, ok := known[l.Event]
	switch n := len(l.Data); {
	case !ok:
		return l, fmt.Errorf("unknown event %q", l.Event)
	case !s.call(l.Call):
		return l, fmt.Errorf("the uniqueid is %q", l.Call)
	case !s.queue(l.Queue):
		return l, fmt.Errorf("the queue is %q", l.Queue)
	case !s.agent(l.Agent):
		return l, fmt.Errorf("the agent is %q", l.Agent)
	case n > len(s.data) || n < len(s.data)-s.optional:
		return l, fmt.Errorf("%d fields of data", n)
	}
	for i, d := range l.Data {
		if !s.data[i](d) {
			return l, fmt.Errorf("data %d is %q", i+1, d)
		}
	}
	return l, nil
}
