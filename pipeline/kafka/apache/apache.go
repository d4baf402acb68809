// Package apache runs one node of Apache Kafka (KRaft, broker and controller in one) as a child process in a folder of
// its own. Tests use it where set-up has brought Kafka, and `make run KAFKA=apache` instead of the embedded broker. It
// brings nothing from the network and never leaves the process behind.
package apache

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"firstline/pipeline/kafka"
)

// Limits of starting and stopping.
const (
	startTimeout = time.Minute
	stopTimeout  = 30 * time.Second
	askEvery     = 100 * time.Millisecond
)

// Config says where a node runs.
type Config struct {
	Classpath string // of Java, from parts.KafkaClasspath
	Dir       string // data and configuration; made when missing
	Port      int    // of the clients on 127.0.0.1; 0 picks a free one
	Control   int    // of the node's own controller on 127.0.0.1; 0 picks a free one
	Kafka     kafka.Config
}

// Node is one node of Apache Kafka.
type Node struct {
	cfg   Config
	log   *slog.Logger
	ready chan struct{}
}

// New returns a node that is not started. Ports of 0 are chosen here.
func New(cfg Config, log *slog.Logger) (*Node, error) {
	for _, port := range []*int{&cfg.Port, &cfg.Control} {
		if *port != 0 {
			continue
		}
		free, err := freePort()
		if err != nil {
			return nil, err
		}
		*port = free
	}
	return &Node{cfg: cfg, log: log, ready: make(chan struct{})}, nil
}

func freePort() (int, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port for kafka: %w", err)
	}
	defer l.Close()                          //nolint:errcheck // nothing was sent
	return l.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // a TCP listener's address
}

// Addr is the address for clients.
func (n *Node) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.cfg.Port)) }

// Ready is closed when the node answers and the topics are there.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Run formats the folder when it is new, starts the node and waits until ctx ends; then it stops the node, by force when
// it takes longer than half a minute. A node that ends by itself is an error. It runs once.
func (n *Node) Run(ctx context.Context) error {
	runtime.LockOSThread() // Pdeathsig follows the thread that started the child
	defer runtime.UnlockOSThread()
	properties, err := n.prepare(ctx)
	if err != nil {
		return err
	}
	cmd := n.java(context.WithoutCancel(ctx), "-Xmx512m", "kafka.Kafka", properties)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start kafka: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	asking, stopAsking := context.WithCancel(ctx)
	asked := make(chan error, 1)
	go func() { asked <- n.ask(asking) }()
	err = n.watch(ctx, ended, asked)
	stopAsking()
	return errors.Join(err, n.stop(cmd, ended))
}

// watch waits for the end of ctx, of the process, or of the patience with its start.
func (n *Node) watch(ctx context.Context, ended, asked chan error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			ended <- err // for stop
			return fmt.Errorf("kafka ended by itself: %w", err)
		case err := <-asked:
			if err != nil && ctx.Err() == nil {
				return err
			}
			asked = nil
			if err == nil {
				n.log.Info("kafka is ready", "address", n.Addr(), "folder", n.cfg.Dir)
				close(n.ready)
			}
		}
	}
}

func (n *Node) stop(cmd *exec.Cmd, ended chan error) error {
	_ = cmd.Process.Signal(syscall.SIGTERM) // an error says that it is gone already
	patience := time.NewTimer(stopTimeout)
	defer patience.Stop()
	select {
	case err := <-ended:
		n.log.Debug("kafka ended", "status", err) // Java's exit status after SIGTERM is not 0
		return nil
	case <-patience.C:
		_ = cmd.Process.Kill()
		return fmt.Errorf("kafka did not stop within %v and was killed: %w", stopTimeout, <-ended)
	}
}

// ask waits until the node answers and makes the topics.
func (n *Node) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	cfg := n.cfg.Kafka
	cfg.Brokers, cfg.Embedded, cfg.Replication = []string{n.Addr()}, false, 1
	cluster, err := kafka.Open(cfg, os.Getenv)
	if err != nil {
		return err
	}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		if err = cluster.EnsureTopics(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("kafka does not answer at %s: %w", n.Addr(), err)
		case <-tick.C:
		}
	}
}

// prepare writes the configuration and formats a new folder. It returns the configuration's path.
func (n *Node) prepare(ctx context.Context) (string, error) {
	data := filepath.Join(n.cfg.Dir, "data")
	if err := os.MkdirAll(n.cfg.Dir, 0o750); err != nil {
		return "", fmt.Errorf("prepare kafka: %w", err)
	}
	properties := filepath.Join(n.cfg.Dir, "server.properties")
	if err := os.WriteFile(properties, []byte(n.properties(data)), 0o600); err != nil {
		return "", fmt.Errorf("prepare kafka: %w", err)
	}
	_, err := os.Stat(filepath.Join(data, "meta.properties"))
	if !errors.Is(err, fs.ErrNotExist) {
		return properties, err
	}
	cmd := n.java(ctx, "-Xmx128m", "kafka.tools.StorageTool", "format", "-t", newClusterID(), "-c", properties)
	cmd.Stdout, cmd.Stderr = nil, nil
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("format kafka's folder %s: %w: %s", data, err, out)
	}
	return properties, nil
}

// properties are a single node's: one copy of everything, no waiting for further members of a group.
func (n *Node) properties(data string) string {
	return fmt.Sprintf(`process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%[2]d
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:%[1]d,CONTROLLER://127.0.0.1:%[2]d
advertised.listeners=PLAINTEXT://127.0.0.1:%[1]d
inter.broker.listener.name=PLAINTEXT
log.dirs=%[3]s
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=60000
`, n.cfg.Port, n.cfg.Control, data)
}

// java is a child that dies with this process.
func (n *Node) java(ctx context.Context, args ...string) *exec.Cmd {
	args = append([]string{"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", n.cfg.Classpath}, args...)
	cmd := exec.CommandContext(ctx, "java", args...) //nolint:gosec // the class path is set-up's
	cmd.Dir = n.cfg.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	out := &lines{log: n.log}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd
}

// newClusterID is a Kafka Uuid: 16 random bytes in URL-safe base64.
func newClusterID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[0] &= 0x7f           // an id that begins with "-" would be read as an option
	return base64.RawURLEncoding.EncodeToString(id[:])
}
