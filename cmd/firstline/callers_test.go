package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firstline/telephony/callcenter"
)

// sorted is a configuration whose entries are the lines given, and the flows they may lead to.
func sorted(entries ...string) string {
	return "callers: {region: DE}\nqueues: [{id: support}]\nagents: [{id: anna, endpoint: PJSIP/101, queues: [support]}]\n" +
		"ivr:\n- {id: main, start: line, nodes: {line: {type: queue, queue: support}}}\n" +
		"- {id: vip, start: line, nodes: {line: {type: queue, queue: support, priority: 5}}}\nentries:\n- " + strings.Join(entries, "\n- ") + "\n"
}

// list writes a file of callers.
func list(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCallersMistakes: what is wrong with entries and their lists is told with the line, of the list, too.
func TestCallersMistakes(t *testing.T) {
	bad := list(t, "# blocked", "+4930111", "", "0900*  # premium", "+49 30 1 2 x", "*")
	blocked := list(t, "030 123456", "+4989*", "+4989*")
	for name, c := range map[string]struct {
		entries []string
		want    []string // one a mistake
	}{
		"a VIP in a wide list before": {[]string{`{number: "*", callers: ["+4930*"], reject: true}`, `{number: "1000", callers: [030123456], flow: vip}`, `{number: "*", flow: main}`},
			[]string{`:9: entries.1.callers.0: "+4930123456" is met by entry 1, which stands before this one; take it out of one of the two, or move this entry before that one`}},
		"the same in a file": {[]string{`{number: "*", callers: ["+4930*"], flow: vip}`, `{number: "1000", callers_file: ` + blocked + `, reject: true}`, `{number: "*", flow: main}`},
			[]string{`:9: entries.1.callers_file: ` + blocked + `:1: "+4930123456" is met by entry 1, which stands before this one`}},
		"nobody comes there": {[]string{`{number: "*", flow: main}`, `{number: "1000", flow: vip}`},
			[]string{`:9: entries.1: nobody comes to this entry: entry 1, which stands before it, has every call to any number; move it before that one`}},
		"twice": {[]string{`{number: "1000", flow: main}`, `{number: "1000", flow: vip}`},
			[]string{`:9: entries.1: nobody comes to this entry: entry 1, which stands before it, has every call to 1000`}},
		"bad patterns": {[]string{`{number: "*", callers: ["*", "", "0190*", "+49*30", "030-5"], reject: true}`, `{number: "*", flow: main}`},
			[]string{`:8: entries.0.callers.2: with callers.region no number begins as 0190*; write it from the country code on, as +4930*`,
				`:8: entries.0.callers.0: "*" is every caller; leave callers out`, `:8: entries.0.callers.1: a caller's number is empty`,
				`:8: entries.0.callers.3: no number fits "+49*30"`, `:8: entries.0.callers.4: no number fits "030-5"`}},
		"bad lines": {[]string{`{number: "*", callers_file: ` + bad + `, reject: true}`, `{number: "*", flow: main}`},
			[]string{`:8: entries.0.callers_file: ` + bad + `:4: with callers.region no number begins as 0900*`, `:8: entries.0.callers_file: ` + bad + `:5: no number fits "+49 30 1 2 x"`,
				`:8: entries.0.callers_file: ` + bad + `:6: "*" is every caller`}},
		"no file": {[]string{`{number: "*", callers_file: none.txt, reject: true}`, `{number: "*", flow: main}`},
			[]string{`:8: entries.0.callers_file: none.txt can't be read: no such file or directory; name a file with one number a line`}},
		"both, and neither": {[]string{`{number: "1000", reject: true, flow: main}`, `{number: "2000"}`},
			[]string{`:8: entries.0.flow: the entry rejects, so nobody comes into a flow; keep one of flow and reject`, `:9: entries.1.flow: flow "" is not defined`}},
	} {
		_, mistakes := readSettings(file(t, sorted(c.entries...)))
		if len(mistakes) != len(c.want) {
			t.Errorf("%s: %d mistakes, %d expected: %v", name, len(mistakes), len(c.want), mistakes)
			continue
		}
		for i, m := range mistakes {
			if !strings.Contains(m.String(), c.want[i]) {
				t.Errorf("%s: %s, want %s", name, m, c.want[i])
			}
		}
	}
	if _, mistakes := readSettings(file(t, strings.Replace(sorted(`{number: "*", flow: main}`), "DE", "de", 1))); len(mistakes) != 1 || !strings.Contains(mistakes[0].String(), ":1: callers.region: no country de has telephone numbers; write DE") {
		t.Errorf("region: %v", mistakes)
	}
}

// TestCallersFile: a list that was changed makes another plan; one that is empty means nobody.
func TestCallersFile(t *testing.T) {
	path := list(t, "030 123456")
	config := file(t, sorted(`{number: "*", callers_file: `+path+`, reject: true}`, `{number: "*", flow: main}`))
	version := ""
	for _, text := range []string{"030 123456", "+4930123456 # the same", "089 123456\nanonymous", ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, mistakes := readSettings(config)
		if len(mistakes) > 0 {
			t.Fatal(mistakes)
		}
		if changed := !strings.HasPrefix(text, "+4930"); changed == (s.Plan.Version == version) {
			t.Errorf("%q: plan %s after %s", text, s.Plan.Version, version)
		}
		version = s.Plan.Version
		i, _ := s.Plan.EntryFor(callcenter.Arrival{Dialed: "1000", Number: "+4930123456"})
		if rejected := s.Plan.Entries[i].Reject; rejected != strings.Contains(text, "30") {
			t.Errorf("%q: rejected is %t", text, rejected)
		}
		if i, _ := s.Plan.EntryFor(callcenter.Arrival{Dialed: "1000"}); s.Plan.Entries[i].Reject != strings.Contains(text, "anonymous") {
			t.Errorf("%q: who gives no number comes to entry %d", text, i+1)
		}
	}
}

// TestIVRTryByEntry: whoever tries the menu comes where the caller would.
func TestIVRTryByEntry(t *testing.T) {
	config := file(t, sorted(`{number: "*", callers: ["+4989*", withheld], reject: true}`, `{number: "1000", callers: ["+4930123456"], flow: vip}`, `{number: "1000", flow: main}`))
	for args, want := range map[string]string{
		"--number=030123456":               "the caller joins queue support, priority +5\n",
		"--number=030999999":               "priority +0\n",
		"--number=089123456":               "entry 1 rejects this caller before the call is answered",
		"":                                 "entry 1 rejects this caller",
		"--number=030123456 --dialed=2000": "no entry answers 2000 to this caller",
		"--number=089123456 vip":           "priority +5",
	} {
		var out bytes.Buffer
		code := run(context.Background(), append([]string{"ivr", "try", "--config", config}, strings.Fields(args)...), func(string) string { return "" }, strings.NewReader(""), &out, &out)
		if !strings.Contains(out.String(), want) || (code == exitOK) != strings.Contains(want, "priority") {
			t.Errorf("%s: exit code %d\n%s", args, code, out.String())
		}
	}
}
