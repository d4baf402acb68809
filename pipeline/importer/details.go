package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"firstline/pipeline/history"
)

// DetailConfig is one import of call detail records, or of events of CEL.
type DetailConfig struct {
	Form    Form // FormCDR or FormCEL
	Files   []Input
	Zone    *time.Location // of times without one
	Columns []string       // of the rows, in their order; nil = a first line names them, or the orders that Asterisk comes with
	Calls   history.Calls
	Final   bool // nothing comes after these files, and no queue_log of their time
}

// DetailSink takes what call detail records or events give.
type DetailSink interface {
	Sink
	// Taken tells by whom a contact was taken in before, if it was.
	Taken(contact string) (history.Taken, bool)
}

// ErrNoQueueLog says that nothing is known yet of the calls that were in queues.
var ErrNoQueueLog = errors.New("calls that were in a queue are told by queue_log, which was not imported yet for this node: " +
	"do that first (`firstline import queue-log`), or say --without-queue-log where the exchange has no queues")

// RunDetails reads the files and gives their calls' facts to the sink.
//
// They are read twice: first for how many rows each call has, then each call is given when its last row has come. So it does not
// matter in what order rows stand; Asterisk writes those of one call when all of it is over, some of them hours after they ended.
// Events are of one call when their channels have the same linkedid at any time: it changes when calls are brought together.
func RunDetails(ctx context.Context, cfg DetailConfig, sink DetailSink, notes func(history.Note, string), told func(Progress)) (Summary, error) {
	s := newSummary()
	s.Files = len(cfg.Files)
	d := &details{cfg: cfg, sink: sink, begin: sink.Begin(), summary: &s, notes: notes, told: told,
		rows: map[uint64]uint32{}, open: map[uint64][]history.Detail{}, calls: links{}, events: map[history.EventType]bool{}}
	if cfg.Calls.QueueLog && d.begin.Until.IsZero() {
		return s, ErrNoQueueLog
	}
	return s, d.run(ctx)
}

// details is an import under way.
type details struct {
	cfg     DetailConfig
	sink    DetailSink
	begin   history.State
	summary *Summary
	notes   func(history.Note, string)
	told    func(Progress)
	began   time.Time

	rows    map[uint64]uint32           // of each call, in all files
	open    map[uint64][]history.Detail // of the calls whose rows have not all come
	calls   links                       // ids by which events are of the same call
	events  map[history.EventType]bool  // that the files have
	waiting map[string]bool             // uniqueids in lines that an import of queue_log keeps
	latest  time.Time                   // end of any row
	lines   int64                       // of all files
	read    int64
	kept    []history.Detail
	parts   []history.Part
	facts   int
}

func (d *details) run(ctx context.Context) error {
	d.waiting = map[string]bool{}
	for _, l := range d.begin.Lines {
		d.waiting[l.Call] = true
	}
	if err := d.each(ctx, d.count); err != nil {
		return err
	}
	d.rows = d.calls.together(d.rows)
	d.logged()
	d.began = time.Now()
	if err := d.each(ctx, d.take); err != nil {
		return err
	}
	if err := d.put(ctx, 0); err != nil {
		return err
	}
	end := d.begin
	end.Details = append(d.others(), d.kept...)
	if err := d.sink.End(ctx, end); err != nil {
		return err
	}
	d.progress()
	return nil
}

// each calls do with the rows that an earlier import kept, and those of all files.
func (d *details) each(ctx context.Context, do func(context.Context, detailRow) error) error {
	for _, c := range d.begin.Details {
		if !d.own(c) {
			continue
		}
		c.Again, c.File = true, earlier
		if err := do(ctx, detailRow{Detail: c}); err != nil {
			return err
		}
	}
	for i, in := range d.cfg.Files {
		if err := d.eachOf(ctx, i, in, do); err != nil {
			return err
		}
	}
	return nil
}

// own tells whether a row that was kept is of the form that is imported.
func (d *details) own(c history.Detail) bool { return (c.Event != nil) == (d.cfg.Form == FormCEL) }

// others are the rows that imports of the other form keep.
func (d *details) others() (out []history.Detail) {
	for _, c := range d.begin.Details {
		if !d.own(c) {
			out = append(out, c)
		}
	}
	return out
}

func (d *details) eachOf(ctx context.Context, file int, in Input, do func(context.Context, detailRow) error) error {
	r, err := readDetails(in, d.cfg.Form, d.cfg.Columns, d.cfg.Zone)
	if err != nil {
		return err
	}
	defer r.close() //nolint:errcheck // read only
	for {
		row, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		row.File = file
		if err := do(ctx, row); err != nil {
			return err
		}
	}
}

const tellEvery = 4096 // rows

// count is the first reading.
func (d *details) count(ctx context.Context, r detailRow) error {
	if d.lines++; d.lines%tellEvery == 0 && d.told != nil {
		d.told(Progress{Scanning: true, Lines: d.lines})
	}
	if r.bad != nil {
		return ctx.Err()
	}
	d.rows[sumOf(r.Key())]++
	if r.Event != nil {
		d.calls.join(sumOf(r.Key()), sumOf(r.Unique))
		d.events[r.Event.Type] = true
	}
	if r.End.After(d.latest) {
		d.latest = r.End
	}
	return ctx.Err()
}

// logged tells of what cel.conf leaves out, without which nobody is said to have talked.
func (d *details) logged() {
	if d.events[history.EventAnswer] && !d.events[history.EventEnter] {
		d.note(history.Note{Level: history.Doubtful, Event: string(history.EventEnter), Reason: "not logged", File: every,
			Meaning: "calls were answered, and no event tells who was brought together: cel.conf has no BRIDGE_ENTER and BRIDGE_EXIT among its events, " +
				"and nobody counts as having talked; bring in the call detail records of that time instead"})
	}
}

// take is the second reading.
func (d *details) take(ctx context.Context, r detailRow) error {
	d.read++
	if !r.Again {
		d.summary.Lines++
	}
	if r.bad != nil {
		d.refuse(r)
		return ctx.Err()
	}
	if s := d.summary; s.From.IsZero() || r.Start.Before(s.From) {
		s.From = r.Start
	}
	d.summary.Until = d.latest
	key := d.calls.root(sumOf(r.Key()))
	d.open[key] = append(d.open[key], r.Detail)
	if rows := d.open[key]; len(rows) == int(d.rows[key]) {
		delete(d.open, key)
		d.call(rows)
	}
	return d.put(ctx, batch)
}

// refuse tells of a row that is none.
func (d *details) refuse(r detailRow) {
	level := history.Refused
	if r.cut {
		level = history.LeftOut
	}
	d.summary.Counts.Of(level)[r.Kind()]++
	d.note(history.Note{Level: level, Event: r.Kind(), Reason: r.bad.Reason, Meaning: r.bad.Meaning, Text: history.Masked(r.text), File: r.File, Line: r.Number})
}

func (d *details) note(n history.Note) {
	name := nameOf(d.cfg.Files, n.File)
	d.summary.add(n, name)
	if d.notes != nil {
		d.notes(n, name)
	}
}

// call gives a call of which all rows have come.
func (d *details) call(rows []history.Detail) {
	rows, again := history.Once(rows)
	d.summary.Counts.Repeated += again
	if d.early(rows) {
		d.kept = append(d.kept, rows...)
		d.summary.Kept++
		d.tally(rows, history.Told{})
		return
	}
	t := d.cfg.Calls.Call(rows, func(uniqueid string) (history.Taken, bool) {
		if d.waiting[uniqueid] {
			return history.Taken{By: history.ByQueueLog}, true
		}
		return d.sink.Taken(d.cfg.Calls.Node + "-" + uniqueid)
	})
	d.tally(rows, t)
	if t.Left {
		d.summary.Left[t.By]++
	}
	if len(t.Part.Facts) > 0 {
		d.parts, d.facts = append(d.parts, t.Part), d.facts+len(t.Part.Facts)
		d.summary.made(t.Part)
	}
}

// early tells whether more may be told of a call: by a row in the next file, or by queue_log.
func (d *details) early(rows []history.Detail) bool {
	if d.cfg.Final {
		return false
	}
	last := rows[0].End
	for _, r := range rows {
		if r.End.After(last) {
			last = r.End
		}
	}
	quiet := history.Quiet
	if !history.Over(rows) {
		quiet = history.Lost
	}
	return last.After(d.latest.Add(-quiet)) || d.cfg.Calls.QueueLog && last.After(d.begin.Until)
}

// tally counts the rows of a call, and tells what is odd about them.
func (d *details) tally(rows []history.Detail, t history.Told) {
	type place struct{ file, line int }
	noted := map[place]bool{}
	for _, n := range t.Notes {
		noted[place{n.File, n.Line}] = true
		d.note(n)
	}
	for _, r := range rows {
		for _, x := range r.Doubts {
			d.note(r.Note(history.Doubtful, x.Reason, x.Meaning))
		}
		if r.Again {
			continue
		}
		level := history.Understood
		switch {
		case t.Bad:
			level = history.Refused
		case t.Left:
			level = history.LeftOut
			reason, meaning := leftTo(t.By)
			d.note(r.Note(level, reason, meaning))
		case r.Silent():
			level = history.LeftOut
			d.note(r.Note(level, "no fact", "it is known, and no fact has what it says"))
		case len(r.Doubts) > 0 || noted[place{r.File, r.Number}]:
			level = history.Doubtful
		}
		d.summary.Counts.Of(level)[r.Kind()]++
	}
}

// put puts calls away once there are enough facts.
func (d *details) put(ctx context.Context, enough int) error {
	if d.facts < enough || len(d.parts) == 0 {
		return ctx.Err()
	}
	if err := d.sink.Put(ctx, d.parts); err != nil {
		return fmt.Errorf("keep what was read: %w", err)
	}
	d.parts, d.facts = nil, 0
	d.progress()
	return ctx.Err()
}

func (d *details) progress() {
	if d.told != nil {
		d.told(Progress{Lines: d.read, Total: d.lines, Since: d.began, At: d.latest})
	}
}
