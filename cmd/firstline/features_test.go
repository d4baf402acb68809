package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFeaturesNameTests: every test that docs/features.md leans on is there, and every row says yes with one, or no with a
// reason.
func TestFeaturesNameTests(t *testing.T) {
	page, err := os.ReadFile("../../docs/features.md")
	if err != nil {
		t.Fatal(err)
	}
	known := testNames(t, "../..")
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 || strings.HasPrefix(strings.TrimSpace(cells[0]), "---") || strings.TrimSpace(cells[1]) == "here" {
			continue
		}
		rows++
		names := regexp.MustCompile(`\bTest\w+`).FindAllString(cells[2], -1)
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s: there is no test %s", strings.TrimSpace(cells[0]), name)
			}
		}
		switch here := strings.TrimSpace(cells[1]); {
		case here == "yes" && len(names) == 0, here == "no" && strings.TrimSpace(cells[2]) == "", here != "yes" && here != "no":
			t.Errorf("neither yes with a test nor no with a reason: %s", line)
		}
	}
	if rows < 40 {
		t.Errorf("only %d rows are read", rows)
	}
}

// testNames are the tests of all packages.
func testNames(t *testing.T, root string) map[string]bool {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "node_modules":
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
