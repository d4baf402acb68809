package nodetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"
)

// Ports are given away below those that the system hands out, or a connection could take one before its program does, and
// none that browsers refuse. Each process has a share of its own: a port is free only until another process takes it, too.
const (
	shares                = 5
	firstPort, sharePorts = 7_000, 600
	firstMedia, shareRTP  = 10_000, 4_000
)

// share is what this process gives away.
type share struct {
	mu           sync.Mutex // guards all below
	lease        net.Listener
	ports, media ring
}

// ring is given away in turn: no port twice before all were given.
type ring struct{ first, next, end int }

//nolint:gochecknoglobals // a process has one
var ours = sync.OnceValues(leaseShare)

// leaseShare takes a share that no other process has: who listens on its last port has it, until the process ends.
func leaseShare() (*share, error) {
	for n := range shares {
		ports, media := firstPort+n*sharePorts, firstMedia+n*shareRTP
		last := ports + sharePorts - 1
		lease, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", fmt.Sprintf("127.0.0.1:%d", last))
		if err == nil {
			return &share{lease: lease, ports: ring{ports, ports, last}, media: ring{media, media, media + shareRTP}}, nil
		}
	}
	return nil, errors.New("other tests have all ports")
}

// UDP is a port nobody listens on just now.
func UDP(t testing.TB) int { return Ports(t, 1) }

// TCP is a port nobody listens on just now.
func TCP(t testing.TB) int { return Ports(t, 1) }

// Ports is the first of some ports, one behind the other, on which nobody listens by UDP or TCP.
func Ports(t testing.TB, length int) int {
	t.Helper()
	return give(t, length, func(s *share) *ring { return &s.ports })
}

// Media is the first, even port of a range for RTP in which nobody listens.
func Media(t testing.TB, length int) int {
	t.Helper()
	return give(t, length+length%2, func(s *share) *ring { return &s.media })
}

func give(t testing.TB, length int, from func(*share) *ring) int {
	t.Helper()
	s, err := ours()
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := from(s)
	for range r.end - r.first {
		if r.next+length > r.end {
			r.next = r.first
		}
		start := r.next
		r.next += length
		if free(t, start, length) {
			return start
		}
	}
	t.Fatalf("no %d free ports", length)
	return 0
}

func free(t testing.TB, start, length int) bool {
	t.Helper()
	plain := net.ListenConfig{Control: noReuse}
	for port := start; port < start+length; port++ {
		l, err := plain.Listen(t.Context(), "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
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

// noReuse takes a port for taken on which old connections still wait to be forgotten: Go's listeners don't mind, other programs' do.
func noReuse(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) { set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0) })
	return errors.Join(err, set)
}
