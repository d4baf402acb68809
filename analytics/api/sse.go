package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"reflect"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// streams counts the live streams, or the exports, that are open and refuses more than there may be.
type streams struct {
	most    int // at once
	each    int // of one session; of exports, of one user or key
	refusal *Error
	m       *metrics

	mu   sync.Mutex // guards open and all
	open map[string]int
	all  int
	wg   sync.WaitGroup
}

func (s *streams) enter(kind, session string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= s.most || s.open[session] >= s.each {
		return s.refusal
	}
	s.all++
	s.open[session]++
	s.wg.Add(1)
	s.m.streams.WithLabelValues(kind).Inc()
	return nil
}

func (s *streams) leave(kind, session, cause string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.open[session]--; s.open[session] == 0 {
		delete(s.open, session)
	}
	s.m.streams.WithLabelValues(kind).Dec()
	s.m.streamEnds.WithLabelValues(kind, cause).Inc()
	s.wg.Done()
}

func (s *streams) wait() { s.wg.Wait() }

// Why a stream or an export ended.
var (
	errGone      = errors.New("api: the client is gone, or too slow to be served")
	errStopped   = errors.New("api: shutting down")
	errSignedOut = errors.New("api: the session ended")
	errRights    = errors.New("api: he may see other queues or agents now") // who connects again has them
)

// defaultPatience is how long a client may take to accept what is sent before it counts as gone.
const defaultPatience = 15 * time.Second

// checkEvery is how many heartbeats pass between two looks at the session.
const checkEvery = 5

// eventWriter writes server-sent events to one client.
type eventWriter struct {
	w        *bufio.Writer
	conn     net.Conn
	patience time.Duration
	events   func(name string)
}

// send writes one event.
func (e *eventWriter) send(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", name, err)
	}
	return e.raw(name, b)
}

func (e *eventWriter) raw(name string, data []byte) error {
	err := e.conn.SetWriteDeadline(time.Now().Add(e.patience))
	if err == nil {
		_, err = fmt.Fprintf(e.w, "event: %s\ndata: %s\n\n", name, data)
	}
	if err == nil {
		err = e.w.Flush()
	}
	if err == nil {
		e.events(name)
	}
	return goneBy(err)
}

// goneBy is an error of writing to a client: it is told from those of what is read for him.
func goneBy(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(errGone, err)
}

// source feeds one stream: it sends what there is at the start, then answers changes. wake and paced are its signals.
type source interface {
	begin(w *eventWriter) error
	changed(w *eventWriter) error // something happened that is sent at once
	paced(w *eventWriter) error   // something happened that is sent once a second at most
	beat(w *eventWriter) error
	signals() (atOnce, coalesced <-chan struct{}) // nil = never
	close()
}

// pace is how often coalesced changes are sent at most.
const pace = time.Second

// stream answers a request with server-sent events from src until the client is gone, its session ends, or the API stops.
func (a *API) stream(c *fiber.Ctx, kind string, who principal, open func() source) error {
	if err := a.streams.enter(kind, who.session); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/event-stream; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no") // nginx would hold events back
	conn, cr := c.Context().Conn(), a.credentialOf(c)
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		cause := causeError
		defer func() {
			if p := recover(); p != nil {
				a.m.panics.Inc()
				a.log.Error("live stream panicked", "stream", kind, "error", fmt.Sprint(p))
			}
			a.streams.leave(kind, who.session, cause)
		}()
		src := open()
		defer src.close()
		ew := &eventWriter{w: w, conn: conn, patience: a.patience, events: func(name string) { a.m.events.WithLabelValues(name).Inc() }}
		err := a.serve(ew, src, cr, who)
		if cause = causeOf(err); cause == causeError {
			a.log.Error("live stream broken off", "stream", kind, "error", err)
		}
	})
	return nil
}

// causeError is what ended by a mistake of ours, or of a part behind the API, is counted as.
const causeError = "error"

func causeOf(err error) string {
	switch {
	case errors.Is(err, errStopped):
		return "stopped"
	case errors.Is(err, errSignedOut):
		return "signed_out"
	case errors.Is(err, errRights):
		return "rights"
	case errors.Is(err, errGone):
		return "gone"
	default:
		return causeError
	}
}

// serve is the loop of one stream. It always returns an error: why it ended.
func (a *API) serve(w *eventWriter, src source, cr credential, who principal) error {
	if err := src.begin(w); err != nil {
		return err
	}
	beat := time.NewTicker(a.cfg.Heartbeat)
	defer beat.Stop()
	rest := time.NewTimer(pace)
	defer rest.Stop()
	atOnce, coalesced := src.signals()
	var due <-chan struct{} // coalesced while it may be read
	look := &look{api: a, credential: cr, who: who}
	defer look.end()
	for beats := 1; ; {
		var err error
		select {
		case <-a.stop.Done():
			return errStopped
		case <-atOnce:
			err = src.changed(w)
		case <-due:
			due = nil
			rest.Reset(pace)
			err = src.paced(w)
		case <-rest.C:
			due = coalesced
		case err = <-look.done:
			look.done = nil
			if errors.Is(err, errSignedOut) {
				err = errors.Join(w.send("signed_out", struct{}{}), err)
			}
		case <-beat.C:
			if err = src.beat(w); beats%checkEvery == 0 {
				look.begin()
			}
			beats++
		}
		if err != nil {
			return err
		}
	}
}

// look asks now and then whether the session of a stream goes on, or the key still holds. The stream doesn't wait for it: a screen pop comes
// at once, also when what keeps the sessions hangs.
type look struct {
	api        *API
	credential credential
	who        principal
	done       chan error // of the look under way; nil = there is none
	cancel     context.CancelFunc
}

// begin starts a look unless one is under way.
func (l *look) begin() {
	if l.done != nil {
		return
	}
	ctx, cancel := context.WithCancel(l.api.stop)
	done := make(chan error, 1)
	l.done, l.cancel = done, cancel
	go func() {
		defer cancel()
		done <- l.api.stillSignedIn(ctx, l.credential, l.who)
	}()
}

// end waits for a look that is under way.
func (l *look) end() {
	if l.done != nil {
		l.cancel()
		<-l.done //nolint:errcheck // the stream has its reason already
	}
}

// stillSignedIn says why a stream has to end: errSignedOut, errRights, or nil. While sessions and keys can't be read it goes on, until the
// end that its session or key had when it was read last.
func (a *API) stillSignedIn(ctx context.Context, cr credential, who principal) error {
	now, err := a.identify(ctx, cr)
	switch {
	case err == nil && (now.Role != who.Role || !reflect.DeepEqual(now.rights, who.rights)):
		return errRights
	case err == nil:
		return nil
	case refused(err), !a.clock().Before(who.ends):
		return errSignedOut
	default:
		return nil
	}
}
