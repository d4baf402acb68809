package api

import (
	"context"

	"firstline/analytics/live"
	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
)

// Actions on incidents, as the controller knows them.
const (
	actionIncidentOn  = "incident_on"
	actionIncidentOff = "incident_off"
)

type incidentsOutput struct {
	Body struct {
		live.Freshness
		Incidents []fact.SnapshotIncident `json:"incidents" nullable:"false" doc:"Those of the configuration, in its order"`
	}
}

// incidents lists what can be told to callers, and what is.
func (a *API) incidents(context.Context, principal, *noInput) (*incidentsOutput, error) {
	w := a.now.Wallboard()
	out := &incidentsOutput{}
	out.Body.Freshness, out.Body.Incidents = w.Freshness, append([]fact.SnapshotIncident{}, w.Incidents...)
	return out, nil
}

type switchInput struct {
	ID   string `path:"id" maxLength:"200" doc:"Incident id" example:"outage-north"`
	Body struct {
		On bool `json:"on" doc:"Whether callers are told of it from now on"`
	}
}

// switchIncident passes the switch to the controller and answers when its fact is durable. What is so already stays so.
func (a *API) switchIncident(ctx context.Context, who principal, in *switchInput) (*struct{}, error) {
	action := actionIncidentOff
	if in.Body.On {
		action = actionIncidentOn
	}
	_, err := a.now.Control(ctx, controllerclient.Control{
		Request: requestKeyOf(who, "", of(ctx).id), Actor: who.Name, By: actsBy(who), Incident: in.ID, Action: action,
	})
	return nil, err
}
