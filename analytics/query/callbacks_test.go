package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
)

// promises is two days of callers who are called back: facts of the contacts in which they ask, and of the callbacks.
type promises struct {
	random *rand.Rand
	began  time.Time
	facts  []fact.Fact
}

func newPromises(began time.Time) *promises {
	p := &promises{random: rand.New(rand.NewPCG(7, 11)), began: began}
	for i := range 150 {
		p.caller(i)
	}
	return p
}

func (p *promises) often(percent int) bool { return p.random.IntN(100) < percent }

func (p *promises) queue() string { return []string{"support", "sales"}[p.random.IntN(2)] }

// caller asks in one contact and is called back in another, which may be put off, moved and tried several times, and ends or not.
// Several begin in the same second.
func (p *promises) caller(i int) {
	at, n := p.began.Add(time.Duration(p.random.IntN(48*60))*time.Minute), uint64(0)
	add := func(id string, t fact.Type, d fact.Data) {
		n++
		p.facts = append(p.facts, fact.Fact{Type: t, Subject: id, Sequence: n, Time: at, Source: "controller", Epoch: "e1", Position: uint64(len(p.facts) + 1), Data: d})
	}
	origin, id := fmt.Sprintf("pbx1-%d.1", i), fmt.Sprintf("pbx1-%d.2", i)
	number := fmt.Sprintf("+4930%d", i)
	add(origin, fact.TypeArrived, fact.Arrived{Kind: fact.KindInbound, CallerNumber: number, CallerName: []string{"", number, "Carla"}[p.random.IntN(3)], Language: "en"})
	p.identify(func(d fact.Identified) { add(origin, fact.TypeIdentified, d) })
	n = 0
	at = at.Add(time.Minute)
	queue := p.queue()
	add(id, fact.TypeArrived, fact.Arrived{Kind: fact.KindCallback, CallerNumber: number + "9", Language: "ru"})
	add(id, fact.TypeCallbackPromised, fact.CallbackPromised{
		Origin: origin, Queue: queue, First: fact.FirstAgent, Since: at.Add(-time.Minute), Attempts: 3, ExpiresAt: at.Add(24 * time.Hour),
	})
	promised, attempt := at, 0
	p.identify(func(d fact.Identified) { add(id, fact.TypeIdentified, d) })
	for range p.random.IntN(5) {
		at = at.Add(time.Minute)
		switch p.random.IntN(3) {
		case 0:
			queue = p.queue() // somebody moved it
			add(id, fact.TypeQueued, fact.Queued{Kind: fact.KindCallback, Queue: queue, Position: 1})
		case 1:
			off := fact.CallbackPutOff{Queue: queue, Why: fact.PutOffIncident, Incidents: []string{"outage", "delay"}}
			if until := at.Add(time.Hour); p.often(60) {
				off = fact.CallbackPutOff{Queue: queue, Why: fact.PutOffRetry, Until: &until}
			}
			add(id, fact.TypeCallbackPutOff, off)
		case 2:
			attempt++
			result := []fact.CallbackResult{fact.CallbackReached, fact.CallbackNoAnswer, fact.CallbackBusy, fact.CallbackAgentLeft, fact.CallbackCalledOff}[p.random.IntN(5)]
			add(id, fact.TypeCallbackAttempted, fact.CallbackAttempted{Queue: queue, Attempt: attempt, Result: result, StartedAt: at, EndedAt: at.Add(time.Second)})
		}
	}
	if p.often(50) {
		return // it is open
	}
	at = at.Add(time.Minute)
	add(id, fact.TypeCallbackEnded, fact.CallbackEnded{
		Origin: origin, Queue: queue, Outcome: []fact.CallbackOutcome{fact.CallbackConnected, fact.CallbackNotReached, fact.CallbackCancelled}[p.random.IntN(3)],
		PromisedAt: promised, EndedAt: at, Agent: []string{"", "anna"}[p.random.IntN(2)], Actor: []string{"", "sue"}[p.random.IntN(2)],
	})
	add(id, fact.TypeQueued, fact.Queued{Kind: fact.KindCallback, Queue: "elsewhere", Position: 1}) // the agent asks somebody
}

func (p *promises) identify(add func(fact.Identified)) {
	for range p.random.IntN(3) {
		d := fact.Identified{Result: fact.LookupNotFound}
		if p.often(60) {
			d = fact.Identified{Result: fact.LookupFound, Customer: fmt.Sprintf("C%d", p.random.IntN(9))}
		}
		if d.Customer != "" && p.often(50) {
			d.Ticket = &fact.TicketRef{System: "helpdesk", ID: fmt.Sprint(p.random.IntN(9)), Title: "No dial tone"}
		}
		add(d)
	}
}

// list is what the facts say, gathered plainly: newest first.
func (p *promises) list(req CallbackRequest) []Callback {
	out := []Callback{}
	for _, f := range p.facts {
		if d, ok := f.Data.(fact.CallbackPromised); ok && !f.Time.Before(req.From) && f.Time.Before(req.Until) {
			c := Callback{
				Contact: f.Subject, Origin: d.Origin, State: CallbackOpen, Queue: d.Queue, First: d.First, PromisedAt: f.Time, Since: d.Since,
				Of: int64(d.Attempts), ExpiresAt: d.ExpiresAt, Incidents: []string{},
			}
			for _, subject := range []string{d.Origin, f.Subject} {
				for _, other := range p.facts {
					if other.Subject == subject {
						c.learn(subject == f.Subject, other.Data)
					}
				}
			}
			out = append(out, c)
		}
	}
	out = slices.DeleteFunc(out, func(c Callback) bool {
		return req.Queues != nil && !slices.Contains(req.Queues, c.Queue) || req.State != "" && (c.State == CallbackOpen) != (req.State == CallbackOpen)
	})
	slices.SortFunc(out, func(a, b Callback) int {
		return cmp.Or(b.PromisedAt.Compare(a.PromisedAt), strings.Compare(b.Contact, a.Contact))
	})
	return out
}

// learn takes what a fact says; own: of the callback, not of the contact in which he asked.
func (c *Callback) learn(own bool, data fact.Data) {
	stand := func(queue string, why *fact.CallbackWhy, until *time.Time, incidents []string) {
		if c.EndedAt == nil {
			c.Queue, c.Why, c.Until, c.Incidents = queue, why, until, append([]string{}, incidents...)
		}
	}
	switch d := data.(type) {
	case fact.Arrived:
		switch {
		case own:
			c.Number, c.Language = d.CallerNumber, d.Language
		case d.CallerName != d.CallerNumber:
			c.Name = d.CallerName
		}
	case fact.Identified:
		if d.Customer != "" {
			c.Customer = d.Customer
		}
		if d.Ticket != nil {
			c.Ticket = d.Ticket
		}
	case fact.Queued:
		stand(d.Queue, nil, nil, nil)
	case fact.CallbackPutOff:
		stand(d.Queue, &d.Why, d.Until, d.Incidents)
	case fact.CallbackAttempted:
		if !slices.Contains([]fact.CallbackResult{fact.CallbackAgentLeft, fact.CallbackCalledOff}, d.Result) {
			c.Attempts++
		}
		c.LastResult, c.LastAt = &d.Result, &d.EndedAt
	case fact.CallbackEnded:
		stand(d.Queue, nil, nil, nil)
		c.State, c.EndedAt, c.Agent, c.Actor = string(d.Outcome), &d.EndedAt, d.Agent, d.Actor
	}
}

// The list is what the facts say, whatever is asked for and however small its pages are.
func TestCallbacks(t *testing.T) {
	began := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	p := newPromises(began)
	r := New(loadFacts(t, slices.Concat(p.facts, p.facts)), DefaultConfig(), time.Now) // each came twice
	all := CallbackRequest{From: began, Until: began.Add(6 * 24 * time.Hour)}
	for name, edit := range map[string]func(*CallbackRequest){
		"all":      func(*CallbackRequest) {},
		"one page": func(r *CallbackRequest) { r.Limit = MaxPage },
		"by one":   func(r *CallbackRequest) { r.Limit, r.Until = 1, began.Add(6*time.Hour) },
		"a queue":  func(r *CallbackRequest) { r.Queues, r.Limit = []string{"sales"}, 7 },
		"no queue": func(r *CallbackRequest) { r.Queues = []string{} },
		"a day":    func(r *CallbackRequest) { r.From, r.Until = began.Add(12*time.Hour), began.Add(36*time.Hour) },
		"open":     func(r *CallbackRequest) { r.State, r.Limit = CallbackOpen, 11 },
		"ended":    func(r *CallbackRequest) { r.State, r.Queues = "ended", []string{"support"} },
	} {
		req := all
		edit(&req)
		want := p.list(req)
		got := callbacksOf(t, r, req)
		for i := range min(len(got), len(want)) {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s:\ngot  %+v\nwant %+v", name, got[i], want[i])
				break
			}
		}
		if len(got) != len(want) || len(want) == 0 && name != "no queue" {
			t.Errorf("%s: %d callbacks, want %d", name, len(got), len(want))
		}
	}
	var invalid *Invalid
	_, err := r.Callbacks(context.Background(), CallbackRequest{From: began, Until: began, State: "x", Limit: MaxPage + 1, Cursor: "!"})
	if !errors.As(err, &invalid) || len(invalid.Problems) != 4 {
		t.Errorf("a bad request: %v", err)
	}
}

// callbacksOf reads every page.
func callbacksOf(t *testing.T, r *Reader, req CallbackRequest) []Callback {
	t.Helper()
	out := []Callback{}
	for {
		page, err := r.Callbacks(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Items...)
		if len(out) > 1000 {
			t.Fatal("the pages come to no end")
		}
		if page.Next == nil {
			return out
		}
		if size := cmp.Or(req.Limit, DefaultPage); len(page.Items) != size {
			t.Fatalf("a page of %d, not the last one, has %d", size, len(page.Items))
		}
		req.Cursor = *page.Next
	}
}
