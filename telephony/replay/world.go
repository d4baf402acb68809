package replay

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// world is Asterisk and everybody on the phones, as far as a replay needs them.
type world struct {
	core   *callcenter.Center
	plan   *callcenter.Plan
	now    time.Time
	agenda agenda
	seed   uint64
	facts  []fact.Fact

	callers  map[string]*caller // by channel
	talking  map[string]bool    // by channel
	rung     map[string]int     // how often, by endpoint
	agents   map[string]*worker // by endpoint
	handling map[string][]time.Duration
	patience map[string]*survival // by queue
	requests int
}

func newWorld(t Traffic, plan callcenter.Plan, seed uint64) (*world, error) {
	p, err := prepare(plan, t)
	if err != nil {
		return nil, err
	}
	core, err := callcenter.New(p)
	if err != nil {
		return nil, err
	}
	w := &world{
		core: core, plan: p, seed: seed, callers: map[string]*caller{}, talking: map[string]bool{}, rung: map[string]int{},
		agents: map[string]*worker{}, handling: map[string][]time.Duration{}, patience: patienceOf(t.callers),
	}
	w.now = t.callers[0].at
	for _, a := range t.agents {
		i := slices.IndexFunc(p.Agents, func(c callcenter.Agent) bool { return c.ID == a.id })
		if i < 0 {
			return nil, fmt.Errorf("agent %q was at work, whom the plan does not have", a.id)
		}
		w.agents[p.Agents[i].Endpoint] = &a
		if a.spans[0].from.Before(w.now) {
			w.now = a.spans[0].from
		}
	}
	for i := range t.callers {
		c := &t.callers[i]
		if c.answered {
			w.handling[c.queue] = append(w.handling[c.queue], c.talk, c.wrap)
		}
	}
	w.step(callcenter.Reconciled{})
	for _, a := range t.agents {
		w.works(a)
	}
	for i := range t.callers {
		c := t.callers[i]
		w.at(c.at, func() { w.calls(&c, "replay-"+strconv.Itoa(i+1)) })
	}
	return w, nil
}

// luck is the chance of one thing. Each thing has its own, so that two plans are tried with the same people: what differs
// comes of the plan.
func (w *world) luck(of string, n int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(of))
	return rand.New(rand.NewPCG(w.seed^h.Sum64(), uint64(n))) //nolint:gosec // no secret; n is a count
}

// works puts an agent's log-ins, pauses and log-outs on the agenda.
func (w *world) works(a worker) {
	ask := func(at time.Time, action callcenter.Action, reason string) {
		w.at(at, func() { w.ask(a.id, action, reason) })
	}
	in := false
	for i, s := range a.spans {
		if !in {
			ask(s.from, callcenter.ActionLogin, "")
			in = true
		}
		if s.away {
			ask(s.from, callcenter.ActionPause, away)
		} else {
			ask(s.from, callcenter.ActionReady, "")
		}
		follows := i+1 < len(a.spans) && a.spans[i+1].from.Equal(s.until)
		if !s.until.IsZero() && !follows {
			ask(s.until, callcenter.ActionLogout, "")
			in = false
		}
	}
}

func (w *world) ask(agent string, action callcenter.Action, reason string) {
	w.requests++
	w.step(callcenter.Control{
		Request: strconv.Itoa(w.requests), Actor: agent, By: fact.BySystem, Agent: agent, Action: action, Reason: reason,
	})
}

// calls lets a caller in. He gives up when his patience is at its end, unless somebody talks to him then.
func (w *world) calls(c *caller, channel string) {
	w.callers[channel] = c
	i := slices.IndexFunc(w.plan.Queues, func(q callcenter.Queue) bool { return q.ID == c.queue })
	w.step(callcenter.CallArrived{
		Channel: channel, Number: cmp.Or(c.customer, c.contact), Dialed: entryOf(*c, w.plan.Queues[i].Priority),
		Language: c.language, Created: w.now,
	})
	patience, ends := w.patience[c.queue].of(c, w.luck(c.contact, 0))
	if ends {
		w.after(patience, func() {
			if !w.talking[channel] {
				w.step(callcenter.ChannelEnded{Channel: channel, Cause: causeNormal})
			}
		})
	}
}

// Q.850 causes.
const (
	causeNormal   = 16
	causeRejected = 21
)

// run works the agenda off until nothing is left but what the core keeps for late facts.
func (w *world) run() ([]fact.Fact, error) {
	const most = 100_000_000
	for range most {
		at, due := w.core.Deadline()
		switch {
		case len(w.agenda) > 0 && (!due || !at.Before(w.agenda[0].at)):
			next, _ := heap.Pop(&w.agenda).(todo)
			w.now = later(w.now, next.at)
			next.do()
		case due && (len(w.agenda) > 0 || w.busy()):
			w.now = later(w.now, at)
			w.step(callcenter.Wake{})
		default:
			return w.facts, nil
		}
	}
	return nil, errors.New("the replay comes to no end")
}

// busy tells whether any contact is not closed.
func (w *world) busy() bool { return len(w.core.Snapshot(w.now).Contacts) > 0 }

// step gives the core an event and does what it orders.
func (w *world) step(ev callcenter.Event) {
	out := w.core.Step(callcenter.Input{At: w.now, Seed: w.luck("step", w.requests).Uint64(), Event: ev})
	w.facts = append(w.facts, out.Facts...)
	for _, c := range out.Commands {
		w.obey(c)
	}
}

// obey answers a command as Asterisk and the people on the phones would, a little later.
func (w *world) obey(c callcenter.Command) {
	const soon = 20 * time.Millisecond
	say := func(in time.Duration, ev callcenter.Event) { w.after(in, func() { w.step(ev) }) }
	switch c := c.(type) {
	case callcenter.Lookup:
		done := callcenter.LookupDone{Lookup: c.Lookup, Result: fact.LookupNotFound}
		if caller := w.callers[c.Contact]; caller != nil && caller.owner != "" {
			done.Result, done.Owner, done.Customer = fact.LookupFound, caller.owner, caller.customer
		}
		say(0, done)
	case callcenter.CheckPhone:
		say(soon, callcenter.PhoneChecked{Check: c.ID, Phone: callcenter.EndpointState{Endpoint: c.Endpoint, Registered: true}})
	case callcenter.Play:
		say(time.Second, callcenter.PlaybackEnded{Playback: c.Playback})
	case callcenter.Ring:
		w.rings(c)
	case callcenter.AddToBridge:
		w.talks(c)
	case callcenter.HangUp:
		say(soon, callcenter.ChannelEnded{Channel: c.Channel, Cause: c.Cause})
	default: // music, time-outs, pops: nothing comes of them
	}
}

// rings lets an agent's phone ring: he takes the call, or not, as he did in the record.
func (w *world) rings(c callcenter.Ring) {
	say := func(in time.Duration, ev callcenter.Event) { w.after(in, func() { w.step(ev) }) }
	say(0, callcenter.LegRinging{Channel: c.Channel})
	a := w.agents[c.Endpoint]
	w.rung[c.Endpoint]++
	how := a.answer(w.luck(c.Endpoint, w.rung[c.Endpoint]))
	switch how.result {
	case fact.OfferAnswered:
		say(how.lasted, callcenter.LegAnswered{Channel: c.Channel})
	case fact.OfferDeclined:
		say(how.lasted, callcenter.ChannelEnded{Channel: c.Channel, Cause: causeRejected})
	default: // missed: it rings until the core has enough
	}
}

// answer draws how the agent takes a call.
func (a *worker) answer(luck *rand.Rand) ring {
	if a == nil || len(a.rings) == 0 {
		return ring{fact.OfferAnswered, 3 * time.Second}
	}
	return a.rings[luck.IntN(len(a.rings))]
}

// talks lets caller and agent talk as long as they did; a caller whom nobody answered in the record talks as long as
// another of his queue.
func (w *world) talks(c callcenter.AddToBridge) {
	caller := w.callers[c.Contact]
	if caller == nil {
		return
	}
	w.talking[c.Contact] = true
	talk, wrap := caller.talk, caller.wrap
	if list := w.handling[caller.queue]; !caller.answered && len(list) > 0 {
		i := w.luck(caller.contact, 1).IntN(len(list)/2) * 2
		talk, wrap = list[i], list[i+1]
	}
	leg := c.Channels[slices.IndexFunc(c.Channels, func(ch string) bool { return strings.HasPrefix(ch, "fl.") })]
	agent := w.agentOn(c.Contact)
	w.after(talk, func() {
		w.step(callcenter.ChannelEnded{Channel: leg, Cause: causeNormal})
		w.after(wrap, func() { w.ask(agent, callcenter.ActionWrapUpDone, "") })
	})
}

// agentOn is who talks to a contact.
func (w *world) agentOn(contact string) string {
	for _, f := range slices.Backward(w.facts) {
		if s, ok := f.Data.(fact.SegmentStarted); ok && f.Subject == contact {
			return s.Agent
		}
	}
	return ""
}

// agenda is what is to come, the earliest first; what was put there first comes first of the same instant.
type agenda []todo

type todo struct {
	at    time.Time
	order int
	do    func()
}

func (w *world) after(d time.Duration, do func()) { w.at(w.now.Add(d), do) }

func (w *world) at(t time.Time, do func()) {
	w.requests++
	heap.Push(&w.agenda, todo{t, w.requests, do})
}

// Len, Less, Swap, Push and Pop are container/heap's.
func (g agenda) Len() int { return len(g) }

func (g agenda) Less(i, j int) bool {
	return cmp.Or(g[i].at.Compare(g[j].at), cmp.Compare(g[i].order, g[j].order)) < 0
}

func (g agenda) Swap(i, j int) { g[i], g[j] = g[j], g[i] }

func (g *agenda) Push(x any) {
	t, _ := x.(todo)
	*g = append(*g, t)
}

func (g *agenda) Pop() any {
	last := (*g)[len(*g)-1]
	*g = (*g)[:len(*g)-1]
	return last
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
