package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"firstline/analytics/identity"
	"firstline/analytics/registry"
	passwords "firstline/pipeline/password"
)

// UserRights is what a user may do.
type UserRights struct {
	Role   Role     `json:"role" enum:"supervisor,admin,integrator,agent,none" doc:"agent and none are not given, but shown of who comes from the identity provider: none when nothing gives him a role"`
	Queues []string `json:"queues" required:"false" maxItems:"1000" nullable:"false" doc:"Ids of the queues he is limited to; empty: all, or those that the agents of his teams serve" example:"[\"support\"]"`
	Teams  []string `json:"teams" required:"false" maxItems:"1000" nullable:"false" doc:"Teams of agents he is limited to; empty: all, or the agents who serve his queues"`
	Masked bool     `json:"masked" required:"false" doc:"Of callers' numbers he sees the last three digits, of names nothing"`
	Phone  string   `json:"phone" required:"false" maxLength:"200" doc:"Agent id whose phone he listens to talks with; empty: he has none" example:"boris"`
}

// RightsView is the same as it is listed: nothing is left out.
type RightsView struct {
	Role   Role     `json:"role" enum:"supervisor,admin,integrator,agent,none" doc:"agent and none are of who comes from the identity provider: none when nothing gives him a role"`
	Queues []string `json:"queues" nullable:"false" doc:"Ids of the queues he is limited to; empty: all, or those that the agents of his teams serve" example:"[\"support\"]"`
	Teams  []string `json:"teams" nullable:"false" doc:"Teams of agents he is limited to; empty: all, or the agents who serve his queues"`
	Masked bool     `json:"masked" doc:"Of callers' numbers he sees the last three digits, of names nothing"`
	Phone  string   `json:"phone" doc:"Agent id whose phone he listens to talks with; empty: he has none" example:"boris"`
}

// UserView is a user as he is listed.
type UserView struct {
	Name       string `json:"name" doc:"What he signs in with" example:"sam"`
	Configured bool   `json:"configured" doc:"He stands in http.users of the configuration, and is changed there"`
	RightsView
	MadeAt     *time.Time `json:"made_at" doc:"null = configured"`
	MadeBy     string     `json:"made_by" doc:"Empty = configured, or from the identity provider" example:"adam"`
	DisabledAt *time.Time `json:"disabled_at" doc:"Since when he can't sign in; null = he can"`

	Provided *ProvidedView `json:"provided" doc:"Of who signs in at the identity provider; null = he has a password"`
}

// ProvidedView is what the identity provider said of a user when he last signed in.
type ProvidedView struct {
	Label  string   `json:"label" doc:"How he is greeted" example:"Kim Fox"`
	Groups []string `json:"groups" nullable:"false" doc:"From which his rights follow"`
	Agent  string   `json:"agent" doc:"Agent id that he has there; empty = none" example:"anna"`
}

func (a *API) viewOfUser(u registry.User) UserView {
	v := UserView{
		Name: u.Name, RightsView: RightsView(rightsGivenTo(u)),
		MadeAt: sometime(u.Made), MadeBy: u.MadeBy, DisabledAt: sometime(u.Disabled),
	}
	if u.Subject != "" {
		acc, _ := a.entitled(u)
		v.RightsView = acc.rightsView()
		v.Role = cmp.Or(acc.role, roleNone)
		v.Provided = &ProvidedView{u.Label, list(u.Groups), u.Agent}
	}
	return v
}

// rightsView is what the account may do as it is listed.
func (acc account) rightsView() RightsView {
	return RightsView{acc.role, list(acc.limits.Queues), list(acc.limits.Teams), acc.masked, acc.phone}
}

func rightsGivenTo(u registry.User) UserRights {
	return UserRights{cmp.Or(Role(u.Role), roleNone), list(u.Queues), list(u.Teams), u.Masked, u.Phone}
}

// accountOf is a stored user as somebody who may sign in.
func accountOf(u registry.User) account {
	return account{name: u.Name, label: u.Name, role: Role(u.Role), hash: u.Hash, phone: u.Phone, limits: Limits{u.Queues, u.Teams}, masked: u.Masked}
}

// account finds who may sign in by this name and a password; false when nobody does. Who is configured comes first: a name that is added there
// later takes the place of one that was made.
func (a *API) account(ctx context.Context, name string) (account, bool, error) {
	if acc, ok := a.secrets().users[name]; ok {
		return acc, true, nil
	}
	u, err := a.state.FindUser(ctx, name)
	switch {
	case errors.Is(err, registry.ErrNone):
		return account{}, false, nil
	case err != nil:
		return account{}, false, err
	}
	return accountOf(u), u.Disabled.IsZero() && u.Subject == "", nil
}

type usersOutput struct {
	Body struct {
		Users []UserView `json:"users" nullable:"false" doc:"By name; agents have a list of their own"`
	}
}

// users lists the configured users and those who were made.
func (a *API) users(ctx context.Context, _ principal, _ *noInput) (*usersOutput, error) {
	made, err := a.state.Users(ctx)
	if err != nil {
		return nil, fail(CodeUnavailable, "users can't be read", err)
	}
	out := &usersOutput{}
	out.Body.Users = []UserView{}
	for _, acc := range a.secrets().users {
		if acc.role != RoleAgent {
			out.Body.Users = append(out.Body.Users, UserView{Name: acc.name, Configured: true, RightsView: acc.rightsView()})
		}
	}
	for _, u := range made {
		if _, hidden := a.secrets().users[u.Name]; !hidden || u.Subject != "" {
			out.Body.Users = append(out.Body.Users, a.viewOfUser(u))
		}
	}
	slices.SortFunc(out.Body.Users, func(a, b UserView) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

type makeUserInput struct {
	Body struct {
		Name     string `json:"name" pattern:"^[A-Za-z0-9][A-Za-z0-9._@+-]*$" minLength:"1" maxLength:"100" doc:"What he signs in with: letters, digits and ._@+-" example:"sam"`
		Password string `json:"password" minLength:"12" maxLength:"200" format:"password" doc:"He can change it himself"`
		UserRights
	}
}

type userOutput struct{ Body UserView }

// makeUser makes a user.
func (a *API) makeUser(ctx context.Context, who principal, in *makeUserInput) (*userOutput, error) {
	if _, taken := a.secrets().users[in.Body.Name]; taken {
		return nil, fail(CodeNameTaken, "a user or agent of the configuration has it", nil)
	}
	if err := a.mayGive(who, in.Body.UserRights, UserRights{}); err != nil {
		return nil, err
	}
	hash, err := a.newHash(ctx, in.Body.Name, "body.password", in.Body.Password)
	if err != nil {
		return nil, err
	}
	u := registry.User{Name: in.Body.Name, Hash: hash, Made: a.clock().UTC().Truncate(time.Second), MadeBy: who.Name}
	in.Body.give(&u)
	switch err := a.state.MakeUser(ctx, u); {
	case errors.Is(err, registry.ErrTaken):
		return nil, fail(CodeNameTaken, "a user who was made has it, disabled or not", nil)
	case err != nil:
		return nil, fail(CodeUnavailable, "users can't be written", err)
	}
	a.log.Info("user is made", "user", who.Name, "name", u.Name, "role", u.Role)
	return &userOutput{a.viewOfUser(u)}, nil
}

func (g UserRights) give(u *registry.User) {
	u.Role, u.Queues, u.Teams, u.Masked, u.Phone = string(g.Role), g.Queues, g.Teams, g.Masked, g.Phone
}

// without are the names of a list that are not in the other one.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return slices.Contains(other, name) })
}

// mayGive checks rights that somebody gives to a user who has others so far. A key gives nobody what it may not itself. What he has
// already may be gone from the configuration: else he could not even be disabled.
func (a *API) mayGive(who principal, g, has UserRights) error {
	limits := Limits{g.Queues, g.Teams}
	list, name := a.site().unknown(Limits{without(g.Queues, has.Queues), without(g.Teams, has.Teams)})
	switch {
	case !slices.Contains(staffRoles(), g.Role):
		return invalid("body.role", "is none that is given")
	case list != "":
		return invalid("body."+list, fmt.Sprintf("there is no %q", name))
	case g.Role == RoleAdmin && !limits.none():
		return invalid("body.role", "an admin concerns all queues: he is not limited to some")
	case g.Role == RoleAdmin && g.Masked:
		return invalid("body.masked", "is nothing for an admin: he could make himself a key that shows numbers")
	case g.Phone != "" && g.Phone != has.Phone && !slices.ContainsFunc(a.site().Agents, func(c AgentConfig) bool { return c.ID == g.Phone }):
		return invalid("body.phone", fmt.Sprintf("there is no agent %q", g.Phone))
	case who.isKey() && scopesOfRole(g.Role, g.Masked)&^who.scopes != 0:
		return fail(CodeForbidden, "a key makes and changes nobody who may do what it may not itself", nil)
	}
	return nil
}

// scopesOfRole is what a role may do, in terms of keys; masked says that it sees no whole numbers.
func scopesOfRole(role Role, masked bool) scopes {
	personal := readPersonal
	if masked {
		personal = noKey
	}
	switch role {
	case RoleAdmin:
		return anyKey
	case RoleSupervisor:
		return anyKey&^(administer|erasePersonal|writeTickets|readPersonal) | personal
	case RoleIntegrator:
		return readMetrics | readContacts | personal
	default:
		return noKey
	}
}

// newHash makes the hash of a new password; a bounded number at once, as for signing in.
func (a *API) newHash(ctx context.Context, name, location, password string) (string, error) {
	if strings.Contains(strings.ToLower(password), strings.ToLower(name)) && len(name) > 2 {
		return "", invalid(location, "holds the name")
	}
	select {
	case a.hashing <- struct{}{}:
	case <-ctx.Done():
		return "", fail(CodeUnavailable, "too many sign-ins at once", ctx.Err())
	}
	defer func() { <-a.hashing }()
	return passwords.Make(password)
}

// UserName names a user in a path.
type UserName struct {
	Name string `path:"name" maxLength:"100" doc:"Name of a user who was made" example:"sam"`
}

type changeUserInput struct {
	UserName
	Body struct {
		UserRights
		Disabled bool `json:"disabled" required:"false" doc:"He can't sign in, and is signed out. Of who signs in at the identity provider only this is taken: his rights follow from his groups"`
	}
}

// changeUser gives a user these rights in place of his. Of himself nobody changes them, so that no admin locks himself out.
func (a *API) changeUser(ctx context.Context, who principal, in *changeUserInput) (*userOutput, error) {
	if in.Name == who.Name {
		return nil, fail(CodeForbidden, "one's own rights are another admin's to change", nil)
	}
	u, err := a.changed(ctx, who, in.Name, func(u *registry.User) error {
		if u.Subject == "" { // of the others the provider tells
			if err := a.mayGive(who, in.Body.UserRights, rightsGivenTo(*u)); err != nil {
				return err
			}
			in.Body.give(u)
		}
		switch {
		case !in.Body.Disabled:
			u.Disabled = time.Time{}
		case u.Disabled.IsZero():
			u.Disabled = a.clock().UTC().Truncate(time.Second)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.log.Info("user is changed", "user", who.Name, "name", u.Name, "role", u.Role, "disabled", in.Body.Disabled)
	return &userOutput{a.viewOfUser(u)}, nil
}

// releaseUser forgets who a user is at the identity provider, so that another one there may have his name.
func (a *API) releaseUser(ctx context.Context, who principal, in *UserName) (*struct{}, error) {
	if in.Name == who.Name {
		return nil, fail(CodeForbidden, "one's own rights are another admin's to change", nil)
	}
	_, err := a.changed(ctx, who, in.Name, func(u *registry.User) error {
		if u.Subject == "" {
			return fail(CodeNotFound, "there is no such user of the identity provider", nil)
		}
		u.Provided = registry.Provided{}
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.log.Info("user is released", "user", who.Name, "name", in.Name)
	return nil, nil
}

// changed changes a user who was made, unless he may what the asking key may not.
func (a *API) changed(ctx context.Context, who principal, name string, change func(*registry.User) error) (registry.User, error) {
	_, configured := a.secrets().users[name]
	var refused *Error
	u, err := a.state.ChangeUser(ctx, name, func(u *registry.User) error {
		if configured && u.Subject == "" {
			return fail(CodeConfigured, inTheFile, nil)
		}
		if has := a.viewOfUser(*u); who.isKey() && scopesOfRole(has.Role, has.Masked)&^who.scopes != 0 {
			return fail(CodeForbidden, "a key makes and changes nobody who may do what it may not itself", nil)
		}
		return change(u)
	})
	switch {
	case errors.As(err, &refused):
		return u, refused
	case errors.Is(err, registry.ErrNone) && configured:
		return u, fail(CodeConfigured, inTheFile, nil)
	case errors.Is(err, registry.ErrNone):
		return u, fail(CodeNotFound, "there is no such user", nil)
	case err != nil:
		return u, fail(CodeUnavailable, "users can't be written", err)
	}
	return u, nil
}

const (
	inTheFile     = "change firstline.yaml, or the hash that it names, and reload"
	atTheProvider = "he has his password at the identity provider"
)

type setPasswordInput struct {
	UserName
	Body struct {
		Password string `json:"password" minLength:"12" maxLength:"200" format:"password"`
	}
}

// setPassword gives a user another password; his sessions end. One's own is changed with the old one: a stolen session is no way
// to take somebody's account over.
func (a *API) setPassword(ctx context.Context, who principal, in *setPasswordInput) (*struct{}, error) {
	if in.Name == who.Name {
		return nil, fail(CodeForbidden, "one's own password is changed by PUT session/password, which asks for the old one", nil)
	}
	hash, err := a.newHash(ctx, in.Name, "body.password", in.Body.Password)
	if err != nil {
		return nil, err
	}
	if _, err := a.changed(ctx, who, in.Name, func(u *registry.User) error {
		if u.Subject != "" {
			return fail(CodeConfigured, atTheProvider, nil)
		}
		u.Hash = hash
		return nil
	}); err != nil {
		return nil, err
	}
	a.log.Info("password is set", "user", who.Name, "name", in.Name)
	return nil, nil
}

type ownPasswordInput struct {
	Body struct {
		Old string `json:"old" minLength:"1" maxLength:"200" format:"password"`
		New string `json:"new" minLength:"12" maxLength:"200" format:"password"`
	}
}

// ownPassword changes the password of who asks. All his sessions end, and a new one begins. A wrong old one counts as a wrong
// sign-in, so that a stolen session is no way to guess it.
func (a *API) ownPassword(ctx context.Context, who principal, in *ownPasswordInput) (*identityOutput, error) {
	if who.provided {
		return nil, fail(CodeConfigured, atTheProvider, nil)
	}
	if _, ok := a.secrets().users[who.Name]; ok {
		return nil, fail(CodeConfigured, "change the hash that firstline.yaml names, and reload", nil)
	}
	acc, err := a.proven(ctx, who.Name, in.Body.Old)
	if err != nil {
		return nil, err
	}
	hash, err := a.newHash(ctx, who.Name, "body.new", in.Body.New)
	if err != nil {
		return nil, err
	}
	u, err := a.changed(ctx, who, who.Name, func(u *registry.User) error {
		if u.Hash != acc.hash {
			return fail(CodeWrongCredentials, "the password was changed in the meantime", nil)
		}
		u.Hash = hash
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.log.Info("password is changed", "user", who.Name)
	return a.beginSession(ctx, accountOf(u), identity.Person{})
}
