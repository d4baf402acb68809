package callcenter

import (
	"fmt"
	"slices"
	"strings"

	"firstline/pipeline/problem"
)

// anyNumber is an entry's number that any dialled number fits, withheld the pattern that a number fits which is not given.
const (
	anyNumber = "*"
	withheld  = "withheld"
	manyMore  = "*" // at the end of a pattern: whatever follows
)

// callers are the patterns of an entry, to look up: however long the list, a call costs as much as its number is long.
type callers struct {
	anybody  bool
	withheld bool
	exact    map[string]bool // look-up only
	prefixes map[string]bool // look-up only
}

func newCallers(e Entry) callers {
	c := callers{anybody: e.anybody(), exact: map[string]bool{}, prefixes: map[string]bool{}}
	for _, p := range e.Callers {
		c.add(p)
	}
	return c
}

func (c *callers) add(pattern string) {
	prefix, many := strings.CutSuffix(pattern, manyMore)
	switch {
	case pattern == withheld:
		c.withheld = true
	case many:
		c.prefixes[prefix] = true
	default:
		c.exact[pattern] = true
	}
}

// has tells whether a caller's number fits; "" = withheld.
func (c callers) has(number string) bool {
	if c.anybody || number == "" {
		return c.anybody || c.withheld
	}
	return c.exact[number] || c.begins(number)
}

// begins tells whether a number, or the beginning of one, has one of the prefixes.
func (c callers) begins(number string) bool {
	for i := 1; i <= len(number); i++ {
		if c.prefixes[number[:i]] {
			return true
		}
	}
	return false
}

// covers tells whether every number that fits the pattern fits already.
func (c callers) covers(pattern string) bool {
	prefix, many := strings.CutSuffix(pattern, manyMore)
	switch {
	case c.anybody:
		return true
	case pattern == withheld:
		return c.withheld
	case many:
		return c.begins(prefix)
	default:
		return c.has(pattern)
	}
}

// fits tells whether a dialled number is the entry's.
func (e Entry) fits(dialed string) bool { return e.Number == anyNumber || e.Number == dialed }

// takes tells whether the entry is for a call, whoever the caller is.
func (e Entry) takes(a Arrival) bool { return e.fits(a.Dialed) && e.in(a.At) && e.draws(a) }

// anybody tells whether the entry is for every caller.
func (e Entry) anybody() bool { return len(e.Callers) == 0 && !e.Listed }

// EntryFor is the place of the entry that counts for a call, from 0; false when there is none.
func (p *Plan) EntryFor(a Arrival) (int, bool) {
	i := slices.IndexFunc(p.Entries, func(e Entry) bool { return e.takes(a) && newCallers(e).has(a.Number) })
	return i, i >= 0
}

// entryFor is the entry that counts for a call; nil when there is none.
func (p *planState) entryFor(a Arrival) *Entry {
	for i, e := range p.Entries {
		if e.takes(a) && p.callers[i].has(a.Number) {
			return &p.Entries[i]
		}
	}
	return nil
}

// entry is the entry with what its file lists.
func (e EntryConfig) entry() Entry {
	out := Entry{Number: e.Number, Callers: slices.Clone(e.Callers), Listed: e.CallersFile != "", Flow: e.Flow, Reject: e.Reject, Share: e.Share}
	out.From, _ = instant(e.From) // mistakes: instantProblems
	out.Until, _ = instant(e.Until)
	for _, l := range e.Listed {
		out.Callers = append(out.Callers, l.Pattern)
	}
	return out
}

// inFiles names the files and lines of problems of patterns that stand there.
func (c Config) inFiles(problems []problem.Problem) []problem.Problem {
	for n, p := range problems {
		var i, k int
		if _, err := fmt.Sscanf(p.Path, "entries.%d.callers.%d", &i, &k); err != nil {
			continue
		}
		if e := c.Entries[i]; k >= len(e.Callers) {
			problems[n].Path = fmt.Sprintf("entries.%d.callers_file", i)
			problems[n].Message = fmt.Sprintf("%s:%d: %s", e.CallersFile, e.Listed[k-len(e.Callers)].Line, p.Message)
		}
	}
	return problems
}
