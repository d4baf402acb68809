// Command bench compares Firstline with Asterisk's app_queue side by side: one Asterisk, the same agents' phones, the same
// callers, in one run, in the order A B B A, and prints ratios of medians. docs/performance.md holds its last results.
//
//	bench [-firstline bin/firstline] [-only connect,busy,desk] [-rounds 1] [-length 10s] [-out FILE]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	debug.SetGCPercent(1000) // what measures shall not pause, nor take the processors from what is measured
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// settings are what a person may choose.
type settings struct {
	program string        // the built firstline
	only    []string      // benchmarks to run
	rounds  int           // how often A B B A
	length  time.Duration // of one arm's calls
	out     string        // file that gets the report beside standard output
	getenv  func(string) string
}

// benchmark is one comparison; it writes its section of the report.
type benchmark struct {
	name string
	run  func(ctx context.Context, s *site, set settings, out io.Writer) error
}

func benchmarks() []benchmark {
	return []benchmark{{"connect", connect}, {"busy", busy}, {"desk", desk}}
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	set := settings{getenv: getenv}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "connect,busy,desk", "which benchmarks, with commas")
	flags.StringVar(&set.program, "firstline", "bin/firstline", "the built program")
	flags.IntVar(&set.rounds, "rounds", 1, "how often each order A B B A is run")
	flags.DurationVar(&set.length, "length", 10*time.Second, "how long one arm gets calls")
	flags.StringVar(&set.out, "out", "", "file that gets the report, too")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	set.only = strings.Split(*only, ",")
	if err := report(ctx, set, stdout, stderr); err != nil {
		_, _ = fmt.Fprintf(stderr, "bench: %v\n", err)
		return 1
	}
	return 0
}

func report(ctx context.Context, set settings, stdout, stderr io.Writer) (err error) {
	out := stdout
	if set.out != "" {
		file, err := os.Create(set.out)
		if err != nil {
			return fmt.Errorf("make the report's file: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = io.MultiWriter(stdout, file)
	}
	s, err := open(ctx, set, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	s.describe(out)
	for _, b := range benchmarks() {
		if !slices.Contains(set.only, b.name) {
			continue
		}
		if err := b.run(s.ctx, s, set, out); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return nil
}
