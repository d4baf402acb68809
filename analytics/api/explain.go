package api

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/query"
)

// Explanations says why numbers are what they are: *query.Reader.
type Explanations interface {
	ExplainQueues(ctx context.Context, req query.QueueRequest, why query.ExplainRequest) (metric.Explanation, error)
	ExplainAgents(ctx context.Context, req query.AgentRequest, why query.ExplainRequest) (metric.Explanation, error)
	ExplainContacts(ctx context.Context, req query.ContactRequest, why query.ExplainRequest) (metric.Explanation, error)
	ExplainIVR(ctx context.Context, req query.IVRRequest, why query.ExplainRequest) (metric.Explanation, error)
	ExplainTickets(ctx context.Context, req query.TicketRequest, why query.ExplainRequest) (metric.Explanation, error)
	ExplainBacklog(ctx context.Context, req query.BacklogRequest, why query.ExplainRequest) (metric.Explanation, error)
}

// WhyQuery asks about one number. It is exported because huma reads no other embedded struct.
type WhyQuery struct {
	Number string `query:"number" required:"true" minLength:"1" maxLength:"500" doc:"The number's name, as the columns of the report's CSV have it; of a choice taken in a menu choices.KEY>TARGET" example:"speed_of_answer.p90_ms"`
	Row    string `query:"row" maxLength:"2000" doc:"The row it stands in, from the link in explain of that row; without it the total"`
}

func (in WhyQuery) why(p PageQuery) query.ExplainRequest {
	return query.ExplainRequest{Number: in.Number, Row: in.Row, Limit: p.Limit, Cursor: p.Cursor}
}

// explanation is the answer, with its list as a table.
type explanation struct{ metric.Explanation }

func (e explanation) tableRows() any { return e.Items }
func (e explanation) next() *string  { return e.Next }

type (
	explainQueuesInput struct {
		QueuesAsked
		WhyQuery
		PageQuery
	}
	explainAgentsInput struct {
		AgentsAsked
		WhyQuery
		PageQuery
	}
	explainContactsInput struct {
		ContactsAsked
		WhyQuery
		PageQuery
	}
	explainMenusInput struct {
		MenusAsked
		WhyQuery
		PageQuery
	}
	explainTicketsInput struct {
		TicketsAsked
		WhyQuery
		PageQuery
	}
	explainBacklogInput struct {
		BacklogAsked
		WhyQuery
		PageQuery
	}
)

func (a *API) explainQueues(ctx context.Context, who principal, in *explainQueuesInput) (*listed[explanation], error) {
	req, err := a.askQueues(who, in.QueuesAsked)
	return explained(ctx, who, who.rights.hides, a.reports.ExplainQueues, req, err, in.why(in.PageQuery))
}

func (a *API) explainAgents(ctx context.Context, who principal, in *explainAgentsInput) (*listed[explanation], error) {
	req, err := a.askAgents(who, in.AgentsAsked)
	return explained(ctx, who, who.rights.hides, a.reports.ExplainAgents, req, err, in.why(in.PageQuery))
}

func (a *API) explainContacts(ctx context.Context, who principal, in *explainContactsInput) (*listed[explanation], error) {
	req, err := a.askContacts(who, in.ContactsAsked)
	return explained(ctx, who, who.rights.hides, a.reports.ExplainContacts, req, err, in.why(in.PageQuery))
}

func (a *API) explainMenus(ctx context.Context, who principal, in *explainMenusInput) (*listed[explanation], error) {
	req, err := askMenus(who, in.MenusAsked)
	return explained(ctx, who, who.rights.hides, a.reports.ExplainIVR, req, err, in.why(in.PageQuery))
}

func (a *API) explainTickets(ctx context.Context, who principal, in *explainTicketsInput) (*listed[explanation], error) {
	req, err := a.askTickets(who, in.TicketsAsked)
	return explained(ctx, who, who.rights.hidesTickets, a.reports.ExplainTickets, req, err, in.why(in.PageQuery))
}

func (a *API) explainBacklog(ctx context.Context, who principal, in *explainBacklogInput) (*listed[explanation], error) {
	req, err := a.askBacklog(who, in.BacklogAsked)
	return explained(ctx, who, who.rights.hidesTickets, a.reports.ExplainBacklog, req, err, in.why(in.PageQuery))
}

// explained answers one page. Agents who may not be seen are left out of it, and rows that the report hides are as if they were not there.
func explained[Q any](ctx context.Context, who principal, hides func(metric.Group) bool, ask func(context.Context, Q, query.ExplainRequest) (metric.Explanation, error), req Q, err error, why query.ExplainRequest) (*listed[explanation], error) {
	if err != nil {
		return nil, err
	}
	e, err := ask(ctx, req, why)
	if err != nil {
		return nil, err
	}
	if hides(e.Row.Group) {
		return nil, fail(CodeNotFound, "", nil)
	}
	for i := range e.Items {
		if !who.rights.agent(e.Items[i].Agent) {
			e.Items[i].Agent = ""
		}
	}
	return &listed[explanation]{Link: nextLink(ctx, e.Next), Body: explanation{e}}, nil
}

// linked is a row that links to its explanations.
type linked[R any] interface {
	*R
	Place() (*metric.Group, metric.Cell)
}

// linkRows gives the rows of a report, and its total, their links. A report of an earlier period has its own window.
func linkRows[R any, P linked[R]](ctx context.Context, head metric.Header, rows []R, total *R) {
	u, err := url.Parse(of(ctx).c.OriginalURL())
	if err != nil {
		return
	}
	q := u.Query()
	if q.Has("compare") {
		q.Set("from", head.From.Format(time.RFC3339Nano))
		q.Set("until", head.Until.Format(time.RFC3339Nano))
		if head.Interval == metric.Custom {
			q.Set("edges", strings.Join(begins[R, P](rows), ","))
		}
	}
	for _, other := range []string{"compare", "sort", "format"} {
		q.Del(other)
	}
	for i := range rows {
		g, c := P(&rows[i]).Place()
		g.Explain = explainLink(u.Path, q, query.RowName(g.Span.From, metric.KeyOf(*g, c, head.GroupBy), head.GroupBy))
	}
	g, _ := P(total).Place()
	g.Explain = explainLink(u.Path, q, "")
}

// linkToday gives the wallboard's figures of a queue, and of all, the links that they have in a report of the day. The intervals of its
// series have none: it is asked for every second.
func linkToday(today *metric.Today, queues []string) {
	splits := []metric.Dimension{metric.ByQueue}
	q := url.Values{"from": {today.From.Format(time.RFC3339Nano)}, "until": {today.Until.Format(time.RFC3339Nano)}, "tz": {today.Zone}, "group_by": {string(metric.ByQueue)}}
	if len(queues) > 0 {
		q.Set("queue", strings.Join(queues, ","))
	}
	today.Total.Explain = explainLink(Prefix+"/metrics/queues", q, "")
	for i := range today.Queues {
		g := &today.Queues[i].Group
		g.Explain = explainLink(Prefix+"/metrics/queues", q, query.RowName(g.Span.From, metric.KeyOf(*g, metric.Cell{}, splits), splits))
	}
}

// explainLink is where the numbers of a report's row are explained, without a row its total.
func explainLink(report string, asked url.Values, row string) string {
	if row != "" {
		row = "&row=" + row
	}
	return report + "/explain?" + asked.Encode() + row + "&number={number}"
}

// begins are the begins of the rows' intervals: where a window of custom edges is cut.
func begins[R any, P linked[R]](rows []R) (out []string) {
	var at []time.Time
	for i := range rows {
		g, _ := P(&rows[i]).Place()
		at = append(at, g.Span.From.UTC())
	}
	slices.SortFunc(at, time.Time.Compare)
	for _, t := range slices.Compact(at) {
		out = append(out, t.Format(time.RFC3339Nano))
	}
	return out
}
