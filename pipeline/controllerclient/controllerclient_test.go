package controllerclient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"firstline/pipeline/fact"
)

// serve runs a controller that answers every request so.
func serve(t *testing.T, answer http.HandlerFunc) *Client {
	server := httptest.NewServer(answer)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return New(Config{URL: server.URL + "/", Timeout: 20 * time.Second, Patience: 20 * time.Second})
}

func TestReachableAddress(t *testing.T) {
	for listen, want := range map[string]string{":8071": "127.0.0.1:8071", "0.0.0.0:1": "127.0.0.1:1", "[::]:1": "127.0.0.1:1", "host:1": "host:1", "odd": "odd"} {
		if got := reachable(listen); got != want {
			t.Errorf("%s → %s", listen, got)
		}
	}
}

func TestUnixSocketAndToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "controller.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"node":"` + r.Header.Get("Authorization") + r.URL.Path + `"}`))
	})}}
	server.Start()
	defer server.Close()
	c := New(Config{Listen: "unix:" + path, Token: "secret", Timeout: 20 * time.Second})
	defer c.Close()
	if s, err := c.Snapshot(t.Context()); err != nil || s.Node != "Bearer secret/snapshot" {
		t.Errorf("%q, %v", s.Node, err)
	}
}

// TestStream: lines come as they are; a too long one is told and passed over, half a line at the end is none.
func TestStream(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.URL.RequestURI() + "\n\n" + strings.Repeat("x", 3*maxLine) + "\nlast\nhalf"))
	})
	s, err := c.Facts(t.Context(), "e 1", 7)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, want := range []struct {
		line string
		err  error
	}{{"/facts?after=7&epoch=e+1", nil}, {"", nil}, {"", ErrTooLong}, {"last", nil}, {"", ErrEnded}} {
		if line, err := s.Next(); string(line) != want.line || !errors.Is(err, want.err) {
			t.Errorf("%.50q, %v; want %q, %v", line, err, want.line, want.err)
		}
	}
}

// TestSilence: a stream that says nothing is given up; one that is cut off was the connection's fault.
func TestSilence(t *testing.T) {
	broken := make(chan struct{})
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("\n"))
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-broken:
			panic(http.ErrAbortHandler)
		}
	})
	c.cfg.Patience = 10 * time.Millisecond
	end := func() error {
		s, err := c.Facts(t.Context(), "e1", 0)
		if err != nil {
			return err
		}
		defer s.Close()
		for err == nil {
			_, err = s.Next()
		}
		return err
	}
	if err := end(); !errors.Is(err, ErrSilent) {
		t.Errorf("silent: %v", err)
	}
	c.cfg.Patience = 20 * time.Second
	close(broken)
	if err := end(); !errors.Is(err, ErrUnreachable) {
		t.Errorf("cut off: %v", err)
	}
}

// TestGone: what the controller has instead is in the error; an answer that doesn't say it is a refusal all the same.
func TestGone(t *testing.T) {
	code, body := http.StatusGone, `{"error":"too old","epoch":"e2","oldest":5,"position":9}`
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	})
	var gone *GoneError
	if _, err := c.Facts(t.Context(), "e1", 0); !errors.As(err, &gone) || *gone != (GoneError{"too old", "e2", 5, 9}) {
		t.Errorf("%v", err)
	}
	code, body = http.StatusConflict, `{"epoch":"e2"}`
	_, err := c.Facts(t.Context(), "e1", 0)
	if !errors.As(err, &gone) || err.Error() != "the controller refuses to stream: it answered 409 Conflict and did not say what it has" || gone.Epoch != "" {
		t.Errorf("%v", err)
	}
}

// TestUnexpectedAnswers: every request says which kind of failure it was.
func TestUnexpectedAnswers(t *testing.T) {
	code := 0
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	away := New(Config{URL: "http://127.0.0.1:1", Timeout: 20 * time.Second})
	for what, ask := range map[string]func(*Client) error{
		"snapshot": func(c *Client) error { _, err := c.Snapshot(t.Context()); return err },
		"facts":    func(c *Client) error { _, err := c.Facts(t.Context(), "e1", 0); return err },
		"popup":    func(c *Client) error { _, err := c.Popup(t.Context(), "c1/o1"); return err },
		"control":  func(c *Client) error { _, err := c.Control(t.Context(), Control{By: fact.ByDesk}); return err },
		"seen":     func(c *Client) error { return c.Seen(t.Context(), "p1", true) },
	} {
		code = http.StatusServiceUnavailable
		if err := ask(c); !errors.Is(err, ErrNotReady) {
			t.Errorf("%s: %v", what, err)
		}
		code = http.StatusTeapot
		if err := ask(c); err == nil || !strings.Contains(err.Error(), "418") {
			t.Errorf("%s: %v", what, err)
		}
		code = http.StatusNotFound
		if err := ask(c); errors.Is(err, ErrOver) != (what == "popup" || what == "seen") {
			t.Errorf("%s: %v", what, err)
		}
		if err := ask(away); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestFollow: waits double up to the longest, and are short again after a call that stood, or that asks for it.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Config{Retry: time.Second, RetryMost: 4 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		var ended time.Time
		seconds := []int{0, 1, 2, 4, 4, 1, 2, 1} // the longest wait before each call
		n := 0
		c.Follow(ctx, func(context.Context) error {
			if wait, want := time.Since(ended), time.Duration(seconds[n])*time.Second; n > 0 && (wait < want/2 || wait > want) {
				t.Errorf("before call %d: %s, want up to %s", n, wait, want)
			}
			if n == 4 {
				<-time.After(5 * time.Second) // it stood
			}
			n++
			if n == len(seconds) {
				cancel()
			}
			return errors.New("broken")
		}, func(error) (soon bool) {
			ended = time.Now()
			return n == 7
		})
		if n != len(seconds) {
			t.Errorf("%d calls", n)
		}
	})
}
