package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Finish gives the provider the code of its answer, and returns whom it proves. It fails with ErrUnreachable or ErrRefused.
func (p *Provider) Finish(ctx context.Context, a Attempt, code string) (Person, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	f, err := p.known(ctx, AttemptLife)
	if err != nil {
		return Person{}, err
	}
	token, err := f.oauth.Exchange(ctx, code, oauth2.VerifierOption(a.verifier()))
	if err != nil {
		return Person{}, fmt.Errorf("%w: exchange the code: %w", blame(err), err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := f.verifier.Verify(ctx, raw)
	if err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	var claims claims
	if err := id.Claims(&claims); err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := p.check(id, claims, a, token); err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := p.complete(ctx, f, claims, token, id.Subject); err != nil {
		return Person{}, err
	}
	who, err := p.cfg.Claims.person(claims)
	if err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	who.Subject, who.IDToken, who.Session = id.Subject, raw, claims.text("sid")
	return who, nil
}

// blame tells who is at fault when a code is not exchanged: an answer below 500 is a refusal.
func blame(err error) error {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < http.StatusInternalServerError {
		return ErrRefused
	}
	return ErrUnreachable
}

// check is what the library leaves to us.
func (p *Provider) check(id *oidc.IDToken, c claims, a Attempt, token *oauth2.Token) error {
	party := c.text("azp")
	ahead := id.IssuedAt.Sub(p.clock())
	switch {
	case id.Subject == "":
		return errors.New("the token has no subject")
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.nonce())) != 1:
		return errors.New("the token is of another sign-in: its nonce differs")
	case party != "" && party != p.cfg.ClientID, party == "" && len(id.Audience) > 1:
		return fmt.Errorf("the token was made for another client: %q", party)
	case ahead > skew:
		return fmt.Errorf("the token comes from %s ahead: look at the clocks of provider and server", ahead.Round(time.Second))
	case id.AccessTokenHash != "":
		return id.VerifyAccessToken(token.AccessToken)
	}
	return nil
}

// complete asks the provider for the claims that are not in the token: many have but the subject there.
func (p *Provider) complete(ctx context.Context, f *found, c claims, token *oauth2.Token, subject string) error {
	missing := false
	for _, name := range []string{p.cfg.Claims.Name, p.cfg.Claims.Groups, p.cfg.Claims.Agent} {
		missing = missing || name != "" && c.find(name) == nil
	}
	if !missing || f.provider.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := f.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("%w: user info: %w", ErrUnreachable, err)
	}
	var more claims
	if err := info.Claims(&more); err != nil {
		return fmt.Errorf("%w: user info: %w", ErrRefused, err)
	}
	if info.Subject != subject {
		return fmt.Errorf("%w: the user info is somebody else's", ErrRefused)
	}
	for name, value := range more {
		if _, signed := c[name]; !signed {
			c[name] = value
		}
	}
	return nil
}

// claims are what the provider says of somebody.
type claims map[string]any

// find looks for a claim by its whole name first: some are addresses, with dots of their own.
func (c claims) find(name string) any {
	if v, ok := c[name]; ok {
		return v
	}
	first, rest, deeper := strings.Cut(name, ".")
	if under, ok := c[first].(map[string]any); ok && deeper {
		return claims(under).find(rest)
	}
	return nil
}

// text is a claim that is one text, or a whole number; "" for all else.
func (c claims) text(name string) string {
	switch v := c.find(name).(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return ""
	}
}

// list is a claim that is a list of texts, or one text.
func (c claims) list(name string) []string {
	out := []string{}
	switch v := c.find(name).(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

const emailClaim = "email"

// person reads the claims.
func (n Claims) person(c claims) (Person, error) {
	who := Person{Name: c.text(n.Name), Label: c.text(n.Label), Groups: c.list(n.Groups)}
	if n.Agent != "" {
		who.Agent = c.text(n.Agent)
	}
	elsewhere, _ := c["_claim_names"].(map[string]any)
	verified, said := c["email_verified"].(bool)
	switch {
	case who.Name == "":
		return Person{}, fmt.Errorf("it says no %s", n.Name)
	case said && !verified && (n.Name == emailClaim || n.Agent == emailClaim):
		return Person{}, errors.New("his e-mail address is not verified: anybody may have written it")
	case elsewhere[n.Groups] != nil:
		return Person{}, fmt.Errorf("he is in so many groups that %s were left out: have the provider send fewer", n.Groups)
	}
	if who.Label == "" {
		who.Label = who.Name
	}
	return who, nil
}
