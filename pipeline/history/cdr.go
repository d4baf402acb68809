package history

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CDR is one row of an Asterisk's call detail records: a call, or one of the phones that were rung for it. It is stored as JSON.
type CDR struct {
	Start       time.Time `json:"start"`  // whole seconds, UTC
	Answer      time.Time `json:"answer"` // of the caller's channel; zero = none
	End         time.Time `json:"end"`
	Source      string    `json:"src,omitempty"`
	Name        string    `json:"name,omitempty"` // of the caller, in clid
	Dialed      string    `json:"dst,omitempty"`
	Context     string    `json:"dcontext,omitempty"`
	Channel     string    `json:"channel,omitempty"`
	Peer        string    `json:"dstchannel,omitempty"`
	App         string    `json:"lastapp,omitempty"`
	Disposition string    `json:"disposition"`
	Unique      string    `json:"uniqueid,omitempty"`
	Linked      string    `json:"linkedid,omitempty"`

	File   int     `json:"-"` // which of the files it stands in
	Number int     `json:"-"` // line in the file, from 1
	Again  bool    `json:"-"` // it was read by an earlier import, and is given again to go on: not counted
	Doubts []Doubt `json:"-"` // what is odd about it
}

// Doubt is a guess by which a row is taken.
type Doubt struct{ Reason, Meaning string }

func (c *CDR) doubt(reason, format string, args ...any) {
	c.Doubts = append(c.Doubts, Doubt{reason, fmt.Sprintf(format, args...)})
}

// The dispositions that Asterisk writes.
const (
	cdrAnswered   = "ANSWERED"
	cdrNoAnswer   = "NO ANSWER"
	cdrBusy       = "BUSY"
	cdrFailed     = "FAILED"
	cdrCongestion = "CONGESTION"
	cdrCancel     = "CANCEL"
)

// dispositions are those, and how else drivers write them.
func dispositions(text string) string {
	switch d := strings.ToUpper(strings.TrimSpace(text)); d {
	case cdrAnswered, cdrNoAnswer, cdrBusy, cdrFailed, cdrCongestion, cdrCancel:
		return d
	case "ANSWER":
		return cdrAnswered
	case "NOANSWER", "NO_ANSWER":
		return cdrNoAnswer
	default:
		return ""
	}
}

// Refusal says why a row is left out.
type Refusal struct{ Reason, Meaning string }

func (r *Refusal) Error() string { return r.Reason + ": " + r.Meaning }

func refusal(reason, format string, args ...any) *Refusal {
	return &Refusal{reason, fmt.Sprintf(format, args...)}
}

// ParseCDR reads one row. Column gives a column's text by Asterisk's name of it, "" where there is none. Times without a zone are in
// the one that is given; of those that come twice in autumn, uniqueid and the durations tell which is meant.
func ParseCDR(column func(name string) string, zone *time.Location) (CDR, *Refusal) {
	c := CDR{
		Source: column("src"), Dialed: column("dst"), Context: column("dcontext"), Channel: column("channel"), Peer: column("dstchannel"),
		App: column("lastapp"), Disposition: dispositions(column("disposition")), Unique: column("uniqueid"), Linked: column("linkedid"),
	}
	if c.Disposition == "" {
		return c, refusal("unknown disposition", "%.30q is none that Asterisk writes", column("disposition"))
	}
	if c.Channel == "" {
		return c, refusal("no channel", "the row names no channel")
	}
	c.caller(column("clid"))
	c.dialed(column("did"))
	if err := c.times(column, zone); err != nil {
		return c, err
	}
	if c.Unique == "" && c.Linked == "" {
		c.doubt("no uniqueid", "it counts as a call of its own, and queue_log can't say that it has this call too")
	}
	return c, nil
}

// caller reads clid: "Name" <number>.
func (c *CDR) caller(clid string) {
	name, number, found := strings.Cut(clid, "<")
	if !found {
		return
	}
	number, _, _ = strings.Cut(number, ">")
	if c.Source == "" {
		c.Source = strings.TrimSpace(number)
	}
	if name = strings.Trim(strings.TrimSpace(name), `"`); name != c.Source && name != number {
		c.Name = name
	}
}

// dialed keeps the number that was dialled; an extension of the dialplan's own is none.
func (c *CDR) dialed(did string) {
	switch {
	case did != "":
		c.Dialed = did
	case len(c.Dialed) == 1 && strings.Contains("sithoae", c.Dialed):
		c.doubt("extension "+c.Dialed, "the dialplan's own extension stands where the number dialled would: that is not known")
		c.Dialed = ""
	}
}

// times reads start, answer and end, and holds them against each other. The times count, not the durations beside them.
func (c *CDR) times(column func(string) string, zone *time.Location) *Refusal {
	duration, hasDuration := c.seconds("duration", column("duration"))
	billed, hasBilled := c.seconds("billsec", column("billsec"))
	starts, err := c.instants(column("start"), zone)
	if err != nil {
		return err
	}
	if starts == nil {
		return refusal("no time", "it does not say when the call began")
	}
	c.Start = starts[0]
	if made, known := createdAt(c.Unique); len(starts) > 1 && known && starts[0].Before(made.Add(-far)) {
		c.Start = starts[1]
	} else if len(starts) > 1 && !known {
		c.doubt("hour twice", "clocks went back in that hour, and no uniqueid tells which of both is meant: the first")
	}
	ends, err := c.instants(column("end"), zone)
	switch {
	case err != nil:
		return err
	case ends == nil && !hasDuration:
		return refusal("no end", "it says neither when the call ended nor how long it was")
	case ends == nil:
		c.End = c.Start.Add(time.Duration(duration) * time.Second)
	default:
		c.End = fitting(ends, func(t time.Time) bool { return !t.Before(c.Start) && (!hasDuration || near(t.Sub(c.Start), duration)) })
	}
	if c.End.Before(c.Start) {
		return refusal("ends before it begins", "it ends %d s before it begins", int64(c.Start.Sub(c.End).Seconds()))
	}
	if hasDuration && !near(c.End.Sub(c.Start), duration) {
		c.doubt("durations differ", "duration says %d s, the times %d s: these count", duration, int64(c.End.Sub(c.Start).Seconds()))
	}
	return c.answer(column("answer"), zone, billed, hasBilled)
}

// answer reads when the call was answered, where it was.
func (c *CDR) answer(text string, zone *time.Location, billed int64, hasBilled bool) *Refusal {
	if c.Disposition != cdrAnswered {
		return nil
	}
	answers, err := c.instants(text, zone)
	switch {
	case err != nil:
		return err
	case answers == nil && !hasBilled:
		return refusal("no answer", "it was answered, and neither says when nor for how long")
	case answers == nil:
		c.Answer = c.End.Add(-time.Duration(billed) * time.Second)
	default:
		c.Answer = fitting(answers, func(t time.Time) bool {
			return !t.Before(c.Start) && !t.After(c.End) && (!hasBilled || near(c.End.Sub(t), billed))
		})
	}
	if c.Answer.Before(c.Start) || c.Answer.After(c.End) {
		return refusal("answered outside", "it was answered at %s, which is not between its beginning and its end", c.Answer.Format(time.RFC3339))
	}
	if took := c.End.Sub(c.Answer); hasBilled && !near(took, billed) {
		c.doubt("talks differ", "billsec says %d s, the times %d s: these count", billed, int64(took.Seconds()))
	}
	return nil
}

// fitting is the first of the instants that fits, or the first one.
func fitting(all []time.Time, fits func(time.Time) bool) time.Time {
	if i := slices.IndexFunc(all, fits); i >= 0 {
		return all[i]
	}
	return all[0]
}

// seconds reads a duration. One that can't be is told, and not used.
func (c *CDR) seconds(name, text string) (int64, bool) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n || n < 0 || n > most/1000 {
		c.doubt("bad "+name, "%s is %.20q: the times count", name, text)
		return 0, false
	}
	return int64(n), true
}

// instants are what a time can be: two where clocks went back, none where nothing stands.
func (c *CDR) instants(text string, zone *time.Location) ([]time.Time, *Refusal) {
	if text = strings.TrimSpace(text); text == "" || strings.HasPrefix(text, "0000-00-00") {
		return nil, nil
	}
	t, err := instant(text, zone)
	if err != nil {
		return nil, refusal("no time", "%.30q is no time between %d and %d", text, earliestYear, latestYear)
	}
	if len(text) < len(time.DateTime) || strings.ContainsAny(text[len(time.DateOnly):], "+-Z") || !strings.Contains(text, ":") {
		return []time.Time{t}, nil
	}
	wall := t.In(zone).Format(time.DateTime)
	if wall[len(wall)-8:] != text[len(time.DateOnly)+1:len(time.DateTime)] {
		c.doubt("hour left out", "there is no %.19s in that zone, clocks went forward: %s is taken", text, t.Format(time.RFC3339))
	}
	out := []time.Time{t}
	for _, other := range []time.Time{t.Add(-time.Hour), t.Add(time.Hour)} {
		if other.In(zone).Format(time.DateTime) == wall {
			out = append(out, other)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out, nil
}

// Key is the call that a row is of: rows of the same call have the same.
func (c CDR) Key() string {
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
func (c CDR) same() string {
	return strings.Join([]string{
		strconv.FormatInt(c.Start.Unix(), 10), strconv.FormatInt(c.End.Unix(), 10), c.Unique, c.Channel, c.Peer, c.Disposition, c.App,
	}, "|")
}

// text orders rows that are the same but for what does not tell them apart.
func (c CDR) text() string {
	return strings.Join([]string{c.same(), c.Linked, c.Source, c.Name, c.Dialed, c.Context, strconv.FormatInt(c.Answer.Unix(), 10)}, "|")
}

// shown is a row as it may be shown.
func (c CDR) shown() string {
	return Masked(c.Dialed + "|" + c.Context + "|" + c.Channel + "|" + c.Peer + "|" + c.App + "|" + c.Disposition)
}

// Note is what is told of a row.
func (c CDR) Note(level Level, reason, meaning string) Note {
	return Note{Level: level, Event: c.Disposition, Reason: reason, Meaning: meaning, Text: c.shown(), File: c.File, Line: c.Number}
}

// IsUniqueID tells whether a text is a channel's uniqueid.
func IsUniqueID(text string) bool {
	_, ok := createdAt(text)
	return ok
}
