package history

import (
	"fmt"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Agent is how an agent goes on: what a Fold must keep of him between lines, and between files. It is stored as JSON.
type Agent struct {
	Sequence uint64          `json:"sequence"`           // of his last fact
	First    time.Time       `json:"first"`              // his first line; zero = not known, an earlier version did not keep it
	At       time.Time       `json:"at"`                 // of his last line
	Seen     []string        `json:"seen,omitempty"`     // his lines of that second
	Members  []string        `json:"members,omitempty"`  // queues he was added to
	Pool     bool            `json:"pool,omitempty"`     // logged in by chan_agent
	Paused   []string        `json:"paused,omitempty"`   // in these queues
	All      bool            `json:"all,omitempty"`      // paused in all
	Reason   string          `json:"reason,omitempty"`   // of the pause
	Talks    []agentTalk     `json:"talks,omitempty"`    // he has now
	State    fact.AgentState `json:"state,omitempty"`    // "" = nothing is known of him
	Why      string          `json:"why,omitempty"`      // reason of that state
	Since    time.Time       `json:"since"`              // of that state
	Restart  time.Time       `json:"restart"`            // of Asterisk, since he logged in; zero = none
	Endpoint string          `json:"endpoint,omitempty"` // his phone, where the lines name agents by it
}

// agentTalk is one of his talks.
type agentTalk struct {
	Call  string    `json:"call"`
	Queue string    `json:"queue"`
	At    time.Time `json:"at"`
}

func (a *Agent) clone() *Agent {
	c := *a
	c.Seen, c.Members, c.Paused, c.Talks = slices.Clone(a.Seen), slices.Clone(a.Members), slices.Clone(a.Paused), slices.Clone(a.Talks)
	return &c
}

// step is a fact in the making.
type step struct {
	at   time.Time
	data fact.Data
	kind fact.Type
}

// tooLate is why no time of an agent comes of a line; the zero value: it does come.
type tooLate struct{ reason, meaning string }

// tooLate holds a line against what was taken in of the agent: agents go forward only.
func (a *Agent) tooLate(at time.Time, text string) tooLate {
	switch {
	case at.Before(a.First):
		return tooLate{"older than the agent's first line", fmt.Sprintf(
			"his time was taken in from %s UTC on before, and goes forward only: of this line no time of his comes", a.First.Format(time.DateTime))}
	case at.Before(a.At):
		return tooLate{"older than the agent's last line", fmt.Sprintf(
			"his time was taken in up to %s UTC before, and goes forward only: either this line was taken in then, or no time of his comes of it", a.At.Format(time.DateTime))}
	case at.Equal(a.At) && slices.Contains(a.Seen, text):
		return tooLate{"taken in before", "the same line about the agent was taken in for this second already"}
	default:
		return tooLate{}
	}
}

// agentOf finds the agent of a line. Nil when it names none, or comes too late.
func (f *Fold) agentOf(l Line) (*Agent, string, tooLate) {
	id := f.agent(l.Agent)
	if id == "" {
		return nil, "", tooLate{}
	}
	a := f.agents[id]
	if a == nil {
		a = &Agent{First: f.now}
		f.agents[id] = a
	}
	t := l.text()
	if late := a.tooLate(f.now, t); late.reason != "" {
		return nil, id, late
	}
	if f.now.Equal(a.At) {
		a.Seen = append(a.Seen, t)
	} else {
		a.At, a.Seen = f.now, []string{t}
	}
	return a, id, tooLate{}
}

// emitAgent gives an agent's facts.
func (f *Fold) emitAgent(id string, steps []step) {
	if len(steps) == 0 {
		return
	}
	a := f.agents[id]
	p := Part{Subject: id}
	for _, s := range steps {
		a.Sequence++
		p.Facts = append(p.Facts, fact.Fact{Type: s.kind, Subject: id, Sequence: a.Sequence, Time: s.at, Data: s.data})
	}
	p.Agent = a.clone()
	f.parts = append(f.parts, p)
}

// ofAgent takes a line about an agent alone.
func (f *Fold) ofAgent(l Line) {
	if f.agent(l.Agent) == "" {
		f.refuse(l, "no agent", "the line names no agent")
		return
	}
	if l.Piped {
		f.doubt(l, "name with |", "the agent's name is taken for "+l.Agent)
	}
	a, id, late := f.agentOf(l)
	if a == nil {
		f.leave(l, late.reason, late.meaning)
		return
	}
	queue := f.queue(l.Queue)
	var out []step
	switch l.Event {
	case eventAddMember:
		out = a.added(queue, l)
	case eventRemoveMember:
		a.Members = without(a.Members, queue)
		a.Paused = without(a.Paused, queue)
	case eventAgentLogin, eventCallbackLogin:
		a.Pool = true
	case eventAgentLogoff, eventCallbackLogoff:
		a.Pool = false
	case eventPause:
		a.Paused, a.Reason = with(a.Paused, queue), reasonOf(l)
	case eventPauseAll:
		a.All, a.Reason = true, reasonOf(l)
	case eventUnpause:
		a.All, a.Paused = false, without(a.Paused, queue)
	case eventUnpauseAll:
		a.All, a.Paused = false, nil
	}
	out = append(out, a.settle(f.now, l.Agent)...)
	if len(out) == 0 && a.State == "" {
		f.leave(l, "not logged in", "no line tells that he had logged in, by this name: until one does, nothing is told of his time")
	}
	f.emitAgent(id, out)
}

// added: a member joins a queue. One who is in it already has lost it at the last restart: he was away since.
func (a *Agent) added(queue string, l Line) (out []step) {
	if slices.Contains(a.Members, queue) && !a.Restart.IsZero() {
		a.Members, a.Paused, a.All, a.Talks = nil, nil, false, nil
		out = a.settle(later(a.Restart, a.Since), l.Agent)
	}
	a.Members = with(a.Members, queue)
	if l.field(0) == "PAUSED" {
		a.Paused = with(a.Paused, queue)
	}
	return out
}

func reasonOf(l Line) string {
	if l.field(0) == "Auto-Pause" {
		return fact.AutoPauseReason
	}
	return l.field(0)
}

// state is what the agent does now, and why.
func (a *Agent) state() (fact.AgentState, string) {
	paused := a.All || len(a.Members) > 0
	for _, q := range a.Members {
		paused = paused && (a.All || slices.Contains(a.Paused, q))
	}
	switch {
	case len(a.Members) == 0 && !a.Pool:
		return "", ""
	case len(a.Talks) > 0:
		return fact.AgentTalking, ""
	case paused:
		return fact.AgentPaused, a.Reason
	default:
		return fact.AgentReady, ""
	}
}

// settle lets the agent go over into the state that he has now. A state is told when it has ended: none is ever open.
func (a *Agent) settle(at time.Time, name string) (out []step) {
	next, why := a.state()
	if next == a.State && why == a.Why {
		return nil
	}
	if a.State == "" {
		if isPhone(name) {
			a.Endpoint = name
		}
		out = append(out, step{at, fact.AgentLogged{Type: fact.TypeAgentLoggedIn, Endpoint: a.Endpoint, By: fact.BySystem}, fact.TypeAgentLoggedIn})
		a.Restart = time.Time{}
	}
	out = append(out, a.stateOver(at)...)
	if next == "" {
		out = append(out, step{at, fact.AgentLogged{Type: fact.TypeAgentLoggedOut, Endpoint: a.Endpoint, By: fact.BySystem}, fact.TypeAgentLoggedOut})
	}
	a.State, a.Why, a.Since = next, why, at
	return out
}

// stateOver tells of the state that ends.
func (a *Agent) stateOver(at time.Time) []step {
	if a.State == "" || !at.After(a.Since) {
		return nil
	}
	queue := ""
	if a.State == fact.AgentTalking && len(a.Talks) == 1 {
		queue = a.Talks[0].Queue
	}
	return []step{
		{a.Since, fact.AgentStateBegan{State: a.State, Reason: a.Why, Queue: queue, By: fact.BySystem}, fact.TypeAgentStateBegan},
		{at, fact.AgentStateEnded{State: a.State, Reason: a.Why, Queue: queue, StartedAt: a.Since, EndedAt: at,
			DurationMS: at.Sub(a.Since).Milliseconds()}, fact.TypeAgentStateEnded},
	}
}

func isPhone(name string) bool {
	return len(name) > 4 && slices.ContainsFunc([]string{"SIP/", "PJSIP/", "IAX2/", "Local/", "DAHDI/", "SCCP/"}, func(p string) bool {
		return len(name) > len(p) && name[:len(p)] == p
	})
}

// agentCalled takes what a line about a caller says of the agent.
func (f *Fold) agentCalled(l Line) {
	switch rank(l.Event) {
	case 1, 2, 3:
	default:
		return
	}
	a, id, late := f.agentOf(l)
	if a == nil {
		f.withoutAgent(l, late)
		return
	}
	var out []step
	switch rank(l.Event) {
	case 1:
		ms, _ := l.number(0)
		out = a.rang(f.now, ms)
	case 2:
		seconds, _ := l.number(2)
		out = a.rang(f.now, seconds*1000)
		a.Talks = slices.DeleteFunc(a.Talks, func(t agentTalk) bool { return t.Call == l.Call || f.now.Sub(t.At) > 2*quiet })
		a.forgetTalk(f.now)
		a.Talks = append(a.Talks, agentTalk{l.Call, f.queue(l.Queue), f.now})
	case 3:
		out = a.hungUp(l.Call, f.now)
	}
	f.emitAgent(id, append(out, a.settle(f.now, l.Agent)...))
}

// withoutAgent notes that a line is taken for its call, and not for the agent's time.
func (f *Fold) withoutAgent(l Line, late tooLate) {
	if late.reason != "" && f.level.weight() < LeftOut.weight() {
		f.note(Partly, l, late.reason, "the call is taken, the agent's time is not; "+late.meaning)
	}
}

// forgetTalk ends the talking that an earlier call, whose end no line tells, had kept open: how long it was is not told.
func (a *Agent) forgetTalk(at time.Time) {
	if a.State == fact.AgentTalking && len(a.Talks) == 0 {
		a.State, a.Why, a.Since = fact.AgentReady, "", at
	}
}

// hungUp: one of his talks is over.
func (a *Agent) hungUp(call string, at time.Time) (out []step) {
	its := func(t agentTalk) bool { return t.Call == call }
	if len(a.Talks) > 0 && !slices.ContainsFunc(a.Talks, func(t agentTalk) bool { return !its(t) }) {
		out, a.Since = a.stateOver(at), later(at, a.Since) // told before the talk's queue is forgotten
	}
	a.Talks = slices.DeleteFunc(a.Talks, its)
	return out
}

// rang: his phone rang until now; before it he was what he was.
func (a *Agent) rang(at time.Time, ms int64) []step {
	if a.State != fact.AgentReady && a.State != fact.AgentPaused || ms == 0 {
		return nil
	}
	began := later(at.Add(-time.Duration(ms)*time.Millisecond), a.Since)
	if !at.After(began) {
		return nil
	}
	out := a.stateOver(began)
	state, why := a.State, a.Why
	a.State, a.Why, a.Since = fact.AgentRinging, "", began
	out = append(out, a.stateOver(at)...)
	a.State, a.Why, a.Since = state, why, at
	return out
}

// restarted: Asterisk has begun anew. His talks are over, when is not known; members may be kept or not, which only the next
// ADDMEMBER tells.
func (a *Agent) restarted(at time.Time) {
	if !at.After(a.At) {
		return // it is read again: of one second, restarts come first
	}
	a.Restart = at
	if len(a.Talks) > 0 {
		a.Talks = nil
		a.State, a.Why = a.state()
		a.Since = at
	}
}

// finish ends what is open.
func (a *Agent) finish(at time.Time) []step {
	a.Members, a.Pool = nil, false
	if a.State == fact.AgentTalking {
		a.Since = later(at, a.Since) // nobody said that the talk ended
	}
	out := a.settle(later(at, a.Since), "")
	a.Talks = nil
	return out
}

func with(list []string, s string) []string {
	if i, found := slices.BinarySearch(list, s); !found {
		return slices.Insert(list, i, s)
	}
	return list
}

func without(list []string, s string) []string {
	return slices.DeleteFunc(list, func(x string) bool { return x == s })
}
