package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"firstline/pipeline/listen"
)

// healthConfig is where a role without HTTP of its own serves health and metrics.
type healthConfig struct {
	Listen string `yaml:"listen"` // of its health and metrics: host:port; empty = nowhere
}

// serveHealth serves /healthz, /readyz and /metrics until ctx ends; key is where the configuration says the address.
func serveHealth(key, address string, reg *prometheus.Registry, ready func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if address == "" {
			<-ctx.Done()
			return nil
		}
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
		mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
		mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
			try, cancel := context.WithTimeout(r.Context(), readyTry)
			defer cancel()
			if err := ready(try); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
			_, _ = w.Write([]byte("ready\n"))
		})
		listener, err := listen.Open(ctx, "tcp", address, "health and metrics", key)
		if err != nil {
			return err
		}
		server := &http.Server{Handler: mux, ReadHeaderTimeout: startTry,
			BaseContext: func(net.Listener) context.Context { return ctx }}
		stop := context.AfterFunc(ctx, func() {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = server.Shutdown(last)
		})
		defer stop()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve health and metrics: %w", err)
		}
		return nil
	}
}

func parseURL(address string) (*url.URL, error) { return url.Parse(address) }
