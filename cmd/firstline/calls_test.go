package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
)

// lines is the support line of the end-to-end tests. Key 1: agents who hang up first; 2: agents who wait for the caller to;
// 3: a queue nobody serves; 4: good bye; 5: a queue that refuses; 6: a queue that overflows to the first.
const lines = `
pause_reasons: [break]
dispositions: [solved]
queues:
  - {id: brief, name: Brief, strategy: round_robin, ring_timeout: 10s, service_level: 5s, short_abandon: 1s}
  - {id: long, name: Long, ring_timeout: 10s, service_level: 5s, short_abandon: 1s}
  - {id: nobody, name: Nobody, join_empty: true, service_level: 5s, short_abandon: 2s}
  - {id: closed, name: Closed, join_empty: false}
  - {id: slow, name: Slow, join_empty: true, max_wait: 2s, overflow: brief}
agents:
  - {id: b1, name: B1, endpoint: PJSIP/301, pin_hash_env: PIN, queues: [brief]}
  - {id: b2, name: B2, endpoint: PJSIP/302, pin_hash_env: PIN, queues: [brief]}
  - {id: b3, name: B3, endpoint: PJSIP/303, pin_hash_env: PIN, queues: [brief]}
  - {id: b4, name: B4, endpoint: PJSIP/304, pin_hash_env: PIN, queues: [brief]}
  - {id: l1, name: L1, endpoint: PJSIP/311, pin_hash_env: PIN, queues: [long]}
  - {id: l2, name: L2, endpoint: PJSIP/312, pin_hash_env: PIN, queues: [long]}
  - {id: l3, name: L3, endpoint: PJSIP/313, pin_hash_env: PIN, queues: [long]}
  - {id: l4, name: L4, endpoint: PJSIP/314, pin_hash_env: PIN, queues: [long]}
  - {id: l5, name: L5, endpoint: PJSIP/315, pin_hash_env: PIN, queues: [long]}
  - {id: l6, name: L6, endpoint: PJSIP/316, pin_hash_env: PIN, queues: [long]}
  - {id: l7, name: L7, endpoint: PJSIP/317, pin_hash_env: PIN, queues: [long]}
  - {id: l8, name: L8, endpoint: PJSIP/318, pin_hash_env: PIN, queues: [long]}
features: {login: "*11", logout: "*12", ready: "*13", pause: "*14"}
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
          "4": {label: Bye, next: bye}
          "5": {label: Closed, next: closed}
          "6": {label: Slow, next: slow}
        gave_up: bye
      brief: {type: queue, queue: brief}
      long: {type: queue, queue: long}
      nobody: {type: queue, queue: nobody}
      closed: {type: queue, queue: closed}
      slow: {type: queue, queue: slow}
      bye: {type: hangup, media: [vm-goodbye]}
integrations:
  tickets: {system: helpdesk, by_number: false}
`

// kind is a sort of caller of whom it is known beforehand what becomes of him.
type kind struct {
	name     string
	calls    int
	key      string // "" = hangs up in the menu
	patience time.Duration
	result   fact.Result
	reason   fact.Reason
	queues   string // joined, in order
	answered bool
	hungUp   bool // by the caller, in SIPp's eyes
}

func kinds() []kind {
	return []kind{
		{"brief", 60, "1", time.Minute, fact.ResultAnswered, fact.ReasonAgentHungUp, "brief", true, false},
		{"long", 48, "2", 4 * time.Second, fact.ResultAnswered, fact.ReasonCallerHungUp, "long", true, true},
		{"nobody", 40, "3", 4 * time.Second, fact.ResultAbandoned, fact.ReasonCallerHungUp, "nobody", false, true},
		{"bye", 20, "4", time.Minute, fact.ResultContained, fact.ReasonFlowEnded, "", false, false},
		{"closed", 12, "5", time.Minute, fact.ResultRefused, fact.ReasonRefused, "", false, false},
		{"slow", 12, "6", time.Minute, fact.ResultAnswered, fact.ReasonAgentHungUp, "slow,brief", true, false},
		{"menu", 12, "", 1500 * time.Millisecond, fact.ResultAbandoned, fact.ReasonCallerHungUp, "", false, true},
	}
}

// deal makes the calls of all kinds, mixed, one every gap; the number tells the kind.
func deal(gap time.Duration) (calls []sipp.Call, want map[string]kind) {
	want = map[string]kind{}
	left := kinds()
	for n := 0; len(left) > 0; {
		for i := 0; i < len(left); i++ {
			k := &left[i]
			number := fmt.Sprintf("49%d%06d", i+1, n)
			call := sipp.Call{Name: k.name, Number: number, Dialed: "1000", Start: time.Duration(n) * gap, Patience: k.patience}
			if k.key != "" {
				call.Presses = []sipp.Press{{After: 500 * time.Millisecond, Digits: k.key}}
			}
			calls = append(calls, call)
			want[number] = *k
			n++
			k.calls--
		}
		left = slices.DeleteFunc(left, func(k kind) bool { return k.calls == 0 })
	}
	return calls, want
}

func (p *product) lineAgents() []sipp.Agent {
	var out []sipp.Agent
	for i := range 4 {
		n := fmt.Sprint(i + 1)
		out = append(out, p.agent(i, "b"+n, "30"+n, sipp.Act{Do: sipp.DoAnswer, After: 200 * time.Millisecond, Talk: 1500 * time.Millisecond}))
	}
	for i := range 8 { // enough that a caller of theirs never waits until his patience ends
		n := fmt.Sprint(i + 1)
		out = append(out, p.agent(10+i, "l"+n, "31"+n, sipp.Act{Do: sipp.DoAnswer, After: 200 * time.Millisecond, Talk: 5 * time.Minute}))
	}
	return out
}

func lineAgentIDs() []string {
	return []string{"b1", "b2", "b3", "b4", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8"}
}

// contacts reads every contact since from, with the callers' numbers.
func (p *product) contacts(from time.Time) ([]query.Contact, error) {
	var out []query.Contact
	cursor := ""
	for {
		values := map[string]string{"from": from.UTC().Format(time.RFC3339Nano), "until": time.Now().Add(time.Minute).UTC().Format(time.RFC3339Nano), "limit": "100"}
		if cursor != "" {
			values["cursor"] = cursor
		}
		var page query.ContactPage
		if err := p.call(http.MethodGet, "/contacts"+params(values), nil, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Next == nil {
			return out, nil
		}
		cursor = *page.Next
	}
}

// loaded waits until n contacts are closed in ClickHouse and returns them by the caller's number.
func (p *product) loaded(from time.Time, n int) map[string]query.Contact {
	p.t.Helper()
	byNumber := map[string]query.Contact{}
	p.waitFor(fmt.Sprintf("%d closed contacts", n), 2*time.Minute, func() error {
		all, err := p.contacts(from)
		if err != nil {
			return err
		}
		clear(byNumber)
		closed := 0
		for _, c := range all {
			if c.CallerNumber == nil {
				return errors.New("a caller's number is hidden from a supervisor")
			}
			if _, twice := byNumber[*c.CallerNumber]; twice {
				return fmt.Errorf("two contacts of %s", *c.CallerNumber)
			}
			byNumber[*c.CallerNumber] = c
			if !c.Open {
				closed++
			}
		}
		if closed < n {
			return fmt.Errorf("%d of %d are closed", closed, len(all))
		}
		return nil
	})
	return byNumber
}

// TestCallsEqual makes 204 real calls and compares, call by call and in sum, what SIPp saw with what the API says.
func TestCallsEqual(t *testing.T) {
	t.Parallel()
	p := startProduct(t, "e2e", lines)
	stop := p.phones(p.lineAgents()...)
	p.logIn(lineAgentIDs()...)
	from := time.Now().Add(-time.Second)
	calls, want := deal(400 * time.Millisecond)
	seen, err := p.callers(0, calls...).Run(context.Background())
	p.must(err)
	contacts := p.loaded(from, len(calls))
	answers := answeredNumbers(stop())
	if len(seen) != len(calls) || len(contacts) != len(calls) {
		t.Errorf("%d calls were made, SIPp saw %d, the API says %d", len(calls), len(seen), len(contacts))
	}
	sums := newTally()
	for _, r := range seen {
		k := want[r.Number]
		c, ok := contacts[r.Number]
		if !ok {
			t.Errorf("%s of %s: no contact", k.name, r.Number)
			continue
		}
		sums.count(k, r, c)
		for _, wrong := range compare(k, r, answers[r.Number], c) {
			t.Errorf("%s of %s (%s): %s", k.name, r.Number, c.ID, wrong)
		}
	}
	p.compareSums(sums, from)
	p.explained(contacts)
	p.replayed(from, len(calls))
	t.Logf("SIPp and API:\n%s", sums)
}

// answeredNumbers are the callers whom some agent's phone answered.
func answeredNumbers(results []sipp.Result) map[string]int {
	out := map[string]int{}
	for _, r := range results {
		if r.Has(sipp.Answered) {
			out[r.Number]++
		}
	}
	return out
}

// compare tells in what a contact differs from what the phones saw.
func compare(k kind, caller sipp.Result, answers int, c query.Contact) (wrong []string) {
	differ := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if c.Result == nil || *c.Result != k.result || *c.Reason != k.reason {
		differ("ended as %v/%v, want %s/%s", deref(c.Result), deref(c.Reason), k.result, k.reason)
	}
	if got := strings.Join(c.Queues, ","); got != k.queues {
		differ("joined %q, want %q", got, k.queues)
	}
	if (answers > 0) != k.answered || answers > 1 {
		differ("%d agents' phones answered", answers)
	}
	if (c.ToAgentMS != nil) != (answers > 0) {
		differ("the API says answered=%v, the phones %d", c.ToAgentMS != nil, answers)
	}
	if (caller.Last() == sipp.HungUp) != k.hungUp {
		differ("the caller's phone says %q last", caller.Last())
	}
	return wrong
}

func deref[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

// tally holds what SIPp saw beside what the API says, by kind of caller.
type tally struct {
	names              []string
	calls, phone, api  map[string]int
	offered, abandoned int
	answered           int
}

func newTally() *tally {
	return &tally{calls: map[string]int{}, phone: map[string]int{}, api: map[string]int{}}
}

func (s *tally) count(k kind, r sipp.Result, c query.Contact) {
	if s.calls[k.name] == 0 {
		s.names = append(s.names, k.name)
	}
	s.calls[k.name]++
	if (r.Last() == sipp.HungUp) == k.hungUp {
		s.phone[k.name]++
	}
	if c.Result != nil && *c.Result == k.result {
		s.api[k.name]++
	}
	s.offered += len(c.Queues)
	if k.answered {
		s.answered++
	}
	if k.name == "nobody" {
		s.abandoned++
	}
}

func (s *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s %6s %6s %6s\n", "caller", "calls", "SIPp", "API")
	for _, n := range s.names {
		fmt.Fprintf(&b, "%-10s %6d %6d %6d\n", n, s.calls[n], s.phone[n], s.api[n])
	}
	return b.String()
}

// compareSums compares the queue report's totals with the phones' sums.
func (p *product) compareSums(s *tally, from time.Time) {
	p.t.Helper()
	var report metric.QueueReport
	window := params(map[string]string{"from": from.UTC().Format(time.RFC3339Nano), "until": time.Now().UTC().Format(time.RFC3339Nano), "group_by": "queue"})
	p.must(p.call(http.MethodGet, "/metrics/queues"+window, nil, &report))
	total := report.Total
	if *total.Offered != int64(s.offered) || total.Answered != int64(s.answered) || *total.Abandoned != int64(s.abandoned) || *total.StillWaiting != 0 {
		p.t.Errorf("queue report: offered %d answered %d abandoned %d still waiting %d; phones: %d %d %d 0",
			*total.Offered, total.Answered, *total.Abandoned, *total.StillWaiting, s.offered, s.answered, s.abandoned)
	}
	sum := total.Answered + *total.Abandoned + *total.Overflowed + *total.Exited + *total.Callback + *total.Voicemail +
		*total.LeftEmpty + *total.Withdrawn + *total.Failed + *total.StillWaiting
	if sum != *total.Offered {
		p.t.Errorf("offered %d is not the sum of the outcomes %d", *total.Offered, sum)
	}
	if total.Refused.Empty != 12 {
		p.t.Errorf("%d refused joins, want 12", total.Refused.Empty)
	}
}
