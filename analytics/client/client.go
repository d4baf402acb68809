// Package client is the API of a Firstline server as Go calls, one method for each operation.
//
// Programs that read figures or act for agents use it, Firstline's own tests too. Types and methods are generated from the
// API's OpenAPI document by deploy/scripts/clients (client.gen.go); what is written by hand is how a request is sent, how an
// answer is read, and what is awkward in a generated form: errors, pages, files and live streams. It knows nothing of
// Firstline beyond that document and needs nothing but Go's own library, so that it can be copied into another program.
//
// A Client signs in with an API key, or as a user by SignIn: it keeps the cookie. Optional parameters are pointers: new("Europe/Berlin").
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Client sends requests to one server. It is safe for concurrent use.
type Client struct {
	base string
	key  string
	http *http.Client
}

// Option changes a Client that New makes.
type Option func(*Client)

// WithKey sends an API key with every request.
func WithKey(key string) Option { return func(c *Client) { c.key = key } }

// WithHTTP sends requests by an http.Client of your own, for its transport: a proxy, a private certificate. Give it a cookie jar
// for SignIn, and no Timeout: it would end live streams and long exports. A request ends with its context.
func WithHTTP(h *http.Client) Option { return func(c *Client) { c.http = h } }

// New makes a client of the server at base, such as https://calls.example.com. It sends nothing yet.
func New(base string, options ...Option) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("client: %q is not an address like https://calls.example.com", base)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	c := &Client{base: strings.TrimRight(base, "/"), http: &http.Client{Jar: jar}}
	for _, o := range options {
		o(c)
	}
	return c, nil
}

// request is what a generated method asks for.
type request struct {
	method  string
	path    string // escaped
	params  any    // pointer to the operation's Params; nil or a nil pointer: none are given
	body    any    // sent as JSON; nil: none
	repeats bool   // takes an Idempotency-Key: sent once more when its answer is lost

	contentType string // of a body that is no JSON: its bytes as they are
}

// answer sends a request and reads the JSON of its answer.
func answer[T any](ctx context.Context, c *Client, r request) (*T, error) {
	resp, err := c.send(ctx, r, "application/json")
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	out := new(T)
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return nil, fmt.Errorf("client: read the answer to %s %s: %w", r.method, r.path, err)
	}
	return out, nil
}

// done sends a request whose answer is that it was done.
func (c *Client) done(ctx context.Context, r request) error {
	resp, err := c.send(ctx, r, "application/json")
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// send returns the answer of success; any other is an *Error. The caller closes its body.
func (c *Client) send(ctx context.Context, r request, accept string) (*http.Response, error) {
	header := http.Header{"Accept": {accept}}
	query := values(r.params, header)
	if r.repeats && header.Get(idempotencyKey) == "" {
		header.Set(idempotencyKey, rand.Text())
	}
	if c.key != "" {
		header.Set("Authorization", "Bearer "+c.key)
	}
	body, err := r.write(header)
	if err != nil {
		return nil, fmt.Errorf("client: write the body of %s %s: %w", r.method, r.path, err)
	}
	address := c.base + r.path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	once := func() (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header = header.Clone()
		return c.http.Do(req)
	}
	resp, err := once()
	if err != nil && r.repeats && ctx.Err() == nil {
		resp, err = once()
	}
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		defer func() { _ = resp.Body.Close() }()
		return nil, refusal(resp)
	}
	return resp, nil
}

const idempotencyKey = "Idempotency-Key"

// write is the body, and says in header what it is.
func (r request) write(header http.Header) ([]byte, error) {
	if raw, ok := r.body.([]byte); ok && r.contentType != "" {
		header.Set("Content-Type", r.contentType)
		return raw, nil
	}
	if absent(r.body) {
		return nil, nil
	}
	header.Set("Content-Type", "application/json")
	return json.Marshal(r.body)
}

// route puts escaped segments into a path.
func route(format string, segments ...any) string {
	escaped := make([]any, len(segments))
	for i, s := range segments {
		escaped[i] = url.PathEscape(fmt.Sprint(s))
	}
	return fmt.Sprintf(format, escaped...)
}

// values are the query parameters of a generated Params; its headers go into header. A field with a form tag is of the query, one
// without is a header; nil is left out, a list is joined by commas.
func values(params any, header http.Header) url.Values {
	query := url.Values{}
	if absent(params) {
		return query
	}
	v := reflect.ValueOf(params).Elem()
	for i := range v.NumField() {
		text, given := textOf(v.Field(i))
		if !given {
			continue
		}
		tag := v.Type().Field(i).Tag
		if form := tag.Get("form"); form != "" {
			name, _, _ := strings.Cut(form, ",")
			query.Set(name, text)
			continue
		}
		name, _, _ := strings.Cut(tag.Get("json"), ",")
		header.Set(name, text)
	}
	return query
}

// textOf writes one parameter, and says whether it is given.
func textOf(v reflect.Value) (string, bool) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", false
		}
		v = v.Elem()
	}
	if at, ok := v.Interface().(time.Time); ok {
		return at.Format(time.RFC3339Nano), true
	}
	switch v.Kind() {
	case reflect.Slice:
		list := make([]string, v.Len())
		for i := range list {
			list[i], _ = textOf(v.Index(i))
		}
		return strings.Join(list, ","), v.Len() > 0
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64), true
	default:
		return fmt.Sprint(v.Interface()), true
	}
}

// absent says whether there is nothing: nil, or a nil pointer.
func absent(v any) bool {
	if v == nil {
		return true
	}
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}

// File is an answer that is read while it comes: an export, a recording's audio. Whoever asked for it closes it. A file that is
// broken off ends with io.ErrUnexpectedEOF.
type File struct {
	io.ReadCloser
	ContentType string
}

// file sends a request whose answer is a file.
func (c *Client) file(ctx context.Context, r request) (*File, error) {
	resp, err := c.send(ctx, r, "*/*") //nolint:bodyclose // whoever has the File closes it
	if err != nil {
		return nil, err
	}
	return &File{resp.Body, resp.Header.Get("Content-Type")}, nil
}
