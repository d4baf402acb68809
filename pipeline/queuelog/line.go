package queuelog

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Events as app_queue names them.
const (
	eventStart            = "QUEUESTART"
	eventEnter            = "ENTERQUEUE"
	eventConnect          = "CONNECT"
	eventCompleteAgent    = "COMPLETEAGENT"
	eventCompleteCaller   = "COMPLETECALLER"
	eventBlindTransfer    = "BLINDTRANSFER"
	eventAttendedTransfer = "ATTENDEDTRANSFER"
	eventAbandon          = "ABANDON"
	eventExitWithTimeout  = "EXITWITHTIMEOUT"
	eventExitEmpty        = "EXITEMPTY"
	eventExitWithKey      = "EXITWITHKEY"
	eventWithdraw         = "WITHDRAW"
	eventRingNoAnswer     = "RINGNOANSWER"
	eventRingCanceled     = "RINGCANCELED"
	eventAddMember        = "ADDMEMBER"
	eventRemoveMember     = "REMOVEMEMBER"
	eventPauseAll         = "PAUSEALL"
	eventPause            = "PAUSE"
	eventUnpauseAll       = "UNPAUSEALL"
	eventUnpause          = "UNPAUSE"
)

const (
	none     = "NONE" // a column that has nothing to say
	maxField = 255    // bytes of one field; Asterisk cuts a whole line at 8 KiB
	maxInfo  = 40     // characters of WITHDRAW's information, as in app_queue
)

// Line is one line of queue_log: time|uniqueid|queue|agent|event|data.
type Line struct {
	At    time.Time // whole seconds are written
	Call  string    // the Asterisk uniqueid of the caller's channel, or who caused it; "" = NONE
	Queue string    // "" = NONE
	Agent string    // "" = NONE
	Event string
	Data  []string // as many as the event has; none leaves the line's last field empty
}

// Append puts the line, its end included, behind dst. Whatever stands in a field, the line has exactly its fields.
func (l Line) Append(dst []byte) []byte {
	dst = strconv.AppendInt(dst, l.At.Unix(), 10)
	for _, column := range []string{l.Call, l.Queue, l.Agent} {
		if column == "" {
			column = none
		}
		dst = append(append(dst, '|'), plain(column)...)
	}
	dst = append(append(dst, '|'), l.Event...)
	if len(l.Data) == 0 {
		dst = append(dst, '|')
	}
	for _, d := range l.Data {
		dst = append(append(dst, '|'), plain(d)...)
	}
	return append(dst, '\n')
}

// String is the line without its end.
func (l Line) String() string { return strings.TrimSuffix(string(l.Append(nil)), "\n") }

// plain is a text that can stand in a field: no separator, no line break or other control character, and not too long.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '|':
			return '/'
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		default:
			return r
		}
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > maxField {
		s = strings.ToValidUTF8(s[:maxField], "")
	}
	return s
}

// seconds between two instants as app_queue counts them: the difference of whole seconds, so that it is also the
// difference of the times of two lines.
func seconds(from, until time.Time) string {
	return strconv.FormatInt(max(0, until.Unix()-from.Unix()), 10)
}

func milliseconds(ms int64) string { return strconv.FormatInt(max(0, ms), 10) }

func number(n int) string { return strconv.Itoa(n) }
