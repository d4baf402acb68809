package importer

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/history"
)

// Summary is what became of the lines. Each of Lines stands once in Counts.
type Summary struct {
	Files       int
	Lines       int64 // that are not empty and name no columns
	Counts      history.Counts
	From, Until time.Time
	Contacts    int64                    // that began
	Entries     int64                    // in queues
	Facts       int64                    // made of the lines, known ones included
	Busy, Open  int                      // contacts that wait or talk at the end, and all that are not over
	Kept        int64                    // calls that are kept for the next import
	Left        map[history.Source]int64 // calls that another source tells of

	groups map[groupKey]*Group
}

// Group is the notes of one kind.
type Group struct {
	Level  history.Level
	Event  string
	Reason string
	Count  int64
	First  []Where // the first ones
}

// Where is one line with a note.
type Where struct {
	File    string
	Line    int
	Meaning string
}

type groupKey struct {
	level         history.Level
	event, reason string
}

// shownFirst is how many lines of a kind a summary names.
const shownFirst = 3

func newSummary() Summary {
	return Summary{Counts: history.NewCounts(), groups: map[groupKey]*Group{}, Left: map[history.Source]int64{}}
}

func (s *Summary) add(n history.Note, file string) {
	k := groupKey{n.Level, n.Event, n.Reason}
	g := s.groups[k]
	if g == nil {
		g = &Group{Level: n.Level, Event: n.Event, Reason: n.Reason}
		s.groups[k] = g
	}
	g.Count++
	if len(g.First) < shownFirst {
		g.First = append(g.First, Where{file, n.Line, n.Meaning})
	}
}

func (s *Summary) made(p history.Part) {
	s.Facts += int64(len(p.Facts))
	for _, f := range p.Facts {
		switch f.Data.(type) {
		case fact.Arrived:
			s.Contacts++
		case fact.EntryEnded:
			s.Entries++
		}
	}
}

// Refused is how many lines something is wrong with, so that they could not be taken.
func (s *Summary) Refused() int64 { return sum(s.Counts.Refused) }

func sum(m map[string]int64) (n int64) {
	for _, x := range m {
		n += x
	}
	return n
}

// Print writes the summary for a reader.
func (s *Summary) Print(w io.Writer) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
	c := s.Counts
	p("Files: %d. Lines: %d", s.Files, s.Lines)
	if !s.From.IsZero() {
		p(", from %s to %s UTC", s.From.UTC().Format(time.DateTime), s.Until.UTC().Format(time.DateTime))
	}
	p("\n  understood %9d  taken\n", sum(c.Understood))
	p("  doubtful   %9d  taken, by a guess that is named below\n", sum(c.Doubtful))
	p("  left out   %9d  nothing is wrong with them, and nothing comes of them: why is named below\n", sum(c.LeftOut))
	p("  refused    %9d  something is wrong with them, and nothing comes of them\n", sum(c.Refused))
	p("  repeated   %9d  stand in another file too, or are kept from an earlier import\n\n", c.Repeated)
	p("%-20s %10s %10s %10s %10s\n", "event", "understood", "doubtful", "left out", "refused")
	for _, event := range events(c) {
		p("%-20s %10d %10d %10d %10d\n", cmp.Or(event, "(no event)"), c.Understood[event], c.Doubtful[event], c.LeftOut[event], c.Refused[event])
	}
	groups := slices.SortedFunc(maps.Values(s.groups), func(a, b *Group) int {
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Reason, b.Reason))
	})
	for _, g := range groups {
		p("\n%s %d: %s, %s\n", g.Level, g.Count, cmp.Or(g.Event, "(no event)"), g.Reason)
		for _, x := range g.First {
			if x.Line == 0 {
				p("  %s: %s\n", x.File, x.Meaning)
				continue
			}
			p("  %s:%d: %s\n", x.File, x.Line, x.Meaning)
		}
	}
	p("\n%d calls with %d stays in queues; %d facts\n", s.Contacts, s.Entries, s.Facts)
	if n := s.Left[history.ByCDR]; n > 0 {
		p("%d more calls were taken in from call detail records before, and stay as they are\n", n)
	}
	if n := s.Left[history.ByCEL]; n > 0 {
		p("%d more calls were taken in from channel events before, and stay as they are\n", n)
	}
	if n := s.Left[history.ByQueueLog]; n > 0 {
		p("%d more calls were in a queue: queue_log tells of them\n", n)
	}
	if s.Kept > 0 {
		p("%d more calls are kept for the next import: another row of theirs may come, they are not over, or queue_log was not read as far; with --final none are\n", s.Kept)
	}
	if s.Open > 0 {
		p("%d calls are not over at the end of the files, %d of them wait or talk: import the next file, or these again with --final if there is none\n", s.Open, s.Busy)
	}
}

func events(c history.Counts) []string {
	all := map[string]bool{}
	for _, m := range []map[string]int64{c.Understood, c.Doubtful, c.LeftOut, c.Refused} {
		for event, n := range m {
			all[event] = all[event] || n > 0
		}
	}
	maps.DeleteFunc(all, func(_ string, counted bool) bool { return !counted })
	return slices.Sorted(maps.Keys(all))
}

// leftTo says why a row of a call that another source tells of is left out.
func leftTo(by history.Source) (reason, meaning string) {
	switch by {
	case history.ByQueueLog:
		return "told by queue_log", "its call was in a queue, and queue_log tells of it"
	case history.ByCDR:
		return "told by call detail records", "its call was taken in from call detail records before, and stays as it is"
	case history.ByCEL:
		return "told by channel events", "its call was taken in from channel events before, and stays as it is"
	default:
		return "told by " + string(by), "its call is told by another source"
	}
}
