package sim

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// The rules of this file hold the routing against the plan: whom a caller may be given to, who of several is rung first,
// and what is said about it.

// circle is who may be rung for an entry, as the facts say.
type circle struct {
	steps    int
	skills   []string
	requires []string
	maxTier  int
	prefer   string
}

// suits tells whether an agent, by the plan of that version, may be rung for a contact's entry.
func (l *ledger) suits(version string, c *contactBook, agent string) bool {
	a, ok := l.planned(version, agent)
	e := c.entry
	switch {
	case !ok || !serves(a, e.Queue) || !skilled(a, e.circle.skills):
		return false
	case slices.ContainsFunc(e.circle.requires, func(text string) bool { return !satisfies(a, text) }):
		return false
	case e.circle.prefer != "" && !l.inVain(c):
		return agent == e.circle.prefer
	default:
		return e.circle.maxTier == 0 || tier(a, e.Queue) <= e.circle.maxTier
	}
}

// inVain tells whether the contact waits for an agent who rang for it already, or can't be waited for any more.
func (l *ledger) inVain(c *contactBook) bool {
	return c.entry.offers > 0 && !c.rings() || !l.soon(c.entry.circle.prefer, c.entry.Queue)
}

func tier(a callcenter.Agent, queue string) int { return max(1, a.Tiers[queue]) }

// satisfies is what an expression over skills says of an agent, without the expression language.
func satisfies(a callcenter.Agent, text string) bool {
	english, russian := a.Skills[skillNames()[0]], a.Skills[skillNames()[1]]
	switch text {
	case expressions()[0]:
		return english > 0 || russian >= 2
	case expressions()[1]:
		return english <= 1
	default:
		return true
	}
}

// soon tells whether waiting for an agent makes sense, as far as his state says. One who rings, talks or wraps up no more
// is about to be in another state.
func (l *ledger) soon(agent, queue string) bool {
	a, ok := l.planned(l.version, agent)
	if !ok || !serves(a, queue) {
		return false
	}
	book := l.agent(agent)
	return l.stateOf(agent) == fact.AgentReady || book.offer != nil || book.segment != nil
}

// encircled checks who may be rung for an entry that begins.
func (l *ledger) encircled(f fact.Fact, c *contactBook) {
	e := c.entry
	e.circle = circle{skills: e.Skills, requires: e.Requires, maxTier: e.MaxTier, prefer: e.Prefer}
	if e.Derived {
		return
	}
	q := l.queue(c, e.Queue)
	var want []string
	for _, text := range [...]string{c.requires, q.Requires} {
		if text != "" && !strings.HasPrefix(q.ID, "agent:") {
			want = append(want, text)
		}
	}
	if !slices.Equal(e.Requires, want) || e.MaxTier != q.MaxTier {
		l.w.fail(ruleRelaxed, "%s begins in %s with %v up to tier %d, want %v up to %d", f.Subject, e.Queue, e.Requires, e.MaxTier, want, q.MaxTier)
	}
	if e.Prefer != "" && !slices.Contains(l.preferable(c, q), e.Prefer) || e.Prefer == "" && l.mustPrefer(c, q) {
		l.w.fail(ruleRelaxed, "%s waits in %s for %q, could be %v", f.Subject, e.Queue, e.Prefer, l.preferable(c, q))
	}
}

// preferable are the agents whom the caller may wait for first: the ticket's owner if he can be waited for, else who
// talked to him last. What is about to be forgotten may be known or not.
func (l *ledger) preferable(c *contactBook, q callcenter.Queue) []string {
	fits := func(agent string) bool {
		a, ok := l.planned(l.version, agent)
		return ok && agent != "" && c.segmentOf(agent) == nil && l.soon(agent, q.ID) && skilled(a, c.entry.Skills) &&
			!slices.ContainsFunc(c.entry.Requires, func(text string) bool { return !satisfies(a, text) })
	}
	if q.PreferOwner > 0 && fits(c.owner) {
		return []string{c.owner}
	}
	if q.PreferLast == 0 || c.arrived.CallerNumber == "" {
		return nil
	}
	var last *contactBook
	for _, id := range l.all {
		o := l.contacts[id]
		if o != c && o.arrived.CallerNumber == c.arrived.CallerNumber && o.lastAgent != "" && l.remembered(o) && (last == nil || o.after(last)) {
			last = o
		}
	}
	if last == nil || !fits(last.lastAgent) {
		return nil
	}
	return []string{last.lastAgent}
}

// remembered tells whether a contact's number is known still: until its end, and after it where its plan has a use for it, or
// its place is kept.
func (l *ledger) remembered(c *contactBook) bool {
	return !c.ended || c.kept != nil && !c.kept.gone || slices.ContainsFunc(l.w.known[c.arrived.Plan].Queues, func(q callcenter.Queue) bool { return q.PreferLast > 0 })
}

// after tells whether the contact's last fact is later than another's.
func (c *contactBook) after(o *contactBook) bool {
	return cmp.Or(c.last.Compare(o.last), cmp.Compare(c.id, o.id)) > 0
}

// mustPrefer tells whether somebody has to be waited for: not if whom he talked to was long ago and may be forgotten.
func (l *ledger) mustPrefer(c *contactBook, q callcenter.Queue) bool {
	if len(l.preferable(c, q)) == 0 {
		return false
	}
	if q.PreferOwner > 0 && l.preferable(c, q)[0] == c.owner {
		return true
	}
	for _, id := range l.all {
		o := l.contacts[id]
		if o != c && o.arrived.CallerNumber == c.arrived.CallerNumber && o.ended && l.at.Sub(o.endedAt) > 55*time.Minute {
			return false
		}
	}
	return true
}

// relaxed checks that a change of who may be rung is the one the queue plans, for the reason it gives.
func (l *ledger) relaxed(f fact.Fact, c *contactBook, d fact.Relaxed) {
	e := c.entry
	l.w.seen.add("relaxed " + string(d.Reason))
	if e == nil || e.Entry != d.Entry || e.Queue != d.Queue {
		l.w.fail(ruleOneState, "%s is relaxed as %+v", f.Subject, d)
		return
	}
	q, want, waited := l.queue(c, e.Queue), e.circle, f.Time.Sub(e.at)
	switch d.Reason {
	case fact.RelaxedByStep:
		if want.steps >= len(q.Relax) {
			l.w.fail(ruleRelaxed, "%s takes step %d of %d", f.Subject, d.Step, len(q.Relax))
			return
		}
		step := q.Relax[want.steps]
		want.steps++
		if step.Requires != "" {
			want.skills, want.requires = nil, []string{step.Requires}
		}
		if step.MaxTier != 0 {
			want.maxTier = step.MaxTier
		}
		if l.w.weather.calm && (waited-step.After).Abs() > l.tolerance() {
			l.w.fail(ruleDurations, "%s took step %d after %s, not %s", f.Subject, d.Step, waited, step.After)
		}
	case fact.RelaxedByTime:
		want.prefer = ""
		if span := max(q.PreferOwner, q.PreferLast); l.w.weather.calm && waited > span+l.tolerance()+q.RingTimeout+l.whisper(q)+l.words(c) {
			l.w.fail(ruleDurations, "%s waited for %s for %s, at most %s", f.Subject, e.circle.prefer, waited, span)
		}
	case fact.RelaxedByMiss:
		want.prefer = ""
		if e.offers == 0 || c.rings() {
			l.w.fail(ruleRelaxed, "%s gives %s up after %d offers", f.Subject, e.circle.prefer, e.offers)
		}
	case fact.RelaxedByAbsence:
		want.prefer = ""
		if l.soon(e.circle.prefer, e.Queue) {
			l.w.fail(ruleRelaxed, "%s gives %s up, who is %s", f.Subject, e.circle.prefer, l.stateOf(e.circle.prefer))
		}
	}
	if d.Step != want.steps || !slices.Equal(d.Skills, want.skills) || !slices.Equal(d.Requires, want.requires) ||
		d.MaxTier != want.maxTier || d.Prefer != want.prefer {
		l.w.fail(ruleRelaxed, "%s is relaxed to %+v, want %+v", f.Subject, d, want)
	}
	e.circle = want
}

// eased checks in calm weather that an entry took the steps that its time allowed.
func (l *ledger) eased(f fact.Fact, c *contactBook, wait time.Duration) {
	q := l.queue(c, c.entry.Queue)
	for i, step := range q.Relax {
		if l.w.weather.calm && !c.entry.Derived && i >= c.entry.circle.steps && wait > step.After+l.tolerance() {
			l.w.fail(ruleDurations, "%s waited for %s without step %d, due after %s", f.Subject, wait, i+1, step.After)
		}
	}
}

// namedEligible is how many agents a decision names at most (pipeline/fact).
const namedEligible = 8

// decided checks why an agent was chosen: the rule is the queue's, who was eligible suits and stands in the rule's order,
// and every other agent of the queue is counted for a reason that holds.
func (l *ledger) decided(f fact.Fact, c *contactBook, d fact.Offered) {
	why := d.Decision
	rule := string(l.queueNow(d.Queue).Strategy)
	if c.entry.circle.prefer != "" {
		rule = fact.RulePreferred
	}
	if why.Rule != rule || len(why.Eligible) == 0 || why.Eligible[0] != d.Agent ||
		len(why.Eligible) != min(why.EligibleCount, namedEligible) {
		l.w.fail(ruleDecision, "%s: %s was chosen by %+v, the rule is %s", f.Subject, d.Agent, why, rule)
		return
	}
	for i, agent := range why.Eligible {
		if !l.suits(l.version, c, agent) || l.stateOf(agent) != fact.AgentReady {
			l.w.fail(ruleDecision, "%s: %s is eligible, is %s", f.Subject, agent, l.stateOf(agent))
		}
		if i > 0 && l.firstOf(d.Queue, agent, why.Eligible[i-1]) {
			l.w.fail(ruleStrategy, "%s: %s is rung before %s by %s", f.Subject, why.Eligible[i-1], agent, rule)
		}
	}
	others := 0
	for _, of := range l.w.known[l.version].Agents {
		if serves(of, d.Queue) && !slices.Contains(why.Eligible, of.ID) {
			others++
		}
	}
	told := 0
	for _, text := range why.Others {
		_, n := parseSkill(text)
		told += n
	}
	if unnamed := why.EligibleCount - len(why.Eligible); told+unnamed != others {
		l.w.fail(ruleDecision, "%s: %v tells of %d others, there are %d", f.Subject, why.Others, told, others)
	}
}

// queueNow is a queue as the plan in force has it.
func (l *ledger) queueNow(id string) callcenter.Queue {
	p := l.w.known[l.version]
	i := slices.IndexFunc(p.Queues, func(q callcenter.Queue) bool { return q.ID == id })
	if i < 0 {
		return ownLine(p, id)
	}
	return p.Queues[i]
}

// firstOf tells whether the queue must ring agent x before y.
func (l *ledger) firstOf(queue, x, y string) bool {
	p := l.w.known[l.version]
	px, _ := l.planned(l.version, x)
	py, _ := l.planned(l.version, y)
	a, b := l.agent(x), l.agent(y)
	place := func(id string) int {
		return slices.IndexFunc(p.Agents, func(a callcenter.Agent) bool { return a.ID == id })
	}
	n, after := len(p.Agents), place(l.rang[queue])
	order := 0
	switch l.queueNow(queue).Strategy {
	case callcenter.LeastRecent:
		order = a.lastTalk.Compare(b.lastTalk)
	case callcenter.FewestCalls:
		order = cmp.Compare(a.calls, b.calls)
	case callcenter.LeastTalk:
		order = cmp.Compare(a.talkMS, b.talkMS)
	case callcenter.RoundRobin:
		order = cmp.Compare((place(x)-after-1+n)%n, (place(y)-after-1+n)%n)
	case callcenter.Ordered:
		order = cmp.Compare(place(x), place(y))
	case callcenter.Random, callcenter.Weighted:
		return tier(px, queue) < tier(py, queue)
	case callcenter.LongestIdle, callcenter.RingAll:
	}
	return cmp.Or(cmp.Compare(tier(px, queue), tier(py, queue)), order, a.readySince.Compare(b.readySince), cmp.Compare(x, y)) < 0
}
