package queuelog_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
)

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// beat is how often the double's streams say that there is nothing.
const beat = 10 * time.Millisecond

// double stands for the controller's internal HTTP: a snapshot, and the facts by position.
type double struct {
	server *httptest.Server

	mu       sync.Mutex // guards all below
	snapshot fact.Snapshot
	facts    []fact.Fact // by position, from 1
	raw      map[uint64]string
	oldest   uint64
	epoch    string
	changed  chan struct{}
	cut      chan struct{} // closed when running streams shall break off
	asked    int           // snapshots
}

func newDouble(t testing.TB) *double {
	c := &double{oldest: 1, epoch: "e1", changed: make(chan struct{}), cut: make(chan struct{}), raw: map[uint64]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /snapshot", c.getSnapshot)
	mux.HandleFunc("GET /facts", c.getFacts)
	c.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		c.change(func() { close(c.cut) })
		c.server.CloseClientConnections()
		c.server.Close()
	})
	return c
}

func (c *double) config() controllerclient.Config {
	return controllerclient.Config{URL: c.server.URL, Timeout: 5 * time.Second, Patience: 5 * time.Second, Retry: time.Millisecond, RetryMost: 10 * time.Millisecond}
}

// change changes the double and wakes its streams.
func (c *double) change(how func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	how()
	close(c.changed)
	c.changed = make(chan struct{})
}

// set puts a day's facts and snapshot in.
func (c *double) set(d *day) {
	c.change(func() { c.facts, c.snapshot = append([]fact.Fact(nil), d.facts...), d.snapshot() })
}

// breakOff ends the streams that are open.
func (c *double) breakOff() {
	c.change(func() {
		close(c.cut)
		c.cut = make(chan struct{})
	})
}

func (c *double) getSnapshot(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	s := c.snapshot
	s.Epoch, s.Position = c.epoch, uint64(len(c.facts))
	_ = json.NewEncoder(w).Encode(s)
}

func (c *double) getFacts(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.ParseUint(r.FormValue("after"), 10, 64)
	c.mu.Lock()
	code := 0
	switch {
	case r.FormValue("epoch") != c.epoch || after > uint64(len(c.facts)):
		code = http.StatusConflict
	case after+1 < c.oldest:
		code = http.StatusGone
	}
	body := map[string]any{"error": "no", "epoch": c.epoch, "oldest": c.oldest, "position": len(c.facts)}
	cut := c.cut
	c.mu.Unlock()
	if code != 0 {
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(body)
		return
	}
	for {
		lines, changed := c.after(after)
		after += uint64(len(lines))
		for _, line := range lines {
			_, _ = w.Write([]byte(line + "\n"))
		}
		if len(lines) == 0 {
			_, _ = w.Write([]byte("\n"))
		}
		w.(http.Flusher).Flush()
		select {
		case <-changed:
		case <-time.After(beat):
		case <-cut:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// after gives the facts behind a position as they stand in the stream.
func (c *double) after(position uint64) (lines []string, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.facts[min(position, uint64(len(c.facts))):] {
		b, err := fact.Encode(f)
		if err != nil {
			panic(err)
		}
		line, ok := c.raw[f.Position]
		if !ok {
			line = string(b)
		}
		lines = append(lines, line)
	}
	return lines, c.changed
}
