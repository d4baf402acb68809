package history

import "strings"

// Level says what became of a line that was not simply understood.
type Level string

// The levels.
const (
	Doubtful Level = "doubtful" // it was taken, by a guess that is named
	Refused  Level = "refused"  // it was left out
)

// Note says what is odd about a line.
type Note struct {
	Level   Level  `json:"level"`
	Event   string `json:"event"`
	Reason  string `json:"reason"`  // from a short list, so that notes can be counted by it
	Meaning string `json:"meaning"` // how the line was taken, or why it was not
	Text    string `json:"text"`    // the line from its queue on; numbers cut to their last digits
	File    int    `json:"-"`
	Line    int    `json:"line"`
}

// Counts is how many lines were taken, and how.
type Counts struct {
	Understood map[string]int64 // by event
	Doubtful   map[string]int64 // by event: lines, not notes
	Refused    map[string]int64 // by event
	Repeated   int64            // stood in another file too, or were taken in before
}

func newCounts() Counts {
	return Counts{Understood: map[string]int64{}, Doubtful: map[string]int64{}, Refused: map[string]int64{}}
}

func (c *Counts) taken(event string, noted bool) {
	if !noted {
		c.Understood[event]++
	}
}

// doubt notes that the line in hand is taken by a guess.
func (f *Fold) doubt(l Line, reason, meaning string) {
	if !f.doubted && !l.Again {
		f.counts.Doubtful[l.Event]++
	}
	f.note(Doubtful, l, reason, meaning)
}

// refuse notes that the line in hand is left out.
func (f *Fold) refuse(l Line, reason, meaning string) {
	if !f.doubted && !l.Again {
		f.counts.Refused[l.Event]++
	}
	f.note(Refused, l, reason, meaning)
}

// remark notes what became of something that an earlier line had begun: no line is in hand.
func (f *Fold) remark(l Line, reason, meaning string) {
	f.notes = append(f.notes, Note{Level: Doubtful, Event: l.Event, Reason: reason, Meaning: meaning, Text: l.shown(), File: l.File, Line: l.Number})
}

func (f *Fold) note(level Level, l Line, reason, meaning string) {
	f.doubted = true
	if !l.Again {
		f.notes = append(f.notes, Note{Level: level, Event: l.Event, Reason: reason, Meaning: meaning, Text: l.shown(), File: l.File, Line: l.Number})
	}
}

// shown is a line as it may be shown.
func (l Line) shown() string {
	return Masked(l.Queue + "|" + l.Agent + "|" + l.Event + "|" + strings.Join(l.Data, "|"))
}

// Masked is a text whose numbers are cut to their last three digits, and that is not too long.
func Masked(text string) string {
	var out strings.Builder
	digits := 0 // of the number in hand, not yet written
	flush := func(end int) {
		begin := end - digits
		if digits > 5 {
			out.WriteString("…")
			begin = end - 3
		}
		out.WriteString(text[begin:end])
		digits = 0
	}
	text = strings.ToValidUTF8(text, "?")
	for i := range len(text) {
		if c := text[i]; c >= '0' && c <= '9' {
			digits++
			continue
		}
		flush(i)
		out.WriteByte(text[i])
	}
	flush(len(text))
	if r := []rune(out.String()); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return out.String()
}

// longest text of a line that is shown, in characters.
const longest = 120
