package asterisk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"firstline/telephony/callcenter"
)

const patience = 20 * time.Second // how long a test waits for what must come

// collector is a Sink that a test can wait on.
type collector struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each Put
	events  []callcenter.Event
	times   []time.Time
}

func newCollector() *collector { return &collector{changed: make(chan struct{})} }

func (c *collector) Put(occurred time.Time, ev callcenter.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events, c.times = append(c.events, ev), append(c.times, occurred)
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *collector) all() []callcenter.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]callcenter.Event(nil), c.events...)
}

// occurred is the time told with the event before the position.
func (c *collector) occurred(at int) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.times[at-1]
}

// await waits for an event at or behind the position from for which ok is true, and returns the position behind it.
func (c *collector) await(t *testing.T, from int, what string, ok func(callcenter.Event) bool) (callcenter.Event, int) {
	t.Helper()
	limit := time.After(patience)
	for {
		c.mu.Lock()
		events, changed := c.events, c.changed
		c.mu.Unlock()
		for i := from; i < len(events); i++ {
			if ok(events[i]) {
				return events[i], i + 1
			}
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("%s did not come; came: %s", what, list(events[min(from, len(events)):]))
		}
	}
}

func list(events []callcenter.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "\n\t%T%+v", e, e)
	}
	return b.String()
}

// isA is a condition for await: an event of that type.
func isA[T callcenter.Event](ev callcenter.Event) bool { _, ok := ev.(T); return ok }

// is is a condition for await: exactly that event.
func is(want callcenter.Event) func(callcenter.Event) bool {
	return func(ev callcenter.Event) bool { return reflect.DeepEqual(ev, want) }
}

// fakeARI is ARI's REST side: a handler a test can look into and change.
type fakeARI struct {
	server *httptest.Server
	mu     sync.Mutex
	asked  []string // "METHOD /path?query"
	answer func(method, path string) (code int, body string)
}

func newFakeARI(t *testing.T) *fakeARI {
	f := &fakeARI{}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/ari")
		f.mu.Lock()
		f.asked = append(f.asked, strings.TrimSuffix(r.Method+" "+path+"?"+r.URL.Query().Encode(), "?"))
		answer := f.answer
		f.mu.Unlock()
		code, body := 0, ""
		if answer != nil {
			code, body = answer(r.Method, path)
		}
		if code == 0 {
			code, body = usual(r.Method, path)
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(f.server.Close)
	return f
}

// usual is what an idle Asterisk answers.
func usual(method, path string) (int, string) {
	switch {
	case method == http.MethodGet && (path == "/channels" || path == "/bridges" || path == "/endpoints/PJSIP"):
		return http.StatusOK, "[]"
	case method == http.MethodGet:
		return http.StatusNotFound, `{"message":"not found"}`
	}
	return http.StatusNoContent, ""
}

func (f *fakeARI) answers(answer func(method, path string) (int, string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *fakeARI) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

// fakeAdapter runs an adapter against f until the test ends.
func fakeAdapter(t *testing.T, f *fakeARI, change func(*Config)) (*Adapter, *collector) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.URL, cfg.Listen, cfg.Poll, cfg.Relist = f.server.URL+"/ari", "127.0.0.1:0", time.Hour, time.Hour
	if change != nil {
		change(&cfg)
	}
	a, sink := newAdapter(t, cfg)
	runAdapter(t, a)
	return a, sink
}

func newAdapter(t *testing.T, cfg Config) (*Adapter, *collector) {
	t.Helper()
	sink := newCollector()
	a, err := New(cfg, Options{Password: "secret", Sink: sink, Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Prompts: "/prompts"})
	if err != nil {
		t.Fatal(err)
	}
	return a, sink
}

func runAdapter(t *testing.T, a *Adapter) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("adapter: %v", err)
		}
	})
	t.Cleanup(stop)
	for limit := time.Now().Add(patience); a.Address() == ""; {
		if time.Now().After(limit) {
			t.Fatal("the adapter does not listen")
		}
		select {
		case err := <-ended:
			ended <- nil
			t.Fatalf("adapter: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	return stop
}

// fakeAsterisk is Asterisk's end of the websocket.
type fakeAsterisk struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(a *Adapter, password string, protocols ...string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	auth := base64.StdEncoding.EncodeToString([]byte("firstline:" + password))
	conn, _, err := websocket.Dial(ctx, "ws://"+a.Address()+"/ari",
		&websocket.DialOptions{Subprotocols: protocols, HTTPHeader: http.Header{"Authorization": {"Basic " + auth}}})
	return conn, err
}

func connect(t *testing.T, a *Adapter) *fakeAsterisk {
	t.Helper()
	conn, err := dial(a, "secret", "ari")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	conn.CloseRead(context.Background()) // answers pings
	return &fakeAsterisk{t: t, conn: conn}
}

func (f *fakeAsterisk) send(frames ...string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, frame := range frames {
		if err := f.conn.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
			f.t.Fatal(err)
		}
	}
}

// Frames of events.
const registered = `{"type":"ApplicationRegistered","timestamp":"2026-11-22T20:00:00.000+0000"}`

func start(id string) string {
	return fmt.Sprintf(`{"type":"StasisStart","timestamp":"2026-11-22T20:00:00.001+0000","channel":{"id":%q,"name":"PJSIP/trunk-1"}}`, id)
}

func end(id string) string {
	return fmt.Sprintf(`{"type":"StasisEnd","timestamp":"2026-11-22T20:00:00.002+0000","channel":{"id":%q}}`, id)
}

func digit(id, d string, ms int) string {
	return fmt.Sprintf(`{"type":"ChannelDtmfReceived","timestamp":"2026-11-22T20:00:00.%03d+0000","digit":%q,"channel":{"id":%q}}`, ms, d, id)
}

// channelsJSON is ARI's list of channels in the application.
func channelsJSON(ids ...string) string {
	type plan struct {
		AppName string `json:"app_name"`
		AppData string `json:"app_data"`
	}
	type ch struct {
		ID       string `json:"id"`
		State    string `json:"state"`
		Dialplan plan   `json:"dialplan"`
	}
	out := []ch{}
	for _, id := range ids {
		out = append(out, ch{ID: id, State: "Up", Dialplan: plan{"Stasis", "firstline,arrival,1000"}})
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
