// Package phones is a room full of SIP phones in one process with one clock: callers who dial in, and agents who answer at
// once and hang up after their talk. It tells when each thing was seen on the wire, to the microsecond; SIPp's millisecond
// and its own process for each kind of phone would be too coarse here. It knows nothing of who queues the calls.
package phones

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Config says where the phones are.
type Config struct {
	Asterisk string // host:port of its SIP
	Port     int    // the phones' own SIP port on 127.0.0.1, UDP
	Media    int    // RTP port of all agents; callers have the next but one
}

// Call is one call as the phones saw it. Times are zero when the thing did not happen.
type Call struct {
	Number string
	Agent  string // user name of the phone that rang
	Dialed time.Time
	Rang   time.Time // the agent's phone got its INVITE
	Heard  time.Time // the caller's phone got the agent's voice
	Ended  time.Time
	Err    error // how the caller's side failed; nil when the agent hung up
}

// Carried says whether caller and agent were connected.
func (c Call) Carried() bool { return !c.Heard.IsZero() }

// Gap is the time an agent's phone had no call between two.
type Gap struct {
	Agent string
	Freed time.Time // he sent his BYE
	Rang  time.Time // his phone got the next INVITE
}

// Length is the gap's length.
func (g Gap) Length() time.Duration { return g.Rang.Sub(g.Freed) }

// Phones are the phones. New makes them, Run runs them, Call calls.
type Phones struct {
	cfg    Config
	ua     *sipgo.UserAgent
	server *sipgo.Server
	agents *sipgo.DialogServerCache
	caller *sipgo.DialogClientCache
	voice  *voice

	mu          sync.Mutex // guards what follows
	calls       map[string]*Call
	freed       map[string]time.Time // agent → his last BYE
	gaps        []Gap
	wrong       map[string]int // what went wrong on the agents' side, by what
	least, most time.Duration  // of a talk
}

// New makes the phones; nothing listens before Run.
func New(cfg Config) (*Phones, error) {
	quiet := slog.New(slog.DiscardHandler)
	p := &Phones{cfg: cfg, calls: map[string]*Call{}, freed: map[string]time.Time{}, wrong: map[string]int{}}
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("bench"), sipgo.WithUserAgentTransactionLayerOptions(
		sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) { p.note("sip", errRepeated) })))
	if err != nil {
		return nil, fmt.Errorf("make the phones: %w", err)
	}
	server, err := sipgo.NewServer(ua, sipgo.WithServerLogger(quiet))
	if err != nil {
		return nil, fmt.Errorf("make the phones: %w", err)
	}
	client, err := sipgo.NewClient(ua, sipgo.WithClientLogger(quiet), sipgo.WithClientHostname("127.0.0.1"),
		sipgo.WithClientPort(cfg.Port), sipgo.WithClientConnectionAddr(own(cfg.Port)))
	if err != nil {
		return nil, fmt.Errorf("make the phones: %w", err)
	}
	contact := sip.ContactHeader{Address: sip.Uri{User: "bench", Host: "127.0.0.1", Port: cfg.Port}}
	p.ua, p.server = ua, server
	p.agents, p.caller = sipgo.NewDialogServerCache(client, contact), sipgo.NewDialogClientCache(client, contact)
	return p, nil
}

var errRepeated = errors.New("a response came again: somebody is late")

func own(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Run listens until ctx ends; ready is called when calls may come.
func (p *Phones) Run(ctx context.Context, ready func()) error {
	var err error
	if p.voice, err = listenVoice(ctx, p.cfg.Media, p.heard); err != nil {
		return err
	}
	defer p.voice.close()
	p.server.OnInvite(func(req *sip.Request, tx sip.ServerTransaction) { p.ring(ctx, req, tx) })
	p.server.OnAck(func(req *sip.Request, tx sip.ServerTransaction) { p.note("ack", p.agents.ReadAck(req, tx)) })
	p.server.OnBye(func(req *sip.Request, tx sip.ServerTransaction) {
		if err := p.caller.ReadBye(req, tx); errors.Is(err, sipgo.ErrDialogDoesNotExists) {
			p.note("bye", p.agents.ReadBye(req, tx))
		}
	})
	p.server.OnOptions(func(req *sip.Request, tx sip.ServerTransaction) {
		p.note("options", tx.Respond(sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil)))
	})
	conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp", own(p.cfg.Port))
	if err != nil {
		return fmt.Errorf("open the phones' port: %w", err)
	}
	if udp, ok := conn.(*net.UDPConn); ok {
		p.note("read buffer", udp.SetReadBuffer(4<<20))
	}
	stop := context.AfterFunc(ctx, func() { _, _ = p.ua.Close(), conn.Close() })
	defer stop()
	ready()
	if err := p.server.ServeUDP(conn); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve the phones: %w", err)
	}
	return nil
}

// Talk sets how long agents talk from now on: evenly between least and most.
func (p *Phones) Talk(least, most time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.least, p.most = least, most
}

// Reset forgets what was seen: a new run begins.
func (p *Phones) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.calls)
	clear(p.freed)
	clear(p.wrong)
	p.gaps = nil
}

// Seen is what was seen since Reset: the calls in no order, the gaps in the order they ended, and what went wrong.
func (p *Phones) Seen() ([]Call, []Gap, map[string]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := make([]Call, 0, len(p.calls))
	for _, c := range p.calls {
		calls = append(calls, *c)
	}
	return calls, append([]Gap(nil), p.gaps...), maps.Clone(p.wrong)
}

func (p *Phones) note(what string, err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrong[what+": "+err.Error()]++
}

// heard is told by the voice when a caller's phone got the agent's voice.
func (p *Phones) heard(number string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.calls[number]; c != nil && c.Heard.IsZero() {
		c.Heard = at
	}
}
