package live

import (
	"bufio"
	"bytes"
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

// Errors of the controller's internal HTTP.
var (
	// ErrGone: the facts asked for are no longer kept, or belong to another log. Begin again with a snapshot.
	ErrGone = errors.New("live: the controller does not keep these facts")
	// ErrNotReady: the controller runs but can't take requests now.
	ErrNotReady = errors.New("live: the controller is not ready")
	// ErrUnreachable: the controller didn't answer. A control request may or may not have been carried out.
	ErrUnreachable = errors.New("live: the controller can't be reached")
	// ErrOver: the screen pop's offer is over.
	ErrOver = errors.New("live: the offer is over")
)

// RefusedError is the controller's refusal of a control request: one of the closed list telephony/callcenter.Refusal.
type RefusedError struct{ Refusal string }

func (e *RefusedError) Error() string { return "live: the controller refused: " + e.Refusal }

// Control is a request by a person or program about an agent, or about an incident.
type Control struct {
	Request  string          `json:"request"` // idempotency key; the same again gives the same answer and no effect
	Actor    string          `json:"actor"`
	By       fact.By         `json:"by"`
	Agent    string          `json:"agent,omitempty"`
	Action   string          `json:"action"`
	Reason   string          `json:"reason,omitempty"`
	Expect   fact.AgentState `json:"expect,omitempty"`
	Code     string          `json:"code,omitempty"`
	Note     string          `json:"note,omitempty"`
	Contact  string          `json:"contact,omitempty"`
	Incident string          `json:"incident,omitempty"`
}

func (c Control) about() string {
	if c.Incident != "" {
		return "incident " + c.Incident
	}
	return "agent " + c.Agent
}

// Limits of what is read from the controller.
const (
	maxSnapshot = 256 << 20
	maxLine     = 4 << 20
	maxReply    = 1 << 20
)

// client speaks the controller's internal HTTP.
type client struct {
	base    string
	token   string
	timeout time.Duration
	http    *http.Client
}

func newClient(cfg Config, token string) *client {
	dialer := &net.Dialer{Timeout: cfg.Timeout}
	transport := &http.Transport{
		DialContext:           dialer.DialContext,
		ResponseHeaderTimeout: cfg.Timeout,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       time.Minute,
	}
	base := strings.TrimSuffix(cfg.URL, "/")
	if path, ok := strings.CutPrefix(cfg.Listen, "unix:"); ok && base == "" {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", path)
		}
		base = "http://controller"
	}
	if base == "" {
		base = "http://" + reachable(cfg.Listen)
	}
	return &client{base: base, token: token, timeout: cfg.Timeout, http: &http.Client{Transport: transport}}
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

// close drops idle connections.
func (c *client) close() { c.http.CloseIdleConnections() }

func (c *client) snapshot(ctx context.Context) (fact.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var s fact.Snapshot
	res, err := c.do(ctx, http.MethodGet, "/snapshot", nil)
	if err != nil {
		return s, fmt.Errorf("get snapshot: %w", err)
	}
	defer drain(res)
	if res.StatusCode != http.StatusOK {
		return s, fmt.Errorf("get snapshot: %w", status(res))
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxSnapshot)).Decode(&s); err != nil {
		return s, fmt.Errorf("read snapshot: %w", err)
	}
	return s, nil
}

func (c *client) popup(ctx context.Context, offer string) (fact.Popup, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var p fact.Popup
	res, err := c.do(ctx, http.MethodGet, "/popups/"+escapePath(offer), nil)
	if err != nil {
		return p, fmt.Errorf("get popup %s: %w", offer, err)
	}
	defer drain(res)
	switch {
	case res.StatusCode == http.StatusNotFound:
		return p, fmt.Errorf("get popup %s: %w", offer, ErrOver)
	case res.StatusCode != http.StatusOK:
		return p, fmt.Errorf("get popup %s: %w", offer, status(res))
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxReply)).Decode(&p); err != nil {
		return p, fmt.Errorf("read popup %s: %w", offer, err)
	}
	return p, nil
}

// escapePath escapes each part of an id but keeps its slashes.
func escapePath(id string) string {
	parts := strings.Split(id, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

func (c *client) control(ctx context.Context, req Control) (fact.AgentState, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	res, err := c.do(ctx, http.MethodPost, "/control", req)
	if err != nil {
		return "", fmt.Errorf("control %s: %w", req.about(), err)
	}
	defer drain(res)
	var reply struct {
		State   fact.AgentState `json:"state"`
		Refused string          `json:"refused"`
	}
	decodeErr := json.NewDecoder(io.LimitReader(res.Body, maxReply)).Decode(&reply)
	switch {
	case res.StatusCode == http.StatusOK && decodeErr == nil:
		return reply.State, nil
	case reply.Refused != "":
		return reply.State, fmt.Errorf("control %s: %w", req.about(), &RefusedError{reply.Refused})
	case res.StatusCode == http.StatusOK:
		return "", fmt.Errorf("control %s: read reply: %w", req.about(), decodeErr)
	}
	return "", fmt.Errorf("control %s: %w", req.about(), status(res))
}

func (c *client) seen(ctx context.Context, pop string, opened bool) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	body := struct {
		Pop    string `json:"pop"`
		Opened bool   `json:"opened"`
	}{pop, opened}
	res, err := c.do(ctx, http.MethodPost, "/pops/seen", body)
	if err != nil {
		return fmt.Errorf("tell pop %s seen: %w", pop, err)
	}
	defer drain(res)
	switch {
	case res.StatusCode == http.StatusNotFound:
		return fmt.Errorf("tell pop %s seen: %w", pop, ErrOver)
	case res.StatusCode/100 != 2:
		return fmt.Errorf("tell pop %s seen: %w", pop, status(res))
	}
	return nil
}

// follow reads the stream of facts after a position. open is called when the stream stands, line with each line, also the
// empty ones that are its heartbeat; silence for longer than patience ends it. It always returns an error: why it ended.
func (c *client) follow(ctx context.Context, epoch string, after uint64, patience time.Duration, open func(), line func([]byte) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(patience+c.timeout, func() { cancel(errSilent) })
	defer watchdog.Stop()

	query := url.Values{"after": {strconv.FormatUint(after, 10)}, "epoch": {epoch}}
	res, err := c.do(ctx, http.MethodGet, "/facts?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("follow facts: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // a stream is never drained: it has no end
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusGone, http.StatusConflict:
		return fmt.Errorf("follow facts after %d: %w", after, ErrGone)
	default:
		return fmt.Errorf("follow facts: %w", status(res))
	}
	open()
	scanner := bufio.NewScanner(res.Body)
	scanner.Buffer(make([]byte, 64<<10), maxLine)
	for scanner.Scan() {
		watchdog.Reset(patience)
		if err := line(scanner.Bytes()); err != nil {
			return err
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("follow facts: %w", cause)
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("follow facts: %w: %w", ErrUnreachable, err)
	}
	return fmt.Errorf("follow facts: %w", io.EOF)
}

var errSilent = errors.New("live: the controller's stream is silent")

func (c *client) do(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, reader)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return res, nil
}

// status turns an unexpected answer into an error.
func status(res *http.Response) error {
	if res.StatusCode == http.StatusServiceUnavailable {
		return ErrNotReady
	}
	return fmt.Errorf("the controller answered %s", res.Status)
}

// drain reads the rest of a body so that its connection can be used again.
func drain(res *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxReply))
	_ = res.Body.Close()
}
