package sim

import (
	"strconv"
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// office plans the people of an ordinary day: callers by the hour, agents in shifts, and a ticket system that hears of
// the calls.
type office struct {
	w       *world
	out     *factWriter
	tickets int
	events  int
}

// busyness is how many of a hundred callers come in each hour of the day.
func busyness() [24]int {
	return [24]int{0, 0, 0, 0, 0, 1, 1, 2, 8, 13, 14, 11, 7, 9, 10, 9, 6, 4, 2, 1, 1, 1, 0, 0}
}

// plan puts the callers and the shifts of every day on the agenda.
func (o *office) plan(days, contacts int) {
	index := 0
	for d := range days {
		began := time.Duration(d) * day
		for hour, share := range busyness() {
			luck := o.w.newDice("hour " + strconv.Itoa(d*24+hour))
			for range (contacts*share + luck.below(100)) / 100 {
				index++
				n := index
				o.w.at(began+time.Duration(hour)*time.Hour+luck.between(0, time.Hour), func() {
					o.w.arrive(n, newDice(o.w.seed, "arrive", uint64(n)))
				})
			}
		}
		for _, id := range o.w.crew {
			o.shift(id, began, d)
		}
	}
}

// shift logs an agent in before the first callers, out after the last, and lets him rest at noon.
func (o *office) shift(agent string, began time.Duration, d int) {
	luck := o.w.newDice("shift " + agent + " " + strconv.Itoa(d))
	ask := func(at time.Duration, action callcenter.Action, reason string) {
		c := callcenter.Control{
			Request: string(action) + " " + agent + " " + at.String(), Actor: agent, Agent: agent, Action: action,
			Reason: reason, By: one(luck, fact.ByDesk, fact.ByDesk, fact.ByPhone),
		}
		o.w.at(began+at, func() { o.w.desk.send(c) })
	}
	ask(luck.between(6*time.Hour+30*time.Minute, 8*time.Hour), callcenter.ActionLogin, "")
	noon := luck.between(11*time.Hour, 13*time.Hour)
	ask(noon, callcenter.ActionPause, "lunch")
	ask(noon+luck.between(20*time.Minute, 50*time.Minute), callcenter.ActionReady, "")
	for range 3 {
		rest := luck.between(8*time.Hour, 18*time.Hour)
		ask(rest, callcenter.ActionPause, "break")
		ask(rest+luck.between(2*time.Minute, 15*time.Minute), callcenter.ActionReady, "")
	}
	ask(luck.between(18*time.Hour, 20*time.Hour), callcenter.ActionLogout, "")
}

// recorded takes each fact of the controller's log. An agent who was paused because he missed calls comes back soon.
func (o *office) recorded(f fact.Fact) {
	o.out.write("controller", f)
	if s, ok := f.Data.(fact.AgentStateBegan); ok && s.State == fact.AgentPaused && s.Reason == fact.AutoPauseReason {
		luck := o.w.newDice("back " + f.ID())
		o.w.after(luck.around(2*time.Minute), func() {
			o.w.desk.send(callcenter.Control{
				Request: "back " + f.ID(), Actor: f.Subject, Agent: f.Subject, By: fact.ByDesk, Action: callcenter.ActionReady,
				Expect: fact.AgentPaused,
			})
		})
	}
}

// ended is told of each contact that ended: the agent says what it was about, and the ticket system goes on with it.
func (o *office) ended(contact string, c fact.ContactEnded) {
	if c.Termination.Result != fact.ResultAnswered {
		return
	}
	luck := o.w.newDice("ticket " + contact)
	if luck.chance(0.8) {
		o.w.after(luck.around(time.Minute), func() {
			o.w.desk.send(callcenter.Control{
				Request: "code " + contact, Actor: c.LastAgent, Agent: c.LastAgent, By: fact.ByDesk, Contact: contact,
				Action: callcenter.ActionDisposition, Code: one(luck, codeNames()...),
			})
		})
	}
	if c.Ticket == nil && luck.chance(0.4) {
		return
	}
	t := fact.TicketEvent{System: "helpdesk", Contact: contact, Customer: c.Customer, Agent: c.LastAgent, Queue: c.LastQueue, Priority: one(luck, "low", "normal", "high")}
	if c.Ticket != nil {
		t.Ticket = c.Ticket.ID
		o.happens(t, fact.TypeTicketLinked, luck.around(time.Minute), luck)
	} else {
		o.tickets++
		t.Ticket = strconv.Itoa(5000 + o.tickets)
		o.happens(t, fact.TypeTicketOpened, luck.around(time.Minute), luck)
	}
	o.course(t, luck)
}

// course is how a ticket goes on: answered, sometimes handed on or waiting for the customer, resolved, sometimes opened again.
func (o *office) course(t fact.TicketEvent, luck *dice) {
	replied := luck.around(30 * time.Minute)
	o.happens(t, fact.TypeTicketFirstReply, replied, luck)
	if luck.chance(0.15) {
		return
	}
	resolved := replied + luck.around(3*time.Hour)
	if luck.chance(0.3) {
		t.Agent, t.Team, t.Reason = "", one(luck, "first", "night"), one(luck, "line", "bill")
		o.happens(t, fact.TypeTicketReassigned, replied+(resolved-replied)/4, luck)
	}
	if luck.chance(0.2) {
		t.Priority = one(luck, "low", "normal", "high")
		o.happens(t, fact.TypeTicketPriority, replied+(resolved-replied)/3, luck)
	}
	if luck.chance(0.3) {
		o.happens(t, fact.TypeTicketPending, replied+(resolved-replied)/2, luck)
		o.happens(t, fact.TypeTicketResumed, replied+(resolved-replied)/2+luck.around(time.Hour), luck)
	}
	o.happens(t, fact.TypeTicketResolved, resolved, luck)
	if luck.chance(0.1) {
		o.happens(t, fact.TypeTicketClosed, resolved+luck.around(time.Hour), luck)
	}
	if luck.chance(0.12) {
		reopened := resolved + luck.around(2*time.Hour)
		o.happens(t, fact.TypeTicketReopened, reopened, luck)
		o.happens(t, fact.TypeTicketResolved, reopened+luck.around(2*time.Hour), luck)
	}
}

// happens delivers one ticket event by webhook: a little late, sometimes very late, sometimes twice.
func (o *office) happens(t fact.TicketEvent, what fact.Type, in time.Duration, luck *dice) {
	o.events++
	t.Type, t.EventID = what, "ev"+strconv.Itoa(o.events)
	at := o.w.stamp(o.w.now + in).Truncate(time.Millisecond)
	late := luck.around(2 * time.Second)
	if luck.chance(0.03) {
		late = luck.around(time.Hour)
	}
	o.deliver(t, at, in+late)
	if luck.chance(0.05) {
		o.deliver(t, at, in+late+luck.around(time.Minute))
	}
}

func (o *office) deliver(t fact.TicketEvent, at time.Time, in time.Duration) {
	o.w.after(in, func() {
		t.ReceivedMS = o.w.stamp(o.w.now).UnixMilli()
		o.out.write("api/1", fact.Fact{Type: t.Type, Subject: t.System + ":" + t.Ticket, Time: at, Data: t})
	})
}
