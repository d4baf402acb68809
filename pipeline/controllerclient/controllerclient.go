// Package controllerclient speaks the controller's internal HTTP: its snapshot, its facts by position, screen pops, and
// requests to it.
//
// analytics/live and pipeline/queuelog follow the controller through it, each with a Client of its own; what they do with the
// facts is theirs. It keeps nothing, logs nothing, counts no metric, and only Follow ever tries again.
package controllerclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"firstline/pipeline/fact"
)

// Config says how the controller is reached.
type Config struct {
	Listen string // where it listens: host:port or unix:PATH
	URL    string // where it is reached when that is not Listen: http(s)://host[:port]
	Token  string // bearer token; "" = none

	Timeout   time.Duration // of one request, the stream excepted
	Patience  time.Duration // silence of the stream after which it is given up; the controller speaks every second
	Retry     time.Duration // Follow's first wait before it tries again; doubles to RetryMost
	RetryMost time.Duration
}

// Errors of the controller's internal HTTP.
var (
	// ErrNotReady: the controller runs but can't take requests now.
	ErrNotReady = errors.New("the controller is not ready")
	// ErrUnreachable: the controller didn't answer. A control request may or may not have been carried out.
	ErrUnreachable = errors.New("the controller can't be reached")
	// ErrOver: the screen pop's offer is over.
	ErrOver = errors.New("the offer is over")
)

// RefusedError is the controller's refusal of a control request: one of the closed list telephony/callcenter.Refusal.
type RefusedError struct{ Refusal string }

func (e *RefusedError) Error() string { return "the controller refused: " + e.Refusal }

// Control is a request by a person or program about an agent, a caller, an incident or a message.
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
	To       *Target         `json:"to,omitempty"` // to whom a caller is handed on

	Mode fact.MonitorMode `json:"mode,omitempty"` // of a supervisor's part in a talk
	Of   string           `json:"of,omitempty"`   // the agent to whose talk she listens

	Seat string `json:"seat,omitempty"` // where an agent sits who logs in and has no phone of his own

	Priority int `json:"priority,omitempty"` // of a waiting caller

	Recording string `json:"recording,omitempty"` // a message that was left in Contact
}

// Target is a queue, agent or menu.
type Target struct {
	To fact.TransferTo `json:"to"`
	ID string          `json:"id"`
}

func (c Control) about() string {
	if c.Incident != "" {
		return "incident " + c.Incident
	}
	if c.Agent == "" {
		return "contact " + c.Contact
	}
	return "agent " + c.Agent
}

// Limits of what is read from the controller.
const (
	maxSnapshot = 256 << 20
	maxLine     = 1 << 20
	maxReply    = 1 << 20
)

// Client asks one controller. Its methods may be called from any goroutine.
type Client struct {
	cfg  Config
	base string
	http *http.Client
}

// New returns a client; nothing is connected yet.
func New(cfg Config) *Client {
	dialer := &net.Dialer{Timeout: cfg.Timeout}
	transport := &http.Transport{
		DialContext:           dialer.DialContext,
		ResponseHeaderTimeout: cfg.Timeout,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       time.Minute,
	}
	base := strings.TrimSuffix(cfg.URL, "/")
	path, unix := strings.CutPrefix(cfg.Listen, "unix:")
	switch {
	case base != "":
	case unix:
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return dialer.DialContext(ctx, "unix", path) }
		base = "http://controller"
	default:
		base = "http://" + reachable(cfg.Listen)
	}
	return &Client{cfg: cfg, base: base, http: &http.Client{Transport: transport}}
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

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Follow calls once again and again until ctx ends, each time after a longer wait. ended hears how each call ended. The wait
// is short again after a call that stood for a while, and when ended says that another try is likely to do.
func (c *Client) Follow(ctx context.Context, once func(context.Context) error, ended func(error) (soon bool)) {
	wait := c.cfg.Retry
	for ctx.Err() == nil {
		began := time.Now()
		soon := ended(once(ctx))
		if soon || time.Since(began) > c.cfg.RetryMost {
			wait = c.cfg.Retry
		}
		timer := time.NewTimer(wait/2 + rand.N(wait/2+1))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		wait = min(2*wait, c.cfg.RetryMost)
	}
}

// Snapshot is the state of now.
func (c *Client) Snapshot(ctx context.Context) (fact.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var s fact.Snapshot
	res, err := c.do(ctx, http.MethodGet, "/snapshot", nil)
	if err != nil {
		return s, fmt.Errorf("ask the controller for a snapshot: %w", err)
	}
	defer drain(res)
	if res.StatusCode != http.StatusOK {
		return s, fmt.Errorf("ask the controller for a snapshot: %w", status(res))
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxSnapshot)).Decode(&s); err != nil {
		return s, fmt.Errorf("read the controller's snapshot: %w", err)
	}
	return s, nil
}

// Popup is the screen pop of an offer that goes on; ErrOver otherwise.
func (c *Client) Popup(ctx context.Context, offer string) (fact.Popup, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
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

// Control sends a request and answers the agent's state after it. Errors: *RefusedError, ErrNotReady, ErrUnreachable (it may
// have been carried out: repeat it with the same Request).
func (c *Client) Control(ctx context.Context, req Control) (fact.AgentState, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
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

// Seen tells that an agent's page shows a screen pop, or that he opened it. ErrOver when it is unknown.
func (c *Client) Seen(ctx context.Context, pop string, opened bool) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
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

func (c *Client) do(ctx context.Context, method, path string, body any) (*http.Response, error) {
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
	if c.cfg.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.cfg.Token)
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
