package query

import (
	"context"
	"slices"
	"strings"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
)

// ExplainIVR answers what is behind a number of metrics/ivr. The error of a bad request is *Invalid.
func (r *Reader) ExplainIVR(ctx context.Context, req IVRRequest, why ExplainRequest) (metric.Explanation, error) {
	p, err := req.Params()
	if err != nil {
		return metric.Explanation{}, err
	}
	fresh, err := r.freshness(ctx, p.From, p.Until, contactFacts)
	if err != nil {
		return metric.Explanation{}, err
	}
	l, err := ivrListing(p, why, fresh)
	if err != nil {
		return metric.Explanation{}, err
	}
	return r.explain(ctx, l, why)
}

func ivrListing(p metric.IVRParams, why ExplainRequest, fresh metric.Freshness) (listing, error) {
	var m mistakes
	l := listing{report: "ivr", splits: p.GroupBy, window: p.Window, fresh: fresh, row: parseRow(&m, why.Row, p.Window, p.GroupBy)}
	if err := m.err(); err != nil {
		return l, err
	}
	var err error
	if l.tables, err = ivrTables(p, true); err != nil {
		return l, err
	}
	l.sources = map[string]source{
		"visit":   {from: "visits", id: "concat(contact, '/', toString(number))", contact: "contact", at: "began", until: "if(is_ended, done, 0)", outcome: "how", all: "1", why: "how"},
		"contact": {from: "visits", group: "contact", id: "contact", contact: "contact", at: "min(began)"},
	}
	l.numbers = ivrNumbers()
	if p.Queues != nil {
		l.rule = func(r *metric.Rule) {
			r.Counts += "; only contacts that joined one of these queues: " + strings.Join(p.Queues, ", ")
		}
	}
	l.dynamic = func(name string) (number, map[string]any, bool) {
		choice, ok := strings.CutPrefix(name, "choices.")
		const times = "choices[{choice:String}]"
		return number{kind: "visit", where: times + " > 0", times: times}, map[string]any{"choice": choice}, ok
	}
	return l, l.ofRow()
}

func ivrNumbers() map[string]number {
	is := func(how string) number { return number{kind: "visit", where: "how = '" + how + "'"} }
	out := map[string]number{
		"visits":   {kind: "visit", where: "1"},
		"contacts": {kind: "contact", where: "1"},
		"went_on":  is(metric.VisitWentOn),
		"still_in": is(metric.VisitStillIn),
		"time":     {kind: "visit", where: "is_ended", value: "done - began"},
	}
	var left []string
	for name, how := range map[string]string{
		"queued": string(fact.IVRQueued), "contained": string(fact.IVRContained), "callback": metric.VisitCallback, "voicemail": metric.VisitVoicemail,
		"transferred": string(fact.IVRTransferred), "abandoned": string(fact.IVRHungUp), "gave_up": string(fact.IVRGaveUp), "failed": string(fact.IVRFailed),
	} {
		out["left."+name] = is(how)
		left = append(left, "'"+how+"'")
	}
	slices.Sort(left)
	out["left.total"] = number{kind: "visit", where: "how IN (" + strings.Join(left, ", ") + ")"}
	for _, kind := range []fact.InputKind{fact.InputDigits, fact.InputNone, fact.InputInvalid, fact.InputGaveUp, fact.InputRefused, fact.InputUnfit} {
		times := "inputs['" + string(kind) + "']"
		out["inputs."+string(kind)] = number{kind: "visit", where: times + " > 0", times: times}
	}
	return out
}
