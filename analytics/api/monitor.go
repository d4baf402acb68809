package api

import (
	"context"
	"slices"

	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
)

type monitorInput struct {
	ID   string `path:"id" maxLength:"200" doc:"Contact id" example:"pbx1-1763838123.4"`
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"As of a change of state: a repeat with the same key has no second effect and gives the same answer"`
	Body struct {
		Action string           `json:"action" enum:"monitor,unmonitor,take_over" doc:"monitor: have one's phone rung, and listen; again with another mode: go on in that one. take_over: have the caller in the agent's place"`
		Mode   fact.MonitorMode `json:"mode,omitempty" enum:"listen,whisper,barge" doc:"monitor: nobody hears one, the agent does, all do"`
		Agent  string           `json:"agent,omitempty" maxLength:"200" doc:"monitor: to whose talk, where several are in it; without: who came last"`
		Phone  string           `json:"phone,omitempty" maxLength:"200" doc:"Agent id whose phone is used; without: that of the user's entry (http.users[].phone)"`
	}
}

// mayMonitor says whether a talk is one of visible queues alone: who listens hears all who are in it. With a phone other than his
// own he would have another agent's rung.
func (a *API) mayMonitor(who principal, contact, phone, of string) error {
	r := who.rights
	if !r.limited {
		return nil
	}
	p, ok := a.now.Place(contact)
	switch {
	case phone != who.Phone && !r.agent(phone), of != "" && !r.agent(of):
		return fail(CodeUnknownAgent, "", nil)
	case !ok || !r.place(p) || slices.ContainsFunc(p.Talks, func(q string) bool { return !r.queue(q) }):
		return fail(CodeUnknownContact, "", nil)
	}
	return nil
}

// monitor passes a supervisor's request about a talk to the controller and answers when its facts are durable.
func (a *API) monitor(ctx context.Context, who principal, in *monitorInput) (*controlOutput, error) {
	phone := in.Body.Phone
	if phone == "" {
		phone = who.Phone
	}
	switch {
	case phone == "":
		return nil, invalid("body.phone", "is needed: no phone is set for this user (http.users[].phone)")
	case in.Body.Action == "monitor" && in.Body.Mode == "":
		return nil, invalid("body.mode", "is needed to monitor")
	}
	if err := a.mayMonitor(who, in.ID, phone, in.Body.Agent); err != nil {
		return nil, err
	}
	state, err := a.now.Control(ctx, controllerclient.Control{
		Request: requestKeyOf(who, in.Key, of(ctx).id), Actor: who.Name, By: actsBy(who), Agent: phone, Action: in.Body.Action, Contact: in.ID,
		Mode: in.Body.Mode, Of: in.Body.Agent,
	})
	if err != nil {
		return nil, err
	}
	out := &controlOutput{}
	out.Body.State = state
	return out, nil
}
