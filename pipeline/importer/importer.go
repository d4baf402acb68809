// Package importer brings an Asterisk site's past in: it reads queue_log in all its forms, lets pipeline/history turn the
// lines into facts, and publishes these through Kafka as any process publishes its log.
//
// `firstline import` runs it; it is a tool and no role. Each exchange (Config.Node) has a folder of its own under data/import:
// a record of what was taken in, which stays, and a log, which is deleted when all of it is loaded. The record is what makes
// an import that is repeated, killed or overlapping give the same numbers: docs/adr/0028.
//
// It decides nothing about calls (history does), and writes no table (pipeline/load does).
package importer

import (
	"context"
	"fmt"
	"io"
	"time"

	"firstline/pipeline/history"
)

// Config is one import.
type Config struct {
	Files   []Input
	Zone    *time.Location // of times without one, in the SQL form
	History history.Config
	Final   bool // nothing comes after these files: what is open is ended
}

// Input is a file to read. Open gives its content from the beginning, still compressed; it is called several times.
type Input struct {
	Name string
	Size int64 // bytes, as far as known
	Open func() (io.ReadCloser, error)
}

// Sink takes the parts that the lines give, in order.
type Sink interface {
	// Begin is how the last import ended.
	Begin() history.State
	// Put makes parts durable; it may wait for readers that lag behind.
	Put(ctx context.Context, parts []history.Part) error
	// End keeps how this import ended.
	End(ctx context.Context, s history.State) error
}

// batch is about how many facts are put at once.
const batch = 5000

// Run reads the files and gives their facts to the sink. Told is called now and then with how far it is. The summary is
// valid also beside an error: it tells what was done before.
func Run(ctx context.Context, cfg Config, sink Sink, notes func(history.Note, string), told func(Progress)) (Summary, error) {
	s := newSummary()
	note := func(n history.Note, file string) {
		s.add(n, file)
		if notes != nil {
			notes(n, file)
		}
	}
	parts, err := scan(ctx, cfg, told)
	if err != nil {
		return s, err
	}
	s.Files = len(cfg.Files)
	begin := sink.Begin()
	fold := history.New(cfg.History, begin)
	m := newMerge(cfg, parts, begin.Lines, note)
	defer m.close()
	w := &worker{cfg: cfg, sink: sink, fold: fold, merge: m, note: note, told: told, summary: &s, began: time.Now(), total: total(parts)}
	if err := w.run(ctx); err != nil {
		return s, err
	}
	return s, nil
}

// worker is one import under way.
type worker struct {
	cfg     Config
	sink    Sink
	fold    *history.Fold
	merge   *merge
	note    func(history.Note, string)
	told    func(Progress)
	summary *Summary
	began   time.Time
	total   int64
	parts   []history.Part
	facts   int
}

func (w *worker) run(ctx context.Context) error {
	for {
		at, lines, ok, err := w.merge.second()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		w.fold.Second(at, lines)
		if err := w.take(ctx, batch); err != nil {
			return err
		}
	}
	if w.cfg.Final {
		w.fold.Finish()
	}
	if err := w.take(ctx, 0); err != nil {
		return err
	}
	if err := w.sink.End(ctx, w.fold.State()); err != nil {
		return err
	}
	w.progress()
	w.summary.Lines = w.merge.read
	w.summary.Counts = w.merge.counts(w.fold.Counts())
	w.summary.Busy, w.summary.Open = w.fold.Open()
	w.summary.From, w.summary.Until = w.merge.from, w.merge.until
	return nil
}

// take collects what the fold gives and puts it away once there is enough of it.
func (w *worker) take(ctx context.Context, enough int) error {
	parts, notes := w.fold.Taken()
	for _, n := range notes {
		w.note(n, nameOf(w.cfg.Files, n.File))
	}
	w.parts = append(w.parts, parts...)
	for _, p := range parts {
		w.facts += len(p.Facts)
		w.summary.made(p)
	}
	if w.facts < enough || len(w.parts) == 0 {
		return ctx.Err()
	}
	if err := w.sink.Put(ctx, w.parts); err != nil {
		return fmt.Errorf("keep what was read up to %s: %w", w.merge.until.Format(time.RFC3339), err)
	}
	w.parts, w.facts = nil, 0
	w.progress()
	return ctx.Err()
}

func (w *worker) progress() {
	if w.told != nil {
		w.told(Progress{Lines: w.merge.read, Total: w.total, Since: w.began, At: w.merge.until})
	}
}

// Progress is how far an import is.
type Progress struct {
	Scanning bool      // the files are being looked through
	Lines    int64     // read
	Total    int64     // in all; 0 = not known yet
	Since    time.Time // of the reading
	At       time.Time // the log's time
}
