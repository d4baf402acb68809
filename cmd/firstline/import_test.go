package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"firstline/analytics/client"
	"firstline/pipeline/history"
	"firstline/pipeline/importer"
	"firstline/pipeline/log"
)

// pastCalls is how many calls of the past TestImport has; one a minute.
const pastCalls = 3000

// pastBegan is when they begin.
func pastBegan() time.Time { return time.Date(2024, 3, 4, 8, 0, 0, 0, time.UTC) }

// past is the queue_log of an exchange in which Anna answers two of three calls.
func past() []string {
	var out []string
	put := func(at int64, fields ...string) {
		out = append(out, fmt.Sprintf("%d|%s\n", at, strings.Join(fields, "|")))
	}
	for i := range pastCalls {
		at := pastBegan().Unix() + int64(i)*60
		id, queue, wait, talk := fmt.Sprintf("%d.%d", at-3, i), []string{"First", "600"}[i%2], int64(i%35), int64(1+i%20)
		put(at, id, queue, "NONE", "ENTERQUEUE", "", fmt.Sprintf("+4930555%04d", i), "1")
		switch at += wait; i % 3 {
		case 0:
			put(at, id, queue, "NONE", "ABANDON", "1", "1", fmt.Sprint(wait))
		default:
			put(at, id, queue, "PJSIP/301", "CONNECT", fmt.Sprint(wait), id+"9", "0")
			put(at+talk, id, queue, "PJSIP/301", "COMPLETECALLER", fmt.Sprint(wait), fmt.Sprint(talk), "1")
		}
	}
	return out
}

// pastQueue is what a count of the lines says of one queue.
type pastQueue struct{ Offered, Answered, Abandoned, Within, WaitMS, TalkMS int64 }

// countPast counts lines as they stand: the twin of the whole way through Kafka, tables and API.
func countPast(lines []string) map[string]pastQueue {
	out := map[string]pastQueue{}
	for _, l := range lines {
		f := strings.Split(strings.TrimSpace(l), "|")
		number := func(i int) int64 {
			n, _ := strconv.ParseInt(f[i], 10, 64)
			return n
		}
		queue := map[string]string{"First": "first", "600": "second"}[f[2]]
		q := out[queue]
		switch f[4] {
		case "ENTERQUEUE":
			q.Offered++
		case "CONNECT":
			q.Answered++
			q.WaitMS += number(5) * 1000
			if number(5) <= 20 {
				q.Within++
			}
		case "ABANDON":
			q.Abandoned++
		case "COMPLETECALLER":
			q.TalkMS += number(6) * 1000
		}
		out[queue] = q
	}
	return out
}

// TestImport brings a past in on the running product: the first import is killed, then repeated, then given once more as
// other files that overlap. Each time the API's figures are those of a count of the lines. A broken file is told of.
func TestImport(t *testing.T) {
	t.Parallel()
	p := startProduct(t, "import", failing)
	lines := past()
	whole := p.pastFile("queue_log", lines)
	p.must(os.WriteFile(filepath.Join(p.dir, "names.csv"), []byte("queue,600,second\n"), 0o600))

	first := p.importing(whole)
	p.must(first.Start())
	p.waitFor("the import to have taken something in", time.Minute, func() error {
		info, err := os.Stat(filepath.Join(p.dir, "data", "import", "old-pbx", "index"))
		if err == nil && info.Size() == 0 {
			return errors.New("it is empty")
		}
		return err
	})
	p.must(first.Process.Kill())
	if err := first.Wait(); err == nil {
		t.Fatal("the import ended before it was killed")
	}
	p.wantImported(0, "3000 calls with 3000 stays", whole)
	p.wantPast(lines)
	p.wantPastOfAnna()
	p.wantImported(0, "0 facts are new", whole)
	p.wantPast(lines)
	p.wantImported(0, "0 facts are new", p.pastFile("queue_log.1", lines[:6000]), p.pastFile("queue_log.2.gz", lines[4000:]))
	p.wantPast(lines)
	p.wantPastContacts(pastCalls, pastCalls*2/3)
	if left, err := filepath.Glob(filepath.Join(p.dir, "data", "import", "old-pbx", "log*")); err != nil || len(left) > 0 {
		t.Errorf("facts with callers' numbers are left behind: %v %v", left, err)
	}

	p.wantImported(0, "left out 1: PAUSE, older than the agent's first line", p.pastFile("older", []string{fmt.Sprintf("%d|MANAGER|First|PJSIP/301|PAUSE|lunch\n", pastBegan().Unix()-86400)}))
	p.wantPast(lines)
	p.wantImported(3, "bad:2: no line of queue_log", p.pastFile("bad", []string{lines[0], "rubbish\n"}))
	half := p.pastFile("half.gz", lines)
	text, err := os.ReadFile(half)
	p.must(err)
	p.must(os.WriteFile(half, text[:len(text)/2], 0o600))
	p.wantImported(1, "half.gz is broken after line", half)
	p.wantImported(1, "is this site's own node", "--node", p.node, whole)
	p.must(os.Rename(filepath.Join(p.dir, "data", "import"), filepath.Join(p.dir, "away")))
	p.wantImported(1, "node old-pbx was imported before", whole)
	p.wantPast(lines)
}

// pastFile writes lines into a file; one whose name says so is compressed.
func (p *product) pastFile(name string, lines []string) string {
	p.t.Helper()
	text := []byte(strings.Join(lines, ""))
	if strings.HasSuffix(name, ".gz") {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write(text)
		p.must(errors.Join(err, w.Close()))
		text = b.Bytes()
	}
	path := filepath.Join(p.dir, name)
	p.must(os.WriteFile(path, text, 0o600))
	return path
}

// importing is an import of files.
func (p *product) importing(args ...string) *exec.Cmd {
	cmd := exec.Command(p.program, slices.Concat([]string{"import", "queue-log", "--config", p.config, "--names", filepath.Join(p.dir, "names.csv"), "--final"}, args)...)
	cmd.Env = p.env
	return cmd
}

// wantImported imports and wants an exit code and a text.
func (p *product) wantImported(code int, text string, args ...string) {
	p.t.Helper()
	cmd := p.importing(args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != code || !strings.Contains(string(out), text) {
		p.t.Errorf("import %v: %v, want code %d and %q:\n%s", args, err, code, text, out)
	}
}

// wantPast compares the API's figures of the queues with a count of the lines.
func (p *product) wantPast(lines []string) {
	p.t.Helper()
	report, err := p.api.GetQueueMetrics(context.Background(), &client.GetQueueMetricsParams{
		From: pastBegan(), Until: pastBegan().Add((pastCalls + 60) * time.Minute), GroupBy: []client.GetQueueMetricsParamsGroupBy{client.GetQueueMetricsParamsGroupByQueue},
	})
	p.must(err)
	got := map[string]pastQueue{}
	for _, r := range report.Rows {
		q := pastQueue{Offered: *r.Offered, Answered: r.Answered, Abandoned: *r.Abandoned, Within: r.ServiceLevel.Answered.Numerator}
		if speed := r.SpeedOfAnswer; speed.MeanMS != nil && r.Talk.MeanMS != nil {
			q.WaitMS = int64(*speed.MeanMS*float64(speed.Count) + 0.5)
			q.TalkMS = int64(*r.Talk.MeanMS*float64(r.Talk.Count) + 0.5)
		}
		got[*r.Queue] = q
	}
	if want := countPast(lines); len(got) != 2 || got["first"] != want["first"] || got["second"] != want["second"] {
		p.t.Errorf("the API says %+v, the lines %+v", got, want)
	}
}

// TestImportAsked reads what is said of a command line and a file of names that are wrong.
func TestImportAsked(t *testing.T) {
	names := filepath.Join(t.TempDir(), "names.csv")
	if err := os.WriteFile(names, []byte("# old names\nqueue,500,first\nagnet,Bert,bert\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string]string{
		"say what to import: queue-log FILE…, cel FILE… or cdr FILE…": "ceh Master.csv",
		"name the files to import":                                 "queue-log --final",
		"--tz Berlin is no zone: write for example Europe/Berlin":  "queue-log --tz Berlin queue_log",
		"--node a/b: a name has letters":                           "queue-log queue_log --node a/b",
		names + ":3: write agent,NAME IN THE FILES,ID or queue,":   "queue-log queue_log --names " + names,
		"none is not there; Asterisk's is /var/log/asterisk/queue": "queue-log --dry-run none",
	} {
		var out, failed bytes.Buffer
		code := run(t.Context(), append([]string{"import", "--config", "../../deploy/firstline.yaml"}, strings.Fields(args)...), func(string) string { return "x" }, nil, &out, &failed)
		if code != exitFault || !strings.Contains(failed.String(), want) {
			t.Errorf("%s: code %d, %s; want %q", args, code, failed.String(), want)
		}
	}
}

// TestImportLooks has a month looked at after a later one was imported: what an import would leave out the dry run tells, and it writes
// nothing, not even a folder where there was none.
func TestImportLooks(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "firstline.yaml")
	text := fmt.Sprintf("data: %s/data\nentries: [{number: \"*\", flow: main}]\nqueues: [{id: support}]\nivr: [{id: main, start: line, nodes: {line: {type: queue, queue: support}}}]\n", dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	months := filepath.Join("..", "..", "pipeline", "importer", "testdata", "months")
	look := func() string {
		var out, failed bytes.Buffer
		args := []string{"import", "queue-log", "--config", config, "--dry-run", "--final", filepath.Join(months, "february.log")}
		if code := run(t.Context(), args, func(string) string { return "" }, nil, &out, &failed); code != 0 {
			t.Fatalf("code %d: %s", code, failed.String())
		}
		return out.String()
	}
	if out := look(); !strings.Contains(out, "understood        10 ") || !strings.Contains(out, "left out           5 ") {
		t.Errorf("the first month: %s", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "import")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a dry run leaves something behind: %v", err)
	}
	importMonth(t, filepath.Join(dir, "data", "import", "old-pbx"), filepath.Join(months, "march.log"))
	if out := look(); !strings.Contains(out, "left out 2: PAUSE, older than the agent's first line\n") || !strings.Contains(out, "february.log:8: his time was taken in from 2024-03-04 08:00:00 UTC") {
		t.Errorf("the month before: %s", out)
	}
}

// importMonth imports a file into the folder of an exchange, without the product that would load it.
func importMonth(t *testing.T, dir, file string) {
	t.Helper()
	j, err := importer.OpenJournal(dir, "import/old-pbx", log.DefaultConfig(), slog.New(slog.DiscardHandler), newRegistry())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- j.Log.Run(ctx) }()
	files, err := importer.Inputs(importer.FormQueueLog, []string{file}, nil, t.TempDir())
	if err == nil {
		_, err = importer.Run(t.Context(), importer.Config{Files: files, Zone: time.UTC, Final: true, History: history.Config{Node: "old-pbx"}}, j, nil, nil)
	}
	stop()
	if err = errors.Join(err, <-done, j.Forget(), j.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestImportProgress reads how far an import says it is.
func TestImportProgress(t *testing.T) {
	at := time.Date(2024, 3, 4, 8, 30, 0, 0, time.UTC)
	for want, p := range map[string]importer.Progress{
		"looking through the files: 7 lines": {Scanning: true, Lines: 7},
		"no lines yet":                       {},
		"200 of 1000 lines (20 %), 50 lines/s, 16s left, at 2024-03-04 08:30":   {Lines: 200, Total: 1000, At: at},
		"1000 of 1000 lines (100 %), 250 lines/s, 0s left, at 2024-03-04 08:30": {Lines: 1000, Total: 1000, At: at},
	} {
		if got := progressText(p, 4*time.Second); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// wantPastOfAnna wants her answers in the agents' figures, and a call of hers on its page.
func (p *product) wantPastOfAnna() {
	p.t.Helper()
	report, err := p.api.GetAgentMetrics(context.Background(), &client.GetAgentMetricsParams{From: pastBegan(), Until: pastBegan().Add((pastCalls + 60) * time.Minute)})
	p.must(err)
	if len(report.Rows) != 1 || *report.Rows[0].Agent != "anna" || report.Rows[0].Answered != pastCalls*2/3 {
		p.t.Errorf("the agents' figures are %+v", report.Rows)
	}
	timeline, err := p.api.GetContact(context.Background(), fmt.Sprintf("old-pbx-%d.1", pastBegan().Unix()+57))
	p.must(err)
	if len(timeline.Facts) != 9 {
		p.t.Errorf("the page of a call has %+v", timeline.Facts)
	}
}
