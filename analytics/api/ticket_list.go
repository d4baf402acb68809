package api

import (
	"context"
	"net/url"
	"slices"
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
	Nobodys  bool      `query:"unassigned" doc:"Only those that are nobody's; with agent, those as well"`
	Queue    []string  `query:"queue" nullable:"false" doc:"Only those of these queues"`
	SLA      []string  `query:"sla" nullable:"false" enum:"running,paused,warning,breached,met" doc:"Only those of which a clock stands so, comma-separated; warning: about to breach"`
	Sort     string    `query:"sort" default:"-opened_at" enum:"-opened_at,due_at" doc:"due_at: the one due first, those that are not due last"`
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
	Items []metric.Ticket `json:"items" nullable:"false" doc:"Tickets, in the order that was asked for"`
	Next  *string         `json:"next" doc:"Cursor of the next page; null on the last one"`
	metric.Freshness
}

func (p ticketPage) tableRows() any { return p.Items }
func (p ticketPage) next() *string  { return p.Next }

func (a *API) ticketList(ctx context.Context, who principal, in *ticketsInput) (*listed[ticketPage], error) {
	return onePage(ctx, a.ticketPage, who, in.TicketsQuery, in.PageQuery)
}

func (a *API) exportTickets(ctx context.Context, who principal, in *ticketsExport) (*huma.StreamResponse, error) {
	return export(ctx, a, "tickets", a.ticketPage, who, in.TicketsQuery, in.Format)
}

// ticketView is what an answer about tickets depends on beside them.
func (a *API) ticketView(who principal) query.TicketView {
	return query.TicketView{SLA: a.site().sla(), Seen: who.rights.narrowQueues(nil)}
}

// ticketAgents is whose tickets are asked for; nobody's are those of the agent without a name.
func (in TicketsQuery) ticketAgents(who principal) []string {
	if who.isAgent() {
		return []string{who.Agent}
	}
	agents := in.Agent
	if len(agents) > 0 {
		agents = who.rights.narrowAgents(agents)
	}
	if in.Nobodys {
		agents = append(slices.Clone(agents), "")
	}
	return agents
}

// ticketPage reads one page of tickets.
func (a *API) ticketPage(ctx context.Context, who principal, in TicketsQuery, p PageQuery) (ticketPage, error) {
	req := query.TicketListRequest{
		TicketView: a.ticketView(who), From: in.From, Until: in.Until, States: in.State, Priorities: in.Priority, Agents: in.ticketAgents(who), Customer: in.Customer,
		Queues: who.rights.narrowQueues(in.Queue), Teams: who.rights.ticketTeams(in.Queue), SLAStates: in.SLA, Sort: query.TicketSort(in.Sort),
		Limit: p.Limit, Cursor: p.Cursor, Bare: p.rest,
	}
	page, err := a.reports.TicketList(ctx, req)
	for i := range page.Items {
		who.rights.ticket(&page.Items[i])
		a.linkTicket(&page.Items[i])
	}
	return ticketPage{Freshness: page.Freshness, Items: page.Items, Next: page.Next}, err
}

type ticketInput struct {
	System string `path:"system" maxLength:"300" doc:"The ticket system" example:"helpdesk"`
	ID     string `path:"id" maxLength:"300" doc:"The ticket's id there" example:"4711"`
}

type ticketOutput struct{ Body query.TicketLife }

// ticket answers one ticket with everything its system told of it. An agent sees his own.
func (a *API) ticket(ctx context.Context, who principal, in *ticketInput) (*ticketOutput, error) {
	life, err := a.reports.Ticket(ctx, in.System, in.ID, a.ticketView(who))
	if err != nil {
		return nil, err
	}
	if who.isAgent() && life.Agent != who.Agent || !who.rights.ticket(&life.Ticket) {
		return nil, fail(CodeNotFound, "", nil)
	}
	for i := range life.Events {
		who.rights.ticketStep(&life.Events[i])
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
