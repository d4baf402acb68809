package queuelog_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"firstline/pipeline/fact"
	"firstline/pipeline/queuelog"
	"firstline/pipeline/queuelog/queuelogtest"
)

var rewrite = flag.Bool("rewrite", false, "write the golden file anew")

// TestGolden: the facts of a few calls of each kind, as a controller with a real Asterisk recorded them, and their lines.
func TestGolden(t *testing.T) {
	var snap fact.Snapshot
	if err := json.Unmarshal([]byte(read(t, "testdata/snapshot.json")), &snap); err != nil {
		t.Fatal(err)
	}
	tr := newTranslator(queuelog.State{})
	tr.Know(snap)
	var got strings.Builder
	for line := range strings.Lines(read(t, "testdata/facts.ndjson")) {
		f, err := fact.Decode([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		got.WriteString(text(tr.Apply(f)))
	}
	const golden = "testdata/queue_log.golden"
	if *rewrite {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, golden); got.String() != want {
		t.Errorf("%s\nread the difference, then go test -run Golden -rewrite", firstDifference(got.String(), want))
	}
	lines, err := queuelogtest.Parse(got.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queuelogtest.Calls(lines); err != nil {
		t.Error(err)
	}
}
