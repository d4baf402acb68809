package queuelog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
)

// follow goes on from what is on disk until something fails.
func (r *Recorder) follow(ctx context.Context) error {
	fresh, err := r.load()
	if err != nil {
		return err
	}
	snap, err := r.client.Snapshot(ctx)
	if err != nil {
		return err
	}
	r.asked = time.Now()
	if fresh {
		if err := r.start(snap); err != nil {
			return err
		}
	}
	r.t.Know(snap)
	r.pending = &snap
	facts, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer facts.Close()
	if told := r.trouble.Over(); told != nil {
		r.log.Info("queue_log is written again", told...)
	}
	if err := r.settle(); err != nil {
		return err
	}
	for {
		if err := r.read(facts); err != nil {
			return err
		}
		if facts.Waiting() && r.facts < batchFacts {
			continue
		}
		if err := r.commit(); err != nil {
			return err
		}
		if err := r.refresh(ctx); err != nil {
			return err
		}
	}
}

// start decides where to begin when there is no state: with the oldest fact kept when the file is empty, for then nothing
// can be written twice, and with the next one otherwise.
func (r *Recorder) start(snap fact.Snapshot) error {
	at, _, _, err := r.out.end()
	if err != nil {
		return err
	}
	r.next.Source, r.next.Stream = snap.Source, snap.Epoch
	if at.Offset > 0 {
		r.next.After = snap.Position
		r.log.Warn("queue_log has lines and nothing says how far it goes: it goes on with what happens from now on", "path", r.out.path, "position", snap.Position)
	}
	return nil
}

// open begins the stream. When the controller hasn't the facts any more, or another log, it is told, and the stream begins
// with the oldest that there are.
func (r *Recorder) open(ctx context.Context) (*controllerclient.Stream, error) {
	facts, err := r.client.Facts(ctx, r.next.Stream, r.next.After)
	var no *controllerclient.GoneError
	if !errors.As(err, &no) {
		return facts, err
	}
	switch {
	case no.Oldest == 0:
		return nil, err
	case no.Epoch != r.next.Stream:
		r.metrics.changes.Inc()
		r.log.Error("the controller has another log than before: calls of the former one may be missing in queue_log",
			"epoch", no.Epoch, "before", r.next.Stream, "position", r.next.After)
		r.next.Stream, r.next.After = no.Epoch, no.Oldest-1 // what of it was read before is known by its own epoch
	case no.Oldest > r.next.After+1:
		if r.next.Seen > 0 { // else it is the very start
			r.skipped(no.Oldest - 1 - r.next.After)
		}
		r.next.After = no.Oldest - 1
	default:
		return nil, fmt.Errorf("%w: it has position %d, queue_log has %d; if that stays so, delete %s", no, no.Position, r.next.After, r.folder)
	}
	if err := r.confirm(); err != nil { // a gap is told once
		return nil, err
	}
	return r.client.Facts(ctx, r.next.Stream, r.next.After)
}

// skipped tells of facts that are gone. Whoever waited or was logged in before them is forgotten.
func (r *Recorder) skipped(n uint64) {
	r.metrics.gaps.Inc()
	r.metrics.lost.Add(float64(n))
	r.metrics.forgotten.Add(float64(r.t.Open()))
	r.t.Forget()
	r.log.Error("facts are no longer kept by the controller: their lines are missing in queue_log, which begins anew",
		"facts", n, "after", r.next.After, "position", r.next.After+n)
}

// read takes one line of the stream: a fact, or nothing.
func (r *Recorder) read(facts *controllerclient.Stream) error {
	line, err := facts.Next()
	switch {
	case errors.Is(err, controllerclient.ErrTooLong):
		r.unreadable("too_long", err)
		return nil
	case err != nil:
		return err
	case len(line) == 0:
		return r.quiet()
	}
	f, err := fact.Decode(line)
	if err != nil {
		reason := "broken"
		if errors.Is(err, fact.ErrUnknownType) {
			reason = "unknown_type"
		}
		r.unreadable(reason, err)
		if position := positionIn(line); position > r.next.After {
			r.next.After = position
		}
		return nil
	}
	r.apply(f)
	return r.settle()
}

func (r *Recorder) unreadable(reason string, err error) {
	r.metrics.unreadable.WithLabelValues(reason).Inc()
	if told := r.odd.Failed(err); told != nil { // a newer controller may say much that is not known here
		r.log.Warn("a fact could not be read, queue_log goes on without it", append(told, "after", r.next.After)...)
	}
}

// positionIn finds the position of a fact that can't be decoded; 0 = it has none.
func positionIn(line []byte) uint64 {
	var envelope struct {
		Position string `json:"position"`
	}
	if json.Unmarshal(line, &envelope) != nil {
		return 0
	}
	position, err := strconv.ParseUint(envelope.Position, 10, 64)
	if err != nil {
		return 0
	}
	return position
}

// apply translates one fact.
func (r *Recorder) apply(f fact.Fact) {
	if f.Position > r.next.After+1 && r.next.After > 0 {
		n := f.Position - r.next.After - 1
		r.metrics.lost.Add(float64(n))
		r.log.Error("facts are missing in the controller's log, and their lines in queue_log", "facts", n, "after", r.next.After)
	}
	r.next.After = f.Position
	if f.Epoch == r.next.Epoch && f.Position <= r.next.Seen {
		r.metrics.repeats.Inc()
		return
	}
	r.next.Epoch, r.next.Seen = f.Epoch, f.Position
	r.facts++
	lines := r.t.Apply(f)
	if len(lines) == 0 && (f.Type == fact.TypeQueueRefused || f.Type == fact.TypeOfferEnded && !answered(f)) {
		r.metrics.unsaid.WithLabelValues(string(f.Type)).Inc()
	}
	r.add(lines)
	r.metrics.watermark.Set(float64(f.Time.UnixMilli()) / 1000)
}

func answered(f fact.Fact) bool {
	d, ok := f.Data.(fact.OfferEnded)
	return ok && d.Result == fact.OfferAnswered
}

// settle brings the state to the snapshot in hand, once all facts before it are applied. One that was overtaken is dropped:
// another one is asked for soon.
func (r *Recorder) settle() error {
	snap := r.pending
	if snap == nil || r.next.After < snap.Position {
		return nil
	}
	r.pending = nil
	if snap.Epoch != r.next.Stream || r.next.After > snap.Position {
		r.t.Know(*snap)
		return nil
	}
	lines, open := r.t.Sync(*snap)
	r.metrics.forgotten.Add(float64(open))
	r.add(lines)
	if len(lines) == 0 {
		return nil
	}
	return r.commit()
}

// refresh asks for a snapshot now and then: a reload changes agents' queues, and no fact tells.
func (r *Recorder) refresh(ctx context.Context) error {
	if time.Since(r.asked) < r.cfg.Refresh {
		return nil
	}
	r.asked = time.Now()
	snap, err := r.client.Snapshot(ctx)
	if err != nil {
		return err
	}
	r.pending = &snap
	return r.settle()
}
