package queuelog_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firstline/pipeline/fact"
	"firstline/pipeline/queuelog"
	"firstline/pipeline/queuelog/queuelogtest"
)

// TestTransfersOfSimulatedDays reads the days that telephony/sim wrote through the real core (FIRSTLINE_FACTS; see
// analytics/query): agents hand callers on in every way, and the file still keeps to Asterisk's page, each talk has one end,
// and the ends by a transfer are as many as the facts tell of.
func TestTransfersOfSimulatedDays(t *testing.T) {
	dir := os.Getenv("FIRSTLINE_FACTS")
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	switch {
	case err != nil:
		t.Fatal(err)
	case dir == "" && os.Getenv("FIRSTLINE_REQUIRE") == "":
		return
	case len(files) == 0:
		t.Fatalf("FIRSTLINE_FACTS=%q has no simulated day", dir)
	}
	transfers := 0
	for _, path := range files {
		facts := readFacts(t, path)
		got := translate(newTranslator(queuelog.State{}), facts)
		lines, err := queuelogtest.Parse(got)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		calls, err := queuelogtest.Calls(lines)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		want := map[string]int{}
		for _, f := range facts {
			if d, ok := f.Data.(fact.TransferEnded); ok && d.Result == fact.TransferCompleted {
				want[map[fact.TransferMode]string{fact.TransferBlind: "BLINDTRANSFER", fact.TransferAttended: "ATTENDEDTRANSFER"}[d.Mode]]++
				transfers++
			}
		}
		for event, n := range want {
			if got := strings.Count(got, "|"+event+"|"); got != n {
				t.Errorf("%s: %d lines %s, %d transfers", path, got, event, n)
			}
		}
		for _, c := range calls {
			if c.Open {
				t.Errorf("%s: %+v never ends", path, c)
			}
		}
	}
	if transfers == 0 && len(files) > 0 {
		t.Error("nobody was handed on")
	}
}

func readFacts(t *testing.T, path string) []fact.Fact {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var facts []fact.Fact
	scan := bufio.NewScanner(file)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		f, err := fact.Decode(scan.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if f.Source == "controller" {
			facts = append(facts, f)
		}
	}
	if err := scan.Err(); err != nil {
		t.Fatal(err)
	}
	return facts
}
