package query

import (
	"context"
	"strings"

	"firstline/analytics/metric"
)

// ExplainBacklog answers what is behind a number of metrics/backlog. The error of a bad request is *Invalid.
func (r *Reader) ExplainBacklog(ctx context.Context, req BacklogRequest, why ExplainRequest) (metric.Explanation, error) {
	p, err := req.Params(r.now())
	if err != nil {
		return metric.Explanation{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, ticketFacts)
	if err != nil {
		return metric.Explanation{}, err
	}
	hours, err := r.frozenHours(ctx, p)
	if err != nil {
		return metric.Explanation{}, err
	}
	clock, err := r.clock(ctx, p.SLA, p.Now)
	if err != nil {
		return metric.Explanation{}, err
	}
	l, err := backlogListing(p, hours, clock, why, fresh)
	if err != nil {
		return metric.Explanation{}, err
	}
	return r.explain(ctx, l, why)
}

func backlogListing(p metric.BacklogParams, hours businessHours, clock metric.Clock, why ExplainRequest, fresh metric.Freshness) (listing, error) {
	var m mistakes
	l := listing{report: "backlog", splits: p.GroupBy, window: p.Window, fresh: fresh, row: parseRow(&m, why.Row, p.Window, p.GroupBy)}
	if err := m.err(); err != nil {
		return l, err
	}
	var err error
	if l.tables, err = backlogTables(p, hours, clock, true); err != nil {
		return l, err
	}
	ends, err := p.Ends()
	if err != nil {
		return l, err
	}
	l.where = []string{"whole"}
	begun := len(ends) > 0
	if l.row != nil {
		l.where, begun = []string{"NOT whole"}, l.row.Bucket < len(ends)
	}
	event := source{from: "counted", id: "concat(subject, '/', event_id)", ticket: "subject", queue: "stood_in", agent: "held_by", at: "at", outcome: "event"}
	ticket := event
	ticket.id, ticket.at, ticket.outcome = "subject", "opened_at", "if(waits, 'pending', 'open')"
	l.sources = map[string]source{"event": event, "ticket": ticket}
	l.numbers = backlogNumbers()
	leaveOut(l.numbers, !begun, "backlog")
	return l, l.ofRow()
}

func backlogNumbers() map[string]number {
	out, by := map[string]number{}, map[string]string{}
	for _, c := range backlogCounts() {
		by[c.name] = c.condition
		if c.number != "" {
			out[c.number] = number{kind: backlogKind(c.number), where: c.condition, clock: backlogClock(c.number)}
		}
	}
	out["targets.first_reply"] = number{kind: "event", where: by["reply_due"], in: by["reply_met"], clock: clockReply}
	out["targets.resolution"] = number{kind: "event", where: by["resolution_due"], in: by["resolution_met"], clock: clockResolution}
	for _, s := range backlogSpreads() {
		out[s.number] = number{kind: backlogKind(s.number), where: s.condition, value: "age"}
		inHours := func(policy string) number {
			return number{kind: backlogKind(s.number), where: s.condition + " AND " + policy + " IS NOT NULL", value: "ifNull(" + policy + ", 0)"}
		}
		if age, left := strings.CutPrefix(s.number, "backlog."); left {
			out["backlog.business."+age] = inHours("recomputed")
			continue
		}
		out["business."+s.number+".frozen"], out["business."+s.number+".recomputed"] = inHours("frozen"), inHours("recomputed")
	}
	return out
}

// backlogKind is what a number lists: events, or the tickets that are left.
func backlogKind(number string) string {
	if strings.HasPrefix(number, "backlog.") {
		return "ticket"
	}
	return "event"
}

// backlogClock is the clock that makes a ticket count.
func backlogClock(number string) string {
	state, _ := strings.CutPrefix(number, "backlog.")
	switch metric.SLAState(state) {
	case metric.SLAWarning, metric.SLABreached:
		return clockThat(state)
	case metric.SLARunning, metric.SLAPaused, metric.SLAMet:
	}
	return ""
}
