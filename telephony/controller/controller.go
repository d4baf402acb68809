// Package controller drives the core: it is the one loop that owns the callcenter.Center, its clock, its chance and its log.
//
// telephony/asterisk and telephony/tickets put events in; commands go out to them, and replies to whoever asked, only
// when the record of their Step is durable, or the log can't be written at all. The internal HTTP server shows the state
// of now, streams facts by position and takes requests about agents. It decides nothing itself; nothing on a network or
// disk holds the loop up.
package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/fact"
	"firstline/pipeline/log"
	"firstline/telephony/callcenter"
)

// Executor has commands done in Asterisk. Execute returns at once; what fails comes back as CommandFailed.
type Executor interface {
	Execute(commands []callcenter.Command)
}

// Tasks does Lookup and Pop commands. Do returns at once; the answer comes back as LookupDone or PopDone.
type Tasks interface {
	Do(command callcenter.Command)
}

// Recordings does StoreRecording commands. Do returns at once; the answer comes back as RecordingStored or RecordingLost.
type Recordings interface {
	Do(command callcenter.Command)
}

// PINs does CheckPIN commands. Do returns at once; the answer comes back as PINChecked.
type PINs interface {
	Do(command callcenter.Command)
}

// Heart tells Asterisk's dialplan that the controller was alive at now: for a few seconds new calls enter the application.
type Heart interface {
	Beat(ctx context.Context, now time.Time) error
}

// AsteriskClock tells what Asterisk's clock showed. It doesn't ask Asterisk, and returns at once.
type AsteriskClock interface {
	// LastEvent is the time that Asterisk gave its last event, and when that was read, with the monotonic reading; zero = none came yet.
	LastEvent() (given, read time.Time)
}

// Journal is the durable log; *log.Log is it.
type Journal interface {
	Append(r log.Record) (index uint64, facts []fact.Fact, err error)
	Snapshot(state []byte)
	SnapshotWanted() bool
	Restore(state, private func([]byte) error) error
	Released(index uint64) bool
	Changed() <-chan struct{}
	Health() log.Health
	Position() uint64
	Oldest() uint64
	Epoch() string
	Source() string
	ReadShown(ctx context.Context, after uint64, limit int) ([]fact.Fact, error)
	Run(ctx context.Context) error
}

var _ Journal = (*log.Log)(nil)

// Outside is the world the controller acts on.
type Outside struct {
	Executor   Executor
	Tasks      Tasks
	Recordings Recordings
	PINs       PINs
	Heart      Heart

	AsteriskClock AsteriskClock
}

// Options are what New needs besides the configuration.
type Options struct {
	Plan     *callcenter.Plan
	Journal  Journal
	Token    string // bearer token of the internal HTTP; empty = none, loopback only
	Log      *slog.Logger
	Registry *prometheus.Registry // registered on, and shown at /metrics
}

// Controller is the loop and its HTTP server.
type Controller struct {
	cfg     Config
	opt     Options
	log     *slog.Logger
	metrics *metrics
	inbox   *inbox
	loop    *loop
	web     *web
}

// New restores the state from the journal; it starts nothing. An error means that the plan is not valid, or that the
// journal has a state this version can't read.
func New(cfg Config, o Options) (*Controller, error) {
	if problems := cfg.Validate(); len(problems) > 0 {
		return nil, fmt.Errorf("controller: %s %s", problems[0].Path, problems[0].Message)
	}
	if cfg.TokenEnv != "" && o.Token == "" {
		return nil, fmt.Errorf("controller: the variable %s is empty; set it to the token its readers send", cfg.TokenEnv)
	}
	c := &Controller{cfg: cfg, opt: o, log: o.Log, metrics: newMetrics(o.Registry)}
	c.inbox = newInbox(c.metrics)
	center, last, err := restore(o.Plan, o.Journal)
	if err != nil {
		return nil, fmt.Errorf("controller: %w", err)
	}
	c.loop = newLoop(cfg, center, last, c.inbox, o.Journal, o.Log, c.metrics)
	c.web = newWeb(cfg, o, c.inbox, c.loop, c.metrics)
	// First of all: the restored state may say that the link is up, and nothing may be decided before Reconciled.
	c.Put(time.Time{}, callcenter.LinkLost{Why: "start"})
	if center.PlanVersion() != o.Plan.Version {
		c.Put(time.Time{}, callcenter.PlanChanged{Plan: o.Plan})
	}
	return c, nil
}

// Put hands an event to the loop. It never blocks: the inbox has no bound, and its depth and age are measured. A zero
// occurred stands for now.
func (c *Controller) Put(occurred time.Time, event callcenter.Event) {
	c.inbox.put(item{occurred: occurred, event: event})
}

// FallbackOffset is the byte of Asterisk's queue_log up to which its lines are in the state. Ask before Run.
func (c *Controller) FallbackOffset() int64 { return c.loop.center.FallbackOffset() }

// Connect says where commands go. Call it before Run.
func (c *Controller) Connect(out Outside) { c.loop.out = out }

// Address is where the internal HTTP server listens once Run has begun, else "".
func (c *Controller) Address() string { return c.web.address() }

// Run serves until ctx ends: then the heartbeat stops, what has been taken in is made durable and carried out, and Run
// returns; calls go on in Asterisk. It runs the journal's syncer, too. An error means that it could not listen, or that
// records were lost at the end.
func (c *Controller) Run(ctx context.Context) error {
	if err := c.web.listen(ctx); err != nil {
		return err
	}
	return c.run(ctx, c.web.run)
}

// run is Run with the server given: tests of the loop run without one.
func (c *Controller) run(ctx context.Context, serve func(context.Context) error) error {
	// The journal outlives the loop: its last records are synced after the loop's end.
	journal, stopJournal := context.WithCancel(context.WithoutCancel(ctx))
	beats, stopBeats := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var journalErr, webErr error
	wg.Go(func() { journalErr = c.opt.Journal.Run(journal) })
	wg.Go(func() { c.loop.heart.run(beats) })
	wg.Go(func() { webErr = serve(ctx) })
	c.loop.run(ctx)
	stopBeats()
	stopJournal()
	wg.Wait()
	return errors.Join(journalErr, webErr)
}
