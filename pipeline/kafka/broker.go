package kafka

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"firstline/pipeline/listen"
)

// Broker is the embedded Kafka broker: one node on one host, the real wire protocol, for trials and single hosts. Every
// produced batch and committed offset is synced to disk before it is acknowledged.
type Broker struct {
	cfg   Config
	dir   string
	log   *slog.Logger
	ready chan struct{}
	addr  string
	node  *kfake.Cluster
}

// NewBroker returns a broker that keeps its data in dir/kafka. It does not start it.
func NewBroker(cfg Config, dir string, log *slog.Logger) *Broker {
	return &Broker{cfg: cfg, dir: filepath.Join(dir, "kafka"), log: log, ready: make(chan struct{})}
}

// Ready is closed when the broker answers and its topics are there.
func (b *Broker) Ready() <-chan struct{} { return b.ready }

// Addr is the address the broker listens on; valid once Ready.
func (b *Broker) Addr() string { return b.addr }

// Run starts the broker and serves until ctx ends, then writes its state and stops. It runs once.
func (b *Broker) Run(ctx context.Context) error {
	if err := b.start(ctx); err != nil {
		return err
	}
	defer b.node.Close()
	cfg := b.cfg
	cfg.Brokers, cfg.Embedded, cfg.Replication = []string{b.addr}, true, 1
	cluster, err := Open(cfg, os.Getenv)
	if err != nil {
		return err
	}
	if err := cluster.EnsureTopics(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("start embedded broker: %w", err)
	}
	b.log.Info("embedded broker is ready", "address", b.addr, "folder", b.dir)
	close(b.ready)
	<-ctx.Done()
	return nil
}

func (b *Broker) start(ctx context.Context) error {
	if len(b.cfg.Brokers) != 1 {
		return errors.New("start embedded broker: it needs exactly one address")
	}
	if err := os.MkdirAll(b.dir, 0o750); err != nil {
		return fmt.Errorf("start embedded broker: %w", err)
	}
	open := func(string, string) (net.Listener, error) {
		return listen.Open(ctx, "tcp", b.cfg.Brokers[0], "the embedded kafka broker", "kafka.brokers")
	}
	node, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ListenFn(open),
		kfake.DataDir(b.dir),
		kfake.SyncWrites(),
		kfake.ClusterID(rand.Text()), // of a new folder; an old one keeps the id it was born with
		// Retention is applied on the compaction timer, an hour apart unless set.
		kfake.BrokerConfigs(map[string]string{"log.cleaner.backoff.ms": "60000"}),
		kfake.WithLogger(brokerLog{b.log}),
	)
	if err != nil {
		return fmt.Errorf("start embedded broker in %s: %w", b.dir, err)
	}
	b.node, b.addr = node, node.ListenAddrs()[0]
	return nil
}

// Retain applies the topics' retention now instead of within a minute.
func (b *Broker) Retain() { b.node.ApplyRetention() }

// brokerLog hands the broker's warnings and errors to slog. Its messages contain their own values, so they are carried
// as a value themselves.
type brokerLog struct{ log *slog.Logger }

func (l brokerLog) Logf(level kfake.LogLevel, msg string, args ...any) {
	text := strings.TrimSpace(fmt.Sprintf(msg, args...))
	switch level {
	case kfake.LogLevelError:
		l.log.Error("embedded broker reports", "message", text)
	case kfake.LogLevelWarn:
		l.log.Warn("embedded broker reports", "message", text)
	default: // its chatter about each request
	}
}

// backoff is the pause after a number of failures in a row: 50 ms doubling up to 5 s.
func backoff(failures int) time.Duration {
	return min(50*time.Millisecond<<min(failures, 10), 5*time.Second)
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
