package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// healthConfig is where a role without HTTP of its own serves health and metrics.
type healthConfig struct {
	Listen string `yaml:"listen"` // of its health and metrics: host:port; empty = nowhere
}

// serveHealth serves /healthz, /readyz and /metrics until ctx ends.
func serveHealth(listen string, reg *prometheus.Registry, log *slog.Logger, ready func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if listen == "" {
			<-ctx.Done()
			return nil
		}
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
		mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
		mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
			try, cancel := context.WithTimeout(r.Context(), startTry)
			defer cancel()
			if err := ready(try); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
			_, _ = w.Write([]byte("ready\n"))
		})
		server := &http.Server{Addr: listen, Handler: mux, ReadHeaderTimeout: startTry,
			BaseContext: func(net.Listener) context.Context { return ctx }}
		stop := context.AfterFunc(ctx, func() {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = server.Shutdown(last)
		})
		defer stop()
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Error("health can't be served", "listen", listen, "error", err)
			return err
		}
		return nil
	}
}

func parseURL(address string) (*url.URL, error) { return url.Parse(address) }
