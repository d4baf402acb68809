package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/controllerclient"
)

// actionCallbackCancel ends a callback, as the controller knows it.
const actionCallbackCancel = "callback_cancel"

// CallbacksQuery says which callbacks are meant.
type CallbacksQuery struct {
	From  time.Time `query:"from" required:"true" doc:"Begin of the window in which they were promised, inclusive, RFC 3339" example:"2026-03-02T00:00:00+01:00"`
	Until time.Time `query:"until" required:"true" doc:"End of the window, exclusive, RFC 3339" example:"2026-03-03T00:00:00+01:00"`
	Queue []string  `query:"queue" nullable:"false" doc:"Only those that wait in these queues, or were in one last"`
	State string    `query:"state" enum:"open,ended" doc:"Only those that have not ended, or that have"`
}

type (
	callbacksInput struct {
		CallbacksQuery
		PageQuery
	}
	callbacksExport struct {
		CallbacksQuery
		ExportQuery
	}
)

type callbackPage struct {
	Items []query.Callback `json:"items" nullable:"false" doc:"Callbacks, newest first"`
	Next  *string          `json:"next" doc:"Cursor of the next page; null on the last one"`
	metric.Freshness
}

func (p callbackPage) tableRows() any { return p.Items }
func (p callbackPage) next() *string  { return p.Next }

func (a *API) callbacks(ctx context.Context, who principal, in *callbacksInput) (*listed[callbackPage], error) {
	return onePage(ctx, a.callbackPage, who, in.CallbacksQuery, in.PageQuery)
}

func (a *API) exportCallbacks(ctx context.Context, who principal, in *callbacksExport) (*huma.StreamResponse, error) {
	return export(ctx, a, "callbacks", a.callbackPage, who, in.CallbacksQuery, in.Format)
}

// callbackPage reads one page of the callbacks, newest first.
func (a *API) callbackPage(ctx context.Context, who principal, in CallbacksQuery, p PageQuery) (callbackPage, error) {
	page, err := a.reports.Callbacks(ctx, query.CallbackRequest{
		From: in.From, Until: in.Until, Queues: who.rights.narrowQueues(in.Queue), State: in.State, Limit: p.Limit, Cursor: p.Cursor, Bare: p.rest,
	})
	if !who.personal() {
		for i := range page.Items {
			maskText(&page.Items[i].Number)
			page.Items[i].Name = ""
		}
	}
	return callbackPage{Freshness: page.Freshness, Items: page.Items, Next: page.Next}, err
}

type cancelInput struct {
	ID  string `path:"id" maxLength:"200" doc:"Contact id of the callback" example:"pbx1-1763838123.4-cb1"`
	Key string `header:"Idempotency-Key" maxLength:"200" doc:"As of a change of state: a repeat with the same key has no second effect and gives the same answer"`
}

// cancelCallback has the controller end a callback and answers when its facts are durable.
func (a *API) cancelCallback(ctx context.Context, who principal, in *cancelInput) (*struct{}, error) {
	if p, ok := a.now.Place(in.ID); who.rights.limited && (!ok || !who.rights.queue(p.Waits) && !who.rights.queue(p.Callback)) {
		return nil, fail(CodeUnknownContact, "", nil)
	}
	_, err := a.now.Control(ctx, controllerclient.Control{
		Request: requestKeyOf(who, in.Key, of(ctx).id), Actor: who.Name, By: actsBy(who), Action: actionCallbackCancel, Contact: in.ID,
	})
	return nil, err
}
