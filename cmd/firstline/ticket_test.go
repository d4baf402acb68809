package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"firstline/analytics/client"
	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/fact"
	"firstline/telephony/asterisk/sipp"
)

const helpdesk = `
queues: [{id: support, name: Support, ring_timeout: 20s}]
agents: [{id: anna, name: Anna, endpoint: PJSIP/301, pin_hash_env: PIN, queues: [support]}]
dispositions: [solved]
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: ask
    nodes:
      ask: {type: collect, prompt: [conf-getpin], min: 1, max: 6, terminator: "#", timeout: 20s, lookup: true, next: line, no_input: line, gave_up: line}
      line: {type: queue, queue: support}
schedules: [{id: always, zone: Europe/Berlin, open: [{days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", until: "24:00"}]}]
integrations:
  tickets:
    system: helpdesk
    schedule: always
    targets: {low: {first_reply: 1h, warn: 75%}, high: {first_reply: 30m, resolution: 8h}}
    by_number: false
    csv: CUSTOMERS
    ticket_url: "https://help.example/t/{id}"
    webhook_secret_env: TICKETS
`

// TestTicketEndToEnd: a caller known by his ticket's number: found, popped on the agent's page before the answer, talked to,
// and resolved by webhook, with the resolution time in the API. Then the life of another ticket of the call, to its reopening.
func TestTicketEndToEnd(t *testing.T) {
	t.Parallel()
	customers := filepath.Join(t.TempDir(), "customers.csv")
	list := "number,customer,name,ticket,title,status,priority\n,C-7,Ada Winter,70001,No dial tone,open,0\n"
	if err := os.WriteFile(customers, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startProduct(t, "ticket", strings.ReplaceAll(helpdesk, "CUSTOMERS", customers))
	p.phones(p.agent(0, "anna", "301", sipp.Act{Do: sipp.DoAnswer, After: 2 * time.Second, Talk: 2 * time.Second}))
	p.logIn("anna")
	events := p.follow("anna")
	from := time.Now().Add(-time.Second)
	if _, err := p.callers(0, sipp.Call{Name: "ada", Number: "4930555", Dialed: "1000", Patience: time.Minute,
		Presses: []sipp.Press{{After: 500 * time.Millisecond, Digits: "70001#"}}}).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	contact := p.loaded(from, 1)["4930555"]
	p.checkPop(events(), contact.ID)
	resolved := time.Now()
	for id, kind := range map[string]string{"e1": "first_reply", "e2": "resolved"} {
		event := map[string]any{"event_id": id, "type": kind, "time": resolved.UTC().Format(time.RFC3339Nano), "ticket": "70001", "contact": contact.ID}
		p.tell(event)
		p.tell(event) // a repeat counts once
	}
	window := params(map[string]string{"from": from.UTC().Format(time.RFC3339Nano), "until": time.Now().Add(time.Minute).UTC().Format(time.RFC3339Nano)})
	p.waitFor("the resolution time", time.Minute, func() error {
		var report metric.TicketReport
		if err := p.call(http.MethodGet, "/metrics/tickets"+window, nil, &report); err != nil {
			return err
		}
		text, err := json.Marshal(report.Total)
		if err != nil {
			return err
		}
		took := report.Total.FirstResolution
		if took.Count != 1 {
			return errors.New(string(text))
		}
		if want := resolved.Sub(contact.ArrivedAt).Milliseconds(); *took.MaxMS < want-2 || *took.MaxMS > want+2 {
			t.Errorf("call to resolution %d ms, want %d: %s", *took.MaxMS, want, text)
		}
		if hours := report.Total.Business.FirstResolution; hours.Frozen.SumMS != took.SumMS || hours.Recomputed.SumMS != took.SumMS {
			t.Errorf("of an office that never closes: %s", text)
		}
		return nil
	})
	p.checkLife(contact)
	p.checkTargets(contact, window)
}

// checkTargets wants a ticket that was opened 50 minutes ago to be about to breach, and breached when its priority is raised.
func (p *product) checkTargets(contact query.Contact, window string) {
	p.t.Helper()
	opened := time.Now().Add(-50 * time.Minute).UTC().Truncate(time.Millisecond)
	event := func(id, kind, priority string, at time.Time) {
		p.tell(map[string]any{"event_id": id, "type": kind, "priority": priority, "time": at.Format(time.RFC3339Nano), "ticket": "70003", "contact": contact.ID})
	}
	standing := func(state metric.SLAState, due time.Time) {
		p.waitFor("the ticket that is "+string(state), time.Minute, func() error {
			var list struct{ Items []metric.Ticket }
			if err := p.call(http.MethodGet, "/tickets?sort=due_at&unassigned=true&sla="+string(state), nil, &list); err != nil {
				return err
			}
			if len(list.Items) != 1 {
				return fmt.Errorf("%d tickets", len(list.Items))
			}
			if got := list.Items[0]; got.ID != "70003" || got.SLA.FirstReply.State != state || !got.SLA.DueAt.Equal(due) {
				p.t.Errorf("%+v", got)
			}
			return nil
		})
	}
	event("t1", "opened", "low", opened)
	standing(metric.SLAWarning, opened.Add(time.Hour))
	event("t2", "priority_changed", "high", opened.Add(time.Minute))
	standing(metric.SLABreached, opened.Add(30*time.Minute))
	var report metric.TicketReport
	p.must(p.call(http.MethodGet, "/metrics/tickets"+window+"&group_by=priority", nil, &report))
	// The resolution of the ticket before was its reply, in time; resolutions are open.
	if got := report.Total.Targets; got.FirstReply.Numerator != 1 || got.FirstReply.Denominator != 2 || got.Resolution.Percent != nil {
		p.t.Errorf("targets %+v", got)
	}
	p.waitFor("the gauge of the ticket that is breached: its events are known to be loaded", 2*time.Minute, func() error { // it is set once a minute
		if n := p.metric(p.ports.HTTP, "firstline_api_tickets_breached", `priority="high"`); n != 1 {
			return fmt.Errorf("it shows %v", n)
		}
		return nil
	})
}

// checkLife goes on with the ticket of the call until it is reopened, and wants what is told step by step in the answers.
func (p *product) checkLife(contact query.Contact) {
	p.t.Helper()
	began := time.Now().UTC().Truncate(time.Millisecond)
	at := func(step int) time.Time { return began.Add(time.Duration(step) * time.Millisecond) }
	for i, step := range []map[string]any{
		{"type": "opened", "contact": contact.ID, "customer": "C-7", "agent": "anna", "queue": "support", "priority": "normal", "reason": "line"},
		{"type": "pending"},
		{"type": "reassigned", "team": "second"},
		{"type": "priority_changed", "priority": "high"},
		{"type": "resumed", "agent": "anna"},
		{"type": "resolved"},
		{"type": "reopened"},
	} {
		step["event_id"], step["ticket"], step["time"] = "life"+strconv.Itoa(i), "70002", at(i).Format(time.RFC3339Nano)
		p.tell(step)
		p.tell(step) // a repeat counts once
	}
	var life query.TicketLife
	p.waitFor("the reopening", time.Minute, func() error {
		if err := p.call(http.MethodGet, "/tickets/helpdesk/70002", nil, &life); err != nil {
			return err
		}
		if len(life.Events) < 7 {
			return fmt.Errorf("%d events", len(life.Events))
		}
		return nil
	})
	text, err := json.MarshalIndent(life, "", " ")
	p.must(err)
	p.t.Logf("%s", text)
	took := func(until time.Time) int64 { return until.Sub(contact.ArrivedAt).Milliseconds() }
	if life.State != metric.TicketOpen || !life.StateSince.Equal(at(6)) || life.Priority != "high" || life.Agent != "anna" || life.Team != "second" || life.Reason != "line" ||
		!slices.Equal(life.Contacts, []string{contact.ID}) || !life.CallAt.Equal(contact.ArrivedAt) || life.PendingMS != 3 || life.Reopened != 1 || life.Reassigned != 1 ||
		*life.CallToFirstResolutionMS != took(at(5)) || life.CallToFullResolutionMS != nil || life.CallToFirstReplyMS != nil || life.URL != "https://help.example/t/70002" {
		p.t.Errorf("after the reopening: %s", text)
	}
	list, err := p.api.ListTickets(context.Background(), &client.ListTicketsParams{State: []client.ListTicketsParamsState{client.ListTicketsParamsStateOpen}, Priority: []string{"high"}})
	p.must(err)
	if len(list.Items) != 1 || list.Items[0].Ticket != "70002" {
		p.t.Errorf("open and urgent: %+v", list.Items)
	}
	var left metric.BacklogReport
	p.must(p.call(http.MethodGet, "/metrics/backlog"+params(map[string]string{
		"from": contact.ArrivedAt.UTC().Format(time.RFC3339Nano), "until": time.Now().Add(time.Minute).UTC().Format(time.RFC3339Nano), "group_by": "priority",
	}), nil, &left))
	if left.Total.Opened != 2 || left.Total.Backlog == nil || left.Total.Backlog.Open != 1 || left.Total.Reopened != 1 || len(left.Rows) == 0 {
		p.t.Errorf("backlog %+v", left)
	}
}

// sse is one server-sent event and when it was read.
type sse struct {
	client.Event
	at time.Time
}

// follow signs an agent in and reads his live stream; the returned function ends it and gives what came.
func (p *product) follow(agent string) func() []sse {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	p.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	stream, err := p.signedIn(&http.Client{Jar: jar}, agent, testPIN).LiveAgent(ctx)
	p.must(err)
	var all []sse
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = stream.Close() }()
		for {
			e, err := stream.Next()
			if err != nil {
				return
			}
			all = append(all, sse{e, time.Now()})
		}
	}()
	p.t.Cleanup(cancel)
	return func() []sse { cancel(); <-done; return all }
}

// checkPop wants the screen pop with everything known, before the agent's state became talking.
func (p *product) checkPop(events []sse, contact string) {
	p.t.Helper()
	var offered, talking time.Time
	var pop fact.Popup
	for _, e := range events {
		switch e.Name {
		case "offer":
			p.must(e.Into(&pop))
			offered = e.at
		case "agent":
			var v client.AgentView
			p.must(e.Into(&v))
			if v.Agent != nil && v.Agent.State == client.AgentStateTalking && talking.IsZero() {
				talking = e.at
			}
		}
	}
	if offered.IsZero() || talking.IsZero() || !offered.Before(talking) {
		p.t.Errorf("the pop came at %v, the agent talked at %v", offered, talking)
	}
	if pop.Contact != contact || pop.CallerNumber != "4930555" || pop.CustomerName != "Ada Winter" || pop.Ticket == nil ||
		pop.Ticket.ID != "70001" || pop.Ticket.URL != "https://help.example/t/70001" {
		p.t.Errorf("pop %+v", pop)
	}
	p.t.Logf("pop %s before the answer", talking.Sub(offered).Round(time.Millisecond))
}
