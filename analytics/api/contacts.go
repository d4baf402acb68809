package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"firstline/analytics/query"
	"firstline/pipeline/fact"
)

// ContactsQuery says which contacts are meant.
type ContactsQuery struct {
	From     time.Time `query:"from" required:"true" doc:"Begin of the window of the arrival, inclusive, RFC 3339" example:"2026-03-02T00:00:00+01:00"`
	Until    time.Time `query:"until" required:"true" doc:"End of the window, exclusive, RFC 3339" example:"2026-03-03T00:00:00+01:00"`
	Kind     []string  `query:"kind" nullable:"false" enum:"inbound,outbound,callback,consult,internal,feature" doc:"Only contacts of these kinds, comma-separated; feature: a feature code that an agent dialled"`
	Queue    []string  `query:"queue" nullable:"false" doc:"Only contacts that joined one of these queues"`
	Agent    string    `query:"agent" maxLength:"200" doc:"Only contacts this agent talked to; an agent always sees his own only"`
	Outcome  string    `query:"outcome" enum:"answered,contained,abandoned,refused,failed,open" doc:"Only contacts that ended so; open = still in progress"`
	Customer string    `query:"customer" maxLength:"300" doc:"Only contacts by this customer"`
	Ticket   string    `query:"ticket" maxLength:"300" doc:"Only contacts about this ticket"`
	Number   string    `query:"number" maxLength:"40" doc:"Only callers whose number ends with these digits, three at least, or is the same in the form of callers.region; not for who sees no whole numbers: agents, masked users, keys without personal.read"`
}

type (
	contactsInput struct {
		ContactsQuery
		PageQuery
	}
	contactsExport struct {
		ContactsQuery
		ExportQuery
	}
)

type contactPage struct{ query.ContactPage }

func (p contactPage) tableRows() any { return p.Items }
func (p contactPage) next() *string  { return p.Next }

func (a *API) contacts(ctx context.Context, who principal, in *contactsInput) (*listed[contactPage], error) {
	return onePage(ctx, a.contactPage, who, in.ContactsQuery, in.PageQuery)
}

func (a *API) exportContacts(ctx context.Context, who principal, in *contactsExport) (*huma.StreamResponse, error) {
	return export(ctx, a, "contacts", a.contactPage, who, in.ContactsQuery, in.Format)
}

// contactPage reads one page of contacts, newest first.
func (a *API) contactPage(ctx context.Context, who principal, in ContactsQuery, p PageQuery) (contactPage, error) {
	req := query.SearchRequest{
		From: in.From, Until: in.Until, Kinds: in.Kind, Queues: who.rights.narrowQueues(in.Queue), Agent: in.Agent, Outcome: in.Outcome, Customer: in.Customer,
		Ticket: in.Ticket, Number: in.Number, NumberToo: a.numbers().Of(in.Number), Personal: true, Limit: p.Limit, Cursor: p.Cursor, Bare: p.rest,
	}
	if in.Number != "" && !who.personal() {
		return contactPage{}, fail(CodeForbidden, "who doesn't see callers' numbers can't search by them", nil)
	}
	if who.isAgent() {
		req.Agent = who.Agent
	}
	if req.Agent != "" && !who.rights.agent(req.Agent) {
		req.Queues = []string{} // as of an agent whom there is not
	}
	page, err := a.reports.Search(ctx, req)
	if err != nil {
		return contactPage{}, err
	}
	for i := range page.Items {
		who.rights.contact(&page.Items[i])
	}
	if !who.personal() {
		for i := range page.Items {
			maskContact(&page.Items[i])
		}
	}
	return contactPage{page}, nil
}

type contactInput struct {
	ID string `path:"id" maxLength:"200" doc:"Contact id" example:"pbx1-1763838123.4"`
}

type contactOutput struct{ Body query.Timeline }

// contact answers one contact with everything that happened to it. An agent sees those he talked to.
func (a *API) contact(ctx context.Context, who principal, in *contactInput) (*contactOutput, error) {
	t, err := a.reports.Timeline(ctx, in.ID, true)
	if err != nil {
		return nil, err
	}
	if who.isAgent() && !slices.Contains(t.Agents, who.Agent) {
		return nil, fail(CodeNotFound, "", nil)
	}
	switch visible, err := who.rights.timeline(&t); {
	case err != nil:
		return nil, err
	case !visible:
		return nil, fail(CodeNotFound, "", nil)
	}
	if !who.personal() {
		maskContact(&t.Contact)
		for i := range t.Facts {
			if err := maskFact(&t.Facts[i]); err != nil {
				return nil, err
			}
		}
	}
	return &contactOutput{t}, nil
}

// AbandonedQuery says which callers who gave up are meant.
type AbandonedQuery struct {
	From      time.Time `query:"from" required:"true" doc:"Begin of the window of the hang-up, inclusive, RFC 3339"`
	Until     time.Time `query:"until" required:"true" doc:"End of the window, exclusive, RFC 3339"`
	Queue     []string  `query:"queue" nullable:"false" doc:"Only these queues"`
	MinWaitMS int64     `query:"min_wait_ms" minimum:"0" doc:"Leave out callers who waited less"`
	OnlyLost  bool      `query:"only_lost" doc:"Leave out callers who talked to an agent since"`
	Recall    []string  `query:"recall" enum:"open,came_back,answered,called,reached" doc:"Only those with whom it went on so, comma-separated"`
	Within    int       `query:"within_hours" default:"168" minimum:"1" maximum:"2160" doc:"How many hours after the hang-up something still belongs to it"`
}

type (
	abandonedInput struct {
		AbandonedQuery
		PageQuery
	}
	abandonedExport struct {
		AbandonedQuery
		ExportQuery
	}
)

type abandonedPage struct{ query.AbandonedPage }

func (p abandonedPage) tableRows() any { return p.Items }
func (p abandonedPage) next() *string  { return p.Next }

func (a *API) abandoned(ctx context.Context, who principal, in *abandonedInput) (*listed[abandonedPage], error) {
	return onePage(ctx, a.abandonedPage, who, in.AbandonedQuery, in.PageQuery)
}

func (a *API) exportAbandoned(ctx context.Context, who principal, in *abandonedExport) (*huma.StreamResponse, error) {
	return export(ctx, a, "abandoned", a.abandonedPage, who, in.AbandonedQuery, in.Format)
}

// abandonedPage reads one page of callers who gave up, newest first: the list to call back from.
func (a *API) abandonedPage(ctx context.Context, who principal, in AbandonedQuery, p PageQuery) (abandonedPage, error) {
	page, err := a.reports.Abandoned(ctx, query.AbandonedRequest{
		From: in.From, Until: in.Until, Queues: who.rights.narrowQueues(in.Queue), Personal: true, MinWaitMS: in.MinWaitMS, OnlyLost: in.OnlyLost, Recall: in.Recall, WithinHours: in.Within,
		Limit: p.Limit, Cursor: p.Cursor, Bare: p.rest,
	})
	if !who.personal() {
		for i := range page.Items {
			maskText(page.Items[i].CallerNumber)
		}
	}
	return abandonedPage{page}, err
}

// shownDigits is how much of a number somebody sees who may not see it whole: an agent of a call that is over.
const shownDigits = 3

// mask keeps the last digits of a number.
func mask(number string) string {
	if number == "" {
		return ""
	}
	shown := min(shownDigits, len(number)/2)
	return strings.Repeat("•", len(number)-shown) + number[len(number)-shown:]
}

func maskContact(c *query.Contact) {
	c.CallerName = nil
	maskText(c.CallerNumber)
	if c.Kind == fact.KindOutbound { // whom an agent called
		maskText(&c.Dialed)
	}
}

// maskText masks a number in its place; nil stays nil.
func maskText(number *string) {
	if number != nil {
		*number = mask(*number)
	}
}

// maskFact does the same to the facts that carry personal data.
func maskFact(f *query.TimelineFact) (err error) {
	switch f.Type {
	case fact.TypeArrived:
		f.Data, err = change(f.Data, func(d *fact.Arrived) {
			if d.CallerNumber, d.CallerName = mask(d.CallerNumber), ""; d.Kind == fact.KindOutbound {
				d.Dialed = mask(d.Dialed)
			}
		})
	case fact.TypeIdentified:
		f.Data, err = change(f.Data, func(d *fact.Identified) { d.Digits, d.CustomerName = mask(d.Digits), "" })
	default: // no other fact carries any
	}
	return err
}

func change[T any](raw json.RawMessage, f func(*T)) (json.RawMessage, error) {
	var d T
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	f(&d)
	return json.Marshal(d)
}
