package phones

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// voice carries what agents say to callers' ears. An agent says the caller's number again and again in the payload of PCMU
// packets, until the caller's phone has got it: two phones are connected when one hears the other, not when someone says so.
type voice struct {
	agent, caller *net.UDPConn
	heard         func(number string, at time.Time)
	wg            sync.WaitGroup

	mu      sync.Mutex // guards waiting
	waiting map[string]chan struct{}
}

const (
	sayEvery = 2 * time.Millisecond
	frame    = 160 // bytes of 20 ms PCMU
	header   = 12
)

// mark stands before the number in the payload.
const mark = "firstline-bench:"

var errNotHeard = errors.New("the caller did not hear the agent")

func listenVoice(ctx context.Context, port int, heard func(string, time.Time)) (*voice, error) {
	v := &voice{heard: heard, waiting: map[string]chan struct{}{}}
	for i, to := range []**net.UDPConn{&v.agent, &v.caller} {
		c, err := new(net.ListenConfig).ListenPacket(ctx, "udp4", own(port+2*i))
		if err != nil {
			return nil, fmt.Errorf("open the phones' voice: %w", err)
		}
		udp, ok := c.(*net.UDPConn)
		if !ok {
			return nil, errors.New("open the phones' voice: no UDP")
		}
		*to = udp
		if err := udp.SetReadBuffer(4 << 20); err != nil {
			return nil, fmt.Errorf("open the phones' voice: %w", err)
		}
	}
	v.wg.Go(v.listen)
	v.wg.Go(func() { drainAll(v.agent) })
	return v, nil
}

func (v *voice) close() {
	_, _ = v.agent.Close(), v.caller.Close()
	v.wg.Wait()
}

func (v *voice) agentPort() int  { return v.agent.LocalAddr().(*net.UDPAddr).Port }
func (v *voice) callerPort() int { return v.caller.LocalAddr().(*net.UDPAddr).Port }

// listen is the callers' ears; music and silence are heard too, and mean nothing.
func (v *voice) listen() {
	buf := make([]byte, 2048)
	for {
		n, _, err := v.caller.ReadFromUDPAddrPort(buf)
		if err != nil {
			return // closed
		}
		at := time.Now()
		if n < header+len(mark) || !strings.HasPrefix(string(buf[header:n]), mark) {
			continue
		}
		number, _, _ := strings.Cut(string(buf[header+len(mark):n]), "\x00")
		v.mu.Lock()
		ear := v.waiting[number]
		delete(v.waiting, number)
		v.mu.Unlock()
		if ear != nil {
			v.heard(number, at)
			close(ear)
		}
	}
}

func drainAll(c *net.UDPConn) {
	buf := make([]byte, 2048)
	for {
		if _, _, err := c.ReadFromUDPAddrPort(buf); err != nil {
			return // closed
		}
	}
}

// speak says number to leg until the caller hears it, ctx ends, or patience is over; it says whether he heard.
func (v *voice) speak(ctx context.Context, leg netip.AddrPort, number string, patience time.Duration) bool {
	ear := make(chan struct{})
	v.mu.Lock()
	v.waiting[number] = ear
	v.mu.Unlock()
	packet := make([]byte, header+frame)
	packet[0] = 2 << 6 // version 2, payload type 0 = PCMU
	copy(packet[8:], number[max(0, len(number)-4):])
	copy(packet[header+copy(packet[header:], mark):], number)
	tick := time.NewTicker(sayEvery)
	defer tick.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for said := uint32(1); ; said++ {
		binary.BigEndian.PutUint16(packet[2:], uint16(said))
		binary.BigEndian.PutUint32(packet[4:], said*frame)
		if _, err := v.agent.WriteToUDPAddrPort(packet, leg); err != nil {
			return false
		}
		select {
		case <-ear:
			return true
		case <-ctx.Done():
			return false
		case <-late.C:
			return false
		case <-tick.C:
		}
	}
}

// sdp offers or answers PCMU at port.
func sdp(port int) []byte {
	return fmt.Appendf(nil, "v=0\r\no=bench 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n", port)
}

// mediaOf is where an SDP wants its audio.
func mediaOf(body []byte) (netip.AddrPort, error) {
	host, port := "", 0
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		if c, ok := strings.CutPrefix(line, "c=IN IP4 "); ok {
			host = c
		}
		if m, ok := strings.CutPrefix(line, "m=audio "); ok {
			first, _, _ := strings.Cut(m, " ")
			port, _ = strconv.Atoi(first)
		}
	}
	to, err := netip.ParseAddrPort(net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil || port == 0 {
		return netip.AddrPort{}, fmt.Errorf("the offer names no audio: %q", body)
	}
	return to, nil
}
