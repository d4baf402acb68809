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
	Explanations
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

// Each report's body; its rows as a table are in reports_table.go.
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

// QueuesAsked is what a report about queues is asked for; it and its like are exported because huma reads no other embedded struct.
type QueuesAsked struct {
	WindowQuery
	GroupBy      []string   `query:"group_by" enum:"interval,queue,language,skill,customer,agent,team,weekday,hour" doc:"What the rows are split by, comma-separated; agent and team are those of who answered"`
	AttributeBy  string     `query:"attribute_by" default:"offered" enum:"offered,answered,ended" doc:"The instant that decides to which interval an entry belongs"`
	Queue        []string   `query:"queue" doc:"Only these queues, comma-separated; without it all"`
	ServiceLevel optionalMS `query:"service_level_ms" minimum:"0" doc:"T of the service level for all queues, in place of each queue's own"`
	ShortAbandon optionalMS `query:"short_abandon_ms" minimum:"0" doc:"Limit of short abandons for all queues, in place of each queue's own"`
}

type queueMetricsInput struct {
	QueuesAsked
	Compare
	Sorting
}

type queueMetricsOutput struct{ Body queueAnswer }

func (a *API) askQueues(who principal, in QueuesAsked) (query.QueueRequest, error) {
	w, err := in.request(in.GroupBy)
	return query.QueueRequest{
		WindowRequest: w, AttributeBy: in.AttributeBy, Queues: who.rights.narrowQueues(in.Queue), Teams: a.teams(who), Limits: a.limits(who),
		ServiceLevelMS: in.ServiceLevel.pointer(), ShortAbandonMS: in.ShortAbandon.pointer(),
	}, err
}

func (a *API) queueMetrics(ctx context.Context, who principal, in *queueMetricsInput) (*queueMetricsOutput, error) {
	req, err := a.askQueues(who, in.QueuesAsked)
	if err != nil {
		return nil, err
	}
	now, then, err := alongside(ctx, a.reports.Queues, req, in.before(req.WindowRequest), func(r query.QueueRequest, w query.WindowRequest) query.QueueRequest { r.WindowRequest = w; return r })
	for _, r := range reportsOf(&now, then) {
		r.Rows = slices.DeleteFunc(r.Rows, func(row metric.QueueRow) bool { return who.rights.hides(row.Group) })
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
		linkRows(ctx, r.Header, r.Rows, &r.Total)
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

// AgentsAsked is what a report about agents is asked for.
type AgentsAsked struct {
	WindowQuery
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,agent,team,queue,language,disposition" doc:"What the rows are split by, comma-separated; without it by agent. disposition is the agent's own last one of each contact, language that of its last queue"`
	Agent   []string `query:"agent" nullable:"false" doc:"Only these agents, comma-separated; an agent always sees himself only"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only offers and calls of these queues"`
}

type agentMetricsInput struct {
	AgentsAsked
	Compare
	Sorting
}

type agentMetricsOutput struct{ Body agentAnswer }

func (a *API) askAgents(who principal, in AgentsAsked) (query.AgentRequest, error) {
	w, err := in.request(in.GroupBy)
	agents := who.rights.narrowAgents(in.Agent)
	if who.isAgent() {
		agents = []string{who.Agent}
	}
	return query.AgentRequest{WindowRequest: w, Agents: agents, Queues: who.rights.narrowQueues(in.Queue), Teams: a.teams(who)}, err
}

func (a *API) agentMetrics(ctx context.Context, who principal, in *agentMetricsInput) (*agentMetricsOutput, error) {
	req, err := a.askAgents(who, in.AgentsAsked)
	if err != nil {
		return nil, err
	}
	now, then, err := alongside(ctx, a.reports.Agents, req, in.before(req.WindowRequest), func(r query.AgentRequest, w query.WindowRequest) query.AgentRequest { r.WindowRequest = w; return r })
	for _, r := range reportsOf(&now, then) {
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
		linkRows(ctx, r.Header, r.Rows, &r.Total)
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

// ContactsAsked is what a report about contacts is asked for.
type ContactsAsked struct {
	WindowQuery
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,queue,language,agent,customer,disposition" doc:"What the rows are split by, comma-separated; queue, agent and disposition are the contact's last"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only contacts whose last queue is one of these"`
	Days    int      `query:"days" default:"7" minimum:"1" maximum:"90" doc:"N: within how many days a further contact counts as a repeat"`
	Hours   int      `query:"hours" default:"24" minimum:"1" maximum:"2160" doc:"N: within how many hours a caller's next call counts as his coming again"`
}

type contactMetricsInput struct {
	ContactsAsked
	Compare
	Sorting
}

type contactMetricsOutput struct{ Body contactAnswer }

func (a *API) askContacts(who principal, in ContactsAsked) (query.ContactRequest, error) {
	w, err := in.request(in.GroupBy)
	return query.ContactRequest{WindowRequest: w, Queues: who.rights.narrowQueues(in.Queue), Days: in.Days, Hours: in.Hours}, err
}

func (a *API) contactMetrics(ctx context.Context, who principal, in *contactMetricsInput) (*contactMetricsOutput, error) {
	req, err := a.askContacts(who, in.ContactsAsked)
	if err != nil {
		return nil, err
	}
	now, then, err := alongside(ctx, a.reports.Contacts, req, in.before(req.WindowRequest), contactsAt)
	for _, r := range reportsOf(&now, then) {
		r.Rows = slices.DeleteFunc(r.Rows, func(row metric.ContactRow) bool { return who.rights.hides(row.Group) })
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
		linkRows(ctx, r.Header, r.Rows, &r.Total)
	}
	return &contactMetricsOutput{contactAnswer{now, then}}, err
}

// MenusAsked is what a report about menus is asked for.
type MenusAsked struct {
	WindowQuery
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,flow,node" doc:"What the rows are split by, comma-separated; without it by flow and node"`
	Flow    []string `query:"flow" nullable:"false" doc:"Only these menus, comma-separated; without it all"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only contacts that joined one of these queues, comma-separated, before the visit or after it; who is limited to some queues gets those of his"`
}

type ivrMetricsInput struct {
	MenusAsked
	Compare
	Sorting
}

type ivrMetricsOutput struct{ Body ivrAnswer }

func askMenus(who principal, in MenusAsked) (query.IVRRequest, error) {
	w, err := in.request(in.GroupBy)
	return query.IVRRequest{WindowRequest: w, Flows: in.Flow, Queues: who.rights.narrowQueues(in.Queue)}, err
}

func (a *API) ivrMetrics(ctx context.Context, who principal, in *ivrMetricsInput) (*ivrMetricsOutput, error) {
	req, err := askMenus(who, in.MenusAsked)
	if err != nil {
		return nil, err
	}
	now, then, err := alongside(ctx, a.reports.IVR, req, in.before(req.WindowRequest),
		func(r query.IVRRequest, w query.WindowRequest) query.IVRRequest { r.WindowRequest = w; return r })
	for _, r := range reportsOf(&now, then) {
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
		linkRows(ctx, r.Header, r.Rows, &r.Total)
	}
	return &ivrMetricsOutput{ivrAnswer{now, then}}, err
}

// TicketsAsked is what a report about tickets is asked for.
type TicketsAsked struct {
	WindowQuery
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,queue,language,agent,team,priority,reason" doc:"What the rows are split by, comma-separated; queue and agent are the contact's last, team, priority and reason the ticket's"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only contacts whose last queue is one of these"`
	Days    int      `query:"days" default:"7" minimum:"1" maximum:"90" doc:"N: within how many days a further contact counts as a repeat"`
}

type ticketMetricsInput struct {
	TicketsAsked
	Compare
	Sorting
}

type ticketMetricsOutput struct{ Body ticketAnswer }

func (a *API) askTickets(who principal, in TicketsAsked) (query.TicketRequest, error) {
	w, err := in.request(in.GroupBy)
	sla := a.site().sla()
	return query.TicketRequest{WindowRequest: w, Queues: who.rights.narrowQueues(in.Queue), Days: in.Days, Schedule: sla.Schedule, Targets: sla.Targets}, err
}

func (a *API) ticketMetrics(ctx context.Context, who principal, in *ticketMetricsInput) (*ticketMetricsOutput, error) {
	req, err := a.askTickets(who, in.TicketsAsked)
	if err != nil {
		return nil, err
	}
	now, then, err := alongside(ctx, a.reports.Tickets, req, in.before(req.WindowRequest), contactsAt)
	for _, r := range reportsOf(&now, then) {
		r.Schedule = a.site().Integrations.Tickets.Schedule
		r.Rows = slices.DeleteFunc(r.Rows, func(row metric.TicketRow) bool { return who.rights.hidesTickets(row.Group) })
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
		linkRows(ctx, r.Header, r.Rows, &r.Total)
	}
	return &ticketMetricsOutput{ticketAnswer{now, then}}, err
}

func contactsAt(r query.ContactRequest, w query.WindowRequest) query.ContactRequest {
	r.WindowRequest = w
	return r
}

// BacklogAsked is what a report about the backlog is asked for.
type BacklogAsked struct {
	WindowQuery
	GroupBy []string `query:"group_by" nullable:"false" enum:"interval,agent,queue,team,priority,reason" doc:"What the rows are split by, comma-separated; as the ticket stood then"`
	Queue   []string `query:"queue" nullable:"false" doc:"Only tickets that were in one of these queues then"`
}

type backlogMetricsInput struct {
	BacklogAsked
	Compare
	Sorting
}

type backlogMetricsOutput struct{ Body backlogAnswer }

func (a *API) askBacklog(who principal, in BacklogAsked) (query.BacklogRequest, error) {
	w, err := in.request(in.GroupBy)
	return query.BacklogRequest{WindowRequest: w, Queues: who.rights.narrowQueues(in.Queue), Teams: who.rights.ticketTeams(in.Queue), SLA: a.site().sla()}, err
}

// backlogMetrics answers what came in of tickets, what was done, and what is left.
func (a *API) backlogMetrics(ctx context.Context, who principal, in *backlogMetricsInput) (*backlogMetricsOutput, error) {
	req, err := a.askBacklog(who, in.BacklogAsked)
	if err != nil {
		return nil, err
	}
	now, then, err := alongside(ctx, a.reports.Backlog, req, in.before(req.WindowRequest),
		func(r query.BacklogRequest, w query.WindowRequest) query.BacklogRequest {
			r.WindowRequest = w
			return r
		})
	for _, r := range reportsOf(&now, then) {
		r.Schedule = a.site().Integrations.Tickets.Schedule
		r.Rows = slices.DeleteFunc(r.Rows, func(row metric.BacklogRow) bool { return who.rights.hidesTickets(row.Group) })
		err = cmp.Or(err, sortRows(r.Rows, in.Sorting))
		linkRows(ctx, r.Header, r.Rows, &r.Total)
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
	linkToday(&today, in.Queue)
	return &wallboardOutput{today}, err
}
