// Command history measures what years of calls cost: it fills the embedded engine with calls by the simulator's distribution,
// through the product's own tables, starts the product's engine and API on them, asks what a supervisor asks, cold and warm,
// and prints how long answers took and what lies on disk. docs/performance.md holds its last results.
//
//	history -dir FOLDER [-calls 100000000] [-firstline bin/firstline] [-rounds 20] [-out FILE]
//
// What has been filled in stays in the folder: a run that was broken off goes on where it was.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings are what a person may choose.
type settings struct {
	program string // the built firstline
	dir     string // the data; kept
	calls   int    // at least so many
	sites   int    // into which they are spread
	only    string // what is in the text of the questions that are asked
	rounds  int    // how often each question is asked warm; cold a fifth of it
	fill    bool   // fill only
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var set settings
	flags := flag.NewFlagSet("history", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&set.program, "firstline", "bin/firstline", "the built program")
	flags.StringVar(&set.dir, "dir", "", "folder of the data, which are kept")
	flags.IntVar(&set.calls, "calls", 100_000_000, "how many calls, at least")
	flags.IntVar(&set.sites, "sites", 27, "sites of 36 agents and two queues; each has some 5,000 calls a day")
	flags.IntVar(&set.rounds, "rounds", 20, "how often each question is asked warm")
	flags.StringVar(&set.only, "only", "", "ask only the questions with these words")
	flags.BoolVar(&set.fill, "fill", false, "fill only, ask nothing")
	path := flags.String("out", "", "file that gets the report, too")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := report(ctx, set, *path, stdout, stderr); err != nil {
		_, _ = fmt.Fprintf(stderr, "history: %v\n", err)
		return 1
	}
	return 0
}

func report(ctx context.Context, set settings, path string, stdout, stderr io.Writer) (err error) {
	if set.dir == "" {
		return errors.New("-dir is missing: name a folder with room for the data")
	}
	if set.dir, err = filepath.Abs(set.dir); err != nil {
		return err
	}
	out := stdout
	if path != "" {
		file, err := os.Create(path)
		if err != nil {
			return fmt.Errorf("make the report's file: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = io.MultiWriter(stdout, file)
	}
	plan := newPlan(set, time.Now())
	p, err := startEngine(ctx, set, plan)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := fill(ctx, p, plan, stderr); err != nil || set.fill {
		return err
	}
	if err := p.describe(ctx, out); err != nil {
		return err
	}
	return ask(ctx, p, set, plan, out)
}
