package query

import (
	"context"

	"firstline/analytics/metric"
)

// ExplainTickets answers what is behind a number of metrics/tickets. The error of a bad request is *Invalid.
func (r *Reader) ExplainTickets(ctx context.Context, req TicketRequest, why ExplainRequest) (metric.Explanation, error) {
	p, err := req.TicketParams(r.now())
	if err != nil {
		return metric.Explanation{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, ticketFacts)
	if err != nil {
		return metric.Explanation{}, err
	}
	hours, err := r.businessHours(ctx, p)
	if err != nil {
		return metric.Explanation{}, err
	}
	clock, err := r.clock(ctx, p.SLA, p.Now)
	if err != nil {
		return metric.Explanation{}, err
	}
	l, err := ticketListing(p, hours, clock, why, fresh)
	if err != nil {
		return metric.Explanation{}, err
	}
	return r.explain(ctx, l, why)
}

func ticketListing(p metric.TicketParams, hours businessHours, clock metric.Clock, why ExplainRequest, fresh metric.Freshness) (listing, error) {
	var m mistakes
	l := listing{report: "tickets", splits: p.GroupBy, window: p.Window, fresh: fresh, row: parseRow(&m, why.Row, p.Window, p.GroupBy)}
	if err := m.err(); err != nil {
		return l, err
	}
	var err error
	if l.tables, err = ticketTables(p, hours, clock, fresh, true); err != nil {
		return l, err
	}
	ticket := source{from: "counted", contact: "contact", queue: "queue", agent: "agent", at: "began"}
	contact := ticket // stands in the row of each of its tickets
	contact.id, contact.group = "contact", "contact, queue, agent, began, decided, further"
	contact.all, contact.why = "1", "if(max(undecided), 'undecided', 'not_due')"
	ticket.all, ticket.why = "pair", "'not_resolved'"
	ticket.ticket = "concat(system, ':', id)"
	ticket.id = "concat(contact, ' ', " + ticket.ticket + ")"
	l.sources = map[string]source{"contact": contact, "ticket": ticket}
	l.numbers, l.rule = ticketNumbers(), func(r *metric.Rule) { r.Days = &p.Days }
	return l, l.ofRow()
}

func ticketNumbers() map[string]number {
	out, by := map[string]number{}, map[string]string{}
	for _, c := range ticketCounts() {
		by[c.name] = c.condition
		out[c.name] = number{kind: "ticket", where: c.condition}
	}
	for _, s := range ticketSpreads() {
		out[s.name] = number{kind: "ticket", where: s.condition, value: s.value, why: ticketLeft(s.name)}
	}
	for i, name := range []string{"first_reply", "first_resolution", "full_resolution"} {
		for _, policy := range []string{"frozen", "recomputed"} {
			column := businessColumns()[i].name + "_" + policy
			out["business."+name+"."+policy] = number{kind: "ticket", where: column + " IS NOT NULL", value: "ifNull(" + column + ", 0)", why: "if(" + businessColumns()[i].condition + ", 'no_schedule', " + ticketLeft(name) + ")"}
		}
	}
	out["reopen_rate"] = number{kind: "ticket", where: by["resolved"], in: by["reopened"]}
	leaveOut(out, true, "reply_met", "reply_due", "resolution_met", "resolution_due")
	out["targets.first_reply"] = number{kind: "ticket", where: by["reply_due"], in: by["reply_met"], clock: clockReply, why: "if(reply = '', 'no_target', reply)"}
	out["targets.resolution"] = number{kind: "ticket", where: by["resolution_due"], in: by["resolution_met"], clock: clockResolution, why: "if(resolution = '', 'no_target', resolution)"}
	for _, c := range ticketContactCounts() {
		by[c.name] = c.condition
	}
	out["first_contact_resolution"] = number{kind: "contact", where: by["first_contact_eligible"], in: by["first_contact_resolved"]}
	out["undecided"] = number{kind: "contact", where: by["undecided"]}
	return out
}

// ticketLeft is why a pair has no such duration.
func ticketLeft(name string) string {
	switch name {
	case "first_reply":
		return "'not_replied'"
	case "full_resolution":
		return "if(resolved, 'reopened', 'not_resolved')"
	default:
		return "'not_resolved'"
	}
}
