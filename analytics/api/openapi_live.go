package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"firstline/analytics/live"
	"firstline/pipeline/fact"
)

// streamEvent is one event of a live stream: its name, and the type of its data.
type streamEvent struct {
	name string
	data reflect.Type
}

// nothing is the data of an event that says it all by its name.
type nothing struct{}

// documentStreams describes the live streams, which huma doesn't see. The data of the events is part of the contract too.
func (a *API) documentStreams() {
	heartbeat, over := streamEvent{"heartbeat", reflect.TypeFor[live.Freshness]()}, streamEvent{"signed_out", reflect.TypeFor[nothing]()}
	a.documentStream(route{id: "live-wallboard", path: "/live/wallboard", roles: overseers, keys: readMetrics, summary: "The state of now"},
		streamEvent{"state", reflect.TypeFor[live.Wallboard]()}, heartbeat, over)
	a.documentStream(route{id: "live-agent", path: "/live/agent", roles: agents, keys: noKey, summary: "The signed-in agent's own state and screen pops"},
		streamEvent{"agent", reflect.TypeFor[AgentView]()}, streamEvent{"offer", reflect.TypeFor[fact.Popup]()}, streamEvent{"offer_ended", reflect.TypeFor[live.OfferEnd]()},
		streamEvent{"queues", reflect.TypeFor[AgentQueues]()}, heartbeat, over)
}

func (a *API) documentStream(r route, events ...streamEvent) {
	r.method, r.reach, r.status, r.tag = http.MethodGet, narrowed, http.StatusOK, "live"
	op := a.operation(r)
	op.Description += " Server-sent events: "
	var forms []*huma.Schema
	for i, e := range events {
		if i > 0 {
			op.Description += ", "
		}
		op.Description += e.name
		forms = append(forms, &huma.Schema{
			Type: huma.TypeObject, Title: e.name, Required: []string{"event", "data"},
			Properties: map[string]*huma.Schema{
				"event": {Type: huma.TypeString, Enum: []any{e.name}},
				"data":  a.schema(e.data),
			},
		})
	}
	op.Description += ". A heartbeat comes every few seconds; docs/api.md shows each event."
	list := &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{OneOf: forms}, Description: "The events, one after the other"}
	op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: list}}}
	a.huma.OpenAPI().AddOperation(&op)
}
