package main

import (
	"os/exec"
	"strings"
	"testing"
)

// bans of imports between the product's packages, each with its reason.
var bans = []struct{ from, to, why string }{
	{"firstline/telephony/", "firstline/analytics/", "calls must not depend on figures"},
	{"firstline/analytics/", "firstline/telephony/", "figures know of calls only what pipeline/fact says"},
	{"firstline/pipeline/", "firstline/telephony/", "the pipeline carries facts of anybody"},
	{"firstline/pipeline/", "firstline/analytics/", "the loader inserts through its own small interface"},
	{"firstline/telephony/callcenter", "firstline/pipeline/log", "the core does no I/O"},
	{"firstline/telephony/callcenter", "firstline/telephony/asterisk", "the core knows no Asterisk"},
	{"firstline/telephony/ivr", "firstline/telephony/callcenter", "the menu language stands by itself"},
	{"firstline/analytics/metric", "firstline/analytics/query", "the definitions don't know their SQL"},
	{"firstline/analytics/client", "firstline/", "it is copied into other programs: it knows the OpenAPI document alone"},
	{"firstline/analytics/client", "github.com/", "and stands on Go's own library"},
	{"firstline/", "github.com/CyCoreSystems/ari/v5/client", "ari/v5's client loses events and has no time-outs: docs/adr/0002"},
	{"firstline/telephony/callcenter", "github.com/", "the core stands on the standard library, but for what only computes: docs/adr/0015"},
}

// computes tells of libraries that the core may stand on: they keep nothing, wait for nothing and look at no clock as they are
// used there.
func computes(dep string) bool {
	return strings.HasPrefix(dep, "github.com/expr-lang/expr") || dep == "github.com/teambition/rrule-go" ||
		dep == "github.com/nyaruka/phonenumbers"
}

// TestImports holds the line of docs/architecture.md: imports go one way.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Deps \",\"}}", "firstline/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		path, deps, _ := strings.Cut(strings.TrimSpace(line), " ")
		seen++
		for dep := range strings.SplitSeq(deps, ",") {
			for _, ban := range bans {
				if !computes(dep) && strings.HasPrefix(path, ban.from) && !strings.HasPrefix(path, "firstline/cmd/") && strings.HasPrefix(dep, ban.to) {
					t.Errorf("%s imports %s: %s", path, dep, ban.why)
				}
			}
		}
	}
	if seen < 15 {
		t.Fatalf("only %d packages were listed", seen)
	}
}
