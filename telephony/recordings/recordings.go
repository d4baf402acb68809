// Package recordings fetches what Asterisk recorded, joins both sides to stereo, and keeps it.
//
// telephony/controller hands it StoreRecording commands; each is answered by one RecordingStored or RecordingLost event, unless
// the process ends before: the core asks again after a restart. The file is a WAV of 16-bit PCM, 8,000 samples a second; left is
// what the caller said, right what he heard. It lies in pipeline/archive, whose old days this package removes. A side is deleted
// in Asterisk only when the file is on the disk. It never touches a call and never deletes what it could not keep.
package recordings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/archive"
	"firstline/pipeline/trouble"
	"firstline/telephony/callcenter"
)

// ErrNoRecording is wrapped by FetchRecording's error when Asterisk has no recording of that name.
var ErrNoRecording = errors.New("no such recording")

// Source is where recordings are made: telephony/asterisk. Both methods may be called again with the same name.
type Source interface {
	// FetchRecording stops the recording if it still goes on, waits until Asterisk has finished writing, and writes the WAV to to,
	// from its beginning. An error means that what was written is not all.
	FetchRecording(ctx context.Context, name string, to io.Writer) error
	// DeleteRecording deletes it; that it is gone already is no error.
	DeleteRecording(ctx context.Context, name string) error
}

// Sink takes the answers: the controller's inbox. Put never blocks.
type Sink interface {
	Put(occurred time.Time, event callcenter.Event)
}

// expireEvery is how often recordings whose time is over are looked for.
const expireEvery = time.Hour

// order is a command and when it came: GiveUp counts from then, as the core's hour does.
type order struct {
	callcenter.StoreRecording
	asked time.Time
}

// Keeper stores recordings.
type Keeper struct {
	cfg     Config
	dir     archive.Dir
	source  Source
	sink    Sink
	log     *slog.Logger
	metrics *metrics
	trouble *trouble.Trouble // of all recordings: when Asterisk is away, each of them fails
	workers chan struct{}    // one token an attempt under way

	wake chan struct{} // has a token when there is something in asked

	mu    sync.Mutex // guards all below
	asked []order    // not begun yet
	known map[string]bool
}

// New checks the configuration. Nothing is touched before Run.
func New(cfg Config, source Source, sink Sink, log *slog.Logger, reg prometheus.Registerer) (*Keeper, error) {
	if problems := cfg.Validate(); len(problems) > 0 {
		return nil, fmt.Errorf("recordings.%s %s", problems[0].Path, problems[0].Message)
	}
	return &Keeper{
		cfg: cfg, dir: archive.Dir(cfg.Dir), source: source, sink: sink, log: log, metrics: newMetrics(reg), trouble: trouble.New(0),
		workers: make(chan struct{}, cfg.Workers), wake: make(chan struct{}, 1), known: map[string]bool{},
	}, nil
}

// Do takes a StoreRecording command and returns at once. What comes before Run waits for it; a recording that is under way
// already is not begun again.
func (k *Keeper) Do(command callcenter.Command) {
	c, ok := command.(callcenter.StoreRecording)
	if !ok {
		return
	}
	if k.cfg.Dir == "" {
		k.lost(c, errors.New("recordings.dir is empty: there is no folder to keep it in"))
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known[c.Recording] {
		return
	}
	k.known[c.Recording] = true
	k.asked = append(k.asked, order{c, time.Now()})
	k.metrics.waiting.Inc()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// take returns what is to be begun.
func (k *Keeper) take() []order {
	k.mu.Lock()
	defer k.mu.Unlock()
	asked := k.asked
	k.asked = nil
	return asked
}

// done forgets a recording that is about to be answered: from here on the same command is a new one.
func (k *Keeper) done(c callcenter.StoreRecording) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.known, c.Recording)
	k.metrics.waiting.Dec()
}

// Run serves until ctx ends, then waits for what is under way, which is broken off.
func (k *Keeper) Run(ctx context.Context) error {
	if k.cfg.Dir == "" {
		<-ctx.Done()
		return nil
	}
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { k.expire(ctx) })
	for {
		select {
		case <-k.wake:
			for _, o := range k.take() {
				running.Go(func() { k.keep(ctx, o) })
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// expire removes the recordings whose time is over, now and every hour.
func (k *Keeper) expire(ctx context.Context) {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		n, err := k.dir.Expire(time.Now())
		k.metrics.expired.Add(float64(n))
		if err != nil {
			k.metrics.expiryFailures.Inc()
			k.log.Error("recordings whose time is over are still there", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (k *Keeper) stored(c callcenter.StoreRecording, event callcenter.RecordingStored) {
	k.metrics.stored.Inc()
	k.metrics.bytes.Add(float64(event.Bytes))
	if told := k.trouble.Over(); told != nil {
		k.log.Info("recordings are kept again", told...)
	}
	k.log.Info("recording kept", "contact", c.Contact, "recording", c.Recording, "bytes", event.Bytes, "duration", event.Duration)
	k.sink.Put(time.Time{}, event)
}

func (k *Keeper) lost(c callcenter.StoreRecording, err error) {
	k.metrics.lost.Inc()
	k.log.Error("recording lost", "contact", c.Contact, "recording", c.Recording, "error", err)
	k.sink.Put(time.Time{}, callcenter.RecordingLost{Recording: c.Recording, Error: err.Error()})
}
