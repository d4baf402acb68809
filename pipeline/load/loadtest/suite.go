package loadtest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"firstline/pipeline/fact"
	"firstline/pipeline/kafka/kafkatest"
	"firstline/pipeline/load"
)

// errKilled is what a killed loader's steps answer.
var errKilled = errors.New("killed")

// Mortal lets a sink and a loader's steps fail for ever from a chosen point on, as a process that is killed there: what
// was done before stays done, nothing comes after.
type Mortal struct {
	Counted
	at func(where string) bool

	mu   sync.Mutex // guards dead
	dead bool
	died chan struct{}
}

// NewMortal returns a sink that dies when at says so of a place: a load.Step, "before insert", "after insert",
// "before table NAME", "after table NAME".
func NewMortal(sink Counted, at func(where string) bool) *Mortal {
	m := &Mortal{Counted: sink, at: at, died: make(chan struct{})}
	return m
}

// Died is closed at the kill.
func (m *Mortal) Died() <-chan struct{} { return m.died }

func (m *Mortal) pass(where string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.dead && m.at(where) {
		m.dead = true
		close(m.died)
	}
	if m.dead {
		return fmt.Errorf("%s: %w", where, errKilled)
	}
	return nil
}

// Hook is the loader's.
func (m *Mortal) Hook(s load.Step) error { return m.pass(string(s)) }

// Insert is load.Sink's, with a kill before, between the tables where the sink lets it, or after.
func (m *Mortal) Insert(ctx context.Context, l load.Load, facts []fact.Fact) error {
	if err := m.pass("before insert"); err != nil {
		return err
	}
	if err := m.Counted.Insert(ctx, l, facts); err != nil {
		return err
	}
	return m.pass("after insert")
}

// Once returns a condition that is true at the nth visit of a place.
func Once(where string, nth int) func(string) bool {
	return func(at string) bool {
		if at == where {
			nth--
		}
		return at == where && nth == 0
	}
}

// Suite runs every check against fresh brokers and sinks.
func Suite(t *testing.T, node func(testing.TB) Node, sink func(testing.TB) Counted) {
	t.Run("KillAtEveryStep", func(t *testing.T) { KillAtEveryStep(t, node(t), sink(t), nil) })
	t.Run("Rebalance", func(t *testing.T) { Rebalance(t, node(t), sink(t)) })
	t.Run("BrokerRestart", func(t *testing.T) { BrokerRestart(t, node(t), sink(t)) })
	t.Run("WipedBroker", func(t *testing.T) { WipedBroker(t, node(t), sink(t)) })
	t.Run("Repeats", func(t *testing.T) { Repeats(t, node(t), sink(t)) })
}

// Steps lists the places where KillAtEveryStep kills.
func Steps() []string {
	return []string{
		string(load.BeforePlan), string(load.AfterPlan), string(load.BeforeInsert), "before insert", "after insert",
		string(load.AfterInsert), string(load.BeforeSettle), string(load.AfterSettle),
	}
}

// KillAtEveryStep kills a loader at each step in turn while facts come, and starts the next. more names places of the
// sink's own.
func KillAtEveryStep(t testing.TB, node Node, sink Counted, more []string) {
	r := NewRig(t, node, sink)
	for _, where := range append(Steps(), more...) {
		mortal := NewMortal(sink, Once(where, 1))
		if s, ok := sink.(interface {
			SetFault(func(string, bool) error)
		}); ok {
			s.SetFault(mortal.TableFault)
		}
		l := r.Load(mortal, mortal.Hook)
		r.Make(60)
		select {
		case <-mortal.Died():
		case <-after(Patience):
			t.Fatalf("loader never came to: %s", where)
		}
		l.Stop()
		r.Make(7)
	}
	if s, ok := sink.(interface {
		SetFault(func(string, bool) error)
	}); ok {
		s.SetFault(nil)
	}
	r.Load(sink, nil)
	r.WaitLoaded()
}

// TableFault kills between the tables of one insert.
func (m *Mortal) TableFault(table string, done bool) error {
	if done {
		return m.pass("after table " + table)
	}
	return m.pass("before table " + table)
}

// Rebalance lets loaders join and leave while facts come.
func Rebalance(t testing.TB, node Node, sink Counted) {
	r := NewRig(t, node, sink)
	first := r.Load(sink, nil)
	r.Make(300)
	r.WaitLoaded()
	second := r.Load(sink, nil)
	r.Make(300)
	third := r.Load(sink, nil)
	r.Make(300)
	r.WaitLoaded()
	first.Stop()
	r.Make(300)
	second.Stop()
	r.Make(300)
	r.WaitLoaded()
	fourth := r.Load(sink, nil)
	third.Stop()
	r.Make(300)
	r.WaitLoaded()
	fourth.Stop()
}

// BrokerRestart takes the broker down and up while facts come.
func BrokerRestart(t testing.TB, node Node, sink Counted) {
	r := NewRig(t, node, sink)
	r.Load(sink, nil)
	for range 2 {
		r.Make(200)
		r.WaitLoaded()
		node.Down()
		r.Make(200)
		node.Up()
		r.WaitLoaded()
	}
}

// WipedBroker replaces the broker by an empty one while a plan is half done and facts are unread: nothing is loaded
// until the new log is accepted, and then everything is there once.
func WipedBroker(t testing.TB, node Node, sink Counted) {
	r := NewRig(t, node, sink)
	l := r.Load(sink, nil)
	r.Make(200)
	r.WaitLoaded()
	l.Stop()

	// The last plan of the old cluster: some tables have it, table loads does not.
	mortal := NewMortal(sink, func(where string) bool { return where == "after table "+TableEvents || where == "before insert" })
	if s, ok := sink.(interface {
		SetFault(func(string, bool) error)
	}); ok {
		mortal.at = Once("after table "+TableEvents, 1)
		s.SetFault(mortal.TableFault)
		defer s.SetFault(nil)
	}
	l = r.Load(mortal, mortal.Hook)
	r.Make(100)
	<-mortal.Died()
	l.Stop()
	if s, ok := sink.(interface {
		SetFault(func(string, bool) error)
	}); ok {
		s.SetFault(nil)
	}

	node.Down()
	node.Wipe()
	node.Up()
	r.Make(100)
	l = r.Load(sink, nil)
	topics := []string{fact.TopicContacts, fact.TopicAgents}
	r.Until("both partitions stopped", func() bool { return Sum(t, l.Registry, "firstline_load_stopped") == 2 })
	health := fmt.Sprint(l.Health())
	for _, topic := range topics {
		if want := "run `firstline load accept --topic " + topic + " --partition 0`"; !strings.Contains(health, want) {
			t.Errorf("health does not say %s: %s", want, health)
		}
		r.Accept(topic)
	}
	r.WaitLoaded()
	r.Until("nothing is wrong any more", func() bool { return len(l.Health()) == 0 })
	if _, err := load.Accept(t.Context(), r.Conf, r.Cluster(), sink, topics[0], 0); !errors.Is(err, load.ErrNothingToAccept) {
		t.Errorf("accepting once more: %v, want %v", err, load.ErrNothingToAccept)
	}
	r.Make(100)
	r.WaitLoaded()
}

// Accept accepts the log of a topic as an operator would.
func (r *Rig) Accept(topic string) {
	r.T.Helper()
	if _, err := load.Accept(context.Background(), r.Conf, r.Cluster(), r.Sink, topic, 0); err != nil {
		r.T.Fatal(err)
	}
}

// Repeats publishes everything three times over, as publishers do that lost their position.
func Repeats(t testing.TB, node Node, sink Counted) {
	r := NewRig(t, node, sink)
	l := r.Load(sink, nil)
	for range 3 {
		r.Make(100)
		stop := r.Publish(r.Log, filepath.Join(t.TempDir(), "published"))
		r.WaitLoaded()
		stop()
	}
	r.Make(100)
	r.WaitLoaded()
	r.Until("repeats counted", func() bool { return Sum(t, l.Registry, "firstline_load_repeats_total") >= 100 })
	if n := Sum(t, l.Registry, "firstline_load_missing_total"); n != 0 {
		t.Errorf("%v positions counted as missing, want none", n)
	}
}

var _ Node = (*kafkatest.Node)(nil)
