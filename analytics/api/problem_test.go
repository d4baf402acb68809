package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/live/livetest"
	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/controllerclient"
	"firstline/pipeline/problem"
)

func TestEveryCodeHasItsKind(t *testing.T) {
	titles := map[string]Code{}
	for _, code := range codes() {
		k := kindOf(code)
		if k.status < 400 || k.title == "" || titles[k.title] != "" {
			t.Errorf("%s: %+v", code, k)
		}
		if (k.status == http.StatusInternalServerError) != (code == CodeInternal) {
			t.Errorf("%s is answered as an internal error", code)
		}
		titles[k.title] = code
	}
}

func TestEveryErrorIsAProblem(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	for _, c := range []struct {
		name string
		call call
		want Code
	}{
		{"unknown path", call{method: http.MethodGet, path: Prefix + "/nothing"}, CodeNotFound},
		{"unknown path outside", call{method: http.MethodGet, path: "/nothing.txt"}, CodeNotFound},
		{"unknown method", call{method: http.MethodPut, path: Prefix + "/queues", proof: sue}, CodeMethodNotAllowed},
		{"unknown method of a stream", call{method: http.MethodPost, path: Prefix + "/live/wallboard", proof: sue}, CodeMethodNotAllowed},
		{"unknown method of a recording", call{method: http.MethodDelete, path: audioPath + "r1/audio", proof: sue}, CodeMethodNotAllowed},
		{"get of the webhook", call{method: http.MethodGet, path: Prefix + "/tickets/events"}, CodeMethodNotAllowed},
		{"no JSON", call{method: http.MethodPost, path: Prefix + "/session", body: `{"name"`}, CodeBadRequest},
		{"wrong media type", call{method: http.MethodPost, path: Prefix + "/session", body: "x", headers: map[string]string{"Content-Type": "text/plain"}}, CodeUnsupportedMedia},
		{"CSV is not read", call{method: http.MethodPost, path: Prefix + "/session", body: "x", headers: map[string]string{"Content-Type": "text/csv"}}, CodeUnsupportedMedia},
		{"no body", call{method: http.MethodPost, path: Prefix + "/session"}, CodeBadRequest},
		{"missing parameters", call{method: http.MethodGet, path: Prefix + "/metrics/queues", proof: sue}, CodeInvalid},
		{"no time", call{method: http.MethodGet, path: Prefix + "/metrics/queues?from=yesterday&until=now", proof: sue}, CodeInvalid},
		{"unknown parameter", call{method: http.MethodGet, path: Prefix + "/metrics/queues" + window + "&form=x", proof: sue}, CodeInvalid},
		{"unknown zone", call{method: http.MethodGet, path: Prefix + "/metrics/queues" + window + "&tz=Mars/Olympus", proof: sue}, CodeInvalid},
		{"server's zone", call{method: http.MethodGet, path: Prefix + "/wallboard?tz=Local", proof: sue}, CodeInvalid},
		{"unknown interval", call{method: http.MethodGet, path: Prefix + "/metrics/queues" + window + "&interval=7m", proof: sue}, CodeInvalid},
		{"window turned round", call{method: http.MethodGet, path: Prefix + "/metrics/queues?from=2026-03-02T00:00:00Z&until=2026-03-01T00:00:00Z", proof: sue}, CodeInvalid},
		{"window of an age", call{method: http.MethodGet, path: Prefix + "/metrics/queues?from=1000-03-02T00:00:00Z&until=2026-03-01T00:00:00Z", proof: sue}, CodeInvalid},
		{"too many intervals", call{method: http.MethodGet, path: Prefix + "/metrics/queues?from=2020-01-01T00:00:00Z&until=2026-03-01T00:00:00Z&interval=15m", proof: sue}, CodeInvalid},
		{"CSV where there is none", call{method: http.MethodGet, path: Prefix + "/queues", proof: sue, headers: map[string]string{"Accept": "text/csv"}}, CodeNotAcceptable},
		{"error with CSV asked for", call{method: http.MethodGet, path: Prefix + "/metrics/queues", proof: sue, headers: map[string]string{"Accept": "text/csv"}}, CodeInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := testutil.ToFloat64(w.api.m.problems.WithLabelValues(string(c.want)))
			w.do(c.call).wantProblem(t, c.want)
			if after := testutil.ToFloat64(w.api.m.problems.WithLabelValues(string(c.want))); after != before+1 {
				t.Errorf("counted %v times", after-before)
			}
		})
	}
	if a := w.do(call{method: http.MethodPut, path: Prefix + "/session", proof: sue}); !strings.Contains(a.header.Get("Allow"), "POST") {
		t.Errorf("Allow is %q", a.header.Get("Allow"))
	}
}

func TestPanicsAreAnsweredAndCounted(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	w.reports.panics = true
	p := w.get(Prefix+"/metrics/queues"+window, sue).wantProblem(t, CodeInternal)
	if p.Detail != "" || testutil.ToFloat64(w.api.m.panics) != 1 {
		t.Errorf("%+v, %v panics", p, testutil.ToFloat64(w.api.m.panics))
	}
}

// What lies behind the API fails in its own ways; strangers see the code and never the error's text.
func TestErrorsOfThePartsBehind(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	const secret = "tcp 10.1.2.3:8123"
	for _, c := range []struct {
		err  error
		want Code
	}{
		{errors.New(secret), CodeInternal},
		{&query.Invalid{Problems: []problem.Problem{{Path: "days", Message: "is odd", Mend: "make it even"}}}, CodeInvalid},
		{fmt.Errorf("query: %w", &net.OpError{Op: "dial", Err: errors.New(secret)}), CodeUnavailable},
		{fmt.Errorf("query: %w", &query.LimitError{Key: "query.timeout", Most: "30s", Slow: true}), CodeTimeout},
		{fmt.Errorf("query: %w", &query.LimitError{Key: "query.max_rows", Most: "100000 rows"}), CodeQueryTooLarge},
		{&metric.RowsError{Rows: 60_000}, CodeQueryTooLarge},
		{fmt.Errorf("query: %w", &query.BusyError{Own: true, Most: 4, After: time.Second}), CodeTooManyRequests},
		{fmt.Errorf("query: %w", &query.BusyError{After: time.Second}), CodeUnavailable},
		{fmt.Errorf("query: %w", &clickhouse.Exception{Code: 60, Message: secret}), CodeUnavailable},
		{fmt.Errorf("query: %w", &clickhouse.Exception{Code: 62, Message: secret}), CodeInternal},
		{context.DeadlineExceeded, CodeTimeout},
		{context.Canceled, CodeUnavailable},
		{controllerclient.ErrNotReady, CodeUnavailable},
		{controllerclient.ErrUnreachable, CodeUnavailable},
		{&controllerclient.RefusedError{Refusal: "a refusal of a later version"}, CodeConflict},
	} {
		w.reports.fails(c.err)
		a := w.get(Prefix+"/metrics/queues"+window, sue)
		a.wantProblem(t, c.want)
		if strings.Contains(string(a.body), secret) {
			t.Errorf("%v shows its text: %s", c.err, a.body)
		}
	}
}

// A browser opens connections ahead and may never use them; what it reads there must not pass for the answer of a request.
func TestUnusedConnection(t *testing.T) {
	w := newWorld(t, options{config: func(c *Config) { c.QueryTimeout = 50 * time.Millisecond }})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.api.Run(ctx) }()
	<-w.api.Listening()
	conn, err := net.Dial("tcp", w.api.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusRequestTimeout || !answer.Close {
		t.Errorf("%s, closes: %v", answer.Status, answer.Close)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestHealth(t *testing.T) {
	down := errors.New("dial tcp 10.1.2.3:8123: refused")
	var err error
	w := newWorld(t, options{checks: []Check{{"clickhouse", func(context.Context) error { return err }}}, tickets: true})
	if a := w.get("/healthz", ""); a.status != 200 || !strings.Contains(string(a.body), `"version":"test"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.get("/readyz", ""); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	err = down
	a := w.get("/readyz", "")
	p := a.wantProblem(t, CodeUnavailable)
	if len(p.Errors) != 1 || p.Errors[0].Location != "clickhouse" || strings.Contains(string(a.body), "10.1.2.3") {
		t.Errorf("%s", a.body)
	}
	if text := string(w.get("/metrics", "").body); !strings.Contains(text, `firstline_api_readiness_failures_total{check="clickhouse"} 1`) {
		t.Error("the check that failed is not counted")
	}
}

// Open pages ask again and again while the database is away: the log has the first failure and the end, not a line each.
func TestOutageIsToldSparsely(t *testing.T) {
	var said bytes.Buffer
	w := newWorld(t, options{log: slog.New(slog.NewTextHandler(&said, nil))})
	sue := w.signIn("sue")
	w.reports.fails(controllerclient.ErrUnreachable)
	for range 20 {
		w.get(Prefix+"/metrics/queues"+window, sue).wantProblem(t, CodeUnavailable)
	}
	w.reports.fails(nil)
	w.get(Prefix+"/metrics/queues"+window, sue)
	for _, line := range []string{"request failed", "requests are answered again"} {
		if n := strings.Count(said.String(), line); n != 1 {
			t.Errorf("%d times %q:\n%s", n, line, said.String())
		}
	}
}

func TestReadyNamesTheControllerThatIsSilent(t *testing.T) {
	w := newWorld(t, options{})
	w.controller.Down(true)
	w.controller.Break()
	watch := w.live.Watch()
	defer watch.Close()
	for !w.live.Freshness().Stale {
		<-watch.Changed()
	}
	p := w.get("/readyz", "").wantProblem(t, CodeUnavailable)
	if len(p.Errors) != 1 || p.Errors[0].Location != "controller" || !strings.Contains(p.Errors[0].Message, "not heard since") {
		t.Errorf("%+v", p)
	}
}

func TestPrometheusCountsByRoute(t *testing.T) {
	w := newWorld(t, options{})
	w.get(Prefix+"/queues", w.signIn("sue"))
	w.get("/some/strangers/guess.php", "")
	a := w.get("/metrics", "")
	text := string(a.body)
	for _, want := range []string{
		`firstline_api_request_seconds_count{method="GET",route="/api/v1/queues",status="200"} 1`,
		`firstline_api_request_seconds_count{method="GET",route="none",status="404"} 1`,
		`firstline_api_problems_total{code="not_found"} 1`,
		`firstline_api_sign_ins_total{result="ok"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(text, "guess.php") {
		t.Error("a stranger's path became a label")
	}
}

func TestControlRefusalsKeepTheirCode(t *testing.T) {
	w := newWorld(t, options{})
	anna := w.signIn("anna")
	for _, code := range []Code{CodeUnknownAgent, CodeUnknownContact, CodeUnknownIncident, CodeUnknownReason, CodeUnknownAction, CodeConflict, CodeNotLoggedIn, CodeNoTalk, CodePhoneBusy, CodeNotWaiting, CodeNotRecorded, CodeNotNow} {
		w.controller.Answer(func(livetest.Control) (int, any) {
			return http.StatusConflict, map[string]string{"refused": string(code)}
		})
		w.do(call{method: http.MethodPost, path: Prefix + "/agents/anna/state", body: map[string]string{"action": "ready"}, proof: anna}).wantProblem(t, code)
	}
}
