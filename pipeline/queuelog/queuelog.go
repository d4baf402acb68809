// Package queuelog writes what happens to calls and agents as an Asterisk app_queue would, into a queue_log, so that report
// tools made for app_queue go on working.
//
// It follows the controller's facts by position, translates them (Translator, pure) and appends the lines to a file
// (Recorder). cmd/firstline runs it as a role of its own. It needs neither Kafka nor ClickHouse, decides nothing, and is
// not the truth about anything: what app_queue has no event for is not in it. docs/queue-log.md tells which event is written
// when.
//
// Each batch of lines goes through four steps: the state with the lines in it is saved, the lines are appended, they are
// synced, and with the next batch (or after a quiet second) the state says so. After kill -9 between any two of them the
// file itself tells how many of the lines are there, and only the rest is written.
package queuelog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
	"firstline/pipeline/trouble"
)

// Options are what a Recorder gets from outside.
type Options struct {
	Folder     string // of its state, made when missing; one process at a time
	Controller controllerclient.Config
	Log        *slog.Logger
	Registry   prometheus.Registerer
}

// batchFacts is the most facts of one batch.
const batchFacts = 500

// patience is how long something may fail before it is told: at a start the controller may come a moment later.
const patience = 2 * time.Second

// Recorder follows the facts and writes the file. Run it once; Ready may be called from any goroutine.
type Recorder struct {
	cfg     Config
	folder  string
	client  *controllerclient.Client
	log     *slog.Logger
	metrics *metrics
	trouble *trouble.Trouble
	odd     *trouble.Trouble // with facts that can't be read

	// All below belongs to Run.
	store   *store
	out     output
	saved   saved       // as on disk
	next    saved       // with the facts of the batch in hand
	lines   []byte      // of that batch
	events  []string    // of its lines
	facts   int         // in it
	t       *Translator // its state is next's
	pending *fact.Snapshot
	asked   time.Time // when the last snapshot was asked for
}

// New checks the configuration. Nothing is touched before Run.
func New(cfg Config, o Options) (*Recorder, error) {
	if cfg.File == "" {
		return nil, errors.New("queue_log.file is empty: name the file to write")
	}
	if problems := cfg.Validate(); len(problems) > 0 {
		return nil, errors.New("queue_log." + problems[0].Path + " " + problems[0].Message)
	}
	return &Recorder{
		cfg: cfg, folder: o.Folder, client: controllerclient.New(o.Controller), log: o.Log, metrics: newMetrics(o.Registry), trouble: trouble.New(patience),
		odd: trouble.New(0), out: output{path: cfg.File},
	}, nil
}

// Ready says since when and why nothing is written; nil = all that happened is.
func (r *Recorder) Ready() error {
	since, err := r.trouble.Now()
	if since.IsZero() {
		return nil
	}
	return fmt.Errorf("queue_log is not written since %s, its lines come later: %w", since.UTC().Format(time.RFC3339), err)
}

// Run writes until ctx ends. It returns an error at once when another process has the state or it can't be read; everything
// else is tried again, from what is on disk.
func (r *Recorder) Run(ctx context.Context) (err error) {
	if r.store, err = openStore(r.folder); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.store.close()) }()
	defer r.client.Close()
	defer r.out.close()
	if _, err := r.store.load(); err != nil {
		return err
	}
	r.client.Follow(ctx, r.follow, func(err error) (soon bool) {
		if ctx.Err() != nil {
			return false
		}
		r.metrics.failures.WithLabelValues(cause(err)).Inc()
		if told := r.trouble.Failed(err); told != nil {
			r.log.Warn("queue_log is not written until this is over", told...)
		}
		return false
	})
	return nil
}

// cause sorts failures for the counter.
func cause(err error) string {
	var path *os.PathError
	switch {
	case errors.As(err, &path):
		return "file"
	case errors.Is(err, controllerclient.ErrSilent):
		return "silent"
	case errors.Is(err, controllerclient.ErrNotReady):
		return "not_ready"
	case errors.Is(err, controllerclient.ErrEnded):
		return "ended"
	default:
		return "controller"
	}
}
