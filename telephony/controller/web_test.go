package controller

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
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/log"
	"firstline/pipeline/log/disk/memdisk"
	"firstline/telephony/callcenter"
)

// serving is a controller with its HTTP server on a real log in a folder.
func serving(t *testing.T, logs log.Config, change func(*Config, *Options)) (*rig, *client) {
	t.Helper()
	r := newRig(t, logs, change)
	r.startWith(t, r.Run)
	c := &client{t: t, http: &http.Client{Transport: &http.Transport{}}}
	waitFor(t, func() bool { return r.Address() != "" })
	c.base = "http://" + r.Address()
	t.Cleanup(c.http.CloseIdleConnections)
	return r, c
}

type client struct {
	t     testing.TB
	base  string
	token string
	http  *http.Client
}

// do sends a request and decodes the answer when into is given.
func (c *client) do(method, path string, body, into any) int {
	c.t.Helper()
	res := c.open(context.Background(), method, path, body)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(b, into); err != nil {
			c.t.Fatalf("%s %s: %v in %q", method, path, err, b)
		}
	}
	return res.StatusCode
}

func (c *client) open(ctx context.Context, method, path string, body any) *http.Response {
	c.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	return res
}

// waitFor looks until something is so; there is no event to wait for from outside.
func waitFor(t testing.TB, so func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !so() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("waited too long")
		}
	}
}

// stream reads facts from GET facts until n are there; beats counts the empty lines.
func (c *client) stream(after uint64, epoch string, n int) (facts []fact.Fact, beats int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	res := c.open(ctx, "GET", fmt.Sprintf("/facts?after=%d&epoch=%s", after, epoch), nil)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		c.t.Fatalf("status %s", res.Status)
	}
	lines := bufio.NewScanner(res.Body)
	for len(facts) < n || n == 0 && beats < 2 {
		if !lines.Scan() {
			c.t.Fatalf("stream ended after %d facts: %v", len(facts), lines.Err())
		}
		if len(lines.Bytes()) == 0 {
			beats++
			continue
		}
		f, err := fact.Decode(lines.Bytes())
		if err != nil {
			c.t.Fatal(err)
		}
		facts = append(facts, f)
	}
	return facts, beats
}

func realLog(t *testing.T) log.Config {
	return logConfig(nil, filepath.Join(t.TempDir(), "log"))
}

func TestSnapshotAndStream(t *testing.T) {
	r, c := serving(t, realLog(t), nil)
	r.openDesk()
	r.tell(arrival(1))
	var s fact.Snapshot
	waitFor(t, func() bool {
		s = fact.Snapshot{}
		return c.do("GET", "/snapshot", nil, &s) == 200 && len(s.Contacts) == 1 && len(s.Contacts[0].Offers) == 1
	})
	if s.Source != "controller" || s.Epoch != r.log.Epoch() || s.Position == 0 || !s.Durable || !s.Link || s.Node != "pbx1" {
		t.Errorf("snapshot %+v", s)
	}
	// All facts up to the snapshot's position are on the stream; resuming anywhere gives the rest, each once.
	all, _ := c.stream(0, s.Epoch, int(s.Position))
	for i, f := range all {
		if f.Position != uint64(i+1) {
			t.Fatalf("fact %d has position %d", i, f.Position)
		}
	}
	for after := range s.Position {
		rest, _ := c.stream(after, s.Epoch, int(s.Position-after))
		if rest[0].Position != after+1 {
			t.Errorf("after %d came %d", after, rest[0].Position)
		}
	}
	var popup fact.Popup
	offer := s.Contacts[0].Offers[0].Offer
	if code := c.do("GET", "/popups/"+offer, nil, &popup); code != 200 || popup.Offer != offer || popup.CallerNumber != "+4930123" {
		t.Errorf("popup %d %+v", code, popup)
	}
	if code := c.do("POST", "/pops/seen", map[string]any{"pop": popup.Pop}, nil); code != http.StatusNoContent {
		t.Errorf("seen: %d", code)
	}
	if !slices.ContainsFunc(r.facts(t), func(f fact.Fact) bool { return f.Type == fact.TypePopShown }) {
		t.Error("the pop seen is not recorded when the answer comes")
	}
	r.tell(callcenter.ChannelEnded{Channel: "pbx1-1.1", Cause: 16})
	waitFor(t, func() bool { return c.do("GET", "/popups/"+offer, nil, nil) == http.StatusNotFound })
	if code := c.do("POST", "/pops/seen", map[string]any{"pop": "no/p1"}, nil); code != http.StatusNotFound {
		t.Errorf("an unknown pop was seen: %d", code)
	}
	r.end(t)
}

func TestStreamBeatsAndRefuses(t *testing.T) {
	r, c := serving(t, realLog(t), nil)
	r.openDesk()
	if _, beats := c.stream(r.log.Position(), r.log.Epoch(), 0); beats != 2 {
		t.Errorf("%d heartbeats", beats)
	}
	for path, want := range map[string]int{
		"/facts?after=x&epoch=" + r.log.Epoch():       http.StatusBadRequest,
		"/facts?after=0&epoch=other":                  http.StatusConflict,
		"/facts?after=9999999&epoch=" + r.log.Epoch(): http.StatusConflict,
		"/nothing": http.StatusNotFound,
	} {
		if code := c.do("GET", path, nil, nil); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	if metric(t, r.reg, "requests_total", "409") != 2 {
		t.Error("requests are not counted")
	}
	r.end(t)
}

func TestStreamOfDeletedFacts(t *testing.T) {
	logs := realLog(t)
	logs.SegmentBytes, logs.MaxBytes, logs.TailFacts = 4<<10, 4<<10, 4
	r, c := serving(t, logs, func(c *Config, _ *Options) { c.SnapshotRecords = 5 })
	r.log.Protect(r.log.Position)
	r.openDesk()
	n := 0
	waitFor(t, func() bool {
		n++
		r.tell(arrival(n), callcenter.ChannelEnded{Channel: fmt.Sprintf("pbx1-%d.1", n), Cause: 16})
		c.do("GET", "/snapshot", nil, nil)
		return r.log.Oldest() > 5
	})
	var has struct {
		Error, Epoch     string
		Oldest, Position uint64
	}
	if code := c.do("GET", "/facts?after=1&epoch="+r.log.Epoch(), nil, &has); code != http.StatusGone {
		t.Errorf("status %d, want 410", code)
	}
	if has.Error == "" || has.Epoch != r.log.Epoch() || has.Oldest != r.log.Oldest() || has.Position != r.log.Position() {
		t.Errorf("it says %+v of what there is", has)
	}
	r.end(t)
}

func TestControl(t *testing.T) {
	r, c := serving(t, realLog(t), nil)
	type reply struct{ State, Refused, Error string }
	ask := func(body string) (int, reply) {
		var got reply
		code := c.do("POST", "/control", body, &got)
		return code, got
	}
	r.tell(callcenter.EndpointState{Endpoint: "PJSIP/101", Registered: true}, callcenter.Reconciled{})
	login := `{"request":"r1","actor":"anna","by":"desk","agent":"anna","action":"login"}`
	code, first := ask(login)
	if code != 200 || first.State == "" {
		t.Fatalf("login: %d %+v", code, first)
	}
	facts := len(r.facts(t))
	if facts == 0 {
		t.Error("the answer came before its facts")
	}
	if code, again := ask(login); code != 200 || again != first {
		t.Errorf("the same request again: %d %+v, want %+v", code, again, first)
	}
	if n := len(r.facts(t)); n != facts {
		t.Errorf("the same request again left %d facts", n-facts)
	}
	for body, want := range map[string]struct {
		code    int
		refused string
	}{
		`{"request":"r2","agent":"nobody","action":"login"}`:                                   {404, "unknown_agent"},
		`{"request":"r3","agent":"anna","action":"pause","reason":"break","expect":"talking"}`: {409, "conflict"},
		`{"request":"r4","agent":"anna","action":"pause","reason":"holiday"}`:                  {422, "unknown_reason"},
		`{"request":"r5","agent":"anna","action":"dance"}`:                                     {422, "unknown_action"},
		`{"request":"r6","agent":"anna","action":"disposition","code":"solved","contact":"x"}`: {404, "unknown_contact"},
		`{"request":"r7","action":"voicemail_done","contact":"x","recording":"x/r1"}`:          {200, ""},
		`{"request":"r8","action":"voicemail_done","contact":"x"}`:                             {404, "unknown_contact"},
		`{"agent":"anna","action":"login"}`:                                                    {400, ""},
		`no json`:                                                                              {400, ""},
	} {
		if code, got := ask(body); code != want.code || got.Refused != want.refused {
			t.Errorf("%s: %d %+v, want %+v", body, code, got, want)
		}
	}
	r.end(t)
}

func TestToken(t *testing.T) {
	r, c := serving(t, realLog(t), func(cfg *Config, o *Options) { cfg.TokenEnv, o.Token = "X", "secret" })
	for _, path := range []string{"/snapshot", "/facts?after=0&epoch=x", "/popups/x", "/metrics"} {
		c.token = ""
		if code := c.do("GET", path, nil, nil); code != http.StatusUnauthorized {
			t.Errorf("%s without token: %d", path, code)
		}
		c.token = "wrong"
		if code := c.do("GET", path, nil, nil); code != http.StatusUnauthorized {
			t.Errorf("%s with a wrong token: %d", path, code)
		}
		c.token = "secret"
		if code := c.do("GET", path, nil, nil); code == http.StatusUnauthorized {
			t.Errorf("%s with the token: %d", path, code)
		}
	}
	c.token = ""
	if code := c.do("GET", "/healthz", nil, nil); code != 200 {
		t.Errorf("healthz: %d", code)
	}
	req, _ := http.NewRequest(http.MethodGet, c.base+"/snapshot", nil)
	req.Header.Set("Origin", "http://evil.example")
	req.Header.Set("Authorization", "Bearer secret")
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a browser's request: %s", res.Status)
	}
	r.end(t)
}

func TestEmptyTokenIsRefused(t *testing.T) {
	cfg := DefaultConfig()
	cfg.TokenEnv = "FIRSTLINE_TOKEN"
	if _, err := New(cfg, Options{}); err == nil || !strings.Contains(err.Error(), "FIRSTLINE_TOKEN") {
		t.Errorf("error %v", err)
	}
}

func TestReadyz(t *testing.T) {
	d := memdisk.New()
	logs := logConfig(d, "/log")
	logs.Retry = time.Millisecond
	r, c := serving(t, logs, nil)
	type ready struct {
		Ready           bool
		NotDurableSince string `json:"not_durable_since"`
		Why             string
		LinkDownSince   string `json:"link_down_since"`
		Missing         []string
	}
	says := func(x ready, words string) bool { return len(x.Missing) == 1 && strings.Contains(x.Missing[0], words) }
	is := func(so func(ready) bool) func() bool {
		return func() bool {
			var got ready
			code := c.do("GET", "/readyz", nil, &got)
			return (code == 200) == got.Ready && so(got)
		}
	}
	waitFor(t, is(func(x ready) bool {
		return !x.Ready && x.LinkDownSince != "" && x.NotDurableSince == "" && says(x, "asterisk is not connected since "+x.LinkDownSince)
	}))
	r.openDesk()
	waitFor(t, is(func(x ready) bool { return x.Ready && x.LinkDownSince == "" }))
	d.SetCapacity(d.Used() + 10)
	r.tell(arrival(1))
	waitFor(t, is(func(x ready) bool {
		return !x.Ready && x.NotDurableSince != "" && strings.Contains(x.Why, "no space left") &&
			says(x, "the log is not durable since "+x.NotDurableSince)
	}))
	// Requests are carried out all the same, and the stream shows what isn't durable.
	position := r.log.Position()
	pause := `{"request":"p","agent":"anna","action":"pause","reason":"break"}`
	var s fact.Snapshot
	if code := c.do("POST", "/control", pause, nil); code != 200 {
		t.Errorf("control on a full disk: %d", code)
	}
	if c.do("GET", "/snapshot", nil, &s); s.Durable || s.Position < position {
		t.Errorf("snapshot on a full disk: %+v", s)
	}
	if facts, _ := c.stream(position, r.log.Epoch(), 1); facts[0].Position != position+1 {
		t.Error("the stream on a full disk")
	}
	d.SetCapacity(0)
	waitFor(t, is(func(x ready) bool { return x.Ready }))
	var body bytes.Buffer
	res := c.open(t.Context(), "GET", "/metrics", nil)
	defer res.Body.Close()
	if _, err := body.ReadFrom(res.Body); err != nil || !strings.Contains(body.String(), "firstline_log_gaps_total") {
		t.Errorf("metrics: %v", err)
	}
	r.end(t)
}

// A reader that doesn't read holds neither the loop nor other readers, and is cut off.
func TestSlowReader(t *testing.T) {
	r, c := serving(t, realLog(t), nil)
	r.web.writeTimeout = 50 * time.Millisecond
	r.openDesk()
	// The buffer is made small before the connection is: later, the other side may send megabytes before it has to wait.
	small := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		return errors.Join(raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1<<10)
		}), err)
	}}
	conn, err := small.Dial("tcp", r.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /facts?after=0&epoch=%s HTTP/1.1\r\nHost: x\r\n\r\n", r.log.Epoch())
	n := 0
	waitFor(t, func() bool {
		n++
		for i := range 50 {
			channel := fmt.Sprintf("pbx1-%d.%d", n, i)
			a := arrival(n)
			a.Channel = channel
			r.tell(a, callcenter.ChannelEnded{Channel: channel, Cause: 16})
		}
		var s fact.Snapshot
		if code := c.do("GET", "/snapshot", nil, &s); code != 200 {
			t.Fatalf("snapshot: %d", code)
		}
		c.stream(s.Position-1, s.Epoch, 1) // another reader goes on
		return metric(t, r.reg, "streams_ended_total", "slow") >= 1
	})
	r.end(t)
}

// A reader that goes away, be it in the middle of a line, has left and was not too slow.
func TestReaderLeaves(t *testing.T) {
	r, c := serving(t, realLog(t), nil)
	r.openDesk()
	const readers = 100
	for n := range readers {
		for i := range 20 {
			a := arrival(n)
			a.Channel = fmt.Sprintf("pbx1-%d.%d", n, i)
			r.tell(a)
		}
		var s fact.Snapshot
		if code := c.do("GET", "/snapshot", nil, &s); code != 200 {
			t.Fatalf("snapshot: %d", code)
		}
		c.stream(0, s.Epoch, 1)
	}
	waitFor(t, func() bool { return metric(t, r.reg, "streams_ended_total", "left") == readers })
	if slow := metric(t, r.reg, "streams_ended_total", "slow"); slow != 0 {
		t.Errorf("%v of them count as slow", slow)
	}
	r.end(t)
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := newRig(t, realLog(t), func(c *Config, _ *Options) { c.Listen = l.Addr().String() })
	defer r.end(t)
	if err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error %v", err)
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.sock")
	r, c := serving(t, realLog(t), func(c *Config, _ *Options) { c.Listen = "unix:" + path })
	c.base = "http://controller"
	c.http.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	if code := c.do("GET", "/snapshot", nil, nil); code != 200 {
		t.Errorf("status %d", code)
	}
	c.http.CloseIdleConnections()
	r.end(t)
}

// Streams end with the controller, not with its patience.
func TestStreamsEndAtStop(t *testing.T) {
	r, c := serving(t, realLog(t), nil)
	res := c.open(t.Context(), "GET", "/facts?after=0&epoch="+r.log.Epoch(), nil)
	defer res.Body.Close()
	began := time.Now()
	r.end(t)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the end took %s", took)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil && !strings.Contains(err.Error(), "EOF") {
		t.Logf("stream ended with %v", err)
	}
}

func TestConfig(t *testing.T) {
	if p := DefaultConfig().Validate(); len(p) > 0 {
		t.Errorf("the default has problems: %v", p)
	}
	for listen, path := range map[string]string{
		"0.0.0.0:8071": "token_env", ":8071": "token_env", "nonsense": "listen", "10.0.0.1:1": "token_env", "[::1]:8071": "", "localhost:1": "", "unix:/x": "",
	} {
		cfg := DefaultConfig()
		cfg.Listen = listen
		p := cfg.Validate()
		if (path == "") != (len(p) == 0) || path != "" && p[0].Path != path {
			t.Errorf("%s: %v, want a problem with %q", listen, p, path)
		}
	}
	open := DefaultConfig()
	open.Listen, open.TokenEnv = "0.0.0.0:8071", "X"
	if p := open.Validate(); len(p) != 1 || p[0].Path != "tls_cert" {
		t.Errorf("problems %v", p)
	}
}
