package load_test

import (
	"testing"

	"firstline/pipeline/fact"
	"firstline/pipeline/kafka/kafkatest"
	"firstline/pipeline/load"
	"firstline/pipeline/load/loadtest"
)

func embedded(t testing.TB) loadtest.Node { return kafkatest.Start(t) }

func memory(testing.TB) loadtest.Counted { return &loadtest.Sink{} }

func TestCountsOnceOnEmbeddedBroker(t *testing.T) {
	loadtest.Suite(t, embedded, memory)
}

func TestKillBetweenTables(t *testing.T) {
	var places []string
	for _, table := range []string{loadtest.TableEvents, string(fact.TypeIVREntered), string(fact.TypeAgentStateBegan), load.TableLoads} {
		places = append(places, "before table "+table, "after table "+table)
	}
	loadtest.KillAtEveryStep(t, embedded(t), &loadtest.Sink{}, places)
}

func TestCountsOnceOnApacheKafka(t *testing.T) {
	loadtest.Suite(t, func(t testing.TB) loadtest.Node { return kafkatest.StartApache(t) }, memory)
}
