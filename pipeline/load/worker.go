package load

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"firstline/pipeline/kafka"
	"firstline/pipeline/trouble"
)

const (
	insertTimeout = 2 * time.Minute
	acceptPoll    = 2 * time.Second // how often a stopped partition looks whether its log was accepted
	idleWait      = time.Second     // how long one fetch waits for the first message
	gatherBytes   = 1 << 20         // a fetch of the gathering comes back early with this much
)

// broker is what a worker asks of Kafka; *kafka.Session is it.
type broker interface {
	ID(ctx context.Context) (string, error)
	Bounds(ctx context.Context, topic string, partition int) (first, end int64, err error)
	Fetch(ctx context.Context, topic string, partition int, offset int64, minBytes int, wait time.Duration) (kafka.Batch, error)
	Committed(ctx context.Context, group, topic string, partition int) (offset int64, metadata string, found bool, err error)
	Commit(ctx context.Context, m kafka.Member, topic string, partition int, offset int64, metadata string) error
	Produce(ctx context.Context, topic string, messages ...kafkago.Message) error
}

var _ broker = (*kafka.Session)(nil)

// worker loads one partition in one generation of the group. It belongs to one goroutine.
type worker struct {
	cfg       Config
	broker    broker
	sink      Sink
	member    kafka.Member
	topic     string
	partition int
	log       *slog.Logger
	metrics   partitionMetrics
	hook      func(Step) error
	trouble   *trouble.Trouble
	told      func(error) // what keeps the partition from being loaded; nil = nothing

	cluster string
	reached []Mark            // how far the tables may reach beyond the loads
	next    int64             // offset of the next message to plan
	number  uint64            // of the next plan
	marks   []Mark            // before next
	buffer  []kafkago.Message // fetched and not planned, from next on
	done    *Plan             // carried out, but the group's offset does not say so yet
	took    time.Duration     // to carry the last plan out
}

// run loads until ctx ends or the group moves on. Whatever fails, it begins again with what Kafka and the table say:
// there is no second way to repeat a step.
func (w *worker) run(ctx context.Context) {
	defer w.metrics.released()
	defer w.told(nil)
	for failures := 0; ctx.Err() == nil; {
		number := w.number
		err := w.takeOver(ctx)
		if err == nil {
			err = w.load(ctx)
		}
		if w.number != number {
			failures = 0
		}
		var stop *StoppedError
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, kafka.ErrFenced):
			w.log.Info("group has moved on", "error", err)
			return
		case errors.As(err, &stop):
			w.waitForAccept(ctx, stop)
		default:
			w.metrics.all.failures.With(w.metrics.labels).Inc()
			w.told(fmt.Errorf("partition %s/%d is not loaded: %w", w.topic, w.partition, err))
			if told := w.trouble.Failed(err); told != nil {
				w.log.Warn("loading fails, trying again", told...)
			}
			pause(ctx, backoff(failures))
			failures++
		}
	}
}

// waitForAccept waits until the reason why the partition stopped is gone.
func (w *worker) waitForAccept(ctx context.Context, stop *StoppedError) {
	w.log.Error("partition is stopped", "error", stop)
	w.metrics.stopped(true)
	defer w.metrics.stopped(false)
	w.told(stop)
	defer w.told(nil)
	for ctx.Err() == nil {
		pause(ctx, acceptPoll)
		if err := w.takeOver(ctx); !errors.As(err, &stop) {
			return
		}
	}
}

// takeOver finds out where the partition stands and finishes a plan that was left.
func (w *worker) takeOver(ctx context.Context) error {
	w.buffer, w.done = nil, nil
	f, err := find(ctx, w.broker, w.sink, w.member.Group, w.topic, w.partition)
	if err != nil {
		return err
	}
	if w.reached, err = w.sink.Reached(ctx); err != nil {
		return fmt.Errorf("ask how far the tables reach: %w", err)
	}
	s, err := resolve(f)
	if err != nil {
		return err
	}
	if s.expired > 0 && s.next > w.next {
		w.log.Error("kafka dropped messages before they were loaded", "offsets", s.expired, "first", f.first)
		w.metrics.all.expired.With(w.metrics.labels).Add(float64(s.expired))
	}
	w.cluster, w.next, w.number, w.marks = f.cluster, s.next, s.number, s.marks
	w.metrics.stopped(false)
	if s.pending == nil {
		return nil
	}
	return w.resume(ctx, *s.pending)
}

// find asks Kafka and the table where a partition stands.
func find(ctx context.Context, b broker, sink Sink, group, topic string, partition int) (found, error) {
	f := found{topic: topic, partition: partition}
	var err error
	if f.cluster, err = b.ID(ctx); err != nil {
		return f, err
	}
	last, ok, err := sink.LastLoad(ctx, topic, partition)
	if err != nil {
		return f, fmt.Errorf("ask for the last load of %s/%d: %w", topic, partition, err)
	}
	if ok {
		f.last = &last
	}
	_, metadata, ok, err := b.Committed(ctx, group, topic, partition)
	if err != nil {
		return f, err
	}
	f.committed = ok
	if plan, err := decodePlan(metadata); ok && err == nil {
		f.plan = &plan
	}
	f.first, f.end, err = b.Bounds(ctx, topic, partition)
	return f, err
}

// resume finishes a plan that was committed, with the very messages it names.
func (w *worker) resume(ctx context.Context, p Plan) error {
	w.log.Info("finishing a plan that was left", "number", p.Number, "first", p.First, "last", p.Last)
	var messages []kafkago.Message
	for next := p.First; next <= p.Last; {
		b, err := w.fetch(ctx, next, 1, idleWait)
		if err != nil {
			return err
		}
		for _, m := range b.Messages {
			if next = m.Offset + 1; m.Offset <= p.Last {
				messages = append(messages, m)
			}
		}
	}
	p.Check = true
	if err := w.carryOut(ctx, p, messages); err != nil {
		return err
	}
	w.metrics.all.resumed.With(w.metrics.labels).Inc()
	return nil
}

// load gathers, plans and inserts until something fails.
func (w *worker) load(ctx context.Context) error {
	for {
		messages, err := w.gather(ctx)
		if err != nil {
			return err
		}
		p := Plan{Cluster: w.cluster, Topic: w.topic, Partition: w.partition, Number: w.number,
			First: messages[0].Offset, Last: messages[len(messages)-1].Offset, Before: w.marks}
		if err := w.commit(ctx, p, p.First, BeforePlan, AfterPlan); err != nil {
			return err
		}
		began := time.Now()
		if err := w.carryOut(ctx, p, messages); err != nil {
			return err
		}
		w.took = time.Since(began)
	}
}

// gather waits for a first message and then collects what comes within the linger time, up to the limit.
func (w *worker) gather(ctx context.Context) ([]kafkago.Message, error) {
	for len(w.buffer) == 0 {
		if err := w.fill(ctx, 1, idleWait); err != nil {
			return nil, err
		}
		if len(w.buffer) > 0 || w.done == nil {
			continue
		}
		// Nothing more to do: let the group's offset say that everything is loaded, for those who watch its lag.
		if err := w.commit(ctx, *w.done, w.next, BeforeSettle, AfterSettle); err != nil {
			return nil, err
		}
		w.done = nil
	}
	until := time.Now().Add(linger(w.cfg.Linger, w.took))
	for len(w.buffer) < w.cfg.MaxFacts {
		left := time.Until(until)
		if left <= 0 {
			break
		}
		if err := w.fill(ctx, gatherBytes, left); err != nil {
			return nil, err
		}
	}
	n := min(len(w.buffer), w.cfg.MaxFacts)
	messages := w.buffer[:n:n]
	w.buffer = w.buffer[n:]
	return messages, nil
}

// linger is how long facts are gathered for the next plan: as configured, longer when the last one took long, so that the
// tables spend no more than a fifth of their time on one partition; but not so long that facts are not in the tables within
// a second, while that can be had.
func linger(configured, took time.Duration) time.Duration {
	return max(configured, min(4*took, time.Second-took))
}

// fill fetches behind the buffer.
func (w *worker) fill(ctx context.Context, minBytes int, wait time.Duration) error {
	from := w.next
	if n := len(w.buffer); n > 0 {
		from = w.buffer[n-1].Offset + 1
	}
	b, err := w.fetch(ctx, from, minBytes, wait)
	if err != nil {
		return err
	}
	if told := w.trouble.Over(); told != nil {
		w.log.Info("loading goes on", told...)
	}
	w.told(nil)
	w.buffer = append(w.buffer, b.Messages...)
	w.metrics.all.lag.With(w.metrics.labels).Set(float64(b.End - w.next))
	return nil
}

func (w *worker) fetch(ctx context.Context, from int64, minBytes int, wait time.Duration) (kafka.Batch, error) {
	return w.broker.Fetch(ctx, w.topic, w.partition, from, minBytes, wait)
}

// commit writes the plan into the group's offset, as this member of this generation: a loader that lost the partition
// without knowing can't get beyond here.
func (w *worker) commit(ctx context.Context, p Plan, offset int64, before, after Step) error {
	metadata, err := encodePlan(p)
	if err != nil {
		return err
	}
	if err := w.at(before); err != nil {
		return err
	}
	if err := w.broker.Commit(ctx, w.member, w.topic, w.partition, offset, metadata); err != nil {
		return err
	}
	return w.at(after)
}

// carryOut does what a committed plan promises.
func (w *worker) carryOut(ctx context.Context, p Plan, messages []kafkago.Message) error {
	s := sift(messages, p.Before)
	if err := w.deadLetters(ctx, s.bad); err != nil {
		return err
	}
	if err := w.at(BeforeInsert); err != nil {
		return err
	}
	p.Check = p.Check || w.mayBeThere(s)
	l := Load{Plan: p, After: s.after, Facts: int64(len(s.facts)), Repeats: s.repeats, Missing: s.missing,
		DeadLetters: int64(len(s.bad)), Watermark: s.watermark}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, insertTimeout)
	defer cancel()
	if err := w.sink.Insert(limited, l, s.facts); err != nil {
		return fmt.Errorf("insert plan %d, offsets %d to %d: %w", p.Number, p.First, p.Last, err)
	}
	if err := w.at(AfterInsert); err != nil {
		return err
	}
	if s.missing > 0 {
		w.log.Error("facts are missing between those loaded", "positions", s.missing, "number", p.Number)
	}
	w.metrics.loaded(l, s, time.Since(began), messages[0].Time)
	w.next, w.number, w.marks, w.done = p.Last+1, p.Number+1, s.after, &p
	return nil
}

// mayBeThere says whether any of the facts may be in the tables without this plan having been tried: from one that was
// left half done in a cluster that is gone, cut at other offsets.
func (w *worker) mayBeThere(s sifted) bool {
	for _, f := range s.facts {
		if f.Position <= markOf(w.reached, f.Source, f.Epoch) {
			return true
		}
	}
	return false
}

func (w *worker) at(s Step) error {
	if w.hook == nil {
		return nil
	}
	return w.hook(s)
}

// backoff is the pause after a number of failures in a row: 50 ms doubling up to 5 s.
func backoff(failures int) time.Duration {
	return min(50*time.Millisecond<<min(failures, 10), 5*time.Second)
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
