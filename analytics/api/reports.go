package api

import (
	"cmp"
	"context"
	"slices"

	"firstline/analytics/metric"
	"firstline/analytics/query"
)

// Reports answers from ClickHouse: *query.Reader.
type Reports interface {
	Queues(ctx context.Context, req query.QueueRequest) (metric.QueueReport, error)
	Agents(ctx context.Context, req query.AgentRequest) (metric.AgentReport, error)
	Contacts(ctx context.Context, req query.ContactRequest) (metric.ContactReport, error)
	IVR(ctx context.Context, req query.IVRRequest) (metric.IVRReport, error)
	Tickets(ctx context.Context, req query.TicketRequest) (metric.TicketReport, error)
	Staffing(ctx context.Context, req query.StaffingRequest) (metric.StaffingReport, error)
	Quality(ctx context.Context, req query.QualityRequest) (metric.QualityReport, error)
	Backlog(ctx context.Context, req query.BacklogRequest) (metric.BacklogReport, error)
	Today(ctx context.Context, req query.TodayRequest) (metric.Today, error)
	Search(ctx context.Context, req query.SearchRequest) (query.ContactPage, error)
	Timeline(ctx context.Context, id string, personal bool) (query.Timeline, error)
	Recordings(ctx context.Context, contact string) ([]query.Recording, error)
	Abandoned(ctx context.Context, req query.AbandonedRequest) (query.AbandonedPage, error)
	Voicemails(ctx context.Context, req query.VoicemailRequest) (query.VoicemailPage, error)
	Callbacks(ctx context.Context, req query.CallbackRequest) (query.CallbackPage, error)
	TicketList(ctx context.Context, req query.TicketListRequest) (query.TicketPage, error)
	Ticket(ctx context.Context, system, id string, v query.TicketView) (query.TicketLife, error)
	TicketsDue(ctx context.Context, req query.DueRequest) ([]metric.DueCount, error)
}

var _ Reports = (*query.Reader)(nil)

// Each report's body, with its rows as a table.
type (
	queueAnswer struct {
		metric.QueueReport
		Comparison *metric.QueueReport `json:"comparison,omitempty" doc:"The same report of the earlier period that compare asked for"`
	}
	agentAnswer struct {
		metric.AgentReport
		Comparison *metric.AgentReport `json:"comparison,omitempty" doc:"The same report of the earlier period that compare asked for"`
	}
	contactAnswer struct {
		metric.ContactReport
		Comparison *metric.ContactReport `json:"comparison,omitempty" doc:"The same report of the earlier period that compare asked for"`
	}
	ivrAnswer struct {
		metric.IVRReport
		Comparison *metric.IVRReport `json:"comparison,omitempty" doc:"The same report of the earlier period that compare asked for"`
	}
	backlogAnswer struct {
		metric.BacklogReport
		Comparison *metric.BacklogReport `json:"comparison,omitempty" doc:"The same report of the earlier period that compare asked for"`
	}
	ticketAnswer struct {
		metric.TicketReport
		Comparison *metric.TicketReport `json:"comparison,omitempty" doc:"The same report of the earlier period that compare asked for"`
	}
)

func (r queueAnswer) tableRows() any   { return r.Rows }
func (r agentAnswer) tableRows() any   { return r.Rows }
func (r contactAnswer) tableRows() any { return r.Rows }
func (r ivrAnswer) tableRows() any     { return r.Rows }
func (r backlogAnswer) tableRows() any { return r.Rows }
func (r ticketAnswer) tableRows() any  { return r.Rows }

type queueMetricsInput struct {
	WindowQuery
	Compare
	Sorting
	GroupBy      []string   `query:"group_by" enum:"interval,queue,language,skill,customer,agent,team,weekday,hour" doc:"What the rows are split by, comma-separated; agent and team are those of who answered"`
	AttributeBy  string     `query:"attribute_by" default:"offered" enum:"offered,answered,ended" doc:"The instant that decides to which interval an entry belongs"`
	Queue        []string   `query:"queue" doc:"Only these queues, comma-separated; without it all"`
	ServiceLevel optionalMS `query:"service_level_ms" minimum:"0" doc:"T of the service level for all queues, in place of each queue's own"`
	ShortAbandon optionalMS `query:"short_abandon_ms" minimum:"0" doc:"Limit of short abandons for all queues, in place of each queue's own"`
}

type queueMetricsOutput struct{ Body queueAnswer }

func (a *API) queueMetrics(ctx context.Context, who principal, in *queueMetricsInput) (*queueMetricsOutput, error) {
	w, err := in.request(in.GroupBy)
	if err != nil {
		return nil, err
	}
	now, then, err := alongside(ctx, a.reports.Queues, query.QueueRequest{
		WindowRequest: w, AttributeBy: in.AttributeBy, Queues: who.rights.narrowQueues(in.Queue), Teams: a.teams(who), Limits: a.limits(who),
		ServiceLevelMS: in.ServiceLevel.pointer(), ShortAbandonMS: in.ShortAbandon.pointer(),
	}, in.before(w), func(r query.QueueRequest, w query.WindowRequest) query.QueueRequest { r.WindowRequest = w; return r })
	for _, r := range reportsOf(&now, then) {
		r.Rows = slices.DeleteFunc(r.Rows, func(row metric.QueueRow) bool { return who.rights.hides(row.Group) })
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
	}
	return &queueMetricsOutput{queueAnswer{now, then}}, err
}

// limits are the configured queues' own, of those that may be seen.
func (a *API) limits(who principal) metric.Limits {
	l := metric.Limits{
		Default: metric.QueueLimits{ServiceLevelMS: defaultServiceLevel.Milliseconds(), ShortAbandonMS: defaultShortAbandon.Milliseconds()},
		Queues:  map[string]metric.QueueLimits{},
	}
	for _, q := range a.site().Queues {
		if !who.rights.queue(q.ID) {
			continue
		}
		t, short := q.limits()
		l.Queues[q.ID] = metric.QueueLimits{Queue: q.ID, ServiceLevelMS: t, ShortAbandonMS: short}
	}
	return l
}

type agentMetricsInput struct {
	WindowQuery
	Compare
	Sorting
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,agent,team,queue" doc:"What the rows are split by, comma-separated; without it by agent"`
	Agent   []string `query:"agent" nullable:"false" doc:"Only these agents, comma-separated; an agent always sees himself only"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only offers and calls of these queues"`
}

type agentMetricsOutput struct{ Body agentAnswer }

func (a *API) agentMetrics(ctx context.Context, who principal, in *agentMetricsInput) (*agentMetricsOutput, error) {
	w, err := in.request(in.GroupBy)
	if err != nil {
		return nil, err
	}
	agents := who.rights.narrowAgents(in.Agent)
	if who.isAgent() {
		agents = []string{who.Agent}
	}
	now, then, err := alongside(ctx, a.reports.Agents, query.AgentRequest{WindowRequest: w, Agents: agents, Queues: who.rights.narrowQueues(in.Queue), Teams: a.teams(who)},
		in.before(w), func(r query.AgentRequest, w query.WindowRequest) query.AgentRequest { r.WindowRequest = w; return r })
	for _, r := range reportsOf(&now, then) {
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
	}
	return &agentMetricsOutput{agentAnswer{now, then}}, err
}

// teams are those of each agent that may be seen.
func (a *API) teams(who principal) map[string][]string {
	out := make(map[string][]string, len(a.site().Agents))
	for _, c := range a.site().Agents {
		out[c.ID] = keep(c.Teams, who.rights.team)
	}
	return out
}

type contactMetricsInput struct {
	WindowQuery
	Compare
	Sorting
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,queue,language,agent,customer,disposition" doc:"What the rows are split by, comma-separated; queue, agent and disposition are the contact's last"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only contacts whose last queue is one of these"`
	Days    int      `query:"days" default:"7" minimum:"1" maximum:"90" doc:"N: within how many days a further contact counts as a repeat"`
}

type contactMetricsOutput struct{ Body contactAnswer }

func (a *API) contactMetrics(ctx context.Context, who principal, in *contactMetricsInput) (*contactMetricsOutput, error) {
	w, err := in.request(in.GroupBy)
	if err != nil {
		return nil, err
	}
	now, then, err := alongside(ctx, a.reports.Contacts, query.ContactRequest{WindowRequest: w, Queues: who.rights.narrowQueues(in.Queue), Days: in.Days}, in.before(w), contactsAt)
	for _, r := range reportsOf(&now, then) {
		r.Rows = slices.DeleteFunc(r.Rows, func(row metric.ContactRow) bool { return who.rights.hides(row.Group) })
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
	}
	return &contactMetricsOutput{contactAnswer{now, then}}, err
}

type ivrMetricsInput struct {
	WindowQuery
	Compare
	Sorting
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,flow,node" doc:"What the rows are split by, comma-separated; without it by flow and node"`
	Flow    []string `query:"flow" nullable:"false" doc:"Only these menus, comma-separated; without it all"`
}

type ivrMetricsOutput struct{ Body ivrAnswer }

func (a *API) ivrMetrics(ctx context.Context, _ principal, in *ivrMetricsInput) (*ivrMetricsOutput, error) {
	w, err := in.request(in.GroupBy)
	if err != nil {
		return nil, err
	}
	now, then, err := alongside(ctx, a.reports.IVR, query.IVRRequest{WindowRequest: w, Flows: in.Flow}, in.before(w),
		func(r query.IVRRequest, w query.WindowRequest) query.IVRRequest { r.WindowRequest = w; return r })
	for _, r := range reportsOf(&now, then) {
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
	}
	return &ivrMetricsOutput{ivrAnswer{now, then}}, err
}

type ticketMetricsInput struct {
	WindowQuery
	Compare
	Sorting
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,queue,language,agent,team,priority,reason" doc:"What the rows are split by, comma-separated; queue and agent are the contact's last, team, priority and reason the ticket's"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only contacts whose last queue is one of these"`
	Days    int      `query:"days" default:"7" minimum:"1" maximum:"90" doc:"N: within how many days a further contact counts as a repeat"`
}

type ticketMetricsOutput struct{ Body ticketAnswer }

func (a *API) ticketMetrics(ctx context.Context, who principal, in *ticketMetricsInput) (*ticketMetricsOutput, error) {
	w, err := in.request(in.GroupBy)
	if err != nil {
		return nil, err
	}
	sla := a.site().sla()
	req := query.TicketRequest{WindowRequest: w, Queues: who.rights.narrowQueues(in.Queue), Days: in.Days, Schedule: sla.Schedule, Targets: sla.Targets}
	now, then, err := alongside(ctx, a.reports.Tickets, req, in.before(w), contactsAt)
	for _, r := range reportsOf(&now, then) {
		r.Schedule = a.site().Integrations.Tickets.Schedule
		r.Rows = slices.DeleteFunc(r.Rows, func(row metric.TicketRow) bool { return who.rights.hidesTickets(row.Group) })
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
	}
	return &ticketMetricsOutput{ticketAnswer{now, then}}, err
}

func contactsAt(r query.ContactRequest, w query.WindowRequest) query.ContactRequest {
	r.WindowRequest = w
	return r
}

type backlogMetricsInput struct {
	WindowQuery
	Compare
	Sorting
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,agent,queue,team,priority,reason" doc:"What the rows are split by, comma-separated; as the ticket stood then"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only tickets that were in one of these queues then"`
}

type backlogMetricsOutput struct{ Body backlogAnswer }

// backlogMetrics answers what came in of tickets, what was done, and what is left.
func (a *API) backlogMetrics(ctx context.Context, who principal, in *backlogMetricsInput) (*backlogMetricsOutput, error) {
	w, err := in.request(in.GroupBy)
	if err != nil {
		return nil, err
	}
	now, then, err := alongside(ctx, a.reports.Backlog, query.BacklogRequest{
		WindowRequest: w, Queues: who.rights.narrowQueues(in.Queue), Teams: who.rights.ticketTeams(in.Queue), SLA: a.site().sla(),
	}, in.before(w),
		func(r query.BacklogRequest, w query.WindowRequest) query.BacklogRequest {
			r.WindowRequest = w
			return r
		})
	for _, r := range reportsOf(&now, then) {
		r.Schedule = a.site().Integrations.Tickets.Schedule
		r.Rows = slices.DeleteFunc(r.Rows, func(row metric.BacklogRow) bool { return who.rights.hidesTickets(row.Group) })
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
	}
	return &backlogMetricsOutput{backlogAnswer{now, then}}, err
}

type wallboardInput struct {
	Zone  string   `query:"tz" default:"UTC" maxLength:"64" doc:"IANA time zone in which the day begins" example:"Europe/Berlin"`
	Step  string   `query:"step" default:"15m" enum:"15m,30m,1h" doc:"Length of the series' intervals"`
	Queue []string `query:"queue" nullable:"false" doc:"Only these queues"`
}

type wallboardOutput struct{ Body metric.Today }

// wallboard answers today's figures by queue, and the series behind its chart.
func (a *API) wallboard(ctx context.Context, who principal, in *wallboardInput) (*wallboardOutput, error) {
	today, err := a.reports.Today(ctx, query.TodayRequest{Zone: in.Zone, Step: in.Step, Queues: who.rights.narrowQueues(in.Queue), Limits: a.limits(who)})
	return &wallboardOutput{today}, err
}
