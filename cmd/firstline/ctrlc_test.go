package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// Ctrl-C typed on the terminal of `make run` reaches the product once: it drains, and no process is left.
func TestCtrlC(t *testing.T) {
	p := newProduct(t, "ctrlc", failing, "")
	root := p.installed()
	cmd := exec.Command(filepath.Join(root, "deploy/scripts/run"))
	cmd.Env = append(p.env, "CONFIG="+p.config, "DEMO=0")
	terminal, err := pty.Start(cmd)
	p.must(err)
	defer func() { _ = terminal.Close() }()
	said := watch(terminal)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) })

	p.waitFor("the product to run", time.Minute, said.holds("Ctrl-C stops everything"))
	running := p.processes()
	if len(running) < 6 {
		t.Errorf("only %d processes run: %v", len(running), running)
	}
	for pid, what := range running {
		group, err := syscall.Getpgid(pid)
		if err == nil && group == cmd.Process.Pid && pid != group {
			t.Errorf("%d hears the terminal too, so Ctrl-C reaches it twice: %s", pid, what)
		}
	}
	_, err = terminal.Write([]byte{3})
	p.must(err)
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the script ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatalf("still running a minute later: %v; on the terminal: %s", p.processes(), said)
	}
	p.waitFor("the terminal's last word", time.Minute, said.holds("stopped"))
	log, err := os.ReadFile(filepath.Join(root, "data/firstline.log"))
	p.must(err)
	for _, last := range []string{"asterisk stopped", "clickhouse engine stopped", `stopped","role":"all"`} {
		if !bytes.Contains(log, []byte(last)) {
			t.Errorf("nothing says %q; the log ends: %s", last, log[max(0, len(log)-3000):])
		}
	}
	if left := p.processes(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// installed is a folder that looks like the repository after `make build`, so that the script's data is the test's own.
func (p *product) installed() string {
	p.t.Helper()
	path, err := binary()
	p.must(err)
	deploy, err := filepath.Abs("../../deploy")
	p.must(err)
	root := filepath.Join(p.dir, "installed")
	p.must(os.MkdirAll(filepath.Join(root, "bin"), 0o755))
	p.must(os.Symlink(path, filepath.Join(root, "bin/firstline")))
	p.must(os.Symlink(deploy, filepath.Join(root, "deploy")))
	return root
}

// processes are those that name the test's folder in their arguments, the roles and Asterisk, by their id.
func (p *product) processes() map[int]string {
	p.t.Helper()
	entries, err := os.ReadDir("/proc")
	p.must(err)
	found := map[int]string{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err == nil && bytes.Contains(line, []byte(p.dir)) {
			found[pid] = strings.ReplaceAll(string(line), "\x00", " ")
		}
	}
	return found
}

// screen is what a terminal shows. Safe for concurrent use.
type screen struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// watch shows what comes from a terminal until that ends.
func watch(terminal io.Reader) *screen {
	s := &screen{}
	go func() { _, _ = io.Copy(s, terminal) }()
	return s
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// holds is a condition for waitFor: the words have been shown.
func (s *screen) holds(words string) func() error {
	return func() error {
		if shown := s.String(); !strings.Contains(shown, words) {
			return fmt.Errorf("on the terminal: %q", shown)
		}
		return nil
	}
}
