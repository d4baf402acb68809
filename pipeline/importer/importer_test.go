package importer

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/fact"
	"firstline/pipeline/history"
	"firstline/pipeline/log"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// site is the folder of one exchange, over several imports.
type site struct {
	t   testing.TB
	dir string
}

// input is a file in memory.
func input(name string, text []byte) Input {
	return Input{Name: name, Size: int64(len(text)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }}
}

func config(final bool, files ...Input) Config {
	return Config{Files: files, Zone: time.UTC, Final: final, History: history.Config{
		Node: "old", Agents: map[string]string{"bert b": "bert"}, Queues: map[string]string{"500": "first"},
	}}
}

// open opens the journal with its log running, until stop is called.
func (s site) open() (j *Journal, stop func()) {
	s.t.Helper()
	logs := log.DefaultConfig()
	logs.ReserveBytes, logs.ExtendBytes = 0, 0
	j, err := OpenJournal(s.dir, "import/old", logs, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- j.Log.Run(ctx) }()
	return j, func() {
		cancel()
		if err := errors.Join(<-done, j.Close()); err != nil {
			s.t.Fatal(err)
		}
	}
}

// run imports files, and returns the log's facts and the summary.
func (s site) run(cfg Config) ([]fact.Fact, Summary, *Journal, error) {
	s.t.Helper()
	return s.with(func(j *Journal) (Summary, error) { return Run(context.Background(), cfg, j, nil, nil) })
}

// with runs an import, and returns the log's facts and the summary.
func (s site) with(run func(*Journal) (Summary, error)) ([]fact.Fact, Summary, *Journal, error) {
	s.t.Helper()
	j, stop := s.open()
	defer stop()
	sum, failed := run(j)
	var facts []fact.Fact
	for uint64(len(facts)) < j.Log.Position() {
		more, err := j.Log.Read(context.Background(), uint64(len(facts)), 5000)
		if err != nil {
			s.t.Fatal(err)
		}
		facts = append(facts, more...)
	}
	return facts, sum, j, failed
}

// must imports files without an error.
func (s site) must(cfg Config) []fact.Fact {
	s.t.Helper()
	facts, _, _, err := s.run(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return facts
}

// printed are facts to read and compare, by subject.
func printed(t testing.TB, facts []fact.Fact) []string {
	t.Helper()
	facts = slices.Clone(facts)
	slices.SortStableFunc(facts, func(a, b fact.Fact) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Sequence, b.Sequence))
	})
	var out []string
	for _, f := range facts {
		body, err := json.Marshal(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %s %d %s %s", f.Time.Format("15:04:05.000"), f.Subject, f.Sequence, f.Type, body))
	}
	return out
}

// TestGolden shows what lines become: a day as they are, and every event and oddity there is.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.log")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			facts, sum, _, err := site{t, t.TempDir()}.run(config(strings.Contains(path, "odd"), input(filepath.Base(path), text)))
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			sum.Print(&b)
			got := strings.Join(printed(t, facts), "\n") + "\n\n" + b.String()
			golden := strings.TrimSuffix(path, ".log") + ".golden"
			if *rewrite {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got != string(want) {
				t.Errorf("%s differs, run go test -rewrite and read the difference: %v\n%s", golden, err, got)
			}
		})
	}
}
