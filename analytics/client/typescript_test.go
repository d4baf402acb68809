package client_test

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/parts"
)

const typescript = "../../dashboards/client"

// compiler finds TypeScript where the pages have it.
func compiler() (string, error) {
	path := filepath.Join("..", "..", "dashboards", "web", "node_modules", ".bin", "tsc")
	if _, err := exec.LookPath(path); err != nil {
		return "", fmt.Errorf("typescript: %w; deploy/scripts/setup web", err)
	}
	return path, nil
}

// The TypeScript client stands beside this one; its example speaks to the same API.
func TestTypeScriptOnTheRealAPI(t *testing.T) {
	tsc := parts.Need(t, compiler)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	out := t.TempDir()
	run := func(name string, args ...string) string {
		t.Helper()
		said, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, said)
		}
		return string(said)
	}
	run(tsc, "-p", typescript, "--outDir", out)
	base, key := realAPI(t)
	program := func(key string) string {
		return fmt.Sprintf("import { yesterday } from %q; await yesterday(%q, %q, new Date(%q), console.log);",
			filepath.Join(out, "example.js"), base, key, day().Format(time.RFC3339))
	}
	said := run("node", "--input-type=module", "-e", program(key))
	for _, want := range []string{"sales: ", "support: ", "% of ", " to call back\n", " waiting\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %q", want, said)
		}
	}
	if said := run("node", "--input-type=module", "-e", program("fl_wrong")); !strings.HasPrefix(said, "401 unauthenticated: ") {
		t.Errorf("with a wrong key: %q", said)
	}
}
