package importer

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/history"
	"firstline/pipeline/log"
)

// table writes a log as the SQL form has it.
func sqlForm(t *testing.T, lines []string, zone *time.Location, split bool) []byte {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,time,callid,queuename,agent,event,data\n")
	if split {
		b.Reset()
		b.WriteString("time;callid;queuename;agent;event;data1;data2;data3;data4;data5\n")
	}
	for i, text := range lines {
		l, err := history.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if split {
			data := append(slices.Clone(l.Data), "", "", "", "", "")[:5]
			fmt.Fprintf(&b, "%s;%s;%s;%s;%s;%s\n", l.At.In(zone).Format("2006-01-02 15:04:05.123456"), l.Call, l.Queue, l.Agent, l.Event, strings.Join(data, ";"))
			continue
		}
		fmt.Fprintf(&b, "%d,%d,%s,%s,%s,%s,%q\n", i, l.At.Unix(), l.Call, l.Queue, l.Agent, l.Event, strings.Join(l.Data, "|"))
	}
	return []byte(b.String())
}

// TestForms gives one log in each of its forms: the facts are the same, and so are those of two forms at once.
func TestForms(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	lines := makeDay(42)
	half := len(lines) / 2
	want := printed(t, site{t, t.TempDir()}.must(config(true, input("queue_log", whole(lines)))))
	for name, files := range map[string][]Input{
		"data":                {input("a.csv", sqlForm(t, lines, berlin, false))},
		"data1 to data5":      {input("a.csv", sqlForm(t, lines, berlin, true))},
		"both, and the file":  {input("a.csv", sqlForm(t, lines, berlin, true)), input("b.csv", sqlForm(t, lines, berlin, false)), input("queue_log", whole(lines))},
		"lines end as in DOS": {input("queue_log", []byte("\ufeff"+strings.ReplaceAll(string(whole(lines)), "\n", "\r\n")))},
		"newest first":        {input("all", whole(slices.Concat(lines[half:], lines[:half])))},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(true, files...)
			cfg.Zone = berlin
			if got := printed(t, site{t, t.TempDir()}.must(cfg)); !slices.Equal(got, want) {
				t.Error(difference(want, got))
			}
		})
	}
}

// TestBroken reads what is said of files that can't be taken, and that nothing of them is.
func TestBroken(t *testing.T) {
	lines := makeDay(1)
	rows := strings.SplitAfter(string(sqlForm(t, lines, time.UTC, false)), "\n")
	head, rows := rows[0], rows[1:len(rows)-1]
	slices.Reverse(rows)
	zipped := packed(t, 1, whole(lines))
	for text, file := range map[string]Input{
		"all.csv is not in the order of time: line ":                              input("all.csv", []byte(head+strings.Join(rows, ""))),
		"export it with ORDER BY time":                                            input("all.csv", []byte(head+strings.Join(rows, ""))),
		"half.gz is broken after line ":                                           input("half.gz", zipped[:len(zipped)/2]),
		"no.gz is broken":                                                         input("no.gz", []byte{0x1f, 0x8b, 1, 2, 3, 4}),
		"few.csv has no column agent, event: export time, callid":                 input("few.csv", []byte("time,callid,queuename,a,b,c\n")),
		"wide.csv has 8 columns without names: export it with a first line that ": input("wide.csv", []byte("1,2,3,4,5,6,7,8\n")),
		"gone": {Name: "gone", Open: func() (io.ReadCloser, error) { return nil, errors.New("gone") }},
	} {
		facts, _, _, err := site{t, t.TempDir()}.run(config(true, input("queue_log", whole(lines)), file))
		if err == nil || !strings.Contains(err.Error(), text) || len(facts) > 0 {
			t.Errorf("%d facts, and %v; want %q", len(facts), err, text)
		}
	}
}

// TestClash gives a call's beginning after its end: it stays as it was first taken in.
func TestClash(t *testing.T) {
	first := "1700000100|1700000000.1|b|X|CONNECT|10|1.2|3\n1700000160|1700000000.1|b|X|COMPLETEAGENT|10|60|1\n"
	before := "1700000010|1700000000.1|a|NONE|ENTERQUEUE||1|1\n1700000090|1700000000.1|a|NONE|EXITWITHTIMEOUT|1|1|80\n1700000090|1700000000.1|b|NONE|ENTERQUEUE||1|1\n"
	s := site{t, t.TempDir()}
	want := printed(t, s.must(config(true, input("2", []byte(first)))))
	facts, _, j, err := s.run(config(true, input("1", []byte(before)), input("2", []byte(first))))
	if got := printed(t, facts); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: %s", err, difference(want, got))
	}
	if j.Clashed != 1 || !slices.Equal(j.Clashes, []string{"old-1700000000.1"}) || j.New != 0 {
		t.Errorf("%d calls differ, %v; %d facts are new", j.Clashed, j.Clashes, j.New)
	}
}

// TestAgentsLastSecond repeats a file whose last second has two lines about an agent: neither counts again.
func TestAgentsLastSecond(t *testing.T) {
	text := []byte("1700000000|MANAGER|500|Bert B|ADDMEMBER|\n1700000000|MANAGER|500|Bert B|REMOVEMEMBER|\n")
	s := site{t, t.TempDir()}
	want := printed(t, s.must(config(false, input("queue_log", text))))
	if got := printed(t, s.must(config(false, input("queue_log", text)))); len(want) != 2 || !slices.Equal(got, want) {
		t.Error(difference(want, got))
	}
}

// TestRestartReadAgain reads a restart again with what came since: it is no second one, also where an agent was added in its second.
func TestRestartReadAgain(t *testing.T) {
	const first = "1709542800|NONE|NONE|NONE|QUEUESTART|\n1709542800|NONE|first|PJSIP/101|ADDMEMBER|\n1709546400|NONE|first|PJSIP/101|PAUSE|lunch\n"
	const second = "1709550000|NONE|first|PJSIP/101|ADDMEMBER|\n1709553600|NONE|first|PJSIP/101|REMOVEMEMBER|\n"
	all := config(true, input("queue_log", []byte(first+second)))
	want := printed(t, site{t, t.TempDir()}.must(all))
	s := site{t, t.TempDir()}
	s.must(config(false, input("queue_log", []byte(first))))
	for range 2 {
		if got := printed(t, s.must(all)); len(want) < 4 || !slices.Equal(got, want) {
			t.Error(difference(want, got))
		}
	}
	same := "1709542800|NONE|first|PJSIP/101|ADDMEMBER|\n1709542800|NONE|NONE|NONE|QUEUESTART|\n"
	s = site{t, t.TempDir()}
	for range 3 {
		s.must(config(false, input("queue_log", []byte(same))))
	}
	text := []byte(same + second)
	if got, want := printed(t, s.must(config(true, input("queue_log", text)))), printed(t, site{t, t.TempDir()}.must(config(true, input("queue_log", text)))); !slices.Equal(got, want) {
		t.Error(difference(want, got))
	}
}

// TestNextFile lets a call wait at the end of one file: it is told of, and goes on in the next one.
func TestNextFile(t *testing.T) {
	s := site{t, t.TempDir()}
	facts, sum, _, err := s.run(config(false, input("1", []byte("1700000010|1700000000.1|500|NONE|ENTERQUEUE||4930123456|1\n"))))
	if err != nil || len(facts) != 0 || sum.Open != 1 || sum.Busy != 1 {
		t.Fatalf("%d facts, %d open, %d busy: %v", len(facts), sum.Open, sum.Busy, err)
	}
	s.must(config(false, input("2", []byte("1700000030|1700000000.1|500|NONE|ABANDON|1|1|20\n"))))
	got := s.must(config(true, input("3", []byte("1700086500|NONE|NONE|NONE|CONFIGRELOAD|\n"))))
	if text := strings.Join(printed(t, got), "\n"); len(got) != 5 || !strings.Contains(text, `"wait_ms":20000`) || !strings.Contains(text, `"caller_number":"4930123456"`) {
		t.Error(text)
	}
	state, err := os.ReadFile(filepath.Join(s.dir, stateFile))
	if err != nil || strings.Contains(string(state), "4930123456") {
		t.Errorf("the number of a call that is over is kept: %s %v", state, err)
	}
}

// TestInputs finds files by name, in folders and by standard input.
func TestInputs(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"queue_log", "queue_log.1", "queue_log-20240101.gz", "export.csv.zst", "messages", "other.gz"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inputs, err := Inputs(FormQueueLog, []string{dir, "-", filepath.Join(dir, "messages")}, strings.NewReader("from a pipe\n"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, in := range inputs {
		names = append(names, filepath.Base(in.Name))
	}
	if want := []string{"export.csv.zst", "queue_log", "queue_log-20240101.gz", "queue_log.1", "standard input", "messages"}; !slices.Equal(names, want) {
		t.Errorf("found %v, want %v", names, want)
	}
	r, err := inputs[4].Open()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil || string(text) != "from a pipe\n" {
		t.Errorf("%q %v", text, err)
	}
	if _, err := Inputs(FormQueueLog, []string{t.TempDir()}, nil, ""); err == nil || !strings.Contains(err.Error(), "has no file whose name begins with queue_log") {
		t.Error(err)
	}
	if _, err := Inputs(FormQueueLog, []string{filepath.Join(dir, "none")}, nil, ""); err == nil || !strings.Contains(err.Error(), "is not there") {
		t.Error(err)
	}
}

// TestOneAtATime opens the same exchange twice: the second one is told so.
func TestOneAtATime(t *testing.T) {
	s := site{t, t.TempDir()}
	if Exists(s.dir) {
		t.Error("something is there before anything was imported")
	}
	_, stop := s.open()
	defer stop()
	_, err := OpenJournal(s.dir, "import/old", log.DefaultConfig(), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err == nil || !strings.Contains(err.Error(), "another import of the same node is running") || !Exists(s.dir) {
		t.Error(err)
	}
}

// TestClocksGoBack has calls in the hour that comes twice in autumn: the SQL form in local time gives what the file gives.
func TestClocksGoBack(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i := range int64(30) {
		at := time.Date(2023, 10, 28, 23, 0, 0, 0, time.UTC).Unix() + i*450 // 1:00 in summer to 3:45 in winter
		lines = append(lines, fmt.Sprintf("%d|%d.%d|500|NONE|ENTERQUEUE||1|1\n", at, at, i), fmt.Sprintf("%d|%d.%d|500|NONE|ABANDON|1|1|400\n", at+400, at, i))
	}
	want := printed(t, site{t, t.TempDir()}.must(config(true, input("queue_log", whole(lines)))))
	cfg := config(true, input("a.csv", sqlForm(t, lines, berlin, true)))
	cfg.Zone = berlin
	facts, sum, _, err := site{t, t.TempDir()}.run(cfg)
	if got := printed(t, facts); err != nil || !slices.Equal(got, want) || len(sum.groups) > 0 {
		t.Errorf("%v %v: %s", err, sum.groups, difference(want, got))
	}
}
