package metric

import (
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// walk adds a caller's way: each step a second after the one before it.
func (b *book) walk(contact string, at time.Time, steps ...fact.Data) {
	for i, s := range steps {
		var t fact.Type
		switch d := s.(type) {
		case fact.IVREntered:
			t = fact.TypeIVREntered
		case fact.IVRChoice:
			t = fact.TypeIVRChoice
		case fact.IVRInput:
			t = fact.TypeIVRInput
		case fact.IVRLeft:
			t = fact.TypeIVRLeft
			d.EnteredAt, d.LeftAt = at, at.Add(time.Duration(i)*time.Second)
			s = d
		}
		b.add(contact, at.Add(time.Duration(i)*time.Second), t, s)
	}
}

func (b *book) menus(t *testing.T, p IVRParams) IVRReport {
	t.Helper()
	p.Window = Window{From: noon, Until: noon.Add(time.Hour), Interval: Whole}
	r, err := Read(b.facts).IVR(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range append(r.Rows, r.Total) {
		if row.Visits != row.WentOn+row.Left.Total+row.StillIn {
			t.Errorf("visits don't add up: %+v", row)
		}
	}
	return r
}

func stepAt(node string) fact.IVREntered { return fact.IVREntered{Flow: "main", Node: node} }

func chose(node, key, target string) fact.IVRChoice {
	return fact.IVRChoice{Flow: "main", Node: node, Key: key, Target: target}
}

func left(node string, o fact.IVROutcome) fact.IVRLeft {
	return fact.IVRLeft{Flow: "main", LastNode: node, Outcome: o}
}

func TestFunnel(t *testing.T) {
	var b book
	b.walk("a", noon, stepAt("topic"), chose("topic", "1", "billing"), stepAt("billing"), left("billing", fact.IVRQueued))
	b.walk("b", noon.Add(time.Minute), stepAt("topic"), fact.IVRInput{Flow: "main", Node: "topic", Kind: fact.InputInvalid}, chose("topic", "2", "hours"), stepAt("hours"), left("hours", fact.IVRContained))
	b.walk("c", noon.Add(2*time.Minute), stepAt("topic"), fact.IVRInput{Kind: fact.InputNone, Derived: true}, left("topic", fact.IVRHungUp))
	b.walk("d", noon.Add(3*time.Minute), stepAt("topic"), chose("topic", "1", "topic"), stepAt("topic"))                // the same node again, and still in
	b.walk("e", noon.Add(-time.Second), stepAt("topic"), chose("topic", "1", "billing"), left("topic", fact.IVRQueued)) // entered before the window
	r := b.menus(t, IVRParams{GroupBy: []Dimension{ByNode}})
	if len(r.Rows) != 3 || *r.Rows[2].Node != "topic" {
		t.Fatalf("rows: %+v", r.Rows)
	}
	topic := r.Rows[2]
	if topic.Visits != 5 || topic.Contacts != 4 || topic.WentOn != 3 || topic.Left.Abandoned != 1 || topic.StillIn != 1 {
		t.Errorf("topic: %+v", topic)
	}
	if topic.Inputs.Invalid != 1 || topic.Inputs.NoInput != 0 {
		t.Errorf("a prompt repeated after a restart is no missing input: %+v", topic.Inputs)
	}
	want := []Choice{{"1", "billing", 1}, {"1", "topic", 1}, {"2", "hours", 1}}
	if len(topic.Choices) != 3 || topic.Choices[0] != want[0] || topic.Choices[1] != want[1] || topic.Choices[2] != want[2] {
		t.Errorf("choices: %v, want %v", topic.Choices, want)
	}
	if topic.Time.SumMS != 2000+3000+2000+2000 || topic.Time.Count != 4 {
		t.Errorf("time: %+v", topic.Time)
	}
	if r.Total.Left.Queued != 1 || r.Total.Left.Contained != 1 || r.Total.Contacts != 4 {
		t.Errorf("total: %+v", r.Total)
	}
}

// Of some queues, those callers count who joined one of them: before the visit or after it, at most seven days from the window.
func TestMenusOfQueues(t *testing.T) {
	var b book
	for contact, at := range map[string]time.Duration{"after": time.Minute, "before": -2 * time.Hour, "long before": -LookBack - time.Millisecond, "at once": -LookBack, "late": time.Hour + LookBack} {
		b.walk(contact, noon, stepAt("topic"), left("topic", fact.IVRQueued))
		b.add(contact, noon.Add(at), fact.TypeQueued, fact.Queued{Entry: contact + "/e1", Queue: "support"})
	}
	b.walk("nowhere", noon, stepAt("topic"), left("topic", fact.IVRHungUp))
	b.walk("elsewhere", noon, stepAt("topic"), left("topic", fact.IVRQueued))
	b.add("elsewhere", noon, fact.TypeQueued, fact.Queued{Entry: "elsewhere/e1", Queue: "sales"})
	b.add("after", noon.Add(2*time.Minute), fact.TypeQueued, fact.Queued{Entry: "after/e2", Queue: "sales"})
	for _, c := range []struct {
		queues []string
		want   int64
	}{{nil, 7}, {[]string{}, 0}, {[]string{"support"}, 3}, {[]string{"sales"}, 2}, {[]string{"sales", "support"}, 4}} {
		if r := b.menus(t, IVRParams{Queues: c.queues}); r.Total.Contacts != c.want || r.Total.Visits != c.want || (r.Queues == nil) != (c.queues == nil) {
			t.Errorf("%v: %d contacts, queues %v", c.queues, r.Total.Contacts, r.Queues)
		}
	}
}

// Who was served is told apart by what he was served with; who went on to a queue after it is not.
func TestServedWithACallbackOrAMessage(t *testing.T) {
	var b book
	b.walk("a", noon, stepAt("back"), stepAt("bye"), left("bye", fact.IVRContained))
	b.add("a-cb", noon.Add(2*time.Second), fact.TypeCallbackPromised, fact.CallbackPromised{Origin: "a"})
	b.walk("b", noon, stepAt("message"), stepAt("bye"), left("bye", fact.IVRContained))
	b.add("b", noon.Add(time.Second), fact.TypeRecordingStarted, fact.RecordingStarted{Cause: fact.RecordVoicemail})
	b.walk("c", noon, stepAt("bye"), left("bye", fact.IVRContained))
	b.add("c", noon.Add(time.Minute), fact.TypeRecordingStarted, fact.RecordingStarted{Cause: fact.RecordVoicemail}) // after the menu
	b.add("c", noon, fact.TypeRecordingStarted, fact.RecordingStarted{Cause: fact.RecordAll})
	b.walk("d", noon, stepAt("back"), left("back", fact.IVRQueued))
	b.add("d-cb", noon, fact.TypeCallbackPromised, fact.CallbackPromised{Origin: "d"})
	l := b.menus(t, IVRParams{}).Total.Left
	if l.Callback != 1 || l.Voicemail != 1 || l.Contained != 1 || l.Queued != 1 || l.Total != 4 {
		t.Errorf("left: %+v", l)
	}
}
