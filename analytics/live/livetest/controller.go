// Package livetest is a double of the controller's internal HTTP for tests: snapshot, stream of facts, screen pops and
// control, with faults on request. It decides nothing: it says what the test put in. Only tests import it.
package livetest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// Heartbeat is how often the double's streams send an empty line.
const Heartbeat = 20 * time.Millisecond

// Controller is the double.
type Controller struct {
	URL   string
	Token string // when set, requests must carry it

	mu       sync.Mutex // guards all below
	snapshot fact.Snapshot
	facts    []fact.Fact // all, by position
	oldest   uint64      // facts at or before it are gone
	popups   map[string]fact.Popup
	controls []Control
	seen     []Seen
	answer   func(Control) (int, any)
	silent   bool
	down     bool
	changed  chan struct{}
	cut      chan struct{}
	streams  int // open now
}

// Control is a request as it came in.
type Control struct {
	Request, Actor, By, Agent, Action, Reason, Expect, Code, Note, Contact, Incident, Mode, Of, Recording, Seat string

	To       struct{ To, ID string }
	Priority int
}

// Seen is a screen pop's report as it came in.
type Seen struct {
	Pop    string
	Opened bool
}

// Start runs a double until the test ends.
func Start(t testing.TB, snapshot fact.Snapshot) *Controller {
	t.Helper()
	c := &Controller{snapshot: snapshot, oldest: snapshot.Position, popups: map[string]fact.Popup{},
		changed: make(chan struct{}), cut: make(chan struct{}),
		answer: func(Control) (int, any) { return http.StatusOK, map[string]string{"state": "ready"} }}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /snapshot", c.getSnapshot)
	mux.HandleFunc("GET /facts", c.getFacts)
	mux.HandleFunc("GET /popups/{offer...}", c.getPopup)
	mux.HandleFunc("POST /control", c.postControl)
	mux.HandleFunc("POST /pops/seen", c.postSeen)
	server := httptest.NewServer(c.guard(mux))
	c.URL = server.URL
	t.Cleanup(func() {
		c.Break()
		server.CloseClientConnections()
		server.Close()
	})
	return c
}

// Append adds facts to the stream; Source, Epoch and Position are filled in.
func (c *Controller) Append(facts ...fact.Fact) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.oldest
	if n := len(c.facts); n > 0 {
		last = c.facts[n-1].Position
	}
	for i, f := range facts {
		f.Source, f.Epoch, f.Position = "controller", c.snapshot.Epoch, last+1+uint64(i)
		if f.Sequence == 0 {
			f.Sequence = 1
		}
		c.facts = append(c.facts, f)
	}
	c.wake()
}

// SetSnapshot replaces what GET snapshot answers.
func (c *Controller) SetSnapshot(change func(*fact.Snapshot)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.snapshot)
}

// Last is the position of the last fact.
func (c *Controller) Last() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.facts); n > 0 {
		return c.facts[n-1].Position
	}
	return c.oldest
}

// Forget drops every fact: readers who stand before the last one get 410.
func (c *Controller) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.facts); n > 0 {
		c.oldest = c.facts[n-1].Position
	}
	c.facts = nil
}

// SetPopup is what GET popups answers for its offer.
func (c *Controller) SetPopup(p fact.Popup) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.popups[p.Offer] = p
}

// Answer decides the replies to control requests from now on: a status and a body.
func (c *Controller) Answer(f func(Control) (int, any)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = f
}

// Controls are the control requests so far, Seen the reports of screen pops.
func (c *Controller) Controls() []Control {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Control{}, c.controls...)
}

// Seen are the reports of screen pops so far.
func (c *Controller) Seen() []Seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Seen{}, c.seen...)
}

// AwaitNoStream waits until the readers have closed every stream.
func (c *Controller) AwaitNoStream(t testing.TB) {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		c.mu.Lock()
		open, changed := c.streams, c.changed
		c.mu.Unlock()
		if open == 0 {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("%d streams are still open", open)
		}
	}
}

// Break ends the streams that are open.
func (c *Controller) Break() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.cut)
	c.cut = make(chan struct{})
}

// Silence stops heartbeats and facts on streams without closing them; or starts them again.
func (c *Controller) Silence(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = on
	c.wake()
}

// Down makes every request fail with 503; or succeed again.
func (c *Controller) Down(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = on
}

// wake wakes the streams. Callers hold mu.
func (c *Controller) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *Controller) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		down := c.down
		c.mu.Unlock()
		switch {
		case down:
			http.Error(w, "down", http.StatusServiceUnavailable)
		case c.Token != "" && r.Header.Get("Authorization") != "Bearer "+c.Token:
			http.Error(w, "token", http.StatusUnauthorized)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (c *Controller) getSnapshot(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	s := c.snapshot
	c.mu.Unlock()
	_ = json.NewEncoder(w).Encode(s)
}

func (c *Controller) getPopup(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	p, ok := c.popups[r.PathValue("offer")]
	c.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(p)
}

func (c *Controller) getFacts(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		http.Error(w, "after", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	epoch, oldest, cut := c.snapshot.Epoch, c.oldest, c.cut
	c.streams++
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.streams--
		c.wake()
		c.mu.Unlock()
	}()
	switch {
	case r.URL.Query().Get("epoch") != epoch:
		http.Error(w, "another log", http.StatusConflict)
		return
	case after < oldest:
		http.Error(w, "gone", http.StatusGone)
		return
	}
	c.streamFacts(w, r, after, cut)
}

func (c *Controller) streamFacts(w http.ResponseWriter, r *http.Request, after uint64, cut chan struct{}) {
	flush := http.NewResponseController(w).Flush
	beat := time.NewTicker(Heartbeat)
	defer beat.Stop()
	for {
		c.mu.Lock()
		silent, changed := c.silent, c.changed
		var lines strings.Builder
		for _, f := range c.facts {
			if f.Position > after && !silent {
				b, err := fact.Encode(f)
				if err != nil {
					panic(err) // a test put in what can't be a fact
				}
				lines.Write(append(b, '\n'))
				after = f.Position
			}
		}
		c.mu.Unlock()
		if lines.Len() == 0 && !silent {
			lines.WriteByte('\n')
		}
		if _, err := w.Write([]byte(lines.String())); err != nil {
			return
		}
		if err := flush(); err != nil {
			return
		}
		select {
		case <-changed:
		case <-beat.C:
		case <-cut:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (c *Controller) postControl(w http.ResponseWriter, r *http.Request) {
	var req Control
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	c.controls = append(c.controls, req)
	status, body := c.answer(req)
	c.mu.Unlock()
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (c *Controller) postSeen(w http.ResponseWriter, r *http.Request) {
	var s Seen
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	c.seen = append(c.seen, s)
	c.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}
