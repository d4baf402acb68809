// Package nodetest starts a real Asterisk for a test: on free ports, in a folder of its own, gone when the test ends.
package nodetest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"firstline/pipeline/parts"
	"firstline/telephony/asterisk/node"
)

// startLimit is how long Asterisk may take until it answers on a busy machine.
const startLimit = 60 * time.Second

// Config is a node on free ports with one queue, support, and no phones. The test is skipped without Asterisk.
func Config(t testing.TB) node.Config {
	t.Helper()
	cfg := node.DefaultConfig()
	cfg.Root = parts.Need(t, parts.AsteriskRoot)
	cfg.Name = fmt.Sprintf("t%dx%d", os.Getpid(), rand.Uint32())
	cfg.SIPPort, cfg.HTTPPort = UDP(t), TCP(t)
	cfg.RTPStart = Media(t, 400)
	cfg.RTPEnd = cfg.RTPStart + 399
	cfg.Password = "secret"
	cfg.ControllerURL = fmt.Sprintf("ws://127.0.0.1:%d/ari", TCP(t))
	cfg.Queues = []node.Queue{{ID: "support"}}
	return cfg
}

// Start runs Asterisk until the test ends and returns when it answers.
func Start(t testing.TB, cfg node.Config) *node.Node {
	t.Helper()
	n, err := node.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("asterisk: %v", err)
		}
	})
	select {
	case <-n.Ready():
	case err := <-ended:
		ended <- nil
		t.Fatalf("asterisk: %v", err)
	case <-time.After(startLimit):
		t.Fatal("asterisk did not answer in time")
	}
	return n
}
