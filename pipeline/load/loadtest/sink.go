// Package loadtest checks that a loader counts once: a reference sink, and a suite that stops, kills and disturbs loaders
// in every way pipeline/load has an answer to. The suite runs against any Kafka and any sink; analytics/store is checked
// with it too. It is never part of the product.
package loadtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

// TableEvents gets every fact.
const TableEvents = "events"

// Sink is a test double: tables in memory with ClickHouse's rules for insert_deduplication_token. An insert into a table
// is atomic, a token the table has seen among its last Window inserts drops the whole insert, an older one is forgotten,
// and an engine that is killed at the wrong moment (Break) knows a token without having its rows.
// The suite runs beside it against the real engine (analytics/store), which is what counts.
type Sink struct {
	// Window is how many tokens each table remembers; 0 is 10000.
	Window int

	mu     sync.Mutex // guards the rest
	fault  func(table string, after bool) error
	broken string // the next insert into this table notes its token and nothing else
	tables map[string]*table
	loads  []load.Load
}

type table struct {
	rows   []fact.Fact
	tokens []string
}

var _ load.Sink = (*Sink)(nil)

// Insert follows the contract of load.Sink.
func (s *Sink) Insert(_ context.Context, l load.Load, facts []fact.Fact) error {
	byTable := map[string][]fact.Fact{}
	for _, f := range facts {
		byTable[TableEvents] = append(byTable[TableEvents], f)
		byTable[string(f.Type)] = append(byTable[string(f.Type)], f)
	}
	for _, name := range order(byTable) {
		err := s.around(name, func() error { return s.insert(name, l, byTable[name]) })
		if err != nil {
			return err
		}
	}
	return s.around(load.TableLoads, func() error { return s.note(l) })
}

// Break makes the next insert into a table fail after its token was noted and before its rows were.
func (s *Sink) Break(table string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = table
}

var errBroken = errors.New("the engine was killed")

// breaks says whether this insert is the one that Break was about.
func (s *Sink) breaks(name string) bool {
	if s.broken != name {
		return false
	}
	s.broken = ""
	return true
}

func (s *Sink) note(l load.Load) error {
	noted := func() bool {
		return slices.ContainsFunc(s.loads, func(o load.Load) bool {
			return o.Topic == l.Topic && o.Partition == l.Partition && o.Number == l.Number
		})
	}
	tokens := []string{l.Token(load.TableLoads)}
	if l.Check {
		tokens = append(tokens, tokens[0]+"/again")
	}
	for _, token := range tokens {
		if l.Check && noted() || !s.accepts(load.TableLoads, token) {
			continue
		}
		if s.breaks(load.TableLoads) {
			return errBroken
		}
		row := l
		row.Check = false
		s.loads = append(s.loads, row)
	}
	return nil
}

// order puts events first.
func order(byTable map[string][]fact.Fact) []string {
	names := make([]string, 0, len(byTable))
	for name := range byTable {
		if name != TableEvents {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) > 0 {
		names = append([]string{TableEvents}, names...)
	}
	return names
}

func (s *Sink) around(name string, do func() error) error {
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	if fault != nil {
		if err := fault(name, false); err != nil {
			return fmt.Errorf("before %s: %w", name, err)
		}
	}
	s.mu.Lock()
	err := do()
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("insert into %s: %w", name, err)
	}
	if fault != nil {
		if err := fault(name, true); err != nil {
			return fmt.Errorf("after %s: %w", name, err)
		}
	}
	return nil
}

// SetFault has f called before and after the insert into each table; an error fails Insert there. nil ends it.
func (s *Sink) SetFault(f func(table string, after bool) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

func (s *Sink) insert(name string, l load.Load, facts []fact.Fact) error {
	tokens := []string{l.Token(name)}
	if l.Check {
		tokens = append(tokens, tokens[0]+"/again")
	}
	for _, token := range tokens {
		if l.Check {
			facts = s.lacking(name, facts)
		}
		if len(facts) == 0 || !s.accepts(name, token) {
			continue
		}
		if s.breaks(name) {
			return errBroken
		}
		s.tables[name].rows = append(s.tables[name].rows, facts...)
	}
	return nil
}

// lacking returns the facts that the table does not have.
func (s *Sink) lacking(name string, facts []fact.Fact) []fact.Fact {
	has := map[Key]bool{}
	if t := s.tables[name]; t != nil {
		for _, f := range t.rows {
			has[KeyOf(f)] = true
		}
	}
	var out []fact.Fact
	for _, f := range facts {
		if !has[KeyOf(f)] {
			out = append(out, f)
		}
	}
	return out
}

// accepts remembers the token and says whether it is new, as far as the table remembers.
func (s *Sink) accepts(name, token string) bool {
	if s.tables == nil {
		s.tables = map[string]*table{}
	}
	t := s.tables[name]
	if t == nil {
		t = &table{}
		s.tables[name] = t
	}
	if slices.Contains(t.tokens, token) {
		return false
	}
	t.tokens = append(t.tokens, token)
	window := s.Window
	if window == 0 {
		window = 10_000
	}
	if n := len(t.tokens); n > window {
		t.tokens = t.tokens[n-window:]
	}
	return true
}

// LastLoad follows the contract of load.Sink.
func (s *Sink) LastLoad(_ context.Context, topic string, partition int) (load.Load, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var last load.Load
	found := false
	for _, l := range s.loads {
		if l.Topic == topic && l.Partition == partition && l.Number >= last.Number {
			last, found = l, true
		}
	}
	return last, found, nil
}

// Reached follows the contract of load.Sink.
func (s *Sink) Reached(context.Context) ([]load.Mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	type log struct{ source, epoch string }
	highest := map[log]uint64{}
	if t := s.tables[TableEvents]; t != nil {
		for _, f := range t.rows {
			k := log{f.Source, f.Epoch}
			highest[k] = max(highest[k], f.Position)
		}
	}
	var out []load.Mark
	for k, p := range highest {
		out = append(out, load.Mark{Source: k.source, Epoch: k.epoch, Position: p})
	}
	return out, nil
}

// Key names a fact.
type Key struct {
	Source   string
	Epoch    string
	Position uint64
}

// KeyOf names a fact.
func KeyOf(f fact.Fact) Key { return Key{f.Source, f.Epoch, f.Position} }

// Counts returns how often each fact is in the table.
func (s *Sink) Counts(_ context.Context, name string) (map[Key]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[Key]int{}
	if t := s.tables[name]; t != nil {
		for _, f := range t.rows {
			out[KeyOf(f)]++
		}
	}
	return out, nil
}

// Loads returns the rows of table loads of a topic, in order.
func (s *Sink) Loads(topic string) []load.Load {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []load.Load
	for _, l := range s.loads {
		if l.Topic == topic {
			out = append(out, l)
		}
	}
	return out
}
