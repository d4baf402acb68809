package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/client"
	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/queuelog/queuelogtest"
	"firstline/telephony/asterisk/node/nodetest"
	"firstline/telephony/asterisk/sipp"
)

// reported is the support line of the queue_log's test. Key 1: agents who hang up first; 2: agents who wait for the caller
// to; 3: a queue nobody serves; 4: one that overflows to the first; 5: one whose agents don't answer, are busy, decline, and
// at last answer; 6: one whose longest wait leads nowhere; 7: one whose callers give up while the phone rings;
// 8: one that is left by key 9; 9: one that nobody serves and that lets nobody wait so.
const reported = `
queue_log: {file: "FILE", listen: "LISTEN"}
pause_reasons: [break, lunch]
queues:
  - {id: brief, name: Brief, ring_timeout: 10s}
  - {id: long, name: Long, ring_timeout: 10s}
  - {id: nobody, name: Nobody, join_empty: true}
  - {id: slow, name: Slow, join_empty: true, max_wait: 2s, overflow: brief}
  - {id: shy, name: Shy, ring_timeout: 2s, max_missed: 2}
  - {id: dead, name: Dead, join_empty: true, max_wait: 2s}
  - {id: quiet, name: Quiet, ring_timeout: 20s}
  - {id: keyed, name: Keyed, join_empty: true}
  - {id: empty, name: Empty, join_empty: true, leave_empty: 1s}
agents:
  - {id: b1, name: B1, endpoint: PJSIP/301, pin_hash_env: PIN, queues: [brief]}
  - {id: b2, name: B2, endpoint: PJSIP/302, pin_hash_env: PIN, queues: [brief]}
  - {id: l1, name: L1, endpoint: PJSIP/311, pin_hash_env: PIN, queues: [long]}
  - {id: l2, name: L2, endpoint: PJSIP/312, pin_hash_env: PIN, queues: [long]}
  - {id: s1, name: S1, endpoint: PJSIP/321, pin_hash_env: PIN, queues: [shy]}
  - {id: s2, name: S2, endpoint: PJSIP/322, pin_hash_env: PIN, queues: [shy]}
  - {id: s3, name: S3, endpoint: PJSIP/323, pin_hash_env: PIN, queues: [shy]}
  - {id: s4, name: S4, endpoint: PJSIP/324, pin_hash_env: PIN, queues: [shy, brief]}
  - {id: q1, name: Q1, endpoint: PJSIP/331, pin_hash_env: PIN, queues: [quiet]}
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: menu
    nodes:
      menu:
        type: menu
        prompt: [vm-press, digits/1]
        timeout: 20s
        tries: 1
        options:
          "1": {label: Brief, next: brief}
          "2": {label: Long, next: long}
          "3": {label: Nobody, next: nobody}
          "4": {label: Slow, next: slow}
          "5": {label: Shy, next: shy}
          "6": {label: Dead, next: dead}
          "7": {label: Quiet, next: quiet}
          "8": {label: Keyed, next: keyed}
          "9": {label: Empty, next: empty}
        gave_up: bye
      brief: {type: queue, queue: brief}
      long: {type: queue, queue: long}
      nobody: {type: queue, queue: nobody}
      slow: {type: queue, queue: slow}
      shy: {type: queue, queue: shy}
      dead: {type: queue, queue: dead}
      quiet: {type: queue, queue: quiet}
      keyed: {type: queue, queue: keyed, keys: {"9": bye}}
      empty: {type: queue, queue: empty}
      bye: {type: hangup, media: [vm-goodbye]}
`

// TestQueueLog makes real calls of every kind, rotates the queue_log and kills its writer meanwhile, reads the files as
// Asterisk documents them, and compares queue by queue with what the API says.
func TestQueueLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "queue_log")
	port := nodetest.TCP(t)
	p := startProduct(t, "queuelog", strings.NewReplacer("FILE", path, "LISTEN", fmt.Sprintf("127.0.0.1:%d", port)).Replace(reported))
	stop := p.phones(p.reportedAgents()...)
	p.logIn("b1", "b2", "l1", "l2", "s1", "s2", "s3", "s4", "q1")
	from := time.Now().Add(-time.Second)
	calls := reportedCalls()
	done := make(chan error, 1)
	go func() {
		_, err := p.callers(0, calls...).Run(context.Background())
		done <- err
	}()
	p.waitFor("the first talks", time.Minute, func() error { return inFile(path, "|CONNECT|") })
	p.must(os.Rename(path, path+".1"))
	p.waitFor("the new file", time.Minute, func() error { return inFile(path, "|") })
	p.killRole("queuelog")
	p.must(<-done)
	contacts := p.loaded(from, len(calls))
	stop()
	_, err := p.api.ControlAgent(context.Background(), "b1", nil, client.ControlInputBody{Action: client.ControlInputBodyActionPause, Reason: new("lunch")})
	p.must(err)
	p.must(p.act("b1", client.ControlInputBodyActionReady))
	p.must(p.act("b1", client.ControlInputBodyActionLogout))
	p.waitFor("the last line", time.Minute, func() error { return inFile(path, "|MANAGER|brief|PJSIP/301|REMOVEMEMBER|\n") })

	lines, err := queuelogtest.Parse(read(t, path+".1") + read(t, path))
	p.must(err)
	found, err := queuelogtest.Calls(lines)
	p.must(err)
	compareReported(t, tallyLines(found), p.tallyAPI(from))
	compareCallers(t, found, contacts)
	p.wantAgentLines(lines)
	p.wantStatus("ready queuelog")
	if p.metric(port, "firstline_queuelog_lines_total", "") == 0 || p.metric(port, "firstline_queuelog_lost_facts_total", "") != 0 ||
		p.metric(port, "firstline_queuelog_unreadable_facts_total", "") != 0 {
		t.Error("the metrics tell of something lost")
	}
	t.Logf("%d lines, %d stays of %d callers in queues", len(lines), len(found), len(calls))
}

// TestQueueLogSettings: Asterisk's own file is not written to, and a role without a file says which key names one.
func TestQueueLogSettings(t *testing.T) {
	const plan = "node: pbx1\nqueues: [{id: support}]\nentries: [{number: \"*\", flow: main}]\nivr: [{id: main, start: a, nodes: {a: {type: queue, queue: support}}}]\n"
	path := file(t, plan+"asterisk: {queue_log: /var/log/asterisk/queue_log}\nqueue_log: {file: /var/log/asterisk/../asterisk/queue_log}\n")
	if code, out := tool(t, nil, "check", "--config", path); code != exitFault || !strings.Contains(out, path+":6: queue_log.file: is asterisk.queue_log") {
		t.Errorf("check: %d %s", code, out)
	}
	if code, out := tool(t, nil, "queuelog", "--config", file(t, plan)); code != exitFault || !strings.Contains(out, "queue_log.file is empty") {
		t.Errorf("queuelog: %d %s", code, out)
	}
}

func inFile(path, part string) error {
	text, err := os.ReadFile(path)
	if err == nil && !strings.Contains(string(text), part) {
		err = errors.New("not there yet")
	}
	return err
}

func (p *product) reportedAgents() []sipp.Agent {
	answer := func(talk time.Duration) sipp.Act {
		return sipp.Act{Do: sipp.DoAnswer, After: 200 * time.Millisecond, Talk: talk}
	}
	return []sipp.Agent{
		p.agent(0, "b1", "301", answer(2*time.Second)), p.agent(1, "b2", "302", answer(2*time.Second)),
		p.agent(2, "l1", "311", answer(time.Minute)), p.agent(3, "l2", "312", answer(time.Minute)),
		p.agent(4, "s1", "321", sipp.Act{Do: sipp.DoRing}), p.agent(5, "s2", "322", sipp.Act{Do: sipp.DoBusy}),
		p.agent(6, "s3", "323", sipp.Act{Do: sipp.DoDecline, After: 300 * time.Millisecond}),
		p.agent(7, "s4", "324", answer(3*time.Second)), p.agent(8, "q1", "331", sipp.Act{Do: sipp.DoRing}),
	}
}

// reportedCalls are callers of every kind, one every 700 ms.
func reportedCalls() []sipp.Call {
	patience := map[string]time.Duration{"1": time.Minute, "2": 4 * time.Second, "3": 3 * time.Second, "4": time.Minute, "5": time.Minute, "6": time.Minute, "7": 3 * time.Second, "8": time.Minute, "9": time.Minute}
	var out []sipp.Call
	for n := range 45 {
		key := fmt.Sprint(n%9 + 1)
		presses := []sipp.Press{{After: 500 * time.Millisecond, Digits: key}}
		if key == "8" {
			presses = append(presses, sipp.Press{After: 2 * time.Second, Digits: "9"})
		}
		out = append(out, sipp.Call{Name: "key" + key, Number: fmt.Sprintf("49%s%05d", key, n), Dialed: "1000",
			Start: time.Duration(n) * 700 * time.Millisecond, Patience: patience[key], Presses: presses})
	}
	return out
}

// queueTally is what queue_log and API both tell of a queue.
type queueTally struct {
	Queued, Answered, Abandoned, TimedOut, ByKey, Empty int64 // entries
	Missed, Cancelled                                   int64 // offers
}

func tallyLines(calls []queuelogtest.Call) map[string]queueTally {
	out := map[string]queueTally{}
	for _, c := range calls {
		q := out[c.Queue]
		q.Queued++
		if c.Agent != "" {
			q.Answered++
		}
		switch c.Left {
		case "ABANDON":
			q.Abandoned++
		case "EXITWITHTIMEOUT":
			q.TimedOut++
		case "EXITWITHKEY":
			q.ByKey++
		case "EXITEMPTY":
			q.Empty++
		}
		q.Missed += int64(len(c.Missed))
		q.Cancelled += int64(len(c.Cancelled))
		out[c.Queue] = q
	}
	return out
}

func (p *product) tallyAPI(from time.Time) map[string]queueTally {
	p.t.Helper()
	var report metric.QueueReport
	window := params(map[string]string{"from": from.UTC().Format(time.RFC3339Nano), "until": time.Now().UTC().Format(time.RFC3339Nano), "group_by": "queue"})
	p.must(p.call(http.MethodGet, "/metrics/queues"+window, nil, &report))
	out := map[string]queueTally{}
	for _, r := range report.Rows {
		out[*r.Queue] = queueTally{Queued: *r.Offered, Answered: r.Answered, Abandoned: *r.Abandoned, TimedOut: *r.Overflowed + *r.Failed, ByKey: *r.Exited, Empty: *r.LeftEmpty,
			Missed: r.Offers.Missed + r.Offers.Busy + r.Offers.Declined, Cancelled: r.Offers.Withdrawn + r.Offers.LostRace}
	}
	return out
}

func compareReported(t *testing.T, lines, api map[string]queueTally) {
	t.Helper()
	for _, queue := range []string{"brief", "long", "nobody", "slow", "shy", "dead", "quiet", "keyed", "empty"} {
		t.Logf("%-7s queue_log %+v", queue, lines[queue])
		if lines[queue] != api[queue] {
			t.Errorf("%-7s the API %+v", queue, api[queue])
		}
		if lines[queue].Queued == 0 {
			t.Errorf("nobody was in %s", queue)
		}
	}
	if lines["shy"].Missed < 3 || lines["brief"].Answered == 0 || lines["long"].Answered == 0 || lines["nobody"].Abandoned == 0 ||
		lines["slow"].TimedOut == 0 || lines["dead"].TimedOut == 0 || lines["quiet"].Cancelled == 0 ||
		lines["keyed"].ByKey == 0 || lines["empty"].Empty == 0 {
		t.Error("some kind of call did not happen")
	}
}

// compareCallers compares call by call: the uniqueid is the contact's, the number the caller's, the queues those he joined,
// who hung up is as the queue's agents do.
func compareCallers(t *testing.T, calls []queuelogtest.Call, contacts map[string]query.Contact) {
	t.Helper()
	queues := map[string][]string{}
	ends := map[string]string{"brief": "COMPLETEAGENT", "long": "COMPLETECALLER", "slow": "", "nobody": "", "dead": "", "quiet": "", "shy": "COMPLETEAGENT"}
	for _, c := range calls {
		if contact, ok := contacts[c.Number]; !ok || contact.ID != c.ID || c.Open {
			t.Errorf("%+v is not the call of contact %s", c, contact.ID)
		}
		queues[c.Number] = append(queues[c.Number], c.Queue)
		if c.Agent != "" && c.Completed != ends[c.Queue] {
			t.Errorf("%+v was not completed by %s", c, ends[c.Queue])
		}
	}
	for number, c := range contacts {
		if !slices.Equal(queues[number], c.Queues) {
			t.Errorf("%s was in %v, the API says %v", number, queues[number], c.Queues)
		}
	}
}

// wantAgentLines looks for what agents did: logged in, took calls, were paused for misses and by a person, left.
func (p *product) wantAgentLines(lines []queuelogtest.Line) {
	p.t.Helper()
	var of []string
	for _, l := range lines {
		if l.Agent == "PJSIP/301" && (l.Call == "NONE" || l.Call == "MANAGER") {
			of = append(of, strings.Join([]string{l.Queue, l.Event, l.Data[0]}, " "))
		}
	}
	want := []string{"brief ADDMEMBER ", "NONE PAUSEALL lunch", "brief PAUSE lunch", "NONE UNPAUSEALL lunch", "brief UNPAUSE lunch", "brief REMOVEMEMBER "}
	if !slices.Equal(of, want) {
		p.t.Errorf("of b1: %q, want %q", of, want)
	}
	for _, l := range lines {
		if l.Event == "EXITWITHKEY" && l.Data[0] != "9" {
			p.t.Errorf("%+v was left by key 9", l)
		}
		if l.Event == "CONNECT" && !strings.HasPrefix(l.Data[1], "fl.leg."+l.Call+".") {
			p.t.Errorf("the agent's channel of %+v is none of ours", l)
		}
	}
	paused := slices.ContainsFunc(lines, func(l queuelogtest.Line) bool {
		return l.Agent == "PJSIP/321" && l.Event == "PAUSE" && l.Queue == "shy" && l.Data[0] == "Auto-Pause"
	})
	if !paused {
		p.t.Error("s1 was not paused for his misses")
	}
	if starts := slices.IndexFunc(lines, func(l queuelogtest.Line) bool { return l.Event == "QUEUESTART" }); starts != 0 {
		p.t.Errorf("QUEUESTART is line %d", starts+1)
	}
}
