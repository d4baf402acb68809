package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/client"
	"firstline/telephony/asterisk/sipp"
)

// pastCall is what the API says of a call of the past.
type pastCall struct{ Kind, Result, Reason, Agents string }

// TestImportEvents brings the channel events of a real Asterisk in, beside its queue_log and its call detail records: calls of every
// kind, with transfers. Each call is there once, as the phones saw it, whatever is imported how often.
func TestImportEvents(t *testing.T) {
	t.Parallel()
	x := startExchange(t)
	seen := x.calls([]sipp.Act{
		{Do: sipp.DoAnswer, After: 200 * time.Millisecond, Talk: 15 * time.Second},
		{Do: sipp.DoAnswer, After: time.Second, Talk: 6 * time.Second},
		{Do: sipp.DoBusy},
		{Do: sipp.DoRing},
		{Do: sipp.DoAnswer, After: 200 * time.Millisecond, Talk: 30 * time.Second},
	}, []sipp.Call{
		{Name: "101", Number: "4930111", Dialed: "101", Patience: 3 * time.Second},
		{Name: "102", Number: "4930112", Dialed: "102", Patience: 20 * time.Second},
		{Name: "103", Number: "4930113", Dialed: "103", Patience: 3 * time.Second},
		{Name: "104", Number: "4930114", Dialed: "104", Patience: 3 * time.Second},
		{Name: "110", Number: "4930115", Dialed: "110", Patience: 3 * time.Second},
		{Name: "120", Number: "4930116", Dialed: "120", Patience: 3 * time.Second},
		{Name: "130", Number: "4930117", Dialed: "130", Patience: 20 * time.Second},
		{Name: "140", Number: "4930118", Dialed: "140", Patience: 20 * time.Second},
		{Name: "150", Number: "4930119", Dialed: "150", Patience: 3 * time.Second},
		{Name: "160", Number: "4930120", Dialed: "160", Patience: 3 * time.Second},
	}, []sipp.Call{
		{Name: "0405551", Number: "101", Dialed: "0405551", Patience: 3 * time.Second},
		{Name: "0405552", Number: "101", Dialed: "0405552", Patience: 20 * time.Second, Presses: []sipp.Press{{After: time.Second, Digits: "#1"}, {After: 2 * time.Second, Digits: "102"}}},
		{Name: "0405553", Number: "101", Dialed: "0405553", Patience: 3 * time.Second, Presses: []sipp.Press{{After: time.Second, Digits: "*2"}, {After: 2 * time.Second, Digits: "102"}}},
	})

	p := startProduct(t, "importevents", strings.NewReplacer("PJSIP/301", "PJSIP/101", "PJSIP/302", "PJSIP/102").Replace(failing))
	events := filepath.Join(x.folder, "cel-custom")
	p.wantEvents(1, "which was not imported yet for this node", events)
	p.wantImport(0, "1 calls with 1 stays", "queue-log", "--final", filepath.Join(x.folder, "queue_log"))
	p.wantEvents(0, "Nothing is written", "--dry-run", events)
	p.wantEvents(0, "1 more calls were in a queue", events)
	p.wantEventCalls(seen)
	p.wantEvents(0, "0 facts are new", events)
	p.wantImport(0, "11 more calls were taken in from channel events before", "cdr", "--trunk", "PJSIP/trunk", "--final", filepath.Join(x.folder, "cdr-csv"))
	p.wantEvents(3, "bad.csv:1: \"NONSENSE\" is none that Asterisk writes", p.pastFile("bad.csv", []string{strings.Replace(read(t, filepath.Join(events, "Master.csv")), "CHAN_START", "NONSENSE", 1)}))
	p.wantEventCalls(seen)
}

func (p *product) wantEvents(code int, text string, args ...string) {
	p.t.Helper()
	p.wantImport(code, text, "cel", slices.Concat([]string{"--trunk", "PJSIP/trunk", "--final"}, args)...)
}

// wantImport imports a form and wants an exit code and a text.
func (p *product) wantImport(code int, text, form string, args ...string) {
	p.t.Helper()
	cmd := exec.Command(p.program, slices.Concat([]string{"import", form, "--config", p.config}, args)...)
	cmd.Env = p.env
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != code || !strings.Contains(string(out), text) {
		p.t.Errorf("import %s %v: %v, want code %d and %q:\n%s", form, args, err, code, text, out)
	}
}

// wantEventCalls compares the API's calls with what the phones saw.
func (p *product) wantEventCalls(seen map[string]sipp.Result) {
	p.t.Helper()
	want := map[string]pastCall{
		"101": {"inbound", "answered", "caller_hung_up", "anna"},
		"102": {"inbound", "answered", "agent_hung_up", "bert"},
		"103": {"inbound", "failed", "not_reached", ""},
		"104": {"inbound", "failed", "not_reached", ""},
		"110": {"inbound", "answered", "caller_hung_up", "anna"},
		"120": {"inbound", "answered", "caller_hung_up", "bert"},
		"130": {"inbound", "contained", "flow_ended", ""},
		"140": {"inbound", "contained", "flow_ended", ""},
		"":    {"inbound", "answered", "caller_hung_up", "anna"}, // by queue_log, which has no number dialled
		"160": {"inbound", "failed", "command_failed", ""},

		"0405551": {"outbound", "contained", "transferred", "anna"},
		"0405552": {"outbound", "contained", "transferred", "anna bert"},
		"0405553": {"outbound", "contained", "transferred", "anna bert"},
	}
	got := map[string]client.Contact{}
	for c, err := range p.api.AllContacts(context.Background(), client.ListContactsParams{From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Minute)}) {
		p.must(err)
		if _, twice := got[c.Dialed]; twice {
			p.t.Errorf("the call to %s is there twice", c.Dialed)
		}
		got[c.Dialed] = c
	}
	if len(got) != len(want) {
		p.t.Errorf("the API has %d calls, want %d", len(got), len(want))
	}
	for dialed, w := range want {
		c, there := got[dialed]
		if g := (pastCall{c.Kind, text(c.Result), text(c.Reason), strings.Join(c.Agents, " ")}); !there || g != w {
			p.t.Errorf("the call to %q is %+v, want %+v", dialed, g, w)
		}
		if r, one := seen[dialed]; one && r.Has(sipp.Answered) && len(c.Agents) == 1 && c.TalkMS != nil {
			if off := time.Duration(*c.TalkMS)*time.Millisecond - talked(r); off.Abs() > time.Second {
				p.t.Errorf("the call to %s talked %d ms, its phone for %s", dialed, *c.TalkMS, talked(r))
			}
		}
	}
	for dialed, want := range map[string]string{"0405551": "", "0405552": "anna blind 102", "0405553": "anna attended bert"} {
		if transfers := p.transfers(got[dialed].ID); transfers != want {
			p.t.Errorf("the call to %s was handed on: %q, want %q", dialed, transfers, want)
		}
	}
}

// transfers are those of a contact.
func (p *product) transfers(contact string) string {
	p.t.Helper()
	timeline, err := p.api.GetContact(context.Background(), contact)
	p.must(err)
	var out []string
	for _, f := range timeline.Facts {
		if f.Type == "transfer.ended" {
			out = append(out, fmt.Sprint(f.Data["agent"], " ", f.Data["mode"], " ", f.Data["target"]))
		}
	}
	return strings.Join(out, ", ")
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// talked is how long a caller's phone was in talk.
func talked(r sipp.Result) time.Duration {
	var from time.Duration
	for _, e := range r.Events {
		if e.What == sipp.Answered {
			from = e.At
		}
	}
	return r.Events[len(r.Events)-1].At - from
}
