package importer

import (
	"bytes"
	"cmp"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// TestAsterisk reads what a real app_queue (22.10) wrote: every line is understood but for the one that no fact has anything of. Anna is
// called by her phone where she logs in and by her name where she pauses: nothing is told of her pauses until both are known as one.
func TestAsterisk(t *testing.T) {
	text := readFile(t, "../queuelog/testdata/asterisk.queue_log")
	lines := int64(bytes.Count(text, []byte("\n")))
	cfg := config(true, input("queue_log", text))
	for _, want := range []map[string]int64{
		{"CONFIGRELOAD": 1, "PAUSE": 6, "PAUSEALL": 3, "UNPAUSE": 2, "UNPAUSEALL": 1},
		{"CONFIGRELOAD": 1},
	} {
		_, s, _, err := site{t, t.TempDir()}.run(cfg)
		if err != nil || s.Refused() != 0 || s.Counts.Repeated != 0 || !maps.Equal(s.Counts.LeftOut, want) || sum(s.Counts.Understood) != lines-sum(want) {
			t.Errorf("of %d lines: %+v %v, want left out %v", lines, s.Counts, err, want)
		}
		cfg.History.Agents["anna"], cfg.History.Agents["local/101@x"] = "anna", "anna"
	}
}

// TestRoundTrip imports the queue_log that Firstline wrote of calls on a real Asterisk: the stays in queues, their outcomes, waits and
// talks are those that were recorded live, to the second.
func TestRoundTrip(t *testing.T) {
	var live []fact.Fact
	for text := range strings.Lines(string(readFile(t, "../queuelog/testdata/facts.ndjson"))) {
		f, err := fact.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		live = append(live, f)
	}
	cfg := config(true, input("queue_log", readFile(t, "../queuelog/testdata/queue_log.golden")))
	past := site{t, t.TempDir()}.must(cfg)
	want, got := stays(live), stays(past)
	if len(want) < 9 || len(got) != len(want) {
		t.Fatalf("%d stays, want %d", len(got), len(want))
	}
	for i := range want {
		a, b := want[i], got[i]
		if a.Queue != b.Queue || a.Outcome != b.Outcome || a.First != b.First || !sameSecond(a.QueuedAt, b.QueuedAt) || !sameSecond(a.EndedAt, b.EndedAt) {
			t.Errorf("%+v\nwas live %+v", b, a)
		}
	}
	a, b := talks(live), talks(past)
	if len(a) < 5 || len(a) != len(b) {
		t.Fatalf("%d talks, want %d", len(b), len(a))
	}
	for i := range a {
		if d := a[i] - b[i]; d.Abs() > time.Second {
			t.Errorf("talk %d took %s, live %s", i, b[i], a[i])
		}
	}
}

// sameSecond tells whether two instants are the same but for what is cut to seconds.
func sameSecond(a, b time.Time) bool { return a.Sub(b).Abs() <= time.Second }

// stays are the stays in queues in the order in which they began. What queue_log has one word for is one outcome.
func stays(facts []fact.Fact) (out []fact.EntryEnded) {
	for _, f := range facts {
		if d, ok := f.Data.(fact.EntryEnded); ok {
			if d.Outcome == fact.EntryFailed {
				d.Outcome = fact.EntryOverflowed
			}
			d.Skills = nil
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b fact.EntryEnded) int {
		return cmp.Or(a.QueuedAt.Truncate(time.Second).Compare(b.QueuedAt.Truncate(time.Second)), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Outcome, b.Outcome))
	})
	return out
}

// talks are how long each answered stay was talked, hold included, in order.
func talks(facts []fact.Fact) (out []time.Duration) {
	for _, e := range stays(facts) {
		var took time.Duration
		for _, f := range facts {
			if d, ok := f.Data.(fact.SegmentEnded); ok && d.Entry == e.Entry && d.Kind != fact.SegmentWrapUp {
				took += time.Duration(d.DurationMS) * time.Millisecond
			}
		}
		if took > 0 {
			out = append(out, took)
		}
	}
	return out
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
