// Package nodetest starts a real Asterisk for a test: on free ports, in a folder of its own, gone when the test ends.
package nodetest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"sync"
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

// UDP is a port nobody listens on just now.
func UDP(t testing.TB) int { return Ports(t, 1) }

// TCP is a port nobody listens on just now.
func TCP(t testing.TB) int { return Ports(t, 1) }

// What Ports gives away: below the ports that the system hands out, or a connection could take one before its program does,
// below those of Media, and none that browsers refuse.
const firstPort, lastPort = 7000, 9999

var given = struct { //nolint:gochecknoglobals // a process gives no port twice before all were given
	sync.Mutex
	next int
}{next: firstPort + rand.IntN(lastPort-firstPort)}

// Ports is the first of some ports, one behind the other, on which nobody listens by UDP or TCP.
func Ports(t testing.TB, length int) int {
	t.Helper()
	given.Lock()
	defer given.Unlock()
	for range lastPort - firstPort {
		if given.next+length > lastPort {
			given.next = firstPort
		}
		start := given.next
		given.next += length
		if free(t, start, length) {
			return start
		}
	}
	t.Fatalf("no %d free ports", length)
	return 0
}

func free(t testing.TB, start, length int) bool {
	t.Helper()
	for port := start; port < start+length; port++ {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		_ = l.Close()
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			return false
		}
		_ = c.Close()
	}
	return true
}

// Media is the first, even port of a range for RTP below those the system hands out.
func Media(t testing.TB, length int) int {
	t.Helper()
	for range 100 {
		start := 12000 + 2*rand.IntN((32000-12000-length)/2)
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: start})
		if err == nil {
			_ = c.Close()
			return start
		}
	}
	t.Fatal("no free ports for RTP")
	return 0
}
