package metric

import (
	"cmp"
	"slices"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/schedule"
)

// SLA is by what tickets are judged: the targets of the plan, and whose hours their clocks count.
type SLA struct {
	Targets  Targets
	Schedule string // as schedule.Text writes it; empty = the wall clock
}

// Targets are those of each priority. Default is that of tickets whose priority isn't there, and of those without one.
type Targets struct {
	ByPriority map[string]Target
	Default    Target
}

// None says whether nothing is promised at all.
func (t Targets) None() bool {
	return t.Default == (Target{}) && len(t.ByPriority) == 0
}

// Of is the target of a priority.
func (t Targets) Of(priority string) Target {
	if own, ok := t.ByPriority[priority]; ok {
		return own
	}
	return t.Default
}

// Target is how long the two clocks of a ticket may run.
type Target struct{ FirstReply, Resolution Limit }

// Limit is how long a clock may run, and from when on it warns, in milliseconds. With MS 0 nothing is promised.
type Limit struct{ MS, WarnMS int64 }

// NewLimit warns when that share of the time is used, in percent.
func NewLimit(d time.Duration, percent int) Limit {
	ms := d.Milliseconds()
	return Limit{ms, ms * int64(percent) / 100}
}

// SLAState is how one of a ticket's clocks stands.
type SLAState string

const (
	SLARunning  SLAState = "running"
	SLAPaused   SLAState = "paused"   // the ticket waits for the customer, within the target so far
	SLAWarning  SLAState = "warning"  // runs, and the warn share of the target is used
	SLABreached SLAState = "breached" // more than the target is used, over or not
	SLAMet      SLAState = "met"      // over, within the target
)

// SLAStates is the closed list.
func SLAStates() []SLAState {
	return []SLAState{SLARunning, SLAPaused, SLAWarning, SLABreached, SLAMet}
}

// judge says how a clock stands that shows used.
func (l Limit) judge(used int64, over, paused bool) SLAState {
	switch {
	case used > l.MS:
		return SLABreached
	case over:
		return SLAMet
	case paused:
		return SLAPaused
	case used >= l.WarnMS:
		return SLAWarning
	default:
		return SLARunning
	}
}

// TicketSLA is how a ticket stands against its targets.
type TicketSLA struct {
	DueAt      *time.Time   `json:"due_at" doc:"The earlier one of the two clocks that are not over; null when none is due"`
	FirstReply *TargetState `json:"first_reply" doc:"From the opening to the first reply, or to a resolution without one; null without a target, and when the ticket was closed without either"`
	Resolution *TargetState `json:"resolution" doc:"The time that the ticket was open: neither waiting for the customer nor resolved; null without a target, and when it was closed unresolved"`
}

// has says whether one of the clocks stands so.
func (s TicketSLA) has(state SLAState) bool {
	return s.FirstReply.is(state) || s.Resolution.is(state)
}

// TargetState is how one clock stands. It counts the hours of the tickets' schedule, by the wall clock where none is set.
type TargetState struct {
	State    SLAState   `json:"state" enum:"running,paused,warning,breached,met" doc:"warning: runs, and the warn share of the target is used. paused: the ticket waits for the customer. met and breached: what became of it; breached as soon as more than the target is used"`
	TargetMS int64      `json:"target_ms" doc:"How long the clock may run, by the priority that the ticket has, or had when the clock ended"`
	UsedMS   int64      `json:"used_ms" doc:"How long it has run"`
	DueAt    *time.Time `json:"due_at" doc:"When the clock reaches the target as things stand, or did; null when met and while paused, and when it doesn't within 400 days"`
}

func (s *TargetState) is(state SLAState) bool { return s != nil && s.State == state }

// How far a clock reaches from now: an older beginning counts from there on, a later due time is none.
const (
	ClockBack  = 10 * 365 * 24 * time.Hour
	ClockAhead = 400 * 24 * time.Hour
)

// Clock counts the time in which a schedule is open, or all time: a line that rises or is level. At each of Edges, Unix
// milliseconds, it shows one of Sums and rises from there on (1 in Rises) or not.
type Clock struct{ Edges, Sums, Rises []int64 }

// NewClock counts by a schedule's text from first on, or by the wall clock when it is empty.
func NewClock(text string, first, now time.Time) (Clock, error) {
	if text == "" {
		return Clock{Edges: []int64{0}, Sums: []int64{0}, Rises: []int64{1}}, nil
	}
	place, err := schedule.Parse(text)
	if err != nil {
		return Clock{}, err
	}
	c, sum := Clock{Edges: []int64{0}, Sums: []int64{0}, Rises: []int64{0}}, int64(0)
	for _, s := range place.Stretches(later(first, now.Add(-ClockBack)), now.Add(ClockAhead)) {
		from, until := s.From.UnixMilli(), s.Until.UnixMilli()
		c.Edges, c.Sums, c.Rises = append(c.Edges, from, until), append(c.Sums, sum, sum+until-from), append(c.Rises, 1, 0)
		sum += until - from
	}
	return c, nil
}

// Climbs are the sums at which the clock begins to rise, ascending, and when; last is the sum that it never exceeds.
func (c Clock) Climbs() (sums, at []int64, last int64) {
	for i, rises := range c.Rises {
		if rises == 1 {
			sums, at = append(sums, c.Sums[i]), append(at, c.Edges[i])
		}
	}
	if last = c.Sums[len(c.Sums)-1]; c.Rises[len(c.Rises)-1] == 1 {
		last = 9_000_000_000_000
	}
	return sums, at, last
}

// climbs are those, for looking up when the clock shows a sum.
type climbs struct {
	sums, at []int64
	last     int64
}

func (c Clock) climbs() (out climbs) {
	out.sums, out.at, out.last = c.Climbs()
	return out
}

// at is what the clock shows at an instant, between is how much of a time it counts.
func (c Clock) at(t time.Time) int64 {
	ms := t.UnixMilli()
	i, found := slices.BinarySearch(c.Edges, ms)
	if !found {
		i--
	}
	return c.Sums[i] + c.Rises[i]*(ms-c.Edges[i])
}

func (c Clock) between(from, until time.Time) int64 { return c.at(until) - c.at(from) }

// when is the first instant at which the clock shows sum; nil when it never does.
func (c climbs) when(sum int64) *time.Time {
	i, _ := slices.BinarySearch(c.sums, sum)
	if i == 0 || sum > c.last {
		return nil
	}
	t := time.UnixMilli(c.at[i-1] + sum - c.sums[i-1]).UTC()
	return &t
}

// Judge tells how tickets stand at an instant.
type Judge struct {
	sla      SLA
	clock    Clock
	climbs   climbs
	business *businessClock
}

// NewJudge judges at instants until now; first is when the first of the tickets or of their calls began, or earlier.
func NewJudge(sla SLA, first, now time.Time) (Judge, error) {
	c, err := NewClock(sla.Schedule, first, now)
	if err != nil {
		return Judge{}, err
	}
	return Judge{sla, c, c.climbs(), &businessClock{now: sla.Schedule, first: first, end: now, clocks: map[string]Clock{}}}, nil
}

// SLA judges a ticket by its events so far, of which there is one at least, in their order.
func (j Judge) SLA(steps []TicketStep, opened, now time.Time) TicketSLA {
	r := runOf(steps, opened, now)
	out := TicketSLA{FirstReply: j.firstReply(r, opened, now), Resolution: j.resolution(r)}
	if r.answer == nil && out.FirstReply != nil {
		out.DueAt = out.FirstReply.DueAt
	}
	if s := out.Resolution; r.resolved == nil && s != nil && s.DueAt != nil && (out.DueAt == nil || s.DueAt.Before(*out.DueAt)) {
		out.DueAt = s.DueAt
	}
	return out
}

// run is what of a ticket's events moves its clocks.
type run struct {
	state    TicketState
	priority string
	answer   *ended    // the first reply or resolution
	resolved *ended    // the last resolution, when nothing came after it but closing
	open     []stretch // in which the resolution clock runs; the last one goes on if the ticket is open
}

// ended is the end of a clock, and the priority by which it is judged.
type ended struct {
	step     TicketStep
	priority string
}

type stretch struct{ from, until time.Time }

func runOf(steps []TicketStep, opened, now time.Time) run {
	r := run{state: TicketOpen}
	for i, s := range steps {
		r.priority = cmp.Or(s.Event.Priority, r.priority)
		replies := s.Event.Type == fact.TypeTicketFirstReply || s.Event.Type == fact.TypeTicketResolved
		if replies && r.answer == nil && !s.At.Before(opened) {
			r.answer = &ended{s, r.priority}
		}
		if state, ok := StateAfter(s.Event.Type); ok {
			r.state = state
		}
		switch {
		case s.Event.Type == fact.TypeTicketResolved:
			r.resolved = &ended{s, r.priority}
		case r.state == TicketOpen, r.state == TicketPending:
			r.resolved = nil
		}
		until := later(s.At, now)
		if i+1 < len(steps) {
			until = steps[i+1].At
		}
		if from := later(s.At, opened); r.state == TicketOpen && !until.Before(from) {
			r.open = append(r.open, stretch{from, until})
		}
	}
	return r
}

func (j Judge) firstReply(r run, opened, now time.Time) *TargetState {
	priority := r.priority
	switch {
	case r.answer != nil:
		priority, now = r.answer.priority, r.answer.step.At
	case r.state == TicketClosed:
		return nil
	}
	limit := j.sla.Targets.Of(priority).FirstReply
	if limit.MS == 0 {
		return nil
	}
	used := j.clock.between(opened, now)
	s := &TargetState{State: limit.judge(used, r.answer != nil, false), TargetMS: limit.MS, UsedMS: used}
	if s.State != SLAMet {
		s.DueAt = j.climbs.when(j.clock.at(opened) + limit.MS)
	}
	return s
}

func (j Judge) resolution(r run) *TargetState {
	priority := r.priority
	switch {
	case r.resolved != nil:
		priority = r.resolved.priority
	case r.state == TicketClosed:
		return nil
	}
	limit := j.sla.Targets.Of(priority).Resolution
	if limit.MS == 0 {
		return nil
	}
	s := &TargetState{TargetMS: limit.MS}
	for i, o := range r.open {
		ran := j.clock.between(o.from, o.until)
		goesOn := i == len(r.open)-1 && r.state == TicketOpen
		if s.UsedMS < limit.MS && (s.UsedMS+ran >= limit.MS || goesOn) {
			s.DueAt = j.climbs.when(j.clock.at(o.from) + limit.MS - s.UsedMS)
		}
		s.UsedMS += ran
	}
	s.State = limit.judge(s.UsedMS, r.resolved != nil, r.state == TicketPending)
	if s.State == SLAMet || s.State == SLAPaused {
		s.DueAt = nil
	}
	return s
}

// TargetTally counts clocks that are met, and those that are met or breached.
type TargetTally struct{ FirstReplyMet, FirstReplyDue, ResolutionMet, ResolutionDue int64 }

// add counts what has become of a ticket's clocks; those that run within their target are not due.
func (t *TargetTally) add(firstReply, resolution *TargetState) {
	for _, c := range []struct {
		state    *TargetState
		met, due *int64
	}{{firstReply, &t.FirstReplyMet, &t.FirstReplyDue}, {resolution, &t.ResolutionMet, &t.ResolutionDue}} {
		*c.met += count(c.state.is(SLAMet))
		*c.due += count(c.state.is(SLAMet) || c.state.is(SLABreached))
	}
}

// TargetShares say how many targets were met, of how many.
type TargetShares struct {
	FirstReply Ratio `json:"first_reply" doc:"met / (met + breached) of the first reply's targets"`
	Resolution Ratio `json:"resolution" doc:"met / (met + breached) of the resolution's targets"`
}

func (t TargetTally) shares() TargetShares {
	return TargetShares{NewRatio(t.FirstReplyMet, t.FirstReplyDue), NewRatio(t.ResolutionMet, t.ResolutionDue)}
}

// DueCount is how many tickets of a priority are open, about to breach, and breached.
type DueCount struct {
	Priority                string
	Open, Warning, Breached int64
}
