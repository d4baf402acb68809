package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"firstline/analytics/identity"
	"firstline/analytics/registry"
	"firstline/pipeline/trouble"
)

const (
	providerPath = "/session/provider" // where signing in there begins
	callbackPath = providerPath + "/callback"
	endedPath    = providerPath + "/signed-out" // where the provider tells that somebody signed out there

	// lookEvery is how often the provider is asked whether it is there, and for what it says of itself.
	lookEvery = time.Minute
)

// newProvider is the configured identity provider; nil when there is none, or its secret is missing.
func newProvider(o OIDC, secret, public string, clock func() time.Time) *identity.Provider {
	if o.Issuer == "" || secret == "" {
		return nil
	}
	return identity.New(identity.Config{
		Issuer: o.Issuer, ClientID: o.ClientID, Secret: secret, Scopes: o.Scopes, Redirect: public + Prefix + callbackPath, Home: public + "/",
		Claims: identity.Claims{Name: o.NameClaim, Label: o.LabelClaim, Groups: o.GroupsClaim, Agent: cmp.Or(o.AgentClaim, o.NameClaim)},
	}, clock)
}

func (a *API) provider() *identity.Provider { return a.setup.Load().provider }

// passwords says whether people may sign in with a password or PIN.
func (a *API) passwords() bool {
	o := a.setup.Load().oidc
	return o.Issuer == "" || o.Passwords
}

// CheckProvider asks the configured identity provider whether it is there, offers what is needed, and knows our secret. The text says
// what was found.
func CheckProvider(ctx context.Context, cfg Config, getenv func(string) string) (string, error) {
	o := cfg.OIDC
	secret, err := readSecret(o.ClientSecretEnv, o.ClientSecretFile, getenv)
	if err != nil {
		return "", err
	}
	p := newProvider(o, secret, newOrigins(cfg).public, time.Now)
	if err := p.Look(ctx); err != nil {
		return "", err
	}
	if err := p.CheckClient(ctx); err != nil {
		return "", err
	}
	out := "no signing out there"
	if p.End("") != "" {
		out = "with signing out there"
	}
	return o.Issuer + ", " + out, nil
}

// watchProvider looks after the provider until ctx ends: whether it is there is told by a gauge and the log, before somebody wants to
// sign in, and what it changed of itself is taken over.
func (a *API) watchProvider(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	t := trouble.New(startPatience)
	for {
		if p := a.provider(); p != nil {
			a.lookAt(ctx, p, t)
		} else {
			a.m.providerUp.Set(0)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (a *API) lookAt(ctx context.Context, p *identity.Provider, t *trouble.Trouble) {
	err := p.Look(ctx)
	a.noteProvider(err)
	if err == nil {
		if told := t.Over(); told != nil {
			a.log.Info("identity provider answers again", told...)
		}
		return
	}
	if told := t.Failed(err); told != nil && ctx.Err() == nil {
		a.log.Warn("identity provider does not answer", told...)
	}
}

// noteProvider notes whether the provider answered.
func (a *API) noteProvider(err error) {
	if errors.Is(err, identity.ErrUnreachable) {
		a.m.providerUp.Set(0)
		return
	}
	a.m.providerUp.Set(1)
}

// subjectOf is who somebody is at the provider, for good: no other issuer's subject is the same.
func subjectOf(p *identity.Provider, subject string) string { return p.Issuer() + " " + subject }

// entitled is the account of somebody whom the provider sent, by the groups that he had when he last signed in and by the
// configuration as it is now, in which a name comes first.
func (a *API) entitled(u registry.User) (account, error) {
	s := a.setup.Load()
	if s.provider == nil || !strings.HasPrefix(u.Subject, subjectOf(s.provider, "")) {
		return account{}, fail(CodeNotEntitled, "", errors.New("he is of another identity provider"))
	}
	i := slices.IndexFunc(s.oidc.Groups, func(g Grant) bool { return g.Group == everybody || slices.Contains(u.Groups, g.Group) })
	if i < 0 {
		return account{}, fail(CodeNotEntitled, "", fmt.Errorf("none of his groups %q is in http.oidc.groups", u.Groups))
	}
	g := s.oidc.Groups[i]
	agent := slices.IndexFunc(s.site.Agents, func(c AgentConfig) bool { return c.ID == u.Agent })
	acc := account{name: u.Name, label: u.Label, role: g.Role, limits: Limits{g.Queues, g.Teams}, masked: g.Masked, subject: u.Subject}
	switch {
	case g.Role != RoleAgent && agent >= 0:
		acc.phone = u.Agent
	case g.Role == RoleAgent && agent < 0:
		return account{}, fail(CodeUnknownAgent, "", fmt.Errorf("he is in the group %q, but there is no agent %q", g.Group, u.Agent))
	case g.Role == RoleAgent:
		c := s.site.Agents[agent]
		acc.name, acc.label, acc.agent = c.ID, c.Name, c.ID
	}
	if local, taken := s.secrets.users[acc.name]; taken && (acc.agent == "" || local.agent != acc.agent) {
		return account{}, fail(CodeNameTaken, "", fmt.Errorf("the configuration has a user or agent %q", acc.name))
	}
	return acc, nil
}

// behind finds whose session it is, as things stand now; false when he may not go on with it.
func (a *API) behind(ctx context.Context, s registry.Session) (account, bool, error) {
	if s.Subject == "" {
		acc, ok, err := a.account(ctx, s.Name)
		return acc, ok && a.passwords(), err
	}
	u, err := a.state.FindSubject(ctx, s.Subject)
	switch {
	case errors.Is(err, registry.ErrNone):
		return account{}, false, nil
	case err != nil:
		return account{}, false, err
	}
	acc, refused := a.entitled(u)
	return acc, refused == nil && u.Disabled.IsZero(), nil
}

// letIn begins the session of somebody whom the provider proved, when he may have one. What the provider says of him now is noted
// also when he may not: an older session of his ends with it.
func (a *API) letIn(ctx context.Context, p *identity.Provider, who identity.Person) (*identityOutput, error) {
	if !isName(who.Name) {
		of(ctx).claims = nobody
		return nil, fail(CodeProviderRefused, "", fmt.Errorf("his name %q is none here: no spaces, no slashes, 100 characters at most", who.Name))
	}
	of(ctx).claims = who.Name
	says := registry.Provided{Subject: subjectOf(p, who.Subject), Label: who.Label, Groups: who.Groups, Agent: who.Agent}
	acc, refused := a.entitled(registry.User{Name: who.Name, Provided: says})
	name := acc.name
	if refused != nil {
		known, err := a.state.FindSubject(ctx, says.Subject)
		switch {
		case errors.Is(err, registry.ErrNone):
			return nil, refused
		case err != nil:
			return nil, fail(CodeUnavailable, "users can't be read", err)
		}
		name = known.Name
	}
	u, err := a.state.Provide(ctx, name, says, a.clock().UTC().Truncate(time.Second))
	switch {
	case errors.Is(err, registry.ErrTaken):
		return nil, fail(CodeNameTaken, "", fmt.Errorf("there is another user %q: release or rename him", name))
	case err != nil:
		return nil, fail(CodeUnavailable, "users can't be written", err)
	case refused != nil:
		return nil, refused
	case !u.Disabled.IsZero():
		return nil, fail(CodeUserDisabled, "", nil)
	}
	return a.beginSession(ctx, acc, who)
}

// isName says whether what the provider calls somebody can be his name here: in paths, in the audit log beside key/ and ids.
func isName(name string) bool {
	ok := name != "" && name != nobody && name != ticketSystem && len(name) <= 100
	return ok && !strings.ContainsFunc(name, func(r rune) bool { return r == '/' || r == '\\' || unicode.IsSpace(r) || !unicode.IsPrint(r) })
}

// longestPath bounds what a cookie has to carry.
const longestPath = 1000

// ownPath is a path of our own pages: where somebody is led is not for a link on another site to say.
func ownPath(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > longestPath || u.Scheme+u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.HasPrefix(u.Path, "/api/") || strings.ContainsFunc(address, func(r rune) bool { return r == '\\' || unicode.IsControl(r) }) {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}
