// Package kafkatest is what tests of pipeline/kafka and pipeline/load share: brokers that can be stopped and started, a log in memory, made-up facts. It is never part of the product.
package kafkatest

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"firstline/pipeline/kafka"
	"firstline/pipeline/kafka/apache"
	"firstline/pipeline/parts"
)

// Logger writes to the test's own output.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(&testWriter{t: t, done: done(t)}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// testWriter hands lines to t.Log as long as the test runs: goroutines of libraries may outlive it.
type testWriter struct {
	t    testing.TB
	done func() bool
}

func (w *testWriter) Write(p []byte) (int, error) {
	if !w.done() {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func done(t testing.TB) func() bool {
	var mu sync.Mutex
	over := false
	t.Cleanup(func() { mu.Lock(); over = true; mu.Unlock() })
	return func() bool { mu.Lock(); defer mu.Unlock(); return over }
}

// Broker is a broker of any kind.
type Broker interface {
	Run(ctx context.Context) error
	Ready() <-chan struct{}
	Addr() string
}

// Node is a broker of a test.
type Node struct {
	t      testing.TB
	cfg    kafka.Config
	dir    string
	make   func(n *Node) Broker
	cancel context.CancelFunc
	ended  chan error
	broker Broker
}

// Start runs an embedded broker on a free port with its data in a temporary folder, until the test ends.
func Start(t testing.TB) *Node {
	t.Helper()
	return start(t, func(n *Node) Broker { return kafka.NewBroker(n.cfg, n.dir, Logger(t)) })
}

// StartApache is Start with Apache Kafka. Where that is not installed the test is skipped, in CI it fails, unless
// set-up has found that Maven Central can't be reached and said so in FIRSTLINE_NO_APACHE_KAFKA.
func StartApache(t testing.TB) *Node {
	t.Helper()
	if os.Getenv("FIRSTLINE_NO_APACHE_KAFKA") != "" {
		t.Skip("Apache Kafka could not be brought from Maven Central")
	}
	classpath := parts.Need(t, parts.KafkaClasspath)
	return start(t, func(n *Node) Broker {
		cfg := apache.Config{Classpath: classpath, Dir: n.dir, Kafka: n.cfg}
		if _, port, err := net.SplitHostPort(n.cfg.Brokers[0]); err == nil {
			cfg.Port, _ = strconv.Atoi(port)
		}
		a, err := apache.New(cfg, Logger(t))
		if err != nil {
			t.Fatal(err)
		}
		return a
	})
}

func start(t testing.TB, broker func(*Node) Broker) *Node {
	t.Helper()
	cfg := kafka.DefaultConfig()
	cfg.Brokers = []string{"127.0.0.1:0"}
	n := &Node{t: t, cfg: cfg, dir: t.TempDir(), make: broker}
	n.Up()
	t.Cleanup(n.Down)
	return n
}

// Up starts the broker, after the first time on the port it had, and waits until it is ready.
func (n *Node) Up() {
	n.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	n.broker = n.make(n)
	n.cancel, n.ended = cancel, make(chan error, 1)
	broker, ended := n.broker, n.ended
	go func() { ended <- broker.Run(ctx) }()
	select {
	case <-broker.Ready():
		n.cfg.Brokers = []string{broker.Addr()}
	case err := <-ended:
		cancel()
		n.cancel = nil
		n.t.Fatalf("broker ended: %v", err)
	}
}

// Broker is the broker that runs now.
func (n *Node) Broker() Broker { return n.broker }

// Down stops the broker and waits for its end. A second call does nothing.
func (n *Node) Down() {
	n.t.Helper()
	if n.cancel == nil {
		return
	}
	n.cancel()
	n.cancel = nil
	if err := <-n.ended; err != nil {
		n.t.Errorf("broker: %v", err)
	}
}

// Wipe throws the broker's data away; it must be down.
func (n *Node) Wipe() {
	n.t.Helper()
	if err := os.RemoveAll(n.dir); err != nil {
		n.t.Fatal(err)
	}
}

// Config is the configuration by which clients reach the broker.
func (n *Node) Config() kafka.Config { return n.cfg }

// Cluster is the client side of the broker.
func (n *Node) Cluster() *kafka.Cluster {
	n.t.Helper()
	return Open(n.t, n.cfg)
}

// Open is kafka.Open for configurations that can't fail.
func Open(t testing.TB, cfg kafka.Config) *kafka.Cluster {
	t.Helper()
	c, err := kafka.Open(cfg, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
