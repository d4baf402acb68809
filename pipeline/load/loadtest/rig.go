package loadtest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/fact"
	"firstline/pipeline/kafka"
	"firstline/pipeline/kafka/kafkatest"
	"firstline/pipeline/load"
)

// Node is a Kafka broker that a test may stop, start and wipe.
type Node interface {
	Config() kafka.Config
	Up()
	Down()
	Wipe() // while it is down: it comes up as another cluster
}

// Counted is a sink whose tables can be looked at.
type Counted interface {
	load.Sink
	// Counts returns how often each fact is in table events (TableEvents) or in the table of a fact type, for which the
	// name is the type's.
	Counts(ctx context.Context, table string) (map[Key]int, error)
}

// Patience bounds every wait of the suite; it is no pause.
const Patience = 90 * time.Second

// Rig is a broker, a log with its publisher, and a sink, with loaders that come and go.
type Rig struct {
	T    testing.TB
	Node Node
	Log  *kafkatest.Log
	Sink Counted
	Conf load.Config
	made int
	pub  *kafka.Publisher
}

// NewRig starts a publisher on the node. The publisher ends with the test.
func NewRig(t testing.TB, node Node, sink Counted) *Rig {
	conf := load.DefaultConfig()
	conf.Linger = 20 * time.Millisecond
	r := &Rig{T: t, Node: node, Sink: sink, Conf: conf, Log: kafkatest.NewLog("controller", "epoch1")}
	r.pub, _ = r.publisher(r.Log, filepath.Join(t.TempDir(), "published"))
	return r
}

// Cluster is the client side of the rig's broker.
func (r *Rig) Cluster() *kafka.Cluster { return kafkatest.Open(r.T, r.Node.Config()) }

// Publish runs another publisher until the returned function is called or the test ends.
func (r *Rig) Publish(log *kafkatest.Log, path string) (stop func()) {
	_, stop = r.publisher(log, path)
	return stop
}

func (r *Rig) publisher(log *kafkatest.Log, path string) (*kafka.Publisher, func()) {
	p := kafka.NewPublisher(r.Cluster(), log, "controller", path, kafkatest.Logger(r.T), prometheus.NewRegistry())
	return p, run(r.T, "publisher", p.Run)
}

// WaitPublished waits until Kafka has the whole log.
func (r *Rig) WaitPublished() {
	r.T.Helper()
	r.Until("all facts published", func() bool { return r.pub.Published() == uint64(r.made) }) //nolint:gosec // a count
}

// Make appends n new facts to the log.
func (r *Rig) Make(n int) {
	r.Log.Append(kafkatest.Facts(r.made, n)...)
	r.made += n
}

// Loader is a loader that runs.
type Loader struct {
	*load.Loader
	Registry *prometheus.Registry
	Stop     func() // waits for its end; more calls do nothing
}

// Load starts a loader against the sink; hook may be nil.
func (r *Rig) Load(sink load.Sink, hook func(load.Step) error) *Loader {
	r.T.Helper()
	reg := prometheus.NewRegistry()
	l := load.New(r.Conf, r.Cluster(), sink, kafkatest.Logger(r.T), reg)
	l.Hook = hook
	return &Loader{Loader: l, Registry: reg, Stop: run(r.T, "loader", l.Run)}
}

// run runs f in a goroutine until stop is called or the test ends.
func run(t testing.TB, name string, f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	running := true
	stop = func() {
		if !running {
			return
		}
		running = false
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// WaitLoaded waits until as many facts as the log has are in table events, then checks every table.
func (r *Rig) WaitLoaded() {
	r.T.Helper()
	want := r.Log.Facts()
	r.Until("all facts loaded", func() bool {
		counts, err := r.Sink.Counts(context.Background(), TableEvents)
		if err != nil {
			r.T.Fatal(err)
		}
		total := 0
		for _, n := range counts {
			total += n
		}
		return total >= len(want)
	})
	r.Check(want)
}

// Check asserts that the tables hold exactly these facts, each once, in events and in the table of its type. Tables that
// come after events in an insert may lag behind it; a fact that is there twice is never forgiven.
func (r *Rig) Check(want []fact.Fact) {
	r.T.Helper()
	byTable := map[string]map[Key]int{}
	for _, f := range want {
		for _, name := range []string{TableEvents, string(f.Type)} {
			if byTable[name] == nil {
				byTable[name] = map[Key]int{}
			}
			byTable[name][KeyOf(f)]++
		}
	}
	for name, keys := range byTable {
		var got map[Key]int
		r.Until("table "+name+" complete", func() bool {
			var err error
			if got, err = r.Sink.Counts(context.Background(), name); err != nil {
				r.T.Fatal(err)
			}
			return len(got) >= len(keys)
		})
		for k, n := range got {
			if keys[k] != n {
				r.T.Fatalf("table %s has %v %d times, want %d", name, k, n, keys[k])
			}
		}
	}
}

// Until polls for a condition, for at most Patience.
func (r *Rig) Until(what string, done func() bool) {
	r.T.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(Patience)
	for !done() {
		select {
		case <-tick.C:
		case <-limit:
			r.T.Fatalf("not within %v: %s", Patience, what)
		}
	}
}
