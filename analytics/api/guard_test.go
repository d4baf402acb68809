package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestOriginAndHostOnEveryChange(t *testing.T) {
	w := newWorld(t, options{config: func(c *Config) {
		c.PublicURL = "http://desk.example:8080"
		c.Hosts = []string{"other.example"}
	}})
	for _, c := range []struct {
		name, host, origin, site string
		want                     Code // "" = let through
	}{
		{"a program without Origin", "127.0.0.1:8080", "", "", ""},
		{"our own page", "127.0.0.1:8080", "http://127.0.0.1:8080", "same-origin", ""},
		{"the public name", "desk.example:8080", "http://desk.example:8080", "", ""},
		{"the public name in capitals", "DESK.example:8080", "HTTP://desk.example:8080", "", ""},
		{"a configured name", "other.example", "https://other.example", "", ""},
		{"by the loopback name", "localhost:8080", "http://localhost:8080", "", ""},
		{"another port of this host", "127.0.0.1:8080", "http://127.0.0.1:9999", "", CodeOriginRefused},
		{"another site", "127.0.0.1:8080", "https://evil.example", "", CodeOriginRefused},
		{"another site by fetch metadata", "127.0.0.1:8080", "", "cross-site", CodeOriginRefused},
		{"a sibling site", "127.0.0.1:8080", "http://127.0.0.1:8080", "same-site", CodeOriginRefused},
		{"a sandboxed page", "127.0.0.1:8080", "null", "", CodeOriginRefused},
		{"a rebound name", "evil.example", "http://evil.example", "same-origin", CodeHostRefused},
		{"a rebound name without Origin", "evil.example:8080", "", "", CodeHostRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range w.accesses() {
				if r.method == http.MethodGet {
					continue
				}
				headers := map[string]string{}
				if c.origin != "" {
					headers["Origin"] = c.origin
				}
				if c.site != "" {
					headers["Sec-Fetch-Site"] = c.site
				}
				name := "anna"
				if r.roles != nil && !slices.Contains(r.roles, RoleAgent) {
					name = "adam"
				}
				got := w.do(call{method: r.method, path: Prefix + r.path, body: r.body, proof: w.signIn(name), host: c.host, headers: headers})
				if c.want == "" && r.done(got) {
					continue
				}
				if c.want == "" {
					t.Errorf("%s %s: %d %s", r.method, r.path, got.status, got.body)
					continue
				}
				got.wantProblem(t, c.want)
			}
		})
	}
}

// Reading by a foreign name is refused too; health and metrics are asked by address, whatever it is.
func TestHostOfReads(t *testing.T) {
	w := newWorld(t, options{})
	w.do(call{method: http.MethodGet, path: Prefix + "/queues", host: "evil.example", proof: w.signIn("sue")}).wantProblem(t, CodeHostRefused)
	if a := w.do(call{method: http.MethodGet, path: "/healthz", host: "10.2.3.4"}); a.status != http.StatusOK {
		t.Errorf("%d", a.status)
	}
}

func TestSecurityHeadersOnEverything(t *testing.T) {
	w := newWorld(t, options{})
	for _, path := range []string{"/", "/healthz", "/nothing.js", Prefix + "/queues", Prefix + "/openapi.json"} {
		a := w.get(path, "")
		for name, want := range map[string]string{
			"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if a.header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, a.header.Get(name))
			}
		}
		if strings.HasPrefix(path, "/api") && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, a.header.Get("Cache-Control"))
		}
	}
	if !strings.Contains(contentPolicy, "media-src 'self';") {
		t.Error("the policy keeps the pages from playing recordings")
	}
	if strings.Contains(contentPolicy, "unsafe") {
		t.Error("the policy allows inline code")
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t, options{})
	for _, c := range []struct{ path, kind, cache, body string }{
		{"/", "text/html; charset=utf-8", "no-cache", "<title>"},
		{"/wallboard", "text/html; charset=utf-8", "no-cache", "<title>"},
		{"/contacts/pbx1-1763838123.4", "text/html; charset=utf-8", "no-cache", "<title>"},
		{"/users/sam.smith", "text/html; charset=utf-8", "no-cache", "<title>"},
		{"/contacts/some/where", "text/html; charset=utf-8", "no-cache", "<title>"},
		{"/assets/index-abc12.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "export"},
		{"/favicon.svg", "image/svg+xml", "no-cache", "<svg"},
	} {
		a := w.get(c.path, "")
		if a.status != 200 || a.header.Get("Content-Type") != c.kind || a.header.Get("Cache-Control") != c.cache || !strings.Contains(string(a.body), c.body) {
			t.Errorf("%s: %d %q %q %s", c.path, a.status, a.header.Get("Content-Type"), a.header.Get("Cache-Control"), a.body)
		}
	}
	for _, path := range []string{"/assets/gone.js", "/assets/..%2f..%2fetc/passwd.txt", "/../../etc/passwd.txt", "/api", "/api/v1/none"} {
		w.get(path, "").wantProblem(t, CodeNotFound)
	}
	w.do(call{method: http.MethodPost, path: "/wallboard"}).wantProblem(t, CodeNotFound)
}

func TestDemoTicketOnlyInTheDemonstration(t *testing.T) {
	w := newWorld(t, options{})
	if a := w.get("/demo/tickets/4711", ""); strings.Contains(string(a.body), "Ticket 4711") {
		t.Error("the demo page is there without the demonstration")
	}
	w = newWorld(t, options{config: func(c *Config) { c.Demo = true }})
	a := w.get("/demo/tickets/%3Cscript%3E", "")
	if a.status != 200 || !strings.Contains(string(a.body), "Ticket &lt;script&gt;") || strings.Contains(string(a.body), "<script>") {
		t.Errorf("%d %s", a.status, a.body)
	}
}
