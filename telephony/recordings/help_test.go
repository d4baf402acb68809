package recordings

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/telephony/callcenter"
)

// asterisk is a Source in memory.
type asterisk struct {
	mu      sync.Mutex // guards all below
	files   map[string][]byte
	calls   []string                                     // "fetch in", "delete in"
	trouble func(ctx context.Context, call string) error // asked before each call; nil = none
}

var _ Source = (*asterisk)(nil)

func (a *asterisk) begin(ctx context.Context, call string) error {
	a.mu.Lock()
	a.calls = append(a.calls, call)
	trouble := a.trouble
	a.mu.Unlock()
	if trouble == nil {
		return ctx.Err()
	}
	return trouble(ctx, call)
}

// FetchRecording implements Source.
func (a *asterisk) FetchRecording(ctx context.Context, name string, to io.Writer) error {
	if err := a.begin(ctx, "fetch "+name); err != nil {
		_, _ = io.WriteString(to, "RIFF") // a part of it has come
		return err
	}
	a.mu.Lock()
	file, ok := a.files[name]
	a.mu.Unlock()
	if !ok {
		return fmt.Errorf("%s: %w", name, ErrNoRecording)
	}
	_, err := to.Write(file)
	return err
}

// DeleteRecording implements Source.
func (a *asterisk) DeleteRecording(ctx context.Context, name string) error {
	if err := a.begin(ctx, "delete "+name); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.files, name)
	return nil
}

// said returns the calls since it was asked last.
func (a *asterisk) said() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	calls := a.calls
	a.calls = nil
	return calls
}

// inbox is a Sink.
type inbox struct {
	mu     sync.Mutex
	events []callcenter.Event
}

func (i *inbox) Put(_ time.Time, e callcenter.Event) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.events = append(i.events, e)
}

func (i *inbox) take() []callcenter.Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	events := i.events
	i.events = nil
	return events
}

// site is a Keeper at work.
type site struct {
	*Keeper
	asterisk *asterisk
	inbox    *inbox
	root     string
	stop     func()
}

// within runs a test in a time of its own, which begins at 2000-01-01.
func within(t *testing.T, test func(t *testing.T, s *site)) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Dir = filepath.Join(t.TempDir(), "recordings")
		s := open(t, cfg, &asterisk{files: map[string][]byte{}})
		s.run(t)
		synctest.Wait() // it has looked for what is to be removed
		test(t, s)
	})
}

func open(t *testing.T, cfg Config, a *asterisk) *site {
	t.Helper()
	in := &inbox{}
	k, err := New(cfg, a, in, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return &site{Keeper: k, asterisk: a, inbox: in, root: cfg.Dir}
}

func (s *site) run(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(s.stop)
}

// again is the same site after a restart.
func (s *site) again(t *testing.T) *site {
	t.Helper()
	s.stop()
	next := open(t, s.cfg, s.asterisk)
	next.run(t)
	return next
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

const id = "pbx1-1763838123.4/r1"

func until() time.Time { return time.Date(2000, 1, 31, 12, 0, 0, 0, time.UTC) }

func command(offset time.Duration) callcenter.StoreRecording {
	return callcenter.StoreRecording{
		Head: callcenter.Head{Contact: "pbx1-1763838123.4"}, Recording: id, In: "in", Out: "out", Offset: offset, KeepUntil: until()}
}

// do has a command done as far as it gets without time passing.
func (s *site) do(c callcenter.StoreRecording) []callcenter.Event {
	s.Do(c)
	synctest.Wait()
	return s.inbox.take()
}

// doAll has a command done of which Asterisk doesn't have both sides: they may still come.
func (s *site) doAll(t *testing.T, c callcenter.StoreRecording) []callcenter.Event {
	t.Helper()
	if events := s.do(c); len(events) > 0 {
		t.Fatalf("told %v at once", events)
	}
	pass(beginLimit - time.Second)
	if events := s.inbox.take(); len(events) > 0 {
		t.Fatalf("told %v before the time for it to begin was over", events)
	}
	pass(2 * time.Second) // the usual pauses add up to 31 s
	return s.inbox.take()
}

// one is the only event, of this kind.
func one[T callcenter.Event](t *testing.T, events []callcenter.Event) T {
	t.Helper()
	if len(events) == 1 {
		if e, ok := events[0].(T); ok {
			return e
		}
	}
	t.Fatalf("got %#v", events)
	panic("unreachable")
}

// read is the file kept.
func (s *site) read(t *testing.T, id string) []byte {
	t.Helper()
	file, err := s.dir.Open(id, until())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// names are those of all files below the root.
func (s *site) names(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(s.root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all = append(all, e.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// count checks a counter or gauge.
func count(t *testing.T, what string, c prometheus.Collector, want float64) {
	t.Helper()
	if got := testutil.ToFloat64(c); got != want {
		t.Errorf("%s: %v counted, want %v", what, got, want)
	}
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// mono is a WAV as Asterisk writes it.
func mono(samples ...int16) []byte { return append(header(int64(len(samples)), 1), pcm(samples)...) }

func pcm(samples []int16) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, samples)
	return b.Bytes()
}

// frames are the samples of a WAV of two channels, left and right by turns.
func frames(t *testing.T, file []byte) []int16 {
	t.Helper()
	w, err := readWave(bytes.NewReader(file), int64(len(file)), 2)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]int16, 2*w.frames)
	if err := binary.Read(w.samples, binary.LittleEndian, out); err != nil {
		t.Fatal(err)
	}
	return out
}
