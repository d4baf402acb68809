package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"firstline/analytics/client"
	"firstline/telephony/asterisk/sipp"
)

// bring starts the role that was left out, as its operator would: with a configuration of its own. stop ends it before the
// test's end.
func (p *product) bring(role string) (stop func()) {
	p.t.Helper()
	cmd := exec.Command(p.program, role, "--config", p.whole)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, p.log, p.log
	p.must(cmd.Start())
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // how it ends is not what is tested
	})
	p.t.Cleanup(stop)
	return stop
}

// said is all that the roles have printed.
func (p *product) said() string {
	text, err := os.ReadFile(p.log.Name())
	p.must(err)
	return string(text)
}

// times counts the printed lines that have all the parts in them.
func (p *product) times(partsOf ...string) int {
	n := 0
	for line := range strings.Lines(p.said()) {
		all := true
		for _, part := range partsOf {
			all = all && strings.Contains(line, part)
		}
		if all {
			n++
		}
	}
	return n
}

// wantLine wants a line to be printed, now or soon.
func (p *product) wantLine(partsOf ...string) {
	p.t.Helper()
	p.waitFor(fmt.Sprintf("the line %q", partsOf), time.Minute, func() error {
		if p.times(partsOf...) == 0 {
			return errors.New("it was not printed")
		}
		return nil
	})
}

// show puts into the test's log what a stranger reads: warnings, errors, the ends of troubles, and what is no JSON.
func (p *product) show() {
	p.t.Helper()
	var b strings.Builder
	for line := range strings.Lines(p.said()) {
		var entry struct {
			Level string `json:"level"`
			Msg   string `json:"msg"`
		}
		err := json.Unmarshal([]byte(line), &entry)
		if err == nil && entry.Level == "INFO" && !strings.Contains(line, `"tries"`) && !strings.Contains(entry.Msg, "waiting for") {
			continue
		}
		b.WriteString("  " + strings.TrimSpace(line[:min(len(line), 600)]) + "\n")
	}
	p.t.Logf("what is printed:\n%s", b.String())
}

// status is what `firstline status` prints.
func (p *product) status() string {
	p.t.Helper()
	cmd := exec.Command(p.program, "status", "--config", p.config)
	cmd.Env = p.env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return string(out)
}

// wantStatus wants `firstline status` to print a part, and shows what it prints.
func (p *product) wantStatus(partsOf ...string) {
	p.t.Helper()
	var said string
	p.waitFor(fmt.Sprintf("status to say %q", partsOf), time.Minute, func() error {
		said = p.status()
		for _, part := range partsOf {
			if !strings.Contains(said, part) {
				return errors.New(said)
			}
		}
		return nil
	})
	p.t.Logf("firstline status:\n%s", said)
}

// page is the answer of a GET on loopback.
func (p *product) page(port int, path string) (code int, header http.Header, body string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), nil)
	p.must(err)
	client := p.client
	if client == nil {
		client = &http.Client{}
	}
	resp, err := client.Do(req)
	p.must(err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	p.must(err)
	return resp.StatusCode, resp.Header, string(text)
}

// wantNotReady wants /readyz to be 503 and to say something.
func (p *product) wantNotReady(port int, part string) {
	p.t.Helper()
	p.waitFor(fmt.Sprintf("readyz to say %q", part), time.Minute, func() error {
		err := p.ready(port)
		if err == nil || !strings.Contains(err.Error(), part) {
			return fmt.Errorf("it says %w", errors.Join(errors.New("something else"), err))
		}
		return nil
	})
	p.t.Logf("readyz of port %d: %v", port, p.ready(port))
}

// metric is the sum of a metric's lines at a role's /metrics that have the label in them.
func (p *product) metric(port int, name, label string) float64 {
	p.t.Helper()
	_, _, text := p.page(port, "/metrics")
	sum := 0.0
	for line := range strings.Lines(text) {
		var v float64
		at := strings.LastIndexByte(strings.TrimSpace(line), ' ')
		if at < 0 || (!strings.HasPrefix(line, name+" ") && !strings.HasPrefix(line, name+"{")) || !strings.Contains(line, label) {
			continue
		}
		if _, err := fmt.Sscan(line[at:], &v); err == nil {
			sum += v
		}
	}
	return sum
}

// wallboard is the first state that the live stream of the API sends.
func (p *product) wallboard() (state client.Wallboard) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	stream, err := p.api.LiveWallboard(ctx)
	p.must(err)
	defer func() { _ = stream.Close() }()
	first, err := stream.Next()
	p.must(err)
	p.must(first.Into(&state))
	return state
}

// wantWallboard waits until the API's wallboard says it: it follows the controller's own state a moment later.
func (p *product) wantWallboard(what string, says func(client.Wallboard) bool) {
	p.t.Helper()
	p.waitFor("the wallboard to show "+what, time.Minute, func() error {
		if w := p.wallboard(); !says(w) {
			return fmt.Errorf("it shows %+v", w)
		}
		return nil
	})
}

// oneCall is a caller who presses a key; ended gives what his phone saw.
func (p *product) oneCall(n int, number, key string, patience time.Duration) (ended <-chan sipp.Result) {
	out := make(chan sipp.Result, 1)
	call := sipp.Call{Name: "caller", Number: number, Dialed: "1000", Patience: patience}
	if key != "" {
		call.Presses = []sipp.Press{{After: 500 * time.Millisecond, Digits: key}}
	}
	go func() {
		defer close(out)
		seen, err := p.callers(n, call).Run(context.Background())
		if err != nil {
			p.t.Error(err)
		}
		for _, r := range seen {
			out <- r
		}
	}()
	return out
}
