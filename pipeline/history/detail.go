package history

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Detail is one row of what Asterisk keeps of calls beside queue_log: of call detail records (CDR) a call, or one of the phones that
// were rung for it; of channel event logging (CEL) one event. It is stored as JSON.
type Detail struct {
	Start       time.Time `json:"start"`  // UTC; whole seconds of a CDR, milliseconds of an event
	Answer      time.Time `json:"answer"` // of the caller's channel; zero = none. Events have none
	End         time.Time `json:"end"`    // of an event the same as Start
	Source      string    `json:"src,omitempty"`
	Name        string    `json:"name,omitempty"` // of the caller
	Dialed      string    `json:"dst,omitempty"`
	Context     string    `json:"dcontext,omitempty"`
	Channel     string    `json:"channel,omitempty"`
	Peer        string    `json:"dstchannel,omitempty"`
	App         string    `json:"lastapp,omitempty"`
	Disposition string    `json:"disposition,omitempty"` // of a CDR
	Unique      string    `json:"uniqueid,omitempty"`
	Linked      string    `json:"linkedid,omitempty"`
	Event       *Event    `json:"event,omitempty"` // nil = a CDR

	File   int     `json:"-"` // which of the files it stands in
	Number int     `json:"-"` // line in the file, from 1
	Again  bool    `json:"-"` // it was read by an earlier import, and is given again to go on: not counted
	Doubts []Doubt `json:"-"` // what is odd about it
}

// Doubt is a guess by which a row is taken.
type Doubt struct{ Reason, Meaning string }

func (c *Detail) doubt(reason, format string, args ...any) {
	c.Doubts = append(c.Doubts, Doubt{reason, fmt.Sprintf(format, args...)})
}

// Refusal says why a row is left out.
type Refusal struct{ Reason, Meaning string }

func (r *Refusal) Error() string { return r.Reason + ": " + r.Meaning }

func refusal(reason, format string, args ...any) *Refusal {
	return &Refusal{reason, fmt.Sprintf(format, args...)}
}

// Kind is what a row is counted by: its event, or its disposition.
func (c Detail) Kind() string {
	if c.Event != nil {
		return string(c.Event.Type)
	}
	return c.Disposition
}

// Key is the call that a row is of: rows of the same call have the same. An event's channel may join another call later on.
func (c Detail) Key() string {
	switch {
	case c.Linked != "":
		return c.Linked
	case c.Unique != "":
		return c.Unique
	default:
		return c.same()
	}
}

// same tells rows apart: two with the same are one, whatever files or forms they stand in.
func (c Detail) same() string {
	if c.Event != nil {
		return strings.Join([]string{strconv.FormatInt(c.Start.UnixMilli(), 10), c.Event.text(), c.Unique, c.Channel}, "|")
	}
	return strings.Join([]string{
		strconv.FormatInt(c.Start.Unix(), 10), strconv.FormatInt(c.End.Unix(), 10), c.Unique, c.Channel, c.Peer, c.Disposition, c.App,
	}, "|")
}

// text orders rows that are the same but for what does not tell them apart.
func (c Detail) text() string {
	return strings.Join([]string{c.same(), c.Linked, c.Source, c.Name, c.Dialed, c.Context, c.App, strconv.FormatInt(c.Answer.Unix(), 10)}, "|")
}

// Once leaves out the rows that stand there twice, and says how many those are. A row that was given before goes before its like.
func Once(rows []Detail) ([]Detail, int64) {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b Detail) int {
		return cmp.Or(cmp.Compare(a.same(), b.same()), -compareBool(a.Again, b.Again), cmp.Compare(a.text(), b.text()),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Number, b.Number))
	})
	once := slices.CompactFunc(slices.Clone(rows), func(a, b Detail) bool { return a.same() == b.same() })
	return once, int64(len(rows) - len(once))
}

func compareBool(a, b bool) int { return yes(a) - yes(b) }

// shown is a row as it may be shown.
func (c Detail) shown() string {
	return Masked(c.Dialed + "|" + c.Context + "|" + c.Channel + "|" + c.Peer + "|" + c.App + "|" + c.Kind())
}

// Note is what is told of a row.
func (c Detail) Note(level Level, reason, meaning string) Note {
	return Note{Level: level, Event: c.Kind(), Reason: reason, Meaning: meaning, Text: c.shown(), File: c.File, Line: c.Number}
}

// IsUniqueID tells whether a text is a channel's uniqueid.
func IsUniqueID(text string) bool {
	_, ok := createdAt(text)
	return ok
}
