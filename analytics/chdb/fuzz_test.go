package chdb

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/compress"
)

// Whatever a statement looks like, its parts are parts of it, and no blank or comment changes what it is.
func FuzzParse(f *testing.F) {
	for _, sql := range []string{"SELECT 1 FORMAT JSON", "INSERT INTO t (a) FORMAT Native\nabc", "insert into t values (1)", "$a$b$a$", "'", "/*", "--", "((", "INSERT INTO t FORMAT"} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		p := parse(sql)
		if p.data {
			if p.verb != "INSERT" || p.format == "" || !strings.HasPrefix(sql, p.head) || p.dataAt <= len(p.head) || p.dataAt > len(sql) {
				t.Fatalf("%q gives %+v", sql, p)
			}
		} else if p.head != "" || p.dataAt != 0 {
			t.Fatalf("%q has no data but %+v", sql, p)
		}
		again := parse(" /* x */\n-- y\n" + sql)
		if again.verb != p.verb || again.format != p.format || again.data != p.data || again.session != p.session {
			t.Fatalf("%q gives %+v, behind comments %+v", sql, p, again)
		}
	})
}

// Whatever a request holds: no panic, an *Exception or a request whose settings can't be more SQL and which lost no byte
// of its statement and data.
func FuzzRequest(f *testing.F) {
	f.Add("query=SELECT+1&database=x&max_threads=2&param_a=%27", "", "", "")
	f.Add("query=INSERT+INTO+t+FORMAT+TSV&insert_deduplication_token=a", "1\t2\n", "", "")
	f.Add("decompress=1&compress=1&network_compression_method=zstd", "\x00\x01", "gzip", "gzip")
	f.Add("client_protocol_version=54460&default_format=Native", "INSERT INTO t VALUES (1)", "br", "br, gzip;q=1")
	f.Add("a'b=1&session_id=2", "x", "", "")
	f.Fuzz(func(t *testing.T, query, body, encoding, accept string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Encoding", encoding)
		r.Header.Set("Accept-Encoding", accept)
		req, err := parseRequest(r, map[string]string{"async_insert": "0"})
		if err != nil {
			return // with a code or, when the body can't be read, with the reader's error
		}
		for name := range req.settings {
			if strings.ContainsAny(name, " '\"`=,;()\\") || control(name) {
				t.Fatalf("%q: setting %q", query, name)
			}
		}
		if encoding != "" || strings.Contains(query, "decompress") {
			return
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		checkComplete(t, req, values.Get("query"), body)
	})
}

func checkComplete(t *testing.T, req *request, query, body string) {
	if !req.parsed.data {
		if !strings.HasPrefix(req.sql, query) || !strings.HasSuffix(req.sql, body) {
			t.Fatalf("%q and %q give %q", query, body, req.sql)
		}
		return
	}
	data, err := io.ReadAll(req.data)
	if err != nil {
		t.Fatal(err)
	}
	rest := len(data) >= len(body) && bytes.HasSuffix(data, []byte(body))
	if inBody := bytes.HasSuffix([]byte(body), data); !rest && !inBody {
		t.Fatalf("%q and %q give the data %q", query, body, data)
	}
}

// A frame reader gives what was framed, or an *Exception; it never takes a cut stream for a whole one.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("abc"), uint16(3), byte(0))
	f.Add(bytes.Repeat([]byte("x"), 100), uint16(50), byte(1))
	f.Fuzz(func(t *testing.T, plain []byte, cut uint16, flip byte) {
		var framed bytes.Buffer
		w := newFrameWriter(&framed, compress.LZ4)
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		whole := framed.Bytes()
		got, err := io.ReadAll(newFrameReader(bytes.NewReader(whole)))
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%q comes back as %q %v", plain, got, err)
		}
		if len(whole) == 0 {
			return
		}
		at := int(cut) % len(whole)
		if at > 0 {
			checkBroken(t, whole[:at])
		}
		if flip != 0 {
			bad := bytes.Clone(whole)
			bad[at] ^= flip
			checkBroken(t, bad)
		}
	})
}

func checkBroken(t *testing.T, framed []byte) {
	_, err := io.ReadAll(newFrameReader(bytes.NewReader(framed)))
	var e *Exception
	if !errors.As(err, &e) {
		t.Fatalf("a broken frame gives %v", err)
	}
}
