package sim

import (
	"math"

	"firstline/pipeline/fact"
)

// The rules of this file hold the expected waits that callers are told against what the facts say: how long calls took and
// who is there.

// handles are the handle times of a queue's calls, in milliseconds, in the order of their ends.
type handles []int64

// mean weighs each call as its share of the last 32 says: a running mean that forgets.
func (h handles) mean() float64 {
	mean, n := 0.0, 0.0
	for _, t := range h {
		n = min(n+1, 32)
		mean = mean*(n-1)/n + float64(t)/n
	}
	return mean
}

// handledCall takes in how long a contact that has ended kept its agent.
func (l *ledger) handledCall(c *contactBook, d fact.ContactEnded) {
	if d.ToAgentMS != nil && d.LastQueue != "" && !d.Fallback && c.transfers == 0 {
		l.handled[d.LastQueue] = append(l.handled[d.LastQueue], c.sums.talk+c.sums.hold+c.sums.wrapUp)
	}
}

// estimated checks a told wait: it is told when enough is known and the queue says so, and its range holds the time until
// the caller's turn in six of ten cases, were the handle times exponential.
func (l *ledger) estimated(f fact.Fact, c *contactBook, d fact.PositionTold) {
	q := l.queue(c, d.Queue)
	h := l.handled[d.Queue]
	if d.UntilMS == 0 {
		if d.FromMS != 0 || d.Agents != 0 || d.HandleMS != 0 {
			l.w.fail(ruleEstimates, "%s is told half a wait: %+v", f.Subject, d)
		}
		return
	}
	l.w.seen.add("wait told")
	if !q.AnnounceWait || len(h) < 5 || d.Agents < 1 || d.FromMS > d.UntilMS {
		l.w.fail(ruleEstimates, "%s is told %+v after %d calls", f.Subject, d, len(h))
	}
	if math.Abs(h.mean()-float64(d.HandleMS)) > 1.5 {
		l.w.fail(ruleEstimates, "%s is told a wait from calls of %d ms, they took %.1f", f.Subject, d.HandleMS, h.mean())
	}
	if e := c.entry; e.estimate == [2]int64{} {
		waited := f.Time.Sub(e.at).Milliseconds()
		e.estimate = [2]int64{waited + d.FromMS, waited + d.UntilMS}
	}
	if d.HandleMS < 1000 {
		return // whole milliseconds are too coarse
	}
	scale := float64(d.HandleMS) / float64(d.Agents)
	from, until := erlang(d.Position, float64(d.FromMS)/scale), erlang(d.Position, float64(d.UntilMS)/scale)
	if math.Abs(from-0.2) > 0.02 || math.Abs(until-0.8) > 0.02 {
		l.w.fail(ruleEstimates, "%s is told %+v: before it lie %.3f of cases, up to its end %.3f", f.Subject, d, from, until)
	}
}

// erlang is the share of cases in which k turns of mean 1 are over at x: the distribution function of Erlang's
// distribution, term by term.
func erlang(k int, x float64) float64 {
	term, sum := 1.0, 0.0
	for i := range k {
		if i > 0 {
			term *= x / float64(i)
		}
		sum += term
	}
	return 1 - math.Exp(-x)*sum
}

// estimateKept checks that the closing row has the first wait that was told.
func (l *ledger) estimateKept(f fact.Fact, c *contactBook, d fact.EntryEnded) {
	if got := [2]int64{d.EstimateFromMS, d.EstimateUntilMS}; got != c.entry.estimate {
		l.w.fail(ruleClosingRows, "%s was told a wait of %v, its row says %v", f.Subject, c.entry.estimate, got)
	}
}
