// Command engine is the embedded ClickHouse as tests run it: a process of its own, on a free port, that ends with its
// standard input, so that it never outlives the tests that started it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/chdb"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("engine", flag.ContinueOnError)
	flags.SetOutput(stderr)
	cfg := chdb.DefaultConfig()
	dir := flags.String("dir", "", "data folder")
	remove := flags.String("remove", "", "folder to remove at the end")
	flags.StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "host:port")
	flags.StringVar(&cfg.PasswordEnv, "password-env", "", "variable that holds the password")
	flags.IntVar(&cfg.Connections, "connections", cfg.Connections, "connections to the engine")
	flags.IntVar(&cfg.Waiting, "waiting", cfg.Waiting, "queries that may wait")
	flags.DurationVar(&cfg.MaxWait, "max-wait", cfg.MaxWait, "how long they may wait")
	flags.DurationVar(&cfg.Drain, "drain", time.Second, "time for running queries at the stop")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *remove != "" {
		defer func() { _ = os.RemoveAll(*remove) }()
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	server, err := chdb.New(cfg, *dir, os.Getenv, log, prometheus.NewRegistry())
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // ends with the process: a blocked read of standard input can't be waited for
		_, _ = io.Copy(io.Discard, stdin)
		stop()
	}()
	go func() {
		select {
		case <-server.Ready():
			_, _ = fmt.Fprintln(stdout, server.URL())
		case <-ctx.Done():
		}
	}()
	if err := server.Run(ctx); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
