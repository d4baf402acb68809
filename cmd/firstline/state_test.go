package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"firstline/analytics/registry/postgrestest"
	"firstline/pipeline/password"
	"firstline/telephony/asterisk/node/nodetest"
)

// apiProcess is `firstline api` by itself: no engine and no controller is there, only what it keeps itself is asked for.
type apiProcess struct {
	t      *testing.T
	port   int
	config string
	env    []string
	cmd    *exec.Cmd
	log    string
}

// bossHash is one for all processes, as a site's environment is: sessions of who is configured hang on it.
var bossHash = sync.OnceValues(func() (string, error) { return password.Make(testPassword) })

// newAPI is a process that is not started yet, with a data folder of its own. state is its section `http.state`.
func newAPI(t *testing.T, state string, env ...string) *apiProcess {
	t.Helper()
	hash, err := bossHash()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &apiProcess{t: t, port: nodetest.TCP(t), log: filepath.Join(dir, "log"), env: append(os.Environ(), append(env, "BOSS="+hash)...)}
	p.config = file(t, fmt.Sprintf(`node: pbx1
data: %s
controller: {listen: "127.0.0.1:1"}
kafka: {brokers: ["127.0.0.1:1"], embedded: false}
clickhouse: {url: "http://127.0.0.1:1", embedded: false}
http:
  listen: 127.0.0.1:%d
  public_url: http://127.0.0.1:%d
  heartbeat: 50ms
  requests_per_minute: 1000000
  users: [{name: boss, role: admin, password_hash_env: BOSS}]
  state: {%s}
queues: [{id: support}]
entries: [{number: "*", flow: main}]
ivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]
`, dir, p.port, p.port, state))
	t.Cleanup(func() {
		p.end(syscall.SIGKILL)
		if text, err := os.ReadFile(p.log); t.Failed() && err == nil {
			t.Logf("log of port %d:\n%s", p.port, text[max(0, len(text)-4000):])
		}
	})
	return p
}

// start starts the process and waits until it answers.
func (p *apiProcess) start() {
	p.t.Helper()
	p.launch()
	p.answers()
}

func (p *apiProcess) launch() {
	p.t.Helper()
	path, err := binary()
	if err != nil {
		p.t.Fatal(err)
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	p.cmd = exec.Command(path, "api", "--config", p.config)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.env, log, log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *apiProcess) answers() {
	p.t.Helper()
	p.until("it answers", func() bool {
		status, _, err := p.try(http.MethodGet, "/healthz", "", nil)
		return err == nil && status == http.StatusOK
	})
}

func (p *apiProcess) until(what string, there func() bool) {
	p.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !there() {
		if time.Now().After(deadline) {
			p.t.Fatalf("waited a minute until %s", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func (p *apiProcess) end(how os.Signal) {
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(how)
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

// try sends one request. proof is a cookie, or an API key.
func (p *apiProcess) try(method, path, proof string, body any) (int, *reply, error) {
	payload, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	base := fmt.Sprintf("http://127.0.0.1:%d", p.port)
	req, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(payload))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", base)
	if key, ok := strings.CutPrefix(proof, "fl_"); ok {
		req.Header.Set("Authorization", "Bearer fl_"+key)
	} else if proof != "" {
		req.Header.Set("Cookie", proof)
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, &reply{resp.Header, text}, err
}

type reply struct {
	header http.Header
	text   []byte
}

// want sends a request, wants the status, and returns the answer.
func (p *apiProcess) want(status int, method, path, proof string, body any) *reply {
	p.t.Helper()
	got, r, err := p.try(method, "/api/v1"+path, proof, body)
	if err != nil || got != status {
		text := []byte(nil)
		if r != nil {
			text = r.text
		}
		p.t.Fatalf("port %d: %s %s: %d, want %d, %v: %s", p.port, method, path, got, status, err, text)
	}
	return r
}

func (r *reply) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.text, v); err != nil {
		t.Fatalf("%s: %v", r.text, err)
	}
}

// signIn returns the cookie. It waits until there is somebody to ask for it: on a busy machine PostgreSQL may be found a moment after the start.
func (p *apiProcess) signIn(name, secret string) string {
	p.t.Helper()
	p.until("its state is there", func() bool {
		_, r, err := p.try(http.MethodGet, "/readyz", "", nil)
		return err == nil && !bytes.Contains(r.text, []byte(`"location":"sessions"`))
	})
	cookie, _, _ := strings.Cut(p.want(http.StatusOK, http.MethodPost, "/session", "", map[string]string{"name": name, "secret": secret}).header.Get("Set-Cookie"), ";")
	return cookie
}

// name is what the process is called in the audit log.
func (p *apiProcess) name() string {
	p.t.Helper()
	host, err := os.Hostname()
	if err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprintf("%s:%d", host, p.port)
}

type madeKey struct{ ID, Key string }

// TestSeveralAPIsOnePostgres: API processes that share a PostgreSQL start at once on an empty database; what is done at one holds at the other, at
// once; both write one audit log. PostgreSQL is killed: both say so and go on when it is back, one that was started meanwhile too.
func TestSeveralAPIsOnePostgres(t *testing.T) {
	server := postgrestest.Launch(t)
	address := server.Database(t)
	a, b := newAPI(t, "postgres_env: STATE", "STATE="+address), newAPI(t, "postgres_file: "+secretFile(t, address)+", connections: 2")
	a.launch()
	b.launch()
	a.answers()
	b.answers()

	boss := a.signIn("boss", testPassword)
	b.want(http.StatusOK, http.MethodGet, "/session", boss, nil)
	a.want(http.StatusCreated, http.MethodPost, "/users", boss, map[string]any{"name": "sam", "role": "admin", "password": "a long password"})
	sam := b.signIn("sam", "a long password")
	a.want(http.StatusOK, http.MethodGet, "/session", sam, nil)

	var k madeKey
	a.want(http.StatusCreated, http.MethodPost, "/keys", boss, map[string]any{"name": "wall", "scopes": []string{"metrics.read"}}).into(t, &k)
	b.want(http.StatusOK, http.MethodGet, "/queues", k.Key, nil)
	signedOut := b.stream("/live/wallboard", k.Key)
	a.want(http.StatusNoContent, http.MethodDelete, "/keys/"+k.ID, boss, nil)
	if r := b.want(http.StatusUnauthorized, http.MethodGet, "/queues", k.Key, nil); !bytes.Contains(r.text, []byte("revoked")) {
		t.Errorf("a key revoked at the other: %s", r.text)
	}
	if err := <-signedOut; err != nil {
		t.Errorf("the stream of a key revoked at the other: %v", err)
	}
	a.want(http.StatusOK, http.MethodPut, "/users/sam", boss, map[string]any{"role": "admin", "disabled": true})
	b.want(http.StatusUnauthorized, http.MethodGet, "/session", sam, nil)
	a.want(http.StatusOK, http.MethodPut, "/users/sam", boss, map[string]any{"role": "admin"})

	wrote := map[string]string{}
	for _, e := range a.audited(boss) {
		wrote[e.Action+" of "+e.Actor] = e.Process
	}
	for what, p := range map[string]*apiProcess{"make-user of boss": a, "revoke-key of boss": a, "sign-in of sam": b} {
		if wrote[what] != p.name() {
			t.Errorf("%s was written by %q, want %s", what, wrote[what], p.name())
		}
	}

	server.Kill()
	for _, p := range []*apiProcess{a, b} {
		if r := p.want(http.StatusServiceUnavailable, http.MethodGet, "/session", boss, nil); !bytes.Contains(r.text, []byte(`"code":"unavailable"`)) {
			t.Errorf("while postgresql is dead: %s", r.text)
		}
		// The first ones may find connections that broke; once these are gone none is reached.
		p.until("it counts that postgresql is not reached", func() bool {
			if _, r, err := p.try(http.MethodGet, "/readyz", "", nil); err != nil || !bytes.Contains(r.text, []byte(`"location":"sessions"`)) {
				t.Errorf("readyz while postgresql is dead: %s, %v", r.text, err)
			}
			_, r, err := p.try(http.MethodGet, "/metrics", "", nil)
			return err == nil && bytes.Contains(r.text, []byte("\nfirstline_registry_failures_total{cause=\"unreached\"} ")) && !bytes.Contains(r.text, []byte("unreached\"} 0\n"))
		})
	}
	b.end(syscall.SIGTERM)
	b.start()
	b.want(http.StatusServiceUnavailable, http.MethodPost, "/session", "", map[string]string{"name": "boss", "secret": testPassword})
	server.Restart(t)
	a.want(http.StatusOK, http.MethodGet, "/session", boss, nil)
	b.until("it has found postgresql", func() bool {
		status, _, err := b.try(http.MethodPost, "/api/v1/session", "", map[string]string{"name": "boss", "secret": testPassword})
		return err == nil && status == http.StatusOK
	})
	for _, p := range []*apiProcess{a, b} {
		text := read(t, p.log)
		if u, err := url.Parse(address); err != nil || strings.Contains(text, u.User.String()) || !strings.Contains(text, "the api's state is") {
			t.Errorf("%v, log: %s", err, text)
		}
	}
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// stream opens a live stream and returns, once it has begun, what tells how it ended: nil = the server said that its session is over.
func (p *apiProcess) stream(path, key string) <-chan error {
	p.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/api/v1%s", p.port, path), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%v, %v", resp, err)
	}
	ended := make(chan error, 1)
	go func() {
		defer func() { _ = resp.Body.Close() }()
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			if lines.Text() == "event: signed_out" {
				ended <- nil
				return
			}
		}
		ended <- errors.Join(errors.New("it ended without a word"), lines.Err())
	}()
	return ended
}

type auditEntry struct{ Action, Actor, Request, Process string }

// audited is the whole audit log.
func (p *apiProcess) audited(proof string) []auditEntry {
	p.t.Helper()
	var out []auditEntry
	window := params(map[string]string{"from": time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "until": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "limit": "500"})
	for cursor := ""; ; {
		var page struct {
			Items []auditEntry
			Next  *string
		}
		p.want(http.StatusOK, http.MethodGet, "/audit"+window+cursor, proof, nil).into(p.t, &page)
		out = append(out, page.Items...)
		if page.Next == nil {
			return out
		}
		cursor = "&cursor=" + url.QueryEscape(*page.Next)
	}
}

// TestWhatAKilledAPIAnsweredIsAudited: an API process is killed with kill -9 in the middle of changes. Each that was answered is there, and in the
// audit log.
func TestWhatAKilledAPIAnsweredIsAudited(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			state, env := "", ""
			if engine == "postgres" {
				state, env = "postgres_env: STATE", "STATE="+postgrestest.Database(t)
			}
			p := newAPI(t, state, env)
			for round := range 2 {
				p.start()
				killedWhileItChanges(t, p, round)
			}
		})
	}
}

func killedWhileItChanges(t *testing.T, p *apiProcess, round int) {
	boss := p.signIn("boss", testPassword)
	type done struct{ request, key string }
	answered := make(chan done, 100_000)
	var asking sync.WaitGroup
	for client := range 4 {
		asking.Go(func() {
			for i := 0; ; i++ {
				status, r, err := p.try(http.MethodPost, "/api/v1/keys", boss, map[string]any{"name": fmt.Sprint(round, client, i), "scopes": []string{"metrics.read"}})
				if err != nil {
					return // killed
				}
				var k madeKey
				if err := json.Unmarshal(r.text, &k); err != nil || status != http.StatusCreated {
					t.Errorf("%d %s %v", status, r.text, err)
					return
				}
				answered <- done{r.header.Get("X-Request-Id"), k.Key}
			}
		})
	}
	var all []done
	for len(all) < 40 {
		all = append(all, <-answered)
	}
	_ = p.cmd.Process.Kill()
	asking.Wait()
	p.end(syscall.SIGKILL)
	close(answered)
	for d := range answered {
		all = append(all, d)
	}
	p.start()
	noted := map[string]bool{}
	for _, e := range p.audited(boss) {
		noted[e.Request] = true
	}
	for _, d := range all {
		if !noted[d.request] {
			t.Errorf("request %s was answered and is not in the audit log", d.request)
		}
		p.want(http.StatusOK, http.MethodGet, "/queues", d.key, nil)
	}
	t.Logf("%d changes were answered, %d entries", len(all), len(noted))
	p.end(syscall.SIGTERM)
}

// TestDoctorLooksAtPostgres: what is fit with its version, what is not with its mend, and never the password.
func TestDoctorLooksAtPostgres(t *testing.T) {
	address := postgrestest.Database(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	path := newAPI(t, "postgres_env: STATE").config
	for _, c := range []struct {
		state string
		want  []string
	}{
		{address, []string{"ok    postgresql             PostgreSQL ", "not encrypted, 0 of "}},
		{strings.Replace(address, u.Path, "/none", 1), []string{"WRONG postgresql", "does not exist", "→ start it, or mend the database or its address in STATE"}},
		{u.User.String(), []string{"WRONG postgresql", "the address is none of PostgreSQL: write postgres://"}},
		{"", []string{"WRONG postgresql", "the variable STATE is empty"}},
	} {
		_, out := tool(t, map[string]string{"STATE": c.state}, "doctor", "--config", path)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("it doesn't say %q:\n%s", want, out)
			}
		}
		if strings.Contains(out, u.User.String()) {
			t.Errorf("it tells the password:\n%s", out)
		}
	}
}

// TestStateIsChecked: with the line of the mistake, and its mend.
func TestStateIsChecked(t *testing.T) {
	path := file(t, "node: pbx1\nhttp:\n  state:\n    postgres_env: STATE\n    postgres_file: /run/secrets/state\n    connections: 0\n"+
		"queues: [{id: support}]\nentries: [{number: \"*\", flow: main}]\nivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]\n")
	code, out := tool(t, nil, "check", "--config", path)
	if code != exitFault || !strings.Contains(out, path+":5: ") || !strings.Contains(out, "keep one of them") || !strings.Contains(out, path+":6: ") {
		t.Errorf("%d %s", code, out)
	}
	code, out = tool(t, nil, "dump", "--config", newAPI(t, "postgres_env: STATE").config)
	if code != exitOK || !strings.Contains(out, "postgres_env: STATE") || !strings.Contains(out, "connections: 8") {
		t.Errorf("%d %s", code, out)
	}
}
