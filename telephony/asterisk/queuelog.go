package asterisk

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"firstline/telephony/callcenter"
)

// fallbackPrefix stands before a queue's id in the names of the dialplan's fallback queues.
const fallbackPrefix = "fallback-"

// queueLine is one line of queue_log: time|caller's uniqueid|queue|agent|event|data…
type queueLine struct {
	at      time.Time
	channel string
	queue   string
	agent   string
	event   string
	data    []string
}

var errBadLine = errors.New("bad line of queue_log")

// parseLine takes a line apart.
func parseLine(text string) (queueLine, error) {
	f := strings.Split(strings.TrimRight(text, "\r\n"), "|")
	if len(f) < 5 {
		return queueLine{}, fmt.Errorf("%w: %d fields", errBadLine, len(f))
	}
	at, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil || at <= 0 {
		return queueLine{}, fmt.Errorf("%w: time %.20q", errBadLine, f[0])
	}
	return queueLine{at: time.Unix(at, 0).UTC(), channel: f[1], queue: f[2], agent: f[3], event: f[4], data: f[5:]}, nil
}

// fallback says what a line means; ok is false for lines that are not the fallback's or tell nothing new. Offset is the
// caller's to fill.
func (l queueLine) fallback() (ev callcenter.FallbackEvent, ok bool, err error) {
	queue, isFallback := strings.CutPrefix(l.queue, fallbackPrefix)
	if !isFallback || !isTold(l.event) {
		return ev, false, nil
	}
	ev = callcenter.FallbackEvent{Channel: l.channel, Event: l.event, Queue: queue, Agent: l.agent}
	if ev.Agent == "NONE" {
		ev.Agent = ""
	}
	seconds := func(i int) int64 {
		if i >= len(l.data) {
			err = fmt.Errorf("%w: %s has %d data fields", errBadLine, l.event, len(l.data))
			return 0
		}
		n, e := strconv.ParseInt(l.data[i], 10, 64)
		if e != nil || n < 0 || n > maxSeconds {
			err = fmt.Errorf("%w: %s field %d is %.20q", errBadLine, l.event, i+1, l.data[i])
			return 0
		}
		return n * 1000
	}
	switch l.event {
	case "ENTERQUEUE": // url, caller's number, position
		if len(l.data) < 2 {
			return ev, false, fmt.Errorf("%w: ENTERQUEUE has %d data fields", errBadLine, len(l.data))
		}
		ev.Number = l.data[1]
	case "CONNECT": // wait, the agent's channel, ring time
		ev.WaitMS, ev.RingMS = seconds(0), seconds(2)
	case "COMPLETECALLER", "COMPLETEAGENT": // wait, talk, position
		ev.WaitMS, ev.TalkMS = seconds(0), seconds(1)
	case "EXITWITHKEY": // key, position, position at entry, wait
		ev.WaitMS = seconds(3)
	default: // ABANDON, EXITEMPTY, EXITWITHTIMEOUT: position, position at entry, wait
		ev.WaitMS = seconds(2)
	}
	return ev, err == nil, err
}

// maxSeconds bounds a duration in queue_log: a year.
const maxSeconds = 366 * 24 * 3600

// isTold says whether the core is told of an event. RINGNOANSWER and the like change nothing.
func isTold(event string) bool {
	switch event {
	case "ENTERQUEUE", "CONNECT", "ABANDON", "EXITEMPTY", "EXITWITHTIMEOUT", "EXITWITHKEY", "COMPLETECALLER", "COMPLETEAGENT":
		return true
	}
	return false
}
