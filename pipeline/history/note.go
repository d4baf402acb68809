package history

import "strings"

// Level says what became of a line.
type Level string

// The levels. Each line counts by the one that weighs most of what is said of it.
const (
	Understood Level = "understood"      // it was taken; nothing is said of it
	Partly     Level = "partly left out" // it was taken for its call, and not for the agent's time; counts as understood
	Doubtful   Level = "doubtful"        // it was taken, by a guess that is named
	LeftOut    Level = "left out"        // nothing is wrong with it, and no fact comes of it
	Refused    Level = "refused"         // something is wrong with it, and no fact comes of it
)

// weight orders the levels.
func (l Level) weight() int {
	switch l {
	case Understood, Partly:
		return 0
	case Doubtful:
		return 1
	case LeftOut:
		return 2
	case Refused:
		return 3
	default:
		panic("history: unknown level " + string(l))
	}
}

// Note says what is odd about a line.
type Note struct {
	Level   Level  `json:"level"`
	Event   string `json:"event"`
	Reason  string `json:"reason"`  // from a short list, so that notes can be counted by it
	Meaning string `json:"meaning"` // how the line was taken, or why it was not, or not all of it
	Text    string `json:"text"`    // the line from its queue on; numbers cut to their last digits
	File    int    `json:"-"`
	Line    int    `json:"line"`
}

// Counts is how many lines there were, and what became of them: each counts once.
type Counts struct {
	Understood map[string]int64 // by event
	Doubtful   map[string]int64 // by event: lines, not notes
	LeftOut    map[string]int64 // by event
	Refused    map[string]int64 // by event
	Repeated   int64            // stood in another file too, or are kept from an earlier import
}

// NewCounts counts nothing yet.
func NewCounts() Counts {
	return Counts{Understood: map[string]int64{}, Doubtful: map[string]int64{}, LeftOut: map[string]int64{}, Refused: map[string]int64{}}
}

// Of are the lines of a level, by event.
func (c Counts) Of(level Level) map[string]int64 {
	switch level {
	case Understood, Partly:
		return c.Understood
	case Doubtful:
		return c.Doubtful
	case LeftOut:
		return c.LeftOut
	case Refused:
		return c.Refused
	default:
		panic("history: unknown level " + string(level))
	}
}

// doubt notes that the line in hand is taken by a guess.
func (f *Fold) doubt(l Line, reason, meaning string) { f.note(Doubtful, l, reason, meaning) }

// refuse notes that something is wrong with the line in hand, and that no fact comes of it.
func (f *Fold) refuse(l Line, reason, meaning string) { f.note(Refused, l, reason, meaning) }

// leave notes that no fact comes of the line in hand, though nothing is wrong with it.
func (f *Fold) leave(l Line, reason, meaning string) { f.note(LeftOut, l, reason, meaning) }

// remark notes what became of something that an earlier line had begun: no line is in hand.
func (f *Fold) remark(l Line, reason, meaning string) {
	f.notes = append(f.notes, l.note(Doubtful, reason, meaning))
}

func (f *Fold) note(level Level, l Line, reason, meaning string) {
	if level.weight() > f.level.weight() {
		f.level = level
	}
	if !l.Again {
		f.notes = append(f.notes, l.note(level, reason, meaning))
	}
}

// leaveLater leaves out a line that had been counted as taken.
func (f *Fold) leaveLater(l Line, reason, meaning string) {
	if !l.Again {
		f.counts.Of(l.level())[l.Event]--
		f.counts.LeftOut[l.Event]++
	}
	f.notes = append(f.notes, l.note(LeftOut, reason, meaning))
}

func (l Line) note(level Level, reason, meaning string) Note {
	return Note{Level: level, Event: l.Event, Reason: reason, Meaning: meaning, Text: l.shown(), File: l.File, Line: l.Number}
}

// level is what is to be said of a line before anything is done with it.
func (l Line) level() Level {
	if l.Odd || l.Piped {
		return Doubtful
	}
	return Understood
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
