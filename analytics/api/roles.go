package api

import (
	"strings"
	"time"
)

// Role decides what somebody who signed in may do.
type Role string

const (
	RoleAgent      Role = "agent"      // his own state, screen pops and figures
	RoleSupervisor Role = "supervisor" // everything live and every figure, every agent's state
	RoleAdmin      Role = "admin"      // as a supervisor; makes users and keys
	RoleIntegrator Role = "integrator" // reads figures and contacts, changes nothing
)

// roleKey stands for a role where an API key sent the request: its scopes decide. Nobody has it by the configuration.
const roleKey = "key"

// roleNone is shown of who comes from the identity provider and has no group that gives him a role.
const roleNone = "none"

// staffRoles are those that a user of the section http may have.
func staffRoles() []Role { return []Role{RoleSupervisor, RoleAdmin, RoleIntegrator} }

// roles is a set of them, for the table of routes.
type roles uint8

const (
	agents roles = 1 << iota
	supervisors
	admins
	integrators

	anyone    roles = 0 // without signing in
	overseers       = supervisors | admins | integrators
	operators       = agents | supervisors | admins // an agent for himself, the others for every agent
	signedIn        = agents | overseers
)

func (r roles) allows(role Role) bool {
	switch role {
	case RoleAgent:
		return r&agents != 0
	case RoleSupervisor:
		return r&supervisors != 0
	case RoleAdmin:
		return r&admins != 0
	case RoleIntegrator:
		return r&integrators != 0
	default:
		return false
	}
}

// access is who may use a route: the decision that each needs.
type access struct {
	roles roles
	keys  scopes
	reach reach
}

// reach is what a route answers somebody who is limited to some queues or teams.
type reach uint8

const (
	whole     reach = iota // it concerns all queues: refused; so is what nobody decided about
	undivided              // what it tells of is nobody's queue's: refused
	own                    // it is about who asks
	common                 // it is the same for everybody, and tells of no queue or agent
	narrowed               // its handler narrows by the rights
)

// refusal is what somebody is told who is limited and may not have such an answer; empty where he may.
func (r reach) refusal() string {
	switch r {
	case whole:
		return "it concerns all queues, and this user or key is limited to some"
	case undivided:
		return "a mistake in the recorded data may be of no queue, so what is shown of some queues only would look better than it is: ask who is not limited to queues or teams"
	case own, common, narrowed:
	}
	return ""
}

// principal is who sent a request.
type principal struct {
	Name    string
	Label   string
	Role    Role
	Agent   string // agent id; "" when none
	Phone   string // agent id whose phone he listens with; "" when none
	scopes  scopes // of a key
	limits  Limits // as configured
	masked  bool   // he sees no whole numbers
	rights  rights // what follows from them: which queues and agents he may see
	ends    time.Time
	session string // of the session or key, for limits

	provided bool // he signed in at the identity provider
}

// isAgent says that only the principal's own data may be shown.
func (p principal) isAgent() bool { return p.Role == RoleAgent }

// isKey says that a program sent the request, with an API key.
func (p principal) isKey() bool { return p.Role == roleKey }

// personal says whether callers' numbers, names and digits may be shown whole.
func (p principal) personal() bool {
	return !p.isAgent() && !p.masked && (!p.isKey() || p.scopes&readPersonal != 0)
}

// mayActFor says whether the principal may change an agent's state.
func (p principal) mayActFor(agent string) bool {
	return p.Role == RoleSupervisor || p.Role == RoleAdmin || p.isKey() || (p.isAgent() && p.Agent == agent)
}

// describe names the roles, for the OpenAPI document.
func (r roles) describe() string {
	if r == anyone {
		return "Without signing in."
	}
	var names []string
	for _, role := range append([]Role{RoleAgent}, staffRoles()...) {
		if r.allows(role) {
			names = append(names, string(role))
		}
	}
	return "Roles: " + strings.Join(names, ", ") + "."
}
