package query

import (
	"context"
	"slices"
	"strings"

	"firstline/analytics/metric"
)

// ExplainAgents answers what is behind a number of metrics/agents. The error of a bad request is *Invalid.
func (r *Reader) ExplainAgents(ctx context.Context, req AgentRequest, why ExplainRequest) (metric.Explanation, error) {
	p, err := req.Params()
	if err != nil {
		return metric.Explanation{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, contactFacts)
	if err != nil {
		return metric.Explanation{}, err
	}
	l, err := agentListing(p, why, fresh)
	if err != nil {
		return metric.Explanation{}, err
	}
	return r.explain(ctx, l, why)
}

func agentListing(p metric.AgentParams, why ExplainRequest, fresh metric.Freshness) (listing, error) {
	var m mistakes
	l := listing{report: "agents", splits: p.GroupBy, window: p.Window, fresh: fresh, row: parseRow(&m, why.Row, p.Window, p.GroupBy)}
	if err := m.err(); err != nil {
		return l, err
	}
	if fresh.Watermark == nil { // nothing is loaded: no state has lasted
		fresh.Watermark = &p.From
	}
	var err error
	if l.tables, err = agentTables(p, fresh, true); err != nil {
		return l, err
	}
	thing := source{from: "things", id: "id", contact: "contact", queue: "queue", agent: "agent", at: "at", until: "until", outcome: "detail"}
	entry, transfer, state := thing, thing, thing
	entry.wait, entry.outcome = "waited", "if(detail = '', 'answered', detail)"
	transfer.outcome = "if(more = '', detail, concat(more, ' ', detail))"
	state.outcome = "if(more = '', detail, concat(detail, ' ', more))"
	agent := source{from: "things", group: "agent", id: "agent", agent: "agent", at: "min(at)"}
	offer := thing
	offer.all, offer.why = "what = '"+thingOffer+"'", "if(detail = '', 'ringing', detail)"
	state.all, state.why = isState, "detail"
	l.sources = map[string]source{"state": state, "offer": offer, "entry": entry, "transfer": transfer, "agent": agent}
	l.numbers = agentNumbers(p)
	l.dynamic = func(name string) (number, map[string]any, bool) {
		reason, ok := strings.CutPrefix(name, "time.paused_by_reason.")
		return number{kind: "state", where: isState + " AND detail = 'paused' AND more = {reason:String}", value: "duration", sum: true}, map[string]any{"reason": reason}, ok && !p.PerQueue()
	}
	if l.row != nil && slices.Contains(p.GroupBy, metric.ByTeam) {
		l.where = append(l.where, ofTeam(&l.tables, p.Teams, l.row.Team))
	}
	return l, l.ofRow(metric.ByTeam)
}

// ofTeam is a condition: the agent is of a team, or of none.
func ofTeam(s *statement, teams map[string][]string, team string) string {
	members, others := []string{}, ""
	for agent, of := range teams {
		if team == "" && len(of) > 0 || slices.Contains(of, team) {
			members = append(members, agent)
		}
	}
	if team == "" {
		others = "NOT "
	}
	slices.Sort(members)
	s.bind("row_members", members)
	return "toString(agent) " + others + "IN {row_members:Array(String)}"
}

// isState are the things that are time in a state.
const isState = "what IN ('" + thingState + "', '" + thingBillable + "')"

func agentNumbers(p metric.AgentParams) map[string]number {
	is := func(what string) string { return "what = '" + what + "'" }
	out := map[string]number{
		"agents":   {kind: "agent", where: "NOT (" + isState + " AND detail = 'logged_out')"},
		"answered": {kind: "entry", where: is(thingAnswered)},
		"handling": {kind: "entry", where: is(thingAnswered) + " AND detail = 'in_hand'"},
		"ring":     {kind: "offer", where: is(thingOffer) + " AND detail != ''", value: "duration"},
		"talk":     {kind: "entry", where: is(thingTalk), value: "duration"},
		"hold":     {kind: "entry", where: is(thingHold), value: "duration"},
		"wrap_up":  {kind: "entry", where: is(thingWrapUp), value: "duration"},
		"handle":   {kind: "entry", where: is(thingHandle), value: "duration"},
		"consult":  {kind: "transfer", where: is(thingConsult), value: "duration"},
	}
	offerNumbers(out, "offers", "toString(detail)", is(thingOffer))
	transferNumbers(out, "transfers", is(thingTransfer), "splitByChar(' ', toString(more))[1]", "toString(detail)", "splitByChar(' ', toString(more))[2]", is(thingReceived))
	if p.PerQueue() {
		return out
	}
	const (
		busy, billable = "detail IN ('talking', 'wrap_up', 'calling')", "what = '" + thingBillable + "' AND detail = 'paused'"
		loggedIn       = isState + " AND detail IN ('ready', 'paused', 'ringing', 'talking', 'wrap_up', 'calling', 'outside', 'unreachable')"
	)
	time := func(name, where string) {
		out["time."+name] = number{kind: "state", where: where, value: "duration", sum: true}
	}
	for _, state := range []string{"ready", "paused", "ringing", "talking", "wrap_up", "calling", "outside", "unreachable"} {
		time(state+"_ms", isState+" AND detail = '"+state+"'")
	}
	time("logged_in_ms", loggedIn)
	time("paused_billable_ms", billable)
	time("paused_not_billable_ms", is(thingState)+" AND detail = 'paused'")
	out["time.occupancy"] = number{kind: "state", where: isState + " AND (" + busy + " OR detail IN ('ready', 'ringing'))", in: busy, value: "duration"}
	out["time.utilisation"] = number{kind: "state", where: loggedIn, in: busy + " OR " + billable, value: "duration"}
	return out
}
