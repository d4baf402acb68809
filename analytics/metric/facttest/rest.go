package facttest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// agent makes one agent's states from before the day to after its end.
func (g *generator) agent(id string) {
	now := g.From.Add(-g.between(time.Hour, 6*time.Hour))
	g.emit(id, now, fact.AgentLogged{Type: fact.TypeAgentLoggedIn, Endpoint: "PJSIP/" + id, By: fact.ByDesk}, fact.TypeAgentLoggedIn)
	for now.Before(g.Until.Add(g.Tail)) {
		s := fact.AgentStateEnded{StartedAt: now, State: weighted(g, map[fact.AgentState]int{
			fact.AgentReady: 40, fact.AgentRinging: 15, fact.AgentTalking: 20, fact.AgentWrapUp: 12, fact.AgentPaused: 8,
			fact.AgentLoggedOut: 2, fact.AgentOutside: 2, fact.AgentCalling: 2, fact.AgentUnreachable: 1,
		})}
		if s.State == fact.AgentPaused {
			s.Reason = pick(g, "break", "lunch", fact.AutoPauseReason)
			s.Billable = s.Reason == "break" && g.chance(50) // the plan changes
		}
		if s.State == fact.AgentTalking {
			s.Queue = pick(g, g.Queues...)
		}
		g.emit(id, now, fact.AgentStateBegan{State: s.State, Reason: s.Reason, Billable: s.Billable, Queue: s.Queue, By: fact.BySystem}, fact.TypeAgentStateBegan)
		now = g.at(now, now.Add(g.between(time.Second, 90*time.Minute)))
		s.EndedAt, s.DurationMS = now, now.Sub(s.StartedAt).Milliseconds()
		g.emit(id, now, s, fact.TypeAgentStateEnded)
	}
}

// ticketEvents makes what the ticket system reports about the contact's ticket, or about a new one linked to it.
func (c *call) ticketEvents() {
	var ticket, contact string
	switch {
	case c.row.Ticket != nil:
		ticket = c.row.Ticket.ID
	case c.chance(40):
		ticket, contact = fmt.Sprintf("N%d", c.rand.IntN(200)), c.id
	default:
		return
	}
	steps := []fact.Type{fact.TypeTicketFirstReply, fact.TypeTicketResolved, fact.TypeTicketReopened, fact.TypeTicketResolved, fact.TypeTicketResolved}
	if contact != "" {
		c.ticket(ticket, contact, pick(c.generator, fact.TypeTicketLinked, fact.TypeTicketOpened), c.now)
	}
	at := c.arrived.Add(-c.between(0, 2*time.Hour))
	for _, t := range steps[:c.rand.IntN(len(steps)+1)] {
		at = at.Add(c.between(0, 3*time.Hour))
		if c.chance(10) {
			at = c.arrived
		}
		c.ticket(ticket, "", t, at)
		for c.chance(40) {
			at = c.at(at, at.Add(c.between(0, time.Hour)))
			c.ticket(ticket, "", pick(c.generator, fact.TypeTicketPending, fact.TypeTicketResumed, fact.TypeTicketReassigned, fact.TypeTicketPriority, fact.TypeTicketClosed), at)
		}
	}
}

// ticket makes one event, sometimes delivered more than once. A repeat is received later; it carries the time of what
// happened, or of this delivery, and now and then names another contact. What was received first counts, so a report
// that reads a repeat has other numbers. Several events happen at one instant, and were received in some order. The ids of the events of
// some tickets are numbers that other tickets have as well.
func (c *call) ticket(id, contact string, t fact.Type, at time.Time) {
	event := fmt.Sprintf("%s-%d", c.id, c.numbers[id])
	if strings.HasPrefix(id, "T") {
		event = strconv.Itoa(c.numbers[id])
	}
	c.numbers[id]++
	data := fact.TicketEvent{
		Type: t, System: "helpdesk", EventID: event, Ticket: id, Contact: contact, Customer: c.row.Customer,
		Agent: c.perhaps(c.Agents...), Queue: c.perhaps(c.Queues...), Team: c.perhaps("first", "night"),
		Priority: c.perhaps("low", "high"), Reason: c.perhaps("line", "bill"), Schedule: c.perhaps(Schedules()...),
	}
	received := at.Add(c.between(0, 5*time.Second))
	for n := 0; n == 0 || c.chance(25); n++ {
		if n > 0 && c.chance(50) {
			at = received
		}
		if n > 0 && contact != "" && c.chance(30) {
			data.Contact = fmt.Sprintf("pbx1-%d.%d", c.From.Unix(), c.rand.IntN(c.Contacts))
		}
		if n > 0 && c.chance(30) {
			data.Agent, data.Priority = c.perhaps(c.Agents...), c.perhaps("low", "high")
		}
		data.ReceivedMS = received.UnixMilli()
		c.generator.emit("helpdesk:"+id, at, data, t)
		if c.chance(70) {
			received = received.Add(c.between(0, time.Hour))
		}
	}
}

// Schedules are those by which tickets have their business hours: the plan changes.
func Schedules() []string {
	return []string{
		`{"id":"office","zone":"Europe/Berlin","open":[{"days":["mon","tue","wed","thu","fri"],"from":"08:00","until":"12:00"},{"days":["sun","tue","fri"],"from":"12:30","until":"18:00"}],"closed":["12-25"]}`,
		`{"id":"office","zone":"Australia/Lord_Howe","open":[{"days":["sat","sun","mon","tue","thu"],"from":"22:00","until":"04:00"}]}`,
	}
}

// perhaps is one of these or nothing.
func (c *call) perhaps(of ...string) string {
	if c.chance(50) {
		return ""
	}
	return pick(c.generator, of...)
}
