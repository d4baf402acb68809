package api

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"firstline/pipeline/problem"
)

// OIDC is the identity provider at which people sign in: docs/security.md.
type OIDC struct {
	Issuer           string   `yaml:"issuer"`             // the provider's address as it writes it itself, such as https://login.example/realms/staff; empty = there is none
	Name             string   `yaml:"name"`               // what the button calls it: Sign in with NAME
	ClientID         string   `yaml:"client_id"`          // as which Firstline is registered there
	ClientSecretEnv  string   `yaml:"client_secret_env"`  // variable that holds the client's secret
	ClientSecretFile string   `yaml:"client_secret_file"` // or the file that holds it
	Scopes           []string `yaml:"scopes"`             // asked for beside openid
	NameClaim        string   `yaml:"name_claim"`         // claim that is his name here
	LabelClaim       string   `yaml:"label_claim"`        // claim by which he is greeted
	GroupsClaim      string   `yaml:"groups_claim"`       // claim that lists his groups; one within others by a path with dots, such as realm_access.roles
	AgentClaim       string   `yaml:"agent_claim"`        // claim that is the id of the agent he is, or whose phone he listens with; empty = name_claim
	Groups           []Grant  `yaml:"groups"`             // which group may what: the first in this list that somebody is in
	Passwords        bool     `yaml:"passwords"`          // people may sign in to the pages with a password or PIN too
}

// Grant is what the members of a group of the identity provider may do.
type Grant struct {
	Group  string   `yaml:"group"`  // as the claim writes it; * = everybody whom the provider lets in
	Role   Role     `yaml:"role"`   // what they may; agents are those of the list agents
	Queues []string `yaml:"queues"` // ids of the queues they are limited to; none = all
	Teams  []string `yaml:"teams"`  // teams of agents they are limited to; none = all
	Masked bool     `yaml:"masked"` // of callers' numbers they see the last three digits, of names nothing
}

// everybody is the group of all whom the provider lets in.
const everybody = "*"

func defaultOIDC() OIDC {
	return OIDC{Scopes: []string{"profile"}, NameClaim: "preferred_username", LabelClaim: "name", GroupsClaim: "groups", Passwords: true}
}

// validate tells what is wrong; paths are relative to the section http.
func (o OIDC) validate() []problem.Problem {
	var out []problem.Problem
	add := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: "oidc" + path, Message: message, Mend: mend})
	}
	if o.Issuer == "" {
		if o.Name+o.ClientID != "" || len(o.Groups) > 0 {
			add("", "has no issuer", "add issuer: the provider's address, or leave the section out")
		}
		return out
	}
	if !isIssuer(o.Issuer) {
		add(".issuer", "is not https:// and an address without ? and #", "write it as the provider's discovery document does; http:// is for a provider on this machine only")
	}
	for _, f := range []struct{ key, value, mend string }{
		{"name", o.Name, "add name: what the button says"}, {"client_id", o.ClientID, "add client_id: as which Firstline is registered at the provider"},
		{"name_claim", o.NameClaim, "leave it out for the default"}, {"groups_claim", o.GroupsClaim, "leave it out for the default"},
	} {
		if f.value == "" {
			add("", "has no "+f.key, f.mend)
		}
	}
	if (o.ClientSecretEnv == "") == (o.ClientSecretFile == "") {
		add("", "needs one of client_secret_env and client_secret_file", "name the variable or file that holds the client's secret")
	}
	for i, s := range o.Scopes {
		if s == "" || strings.ContainsAny(s, " \t\"\\") {
			add(".scopes."+strconv.Itoa(i), "is no scope", "write one word an item")
		}
	}
	if len(o.Groups) == 0 {
		add(".groups", "is empty: nobody could sign in", "write which group has which role: - {group: support-leads, role: supervisor}")
	}
	return append(out, o.grants()...)
}

func (o OIDC) grants() []problem.Problem {
	var out []problem.Problem
	seen := map[string]bool{}
	for i, g := range o.Groups {
		at := "oidc.groups." + strconv.Itoa(i)
		add := func(message, mend string) {
			out = append(out, problem.Problem{Path: at, Message: message, Mend: mend})
		}
		switch {
		case g.Group == "":
			add("has no group", "add group: as the provider writes it, or * for everybody")
		case seen[g.Group]:
			add("is there twice: the first one counts", "remove one of them")
		case seen[everybody]:
			add("never counts: everybody is in the group * before it", "put it before *")
		}
		seen[g.Group] = true
		limited := !Limits{g.Queues, g.Teams}.none()
		switch {
		case !slices.Contains(append(staffRoles(), RoleAgent), g.Role):
			add("has no role, or one that there is not", "write role: supervisor, admin, integrator or agent")
		case g.Role == RoleAdmin && (limited || g.Masked):
			add("is of admins who are limited or masked: they could make themselves a key for all", "make them supervisors, or leave queues, teams and masked out")
		case g.Role == RoleAgent && (limited || g.Masked):
			add("is of agents who are limited: what they see follows from their entries in agents", "leave queues, teams and masked out")
		}
	}
	return out
}

// on tells which queues and teams the site doesn't have; paths are relative to the section http.
func (o OIDC) on(site Site) []problem.Problem {
	var out []problem.Problem
	for i, g := range o.Groups {
		if list, name := site.unknown(Limits{g.Queues, g.Teams}); list != "" {
			out = append(out, problem.Problem{
				Path: "oidc.groups." + strconv.Itoa(i) + "." + list, Message: fmt.Sprintf("there is no %q", name), Mend: "name queues of the list queues, and teams of the agents",
			})
		}
	}
	return out
}

// ValidateWith tells what does not fit the rest of the file; paths are relative to the section http.
func (c Config) ValidateWith(site Site) []problem.Problem { return c.OIDC.on(site) }

// isIssuer says whether an address can be an issuer's: https, or this machine's.
func isIssuer(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.ContainsAny(address, "?#") {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback(net.JoinHostPort(u.Hostname(), "0"))
}
