package store_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/store"
)

// TestErrorsTellNoParameters loses the engine while it is asked about a caller's number: the error names the address, and not the number.
func TestErrorsTellNoParameters(t *testing.T) {
	engine, err := url.Parse(chdbtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	through := httputil.NewSingleHostReverseProxy(engine)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "param_") {
			panic(http.ErrAbortHandler) // the connection ends without an answer
		}
		through.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	cfg := store.DefaultConfig()
	cfg.URL, cfg.Database = proxy.URL, "default"
	s, err := store.Open(cfg, os.Getenv, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	const number = "4930555123"
	const query = "SELECT {n:String}"
	by := clickhouse.Named("n", number)
	for what, ask := range map[string]func(context.Context) error{
		"Query":    func(ctx context.Context) error { _, err := s.Conn().Query(ctx, query, by); return err },
		"QueryRow": func(ctx context.Context) error { var n string; return s.Conn().QueryRow(ctx, query, by).Scan(&n) },
		"Err":      func(ctx context.Context) error { return s.Conn().QueryRow(ctx, query, by).Err() },
		"Exec":     func(ctx context.Context) error { return s.Conn().Exec(ctx, query, by) },
	} {
		err := ask(t.Context())
		if err == nil || strings.Contains(err.Error(), number) || !strings.Contains(err.Error(), strings.TrimPrefix(proxy.URL, "http://")) || !strings.Contains(err.Error(), "EOF") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
