// Package chdb is the embedded ClickHouse: the real engine, loaded from libchdb.so into a process of its own, behind
// ClickHouse's HTTP interface, so that every client speaks to it as to a server or a cluster.
//
// It owns the data folder, the engine and its connections. cmd/firstline runs it as the role `clickhouse`; clients are
// analytics/store and analytics/query through clickhouse-go, and whoever speaks ClickHouse over HTTP (curl, Grafana). It
// knows nothing of facts or tables, never runs in the process of another role, and keeps no HTTP sessions and no
// external tables, which it refuses in words.
package chdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"firstline/pipeline/listen"
	"firstline/pipeline/parts"
)

// Server is the embedded engine. One can run in a process, once: the engine can't be started again after its stop.
type Server struct {
	cfg      Config
	dir      string
	password string
	log      *slog.Logger
	reg      *prometheus.Registry
	metrics  *metrics
	ready    chan struct{}
	addr     string // set before ready is closed
}

// New prepares a server that keeps its data in dir. The password comes from the environment, where one is configured.
func New(cfg Config, dir string, getenv func(string) string, log *slog.Logger, reg *prometheus.Registry) (*Server, error) {
	s := &Server{cfg: cfg, dir: dir, log: log, reg: reg, ready: make(chan struct{})}
	if !cfg.Embedded {
		return nil, errors.New("clickhouse: embedded is false, an outside server is configured; there is nothing to run")
	}
	if p := cfg.Validate(); len(p) > 0 {
		return nil, fmt.Errorf("clickhouse: %s %s", p[0].Path, p[0].Message)
	}
	if cfg.PasswordEnv != "" {
		if s.password = getenv(cfg.PasswordEnv); s.password == "" {
			return nil, fmt.Errorf("clickhouse: the variable %s, named in password_env, is not set", cfg.PasswordEnv)
		}
	}
	s.metrics = newMetrics(reg)
	return s, nil
}

// Ready is closed when queries are served.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// URL is where the server listens; it is known once Ready is closed.
func (s *Server) URL() string { return "http://" + s.addr }

// Run serves until ctx ends; then running queries have the configured time to end, and are killed after it. What it
// serves beside queries: /ping, /replicas_status and /metrics.
func (s *Server) Run(ctx context.Context) error {
	begin := time.Now()
	listener, err := s.listen(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	unlock, err := lockFolder(s.dir)
	if err != nil {
		return err
	}
	defer unlock()
	pool, err := s.start()
	if err != nil {
		return err
	}
	defer s.stop(pool)
	version, zone, err := greet(pool)
	if err != nil {
		return err
	}
	s.addr = listener.Addr().String()
	s.metrics.startup.Set(time.Since(begin).Seconds())
	s.log.Info("clickhouse engine serves", "address", s.addr, "version", version, "folder", s.dir,
		"start", time.Since(begin).Round(time.Millisecond))
	close(s.ready)
	return s.serve(ctx, listener, pool, version, zone)
}

func (s *Server) listen(ctx context.Context) (net.Listener, error) {
	addr, err := s.cfg.Address()
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	return listen.Open(ctx, "tcp", addr, "the embedded clickhouse", "clickhouse.url")
}

// start loads the library and opens the connections.
func (s *Server) start() (*pool, error) {
	path := s.cfg.Library
	if path == "" {
		var err error
		if path, err = parts.ClickHouseLibrary(); err != nil {
			return nil, fmt.Errorf("clickhouse: %w, or name the library in clickhouse.library", err)
		}
	}
	lib, err := openLibrary(path)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	pool, err := openPool(lib, s.dir, s.cfg, s.log, s.metrics)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	return pool, nil
}

// greet asks the engine what clients are told in headers.
func greet(p *pool) (version, zone string, err error) {
	c := <-p.idle
	defer func() { p.idle <- c }()
	r, err := c.whole(statement{sql: "SELECT version(), timezone()", format: "TabSeparated"})
	defer r.free()
	if err != nil {
		return "", "", fmt.Errorf("clickhouse: first query: %w", err)
	}
	version, zone, _ = strings.Cut(strings.TrimSpace(string(r.data())), "\t")
	return version, zone, nil
}

// serve answers requests until ctx ends and all of them are answered or killed.
func (s *Server) serve(ctx context.Context, listener net.Listener, pool *pool, version, zone string) error {
	hard, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	h := &handler{pool: pool, metrics: s.metrics, version: version, zone: zone, stop: hard,
		username: s.cfg.Username, password: s.password, local: loopback(s.addr)}
	server := &http.Server{
		Handler:           h.routes(promhttp.HandlerFor(s.reg, promhttp.HandlerOpts{})),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("clickhouse: serve on %s: %w", s.addr, err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(hard, s.cfg.Drain)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		s.log.Warn("queries still run at the stop and are killed", "after", s.cfg.Drain)
		kill()
		_ = server.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("clickhouse: serve on %s: %w", s.addr, err)
	}
	return nil
}

// stop waits for the connections and closes them; with the last one the engine ends.
func (s *Server) stop(p *pool) {
	for range cap(p.idle) {
		(<-p.idle).h.close() // whoever still holds it is being killed
	}
	(<-p.control).h.close()
	s.log.Info("clickhouse engine stopped")
}

// lockFolder makes the folder and takes it for this process: two engines on one folder would destroy it. The lock ends
// with the process, however that ends.
func lockFolder(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("clickhouse: make the data folder: %w", err)
	}
	path := filepath.Join(dir, "firstline.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: open the data folder's lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, _ := os.ReadFile(path)
		_ = f.Close()
		return nil, fmt.Errorf("clickhouse: the data folder %s is in use by process %s: %w", dir, strings.TrimSpace(string(owner)), err)
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("clickhouse: write the data folder's lock: %w", err)
	}
	return func() { _ = f.Close() }, nil
}

func writePID(f *os.File) error {
	_, err := fmt.Fprintf(f, "%d\n", os.Getpid())
	return err
}
