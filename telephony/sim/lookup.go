package sim

import (
	"time"

	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
)

// lookup asks the simulated ticket system. The executor answers when the time is up in any case; a late answer may
// follow.
func (e *executor) lookup(c callcenter.Lookup) {
	luck := e.w.newDice(c.Lookup)
	answer := callcenter.LookupDone{Lookup: c.Lookup, Result: one(luck, fact.LookupFound, fact.LookupFound, fact.LookupNotFound, fact.LookupFailed)}
	if answer.Result == fact.LookupFound {
		answer.Customer = "c" + c.Value
		answer.CustomerName = "Customer " + c.Value
		answer.Priority = one(luck, 0, 0, 1)
		e.w.bonuses[c.Lookup] = answer.Priority
		answer.Owner = one(luck, "", "", "nobody", agentIDs()[0], agentIDs()[1])
		if luck.chance(0.6) {
			answer.Ticket = &fact.TicketRef{System: "helpdesk", ID: "t" + c.Value, Title: "a printer", Status: "open"}
		}
	}
	if c.Timeout <= 0 {
		e.w.fail(ruleCommand, "look-up %s has no time limit", c.Lookup)
	}
	lag := luck.around(e.w.weather.lookupLag)
	if lag >= c.Timeout {
		e.later(c.Timeout, callcenter.LookupDone{Lookup: c.Lookup, Result: fact.LookupTimeout})
		if !luck.chance(0.3) {
			return
		}
	}
	e.later(lag, answer)
}

// pop delivers a screen pop by the simulated webhook: in the end it is delivered, failed or timed out.
func (e *executor) pop(c callcenter.Pop) {
	luck := e.w.newDice(c.Popup.Pop)
	result := one(luck, fact.PopDelivered, fact.PopDelivered, fact.PopDelivered, fact.PopFailed, fact.PopTimeout)
	answer := callcenter.PopDone{Pop: c.Popup.Pop, Channel: fact.PopWebhook, Result: result, Attempt: 1 + luck.below(3)}
	if result != fact.PopDelivered {
		answer.Error = "simulated"
	}
	e.later(luck.around(e.w.weather.lookupLag), answer)
}

// later tells the core something, unless the process died meanwhile.
func (e *executor) later(lag time.Duration, ev callcenter.Event) {
	e.w.after(lag, func() {
		if !e.dead {
			e.w.ctl.tell(ev)
		}
	})
}
