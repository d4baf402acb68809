// Package replay runs recorded calls through another plan: who called when, for what and with how much patience, and who
// was at work, are taken from the facts; the real core (telephony/callcenter) decides anew, and its facts tell what would
// have been.
//
// `firstline route replay` is its only caller. It is deterministic: the same facts, plan and seed give the same result. It
// does no I/O and never touches a running system. What a record can't know is drawn from what is known, by the seed:
// docs/routing.md#replay says what and how.
package replay

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// Traffic is what people did: callers and agents at work.
type Traffic struct {
	callers []caller
	agents  []worker
	// Skipped counts entries that can't be replayed: of contacts that are not customers' calls, or that the fallback took.
	Skipped int
}

// Callers is how many callers there are.
func (t Traffic) Callers() int { return len(t.callers) }

// Of keeps of facts those about the callers that are replayed, and about agents: what a replay can be compared with.
func (t Traffic) Of(facts []fact.Fact) []fact.Fact {
	callers := map[string]bool{}
	for _, c := range t.callers {
		callers[c.contact] = true
	}
	var out []fact.Fact
	for _, f := range facts {
		if callers[f.Subject] || f.Type.Topic() == fact.TopicAgents {
			out = append(out, f)
		}
	}
	return out
}

// Agents is how many agents were at work.
func (t Traffic) Agents() int { return len(t.agents) }

// caller is one contact that queued.
type caller struct {
	contact  string
	at       time.Time // queued first
	queue    string    // first
	language string
	customer string
	owner    string // agent to whom his ticket belongs
	priority int
	skills   []string // "english:2"
	requires []string
	wait     time.Duration // until he was answered, gave up or the record ends
	gaveUp   bool
	answered bool
	talk     time.Duration // with hold
	wrap     time.Duration
}

// worker is one agent: when he was at work, and how he answered his phone.
type worker struct {
	id    string
	spans []span
	rings []ring // in the order of the record
}

// span is a stretch of an agent's time between log-in and log-out; within it he may have been away.
type span struct {
	from, until time.Time // until zero = to the end
	away        bool      // paused, or his phone was out of reach
}

// ring is how one offer of the record went.
type ring struct {
	result fact.OfferResult
	lasted time.Duration
}

// Read takes the traffic out of facts in the order of their times: contacts that queued in [from, until), whatever of
// theirs came later, and agents' states.
func Read(facts []fact.Fact, from, until time.Time) Traffic {
	r := reader{from: from, until: until, callers: map[string]*caller{}, workers: map[string]*worker{}, owners: map[string]string{}}
	for _, f := range facts {
		r.take(f)
	}
	return r.traffic()
}

// reader gathers.
type reader struct {
	from, until time.Time
	callers     map[string]*caller
	workers     map[string]*worker
	owners      map[string]string // of tickets, by contact
	skipped     int
}

func (r *reader) take(f fact.Fact) {
	c := r.callers[f.Subject]
	switch d := f.Data.(type) {
	case fact.Identified:
		if d.Owner != "" {
			r.owners[f.Subject] = d.Owner
		}
	case fact.Queued:
		r.queued(f, d)
	case fact.EntryEnded:
		if c != nil {
			c.ended(d)
		}
	case fact.SegmentEnded:
		if c != nil {
			c.worked(d)
		}
	case fact.OfferEnded:
		r.worker(d.Agent).rang(d)
	case fact.AgentStateBegan:
		if f.Time.Before(r.until) {
			r.worker(f.Subject).began(d.State, f.Time)
		}
	case fact.AgentStateEnded:
		r.stateEnded(f, d)
	}
}

func (r *reader) queued(f fact.Fact, d fact.Queued) {
	if f.Time.Before(r.from) || !f.Time.Before(r.until) || r.callers[f.Subject] != nil {
		return
	}
	if d.Kind != fact.KindInbound || d.Derived {
		r.skipped++
		return
	}
	r.callers[f.Subject] = &caller{
		contact: f.Subject, at: f.Time, queue: d.Queue, language: d.Language, priority: d.Priority, skills: d.Skills,
		requires: d.Requires, owner: r.owners[f.Subject],
	}
}

// ended adds what is known of a caller when he leaves a queue.
func (c *caller) ended(d fact.EntryEnded) {
	c.wait += time.Duration(d.WaitMS) * time.Millisecond
	c.gaveUp = d.Outcome == fact.EntryAbandoned
	c.answered = d.Outcome == fact.EntryAnswered
	c.customer = d.Customer
}

func (c *caller) worked(d fact.SegmentEnded) {
	lasted := time.Duration(d.DurationMS) * time.Millisecond
	if d.Kind == fact.SegmentWrapUp {
		c.wrap += lasted
		return
	}
	c.talk += lasted
}

func (r *reader) worker(id string) *worker {
	w := r.workers[id]
	if w == nil {
		w = &worker{id: id}
		r.workers[id] = w
	}
	return w
}

// stateEnded tells of a state that began before the record.
func (r *reader) stateEnded(f fact.Fact, d fact.AgentStateEnded) {
	w := r.worker(f.Subject)
	if len(w.spans) == 0 {
		w.began(d.State, d.StartedAt)
	}
}

// began goes on with the agent's spans.
func (w *worker) began(s fact.AgentState, at time.Time) {
	last := len(w.spans) - 1
	open := last >= 0 && w.spans[last].until.IsZero()
	next := span{from: at, away: s == fact.AgentPaused || s == fact.AgentOutside || s == fact.AgentCalling || s == fact.AgentUnreachable}
	switch {
	case s == fact.AgentLoggedOut && open:
		w.spans[last].until = at
	case s == fact.AgentLoggedOut:
	case !open:
		w.spans = append(w.spans, next)
	case w.spans[last].away != next.away:
		w.spans[last].until = at
		w.spans = append(w.spans, next)
	}
}

func (w *worker) rang(d fact.OfferEnded) {
	switch d.Result {
	case fact.OfferAnswered, fact.OfferMissed, fact.OfferDeclined:
		w.rings = append(w.rings, ring{d.Result, time.Duration(d.RingMS) * time.Millisecond})
	default: // the caller's doing, or the phone's
	}
}

func (r *reader) traffic() Traffic {
	t := Traffic{Skipped: r.skipped}
	for _, c := range r.callers {
		t.callers = append(t.callers, *c)
	}
	for _, w := range r.workers {
		if len(w.spans) > 0 {
			t.agents = append(t.agents, *w)
		}
	}
	slices.SortFunc(t.callers, func(a, b caller) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.contact, b.contact))
	})
	slices.SortFunc(t.agents, func(a, b worker) int { return cmp.Compare(a.id, b.id) })
	return t
}

// ErrNobody says that there is nothing to replay.
var ErrNobody = errors.New("nobody queued in that time")

// Run sends the traffic through a plan and returns the facts of it. The error says that the plan can't be replayed.
func (t Traffic) Run(plan callcenter.Plan, seed uint64) ([]fact.Fact, error) {
	if len(t.callers) == 0 {
		return nil, ErrNobody
	}
	w, err := newWorld(t, plan, seed)
	if err != nil {
		return nil, err
	}
	return w.run()
}
