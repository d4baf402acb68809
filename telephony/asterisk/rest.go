package asterisk

import (
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
	"syscall"
	"time"
)

const (
	maxConns  = 64               // connections to Asterisk; each is a thread there and counts against its sessionlimit
	idleConn  = 10 * time.Second // below Asterisk's 15 s, so that the client, not the server, closes idle connections
	maxAnswer = 64 << 20         // bytes of an answer; a list of 10,000 channels is about 8 MiB
)

// StatusError is an answer of Asterisk other than 2xx.
type StatusError struct {
	What string // what was asked: "create leg"
	Code int    // HTTP status
	Text string // Asterisk's own message
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: asterisk answered %d %s", e.What, e.Code, e.Text)
}

// codeOf is the HTTP status of err; 0 when no answer came.
func codeOf(err error) int {
	var status *StatusError
	if errors.As(err, &status) {
		return status.Code
	}
	return 0
}

// rest is a thin client of ARI's REST interface. Safe for concurrent use.
type rest struct {
	base     string
	username string
	password string
	timeout  time.Duration
	client   *http.Client
	metrics  *metrics
}

func newREST(cfg Config, password string, m *metrics) *rest {
	return &rest{
		base: strings.TrimSuffix(cfg.URL, "/"), username: cfg.Username, password: password, timeout: cfg.Timeout, metrics: m,
		client: &http.Client{Transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: cfg.Timeout}).DialContext,
			MaxConnsPerHost:       maxConns,
			MaxIdleConnsPerHost:   maxConns,
			IdleConnTimeout:       idleConn,
			ResponseHeaderTimeout: cfg.Timeout,
		}},
	}
}

// request is one question to ARI.
type request struct {
	what   string // for errors and metrics: a few constant words
	method string
	path   string // below the base, escaped
	query  url.Values
	body   any // JSON; nil = none
	// repeatable says that asking twice is as good as asking once, so a connection closed under the request is no failure.
	repeatable bool
	date       *time.Time // what Asterisk's clock showed when it answered, in whole seconds; nil = not wanted
}

// do asks and decodes the answer into out (nil = not wanted). Errors are *StatusError where Asterisk answered.
func (r *rest) do(ctx context.Context, q request, out any) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	began := time.Now()
	err := r.once(ctx, q, out)
	if q.repeatable && closedUnder(err) && ctx.Err() == nil {
		r.metrics.retries.Inc()
		err = r.once(ctx, q, out)
	}
	r.metrics.seconds.Observe(time.Since(began).Seconds())
	status := "2xx"
	if err != nil {
		status = strconv.Itoa(codeOf(err))
	}
	r.metrics.requests.WithLabelValues(q.what, status).Inc()
	return err
}

// closedUnder says whether the connection was closed before an answer came.
func closedUnder(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func (r *rest) once(ctx context.Context, q request, out any) error {
	var body io.Reader
	if q.body != nil {
		encoded, err := json.Marshal(q.body)
		if err != nil {
			return fmt.Errorf("%s: encode: %w", q.what, err)
		}
		body = bytes.NewReader(encoded)
	}
	target := r.base + q.path
	if len(q.query) > 0 {
		target += "?" + q.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, q.method, target, body)
	if err != nil {
		return fmt.Errorf("%s: %w", q.what, err)
	}
	req.SetBasicAuth(r.username, r.password)
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := r.client.Do(req)
	if err != nil {
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err // its own text holds the whole address, and with it whom is called and what is said to him
		}
		return fmt.Errorf("%s: %w", q.what, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if q.date != nil {
		if *q.date, err = http.ParseTime(resp.Header.Get("Date")); err != nil {
			return fmt.Errorf("%s: read the answer's Date: %w", q.what, err)
		}
	}
	// Read to the end in any case: a connection with an unread answer can't be used again.
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: read the answer: %w", q.what, err)
	}
	if resp.StatusCode/100 != 2 {
		return &StatusError{What: q.what, Code: resp.StatusCode, Text: message(content, resp.Status)}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(content, out); err != nil {
		return fmt.Errorf("%s: decode the answer: %w", q.what, err)
	}
	return nil
}

// message is what Asterisk says in an error's body: JSON, or a page while it shuts down.
func message(content []byte, status string) string {
	var said struct{ Message, Error string }
	if json.Unmarshal(content, &said) == nil {
		if said.Message != "" {
			return said.Message
		}
		if said.Error != "" {
			return said.Error
		}
	}
	return status
}

// close gives idle connections back.
func (r *rest) close() { r.client.CloseIdleConnections() }

// channelPath is /channels/{id} with what stands behind it.
func channelPath(id, rest string) string { return "/channels/" + url.PathEscape(id) + rest }

func bridgePath(id, rest string) string { return "/bridges/" + url.PathEscape(id) + rest }

func playbackPath(id string) string { return "/playbacks/" + url.PathEscape(id) }

// setGlobal sets a global variable of the dialplan.
func (r *rest) setGlobal(ctx context.Context, what, name, value string) error {
	return r.do(ctx, request{what: what, method: http.MethodPost, path: "/asterisk/variable",
		query: url.Values{"variable": {name}, "value": {value}}, repeatable: true}, nil)
}
