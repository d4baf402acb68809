package history

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const none = "NONE" // a column that has nothing to say

// Line is one line of queue_log: time|uniqueid|queue|agent|event|data.
type Line struct {
	At    time.Time `json:"at"` // whole seconds, UTC
	Call  string    `json:"call"`
	Queue string    `json:"queue"`
	Agent string    `json:"agent"`
	Event string    `json:"event"`
	Data  []string  `json:"data,omitempty"` // without the empty ones at the end

	File   int  `json:"-"` // which of the files it stands in: lines of one file are different lines
	Number int  `json:"-"` // where in the file, from 1
	Again  bool `json:"-"` // it was taken in before, and is given again to go on: not counted
	Piped  bool `json:"-"` // a name in it had the sign that parts columns
	Odd    bool `json:"-"` // whoever read it has noted a doubt of it
}

// text tells lines apart: two with the same text in two files are one.
func (l Line) text() string {
	return strconv.FormatInt(l.At.Unix(), 10) + "|" + l.Call + "|" + l.Queue + "|" + l.Agent + "|" + l.Event + "|" + strings.Join(l.Data, "|")
}

// call is the uniqueid of the caller's channel, "" when the line is about no call.
func (l Line) call() string {
	switch {
	case l.Call == none, l.Call == "REALTIME", l.Call == "MANAGER", l.Call == "CLI", kindOf(l.Event) == kindAgent:
		return ""
	default:
		return l.Call
	}
}

// number reads a field of the data, counted from 0. What is none, or can't be one of queue_log's, is 0 and false.
func (l Line) number(i int) (int64, bool) {
	if i < 0 || i >= len(l.Data) {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(l.Data[i]), 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, false
	}
	return n, true
}

// most bounds a number in queue_log: a year in milliseconds.
const most = 366 * 24 * 3600 * 1000

// field is a field of the data, "" when there is none.
func (l Line) field(i int) string {
	if i < 0 || i >= len(l.Data) {
		return ""
	}
	return l.Data[i]
}

// ErrLine is wrapped by what Parse and Columns say of a text that is no line.
var ErrLine = errors.New("no line of queue_log")

// Parse reads one line of a file, its end included or not. Texts that are not UTF-8 are read as Latin-1.
func Parse(text string) (Line, error) {
	text = strings.TrimRight(strings.TrimPrefix(Text(text), "\ufeff"), "\r\n")
	f := strings.Split(text, "|")
	if len(f) < 5 {
		return Line{}, fmt.Errorf("%w: it has %d columns and needs 5 or more: time|uniqueid|queue|agent|event", ErrLine, len(f))
	}
	event, piped := 4, false
	if kindOf(f[4]) == kindUnknown {
		for i := 5; i < len(f); i++ {
			if kindOf(f[i]) != kindUnknown {
				event, piped = i, true
				break
			}
		}
	}
	l, err := Columns(f[0], f[1], f[2], strings.Join(f[3:event], "|"), f[event], f[event+1:], time.UTC)
	l.Piped = piped
	return l, err
}

// Columns makes a line of the columns of the SQL form. The time is seconds since 1970, or a date and time in the zone.
func Columns(at, call, queue, agent, event string, data []string, zone *time.Location) (Line, error) {
	t, err := instant(strings.TrimSpace(at), zone)
	if err != nil {
		return Line{}, err
	}
	l := Line{At: t.Truncate(time.Second), Call: orNone(call), Queue: orNone(queue), Agent: orNone(agent), Event: strings.ToUpper(strings.TrimSpace(event))}
	if l.Event == "" {
		return Line{}, fmt.Errorf("%w: the event is empty", ErrLine)
	}
	for len(data) > 0 && strings.TrimSpace(data[len(data)-1]) == "" {
		data = data[:len(data)-1]
	}
	if len(data) > 0 {
		l.Data = append([]string(nil), data...)
	}
	return l, nil
}

func orNone(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return none
	}
	return s
}

// layouts of times in the SQL form, by the drivers that write them.
func layouts() []string {
	return []string{"2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999", "2006-01-02 15:04:05.999999-07", time.RFC3339Nano, "2006-01-02 15:04:05.999999-07:00"}
}

// instant reads a time, with its fraction of a second.
func instant(text string, zone *time.Location) (time.Time, error) {
	seconds, fraction, _ := strings.Cut(text, ".")
	if n, err := strconv.ParseInt(seconds, 10, 64); err == nil {
		nanos, _ := strconv.ParseUint((fraction + "000000000")[:9], 10, 32) // what is no fraction counts as none
		return within(time.Unix(n, int64(nanos)), text)
	}
	for _, layout := range layouts() {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return within(t, text)
		}
	}
	return time.Time{}, fmt.Errorf("%w: %.30q is no time; seconds since 1970 are expected, or a date and time", ErrLine, text)
}

// Years between which a line's time must be: Asterisk is no older, and what is later was written by a clock that is wrong.
const (
	earliestYear = 1999
	latestYear   = 2099
)

func within(t time.Time, text string) (time.Time, error) {
	if y := t.UTC().Year(); y < earliestYear || y > latestYear {
		return time.Time{}, fmt.Errorf("%w: the time %.30q is not between %d and %d", ErrLine, text, earliestYear, latestYear)
	}
	return t.UTC(), nil
}

// Text is a text in UTF-8; bytes that are none are taken for Latin-1.
func Text(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if utf8.ValidString(s) {
		return s
	}
	runes := make([]rune, 0, len(s))
	for i := range len(s) {
		runes = append(runes, rune(s[i]))
	}
	return string(runes)
}
