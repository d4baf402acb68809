package metric

// Definition says what one number of a report means. docs/metrics.md is made of them.
type Definition struct {
	Report   string // the report it stands in: queues, agents, contacts, ivr, tickets, backlog, staffing, data-quality
	Field    string // its name in the report's row
	Title    string
	Unit     string
	Formula  string
	Counts   string // which entries, offers, contacts count
	Boundary string // what decides on which side of an edge something falls
	Source   string // the facts it is computed from
}

// Reports in the order of the page.
const (
	reportQueues   = "queues"
	reportAgents   = "agents"
	reportContacts = "contacts"
	reportIVR      = "ivr"
	reportTickets  = "tickets"
	reportStaffing = "staffing"
	reportQuality  = "data-quality"
	reportBacklog  = "backlog"
)

// What many definitions share.
const (
	unitCount = "count"
	unitMS    = "milliseconds"
	unitShare = "numerator, denominator, percent"

	customersOnly = "entries of inbound and callback contacts"
	byAttribution = "the instant named by attribute_by lies in [from, until)"
	byJoin        = "the instant of joining lies in [from, until)"
	byArrival     = "the contact's arrival lies in [from, until)"
	byOffer       = "the offer's begin lies in [from, until)"
	byAnswer      = "the answer lies in [from, until)"
	clipped       = "clipped to [from, until) and to the watermark"

	fromEntries   = "queue.queued, queue.ended"
	fromEnded     = "queue.ended"
	fromSegments  = "queue.ended, segment.started, segment.ended"
	fromOffers    = "offer.made, offer.ended"
	fromStates    = "agent.state_began, agent.state_ended"
	fromContacts  = "contact.ended"
	fromCallers   = "contact.ended, contact.arrived"
	fromTickets   = "contact.ended, ticket.*"
	fromTransfers = "transfer.started, transfer.ended"
	byTransfer    = "the transfer's begin lies in [from, until)"
	fromSteps     = "ivr.entered, ivr.choice, ivr.input, ivr.left"
	byEntering    = "entering the node lies in [from, until); what follows up to the next node counts with it"
	fromEvents    = "ticket.*"
)

// Definitions lists every number of every report.
func Definitions() []Definition {
	var out []Definition
	out = append(out, queueDefinitions()...)
	out = append(out, agentDefinitions()...)
	out = append(out, contactDefinitions()...)
	out = append(out, ivrDefinitions()...)
	out = append(out, ticketDefinitions()...)
	out = append(out, backlogDefinitions()...)
	return append(out, staffingDefinitions()...)
}

func outcome(field, title, meaning string) Definition {
	return Definition{reportQueues, field, title, unitCount, "entries whose outcome is " + field, meaning + "; " + customersOnly, byAttribution, fromEnded}
}

func queueDefinitions() []Definition {
	wait := func(field, title, formula, counts string) Definition {
		return Definition{reportQueues, field, title, unitMS, formula, counts, byAttribution, fromEnded}
	}
	work := func(field, title, formula string) Definition {
		return Definition{
			reportQueues, field, title, unitMS, formula,
			"handled entries: answered, at least one stretch ended, none open; stretches of all agents on the entry", byAttribution, fromSegments,
		}
	}
	return []Definition{
		{reportQueues, "offered", "Offered", unitCount, "entries that joined; = answered + abandoned + overflowed + exited + callback + voicemail + left_empty + withdrawn + failed + still_waiting, exact in every row", customersOnly, byJoin, fromEntries},
		outcome("answered", "Answered", "an agent answered"),
		outcome("abandoned", "Abandoned", "the caller hung up while waiting, short ones included"),
		{reportQueues, "abandoned_short", "Short abandons", unitCount, "abandoned with wait <= short_abandon_ms of the entry's queue", "a part of abandoned, never subtracted from it", byAttribution, fromEnded},
		outcome("overflowed", "Overflowed", "moved on after the maximum wait"),
		outcome("exited", "Exited", "left by a key or to a menu"),
		outcome("callback", "Callback", "left to be called back, or a callback whose customer is called again later; not abandoned"),
		outcome("voicemail", "Voicemail", "left to leave a message"),
		outcome("left_empty", "Left empty", "the queue had no agents left"),
		outcome("withdrawn", "Withdrawn", "taken out by an operator or a plan change"),
		outcome("failed", "Failed", "technical failure or a time-out with nowhere to go"),
		{reportQueues, "still_waiting", "Still waiting", unitCount, "entries that joined and have no outcome up to the watermark", customersOnly, byJoin, fromEntries},
		{reportQueues, "carried_in", "Carried in", unitCount, "joined before the interval and not ended before it; with attribute_by=ended: carried_in + offered = ended by outcome + carried_out, exact", customersOnly + " that joined at most 7 days before the window", "joined < from <= ended", fromEntries},
		{reportQueues, "carried_out", "Carried out", unitCount, "joined before the interval's end and not ended before it", customersOnly + " that joined at most 7 days before the window", "joined < until <= ended, or open", fromEntries},
		{reportQueues, "refused", "Refused", unitCount, "refused joins by reason: full, empty, closed, too_long", "inbound and callback contacts; never offered", "the refusal lies in [from, until)", "queue.refused"},
		{reportQueues, "service_level", "Service level", unitShare, "answered: ans_T / answered. offered: ans_T / (answered + abandoned). offered_less_short: ans_T / (answered + abandoned - abandoned_short). resolved_within: (ans_T + aband_T + callback_T) / entries of the interval. x_T counts outcome x with wait <= T", customersOnly + "; T and the short limit are those of the entry's queue, or the request's", byAttribution + "; a wait of exactly T is within", fromEntries},
		wait("speed_of_answer", "Speed of answer", "wait in this queue", "answered entries"),
		wait("time_to_abandon", "Time to abandon", "wait in this queue", "abandoned entries, short ones included"),
		wait("arrival_to_agent", "Arrival to agent", "answer - arrival of the contact; the menu is included", "answered entries"),
		wait("queueing_to_agent", "Queueing to agent", "wait in this and all earlier queues of the contact; the menu is left out", "answered entries"),
		{reportQueues, "ring", "Ring time", unitMS, "end of the offer - its begin", "every ended offer of the entries, whatever its result", byAttribution + ", of the entry", fromOffers},
		work("talk", "Talk time", "sum of the talk stretches"),
		work("hold", "Hold time", "sum of the hold stretches"),
		work("wrap_up", "Wrap-up time", "sum of the wrap-up stretches"),
		work("handle", "Handle time", "talk + hold + wrap-up; menu and wait are never part of it"),
		{reportQueues, "handling", "In hand", unitCount, "answered - handled", "answered entries with an open stretch, or without any", byAttribution, fromSegments},
		{reportQueues, "transfers", "Transfers", unitCount, "transfers by mode and result; made = blind + attended, and = the sum of to. received: completed or joined to a conference, to this queue", "transfers out of the queue's talks, of contacts of every kind; null when split by more than queue, which a transfer does not know", byTransfer + ", whatever attribute_by", fromTransfers},
		{reportQueues, "consult", "Consultation time", unitMS, "end of the transfer - its begin", "ended attended transfers out of the queue's talks, whatever the result; null as transfers", byTransfer + "; not clipped", fromTransfers},
		{reportQueues, "estimates", "Expected waits told", unitCount + "; " + unitMS, "told = within + sooner + later; within: from <= wait <= until of the first expected wait the caller was told in this queue, counted from joining it. expected: the middle of that range, rounded down; real: the wait; error: |real - expected|, so that its mean is the mean absolute error", "answered entries whose caller was told one", byAttribution + "; both edges of the range are within", fromEnded},
		{reportQueues, "offers", "Offers", unitCount, "offers by result; answer_rate = answered / (made - withdrawn - lost_race - ringing): those the agent could have answered", "offers of the entries", byAttribution + ", of the entry", fromOffers},
	}
}

func agentDefinitions() []Definition {
	work := func(field, title, formula string) Definition {
		return Definition{reportAgents, field, title, unitMS, formula, "answered entries on which no stretch of the agent is open; the agent's own stretches only", byAnswer + "; not clipped", fromSegments}
	}
	return []Definition{
		{reportAgents, "agents", "Agents", unitCount, "distinct agents", "with time logged in, an offer, an answered call or a transfer", "any of these in [from, until)", fromStates},
		{reportAgents, "time", "Time by state", unitMS, "sum of the time in each state. logged_in = all but logged out. occupancy = (talking + wrap_up + calling) / (talking + wrap_up + calling + ready + ringing); talking includes hold, calling is a call of the agent's own to a number outside. paused = paused_billable + paused_not_billable: paid work by what the plan said of the reason when the pause began; neither is part of occupancy. utilisation = (talking + wrap_up + calling + paused_billable) / logged_in: the paid share of the time on duty that is work. Firstline's own: products use the word for several things and no standard was found", "states ended, and of each agent the last one begun if nothing ended since", clipped, fromStates},
		{reportAgents, "offers", "Offers", unitCount, "offers by result; answer_rate = answered / (made - withdrawn - lost_race - ringing): those the agent could have answered", "offers to the agent", byOffer, fromOffers},
		{reportAgents, "answered", "Answered", unitCount, "entries answered by the agent", customersOnly, byAnswer, fromEnded},
		{reportAgents, "ring", "Ring time", unitMS, "end of the offer - its begin", "ended offers to the agent", byOffer + "; not clipped", fromOffers},
		work("talk", "Talk time", "sum of the talk stretches"),
		work("hold", "Hold time", "sum of the hold stretches"),
		work("wrap_up", "Wrap-up time", "sum of the wrap-up stretches"),
		work("handle", "Handle time", "talk + hold + wrap-up"),
		{reportAgents, "transfers", "Transfers", unitCount, "transfers by mode and result; made = blind + attended, and = the sum of to. received: completed or joined to a conference with this agent, or sent on to him by name at once, whether he took the call or not", "transfers that the agent began, and those that came to him, of contacts of every kind", byTransfer, fromTransfers},
		{reportAgents, "consult", "Consultation time", unitMS, "end of the transfer - its begin", "ended attended transfers of the agent, whatever the result", byTransfer + "; not clipped", fromTransfers},
		{reportAgents, "handling", "In hand", unitCount, "answered - handled", "answered entries with an open stretch of the agent, or without any", byAnswer, fromSegments},
	}
}

func contactDefinitions() []Definition {
	recognised := func(contacts string) string {
		return contacts + " whose customer or number is known; who can't be recognised is left out: no customer, and the number withheld, not sent or erased"
	}
	result := func(field, title, meaning string) Definition {
		return Definition{reportContacts, field, title, unitCount, "contacts whose first call ended with result " + field, meaning, byArrival, fromContacts}
	}
	return []Definition{
		{reportContacts, "contacts", "Contacts", unitCount, "ended contacts; = answered + contained + abandoned + refused + failed", "inbound and callback contacts, each once, however many queues it passed", byArrival, fromContacts},
		result("answered", "Answered", "an agent talked to the caller"),
		result("contained", "Contained", "served by the menu without an agent"),
		result("abandoned", "Abandoned", "the caller gave up before either: the caller's view, not the queue's"),
		result("refused", "Refused", "queue full, empty or closed, or the caller is not let in"),
		result("failed", "Failed", "technical failure"),
		{reportContacts, "abandoned_unqueued", "Given up in the menu", unitCount, "abandoned without a queue entry", "a part of abandoned", byArrival, fromContacts},
		{reportContacts, "in_flow", "In the menu", unitCount, "contacts that entered a menu", "inbound and callback contacts", byArrival, fromContacts},
		{reportContacts, "containment", "Containment", unitShare, "contained / contacts, both among those that entered a menu", "inbound and callback contacts", byArrival, fromContacts},
		{reportContacts, "ivr", "Time in the menu", unitMS, "sum of the visits to the menu", "contacts that entered one", byArrival, fromContacts},
		{reportContacts, "arrival_to_agent", "Arrival to agent", unitMS, "first agent's answer - arrival", "contacts that an agent answered", byArrival, fromContacts},
		{reportContacts, "duration", "Duration", unitMS, "end of the contact, wrap-up included - arrival", "all contacts of the row", byArrival, fromContacts},
		{reportContacts, "identified", "Identified", unitCount, "contacts with a known customer or a linked ticket", "inbound and callback contacts", byArrival, fromTickets},
		{reportContacts, "repeat", "Repeat contacts", unitShare, "contacts that another one by the same customer or about the same ticket precedes: arrived earlier, ended at most N days before this arrival / identified contacts", "identified contacts", byArrival + "; exactly N days is within", fromTickets},
		{reportContacts, "recalled", "Called again after giving up", unitShare, "abandoned contacts that an inbound one by the same caller follows: arrived later, at most N hours after the end / abandoned contacts whose customer or number is known. The same caller: the same customer id where both contacts have one, else the same number", recognised("abandoned contacts"), byArrival + "; exactly N hours is within; known when the later contact has ended", fromCallers},
		{reportContacts, "recalled_answered", "Called again and answered", unitShare, "abandoned contacts that such a one follows with which an agent talked / abandoned contacts whose customer or number is known", recognised("abandoned contacts"), byArrival + "; exactly N hours is within; known when the later contact has ended", fromCallers},
		{reportContacts, "repeat_calls", "Repeat calls", unitShare, "inbound contacts that another one by the same caller precedes: arrived earlier, ended at most N hours before this arrival / inbound contacts whose customer or number is known. The same caller as for recalled", recognised("inbound contacts"), byArrival + "; exactly N hours is within", fromCallers},
	}
}

func ivrDefinitions() []Definition {
	const all = "visits of all callers to a menu, whatever the kind of contact"
	return []Definition{
		{reportIVR, "visits", "Visits", unitCount, "times a node was entered; = went_on + left + still_in, exact in every row", all, byEntering, fromSteps},
		{reportIVR, "contacts", "Contacts", unitCount, "distinct contacts with a visit; they don't add up over rows", all, byEntering, fromSteps},
		{reportIVR, "choices", "Choices taken", unitCount, "choices by key and the node they led to", "choices during the visit; a key that leads elsewhere after a change of the plan is a line of its own", byEntering, fromSteps},
		{reportIVR, "inputs", "Inputs", unitCount, "inputs by kind", "inputs during the visit; a prompt repeated after a restart of the controller is none", byEntering, fromSteps},
		{reportIVR, "went_on", "Went on", unitCount, "visits that another one follows before the menu is left", all, byEntering, fromSteps},
		{reportIVR, "left", "Left from here", unitCount, "visits with which the menu was left, by its outcome: queued, contained, transferred, abandoned (the caller hung up), gave_up, failed. A contained one counts as callback when a callback was promised during the stay in the menu, else as voicemail when a message was begun", all, byEntering + "; a promise or message at either edge of the stay is within", fromSteps + ", callback.promised, recording.started"},
		{reportIVR, "still_in", "Still in", unitCount, "visits without an end up to the watermark", all + "; the end is looked for up to 7 days after the window", byEntering, fromSteps},
		{reportIVR, "time", "Time at the node", unitMS, "end of the visit - its begin", "ended visits", byEntering + "; not clipped", fromSteps},
	}
}

func ticketDefinitions() []Definition {
	pairs := "pairs of an ended inbound or callback contact and a ticket: found by its look-up, or named by the ticket system's events; each event once, the first delivery"
	pair := func(field, title, unit, formula string) Definition {
		return Definition{reportTickets, field, title, unit, formula, pairs, byArrival + "; events at the instant of arrival count", fromTickets}
	}
	return []Definition{
		pair("linked", "Linked", unitCount, "pairs"),
		pair("replied", "Replied", unitCount, "pairs with a first reply at or after the arrival"),
		pair("resolved", "Resolved", unitCount, "pairs with a resolution at or after the arrival"),
		pair("fully_resolved", "Fully resolved", unitCount, "resolved pairs without a reopening later than the last resolution"),
		pair("reopened", "Reopened", unitCount, "resolved pairs with a reopening at or after the first resolution"),
		pair("first_reply", "Call to first reply", unitMS+", wall clock", "ticket's first reply at or after the arrival - arrival"),
		pair("first_resolution", "Call to first resolution", unitMS+", wall clock", "first resolution at or after the arrival - arrival; reopening does not restart it"),
		pair("full_resolution", "Call to full resolution", unitMS+", wall clock", "last resolution - arrival, of fully resolved pairs"),
		pair("business", "The three in business hours", unitMS+", business hours",
			"first_reply, first_resolution and full_resolution, of each only the time that a schedule has open; each has count, sum, mean, percentiles and max. frozen: the schedule that held when the event that ends the duration was received, for all of the duration; what was recorded never changes. recomputed: the schedule that integrations.tickets.schedule names now, for all durations; a change of the plan changes the past"),
		pair("targets", "Targets met", unitShare, "of the pairs' tickets, met / (met + breached) of each clock, as it stands now; see SLA targets above. Clocks that run within their target are left out, so are tickets without one"),
		pair("reopen_rate", "Reopen rate", unitShare, "reopened / resolved"),
		{reportTickets, "first_contact_resolution", "First-contact resolution", unitShare, "contacts that no other one follows: by the same customer or about the same ticket, arrived later and at most N days after this one's end / contacts below", "identified contacts that an agent answered, whose N days after the end are over at the watermark", byArrival + "; exactly N days is within", fromTickets},
		{reportTickets, "undecided", "Undecided", unitCount, "contacts whose N days are not over", "identified contacts that an agent answered", byArrival, fromTickets},
	}
}

func backlogDefinitions() []Definition {
	const counts = "tickets of the ticket system's events, each event once, the first delivery, whether a contact is linked or not; a row's agent, queue, team, priority and reason are those of the ticket just after the event"
	event := func(field, title, unit, formula, boundary string) Definition {
		return Definition{reportBacklog, field, title, unit, formula, counts, boundary + " lies in [from, until)", fromEvents}
	}
	return []Definition{
		event("opened", "Opened", unitCount, "tickets; one whose opening was never told is opened by its first event", "the opening"),
		event("resolved", "Resolutions", unitCount, "resolutions, each one", "the event"),
		event("reopened", "Reopenings", unitCount, "reopenings, each one", "the event"),
		event("reassigned", "Reassignments", unitCount, "reassignments, each one, of who has the ticket then", "the event"),
		event("closed", "Closings", unitCount, "closings, each one; a closing is no resolution", "the event"),
		event("first_reply", "Opening to first reply", unitMS+", wall clock", "first reply at or after the opening - opening", "the first reply"),
		event("first_resolution", "Opening to first resolution", unitMS+", wall clock", "first resolution at or after the opening - opening; reopening does not restart it", "the first resolution"),
		event("full_resolution", "Opening to full resolution", unitMS+", wall clock", "last resolution - opening, of tickets without a reopening later than that", "the last resolution"),
		event("business", "The three in business hours", unitMS+", business hours", "as business of the ticket report: frozen and recomputed", "the event that ends the duration"),
		event("targets", "Targets met", unitShare, "met / (met + breached) of the clocks that ended in the interval; see SLA targets above. What is over and has not ended is in backlog", "the first reply, or a resolution without one; the resolution after which the ticket was not open again"),
		{reportBacklog, "backlog", "Backlog", unitCount + "; milliseconds, wall clock", "open: tickets neither resolved nor closed. pending: of these, those that wait for the customer. warning: of these, those about to breach: a clock stands at warning. breached: those of which a clock stands at breached, a first reply that came too late included; one ticket may be both. age: end - opening of the open ones; age_active: of those that don't wait; business: both by the schedule that holds now", "tickets opened before the end of the interval, or before now when it is not over; a row's agent, queue, team, priority and reason are those at that instant", "events before the end of the interval; one exactly at the end belongs to the next", fromEvents},
	}
}
