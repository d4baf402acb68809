package history

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

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

// ParseCDR reads one row. Column gives a column's text by Asterisk's name of it, "" where there is none. Times without a zone are in
// the one that is given; of those that come twice in autumn, uniqueid and the durations tell which is meant.
func ParseCDR(column func(name string) string, zone *time.Location) (Detail, *Refusal) {
	c := Detail{
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
func (c *Detail) caller(clid string) {
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
func (c *Detail) dialed(did string) {
	switch {
	case did != "":
		c.Dialed = did
	case isOwn(c.Dialed):
		c.doubt("extension "+c.Dialed, "the dialplan's own extension stands where the number dialled would: that is not known")
		c.Dialed = ""
	}
}

// isOwn tells whether an extension is the dialplan's own, and no number.
func isOwn(exten string) bool { return len(exten) == 1 && strings.Contains("sithoae", exten) }

// times reads start, answer and end, and holds them against each other. The times count, not the durations beside them.
func (c *Detail) times(column func(string) string, zone *time.Location) *Refusal {
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
func (c *Detail) answer(text string, zone *time.Location, billed int64, hasBilled bool) *Refusal {
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
func (c *Detail) seconds(name, text string) (int64, bool) {
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

// unit is what is read of a row's times.
func (c *Detail) unit() time.Duration {
	if c.Event != nil {
		return time.Microsecond
	}
	return time.Second
}

// instants are what a time can be: two where clocks went back, none where nothing stands.
func (c *Detail) instants(text string, zone *time.Location) ([]time.Time, *Refusal) {
	if text = strings.TrimSpace(text); text == "" || strings.HasPrefix(text, "0000-00-00") {
		return nil, nil
	}
	t, err := instant(text, zone)
	t = t.Truncate(c.unit())
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
