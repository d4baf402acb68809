package sim

import (
	"cmp"
	"crypto/sha256"
	"math/big"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// The rules of this file hold the facts against what the plan makes of callers by their numbers: who is let in where, who is
// rejected, who has the place back that he gave up.

// Words of entries.
const (
	anyNumber = "*"
	withheld  = "withheld"
)

// entryOf is the first entry that a contact fits; false when there is none.
func (l *ledger) entryOf(c *contactBook) (callcenter.Entry, bool) {
	for _, e := range l.w.known[c.arrived.Plan].Entries {
		if e.Number != anyNumber && e.Number != c.arrived.Dialed || e.From.After(c.began) || !e.Until.IsZero() && !e.Until.After(c.began) {
			continue
		}
		if e.Share > 0 && !l.shared(c, e) {
			continue
		}
		if len(e.Callers) == 0 && !e.Listed {
			return e, true
		}
		for _, p := range e.Callers {
			if meant(p, c.arrived.CallerNumber) {
				return e, true
			}
		}
	}
	return callcenter.Entry{}, false
}

// shared tells whether a contact is in the share of an entry: by the first eight bytes of a hash of flow and number, or of flow
// and contact where there is no number, as a remainder of a hundred.
func (l *ledger) shared(c *contactBook, e callcenter.Entry) bool {
	who := c.arrived.CallerNumber
	if who == "" {
		who = c.id
	}
	sum := sha256.Sum256([]byte(e.Flow + "\x00" + who))
	drawn := new(big.Int).Mod(new(big.Int).SetBytes(sum[:8]), big.NewInt(100))
	return drawn.Int64() < int64(e.Share)
}

// meant tells whether a pattern means a caller.
func meant(pattern, number string) bool {
	if pattern == withheld {
		return number == ""
	}
	beginning, many := strings.CutSuffix(pattern, "*")
	return number != "" && (number == pattern || many && strings.HasPrefix(number, beginning))
}

// rejected tells whether a contact must not be answered.
func (l *ledger) rejected(c *contactBook) bool {
	e, ok := l.entryOf(c)
	return ok && e.Reject && c.arrived.Kind == fact.KindInbound && !c.arrived.Fallback
}

// letIn checks, when a contact comes into a flow from outside, that it is the one of its entry.
func (l *ledger) letIn(f fact.Fact, c *contactBook, flow string) {
	if e, ok := l.entryOf(c); !ok || e.Reject || e.Flow != flow {
		l.w.fail(ruleEntries, "%s, %q to %s, comes into flow %s, its entry is %+v", f.Subject, c.arrived.CallerNumber, c.arrived.Dialed, flow, e)
	}
}

// keptOut checks the end of a call that was rejected, and that only such a call ends so.
func (l *ledger) keptOut(f fact.Fact, c *contactBook, d fact.CallEnded) {
	must, was := l.rejected(c), d.Termination.Reason == fact.ReasonBlocked
	switch {
	case must != was:
		l.w.fail(ruleEntries, "%s, %q to %s, ends as %+v, rejected by its entry: %t", f.Subject, c.arrived.CallerNumber, c.arrived.Dialed, d.Termination, must)
	case was && (d.Termination.Result != fact.ResultRefused || d.AnsweredAt != nil || c.entries > 0 || c.byNumber != ""):
		l.w.fail(ruleEntries, "%s was rejected as %+v after %d entries, look-up %q", f.Subject, d, c.entries, c.byNumber)
	}
}

// unanswered checks that nothing is done for a contact that must be rejected but to hang up.
func (l *ledger) unanswered(cmd callcenter.Command) {
	c := l.contacts[cmd.ContactID()]
	if c == nil || !l.rejected(c) {
		return
	}
	if _, ok := cmd.(callcenter.HangUp); !ok {
		l.w.fail(ruleEntries, "%T for %s, who is to be rejected", cmd, c.id)
	}
}

// keptBook is a place that a caller gave up.
type keptBook struct {
	queue     string
	since, at time.Time
	gone      bool // taken back, or somebody talked to the number
}

// gaveUp notes the place of a caller who abandoned, and that who is answered has none any more.
func (l *ledger) gaveUp(f fact.Fact, c *contactBook, d fact.EntryEnded) {
	switch d.Outcome { //nolint:exhaustive // the others keep nothing and take nothing
	case fact.EntryAbandoned:
		if l.queue(c, d.Queue).KeepPlace > 0 && c.transfer == nil {
			c.kept = &keptBook{queue: d.Queue, since: c.since, at: f.Time}
		}
	case fact.EntryAnswered:
		l.servedNow(f, c)
	}
}

// servedNow: somebody talks to the number: nothing is left of the places it gave up before.
func (l *ledger) servedNow(f fact.Fact, c *contactBook) {
	for _, id := range l.all {
		if o := l.contacts[id]; o.kept != nil && l.sameCaller(o, c) && !o.kept.at.After(f.Time) {
			o.kept.gone = true
		}
	}
}

func (l *ledger) sameCaller(a, b *contactBook) bool {
	return a.arrived.CallerNumber != "" && a.arrived.CallerNumber == b.arrived.CallerNumber
}

// resumed checks whose place an entry has that begins, and gives it to the contact.
func (l *ledger) resumed(f fact.Fact, c *contactBook, d fact.Queued) {
	want, unsure := l.keptFor(c, d)
	if l.tookBack(f, c, d) || c.back != nil {
		if want != nil && c.back == nil {
			want.kept.gone = true
			if want.kept.since.Before(c.since) {
				c.since = want.kept.since
			}
		}
		return
	}
	switch {
	case d.Derived && d.Resumes != "":
		l.w.fail(rulePlaces, "%s has the place of %s in the fallback queue", f.Subject, d.Resumes)
	case d.Derived:
		return
	case want != nil && d.Resumes == want.id:
		l.w.seen.add("place resumed")
		want.kept.gone = true
		if want.kept.since.Before(c.since) {
			c.since = want.kept.since
		}
	case want != nil && (d.Resumes != "" || !unsure), want == nil && d.Resumes != "":
		l.w.fail(rulePlaces, "%s, %q in %s, resumes %q, could resume %+v", f.Subject, c.arrived.CallerNumber, d.Queue, d.Resumes, want)
	}
}

// keptFor is the contact whose place a caller has back; nil = none. It is unsure when it may have been forgotten: an hour
// after its end, by a clock that may be off.
func (l *ledger) keptFor(c *contactBook, d fact.Queued) (best *contactBook, unsure bool) {
	keep := l.queue(c, d.Queue).KeepPlace
	for _, id := range l.all {
		o := l.contacts[id]
		if o == c || o.kept == nil || o.kept.gone || o.kept.queue != d.Queue || !l.sameCaller(o, c) {
			continue
		}
		if away := c.began.Sub(o.kept.at); away < 0 || away > keep || keep == 0 {
			continue
		}
		if best == nil || cmp.Or(o.kept.since.Compare(best.kept.since), cmp.Compare(o.id, best.id)) < 0 {
			best = o
		}
	}
	return best, best != nil && l.at.Sub(best.kept.at) > 55*time.Minute
}
