package queuelog

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Source says how the controller's internal HTTP is reached.
type Source struct {
	Listen string // where it listens: host:port or unix:PATH
	URL    string // where it is reached when that is not Listen: http(s)://host[:port]
	Token  string // bearer token; "" = none

	Timeout   time.Duration // of one request, the stream excepted
	Patience  time.Duration // silence of the stream after which it is given up; the controller speaks every second
	Retry     time.Duration // first wait before connecting again; doubles to RetryMost
	RetryMost time.Duration
}

// refusal is the controller's answer when it can't stream from a position.
type refusal struct {
	Why      string `json:"error"`
	Epoch    string `json:"epoch"`    // of its log
	Oldest   uint64 `json:"oldest"`   // position of the oldest fact kept, or of the next one when none is
	Position uint64 `json:"position"` // of the last fact
}

func (r *refusal) Error() string { return "the controller refuses to stream: " + r.Why }

var (
	errSilent   = errors.New("the controller's stream is silent")
	errEnded    = errors.New("the controller ended the stream")
	errNotReady = errors.New("the controller is not ready")
)

// Limits of what is read from the controller.
const (
	maxSnapshot = 256 << 20
	maxLine     = 1 << 20
	maxReply    = 64 << 10
)

// source asks the controller's internal HTTP.
type source struct {
	Source
	base string
	http *http.Client
}

func newSource(s Source) *source {
	dialer := &net.Dialer{Timeout: s.Timeout}
	transport := &http.Transport{DialContext: dialer.DialContext, ResponseHeaderTimeout: s.Timeout, IdleConnTimeout: time.Minute}
	base := strings.TrimSuffix(s.URL, "/")
	path, unix := strings.CutPrefix(s.Listen, "unix:")
	switch {
	case base != "":
	case unix:
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return dialer.DialContext(ctx, "unix", path) }
		base = "http://controller"
	default:
		base = "http://" + reachable(s.Listen)
	}
	return &source{Source: s, base: base, http: &http.Client{Transport: transport}}
}

// reachable turns a listening address into one to connect to: no host means this host.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func (s *source) close() { s.http.CloseIdleConnections() }

func (s *source) get(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
	if err != nil {
		return nil, err
	}
	if s.Token != "" {
		req.Header.Set("Authorization", "Bearer "+s.Token)
	}
	return s.http.Do(req)
}

func (s *source) snapshot(ctx context.Context) (fact.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	var snap fact.Snapshot
	res, err := s.get(ctx, "/snapshot")
	if err != nil {
		return snap, fmt.Errorf("ask the controller for a snapshot: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return snap, fmt.Errorf("ask the controller for a snapshot: %w", status(res))
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxSnapshot)).Decode(&snap); err != nil {
		return snap, fmt.Errorf("read the controller's snapshot: %w", err)
	}
	return snap, nil
}

// open begins the stream of facts after a position. A *refusal says why that can't be.
func (s *source) open(ctx context.Context, epoch string, after uint64) (*stream, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	watchdog := time.AfterFunc(s.Timeout+s.Patience, func() { cancel(errSilent) })
	res, err := s.get(ctx, "/facts?"+url.Values{"after": {strconv.FormatUint(after, 10)}, "epoch": {epoch}}.Encode()) //nolint:bodyclose // the stream closes it
	if err != nil {
		cancel(nil)
		watchdog.Stop()
		return nil, fmt.Errorf("follow the controller's facts: %w", err)
	}
	st := &stream{ctx: ctx, cancel: cancel, watchdog: watchdog, patience: s.Patience, body: res.Body, in: bufio.NewReaderSize(res.Body, maxLine)}
	switch res.StatusCode {
	case http.StatusOK:
		return st, nil
	case http.StatusGone, http.StatusConflict:
		defer st.close()
		no := &refusal{}
		if err := json.NewDecoder(io.LimitReader(res.Body, maxReply)).Decode(no); err != nil || no.Epoch == "" || no.Oldest == 0 {
			return nil, fmt.Errorf("follow the controller's facts: it answered %s and did not say what it has", res.Status)
		}
		return nil, no
	default:
		defer st.close()
		return nil, fmt.Errorf("follow the controller's facts: %w", status(res))
	}
}

// status turns an unexpected answer into an error.
func status(res *http.Response) error {
	if res.StatusCode == http.StatusServiceUnavailable {
		return errNotReady
	}
	return fmt.Errorf("it answered %s", res.Status)
}

// stream is the controller's facts as they become durable, one a line; an empty line says that there are none just now.
type stream struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	watchdog *time.Timer
	patience time.Duration
	body     io.Closer
	in       *bufio.Reader
}

var errTooLong = errors.New("line too long")

// next waits for a line, without its end. It is valid until the next call. Half a line at the stream's end is no line.
// errTooLong: one was skipped, the stream goes on; every other error ends it.
func (s *stream) next() ([]byte, error) {
	line, err := s.in.ReadSlice('\n')
	tooLong := false
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		_, err = s.in.ReadSlice('\n')
	}
	switch cause := context.Cause(s.ctx); {
	case cause != nil:
		return nil, fmt.Errorf("follow the controller's facts: %w", cause)
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("follow the controller's facts: %w", errEnded)
	case err != nil:
		return nil, fmt.Errorf("follow the controller's facts: %w", err)
	}
	s.watchdog.Reset(s.patience)
	if tooLong {
		return nil, errTooLong
	}
	return line[:len(line)-1], nil
}

// waiting tells whether more has come already.
func (s *stream) waiting() bool { return s.in.Buffered() > 0 }

func (s *stream) close() {
	s.watchdog.Stop()
	s.cancel(nil)
	_ = s.body.Close() // a stream is never drained: it has no end
}
