package api

import (
	"context"

	"firstline/analytics/metric"
	"firstline/analytics/query"
)

// Reports answers from ClickHouse: *query.Reader.
type Reports interface {
	Queues(ctx context.Context, req query.QueueRequest) (metric.QueueReport, error)
	Agents(ctx context.Context, req query.AgentRequest) (metric.AgentReport, error)
	Contacts(ctx context.Context, req query.ContactRequest) (metric.ContactReport, error)
	Tickets(ctx context.Context, req query.TicketRequest) (metric.TicketReport, error)
	Backlog(ctx context.Context, req query.BacklogRequest) (metric.BacklogReport, error)
	Today(ctx context.Context, req query.TodayRequest) (metric.Today, error)
	Search(ctx context.Context, req query.SearchRequest) (query.ContactPage, error)
	Timeline(ctx context.Context, id string, personal bool) (query.Timeline, error)
	Recordings(ctx context.Context, contact string) ([]query.Recording, error)
	Abandoned(ctx context.Context, req query.AbandonedRequest) (query.AbandonedPage, error)
	Voicemails(ctx context.Context, req query.VoicemailRequest) (query.VoicemailPage, error)
	Callbacks(ctx context.Context, req query.CallbackRequest) (query.CallbackPage, error)
	TicketList(ctx context.Context, req query.TicketListRequest) (query.TicketPage, error)
	Ticket(ctx context.Context, system, id string) (query.TicketLife, error)
}

var _ Reports = (*query.Reader)(nil)

// Each report's body, with its rows as CSV.
type (
	queueReport   struct{ metric.QueueReport }
	agentReport   struct{ metric.AgentReport }
	contactReport struct{ metric.ContactReport }
	ticketReport  struct{ metric.TicketReport }
	backlogReport struct{ metric.BacklogReport }
)

func (r queueReport) csvRows() any   { return r.Rows }
func (r agentReport) csvRows() any   { return r.Rows }
func (r contactReport) csvRows() any { return r.Rows }
func (r ticketReport) csvRows() any  { return r.Rows }
func (r backlogReport) csvRows() any { return r.Rows }

type queueMetricsInput struct {
	WindowQuery
	GroupBy      []string   `query:"group_by" enum:"interval,queue,language" doc:"What the rows are split by, comma-separated"`
	AttributeBy  string     `query:"attribute_by" default:"offered" enum:"offered,answered,ended" doc:"The instant that decides to which interval an entry belongs"`
	Queue        []string   `query:"queue" doc:"Only these queues, comma-separated; without it all"`
	ServiceLevel optionalMS `query:"service_level_ms" minimum:"0" doc:"T of the service level for all queues, in place of each queue's own"`
	ShortAbandon optionalMS `query:"short_abandon_ms" minimum:"0" doc:"Limit of short abandons for all queues, in place of each queue's own"`
}

type queueMetricsOutput struct{ Body queueReport }

func (a *API) queueMetrics(ctx context.Context, _ principal, in *queueMetricsInput) (*queueMetricsOutput, error) {
	w, err := in.request(in.GroupBy)
	if err != nil {
		return nil, err
	}
	report, err := a.reports.Queues(ctx, query.QueueRequest{
		WindowRequest: w, AttributeBy: in.AttributeBy, Queues: in.Queue, Limits: a.limits(),
		ServiceLevelMS: in.ServiceLevel.pointer(), ShortAbandonMS: in.ShortAbandon.pointer(),
	})
	return &queueMetricsOutput{queueReport{report}}, err
}

// limits are the configured queues' own.
func (a *API) limits() metric.Limits {
	l := metric.Limits{
		Default: metric.QueueLimits{ServiceLevelMS: defaultServiceLevel.Milliseconds(), ShortAbandonMS: defaultShortAbandon.Milliseconds()},
		Queues:  map[string]metric.QueueLimits{},
	}
	for _, q := range a.site().Queues {
		t, short := q.limits()
		l.Queues[q.ID] = metric.QueueLimits{Queue: q.ID, ServiceLevelMS: t, ShortAbandonMS: short}
	}
	return l
}

type agentMetricsInput struct {
	WindowQuery
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,agent,team,queue" doc:"What the rows are split by, comma-separated; without it by agent"`
	Agent   []string `query:"agent" nullable:"false" doc:"Only these agents, comma-separated; an agent always sees himself only"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only offers and calls of these queues"`
}

type agentMetricsOutput struct{ Body agentReport }

func (a *API) agentMetrics(ctx context.Context, who principal, in *agentMetricsInput) (*agentMetricsOutput, error) {
	w, err := in.request(in.GroupBy)
	if err != nil {
		return nil, err
	}
	agents := in.Agent
	if who.isAgent() {
		agents = []string{who.Agent}
	}
	report, err := a.reports.Agents(ctx, query.AgentRequest{WindowRequest: w, Agents: agents, Queues: in.Queue, Teams: a.teams()})
	return &agentMetricsOutput{agentReport{report}}, err
}

// teams are those of each agent.
func (a *API) teams() map[string][]string {
	out := make(map[string][]string, len(a.site().Agents))
	for _, c := range a.site().Agents {
		out[c.ID] = c.Teams
	}
	return out
}

type contactMetricsInput struct {
	WindowQuery
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,queue,language,agent" doc:"What the rows are split by, comma-separated; queue and agent are the contact's last"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only contacts whose last queue is one of these"`
	Days    int      `query:"days" default:"7" minimum:"1" maximum:"90" doc:"N: within how many days a further contact counts as a repeat"`
}

type contactMetricsOutput struct{ Body contactReport }

func (a *API) contactMetrics(ctx context.Context, _ principal, in *contactMetricsInput) (*contactMetricsOutput, error) {
	req, err := in.contactRequest()
	if err != nil {
		return nil, err
	}
	report, err := a.reports.Contacts(ctx, req)
	return &contactMetricsOutput{contactReport{report}}, err
}

type ticketMetricsOutput struct{ Body ticketReport }

func (a *API) ticketMetrics(ctx context.Context, _ principal, in *contactMetricsInput) (*ticketMetricsOutput, error) {
	req, err := in.contactRequest()
	if err != nil {
		return nil, err
	}
	req.Schedule = a.site().ticketSchedule()
	report, err := a.reports.Tickets(ctx, req)
	report.Schedule = a.site().Integrations.Tickets.Schedule
	return &ticketMetricsOutput{ticketReport{report}}, err
}

type backlogMetricsInput struct {
	WindowQuery
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,agent,queue,team,priority,reason" doc:"What the rows are split by, comma-separated; as the ticket stood then"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only tickets that were in one of these queues then"`
}

type backlogMetricsOutput struct{ Body backlogReport }

// backlogMetrics answers what came in of tickets, what was done, and what is left.
func (a *API) backlogMetrics(ctx context.Context, _ principal, in *backlogMetricsInput) (*backlogMetricsOutput, error) {
	w, err := in.request(in.GroupBy)
	if err != nil {
		return nil, err
	}
	report, err := a.reports.Backlog(ctx, query.BacklogRequest{WindowRequest: w, Queues: in.Queue})
	return &backlogMetricsOutput{backlogReport{report}}, err
}

func (in contactMetricsInput) contactRequest() (query.ContactRequest, error) {
	w, err := in.request(in.GroupBy)
	return query.ContactRequest{WindowRequest: w, Queues: in.Queue, Days: in.Days}, err
}

type wallboardInput struct {
	Zone  string   `query:"tz" default:"UTC" maxLength:"64" doc:"IANA time zone in which the day begins" example:"Europe/Berlin"`
	Step  string   `query:"step" default:"15m" enum:"15m,30m,1h" doc:"Length of the series' intervals"`
	Queue []string `query:"queue" nullable:"false" doc:"Only these queues"`
}

type wallboardOutput struct{ Body metric.Today }

// wallboard answers today's figures by queue, and the series behind its chart.
func (a *API) wallboard(ctx context.Context, _ principal, in *wallboardInput) (*wallboardOutput, error) {
	today, err := a.reports.Today(ctx, query.TodayRequest{Zone: in.Zone, Step: in.Step, Queues: in.Queue, Limits: a.limits()})
	return &wallboardOutput{today}, err
}
