package chdb_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"firstline/analytics/chdb/chdbtest"
)

// forever is a query that ends only when it is killed.
const forever = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"

// send makes one HTTP request and returns status and body.
func send(t *testing.T, method, url, body string, header map[string]string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

func TestPlainHTTP(t *testing.T) {
	url := chdbtest.Start(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		answer             string // the whole of it, or its beginning when it ends with …
	}{
		{"GET", "/ping", "", 200, "Ok.\n"},
		{"GET", "/replicas_status", "", 200, "Ok.\n"},
		{"GET", "/", "", 200, "Ok.\n"},
		{"GET", "/?query=SELECT+1", "", 200, "1\n"},
		{"POST", "/?query=SELECT+1,", "2", 200, "1\t2\n"},
		{"POST", "/", "SELECT 1 FORMAT CSVWithNames", 200, "\"1\"\n1\n"},
		{"POST", "/?default_format=JSONEachRow", "SELECT 1 AS a;", 200, "{\"a\":1}\n"},
		{"POST", "/?param_x=5", "SELECT {x:UInt8} + 1", 200, "6\n"},
		{"GET", "/?query=CREATE+DATABASE+x", "", 500, "Code: 164. DB::Exception: Cannot execute query in readonly mode…"},
		{"POST", "/?session_id=a", "SELECT 1", 501, "Code: 48. …"},
		{"POST", "/?a;b=1", "SELECT 1", 400, "Code: 36. …"},
		{"POST", "/?max_threads+%3D+1%2C+readonly=1", "SELECT 1", 400, "Code: 115. DB::Exception: Unknown setting …"},
		{"POST", "/?max_threads=many", "SELECT 1", 400, "Code: 27. …"},
		{"POST", "/?database=nosuch", "SELECT 1", 404, "Code: 81. …"},
		{"POST", "/", "", 400, "Code: 62. …"},
		{"POST", "/", "SELECT 1; SELECT 2", 400, "Code: 62. …"},
		{"POST", "/?decompress=1", "not compressed at all, and long enough", 400, "Code: 33. …"},
		{"GET", "/nosuch", "", 404, "404 page not found\n"},
	} {
		status, body, header := send(t, c.method, url+c.path, c.body, nil)
		begin, cut := strings.CutSuffix(c.answer, "…")
		if status != c.status || !cut && body != c.answer || !strings.HasPrefix(body, begin) {
			t.Errorf("%s %s %q: %d %q, want %d %q", c.method, c.path, c.body, status, body, c.status, c.answer)
		}
		if code := header.Get("X-ClickHouse-Exception-Code"); cut != (code != "") {
			t.Errorf("%s %s: exception code %q", c.method, c.path, code)
		}
	}
}

func TestInsertSummary(t *testing.T) {
	url, database := chdbtest.Database(t)
	chdbtest.Query(t, url, "CREATE DATABASE "+database)
	url += "/?database=" + database
	chdbtest.Query(t, url, "CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a")
	for query, data := range map[string]string{"INSERT INTO t FORMAT TSV": "1\ta\n2\tb\n", "INSERT INTO t (a) VALUES": "(3), (4)"} {
		status, body, header := send(t, http.MethodPost, url+"&query="+strings.ReplaceAll(query, " ", "+"), data, nil)
		if status != http.StatusOK || !strings.Contains(header.Get("X-ClickHouse-Summary"), `"written_rows":"2"`) {
			t.Errorf("%s: %d %s %v", query, status, body, header)
		}
	}
	status, body, _ := send(t, http.MethodPost, url, "INSERT INTO t VALUES (5, 'x'), (6, '''')", nil)
	if status != http.StatusOK {
		t.Error(body)
	}
	if got := chdbtest.Query(t, url, "SELECT groupArray((a, b)) FROM (SELECT * FROM t ORDER BY a)"); got != `[(1,'a'),(2,'b'),(3,''),(4,''),(5,'x'),(6,'\'')]` {
		t.Errorf("t holds %s", got)
	}
	status, body, _ = send(t, http.MethodPost, url+"&query=INSERT+INTO+t+FORMAT+TSV", "7\ta\nseven\n", nil)
	if status != http.StatusBadRequest || !strings.HasPrefix(body, "Code: 27.") {
		t.Errorf("bad data gives %d %s", status, body)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	t.Setenv("CHDB_TEST_PASSWORD", "s3cret")
	url := chdbtest.Launch(t, "-password-env", "CHDB_TEST_PASSWORD").URL
	user := map[string]string{"X-ClickHouse-User": "default", "X-ClickHouse-Key": "s3cret"}
	for name, c := range map[string]struct {
		header map[string]string
		query  string
		status int
	}{
		"nobody":         {nil, "", 403},
		"wrong password": {map[string]string{"X-ClickHouse-User": "default", "X-ClickHouse-Key": "secret"}, "", 403},
		"wrong user":     {map[string]string{"X-ClickHouse-User": "root", "X-ClickHouse-Key": "s3cret"}, "", 403},
		"headers":        {user, "", 200},
		"parameters":     {nil, "?user=default&password=s3cret", 200},
		"basic":          {map[string]string{"Authorization": "Basic ZGVmYXVsdDpzM2NyZXQ="}, "", 200},
		"web page":       {map[string]string{"Origin": "http://evil.example", "X-ClickHouse-User": "default", "X-ClickHouse-Key": "s3cret"}, "", 403},
		"rebound name":   {map[string]string{"Host": "evil.example:8123", "X-ClickHouse-User": "default", "X-ClickHouse-Key": "s3cret"}, "", 403},
	} {
		status, body, _ := send(t, http.MethodPost, url+"/"+c.query, "SELECT 1", c.header)
		if status != c.status || status != 200 && !strings.HasPrefix(body, "Code: 516.") {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.status)
		}
	}
	conn := open(t, url, "", func(o *clickhouse.Options) { o.Auth.Password = "s3cret" })
	if err := conn.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	checkCode(t, "client without password", open(t, url, "", nil).Ping(t.Context()), 516)
}

// running waits until so many queries of this kind run.
func running(t *testing.T, url string, like string, n int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		got := chdbtest.Query(t, url, "SELECT count() FROM system.processes WHERE query LIKE '"+like+"%'")
		if got == strconv.Itoa(n) {
			return
		}
	}
	t.Fatalf("never saw %d queries %q running", n, like)
}

// While scans run, other queries don't wait for them; when reads hold all they may, an insert still finds a connection,
// and one read too many is refused with ClickHouse's code and counted.
func TestSideBySide(t *testing.T) {
	p := chdbtest.Launch(t, "-connections", "4", "-waiting", "0", "-max-wait", "300ms")
	conn := open(t, p.URL, "", nil)
	execAll(t, conn, "CREATE DATABASE x", "CREATE TABLE x.t (a UInt64) ENGINE = MergeTree ORDER BY a")
	ctx, cancel := context.WithCancel(t.Context())
	var scans sync.WaitGroup
	defer scans.Wait()
	defer cancel()
	scan := func() {
		scans.Go(func() { _ = drain(conn, ctx, forever) })
	}
	scan()
	scan()
	running(t, p.URL, "SELECT sum(sipHash64", 2)
	begin := time.Now()
	if got := chdbtest.Query(t, p.URL, "SELECT 1"); got != "1" || time.Since(begin) > 2*time.Second {
		t.Errorf("select 1 beside two scans gave %s after %s", got, time.Since(begin))
	}
	scan() // three of four: reads have no more
	waitMetric(t, p.URL, "firstline_chdb_running", 3)
	execAll(t, conn, "INSERT INTO x.t VALUES (1)")
	checkCode(t, "one read too many", drain(conn, t.Context(), "SELECT * FROM x.t"), 202)
	if got := chdbtest.Query(t, p.URL, "SELECT 1"); got != "1" {
		t.Errorf("select 1 beside reads that hold all they may gave %s", got)
	}
	if got := metric(t, p.URL, `firstline_chdb_refused_total{reason="busy"}`); got < 1 {
		t.Errorf("%v refusals counted", got)
	}
	cancel()
	scans.Wait()
	waitMetric(t, p.URL, "firstline_chdb_running", 0) // the clients left, so their queries were killed
	if err := drain(conn, t.Context(), "SELECT * FROM x.t"); err != nil {
		t.Errorf("after the scans: %v", err)
	}
}

func execAll(t *testing.T, conn clickhouse.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		execute(t, conn, sql)
	}
}

// metric reads one value from /metrics; 0 when it isn't there.
func metric(t *testing.T, url, name string) float64 {
	t.Helper()
	_, text, _ := send(t, http.MethodGet, url+"/metrics", "", nil)
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func waitMetric(t *testing.T, url, name string, want float64) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for metric(t, url, name) != want {
		if time.Now().After(deadline) {
			t.Fatalf("%s never became %v", name, want)
		}
	}
}

func TestTimeLimit(t *testing.T) {
	conn := open(t, chdbtest.Start(t), "", nil)
	begin := time.Now()
	ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_execution_time": 1}))
	checkCode(t, "time limit", drain(conn, ctx, forever), 159)
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("took %s", took)
	}
}

// A big answer arrives while the engine still makes it, and the process does not grow by it.
func TestBigAnswer(t *testing.T) {
	p := chdbtest.Launch(t)
	conn := open(t, p.URL, "", nil)
	rows, err := conn.Query(t.Context(), "SELECT number, toString(number) FROM numbers(5000000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var n, sum uint64
	var text string
	for rows.Next() {
		var v uint64
		if err := rows.Scan(&v, &text); err != nil {
			t.Fatal(err)
		}
		if n == 0 && metric(t, p.URL, "firstline_chdb_running") != 1 {
			t.Error("the first row came after the query's end")
		}
		n, sum = n+1, sum+v
	}
	if err := rows.Err(); err != nil || n != 5_000_000 || sum != 5_000_000*4_999_999/2 {
		t.Errorf("%d rows, sum %d, %v", n, sum, err)
	}
	if peak := memory(t, p.PID(), "VmHWM"); peak > 400 {
		t.Errorf("peak memory %d MiB for an answer of 80 MiB", peak)
	}
}

// A stop lets queries end, kills those that don't, and leaves a folder that the next start takes up.
func TestStop(t *testing.T) {
	p := chdbtest.Launch(t, "-drain", "500ms")
	conn := open(t, p.URL, "", nil)
	execAll(t, conn, "CREATE DATABASE x", "CREATE TABLE x.t (a UInt64) ENGINE = MergeTree ORDER BY a", "INSERT INTO x.t VALUES (7)")
	failed := make(chan error, 1)
	go func() { failed <- drain(conn, context.WithoutCancel(t.Context()), forever) }()
	running(t, p.URL, "SELECT sum(sipHash64", 1)
	log := p.Stop(t)
	if err := <-failed; err == nil {
		t.Error("the running query ended well")
	}
	if !strings.Contains(log, "clickhouse engine stopped") {
		t.Errorf("the log says %s", log)
	}
	p.Restart(t)
	if got := chdbtest.Query(t, p.URL, "SELECT a FROM x.t"); got != "7" {
		t.Errorf("after the restart t holds %q", got)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	p := chdbtest.Launch(t)
	out, err := exec.CommandContext(t.Context(), p.Program(), "-dir", p.Dir()).CombinedOutput()
	if err == nil || !strings.Contains(string(out), fmt.Sprintf("in use by process %d", p.PID())) {
		t.Errorf("a second engine on the folder: %v %s", err, out)
	}
	address := strings.TrimPrefix(p.URL, "http://")
	out, err = exec.CommandContext(t.Context(), p.Program(), "-dir", t.TempDir(), "-listen", address).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the port is in use by another program") {
		t.Errorf("a second engine on the port: %v %s", err, out)
	}
}

// An insert whose client dies in the middle of the data inserts nothing and gives its connection back.
func TestBrokenInsert(t *testing.T) {
	p := chdbtest.Launch(t, "-connections", "2")
	conn := open(t, p.URL, "", nil)
	execAll(t, conn, "CREATE DATABASE x", "CREATE TABLE x.t (a UInt64) ENGINE = MergeTree ORDER BY a")
	for range 3 {
		c, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriter(c)
		_, _ = fmt.Fprintf(w, "POST /?query=INSERT+INTO+x.t+FORMAT+TSV HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n1\n2\n")
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		waitMetric(t, p.URL, "firstline_chdb_running", 1)
		_ = c.Close()
		waitMetric(t, p.URL, "firstline_chdb_running", 0)
	}
	if got := number(t, conn, "SELECT count() FROM x.t"); got != 0 {
		t.Errorf("t has %d rows", got)
	}
	if got := metric(t, p.URL, "firstline_chdb_inserts_aborted_total"); got != 3 {
		t.Errorf("%v aborted inserts counted, want 3", got)
	}
}

// Whatever way a query ends, it leaves no lock behind: its table can be dropped at once.
func TestNoLockIsLeft(t *testing.T) {
	p := chdbtest.Launch(t)
	conn := open(t, p.URL, "", func(o *clickhouse.Options) { o.ReadTimeout = 20 * time.Second })
	execAll(t, conn, "CREATE DATABASE x")
	for name, query := range map[string]func(){
		"failed insert": func() { send(t, http.MethodPost, p.URL+"/?query=INSERT+INTO+x.t+FORMAT+TSV", "word\n", nil) },
		"failed insert select": func() {
			_ = conn.Exec(t.Context(), "INSERT INTO x.t SELECT throwIf(number = 2000000) FROM numbers(3000000)")
		},
		"failed select": func() {
			_ = drain(conn, t.Context(), "SELECT throwIf(number = 2000000), a FROM numbers(3000000) AS n CROSS JOIN x.t")
		},
		"failed at the start": func() { _ = drain(conn, t.Context(), "SELECT throwIf(a = 1) FROM x.t") },
		"abandoned select": func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			rows, err := conn.Query(ctx, "SELECT number, a FROM numbers(300000000) AS n CROSS JOIN x.t")
			if err != nil || !rows.Next() {
				t.Errorf("no first row: %v", err)
			}
			cancel()
			_ = rows.Close()
		},
	} {
		execAll(t, conn, "CREATE TABLE x.t (a UInt64) ENGINE = MergeTree ORDER BY a", "INSERT INTO x.t VALUES (1)")
		query()
		if err := conn.Exec(t.Context(), "DROP TABLE x.t SYNC"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// memory is a line of /proc/PID/status, MiB.
func memory(t *testing.T, pid int, name string) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "grep", name, fmt.Sprintf("/proc/%d/status", pid)).Output()
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(out))
	if len(fields) != 3 {
		t.Fatal(errors.New("unexpected line: " + string(out)))
	}
	kib, err := strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	return kib / 1024
}
