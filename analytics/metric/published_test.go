package metric

import (
	"testing"

	"firstline/analytics/metric/facttest"
)

// What others publish, and what users of other products argue about, as the definitions here have it.
func TestPublishedExamples(t *testing.T) {
	for _, e := range facttest.Published() {
		t.Run(e.Name, func(t *testing.T) {
			for _, a := range e.Asks {
				report, err := published(e, a)
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

func published(e facttest.Example, a facttest.Ask) (any, error) {
	f, w := Read(e.Facts), Window{From: e.From, Until: e.Until, Interval: Interval(a.Interval)}
	var groups []Dimension
	for _, g := range a.GroupBy {
		groups = append(groups, Dimension(g))
	}
	switch a.Report {
	case reportQueues:
		return f.Queues(QueueParams{Window: w, GroupBy: groups, AttributeBy: Attribution(a.AttributeBy), Limits: DefaultLimits()})
	case reportAgents:
		return f.Agents(AgentParams{Window: w, GroupBy: groups})
	default:
		return f.Contacts(ContactParams{Window: w, GroupBy: groups, Days: 7})
	}
}
