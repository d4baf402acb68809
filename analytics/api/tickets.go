package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"firstline/pipeline/fact"
	"firstline/pipeline/log"
	"firstline/pipeline/signature"
)

// TicketLog is the API's own log, from which ticket facts are published: *log.Log.
type TicketLog interface {
	Append(r log.Record) (index uint64, facts []fact.Fact, err error)
	Wait(ctx context.Context, index uint64) error // until the record is on disk
	Health() log.Health
}

var _ TicketLog = (*log.Log)(nil)

// Limits of one ticket event.
const (
	maxTicketField = 300
	futureAllowed  = signature.Tolerance // how far the sender's clock may be ahead
)

// TicketEvent is the plain form of a ticket webhook.
type TicketEvent struct {
	EventID string    `json:"event_id" doc:"The sender's id of this event: the same delivery sent again counts once" example:"ev-17"`
	Type    string    `json:"type" enum:"linked,opened,first_reply,pending,resumed,reassigned,priority_changed,resolved,reopened,closed" example:"resolved"`
	Time    time.Time `json:"time" doc:"When it happened by the ticket system's clock" example:"2026-03-02T09:10:00Z"`
	TicketData
}

// TicketData is what an event says beside what it is. It is exported because huma reads no other embedded struct.
type TicketData struct {
	Ticket   string `json:"ticket" doc:"The ticket's id" example:"4711"`
	System   string `json:"system,omitempty" doc:"The ticket system; only integrations.tickets.system is accepted" example:"helpdesk"`
	Contact  string `json:"contact,omitempty" doc:"The contact it belongs to" example:"pbx1-1763838123.4"`
	Customer string `json:"customer,omitempty" example:"C-7"`
	Agent    string `json:"agent,omitempty" doc:"Whose it is from here on; of reassigned: without one it is nobody's" example:"anna"`
	Queue    string `json:"queue,omitempty" example:"support"`
	Team     string `json:"team,omitempty" example:"first"`
	Priority string `json:"priority,omitempty" example:"high"`
	Reason   string `json:"reason,omitempty" doc:"What it is about: the ticket system's category" example:"line"`
}

// CloudEvent is the other form: CloudEvents 1.0, structured mode.
type CloudEvent struct {
	SpecVersion string     `json:"specversion" enum:"1.0"`
	ID          string     `json:"id" doc:"event_id of the plain form" example:"ev-17"`
	Source      string     `json:"source,omitempty" doc:"Not read; other readers of CloudEvents want it" example:"/helpdesk"`
	Type        string     `json:"type" doc:"That of the plain form behind ticket., also as Firstline itself has it: firstline.ticket.resolved.v1" example:"ticket.resolved"`
	Time        time.Time  `json:"time" doc:"When it happened by the ticket system's clock" example:"2026-03-02T09:10:00Z"`
	Data        TicketData `json:"data"`
}

// ticketPrefix is what the types of facts have that those of events lack.
const ticketPrefix = "ticket."

// ticketEventTypes lists the types of events.
func ticketEventTypes() string {
	var names []string
	for _, t := range fact.TicketTypes() {
		names = append(names, strings.TrimPrefix(string(t), ticketPrefix))
	}
	return strings.Join(names, ", ")
}

const cloudEventsType = "application/cloudevents+json"

// Accepted answers a ticket webhook.
type Accepted struct {
	ID string `json:"id" doc:"The event's id in Firstline: system and event id"`
}

// ticketWebhook takes one event of the ticket system: verified, then on disk, then answered.
func (a *API) ticketWebhook(c *fiber.Ctx) error {
	of(c.UserContext()).action = actionTicketEvent
	err := a.takeTicketEvent(c)
	result := "accepted"
	if err != nil {
		result = string(classify(err).Code)
	}
	a.m.ticketEvents.WithLabelValues(result).Inc()
	return err
}

func (a *API) takeTicketEvent(c *fiber.Ctx) error {
	if a.tickets == nil {
		return fail(CodeNotConfigured, "this server has no log for ticket events", nil)
	}
	now := a.clock()
	if err := a.proveTicketEvent(c, now); err != nil {
		return err
	}
	event, err := decodeTicketEvent(c.Get(fiber.HeaderContentType), c.Body())
	if err != nil {
		return err
	}
	f, err := event.fact(a.site(), now)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := a.store(c.UserContext(), f); err != nil {
		return fail(CodeUnavailable, "the event could not be stored; send it again", err)
	}
	a.m.ticketLatency.Observe(time.Since(began).Seconds())
	return c.Status(fiber.StatusAccepted).JSON(Accepted{ID: f.ID()})
}

// proveTicketEvent finds out whether the sender may send: he shows an API key, or signs with the shared secret.
func (a *API) proveTicketEvent(c *fiber.Ctx, now time.Time) error {
	if key := bearer(c); key != "" {
		who, err := a.byKey(c.UserContext(), key)
		var refused *Error
		switch {
		case errors.As(err, &refused):
			return refused
		case err != nil:
			return fail(CodeUnavailable, "keys can't be read", err)
		}
		of(c.UserContext()).who = who
		if who.scopes&writeTickets == 0 {
			return fail(CodeForbidden, writeTickets.describe(), nil)
		}
		return nil
	}
	if a.secrets().webhook == "" {
		return fail(CodeNotConfigured, "set integrations.tickets.webhook_secret_env, or send an API key with the scope tickets.write", nil)
	}
	if err := signature.Verify(a.secrets().webhook, c.Get(signature.Header), c.Body(), now); err != nil {
		return fail(CodeSignature, err.Error(), err)
	}
	of(c.UserContext()).claims = ticketSystem
	return nil
}

// store appends the fact and waits until it is on disk.
func (a *API) store(ctx context.Context, f fact.Fact) error {
	index, _, err := a.tickets.Append(log.Record{Facts: []fact.Fact{f}})
	if err != nil {
		return err
	}
	return a.tickets.Wait(ctx, index)
}

// decodeTicketEvent reads either form into the plain one.
func decodeTicketEvent(contentType string, body []byte) (TicketEvent, error) {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || (media != fiber.MIMEApplicationJSON && media != cloudEventsType) {
		return TicketEvent{}, fail(CodeUnsupportedMedia, "send application/json or "+cloudEventsType, err)
	}
	if media == fiber.MIMEApplicationJSON && !looksLikeCloudEvent(body) {
		var e TicketEvent
		return e, readJSON(body, &e)
	}
	var ce CloudEvent
	if err := readJSON(body, &ce); err != nil {
		return TicketEvent{}, err
	}
	if ce.SpecVersion != "1.0" {
		return TicketEvent{}, invalid("body.specversion", "must be 1.0")
	}
	e := TicketEvent{EventID: ce.ID, Time: ce.Time, TicketData: ce.Data}
	e.Type = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(ce.Type, "firstline."), ticketPrefix), ".v1")
	return e, nil
}

func looksLikeCloudEvent(body []byte) bool {
	var probe struct {
		SpecVersion *string `json:"specversion"`
	}
	return json.Unmarshal(body, &probe) == nil && probe.SpecVersion != nil
}

// readJSON reads one JSON value and nothing after it. Unknown fields are tolerated: senders add their own.
func readJSON(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(into); err != nil {
		return jsonError(err)
	}
	if d.More() {
		return fail(CodeBadRequest, "the body holds more than one JSON value", nil)
	}
	return nil
}

// jsonError says what is wrong with a body in the sender's terms.
func jsonError(err error) error {
	var wrongType *json.UnmarshalTypeError
	var wrongTime *time.ParseError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field != "":
		field := strings.Replace(wrongType.Field, "TicketData.", "", 1) // as Go embeds it, not as it is sent
		return invalid("body."+field, "must not be a "+wrongType.Value)
	case errors.As(err, &wrongTime):
		return invalid("body.time", "is not an RFC 3339 time")
	default:
		return fail(CodeBadRequest, "the body is not a JSON object of this form", err)
	}
}

// fact checks the event and turns it into the fact that is stored. Its time is the sender's.
func (e TicketEvent) fact(site *Site, now time.Time) (fact.Fact, error) {
	system := site.Integrations.Tickets.System
	kind, err := e.check(system, now)
	if err != nil {
		return fact.Fact{}, err
	}
	return fact.Fact{
		Type: kind, Subject: system + ":" + e.Ticket, Time: e.Time.UTC().Truncate(time.Millisecond),
		Data: fact.TicketEvent{
			Type: kind, System: system, EventID: e.EventID, Ticket: e.Ticket, Contact: e.Contact, Customer: e.Customer,
			Agent: e.Agent, Queue: e.Queue, Team: e.Team, Priority: e.Priority, Reason: e.Reason, Schedule: site.ticketSchedule(), ReceivedMS: now.UnixMilli(),
		},
	}, nil
}

func (e TicketEvent) check(system string, now time.Time) (fact.Type, error) {
	kind := fact.Type(ticketPrefix + e.Type)
	if !slices.Contains(fact.TicketTypes(), kind) {
		return "", invalid("body.type", "must be one of "+ticketEventTypes())
	}
	switch {
	case e.EventID == "":
		return "", invalid("body.event_id", "is missing: without it repeated deliveries would count twice")
	case e.Ticket == "":
		return "", invalid("body.ticket", "is missing")
	case e.Time.IsZero():
		return "", invalid("body.time", "is missing")
	case e.Time.After(now.Add(futureAllowed)):
		return "", invalid("body.time", "is in the future")
	case e.Time.Year() < 2000:
		return "", invalid("body.time", "is before the year 2000")
	case e.System != "" && e.System != system:
		return "", invalid("body.system", fmt.Sprintf("must be %q", system))
	case kind == fact.TypeTicketLinked && e.Contact == "":
		return "", invalid("body.contact", "is needed to link a ticket")
	case kind == fact.TypeTicketReassigned && e.Agent == "" && e.Queue == "" && e.Team == "":
		return "", invalid("body.agent", "is needed to reassign a ticket, or a queue or a team")
	case kind == fact.TypeTicketPriority && e.Priority == "":
		return "", invalid("body.priority", "is needed to change a ticket's priority")
	}
	for _, f := range []struct{ name, value string }{
		{"event_id", e.EventID}, {"ticket", e.Ticket}, {"contact", e.Contact}, {"customer", e.Customer},
		{"agent", e.Agent}, {"queue", e.Queue}, {"team", e.Team}, {"priority", e.Priority}, {"reason", e.Reason},
	} {
		if len(f.value) > maxTicketField {
			return "", invalid("body."+f.name, fmt.Sprintf("is longer than %d bytes", maxTicketField))
		}
	}
	return kind, nil
}
