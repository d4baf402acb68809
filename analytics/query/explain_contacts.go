package query

import (
	"context"

	"firstline/analytics/metric"
)

// ExplainContacts answers what is behind a number of metrics/contacts. The error of a bad request is *Invalid.
func (r *Reader) ExplainContacts(ctx context.Context, req ContactRequest, why ExplainRequest) (metric.Explanation, error) {
	p, err := req.Params()
	if err != nil {
		return metric.Explanation{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, contactFacts)
	if err != nil {
		return metric.Explanation{}, err
	}
	l, err := contactListing(p, why, fresh)
	if err != nil {
		return metric.Explanation{}, err
	}
	return r.explain(ctx, l, why)
}

func contactListing(p metric.ContactParams, why ExplainRequest, fresh metric.Freshness) (listing, error) {
	var m mistakes
	l := listing{report: "contacts", splits: p.GroupBy, window: p.Window, fresh: fresh, row: parseRow(&m, why.Row, p.Window, p.GroupBy)}
	if err := m.err(); err != nil {
		return l, err
	}
	var err error
	if l.tables, err = contactTables(p, true); err != nil {
		return l, err
	}
	l.sources = map[string]source{"contact": {from: "counted", id: "contact", contact: "contact", queue: "queue", agent: "agent", at: "began", until: "done", outcome: "result", all: "1", why: "result"}}
	l.numbers, l.rule = contactNumbers(), func(r *metric.Rule) { r.Days, r.Hours = &p.Days, &p.Hours }
	return l, l.ofRow()
}

func contactNumbers() map[string]number {
	out, by := map[string]number{}, map[string]string{}
	for _, c := range contactCounts() {
		by[c.name] = c.condition
		if c.number {
			out[c.name] = number{kind: "contact", where: c.condition}
		}
	}
	for _, s := range contactSpreads() {
		out[s.number] = number{kind: "contact", where: s.condition, value: s.value}
		if s.condition == by["in_flow"] {
			out[s.number] = number{kind: "contact", where: s.condition, value: s.value, why: "'no_menu'"}
		}
	}
	out["containment"] = number{kind: "contact", where: by["in_flow"], in: by["contained_in_flow"], why: "'no_menu'"}
	const unknown = "if(result = 'abandoned', 'unknown_caller', toString(result))"
	out["recalled"] = number{kind: "contact", where: by["abandoned_callers"], in: by["recalled"], why: unknown}
	out["recalled_answered"] = number{kind: "contact", where: by["abandoned_callers"], in: by["recalled_answered"], why: unknown}
	out["repeat_calls"] = number{kind: "contact", where: by["callers"], in: by["repeat_calls"], why: "'unknown_caller'"}
	out["repeat"] = number{kind: "contact", where: by["identified"], in: by["repeats"], why: "'unknown_customer'"}
	return out
}
