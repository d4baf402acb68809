package api

import (
	"context"
	"net/url"
	"strings"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/query"
)

type ticketsInput struct {
	From     time.Time `query:"from" doc:"Begin of the window in which they were opened, inclusive, RFC 3339; without it from the first on" example:"2026-03-02T00:00:00+01:00"`
	Until    time.Time `query:"until" doc:"End of the window, exclusive, RFC 3339; without it to the last" example:"2026-03-03T00:00:00+01:00"`
	State    []string  `query:"state" nullable:"false" enum:"open,pending,resolved,closed" doc:"Only those that stand so, comma-separated"`
	Priority []string  `query:"priority" nullable:"false" doc:"Only those of these priorities"`
	Agent    []string  `query:"agent" nullable:"false" doc:"Only those of these agents; an agent always sees his own only"`
	Queue    []string  `query:"queue" nullable:"false" doc:"Only those of these queues"`
	Customer string    `query:"customer" maxLength:"300" doc:"Only those of this customer"`
	Limit    int       `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"Size of the page"`
	Cursor   string    `query:"cursor" maxLength:"500" doc:"The value of next of the page before"`
}

// ticketPage is a page of tickets, with its items as CSV.
type ticketPage struct {
	AsOf  time.Time       `json:"as_of" doc:"When the answer was computed"`
	Items []metric.Ticket `json:"items" nullable:"false" doc:"Tickets, the one opened last first"`
	Next  *string         `json:"next" doc:"Cursor of the next page; null on the last one"`
}

func (p ticketPage) tableRows() any { return p.Items }

type ticketsOutput struct {
	Link string `header:"Link" doc:"rel=next: the next page, also for CSV"`
	Body ticketPage
}

// ticketList answers one page of tickets, the one opened last first.
func (a *API) ticketList(ctx context.Context, who principal, in *ticketsInput) (*ticketsOutput, error) {
	req := query.TicketListRequest{
		From: in.From, Until: in.Until, States: in.State, Priorities: in.Priority, Agents: in.Agent, Queues: in.Queue, Customer: in.Customer,
		Limit: in.Limit, Cursor: in.Cursor,
	}
	if who.isAgent() {
		req.Agents = []string{who.Agent}
	}
	page, err := a.reports.TicketList(ctx, req)
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		a.linkTicket(&page.Items[i])
	}
	return &ticketsOutput{Link: nextLink(ctx, page.Next), Body: ticketPage{AsOf: page.AsOf, Items: page.Items, Next: page.Next}}, nil
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
