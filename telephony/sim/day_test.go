package sim

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// TestWriteFacts writes simulated days into the folder SIM_FACTS, one file each. deploy/scripts/test gives them to the
// differential test of analytics/query, which may not import this package.
func TestWriteFacts(t *testing.T) {
	dir := cmp.Or(os.Getenv("SIM_FACTS"), t.TempDir())
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for seed := uint64(1); seed <= 3; seed++ {
		var facts bytes.Buffer
		start := time.Date(2026, time.March, int(seed), 0, 0, 0, 0, time.UTC)
		if err := WriteDay(&facts, seed, start, 200*int(seed)); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("seed%d-%s.jsonl", seed, start.Format(time.DateOnly))
		if err := os.WriteFile(filepath.Join(dir, name), facts.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWriteDay: a day is the same for the same seed, every line can be read back, positions have no gap, and the figures
// of a call centre are in it.
func TestWriteDay(t *testing.T) {
	start := time.Date(2026, time.March, 28, 23, 0, 0, 0, time.UTC)
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := WriteDay(out, 7, start, 300); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Fatal("two days of one seed differ")
	}
	seen := map[fact.Type]int{}
	positions := map[string]uint64{}
	for line := range bytes.Lines(first.Bytes()) {
		f, err := fact.Decode(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		positions[f.Source]++
		if f.Position != positions[f.Source] {
			t.Fatalf("%s: position %d, expected %d", line, f.Position, positions[f.Source])
		}
		seen[f.Type]++
	}
	for _, f := range []fact.Type{
		fact.TypeArrived, fact.TypeContactEnded, fact.TypeEntryEnded, fact.TypeOfferEnded, fact.TypeAgentStateEnded,
		fact.TypeIdentified, fact.TypeDisposition, fact.TypeTicketOpened, fact.TypeTicketLinked, fact.TypeTicketFirstReply,
		fact.TypeTicketResolved, fact.TypeTicketReopened, fact.TypePopSent, fact.TypeQueueRefused,
	} {
		if seen[f] == 0 {
			t.Errorf("a day without %s: %v", f, seen)
		}
	}
	if n := seen[fact.TypeArrived]; n < 250 || n > 350 {
		t.Errorf("%d contacts arrived, asked for 300", n)
	}
}
