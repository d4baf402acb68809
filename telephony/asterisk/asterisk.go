// Package asterisk is Firstline's way in and out of Asterisk: events in, commands out, and what is really there.
//
// telephony/controller is its only user. The events of ARI's outbound websocket, the phones' registration, the fallback's
// queue_log and the failures of commands all go into one Sink, in the order in which they are known; commands come by
// Execute. It decides nothing about calls, keeps nothing across restarts, and never waits for the controller.
//
// Order at the sink, for each connection of Asterisk: the events it kept while nobody listened, those of channels that ended
// before they could be listed, Reconciled (what is there), then the events since the listing began, which may repeat what
// Reconciled says. A lost connection is LinkLost.
package asterisk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/listen"
	"firstline/pipeline/number"
	"firstline/pipeline/trouble"
	"firstline/telephony/callcenter"
)

// BeatVariable is the dialplan's global variable that holds the epoch second of the controller's last heartbeat.
const BeatVariable = "FIRSTLINE_BEAT"

// Sink takes events in order. Put must not block: whatever Asterisk sends has to be read at once. occurred is Asterisk's
// time of the event; for Reconciled it is when the listing began. Put is called by one goroutine at a time.
type Sink interface {
	Put(occurred time.Time, ev callcenter.Event)
}

// Options are what New needs besides the configuration.
type Options struct {
	Password string // of ARI, both ways
	Sink     Sink
	Log      *slog.Logger
	Registry prometheus.Registerer
	// Offset is the byte in queue_log behind the last line the core has seen.
	Offset int64
	// Prompts is the folder of the site's own prompts as Asterisk sees it: PROMPTS/<language>/<id>.wav.
	Prompts string
	// Numbers is what callers' numbers become before the core sees them; see SetNumbers.
	Numbers number.Form
}

// Adapter holds one Asterisk.
type Adapter struct {
	cfg      Config
	password string
	log      *slog.Logger
	metrics  *metrics
	rest     *rest
	executor *executor
	inlet    *inlet
	follower *follower
	phones   *phones

	complaints complaints
	absent     *trouble.Trouble // Asterisk doesn't answer, or has not connected
	listing    *trouble.Trouble // what is there can't be listed

	listener  atomic.Pointer[net.Listener]
	form      atomic.Pointer[number.Form]
	lastEvent atomic.Pointer[eventTimes] // the last that Asterisk had not kept; nil = none yet

	conns   sync.Mutex // guards current
	current *link      // the connection of Asterisk, nil = none
}

// eventTimes are the time that Asterisk gave an event, and when that was read.
type eventTimes struct{ given, read time.Time }

// New checks what it is given. It opens nothing.
func New(cfg Config, o Options) (*Adapter, error) {
	if problems := cfg.Validate(); len(problems) > 0 {
		return nil, fmt.Errorf("asterisk: %s %s", problems[0].Path, problems[0].Message)
	}
	if o.Sink == nil || o.Log == nil || o.Registry == nil || o.Password == "" {
		return nil, errors.New("asterisk: sink, log, registry and password are needed")
	}
	m := newMetrics(o.Registry)
	a := &Adapter{cfg: cfg, password: o.Password, log: o.Log, metrics: m, rest: newREST(cfg, o.Password, m),
		absent: trouble.New(2 * cfg.Poll), listing: trouble.New(bootPatience)}
	a.SetNumbers(o.Numbers)
	a.inlet = newInlet(o.Sink, m)
	a.phones = newPhones(a.rest, a.inlet, a.noteLink)
	a.executor = newExecutor(a.rest, cfg, func(f callcenter.CommandFailed) { a.inlet.tell(time.Now(), f) }, o.Log, m)
	a.executor.check, a.executor.prompts = a.phones.check, o.Prompts
	if cfg.QueueLog != "" {
		a.follower = newFollower(cfg.QueueLog, o.Offset, a.tellLine, o.Log, m)
	}
	return a, nil
}

// Execute takes commands and returns at once; see callcenter.Command. Lookup and Pop are ignored: they are not Asterisk's.
func (a *Adapter) Execute(commands []callcenter.Command) { a.executor.Execute(commands) }

// SetEndpoints says which endpoints are agents' phones ("PJSIP/101"): they are polled, and calls from them carry their
// endpoint. Call it at start and whenever the plan changes.
func (a *Adapter) SetEndpoints(endpoints []string) { a.phones.set(endpoints) }

// SetNumbers says what callers' numbers become, wherever one comes from: an arrival, a list of what is there, queue_log. Call
// it when the configuration changes, before the core has the plan that was made with it.
func (a *Adapter) SetNumbers(form number.Form) { a.form.Store(&form) }

func (a *Adapter) numbers() number.Form { return *a.form.Load() }

// tellLine hands on what a line of queue_log means.
func (a *Adapter) tellLine(at time.Time, ev callcenter.Event) {
	if line, ok := ev.(callcenter.FallbackEvent); ok {
		line.Number = a.numbers().Of(line.Number)
		ev = line
	}
	a.inlet.tell(at, ev)
}

// Beat tells the dialplan that the controller is there and works: new calls enter the application for as long as the last
// heartbeat is no older than a few seconds. An error means that it wasn't told.
func (a *Adapter) Beat(ctx context.Context, now time.Time) error {
	err := a.rest.setGlobal(ctx, "heartbeat", BeatVariable, strconv.FormatInt(now.Unix(), 10))
	result := "done"
	if err != nil {
		result = "failed"
	}
	a.metrics.beats.WithLabelValues(result).Inc()
	return err
}

// LastEvent is the time that Asterisk gave its last event, and when that was read, with the monotonic reading; zero = none came yet. Events that
// Asterisk kept while nobody listened don't count: they say nothing about its clock.
func (a *Adapter) LastEvent() (given, read time.Time) {
	if s := a.lastEvent.Load(); s != nil {
		return s.given, s.read
	}
	return time.Time{}, time.Time{}
}

// Run reads what the fallback did meanwhile, then serves Asterisk until ctx ends (nil), or until the address can't be
// listened on. When it returns everything it started has ended.
func (a *Adapter) Run(ctx context.Context) error {
	defer a.rest.close()
	listener, err := listen.Open(ctx, "tcp", a.cfg.Listen, "asterisk's websocket", "asterisk.listen")
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // its server has closed it already, unless it never ran
	a.listener.Store(&listener)
	a.log.Info("waiting for asterisk to connect", "listen", a.cfg.Listen, "url", a.cfg.URL)
	if a.follower != nil {
		a.follower.catchUp()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	parts := []func(context.Context) error{
		a.executor.Run,
		func(ctx context.Context) error { return a.serve(ctx, listener) },
		func(ctx context.Context) error { return a.phones.poll(ctx, a.cfg.Poll) },
	}
	if a.follower != nil {
		parts = append(parts, a.follower.run)
	}
	var all sync.WaitGroup
	for _, part := range parts {
		all.Go(func() {
			if err := part(ctx); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Address is where Asterisk is listened for once Run has begun, else "".
func (a *Adapter) Address() string {
	if l := a.listener.Load(); l != nil {
		return (*l).Addr().String()
	}
	return ""
}
