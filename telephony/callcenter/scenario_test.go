package callcenter_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"firstline/telephony/callcenter"
)

// rewrite replaces the golden output of the scenario files by what the core does now. Read the diff before you commit it.
var rewrite = flag.Bool("rewrite", false, "rewrite the output in testdata/*.txt")

// TestScenarios runs each testdata/*.txt: blocks of input lines, a line of dashes, and what the core puts out. Blocks are
// separated by empty lines; # begins a comment. See script_test.go for the language.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runScenario(t, file) })
	}
}

func runScenario(t *testing.T, file string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := newPlayer(t)
	var out strings.Builder
	for i, block := range strings.Split(strings.TrimSpace(string(raw)), "\n\n") {
		input, _, _ := strings.Cut(block, "\n----")
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(strings.TrimRight(input, "\n") + "\n")
		if got := p.play(input); got != "" {
			out.WriteString("----\n" + got)
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, want := out.String(), string(raw); got != want {
		t.Errorf("%s differs from what the core does now; see `go test -rewrite` and git diff.\n%s", file, firstDifference(got, want))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return "now:    " + g[i] + "\nbefore: " + at(w, i)
		}
	}
	return "now it ends earlier, before: " + at(w, len(g))
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}

// loadPlan makes the plan of testdata/plans/<name>.yaml.
func loadPlan(t testing.TB, name string) *callcenter.Plan {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata/plans", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config := callcenter.DefaultConfig()
	if err := yaml.Unmarshal(raw, &config); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	plan, problems := config.Plan()
	if len(problems) > 0 {
		t.Fatalf("%s: %+v", name, problems)
	}
	plan.Version = name // readable, and not new with each change of the file
	return plan
}

// began is when every scenario begins: a Monday, 10:00 in Berlin.
func began() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }
