// Package chdbtest gives tests the real ClickHouse engine: one process for all tests of a test binary, a database of its
// own for each test. The engine belongs to its process and can't be started twice there, so it never runs inside the
// test binary; the child ends with the binary, however that ends, and takes its data along.
//
// Tests of packages that speak to ClickHouse call it. Where libchdb.so is missing the test is skipped, and fails in CI.
package chdbtest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"firstline/pipeline/parts"
)

// startTime is how long the first start may take; a cold cache has to read half a gigabyte.
const startTime = 2 * time.Minute

// shared starts the process that Start hands out; it lives as long as the test binary.
var shared = sync.OnceValues(func() (*Process, error) { //nolint:gochecknoglobals // one engine for a test binary
	dir, err := os.MkdirTemp("", "firstline-chdb-")
	if err != nil {
		return nil, err
	}
	program, err := build(dir)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	p := &Process{program: program, args: []string{"-dir", filepath.Join(dir, "data"), "-remove", dir}}
	return p, p.start()
})

// Start returns the URL of the engine that all tests of this binary share. A test keeps to databases of its own.
func Start(t testing.TB) string {
	t.Helper()
	parts.Need(t, parts.ClickHouseLibrary)
	p, err := shared()
	if err != nil {
		t.Fatalf("start the clickhouse engine: %v", err)
	}
	return p.URL
}

// Database returns the URL of the shared engine and the name of a database that nobody else uses. It is not created
// here; it is dropped with everything in it when the test ends.
func Database(t testing.TB) (url, name string) {
	t.Helper()
	url = Start(t)
	name = "test_" + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() { Query(t, url, "DROP DATABASE IF EXISTS "+name+" SYNC") })
	return url, name
}

// Query runs one statement and returns its answer in TabSeparated, without the last line break.
func Query(t testing.TB, url, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		t.Fatalf("query %s: %v", sql, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("query %s: %s %s %v", sql, res.Status, body, err)
	}
	return strings.TrimSuffix(string(body), "\n")
}

// Process is an engine that a test may kill and start again on the same data.
type Process struct {
	URL     string // http://host:port; another one after Restart
	program string
	args    []string
	cmd     *exec.Cmd
	stdin   io.Closer
	exited  chan struct{}
	stderr  *bytes.Buffer // complete once exited is closed
}

// Launch starts an engine of the test's own. args go to the program in chdbtest/engine: "-connections", "3".
func Launch(t testing.TB, args ...string) *Process {
	t.Helper()
	Start(t) // whose process takes the built program along when it ends
	first, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{program: first.program, args: append([]string{"-dir", filepath.Join(t.TempDir(), "data")}, args...)}
	t.Cleanup(p.Kill)
	p.Restart(t)
	return p
}

// Restart starts the engine again after Kill or Stop.
func (p *Process) Restart(t testing.TB) {
	t.Helper()
	if err := p.start(); err != nil {
		t.Fatalf("start the clickhouse engine: %v", err)
	}
}

// Kill ends the process as kill -9 does and waits until it is gone.
func (p *Process) Kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// Stop asks the process to end and returns what it wrote to its log.
func (p *Process) Stop(t testing.TB) string {
	t.Helper()
	_ = p.stdin.Close()
	select {
	case <-p.exited:
	case <-time.After(startTime):
		t.Fatal("the engine does not stop")
	}
	if !p.cmd.ProcessState.Success() {
		t.Errorf("the engine ended with %s: %s", p.cmd.ProcessState, p.stderr)
	}
	return p.stderr.String()
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Dir is the data folder.
func (p *Process) Dir() string { return p.args[1] }

// Program is the path of the built engine, to be run with other arguments.
func (p *Process) Program() string { return p.program }

func (p *Process) start() error {
	p.cmd = exec.Command(p.program, p.args...) //nolint:gosec,noctx // built above; ends with its standard input
	p.stderr, p.exited = &bytes.Buffer{}, make(chan struct{})
	p.cmd.Stderr = p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return err
	}
	p.stdin = stdin
	stdout, out, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = stdout.Close() }()
	p.cmd.Stdout = out
	err = p.cmd.Start()
	_ = out.Close()
	if err != nil {
		return err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	if err := stdout.SetReadDeadline(time.Now().Add(startTime)); err != nil {
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		p.Kill()
		return fmt.Errorf("%w: %s", err, p.stderr)
	}
	p.URL = strings.TrimSpace(line)
	return nil
}

// build makes the program in dir. It is built like the product, whatever flags the test binary was built with.
func build(dir string) (string, error) {
	program := filepath.Join(dir, "engine")
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "firstline/analytics/chdb/chdbtest/engine") //nolint:gosec // our own folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the test engine: %w: %s", err, out)
	}
	return program, nil
}
