package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"firstline/analytics/forget"
)

// Forgetter erases callers: *forget.Worker.
type Forgetter interface {
	Ask(ctx context.Context, r forget.Request) (forget.Erasure, error)
	Preview(ctx context.Context, r forget.Request) (forget.Erasure, error)
	Status(ctx context.Context, id string) (forget.Erasure, error)
}

var _ Forgetter = (*forget.Worker)(nil)

type eraseInput struct {
	Body struct {
		Number   string `json:"number,omitempty" maxLength:"40" doc:"Whose calls: his number, as he writes it; either this or customer" example:"+49 30 123456"`
		Customer string `json:"customer,omitempty" maxLength:"200" doc:"Or customer id" example:"c-7"`
		Reason   string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, without anything that tells who he is: it is kept" example:"letter of 2 March, file 17"`
		DryRun   bool   `json:"dry_run,omitempty" doc:"Only tell what would be erased"`
	}
}

type erasureOutput struct{ Body forget.Erasure }

// erase stores the request; it is carried out from then on. The audit log has the last digits only, and which erasure it is.
func (a *API) erase(ctx context.Context, who principal, in *eraseInput) (*erasureOutput, error) {
	if a.forget == nil {
		return nil, fail(CodeNotConfigured, "callers are erased by the process that has the database", nil)
	}
	r := forget.Request{Number: strings.TrimSpace(in.Body.Number), Customer: strings.TrimSpace(in.Body.Customer), Reason: strings.TrimSpace(in.Body.Reason), By: who.Name}
	if r.Reason == "" {
		return nil, invalid("body.reason", "is empty")
	}
	do, about := a.forget.Ask, url.Values{}
	if in.Body.DryRun {
		do = a.forget.Preview
		about.Set("dry_run", "true")
	}
	if r.Number != "" {
		about.Set("number", mask(r.Number))
	}
	if r.Customer != "" {
		about.Set("customer", r.Customer)
	}
	of(ctx).about = "/erasures?" + about.Encode()
	s, err := do(ctx, r)
	switch {
	case errors.Is(err, forget.ErrRequest):
		return nil, invalid("body", err.Error())
	case err != nil:
		return nil, err
	}
	if s.ID != "" {
		of(ctx).about = "/erasures/" + s.ID + "?" + about.Encode()
	}
	return &erasureOutput{s}, nil
}

type erasureInput struct {
	ID string `path:"id" maxLength:"40" doc:"Erasure id" example:"k3v7q2m4x6z5b2n7"`
}

// erasure tells how far one is.
func (a *API) erasure(ctx context.Context, _ principal, in *erasureInput) (*erasureOutput, error) {
	if a.forget == nil {
		return nil, fail(CodeNotConfigured, "callers are erased by the process that has the database", nil)
	}
	s, err := a.forget.Status(ctx, in.ID)
	if errors.Is(err, forget.ErrNone) {
		return nil, fail(CodeNotFound, "there is no such erasure", nil)
	}
	if err != nil {
		return nil, err
	}
	return &erasureOutput{s}, nil
}

// addErasures are the routes by which callers are erased.
func (a *API) addErasures() {
	add(a, route{"erase-caller", http.MethodPost, "/erasures", admins, erasePersonal, whole, 202, "access", "Erase a caller", false}, a.erase)
	add(a, route{"get-erasure", http.MethodGet, "/erasures/{id}", admins, erasePersonal, whole, 200, "access", "How far an erasure is", false}, a.erasure)
}
