package asterisk

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/telephony/callcenter"
)

const (
	entered  = "1795380100|pbx1-1.1|fallback-support|NONE|ENTERQUEUE||4930111|1\n"
	answered = "1795380107|pbx1-1.1|fallback-support|PJSIP/101|CONNECT|7|pbx1-1.2|2\n"
	complete = "1795380167|pbx1-1.1|fallback-support|PJSIP/101|COMPLETEAGENT|7|60|1\n"
)

func TestQueueLogLines(t *testing.T) {
	cases := []struct {
		line string
		want callcenter.FallbackEvent
		ok   bool
		bad  bool
	}{
		{line: entered, ok: true, want: callcenter.FallbackEvent{Channel: "pbx1-1.1", Event: "ENTERQUEUE", Queue: "support", Number: "4930111"}},
		{line: answered, ok: true, want: callcenter.FallbackEvent{Channel: "pbx1-1.1", Event: "CONNECT", Queue: "support", Agent: "PJSIP/101", WaitMS: 7000, RingMS: 2000}},
		{line: complete, ok: true, want: callcenter.FallbackEvent{Channel: "pbx1-1.1", Event: "COMPLETEAGENT", Queue: "support", Agent: "PJSIP/101", WaitMS: 7000, TalkMS: 60000}},
		{line: "1|c|fallback-support|PJSIP/101|COMPLETECALLER|7|60|1", ok: true, want: callcenter.FallbackEvent{Channel: "c", Event: "COMPLETECALLER", Queue: "support", Agent: "PJSIP/101", WaitMS: 7000, TalkMS: 60000}},
		{line: "1|c|fallback-support|NONE|ABANDON|1|1|12", ok: true, want: callcenter.FallbackEvent{Channel: "c", Event: "ABANDON", Queue: "support", WaitMS: 12000}},
		{line: "1|c|fallback-support|NONE|EXITEMPTY|1|1|3", ok: true, want: callcenter.FallbackEvent{Channel: "c", Event: "EXITEMPTY", Queue: "support", WaitMS: 3000}},
		{line: "1|c|fallback-support|NONE|EXITWITHTIMEOUT|1|1|300", ok: true, want: callcenter.FallbackEvent{Channel: "c", Event: "EXITWITHTIMEOUT", Queue: "support", WaitMS: 300000}},
		{line: "1|c|fallback-support|NONE|EXITWITHKEY|5|1|1|9", ok: true, want: callcenter.FallbackEvent{Channel: "c", Event: "EXITWITHKEY", Queue: "support", WaitMS: 9000}},
		{line: "1|c|fallback-support|PJSIP/101|RINGNOANSWER|15000"},
		{line: "1|c|support|NONE|ENTERQUEUE||4930111|1"},
		{line: "1|NONE|NONE|NONE|QUEUESTART|"},
		{line: "", bad: true},
		{line: "yesterday|c|fallback-support|NONE|ABANDON|1|1|12", bad: true},
		{line: "1|c|fallback-support|NONE|ABANDON|1|1", bad: true},
		{line: "1|c|fallback-support|NONE|ABANDON|1|1|-2", bad: true},
		{line: "1|c|fallback-support|NONE|ABANDON|1|1|99999999999", bad: true},
		{line: "1|c|fallback-support|NONE|ENTERQUEUE", bad: true},
	}
	for _, c := range cases {
		l, err := parseLine(c.line)
		var got callcenter.FallbackEvent
		ok := false
		if err == nil {
			got, ok, err = l.fallback()
		}
		if errors.Is(err, errBadLine) != c.bad || ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %+v %v %v", c.line, got, ok, err)
		}
	}
}

func FuzzQueueLogLine(f *testing.F) {
	for _, line := range []string{entered, answered, complete, "1|c|fallback-q|NONE|EXITWITHKEY|5|1|1|9"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		l, err := parseLine(line)
		if err != nil {
			return
		}
		ev, ok, err := l.fallback()
		if ok && err != nil {
			t.Error("both an event and an error")
		}
		if ok && (ev.WaitMS < 0 || ev.TalkMS < 0 || ev.RingMS < 0 || !isTold(ev.Event)) {
			t.Errorf("%+v", ev)
		}
	})
}

// log is a queue_log that a test writes.
type logFile struct {
	t    *testing.T
	path string
}

func newLogFile(t *testing.T) logFile { return logFile{t, filepath.Join(t.TempDir(), "queue_log")} }

func (l logFile) write(text string) {
	l.t.Helper()
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(text)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l logFile) rotate() {
	l.t.Helper()
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		l.t.Fatal(err)
	}
}

// reader follows l from an offset and notes what is told: "EVENT@offset".
func (l logFile) reader(offset int64) (*follower, *[]string) {
	told := new([]string)
	f := newFollower(l.path, offset, func(_ time.Time, ev callcenter.Event) {
		e := ev.(callcenter.FallbackEvent)
		*told = append(*told, e.Event+"@"+e.Channel)
		if e.Offset <= 0 {
			l.t.Errorf("offset %d", e.Offset)
		}
	}, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()))
	l.t.Cleanup(f.close)
	return f, told
}

func expect(t *testing.T, told *[]string, want ...string) {
	t.Helper()
	if !reflect.DeepEqual(*told, want) && len(*told)+len(want) > 0 {
		t.Errorf("told %v, want %v", *told, want)
	}
	*told = nil
}

func TestQueueLogIsReadFromItsOffsetAndFollowed(t *testing.T) {
	l := newLogFile(t)
	f, told := l.reader(int64(len(entered)))
	f.catchUp() // not there yet
	expect(t, told)
	l.write(entered + answered + complete[:20])
	f.catchUp()
	expect(t, told, "CONNECT@pbx1-1.1")
	l.write(complete[20:] + "rubbish\n")
	f.catchUp()
	expect(t, told, "COMPLETEAGENT@pbx1-1.1")
	if got := testutil.ToFloat64(f.metrics.queueLog.WithLabelValues("bad")); got != 1 {
		t.Errorf("bad lines %v", got)
	}
	if want := int64(len(entered + answered + complete + "rubbish\n")); f.offset != want {
		t.Errorf("offset %d, want %d", f.offset, want)
	}
}

func TestQueueLogThatIsReplacedWhileFollowed(t *testing.T) {
	l := newLogFile(t)
	f, told := l.reader(0)
	l.write(entered)
	f.catchUp()
	l.write(answered)
	l.rotate()
	f.catchUp() // between two files
	l.write(complete)
	f.catchUp()
	expect(t, told, "ENTERQUEUE@pbx1-1.1", "CONNECT@pbx1-1.1", "COMPLETEAGENT@pbx1-1.1")
}

func TestQueueLogThatWasReplacedWhileNobodyLooked(t *testing.T) {
	l := newLogFile(t)
	l.write(entered + answered)
	l.rotate()
	l.write("1|c|fallback-support|NONE|ABANDON|1|1|12\n" + complete) // longer than what was read of the former
	f, told := l.reader(int64(len(entered)))
	f.catchUp()
	expect(t, told, "CONNECT@pbx1-1.1", "ABANDON@c", "COMPLETEAGENT@pbx1-1.1")
}

func TestQueueLogThatIsCut(t *testing.T) {
	l := newLogFile(t)
	f, told := l.reader(0)
	l.write(entered + answered)
	f.catchUp()
	if err := os.Truncate(l.path, 0); err != nil {
		t.Fatal(err)
	}
	l.write(complete)
	f.catchUp()
	expect(t, told, "ENTERQUEUE@pbx1-1.1", "CONNECT@pbx1-1.1", "COMPLETEAGENT@pbx1-1.1")
	if got := testutil.ToFloat64(f.metrics.rotations); got != 1 {
		t.Errorf("rotations %v", got)
	}
}

func TestQueueLogWhoseFormerFileIsGone(t *testing.T) {
	l := newLogFile(t)
	l.write(complete)
	f, told := l.reader(1000)
	f.catchUp()
	expect(t, told, "COMPLETEAGENT@pbx1-1.1")
	if got := testutil.ToFloat64(f.metrics.formerLost); got != 1 {
		t.Errorf("lost %v", got)
	}
}

func TestLineWithoutEndIsSkipped(t *testing.T) {
	l := newLogFile(t)
	f, told := l.reader(0)
	l.write(strings.Repeat("x", 2*maxLine))
	f.catchUp()
	l.write("\n" + entered)
	f.catchUp()
	expect(t, told, "ENTERQUEUE@pbx1-1.1")
}
