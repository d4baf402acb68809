package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/queuelog/queuelogtest"
	"firstline/telephony/asterisk/sipp"
)

// TestQueueLogAsAsterisk has two calls in Asterisk's own queue while neither controller nor writer runs: one that is
// answered, one that is given up. Afterwards the lines about them in Firstline's queue_log are those that app_queue itself
// wrote about them, at the same seconds; only what Firstline can't know of them differs.
func TestQueueLogAsAsterisk(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "queue_log")
	p := startProduct(t, "qlfallback", failing+"queue_log: {file: "+path+"}\n")
	stop := p.phones(p.anna())
	p.logIn("anna")
	p.waitFor("anna's line", time.Minute, func() error { return inFile(path, "|first|PJSIP/301|ADDMEMBER|") })
	from := time.Now().Add(-time.Second)
	back := p.without("controller", "queuelog")
	p.waitFor("the heartbeat to be old", time.Minute, p.oldBeat)
	talks := p.oneCall(0, "4920001", "", 9*time.Second)
	p.waitFor("one call to be in asterisk's own queue", time.Minute, func() error { return p.inFallback("4920001") })
	waits := p.oneCall(1, "4920002", "", 6*time.Second)
	p.waitFor("the other one to be there", time.Minute, func() error { return p.inFallback("4920002") })
	for _, ended := range []<-chan sipp.Result{talks, waits} {
		if r := <-ended; !r.Has(sipp.Answered) || r.Last() != sipp.HungUp {
			t.Errorf("the caller's phone says %+v", r.Events)
		}
	}
	back()
	contacts := p.loaded(from, 2)
	stop()
	answered, abandoned := contacts["4920001"].ID, contacts["4920002"].ID
	p.waitFor("the last lines", time.Minute, func() error { return inFile(path, "|"+answered+"|first|PJSIP/301|COMPLETE") })
	p.waitFor("the last lines", time.Minute, func() error { return inFile(path, "|"+abandoned+"|first|NONE|ABANDON|") })

	his, ours := parsed(t, p.asterisksQueueLog()), parsed(t, path)
	for id, want := range map[string][]string{
		answered:  {"ENTERQUEUE", "CONNECT", "COMPLETECALLER"},
		abandoned: {"ENTERQUEUE", "ABANDON"},
	} {
		a, b := linesOf(his, id), linesOf(ours, id)
		if !slices.Equal(a, b) || len(a) != len(want) {
			t.Errorf("asterisk wrote\n%s\nfirstline\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
		for i, event := range want {
			if i < len(b) && !strings.Contains(b[i], "|"+event+"|") {
				t.Errorf("%s is no %s", b[i], event)
			}
		}
		t.Log(strings.Join(b, "\n"))
	}
}

// without kills roles and keeps the parent from starting any until back is called.
func (p *product) without(roles ...string) (back func()) {
	p.t.Helper()
	hidden := p.program + ".hidden" // the parent can't start what is not there
	p.must(os.Rename(p.program, hidden))
	shown := false
	back = func() {
		if !shown {
			shown = true
			p.must(os.Rename(hidden, p.program))
		}
	}
	p.t.Cleanup(back)
	for _, role := range roles {
		p.killRole(role)
	}
	return back
}

// asterisksQueueLog is the path of the file that Asterisk itself writes.
func (p *product) asterisksQueueLog() string {
	p.t.Helper()
	s, mistakes := readSettings(p.config)
	if len(mistakes) > 0 {
		p.t.Fatal(mistakes)
	}
	path, err := queueLog(s, func(name string) string {
		for _, v := range slices.Backward(p.env) {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}, "")
	p.must(err)
	return path
}

func parsed(t *testing.T, path string) []queuelogtest.Line {
	t.Helper()
	lines, err := queuelogtest.Parse(read(t, path))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return lines
}

// linesOf are a caller's lines, but for the rings, which Firstline is not told of; without the fallback queue's prefix, and
// of CONNECT without the agent's channel and how long it rang.
func linesOf(lines []queuelogtest.Line, id string) (out []string) {
	for _, l := range lines {
		if l.Call != id || strings.HasPrefix(l.Event, "RING") {
			continue
		}
		data := slices.Clone(l.Data)
		if l.Event == "CONNECT" {
			data = data[:1]
		}
		out = append(out, strings.Join(append([]string{l.At.Format(time.DateTime), strings.TrimPrefix(l.Queue, "fallback-"), l.Agent, l.Event}, data...), "|"))
	}
	return out
}
