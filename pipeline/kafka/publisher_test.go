package kafka_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	kafkago "github.com/segmentio/kafka-go"

	"firstline/pipeline/fact"
	"firstline/pipeline/kafka"
	"firstline/pipeline/kafka/kafkatest"
)

// publishing runs a publisher until stop is called.
type publishing struct {
	*kafka.Publisher
	reg  *prometheus.Registry
	stop func()
}

func publish(t *testing.T, cluster *kafka.Cluster, log kafka.Reader, path string) publishing {
	t.Helper()
	return publishWith(t, cluster, log, path, func(*kafka.Publisher) {})
}

func publishWith(t *testing.T, cluster *kafka.Cluster, log kafka.Reader, path string, set func(*kafka.Publisher)) publishing {
	t.Helper()
	reg := prometheus.NewRegistry()
	p := kafka.NewPublisher(cluster, log, "controller", path, kafkatest.Logger(t), reg)
	set(p)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	running := true
	stop := func() {
		if running {
			running = false
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("publisher: %v", err)
			}
		}
	}
	t.Cleanup(stop)
	return publishing{p, reg, stop}
}

// received reads n messages of a topic from offset on.
func received(t *testing.T, cluster *kafka.Cluster, topic string, offset int64, n int) []kafkago.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	s := cluster.Session()
	defer s.Close()
	var out []kafkago.Message
	for len(out) < n {
		b, err := s.Fetch(ctx, topic, 0, offset, 1, time.Second)
		if err != nil {
			t.Fatalf("after %d of %d messages: %v", len(out), n, err)
		}
		for _, m := range b.Messages {
			out = append(out, m)
			offset = m.Offset + 1
		}
	}
	return out
}

func byTopic(facts []fact.Fact) map[string][]fact.Fact {
	out := map[string][]fact.Fact{}
	for _, f := range facts {
		out[f.Topic()] = append(out[f.Topic()], f)
	}
	return out
}

// checkStream asserts that messages are exactly facts, in order, each linked to the one before.
func checkStream(t *testing.T, messages []kafkago.Message, facts []fact.Fact, previous uint64) {
	t.Helper()
	if len(messages) != len(facts) {
		t.Fatalf("%d messages, want %d", len(messages), len(facts))
	}
	for i, m := range messages {
		f, err := fact.Decode(m.Value)
		if err != nil {
			t.Fatal(err)
		}
		if f.Position != facts[i].Position || string(m.Key) != facts[i].Subject {
			t.Fatalf("message %d: position %d key %s, want %d %s", i, f.Position, m.Key, facts[i].Position, facts[i].Subject)
		}
		link, ok := kafka.ReadLink(m.Headers)
		want := kafka.Link{Source: f.Source, Epoch: f.Epoch, Position: f.Position, Previous: previous}
		if !ok || link != want {
			t.Fatalf("message %d: link %+v %v, want %+v", i, link, ok, want)
		}
		previous = f.Position
	}
}

func TestPublishesEveryFactInOrderWithLinks(t *testing.T) {
	node := kafkatest.Start(t)
	log := kafkatest.NewLog("controller", "epoch1")
	p := publish(t, node.Cluster(), log, filepath.Join(t.TempDir(), "published"))
	log.Append(kafkatest.Facts(0, 1200)...)
	for topic, facts := range byTopic(log.Facts()) {
		checkStream(t, received(t, node.Cluster(), topic, 0, len(facts)), facts, 0)
	}
	p.stop()
	if got := p.Published(); got != 1200 {
		t.Errorf("published position %d, want 1200", got)
	}
	if got := testutil.ToFloat64(counter(t, p.reg, "firstline_kafka_published_total")); got != 1200 {
		t.Errorf("published %v facts, want 1200", got)
	}
}

// TestPastIsKept publishes facts of years ago: Kafka keeps them by when they were published, where it is told that they are of the past,
// and Places says how far they are published.
func TestPastIsKept(t *testing.T) {
	node := kafkatest.Start(t)
	began := time.Now().Add(-time.Second)
	for _, past := range []bool{false, true} {
		log := kafkatest.NewLog("controller", map[bool]string{false: "epoch1", true: "epoch2"}[past])
		old := kafkatest.Facts(0, 1)
		old[0].Time = time.Date(2009, 11, 10, 23, 0, 0, 0, time.UTC)
		path := filepath.Join(t.TempDir(), "published")
		p := publishWith(t, node.Cluster(), log, path, func(p *kafka.Publisher) { p.Past = past })
		log.Append(old...)
		from := int64(0)
		if past {
			from = 1
		}
		m := received(t, node.Cluster(), old[0].Topic(), from, 1)[0]
		if kept := m.Time.After(began); kept != past || !kept && !m.Time.Equal(old[0].Time) {
			t.Errorf("past %v: the message is of %s", past, m.Time)
		}
		p.stop()
		places, err := kafka.Places(path)
		want := kafka.Place{Topic: old[0].Topic(), Epoch: log.Epoch(), Position: 1}
		if err != nil || len(places) != 1 || places[0] != want {
			t.Errorf("published in %+v %v, want %+v", places, err, want)
		}
	}
}

func TestGoesOnAfterRestartWithoutRepeats(t *testing.T) {
	node := kafkatest.Start(t)
	log := kafkatest.NewLog("controller", "epoch1")
	path := filepath.Join(t.TempDir(), "published")
	for part := range 3 {
		log.Append(kafkatest.Facts(part*50, 50)...)
		p := publish(t, node.Cluster(), log, path)
		contacts := byTopic(log.Facts())[fact.TopicContacts]
		received(t, node.Cluster(), fact.TopicContacts, 0, len(contacts))
		p.stop()
	}
	contacts := byTopic(log.Facts())[fact.TopicContacts]
	checkStream(t, received(t, node.Cluster(), fact.TopicContacts, 0, len(contacts)), contacts, 0)
	if end := endOf(t, node.Cluster(), fact.TopicContacts); end != int64(len(contacts)) {
		t.Errorf("topic holds %d messages, want %d", end, len(contacts))
	}
}

func TestPublishesAgainToAnotherCluster(t *testing.T) {
	node := kafkatest.Start(t)
	log := kafkatest.NewLog("controller", "epoch1")
	p := publish(t, node.Cluster(), log, filepath.Join(t.TempDir(), "published"))
	log.Append(kafkatest.Facts(0, 100)...)
	received(t, node.Cluster(), fact.TopicContacts, 0, 80)
	node.Down()
	node.Wipe()
	log.Compact(31)
	node.Up()
	// Nothing new is appended: the idle publisher must notice by itself.
	kept := byTopic(log.Facts()[30:])[fact.TopicContacts]
	checkStream(t, received(t, node.Cluster(), fact.TopicContacts, 0, len(kept)), kept, 30)
	if got := testutil.ToFloat64(counter(t, p.reg, "firstline_kafka_restarts_total")); got != 1 {
		t.Errorf("%v restarts, want 1", got)
	}
}

func TestBeginsAgainWithAnotherLog(t *testing.T) {
	node := kafkatest.Start(t)
	path := filepath.Join(t.TempDir(), "published")
	first := kafkatest.NewLog("controller", "epoch1")
	p := publish(t, node.Cluster(), first, path)
	first.Append(kafkatest.Facts(0, 50)...)
	received(t, node.Cluster(), fact.TopicContacts, 0, 40)
	p.stop()
	second := kafkatest.NewLog("controller", "epoch2")
	second.Append(kafkatest.Facts(0, 10)...)
	publish(t, node.Cluster(), second, path)
	checkStream(t, received(t, node.Cluster(), fact.TopicContacts, 40, 8), byTopic(second.Facts())[fact.TopicContacts], 0)
}

func TestCountsWhatTheLogNoLongerKeeps(t *testing.T) {
	node := kafkatest.Start(t)
	log := kafkatest.NewLog("controller", "epoch1")
	path := filepath.Join(t.TempDir(), "published")
	p := publish(t, node.Cluster(), log, path)
	log.Append(kafkatest.Facts(0, 20)...)
	received(t, node.Cluster(), fact.TopicContacts, 0, 16)
	p.stop()
	log.Append(kafkatest.Facts(20, 20)...)
	log.Compact(31)
	p = publish(t, node.Cluster(), log, path)
	checkStream(t, received(t, node.Cluster(), fact.TopicContacts, 16, 8), byTopic(log.Facts()[30:])[fact.TopicContacts], 30)
	if got := testutil.ToFloat64(counter(t, p.reg, "firstline_kafka_skipped_total")); got != 10 {
		t.Errorf("%v positions skipped, want 10", got)
	}
}

func TestDamagedPositionPublishesAgain(t *testing.T) {
	node := kafkatest.Start(t)
	log := kafkatest.NewLog("controller", "epoch1")
	log.Append(kafkatest.Facts(0, 10)...)
	path := filepath.Join(t.TempDir(), "published")
	writeFile(t, path, "{\"cluster\": \"half")
	publish(t, node.Cluster(), log, path)
	checkStream(t, received(t, node.Cluster(), fact.TopicContacts, 0, 8), byTopic(log.Facts())[fact.TopicContacts], 0)
}

func TestFactTooLargeIsCountedAndLeftOut(t *testing.T) {
	node := kafkatest.Start(t)
	log := kafkatest.NewLog("controller", "epoch1")
	facts := kafkatest.Facts(1, 4)
	facts[1].Data = fact.IVREntered{Flow: "main", Node: string(make([]byte, 300<<10))} // 1.8 MB as JSON
	log.Append(facts...)
	p := publish(t, node.Cluster(), log, filepath.Join(t.TempDir(), "published"))
	messages := received(t, node.Cluster(), fact.TopicContacts, 0, 3)
	link, _ := kafka.ReadLink(messages[1].Headers)
	if link.Position != 3 || link.Previous != 2 {
		t.Errorf("link after the fact left out is %+v, want 2 → 3", link)
	}
	if got := testutil.ToFloat64(counter(t, p.reg, "firstline_kafka_unpublishable_total")); got != 1 {
		t.Errorf("%v facts left out, want 1", got)
	}
}
