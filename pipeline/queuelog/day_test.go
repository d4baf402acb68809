package queuelog_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"firstline/pipeline/fact"
)

var noon = time.Date(2025, 11, 22, 12, 0, 0, 0, time.UTC)

// day makes the facts of a call centre from chance: few agents, queues and callers at a time, every outcome there is. They
// keep the order that the core keeps within a contact and an agent.
type day struct {
	rng     *rand.Rand
	at      time.Time
	facts   []fact.Fact
	seq     map[string]uint64
	serial  int
	callers []*caller
	agents  []*worker
}

type caller struct {
	id, call, queue, entry string
	kind                   fact.Kind
	entries, offers        int
	queued                 time.Time
	first                  int
	offer                  *fact.OfferEnded
	agent                  *worker
	over                   *fact.Termination // why the call will end
}

type worker struct {
	id     string
	serves []string
	in     bool
	paused string
	busy   bool
}

func newDay(seed uint64) *day {
	return &day{rng: rand.New(rand.NewPCG(seed, 1)), at: noon, seq: map[string]uint64{}, agents: []*worker{
		{id: "anna", serves: []string{"support", "sales"}}, {id: "bert", serves: []string{"support"}}, {id: "carl", serves: []string{"sales", "night"}},
	}}
}

// snapshot is what the controller would say now.
func (d *day) snapshot() fact.Snapshot {
	s := fact.Snapshot{At: d.at, Source: "controller", Epoch: "e1", Position: uint64(len(d.facts))}
	for i, w := range d.agents {
		is := fact.SnapshotAgent{ID: w.id, Name: "Agent " + w.id, Endpoint: fmt.Sprintf("PJSIP/%d", 301+i), Queues: w.serves, State: fact.AgentReady}
		switch {
		case !w.in:
			is.State = fact.AgentLoggedOut
		case w.busy:
			is.State = fact.AgentTalking
		case w.paused != "":
			is.State, is.Reason = fact.AgentPaused, w.paused
		}
		s.Agents = append(s.Agents, is)
	}
	for _, c := range d.callers {
		s.Contacts = append(s.Contacts, fact.SnapshotContact{ID: c.id})
	}
	return s
}

func (d *day) emit(t fact.Type, subject string, data fact.Data) {
	d.seq[subject]++
	d.facts = append(d.facts, fact.Fact{
		Type: t, Subject: subject, Sequence: d.seq[subject], Time: d.at, Data: data, Source: "controller", Epoch: "e1", Position: uint64(len(d.facts) + 1),
	})
}

// run makes n things happen.
func (d *day) run(n int) {
	for range n {
		d.at = d.at.Add(time.Duration(d.rng.IntN(5000)) * time.Millisecond)
		switch {
		case d.rng.IntN(4) == 0:
			d.work(d.agents[d.rng.IntN(len(d.agents))])
		case len(d.callers) == 0 || len(d.callers) < 6 && d.rng.IntN(3) == 0:
			d.arrive()
		default:
			d.step(d.callers[d.rng.IntN(len(d.callers))])
		}
	}
}

// end ends every call.
func (d *day) end() {
	for len(d.callers) > 0 {
		d.at = d.at.Add(time.Second)
		d.step(d.callers[0])
	}
}

func (d *day) arrive() {
	d.serial++
	c := &caller{id: fmt.Sprintf("pbx1-1763812800.%d", d.serial), kind: fact.KindInbound}
	if d.rng.IntN(8) == 0 {
		c.kind = fact.KindInternal
	}
	c.call = c.id + "/c1"
	d.callers = append(d.callers, c)
	d.emit(fact.TypeArrived, c.id, fact.Arrived{Call: c.call, Kind: c.kind, Node: "pbx1", Channel: c.id, CallerNumber: fmt.Sprintf("4930%d", d.serial)})
}

func pick[T any](d *day, of ...T) T { return of[d.rng.IntN(len(of))] }

func (d *day) step(c *caller) {
	switch {
	case c.over != nil:
		d.hangUp(c)
	case c.agent != nil:
		c.over = &fact.Termination{Result: fact.ResultAnswered, Reason: pick(d, fact.ReasonAgentHungUp, fact.ReasonCallerHungUp, fact.ReasonDisappeared, fact.ReasonCommandFailed)}
	case c.entry == "" && c.entries == 0 && d.rng.IntN(6) == 0:
		d.emit(fact.TypeQueueRefused, c.id, fact.QueueRefused{Kind: c.kind, Queue: "support", Reason: fact.RefusedFull})
		c.over = &fact.Termination{Result: fact.ResultRefused, Reason: fact.ReasonRefused}
	case c.entry == "":
		d.queue(c, pick(d, "support", "sales", "night"))
	case c.offer != nil:
		d.answer(c)
	case d.rng.IntN(3) > 0 && d.ring(c):
	default:
		d.leave(c, pick(d, fact.EntryAbandoned, fact.EntryOverflowed, fact.EntryExited, fact.EntryLeftEmpty, fact.EntryWithdrawn, fact.EntryFailed))
	}
}

func (d *day) queue(c *caller, queue string) {
	c.entries++
	c.entry, c.queue, c.queued, c.first = fmt.Sprintf("%s/e%d", c.id, c.entries), queue, d.at, 1+d.rng.IntN(4)
	d.emit(fact.TypeQueued, c.id, fact.Queued{Entry: c.entry, Call: c.call, Kind: c.kind, Queue: queue, Position: c.first})
}

func (d *day) ring(c *caller) bool {
	w := d.agents[d.rng.IntN(len(d.agents))]
	if !w.in || w.busy || w.paused != "" || !slices.Contains(w.serves, c.queue) {
		return false
	}
	c.offers++
	w.busy = true
	c.offer = &fact.OfferEnded{Offer: fmt.Sprintf("%s/o%d", c.id, c.offers), Entry: c.entry, Call: c.call, Queue: c.queue, Agent: w.id,
		Channel: fmt.Sprintf("fl.leg.%s.%d", c.id, c.offers), OfferedAt: d.at}
	d.emit(fact.TypeOffered, c.id, fact.Offered{Offer: c.offer.Offer, Entry: c.entry, Queue: c.queue, Agent: w.id})
	return true
}

func (d *day) answer(c *caller) {
	o := *c.offer
	c.offer = nil
	w := d.agents[slices.IndexFunc(d.agents, func(w *worker) bool { return w.id == o.Agent })]
	o.Result = pick(d, fact.OfferAnswered, fact.OfferAnswered, fact.OfferMissed, fact.OfferBusy, fact.OfferDeclined, fact.OfferUnavailable, fact.OfferWithdrawn, fact.OfferLostRace)
	o.EndedAt, o.RingMS = d.at, d.at.Sub(o.OfferedAt).Milliseconds()
	d.emit(fact.TypeOfferEnded, c.id, o)
	switch o.Result {
	case fact.OfferAnswered:
		c.agent = w
		d.entryEnded(c, fact.EntryEnded{Outcome: fact.EntryAnswered, Agent: w.id, Offer: o.Offer})
		return
	case fact.OfferWithdrawn, fact.OfferLostRace:
		d.leave(c, fact.EntryAbandoned)
	case fact.OfferMissed, fact.OfferDeclined, fact.OfferBusy, fact.OfferUnavailable, fact.OfferFailed: // he waits on
	}
	w.busy = false
	if o.Result == fact.OfferMissed && d.rng.IntN(2) == 0 {
		d.pause(w, fact.AutoPauseReason)
	}
}

func (d *day) leave(c *caller, how fact.EntryOutcome) {
	to := ""
	if how == fact.EntryExited {
		to = "5"
	}
	d.entryEnded(c, fact.EntryEnded{Outcome: how, To: to})
	switch how {
	case fact.EntryOverflowed:
		d.queue(c, "night")
	case fact.EntryFailed:
		c.over = &fact.Termination{Result: fact.ResultFailed, Reason: pick(d, fact.ReasonMaxWait, fact.ReasonCommandFailed)}
	default:
		c.over = &fact.Termination{Result: fact.ResultAbandoned, Reason: fact.ReasonCallerHungUp}
	}
}

func (d *day) entryEnded(c *caller, e fact.EntryEnded) {
	e.Entry, e.Call, e.Kind, e.Queue, e.QueuedAt, e.EndedAt = c.entry, c.call, c.kind, c.queue, c.queued, d.at
	e.WaitMS, e.First, e.Last, e.Offers = d.at.Sub(c.queued).Milliseconds(), c.first, 1, c.offers
	c.entry = ""
	d.emit(fact.TypeEntryEnded, c.id, e)
}

func (d *day) hangUp(c *caller) {
	d.emit(fact.TypeCallEnded, c.id, fact.CallEnded{Call: c.call, Kind: c.kind, EndedAt: d.at, Termination: *c.over})
	d.emit(fact.TypeContactEnded, c.id, fact.ContactEnded{Kind: c.kind, Termination: *c.over})
	if c.agent != nil {
		c.agent.busy = false
	}
	d.callers = slices.DeleteFunc(d.callers, func(o *caller) bool { return o == c })
}

// work changes a free agent's state.
func (d *day) work(w *worker) {
	switch {
	case w.busy:
	case !w.in:
		w.in = true
		d.emit(fact.TypeAgentLoggedIn, w.id, fact.AgentLogged{Type: fact.TypeAgentLoggedIn, By: fact.ByDesk})
		d.began(w, fact.AgentReady, "")
	case d.rng.IntN(4) == 0:
		w.in, w.paused = false, ""
		d.emit(fact.TypeAgentLoggedOut, w.id, fact.AgentLogged{Type: fact.TypeAgentLoggedOut, By: fact.ByDesk})
		d.began(w, fact.AgentLoggedOut, "")
	case w.paused != "" && d.rng.IntN(2) == 0:
		w.paused = ""
		d.began(w, fact.AgentReady, "")
	default:
		d.pause(w, pick(d, "lunch", "tea"))
	}
}

func (d *day) pause(w *worker, reason string) {
	w.paused = reason
	d.began(w, fact.AgentPaused, reason)
}

func (d *day) began(w *worker, s fact.AgentState, reason string) {
	d.emit(fact.TypeAgentStateBegan, w.id, fact.AgentStateBegan{State: s, Reason: reason, By: fact.ByDesk})
}
