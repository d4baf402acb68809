package api

import (
	"context"

	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
)

// Actions on agents, as the controller knows them.
const (
	actionLogin       = "login"
	actionLogout      = "logout"
	actionReady       = "ready"
	actionPause       = "pause"
	actionWrapUpDone  = "wrap_up_done"
	actionWrapUpMore  = "wrap_up_extend"
	actionDisposition = "disposition"
)

type controlInput struct {
	ID   string `path:"id" maxLength:"200" doc:"Agent id" example:"anna"`
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"A name of the sender's choice for this request: sent again with the same key it has no second effect and gives the same answer. Without it a repeat is a new request."`
	Body struct {
		Action  string          `json:"action" enum:"login,logout,ready,pause,wrap_up_done,wrap_up_extend,disposition" doc:"What shall happen"`
		Reason  string          `json:"reason,omitempty" maxLength:"200" doc:"pause: one of the settings' pause_reasons"`
		Expect  fact.AgentState `json:"expect,omitempty" enum:"logged_out,ready,paused,ringing,talking,wrap_up,outside,unreachable" doc:"Refused with conflict when the agent is in another state"`
		Code    string          `json:"code,omitempty" maxLength:"200" doc:"disposition: one of the settings' dispositions"`
		Note    string          `json:"note,omitempty" maxLength:"4000" doc:"disposition: free text"`
		Contact string          `json:"contact,omitempty" maxLength:"200" doc:"disposition: which contact"`
		Seat    string          `json:"seat,omitempty" maxLength:"200" doc:"login of an agent without a phone of his own: the seat where he sits, one of GET /seats. Who sits there idle is logged out; an agent who is logged in elsewhere moves" example:"201"`
	}
}

type controlOutput struct {
	Body struct {
		State fact.AgentState `json:"state" doc:"The agent's state after it"`
	}
}

// controlAgent passes a request about an agent to the controller and answers when its facts are durable.
func (a *API) controlAgent(ctx context.Context, who principal, in *controlInput) (*controlOutput, error) {
	if !who.mayActFor(in.ID) {
		return nil, fail(CodeForbidden, "agents act for themselves", nil)
	}
	if err := a.mayControl(ctx, who, in.ID, in.Body.Contact); err != nil {
		return nil, err
	}
	switch {
	case in.Body.Action == actionPause && in.Body.Reason == "":
		return nil, invalid("body.reason", "is needed to pause")
	case in.Body.Action == actionDisposition && (in.Body.Code == "" || in.Body.Contact == ""):
		return nil, invalid("body.code", "and contact are needed for a disposition")
	}
	state, err := a.now.Control(ctx, controllerclient.Control{
		Request: requestKeyOf(who, in.Key, of(ctx).id), Actor: who.Name, By: actsBy(who), Agent: in.ID,
		Action: in.Body.Action, Reason: in.Body.Reason, Expect: in.Body.Expect,
		Code: in.Body.Code, Note: in.Body.Note, Contact: in.Body.Contact, Seat: in.Body.Seat,
	})
	if err != nil {
		return nil, err
	}
	out := &controlOutput{}
	out.Body.State = state
	return out, nil
}

// mayControl says whether an agent may be seen, and the contact that is named beside him; "" = none is.
func (a *API) mayControl(ctx context.Context, who principal, agent, contact string) error {
	switch {
	case !who.rights.limited:
		return nil
	case !who.rights.agent(agent):
		return fail(CodeUnknownAgent, "", nil)
	case contact == "":
		return nil
	}
	if p, ok := a.now.Place(contact); ok {
		if !who.rights.place(p) {
			return fail(CodeUnknownContact, "", nil)
		}
		return nil
	}
	err := a.mustSee(ctx, who, contact) // it is over
	if e := classify(err); err != nil && e.Code == CodeNotFound {
		return fail(CodeUnknownContact, "", err)
	}
	return err
}

// requestKeyOf joins the sender's key with his name, so that two senders' keys never meet.
func requestKeyOf(who principal, key, id string) string {
	if key == "" {
		return "api/" + id
	}
	return who.Name + "/" + key
}

func actsBy(who principal) fact.By {
	if who.isAgent() {
		return fact.ByDesk
	}
	if who.isKey() {
		return fact.ByAPI
	}
	return fact.BySupervisor
}

type popInput struct {
	ID   string `path:"id" maxLength:"200" doc:"Agent id" example:"anna"`
	Body struct {
		Pop   string `json:"pop" minLength:"1" maxLength:"300" doc:"The id that the offer event carries"`
		Event string `json:"event" enum:"shown,opened" doc:"shown: it is on the screen; opened: the ticket's link was followed"`
	}
}

// seePop tells the controller that an agent's page shows a screen pop, or that the agent opened it.
func (a *API) seePop(ctx context.Context, who principal, in *popInput) (*struct{}, error) {
	if who.Agent != in.ID {
		return nil, fail(CodeForbidden, "agents tell about their own screen pops", nil)
	}
	return nil, a.now.PopSeen(ctx, in.Body.Pop, in.Body.Event == "opened")
}

// codeOfRefusal is the code of a refusal by the controller; one that this version doesn't know is a conflict.
func codeOfRefusal(refusal string) Code {
	if refusal == "unavailable" { // of a target: the API has another meaning for the word
		return CodeNobodyThere
	}
	switch code := Code(refusal); code {
	case CodeUnknownAgent, CodeUnknownContact, CodeUnknownIncident, CodeUnknownReason, CodeUnknownAction, CodeUnknownTarget, CodeNobodyThere, CodeConflict, CodeNotLoggedIn, CodeNoTalk, CodePhoneBusy, CodeNotWaiting, CodeNotRecorded, CodeNotNow, CodeNoSeat, CodeUnknownSeat, CodeSeatTaken, CodeFixedPhone:
		return code
	default:
		return CodeConflict
	}
}
