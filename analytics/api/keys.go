package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"firstline/analytics/registry"
)

// How long a key lasts, so that one that was forgotten ends by itself.
const (
	keyLife    = 365 * 24 * time.Hour
	keyLongest = 5 * keyLife
)

// APIKey is a key as it is listed: without its secret, which is kept nowhere.
type APIKey struct {
	ID        string     `json:"id" doc:"Its name in paths; the key itself begins with fl_ and this" example:"3f9c2a10"`
	Name      string     `json:"name" doc:"What it is for" example:"crm"`
	Scopes    []Scope    `json:"scopes" nullable:"false" doc:"What it may do"`
	Queues    []string   `json:"queues" nullable:"false" doc:"Ids of the queues it is limited to; empty: all, or those that the agents of its teams serve"`
	Teams     []string   `json:"teams" nullable:"false" doc:"Teams of agents it is limited to; empty: all, or the agents who serve its queues"`
	MadeAt    time.Time  `json:"made_at"`
	MadeBy    string     `json:"made_by" example:"adam"`
	EndsAt    time.Time  `json:"ends_at" doc:"It is refused from then on"`
	UsedAt    *time.Time `json:"used_at" doc:"When it was used last, to about a minute; null = never"`
	RevokedAt *time.Time `json:"revoked_at" doc:"When it was revoked; null = it was not"`
	RevokedBy string     `json:"revoked_by" doc:"By whom; empty = it was not"`
}

func viewOfKey(k registry.Key) APIKey {
	return APIKey{
		ID: k.ID, Name: k.Name, Scopes: scopesOf(k.Scopes).list(), Queues: list(k.Queues), Teams: list(k.Teams), MadeAt: k.Made, MadeBy: k.MadeBy, EndsAt: k.Ends,
		UsedAt: sometime(k.Used), RevokedAt: sometime(k.Revoked), RevokedBy: k.RevokedBy,
	}
}

// sometime is nil for the zero time.
func sometime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type keysOutput struct {
	Body struct {
		Keys []APIKey `json:"keys" nullable:"false" doc:"The newest first; also those that ended or were revoked"`
	}
}

// keys lists all API keys.
func (a *API) keys(ctx context.Context, _ principal, _ *noInput) (*keysOutput, error) {
	list, err := a.state.Keys(ctx)
	if err != nil {
		return nil, fail(CodeUnavailable, "keys can't be read", err)
	}
	out := &keysOutput{}
	out.Body.Keys = []APIKey{}
	for _, k := range list {
		out.Body.Keys = append(out.Body.Keys, viewOfKey(k))
	}
	return out, nil
}

type makeKeyInput struct {
	Body struct {
		Name   string     `json:"name" minLength:"1" maxLength:"200" doc:"What it is for" example:"crm"`
		Scopes []Scope    `json:"scopes" minItems:"1" maxItems:"20" nullable:"false" doc:"What it may do"`
		Queues []string   `json:"queues,omitempty" maxItems:"1000" nullable:"false" doc:"Ids of the queues it is limited to; without any: all, or those that the agents of its teams serve" example:"[\"support\"]"`
		Teams  []string   `json:"teams,omitempty" maxItems:"1000" nullable:"false" doc:"Teams of agents it is limited to; without any: all, or the agents who serve its queues"`
		EndsAt *time.Time `json:"ends_at,omitempty" doc:"When it ends: within five years; without it a year from now"`
	}
}

// NewAPIKey is a key that was just made.
type NewAPIKey struct {
	APIKey
	Key string `json:"key" doc:"The key itself, shown this once: send it as Authorization: Bearer" example:"fl_3f9c2a10_…"`
}

type newKeyOutput struct{ Body NewAPIKey }

// makeKey makes a key. Who asks with a key can't give what that has not.
func (a *API) makeKey(ctx context.Context, who principal, in *makeKeyInput) (*newKeyOutput, error) {
	now := a.clock().UTC().Truncate(time.Second)
	ends := now.Add(keyLife)
	if in.Body.EndsAt != nil {
		ends = in.Body.EndsAt.UTC().Truncate(time.Second)
	}
	k := registry.Key{Name: strings.TrimSpace(in.Body.Name), Made: now, MadeBy: who.Name, Ends: ends, Queues: in.Body.Queues, Teams: in.Body.Teams}
	for _, s := range in.Body.Scopes {
		if !slices.Contains(k.Scopes, string(s)) {
			k.Scopes = append(k.Scopes, string(s))
		}
	}
	unknown, name := a.site().unknown(Limits{k.Queues, k.Teams})
	switch wanted := scopesOf(k.Scopes); {
	case unknown != "":
		return nil, invalid("body."+unknown, fmt.Sprintf("there is no %q", name))
	case wanted&administer != 0 && len(k.Queues)+len(k.Teams) > 0:
		return nil, invalid("body.scopes", "admin concerns all queues: such a key is not limited to some")
	case k.Name == "":
		return nil, invalid("body.name", "is empty")
	case !ends.After(now):
		return nil, invalid("body.ends_at", "is not in the future")
	case ends.Sub(now) > keyLongest:
		return nil, invalid("body.ends_at", "is more than five years away")
	case who.isKey() && wanted&^who.scopes != 0:
		return nil, fail(CodeForbidden, "a key gives no scope that it has not itself", nil)
	}
	made, secret, err := a.state.MakeKey(ctx, k)
	if err != nil {
		return nil, fail(CodeUnavailable, "keys can't be written", err)
	}
	a.log.Info("api key is made", "user", who.Name, "key", made.ID, "name", made.Name, "scopes", strings.Join(made.Scopes, " "))
	return &newKeyOutput{NewAPIKey{viewOfKey(made), secret}}, nil
}

type keyInput struct {
	ID string `path:"id" maxLength:"20" doc:"Key id" example:"3f9c2a10"`
}

// revokeKey ends a key at once; what is revoked already stays so. Live streams that it opened end within seconds.
func (a *API) revokeKey(ctx context.Context, who principal, in *keyInput) (*struct{}, error) {
	err := a.state.RevokeKey(ctx, in.ID, who.Name, a.clock())
	switch {
	case errors.Is(err, registry.ErrNone):
		return nil, fail(CodeNotFound, "there is no such key", nil)
	case err != nil:
		return nil, fail(CodeUnavailable, "keys can't be written", err)
	}
	a.log.Info("api key is revoked", "user", who.Name, "key", in.ID)
	return nil, nil
}
