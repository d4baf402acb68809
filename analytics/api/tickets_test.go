package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/metric"
	"firstline/pipeline/fact"
	"firstline/pipeline/schedule"
	"firstline/pipeline/signature"
)

const plainEvent = `{"event_id":"ev-1","type":"resolved","time":"2026-03-02T10:00:00.5+01:00","ticket":"4711","contact":"pbx1-1.1","customer":"c-7","agent":"anna","queue":"support","team":"first","priority":"high","reason":"line","more":{"is":"tolerated"}}`

func (w *world) webhook(body string, headers map[string]string) answer {
	w.t.Helper()
	all := map[string]string{signature.Header: signature.Sign(webhookSecret, time.Now(), []byte(body))}
	for k, v := range headers {
		all[k] = v
	}
	return w.do(call{method: http.MethodPost, path: Prefix + "/tickets/events", body: body, headers: all, host: "127.0.0.1:8080"})
}

func TestTicketEventIsOnDiskWhenAnswered(t *testing.T) {
	w := newWorld(t, options{tickets: true})
	for i, c := range []struct{ body, kind string }{
		{plainEvent, "application/json"},
		{`{"specversion":"1.0","id":"ev-2","source":"/helpdesk","type":"ticket.resolved","time":"2026-03-02T09:00:00.500Z","data":{"ticket":"4711","contact":"pbx1-1.1","customer":"c-7","agent":"anna","queue":"support","team":"first","priority":"high","reason":"line"}}`, "application/cloudevents+json"},
		{`{"specversion":"1.0","id":"ev-3","source":"/helpdesk","type":"firstline.ticket.resolved.v1","time":"2026-03-02T09:00:00.500Z","data":{"ticket":"4711","contact":"pbx1-1.1","customer":"c-7","agent":"anna","queue":"support","team":"first","priority":"high","reason":"line"}}`, "application/json; charset=utf-8"},
	} {
		a := w.webhook(c.body, map[string]string{"Content-Type": c.kind})
		var got Accepted
		a.into(t, &got)
		id := "ev-" + string(rune('1'+i))
		if a.status != http.StatusAccepted || got.ID != "helpdesk/"+id {
			t.Fatalf("%d %s", a.status, a.body)
		}
		facts, err := w.tickets.Read(context.Background(), uint64(i), 10)
		if err != nil || len(facts) != 1 {
			t.Fatalf("%d facts on disk, %v", len(facts), err)
		}
		f := facts[0]
		d, ok := f.Data.(fact.TicketEvent)
		if !ok || f.Type != fact.TypeTicketResolved || f.Subject != "helpdesk:4711" || f.Source != "api/test" || !f.Time.Equal(time.Date(2026, 3, 2, 9, 0, 0, 5e8, time.UTC)) {
			t.Errorf("fact %+v", f)
		}
		if time.Since(time.UnixMilli(d.ReceivedMS)) > time.Minute {
			t.Errorf("received %d", d.ReceivedMS)
		}
		d.ReceivedMS = 0
		if d != (fact.TicketEvent{Type: fact.TypeTicketResolved, System: "helpdesk", EventID: id, Ticket: "4711", Contact: "pbx1-1.1", Customer: "c-7", Agent: "anna", Queue: "support", Team: "first", Priority: "high", Reason: "line"}) {
			t.Errorf("data %+v", d)
		}
	}
	if n := testutil.ToFloat64(w.api.m.ticketEvents.WithLabelValues("accepted")); n != 3 {
		t.Errorf("%v counted", n)
	}
}

// testSchedule is one for tickets.
func testSchedule() schedule.Schedule {
	return schedule.Schedule{ID: "office", Zone: "Europe/Berlin", Open: []schedule.Hours{{Days: []string{"mon"}, From: "08:00", Until: "18:00"}}}
}

func withSchedule(s *Site) {
	s.Schedules, s.Integrations.Tickets.Schedule = []schedule.Schedule{testSchedule()}, "office"
}

// The schedule of tickets is recorded with each event as it is then, and is the one by which a report computes anew.
func TestTicketSchedule(t *testing.T) {
	w := newWorld(t, options{tickets: true, site: withSchedule})
	if a := w.webhook(plainEvent, nil); a.status != http.StatusAccepted {
		t.Fatalf("%d %s", a.status, a.body)
	}
	facts, err := w.tickets.Read(context.Background(), 0, 10)
	if err != nil || len(facts) != 1 || facts[0].Data.(fact.TicketEvent).Schedule != testSchedule().Text() {
		t.Errorf("facts %+v, %v", facts, err)
	}
	var got metric.TicketReport
	w.get(Prefix+"/metrics/tickets"+window, w.signIn("sue")).into(t, &got)
	if w.reports.tickets[0].Schedule != testSchedule().Text() || got.Schedule != "office" {
		t.Errorf("asked %+v, answered %q", w.reports.tickets[0], got.Schedule)
	}
}

func TestTicketEventRefused(t *testing.T) {
	w := newWorld(t, options{tickets: true})
	change := func(old, with string) string { return strings.Replace(plainEvent, old, with, 1) }
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, c := range []struct {
		name, body string
		headers    map[string]string
		want       Code
		field      string
	}{
		{"no signature", plainEvent, map[string]string{signature.Header: ""}, CodeSignature, ""},
		{"another secret", plainEvent, map[string]string{signature.Header: signature.Sign("x", time.Now(), []byte(plainEvent))}, CodeSignature, ""},
		{"another body", plainEvent, map[string]string{signature.Header: signature.Sign(webhookSecret, time.Now(), []byte("{}"))}, CodeSignature, ""},
		{"an old signature", plainEvent, map[string]string{signature.Header: signature.Sign(webhookSecret, time.Now().Add(-6*time.Minute), []byte(plainEvent))}, CodeSignature, ""},
		{"no event id", change(`"event_id":"ev-1",`, ""), nil, CodeInvalid, "body.event_id"},
		{"no ticket", change(`"ticket":"4711",`, ""), nil, CodeInvalid, "body.ticket"},
		{"no time", change(`"time":"2026-03-02T10:00:00.5+01:00",`, ""), nil, CodeInvalid, "body.time"},
		{"no RFC 3339", change(`2026-03-02T10:00:00.5+01:00`, "yesterday"), nil, CodeInvalid, "body.time"},
		{"in the future", change(`2026-03-02T10:00:00.5+01:00`, soon), nil, CodeInvalid, "body.time"},
		{"long ago", change(`2026-03-02`, "1999-03-02"), nil, CodeInvalid, "body.time"},
		{"unknown type", change(`resolved`, "exploded"), nil, CodeInvalid, "body.type"},
		{"another system", change(`"more"`, `"system":"other","more"`), nil, CodeInvalid, "body.system"},
		{"a link to nothing", strings.Replace(change(`resolved`, "linked"), `"contact":"pbx1-1.1",`, "", 1), nil, CodeInvalid, "body.contact"},
		{"reassigned to nobody named", strings.NewReplacer("resolved", "reassigned", `"agent":"anna","queue":"support","team":"first",`, "").Replace(plainEvent), nil, CodeInvalid, "body.agent"},
		{"another priority, not named", strings.NewReplacer("resolved", "priority_changed", `"priority":"high",`, "").Replace(plainEvent), nil, CodeInvalid, "body.priority"},
		{"an endless id", change(`ev-1`, strings.Repeat("x", maxTicketField+1)), nil, CodeInvalid, "body.event_id"},
		{"a number for a text", change(`"4711"`, "4711"), nil, CodeInvalid, "body.ticket"},
		{"no JSON", "{", nil, CodeBadRequest, ""},
		{"two values", plainEvent + plainEvent, nil, CodeBadRequest, ""},
		{"another form", plainEvent, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, CodeUnsupportedMedia, ""},
		{"another CloudEvents", `{"specversion":"0.3","id":"e","type":"ticket.opened","data":{}}`, nil, CodeInvalid, "body.specversion"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := w.webhook(c.body, c.headers).wantProblem(t, c.want)
			if c.field != "" && (len(p.Errors) != 1 || p.Errors[0].Location != c.field) {
				t.Errorf("errors %+v", p.Errors)
			}
		})
	}
	if w.tickets.Position() != 0 {
		t.Error("something refused was stored")
	}
	if n := testutil.ToFloat64(w.api.m.ticketEvents.WithLabelValues(string(CodeSignature))); n != 4 {
		t.Errorf("%v counted", n)
	}
}

// Each type that the reference names is accepted, as is each that there are facts of.
func TestTicketEventOfEachType(t *testing.T) {
	w := newWorld(t, options{tickets: true})
	field, _ := reflect.TypeFor[TicketEvent]().FieldByName("Type")
	if named := strings.ReplaceAll(field.Tag.Get("enum"), ",", ", "); named != ticketEventTypes() {
		t.Errorf("the reference names %s, there are facts of %s", named, ticketEventTypes())
	}
	for _, kind := range strings.Split(ticketEventTypes(), ", ") {
		if a := w.webhook(strings.Replace(plainEvent, "resolved", kind, 1), nil); a.status != http.StatusAccepted {
			t.Errorf("%s: %d %s", kind, a.status, a.body)
		}
	}
}

func TestTicketWebhookWithoutSecretOrLog(t *testing.T) {
	newWorld(t, options{}).webhook(plainEvent, nil).wantProblem(t, CodeNotConfigured)
	newWorld(t, options{tickets: true, site: func(s *Site) { s.Integrations.Tickets.WebhookSecretEnv = "" }}).
		webhook(plainEvent, nil).wantProblem(t, CodeNotConfigured)
}

// The webhook is a program's call: it needs no cookie and no Origin, and a page can't make one without the secret.
func TestTicketWebhookFromABrowser(t *testing.T) {
	w := newWorld(t, options{tickets: true})
	if a := w.webhook(plainEvent, map[string]string{"Origin": "https://helpdesk.example"}); a.status != http.StatusAccepted {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func FuzzDecodeTicketEvent(f *testing.F) {
	f.Add("application/json", []byte(plainEvent))
	f.Add("application/cloudevents+json", []byte(`{"specversion":"1.0","id":"e","type":"ticket.opened","time":"2026-03-02T09:00:00Z","data":{"ticket":"1"}}`))
	f.Add("application/json", []byte(`{"event_id":"e","type":"reassigned","time":"2026-03-02T09:00:00Z","ticket":"1","team":"first","reason":"line"}`))
	f.Add("application/cloudevents+json", []byte(`{"specversion":"1.0","id":"e","type":"firstline.ticket.priority_changed.v1","time":"2026-03-02T09:00:00Z","data":{"ticket":"1","priority":"high"}}`))
	f.Add("application/json", []byte(`{"specversion":null,"type":[]}`))
	now, site := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), DefaultSite()
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		e, err := decodeTicketEvent(kind, body)
		if err != nil {
			if classify(err).Code == CodeInternal {
				t.Fatalf("internal error: %v", err)
			}
			return
		}
		got, err := e.fact(&site, now)
		if err != nil {
			if classify(err).Code != CodeInvalid {
				t.Fatalf("%v", err)
			}
			return
		}
		got.Source, got.Epoch, got.Position = "api/x", "e", 1
		if _, err := fact.Encode(got); err != nil {
			t.Fatalf("accepted, but can't be stored: %v", err)
		}
	})
}
