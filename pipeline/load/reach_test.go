package load_test

import (
	"testing"

	"firstline/pipeline/fact"
	"firstline/pipeline/kafka/kafkatest"
	"firstline/pipeline/load"
	"firstline/pipeline/load/loadtest"
)

// TestReaches: what is published and not loaded shows between the two offsets, at a topic that nothing was ever loaded from and on another
// cluster, too; without Kafka it is not known.
func TestReaches(t *testing.T) {
	node, sink := kafkatest.Start(t), &loadtest.Sink{}
	r := loadtest.NewRig(t, node, sink)
	look := func(topic string, loaded, end int64) {
		t.Helper()
		got, err := load.Reaches(t.Context(), r.Cluster(), sink, topic)
		if want := (load.Reach{Place: topic + "/0", Loaded: loaded, End: end}); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	r.Make(50) // every fifth is of an agent
	r.WaitPublished()
	look(fact.TopicAgents, 0, 10)
	look(fact.TopicTickets, 0, 0)
	l := r.Load(sink, nil)
	r.WaitLoaded()
	r.Until("the loads are noted", func() bool { return len(sink.Loads(fact.TopicAgents)) > 0 && len(sink.Loads(fact.TopicContacts)) > 0 })
	l.Stop()
	look(fact.TopicAgents, 10, 10)
	r.Make(50)
	r.WaitPublished()
	look(fact.TopicAgents, 10, 20)

	node.Down()
	if got, err := load.Reaches(t.Context(), r.Cluster(), sink, fact.TopicAgents); err == nil {
		t.Errorf("without kafka it is %+v", got)
	}
	node.Wipe()
	node.Up()
	r.WaitPublished()
	r.Until("all is there again", func() bool {
		got, err := load.Reaches(t.Context(), r.Cluster(), sink, fact.TopicAgents)
		return err == nil && got[0].End == 20
	})
	look(fact.TopicAgents, 0, 20)
}
