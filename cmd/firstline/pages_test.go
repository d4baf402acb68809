package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"firstline/analytics/query"
	"firstline/pipeline/fact"
	"firstline/pipeline/parts"
	"firstline/telephony/asterisk/sipp"
)

// pages is a support line of one agent, an expert whom she asks, a supervisor's phone, and two agents who sit where they like; callers wait for her also while she is
// not there, or have themselves called back.
const pages = `
pause_reasons: [break, {name: training, billable: true}]
dispositions: [solved, forwarded]
queues: [{id: support, name: Support, ring_timeout: 20s, wrap_up: 40s, wrap_up_extend: 30s, join_empty: true, service_level: 20s, short_abandon: 1s, recording: {mode: all, keep: 24h}, callback: {ring: 20s}}, {id: experts, name: Experts, ring_timeout: 20s, wrap_up: 5s}]
agents:
  - {id: anna, name: Anna, endpoint: PJSIP/301, pin_hash_env: PIN, queues: [support]}
  - {id: boris, name: Boris, endpoint: PJSIP/302, pin_hash_env: PIN, queues: [experts]}
  - {id: sue, name: Sue, endpoint: PJSIP/303}
  - {id: max, name: Max, endpoint: PJSIP/304}
  - {id: rita, name: Rita, number: "1001", pin_hash_env: PIN, queues: [experts]}
  - {id: nora, name: Nora, number: "1002", pin_hash_env: PIN, queues: [experts]}
features: {login: "*11", login_pin: true}
seats: [{id: window, name: Window, endpoint: PJSIP/305}, {id: door, name: Door, endpoint: PJSIP/306}]
outbound: {endpoint: "PJSIP/{number}@trunk", caller_id: "Acme <4930100>", allow: ["4930*"]}
entries: [{number: "5000", flow: mail}, {number: "*", flow: main}]
recordings: {dir: RECORDINGS}
incidents: [{id: outage, name: Outage in the north, media: [sorry-youre-having-problems]}]
ivr:
  - id: mail
    start: leave
    nodes:
      leave: {type: voicemail, queue: support, prompt: [beep], silence: 1s, next: bye}
      bye: {type: hangup}
  - id: main
    start: news
    nodes:
      news: {type: incident, next: ask}
      ask: {type: collect, prompt: [conf-getpin], min: 1, max: 6, terminator: "#", timeout: 20s, lookup: true, next: line, no_input: line, gave_up: line}
      line: {type: queue, queue: support, keys: {"2": back}}
      back: {type: callback, queue: support, confirm: [beep, "{digits}"], prompt: [beep], next: bye, gave_up: line}
      bye: {type: hangup}
integrations:
  tickets: {system: helpdesk, by_number: false, csv: CUSTOMERS, ticket_url: "https://help.example/t/{id}"}
`

// TestPages lets a browser sign in as supervisor and as agent while real calls come in: dashboards/web/e2e/pages.mjs says
// what the pages must show, and asks for the calls and kills it needs. The screens are left in build/screens.
func TestPages(t *testing.T) {
	chromium := parts.Need(t, func() (string, error) { return parts.Program("chromium") })
	node := parts.Need(t, func() (string, error) { return parts.Program("node") })
	parts.Need(t, playwright)
	customers := filepath.Join(t.TempDir(), "customers.csv")
	list := "number,customer,name,ticket,title,status,priority\n,C-7,Ada Winter,70001,No dial tone,open,0\n,C-8,Hal Moor,8,Router restarts,open,0\n"
	if err := os.WriteFile(customers, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startProduct(t, "pages", strings.NewReplacer("CUSTOMERS", customers, "RECORDINGS", filepath.Join(t.TempDir(), "recordings")).Replace(pages))
	p.phones(
		p.agent(0, "anna", "301", sipp.Act{Do: sipp.DoAnswer, After: 3 * time.Second, Talk: 20 * time.Second}),
		p.agent(1, "boris", "302", sipp.Act{Do: sipp.DoAnswer, After: 4 * time.Second, Talk: 2 * time.Minute}),
		p.agent(2, "sue", "303", sipp.Act{Do: sipp.DoAnswer, After: time.Second, Talk: 30 * time.Second}),
		p.agent(3, "window", "305", sipp.Act{Do: sipp.DoDecline}),
		p.customer( // who is called back; then who is asked outside, twice
			sipp.Act{Do: sipp.DoAnswer, After: time.Second, Talk: 3 * time.Second},
			sipp.Act{Do: sipp.DoBusy},
			sipp.Act{Do: sipp.DoAnswer, After: 3 * time.Second, Talk: 3 * time.Second},
		),
	)
	from := time.Now().Add(-time.Second)
	p.browse(node, chromium, p.errands())
	p.checkDisposition(from)
}

// playwright is the folder that set-up fills with npm.
func playwright() (string, error) {
	dir := filepath.Join("..", "..", "dashboards", "web", "node_modules", "playwright-core")
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("%w: run deploy/scripts/setup web", err)
	}
	return dir, nil
}

// errands are what the script may ask for.
func (p *product) errands() map[string]func() {
	ended := make(chan error, 1)
	call := func(n int, c sipp.Call) {
		_, err := p.callers(n, c).Run(context.Background())
		ended <- err
	}
	press := func(digits string) []sipp.Press { return []sipp.Press{{After: 500 * time.Millisecond, Digits: digits}} }
	controller := 0
	p.t.Cleanup(func() {
		if controller != 0 {
			_ = syscall.Kill(controller, syscall.SIGCONT) // or it could not be drained
		}
	})
	return map[string]func(){
		"call by ada": func() {
			go call(0, sipp.Call{Name: "ada", Number: "4930555", Dialed: "1000", Patience: 3 * time.Minute, Presses: press("70001#")})
			p.waitFor("ada to wait", time.Minute, func() error { return p.stage("waiting", 1) })
		},
		"call by ben who gives up": func() {
			p.must(<-ended) // ada's
			call(1, sipp.Call{Name: "ben", Number: "4930777", Dialed: "1000", Patience: 6 * time.Second, Presses: press("9#")})
			p.must(<-ended)
		},
		"call by cora": func() {
			go call(2, sipp.Call{Name: "cora", Number: "4930888", Dialed: "1000", Patience: 40 * time.Second, Presses: press("9#")})
		},
		"call by dora": func() {
			go call(3, sipp.Call{Name: "dora", Number: "4930999", Dialed: "1000", Patience: 24 * time.Second, Presses: press("9#")})
		},
		"call by eve": func() {
			go call(4, sipp.Call{Name: "eve", Number: "4930666", Dialed: "1000", Patience: 30 * time.Second, Presses: press("9#")})
		},
		"gil and hal ask to be called back": func() {
			ask := func(name, number, digits string, start time.Duration) sipp.Call {
				next := 500 * time.Millisecond
				return sipp.Call{Name: name, Number: number, Dialed: "1000", Start: start, Patience: 10 * time.Second,
					Presses: append(press(digits), sipp.Press{After: next, Digits: "2"}, sipp.Press{After: next, Digits: "1"})}
			}
			seen, err := p.callers(0, ask("gil", "4930222", "9#", 0), ask("hal", "4930333", "8#", 300*time.Millisecond)).Run(context.Background())
			p.must(err)
			for _, r := range seen {
				if r.Last() != sipp.WasHungUp {
					p.t.Errorf("%s was not promised a call: %+v", r.Name, r.Events)
				}
			}
		},
		"fay leaves a message": func() {
			_, err := p.callers(5, sipp.Call{Name: "fay", Number: "4930444", Dialed: "5000", Patience: 4 * time.Second}).Run(context.Background())
			p.must(err)
		},
		"nora logs in by the phone at the door": func() {
			own := p.callers(1, sipp.Call{Name: "nora", Number: "306", Dialed: "*11", Patience: time.Minute, Presses: append(press("1002#"), press(testPIN+"#")...)})
			own.User, own.Secret = "306", phoneSecret
			seen, err := own.Run(context.Background())
			p.must(err)
			if len(seen) != 1 || seen[0].Last() != sipp.WasHungUp {
				p.t.Errorf("the phone at the door saw %+v", seen)
			}
		},
		"eve is gone":  func() { p.must(<-ended) },
		"dora is gone": func() { p.must(<-ended) },
		"max wants to listen": func() {
			p.signIn()
			s, err := p.now()
			p.must(err)
			for _, c := range s.Contacts {
				if c.Stage == "talking" {
					body := map[string]string{"action": "monitor", "mode": "listen", "phone": "max"}
					p.must(p.call(http.MethodPost, "/contacts/"+c.ID+"/monitor", body, nil))
				}
			}
		},
		"cora hangs up":       func() { p.must(<-ended) },
		"kill api":            func() { p.killRole("api") },
		"stop controller":     func() { controller = p.roleID("controller"); p.must(syscall.Kill(controller, syscall.SIGSTOP)) },
		"continue controller": func() { p.must(syscall.Kill(controller, syscall.SIGCONT)) },
	}
}

// browse runs parts of the script, without any named all that need calls, and does its errands; what it says is the test's log.
func (p *product) browse(node, chromium string, errands map[string]func(), named ...string) {
	p.t.Helper()
	screens, err := filepath.Abs("../../build/screens")
	p.must(err)
	p.must(os.MkdirAll(screens, 0o750))
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	script := filepath.Join("..", "..", "dashboards", "web", "e2e", "pages.mjs")
	cmd := exec.CommandContext(ctx, node, append([]string{script, p.base(), chromium, screens}, named...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it takes its browser along
	cmd.WaitDelay = 10 * time.Second
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	p.must(err)
	out, err := cmd.StdoutPipe()
	p.must(err)
	p.must(cmd.Start())
	defer func() { _ = cmd.Wait() }() // a test that ends in an errand waits here
	defer cancel()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, asked := strings.CutPrefix(lines.Text(), "do: ")
		if !asked {
			p.t.Log(lines.Text())
			continue
		}
		errands[what]()
		_, err := io.WriteString(in, "true\n")
		p.must(err)
	}
	if err := cmd.Wait(); err != nil {
		p.t.Errorf("the pages: %v", err)
	}
}

// checkDisposition wants what the agent wrote on his desk in the timeline that the API gives.
func (p *product) checkDisposition(from time.Time) {
	p.t.Helper()
	all, err := p.contacts(from)
	p.must(err)
	ada := all[slices.IndexFunc(all, func(c query.Contact) bool { return *c.CallerNumber == "4930555" })]
	p.waitFor("the disposition", time.Minute, func() error {
		var timeline query.Timeline
		if err := p.call(http.MethodGet, "/contacts/"+ada.ID, nil, &timeline); err != nil {
			return err
		}
		for _, f := range timeline.Facts {
			var d fact.Disposition
			if f.Type != fact.TypeDisposition {
				continue
			}
			if err := json.Unmarshal(f.Data, &d); err != nil {
				return err
			}
			if want := (fact.Disposition{Agent: "anna", Queue: "support", Code: "solved", Note: "line was unplugged"}); d != want {
				p.t.Errorf("disposition %+v, want %+v", d, want)
			}
			return nil
		}
		return errors.New("not in the timeline")
	})
}
