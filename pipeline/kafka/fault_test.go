package kafka_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"firstline/pipeline/fact"
	"firstline/pipeline/kafka"
	"firstline/pipeline/kafka/kafkatest"
)

// A produce request that is carried out but answered with a time-out, or not at all, is sent again: the topic then holds
// repeats, never a hole, and each fact's first appearance is in order.
func TestRepeatsAfterLostAcknowledgement(t *testing.T) {
	tests := map[string]func(*kfake.Cluster){
		"answered with a time-out": func(c *kfake.Cluster) {
			c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.RequestTimedOut, Count: 5})
		},
		"refused": func(c *kfake.Cluster) {
			c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotLeaderForPartition, Count: 5})
		},
		"connection lost": func(c *kfake.Cluster) {
			for range 3 {
				c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
					return nil, fmt.Errorf("connection lost"), true
				})
			}
		},
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			node := kafkatest.Start(t)
			fault(node.Broker().(*kafka.Broker).Node())
			log := kafkatest.NewLog("controller", "epoch1")
			p := publish(t, node.Cluster(), log, filepath.Join(t.TempDir(), "published"))
			log.Append(kafkatest.Facts(0, 500)...)
			want := byTopic(log.Facts())[fact.TopicContacts]
			checkStream(t, firsts(t, node.Cluster(), fact.TopicContacts, len(want)), want, 0)
			p.stop()
			if n := testutil.ToFloat64(counter(t, p.reg, "firstline_kafka_failures_total")); n < 1 {
				t.Errorf("%v failures counted", n)
			}
		})
	}
}

// firsts reads a topic until n different positions came and returns the first message of each.
func firsts(t *testing.T, cluster *kafka.Cluster, topic string, n int) []kafkago.Message {
	t.Helper()
	var out []kafkago.Message
	seen := map[uint64]bool{}
	for offset := int64(0); len(out) < n; offset++ {
		m := received(t, cluster, topic, offset, 1)[0]
		f, err := fact.Decode(m.Value)
		if err != nil {
			t.Fatal(err)
		}
		if !seen[f.Position] {
			seen[f.Position] = true
			out = append(out, m)
		}
	}
	return out
}

// The embedded broker in a process of its own, killed without warning: what it acknowledged is there afterwards,
// messages and committed offsets.
func TestBrokerKeepsWhatItAcknowledgedOverKill(t *testing.T) {
	dir := t.TempDir()
	address := "127.0.0.1:0"
	var id string
	for round := range 3 {
		child, addr := startChild(t, dir, address)
		address = addr
		cfg := kafka.DefaultConfig()
		cfg.Brokers = []string{addr}
		cluster := kafkatest.Open(t, cfg)
		s := cluster.Session()
		now, err := s.ID(t.Context())
		if err != nil || round > 0 && now != id {
			t.Fatalf("cluster id %q (%v), want %q", now, err, id)
		}
		id = now
		if round > 0 {
			m := received(t, cluster, fact.TopicContacts, 0, round*10)
			if got := string(m[len(m)-1].Value); got != fmt.Sprintf("%d-9", round-1) {
				t.Errorf("last message after kill %d is %q", round, got)
			}
			offset, metadata, _, err := s.Committed(t.Context(), "g", fact.TopicContacts, 0)
			if err != nil || offset != int64(round) || metadata != fmt.Sprint("plan ", round) {
				t.Errorf("offset after kill %d: %d %q %v", round, offset, metadata, err)
			}
		}
		for i := range 10 {
			if err := s.Produce(t.Context(), fact.TopicContacts, kafkago.Message{Value: fmt.Appendf(nil, "%d-%d", round, i)}); err != nil {
				t.Fatal(err)
			}
		}
		nobody := kafka.Member{Group: "g", Generation: -1}
		if err := s.Commit(t.Context(), nobody, fact.TopicContacts, 0, int64(round+1), fmt.Sprint("plan ", round+1)); err != nil {
			t.Fatal(err)
		}
		s.Close()
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
	}
}

// childEnv tells this test binary that it is the broker's process: "folder|address".
const childEnv = "FIRSTLINE_TEST_BROKER"

func startChild(t *testing.T, dir, address string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+dir+"|"+address)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var addr string
	if _, err := fmt.Fscanln(out, &addr); err != nil {
		t.Fatalf("broker process says no address: %v", err)
	}
	return cmd, addr
}

func TestMain(m *testing.M) {
	if place := os.Getenv(childEnv); place != "" {
		os.Exit(brokerProcess(place))
	}
	os.Exit(m.Run())
}

func brokerProcess(place string) int {
	dir, address, _ := strings.Cut(place, "|")
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg := kafka.DefaultConfig()
	cfg.Brokers = []string{address}
	b := kafka.NewBroker(cfg, dir, discard())
	go func() {
		<-b.Ready()
		fmt.Println(b.Addr())
	}()
	if err := b.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
