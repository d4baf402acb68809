package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/xuri/excelize/v2"

	"firstline/analytics/query"
)

// pages answers searches with so many pages of one contact each; the page of number fails, if it is not 0, fails.
type pages struct {
	*reportsDouble
	count, fails int
	panics       bool
	met          func(page int) // before each page
}

func (p pages) Search(ctx context.Context, req query.SearchRequest) (query.ContactPage, error) {
	out, err := p.reportsDouble.Search(ctx, req)
	n := 1
	if req.Cursor != "" {
		if _, err := fmt.Sscan(req.Cursor, &n); err != nil {
			return out, err
		}
	}
	if p.panics {
		panic("a bug")
	}
	if p.met != nil {
		p.met(n)
	}
	if n == p.fails {
		return out, fmt.Errorf("query search: %w", &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")})
	}
	out.Items[0].ID = fmt.Sprintf("pbx1-1.%d", n)
	out.Items[0].ArrivedAt = time.Date(2026, 3, 2, 9, 0, n, 0, time.UTC)
	next := fmt.Sprint(n + 1)
	out.Next = &next
	if n == p.count {
		out.Next = nil
	}
	return out, err
}

// file fetches an export from the running server. The error is that of a connection that was broken off.
func (w *world) file(base, path, cookie string) (http.Response, []byte, error) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, base+Prefix+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return http.Response{}, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return *res, body, err
}

func TestExport(t *testing.T) {
	w := newWorld(t, options{reports: pages{reportsDouble: &reportsDouble{}, count: 3}})
	base, sue := w.listen(), w.signIn("sue")
	ids := "pbx1-1.1 pbx1-1.2 pbx1-1.3"
	for _, c := range []struct {
		format, contentType string
		read                func([]byte) []string
	}{
		{"csv", "text/csv; charset=utf-8; header=present", func(b []byte) (out []string) {
			for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
				id, _, _ := strings.Cut(line, ",")
				out = append(out, id)
			}
			return out
		}},
		{"jsonl", "application/jsonl", func(b []byte) (out []string) {
			for lines := json.NewDecoder(bytes.NewReader(b)); ; {
				var c query.Contact
				if err := lines.Decode(&c); err != nil {
					return out
				}
				out = append(out, c.ID)
			}
		}},
		{"xlsx", string(formSheet), func(b []byte) (out []string) {
			book, err := excelize.OpenReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			rows, err := book.GetRows(sheetName)
			if err != nil || len(rows) != 4 || rows[0][0] != "id" {
				t.Fatalf("%v %v", rows, err)
			}
			for _, row := range rows[1:] {
				out = append(out, row[0])
			}
			return out
		}},
	} {
		res, body, err := w.file(base, "/exports/contacts"+window+"&format="+c.format, sue)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v %d %s", c.format, err, res.StatusCode, body)
		}
		if got := res.Header.Get("Content-Type"); got != c.contentType || res.Header.Get("Content-Disposition") != `attachment; filename="contacts.`+c.format+`"` {
			t.Errorf("%s: %q, %q", c.format, got, res.Header.Get("Content-Disposition"))
		}
		if got := strings.Join(c.read(body), " "); got != ids {
			t.Errorf("%s: %q\n%s", c.format, got, body)
		}
	}
	if got := testutil.ToFloat64(w.api.m.streamEnds.WithLabelValues(exportKind, "complete")); got != 3 {
		t.Errorf("%v exports are counted", got)
	}
}

// What fails before the first line is a problem; what fails later breaks the connection off, and is logged: a connection to the engine
// that is lost is none that the client closed.
func TestExportFails(t *testing.T) {
	var said bytes.Buffer
	w := newWorld(t, options{log: slog.New(slog.NewTextHandler(&said, nil)), reports: pages{reportsDouble: &reportsDouble{}, count: 3, fails: 2}})
	base, sue := w.listen(), w.signIn("sue")
	if _, body, err := w.file(base, "/exports/contacts"+window, sue); err == nil {
		t.Errorf("a part is taken for all: %s", body)
	}
	w.api.exports.wait()
	if got := testutil.ToFloat64(w.api.m.streamEnds.WithLabelValues(exportKind, causeError)); got != 1 || !strings.Contains(said.String(), "export broken off") || !strings.Contains(said.String(), "connection reset by peer") {
		t.Errorf("%v exports are counted, log: %s", got, &said)
	}
	broken := newWorld(t, options{reports: pages{reportsDouble: &reportsDouble{}, count: 3, fails: 1}})
	res, body, err := broken.file(broken.listen(), "/exports/contacts"+window, broken.signIn("sue"))
	if err != nil || res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Content-Type") != problemType {
		t.Errorf("%v: %d %s", err, res.StatusCode, body)
	}
	if res, body, _ := w.file(base, "/exports/contacts"+window+"&format=pdf", sue); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if n := testutil.ToFloat64(w.api.m.streams.WithLabelValues(exportKind)); n != 0 {
		t.Errorf("%v exports go on", n)
	}
}

// A panic in the first page leaves no stream behind, which would hold up the end of the process for ever.
func TestExportPanics(t *testing.T) {
	w := newWorld(t, options{reports: pages{reportsDouble: &reportsDouble{}, panics: true}})
	res, body, err := w.file(w.listen(), "/exports/contacts"+window, w.signIn("sue"))
	if err != nil || res.StatusCode != http.StatusInternalServerError {
		t.Errorf("%v: %d %s", err, res.StatusCode, body)
	}
	if n := testutil.ToFloat64(w.api.m.streams.WithLabelValues(exportKind)); n != 0 {
		t.Errorf("%v exports go on", n)
	}
}

// Who is signed out in the middle gets no more of it.
func TestExportEndsWithTheSession(t *testing.T) {
	p := &pages{reportsDouble: &reportsDouble{}, count: 3}
	w := newWorld(t, options{reports: p})
	base, sue := w.listen(), w.signIn("sue")
	p.met = func(page int) {
		if page == 2 {
			w.do(call{method: http.MethodDelete, path: Prefix + "/session", proof: sue})
		}
	}
	if _, body, err := w.file(base, "/exports/contacts"+window, sue); err == nil {
		t.Errorf("a part is taken for all: %s", body)
	}
	if got := testutil.ToFloat64(w.api.m.streamEnds.WithLabelValues(exportKind, "signed_out")); got != 1 {
		t.Errorf("%v exports are counted", got)
	}
}

// While sessions can't be read nobody is taken for signed out; the file is broken off all the same, and that is logged.
func TestExportWithoutItsState(t *testing.T) {
	var said bytes.Buffer
	p := &pages{reportsDouble: &reportsDouble{}, count: 3}
	w, state := flakyWorld(t, options{reports: p, log: slog.New(slog.NewTextHandler(&said, nil))})
	base, sue := w.listen(), w.signIn("sue")
	p.met = func(page int) {
		if page == 1 {
			state.how.Store(fails)
		}
	}
	if _, body, err := w.file(base, "/exports/contacts"+window, sue); err == nil {
		t.Errorf("a part is taken for all: %s", body)
	}
	w.api.exports.wait()
	if got := testutil.ToFloat64(w.api.m.streamEnds.WithLabelValues(exportKind, causeError)); got != 1 || !strings.Contains(said.String(), "sessions and keys can't be read") {
		t.Errorf("%v exports are counted, log: %s", got, &said)
	}
}

// A list with more rows than a file may have is broken off, and nobody takes it for whole.
func TestExportTooLong(t *testing.T) {
	for most, whole := range map[int]bool{2: false, 3: true} {
		w := newWorld(t, options{reports: pages{reportsDouble: &reportsDouble{}, count: 3}, config: func(c *Config) { c.ExportRows = most }})
		_, body, err := w.file(w.listen(), "/exports/contacts"+window, w.signIn("sue"))
		if (err == nil) != whole {
			t.Errorf("%d rows may be: %v %s", most, err, body)
		}
		if got := testutil.ToFloat64(w.api.m.streamEnds.WithLabelValues(exportKind, "too_long")); (got == 0) != whole {
			t.Errorf("%d rows may be: %v exports are counted", most, got)
		}
	}
}

// Who closes the connection in the middle has cancelled it: no more pages are read.
func TestExportCancelled(t *testing.T) {
	p := &pages{reportsDouble: &reportsDouble{}} // without end
	w := newWorld(t, options{reports: p})
	base, sue := w.listen(), w.signIn("sue")
	ctx, cancel := context.WithCancel(context.Background())
	p.met = func(page int) {
		if page == 2 {
			cancel()
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+Prefix+"/exports/contacts"+window, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", sue)
	if res, err := (&http.Client{}).Do(req); err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	w.api.exports.wait()
	if got := testutil.ToFloat64(w.api.m.streamEnds.WithLabelValues(exportKind, "gone")); got != 1 {
		t.Errorf("%v exports are counted as gone", got)
	}
}

// Of one user so many exports go on at once, however many sessions he has; others have their own.
func TestExportsPerUser(t *testing.T) {
	p := &pages{reportsDouble: &reportsDouble{}, count: 2}
	w := newWorld(t, options{reports: p, config: func(c *Config) { c.ExportsPerUser = 1 }})
	base, first, second, ina := w.listen(), w.signIn("sue"), w.signIn("sue"), w.signIn("ina")
	inside, leave := make(chan struct{}), make(chan struct{})
	var met atomic.Bool
	p.met = func(page int) {
		if page == 2 && met.CompareAndSwap(false, true) {
			close(inside)
			<-leave
		}
	}
	done := make(chan error)
	go func() {
		_, _, err := w.file(base, "/exports/contacts"+window, first)
		done <- err
	}()
	<-inside
	a := w.get(Prefix+"/exports/contacts"+window, second)
	if p := a.wantProblem(t, CodeTooManyRequests); a.header.Get("Retry-After") != exportRetry || !strings.Contains(p.Detail, "http.exports_per_user") {
		t.Errorf("%+v, Retry-After %q", p, a.header.Get("Retry-After"))
	}
	if res, body, err := w.file(base, "/exports/contacts"+window, ina); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%v %d %s", err, res.StatusCode, body)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if res, body, err := w.file(base, "/exports/contacts"+window, second); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%v %d %s", err, res.StatusCode, body)
	}
}

// A link can't send Accept: it names the form.
func TestFormByName(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	get := func(path string) answer { return w.get(Prefix+path, sue) }
	a := get("/metrics/queues" + window + "&format=xlsx")
	book, err := excelize.OpenReader(bytes.NewReader(a.body))
	if err != nil || a.header.Get("Content-Type") != string(formSheet) || a.header.Get("Content-Disposition") != `attachment; filename="queues.xlsx"` {
		t.Fatalf("%v %v", err, a.header)
	}
	for at, want := range map[string]string{"A1": "interval.from", "A2": "2026-03-02 00:00:00", "C2": "86400000", "D2": "FALSE"} {
		if got, err := book.GetCellValue(sheetName, at); err != nil || got != want {
			t.Errorf("%s: %q, not %q (%v)", at, got, want, err)
		}
	}
	if a := get("/metrics/queues" + window + "&format=jsonl"); !json.Valid(bytes.TrimSpace(a.body)) || a.header.Get("Content-Type") != string(formLines) {
		t.Errorf("%s", a.body)
	}
	get("/metrics/queues"+window+"&format=pdf").wantProblem(t, CodeInvalid)
	get("/queues?format=csv").wantProblem(t, CodeNotAcceptable)
}
