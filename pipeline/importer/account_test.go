package importer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firstline/pipeline/fact"
	"firstline/pipeline/history"
)

func testdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wantAccounted wants each line of the files to be counted once: the lines are counted as they stand, without those that are empty.
func wantAccounted(t *testing.T, s Summary, files ...string) {
	t.Helper()
	lines := int64(0)
	for _, text := range files {
		for _, l := range strings.Split(text, "\n") {
			if strings.TrimSpace(l) != "" {
				lines++
			}
		}
	}
	if got := counted(s.Counts); got != lines || s.Lines != lines {
		t.Errorf("of %d lines %d are said to be read, and %d are accounted for: %+v", lines, s.Lines, got, s.Counts)
	}
}

// counted are all lines that are accounted for.
func counted(c history.Counts) int64 {
	return sum(c.Understood) + sum(c.Doubtful) + sum(c.LeftOut) + sum(c.Refused) + c.Repeated
}

// TestEveryLineIsAccountedFor: lines are understood, doubtful, left out, refused or repeated, and nothing else; at first, again, and in
// the wrong order.
func TestEveryLineIsAccountedFor(t *testing.T) {
	for _, name := range []string{"everyday.log", "odd.log", "months/february.log", "months/march.log"} {
		text, s := testdata(t, name), site{t, t.TempDir()}
		for range 2 {
			_, sum, _, err := s.run(config(false, input(name, []byte(text)), input("twice", []byte(text))))
			if err != nil {
				t.Fatal(err)
			}
			wantAccounted(t, sum, text, text)
		}
	}
	for seed := range uint64(4) {
		lines := makeDay(seed + 300)
		older, newer := string(whole(lines[:len(lines)*2/3])), string(whole(lines[len(lines)/3:]))
		s := site{t, t.TempDir()}
		for _, text := range []string{newer, older, newer} {
			_, sum, _, err := s.run(config(seed%2 == 0, input("queue_log", []byte(text))))
			if err != nil {
				t.Fatal(err)
			}
			wantAccounted(t, sum, text)
		}
	}
}

// TestEveryRowIsAccountedFor is the same for call detail records and channel events: kept for the next import, with it, and again.
func TestEveryRowIsAccountedFor(t *testing.T) {
	for name, named := range map[string]bool{"cdr.csv": false, "cdrodd.csv": true, "cdrclocks.csv": true, "cel.csv": false, "celodd.csv": true} {
		text := testdata(t, name)
		rows := text
		if named {
			_, rows, _ = strings.Cut(text, "\n")
		}
		s := site{t, t.TempDir()}
		for _, final := range []bool{false, true, true} {
			cfg := calls(final, input(name, []byte(text)), input("twice", []byte(text)))
			if strings.HasPrefix(name, "cel") {
				cfg.Form = FormCEL
			}
			_, sum, _, err := s.details(cfg)
			if err != nil {
				t.Fatal(err)
			}
			wantAccounted(t, sum, rows, rows)
		}
	}
}

// TestOlderMonth imports a month after a later one: its lines about agents give no time, and the summary says so, line by line. The
// example in the documentation is what it prints.
func TestOlderMonth(t *testing.T) {
	s := site{t, t.TempDir()}
	month := func(name string) Input { return input(name, []byte(testdata(t, "months/"+name))) }
	s.must(config(true, month("march.log")))
	facts, sum, _, err := s.run(config(true, month("february.log")))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts {
		if d, ok := f.Data.(fact.AgentStateEnded); ok && f.Time.Month() == 2 {
			t.Errorf("an agent's time goes back: %+v", d)
		}
	}
	var b bytes.Buffer
	sum.Print(&b)
	golden := filepath.Join("testdata", "months", "february.golden")
	if *rewrite {
		if err := os.WriteFile(golden, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || b.String() != string(want) {
		t.Errorf("%s differs, run go test -rewrite and read the difference: %v\n%s", golden, err, b.String())
	}
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "import.md"))
	if err != nil || !strings.Contains(string(docs), b.String()) {
		t.Errorf("docs/import.md shows another summary: %v", err)
	}
}

// TestLevels gives lines of which more than one thing is to be said: what weighs most counts, and each line once.
func TestLevels(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  string // understood, doubtful, left out, refused
	}{
		"an event that no fact has":               {[]string{"1700000000|1.1|NONE|NONE|INFO|x", "1700000000|NONE|NONE|NONE|CONFIGRELOAD|"}, "0 0 2 0"},
		"a doubtful name, and no queue":           {[]string{"1700000000|1700000000.1|NONE|A | B|COMPLETECALLER|5|5|1"}, "0 0 0 1"},
		"a clock that went back":                  {[]string{"1700000010|1700000010.1|q|NONE|ENTERQUEUE||1|1", "1700000005|1700000005.2|q|NONE|ENTERQUEUE||1|1"}, "1 1 0 0"},
		"a clock that went back, and no fact":     {[]string{"1700000010|1700000010.1|q|NONE|ENTERQUEUE||1|1", "1700000005|NONE|NONE|NONE|CONFIGRELOAD|"}, "1 0 1 0"},
		"a number dialled, and nothing else":      {[]string{"1700000000|1700000000.1|q|NONE|DID|100"}, "0 0 1 0"},
		"a doubtful name, and nothing else":       {[]string{"1700000000|1700000000.1|q|A | B|DID|100"}, "0 0 1 0"},
		"a number dialled after the call":         {[]string{"1700000000|1700000000.1|q|NONE|ENTERQUEUE||1|1", "1700000003|1700000000.1|q|NONE|ABANDON|1|1|3", "1700000004|1700000000.1|q|NONE|DID|100"}, "2 0 1 0"},
		"a pause of one who is not there":         {[]string{"1700000000|MANAGER|q|A|PAUSE|x", "1700000001|MANAGER|q|A|ADDMEMBER|"}, "1 0 1 0"},
		"the same line about an agent twice":      {[]string{"1700000000|MANAGER|q|A|ADDMEMBER|", "1700000000|MANAGER|q|A|ADDMEMBER|"}, "1 0 1 0"},
		"the last line of a file that is written": {[]string{"1700000000|MANAGER|q|A|ADDMEMBER|", "1700000000|MAN"}, "1 0 1 0"},
	} {
		r := &recorded{}
		text := strings.Join(c.lines, "\n")
		if !strings.HasSuffix(text, "MAN") {
			text += "\n"
		}
		s, err := Run(context.Background(), config(true, input("queue_log", []byte(text))), r, nil, nil)
		n := s.Counts
		if got := fmt.Sprint(sum(n.Understood), sum(n.Doubtful), sum(n.LeftOut), sum(n.Refused)); err != nil || got != c.want {
			t.Errorf("%s: %s, want %s: %v", name, got, c.want, err)
		}
	}
}

// TestLeftRowsAreLeftOut: rows of calls that queue_log tells of are not said to be understood.
func TestLeftRowsAreLeftOut(t *testing.T) {
	queueLog, rows := both()
	cfg := calls(true, input("cdr.csv", rows))
	cfg.Calls.QueueLog = true
	s := site{t, t.TempDir()}
	s.must(config(true, input("queue_log", queueLog)))
	var told []history.Note
	_, sum, _, err := s.with(func(j *Journal) (Summary, error) {
		return RunDetails(context.Background(), cfg, j, func(n history.Note, _ string) { told = append(told, n) }, nil)
	})
	if err != nil || sum.Counts.LeftOut["ANSWERED"] != 4 || sum.Counts.Understood["ANSWERED"] != 2 || len(told) != 4 || told[0].Level != history.LeftOut || told[0].Line != 2 {
		t.Errorf("%+v %+v %v", sum.Counts, told, err)
	}
}
