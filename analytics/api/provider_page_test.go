package api

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"firstline/dashboards"
	"firstline/pipeline/parts"
)

// TestSignInPage lets a browser sign in at the provider: dashboards/web/e2e/signin.mjs says what the page must show. The screens are left in
// build/screens.
func TestSignInPage(t *testing.T) {
	chromium := parts.Need(t, func() (string, error) { return parts.Program("chromium") })
	node := parts.Need(t, func() (string, error) { return parts.Program("node") })
	pages := dashboards.Pages()
	if pages == nil {
		t.Fatal("the pages are not built: run deploy/scripts/setup web")
	}
	p := newProvided(t, func(o *options) { o.pages = pages })
	screens, err := filepath.Abs("../../build/screens")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(screens, 0o750); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, filepath.Join("..", "..", "dashboards", "web", "e2e", "signin.mjs"), p.public.URL, chromium, screens)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it takes its browser along
	cmd.WaitDelay = 10 * time.Second
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	errands := map[string]func(){
		"stop the provider": func() { p.stop(); p.later() },
		"switch passwords off": func() {
			cfg := p.cfg
			cfg.OIDC.Passwords = false
			p.reload(t, cfg)
		},
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, asked := strings.CutPrefix(lines.Text(), "do: ")
		if !asked {
			t.Log(lines.Text())
			continue
		}
		errands[what]()
		if _, err := io.WriteString(in, "true\n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the page: %v", err)
	}
}
