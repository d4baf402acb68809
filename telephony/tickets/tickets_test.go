package tickets

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/pipeline/fact"
	"firstline/pipeline/number"
	"firstline/pipeline/signature"
	"firstline/telephony/callcenter"
)

// inbox is a Sink a test can wait on.
type inbox chan callcenter.Event

func (i inbox) Put(_ time.Time, e callcenter.Event) { i <- e }

// start runs Tasks until the test ends.
func start(t *testing.T, cfg Config) (*Tasks, inbox) {
	t.Helper()
	in := make(inbox, 16)
	env := func(name string) string { return map[string]string{"SECRET": "s3", "TOKEN": "tok"}[name] }
	tasks, err := New(cfg, number.Form{}, env, in, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	tasks.mu.Lock()
	tasks.ctx = ctx // Run sets the same; set here so that Do right after start is served
	tasks.mu.Unlock()
	go func() {
		defer close(done)
		_ = tasks.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return tasks, in
}

func lookup(method fact.LookupMethod, value string) callcenter.Lookup {
	return callcenter.Lookup{Lookup: "l1", Method: method, Value: value, Timeout: time.Second}
}

func receive[T callcenter.Event](t *testing.T, in inbox) T {
	t.Helper()
	select {
	case e := <-in:
		got, ok := e.(T)
		if !ok {
			t.Fatalf("got %#v", e)
		}
		return got
	case <-time.After(10 * time.Second):
		t.Fatal("no answer")
	}
	panic("unreachable")
}

const customers = `number,customer,name,ticket,title,status,priority
+49 30 1234,c1,Ada,T-100,"No dial tone",open,5
+49305678,c2,Bob,,,,
`

func TestCSVFindsByNumberAndDigits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(path, []byte(customers), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Tickets.CSV = path
	tasks, in := start(t, cfg)
	for _, c := range []struct {
		method           fact.LookupMethod
		value            string
		result           fact.LookupResult
		customer, ticket string
	}{
		{fact.LookupByNumber, "+49301234", fact.LookupFound, "c1", "T-100"},
		{fact.LookupByNumber, "49 30 56-78", fact.LookupFound, "c2", ""},
		{fact.LookupByDigits, "T-100", fact.LookupFound, "c1", "T-100"},
		{fact.LookupByDigits, "c2", fact.LookupFound, "c2", ""},
		{fact.LookupByNumber, "anonymous", fact.LookupNotFound, "", ""},
		{fact.LookupByDigits, "9", fact.LookupNotFound, "", ""},
	} {
		tasks.Do(lookup(c.method, c.value))
		got := receive[callcenter.LookupDone](t, in)
		ticket := ""
		if got.Ticket != nil {
			ticket = got.Ticket.ID
		}
		if got.Lookup != "l1" || got.Result != c.result || got.Customer != c.customer || ticket != c.ticket {
			t.Errorf("%s %q: %+v", c.method, c.value, got)
		}
	}
}

// TestCSVInOneForm: a list may write its numbers as people do, the network's come in one form.
func TestCSVInOneForm(t *testing.T) {
	list, err := readCSV("s", strings.NewReader(strings.ReplaceAll(customers, "+49 30 1234", "030 1234567")), number.Config{Region: "DE"}.Form())
	if err != nil {
		t.Fatal(err)
	}
	for _, given := range []string{"+49301234567", "0301234567"} {
		if done, err := list.Find(t.Context(), fact.LookupByNumber, given); err != nil || done.Customer != "c1" {
			t.Errorf("%s: %+v %v", given, done, err)
		}
	}
}

func TestCSVNamesTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"number,customer\n":              `column "name" is missing`,
		customers + "1,c3,Eve,,,,high\n": `line 4: priority "high"`,
		customers + "1,,Eve,,,,\n":       "line 4: customer is empty",
		customers + "1,c3,Eve\n":         "line 4",
		"":                               "first line",
	} {
		if _, err := readCSV("s", strings.NewReader(text), number.Form{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestHTTPLookup(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer tok" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch r.URL.Query().Get("number") + r.URL.Query().Get("digits") {
		case "+491":
			_, _ = io.WriteString(w, `{"customer":"c1","name":"Ada","priority":3,"ticket":{"id":"7","title":"x","status":"open"}}`)
		case "7":
			_, _ = io.WriteString(w, `{"ticket":{"id":"7"}}`)
		case "bad":
			_, _ = io.WriteString(w, `{`)
		case "slow":
			<-release
		case "err":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	defer close(release)
	cfg := DefaultConfig()
	cfg.Tickets.URL, cfg.Tickets.TokenEnv = server.URL+"/lookup?tenant=1", "TOKEN"
	tasks, in := start(t, cfg)
	for value, want := range map[string]fact.LookupResult{
		"+491": fact.LookupFound, "none": fact.LookupNotFound, "bad": fact.LookupFailed, "err": fact.LookupFailed, "slow": fact.LookupTimeout,
	} {
		c := lookup(fact.LookupByNumber, value)
		if value == "slow" {
			c.Timeout = 20 * time.Millisecond
		}
		tasks.Do(c)
		if got := receive[callcenter.LookupDone](t, in); got.Result != want {
			t.Errorf("%s: %+v, want %s", value, got, want)
		}
	}
	tasks.Do(lookup(fact.LookupByDigits, "7"))
	if got := receive[callcenter.LookupDone](t, in); got.Ticket == nil || got.Ticket.ID != "7" {
		t.Errorf("by digits: %+v", got)
	}
	if n := testutil.ToFloat64(tasks.metrics.lookups.WithLabelValues("failed")); n != 2 {
		t.Errorf("failed look-ups counted: %v, want 2", n)
	}
}

func TestPopIsSignedAndTriedAgain(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := signature.Verify("s3", r.Header.Get(signature.Header), body, time.Now()); err != nil {
			t.Errorf("signature: %v", err)
		}
		var p fact.Popup
		if err := json.Unmarshal(body, &p); err != nil || p.Pop != "p1" {
			t.Errorf("body %s: %v", body, err)
		}
		if calls.Add(1) < 3 {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer server.Close()
	cfg := DefaultConfig()
	cfg.Pop.Webhook, cfg.Pop.SecretEnv = server.URL, "SECRET"
	tasks, in := start(t, cfg)
	tasks.Do(callcenter.Pop{Popup: fact.Popup{Pop: "p1"}})
	if got := receive[callcenter.PopDone](t, in); got.Result != fact.PopDelivered || got.Attempt != 3 || got.Channel != fact.PopWebhook {
		t.Errorf("got %+v", got)
	}
}

func TestPopGivesUp(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	cfg := DefaultConfig()
	cfg.Pop.Webhook, cfg.Pop.SecretEnv = server.URL, "SECRET"
	tasks, in := start(t, cfg)
	tasks.Do(callcenter.Pop{Popup: fact.Popup{Pop: "p1"}})
	if got := receive[callcenter.PopDone](t, in); got.Result != fact.PopFailed || !strings.Contains(got.Error, "403") || calls.Load() != 1 {
		t.Errorf("a refusal is final: %+v after %d calls", got, calls.Load())
	}
}

func TestDoWithoutRunIsAnsweredAsFailed(t *testing.T) {
	in := make(inbox, 1)
	cfg := DefaultConfig()
	cfg.Tickets.URL = "http://127.0.0.1:1/"
	tasks, err := New(cfg, number.Form{}, os.Getenv, in, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	tasks.Do(lookup(fact.LookupByNumber, "1"))
	if got := receive[callcenter.LookupDone](t, in); got.Result != fact.LookupFailed {
		t.Errorf("got %+v", got)
	}
}

func TestValidate(t *testing.T) {
	if p := DefaultConfig().Validate(); len(p) != 0 {
		t.Errorf("defaults: %v", p)
	}
	bad := Config{Tickets: LookupConfig{CSV: "x", URL: "ftp://x"}, Pop: PopConfig{Webhook: "nonsense"}}
	if p := bad.Validate(); len(p) != 8 {
		t.Errorf("got %d problems: %v", len(p), p)
	}
}

func FuzzDecodeAnswer(f *testing.F) {
	f.Add([]byte(`{"customer":"c","ticket":{"id":"1"}}`))
	finder := newHTTP("s", "http://x", "")
	f.Fuzz(func(t *testing.T, body []byte) {
		done, err := finder.decode(body)
		if err == nil && done.Result == "" {
			t.Fatal("neither result nor error")
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add(customers)
	f.Fuzz(func(_ *testing.T, text string) { _, _ = readCSV("s", strings.NewReader(text), number.Form{}) })
}
