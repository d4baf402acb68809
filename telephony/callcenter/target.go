package callcenter

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/ivr"
)

// Target is where an agent hands a caller on to.
type Target struct {
	To fact.TransferTo `json:"to"`
	ID string          `json:"id"` // of the queue or agent; of a menu the flow's, or flow/node
}

// ownLine is the prefix of the queue that each agent has for himself: callers wait there who were handed on to him. No queue
// of a plan can be called so.
const ownLine = "agent:"

// OwnLine is the id of the queue that an agent has for himself, as facts name it.
func OwnLine(agent string) string { return ownLine + agent }

// ownLines are the queues that agents have for themselves.
func (p *Plan) ownLines() []Queue {
	d := DefaultQueue()
	ring, wait := cmp.Or(p.Transfers.RingTimeout, defaultTransferRing), p.Transfers.wait() // of a plan before transfers
	lines := make([]Queue, len(p.Agents))
	for i, a := range p.Agents {
		lines[i] = Queue{
			ID: OwnLine(a.ID), Name: a.Name, Strategy: LongestIdle, Staff: StaffLoggedIn, RingTimeout: ring,
			RetryDelay: *d.RetryDelay, MaxWait: wait, WrapUp: p.Transfers.WrapUp, MusicClass: d.Music,
			ServiceLevel: *d.ServiceLevel, ShortAbandon: *d.ShortAbandon, OverflowMedia: ivr.MediaURIs(d.OverflowMedia), Callback: defaultCallback().rule(),
		}
	}
	return lines
}

// wait is how long somebody who is asked may take to come to his phone.
func (t Transfers) wait() time.Duration { return cmp.Or(t.Wait, defaultTransferWait) }

// Extensions are what callers can dial in a menu: queues, and agents by their own lines.
func (p *Plan) Extensions() []ivr.Extension {
	var list []ivr.Extension
	for _, q := range p.Queues {
		list = append(list, ivr.Extension{Digits: q.Extension, Queue: q.ID, Name: q.Name})
	}
	for _, a := range p.Agents {
		list = append(list, ivr.Extension{Digits: a.Extension, Queue: OwnLine(a.ID), Name: a.Name})
	}
	return slices.DeleteFunc(list, func(e ivr.Extension) bool { return e.Digits == "" })
}

// target reads what an agent dialled: the extension of an agent or a queue, a number that a menu answers, or one outside. False when it is
// none of them.
func (p *planState) target(dialed string) (Target, bool) {
	if dialed == "" {
		return Target{}, false
	}
	if i := slices.IndexFunc(p.Agents, func(a Agent) bool { return a.Extension == dialed }); i >= 0 {
		return Target{fact.TransferToAgent, p.Agents[i].ID}, true
	}
	if i := slices.IndexFunc(p.Queues, func(q Queue) bool { return q.Extension == dialed }); i >= 0 {
		return Target{fact.TransferToQueue, p.Queues[i].ID}, true
	}
	if i := slices.IndexFunc(p.Entries, func(e Entry) bool { return e.Number == dialed && !e.Reject }); i >= 0 {
		return Target{fact.TransferToMenu, p.Entries[i].Flow}, true
	}
	if number := p.callable(dialed); number != "" {
		return Target{fact.TransferToNumber, number}, true
	}
	return Target{}, false
}

// menuPlace is a node of a flow.
type menuPlace struct{ flow, node string }

// menuPlace is the place that a menu target names: the flow's start when it names no node. False when there is none such.
func (p *planState) menuPlace(t Target) (at menuPlace, ok bool) {
	if t.To != fact.TransferToMenu {
		return menuPlace{}, false
	}
	at.flow, at.node, _ = strings.Cut(t.ID, "/")
	i := slices.IndexFunc(p.Flows, func(f ivr.Flow) bool { return f.ID == at.flow })
	if i < 0 {
		return menuPlace{}, false
	}
	if at.node == "" {
		at.node = p.Flows[i].Start
	}
	_, ok = p.Flows[i].Nodes[at.node]
	return at, ok
}

// lineOf is the queue in which a target is waited for; nil when it is none of the contact's plan.
func (p *planState) lineOf(t Target) *Queue {
	switch t.To {
	case fact.TransferToQueue:
		if strings.HasPrefix(t.ID, ownLine) {
			return nil
		}
		return p.queue(t.ID)
	case fact.TransferToAgent:
		return p.queue(OwnLine(t.ID))
	case fact.TransferToMenu, fact.TransferToNumber:
	}
	return nil
}
