package load_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"firstline/pipeline/fact"
	"firstline/pipeline/kafka"
	"firstline/pipeline/kafka/kafkatest"
	"firstline/pipeline/load"
	"firstline/pipeline/load/loadtest"
)

func TestSinkDownDelaysAndLosesNothing(t *testing.T) {
	sink := &loadtest.Sink{}
	r := loadtest.NewRig(t, kafkatest.Start(t), sink)
	var refused atomic.Int64
	sink.SetFault(func(table string, after bool) error {
		refused.Add(1)
		return errors.New("no connection")
	})
	l := r.Load(sink, nil)
	r.Make(500)
	r.Until("some tries failed", func() bool { return refused.Load() > 4 })
	r.Until("health says why", func() bool {
		return strings.Contains(fmt.Sprint(l.Health()), "partition firstline.contacts.v1/0 is not loaded: ") &&
			strings.Contains(fmt.Sprint(l.Health()), "no connection")
	})
	sink.SetFault(nil)
	r.WaitLoaded()
	r.Until("nothing is wrong any more", func() bool { return len(l.Health()) == 0 })
	if n := loadtest.Sum(t, l.Registry, "firstline_load_failures_total"); n < 4 {
		t.Errorf("%v failures counted, want at least 4", n)
	}
}

// Kafka comes later than the loader: health says that it is missing, and the tries are counted.
func TestKafkaComesLater(t *testing.T) {
	node := kafkatest.Start(t)
	node.Down()
	sink := &loadtest.Sink{}
	r := loadtest.NewRig(t, node, sink)
	r.Make(10)
	l := r.Load(sink, nil)
	r.Until("health says that kafka is missing", func() bool {
		return strings.Contains(fmt.Sprint(l.Health()), "kafka is not reached: ")
	})
	if n := loadtest.Sum(t, l.Registry, "firstline_load_waits_total"); n == 0 {
		t.Error("no try is counted")
	}
	node.Up()
	r.WaitLoaded()
	r.Until("nothing is wrong any more", func() bool { return len(l.Health()) == 0 })
}

// A plan is half inserted and stays so while another partition goes on until the tables have forgotten its token.
func TestForgottenTokenDoesNotRepeatRows(t *testing.T) {
	sink := &loadtest.Sink{Window: 2}
	r := loadtest.NewRig(t, kafkatest.Start(t), sink)
	var hold atomic.Bool
	hold.Store(true)
	sink.SetFault(func(table string, after bool) error {
		if hold.Load() && table == string(fact.TypeAgentStateBegan) && !after { // events has the plan's rows already
			return errors.New("this table is read-only")
		}
		return nil
	})
	r.Load(sink, nil)
	contacts := 0
	for range 5 {
		r.Make(50)
		contacts += 40
		r.Until("contacts go on", func() bool {
			n := 0
			for _, l := range sink.Loads(fact.TopicContacts) {
				n += int(l.Facts)
			}
			return n == contacts
		})
	}
	hold.Store(false)
	r.WaitLoaded()
}

// The engine is killed between noting a token and the rows: a repeat with that token would be dropped.
func TestTokenWithoutRowsIsNotBelieved(t *testing.T) {
	for _, table := range []string{loadtest.TableEvents, string(fact.TypeIVREntered), load.TableLoads} {
		t.Run(table, func(t *testing.T) {
			sink := &loadtest.Sink{}
			r := loadtest.NewRig(t, kafkatest.Start(t), sink)
			sink.Break(table)
			r.Load(sink, nil)
			// Contacts alone, so that what other partitions loaded does not call for a second look anyway.
			r.Log.Append(slices.DeleteFunc(kafkatest.Facts(0, 100), func(f fact.Fact) bool { return f.Topic() != fact.TopicContacts })...)
			r.WaitLoaded()
			r.Until("contacts in table loads", func() bool {
				return sum(sink.Loads(fact.TopicContacts), func(l load.Load) int64 { return l.Facts }) == 80
			})
		})
	}
}

func TestDeadLetters(t *testing.T) {
	node := kafkatest.Start(t)
	sink := &loadtest.Sink{}
	r := loadtest.NewRig(t, node, sink)
	s := r.Cluster().Session()
	defer s.Close()
	huge := kafkago.Message{Key: []byte("h"), Value: []byte(strings.Repeat("x", 1_048_400))} // fits, but not with more headers
	for _, m := range []kafkago.Message{
		{Key: []byte("k1"), Value: []byte("not json"), Headers: []kafkago.Header{{Key: "mine", Value: []byte("kept")}}},
		{Key: []byte("k2"), Value: []byte(`{"specversion":"1.0","id":"c/1","source":"/firstline/controller","type":"firstline.call.sung.v1","subject":"c",` +
			`"time":"2026-01-02T03:04:05.000Z","datacontenttype":"application/json","sequence":"1","epoch":"e","position":"1","data":{}}`)},
		huge,
	} {
		if err := s.Produce(t.Context(), fact.TopicContacts, m); err != nil {
			t.Fatal(err)
		}
	}
	l := r.Load(sink, nil)
	r.Make(100)
	r.WaitLoaded()
	letters := fetchAll(t, s, fact.TopicDeadLetter, 3)
	want := []map[string]string{
		{"mine": "kept", load.HeaderReason: "malformed", load.HeaderOffset: "0", "value": "not json"},
		{load.HeaderReason: "unknown_type", load.HeaderOffset: "1", load.HeaderPartition: "0"},
		{load.HeaderReason: "malformed", load.HeaderOffset: "2", load.HeaderDropped: "true", "value": "", load.HeaderTopic: fact.TopicContacts},
	}
	for i, m := range letters {
		got := map[string]string{"value": string(m.Value)}
		for _, h := range m.Headers {
			got[h.Key] = string(h.Value)
		}
		for k, v := range want[i] {
			if got[k] != v {
				t.Errorf("dead letter %d: %s is %.80q, want %q", i, k, got[k], v)
			}
		}
		if got[load.HeaderError] == "" {
			t.Errorf("dead letter %d says no error", i)
		}
	}
	if n := loadtest.Sum(t, l.Registry, "firstline_load_dead_letters_total"); n != 3 {
		t.Errorf("%v dead letters counted, want 3", n)
	}
	rows := sink.Loads(fact.TopicContacts)
	if total := sum(rows, func(l load.Load) int64 { return l.DeadLetters }); total != 3 {
		t.Errorf("%d dead letters in table loads, want 3", total)
	}
}

func fetchAll(t *testing.T, s *kafka.Session, topic string, n int) []kafkago.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), loadtest.Patience)
	defer cancel()
	var out []kafkago.Message
	for len(out) < n {
		b, err := s.Fetch(ctx, topic, 0, int64(len(out)), 1, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b.Messages...)
	}
	return out
}

func sum(rows []load.Load, of func(load.Load) int64) int64 {
	var n int64
	for _, l := range rows {
		n += of(l)
	}
	return n
}

// A loader that hangs in the middle of a plan loses its place. The next one finishes the plan; when the first wakes up it
// repeats the insert it was about to do, which changes nothing, and can't plan another.
func TestSleeperCannotCountTwice(t *testing.T) {
	node := kafkatest.Start(t)
	sink := &loadtest.Sink{}
	r := loadtest.NewRig(t, node, sink)
	asleep, wake := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	sleeper := r.Load(sink, func(s load.Step) error {
		if s == load.BeforeInsert && once.CompareAndSwap(false, true) {
			close(asleep)
			<-wake
		}
		return nil
	})
	r.Make(100)
	<-asleep
	r.Load(sink, nil)
	r.Make(100)
	r.WaitLoaded()
	rows := len(sink.Loads(fact.TopicContacts)) + len(sink.Loads(fact.TopicAgents))
	close(wake)
	r.Make(100)
	r.WaitLoaded()
	sleeper.Stop()
	r.Make(100)
	r.WaitLoaded()
	if after := len(sink.Loads(fact.TopicContacts)) + len(sink.Loads(fact.TopicAgents)); after <= rows {
		t.Errorf("table loads did not grow from %d rows", rows)
	}
	numbers := []uint64{}
	for _, l := range sink.Loads(fact.TopicContacts) {
		numbers = append(numbers, l.Number)
	}
	for i, n := range numbers {
		if n != uint64(i+1) {
			t.Fatalf("plans of contacts are numbered %v, want 1, 2, 3, …", numbers)
		}
	}
}

func TestCountsWhatKafkaDropped(t *testing.T) {
	node := kafkatest.Start(t)
	sink := &loadtest.Sink{}
	r := loadtest.NewRig(t, node, sink)
	l := r.Load(sink, nil)
	r.Make(100)
	r.WaitLoaded()
	l.Stop()
	old := kafkatest.Facts(100, 50)
	for i := range old {
		old[i].Time = time.Now().Add(-30 * 24 * time.Hour).UTC()
	}
	lost := r.Log.Append(old...)
	s := r.Cluster().Session()
	defer s.Close()
	r.Until("published", func() bool {
		_, end, err := s.Bounds(t.Context(), fact.TopicContacts, 0)
		return err == nil && end == 120
	})
	r.Until("published", func() bool { _, end, err := s.Bounds(t.Context(), fact.TopicAgents, 0); return err == nil && end == 30 })
	node.Broker().(*kafka.Broker).Retain()
	rest := r.Log.Append(kafkatest.Facts(150, 50)...)
	l = r.Load(sink, nil)
	want := slices.DeleteFunc(r.Log.Facts(), func(f fact.Fact) bool {
		return f.Position >= lost[0].Position && f.Position < rest[0].Position
	})
	r.Check(want)
	r.Until("loss counted", func() bool { return loadtest.Sum(t, l.Registry, "firstline_load_expired_total") == 50 })
	if n := loadtest.Sum(t, l.Registry, "firstline_load_missing_total"); n < 50 {
		t.Errorf("%v positions missing, want at least the 50 that were dropped", n)
	}
}

func TestOffsetsSayNothingIsLeft(t *testing.T) {
	sink := &loadtest.Sink{}
	r := loadtest.NewRig(t, kafkatest.Start(t), sink)
	r.Load(sink, nil)
	r.Make(100)
	r.WaitLoaded()
	s := r.Cluster().Session()
	defer s.Close()
	r.Until("offset at the end", func() bool {
		offset, _, _, err := s.Committed(t.Context(), r.Conf.Group, fact.TopicContacts, 0)
		return err == nil && offset == 80
	})
}

func TestSeveralSourcesShareATopic(t *testing.T) {
	sink := &loadtest.Sink{}
	node := kafkatest.Start(t)
	r := loadtest.NewRig(t, node, sink)
	r.Load(sink, nil)
	api := kafkatest.NewLog("api/one", "epoch9")
	r.Publish(api, t.TempDir()+"/published")
	api.Append(kafkatest.Facts(0, 300)...)
	r.Make(300)
	r.Check(append(r.Log.Facts(), api.Facts()...))
}

func TestConfigNamesEveryMistake(t *testing.T) {
	if p := load.DefaultConfig().Validate(); len(p) != 0 {
		t.Errorf("default: %v", p)
	}
	if p := (load.Config{}).Validate(); len(p) != 3 {
		t.Errorf("%d problems in an empty section, want 3: %v", len(p), p)
	}
}

// A topic deleted and made again in the same cluster counts offsets from zero once more: its plans must not be taken for
// those of the old topic.
func TestTopicMadeAgain(t *testing.T) {
	node := kafkatest.Start(t)
	sink := &loadtest.Sink{}
	r := loadtest.NewRig(t, node, sink)
	r.Conf.Linger = 500 * time.Millisecond // everything in one plan, so that the new topic's has the same offsets
	r.Make(100)
	r.WaitPublished()
	l := r.Load(sink, nil)
	r.WaitLoaded()
	l.Stop()
	client := &kafkago.Client{Addr: kafkago.TCP(node.Config().Brokers...)}
	_, err := client.DeleteTopics(t.Context(), &kafkago.DeleteTopicsRequest{Topics: []string{fact.TopicContacts, fact.TopicAgents}})
	if err != nil {
		t.Fatal(err)
	}
	r.Make(100)
	r.WaitPublished()
	l = r.Load(sink, nil)
	r.Until("both partitions stopped", func() bool { return loadtest.Sum(t, l.Registry, "firstline_load_stopped") == 2 })
	r.Accept(fact.TopicContacts)
	r.Accept(fact.TopicAgents)
	r.WaitLoaded()
}
