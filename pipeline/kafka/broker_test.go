package kafka_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"firstline/pipeline/fact"
	"firstline/pipeline/kafka"
	"firstline/pipeline/kafka/kafkatest"
)

func TestBrokerKeepsMessagesAndIdentityOverRestart(t *testing.T) {
	node := kafkatest.Start(t)
	ctx := t.Context()
	s := node.Cluster().Session()
	id, err := s.ID(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Produce(ctx, fact.TopicContacts, kafkago.Message{Key: []byte("k"), Value: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	node.Down()
	node.Up()
	if again, err := node.Cluster().ID(ctx); err != nil || again != id {
		t.Errorf("cluster id after restart: %q %v, want %q", again, err, id)
	}
	if m := received(t, node.Cluster(), fact.TopicContacts, 0, 1); string(m[0].Value) != "v" {
		t.Errorf("message after restart: %q", m[0].Value)
	}
	node.Down()
	node.Wipe()
	node.Up()
	if again, err := node.Cluster().ID(ctx); err != nil || again == id {
		t.Errorf("cluster id of a new folder: %q %v, must not be the old one", again, err)
	}
}

func TestBrokerKeepsNoLongerThanRetention(t *testing.T) {
	node := kafkatest.Start(t)
	s := node.Cluster().Session()
	defer s.Close()
	old := kafkago.Message{Value: []byte("old"), Time: time.Now().Add(-8 * 24 * time.Hour)}
	young := kafkago.Message{Value: []byte("young"), Time: time.Now()}
	for _, m := range []kafkago.Message{old, young} {
		if err := s.Produce(t.Context(), fact.TopicContacts, m); err != nil {
			t.Fatal(err)
		}
	}
	node.Broker().(*kafka.Broker).Retain()
	first, end, err := s.Bounds(t.Context(), fact.TopicContacts, 0)
	if err != nil || first != 1 || end != 2 {
		t.Errorf("kept offsets %d to %d (%v), want 1 to 2", first, end, err)
	}
}

func TestBrokerSaysWhyItCannotStart(t *testing.T) {
	node := kafkatest.Start(t)
	b := kafka.NewBroker(node.Config(), t.TempDir(), kafkatest.Logger(t))
	err := b.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v, want one that names the port in use", err)
	}
}

func TestEnsureTopicsTwice(t *testing.T) {
	node := kafkatest.Start(t)
	for range 2 {
		if err := node.Cluster().EnsureTopics(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFetchOutsideTheLog(t *testing.T) {
	node := kafkatest.Start(t)
	s := node.Cluster().Session()
	defer s.Close()
	_, err := s.Fetch(t.Context(), fact.TopicContacts, 0, 5, 1, time.Second)
	if err == nil || !strings.Contains(err.Error(), kafka.ErrOutOfRange.Error()) {
		t.Errorf("error %v, want %v", err, kafka.ErrOutOfRange)
	}
}

func TestConfigNamesEveryMistake(t *testing.T) {
	if p := kafka.DefaultConfig().Validate(); len(p) != 0 {
		t.Errorf("default: %v", p)
	}
	bad := kafka.Config{Brokers: []string{"nohost", "b:1"}, Embedded: true, Retention: time.Minute, RetentionBytes: 5,
		TLS: kafka.TLS{Enabled: true}, SASL: kafka.SASL{Mechanism: "magic"}}
	var paths []string
	for _, p := range bad.Validate() {
		if p.Mend == "" {
			t.Errorf("%s has no mend", p.Path)
		}
		paths = append(paths, p.Path)
	}
	want := "brokers.0 brokers retention retention_bytes partitions replication embedded sasl.mechanism"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("problems at %s\nwant        %s", got, want)
	}
}

// counter finds a metric that has no labels but constant ones.
func counter(t *testing.T, reg *prometheus.Registry, name string) prometheus.Collector {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	c := prometheus.NewGauge(prometheus.GaugeOpts{Name: name})
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			c.Set(m.GetCounter().GetValue() + m.GetGauge().GetValue())
			return c
		}
	}
	t.Fatalf("no metric %s", name)
	return nil
}

func endOf(t *testing.T, cluster *kafka.Cluster, topic string) int64 {
	t.Helper()
	s := cluster.Session()
	defer s.Close()
	_, end, err := s.Bounds(context.Background(), topic, 0)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
