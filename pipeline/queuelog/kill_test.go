package queuelog_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/controllerclient"
	"firstline/pipeline/queuelog"
)

// Variables of a child process that only writes.
const (
	childFile   = "QUEUELOG_TEST_FILE"
	childFolder = "QUEUELOG_TEST_FOLDER"
	childURL    = "QUEUELOG_TEST_URL"
)

func TestMain(m *testing.M) {
	if os.Getenv(childFile) != "" {
		fmt.Fprintln(os.Stderr, child())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// child writes until it is killed.
func child() error {
	cfg := queuelog.DefaultConfig()
	cfg.File = os.Getenv(childFile)
	rec, err := queuelog.New(cfg, queuelog.Options{
		Folder: os.Getenv(childFolder), Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Registry: prometheus.NewRegistry(),
		Controller: controllerclient.Config{URL: os.Getenv(childURL), Timeout: 5 * time.Second, Patience: 5 * time.Second, Retry: time.Millisecond, RetryMost: 10 * time.Millisecond},
	})
	if err != nil {
		return err
	}
	return rec.Run(context.Background())
}

// TestKilledWriter kills the writer with SIGKILL at moments from chance, thirty times, rotating the file now and then, while
// facts go on. Every line is there, once, in order.
func TestKilledWriter(t *testing.T) {
	r := newRig(t)
	d := newDay(11)
	rng := rand.New(rand.NewPCG(rand.Uint64(), 0))
	rotated := 0
	for round := range 30 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childFile+"="+r.file, childFolder+"="+r.folder, childURL+"="+r.c.server.URL)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before := len(r.whole())
		r.feed(d, before, rng.IntN(3000))
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		if round%7 == 3 {
			rotated++
			if err := os.Rename(r.file, fmt.Sprintf("%s.%d", r.file, 9-rotated)); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.end()
	r.c.set(d)
	r.start()
	r.caughtUp(len(d.facts))
	r.is(twin(d.facts, d.snapshot().Agents))
	t.Logf("%d facts, %d bytes in %d files", len(d.facts), len(r.whole()), rotated+1)
}

// feed lets things happen until the file has grown by so many bytes.
func (r *rig) feed(d *day, from, bytes int) {
	r.t.Helper()
	r.waitFor("lines to come", func() bool {
		d.run(3)
		r.c.set(d)
		return len(r.whole()) > from+bytes
	})
}
