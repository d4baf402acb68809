package api

import (
	"context"

	"firstline/analytics/live"
	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
)

// Actions on the caller an agent talks to that name whom he is handed on to.
const (
	actionTransfer = "transfer"
	actionConsult  = "consult"
)

// Target is whom a caller is handed on to, or asked about.
type Target struct {
	Kind fact.TransferTo `json:"kind" enum:"queue,agent,menu,number"`
	ID   string          `json:"id" minLength:"1" maxLength:"200" doc:"Of the queue or agent; of a menu the flow's, or flow/node; of a number outside the number" example:"sales"`
}

type callInput struct {
	ID   string `path:"id" maxLength:"200" doc:"Agent id" example:"anna"`
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"As of a change of state: a repeat with the same key has no second effect and gives the same answer"`
	Body struct {
		Action  string  `json:"action" enum:"transfer,consult,complete,conference,return,hold,unhold,mute,unmute,record,record_pause,record_resume" doc:"transfer: hand the caller on at once; consult: ask first, the caller is on hold; complete, conference, return: end the consultation by handing him on, by all talking, by coming back to him; hold, unhold: the caller hears music, or the agent again; mute, unmute: nobody in the talk hears the agent, or they do again; record: have the talk recorded, where its queue leaves that to the agent; record_pause, record_resume: have silence recorded, and again what is said"`
		To      *Target `json:"to,omitempty" doc:"transfer, consult: to whom; a menu can't be asked"`
		Contact string  `json:"contact,omitempty" maxLength:"200" doc:"Refused with conflict when the agent talks to another one"`
	}
}

// actOnCall passes a request about an agent's caller to the controller and answers when its facts are durable.
func (a *API) actOnCall(ctx context.Context, who principal, in *callInput) (*controlOutput, error) {
	if !who.mayActFor(in.ID) {
		return nil, fail(CodeForbidden, "agents act for themselves", nil)
	}
	if err := a.mayAct(ctx, who, in.ID, in.Body.Contact); err != nil {
		return nil, err
	}
	req := controllerclient.Control{
		Request: requestKeyOf(who, in.Key, of(ctx).id), Actor: who.Name, By: actsBy(who), Agent: in.ID, Action: in.Body.Action, Contact: in.Body.Contact,
	}
	needs := in.Body.Action == actionTransfer || in.Body.Action == actionConsult
	switch to := in.Body.To; {
	case needs && to == nil:
		return nil, invalid("body.to", "is needed to "+in.Body.Action)
	case needs && !who.rights.target(*to):
		return nil, fail(CodeUnknownTarget, "", nil)
	case needs:
		req.To = &controllerclient.Target{To: to.Kind, ID: to.ID}
	}
	state, err := a.now.Control(ctx, req)
	if err != nil {
		return nil, err
	}
	out := &controlOutput{}
	out.Body.State = state
	return out, nil
}

// mayAct says whether an agent may be seen, and what he is doing: a call of another queue is as if it were not there.
func (a *API) mayAct(ctx context.Context, who principal, agent, contact string) error {
	if err := a.mayControl(ctx, who, agent, contact); err != nil || !who.rights.limited {
		return err
	}
	for _, g := range a.now.Wallboard().Agents {
		if g.ID == agent && g.Contact != "" && !who.rights.queue(g.Queue) {
			return fail(CodeNotNow, "", nil)
		}
	}
	return nil
}

type targetsInput struct {
	ID string `path:"id" maxLength:"200" doc:"Agent id" example:"anna"`
}

type targetsOutput struct {
	Body struct {
		live.Freshness
		Queues []TargetQueue `json:"queues" nullable:"false"`
		Agents []TargetAgent `json:"agents" nullable:"false" doc:"All but the one who asks"`
		Menus  []string      `json:"menus" nullable:"false" doc:"Ids of the flows"`
	}
}

// TargetQueue is a queue to hand a caller on to.
type TargetQueue struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Ready   int    `json:"ready" doc:"Agents who could answer now"`
	Waiting int    `json:"waiting" doc:"Callers"`
}

// TargetAgent is an agent to hand a caller on to.
type TargetAgent struct {
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	State fact.AgentState `json:"state"`
}

// targets lists to whom an agent can hand a caller on, with what they are doing now.
func (a *API) targets(_ context.Context, who principal, in *targetsInput) (*targetsOutput, error) {
	if !who.mayActFor(in.ID) {
		return nil, fail(CodeForbidden, "agents act for themselves", nil)
	}
	if !who.rights.agent(in.ID) {
		return nil, fail(CodeUnknownAgent, "", nil)
	}
	out := &targetsOutput{}
	w := who.rights.wallboard(a.now.Wallboard())
	out.Body.Freshness = w.Freshness
	out.Body.Queues, out.Body.Agents, out.Body.Menus = []TargetQueue{}, []TargetAgent{}, []string{}
	for _, q := range w.Queues {
		if !live.IsOwnLine(q.ID) {
			out.Body.Queues = append(out.Body.Queues, TargetQueue{ID: q.ID, Name: q.Name, Ready: q.Agents.Ready, Waiting: q.Waiting})
		}
	}
	for _, g := range w.Agents {
		if g.ID != in.ID {
			out.Body.Agents = append(out.Body.Agents, TargetAgent{ID: g.ID, Name: g.Name, State: g.State})
		}
	}
	for _, f := range a.site().IVR {
		out.Body.Menus = append(out.Body.Menus, f.ID)
	}
	return out, nil
}
