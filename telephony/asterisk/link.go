package asterisk

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"firstline/telephony/callcenter"
)

const (
	subProtocol  = "ari"
	pingEvery    = 2 * time.Second
	pingLimit    = 4 * time.Second  // an Asterisk that doesn't answer for so long is lost
	barrierLimit = 10 * time.Second // of silence before ApplicationRegistered
	settleLimit  = 3 * time.Second  // for commands under way when the link comes back
	maxFrame     = 1 << 20          // bytes of an event; the largest seen were below 4 KiB
)

// link is one connection of Asterisk.
type link struct {
	a      *Adapter
	conn   *websocket.Conn
	cancel context.CancelCauseFunc
	ended  chan struct{} // closed when everything of it has ended

	barrier    chan struct{} // room for one: ApplicationRegistered came, events are being held
	reconciled atomic.Bool   // what is there was handed on
	lastFrame  atomic.Int64  // unix nanoseconds
	live       bool          // the events that Asterisk kept have been read: the next ones are new. read's own
	recent     recent
}

// serve answers Asterisk's handshakes until ctx ends.
func (a *Adapter) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.accept(ctx, w, r) }),
		ReadHeaderTimeout: 2 * time.Second,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	err := server.Serve(quickAck{listener})
	a.conns.Lock() // no connection is being taken over any more
	last := a.current
	a.conns.Unlock()
	if last != nil {
		last.cancel(errStop)
		<-last.ended
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("serve asterisk's websocket: %w", err)
}

// accept answers a handshake at once (an Asterisk before 22.11 waits for it without limit) and runs the connection.
func (a *Adapter) accept(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	if !equal(user, a.cfg.Username) || !equal(password, a.password) {
		a.metrics.refused.WithLabelValues("password").Inc()
		a.log.Warn("a websocket with a wrong user or password was turned away", "from", r.RemoteAddr)
		http.Error(w, "wrong user or password", http.StatusUnauthorized)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subProtocol}})
	if err != nil {
		a.metrics.refused.WithLabelValues("handshake").Inc()
		a.log.Warn("a websocket handshake failed", "from", r.RemoteAddr, "error", err)
		return
	}
	if conn.Subprotocol() != subProtocol {
		a.metrics.refused.WithLabelValues("protocol").Inc()
		_ = conn.Close(websocket.StatusPolicyViolation, "the sub-protocol ari is needed")
		return
	}
	conn.SetReadLimit(maxFrame)
	a.replace(ctx, conn)
}

func equal(given, wanted string) bool {
	g, w := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(wanted))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1
}

// replace makes conn the one connection and runs it. An older one is ended first: Asterisk opens a new one only when it
// has given up the old.
func (a *Adapter) replace(ctx context.Context, conn *websocket.Conn) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l := &link{a: a, conn: conn, cancel: cancel, ended: make(chan struct{}), barrier: make(chan struct{}, 1)}
	defer close(l.ended)
	a.conns.Lock()
	if ctx.Err() != nil { // serve waits for the connection it sees as current, and for none that comes later
		a.conns.Unlock()
		_ = conn.CloseNow()
		return
	}
	old := a.current
	a.current = l
	a.conns.Unlock()
	if old != nil {
		old.cancel(errAnew)
		<-old.ended
	}
	a.metrics.connects.Inc()
	a.log.Info("asterisk connected")
	l.run(ctx)
	a.conns.Lock()
	if a.current == l {
		a.current = nil
	}
	a.conns.Unlock()
}

// linked says whether Asterisk is connected and what it holds is known.
func (a *Adapter) linked() bool {
	a.conns.Lock()
	defer a.conns.Unlock()
	return a.current != nil && a.current.reconciled.Load()
}

// run reads until the connection ends, with the pinger and the reconciler beside it.
func (l *link) run(ctx context.Context) {
	defer func() { _ = l.conn.CloseNow() }()
	l.lastFrame.Store(time.Now().UnixNano())
	var beside sync.WaitGroup
	beside.Go(func() { l.ping(ctx) })
	beside.Go(func() { l.reconcile(ctx) })
	l.cancel(l.read(ctx))
	beside.Wait()
	why := context.Cause(ctx)
	l.a.metrics.connected.Set(0)
	l.a.metrics.losses.WithLabelValues(reason(why)).Inc()
	l.a.log.Warn("asterisk's connection ended", "error", why)
	l.a.executor.legs.lost()
	l.a.inlet.lose(why.Error())
}

// read takes one event after the other and hands them on. It does nothing that waits.
func (l *link) read(ctx context.Context) error {
	for {
		_, raw, err := l.conn.Read(ctx)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		l.lastFrame.Store(time.Now().UnixNano())
		l.take(raw)
	}
}

// take hands on what one event means.
func (l *link) take(raw []byte) {
	m := l.a.metrics
	f, err := decode(raw)
	if err != nil {
		m.undecodable.Inc()
		if l.a.complaints.may() {
			l.a.log.Warn("an event of asterisk could not be decoded", "error", err)
		}
		return
	}
	name := f.Type
	if !isKnown(name) {
		name = "unknown"
		if l.a.complaints.may() {
			l.a.log.Warn("an event of an unknown type came from asterisk", "type", f.Type)
		}
	}
	m.events.WithLabelValues(name).Inc()
	l.live = l.live || f.Type == typeRegistered
	l.compareClocks(f.Timestamp.Time)
	if f.Type == typeRegistered {
		l.a.inlet.hold()
		select {
		case l.barrier <- struct{}{}:
		default: // a listing is asked for already
		}
		return
	}
	if f.Type == typeStart && strings.HasPrefix(f.Channel.ID, ours) {
		l.a.executor.legs.entered(f.Channel.ID)
		l.a.inlet.entered(f.Channel.ID)
		return
	}
	ev := translate(f, l.a.phones.has, l.a.numbers())
	if ev == nil {
		return
	}
	if l.recent.seen(raw) {
		m.duplicates.Inc()
		return
	}
	if ended, ok := ev.(callcenter.ChannelEnded); ok {
		l.a.executor.legs.gone(ended.Channel)
	}
	if broke, ok := ev.(callcenter.RecordingBroke); ok { // no fact has the reason
		l.a.log.Warn("asterisk could not record", "name", broke.Name, "error", broke.Why)
	}
	l.a.inlet.event(f.Timestamp.Time, ev)
}

// compareClocks notes how old an event of that time is, and what it says about Asterisk's clock. An event that was kept is
// old by any clock.
func (l *link) compareClocks(at time.Time) {
	if at.IsZero() {
		return // it has no time: it happens now for the core, too
	}
	m := l.a.metrics
	now := time.Now()
	age := now.Sub(at)
	if l.live {
		m.clockAhead.Set(-age.Seconds())
		l.a.lastEvent.Store(&eventTimes{at, now})
	}
	if age < 0 {
		m.early.Inc()
		return
	}
	m.age.Observe(age.Seconds())
}

// ping ends the connection when Asterisk doesn't answer, or never comes to the barrier.
func (l *link) ping(ctx context.Context) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		silent := time.Since(time.Unix(0, l.lastFrame.Load()))
		if !l.reconciled.Load() && silent > barrierLimit {
			l.cancel(errNoBarrier)
			return
		}
		limited, cancel := context.WithTimeout(ctx, pingLimit)
		err := l.conn.Ping(limited)
		cancel()
		if err != nil {
			l.cancel(fmt.Errorf("%w: %w", errNoPong, err))
			return
		}
	}
}

var (
	errNoBarrier = errors.New("asterisk did not say ApplicationRegistered")
	errNoPong    = errors.New("asterisk did not answer a ping")
	errAnew      = errors.New("asterisk connected anew")
	errStop      = errors.New("controller stops")
)

// reason is the label of a lost link: a closed list.
func reason(err error) string {
	switch {
	case errors.Is(err, errNoBarrier):
		return "no_barrier"
	case errors.Is(err, errNoPong):
		return "no_pong"
	case errors.Is(err, errAnew):
		return "replaced"
	case errors.Is(err, errStop), errors.Is(err, context.Canceled):
		return "stopped"
	}
	return "closed"
}
