package asterisk

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func restFor(address string, timeout time.Duration) *rest {
	cfg := DefaultConfig()
	cfg.URL, cfg.Timeout = address, timeout
	return newREST(cfg, "secret", newMetrics(prometheus.NewRegistry()))
}

func TestRequestsUseOneConnectionAgainWhateverTheAnswer(t *testing.T) {
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			http.Error(w, `{"message":"Channel not found"}`, http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(`{"some":"thing"}`))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	r := restFor(server.URL, time.Second)
	for range 20 {
		err := r.do(context.Background(), request{what: "ask", method: http.MethodGet, path: "/gone"}, nil)
		var status *StatusError
		if !errors.As(err, &status) || status.Code != 404 || status.Text != "Channel not found" {
			t.Fatalf("error %v", err)
		}
		if err := r.do(context.Background(), request{what: "ask", method: http.MethodGet, path: "/there"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// Errors are logged, and logs have no callers' numbers.
func TestErrorsTellNoNumbers(t *testing.T) {
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("hang") == "" {
			panic(http.ErrAbortHandler) // closes the connection
		}
		<-hang
	}))
	defer server.Close()
	defer close(hang)
	r := restFor(server.URL, 50*time.Millisecond)
	for hang, want := range map[string]error{"": io.EOF, "1": context.DeadlineExceeded} {
		err := r.do(context.Background(), request{what: "call", method: http.MethodPost, path: "/channels", query: url.Values{"endpoint": {"PJSIP/4930555@trunk"}, "hang": {hang}}}, nil)
		if !errors.Is(err, want) || strings.Contains(err.Error(), "4930555") || !strings.HasPrefix(err.Error(), "call: ") {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestRequestIsAskedAgainWhenTheConnectionWasClosedAndItIsRepeatable(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1)%2 == 1 {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}
	}))
	defer server.Close()
	r := restFor(server.URL, time.Second)
	post := request{what: "ask", method: http.MethodPost, path: "/"}
	if err := r.do(context.Background(), post, nil); err == nil || codeOf(err) != 0 {
		t.Errorf("not repeatable: %v", err)
	}
	asked.Store(0)
	post.repeatable = true
	if err := r.do(context.Background(), post, nil); err != nil {
		t.Errorf("repeatable: %v", err)
	}
	if got := testutil.ToFloat64(r.metrics.retries); got != 1 {
		t.Errorf("retries %v", got)
	}
}

func TestRequestEndsAtItsDeadline(t *testing.T) {
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer server.Close()
	defer close(stop)
	r := restFor(server.URL, 20*time.Millisecond)
	err := r.do(context.Background(), request{what: "ask", method: http.MethodGet, path: "/"}, nil)
	if err == nil || codeOf(err) != 0 {
		t.Errorf("error %v", err)
	}
}

func TestMessageOfAPage(t *testing.T) {
	if got := message([]byte("<html>Shutdown in progress</html>"), "503 Service Unavailable"); got != "503 Service Unavailable" {
		t.Errorf("message %q", got)
	}
}
