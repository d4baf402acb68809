// Package api is Firstline's public face: REST under /api/v1, the live streams (SSE), the ticket webhook, health, metrics
// and the built pages.
//
// cmd/firstline makes one and runs it. It owns HTTP: routes, sign-in, rights, the form of errors and of the OpenAPI
// document. It computes no number (analytics/query does), keeps no state of calls (analytics/live does) and decides
// nothing about agents (it passes control requests to the controller). What it stores itself are ticket events in a log of
// its own; sessions and keys are kept by analytics/registry.
package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/live"
	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
	"firstline/pipeline/listen"
	"firstline/pipeline/number"
	"firstline/pipeline/trouble"
)

// Now is the state of now: *live.Live.
type Now interface {
	Wallboard() live.Wallboard
	Agent(id string) (live.AgentView, bool)
	Queues(agent string) []live.QueueBrief
	Place(contact string) (live.Place, bool)
	Freshness() live.Freshness
	Clocks() *live.Clocks
	Watch() *live.Watcher
	WatchAgent(agent string) *live.Watcher
	Control(ctx context.Context, req controllerclient.Control) (fact.AgentState, error)
	PopSeen(ctx context.Context, pop string, opened bool) error
}

var _ Now = (*live.Live)(nil)

// Check is one thing that readiness depends on: nil = it is there.
type Check struct {
	Name string
	Test func(ctx context.Context) error
}

// Deps are the parts the API stands on. All are needed, Pages, Tickets, TicketWay, Forget and Archive excepted.
type Deps struct {
	Log       *slog.Logger
	Getenv    func(string) string
	Registry  *prometheus.Registry // the API registers its own there and serves all of it at /metrics
	State     State                // sessions and keys
	Now       Now
	Reports   Reports
	Notify    Notifier
	Tickets   TicketLog   // nil = the ticket webhook answers not_configured
	TicketWay TicketWay   // nil = all ticket events are taken for loaded
	Forget    Forgetter   // erases callers; nil = that answers not_configured
	Archive   Archive     // of recordings; nil = their audio answers not_configured
	Pages     fs.FS       // the built pages with index.html at their root; nil = none
	Numbers   number.Form // in which callers' numbers come
	Checks    []Check     // beside those of its own parts
	Version   string
	Process   string // which of several API processes this is, in the audit log
}

// API serves HTTP. Its handlers may run before Run, in tests.
type API struct {
	cfg      Config
	setup    atomic.Pointer[setup]
	log      *slog.Logger
	getenv   func(string) string
	m        *metrics
	due      *dueGauges
	registry *prometheus.Registry
	state    State
	attempts *attempts
	repeats  *repeats
	hashing  chan struct{} // one slot for each argon2 under way: it takes 19 MiB
	now      Now
	reports  Reports
	notify   Notifier
	watch    *watch        // of the alerts
	wake     chan struct{} // one slot: runs of reports are due
	tickets  TicketLog
	way      TicketWay
	forget   Forgetter
	archive  Archive
	pages    fs.FS
	checks   []Check
	failing  []*trouble.Trouble // of each check
	version  string
	process  string
	origins  origins
	streams  *streams
	exports  *streams
	patience time.Duration // with a client that doesn't read
	clock    func() time.Time

	app  *fiber.App
	huma huma.API
	stop context.Context // ends when Run does: streams watch it
	halt context.CancelFunc

	mu    sync.Mutex // guards bound
	bound net.Addr
	ready chan struct{} // closed when it listens
}

// Limits of what is read.
const (
	bodyLimit   = 256 << 10
	headerLimit = 16 << 10 // identity providers' codes alone may be some thousand bytes
	shutdown    = 5 * time.Second
	hashingMax  = 2

	startPatience = 2 * time.Second // how long a check may fail before it is told: roles start together
)

// New checks configuration and secrets and builds the routes; it opens nothing.
func New(cfg Config, site Site, deps Deps) (*API, error) {
	if problems := slices.Concat(cfg.Validate(), cfg.ValidateWith(site), site.Validate()); len(problems) > 0 {
		return nil, fmt.Errorf("api: %s %s", problems[0].Path, problems[0].Message)
	}
	found, err := findSecrets(cfg, site, deps.Getenv, deps.Log)
	if err != nil {
		return nil, err
	}
	stop, halt := context.WithCancel(context.Background())
	a := &API{
		cfg: cfg, log: deps.Log, getenv: deps.Getenv, m: newMetrics(deps.Registry), due: newDueGauges(deps.Registry), registry: deps.Registry,
		state: deps.State, attempts: newAttempts(), repeats: &repeats{last: map[string]time.Time{}}, hashing: make(chan struct{}, hashingMax),
		now: deps.Now, reports: deps.Reports, notify: deps.Notify, watch: newWatch(), wake: make(chan struct{}, 1), tickets: deps.Tickets, way: deps.TicketWay, forget: deps.Forget, archive: deps.Archive, pages: deps.Pages, version: deps.Version, process: deps.Process,
		origins: newOrigins(cfg), patience: defaultPatience, clock: time.Now, stop: stop, halt: halt, ready: make(chan struct{}),
	}
	certificate, err := a.certificate()
	if err != nil {
		halt()
		return nil, err
	}
	a.setup.Store(a.newSetup(cfg, site, found, deps.Numbers, certificate))
	a.streams = &streams{most: cfg.MaxStreams, each: max(1, cfg.MaxStreams/20), open: map[string]int{}, m: a.m,
		refusal: fail(CodeTooManyStreams, "close another one first", nil)}
	a.exports = newExports(cfg, a.m)
	a.checks = append([]Check{{"sessions", func(ctx context.Context) error {
		_, err := a.state.CountSessions(ctx, a.clock())
		return err
	}}}, deps.Checks...)
	for range a.checks {
		a.failing = append(a.failing, trouble.New(startPatience))
	}
	a.build()
	return a, nil
}

// Run listens until ctx ends, then lets running requests finish for a few seconds and ends the live streams.
func (a *API) Run(ctx context.Context) error {
	ln, err := listen.Open(ctx, "tcp", a.cfg.Listen, "the pages and the api", "http.listen")
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.bound = ln.Addr()
	a.mu.Unlock()
	close(a.ready)
	a.log.Info("api listens", "address", ln.Addr().String())

	var sweeping sync.WaitGroup
	defer sweeping.Wait()
	sweeping.Go(func() { a.sweepAudit(a.stop) })
	sweeping.Go(func() { a.runReports(a.stop) })
	sweeping.Go(func() { a.watchAlerts(a.stop) })
	sweeping.Go(func() { a.watchTickets(a.stop) })
	sweeping.Go(func() { a.watchProvider(a.stop) })
	served := make(chan error, 1)
	go func() { served <- a.app.Listener(a.encrypted(ln)) }()
	select {
	case err := <-served:
		a.halt()
		return fmt.Errorf("api: serve: %w", err)
	case <-ctx.Done():
	}
	a.halt()
	err = a.app.ShutdownWithTimeout(shutdown)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		a.log.Warn("api did not stop cleanly", "error", err)
	}
	if err := <-served; err != nil {
		a.log.Warn("api stopped serving", "error", err)
	}
	a.streams.wait()
	a.exports.wait()
	return ctx.Err()
}

// Listening is closed once Run listens; Addr is valid from then on.
func (a *API) Listening() <-chan struct{} { return a.ready }

// Addr is the address it listens on; nil before Listening is closed.
func (a *API) Addr() net.Addr {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bound
}

// Test answers one request without a network, for tests; live streams need a real listener.
func (a *API) Test(req *http.Request) (*http.Response, error) { return a.app.Test(req, -1) }
