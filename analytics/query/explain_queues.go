package query

import (
	"context"
	"fmt"
	"strings"

	"firstline/analytics/metric"
)

// ExplainQueues answers what is behind a number of metrics/queues. The error of a bad request is *Invalid.
func (r *Reader) ExplainQueues(ctx context.Context, req QueueRequest, why ExplainRequest) (metric.Explanation, error) {
	l, err := queueListing(req, why)
	if err != nil {
		return metric.Explanation{}, err
	}
	if l.fresh, err = r.freshness(ctx, req.From, req.Until, contactFacts); err != nil {
		return metric.Explanation{}, err
	}
	return r.explain(ctx, l, why)
}

func queueListing(req QueueRequest, why ExplainRequest) (listing, error) {
	p, err := req.Params()
	if err != nil {
		return listing{}, err
	}
	var m mistakes
	l := listing{report: "queues", splits: p.GroupBy, window: p.Window, row: parseRow(&m, why.Row, p.Window, p.GroupBy), numbers: queueNumbers(p, why.Row == ""), rule: p.InForce}
	if err := m.err(); err != nil {
		return listing{}, err
	}
	shape := queueShape{QueueParams: p, listed: true}
	if l.row == nil {
		shape.GroupBy = nil // in the total each entry counts once
	}
	if l.tables, err = queueTables(shape); err != nil {
		return listing{}, err
	}
	mark := source{from: "judged", id: "entry", contact: "contact", queue: "queue", agent: "agent", at: "queued", outcome: "outcome"}
	entry, offer := mark, mark
	entry.until, entry.wait = "if(outcome = '', 0, ended)", "if(outcome = '', -1, wait)"
	offer.from, offer.id, offer.agent, offer.at, offer.until, offer.outcome = "judged ARRAY JOIN offered AS o", "o.1", "o.2", "o.5", "if("+offerResult+" = '', 0, o.5 + o.4)", offerResult
	entry.all, entry.why = attributed, entryLeft
	offer.all, offer.why = "mine", "if("+offerResult+" = '', 'ringing', "+offerResult+")"
	l.sources = map[string]source{"entry": entry, "refusal": mark, "transfer": mark, "offer": offer}
	return l, l.ofRow()
}

// attributed are the marks that are an entry of the row, entryLeft says how one ended that doesn't count in a number.
const (
	attributed = "mine AND NOT startsWith(outcome, '" + refusedMark + "') AND NOT startsWith(outcome, '" + transferMark + "')"
	entryLeft  = "multiIf(outcome = '', 'still_waiting', short AND outcome = 'abandoned', 'abandoned_short', outcome)"
)

// offerResult is the result of an offer of the tuple that is made of it.
const offerResult = "o.3"

// queueNumbers are those that are not null; in the total, what waits at an edge waits at one of the window's.
func queueNumbers(p metric.QueueParams, total bool) map[string]number {
	out := map[string]number{}
	by := map[string]string{} // conditions by flag and outcome
	for _, c := range queueCounts() {
		by[c.flag+" "+c.outcome] = c.condition()
		if c.number != "" {
			out[c.number] = number{kind: markKind(c.outcome), where: c.condition()}
		}
	}
	out["offered"] = number{kind: "entry", where: "joined"}
	out["refused.total"] = number{kind: "refusal", where: "startsWith(outcome, '" + refusedMark + "')"}
	out["handling"] = number{kind: "entry", where: "is_answered AND NOT is_handled"}
	for _, s := range queueSpreads() {
		out[s.number] = number{kind: "entry", where: s.condition, value: s.value, why: workLeft(s.condition)}
	}
	out["ring"] = number{kind: "offer", where: "mine AND " + offerResult + " != ''", value: "o.4"}
	offerNumbers(out, "offers", offerResult, "mine")
	out["estimates.told"] = number{kind: "entry", where: "is_told"}
	out["estimates.within"] = number{kind: "entry", where: "is_told", in: "estimate = 'within'", why: workLeft("is_told")}
	out["estimates.sooner"] = number{kind: "entry", where: "is_told AND estimate = 'sooner'"}
	out["estimates.later"] = number{kind: "entry", where: "is_told AND estimate = 'later'"}
	part := func(n int) string { return fmt.Sprintf("splitByChar(' ', toString(outcome))[%d]", n) }
	transferNumbers(out, "transfers", "mine AND "+part(2)+" IN ('blind', 'attended')", part(2), part(3), part(4), "mine AND outcome = '"+transferMark+"received'")
	consult := out["consult"]
	consult.kind, consult.why = "transfer", ""
	out["consult"] = consult

	answered, abandoned, short := by["mine answered"], by["mine abandoned"], by["short abandoned"]
	level := func(of, in string) number {
		return number{kind: "entry", where: of, in: in, limit: limitOf("limit_levels", "default_level")}
	}
	out["service_level.answered"] = level(answered, by["within answered"])
	out["service_level.offered"] = level(answered+" OR "+abandoned, by["within answered"])
	out["service_level.offered_less_short"] = level("("+answered+" OR "+abandoned+") AND NOT ("+short+")", by["within answered"])
	out["service_level.resolved_within"] = level(attributed, by["within answered"]+" OR "+by["within abandoned"]+" OR "+by["within callback"])
	shortly := out["abandoned_short"]
	shortly.limit = limitOf("limit_shorts", "default_short")
	out["abandoned_short"] = shortly
	if p.AttributeBy == metric.AttributeEnded {
		came, went := "came", "went"
		if total {
			came, went = cameFirst, wentLast
		}
		out["carried_in"], out["carried_out"] = number{kind: "entry", where: came}, number{kind: "entry", where: went}
	}
	leaveOut(out, !p.Transfers(), "transfers", "consult")
	leaveOut(out, p.AttributeBy == metric.AttributeAnswered, "offered", "abandoned", "abandoned_short", "overflowed", "exited", "callback", "voicemail", "left_empty", "withdrawn",
		"failed", "still_waiting", "time_to_abandon", "service_level.offered", "service_level.offered_less_short", "service_level.resolved_within")
	return out
}

// workLeft is why an answered entry doesn't count where only some of them do.
func workLeft(condition string) string {
	switch condition {
	case "is_handled":
		return "if(is_answered, 'in_hand', " + entryLeft + ")"
	case "is_told":
		return "if(is_answered, 'not_told', " + entryLeft + ")"
	default:
		return ""
	}
}

// markKind tells by its outcome what a mark is of.
func markKind(outcome string) string {
	if strings.HasPrefix(outcome, refusedMark) {
		return "refusal"
	}
	return "entry"
}
