package sim

import (
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
	"firstline/telephony/ivr"
)

// The rules of this file hold the facts against the plan: who may be rung for whom and when, how long things last, where
// a menu leads.

// tolerance is how far a time measured by facts may be from the plan's in calm weather: a fact is stamped when Asterisk
// saw the thing, a deadline counts from when the core heard of it.
func (l *ledger) tolerance() time.Duration {
	late := l.w.weather.lag + 5*time.Millisecond
	if l.w.weather.holds { // what happens while a list is made is heard behind it
		late += l.w.weather.lag + 3*time.Millisecond
	}
	return late
}

// queue is a queue as the contact's plan has it; the zero one when there is none of that name.
func (l *ledger) queue(c *contactBook, id string) callcenter.Queue {
	if p := l.w.known[c.arrived.Plan]; p != nil {
		if i := slices.IndexFunc(p.Queues, func(q callcenter.Queue) bool { return q.ID == id }); i >= 0 {
			return p.Queues[i]
		}
		if strings.HasPrefix(id, "agent:") {
			return ownLine(p, id)
		}
	}
	return callcenter.Queue{}
}

// planned is an agent as a plan has him.
func (l *ledger) planned(version, agent string) (callcenter.Agent, bool) {
	if p := l.w.known[version]; p != nil {
		if i := slices.IndexFunc(p.Agents, func(a callcenter.Agent) bool { return a.ID == agent }); i >= 0 {
			return p.Agents[i], true
		}
	}
	return callcenter.Agent{}, false
}

// priority is where a waiting contact should stand: what the queue, the menu and the ticket system say.
func (l *ledger) priority(c *contactBook) int {
	return l.queue(c, c.entry.Queue).Priority + c.asked + c.bonus
}

// before tells whether a stands before b: by the weight of his queue, by priority, then by who queued first, however often
// he moved since; then by id. Where priority ages, each point of it is so much waiting.
func (l *ledger) before(a, b *contactBook) bool {
	qa, qb := l.queue(a, a.entry.Queue), l.queue(b, b.entry.Queue)
	pa, pb := l.priority(a), l.priority(b)
	sa, sb := a.since, b.since
	if age := l.age(a); age > 0 {
		pa, sa = 0, sa.Add(-time.Duration(pa)*age)
	}
	if age := l.age(b); age > 0 {
		pb, sb = 0, sb.Add(-time.Duration(pb)*age)
	}
	switch {
	case qa.Weight != qb.Weight:
		return qa.Weight > qb.Weight
	case pa != pb:
		return pa > pb
	case !sa.Equal(sb):
		return sa.Before(sb)
	default:
		return a.id < b.id
	}
}

// age is what a point of a contact's priority is worth, by the plan it keeps.
func (l *ledger) age(c *contactBook) time.Duration {
	if p := l.w.known[c.arrived.Plan]; p != nil {
		return p.Age
	}
	return 0
}

// fair looks, after a Step that made an offer, whether the agent may take the call and whether somebody waits, in whatever
// queue, with a better claim on him.
func (l *ledger) fair(c *contactBook, agent, version string) {
	if !l.suits(version, c, agent) {
		l.w.fail(ruleRightAgent, "%s rings for %s, who is in %s and wants %v", agent, c.id, c.entry.Queue, c.entry.circle)
	}
	for _, o := range l.live {
		if o == c || o.entry == nil || o.rings() || o.entry.Derived || o.pending() && l.dials[o.id] != "" ||
			!l.w.present(o.id) || !l.suits(version, o, agent) {
			continue
		}
		if l.before(o, c) || len(c.rung) > 1 {
			l.w.fail(ruleOvertaken, "%s rings for %s (%d phones, priority %d, since %s), %s waits with %d since %s",
				agent, c.id, len(c.rung), l.priority(c), c.since, o.id, l.priority(o), o.since)
		}
	}
}

// rested: who missed a call is not rung again at once, unless he said that he is ready.
func (l *ledger) rested(f fact.Fact, a *agentBook) {
	if f.Time.Before(a.notBefore) {
		l.w.fail(ruleRest, "%s is rung at %s, not before %s after a miss", a.id, f.Time, a.notBefore)
	}
}

// missed counts the misses in a row and how long the agent is left alone.
func (l *ledger) missed(f fact.Fact, c *contactBook, d fact.OfferEnded) {
	a, q := l.agent(d.Agent), l.queue(c, d.Queue)
	switch d.Result {
	case fact.OfferMissed, fact.OfferBusy, fact.OfferUnavailable, fact.OfferFailed:
		a.doubt = true
	default: // his phone rang as it should
	}
	switch d.Result {
	case fact.OfferAnswered:
		a.misses = 0
		a.calls++
	case fact.OfferMissed:
		a.misses++
		a.limit = q.MaxMissed
		fallthrough
	case fact.OfferDeclined, fact.OfferBusy, fact.OfferUnavailable, fact.OfferFailed:
		a.notBefore = f.Time.Add(q.RetryDelay)
		a.readySince = f.Time
	default: // he was not to blame
	}
	if l.w.weather.calm && c.back == nil && d.RingMS > (q.RingTimeout+l.whisper(q)+l.words(c)+l.tolerance()).Milliseconds() {
		l.w.fail(ruleDurations, "%s: %s rang for %d ms, at most %s", f.Subject, d.Agent, d.RingMS, q.RingTimeout)
	}
	if l.w.weather.calm && d.Result == fact.OfferMissed && d.Cause == 0 && d.RingMS < (q.RingTimeout-l.tolerance()).Milliseconds() {
		l.w.fail(ruleDurations, "%s: missed after %d ms, not %s", f.Subject, d.RingMS, q.RingTimeout)
	}
}

// whisper is how long an agent may hear something before the caller is put through.
func (l *ledger) whisper(q callcenter.Queue) time.Duration {
	return time.Duration(len(q.WhisperMedia)) * l.w.weather.media
}

// punished: who missed too many calls in a row is paused, and nobody else.
func (l *ledger) punished(a *agentBook) {
	too := a.limit > 0 && a.misses >= a.limit
	auto := a.state.State == fact.AgentPaused && a.state.Reason == fact.AutoPauseReason
	switch {
	case too && !auto && a.offer == nil && a.segment == nil && a.loggedIn && a.state.State != fact.AgentPaused:
		l.w.fail(ruleMisses, "%s missed %d calls, %d are allowed, and is %s", a.id, a.misses, a.limit, a.state.State)
	case auto && !too:
		l.w.fail(ruleMisses, "%s is paused after %d misses of %d", a.id, a.misses, a.limit)
	}
}

// billed: a pause is paid work when the plan in force says so, and nothing else is.
func (l *ledger) billed(f fact.Fact, d fact.AgentStateBegan) {
	if want := d.State == fact.AgentPaused && slices.Contains(l.w.known[l.version].Billable, d.Reason); d.Billable != want {
		l.w.fail(ruleBillable, "%s is %s for %q, billable: %t, the plan says %t", f.Subject, d.State, d.Reason, d.Billable, want)
	}
	if d.Billable {
		l.w.seen.add("billable pause")
	}
}

// excused: the agent said that he is ready: misses and rest are forgotten, and a pause is over.
func (a *agentBook) excused() { a.misses, a.notBefore, a.paused = 0, time.Time{}, false }

// mayJoin: the queue isn't full, and somebody could answer. The priority and the language are what they should be.
func (l *ledger) mayJoin(f fact.Fact, c *contactBook) {
	e := c.entry
	if e.Derived {
		return // in the fallback, which has its own rules
	}
	q := l.queue(c, e.Queue)
	if q.MaxLength > 0 && !c.pending() && !c.outsideMissed && l.waiting(c, e.Queue, l.w.present) >= q.MaxLength {
		l.w.fail(ruleLimits, "%s joins %s, which is full with %d", f.Subject, e.Queue, q.MaxLength)
	}
	if !q.JoinEmpty && !c.pending() && !l.staffed(q) {
		l.w.fail(ruleLimits, "%s joins %s, for which nobody is logged in", f.Subject, e.Queue)
	}
	if e.Priority != l.priority(c) {
		l.w.fail(rulePriorities, "%s has priority %d in %s, expected %d", f.Subject, e.Priority, e.Queue, l.priority(c))
	}
	urgency, since := l.priority(c), c.since
	if age := l.age(c); age > 0 {
		urgency, since = 0, since.Add(-time.Duration(urgency)*age)
	}
	if e.Urgency != urgency || !e.RankedAt.Equal(since) {
		l.w.fail(rulePositions, "%s is ranked by %d and %s, expected %d and %s", f.Subject, e.Urgency, e.RankedAt, urgency, since)
	}
	if c.language != "" && e.Language != c.language {
		l.w.fail(ruleFacts, "%s chose %s and queues in %s", f.Subject, c.language, e.Language)
	}
	least := 1 + l.better(c, l.w.present)
	most := 1 + l.better(c, func(string) bool { return true })
	if e.Position < least || e.Position > most {
		l.w.fail(rulePositions, "%s is told to be number %d in %s, is between %d and %d", f.Subject, e.Position, e.Queue, least, most)
	}
}

// mayRefuse: a queue turns away only who it must.
func (l *ledger) mayRefuse(f fact.Fact, c *contactBook, d fact.QueueRefused) {
	q := l.queue(c, d.Queue)
	everybody := func(string) bool { return true }
	switch d.Reason {
	case fact.RefusedFull:
		if q.MaxLength == 0 || l.waiting(c, d.Queue, everybody) < q.MaxLength {
			l.w.fail(ruleLimits, "%s is refused by %s, which is not full", f.Subject, d.Queue)
		}
	case fact.RefusedEmpty:
		if q.JoinEmpty || l.staffed(q) {
			l.w.fail(ruleLimits, "%s is refused by %s, where somebody is logged in", f.Subject, d.Queue)
		}
	case fact.RefusedLong:
		if q.MaxExpected == 0 || len(l.handled[d.Queue]) < 5 {
			l.w.fail(ruleLimits, "%s is refused by %s for a wait longer than %s, known from %d calls", f.Subject, d.Queue, q.MaxExpected, len(l.handled[d.Queue]))
		}
	case fact.RefusedClosed: // the line of an agent who is in the plan no more
		if _, planned := l.planned(l.version, strings.TrimPrefix(d.Queue, "agent:")); planned || !c.outsideMissed {
			l.w.fail(ruleLimits, "%s is refused by %s, which is there", f.Subject, d.Queue)
		}
	default:
		l.w.fail(ruleLimits, "%s is refused by %s as %s", f.Subject, d.Queue, d.Reason)
	}
}

// waiting counts who else is in a queue.
func (l *ledger) waiting(c *contactBook, queue string, counts func(string) bool) int {
	n := 0
	for _, o := range l.live {
		if o != c && o.entry != nil && !o.entry.Derived && o.entry.Queue == queue && !o.pending() && counts(o.id) {
			n++
		}
	}
	return n
}

// better counts who stands before c in his queue.
func (l *ledger) better(c *contactBook, counts func(string) bool) int {
	n := 0
	for _, o := range l.live {
		if o != c && o.entry != nil && !o.entry.Derived && o.entry.Queue == c.entry.Queue && counts(o.id) && l.before(o, c) {
			n++
		}
	}
	return n
}

// lasted checks in calm weather how long an entry lasted against the queue's longest wait, which never cuts a ringing
// phone short.
func (l *ledger) lasted(f fact.Fact, c *contactBook, d fact.EntryEnded) {
	q := l.queue(c, d.Queue)
	if !l.w.weather.calm || d.Derived || c.back != nil {
		return
	}
	wait := time.Duration(d.WaitMS) * time.Millisecond
	l.eased(f, c, wait)
	if (d.Outcome == fact.EntryOverflowed || d.Outcome == fact.EntryFailed) && (q.MaxWait == 0 || wait < q.MaxWait-l.tolerance()) {
		l.w.fail(ruleDurations, "%s: %s after %s, the longest wait is %s", f.Subject, d.Outcome, wait, q.MaxWait)
	}
	if q.MaxWait > 0 && wait > q.MaxWait+q.RingTimeout+l.whisper(q)+l.words(c)+2*l.tolerance() {
		l.w.fail(ruleDurations, "%s waited for %s, the longest wait is %s and %s of ringing", f.Subject, wait, q.MaxWait, q.RingTimeout)
	}
}

// wrapped checks in calm weather how long a wrap-up lasted that nobody ended or extended.
func (l *ledger) wrapped(f fact.Fact, c *contactBook, d fact.SegmentEnded) {
	a := l.agent(d.Agent)
	if !l.w.weather.calm || !a.acted.Before(d.StartedAt) {
		return
	}
	want := l.queue(c, d.Queue).WrapUp
	if p, ok := l.planned(l.version, d.Agent); ok && p.WrapUp != nil {
		want = *p.WrapUp
	}
	if off := time.Duration(d.DurationMS)*time.Millisecond - want; off.Abs() > l.tolerance() {
		l.w.fail(ruleDurations, "%s: %s wrapped up for %d ms, not %s", f.Subject, d.Agent, d.DurationMS, want)
	}
}

// step checks that a caller's way through a menu is one the flow allows, and remembers what it asks for.
func (l *ledger) step(f fact.Fact, c *contactBook, from string, d fact.IVREntered) {
	flow := l.flow(c, d.Flow)
	n, ok := flow.Nodes[d.Node]
	sent := c.sentTo
	c.sentTo = ""
	if from == "" && c.returns == nil && sent == "" {
		l.letIn(f, c, d.Flow)
	}
	switch {
	case from == "" && sent != "" && (d.Flow != sent || d.Node != flow.Start):
		l.w.fail(ruleMenus, "%s was handed on to the menu %s, enters %s at %s", f.Subject, sent, d.Flow, d.Node)
	case from == "" && sent != "":
	case !ok:
		l.w.fail(ruleMenus, "%s enters %s of %s, which isn't there", f.Subject, d.Node, d.Flow)
	case from == "" && c.returns != nil && !c.mayReturn(d.Node):
		l.w.fail(ruleMenus, "%s comes back to %s at %s, may at %v", f.Subject, d.Flow, d.Node, c.returns)
	case from == "" && c.returns == nil && d.Node != flow.Start:
		l.w.fail(ruleMenus, "%s begins %s at %s", f.Subject, d.Flow, d.Node)
	case from != "" && flow.Nodes[from].Type == ivr.TypeLookup:
		l.lookedUp(f, c, flow.Nodes[from], d.Node)
	case from != "" && flow.Nodes[from].Type == ivr.TypeBranch:
		l.branched(f, c, flow.Nodes[from], d.Node)
	case from != "" && flow.Nodes[from].Type == ivr.TypeIncident:
		l.told(f, c, flow.Nodes[from], d.Node)
	case from != "" && flow.Nodes[from].Type == ivr.TypeCallback && d.Node == flow.Nodes[from].Next && d.Node != flow.Nodes[from].Failed && d.Node != flow.Nodes[from].GaveUp:
		if c.promisedAt != from {
			l.w.fail(ruleCallbacks, "%s goes on from %s to %s, and nobody promised to call him back", f.Subject, from, d.Node)
		}
	case from != "" && !leads(flow.Nodes[from], d.Node):
		l.w.fail(ruleMenus, "%s goes from %s to %s in %s", f.Subject, from, d.Node, d.Flow)
	}
	switch n.Type { //nolint:exhaustive // only these ask for a priority
	case ivr.TypeSet:
		c.raised += n.Priority
	case ivr.TypeQueue:
		c.asked = n.Priority + c.raised
		c.requires = n.Requires
		c.flow, c.queueNode = d.Flow, d.Node
	case ivr.TypeDial:
		c.asked, c.requires = c.raised, ""
		c.flow, c.queueNode = d.Flow, d.Node
	}
}

// lookedUp checks which way the answer of the ticket system led.
func (l *ledger) lookedUp(f fact.Fact, c *contactBook, n ivr.Node, to string) {
	want := n.NotFound
	switch {
	case c.byNumber == fact.LookupFound:
		want = n.Next
	case c.byNumber == "" && c.arrived.CallerNumber != "":
		want = "nowhere: nobody has answered"
	case n.Failed != "" && (c.byNumber == fact.LookupFailed || c.byNumber == fact.LookupTimeout):
		want = n.Failed
	}
	if to != want {
		l.w.fail(ruleMenus, "%s: the look-up ended as %q and led to %s, want %s", f.Subject, c.byNumber, to, want)
	}
}

// branched checks which way a branch led, and that each condition that could not be worked out was told.
func (l *ledger) branched(f fact.Fact, c *contactBook, n ivr.Node, to string) {
	language := c.language
	if language == "" {
		language = c.arrived.Language
	}
	want, unfit := n.Otherwise, []int(nil)
	for i, one := range n.Cases {
		held, bad := holds(one.When, c.arrived.CallerNumber, language, c.visit.vars["topic"])
		if bad {
			unfit = append(unfit, i+1)
		}
		if held {
			want = one.Next
			break
		}
	}
	if to != want || !slices.Equal(unfit, c.visit.unfit) {
		l.w.fail(ruleMenus, "%s: the branch led to %s after unfit cases %v, want %s after %v", f.Subject, to, c.visit.unfit, want, unfit)
	}
	c.visit.unfit = nil
}

// set checks a variable against the node that set it.
func (l *ledger) set(f fact.Fact, c *contactBook, d fact.IVRSet) {
	if text, ok := l.flow(c, d.Flow).Nodes[d.Node].Set[d.Variable]; !ok || text != d.Value {
		l.w.fail(ruleMenus, "%s: %s set %s to %q, want %q", f.Subject, d.Node, d.Variable, d.Value, text)
	}
	if c.visit.vars == nil {
		c.visit.vars = map[string]string{}
	}
	c.visit.vars[d.Variable] = d.Value
}

// chose checks a choice against the menu and against the keys that were really pressed.
func (l *ledger) chose(f fact.Fact, c *contactBook, d fact.IVRChoice) {
	n := l.flow(c, d.Flow).Nodes[d.Node]
	option, ok := n.Options[d.Key]
	if n.Type == ivr.TypeDial {
		option.Next, ok = l.dialled(c, d.Key)
	}
	if !ok || option.Next != d.Target {
		l.w.fail(ruleMenus, "%s chose %s at %s, which leads to %s, not %s", f.Subject, d.Key, d.Node, option.Next, d.Target)
	}
	if !pressed(l.truth(c.id).keys, d.Key) {
		l.w.fail(ruleTruth, "%s chose %s, but never pressed it", f.Subject, d.Key)
	}
	if option.Language != "" {
		c.language = option.Language
	}
}

// pressed tells whether all keys of a choice were pressed, in whatever order Asterisk told of them.
func pressed(keys []string, choice string) bool {
	left := slices.Clone(keys)
	for i := range choice {
		at := slices.Index(left, choice[i:i+1])
		if at < 0 {
			return false
		}
		left = slices.Delete(left, at, at+1)
	}
	return true
}

// dialled is the queue whose extension it is, or the agent's own line, by the plan that the contact began with.
func (l *ledger) dialled(c *contactBook, number string) (queue string, ok bool) {
	p := l.w.known[c.arrived.Plan]
	if p == nil {
		return "", false
	}
	for _, q := range p.Queues {
		if q.Extension == number {
			l.w.seen.add("dialled a queue")
			return q.ID, true
		}
	}
	for _, a := range p.Agents {
		if a.Extension == number {
			l.w.seen.add("dialled an agent")
			return "agent:" + a.ID, true
		}
	}
	return "", false
}

func (l *ledger) flow(c *contactBook, id string) ivr.Flow {
	if p := l.w.known[c.arrived.Plan]; p != nil {
		if i := slices.IndexFunc(p.Flows, func(f ivr.Flow) bool { return f.ID == id }); i >= 0 {
			return p.Flows[i]
		}
	}
	return ivr.Flow{}
}

// leads tells whether a node may be followed by another.
func leads(n ivr.Node, to string) bool {
	for _, next := range [...]string{n.Open, n.Closed, n.Next, n.NoInput, n.Invalid, n.GaveUp, n.NotFound, n.Failed} {
		if next == to {
			return true
		}
	}
	for _, o := range n.Options { // any of them will do
		if o.Next == to {
			return true
		}
	}
	return false
}
