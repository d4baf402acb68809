package metric

import (
	"testing"
	"time"

	"firstline/analytics/metric/facttest"
	"firstline/pipeline/fact"
)

// TestPercentilesMergeOverBuckets: the percentiles of a total, and of a row over several hours, are those of all values, and not a mean of
// the hours' percentiles. One hour has nine short waits, the other a single long one.
func TestPercentilesMergeOverBuckets(t *testing.T) {
	var b book
	answered := func(id string, at time.Time, wait time.Duration) {
		b.add(id, at.Add(wait), fact.TypeEntryEnded, fact.EntryEnded{
			Entry: id, Kind: fact.KindInbound, Queue: "support", Outcome: fact.EntryAnswered, Agent: "anna", Arrived: at, QueuedAt: at, EndedAt: at.Add(wait), WaitMS: wait.Milliseconds(),
		})
	}
	for i := range 9 {
		answered(string(rune('a'+i)), noon.Add(time.Duration(i)*time.Minute), time.Duration(i+1)*time.Second)
	}
	answered("z", noon.Add(time.Hour), 100*time.Second)
	report := func(interval Interval) QueueReport {
		r, err := Read(b.facts).Queues(QueueParams{
			Window: Window{From: noon, Until: noon.Add(2 * time.Hour), Interval: interval}, AttributeBy: AttributeOffered, Limits: DefaultLimits(),
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	hours, whole := report(Hour), report(Whole)
	if a, z := *hours.Rows[0].SpeedOfAnswer.P50MS, *hours.Rows[1].SpeedOfAnswer.P50MS; a != 5_000 || z != 100_000 {
		t.Fatalf("hours have %d and %d", a, z)
	}
	for _, got := range []Stat{hours.Total.SpeedOfAnswer, whole.Total.SpeedOfAnswer, whole.Rows[0].SpeedOfAnswer} {
		if *got.P50MS != 6_000 || *got.P90MS != 100_000 { // of 1 … 9 and 100 the ones at place 5 and 9; the hours' mean would be 52,500
			t.Errorf("p50 %d, p90 %d", *got.P50MS, *got.P90MS)
		}
	}
	a, z := facttest.Leaves(hours.Total.SpeedOfAnswer), facttest.Leaves(whole.Total.SpeedOfAnswer)
	for k, v := range a {
		if z[k] != v {
			t.Errorf("%s: %v by hours, %v at once", k, v, z[k])
		}
	}
}
