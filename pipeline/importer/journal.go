package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/fact"
	"firstline/pipeline/history"
	"firstline/pipeline/log"
	"firstline/pipeline/log/disk"
)

// Names in the folder of an exchange.
const (
	lockFile  = "lock"
	indexFile = "index"
	stateFile = "state.json"
	logFolder = "log"
	published = "published.json"
)

// Journal keeps what was taken in from one exchange, and passes on what is new. It is the Sink of Run.
//
// New facts and what they mean for the record are one record of the log: after kill -9 either both are there or neither.
type Journal struct {
	dir   string
	lock  io.Closer
	Log   *log.Log
	index *index
	state history.State

	// Wait is called when facts are durable, now and then and at the end: it returns when readers have them. Nil waits for none.
	Wait func(ctx context.Context) error
	Most int // facts on their way to readers at a time; Kafka keeps them no longer than it must

	open    map[string]*progress // contacts of this run that are not over
	unread  int                  // facts since readers had all
	New     int64                // facts that were new
	Known   int64                // facts that an earlier import had taken in
	Clashes []string             // contacts that an earlier import took in with other contents: the first ones
	Clashed int64                // all of them
}

// progress is how far a contact's facts came by in this run.
type progress struct {
	facts uint32
	sum   uint64
	clash bool
}

// private is what stands beside the facts in a record of the log.
type private struct {
	Marks  []mark                    `json:"m,omitempty"`
	Agents map[string]*history.Agent `json:"a,omitempty"`
}

// mostUnread is Journal.Most unless it is set.
const mostUnread = 200_000

// Exists tells whether something was imported from an exchange into this folder.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, indexFile))
	return err == nil
}

// OpenJournal opens the folder of an exchange. One process has it at a time.
func OpenJournal(dir, source string, cfg log.Config, logger *slog.Logger, reg prometheus.Registerer) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	lock, err := disk.Real{}.Lock(filepath.Join(dir, lockFile))
	if errors.Is(err, disk.ErrLocked) {
		return nil, fmt.Errorf("another import of the same node is running; wait for it, or give another --node: %w", err)
	}
	if err != nil {
		return nil, err
	}
	j := &Journal{dir: dir, lock: lock, Most: mostUnread, open: map[string]*progress{}}
	if err := j.load(source, cfg, logger, reg); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

func (j *Journal) load(source string, cfg log.Config, logger *slog.Logger, reg prometheus.Registerer) (err error) {
	if j.index, err = openIndex(filepath.Join(j.dir, indexFile)); err != nil {
		return err
	}
	if j.state, err = readState(j.dir); err != nil {
		return err
	}
	if j.state.Agents == nil {
		j.state.Agents = map[string]*history.Agent{}
	}
	cfg.Dir, cfg.Source, cfg.Stateless = filepath.Join(j.dir, logFolder), source, true
	if j.Log, err = log.Open(cfg, logger, reg); err != nil {
		return err
	}
	return j.Log.Restore(func([]byte) error { return nil }, j.restore)
}

// readState is how the last import ended.
func readState(dir string) (s history.State, err error) {
	text, err := os.ReadFile(filepath.Join(dir, stateFile)) //nolint:gosec // the operator's own data folder
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("read how the last import ended: %w", err)
	}
	return s, nil
}

// restore takes over what a killed import had put into the log.
func (j *Journal) restore(b []byte) error {
	var p private
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	for id, a := range p.Agents {
		if old := j.state.Agents[id]; old == nil || old.Sequence < a.Sequence {
			j.state.Agents[id] = a
		}
	}
	return j.index.add(p.Marks)
}

// Begin is how the last import ended.
func (j *Journal) Begin() history.State { return j.state }

// Published is where the publisher keeps its position.
func (j *Journal) Published() string { return filepath.Join(j.dir, published) }

// Put appends what is new to the log.
func (j *Journal) Put(ctx context.Context, parts []history.Part) error {
	var facts []fact.Fact
	p := private{Agents: map[string]*history.Agent{}}
	for _, part := range parts {
		if part.Agent != nil {
			facts = append(facts, part.Facts...)
			p.Agents[part.Subject] = part.Agent
			continue
		}
		added, m, err := j.newOf(part)
		if err != nil {
			return err
		}
		if len(added) > 0 {
			facts, p.Marks = append(facts, added...), append(p.Marks, m)
		}
		if len(added) > 0 && part.By != history.ByQueueLog {
			for _, id := range append([]string{part.Subject}, part.Others...) {
				p.Marks = append(p.Marks, mark{Contact: sumOf(toldBy(part.By, id)), Facts: 1})
			}
		}
	}
	if len(facts) == 0 {
		return nil
	}
	beside, err := json.Marshal(p)
	if err != nil {
		return err
	}
	at, _, err := j.Log.Append(log.Record{Facts: facts, Private: beside})
	if err != nil {
		return err
	}
	if err := j.Log.Wait(ctx, at); err != nil {
		return err
	}
	if err := j.index.add(p.Marks); err != nil {
		return err
	}
	j.New += int64(len(facts))
	if j.unread += len(facts); j.unread >= j.Most {
		return j.wait(ctx)
	}
	return nil
}

func (j *Journal) wait(ctx context.Context) error {
	if j.Wait == nil {
		return nil
	}
	if err := j.Wait(ctx); err != nil {
		return err
	}
	j.unread = 0
	return nil
}

// newOf are the facts of a contact that were not taken in before. A contact that was, with other contents, stays as it was.
func (j *Journal) newOf(part history.Part) ([]fact.Fact, mark, error) {
	m := j.known(part.Subject)
	at := j.open[part.Subject]
	if at == nil {
		at = &progress{}
		j.open[part.Subject] = at
	}
	var out []fact.Fact
	for _, f := range part.Facts {
		sum, err := after(at.sum, f)
		if err != nil {
			return nil, m, err
		}
		at.facts, at.sum = at.facts+1, sum
		if at.facts == m.Facts && at.sum != m.Sum {
			j.clash(part.Subject, at)
		}
		if at.facts > m.Facts && !at.clash {
			out = append(out, f)
		} else {
			j.Known++
		}
		if f.Type == fact.TypeContactEnded {
			delete(j.open, part.Subject)
		}
	}
	return out, mark{m.Contact, at.facts, at.sum}, nil
}

func (j *Journal) known(contact string) mark {
	sum := sumOf(contact)
	m := j.index.marks[sum]
	m.Contact = sum
	return m
}

// toldBy is what the record has beside a contact that queue_log did not tell of.
func toldBy(by history.Source, contact string) string { return string(by) + "/" + contact }

// Taken tells by whom a contact was taken in before, if it was.
func (j *Journal) Taken(contact string) (history.Taken, bool) { return j.index.taken(contact) }

func (j *Journal) clash(contact string, at *progress) {
	at.clash = true
	j.Clashed++
	if len(j.Clashes) < shownFirst {
		j.Clashes = append(j.Clashes, contact)
	}
}

// End keeps how the import ended, and waits until readers have everything.
func (j *Journal) End(ctx context.Context, s history.State) error {
	if err := j.save(s); err != nil {
		return fmt.Errorf("keep how the import ended: %w", err)
	}
	return j.wait(ctx)
}

// save replaces the file so that after a crash either the old or the new one is there, whole.
func (j *Journal) save(s history.State) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	path := filepath.Join(j.dir, stateFile)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the operator's own data folder
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return disk.Real{}.SyncDir(j.dir)
}

// Forget deletes the log, whose facts carry callers' numbers. All of it must be loaded, and its Run have returned.
func (j *Journal) Forget() error {
	err := j.Log.Close()
	j.Log = nil
	return errors.Join(err, os.RemoveAll(filepath.Join(j.dir, logFolder)), ignoreMissing(os.Remove(j.Published())))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Close gives the folder back.
func (j *Journal) Close() error {
	var errs []error
	if j.Log != nil {
		errs = append(errs, j.Log.Close())
	}
	if j.index != nil {
		errs = append(errs, j.index.close())
	}
	return errors.Join(append(errs, j.lock.Close())...)
}

// Nowhere is a Sink that keeps nothing: what a file would give. The zero value knows of no earlier import.
type Nowhere struct {
	State history.State
	index index
}

// Peek is how the last import of an exchange into this folder ended, without anything being written.
func Peek(dir string) (n Nowhere, err error) {
	text, err := os.ReadFile(filepath.Join(dir, indexFile))
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	n.index.marks = marks(text)
	if err == nil {
		n.State, err = readState(dir)
	}
	return n, err
}

// Begin is how the last import ended.
func (n Nowhere) Begin() history.State { return n.State }

// Taken tells by whom a contact was taken in before, if it was.
func (n Nowhere) Taken(contact string) (history.Taken, bool) { return n.index.taken(contact) }

// Put drops the parts.
func (Nowhere) Put(context.Context, []history.Part) error { return nil }

// End drops the state.
func (Nowhere) End(context.Context, history.State) error { return nil }

var (
	_ Sink       = (*Journal)(nil)
	_ Sink       = Nowhere{}
	_ DetailSink = (*Journal)(nil)
	_ DetailSink = Nowhere{}
)
