package chdb

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// maxStatement is the longest statement, bytes; data of inserts come after it and have no limit.
const maxStatement = 8 << 20

// request is what one HTTP request asks for.
type request struct {
	parsed
	sql      string            // the whole statement; for an insert with data its head
	data     io.Reader         // of an insert
	database string            // "" is the engine's default
	format   string            // of the answer
	revision uint64            // of Native answers
	settings map[string]string // the connection's base included
	params   []param
	queryID  string
	readonly bool            // the method or a setting forbids changes
	frames   bool            // answer in ClickHouse's compressed frames …
	method   compress.Method // … by this method
	encoding string          // Content-Encoding of the answer, "" for none
}

// controls are URL parameters that steer the interface and are no settings of the engine.
func control(name string) bool {
	switch name {
	case "query", "database", "default_format", "client_protocol_version", "query_id", "quota_key", "user", "password",
		"compress", "decompress", "stacktrace", "wait_end_of_query", "buffer_size", "role", "session_check", "close_session",
		"session_timeout", "enable_http_compression", "http_zlib_compression_level", "readonly", settingComment,
		"network_compression_method", "network_zstd_compression_level", "send_progress_in_http_headers":
		return true
	}
	return strings.HasPrefix(name, "param_")
}

// parseRequest reads everything but the data of an insert. base are settings for what the request does not set. The
// error is an *Exception.
func parseRequest(r *http.Request, base map[string]string) (*request, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, exception(codeBadArguments, "The URL can not be parsed: %s", err)
	}
	req := &request{
		database: first(values.Get("database"), r.Header.Get("X-ClickHouse-Database")),
		queryID:  values.Get("query_id"),
		readonly: r.Method != http.MethodPost || truthy(values.Get("readonly")),
		frames:   truthy(values.Get("compress")),
		encoding: acceptable(r.Header.Get("Accept-Encoding"), values.Get("enable_http_compression")),
	}
	if req.method, err = frameMethod(values.Get("network_compression_method")); err != nil {
		return nil, err
	}
	if v := values.Get("client_protocol_version"); v != "" {
		if req.revision, err = strconv.ParseUint(v, 10, 32); err != nil {
			return nil, exception(codeBadArguments, "client_protocol_version is not a number: %s", v)
		}
	}
	if err := req.readSettings(values, base); err != nil {
		return nil, err
	}
	body, err := decodeBody(r, truthy(values.Get("decompress")))
	if err != nil {
		return nil, err
	}
	if err := req.readStatement(values.Get("query"), body); err != nil {
		return nil, err
	}
	req.format = first(req.parsed.format, values.Get("default_format"), r.Header.Get("X-ClickHouse-Format"), "TabSeparated")
	return req, nil
}

// check refuses what the engine must not see.
func (req *request) check() error {
	switch {
	case req.verb == "":
		return exception(codeSyntaxError, "Empty query")
	case req.readonly && !req.reads():
		return exception(codeReadonly, "Cannot execute query in readonly mode. Send it with POST")
	}
	return nil
}

func (req *request) readSettings(values url.Values, base map[string]string) error {
	req.settings = maps.Clone(base)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values.Get(name)
		if p, ok := strings.CutPrefix(name, "param_"); ok {
			req.params = append(req.params, param{p, value})
			continue
		}
		switch {
		case name == "session_id":
			return exception(codeNotImplemented, "The embedded engine has no HTTP sessions: leave out session_id")
		case control(name):
		case !settingName(name):
			return exception(codeUnknownSetting, "Unknown setting %q", name)
		default:
			req.settings[name] = value
		}
	}
	return nil
}

// readStatement puts together the statement, which is the URL's query followed by the body, and finds where the data of
// an insert begin.
func (req *request) readStatement(query string, body io.Reader) error {
	if req.parsed = parse(query); req.parsed.data {
		req.sql = req.head
		inline := query[req.dataAt:]
		if strings.TrimSpace(inline) == "" {
			inline = ""
		}
		req.data = io.MultiReader(strings.NewReader(inline), body)
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(body, maxStatement+1))
	if err != nil {
		return fmt.Errorf("read the query: %w", err)
	}
	if query != "" && len(text) > 0 {
		query += "\n"
	}
	full := query + string(text)
	if req.parsed = parse(full); req.parsed.data {
		req.sql = req.head
		req.data = io.MultiReader(strings.NewReader(full[req.dataAt:]), body)
		return nil
	}
	if len(text) > maxStatement {
		return exception(codeQueryTooLarge, "The query is longer than %d bytes", maxStatement)
	}
	req.sql = full
	return nil
}

// decodeBody undoes the compression of the request's body.
func decodeBody(r *http.Request, frames bool) (io.Reader, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		return nil, exception(codeNotImplemented, "The embedded engine takes no external tables: send the data as a query parameter")
	}
	var body io.Reader = r.Body
	var err error
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		body, err = gzip.NewReader(body)
	case "deflate":
		body, err = zlib.NewReader(body)
	case "br":
		body = brotli.NewReader(body)
	case "zstd":
		body, err = zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	default:
		return nil, exception(codeNotImplemented, "Content-Encoding %q is not known: send gzip, deflate, br or zstd", encoding)
	}
	if err != nil {
		if errors.Is(err, io.EOF) { // an empty body
			return bytes.NewReader(nil), nil
		}
		return nil, exception(codeCannotReadData, "Cannot decompress the body of the request: %s", err)
	}
	if frames {
		return newFrameReader(body), nil
	}
	return body, nil
}

// acceptable picks the Content-Encoding of the answer; Go's and browsers' defaults name gzip among others.
func acceptable(accept, enabled string) string {
	if enabled != "" && !truthy(enabled) {
		return ""
	}
	for _, part := range strings.Split(accept, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch name {
		case "gzip", "deflate", "br", "zstd":
			return name
		}
	}
	return ""
}

func frameMethod(name string) (compress.Method, error) {
	switch strings.ToUpper(name) {
	case "", "LZ4":
		return compress.LZ4, nil
	case "LZ4HC":
		return compress.LZ4HC, nil
	case "ZSTD":
		return compress.ZSTD, nil
	case "NONE":
		return compress.None, nil
	}
	return 0, exception(codeBadArguments, "network_compression_method %q is not known", name)
}

// settingName allows what can be the name of a setting and nothing that could be more SQL.
func settingName(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '.' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != "" && len(name) <= 200
}

func truthy(v string) bool {
	return v != "" && v != "0" && !strings.EqualFold(v, "false")
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
