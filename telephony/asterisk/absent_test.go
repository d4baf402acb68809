package asterisk

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

// Asterisk doesn't answer, then answers without connecting, then connects: each is told once, however often it is found.
func TestMissingAsteriskIsToldOnce(t *testing.T) {
	ari := newFakeARI(t)
	ari.answers(func(string, string) (int, string) { return http.StatusServiceUnavailable, "{}" })
	cfg := DefaultConfig()
	cfg.URL, cfg.Listen, cfg.Poll, cfg.Relist = ari.server.URL+"/ari", "127.0.0.1:0", 5*time.Millisecond, time.Hour
	said := &lines{}
	a, err := New(cfg, Options{Password: "secret", Sink: newCollector(), Log: slog.New(slog.NewTextHandler(said, nil)),
		Registry: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	runAdapter(t, a)
	waitFor(t, "twenty looks in vain", func() bool { return testutil.ToFloat64(a.metrics.pollErrors) > 20 })
	ari.answers(nil)
	waitFor(t, "twenty looks without a websocket", func() bool { return testutil.ToFloat64(a.metrics.unconnected) > 20 })
	connect(t, a).send(registered)
	waitFor(t, "the end of it", func() bool { return said.count("asterisk is there again") == 1 })
	for _, line := range []string{"asterisk is not reached, no calls are served until it answers", "asterisk answers but has not connected"} {
		if n := said.count(line); n != 1 {
			t.Errorf("%d times: %s", n, line)
		}
	}
}
