package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// serve answers requests by a function and returns a client of it.
func serve(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	c, err := New(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lose breaks the connection off.
func lose(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// Whoever asks for a change whose answer is lost asks once more, with the same key; whoever signs in doesn't.
func TestLostAnswers(t *testing.T) {
	var keys []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if len(keys) == 1 {
			lose(w)
			return
		}
		_, _ = io.WriteString(w, `{"state":"paused"}`)
	})
	state, err := c.ControlAgent(context.Background(), "anna", nil, ControlInputBody{Action: ControlInputBodyActionPause, Reason: new("lunch")})
	if err != nil || state.State != AgentStatePaused || len(keys) != 2 || keys[0] == "" || keys[0] != keys[1] {
		t.Errorf("%+v %v, keys %q", state, err, keys)
	}
	keys = nil
	if _, err := c.SignIn(context.Background(), SignInInputBody{}); err == nil || len(keys) != 1 || keys[0] != "" {
		t.Errorf("%v, keys %q", err, keys)
	}
}

// What is sent is what the document says: escaped paths, lists by commas, only what is given.
func TestRequests(t *testing.T) {
	got := ""
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = strings.TrimSpace(r.Method + " " + r.RequestURI + " " + r.Header.Get("Content-Type") + " " + string(body))
		_, _ = io.WriteString(w, `{}`)
	})
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("CET", 3600))
	_, err := c.GetQueueMetrics(context.Background(), &GetQueueMetricsParams{From: at, Until: at.Add(time.Hour), ServiceLevelMS: new(int64(0)), Queue: []string{"support", "sales"}})
	if want := "GET /api/v1/metrics/queues?from=2026-03-02T09%3A00%3A00%2B01%3A00&queue=support%2Csales&service_level_ms=0&until=2026-03-02T10%3A00%3A00%2B01%3A00"; err != nil || got != want {
		t.Errorf("%v, sent %s", err, got)
	}
	if _, err := c.GetContact(context.Background(), "a/b ?"); err != nil || got != "GET /api/v1/contacts/a%2Fb%20%3F" {
		t.Errorf("%v, sent %s", err, got)
	}
	if err := c.SeePop(context.Background(), "anna", PopInputBody{Pop: "p1", Event: PopInputBodyEventShown}); err != nil || got != `POST /api/v1/agents/anna/pops application/json {"event":"shown","pop":"p1"}` {
		t.Errorf("%v, sent %s", err, got)
	}
	if err := c.done(context.Background(), request{method: http.MethodPut, path: route("/x/%s", 7), body: []byte("RIFF"), contentType: "audio/wav"}); err != nil || got != "PUT /x/7 audio/wav RIFF" {
		t.Errorf("%v, sent %s", err, got)
	}
	for _, wrong := range []string{"", "calls.example.com", "ftp://calls.example.com", "http://"} {
		if _, err := New(wrong); err == nil {
			t.Errorf("%q is taken for an address", wrong)
		}
	}
}

// A refusal has its code and when to try again; a proxy's page has its status alone.
func TestErrors(t *testing.T) {
	body, status := `{"code":"too_many_requests","title":"Too many requests, wait","status":429}`, http.StatusTooManyRequests
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	var refused *Error
	if err := c.RevokeKey(context.Background(), "1"); !errors.As(err, &refused) || refused.Code != ProblemCodeTooManyRequests || refused.RetryAfter != 7*time.Second {
		t.Errorf("%v", err)
	}
	body, status = "<h1>Bad Gateway</h1>", http.StatusBadGateway
	if _, err := c.ListQueues(context.Background()); !errors.As(err, &refused) || refused.Code != "" || refused.Error() != "firstline: 502 Bad Gateway" {
		t.Errorf("%v", err)
	}
}

// A file that is broken off is no shorter file.
func TestBrokenFile(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "id\n1\n")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	file, err := c.ExportContacts(context.Background(), &ExportContactsParams{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it is read to its end
	if text, err := io.ReadAll(file); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q %v", text, err)
	}
}

// Pages follow each other until there is none, the caller has enough, or one can't be read.
func TestPages(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			_, _ = io.WriteString(w, `{"items":[{"id":"1"},{"id":"2"}],"next":"b"}`)
		case "b":
			_, _ = io.WriteString(w, `{"items":[{"id":"3"}],"next":"c"}`)
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	ids := ""
	for contact, err := range c.AllContacts(context.Background(), ListContactsParams{}) {
		if err != nil {
			ids += "!"
			continue
		}
		ids += contact.ID
	}
	for contact := range c.AllContacts(context.Background(), ListContactsParams{}) {
		ids += contact.ID
		break
	}
	if ids != "123!1" {
		t.Errorf("%q", ids)
	}
}
