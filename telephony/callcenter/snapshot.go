package callcenter

import (
	"slices"
	"time"

	"firstline/pipeline/fact"
)

// Snapshot is the public state of now. Source, Epoch, Position and Durable are the driver's to fill.
func (c *Center) Snapshot(at time.Time) fact.Snapshot {
	s := fact.Snapshot{
		At: at.UTC(), Node: c.plan.Node, Plan: c.plan.Version, Link: c.LinkUp(), Queues: []fact.SnapshotQueue{},
		Agents: []fact.SnapshotAgent{}, Contacts: []fact.SnapshotContact{},
		Incidents: c.snapshotIncidents(),
	}
	for _, q := range c.plan.Queues {
		s.Queues = append(s.Queues, fact.SnapshotQueue{
			ID: q.ID, Name: q.Name, ServiceLevelMS: ms(q.ServiceLevel), ShortAbandonMS: ms(q.ShortAbandon),
		})
	}
	for _, a := range c.agents {
		if a.Seq > 0 && (!a.Removed || a.LoggedIn) {
			s.Agents = append(s.Agents, a.snapshot())
		}
	}
	for _, ct := range c.running {
		s.Contacts = append(s.Contacts, c.snapshotOf(ct))
	}
	return s
}

func (a *agent) snapshot() fact.SnapshotAgent {
	s := fact.SnapshotAgent{
		ID: a.ID, Queues: []string{}, State: a.State, Reason: a.Reason, Since: a.Since, Contact: a.Contact, Queue: a.Queue,
		Missed: a.Missed, Next: a.Next, Endpoint: a.endpoint(), Seat: a.SeatID,
	}
	if a.conf != nil {
		s.Name = a.conf.Name
		s.Queues = append(s.Queues, a.conf.Queues...)
	}
	if !a.WrapUntil.IsZero() {
		until := a.WrapUntil
		s.WrapUntil = &until
	}
	return s
}

func (c *Center) snapshotOf(ct *contact) fact.SnapshotContact {
	s := fact.SnapshotContact{
		ID: ct.ID, Kind: ct.Kind, Arrived: ct.Arrived, Language: ct.Language,
		Customer: ct.Who.Customer, Ticket: ct.Who.Ticket,
	}
	if e := ct.Entry; e != nil {
		s.Entry = &fact.SnapshotEntry{
			Entry: e.ID, Queue: e.Queue, QueuedAt: e.QueuedAt, Priority: e.Priority, Position: c.position(ct),
			Urgency: e.urgency(), RankedAt: e.rank(),
		}
		for _, o := range e.Open {
			s.Offers = append(s.Offers, ct.popupOf(o))
		}
	}
	for _, seg := range ct.Segments {
		s.Segments = append(s.Segments, fact.SnapshotSegment{Segment: seg.ID, Kind: seg.Kind, Agent: seg.Agent, Queue: seg.Queue, Since: seg.At})
	}
	if t := ct.Talk; t != nil && t.Consult != nil {
		s.Transfer = t.Consult.snapshot()
	}
	if ct.Talk != nil {
		s.Muted = ct.Talk.muted()
		for _, g := range ct.Talk.Guests {
			s.Outside = append(s.Outside, fact.SnapshotOutside{Transfer: g.Transfer, Target: lastDigits(g.Number), Since: g.Joined})
		}
		for _, m := range ct.Talk.Monitors {
			if m.On {
				s.Monitors = append(s.Monitors, fact.SnapshotMonitor{Monitor: m.ID, Supervisor: m.Supervisor, Agent: m.Agent, Mode: m.Mode, Since: m.At})
			}
		}
	}
	if r := ct.Recording; r != nil {
		s.Recording = &fact.SnapshotRecording{Recording: r.ID, Queue: r.Queue, Since: r.At, Paused: r.Muted}
	}
	if ct.Back != nil {
		s.Callback = ct.snapshotBack(c.planFor(ct).queue(ct.Back.Queue))
	}
	s.Over = ct.Call.Over
	s.Stage, s.Agent = s.StageNow(), s.AgentNow()
	return s
}

func (k *consult) snapshot() *fact.SnapshotTransfer {
	tr := k.Transfer
	s := &fact.SnapshotTransfer{Transfer: tr.ID, Agent: tr.Agent, To: tr.Target.To, Target: tr.Target.ID, Since: tr.At}
	if k.With != nil {
		s.With = k.With.Agent
	}
	s.Answered = k.Guest != nil && k.partner() != ""
	return s
}

// Popup is what the agent of an open offer sees, and while he talks what he saw: a phone that answers by itself may be
// quicker than the page that asks. False when there is no such offer or the agent has nothing to do with the caller now.
func (c *Center) Popup(offer string) (fact.Popup, bool) {
	ct := c.contacts[ownerOfPart(offer)]
	if ct == nil {
		return fact.Popup{}, false
	}
	if ct.Entry != nil {
		for _, o := range ct.Entry.Open {
			if o.ID == offer {
				return ct.popupOf(o), true
			}
		}
	}
	if ct.Talk == nil {
		return fact.Popup{}, false
	}
	talks := ct.Talk.all()
	for _, p := range slices.Backward(ct.Pops) {
		if p.Offer == offer && slices.ContainsFunc(talks, func(o party) bool { return o.Agent == p.Agent }) {
			return ct.popup(p), true
		}
	}
	return fact.Popup{}, false
}
