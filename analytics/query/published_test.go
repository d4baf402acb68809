package query

import (
	"context"
	"testing"
	"time"

	"firstline/analytics/metric/facttest"
	"firstline/pipeline/fact"
)

// The published examples of analytics/metric, asked of the engine.
func TestPublishedExamples(t *testing.T) {
	var facts []fact.Fact
	for _, e := range facttest.Published() {
		facts = append(facts, e.Facts...)
	}
	r := New(loadFacts(t, facts), DefaultConfig(), time.Now)
	for _, e := range facttest.Published() {
		t.Run(e.Name, func(t *testing.T) {
			for _, a := range e.Asks {
				report, err := published(r, e, a)
				if err != nil {
					t.Fatal(err)
				}
				if wrong := a.Check(report); wrong != "" {
					t.Errorf("%s %s by %s:\n%s", a.Report, a.Interval, a.AttributeBy, wrong)
				}
			}
		})
	}
}

func published(r *Reader, e facttest.Example, a facttest.Ask) (any, error) {
	ctx, w := context.Background(), WindowRequest{From: e.From, Until: e.Until, Interval: a.Interval, GroupBy: a.GroupBy}
	switch a.Report {
	case "queues":
		return r.Queues(ctx, QueueRequest{WindowRequest: w, AttributeBy: a.AttributeBy})
	case "agents":
		return r.Agents(ctx, AgentRequest{WindowRequest: w})
	default:
		return r.Contacts(ctx, ContactRequest{WindowRequest: w, Days: 7})
	}
}
