package api

import (
	"context"

	"firstline/pipeline/controllerclient"
)

// Actions on a caller who waits, as the controller knows them.
const (
	actionPriority = "priority"
	actionMove     = "move"
)

type priorityInput struct {
	ID   string `path:"id" maxLength:"200" doc:"Contact id" example:"pbx1-1763838123.4"`
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"As of a change of state: a repeat with the same key has no second effect and gives the same answer"`
	Body struct {
		Priority int `json:"priority" minimum:"-1000" maximum:"1000" doc:"In place of what he has; higher first" example:"1"`
	}
}

// prioritise passes a waiting caller's new priority to the controller and answers when its facts are durable.
func (a *API) prioritise(ctx context.Context, who principal, in *priorityInput) (*struct{}, error) {
	if err := a.mayMove(who, in.ID); err != nil {
		return nil, err
	}
	_, err := a.now.Control(ctx, controllerclient.Control{
		Request: requestKeyOf(who, in.Key, of(ctx).id), Actor: who.Name, By: actsBy(who), Action: actionPriority, Contact: in.ID,
		Priority: in.Body.Priority,
	})
	return nil, err
}

// mayMove says whether a waiting caller is one of a visible queue. Where the caller is changes all the time, so he may have gone on
// to another queue when the controller has the request: then that is done there.
func (a *API) mayMove(who principal, contact string) error {
	if !who.rights.limited {
		return nil
	}
	p, ok := a.now.Place(contact)
	if !ok || !who.rights.place(p) || p.Waits != "" && !who.rights.queue(p.Waits) {
		return fail(CodeUnknownContact, "", nil)
	}
	return nil
}

type moveInput struct {
	ID   string `path:"id" maxLength:"200" doc:"Contact id" example:"pbx1-1763838123.4"`
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"As of a change of state: a repeat with the same key has no second effect and gives the same answer"`
	Body struct {
		To Target `json:"to" doc:"Where he waits, or is asked, from now on"`
	}
}

// move has the controller take a waiting caller to another place and answers when its facts are durable.
func (a *API) move(ctx context.Context, who principal, in *moveInput) (*struct{}, error) {
	if err := a.mayMove(who, in.ID); err != nil {
		return nil, err
	}
	if !who.rights.target(in.Body.To) {
		return nil, fail(CodeUnknownTarget, "", nil)
	}
	_, err := a.now.Control(ctx, controllerclient.Control{
		Request: requestKeyOf(who, in.Key, of(ctx).id), Actor: who.Name, By: actsBy(who), Action: actionMove, Contact: in.ID,
		To: &controllerclient.Target{To: in.Body.To.Kind, ID: in.Body.To.ID},
	})
	return nil, err
}
