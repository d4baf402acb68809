package api

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"firstline/analytics/metric"
	"firstline/analytics/query"
)

// TicketsQuery says which tickets are meant.
type TicketsQuery struct {
	From     time.Time `query:"from" doc:"Begin of the window in which they were opened, inclusive, RFC 3339; without it from the first on" example:"2026-03-02T00:00:00+01:00"`
	Until    time.Time `query:"until" doc:"End of the window, exclusive, RFC 3339; without it to the last" example:"2026-03-03T00:00:00+01:00"`
	State    []string  `query:"state" nullable:"false" enum:"open,pending,resolved,closed" doc:"Only those that stand so, comma-separated"`
	Priority []string  `query:"priority" nullable:"false" doc:"Only those of these priorities"`
	Agent    []string  `query:"agent" nullable:"false" doc:"Only those of these agents; an agent always sees his own only"`
	Queue    []string  `query:"queue" nullable:"false" doc:"Only those of these queues"`
	Customer string    `query:"customer" maxLength:"300" doc:"Only those of this customer"`
}

type (
	ticketsInput struct {
		TicketsQuery
		PageQuery
	}
	ticketsExport struct {
		TicketsQuery
		ExportQuery
	}
)

type ticketPage struct {
	AsOf  time.Time       `json:"as_of" doc:"When the answer was computed"`
	Items []metric.Ticket `json:"items" nullable:"false" doc:"Tickets, the one opened last first"`
	Next  *string         `json:"next" doc:"Cursor of the next page; null on the last one"`
}

func (p ticketPage) tableRows() any { return p.Items }
func (p ticketPage) next() *string  { return p.Next }

func (a *API) ticketList(ctx context.Context, who principal, in *ticketsInput) (*listed[ticketPage], error) {
	return onePage(ctx, a.ticketPage, who, in.TicketsQuery, in.PageQuery)
}

func (a *API) exportTickets(ctx context.Context, who principal, in *ticketsExport) (*huma.StreamResponse, error) {
	return export(ctx, a, "tickets", a.ticketPage, who, in.TicketsQuery, in.Format)
}

// ticketPage reads one page of tickets, the one opened last first.
func (a *API) ticketPage(ctx context.Context, who principal, in TicketsQuery, p PageQuery) (ticketPage, error) {
	req := query.TicketListRequest{
		From: in.From, Until: in.Until, States: in.State, Priorities: in.Priority, Agents: in.Agent, Queues: in.Queue, Customer: in.Customer,
		Limit: p.Limit, Cursor: p.Cursor,
	}
	if who.isAgent() {
		req.Agents = []string{who.Agent}
	}
	page, err := a.reports.TicketList(ctx, req)
	for i := range page.Items {
		a.linkTicket(&page.Items[i])
	}
	return ticketPage{AsOf: page.AsOf, Items: page.Items, Next: page.Next}, err
}

type ticketInput struct {
	System string `path:"system" maxLength:"300" doc:"The ticket system" example:"helpdesk"`
	ID     string `path:"id" maxLength:"300" doc:"The ticket's id there" example:"4711"`
}

type ticketOutput struct{ Body query.TicketLife }

// ticket answers one ticket with everything its system told of it. An agent sees his own.
func (a *API) ticket(ctx context.Context, who principal, in *ticketInput) (*ticketOutput, error) {
	life, err := a.reports.Ticket(ctx, in.System, in.ID)
	if err != nil {
		return nil, err
	}
	if who.isAgent() && life.Agent != who.Agent {
		return nil, fail(CodeNotFound, "", nil)
	}
	a.linkTicket(&life.Ticket)
	return &ticketOutput{life}, nil
}

// linkTicket gives a ticket of the configured system its link.
func (a *API) linkTicket(t *metric.Ticket) {
	if i := a.site().Integrations.Tickets; i.TicketURL != "" && t.System == i.System {
		t.URL = strings.ReplaceAll(i.TicketURL, "{id}", url.PathEscape(t.ID))
	}
}
