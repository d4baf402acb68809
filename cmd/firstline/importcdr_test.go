package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/client"
)

// pastDetails are the call detail records of the exchange whose queue_log past gives: those of its queue calls, of which every second
// doesn't say Queue, and of the calls that came to no queue.
func pastDetails() []string {
	out := []string{"start,answer,end,src,dst,channel,dstchannel,lastapp,disposition,uniqueid\n"}
	put := func(at, ring, talk int64, id int, src, dst, channel, peer, app, disposition string) {
		answer := ""
		if disposition == "ANSWERED" {
			answer = pastStamp(at + ring)
		}
		out = append(out, fmt.Sprintf("%s,%s,%s,%s,%s,%s,%s,%s,%s,%d.%d\n",
			pastStamp(at), answer, pastStamp(at+ring+talk), src, dst, channel, peer, app, disposition, at, id))
	}
	for i := range pastCalls {
		at := pastBegan().Unix() + int64(i)*60
		put(at-3, 1, 40, i, fmt.Sprintf("+4930555%04d", i), "500", fmt.Sprintf("PJSIP/trunk-%08x", i), "", []string{"Queue", "Hangup"}[i%2], "ANSWERED")
		id, talk := pastCalls+i, int64(1+i%30)
		switch i % 30 {
		case 1:
			put(at+5, 4, talk, id, "+4940111", "301", "PJSIP/trunk-a1", "PJSIP/301-a2", "Dial", "ANSWERED")
		case 2:
			put(at+5, 20, 0, id, "+4940112", "301", "PJSIP/trunk-a3", "PJSIP/301-a4", "Dial", "NO ANSWER")
		case 3:
			put(at+5, 4, talk, id, "301", "040113", "PJSIP/301-a5", "PJSIP/trunk-a6", "Dial", "ANSWERED")
		case 4:
			put(at+5, 4, 0, id, "301", "040113", "PJSIP/301-a5", "PJSIP/trunk-a6", "Dial", "BUSY")
		case 5:
			put(at+5, 4, talk, id, "301", "302", "PJSIP/301-a5", "PJSIP/302-a6", "Dial", "ANSWERED")
		}
	}
	return out
}

// pastStamp is a time as the exchange, which stands in Berlin, writes it.
func pastStamp(at int64) string { return time.Unix(at+3600, 0).UTC().Format(time.DateTime) }

// TestImportCalls brings call detail records in beside queue_log on the running product, twice. The API has each call once: those in
// queues as queue_log tells them, and the others by what a count of the rows says.
func TestImportCalls(t *testing.T) {
	t.Parallel()
	p := startProduct(t, "importcalls", failing)
	lines, rows := past(), pastDetails()
	p.must(os.WriteFile(filepath.Join(p.dir, "names.csv"), []byte("queue,600,second\n"), 0o600))
	p.wantImported(0, "3000 calls with 3000 stays", p.pastFile("queue_log", lines))
	file := p.pastFile("Master.csv.gz", rows)
	p.wantCalls(1, "say which calls come from outside: --trunk", file)
	p.wantCalls(1, "which was not imported yet for this node", "--node", "other", "--trunk", "PJSIP/trunk*", file)
	args := []string{"--tz", "Europe/Berlin", "--trunk", "PJSIP/trunk*", "--final"}
	p.wantCalls(0, "Nothing is written", slices.Concat(args, []string{"--dry-run", file})...)
	p.wantCalls(0, "3000 more calls were in a queue", append(args, file)...)
	p.wantDetails(rows)
	p.wantPast(lines)
	p.wantCalls(0, "0 facts are new, 2300 were taken in before", append(args, file)...)
	p.wantCalls(3, "bad.csv:2: \"BLUE\" is none that Asterisk writes", append(args, p.pastFile("bad.csv", []string{rows[0], strings.Replace(rows[2], "ANSWERED", "BLUE", 1)}))...)
	p.wantImported(0, "0 facts are new", filepath.Join(p.dir, "queue_log"))
	p.wantDetails(rows)
	p.wantPast(lines)
}

func (p *product) wantCalls(code int, text string, args ...string) {
	p.t.Helper()
	p.wantImport(code, text, "cdr", args...)
}

// pastKind is what is counted of the calls of one kind.
type pastKind struct{ Calls, Answered, TalkMS int64 }

// wantDetails compares the API's contacts with a count of the rows, and of queue_log's calls.
func (p *product) wantDetails(rows []string) {
	p.t.Helper()
	want := map[string]pastKind{"inbound": {Calls: pastCalls, Answered: pastCalls * 2 / 3}}
	for _, q := range countPast(past()) {
		k := want["inbound"]
		k.TalkMS += q.TalkMS
		want["inbound"] = k
	}
	for _, r := range rows[1:] {
		f := strings.Split(strings.TrimSpace(r), ",")
		if f[7] != "Dial" {
			continue
		}
		kind := "internal"
		switch {
		case strings.HasPrefix(f[5], "PJSIP/trunk"):
			kind = "inbound"
		case strings.HasPrefix(f[6], "PJSIP/trunk"):
			kind = "outbound"
		}
		k := want[kind]
		k.Calls++
		if f[8] == "ANSWERED" {
			from, err := time.Parse(time.DateTime, f[1])
			p.must(err)
			until, err := time.Parse(time.DateTime, f[2])
			p.must(err)
			k.Answered++
			k.TalkMS += until.Sub(from).Milliseconds()
			if kind == "internal" { // both are agents
				k.TalkMS += until.Sub(from).Milliseconds()
			}
		}
		want[kind] = k
	}
	got := map[string]pastKind{}
	seen, twice := map[string]bool{}, 0
	for c, err := range p.api.AllContacts(context.Background(), client.ListContactsParams{From: pastBegan().Add(-time.Hour), Until: pastBegan().Add((pastCalls + 60) * time.Minute)}) {
		p.must(err)
		if seen[c.ID] {
			twice++
		}
		seen[c.ID] = true
		k := got[c.Kind]
		k.Calls++
		if c.TalkMS != nil {
			k.TalkMS += *c.TalkMS
		}
		if len(c.Agents) > 0 {
			k.Answered++
		}
		got[c.Kind] = k
	}
	if twice > 0 {
		p.t.Errorf("%d contacts are there twice", twice)
	}
	for kind, k := range want {
		if got[kind] != k {
			p.t.Errorf("the API says of %s calls %+v, the rows %+v", kind, got[kind], k)
		}
	}
	p.wantPastContacts(want["inbound"].Calls, want["inbound"].Answered)
}

// wantPastContacts compares the API's figures of callers' contacts with a count.
func (p *product) wantPastContacts(calls, answered int64) {
	p.t.Helper()
	report, err := p.api.GetContactMetrics(context.Background(), &client.GetContactMetricsParams{From: pastBegan().Add(-time.Hour), Until: pastBegan().Add((pastCalls + 60) * time.Minute)})
	p.must(err)
	if len(report.Rows) != 1 || report.Rows[0].Contacts != calls || report.Rows[0].Answered != answered {
		p.t.Errorf("the contacts' figures are %+v, the lines say %d and %d answered", report.Rows, calls, answered)
	}
}

// TestImportCallsAsked reads what is said of a command line that is wrong.
func TestImportCallsAsked(t *testing.T) {
	for want, args := range map[string]string{
		"say which calls come from outside":              "Master.csv",
		"write CONTEXT=inbound, =outbound or =internal":  "--context x=in Master.csv",
		"write a channel's name, with * for any letters": "--trunk [ Master.csv",
		"the column dstchannel is missing":               "--columns start,channel,disposition Master.csv",
		"Asterisk's are /var/log/asterisk/cdr-csv":       "--trunk x",
		"none is not there; Asterisk's is /var/log":      "--trunk x --dry-run none",
	} {
		var out, failed strings.Builder
		code := run(t.Context(), append([]string{"import", "cdr", "--config", "../../deploy/firstline.yaml"}, strings.Fields(args)...), func(string) string { return "x" }, nil, &out, &failed)
		if code != exitFault || !strings.Contains(failed.String(), want) {
			t.Errorf("%s: code %d, %s; want %q", args, code, failed.String(), want)
		}
	}
}
