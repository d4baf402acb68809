package chdb

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// clientTimeout is how long a client may take to send or to accept the next piece.
const clientTimeout = 60 * time.Second

// handler answers ClickHouse's HTTP interface.
type handler struct {
	pool     *pool
	metrics  *metrics
	version  string
	zone     string
	username string
	password string
	local    bool            // listens on loopback
	stop     context.Context // ended when running queries have to end
}

func (h *handler) routes(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	ok := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Ok.\n") }
	mux.HandleFunc("/ping", ok)
	mux.HandleFunc("/replicas_status", ok)
	mux.Handle("/metrics", metrics)
	mux.HandleFunc("/{$}", h.serve)
	return mux
}

// serve answers one request, the error included.
func (h *handler) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-ClickHouse-Server-Display-Name", "firstline")
	w.Header().Set("X-ClickHouse-Timezone", h.zone)
	if err := h.admit(r); err != nil {
		h.fail(w, err)
		return
	}
	r.Body = &steady{ReadCloser: r.Body, control: http.NewResponseController(w)}
	req, err := parseRequest(r, h.pool.base)
	if err != nil {
		h.metrics.refused.WithLabelValues("request").Inc()
		h.fail(w, err)
		return
	}
	if req.verb == "" && r.Method == http.MethodGet {
		_, _ = io.WriteString(w, "Ok.\n")
		return
	}
	if err := req.check(); err != nil {
		h.metrics.refused.WithLabelValues("request").Inc()
		h.fail(w, err)
		return
	}
	h.run(w, r, req)
}

// admit refuses strangers, and browsers that a foreign page sends here.
func (h *handler) admit(r *http.Request) error {
	if r.Header.Get("Origin") != "" || h.local && !loopback(hostPort(r.Host)) {
		h.metrics.refused.WithLabelValues("origin").Inc()
		return exception(codeAuthenticationFailed, "Requests of web pages are refused")
	}
	user, password, ok := r.BasicAuth()
	if !ok {
		values := r.URL.Query()
		user = first(r.Header.Get("X-ClickHouse-User"), values.Get("user"))
		password = first(r.Header.Get("X-ClickHouse-Key"), values.Get("password"))
	}
	if user == "" && h.password == "" {
		user = h.username
	}
	same := subtle.ConstantTimeCompare([]byte(user), []byte(h.username)) & subtle.ConstantTimeCompare([]byte(password), []byte(h.password))
	if same != 1 {
		h.metrics.refused.WithLabelValues("authentication").Inc()
		return exception(codeAuthenticationFailed, "%s: Authentication failed: password is incorrect, or there is no user with such name", user)
	}
	return nil
}

func hostPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), "0")
}

// run takes a connection, executes the statement on it and gives it back.
func (h *handler) run(w http.ResponseWriter, r *http.Request, req *request) {
	read := req.reads()
	kind := "other"
	switch {
	case req.parsed.data:
		kind = "insert"
	case read:
		kind = "read"
	}
	c, err := h.pool.get(r.Context(), req.long())
	if err != nil {
		h.metrics.queries.WithLabelValues(kind, "error").Inc()
		h.fail(w, err)
		return
	}
	defer h.pool.put(c, req.long())
	h.metrics.running.Inc()
	defer h.metrics.running.Dec()
	start := time.Now()
	defer func() { h.metrics.seconds.WithLabelValues(kind).Observe(time.Since(start).Seconds()) }()

	// A read ends with its client. A change runs on without it: its client will repeat it, with the same token.
	ctx, cancel := context.WithCancel(h.stop)
	defer cancel()
	if read {
		defer context.AfterFunc(r.Context(), cancel)()
	}
	settings := req.settings
	settings[settingComment] = c.name
	out := &answerWriter{w: w, control: http.NewResponseController(w), h: h, req: req}
	defer c.guard(ctx, h.pool.kill)() //nolint:contextcheck // made for exactly this, above
	err = c.prepare(req.database, settings)
	if err == nil {
		err = h.execute(c, req, out)
	}
	if req.session || err != nil {
		c.spoiled = true // a failed query can keep its tables locked
	}
	h.finish(out, kind, err)
}

// execute runs the statement in the way its kind needs.
func (h *handler) execute(c *conn, req *request, out *answerWriter) error {
	s := statement{sql: req.sql, format: req.format, params: req.params}
	if req.parsed.data {
		data := &counting{failing: failing{Reader: req.data}}
		done, err := c.insert(s, data)
		h.metrics.received.Add(float64(data.n))
		if data.err != nil {
			h.metrics.aborted.Inc()
		}
		if err != nil {
			return err
		}
		h.metrics.rows.Add(float64(done.rows))
		out.summary(map[string]uint64{"written_rows": done.rows, "written_bytes": done.bytes})
		return out.begin()
	}
	if req.streams() {
		a, err := c.open(s)
		if err == nil {
			defer a.close()
			return out.copy(a)
		}
		if !errors.Is(err, errNotStreamed) {
			return err
		}
	}
	r, err := c.whole(s)
	defer r.free()
	if err != nil {
		return err
	}
	out.summary(map[string]uint64{
		"read_rows": r.lib.rowsRead(r.ptr), "read_bytes": r.lib.bytesRead(r.ptr),
		"written_rows": r.lib.rowsWritten(r.ptr), "written_bytes": r.lib.bytesWriten(r.ptr),
	})
	return out.copy(bytes.NewReader(r.data()))
}

// finish ends the answer, or tells the failure in the way that is still possible.
func (h *handler) finish(out *answerWriter, kind string, err error) {
	if err == nil {
		err = out.end()
	}
	switch {
	case err == nil:
		h.metrics.queries.WithLabelValues(kind, "ok").Inc()
	case !out.begun:
		h.metrics.queries.WithLabelValues(kind, "error").Inc()
		h.fail(out.w, err)
	default:
		h.metrics.queries.WithLabelValues(kind, "broken").Inc()
		// The status is sent: the block goes raw behind what was sent, compressed or not. Without an encoding of HTTP
		// the client finds it; with one the answer is visibly cut.
		if out.req.encoding == "" {
			_, _ = io.WriteString(out.w, asException(err).framed(out.tag, h.version))
			return
		}
		panic(http.ErrAbortHandler)
	}
}

func (h *handler) fail(w http.ResponseWriter, err error) {
	e := asException(err)
	header := w.Header()
	header.Del("Content-Encoding")
	header.Set("Content-Type", "text/plain; charset=UTF-8")
	header.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	if e.Code == codeAuthenticationFailed {
		header.Set("WWW-Authenticate", `Basic realm="ClickHouse server HTTP API"`)
	}
	w.WriteHeader(e.status())
	_, _ = io.WriteString(w, e.full(h.version)+"\n")
}

// answerWriter sends an answer: header first, then the bytes through the re-encoding and compression asked for.
type answerWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	h       *handler
	req     *request
	begun   bool
	tag     string    // announces which exception block is a true one
	encoder io.Writer // of the Content-Encoding, nil before begin
}

// summary fills X-ClickHouse-Summary; it has to come before begin.
func (o *answerWriter) summary(values map[string]uint64) {
	parts := make([]string, 0, 4)
	for _, name := range []string{"read_rows", "read_bytes", "written_rows", "written_bytes"} {
		parts = append(parts, fmt.Sprintf(`"%s":"%d"`, name, values[name]))
	}
	o.w.Header().Set("X-ClickHouse-Summary", "{"+strings.Join(parts, ",")+"}")
}

// begin writes the status and the header.
func (o *answerWriter) begin() error {
	if o.begun {
		return nil
	}
	o.begun = true
	o.tag = strings.ToLower(rand.Text()[:16])
	header := o.w.Header()
	header.Set("Content-Type", contentType(o.req.format))
	header.Set("X-ClickHouse-Format", o.req.format)
	header.Set("X-ClickHouse-Query-Id", url.QueryEscape(first(o.req.queryID, o.tag)))
	header.Set("X-ClickHouse-Exception-Tag", o.tag)
	var dst io.Writer = &timed{o}
	var err error
	switch o.req.encoding {
	case "gzip":
		dst, err = gzip.NewWriterLevel(dst, gzip.BestSpeed)
	case "deflate":
		dst, err = zlib.NewWriterLevel(dst, zlib.BestSpeed)
	case "br":
		dst = brotli.NewWriterLevel(dst, brotli.BestSpeed)
	case "zstd":
		dst, err = zstd.NewWriter(dst, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	}
	if err != nil {
		return exception(codeLogicalError, "Cannot compress the answer: %s", err)
	}
	o.encoder = dst
	if o.req.encoding != "" {
		header.Set("Content-Encoding", o.req.encoding)
	}
	o.w.WriteHeader(http.StatusOK)
	return nil
}

// copy sends everything src gives.
func (o *answerWriter) copy(src io.Reader) error {
	if err := o.begin(); err != nil {
		return err
	}
	dst := o.encoder
	if o.req.frames {
		dst = newFrameWriter(dst, o.req.method)
	}
	if o.req.format == "Native" && o.req.revision > 0 {
		_, err := transcode(dst, src, o.req.revision)
		return err
	}
	_, err := io.CopyBuffer(struct{ io.Writer }{dst}, src, make([]byte, 256<<10))
	return err
}

// end closes the encoding.
func (o *answerWriter) end() error {
	if c, ok := o.encoder.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// timed gives the client a deadline for each piece.
type timed struct{ o *answerWriter }

func (t *timed) Write(p []byte) (int, error) {
	if err := t.o.control.SetWriteDeadline(time.Now().Add(clientTimeout)); err != nil {
		return 0, fmt.Errorf("set the deadline of the answer: %w", err)
	}
	n, err := t.o.w.Write(p)
	t.o.h.metrics.sent.Add(float64(n))
	return n, err
}

// steady gives the client a deadline for each piece of its request.
type steady struct {
	io.ReadCloser
	control *http.ResponseController
}

func (s *steady) Read(p []byte) (int, error) {
	if err := s.control.SetReadDeadline(time.Now().Add(clientTimeout)); err != nil {
		return 0, fmt.Errorf("set the deadline of the request: %w", err)
	}
	return s.ReadCloser.Read(p)
}

func contentType(format string) string {
	switch {
	case strings.HasPrefix(format, "JSON") && !strings.Contains(format, "EachRow"):
		return "application/json; charset=UTF-8"
	case strings.HasPrefix(format, "JSON"):
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(format, "CSV"):
		return "text/csv; charset=UTF-8; header=absent"
	case strings.HasPrefix(format, "TabSeparated"), strings.HasPrefix(format, "TSV"):
		return "text/tab-separated-values; charset=UTF-8"
	case strings.HasPrefix(format, "Pretty"), strings.HasPrefix(format, "Vertical"):
		return "text/plain; charset=UTF-8"
	}
	return "application/octet-stream"
}
