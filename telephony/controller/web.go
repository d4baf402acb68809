package controller

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"firstline/pipeline/listen"
)

const (
	requestTimeout = 5 * time.Second  // of everything but a stream
	slowest        = 10 * time.Second // of one write to a stream: a reader that is slower is left behind
	hangs          = 5 * time.Second  // a loop without a turn for so long hangs
	maxBody        = 64 << 10
)

// web is the internal HTTP server. It asks the loop, or reads the log; it has no state of its own.
type web struct {
	cfg     Config
	token   [sha256.Size]byte
	secured bool
	inbox   *inbox
	loop    *loop
	journal Journal
	log     *slog.Logger
	metrics *metrics
	// writeTimeout is slowest; tests have less patience.
	writeTimeout time.Duration
	server       *http.Server
	listener     atomic.Pointer[net.Listener]
}

func newWeb(cfg Config, o Options, in *inbox, p *loop, m *metrics) *web {
	w := &web{
		cfg: cfg, token: sha256.Sum256([]byte(o.Token)), secured: o.Token != "",
		inbox: in, loop: p, journal: o.Journal, log: o.Log, metrics: m, writeTimeout: slowest,
	}
	mux := http.NewServeMux()
	handle := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, w.counted(pattern, w.authorized(h))) }
	handle("GET /snapshot", w.snapshot)
	handle("GET /facts", w.facts)
	handle("GET /popups/{offer...}", w.popup)
	handle("POST /control", w.control)
	handle("POST /pops/seen", w.seen)
	handle("GET /metrics", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{}).ServeHTTP)
	mux.HandleFunc("GET /healthz", w.healthz)
	mux.HandleFunc("GET /readyz", w.readyz)
	w.server = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: requestTimeout,
		ReadTimeout:       requestTimeout,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return w
}

// listen takes the address; it is a step of its own so that a port in use is told before anything starts.
func (w *web) listen(ctx context.Context) error {
	network, address := "tcp", w.cfg.Listen
	if path, ok := strings.CutPrefix(w.cfg.Listen, "unix:"); ok {
		network, address = "unix", path
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the old socket: %w", err)
		}
	}
	l, err := listen.Open(ctx, network, address, "the controller's internal http", "controller.listen")
	if err != nil {
		return err
	}
	w.listener.Store(&l)
	return nil
}

func (w *web) address() string {
	if l := w.listener.Load(); l != nil {
		return (*l).Addr().String()
	}
	return ""
}

// run serves until ctx ends and every request has its answer; streams end with ctx.
func (w *web) run(ctx context.Context) error {
	w.server.BaseContext = func(net.Listener) context.Context { return ctx }
	ended := make(chan error, 1)
	go func() { ended <- w.serve(*w.listener.Load()) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the controller's internal http: %w", err)
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.cfg.Drain)
	defer cancel()
	err := w.server.Shutdown(limited)
	if errors.Is(err, context.DeadlineExceeded) {
		err = w.server.Close()
	}
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func (w *web) serve(l net.Listener) error {
	if w.cfg.TLSCert != "" {
		return w.server.ServeTLS(l, w.cfg.TLSCert, w.cfg.TLSKey)
	}
	return w.server.Serve(l)
}

// authorized lets requests with the token through. Browsers have no business here: what carries an Origin is refused, so
// that no page can reach a loopback port through its reader.
func (w *web) authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			refuse(rw, http.StatusForbidden, "not for browsers")
			return
		}
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		sum := sha256.Sum256([]byte(given))
		if w.secured && subtle.ConstantTimeCompare(sum[:], w.token[:]) != 1 {
			rw.Header().Set("WWW-Authenticate", "Bearer")
			refuse(rw, http.StatusUnauthorized, "a bearer token is needed")
			return
		}
		next(rw, r)
	}
}

// counted counts requests by route and status.
func (w *web) counted(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: rw, code: http.StatusOK}
		next.ServeHTTP(seen, r)
		w.metrics.requests.WithLabelValues(route, strconv.Itoa(seen.code)).Inc()
	})
}

type statusWriter struct {
	http.ResponseWriter
	code int
}

func (s *statusWriter) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap gives http.ResponseController the real writer.
func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func answer(rw http.ResponseWriter, code int, body any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(code)
	_ = json.NewEncoder(rw).Encode(body) // the reader is gone: nobody to tell
}

func refuse(rw http.ResponseWriter, code int, why string) {
	answer(rw, code, map[string]string{"error": why})
}

// ask has the loop look at the state, and waits until all that is in the state is durable. False: it could not in time.
func (w *web) ask(ctx context.Context, look func(*loop)) bool {
	index := make(chan uint64, 1)
	w.inbox.put(item{look: func(p *loop) {
		look(p)
		index <- p.index
	}})
	select {
	case i := <-index:
		return w.released(ctx, i)
	case <-ctx.Done():
		return false
	}
}

func (w *web) released(ctx context.Context, index uint64) bool {
	for {
		changed := w.journal.Changed()
		if w.journal.Released(index) {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// healthz says whether the loop turns: restart the process when it doesn't.
func (w *web) healthz(rw http.ResponseWriter, _ *http.Request) {
	s := w.loop.status.Load()
	if s.ended || time.Since(s.alive) > hangs {
		refuse(rw, http.StatusServiceUnavailable, "the loop has not turned since "+stamp(s.alive))
		return
	}
	answer(rw, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz says whether new calls are served: the loop turns, Asterisk is reconciled, the log can be written.
func (w *web) readyz(rw http.ResponseWriter, _ *http.Request) {
	s, h := w.loop.status.Load(), w.journal.Health()
	body := struct {
		Ready           bool     `json:"ready"`
		Missing         []string `json:"missing,omitempty"` // in words, for people
		NotDurableSince string   `json:"not_durable_since,omitempty"`
		Why             string   `json:"why,omitempty"`
		KeptRecords     int      `json:"kept_records,omitempty"`
		DroppedRecords  int64    `json:"dropped_records,omitempty"`
		LinkDownSince   string   `json:"link_down_since,omitempty"`
		LoopHangsSince  string   `json:"loop_hangs_since,omitempty"`
	}{}
	miss := func(format string, args ...any) { body.Missing = append(body.Missing, fmt.Sprintf(format, args...)) }
	if !h.Durable {
		miss("the log is not durable since %s (%s): running calls go on, new ones take asterisk's own queue", stamp(h.Since), h.Why)
		body.NotDurableSince, body.Why = stamp(h.Since), h.Why
		body.KeptRecords, body.DroppedRecords = h.Kept, h.Dropped
	}
	if !s.link {
		miss("asterisk is not connected since %s: no calls are served until it is", stamp(s.changed))
		body.LinkDownSince = stamp(s.changed)
	}
	if s.ended || time.Since(s.alive) > hangs {
		miss("the controller's loop has not turned since %s", stamp(s.alive))
		body.LoopHangsSince = stamp(s.alive)
	}
	body.Ready = len(body.Missing) == 0
	code := http.StatusOK
	if !body.Ready {
		code = http.StatusServiceUnavailable
	}
	answer(rw, code, body)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
